"""Write down what was done as steps that can be taken back exactly, and done again; across restarts.

Owns the table ``journal``. A step is what one command or key did, a batch included; for each item it
touched, the journal keeps all that is the person's (state, dates, via, note, quotes, tags, rules' effects)
before and after. A feed that moved and a change of a rule are steps, too. A step taken back can be done
again until another one is made. Must not know which steps there may be.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curate.desk.db import to_moment, to_seconds, transaction
from curate.inbox.items import find_number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

# The columns of items that are the person's, what rules did included.
TOGETHER = (("state", "decided_at", "later_until"), ("via_name", "via_url"), ("apart", "story"))
PERSONS = tuple(name for columns in TOGETHER for name in columns)
# The rows that are the person's, or a rule's; the first column is what tells two of an item apart.
LISTS = (
    ("quotes", ("number", "text", "prefix", "suffix")),
    ("tags", ("tag",)),
    ("effects", ("rule", "name", "action", "value", "at")),
)
OLDER: dict[str, Any] = {"apart": 0, "story": None, "effects": []}  # what older journals do not tell


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

    ``action``: keep, skip, later, split, note, quote, tag, via, draft, post, import; rule, of the rules and what they
    touched; or move, of a feed: it has no items. ``rule`` is the name of the rule that was changed.
    """

    step: int
    at: datetime
    action: str
    items: tuple[Touched, ...]
    feed: Moved | None = None
    rule: str = ""


def undo(connection: sqlite3.Connection, steps: int, *, now: datetime, feeds_file: Path | None = None) -> list[Step]:
    """Take back the last ``steps`` steps in one transaction; return those taken back, newest first.

    Every row the person owns is as it was before them. Fewer are taken back when fewer stand. A feed
    that moved is moved back in ``feeds_file``, the list of feeds; without it, such steps are passed over.
    Raises CurateError when the list cannot be changed; nothing is then taken back.
    """
    with transaction(connection):
        numbers = _standing(connection, steps, lists=feeds_file is not None)
        for step in numbers:
            _bring_back(connection, step, "before", feeds_file)
            connection.execute("UPDATE journal SET undone_at = ? WHERE step = ?", (to_seconds(now), step))
        return _steps(connection, numbers)


def redo(connection: sqlite3.Connection, steps: int, *, feeds_file: Path | None = None) -> list[Step]:
    """Do again the last ``steps`` steps taken back, in one transaction; return them, the first one first.

    Whatever was done after an undo makes a redo of what was taken back before it impossible. ``feeds_file``
    and what is raised are as for ``undo``.
    """
    with transaction(connection):
        numbers = _undone(connection, steps, lists=feeds_file is not None)
        for step in numbers:
            _bring_back(connection, step, "after", feeds_file)
            connection.execute("UPDATE journal SET undone_at = NULL WHERE step = ?", (step,))
        return _steps(connection, numbers)


def note_move(connection: sqlite3.Connection, moved: Moved, *, now: datetime) -> None:
    """Make a step of a feed's new address, which an undo can take back."""
    with transaction(connection):
        before, after = {"title": moved.title, "url": moved.before}, {"url": moved.after}
        _write(connection, newest_step(connection) + 1, "move", [(None, before, after)], now)


def last_steps(connection: sqlite3.Connection, limit: int) -> list[Step]:
    """Return the last ``limit`` steps that stand, newest first: what ``undo`` would take back."""
    return _steps(connection, _standing(connection, limit, lists=True))


def undone_steps(connection: sqlite3.Connection, limit: int) -> list[Step]:
    """Return the last ``limit`` steps taken back that ``redo`` would do again, the first one first."""
    return _steps(connection, _undone(connection, limit, lists=True))


def count_steps(connection: sqlite3.Connection) -> int:
    """Return how many steps stand, feeds that moved apart."""
    query = "SELECT count(DISTINCT step) FROM journal WHERE undone_at IS NULL AND action <> 'move'"
    return int(connection.execute(query).fetchone()[0])


def newest_step(connection: sqlite3.Connection) -> int:
    """Return the number of the last step that was made, standing or not: each has one more than the one before it."""
    return int(connection.execute("SELECT coalesce(max(step), 0) FROM journal").fetchone()[0])


