"""Count what came of what came in: by feed, and by decision with the time it took. Reads only.

A decision takes the time since the one before it; more than five minutes later, a new sitting has begun. Must
not know what follows from the figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

PAUSE = 300  # seconds: longer, and the person did something else


@dataclass(frozen=True, kw_only=True)
class Yield:
    """What one feed brought: items seen, of these decided by the person, kept (posted ones, too), and posted.

    ``seconds`` went into deciding on its items; ``boosted`` says that a rule moves some of them.
    """

    title: str
    seen: int
    decided: int
    kept: int
    posted: int
    seconds: float
    boosted: bool

    @property
    def minutes_per_kept(self) -> float | None:
        """The minutes spent deciding on its items for each that was kept; None when none was."""
        return self.seconds / 60 / self.kept if self.kept else None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A step that decided on items, by feed (the number; None: added pages); a sitting's first has no ``seconds``."""

    at: datetime
    action: str
    feeds: tuple[int | None, ...]
    seconds: int | None


def feed_yields(connection: sqlite3.Connection, *, since: datetime | None = None) -> dict[str, Yield]:
    """Return what each feed yielded, by its URL: of the items first seen since then."""
    spent: defaultdict[int | None, float] = defaultdict(float)
    for decision in decisions(connection, since=since):
        for feed in decision.feeds:
            spent[feed] += (decision.seconds or 0) / len(decision.feeds)
    rows = connection.execute(
        """SELECT f.number, f.url, coalesce(nullif(f.title, ''), f.url) AS title, count(*) AS seen,
                  count(*) FILTER (WHERE i.state IN ('kept', 'skipped', 'drafted', 'posted') AND NOT EXISTS
                    (SELECT 1 FROM effects e WHERE e.item = i.number AND e.action = 'skip' AND e.at = i.decided_at))
                    AS decided,
                  count(*) FILTER (WHERE i.state IN ('kept', 'drafted', 'posted')) AS kept,
                  count(*) FILTER (WHERE i.state = 'posted') AS posted,
                  max(EXISTS (SELECT 1 FROM effects e WHERE e.item = i.number AND e.action = 'boost')) AS boosted
           FROM items i JOIN feeds f ON f.number = i.feed WHERE i.first_seen >= ? GROUP BY f.number""",
        (to_seconds(since) if since else 0,),
    )
    return {
        row["url"]: Yield(
            title=row["title"],
            seen=row["seen"],
            decided=row["decided"],
            kept=row["kept"],
            posted=row["posted"],
            seconds=spent[row["number"]],
            boosted=bool(row["boosted"]),
        )
        for row in rows
    }


def hardly_known(connection: sqlite3.Connection, most: int) -> dict[int, int]:
    """Return the numbers of feeds on whose items fewer than ``most`` decisions stand, each with how many.

    None, while nothing was learned from any decision.
    """
    rows = connection.execute(
        """SELECT f.number, (SELECT count(*) FROM items i WHERE i.feed = f.number
                             AND i.state IN ('kept', 'skipped', 'drafted', 'posted')) AS made
           FROM feeds f WHERE made < ? AND EXISTS (SELECT 1 FROM ranking WHERE lessons > 0)""",
        (most,),
    )
    return dict(rows.fetchall())


def decisions(connection: sqlite3.Connection, *, since: datetime | None = None) -> list[Decision]:
    """Return what was kept, skipped and put off since then, and stands, the first one first."""
    rows = connection.execute(
        """SELECT j.step, j.at, j.action, i.feed FROM journal j JOIN items i ON i.number = j.item
           WHERE j.undone_at IS NULL AND j.action IN ('keep', 'skip', 'later') AND j.at >= ? ORDER BY j.number""",
        (to_seconds(since) if since else 0,),
    )
    steps: dict[int, tuple[int, str, list[int | None]]] = {}
    for step, at, action, feed in rows:
        steps.setdefault(step, (at, action, []))[2].append(feed)
    found = []
    before: int | None = None
    for at, action, feeds in steps.values():
        taken = None if before is None or not 0 <= at - before <= PAUSE else at - before
        found.append(Decision(at=to_moment(at), action=action, feeds=tuple(feeds), seconds=taken))
        before = at
    return found
