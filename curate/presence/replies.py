"""Keep what others say to us until it is answered: the store of replies, mentions and quotes.

Nothing here answers anybody: what waits is shown, the person answers on the network and says so. Texts are
foreign. Must not know how networks are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import new_ids, to_moment, to_seconds, transaction
from curate.errors import Unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.shares.networks.readings import Heard


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody said to ``account``, at ``at``; ``share`` is the id of the share it answers, '' for none of ours.

    ``page`` is the page of ours it answers, '' where it is none. ``private``: not everybody can read it. ``done_at`` is
    None while it waits for an answer.
    """

    id: str
    account: str
    kind: str
    author: str
    name: str
    text: str
    url: str
    at: datetime
    share: str
    page: str
    private: bool
    done_at: datetime | None


SAID = """SELECT r.id, r.account, r.kind, r.author, r.name, r.text, r.url, r.at, coalesce(s.id, '') AS share,
                 r.page, r.private, r.done_at FROM replies r LEFT JOIN shares s ON s.number = r.share"""


def _said(row: sqlite3.Row) -> Said:
    done = None if row["done_at"] is None else to_moment(row["done_at"])
    return Said(**{**dict(row), "at": to_moment(row["at"]), "private": bool(row["private"]), "done_at": done})


def first_sent(connection: sqlite3.Connection, account: str) -> datetime | None:
    """Return when the first share of ``account`` went out: what was said before is none of curate's business."""
    row = connection.execute("SELECT min(sent_at) FROM shares WHERE account = ? AND state = 'sent'", (account,))
    seconds = row.fetchone()[0]
    return None if seconds is None else to_moment(seconds)


def last_said(connection: sqlite3.Connection, account: str) -> datetime | None:
    """Return when the latest of what is known was said to ``account``."""
    seconds = connection.execute("SELECT max(at) FROM replies WHERE account = ?", (account,)).fetchone()[0]
    return None if seconds is None else to_moment(seconds)


def known_addresses(connection: sqlite3.Connection, account: str) -> set[str]:
    """Return the addresses of all that was said to others of our accounts than ``account``."""
    rows = connection.execute("SELECT url FROM replies WHERE account <> ? AND url <> ''", (account,))
    return {row[0] for row in rows}


def add_replies(
    connection: sqlite3.Connection, account: str, network: str, heard: Sequence[Heard], *, now: datetime
) -> int:
    """Keep what was said to ``account``, each once, oldest first; return how much of it is new."""
    with transaction(connection):
        known = {row[0] for row in connection.execute("SELECT remote_id FROM replies WHERE account = ?", (account,))}
        fresh = {one.remote_id: one for one in heard if one.remote_id not in known}
        shares = {
            row["remote_id"]: row["number"]
            for row in connection.execute("SELECT remote_id, number FROM shares WHERE account = ?", (account,))
            if row["remote_id"]
        }
        ordered = sorted(fresh.values(), key=lambda one: one.at)
        for reply_id, one in zip(new_ids(connection, len(ordered)), ordered, strict=True):
            connection.execute(
                "INSERT INTO replies (id, account, network, remote_id, kind, author, name, text, url, at, heard_at,"
                " share, page, private) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (reply_id, account, network, one.remote_id, one.kind, one.author, one.name, one.text, one.url,
                 to_seconds(one.at), to_seconds(now), shares.get(one.answers), one.page, int(one.private)),
            )  # fmt: skip
    return len(fresh)


def list_replies(connection: sqlite3.Connection, *, done: bool = False, limit: int = 0) -> list[Said]:
    """Return what waits for an answer, the oldest first; with ``done``, what was answered, the latest first."""
    terms = (
        "r.done_at IS NOT NULL ORDER BY r.done_at DESC, r.number"
        if done
        else "r.done_at IS NULL ORDER BY r.at, r.number"
    )
    return [_said(row) for row in connection.execute(f"{SAID} WHERE {terms} LIMIT ?", (limit or -1,))]


def count_waiting(connection: sqlite3.Connection) -> tuple[int, datetime | None]:
    """Return how many wait for an answer, and when the oldest of them was said."""
    row = connection.execute("SELECT count(*), min(at) FROM replies WHERE done_at IS NULL").fetchone()
    return row[0], None if row[1] is None else to_moment(row[1])


def find_reply(connection: sqlite3.Connection, reply_id: str) -> Said:
    """Return what was said under ``reply_id``. Raises Unknown."""
    row = connection.execute(f"{SAID} WHERE r.id = ?", (reply_id,)).fetchone()
    if row is None:
        raise Unknown("reply", reply_id, "curate replies list shows what waits.")
    return _said(row)


def set_done(connection: sqlite3.Connection, ids: Sequence[str], *, now: datetime | None) -> list[Said]:
    """Take what was said under ``ids`` as answered at ``now``; None: it waits again. All of them, or Unknown."""
    with transaction(connection):
        found = [find_reply(connection, reply_id) for reply_id in ids]
        for one in found:
            if (one.done_at is None) != (now is None):
                connection.execute(
                    "UPDATE replies SET done_at = ? WHERE id = ?", (to_seconds(now) if now else None, one.id)
                )
        return [find_reply(connection, one.id) for one in found]
