"""What we read in a feed is what feedparser reads in it, but where ours is meant to differ; both our ways agree."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.agreement import measure, measure_expected
from curate.feeds.careful import read_carefully
from curate.feeds.document import NotAFeed, decode, legal, xml_document
from curate.feeds.elements import Misread
from curate.feeds.fast import read_fast
from curate.feeds.parse import _made
from curate.feeds.said import Said
from tests.conftest import CORPORA
from tests.feeds.test_parse import atom, rss

if TYPE_CHECKING:
    from curate.feeds.parse import Entry
    from curate.feeds.said import Document

corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
SITE = "https://site.example/feed"


@corpora
def test_entries_of_real_feeds_are_feedparsers() -> None:
    table = measure([CORPORA / "real-feeds.tsv"], step=4)
    assert table.entries > 1_000
    assert table.explained / table.entries >= 0.99, table.classes


@corpora
def test_feedparsers_own_cases_are_read_as_it_reads_them() -> None:
    table = measure(CORPORA / "feedparser/tests" / part for part in ("wellformed", "illformed", "encoding"))
    assert table.entries > 800
    assert table.explained / table.entries >= 0.98, table.classes


@corpora
@pytest.mark.parametrize(("cases", "entries", "least"), [("gofeed", 200, 0.97), ("feed-rs", 50, 0.99)])
def test_the_cases_of_other_parsers_are_read_as_they_expect(cases: str, entries: int, least: float) -> None:
    table = measure_expected([CORPORA / cases])
    assert table.entries > entries
    assert table.explained / table.entries >= least, table.classes


def made(document: Document, most: int = 1000) -> list[Entry]:
    """Return the entries of ``document`` as they are stored, but for the digests, which each way has of its own."""
    return [
        replace(_made(entry, document, SITE), digest="") for entry in document.entries[:most] if isinstance(entry, Said)
    ]


@pytest.mark.parametrize(
    "text",
    [
        rss(
            "<item><title>Small &amp;amp; fast</title><link>https://site.example/a</link><guid>tag:a</guid>"
            "<author>rosa@example.org (Rosa Lindqvist)</author><category>Ops</category><category>ops</category>"
            "<pubDate>Sun, 22 Nov 2026 08:40:00 +0200</pubDate>"
            "<description>&lt;p&gt;One &lt;b&gt;two&lt;/b&gt;&lt;/p&gt;</description></item>"
        ),
        rss("<item><guid>https://site.example/b</guid></item><item><title>x</title></item>"),
        rss("<item><guid isPermaLink='false'>17</guid><link>a.html</link><link>javascript:alert(1)</link></item>"),
        rss("<item><title>x</title><pubDate>1 Jan 1970</pubDate></item>"),
        rss("<item><title>x</title><pubDate>2026-02-30T25:61:61Z</pubDate></item>"),
        atom('<entry><title type="text">a &lt;b&gt; c</title><content type="text">x &lt;i&gt;</content></entry>'),
        atom(
            '<link href="/"/><author><name>Rosa Lindqvist</name></author><entry><id>tag:a</id>'
            '<title type="html">A &lt;i&gt;b&lt;/i&gt;</title><link href="a.html"/>'
            "<published>2026-11-22T08:40:00Z</published><summary>Short.</summary></entry>"
        ),
    ],
)
def test_small_feeds_are_read_alike_both_ways(text: str) -> None:
    root, document = xml_document(text)
    fast, slow = read_fast(document, SITE, {}), read_carefully(root, legal(document), SITE)
    assert (fast.title, fast.site_url) == (slow.title, slow.site_url)
    assert made(fast) == made(slow)


@corpora
def test_the_fast_way_says_what_the_careful_one_says() -> None:
    with (CORPORA / "real-feeds.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[::3]
    read, careful, entries, unlike = 0, 0, 0, []
    for row in rows:
        try:
            root, document = xml_document(decode((CORPORA / row["path"]).read_bytes(), ""))
        except NotAFeed:
            continue  # JSON
        read += 1
        try:
            fast = read_fast(document, SITE, {})
        except Misread:
            careful += 1
            continue
        slow = read_carefully(root, legal(document), SITE)
        assert (fast.title, fast.site_url, len(fast.entries)) == (slow.title, slow.site_url, len(slow.entries))
        pairs = list(zip(made(fast, 10), made(slow, 10), strict=True))
        entries += len(pairs)
        unlike += [(row["path"], one.guid) for one, other in pairs if one != other]
    assert read > 60
    assert careful <= read / 10
    assert len(unlike) <= entries / 200, unlike
