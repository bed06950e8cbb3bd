"""The list of the triage screen: one line for each row, of which only those in sight are drawn.

Must not know what the keys do, nor the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events

    from curate.inbox.items import Item
    from curate.inbox.listing import Row
    from curate.tui.sitting import Sitting

FEED = 18  # cells of a feed's title
ON_A_PAGE = 15  # rows of a page of the skim
MARKS = {"new": ".", "kept": "+", "skipped": "-", "later": "z", "drafted": "d", "posted": "p"}


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How texts look, as the command line decides: ``safe`` disarms what others wrote."""

    safe: Callable[[str], str]
    ago: Callable[[datetime, datetime], str]
    byline: Callable[[Item], str]
    ellipsis: str = "…"
    rule: str = "─"
    upright: str = "│"

    def cell(self, text: str, cells: int) -> str:
        """Return ``text`` disarmed, on one line, and exactly ``cells`` wide."""
        safe = self.safe(text[: 4 * cells])  # more could not be seen, and would cost time
        if cell_len(safe) <= cells and len(text) <= 4 * cells:
            return set_cell_size(safe, cells)
        return set_cell_size(safe, max(cells - len(self.ellipsis), 0)) + self.ellipsis


class Rows(Widget):
    """The list: draws the lines around the cursor, or a page of 15 with numbers when skimming."""

    class Clicked(Message):
        """A row was clicked (``times``)."""

        def __init__(self, place: int, times: int) -> None:
            super().__init__()
            self.place = place
            self.times = times

    class Scrolled(Message):
        """The wheel was turned, down (1) or up (-1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, wording: Wording, sitting: Sitting) -> None:
        super().__init__(id="rows")
        self.wording = wording
        self.sitting = sitting
        self.skimming = False

    @property
    def on_page(self) -> int:
        """How many rows a page of the skim has: 15, or what fits."""
        return max(min(ON_A_PAGE, self.size.height), 1)

    @property
    def page(self) -> range:
        """The places in sight: of the skim's page, or of the list around the cursor."""
        height, count, cursor = max(self.size.height, 1), len(self.sitting.rows), self.sitting.cursor
        if self.skimming:
            first = cursor // self.on_page * self.on_page
            return range(first, min(first + self.on_page, count))
        first = max(0, min(cursor - height // 2, count - height))
        return range(first, min(first + height, count))

    def render(self) -> Content:
        """Draw what is in sight, the cursor's line in reverse and behind a mark."""
        now = self.sitting.clock()
        lines = []
        for number, place in enumerate(self.page, 1):
            row = self.sitting.rows[place]
            here = place == self.sitting.cursor
            marked = row.lead.id in self.sitting.marked
            begin = (">" if here else " ") + ("*" if marked else " ")
            if self.skimming:
                begin = f"{number:>2} {begin}"
            line = f"{begin} {self._line(row, now, len(begin) + 1)}"
            style = "reverse" if here else "bold" if marked else "dim" if row.lead.state != "new" else ""
            lines.append(Content.styled(line, style))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Say which row the mouse points at."""
        place = self.page.start + event.y
        if place in self.page:
            self.post_message(self.Clicked(place, event.chain))

    def on_mouse_scroll_down(self) -> None:
        """Move down with the wheel."""
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self) -> None:
        """Move up with the wheel."""
        self.post_message(self.Scrolled(-1))

    def _line(self, row: Row, now: datetime, before: int) -> str:
        item = row.lead
        marks = ["n" if any(one.note for one in (item, *row.others)) else ""]
        marks += [f"x{item.sources}" if item.sources > 1 else "", f"rule: {item.rules[0]}" if item.rules else ""]
        said = self.wording.cell(" ".join(mark for mark in marks if mark), 10 if item.rules else 5)
        feed = FEED if self.size.width >= 70 else FEED - 6
        title = max(self.size.width - before - feed - cell_len(said) - 10, 10)
        cells = [MARKS[item.state], self.wording.cell(item.title or "(no title)", title)]
        cells += [self.wording.cell(item.feed_title, feed), f"{self.wording.ago(item.dated, now):>5}", said]
        return " ".join(cells)
