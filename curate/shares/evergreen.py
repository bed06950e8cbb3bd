"""Keep what is worth saying again, in new words, as long as it holds; the only SQL about evergreens.

An evergreen never makes a share: it says when it is time for new words, and the person writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds, transaction
from curate.errors import Unknown, UsageError
from curate.shares import ledger
from curate.shares.limits import AGAIN_AFTER, AT_MOST, moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

OUT = ("sent", "handed_over")  # what counts as said
LONGEST = 3660  # days between two shares, and times in all: beyond that it is a slip


@dataclass(frozen=True, kw_only=True)
class Evergreen:
    """A post that comes back on ``account``: at least ``days`` apart, ``times`` in all, not after ``until``."""

    post: str
    account: str
    days: int
    times: int
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Due:
    """An evergreen it is time to find new words for; ``said`` so many times, ``last`` then, None for never."""

    evergreen: Evergreen
    said: int
    last: datetime | None


def list_evergreens(connection: sqlite3.Connection, *, post: str = "", account: str = "") -> list[Evergreen]:
    """Return the evergreens of this post and this account (each: all, unless told)."""
    rows = connection.execute(
        """SELECT post, account, days, times, until FROM evergreens
        WHERE (? = '' OR post = ?) AND (? = '' OR account = ?) ORDER BY post, account""",
        (post, post, account, account),
    )
    return [
        Evergreen(post=slug, account=name, days=days, times=times, until=None if until is None else to_moment(until))
        for slug, name, days, times, until in rows
    ]


def set_evergreens(connection: sqlite3.Connection, evergreens: Iterable[Evergreen], *, now: datetime) -> None:
    """Keep these evergreens, all or none, each in the place of an older one. Raises UsageError."""
    with transaction(connection):
        for one in evergreens:
            _check(one, now)
            connection.execute(
                "INSERT OR REPLACE INTO evergreens (post, account, days, times, until) VALUES (?, ?, ?, ?, ?)",
                (one.post, one.account, one.days, one.times, to_seconds(one.until) if one.until else None),
            )


def stop_evergreens(connection: sqlite3.Connection, post: str, accounts: Iterable[str] = ()) -> list[Evergreen]:
    """Forget that ``post`` comes back on these accounts (all, unless told); return what was forgotten.

    Its shares stay as they are. Raises Unknown.
    """
    with transaction(connection):
        names = list(accounts) or [one.account for one in list_evergreens(connection, post=post)]
        found = [one for name in names for one in list_evergreens(connection, post=post, account=name)]
        if not found or len(found) < len(names):
            raise Unknown("evergreen", post, "curate share evergreen lists them.")
        for one in found:
            connection.execute("DELETE FROM evergreens WHERE post = ? AND account = ?", (one.post, one.account))
    return found


def allowed(connection: sqlite3.Connection, post: str, account: str) -> int:
    """Return how many shares of ``post`` the person wants on ``account`` at most."""
    return max([AT_MOST, *(one.times for one in list_evergreens(connection, post=post, account=account))])


def due_evergreens(connection: sqlite3.Connection, now: datetime) -> list[Due]:
    """Return what it is time to find new words for: nothing of it waits, and none of its bounds is reached."""
    due = []
    for one in list_evergreens(connection):
        shares = [
            share
            for share in ledger.list_shares(connection, account=one.account, post=one.post)
            if share.state not in ledger.GONE
        ]
        said = sum(not share.corrects for share in shares)
        last = max(map(moment, shares), default=None)
        if (
            all(share.state in OUT for share in shares)
            and said < one.times
            and (last is None or last + timedelta(days=one.days) <= now)
            and (one.until is None or now < one.until)
        ):
            due.append(Due(evergreen=one, said=said, last=last))
    return due


def _check(one: Evergreen, now: datetime) -> None:
    if not AGAIN_AFTER.days <= one.days <= LONGEST:
        raise UsageError(f"{one.days} days between two shares of one post cannot be.", "--every 21d, or more days")
    if not AT_MOST <= one.times <= LONGEST:
        raise UsageError(f"{one.times} times is not often enough to be evergreen.", f"--times {AT_MOST}, or more")
    if one.until is not None and one.until <= now:
        raise UsageError(f"{one.until:%d %b %Y} is past.", "--until takes a day to come.")
