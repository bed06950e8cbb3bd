"""Decide on items: keep, skip, put off, split off a story; say that a draft or a post stands on one.

The states: new → kept | later | skipped → drafted → posted. Each call is one step of the journal. Must not
know who asks: full screen, line mode and commands come through here alike.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from curate.desk.db import to_seconds
from curate.errors import Refused, UsageError
from curate.inbox.items import STATES, Item, find_number, load_items
from curate.inbox.journal import recorded_all

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

Action = Literal["keep", "skip", "later"]
STATE = {"keep": "kept", "skip": "skipped", "later": "later"}
UNDECIDED = ("new", "kept", "later", "skipped")
ALLOWED = {"keep": (*UNDECIDED, "drafted"), "skip": UNDECIDED, "later": UNDECIDED}  # from which states
FARTHEST = timedelta(days=3653)
DONE = {"keep": "Kept", "skip": "Skipped", "later": "Put off"}


def decide(  # noqa: PLR0913 - what a decision is made of
    connection: sqlite3.Connection,
    ids: Iterable[str],
    action: Action,
    *,
    now: datetime,
    until: datetime | None = None,
    seen: Mapping[str, str] | None = None,
) -> list[Item]:
    """Keep, skip or put off the items of ``ids`` as one step; return them as they are now.

    ``until`` is the day an item put off comes back, at most ten years ahead. ``seen`` are the states in which
    they were shown, by id. All or nothing: raises Unknown for an id that does not exist, UsageError for a day too far,
    and Refused when a post stands on one of them (a draft may go back to kept), or one is not as it was shown.
    """
    if until is not None and until - now > FARTHEST:
        raise UsageError(f"{until:%Y} is too far ahead: at most ten years.", "Such as: 3d, 2w or 2026-12-01.")
    numbers = list(dict.fromkeys(find_number(connection, item_id) for item_id in ids))
    with recorded_all(connection, numbers, action, now=now):
        for item in load_items(connection, numbers):
            if item.state not in ALLOWED[action]:
                raise _refusal(item)
            if seen is not None and seen.get(item.id, item.state) != item.state:
                message = f"“{item.title}” is {item.state} by now. Nothing was changed."
                raise Refused(message, "The same key does it all the same.")
        back = to_seconds(until) if until and action == "later" else None
        connection.executemany(
            "UPDATE items SET state = ?, decided_at = ?, later_until = ? WHERE number = ?",
            [(STATE[action], to_seconds(now), back, number) for number in numbers],
        )
    return load_items(connection, numbers)


def mark(connection: sqlite3.Connection, item_id: str, state: Literal["drafted", "posted"], *, now: datetime) -> None:
    """Say that a draft or a post stands on the item, as one step; a posted item stays posted. Raises Unknown.

    The other items of its story that nobody wrote about go with it.
    """
    number = find_number(connection, item_id)
    numbers = [number, *_others(connection, number, UNDECIDED if state == "drafted" else (*UNDECIDED, "drafted"))]
    with recorded_all(connection, numbers, "draft" if state == "drafted" else "post", now=now):
        connection.executemany(
            "UPDATE items SET state = ?, decided_at = ?, later_until = NULL WHERE number = ? AND state <> 'posted'",
            [(state, to_seconds(now), each) for each in numbers],
        )


def split(connection: sqlite3.Connection, item_id: str, *, now: datetime) -> list[Item]:
    """Take the item's story apart, as one step: each of its items stands alone from now on; return them.

    An item without a story is returned alone, and nothing is done. Raises Unknown.
    """
    number = find_number(connection, item_id)
    numbers = [number, *_others(connection, number, STATES)]
    if len(numbers) > 1:
        with recorded_all(connection, numbers, "split", now=now):
            connection.executemany(
                "UPDATE items SET apart = 1, story = NULL WHERE number = ?", [(each,) for each in numbers]
            )
    return load_items(connection, numbers)


def _others(connection: sqlite3.Connection, number: int, states: Iterable[str]) -> list[int]:
    """Return the other items of the item's story that are in one of ``states``."""
    rows = connection.execute(
        "SELECT number FROM items WHERE story = (SELECT story FROM items WHERE number = ?) AND number <> ?"
        " AND state IN (SELECT value FROM json_each(?)) ORDER BY number",
        (number, number, json.dumps(list(states))),
    )
    return [row[0] for row in rows]


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
