"""How reading goes: decisions by day and their pace, feeds to give up and to move up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from curate.feeds.opml import Subscription
from curate.inbox.decide import decide
from curate.inbox.journal import undo
from curate.inbox.rules import add_rule
from curate.inbox.yields import feed_yields
from curate.presence.report import Report, gather
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEEDS = {name: f"https://{name}.example/feed" for name in ("good", "idle", "fresh")}


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """A good feed of 8, an idle one of 25, a fresh one of 3; nothing decided."""
    stock = Stock(tmp_path)
    for name, many in (("good", 8), ("idle", 25), ("fresh", 3)):
        stock.receive(*(entry(f"{name}{at}") for at in range(many)), url=FEEDS[name], title=name.title())
    yield stock
    stock.connection.close()


def ids(stock: Stock, name: str) -> list[str]:
    return [item.id for item in stock.items() if item.feed_url == FEEDS[name]]


def report(stock: Stock, *, days: int = 30) -> Report:
    return gather(
        stock.connection,
        [Subscription(url=url, title=name.title(), folder="", site_url="") for name, url in FEEDS.items()],
        since=stock.now - timedelta(days=days),
        now=stock.now,
        zone=ZoneInfo("Pacific/Auckland"),
    )


def decide_all(stock: Stock) -> None:
    for item in ids(stock, "good")[:6]:
        decide(stock.connection, [item], "keep", now=stock.tick())
    decide(stock.connection, ids(stock, "good")[6:], "skip", now=stock.tick())
    decide(stock.connection, ids(stock, "idle")[:12], "skip", now=stock.tick())


def test_days_pace_and_what_was_kept(stock: Stock) -> None:
    decide_all(stock)
    stock.now += timedelta(hours=6)
    decide(stock.connection, ids(stock, "fresh")[:1], "keep", now=stock.tick())
    decide(stock.connection, ids(stock, "fresh")[1:2], "later", now=stock.tick(), until=NOW + timedelta(days=20))
    found = report(stock)
    # 08:00 in UTC is 21:00 there, and six hours later is the next day
    assert [(day.day, day.decided, day.kept, day.seconds) for day in found.days] == [
        (date(2026, 11, 23), 20, 6, 7 * 60),
        (date(2026, 11, 24), 2, 1, 60),
    ]
    assert (found.decided, found.kept, found.pace) == (22, 7, 60)
    assert found.kept_share == pytest.approx(7 / 22)


def test_what_was_undone_and_what_was_long_ago_does_not_count(stock: Stock) -> None:
    decide_all(stock)
    undo(stock.connection, 1, now=stock.tick())
    assert report(stock).decided == 8
    stock.now += timedelta(days=31)
    assert (report(stock).decided, report(stock).pace) == (0, None)


def test_a_feed_that_nothing_is_kept_of_is_proposed_to_go_and_one_that_is_often_kept_to_rise(stock: Stock) -> None:
    assert (report(stock).prune, report(stock).promote) == ((), ())
    decide_all(stock)
    found = report(stock)
    assert [(feed.title, feed.brought.seen, feed.brought.kept) for feed in found.prune] == [("Idle", 25, 0)]
    assert [(feed.title, feed.brought.kept, feed.brought.decided) for feed in found.promote] == [("Good", 6, 8)]
    decide(stock.connection, ids(stock, "idle")[:1], "keep", now=stock.tick())
    add_rule(stock.connection, "from:good", "boost", "1", name="", now=stock.tick(), apply=True)
    stock.receive(entry("good99"), url=FEEDS["good"], title="Good")
    add_rule(stock.connection, "from:good", "boost", "1", name="more", now=stock.tick(), apply=True)
    found = report(stock)
    assert (found.prune, found.promote) == ((), ())


def test_what_a_rule_skips_proposes_nothing(stock: Stock) -> None:
    add_rule(stock.connection, "from:idle", "skip", "", name="", now=stock.tick(), apply=True)
    assert len(stock.items("skipped")) == 25
    assert report(stock).prune == ()


def test_a_feeds_yield_and_the_minutes_it_took(stock: Stock) -> None:
    decide_all(stock)
    good, idle = (feed_yields(stock.connection)[FEEDS[name]] for name in ("good", "idle"))
    assert (good.seen, good.decided, good.kept, good.posted) == (8, 8, 6, 0)
    assert good.minutes_per_kept == pytest.approx(6 / 6)  # the first decision of a sitting took nobody knows how long
    assert (idle.decided, idle.kept, idle.minutes_per_kept) == (12, 0, None)
