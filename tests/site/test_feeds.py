"""The feeds, Atom and JSON: whole, valid, with the citation in them, and with ids that stay."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import fastfeedparser
import feedparser
import lxml.etree
import lxml.html
import pytest

from tests.site.conftest import LINK, NOON, QUOTE, SOURCE, new_site

if TYPE_CHECKING:
    from pathlib import Path

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


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")  # RFC 3339, as RFC 4287 asks
ONCE = ("id", "title", "updated", "published", "summary", "content", "subtitle", "rights", "generator")
RUNS = "//script | //iframe | //object | //embed | //form | //style | //@style | //@*[starts-with(name(), 'on')]"


@pytest.mark.parametrize("name", ["all", "links", "essays", "topics/reliability"])
def test_atom_feeds_keep_the_rules_that_validators_hold_them_to(furnished: Site, name: str) -> None:
    feed = lxml.etree.fromstring((furnished.output / "feeds" / f"{name}.atom.xml").read_bytes())
    entries = feed.findall("a:entry", ATOM)
    assert entries
    for one in (feed, *entries):
        for element in ONCE:
            assert len(one.findall(f"a:{element}", ATOM)) <= 1, element
        assert urlsplit(one.findtext("a:id", "", ATOM)).scheme
        dates = [one.findtext(f"a:{element}", "", ATOM) for element in ("published", "updated")]
        assert all(MOMENT.fullmatch(said) for said in dates if said)
        assert dates[1] >= dates[0]
        assert one.findtext("a:author/a:name", "", ATOM) == "Dana Okafor"
        assert one.findtext("a:author/a:uri", "", ATOM) == "https://dana.example/"
        links = [(link.get("rel", "alternate"), link.get("href", "")) for link in one.findall("a:link", ATOM)]
        assert len([rel for rel, _ in links if rel == "alternate"]) == 1
        assert all(href.startswith("https://dana.example/") for _, href in links)
    assert ("self", f"https://dana.example/feeds/{name}.atom.xml") in [
        (link.get("rel"), link.get("href")) for link in feed.findall("a:link", ATOM)
    ]
    assert feed.findtext("a:updated", "", ATOM) == max(entry.findtext("a:updated", "", ATOM) for entry in entries)
    for entry in entries:
        content = entry.find("a:content", ATOM)
        assert content is not None
        assert content.get("type") == "html"
        markup = lxml.html.fragment_fromstring(content.text or "", create_parent=True)
        assert markup.xpath(RUNS) == []
        assert all(urlsplit(str(said)).scheme for said in markup.xpath("//@href[not(starts-with(., '#'))] | //@src"))


def json_feed(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_another_parser_finds_the_citation_too(sample: Site) -> None:
    entry = next(e for e in fastfeedparser.parse(sample.feed().decode()).entries if "night shift" in e.title)
    content = lxml.html.fragment_fromstring(entry.content[0]["value"], create_parent=True)
    assert content.xpath("string(.//*[contains(@class, 'h-cite')]//a/@href)") == SOURCE["url"]
    assert content.xpath("string(.//blockquote)") == QUOTE
    assert content.xpath("string(.//p[@class='ask'])") == LINK["question"]
    assert entry.link == "https://dana.example/2026/small-models-on-call/"


TYPES: dict[str, Any] = {  # https://www.jsonfeed.org/version/1.1/
    "feed": {
        "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str, "authors": list,
        "language": str, "items": list,
    },
    "item": {
        "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "summary": str, "image": str,
        "date_published": str, "date_modified": str, "authors": list, "tags": list, "language": str,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ["all", "links", "essays", "topics/reliability"])
def test_json_feeds_have_the_shape_their_format_asks_for(furnished: Site, name: str) -> None:
    feed = json_feed(furnished.output / "feeds" / f"{name}.json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {"title", "items"} <= feed.keys() <= TYPES["feed"].keys()
    assert feed["feed_url"] == f"https://dana.example/feeds/{name}.json"
    assert feed["items"]
    ids = [item["id"] for item in feed["items"]]
    assert len(set(ids)) == len(ids)
    for item in feed["items"]:
        assert {"id", "content_html"} <= item.keys() <= TYPES["item"].keys()
        assert all(isinstance(value, TYPES["item"][key]) for key, value in item.items())
        assert all(author.keys() <= {"name", "url", "avatar"} for author in item["authors"])
        assert all(datetime.fromisoformat(item[key]).tzinfo for key in ("date_published", "date_modified"))


def test_a_json_item_says_whose_words_it_is_about_and_when_it_was_corrected(furnished: Site) -> None:
    items = json_feed(furnished.output / "feeds" / "all.json")["items"]
    item = next(item for item in items if item["url"].endswith("/small-models-on-call/"))
    assert item["id"] == "tag:dana.example,2026:/2026/small-models-on-call/"
    assert item["external_url"] == SOURCE["url"]
    assert item["title"] == LINK["title"]
    assert item["authors"] == [{"name": "Dana Okafor", "url": "https://dana.example/"}]
    assert item["tags"] == ["Reliability", "incident response", "evaluation"]
    assert item["date_published"] == "2026-11-22T08:40:00+00:00"
    assert item["date_modified"] == "2026-11-23T00:00:00+00:00"
    assert item["language"] == "en"
    assert item["image"].startswith("https://dana.example/images/social/small-models-on-call-")
    for part in (SOURCE["url"], QUOTE, LINK["question"], "three minutes", "It ran eight weeks"):
        assert part in item["content_html"]
    essay = next(item for item in items if item["url"].endswith("/error-budgets/"))
    assert "external_url" not in essay
    assert 'src="https://dana.example/images/sized/' in essay["content_html"]
    assert 'srcset="https://dana.example/images/sized/' in essay["content_html"]


def test_links_essays_and_topics_have_feeds_of_their_own(furnished: Site) -> None:
    feeds = furnished.output / "feeds"
    for name, title, slugs in (
        ("links", "Dana Okafor: Links", ["small-models-on-call"]),
        ("essays", "Dana Okafor: Essays", ["error-budgets"]),
        ("topics/reliability", "Dana Okafor: Reliability", ["small-models-on-call", "error-budgets"]),
    ):
        urls = [f"https://dana.example/2026/{slug}/" for slug in slugs]
        said = json_feed(feeds / f"{name}.json")
        atom = feedparser.parse((feeds / f"{name}.atom.xml").read_bytes())
        assert not atom.bozo
        assert said["title"] == atom.feed.title == title
        assert [item["url"] for item in said["items"]] == [entry.link for entry in atom.entries] == urls
        assert said["home_page_url"] == atom.feed.link
        assert atom.feed.id == f"https://dana.example/feeds/{name}.atom.xml"
    assert (
        json_feed(feeds / "topics" / "reliability.json")["home_page_url"] == "https://dana.example/topics/reliability/"
    )


def test_drafts_are_in_no_feed_and_pages_name_the_feeds(furnished: Site) -> None:
    for path in (furnished.output / "feeds").rglob("*.*"):
        assert b"CANARY" not in path.read_bytes(), path
    page: Any = lxml.html.document_fromstring(furnished.page("topics/reliability"))
    alternates = page.xpath('//link[@rel="alternate"]')
    assert {link.get("href").removeprefix("https://dana.example/feeds/"): link.get("type") for link in alternates} == {
        "all.atom.xml": "application/atom+xml",
        "all.json": "application/feed+json",
        "topics/reliability.atom.xml": "application/atom+xml",
        "topics/reliability.json": "application/feed+json",
    }


def test_a_site_without_an_address_has_no_feed(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk", url="")
    site.write("first")
    site.build()
    assert not (site.output / "feeds").exists()
    assert not (site.output / "sitemap.xml").exists()
    assert 'rel="alternate"' not in site.page("2026/first")
