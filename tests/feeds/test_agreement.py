"""What we read in a feed is what feedparser reads in it, but where ours is meant to differ; both our ways agree."""

from __future__ import annotations

import csv

import pytest

from bench.agreement import measure
from curate.feeds.careful import read_carefully
from curate.feeds.document import NotAFeed, decode, xml_document
from curate.feeds.elements import Misread
from curate.feeds.fast import read_fast
from curate.feeds.parse import _made
from tests.conftest import CORPORA

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
SITE = "https://site.example/feed"


def test_entries_of_real_feeds_are_feedparsers() -> None:
    table = measure([CORPORA / "real-feeds.tsv"], step=4)
    assert table.entries > 1_000
    assert table.explained / table.entries >= 0.99, table.classes


def test_feedparsers_own_cases_are_read_as_it_reads_them() -> None:
    table = measure(CORPORA / "feedparser/tests" / part for part in ("wellformed", "illformed", "encoding"))
    assert table.entries > 800
    assert table.explained / table.entries >= 0.98, table.classes


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
            fast = read_fast(document, SITE)
        except Misread:
            careful += 1
            continue
        slow = read_carefully(root, document, SITE)
        assert (fast.title, fast.site_url, len(fast.entries)) == (slow.title, slow.site_url, len(slow.entries))
        pairs = zip(fast.entries[:10], slow.entries[:10], strict=True)
        made = [(_made(one, fast, SITE), _made(other, slow, SITE)) for one, other in pairs]
        entries += len(made)
        unlike += [(row["path"], one.guid) for one, other in made if one != other]
    assert read > 60
    assert careful <= read / 10
    assert len(unlike) <= entries / 200, unlike
