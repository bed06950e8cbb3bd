"""Decide on items, one committed step at a time, and take steps back exactly.

Owns the table ``journal``. The states: new → kept | later | skipped → drafted → posted. A step is
what one command or key did, a batch included; for each item it touched, the journal keeps all that
is the person's (state, dates, via, note, quotes, tags) before and after. A feed that moved is a step,
too, though no decision. Must not know who asks: full screen, line mode and commands come through here
alike.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curate.desk.db import to_moment, to_seconds, transaction
from curate.errors import Refused
from curate.inbox.items import Item, find_number, load_items

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

Action = Literal["keep", "skip", "later"]
STATE = {"keep": "kept", "skip": "skipped", "later": "later"}
UNDECIDED = ("new", "kept", "later", "skipped")
ALLOWED = {"keep": (*UNDECIDED, "drafted"), "skip": UNDECIDED, "later": UNDECIDED}  # from which states
DONE = {"keep": "Kept", "skip": "Skipped", "later": "Put off"}


@dataclass(frozen=True, kw_only=True)
class Touched:
    """An item in a step, with the state it is in now."""

    id: str
    title: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A feed whose address was changed in the list, because it said that it had moved for good."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done, as one undo takes it back.

    ``action``: keep, skip, later, note, quote, tag, via, draft, post; or move, of a feed: it has no items.
    """

    step: int
    at: datetime
    action: str
    items: tuple[Touched, ...]
    feed: Moved | None = None


def decide(
    connection: sqlite3.Connection, ids: Iterable[str], action: Action, *, now: datetime, until: datetime | None = None
) -> list[Item]:
    """Keep, skip or put off the items of ``ids`` as one step; return them as they are now.

    ``until`` is the day an item put off comes back. All or nothing: raises Unknown for an id that
    does not exist, and Refused when a post stands on one of them (a draft may go back to kept).
    """
    numbers = list(dict.fromkeys(find_number(connection, item_id) for item_id in ids))
    with _recorded(connection, numbers, action, now=now):
        for item in load_items(connection, numbers):
            if item.state not in ALLOWED[action]:
                raise _refusal(item)
        back = to_seconds(until) if until and action == "later" else None
        connection.executemany(
            "UPDATE items SET state = ?, decided_at = ?, later_until = ? WHERE number = ?",
            [(STATE[action], to_seconds(now), back, number) for number in numbers],
        )
    return load_items(connection, numbers)


def mark(connection: sqlite3.Connection, item_id: str, state: Literal["drafted", "posted"], *, now: datetime) -> None:
    """Say that a draft or a post stands on the item, as one step; a posted item stays posted. Raises Unknown."""
    with recorded(connection, item_id, "draft" if state == "drafted" else "post", now=now) as number:
        connection.execute(
            "UPDATE items SET state = ?, decided_at = ?, later_until = NULL WHERE number = ? AND state <> 'posted'",
            (state, to_seconds(now), number),
        )


def undo(connection: sqlite3.Connection, steps: int, *, now: datetime, feeds_file: Path | None = None) -> list[Step]:
    """Take back the last ``steps`` steps in one transaction; return those taken back, newest first.

    Every row the person owns is as it was before them. Fewer are taken back when fewer stand. A feed
    that moved is moved back in ``feeds_file``, the list of feeds; without it, such steps are passed over.
    Raises CurateError when the list cannot be changed; nothing is then taken back.
    """
    with transaction(connection):
        numbers = _standing(connection, steps, lists=feeds_file is not None)
        for step in numbers:
            rows = connection.execute(
                "SELECT item, before, after FROM journal WHERE step = ? ORDER BY number DESC", (step,)
            )
            for row in rows.fetchall():
                if row["item"] is not None:
                    _restore(connection, row["item"], json.loads(row["before"]))
                elif feeds_file is not None:
                    _move_back(connection, feeds_file, _moved(row))
            connection.execute("UPDATE journal SET undone_at = ? WHERE step = ?", (to_seconds(now), step))
        return _steps(connection, numbers)


def note_move(connection: sqlite3.Connection, moved: Moved, *, now: datetime) -> None:
    """Make a step of a feed's new address, which an undo can take back."""
    with transaction(connection):
        connection.execute(
            "INSERT INTO journal (step, at, action, item, before, after) VALUES (?, ?, 'move', NULL, ?, ?)",
            (
                _next_step(connection),
                to_seconds(now),
                json.dumps({"title": moved.title, "url": moved.before}),
                json.dumps({"url": moved.after}),
            ),
        )


def journal(connection: sqlite3.Connection, limit: int) -> list[Step]:
    """Return the last ``limit`` steps that stand, newest first: what ``undo`` would take back."""
    return _steps(connection, _standing(connection, limit, lists=True))


def count_steps(connection: sqlite3.Connection) -> int:
    """Return how many steps about items stand."""
    query = "SELECT count(DISTINCT step) FROM journal WHERE undone_at IS NULL AND item IS NOT NULL"
    return int(connection.execute(query).fetchone()[0])


@contextlib.contextmanager
def recorded(connection: sqlite3.Connection, item_id: str, action: str, *, now: datetime) -> Iterator[int]:
    """Run the block, which changes what the person said of one item, as one step; yield the item's number.

    Raises Unknown. The search index follows what changed.
    """
    number = find_number(connection, item_id)
    with _recorded(connection, [number], action, now=now):
        yield number


