"""One sitting before the inbox: which rows are shown, which of them are marked, and what the keys do with them.

Every change goes through ``curate.inbox`` and is committed before anything here says so. Must not know Textual,
nor the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.errors import Refused
from curate.inbox import journal
from curate.inbox.decide import decide, split
from curate.inbox.items import Condition, Item, count_by_state, find_item
from curate.inbox.listing import Row, list_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from curate.inbox.decide import Action
    from curate.inbox.items import Order
    from curate.inbox.journal import Step

MOST_ROWS = 500  # in the list at a time
LATER = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a sitting is about.

    ``limit`` is the most items in all (None: page after page), ``where`` narrows them and ``named`` says to
    what, ``timebox`` only shows a clock, ``start`` is the id of the item to begin at.
    """

    limit: int | None = None
    order: Order = "score"
    where: Condition | None = None
    named: str = ""
    timebox: timedelta | None = None
    start: str = ""


@dataclass
class Sitting:
    """The rows, the cursor, the marks; ``decided`` are the states given in this sitting, by id."""

    connection: sqlite3.Connection
    clock: Callable[[], datetime]
    plan: Plan = field(default_factory=Plan)
    rows: list[Row] = field(default_factory=list)
    cursor: int = 0
    marked: set[str] = field(default_factory=set)  # ids of leads
    anchor: int = 0  # where a range begins: the last row marked
    decided: dict[str, str] = field(default_factory=dict)
    feed: tuple[str, str] | None = None  # (address, title) of the one feed that is shown
    filter: str = ""
    left: int = 0  # new items in the whole inbox
    standing: int = 0  # steps that stand, of ``made`` ones: counting them for each key would take too long
    made: int = 0

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def steps(self) -> int:
        """How many steps stand."""
        made = journal.newest_step(self.connection)
        self.standing += made - self.made
        self.made = made
        return self.standing

    @property
    def waiting(self) -> list[int]:
        """The places of the rows that are still new."""
        return [place for place, row in enumerate(self.rows) if row.lead.state == "new"]

    def load(self, *, keep: str = "") -> None:
        """Show the first rows there are, the cursor on the item ``keep`` when it is among them."""
        now = self.clock()
        limit = MOST_ROWS if self.plan.limit is None else min(self.plan.limit - len(self.decided), MOST_ROWS)
        where, feed = self._narrowed(), self.feed[0] if self.feed else None
        rows = list_rows(self.connection, now=now, limit=max(limit, 1), order=self.plan.order, where=where, feed=feed)
        self.rows = rows if limit > 0 else []
        self.marked.clear()
        self.left = count_by_state(self.connection, now=now)["new"]
        self.standing, self.made = journal.count_steps(self.connection), journal.newest_step(self.connection)
        self.cursor = self.anchor = self.place_of(keep) or 0

    def _narrowed(self) -> Condition | None:
        from curate.inbox.search import condition

        wanted = [self.plan.where, condition(self.connection, self.filter, now=self.clock()) if self.filter else None]
        parts = [part for part in wanted if part is not None]
        if not parts:
            return None
        sql = " AND ".join(f"({part.sql})" for part in parts)
        return Condition(sql, tuple(value for part in parts for value in part.values))

    def narrow(self, text: str) -> int:
        """Show what matches ``text`` ("" shows all); return how many rows that are.

        Raises UsageError, and leaves everything as it was, when a part of it cannot be meant.
        """
        before, self.filter = self.filter, " ".join(text.split())
        try:
            self.load()
        except BaseException:
            self.filter = before
            raise
        return len(self.rows)

    def turn_feed(self, by: int) -> int:
        """Show the next feed that has something in the list, or the one before; past the last one, all feeds.

        Return how many rows that are.
        """
        shown = self.feed
        self.feed = None
        self.load()
        feeds = sorted({(row.lead.feed_title, row.lead.feed_url) for row in self.rows if row.lead.feed_url})
        names = [(url, title) for title, url in feeds]
        at = names.index(shown) if shown in names else (-1 if by > 0 else len(names))
        at += by
        if 0 <= at < len(names):
            self.feed = names[at]
            self.load()
        return len(self.rows)

    def place_of(self, item_id: str) -> int | None:
        """Return the place of the row with the item; None when none has it."""
        return next((place for place, row in enumerate(self.rows) if item_id in row.ids), None)

    def move_to(self, place: int) -> None:
        """Put the cursor on the row at ``place``, or the nearest there is."""
        self.cursor = max(0, min(place, len(self.rows) - 1))

    # Marks

    def mark(self, place: int) -> None:
        """Mark the row at ``place``, or take its mark away."""
        if 0 <= place < len(self.rows):
            self.marked ^= {self.rows[place].lead.id}
            self.anchor = place

    def mark_range(self) -> None:
        """Mark all rows from the last one marked to the cursor."""
        first, last = sorted((self.anchor, self.cursor))
        self.marked |= {row.lead.id for row in self.rows[first : last + 1]}
        self.anchor = self.cursor

    def mark_all(self, places: Iterable[int]) -> None:
        """Mark the rows at ``places``; when all of them are, take their marks away."""
        ids = {self.rows[place].lead.id for place in places if place < len(self.rows)}
        self.marked = self.marked - ids if ids <= self.marked else self.marked | ids

    def chosen(self) -> list[Row]:
        """Return the marked rows, or the one under the cursor when none is marked."""
        marked = [row for row in self.rows if row.lead.id in self.marked]
        return marked or ([self.current] if self.current else [])

    # Decisions

    def decide(self, action: Action, rows: Sequence[Row] | None = None, *, until: datetime | None = None) -> list[Item]:
        """Decide on ``rows``, else on those chosen, as one step, and go to the next row that waits.

        What is put off comes back after 7 days, or at ``until``. Raises Refused when one of them is not as it was
        shown, because something else was at work meanwhile: it is shown as it is then.
        """
        rows = self.chosen() if rows is None else rows
        if not rows:
            return []
        now = self.clock()
        until = until or now + LATER
        seen = {one.id: one.state for row in rows for one in (row.lead, *row.others)}
        try:
            items = decide(self.connection, list(seen), action, now=now, until=until, seen=seen)
        except Refused:
            self._show([find_item(self.connection, each) for each in seen])
            raise
        self._show(items)
        self.marked.clear()
        self.advance()
        return items

    def advance(self) -> None:
        """Go to the next row that waits, below first; with none left, turn to the next page."""
        waiting = self.waiting
        if waiting:
            self.cursor = next((place for place in waiting if place >= self.cursor), waiting[0])
        elif self.rows:
            self.load()

    def take_apart(self) -> list[Item]:
        """Take the story under the cursor apart into rows of its own; return them, alone when it was none."""
        row = self.current
        if row is None:
            return []
        items = split(self.connection, row.lead.id, now=self.clock())
        if len(items) > 1:
            alone = [Row(item) for item in items if item.id in row.ids]
            self.rows[self.cursor : self.cursor + 1] = alone
        return items

    def undo(self) -> Step | None:
        """Take the last step back and go to its first item; None when there is none."""
        steps = journal.undo(self.connection, 1, now=self.clock())
        self.standing -= len(steps)
        return self._went(steps[0]) if steps else None

    def redo(self) -> Step | None:
        """Do the last step taken back again and go to its first item; None when there is none."""
        steps = journal.redo(self.connection, 1)
        self.standing += len(steps)
        return self._went(steps[0]) if steps else None

    def _went(self, step: Step) -> Step:
        items = [find_item(self.connection, one.id) for one in step.items]
        first = items[0].id if items else ""
        shown = {each for row in self.rows for each in row.ids}
        if step.action in ("split", "rule") or (items and not shown.issuperset(item.id for item in items)):
            self._count(items)
            self.load(keep=first)
        else:
            self._show(items)
            self.move_to(self.place_of(first) or 0 if items else self.cursor)
        return step

    def refresh(self, item_id: str) -> None:
        """Show the item as it is now, after something else than a decision was done with it."""
        self._show([find_item(self.connection, item_id)])

    def _show(self, items: Sequence[Item]) -> None:
        """Put what became of ``items`` into their rows, and into the counts."""
        self._count(items)
        changed = {item.id: item for item in items}
        for place, row in enumerate(self.rows):
            if not changed.keys().isdisjoint(row.ids):
                others = tuple(changed.get(one.id, one) for one in row.others)
                self.rows[place] = replace(row, lead=changed.get(row.lead.id, row.lead), others=others)

    def _count(self, items: Sequence[Item]) -> None:
        before = {one.id: one.state for row in self.rows for one in (row.lead, *row.others)}
        for item in items:
            self.left += (item.state == "new") - (before.get(item.id, item.state) == "new")
            if item.state == "new":
                self.decided.pop(item.id, None)
            elif item.id in before and (item.id in self.decided or before[item.id] != item.state):
                self.decided[item.id] = item.state
