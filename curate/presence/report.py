"""Say how reading goes: how much is decided and how fast, which feeds to give up, which to move up.

Proposes, and does nothing. Must not know how it is shown.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.inbox.yields import Yield, decisions, feed_yields

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime, tzinfo

    from curate.feeds.opml import Subscription

LONG = timedelta(days=90)  # what a feed is judged by
SEEN, TURNED_DOWN = 20, 10  # items of a feed that nothing was kept of, before it is proposed to give it up
DECIDED, KEPT = 5, 0.6  # items decided on, and the share that was kept, before it is proposed to move it up


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day in the desk's time zone on which something was decided: items, and seconds that took."""

    day: date
    decided: int
    kept: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A feed to give up or to move up, and what it brought in 90 days."""

    url: str
    title: str
    brought: Yield


@dataclass(frozen=True, kw_only=True)
class Report:
    """How reading went. ``pace`` is the median of seconds an item took, None when nothing tells."""

    since: datetime
    days: tuple[Day, ...]
    decided: int
    kept: int
    pace: float | None
    prune: tuple[Proposal, ...]
    promote: tuple[Proposal, ...]

    @property
    def kept_share(self) -> float:
        """How much of what was decided on was kept, 0 to 1."""
        return self.kept / self.decided if self.decided else 0.0


def gather(
    connection: sqlite3.Connection,
    subscriptions: Sequence[Subscription],
    *,
    since: datetime,
    now: datetime,
    zone: tzinfo,
) -> Report:
    """Return how reading went since then, and what ``subscriptions`` brought in the last 90 days."""
    made = decisions(connection, since=since)
    days: dict[date, list[tuple[int, int, int]]] = {}
    for each in made:
        items = len(each.feeds)
        kept = items if each.action == "keep" else 0
        days.setdefault(each.at.astimezone(zone).date(), []).append((items, kept, each.seconds or 0))
    told = tuple(
        Day(
            day=day,
            decided=sum(items for items, _, _ in steps),
            kept=sum(kept for _, kept, _ in steps),
            seconds=sum(seconds for _, _, seconds in steps),
        )
        for day, steps in sorted(days.items())
    )
    paces = [each.seconds / len(each.feeds) for each in made if each.seconds is not None]
    brought = feed_yields(connection, since=now - LONG)
    feeds = [
        Proposal(url=each.url, title=each.title or brought[each.url].title, brought=brought[each.url])
        for each in subscriptions
        if each.url in brought
    ]
    return Report(
        since=since,
        days=told,
        decided=sum(day.decided for day in told),
        kept=sum(day.kept for day in told),
        pace=statistics.median(paces) if paces else None,
        prune=tuple(sorted(filter(_is_idle, feeds), key=lambda feed: -feed.brought.seen)),
        promote=tuple(sorted(filter(_is_good, feeds), key=lambda feed: -feed.brought.kept)),
    )


def _is_idle(feed: Proposal) -> bool:
    brought = feed.brought
    return brought.seen >= SEEN and not brought.kept and brought.decided >= TURNED_DOWN


def _is_good(feed: Proposal) -> bool:
    brought = feed.brought
    return brought.decided >= DECIDED and brought.kept >= KEPT * brought.decided and not brought.boosted
