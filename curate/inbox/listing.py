"""Show the inbox as rows to decide on: a story that several feeds carry is one row, led by one of its items.

Must not know how stories are found nor how scores come about. Reads only; SQL stands in ``items``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.inbox.items import Condition, Item, list_items

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from curate.inbox.items import Order, State

# The leader where it is in the list, else the first of the story that is.
LEADS = Condition("""i.story IS NULL OR NOT EXISTS (SELECT 1 FROM items o WHERE o.story = i.story
  AND o.state = i.state AND (o.number <> i.story, o.number) < (i.number <> i.story, i.number))""")


@dataclass(frozen=True)
class Row:
    """What one key decides on: an item, and the ``others`` of its story in the same state."""

    lead: Item
    others: tuple[Item, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids a decision on the row is about, the lead's first."""
        return (self.lead.id, *(item.id for item in self.others))


def list_rows(  # noqa: PLR0913 - what a list may be narrowed to
    connection: sqlite3.Connection,
    *,
    now: datetime,
    limit: int,
    state: State = "new",
    order: Order = "score",
    where: Condition | None = None,
    feed: str | None = None,
) -> list[Row]:
    """Return the rows of one state, stories gathered; ``limit`` 0 means all, ``feed`` is a feed's URL.

    A story is listed when its lead meets ``where``. The others of a story that wait 90 days unread go with it.
    """
    narrowed = _both(LEADS, where)
    leads = list_items(connection, state=state, limit=limit, unread=now, order=order, where=narrowed, feed=feed)
    return with_others(connection, leads)


def with_others(connection: sqlite3.Connection, leads: Iterable[Item]) -> list[Row]:
    """Return each lead with the others of its story that are in the same state, oldest number first."""
    leads = list(leads)
    stories = sorted({lead.story for lead in leads if lead.story is not None})
    if not stories:
        return [Row(lead) for lead in leads]
    where = Condition("i.story IN (SELECT value FROM json_each(?))", (json.dumps(stories),))
    told: dict[tuple[int | None, str], list[Item]] = {}
    for item in sorted(list_items(connection, state=None, limit=0, where=where), key=lambda item: item.number):
        told.setdefault((item.story, item.state), []).append(item)
    return [
        Row(lead, tuple(one for one in told.get((lead.story, lead.state), ()) if one.number != lead.number))
        for lead in leads
    ]


def _both(one: Condition, other: Condition | None) -> Condition:
    return one if other is None else Condition(f"({one.sql}) AND ({other.sql})", (*one.values, *other.values))
