"""Keep every try to send a share: what was to go out, under which key, what it cost and what came of it.

Owns the tables attempts and readings. A try is written down before its request leaves; ledger does that, together
with the share's state.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from curate.desk.db import to_moment, to_seconds, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from curate.shares.ledger import Share


# An attempt, with whether an earlier one of the same words may have been acted upon.
ATTEMPT = """SELECT *, EXISTS (SELECT 1 FROM attempts AS earlier WHERE earlier.share = attempts.share
  AND earlier.number < attempts.number AND earlier.seal = attempts.seal AND earlier.outcome IN ('unknown', 'absent'))
  AS again FROM attempts WHERE share = ?"""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try to send one share: what was to go out under which key, and what came of it.

    ``payload`` is JSON without secrets. ``minted_at`` is when the key was first used. ``outcome`` is
    '' while the attempt is under way, else sent, already_sent, handed_over, rejected, retry,
    needs_login, unknown, or absent (an unknown one that was then looked for and not found). ``again``
    says that an earlier try with the same words may have been acted upon. ``cost`` is in thousandths
    of a US dollar.
    """

    number: int
    via: str
    key: str
    minted_at: datetime
    seal: str
    payload: str
    hash: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    evidence: str
    cost: int = 0
    again: bool = False

    @property
    def whole(self) -> bool:
        """Say whether the payload is still what was written down before it was sent."""
        return sha256(self.payload.encode()).hexdigest() == self.hash


def read_attempt(row: sqlite3.Row) -> Attempt:
    """Return the attempt that a row of ``ATTEMPT`` is."""
    values: dict[str, Any] = dict(row)
    del values["share"]
    values["again"] = bool(values.get("again"))
    for name in ("minted_at", "started_at", "ended_at"):
        values[name] = None if values[name] is None else to_moment(values[name])
    return Attempt(**values)


def list_attempts(connection: sqlite3.Connection, share: Share) -> list[Attempt]:
    """Return every try to send ``share``, oldest first."""
    rows = connection.execute(f"{ATTEMPT} ORDER BY number", (share.number,))
    return [read_attempt(row) for row in rows]


def open_attempt(connection: sqlite3.Connection, share: Share) -> Attempt | None:
    """Return the newest try of ``share`` that may have been acted upon without an answer."""
    query = f"{ATTEMPT} AND outcome IN ('unknown', 'absent') ORDER BY number DESC LIMIT 1"
    row = connection.execute(query, (share.number,)).fetchone()
    return None if row is None else read_attempt(row)


def count_attempts(connection: sqlite3.Connection) -> int:
    """Return how many tries to send were ever written down."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM attempts").fetchone()[0])


def spent(connection: sqlite3.Connection, account: str, *, since: datetime) -> int:
    """Return what the tries on ``account``, and reading there, cost ``since`` then, in thousandths of a US dollar.

    A try whose answer was lost counts: the network may have taken its money.
    """
    query = """SELECT coalesce(sum(cost), 0)
        + (SELECT coalesce(sum(cost), 0) FROM readings WHERE account = ?1 AND at > ?2)
      FROM attempts JOIN shares ON shares.number = attempts.share
      WHERE account = ?1 AND started_at > ?2 AND outcome IN ('', 'sent', 'unknown')"""
    return int(connection.execute(query, (account, to_seconds(since))).fetchone()[0])


class Costly(Protocol):
    """What may cost money to read; ``paid`` is how much it was so far, in thousandths of a US dollar."""

    paid: int


@contextmanager
def counting(connection: sqlite3.Connection, account: str, channel: Costly, *, now: datetime) -> Iterator[None]:
    """Write down what reading on ``account`` cost in the block, however that ends.

    What is read again on the same day, in UTC, is not paid for again.
    """
    before = channel.paid
    day = to_seconds(now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    try:
        yield
    finally:
        with transaction(connection):
            query = "SELECT coalesce(sum(cost), 0) FROM readings WHERE account = ? AND at BETWEEN ? AND ?"
            paid = connection.execute(query, (account, day, to_seconds(now))).fetchone()[0]
            if channel.paid - before > paid:
                connection.execute(
                    "INSERT INTO readings (account, at, cost) VALUES (?, ?, ?)",
                    (account, to_seconds(now), channel.paid - before - paid),
                )
