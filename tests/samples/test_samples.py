"""The sample feeds and texts: whole, consistent with one another, and about nobody real."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
import regex

from curate.feeds.addresses import canonical_url
from curate.feeds.clean import word_count
from curate.feeds.parse import Entry, parse_feed

SAMPLES = Path(__file__).parents[2] / "curate" / "samples"
FEEDS = {
    "field-notes.rss.xml": ("https://fieldnotes.example.org/feed.xml", "application/rss+xml"),
    "quiet-systems.atom.xml": ("https://quiet-systems.example/feed.atom", "application/atom+xml"),
    "hiring-ledger.feed.json": ("https://ledger.example.net/feed.json", "application/feed+json"),
}
FORMATS = ("http://www.w3.org/", "http://purl.org/", "https://jsonfeed.org/version/")  # names, not places
RESERVED = re.compile(r"(^|\.)(example|example\.(org|com|net))$")
STORY = "https://quiet-systems.example/2026/212-alerts/"
EIGHT_WEEKS = (datetime(2026, 9, 25, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def entries(name: str) -> tuple[Entry, ...]:
    url, content_type = FEEDS[name]
    return parse_feed((SAMPLES / name).read_bytes(), url, content_type).entries


def everything() -> list[Entry]:
    return [entry for name in FEEDS for entry in entries(name)]


def text(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8").strip()


def flat(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("name", ["field-notes.rss.xml", "quiet-systems.atom.xml"])
def test_the_xml_samples_are_well_formed(name: str) -> None:
    parsed = feedparser.parse((SAMPLES / name).read_bytes())
    assert not parsed.bozo
    assert parsed.version == {"field-notes.rss.xml": "rss20", "quiet-systems.atom.xml": "atom10"}[name]


def test_the_json_sample_says_all_that_json_feed_asks_for() -> None:
    feed = json.loads(text("hiring-ledger.feed.json"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    for item in feed["items"]:
        assert item["id"]
        assert item.get("content_html") or item.get("content_text")


def test_there_are_about_forty_items_none_twice_in_a_feed() -> None:
    assert len(everything()) >= 38
    for name in FEEDS:
        guids = [entry.guid for entry in entries(name)]
        assert len(guids) == len(set(guids)) >= 13


def test_every_item_is_whole_and_long_enough_to_read() -> None:
    for entry in everything():
        assert entry.title
        assert entry.author, entry.title
        assert entry.tags, entry.title
        assert entry.summary, entry.title
        assert entry.published is not None, entry.title
        assert EIGHT_WEEKS[0] <= entry.published < EIGHT_WEEKS[1], entry.title
        assert 80 <= word_count(entry.content_text) <= 300, entry.title


def test_every_title_stands_once_so_that_an_item_can_be_named_by_it() -> None:
    titles = Counter(entry.title for entry in everything())
    assert [title for title, times in titles.items() if times > 1] == []


def test_three_stories_are_carried_by_two_feeds_each() -> None:
    carried = Counter(canonical_url(entry.url) for entry in everything())
    assert sorted(carried.values())[-4:] == [1, 2, 2, 2]
    assert carried[STORY] == 2


def test_nothing_points_at_a_real_place() -> None:
    seen = 0
    for path in SAMPLES.iterdir():
        if not path.is_file():
            continue
        for url in re.findall(r"https?://[^\s\"'<>)\]]+", path.read_text(encoding="utf-8")):
            if url.startswith(FORMATS):
                continue
            seen += 1
            assert RESERVED.search(urlsplit(url).hostname or ""), url
    assert seen > 70


def test_relative_links_lead_to_the_site_of_their_feed() -> None:
    story = next(entry for entry in entries("quiet-systems.atom.xml") if entry.url == STORY)
    assert "https://quiet-systems.example/2026/212-alerts/appendix/" in story.content_html
    alt = next(entry for entry in entries("quiet-systems.atom.xml") if entry.title == "Alt text is editing")
    assert alt.url == "https://quiet-systems.example/2026/alt-text/"


def test_the_demo_names_an_item_that_exists_and_that_two_feeds_carry() -> None:
    demo = json.loads(text("demo.json"))
    story = next(entry for entry in entries(demo["file"]) if entry.title == demo["title"])
    assert story.url == STORY


def test_the_quote_stands_word_for_word_in_the_story_it_is_taken_from() -> None:
    story = next(entry for entry in entries("quiet-systems.atom.xml") if entry.url == STORY)
    quote = text("quote.txt")
    assert word_count(quote) <= 60
    assert flat(quote) in flat(story.content_text)


def test_the_commentary_is_long_enough_ends_with_a_question_and_borrows_nothing() -> None:
    commentary = text("commentary.md")
    assert word_count(commentary) >= 120
    assert commentary.endswith("?")
    assert text("quote.txt") not in flat(commentary)
    assert text("note.txt") not in flat(commentary)


def test_each_network_gets_words_of_its_own_that_leave_room_for_the_link() -> None:
    shares = [text("share-mastodon.txt"), text("share-bluesky.txt")]
    for share in shares:
        assert len(regex.findall(r"\X", share)) <= 240
        assert "http" not in share
        assert share.endswith("?")
    fours = [
        {tuple(words[at : at + 4]) for at in range(len(words) - 3)}
        for words in (re.findall(r"\w+", share.lower()) for share in (*shares, text("commentary.md")))
    ]
    assert not fours[0] & fours[1]
    assert not fours[0] & fours[2]
    assert not fours[1] & fours[2]
