"""A checked feed tells its format, and what is odd about it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.feeds.check import Checked, check_feeds, look
from curate.feeds.fetch import Known
from curate.web.client import Client

if TYPE_CHECKING:
    from tests.conftest import Loopback

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ITEM = "<item><title>a</title><guid>{0}</guid>{1}</item>"


def check(*feeds: Known) -> list[Checked]:
    async def go() -> list[Checked]:
        async with Client(allow_private=["127.0.0.1"], timeout=5) as client:
            return await check_feeds(client, feeds, now=NOW)

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<rss version='2.0'><channel/></rss>", "RSS 2.0"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- x --><rss><channel/></rss>", "RSS"),
        (b"<a:feed xmlns:a='http://www.w3.org/2005/Atom'/>", "Atom"),
        (b"<rdf:RDF xmlns:rdf='r'/>", "RSS 1.0"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "JSON Feed"),
        (b"<opml/>", "XML"),
    ],
)
def test_a_feed_says_its_format_and_is_sound(body: bytes, said: str) -> None:
    assert look(body, "") == (said, "")


def test_what_is_wrong_with_a_feeds_xml_is_told_with_its_place() -> None:
    kind, fault = look(b"<rss version='2.0'><channel>\n<title>R & D</title></channel></rss>", "text/xml")
    assert kind == "RSS 2.0"
    assert fault.startswith("is not well-formed XML: line 2, column ")


def test_odd_entries_are_counted(loopback: Loopback) -> None:
    dates = "<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate>", "<pubDate>Mon, 02 Mar 2099 08:00:00 GMT</pubDate>", ""
    items = "".join(ITEM.format(number, date) for number, date in enumerate(dates))
    url = loopback.put("/", f"<rss version='2.0'><channel><title>N</title>{items}</channel></rss>", ETag='"1"')
    (found,) = check(Known(url=url))
    assert (found.outcome, found.entries, found.newest) == ("ok", 3, datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert found.warnings == (
        "nothing new for half a year",
        "1 of 3 entries without a date",
        "1 of 3 entries dated ahead",
    )


def test_what_is_known_of_a_feed_is_sent_along(loopback: Loopback) -> None:
    loopback.pages["/"] = (304, {}, b"")
    (found,) = check(Known(url=loopback.url + "/", etag='"1"', last_modified="Mon, 02 Nov 2026 08:00:00 GMT"))
    assert found.outcome == "not_modified"
    assert loopback.seen[0][2]["If-None-Match"] == '"1"'
    assert loopback.seen[0][2]["If-Modified-Since"] == "Mon, 02 Nov 2026 08:00:00 GMT"


def test_a_refusal_is_told_in_words(loopback: Loopback) -> None:
    page = loopback.put("/page", "<!doctype html><title>x</title>")
    reasons = [each.reason for each in check(Known(url=page), Known(url="http://10.0.0.1/f"), Known(url=loopback.url))]
    assert reasons[0] == "is a web page, not a feed"
    assert reasons[1].startswith("refused: private address 10.0.0.1")
    assert reasons[2] == "answered 404 Not Found"
