"""What the triage screen looks like: head, list, article, keys, and what stands in for them when there is nothing.

Texts of others reach the terminal through ``Wording.safe`` and never as markup. Must not know what the keys do.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Static

from curate.errors import CurateError
from curate.inbox.items import list_items
from curate.tui import keys
from curate.tui.preview import Preview
from curate.tui.rows import Rows, Wording
from curate.tui.sitting import Plan, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events

    from curate.inbox.listing import Row

T = TypeVar("T")

SMALLEST = (60, 16)  # columns, rows
WIDE = 100  # columns from which the article stands beside the list


class Board(App[None]):
    """Draws a sitting; ``where`` one is: list, skim or article."""

    COMMANDS: ClassVar = {keys.Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    AUTO_FOCUS = None
    CSS = """
    #small, #empty { display: none; }
    #small, #empty { height: 1fr; content-align: center middle; text-align: center; }
    #body { height: 1fr; layout: vertical; }
    #rows { height: 2fr; }
    #article { height: 3fr; }
    #article Static { padding: 0 1; }
    #upright { display: none; width: 1; height: 1fr; }
    .line { height: 1; }
    .wide #body { layout: horizontal; }
    .wide #rows { height: 1fr; width: 11fr; }
    .wide #article { height: 1fr; width: 9fr; }
    .wide #middle { display: none; }
    .wide #upright { display: block; }
    .listing #article, .listing #middle, .listing #upright { display: none; }
    .reading #rows, .reading #middle, .reading #upright { display: none; }
    .small #desk { display: none; }
    .small #small { display: block; }
    .empty #body { display: none; }
    .empty #empty { display: block; }
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        clock: Callable[[], datetime],
        wording: Wording,
        plan: Plan | None = None,
    ) -> None:
        super().__init__(ansi_color=True)  # from the first, or NO_COLOR would be taken for black on black
        self.theme = "ansi-dark"  # the terminal's own sixteen colours
        self.connection = connection
        self.clock = clock
        self.wording = wording
        self.sitting = Sitting(connection, clock, plan or Plan())
        self.began = clock()
        self.rows = Rows(wording, self.sitting)
        self.preview = Preview(connection, wording)
        self.where = "list"  # list, skim or article
        self.showing = True  # the article beside the list
        self.message = ""

    def compose(self) -> ComposeResult:
        """Lay out head, list, article and keys; what stands in for them is hidden."""
        with Vertical(id="desk"):
            yield Static(markup=False, id="counts", classes="line")
            yield Static(markup=False, id="message", classes="line")
            yield Static(markup=False, classes="line rule")
            yield Static(markup=False, id="empty")
            with Container(id="body"):
                yield self.rows
                yield Static(markup=False, id="middle", classes="line rule")
                yield Static(markup=False, id="upright")
                yield self.preview
            yield Static(markup=False, classes="line rule")
            yield Static(markup=False, id="keys", classes="line")
        yield Static(markup=False, id="small")

    def on_mount(self) -> None:
        """Show the first page, and the clock when there is a timebox."""
        self.sitting.load(keep=self.sitting.plan.start)
        self.show()
        if self.sitting.plan.timebox:
            self.set_interval(1, self._head)

    def on_resize(self, event: events.Resize) -> None:
        """Fit what depends on the size; say so when the window is too small."""
        width, height = event.size
        screen = self.screen_stack[0]
        screen.set_class(width < SMALLEST[0] or height < SMALLEST[1], "small")
        screen.set_class(width >= WIDE, "wide")
        self.query_one("#small", Static).update(
            f"This window is {width} x {height}. Triage needs {SMALLEST[0]} x {SMALLEST[1]}.\n"
            "Use a larger window, or: curate triage --line"
        )
        for rule in screen.query(".rule").results(Static):
            rule.update(self.wording.rule * width)
        screen.query_one("#upright", Static).update("\n".join([self.wording.upright] * height))
        self._keys(width)

    def show(self) -> None:
        """Draw head, list and article as the sitting is now."""
        self._head()
        sitting = self.sitting
        self.screen_stack[0].set_class(not sitting.rows, "empty")
        if not sitting.rows:
            self.query_one("#empty", Static).update(self.wording.safe(self._nothing()))
        self.rows.refresh()
        self.preview_row("")

    def _head(self) -> None:
        sitting, plan = self.sitting, self.sitting.plan
        states = list(sitting.decided.values())
        if self.where == "skim" and sitting.rows:
            page = self.rows.page
            pages = -(-len(sitting.rows) // self.rows.on_page)
            marked = sum(sitting.rows[place].lead.id in sitting.marked for place in page)
            parts = [
                "Skim",
                f"page {page.start // self.rows.on_page + 1} of {pages}",
                f"marked {marked} of {len(page)}",
            ]
        else:
            kept = states.count("kept")
            parts = ["Triage", f"{sitting.left:,} left  {len(states):,} done  {kept:,} kept"]
        if plan.timebox:
            gone = int((self.clock() - self.began).total_seconds())
            parts.append(f"{_minutes(gone)} of {_minutes(int(plan.timebox.total_seconds()))}")
        steps = sitting.steps
        roomy = sum(map(len, parts)) + 6 * len(parts) + 14 <= self.size.width
        parts.append(f"undo: {steps:,}" + (f" {'step' if steps == 1 else 'steps'}" if roomy else ""))
        screen = self.screen_stack[0]
        screen.query_one("#counts", Static).update(f" {(' ' * (6 if roomy else 2)).join(parts)}")
        message = self.wording.cell(self.message or self._about(), max(self.size.width - 1, 1))
        screen.query_one("#message", Static).update(f" {message}")

    def _about(self) -> str:
        """Say what the list holds, and in which order."""
        sitting = self.sitting
        feed = sitting.feed[1] if sitting.feed else sitting.plan.named or "all feeds"
        order = {"score": "by score", "newest": "newest first", "oldest": "oldest first"}[sitting.plan.order]
        marked = f"  {len(sitting.marked)} marked" if sitting.marked else ""
        return f"{feed}  {order}  {f'filter: {sitting.filter}' if sitting.filter else 'no filter'}{marked}"

    def _nothing(self) -> str:
        """Say why the list is empty, and what comes next."""
        sitting = self.sitting
        if sitting.filter or sitting.feed:
            what = f"match “{sitting.filter}”" if sitting.filter else f"are left of {sitting.feed and sitting.feed[1]}"
            return f"No items {what}. {sitting.left:,} without the filter.\n\nEsc  all of them"
        if sitting.left and sitting.plan.named and not sitting.decided:
            return f"No new items for {sitting.plan.named}. {sitting.left:,} in all.\n\nq  leave"
        if sitting.left:
            return f"That was all of this sitting. {sitting.left:,} left.\n\nq  leave       u  undo"
        kept = list_items(self.connection, state="kept", limit=0)
        noted = sum(bool(item.note) for item in kept)
        begin = f"Inbox empty. {len(kept):,} kept" + (f", {noted:,} with a note" if noted else "")
        write = "e  write the first one       " if kept else ""
        return f"{begin}.\n\n{write}q  leave       u  undo"

    def _keys(self, width: int) -> None:
        self.screen_stack[0].query_one("#keys", Static).update(keys.footer(width, self.where))

    def chosen(self) -> list[Row]:
        """Return the rows a key is about: the marked ones where marks are in sight, else the one under the cursor."""
        if self.where == "article":
            return [self.sitting.current] if self.sitting.current else []
        return self.sitting.chosen()

    def go(self, where: str) -> None:
        """Show the list, the skim or the article alone."""
        self.where = where
        self.rows.skimming = where == "skim"
        screen = self.screen_stack[0]
        screen.set_class(where == "skim" or (where == "list" and not self.showing), "listing")
        screen.set_class(where == "article", "reading")
        self.message = ""
        self._keys(self.size.width)
        self.call_after_refresh(self.show)  # how many rows fit is known then

    def turn_page(self, pages: int) -> None:
        """Turn the pages of the skim."""
        self.sitting.move_to(self.rows.page.start + pages * self.rows.on_page)
        self.show()

    def preview_row(self, said: str) -> None:
        """Show the article under the cursor where one is in sight; ``said`` is how its full text comes along."""
        if self.where != "skim" and (self.showing or self.where == "article"):
            row = self.sitting.current
            try:
                self.preview.show(row, whole=self.where == "article", said=said)
            except (CurateError, sqlite3.Error, ValueError) as error:  # said there: the head would show this again
                self.preview.fail(f"This cannot be read: {error}")

    def say(self, message: str) -> None:
        """Say one thing in the head, until the cursor moves; "" says what the list holds."""
        self.message = message
        self.show()

    def attempt(self, act: Callable[[], T], *, nothing: str = "") -> T | None:
        """Do what writes or refuses; say the refusal in the head and go on."""
        try:
            done = act()
        except CurateError as error:
            self.say(f"{error.message} {error.hint}")
            return None
        except sqlite3.Error as error:
            self.say(f"Not saved: {error}. Press the key again.")
            return None
        if done is None and nothing:
            self.say(nothing)
        return done


def _minutes(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}"
