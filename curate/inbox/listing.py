"""Show the inbox as rows to decide on: a story that several feeds carry is one row, led by one of its items.

Must not know how stories are found nor how scores come about. Reads only; SQL stands in ``items``.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from curate.inbox.items import Condition, Item, find_number, in_inbox, list_items, load_items
from curate.inbox.yields import hardly_known

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from curate.inbox.items import Order, State

PLACE = 10  # every so manieth place explores
FEW = 5  # decisions on a feed's items: with fewer, it is hardly known
# In feeds of these numbers; asked by item, or SQLite would look through all that is new in its order.
OF_FEEDS = """i.number IN (SELECT n.number FROM items n WHERE n.state = 'new'
  AND n.feed IN (SELECT value FROM json_each(?)))"""


@dataclass(frozen=True)
class Row:
    """What one key decides on: an item, and the ``others`` of its story in the same state.

    ``explores``: it has this place because its feed is hardly known, not for its score.
    """

    lead: Item
    others: tuple[Item, ...] = ()
    explores: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids a decision on the row is about, the lead's first."""
        return (self.lead.id, *(item.id for item in self.others))


def list_rows(  # noqa: PLR0913 - what a list may be narrowed to
    connection: sqlite3.Connection,
    *,
    now: datetime,
    limit: int,
    state: State | None = "new",
    since: datetime | None = None,
    order: Order = "score",
    where: Condition | None = None,
    feed: str | None = None,
) -> list[Row]:
    """Return the rows of one state (None: of each), stories gathered; ``limit`` 0 means all, ``feed`` is a feed's URL.

    A story is listed when its lead meets ``where``. Others of it that have left the inbox unread go with it.
    By score, every tenth place among what is new goes to a feed that is hardly known, those nobody decided on first.
    """
    inbox = now if state == "new" and since is None else None
    narrowed = _both(_leads(inbox), where)
    listed = partial(list_items, connection, state=state, since=since, feed=feed, unread=inbox, order=order)
    leads, explored = listed(limit=limit, where=narrowed), set[int]()
    if order == "score" and state == "new" and feed is None and len(leads) >= PLACE:
        unknown = hardly_known(connection, FEW)
        tiers = ([feed for feed, made in unknown.items() if not made], [feed for feed, made in unknown.items() if made])
        guests = [
            item
            for feeds in tiers
            if feeds
            for item in _in_turn(
                listed(limit=len(leads), where=_both(Condition(OF_FEEDS, (json.dumps(feeds),)), narrowed))
            )
        ]
        leads, explored = explore(leads, guests)
    return with_others(connection, leads, explored)


def explore(leads: Sequence[Item], guests: Iterable[Item]) -> tuple[list[Item], set[int]]:
    """Give every tenth place to the next of ``guests`` that has none yet.

    Return as many items as ``leads``, and the numbers of those that were given a place.
    """
    placed: dict[int, Item] = {}
    given: set[int] = set()
    waiting, others = iter(guests), iter(leads)

    def following(row: Iterator[Item]) -> Item | None:
        return next((item for item in row if item.number not in placed), None)

    while len(placed) < len(leads):
        item = following(waiting) if len(placed) % PLACE == PLACE - 1 else None
        if item is not None:
            given.add(item.number)
        else:
            item = following(others)
        if item is None:
            break
        placed[item.number] = item
    return list(placed.values()), given


def _in_turn(items: Sequence[Item]) -> list[Item]:
    """Return the first of every feed, then the second of every feed, and so on; the feeds that came last first."""
    turns: Counter[str] = Counter()
    turn: dict[int, int] = {}
    came: dict[str, int] = {}
    for item in items:
        turn[item.number] = turns[item.feed_url]
        turns[item.feed_url] += 1
        came[item.feed_url] = min(item.number, came.get(item.feed_url, item.number))
    return sorted(items, key=lambda item: (turn[item.number], -came[item.feed_url]))


def with_others(
    connection: sqlite3.Connection, leads: Iterable[Item], explored: Container[int] = frozenset()
) -> list[Row]:
    """Return each lead with the others of its story that are in the same state, oldest number first.

    ``explored`` are the numbers of leads that have their place because their feed is hardly known.
    """
    leads = list(leads)
    told = also(connection, leads)
    return [
        Row(lead, tuple(one for one in told[lead.number] if one.state == lead.state), lead.number in explored)
        for lead in leads
    ]


def whole(connection: sqlite3.Connection, ids: Iterable[str]) -> list[str]:
    """Return ``ids``, each followed by the others of its story that are in the same state. Raises Unknown."""
    items = load_items(connection, [find_number(connection, each) for each in ids])
    return list(dict.fromkeys(each for row in with_others(connection, items) for each in row.ids))


def also(connection: sqlite3.Connection, items: Iterable[Item]) -> dict[int, tuple[Item, ...]]:
    """Return by number the others of each item's story, whatever was decided on them, oldest number first."""
    items = list(items)
    stories = sorted({item.story for item in items if item.story is not None})
    told: dict[int | None, list[Item]] = {}
    if stories:
        where = Condition("i.story IN (SELECT value FROM json_each(?))", (json.dumps(stories),))
        for each in sorted(list_items(connection, state=None, limit=0, where=where), key=lambda each: each.number):
            told.setdefault(each.story, []).append(each)
    return {
        item.number: tuple(each for each in told.get(item.story, ()) if each.number != item.number) for item in items
    }


def _leads(inbox: datetime | None) -> Condition:
    """Return that an item leads what is listed of its story: its leader where it is in the list, else the first.

    With ``inbox``, the time it is, what has left the inbox leads nothing.
    """
    listed = in_inbox(inbox, "o") if inbox else Condition("1")
    return Condition(
        "i.story IS NULL OR NOT EXISTS (SELECT 1 FROM items o"  # noqa: S608 - our own parts
        " WHERE o.story = i.story AND o.state = i.state"
        f" AND (o.number <> i.story, o.number) < (i.number <> i.story, i.number) AND ({listed.sql}))",
        listed.values,
    )


def _both(one: Condition, other: Condition | None) -> Condition:
    return one if other is None else Condition(f"({one.sql}) AND ({other.sql})", (*one.values, *other.values))
