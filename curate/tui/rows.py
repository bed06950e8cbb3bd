"""The list of a full screen: one line for each item, of which only those in sight are drawn.

Must not know what the keys do, nor the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events

    from curate.inbox.items import Item

FEED = 18  # cells of a feed's title
MARKS = {"new": ".", "kept": "+", "skipped": "-", "later": "z", "drafted": "d", "posted": "p"}


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How texts look, as the command line decides: ``safe`` disarms what others wrote."""

    safe: Callable[[str], str]
    ago: Callable[[datetime, datetime], str]
    byline: Callable[[Item], str]
    ellipsis: str = "…"
    rule: str = "─"

    def cell(self, text: str, cells: int) -> str:
        """Return ``text`` disarmed, on one line, and exactly ``cells`` wide."""
        safe = self.safe(text[: 4 * cells])  # more could not be seen, and would cost time
        if cell_len(safe) <= cells and len(text) <= 4 * cells:
            return set_cell_size(safe, cells)
        return set_cell_size(safe, max(cells - len(self.ellipsis), 0)) + self.ellipsis


class Rows(Widget):
    """The list: draws the lines around the cursor, whatever the number of items."""

    def __init__(self, wording: Wording, clock: Callable[[], datetime], moved: Callable[[], None]) -> None:
        super().__init__(id="rows")
        self.wording = wording
        self.clock = clock
        self.moved = moved
        self.items: list[Item] = []
        self.cursor = 0

    def render(self) -> Content:
        """Draw what fits, the cursor's line in reverse and behind a mark."""
        top, now = self._top(), self.clock()
        lines = []
        for place, item in enumerate(self.items[top : top + self.size.height], top):
            here = place == self.cursor
            line = ("> " if here else "  ") + self._line(item, now)
            lines.append(Content.styled(line, "reverse" if here else "dim" if item.state != "new" else ""))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points."""
        self.move_to(self._top() + event.y)

    def on_mouse_scroll_down(self) -> None:
        """Move down with the wheel."""
        self.move_to(self.cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """Move up with the wheel."""
        self.move_to(self.cursor - 1)

    def move_to(self, place: int) -> None:
        """Put the cursor on the item at ``place``, or the nearest there is."""
        self.cursor = max(0, min(place, len(self.items) - 1))
        self.refresh()
        self.moved()

    def _top(self) -> int:
        height = max(self.size.height, 1)
        return max(0, min(self.cursor - height // 2, len(self.items) - height))

    def _line(self, item: Item, now: datetime) -> str:
        title = max(self.size.width - FEED - 20, 10)
        cells = [MARKS[item.state], self.wording.cell(item.title, title), self.wording.cell(item.feed_title, FEED)]
        cells.append(f"{self.wording.ago(item.dated, now):>5}")
        cells += [mark for mark in ("n" if item.note else "", f"x{item.sources}" if item.sources > 1 else "") if mark]
        return " ".join(cells)
