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
from curate.inbox.items import Condition, Item, load_items
from curate.inbox.query import Term, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NEWEST = 5_000  # matches looked at, newest seen first: the price of a word that is everywhere stays bounded
COLUMNS = {
    "any": "",
    "title": "title",
    "summary": "summary",
    "body": "body summary",
    "author": "author",
    "site": "site",
    "note": "note",
}
HAS_SQL = {
    "note": "EXISTS (SELECT 1 FROM notes n WHERE n.item = i.number)",
    "quote": "EXISTS (SELECT 1 FROM quotes q WHERE q.item = i.number)",
    "tag": "EXISTS (SELECT 1 FROM tags t WHERE t.item = i.number)",
    "via": "i.via_name <> '' OR i.via_url <> ''",
    "text": "i.full_text",
    "story": "i.story IS NOT NULL",
}
NO = Condition("0")
LETTER = re.compile(r"\w", re.ASCII)  # half of all words begin with it
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


def _catch_up_if_possible(connection: sqlite3.Connection) -> None:
    """Index the new items unless the disk is full, or another program keeps writing: that must not stop a reader."""
    with contextlib.suppress(sqlite3.OperationalError):
        catch_up(connection)


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


def search(
    connection: sqlite3.Connection, text: str, *, limit: int, now: datetime, since: datetime | None = None
) -> list[Hit]:
    """Return the items that ``text`` (the grammar of ``query``) is true of, newest first.

    The last word may be the beginning of one. ``limit`` 0 means all; with a limit, those seen last are looked
    through first, 5,000 that hold the words at a time. While the index cannot be written, as on a full disk,
    what is in it is searched; ``unindexed`` then says how many items are not. Raises UsageError when a part of
    ``text`` cannot be meant.
    """
    terms = parse(text, now=now)
    if not terms:
        return []
    _catch_up_if_possible(connection)
    words = [term for term in terms if term.field in COLUMNS and not term.negated]
    others = [term for term in terms if term not in words]
    match = _match(words)
    begun = Condition("i.dated >= ?", (to_seconds(since) if since else -(2**62),))
    numbers = _found(connection, match, _both([begun, *(_condition(term) for term in others)]), limit)
    snippets = _snippets(connection, match, numbers) if match else {}
    return [Hit(item, snippets.get(item.number, "")) for item in load_items(connection, numbers)]


def _found(connection: sqlite3.Connection, match: str, where: Condition, limit: int) -> list[int]:
    """Return the numbers of the items that hold the words of ``match`` ("": any) and meet ``where``, newest first.

    With a limit, the words are looked up in those seen last first, and no further than it takes to fill it.
    """
    ordered = f"({where.sql}) ORDER BY i.dated DESC, i.number DESC LIMIT ?"
    if not match:
        rows = connection.execute(f"SELECT i.number FROM items i WHERE {ordered}", (*where.values, limit or -1))  # noqa: S608
        return [row[0] for row in rows]
    found: list[tuple[int, int]] = []
    below = 2**63 - 1
    while True:
        held = [
            row[0]
            for row in connection.execute(
                "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
                (match, below, NEWEST if limit else -1),
            )
        ]
        rows = connection.execute(
            "SELECT i.dated, i.number FROM items i"  # noqa: S608 - our own parts
            f" WHERE i.number IN (SELECT value FROM json_each(?)) AND {ordered}",
            (json.dumps(held), *where.values, limit or -1),
        )
        found += [(row[0], row[1]) for row in rows]
        if not limit or len(held) < NEWEST or len(found) >= limit:
            return [number for _, number in sorted(found, reverse=True)][: limit or None]
        below = held[-1]


def condition(connection: sqlite3.Connection, text: str, *, now: datetime, typing: bool = True) -> Condition:
    """Return what narrows a list to the items that ``text`` (the grammar of ``query``) is true of.

    While one is ``typing`` the last word may be the beginning of one; in a rule, a word is that word. Brings the
    index up to date first, if it can be written. Raises UsageError when a part of ``text`` cannot be meant.
    """
    terms = parse(text, now=now)
    words = [term for term in terms if term.field in COLUMNS and not term.negated]
    if any(term.field in COLUMNS for term in terms):
        _catch_up_if_possible(connection)
    match = _match(words, typing=typing)
    parts = [Condition("i.number IN (SELECT rowid FROM search WHERE search MATCH ?)", (match,))] if match else []
    return _both([*parts, *(_condition(term) for term in terms if term not in words)])


def _both(parts: Sequence[Condition]) -> Condition:
    if not parts:
        return Condition("1")
    sql = " AND ".join(f"({part.sql})" for part in parts)
    return Condition(sql, tuple(value for part in parts for value in part.values))


def _condition(term: Term) -> Condition:
    """Return the SQL of one term."""
    found = _holds(term)
    return Condition(f"NOT coalesce({found.sql}, 0)", found.values) if term.negated else found


def _holds(term: Term) -> Condition:  # noqa: PLR0911 - one arm for each field
    inside = f"%{_escaped(term.text)}%"
    match term.field:
        case "tag":
            return Condition(
                "EXISTS (SELECT 1 FROM tags t WHERE t.item = i.number AND t.tag = ? COLLATE NOCASE)", (term.text,)
            )
        case "from":
            told = "SELECT number FROM feeds WHERE title LIKE ? ESCAPE '!' OR url LIKE ? ESCAPE '!'"
            return Condition(f"i.feed IN ({told}) OR (i.feed IS NULL AND i.site LIKE ? ESCAPE '!')", (inside,) * 3)
        case "url":
            return Condition("i.url LIKE ? ESCAPE '!'", (inside,))
        case "state":
            return Condition("i.state = ?", (term.text,))
        case "newer" | "older":
            sign = ">=" if term.field == "newer" else "<"
            return Condition(f"i.dated {sign} ?", (to_seconds(term.moment) if term.moment else 0,))
        case "has":
            return Condition(HAS_SQL[term.text])
        case "lang":
            return Condition("i.lang LIKE ? ESCAPE '!'", (f"{_escaped(term.text)}%",))
        case "words":
            return Condition("i.words BETWEEN ? AND ?", (term.least, term.most))
        case "rule":
            told = "SELECT 1 FROM effects e WHERE e.item = i.number AND (e.name = ? COLLATE NOCASE OR e.rule = ?)"
            return Condition(f"EXISTS ({told})", (term.text, term.text))
        case _:
            words = _match([term], typing=False)
            return Condition("i.number IN (SELECT rowid FROM search WHERE search MATCH ?)", (words,)) if words else NO


def _escaped(text: str) -> str:
    """Return ``text`` as LIKE takes it for itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


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


def _match(terms: Sequence[Term], *, typing: bool = True) -> str:
    """Return terms as FTS5 reads them, each a quoted phrase (https://www.sqlite.org/fts5.html).

    While one is ``typing``, the last word that is no phrase may be the beginning of one, but for a single letter.
    "" when they say nothing.
    """
    parts = []
    for place, term in enumerate(terms, 1):
        if not re.search(r"\w", term.text.replace("_", "")):
            continue
        phrase = '"' + term.text.replace('"', '""') + '"'
        last = typing and place == len(terms) and not term.exact
        begins = "*" if last and not LETTER.fullmatch(term.text) else ""
        column = COLUMNS[term.field]
        parts.append(f"{{{column}}} : {phrase}{begins}" if column else f"{phrase}{begins}")
    return " AND ".join(parts)
