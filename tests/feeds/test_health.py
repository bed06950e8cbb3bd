"""What fetching learned of a feed is kept, and decides when it is asked again."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.db import open_database, transaction
from curate.desk.folder import Desk
from curate.feeds.fetch import Fetched, Known
from curate.feeds.health import SLACK, Move, feed_rows, known_feeds, moves, next_due, note_slow, record, resume
from curate.feeds.opml import Subscription
from curate.feeds.parse import Feed
from curate.feeds.verdict import NO_NETWORK
from tests.inbox.stock import entry

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
    known = Known(url=URL, etag='"1"', last_modified="Mon", body_hash="abc", before="read")
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
    assert due(connection, later, force=True) == [
        Known(url=URL, etag='"2"', last_modified="Mon", body_hash="abc", before="read")
    ]


def test_bytes_that_could_not_be_read_are_known_again_with_the_reason(connection: sqlite3.Connection) -> None:
    keep(connection, READ)
    keep(connection, Fetched(url=URL, outcome="failed", reason="is a web page", body_hash="unreadable", status=200))
    [known] = due(connection, NOW, force=True)
    assert (known.body_hash, known.before, known.reason) == ("unreadable", "failed", "is a web page")
    keep(connection, GONE)
    assert due(connection, NOW, force=True)[0].body_hash == "unreadable", "no answer takes nothing back"


def test_a_feed_is_slow_until_it_answers_quickly(connection: sqlite3.Connection) -> None:
    def slow() -> bool:
        return due(connection, NOW, force=True)[0].slow

    assert not slow()
    note_slow(connection, {URL: True, "https://b.example/": False})
    assert slow()
    note_slow(connection, {"https://b.example/": False})
    assert slow(), "it was not asked"
    note_slow(connection, {URL: False})
    assert not slow()


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


# By the feed's own rhythm


def posted(*ages: timedelta | None) -> Fetched:
    """A feed whose entries are as old as that, at NOW."""
    dates = [None if age is None else NOW - age for age in ages]
    entries = tuple(entry(str(number), published=date) for number, date in enumerate(dates))
    return replace(READ, feed=Feed(title="Ops Weekly", site_url="", entries=entries))


def waits(connection: sqlite3.Connection, fetched: Fetched, now: datetime = NOW, minutes: int = 0) -> timedelta:
    with transaction(connection):
        record(connection, fetched, now=now, interval_minutes=minutes)
    return feed_rows(connection)[URL].due_at - now + timedelta(seconds=SLACK)


HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ages", "hours"),
    [
        ([number * 8 * HOURS for number in range(30)], 2),
        ([number * HOURS / 10 for number in range(30)], 0.5),
        ([number * 24 * 7 * HOURS for number in range(30)], 24),
        ([0 * HOURS, 12 * HOURS, 24 * HOURS, *([24 * 90 * HOURS] * 9)], 3),  # a batch on one day moves nothing
        ([40 * HOURS, 48 * HOURS, 56 * HOURS], 10),  # silent for longer than usual
        ([-48 * HOURS, 0 * HOURS, 8 * HOURS, 16 * HOURS], 2),  # a date ahead says nothing
        ([0 * HOURS], 1),
        ([None, None], 1),
        ([], 1),
    ],
)
def test_a_feed_is_asked_four_times_in_its_own_rhythm(
    connection: sqlite3.Connection, ages: list[timedelta | None], hours: float
) -> None:
    assert waits(connection, posted(*ages)) == hours * HOURS
    assert waits(connection, posted(*ages), minutes=90) == 1.5 * HOURS, "unless a person said otherwise"


def test_a_feed_that_falls_silent_is_asked_less_and_less_often(connection: sqlite3.Connection) -> None:
    for fetched in (posted(0 * HOURS, 8 * HOURS), posted(None)):
        same = replace(fetched, outcome="not_modified", feed=None, status=304)
        waits(connection, fetched)
        assert [waits(connection, same, NOW + days * 24 * HOURS) / HOURS for days in (1, 2, 3, 9)] == [6, 12, 18, 24]


@pytest.mark.parametrize(
    ("wish", "waited"),
    [
        ({"fresh_for": 7200}, timedelta(hours=2)),
        ({"fresh_for": 10**8}, timedelta(days=1)),
        ({"fresh_for": 60}, timedelta(minutes=59)),
        ({"retry_after": 7200}, timedelta(hours=2)),
        ({"retry_after": 10 * 365 * 86400}, timedelta(days=1)),
        ({"retry_after": 0}, timedelta(minutes=59)),
    ],
)
def test_a_server_may_wish_for_a_longer_wait_up_to_a_day(
    connection: sqlite3.Connection, wish: dict[str, int], waited: timedelta
) -> None:
    keep(connection, replace(READ, **wish))  # type: ignore[arg-type] # both are numbers
    assert feed_rows(connection)[URL].due_at == NOW + waited


def test_after_eight_days_of_not_modified_everything_is_asked_for(connection: sqlite3.Connection) -> None:
    keep(connection, READ)
    same = replace(READ, outcome="not_modified", feed=None, status=304)
    for day in range(1, 9):
        assert due(connection, NOW + timedelta(days=day), force=True)[0].etag == '"1"'
        keep(connection, same, NOW + timedelta(days=day))
    assert due(connection, NOW + timedelta(days=8, hours=1), force=True) == [
        Known(url=URL, body_hash="abc", before="read")
    ]
    keep(connection, replace(same, status=200), NOW + timedelta(days=9))  # the same bytes, but whole
    assert due(connection, NOW + timedelta(days=17), force=True)[0].etag == '"1"'


# Gone, paused


def test_a_feed_that_is_gone_for_good_is_not_asked_until_it_is_resumed(connection: sqlite3.Connection) -> None:
    keep(connection, READ)
    keep(connection, replace(GONE, reason="gone for good (410); paused", status=410))
    assert due(connection, NOW + timedelta(days=400), force=True) == []
    assert next_due(connection, [subscription()]) is None
    health = feed_rows(connection)[URL]
    assert (health.gone_at, health.failures, health.reason) == (NOW, 1, "gone for good (410); paused")
    resume(connection, URL)
    assert [known.url for known in due(connection, NOW)] == [URL]
    assert (feed_rows(connection)[URL].gone_at, feed_rows(connection)[URL].failures) == (None, 0)


def test_a_paused_feed_is_not_asked(connection: sqlite3.Connection) -> None:
    paused = replace(subscription(), paused=True)
    assert known_feeds(connection, [paused], now=NOW, force=True) == []
    assert next_due(connection, [paused]) is None


# Moved


def test_a_move_is_trusted_after_seven_days_of_the_same_answer(connection: sqlite3.Connection) -> None:
    def told(day: float, **changes: Any) -> list[Move]:
        keep(connection, replace(READ, **changes), NOW + timedelta(days=day))
        return moves(connection, [subscription()])

    new, other = "https://new.example/feed", "https://other.example/feed"
    assert [told(day, moved_to=new) for day in (0, 3, 6.9)] == [[], [], []]
    assert told(7, moved_to=other) == [], "another address begins anew"
    assert told(8, moved_to=new) == []
    assert told(12) == [], "and so does an answer from the old place"
    assert told(13, moved_to=new) == []
    assert told(16, status=0, outcome="failed", feed=None) == [], "no answer says nothing"
    assert told(19.9, moved_to=new) == []
    assert told(20, moved_to=new, outcome="failed", feed=None, status=500) == [], "it must be readable there"
    assert told(20.1, moved_to=new) == [Move("Ops Weekly", URL, new)]
    assert moves(connection, []) == [], "and subscribed to"