def noted_since(connection: sqlite3.Connection, since: datetime) -> frozenset[str]:
    """Return the ids of the items whose note a person wrote or changed since then; what an import brought is older."""
    rows = connection.execute(
        "SELECT DISTINCT i.id FROM journal j JOIN items i ON i.number = j.item"
        " WHERE j.undone_at IS NULL AND j.at >= ? AND j.action <> 'import'"
        " AND json_extract(j.before, '$.note') IS NOT json_extract(j.after, '$.note')",
        (to_seconds(since),),
    )
    return frozenset(row[0] for row in rows)


@contextlib.contextmanager
def recorded(connection: sqlite3.Connection, item_id: str, action: str, *, now: datetime) -> Iterator[int]:
    """Run the block, which changes what the person said of one item, as one step; yield the item's number.

    Raises Unknown. The search index follows what changed.
    """
    number = find_number(connection, item_id)
    with recorded_all(connection, [number], action, now=now):
        yield number


@contextlib.contextmanager
def recorded_all(
    connection: sqlite3.Connection,
    numbers: Sequence[int],
    action: str,
    *,
    now: datetime,
    rules: Callable[[], dict[str, Any]] | None = None,
) -> Iterator[None]:
    """Run the block, which changes what is the person's of the items ``numbers``, as one step.

    ``rules`` returns the rules as rows by id: given it, the rules that the block changes are part of the step.
    A block that changes nothing is no step.
    """
    with transaction(connection):
        before, ruled = _persons(connection, numbers), rules() if rules else {}
        yield
        after, rules_now = _persons(connection, numbers), rules() if rules else {}
        changes: list[tuple[int | None, Any, Any]] = [
            (None, {"rule": ruled.get(each)}, {"rule": rules_now.get(each)})
            for each in {**ruled, **rules_now}
            if ruled.get(each) != rules_now.get(each)
        ]
        if after != before:
            changes += [(number, before[number], after[number]) for number in numbers]
        if not changes:
            return  # nothing was done that an undo could take back
        _write(connection, newest_step(connection) + 1, action, changes, now)
        _follow(connection, before, after)


def _write(
    connection: sqlite3.Connection,
    step: int,
    action: str,
    changes: Iterable[tuple[int | None, Any, Any]],
    now: datetime,
) -> None:
    """Write a step down: each item (None: not an item) with what it was before and after."""
    connection.execute("UPDATE journal SET abandoned = 1 WHERE undone_at IS NOT NULL AND abandoned = 0")
    connection.executemany(
        "INSERT INTO journal (step, at, action, item, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (step, to_seconds(now), action, item, json.dumps(before), json.dumps(after))
            for item, before, after in changes
        ],
    )


