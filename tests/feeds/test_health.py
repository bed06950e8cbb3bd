"""What fetching learned of a feed is kept, and decides when it is asked again."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database, transaction
from curate.desk.folder import Desk
from curate.feeds.fetch import NO_NETWORK, Fetched, Known
from curate.feeds.health import feed_rows, known_feeds, next_due, record
from curate.feeds.opml import Subscription
from curate.feeds.parse import Feed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
URL = "https://ops.example/feed"
READ = Fetched(
    url=URL,
    outcome="read",
    feed=Feed(title="Ops Weekly", site_url="https://ops.example/", entries=()),
    etag='"1"',
    last_modified="Mon",
    body_hash="abc",
    status=200,
)
GONE = Fetched(url=URL, outcome="failed", reason="answered 404 Not Found", status=404)


@pytest.fixture
def connection(desk: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_database(Desk(desk))) as opened:
        yield opened


def subscription(url: str = URL, title: str = "") -> Subscription:
    return Subscription(url=url, title=title, folder="", site_url="")


def keep(connection: sqlite3.Connection, fetched: Fetched, now: datetime = NOW) -> int:
    with transaction(connection):
        return record(connection, fetched, now=now, interval_minutes=60)


def due(connection: sqlite3.Connection, now: datetime, *, force: bool = False) -> list[Known]:
    return known_feeds(connection, [subscription()], now=now, force=force)


def test_a_new_subscription_is_due_at_once_and_each_feed_once(connection: sqlite3.Connection) -> None:
    twice = [subscription("https://b.example/"), subscription(), subscription("https://b.example/")]
    assert known_feeds(connection, twice, now=NOW, force=False) == [Known(url="https://b.example/"), Known(url=URL)]


def test_a_feed_that_was_read_is_asked_again_after_the_interval_and_for_news_only(
    connection: sqlite3.Connection,
) -> None:
    number = keep(connection, READ)
    assert due(connection, NOW + timedelta(minutes=58)) == []
    known = Known(url=URL, etag='"1"', last_modified="Mon", body_hash="abc")
    assert due(connection, NOW + timedelta(minutes=59, seconds=30)) == [known]
    assert due(connection, NOW, force=True) == [known]
    health = feed_rows(connection)[URL]
    assert (health.number, health.title, health.site_url) == (number, "Ops Weekly", "https://ops.example/")
    assert (health.checked_at, health.succeeded_at, health.failures, health.reason) == (NOW, NOW, 0, "")


def test_nothing_new_keeps_what_to_ask_with(connection: sqlite3.Connection) -> None:
    number = keep(connection, READ)
    later = NOW + timedelta(hours=1)
    same = Fetched(url=URL, outcome="not_modified", etag='"2"', last_modified="Mon", body_hash="abc", status=304)
    assert keep(connection, same, later) == number
    health = feed_rows(connection)[URL]
    assert (health.succeeded_at, health.title) == (later, "Ops Weekly")
    assert due(connection, later, force=True) == [Known(url=URL, etag='"2"', last_modified="Mon", body_hash="abc")]


def test_a_failing_feed_is_asked_less_and_less_often_up_to_once_a_day(connection: sqlite3.Connection) -> None:
    keep(connection, READ)
    waits = []
    for _ in range(8):
        keep(connection, GONE)
        waits.append((feed_rows(connection)[URL].due_at - NOW) / timedelta(hours=1))
    assert all(most * 0.8 <= wait <= most for wait, most in zip(waits, [1, 2, 4, 8, 16, 24, 24, 24], strict=True))
    assert len(set(waits)) == 8, "each wait has a jitter of its own"
    health = feed_rows(connection)[URL]
    assert (health.failures, health.reason, health.succeeded_at) == (8, "answered 404 Not Found", NOW)
    assert due(connection, NOW, force=True)[0].etag == '"1"'
    keep(connection, READ)
    assert (feed_rows(connection)[URL].failures, feed_rows(connection)[URL].reason) == (0, "")


@pytest.mark.parametrize(("asked", "waited"), [(0, 60), (59, 60), (600, 600), (10**8, 24 * 3600)])
def test_what_a_server_asks_for_goes_first_within_reason(
    connection: sqlite3.Connection, asked: int, waited: int
) -> None:
    busy = Fetched(url=URL, outcome="failed", reason="answered 503", status=503, retry_after=asked)
    keep(connection, busy)
    assert feed_rows(connection)[URL].due_at == NOW + timedelta(seconds=waited)
    assert due(connection, NOW + timedelta(seconds=waited - 1)) == []
    assert len(due(connection, NOW + timedelta(seconds=waited))) == 1


def test_a_feed_asked_while_the_clock_was_years_ahead_is_due_when_it_is_right_again(
    connection: sqlite3.Connection,
) -> None:
    keep(connection, READ, NOW + timedelta(days=3650))
    assert len(due(connection, NOW)) == 1
    keep(connection, READ, NOW)
    assert due(connection, NOW + timedelta(minutes=30)) == []


def test_a_network_that_failed_is_not_held_against_the_feed(connection: sqlite3.Connection) -> None:
    number = keep(connection, READ)
    before = feed_rows(connection)
    down = Fetched(url=URL, outcome="failed", reason=NO_NETWORK, no_network=True)
    assert keep(connection, down, NOW + timedelta(hours=2)) == number
    assert feed_rows(connection) == before


def test_the_title_a_person_gave_wins(connection: sqlite3.Connection) -> None:
    known_feeds(connection, [subscription(title=URL)], now=NOW, force=False)
    assert feed_rows(connection)[URL].title == ""  # an address is no title
    known_feeds(connection, [subscription(title="Ops, weekly")], now=NOW, force=False)
    keep(connection, READ)
    assert feed_rows(connection)[URL].title == "Ops, weekly"
    known_feeds(connection, [subscription(title="Renamed")], now=NOW, force=False)
    assert feed_rows(connection)[URL].title == "Renamed"
    known_feeds(connection, [subscription()], now=NOW, force=False)
    assert feed_rows(connection)[URL].title == "Renamed"


def test_a_feed_that_was_unsubscribed_is_remembered_and_not_asked(connection: sqlite3.Connection) -> None:
    number = keep(connection, READ)
    assert known_feeds(connection, [], now=NOW + timedelta(days=9), force=True) == []
    assert feed_rows(connection)[URL].number == number
    assert keep(connection, READ, NOW + timedelta(days=9)) == number


def test_the_next_feed_due_is_told(connection: sqlite3.Connection) -> None:
    assert next_due(connection, [subscription()]) is None
    keep(connection, READ)
    known_feeds(connection, [subscription("https://new.example/")], now=NOW, force=False)
    assert next_due(connection, [subscription()]) == NOW + timedelta(minutes=59)
    assert next_due(connection, []) is None
