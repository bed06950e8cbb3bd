"""Remember how the sources a site links to fared each time the web was asked.

Owns the table ``links``. A server has a bad day now and then: only what fails on several days counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

APART = 20 * 3600  # seconds: strikes nearer to each other are the same bad day
ENOUGH = 3  # strikes after which a source counts as gone or moved
WEEK = 7 * 24 * 3600  # seconds after which a source is asked again that has no strikes, or enough of them
MOST_AT_ONCE, COMPANY = 40, 3  # sources asked in one go, and those among them that answered well the last time


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one source answered: why it is not as it should be, '' when it is; where it moved for good; what it says.

    ``changed`` is how much of what it said is gone, in percent; None when it did not change.
    """

    url: str
    reason: str = ""
    moved_to: str = ""
    text: str = ""
    changed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one source stands: its strikes in a row, since when, what it answered last, where it moved, what it lost."""

    url: str
    checked_at: datetime
    strikes: int
    since: datetime | None
    reason: str
    moved_to: str
    changed: int | None

    @property
    def is_out(self) -> bool:
        """Whether it failed on enough days to be told."""
        return self.strikes >= ENOUGH


def note(connection: sqlite3.Connection, answers: Iterable[Answer], *, now: datetime) -> list[Standing]:
    """Keep what sources answered, and return how they stand.

    Without a reason a source lives, and what was held against it is forgotten; with another reason than the
    last one it is still struck. One that was never asked before starts with its first strike.
    """
    moment = to_seconds(now)
    standings = []
    with transaction(connection):
        for answer in answers:
            url = answer.url
            if not answer.reason:
                connection.execute(
                    "INSERT INTO links (url, checked_at, alive_at) VALUES (?1, ?2, ?2) ON CONFLICT (url) DO UPDATE SET"
                    " checked_at = ?2, alive_at = ?2, strikes = 0, struck_at = NULL, since = NULL, reason = '',"
                    " moved_to = '', changed = NULL",
                    (url, moment),
                )
            else:
                connection.execute(
                    "INSERT INTO links (url, checked_at, strikes, struck_at, since, reason, moved_to, changed)"
                    " VALUES (?1, ?2, 1, ?2, ?2, ?3, ?4, ?6) ON CONFLICT (url) DO UPDATE SET checked_at = ?2,"
                    " strikes = strikes + (coalesce(struck_at, 0) NOT BETWEEN ?2 - ?5 + 1 AND ?2),"
                    " struck_at = iif(coalesce(struck_at, 0) BETWEEN ?2 - ?5 + 1 AND ?2, struck_at, ?2),"
                    " since = min(coalesce(since, ?2), ?2), reason = ?3, moved_to = ?4, changed = ?6",
                    (url, moment, answer.reason, answer.moved_to, APART, answer.changed),
                )
            standings.append(_standing(connection.execute("SELECT * FROM links WHERE url = ?", (url,)).fetchone()))
    return standings


def list_due(connection: sqlite3.Connection, urls: Iterable[str], *, now: datetime) -> list[str]:
    """Return those of ``urls`` to be asked now: those never asked first, then those asked the longest ago.

    Each once a week, and one with a strike the next day. When there are any, some that lived are asked beside them:
    where nobody answers, it is the network.
    """
    moment = to_seconds(now)
    rows = {row["url"]: row for row in connection.execute("SELECT url, checked_at, strikes FROM links")}
    asked = sorted(urls, key=lambda url: rows[url]["checked_at"] if url in rows else -1)
    due = [url for url in asked if url not in rows or not _asked_lately(rows[url], moment)][:MOST_AT_ONCE]
    lived = [url for url in asked if url not in due and url in rows and not rows[url]["strikes"]]
    return [*due, *lived[:COMPANY]] if due else []


def _asked_lately(row: sqlite3.Row, moment: int) -> bool:
    apart = APART if 0 < row["strikes"] < ENOUGH else WEEK
    return 0 <= moment - int(row["checked_at"]) < apart


def standing_of(connection: sqlite3.Connection, url: str) -> Standing | None:
    """Return how the source at ``url`` stood when it was last asked; None when it never was."""
    row = connection.execute("SELECT * FROM links WHERE url = ?", (url,)).fetchone()
    return None if row is None else _standing(row)


def list_out(connection: sqlite3.Connection) -> list[Standing]:
    """Return the addresses that failed on enough days, the longest gone first."""
    rows = connection.execute("SELECT * FROM links WHERE strikes >= ? ORDER BY since, url", (ENOUGH,))
    return [_standing(row) for row in rows]


def _standing(row: sqlite3.Row) -> Standing:
    since = to_moment(row["since"]) if row["since"] is not None else None
    return Standing(
        url=row["url"],
        checked_at=to_moment(row["checked_at"]),
        strikes=row["strikes"],
        since=since,
        reason=row["reason"],
        moved_to=row["moved_to"],
        changed=row["changed"],
    )
