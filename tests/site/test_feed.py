"""The Atom feed: whole, valid, with the citation in it, and with ids that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import feedparser
import lxml.etree
import lxml.html

from tests.site.conftest import LINK, NOON, QUOTE, SOURCE

if TYPE_CHECKING:
    from tests.site.conftest import Site

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_the_feed_says_whose_it_is_and_where(sample: Site) -> None:
    feed = feedparser.parse(sample.feed())
    assert not feed.bozo
    assert feed.feed.title == "Dana Okafor"
    assert feed.feed.author_detail.href == "https://dana.example/"
    assert feed.feed.language == "en"
    assert {link.rel: link.href for link in feed.feed.links} == {
        "alternate": "https://dana.example/",
        "self": "https://dana.example/feeds/all.atom.xml",
    }


def test_entries_are_ours_and_carry_the_whole_post_with_its_citation(sample: Site) -> None:
    entry = next(e for e in feedparser.parse(sample.feed()).entries if "night shift" in e.title)
    assert entry.link == "https://dana.example/2026/small-models-on-call/"
    content = lxml.html.fragment_fromstring(entry.content[0].value, create_parent=True)
    links = content.xpath(".//a/@href")
    assert next(link for link in links if link.startswith("http")) == SOURCE["url"]
    text = " ".join(content.text_content().split())
    for part in (SOURCE["title"], SOURCE["author"], SOURCE["site"], QUOTE, "1,823 more words", "three minutes"):
        assert part in text
    assert LINK["question"] in text
    assert "It ran eight weeks" in text
    assert "Found via Tomas Arreola" in text
    assert [tag.term for tag in entry.tags] == ["Reliability", "incident response", "evaluation"]
    assert entry.summary == LINK["summary"]


def test_addresses_in_entries_are_absolute(sample: Site) -> None:
    entry = next(e for e in feedparser.parse(sample.feed()).entries if "Error budgets" in e.title)
    content = entry.content[0].value
    assert 'src="https://dana.example/images/pager.png"' in content
    assert 'href="https://dana.example/2026/small-models-on-call/"' in content


def test_newest_come_first_and_the_feed_has_the_latest_twenty(site: Site) -> None:
    for number in range(23):
        site.write(f"post-{number}", date=f"2026-10-{number + 1:02}")
    site.build()
    links = [entry.link for entry in feedparser.parse(site.feed()).entries]
    assert links == [f"https://dana.example/2026/post-{number}/" for number in range(22, 2, -1)]


def test_an_entrys_id_stays_and_its_date_moves_when_the_post_is_corrected(site: Site) -> None:
    site.write("claimed")
    site.build()
    [before] = feedparser.parse(site.feed()).entries
    site.write(
        "claimed", title="Another title", corrections=[{"date": "2026-11-23T10:00:00+00:00", "text": "It was ten."}]
    )
    site.build()
    [after] = feedparser.parse(site.feed()).entries
    assert after.id == before.id == "tag:dana.example,2026:/2026/claimed/"
    assert after.published == before.published
    assert before.updated == before.published
    assert after.updated == "2026-11-23T10:00:00+00:00"
    assert feedparser.parse(site.feed()).feed.updated == after.updated


def test_titles_and_tags_with_markup_are_text(site: Site) -> None:
    title = 'Is <b>R&D</b> "safe" & </title> sound?'
    site.write("odd", title=title, tags=["R&D", "a<b"], summary="1 < 2 & 3 > 2")
    site.build()
    root = lxml.etree.fromstring(site.feed())
    [entry] = root.findall("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == title
    assert [category.get("term") for category in entry.findall("a:category", ATOM)] == ["R&D", "a<b"]
    summary = entry.find("a:summary", ATOM)
    assert summary is not None
    assert summary.get("type") == "html"
    assert lxml.html.fragment_fromstring(summary.text or "", create_parent=True).text_content() == "1 < 2 & 3 > 2"


def test_every_entry_has_what_the_format_asks_for(sample: Site) -> None:
    root = lxml.etree.fromstring(sample.feed())
    entries = root.findall("a:entry", ATOM)
    ids = [entry.findtext("a:id", namespaces=ATOM) for entry in entries]
    assert len(entries) == 4
    assert len(set(ids)) == 4
    for element in (root, *entries):
        for name in ("title", "updated", "id", "link", "author"):
            assert element.find(f"a:{name}", ATOM) is not None
    assert NOON.isoformat() not in sample.feed().decode()