@contextlib.contextmanager
def _recorded(connection: sqlite3.Connection, numbers: Sequence[int], action: str, *, now: datetime) -> Iterator[None]:
    with transaction(connection):
        before = _persons(connection, numbers)
        yield
        after = _persons(connection, numbers)
        if after == before:
            return  # nothing was done that an undo could take back
        step = _next_step(connection)
        connection.executemany(
            "INSERT INTO journal (step, at, action, item, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (step, to_seconds(now), action, number, json.dumps(before[number]), json.dumps(after[number]))
                for number in numbers
            ],
        )
        _follow(connection, before, after)


def _next_step(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(step), 0) + 1 FROM journal").fetchone()[0])


def _persons(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return, by item, every value that is the person's: what an undo must bring back."""
    named = (json.dumps(list(numbers)),)
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(
        "SELECT i.number, state, decided_at, later_until, via_name, via_url, n.text AS note"
        " FROM items i LEFT JOIN notes n ON n.item = i.number"
        " WHERE i.number IN (SELECT value FROM json_each(?))",
        named,
    ):
        values = dict(row)
        found[values.pop("number")] = {**values, "quotes": [], "tags": []}
    for row in connection.execute(
        "SELECT item, number, text, prefix, suffix FROM quotes"
        " WHERE item IN (SELECT value FROM json_each(?)) ORDER BY number",
        named,
    ):
        found[row["item"]]["quotes"].append(list(row)[1:])
    for row in connection.execute(
        "SELECT item, tag FROM tags WHERE item IN (SELECT value FROM json_each(?)) ORDER BY tag", named
    ):
        found[row["item"]]["tags"].append(row["tag"])
    return found


def _restore(connection: sqlite3.Connection, number: int, before: dict[str, Any]) -> None:
    current = _persons(connection, [number])
    connection.execute(
        "UPDATE items SET state = :state, decided_at = :decided_at, later_until = :later_until,"
        " via_name = :via_name, via_url = :via_url WHERE number = :number",
        {**before, "number": number},
    )
    connection.execute("DELETE FROM notes WHERE item = ?", (number,))
    connection.execute("DELETE FROM quotes WHERE item = ?", (number,))
    connection.execute("DELETE FROM tags WHERE item = ?", (number,))
    if before["note"] is not None:
        connection.execute("INSERT INTO notes (item, text) VALUES (?, ?)", (number, before["note"]))
    connection.executemany(
        "INSERT INTO quotes (item, number, text, prefix, suffix) VALUES (?, ?, ?, ?, ?)",
        [(number, *quote) for quote in before["quotes"]],
    )
    connection.executemany("INSERT INTO tags (item, tag) VALUES (?, ?)", [(number, tag) for tag in before["tags"]])
    _follow(connection, current, {number: before})


def _follow(
    connection: sqlite3.Connection, before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]
) -> None:
    """Index again the items whose searchable words changed."""
    changed = [
        number for number in after if any(before[number][part] != after[number][part] for part in ("note", "tags"))
    ]
    if changed:
        from curate.inbox.search import index

        index(connection, changed)


def _moved(row: sqlite3.Row) -> Moved:
    before, after = json.loads(row["before"]), json.loads(row["after"])
    return Moved(title=before["title"], before=before["url"], after=after["url"])


def _move_back(connection: sqlite3.Connection, feeds_file: Path, moved: Moved) -> None:
    """Give the feed its old address again, in the list and here; one that the person has since changed stays."""
    from curate.errors import UsageError
    from curate.feeds.health import move_back
    from curate.feeds.opml import edit_feed

    with contextlib.suppress(UsageError):  # it is not there any more, or the old address is
        edit_feed(feeds_file, moved.after, url=moved.before)
        move_back(connection, moved.before, moved.after)


def _standing(connection: sqlite3.Connection, limit: int, *, lists: bool) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT step FROM journal WHERE undone_at IS NULL AND (item IS NOT NULL OR ?)"
        " ORDER BY step DESC LIMIT ?",
        (lists, max(limit, 0)),
    )
    return [row[0] for row in rows]


def _steps(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Step]:
    steps = []
    for number in numbers:
        rows = connection.execute(
            "SELECT j.at, j.action, j.item, j.before, j.after, i.id, i.title, i.state"
            " FROM journal j LEFT JOIN items i ON i.number = j.item WHERE j.step = ? ORDER BY j.number",
            (number,),
        ).fetchall()
        first = rows[0]
        items = tuple(Touched(id=row["id"], title=row["title"], state=row["state"]) for row in rows if row["item"])
        feed = None if items else _moved(first)
        steps.append(Step(step=number, at=to_moment(first["at"]), action=first["action"], items=items, feed=feed))
    return steps


def _refusal(item: Item) -> Refused:
    if item.state == "drafted":
        return Refused(
            f"You have a draft about “{item.title}” ({item.id}). Nothing was changed.",
            f"Gave the draft up? curate item keep {item.id} makes it an item again.",
        )
    return Refused(
        f"You published a post about “{item.title}” ({item.id}). Nothing was changed.",
        "A posted item stays posted; leave it out and run the command again.",
    )
