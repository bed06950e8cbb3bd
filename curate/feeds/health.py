"""Remember how each feed fares: when it was read, what to ask with next time, when it is due.

Owns the table ``feeds``. The list of subscriptions is feeds.opml; a row here is only what
fetching learned about one, and stays when the subscription goes, because items point to it.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from curate.desk.db import recall, remember, to_moment, to_seconds, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from curate.feeds.entry import Feed
    from curate.feeds.fetch import Fetched, Known
    from curate.feeds.opml import Subscription

HOUR = 3600
DAY = 24 * HOUR
SOONEST = 60  # seconds: whatever a server asks for, nobody is asked twice in a minute
OFTENEST = HOUR // 2  # by a feed's own rhythm
TRUSTED = 7 * DAY  # of the same answer: then a feed has moved
VALID = 8 * DAY  # then a feed is asked for everything again, should its server say “not modified” for ever
JITTER = 5  # the wait of a failing feed is shorter by up to a fifth, so that those that failed together part
SLOW = "slow feeds"  # where the desk remembers them
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
    One that was asked in the future was asked while the clock was wrong, and is due. One that is
    gone for good is not asked, nor is a paused one, ``force`` or not.
    """
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
    moment, slow = to_seconds(now), _slow(connection)
    return [
        _known(rows[url], moment, slow=url in slow)
        for url in dict.fromkeys(each.url for each in subscriptions if not each.paused)
        if rows[url]["gone_at"] is None
        and (force or rows[url]["due_at"] <= moment or (rows[url]["checked_at"] or 0) > moment)
    ]


def _known(row: sqlite3.Row, moment: int, *, slow: bool) -> Known:
    """Return what to ask with: without validators when no whole answer came for eight days."""
    from curate.feeds.fetch import Known  # loads the HTTP client, which who only looks at health needs not

    valid = row["validated_at"] is not None and 0 <= moment - row["validated_at"] <= VALID
    return Known(
        url=row["url"],
        etag=row["etag"] if valid else "",
        last_modified=row["last_modified"] if valid else "",
        body_hash=row["body_hash"],
        before="failed" if row["failures"] else "read" if row["succeeded_at"] is not None else "",
        reason=row["reason"],
        slow=slow,
    )


def note_slow(connection: sqlite3.Connection, asked: Mapping[str, bool]) -> None:
    """Remember which of the feeds that were ``asked`` were slow to answer: they are asked first the next time."""
    before = _slow(connection)
    slow = (before - asked.keys()) | {url for url, took_long in asked.items() if took_long}
    if slow != before:
        remember(connection, SLOW, json.dumps(sorted(slow)))


def _slow(connection: sqlite3.Connection) -> set[str]:
    return set(json.loads(recall(connection, SLOW) or "[]"))


