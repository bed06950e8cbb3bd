"""What the share board looks like: head, table, the share under the cursor, legend and keys.

Texts of others reach the terminal through ``Wording.safe`` and never as markup. Must not know what the keys do.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from curate.errors import CurateError
from curate.tui import keys
from curate.tui.board import SMALLEST
from curate.tui.compose import in_words
from curate.tui.grid import Grid
from curate.tui.planning import LETTERS, Week
from curate.tui.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.tui.planning import Look
    from curate.tui.rows import Wording

T = TypeVar("T")

AROUND = 5  # lines around the table: head, three rules' worth, legend and keys
TEXT = 3  # lines that are left for what stands below the table, at least
FRESH = 30  # seconds until what other programs did is shown


class WeekView(App[None]):
    """Draws a week."""

    COMMANDS: ClassVar = {keys.Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    AUTO_FOCUS = None
    CSS = """
    #small { display: none; height: 1fr; content-align: center middle; text-align: center; }
    #text { height: 1fr; padding: 0 1; }
    .line { height: 1; }
    .small #desk { display: none; }
    .small #small { display: block; }
    """
    where = "week"
    table = keys.WEEK_KEYS

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        connection: sqlite3.Connection,
        *,
        clock: Callable[[], datetime],
        wording: Wording,
    ) -> None:
        super().__init__(ansi_color=True)  # from the first, or NO_COLOR would be taken for black on black
        self.theme = "ansi-dark"  # the terminal's own sixteen colours
        self.desk = desk
        self.settings = settings
        self.connection = connection
        self.clock = clock
        self.wording = wording
        self.week = Week(desk, settings, connection, clock)
        self.grid = Grid(wording, self.week)
        self.message = ""

    def compose(self) -> ComposeResult:
        """Lay out head, table, what is to be said of the share, legend and keys."""
        with Vertical(id="desk"):
            yield Static(markup=False, id="head", classes="line")
            yield Static(markup=False, classes="line rule")
            yield self.grid
            yield Static(markup=False, classes="line rule")
            yield Static(markup=False, id="text")
            yield Static(markup=False, id="legend", classes="line")
            yield Static(markup=False, id="keys", classes="line")
        yield Static(markup=False, id="small")

    def on_mount(self) -> None:
        """Show this week, and look again now and then: other programs send what stands here."""
        self.refresh_week()
        self.set_interval(FRESH, self._freshen)

    def on_resize(self, event: events.Resize) -> None:
        """Fit what depends on the size; say so when the window is too small."""
        width, height = event.size
        screen = self.screen_stack[0]
        screen.set_class(width < SMALLEST[0] or height < SMALLEST[1], "small")
        screen.query_one("#small", Static).update(
            f"This window is {width} x {height}. The board needs {SMALLEST[0]} x {SMALLEST[1]}.\n"
            "Use a larger window, or: curate share queue --week"
        )
        for rule in screen.query(".rule").results(Static):
            rule.update(self.wording.rule * width)
        screen.query_one("#keys", Static).update(keys.footer(width, self.where, table=self.table))
        self.call_after_refresh(self.show)  # how much room there is is known then

    # Drawing

    def _freshen(self) -> None:
        if len(self.screen_stack) == 1:
            self.refresh_week()

    def refresh_week(self) -> None:
        """Read the week as it is now and show it."""
        self.attempt(self.week.load)
        self.show()

    def show(self) -> None:
        """Draw the week as it was read."""
        screen = self.screen_stack[0]
        width, height = self.size
        self.grid.styles.height = max(min(len(self.week.accounts) + 1, height - AROUND - TEXT), 2)
        self.grid.refresh()
        screen.query_one("#head", Static).update(self._head(width))
        lines = [Content.styled(self.wording.safe(self.message), "bold")] if self.message else []
        screen.query_one("#text", Static).update(Content("\n").join([*lines, *self._about()]))
        there = {look.letter for looks in self.week.cells.values() for look in looks}
        legend = "  ".join(f"{letter} {LETTERS[letter]}" for letter in reversed(LETTERS) if letter in there)
        screen.query_one("#legend", Static).update(f" {self.wording.cell(legend, max(width - 1, 1))}")

    def _head(self, width: int) -> str:
        first, last = self.week.monday, self.week.monday + timedelta(days=6)
        month = "" if first.month == last.month else f" {first:%b}"
        begin = f" Shares   week {first.isocalendar().week}, {first.day}{month} to {last.day} {last:%b %Y}"
        zone = self.week.zone.key
        keyed = "< > week   Tab network   "
        ends = [f"{keyed}all times {zone}", f"{keyed}{zone}", f"all times {zone}", zone, ""]
        end = next(end for end in ends if len(begin) + len(end) + 3 <= width or not end)
        return f"{begin}{end.rjust(width - len(begin) - 1)}"

    def _about(self) -> list[Content]:
        """Say what is wrong with the share under the cursor, and what it says; or what comes next."""
        week, safe = self.week, self.wording.safe
        look = week.current
        if look is None:
            return [Content(safe(line)) for line in self._nothing()]
        share = look.share
        state = share.state.replace("_", " ")
        several = f"   {week.here.index(look) + 1} of {len(week.here)} here, Space: the next" if week.here[1:] else ""
        name = f"{look.letter} {share.account}, {day_of(look)} {look.at:%H:%M}: {state}   {share.id}{several}"
        lines = [Content.styled(safe(name), "bold" if look.letter in "!M" else "")]
        if look.trouble:
            lines.append(Content(safe(look.trouble)))
        if self.unsaved(share):
            lines.append(Content("Words were typed for it and not saved: Enter goes on with them."))
        lines += [Content(safe(line)) for line in share.text.split("\n") if line.strip()]
        return [*lines, Content.styled(safe(f"On “{share.title}”"), "dim")]

    def _nothing(self) -> list[str]:
        week = self.week
        if not week.accounts:
            return ["There are no accounts yet. curate account add mastodon connects one."]
        if week.cells:
            free = "quiet: nothing is needed" if week.quiet(week.account, week.day) else "nothing is planned"
            return [f"{week.account}, {week.shown_day:%a} {week.shown_day.day} {week.shown_day:%b}: {free}."]
        nearest = week.nearest()
        if nearest is None:
            return ["No shares are planned. curate share plan POST --to ACCOUNT --at next plans the first."]
        where = f"The nearest is on {nearest.due_at.astimezone(week.zone):%a %d %b %Y}, on {nearest.account}."
        return [f"No shares in this week. {where}", "curate share plan POST --to ACCOUNT --at next plans another."]

    def unsaved(self, share: Share) -> bool:
        """Say whether words were typed for ``share`` that are not saved."""
        variant = Variant.of(self.desk, self.settings, self.connection, share)
        return variant.file.exists()

    def say(self, message: str) -> None:
        """Say one thing below the table, until the cursor moves."""
        self.message = message
        self.show()

    def attempt(self, act: Callable[[], T]) -> T | None:
        """Do what writes, reads or refuses; say the refusal and go on."""
        try:
            return act()
        except (CurateError, sqlite3.Error, OSError) as error:
            self.say(in_words(error))
            return None


def day_of(look: Look) -> str:
    """Name the day of a share."""
    return f"{look.at:%a} {look.at.day} {look.at:%b}"
