"""Titles, authors and tags are text, whatever a feed puts into them."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest

from curate.feeds.characters import one_line
from curate.feeds.parse import parse_feed
from curate.feeds.said import LONGEST_TITLE
from tests.conftest import CORPORA

if TYPE_CHECKING:
    from curate.feeds.parse import Entry

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
ITEM = "<item><guid>{}</guid><title>{}</title><author>{}</author><category>{}</category></item>"


def hostile() -> list[str]:
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not here")
    texts: list[str] = json.loads((CORPORA / "naughty-strings" / "blns.json").read_text(encoding="utf-8"))
    cases = (file for file in (CORPORA / "bleach" / "tests" / "data").iterdir() if file.is_file())
    return texts + [file.read_text(encoding="utf-8") for file in sorted(cases)]


def check(entry: Entry) -> None:
    for text in (entry.title, entry.author, entry.summary, *entry.tags):
        assert not UNSEEN.search(text), repr(text)
        assert one_line(text) == text
        assert len(text) <= LONGEST_TITLE


def test_hostile_words_in_xml_become_text() -> None:
    texts = hostile()
    # Escaped once: what a feed means as text. Twice: what it means as HTML, read back as text.
    said = [html.escape(text) for text in texts] + [html.escape(html.escape(text)) for text in texts]
    items = "".join(ITEM.format(number, text, text, text) for number, text in enumerate(said))
    feed = parse_feed(
        f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode("utf-8", "replace"), "", ""
    )
    assert len(feed.entries) == len(said)
    for entry in feed.entries:
        check(entry)


def test_hostile_words_in_json_become_text() -> None:
    texts = hostile()
    items = [
        {"id": str(number), "title": text, "authors": [{"name": text}], "tags": [text], "content_text": text}
        for number, text in enumerate(texts)
    ]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    feed = parse_feed(body, "https://a.example/feed", "application/feed+json")
    assert len(feed.entries) == len(texts)
    for entry in feed.entries:
        check(entry)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Q&amp;amp;A", "Q&A"),
        ("Q&amp;A", "Q&A"),
        ("&lt;b&gt;Bold&lt;/b&gt; words", "Bold words"),
        ("1 &amp;amp;lt; 2", "1 &lt; 2"),
        ("a&amp;#8238;b", "ab"),
    ],
)
def test_entities_of_a_title_are_decoded_once(said: str, title: str) -> None:
    body = f"<rss version='2.0'><channel><title>x</title>{ITEM.format(1, said, 'a', 'b')}</channel></rss>"
    assert parse_feed(body.encode(), "https://a.example/feed", "").entries[0].title == title
