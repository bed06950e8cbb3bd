"""An aggregator leads to an article, and is named; a site that writes its own is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curate.feeds.parse import Entry, parse_feed
from curate.feeds.via import Led, led_elsewhere

RSS = """<rss version="2.0"><channel><title>Link Harbour</title><link>https://harbour.example/</link>
<item><title>x</title>{}</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Link Harbour</title><id>urn:x</id>
<link href="https://harbour.example/"/><entry><title>x</title><id>urn:1</id>{}</entry></feed>"""
ARTICLE = "https://writer.example/essay"


def only(document: str, url: str = "https://harbour.example/feed") -> Entry:
    (entry,) = parse_feed(document.encode(), url, "application/xml").entries
    return entry


def led(entry: Entry) -> tuple[str, str, str]:
    return entry.url, entry.via_name, entry.via_url


@pytest.mark.parametrize(
    ("document", "page"),
    [
        (RSS.format(f"<link>{ARTICLE}</link><comments>https://harbour.example/c/7</comments>"), "c/7"),
        (RSS.format(f"<link>{ARTICLE}</link><comments>/c/7</comments>"), "c/7"),
        (RSS.format(f"<link>{ARTICLE}</link><guid>https://www.harbour.example/7</guid>"), "7"),
        (
            ATOM.format(f'<link href="{ARTICLE}"/><link rel="related" href="https://harbour.example/linked/7"/>'),
            "linked/7",
        ),
    ],
)
def test_who_links_to_another_site_and_has_a_page_for_it_led_there(document: str, page: str) -> None:
    url, name, via = led(only(document))
    assert (url, name) == (ARTICLE, "Link Harbour")
    assert via.removeprefix("https://").removeprefix("www.") == f"harbour.example/{page}"


@pytest.mark.parametrize(
    ("elsewhere", "expected"),
    [
        (ARTICLE, (ARTICLE, "Link Harbour", "https://harbour.example/7")),
        (f"https://www.google.com/url?q={ARTICLE}", (ARTICLE, "Link Harbour", "https://harbour.example/7")),
        ("https://blog.harbour.example/older", ("https://harbour.example/7", "", "")),
        ("javascript:alert(1)", ("https://harbour.example/7", "", "")),
    ],
)
def test_a_json_feed_says_itself_what_an_entry_is_about(elsewhere: str, expected: tuple[str, str, str]) -> None:
    item = {"id": "7", "url": "https://harbour.example/7", "external_url": elsewhere, "content_text": "Read this."}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Link Harbour", "items": [item]}
    assert led(only(json.dumps(feed))) == expected


def test_a_planet_is_named_for_what_it_took_over() -> None:
    document = ATOM.format(
        f'<link href="{ARTICLE}"/><source><title>W</title><link href="https://writer.example/"/></source>'
    )
    assert led(only(document)) == (ARTICLE, "Link Harbour", "https://harbour.example/")
    document = RSS.format(f'<link>{ARTICLE}</link><source url="https://writer.example/feed">W</source>')
    assert led(only(document)) == (ARTICLE, "Link Harbour", "https://harbour.example/")


@pytest.mark.parametrize(
    "said",
    [
        "<link>https://harbour.example/7</link><comments>https://harbour.example/7#comments</comments>",
        "<link>https://blog.harbour.example/7</link><comments>https://harbour.example/c/7</comments>",
        f"<link>{ARTICLE}</link>",
        f"<link>{ARTICLE}</link><comments>{ARTICLE}#comments</comments>",
        f"<link>{ARTICLE}</link><guid>https://harbour.example/</guid>",
        "<link>http://feedproxy.google.com/~r/x/7</link><comments>https://harbour.example/7#comments</comments>",
        '<link>https://harbour.example/7</link><source url="https://writer.example/feed">W</source>',
        "<link>javascript:alert(1)</link><comments>https://harbour.example/c/7</comments>",
    ],
)
def test_a_site_that_writes_its_own_led_nowhere(said: str) -> None:
    assert led(only(RSS.format(said)))[1:] == ("", "")


REDDIT = (
    '<link href="https://www.reddit.com/r/x/comments/1/y/"/><content type="html">by &lt;a href="u"&gt;u&lt;/a&gt;'
    ' &lt;span&gt;&lt;a href="{}"&gt;[link]&lt;/a&gt;&lt;/span&gt; &lt;a href="c"&gt;[comments]&lt;/a&gt;</content>'
)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (ARTICLE, ARTICLE),
        ("https://out.reddit.com/t?url=https%3A%2F%2Fwriter.example%2Fessay", ARTICLE),
        ("https://www.reddit.com/r/x/comments/1/y/", ""),
        ("https://i.redd.it/a.png", ""),
    ],
)
def test_reddits_link_is_the_article_unless_it_is_reddits_own(target: str, url: str) -> None:
    entry = only(ATOM.format(REDDIT.format(target)), "https://www.reddit.com/r/x/.rss")
    thread = "https://www.reddit.com/r/x/comments/1/y/"
    assert led(entry) == ((url, "Link Harbour", thread) if url else (thread, "", ""))


def test_a_redirector_that_tells_is_no_site_of_its_own() -> None:
    wrapped = "https://www.google.com/url?q=https%3A%2F%2Fharbour.example%2F7"
    assert led(only(RSS.format(f"<link>{wrapped}</link>"))) == ("https://harbour.example/7", "", "")


@pytest.mark.parametrize("piece", ['<a href="', "<a ", "[link]", '<a href="x">[link', "\u202e"])
def test_hostile_words_are_read_in_no_time_and_led_nowhere(piece: str) -> None:
    said: dict[str, Any] = {
        "guid": piece,
        "comments": piece,
        "source_url": piece,
        "links": [("related", piece)] * 1_000,
    }
    url = "https://www.reddit.com/r/x"
    assert led_elsewhere(url=url, feed_url=url, site_url="", feed_title="", content=piece * 100_000, **said) == Led(
        url=url
    )
