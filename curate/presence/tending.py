"""Say on which days the person tended their presence: decided, wrote, published, planned or answered.

Reads what is recorded anyway, and writes nothing. What the machine does by itself (fetching, sending, what rules do to
arrivals, following a feed that moved) tends nothing. A day is one in the desk's time zone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from curate.posts.post import Post

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Tending:
    """How often of late: ``days`` of the last ``of``; ``streak`` in a row, which a day not over yet does not break."""

    today: bool
    streak: int
    days: int
    of: int


def count_tended(
    connection: sqlite3.Connection, posts: Iterable[Post], *, today: date, of: int, zone: tzinfo
) -> Tending:
    """Return how often the person tended up to ``today``, the day it is in ``zone``."""
    acts = set(_written(posts, zone)) | {moment.astimezone(zone).date() for moment in _recorded(connection)}

    def tended(day: date) -> bool:
        return day in acts or _decided(connection, day, zone)

    streak, day = 0, today if tended(today) else today - DAY
    while tended(day):
        streak, day = streak + 1, day - DAY
    days = sum(tended(today - number * DAY) for number in range(of))
    return Tending(today=tended(today), streak=streak, days=days, of=of)


def _decided(connection: sqlite3.Connection, day: date, zone: tzinfo) -> bool:
    """Say whether a step was made on ``day``; one that was taken back since was made, too."""
    begins, ends = (to_seconds(datetime.combine(each, time(), zone)) for each in (day, day + DAY))
    query = "SELECT EXISTS (SELECT 1 FROM journal WHERE action <> 'move' AND at >= ? AND at < ?)"
    return bool(connection.execute(query, (begins, ends)).fetchone()[0])


def _recorded(connection: sqlite3.Connection) -> Iterator[datetime]:
    """Yield when posts were published, shares planned and approved, answers seen to."""
    rows = connection.execute(
        "SELECT at FROM publications UNION SELECT created_at FROM shares"
        " UNION SELECT approved_at FROM shares WHERE approved_at IS NOT NULL"
        " UNION SELECT done_at FROM replies WHERE done_at IS NOT NULL"
    )
    return (to_moment(at) for (at,) in rows)


def _written(posts: Iterable[Post], zone: tzinfo) -> Iterator[date]:
    """Yield when posts were begun, which the names of their files say, and when they were last changed."""
    for post in posts:
        with contextlib.suppress(ValueError):  # the person may have named it otherwise
            yield date.fromisoformat(post.path.name[:10])
        if post.modified is not None:
            yield post.modified.astimezone(zone).date()
