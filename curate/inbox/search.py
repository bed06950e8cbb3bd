"""Search everything ever seen: titles, text, people, tags and own notes.

Owns the table ``search``, a cache that can be filled again from the tables it copies. Must not
know the state machine.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember, to_seconds, transaction
from curate.inbox.items import Item, load_items

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NEWEST = 5_000  # matches looked at, newest seen first: the price of a word that is everywhere stays bounded
MOST_WORDS = 32
SNIPPET = 16  # words
REACHED = "indexed"  # where the desk remembers how far the index goes
BATCH = 1_000  # items indexed at a time, which is several times quicker than one by one


@dataclass(frozen=True)
class Hit:
    """An item that matched; in ``snippet`` the words found stand between ``[`` and ``]``."""

    item: Item
    snippet: str


def index(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Make the index say of the items ``numbers`` what the tables say; joins the caller's transaction.

    New items are indexed many at a time, by ``catch_up``: those it has not come to yet are left to it.
    """
    with transaction(connection):
        reached = _reached(connection)
        _index(connection, [number for number in numbers if number <= reached])


def catch_up(connection: sqlite3.Connection, most: int = 0) -> None:
    """Index the new items, the oldest first, at most ``most`` of them (0: all); what is done stays done."""
    reached = _reached(connection)
    newest = int(connection.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0])
    last = min(newest, reached + most) if most else newest
    while reached < last:
        with transaction(connection):
            begin = _reached(connection)  # another curate may have been at it, and gone further
            reached = max(begin, min(begin + BATCH, newest))
            _index(connection, range(begin + 1, reached + 1))
            remember(connection, REACHED, str(reached))


def unindexed(connection: sqlite3.Connection) -> int:
    """Return how many items the index has not come to."""
    return int(connection.execute("SELECT count(*) FROM items WHERE number > ?", (_reached(connection),)).fetchone()[0])


def _reached(connection: sqlite3.Connection) -> int:
    """Return the number of the newest item in the index."""
    return int(recall(connection, REACHED) or 0)


def _index(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    named = (json.dumps(list(numbers)),)
    with transaction(connection):
        connection.execute("DELETE FROM search WHERE rowid IN (SELECT value FROM json_each(?))", named)
        connection.execute(
            """INSERT INTO search (rowid, title, summary, body, author, site, tags, note)
            SELECT i.number, i.title, i.summary, coalesce(c.text, ''), i.author,
                   i.site || ' ' || coalesce(f.title, ''),
                   coalesce((SELECT group_concat(tag, ' ') FROM tags t WHERE t.item = i.number), ''),
                   coalesce(n.text, '')
            FROM items i LEFT JOIN contents c ON c.item = i.number
            LEFT JOIN feeds f ON f.number = i.feed LEFT JOIN notes n ON n.item = i.number
            WHERE i.number IN (SELECT value FROM json_each(?))""",
            named,
        )


def search(connection: sqlite3.Connection, text: str, *, limit: int, since: datetime | None = None) -> list[Hit]:
    """Return the items that hold every word of ``text``, newest first.

    The last word may be the beginning of one. No character of ``text`` is syntax: whatever it
    holds, this finds or finds nothing. ``limit`` 0 means all; with a limit, a query that matches
    more than 5,000 items looks at those seen last. While the index cannot be written, as on a full disk,
    what is in it is searched; ``unindexed`` then says how many items are not.
    """
    query = _query(text)
    if not query:
        return []
    with contextlib.suppress(sqlite3.OperationalError):
        catch_up(connection)
    rows = connection.execute(
        """SELECT i.number FROM
             (SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?) s
           JOIN items i ON i.number = s.rowid
           WHERE i.dated >= ? ORDER BY i.dated DESC, i.number DESC LIMIT ?""",
        (query, NEWEST if limit else -1, to_seconds(since) if since else -(2**62), limit or -1),
    )
    numbers = [int(row[0]) for row in rows]
    snippets = _snippets(connection, query, numbers)
    return [Hit(item, snippets[item.number]) for item in load_items(connection, numbers)]


def _snippets(connection: sqlite3.Connection, query: str, numbers: Sequence[int]) -> dict[int, str]:
    """Return the snippet of each of ``numbers``, in one pass over the matches between them.

    A pass of its own for each would look up the beginning of a word anew every time.
    """
    if not numbers:
        return {}
    rows = connection.execute(
        """SELECT rowid, snippet(search, -1, '[', ']', '…', ?) FROM search
        WHERE search MATCH ? AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT value FROM json_each(?))""",
        (SNIPPET, query, min(numbers), max(numbers), json.dumps(numbers)),
    )
    return {number: " ".join(str(snippet).split()) for number, snippet in rows}


def _query(text: str) -> str:
    """Return ``text`` as FTS5 reads it, each word a quoted phrase (https://www.sqlite.org/fts5.html)."""
    plain = text.encode("utf-8", "replace").decode()  # a terminal may hand in half a character
    words = [word for word in plain.split() if re.search(r"\w", word.replace("_", ""))][:MOST_WORDS]
    quoted = ['"' + word.replace("\0", "").replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else ""