def _persons(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return, by item, every value that is the person's: what an undo must bring back."""
    named = (json.dumps(list(numbers)),)
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(
        f"SELECT i.number, {', '.join(PERSONS)}, n.text AS note"  # noqa: S608 - our own names
        " FROM items i LEFT JOIN notes n ON n.item = i.number"
        " WHERE i.number IN (SELECT value FROM json_each(?))",
        named,
    ):
        values = dict(row)
        found[values.pop("number")] = {**values, "quotes": [], "tags": [], "effects": []}
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
    for row in connection.execute(
        "SELECT item, rule, name, action, value, at FROM effects"
        " WHERE item IN (SELECT value FROM json_each(?)) ORDER BY rule",
        named,
    ):
        found[row["item"]]["effects"].append(list(row)[1:])
    return found


def _bring_back(
    connection: sqlite3.Connection, step: int, side: Literal["before", "after"], feeds_file: Path | None
) -> None:
    """Make what a step changed as it was on one side of it; what it did not change stays as it is by now."""
    other: Literal["before", "after"] = "after" if side == "before" else "before"
    rows = connection.execute("SELECT number, item, before, after FROM journal WHERE step = ?", (step,)).fetchall()
    items = [(row["item"], json.loads(row[other]), json.loads(row[side])) for row in rows if row["item"] is not None]
    _restore(connection, [(number, {**OLDER, **now}, {**OLDER, **wanted}) for number, now, wanted in items])
    for row in rows:
        if row["item"] is not None:
            continue
        now, wanted = json.loads(row[other]), json.loads(row[side])
        if "rule" in wanted:
            from curate.inbox.rules import restore_rule

            did = wanted.get("again", ())
            again = restore_rule(connection, now["rule"], wanted["rule"], again=did, undo=side == "before")
            if again:  # what it did to arrivals, for a redo
                told = json.dumps({**now, "again": again})
                connection.execute("UPDATE journal SET after = ? WHERE number = ?", (told, row["number"]))
        elif feeds_file is not None:
            moved = _moved(row)
            back = Moved(title=moved.title, before=moved.after, after=moved.before)
            _move(connection, feeds_file, back if side == "before" else moved, forward=side == "after")


def _restore(connection: sqlite3.Connection, changes: Sequence[tuple[int, dict[str, Any], dict[str, Any]]]) -> None:
    """Undo, for each (item, what it was then, what it is to be), what made the difference."""
    for columns in TOGETHER:
        connection.executemany(
            f"UPDATE items SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE number = :number",  # noqa: S608
            [
                {**wanted, "number": number}
                for number, then, wanted in changes
                if any(then[name] != wanted[name] for name in columns)
            ],
        )
    noted = [(number, wanted["note"]) for number, then, wanted in changes if then["note"] != wanted["note"]]
    connection.executemany("DELETE FROM notes WHERE item = ?", [(number,) for number, _ in noted])
    connection.executemany(
        "INSERT INTO notes (item, text) VALUES (?, ?)", [(number, note) for number, note in noted if note is not None]
    )
    for table, parts in LISTS:
        gone = [(n, row[0]) for n, then, wanted in changes for row in _less(then[table], wanted[table])]
        back = [(n, *row) for n, then, wanted in changes for row in _less(wanted[table], then[table])]
        named, marks = ", ".join(parts), ", ".join("?" * (len(parts) + 1))
        connection.executemany(f"DELETE FROM {table} WHERE item = ? AND {parts[0]} = ?", gone)  # noqa: S608
        connection.executemany(f"INSERT OR REPLACE INTO {table} (item, {named}) VALUES ({marks})", back)  # noqa: S608
    boosted = [(number,) for number, then, wanted in changes if then["effects"] != wanted["effects"]]
    connection.executemany(
        "UPDATE items SET boost = (SELECT coalesce(sum(CAST(value AS REAL)), 0) FROM effects"
        " WHERE item = ?1 AND action = 'boost') WHERE number = ?1",
        boosted,
    )
    now = {number: then for number, then, _ in changes}
    _follow(connection, now, {number: wanted for number, _, wanted in changes})


def _less(one: list[Any], other: list[Any]) -> list[Any]:
    """Return what ``one`` has and ``other`` has not."""
    return [each if isinstance(each, list) else [each] for each in one if each not in other]


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


def _move(connection: sqlite3.Connection, feeds_file: Path, moved: Moved, *, forward: bool) -> None:
    """Change the feed's address in the list and here; one that the person has since changed stays."""
    from curate.errors import UsageError
    from curate.feeds.health import move, move_back
    from curate.feeds.opml import edit_feed

    with contextlib.suppress(UsageError):  # it is not there any more, or the other address is
        edit_feed(feeds_file, moved.before, url=moved.after)
        if forward:
            move(connection, moved.before, moved.after)
        else:
            move_back(connection, moved.after, moved.before)


def _standing(connection: sqlite3.Connection, limit: int, *, lists: bool) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT step FROM journal WHERE undone_at IS NULL AND (action <> 'move' OR ?)"
        " ORDER BY step DESC LIMIT ?",
        (lists, max(limit, 0)),
    )
    return [row[0] for row in rows]


def _undone(connection: sqlite3.Connection, limit: int, *, lists: bool) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT step FROM journal WHERE undone_at IS NOT NULL AND abandoned = 0"
        " AND (action <> 'move' OR ?)"
        " ORDER BY step LIMIT ?",
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
        feed = _moved(first) if first["action"] == "move" else None
        changes = [
            json.loads(row[side])["rule"] for row in rows if not (row["item"] or feed) for side in ("after", "before")
        ]
        rule = next((change["name"] for change in changes if change), "")
        at = to_moment(first["at"])
        steps.append(Step(step=number, at=at, action=first["action"], items=items, feed=feed, rule=rule))
    return steps