def record(connection: sqlite3.Connection, fetched: Fetched, *, now: datetime, interval_minutes: int) -> int:
    """Keep what came of asking for a feed and set when it is due again; return the feed's number.

    Call it inside the transaction that stores its items. With an interval of 0 the feed's own rhythm
    decides. A feed that fails is asked less and less often, up to once a day; what its server wishes
    goes first. One that says it is gone for good is asked no more. When the network failed, nothing
    is held against the feed.
    """
    connection.execute("INSERT INTO feeds (url) VALUES (?) ON CONFLICT (url) DO NOTHING", (fetched.url,))
    row = connection.execute("SELECT * FROM feeds WHERE url = ?", (fetched.url,)).fetchone()
    number = int(row["number"])
    moment, interval = to_seconds(now), interval_minutes * 60
    if fetched.no_network:
        return number
    if fetched.status:
        _note_move(connection, row, fetched.moved_to, moment)
    if fetched.outcome == "failed":
        failures = row["failures"] + 1
        wait = _patience(fetched, failures, interval or HOUR)
        gone = moment if fetched.status == 410 else None
        connection.execute(
            "UPDATE feeds SET checked_at = ?, failures = ?, reason = ?, due_at = ?, gone_at = ?,"
            " body_hash = iif(? = '', body_hash, ?) WHERE number = ?",
            (moment, failures, fetched.reason, moment + wait, gone, fetched.body_hash, fetched.body_hash, number),
        )
        return number
    rhythm, newest_at = row["rhythm"], row["newest_at"]
    if fetched.feed is not None:
        rhythm, newest_at = _rhythm(fetched.feed, moment)
        connection.execute(
            "UPDATE feeds SET title = iif(title = '', ?, title), site_url = ?, rhythm = ?, newest_at = ?"
            " WHERE number = ?",
            (fetched.feed.title, fetched.feed.site_url, rhythm, newest_at, number),
        )
    wait = (interval or own_interval(rhythm, newest_at, moment)) - SLACK
    wished = max(fetched.retry_after or 0, fetched.fresh_for)
    connection.execute(
        """
        UPDATE feeds SET etag = ?, last_modified = ?, body_hash = ?, validated_at = iif(?, validated_at, ?),
               checked_at = ?, succeeded_at = ?, failures = 0, reason = '', due_at = ?, gone_at = NULL WHERE number = ?
        """,
        (
            fetched.etag,
            fetched.last_modified,
            fetched.body_hash,
            fetched.status == 304,
            moment,
            moment,
            moment,
            moment + max(wait, min(wished, DAY)),
            number,
        ),
    )
    return number


