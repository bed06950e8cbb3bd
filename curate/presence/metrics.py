"""Keep what shares came to: samples taken from networks or from their exports, and what each share stands at.

The store of the samples. A sample is never changed; what a network did not say stays unsaid. Must not
know how networks are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds, transaction
from curate.presence.exports import post_number
from curate.shares.networks.readings import Figures

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from curate.presence.exports import Row

WEEK = timedelta(days=8)  # shares are compared by what they had come to a week after they went out
SETTLING = timedelta(days=2)  # younger ones are not compared at all
MOST_AT_ONCE = 40  # shares of an account that are asked about in one pass


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often shares are asked about: those that are ``young``, ``again`` after so long."""

    young: timedelta
    again: timedelta


FREE = Pace(young=timedelta(days=30), again=timedelta(hours=20))  # older shares hardly change any more
PAID = Pace(young=WEEK, again=timedelta(days=2))  # no more than what shares are compared by


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A share that is out and what it came to: at ``at``, a week after ``sent_at`` where a sample is of that age.

    ``reactions`` are likes, reposts and replies together.
    """

    share: str
    post: str
    account: str
    network: str
    topic: str
    title: str
    url: str
    sent_at: datetime
    at: datetime
    figures: Figures

    @property
    def reactions(self) -> int:
        """Return how often somebody did something about it."""
        return sum(number or 0 for number in (self.figures.likes, self.figures.reposts, self.figures.replies))


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What came of a file: rows in it, samples new and known, and (line, address, reason) of each row left out."""

    rows: int
    new: int
    known: int
    rejected: tuple[tuple[int, str, str], ...]


def due_samples(connection: sqlite3.Connection, account: str, pace: Pace, *, now: datetime) -> dict[str, int]:
    """Return the shares of ``account`` to be asked about: by the network's name of each, our number of it.

    Those that are young and were not asked about lately, those asked the longest ago first.
    """
    rows = connection.execute(
        """SELECT s.remote_id, s.number, (SELECT max(at) FROM samples WHERE share = s.number AND at <= ?3) AS asked
           FROM shares s WHERE s.account = ?1 AND s.state = 'sent' AND s.remote_id <> '' AND s.remote_url LIKE 'http%'
             AND s.sent_at > ?2 AND s.sent_at <= ?3 AND (asked IS NULL OR asked <= ?4)
           ORDER BY asked NULLS FIRST, s.number LIMIT ?5""",
        (account, to_seconds(now - pace.young), to_seconds(now), to_seconds(now - pace.again), MOST_AT_ONCE),
    )
    return {row["remote_id"]: row["number"] for row in rows}


def add_samples(connection: sqlite3.Connection, samples: Mapping[int, Figures], *, origin: str, now: datetime) -> int:
    """Write down what shares (by number) came to by ``now``; return how many of these were not known.

    A share the network does not know has Figures of nothing.
    """
    rows = [
        (share, to_seconds(now), figures.likes, figures.reposts, figures.replies, figures.views, origin)
        for share, figures in samples.items()
    ]
    with transaction(connection):
        before = connection.total_changes
        connection.executemany("INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return connection.total_changes - before


def standings(connection: sqlite3.Connection, *, since: datetime, until: datetime) -> list[Standing]:
    """Return what the shares that went out from ``since`` until before ``until`` came to, the first one first.

    Each by its last sample of its first eight days; when there is none, by the first one after.
    """
    rows = connection.execute(
        """WITH aged AS (
             SELECT s.*, m.at, m.likes, m.reposts, m.replies, m.views, m.at > s.sent_at + ? AS late
             FROM shares s JOIN samples m ON m.share = s.number
             WHERE s.state = 'sent' AND s.sent_at >= ? AND s.sent_at < ?
               AND coalesce(m.likes, m.reposts, m.replies, m.views) IS NOT NULL),
           ranked AS (
             SELECT *, row_number() OVER (PARTITION BY number ORDER BY late, iif(late, at, -at)) AS place FROM aged)
           SELECT * FROM ranked WHERE place = 1 ORDER BY sent_at, number""",
        (int(WEEK.total_seconds()), to_seconds(since), to_seconds(until)),
    )
    return [
        Standing(
            share=row["id"],
            post=row["post"],
            account=row["account"],
            network=row["network"],
            topic=row["topic"],
            title=row["title"],
            url=row["remote_url"],
            sent_at=to_moment(row["sent_at"]),
            at=to_moment(row["at"]),
            figures=Figures(likes=row["likes"], reposts=row["reposts"], replies=row["replies"], views=row["views"]),
        )
        for row in rows
    ]


def import_rows(connection: sqlite3.Connection, rows: Sequence[Row], *, now: datetime) -> Imported:
    """Keep what an export of LinkedIn says of our shares there; the same file once more changes nothing."""
    numbers: dict[str, int] = {}
    for row in connection.execute("SELECT number, remote_url FROM shares WHERE network IN ('linkedin', 'manual')"):
        numbers[row["remote_url"]] = row["number"]
        numbers[post_number(row["remote_url"])] = row["number"]
    numbers.pop("", None)
    samples: dict[int, Figures] = {}
    rejected = []
    for row in rows:
        share = numbers.get(row.url) or numbers.get(post_number(row.url))
        if share is None:
            rejected.append((row.line, row.url, "no share of yours is known by this address"))
        elif row.figures == Figures():
            rejected.append((row.line, row.url, "it says no number"))
        else:
            samples[share] = row.figures
    fresh = {share: figures for share, figures in samples.items() if figures != _latest(connection, share)}
    new = add_samples(connection, fresh, origin="linkedin", now=now)
    return Imported(rows=len(rows), new=new, known=len(samples) - new, rejected=tuple(rejected))


def _latest(connection: sqlite3.Connection, share: int) -> Figures | None:
    row = connection.execute(
        "SELECT likes, reposts, replies, views FROM samples WHERE share = ? ORDER BY at DESC LIMIT 1", (share,)
    ).fetchone()
    return None if row is None else Figures(**dict(row))
