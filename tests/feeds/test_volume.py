"""More than any feed needs costs seconds and little memory, and what is kept of it is the newest."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.feeds.parse import MOST_TAGS, Feed, parse_feed
from curate.feeds.said import LONGEST_TITLE, MOST_ENTRIES
from curate.feeds.workers import Unreadable, Workers
from curate.inbox.receive import store_feed
from tests.inbox.stock import NOW, Stock

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = timedelta(minutes=1)
FIFTY = range(50)


def read(body: bytes) -> Feed | str:
    """Return what a worker, with its limits of time and memory, makes of ``body``: a feed, or why it is none."""

    async def go() -> Feed:
        async with Workers() as workers:
            return await workers.run(parse_feed, body, "https://a.example/feed", "")

    try:
        return asyncio.run(go())
    except Unreadable as error:
        return error.message


def rss(items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode()


def feed_of(body: bytes) -> Feed:
    feed = read(body)
    assert isinstance(feed, Feed), feed
    return feed


def test_a_hundred_thousand_entries_of_json_leave_the_newest_of_those_read() -> None:
    items = [
        {"id": str(number), "content_text": "x", "date_published": (NOW - number * MINUTE).isoformat()}
        for number in range(100_000)
    ]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    feed = feed_of(body)
    assert len(feed.entries) == MOST_ENTRIES
    assert [entry.published for entry in feed.entries[:2]] == [NOW, NOW - MINUTE]


def test_a_hundred_thousand_entries_of_xml_leave_no_more_than_we_keep_or_are_refused() -> None:
    feed = read(rss("".join(f"<item><guid>{number}</guid><title>t</title></item>" for number in range(100_000))))
    if isinstance(feed, Feed):
        assert 0 < len(feed.entries) <= MOST_ENTRIES
    else:
        assert feed == "has more markup than a feed can need"


def test_a_million_tags_are_a_few_or_too_much() -> None:
    feed = read(rss(f"<item><title>t</title>{''.join(f'<category>{n}</category>' for n in range(1_000_000))}</item>"))
    assert feed == "has more markup than a feed can need"
    few = rss(f"<item><title>t</title>{''.join(f'<category>{n}</category>' for n in range(5_000))}</item>")
    assert len(feed_of(few).entries[0].tags) == MOST_TAGS


def test_a_title_of_ten_megabytes_is_cut() -> None:
    (entry,) = feed_of(rss(f"<item><guid>1</guid><title>{'long ' * 2_000_000}</title></item>")).entries
    assert len(entry.title) <= LONGEST_TITLE


@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "-1", "99999-01-01T00:00:00Z", "1e309"]
)
def test_a_date_that_cannot_be_orders_nothing(date: str, tmp_path: Path) -> None:
    feed = feed_of(
        rss(f"<item><guid>1</guid><title>t</title><link>https://a.example/1</link><pubDate>{date}</pubDate></item>")
    )
    stock = Stock(tmp_path)
    stock.receive(*feed.entries)
    assert (stock.only().published, stock.only().dated) == (None, NOW)
    claimed = stock.only().claimed
    assert claimed is None or claimed > datetime(9999, 1, 1, tzinfo=UTC)
    stock.connection.close()


def test_ids_that_collide_or_are_endless_are_still_ids(tmp_path: Path) -> None:
    same = "".join(
        f"<item><guid>same</guid><title>t {n}</title><link>https://a.example/{n}</link></item>" for n in range(50)
    )
    long = "".join(f"<item><guid>{'x' * 10_000}{n}</guid><title>u {n}</title></item>" for n in FIFTY)
    feed = feed_of(rss(same + long))
    stock = Stock(tmp_path)
    assert stock.receive(*feed.entries) == 100
    assert store_feed(stock.connection, 1, feed, now=NOW) == 0
    assert max(len(entry.guid) for entry in feed.entries) < 600
    stock.connection.close()