def own_interval(rhythm: int, newest_at: int | None, moment: int) -> int:
    """Return the seconds to wait for a feed that brings an entry every ``rhythm`` seconds, as a rule.

    A quarter of that, so that an entry is seen within an eighth of the usual gap, on average; when the
    feed has been silent for longer than usual, a quarter of its silence. Half an hour to a day.
    """
    if not rhythm:
        return HOUR
    silence = moment - newest_at if newest_at is not None else 0
    return min(max(max(rhythm, silence) // 4, OFTENEST), DAY)


def _rhythm(feed: Feed, moment: int) -> tuple[int, int]:
    """Return the usual seconds between two entries of ``feed``, and when the newest was dated.

    The usual is the median of the gaps between the dates of the newest twenty: neither a batch
    imported on one day nor a holiday moves it. A feed that gives no dates counts as one with an entry
    every four hours, whose newest came now, when its text changed.
    """
    dates = {to_seconds(entry.published) for entry in feed.entries if entry.published is not None}
    dates |= {published for _, published in feed.unchanged if published is not None}
    newest = heapq.nlargest(20, (date for date in dates if 0 < date <= moment))
    gaps = sorted(later - earlier for later, earlier in pairwise(newest))
    middle = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) // 2 if gaps else 4 * HOUR
    return middle, newest[0] if newest else moment


def _patience(fetched: Fetched, failures: int, interval: int) -> int:
    """Return the seconds to wait for a feed that failed so many times in a row."""
    if fetched.retry_after is not None:
        return min(max(fetched.retry_after, SOONEST), DAY)
    wait = min(interval * 2 ** min(failures - 1, 30), max(DAY, interval))
    dice = int.from_bytes(sha256(f"{failures} {fetched.url}".encode()).digest()[:4]) / 2**32
    return int(wait * (1 - dice / JITTER))


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
    known = [rows[each.url] for each in subscriptions if each.url in rows and not each.paused]
    return min((each.due_at for each in known if each.gone_at is None), default=None)


def resume(connection: sqlite3.Connection, url: str) -> None:
    """Ask for a feed again that said it was gone for good."""
    with transaction(connection):
        connection.execute(
            "UPDATE feeds SET gone_at = NULL, due_at = 0, failures = 0, reason = '' WHERE url = ?", (url,)
        )


def readdress(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Let what is known of the feed at ``old``, its items too, be of ``new``, which is then asked for everything."""
    with transaction(connection):
        move(connection, old, new)
        connection.execute(
            """
            UPDATE feeds SET etag = '', last_modified = '', body_hash = '', failures = 0, reason = '', due_at = 0,
                   moved_from = '', gone_at = NULL WHERE url = ?
            """,
            (new,),
        )


@dataclass(frozen=True)
class Move:
    """A feed, by the title it goes by, that goes from one address to another."""

    title: str
    old: str
    new: str


def moves(connection: sqlite3.Connection, subscriptions: Sequence[Subscription]) -> list[Move]:
    """Return the subscribed feeds that have said for seven days, every time, where they have moved for good."""
    listed = {each.url: each.title for each in subscriptions}
    rows = connection.execute(
        "SELECT * FROM feeds WHERE checked_at - moved_since >= ? AND failures = 0 ORDER BY number", (TRUSTED,)
    )
    return [
        Move(listed[row["url"]] or row["title"] or row["url"], row["url"], row["moved_to"])
        for row in rows
        if row["url"] in listed
    ]


def strays(
    connection: sqlite3.Connection, subscriptions: Sequence[Subscription]
) -> list[tuple[Move, Literal["moved", "renamed", "back"]]]:
    """Return the feeds that the list has under another address of theirs than we know them by, and why.

    The list was changed and the rest did not follow: we were broken off while following a trusted move
    (moved) or taking it back (back), or a person wrote the new address themselves (renamed).
    """
    listed = {each.url: each.title for each in subscriptions}
    known = {row["url"] for row in connection.execute("SELECT url FROM feeds")}
    rows = connection.execute("SELECT * FROM feeds WHERE moved_to <> '' OR moved_from <> '' ORDER BY number")
    found: dict[str, tuple[Move, Literal["moved", "renamed", "back"]]] = {}
    for row in rows:
        new = next((url for url in (row["moved_to"], row["moved_from"]) if url in listed and url not in known), "")
        if not new or new in found or row["url"] in listed:
            continue
        trusted = row["moved_since"] is not None and row["checked_at"] - row["moved_since"] >= TRUSTED
        why: Literal["moved", "renamed", "back"] = (
            "back" if new != row["moved_to"] else "moved" if trusted else "renamed"
        )
        found[new] = Move(listed[new] or row["title"] or new, row["url"], new), why
    return [*found.values()]


def move(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Let the feed at ``old`` be known at ``new``, with its number and its items.

    One that was known at ``new`` and is not subscribed to takes the old address, and may be moved back
    with it.
    """
    with transaction(connection):
        connection.execute("UPDATE feeds SET url = ? WHERE url = ?", (f"{new} ", new))
        connection.execute(
            "UPDATE feeds SET url = ?, moved_to = '', moved_since = NULL, moved_from = ? WHERE url = ?",
            (new, old, old),
        )
        connection.execute(
            """
            UPDATE feeds SET url = ?, etag = '', last_modified = '', body_hash = '', moved_to = '',
                   moved_since = NULL, moved_from = '' WHERE url = ?
            """,
            (old, f"{new} "),
        )


def move_back(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Take ``move`` from ``old`` to ``new`` back; while the feed says the same, it is not followed again."""
    with transaction(connection):
        move(connection, new, old)
        connection.execute("UPDATE feeds SET moved_to = ?, moved_from = '' WHERE url = ?", (new, old))


def stay(connection: sqlite3.Connection, url: str) -> None:
    """Leave the feed where it is, for as long as it says the same about where it has moved."""
    with transaction(connection):
        connection.execute("UPDATE feeds SET moved_since = NULL WHERE url = ?", (url,))


def _note_move(connection: sqlite3.Connection, row: sqlite3.Row, moved_to: str, moment: int) -> None:
    """Remember where the feed says it has moved, and since when; another answer begins anew."""
    if moved_to != row["moved_to"]:
        connection.execute(
            "UPDATE feeds SET moved_to = ?, moved_since = ? WHERE number = ?",
            (moved_to, moment if moved_to else None, row["number"]),
        )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else to_moment(seconds)
