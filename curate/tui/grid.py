"""The table of the share board: a line for each account, a column for each day, a letter for each share.

Must not know what the keys do, nor the database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events

    from curate.tui.planning import Week
    from curate.tui.rows import Wording

DAYS = 7
NARROWEST, WIDEST = 7, 14  # cells of a day, the one before it among them
NAMES = 8, 20  # cells of the accounts' names


class Grid(Widget):
    """Draws the accounts in sight, around the cursor."""

    class Clicked(Message):
        """A cell was clicked (``times``)."""

        def __init__(self, row: int, day: int, times: int) -> None:
            super().__init__()
            self.row = row
            self.day = day
            self.times = times

    def __init__(self, wording: Wording, week: Week) -> None:
        super().__init__(id="grid")
        self.wording = wording
        self.week = week

    @property
    def widths(self) -> tuple[int, int]:
        """How wide the names are, and how wide a day is."""
        names = max((cell_len(self.wording.safe(name[:80])) for name in self.week.accounts), default=0)
        wanted = max(NAMES[0], min(names, NAMES[1]))
        day = max(NARROWEST, min(WIDEST, (self.size.width - 1 - wanted) // DAYS))
        return max(min(wanted, self.size.width - 1 - DAYS * day), 1), day

    @property
    def in_sight(self) -> range:
        """The rows that are drawn, below the line of the days."""
        height, count = max(self.size.height - 1, 1), len(self.week.accounts)
        first = max(0, min(self.week.row - height // 2, count - height))
        return range(first, min(first + height, count))

    def render(self) -> Content:
        """Draw the days, then the accounts; the cursor's cell in reverse and behind a mark."""
        names, wide = self.widths
        lines = [Content(" " * (names + 1)).append(Content("").join(self._head(day, wide) for day in range(DAYS)))]
        for row in self.in_sight:
            account = self.week.accounts[row]
            begin = Content.styled(f" {self.wording.cell(account, names)}", "bold" if row == self.week.row else "")
            lines.append(begin.append(Content("").join(self._cell(row, day, wide) for day in range(DAYS))))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Say which cell the mouse points at."""
        names, wide = self.widths
        row, day = self.in_sight.start + event.y - 1, (event.x - names - 1) // wide
        if row in self.in_sight and 0 <= day < DAYS and event.y > 0:
            self.post_message(self.Clicked(row, day, event.chain))

    def _head(self, day: int, wide: int) -> Content:
        shown = self.week.monday + timedelta(days=day)
        today = shown == self.week.today
        text = f" {shown:%a} {shown.day}"
        text += "*" if today and len(text) < wide else ""
        return Content.styled(text.ljust(wide), "bold" if today else "")

    def _cell(self, row: int, day: int, wide: int) -> Content:
        week = self.week
        account = week.accounts[row]
        here = (row, day) == (week.row, week.day)
        looks = week.cells.get((account, day), [])
        look = week.current if here else week.leading(account, day)
        if look is None:
            text, style = "quiet" if week.quiet(account, day) else "-", "dim"
        else:
            forms = [f"{look.at:%H:%M} {look.letter}", f"{look.at:%H:%M}{look.letter}"]
            if len(looks) > 1:
                more = f"+{len(looks) - 1}"
                forms = [f"{form}{more}" for form in (*forms, f"{look.at:%H} {look.letter}")]
            text = next((form for form in forms if len(form) < wide), forms[-1])
            style = "bold" if look.letter in "!M" else ""
        mark = ">" if here else " "
        return Content.styled(f"{mark}{text}"[:wide].ljust(wide), "reverse" if here else style)
