"""Remember how each feed fares: when it was read, what to ask with next time, when it is due.

Owns the table ``feeds``. The list of subscriptions is feeds.opml; a row here is only what
fetching learned about one, and stays when the subscription goes, because items point to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.feeds.fetch import Fetched, Known
    from curate.feeds.opml import Subscription

DAY = 24 * 3600
SOONEST = 60  # seconds: whatever a server asks for, nobody is asked twice in a minute
SLACK = 60  # seconds: a timer that comes every hour, now and then a second early, finds the feeds due


@dataclass(frozen=True, kw_only=True)
class FeedHealth:
    """What fetching knows of one feed; ``failures`` counts those in a row, ``reason`` is the last one's.

    ``moved_to`` is where it says it has moved for good, ``gone_at`` when it said that it is gone for good.
    """

    number: int
    title: str
    site_url: str
    checked_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    reason: str
    due_at: datetime
    moved_to: str
    gone_at: datetime | None


def known_feeds(
    connection: sqlite3.Connection, subscriptions: Sequence[Subscription], *, now: datetime, force: bool
) -> list[Known]:
    """Return the subscribed feeds that are due (all with ``force``), each once, in their order.

    A feed not heard of before gets its row; the title a person gave it in the list wins over its own.
    One that was asked in the future was asked while the clock was wrong, and is due.
    """
    from curate.feeds.fetch import Known  # loads the HTTP client, which who only looks at health needs not

    with transaction(connection):
        connection.executemany(
            """
            INSERT INTO feeds (url, title, site_url) VALUES (?, ?, ?)
            ON CONFLICT (url) DO UPDATE SET title = excluded.title
            WHERE excluded.title <> '' AND excluded.title <> title
            """,
            [(each.url, each.title if each.title != each.url else "", each.site_url) for each in subscriptions],
        )
    rows = {row["url"]: row for row in connection.execute("SELECT * FROM feeds")}
    moment = to_seconds(now)
    return [
        Known(
            url=url,
            etag=rows[url]["etag"],
            last_modified=rows[url]["last_modified"],
            body_hash=rows[url]["body_hash"],
        )
        for url in dict.fromkeys(each.url for each in subscriptions if not each.paused)
        if force or rows[url]["due_at"] <= moment or (rows[url]["checked_at"] or 0) > moment
    ]


def record(connection: sqlite3.Connection, fetched: Fetched, *, now: datetime, interval_minutes: int) -> int:
    """Keep what came of asking for a feed and set when it is due again; return the feed's number.

    Call it inside the transaction that stores its items. A feed that fails is asked less and less
    often, up to once a day; what its server wishes goes first. When the network failed, nothing is
    held against the feed.
    """
    connection.execute("INSERT INTO feeds (url) VALUES (?) ON CONFLICT (url) DO NOTHING", (fetched.url,))
    row = connection.execute("SELECT number, failures FROM feeds WHERE url = ?", (fetched.url,)).fetchone()
    number = int(row["number"])
    moment, interval = to_seconds(now), interval_minutes * 60
    if fetched.no_network:
        return number
    if fetched.outcome == "failed":
        failures = row["failures"] + 1
        wait = min(interval * 2 ** min(failures - 1, 30), max(DAY, interval)) - SLACK
        if fetched.retry_after is not None:
            wait = min(max(fetched.retry_after, SOONEST), DAY)
        connection.execute(
            "UPDATE feeds SET checked_at = ?, failures = ?, reason = ?, due_at = ? WHERE number = ?",
            (moment, failures, fetched.reason, moment + wait, number),
        )
        return number
    connection.execute(
        """
        UPDATE feeds SET etag = ?, last_modified = ?, body_hash = ?, checked_at = ?, succeeded_at = ?,
               failures = 0, reason = '', due_at = ? WHERE number = ?
        """,
        (
            fetched.etag,
            fetched.last_modified,
            fetched.body_hash,
            moment,
            moment,
            moment + interval - SLACK,
            number,
        ),
    )
    if fetched.feed is not None:
        connection.execute(
            "UPDATE feeds SET title = iif(title = '', ?, title), site_url = ? WHERE number = ?",
            (fetched.feed.title, fetched.feed.site_url, number),
        )
    return number


def feed_rows(connection: sqlite3.Connection) -> dict[str, FeedHealth]:
    """Return what is known of every feed ever asked for, by URL."""
    return {
        row["url"]: FeedHealth(
            number=row["number"],
            title=row["title"],
            site_url=row["site_url"],
            checked_at=_moment(row["checked_at"]),
            succeeded_at=_moment(row["succeeded_at"]),
            failures=row["failures"],
            reason=row["reason"],
            due_at=to_moment(row["due_at"]),
            moved_to=row["moved_to"],
            gone_at=_moment(row["gone_at"]),
        )
        for row in connection.execute("SELECT * FROM feeds")
    }


def next_due(connection: sqlite3.Connection, subscriptions: Sequence[Subscription]) -> datetime | None:
    """Return when the first of the subscribed feeds is due, or None when there is none."""
    rows = feed_rows(connection)
    return min((rows[each.url].due_at for each in subscriptions if each.url in rows and not each.paused), default=None)


def resume(connection: sqlite3.Connection, url: str) -> None:
    """Ask for a feed again that said it was gone for good."""
    with transaction(connection):
        connection.execute("UPDATE feeds SET gone_at = NULL, due_at = 0 WHERE url = ?", (url,))


def readdress(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Let what is known of the feed at ``old``, its items too, be of ``new``, which is then asked for everything."""
    with transaction(connection):
        connection.execute(
            """
            UPDATE OR IGNORE feeds SET url = ?, etag = '', last_modified = '', body_hash = '', failures = 0,
                   reason = '', due_at = 0, moved_to = '', moved_since = NULL, gone_at = NULL WHERE url = ?
            """,
            (new, old),
        )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else to_moment(seconds)
