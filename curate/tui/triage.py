"""The triage screen: a list of stories, the article beside or below it, one key for each decision.

Every key that decides goes through the sitting and is committed before the screen shows it. Must not know the
command line, the clock or the environment: they are handed in.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import ModalScreen

from curate.errors import CurateError
from curate.inbox.items import web_address
from curate.inbox.notes import set_note
from curate.tui import keys
from curate.tui.ask import Ask, NotePane
from curate.tui.browser import open_page
from curate.tui.keys import HelpPane, Said
from curate.tui.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from curate.inbox.decide import Action
    from curate.inbox.items import Item
    from curate.inbox.journal import Step
    from curate.inbox.listing import Row
    from curate.tui.rows import Rows

DONE = {"keep": "kept", "skip": "skipped", "later": "put off for 7 days"}


class Triage(Writing):
    """Decide on the new items, 500 rows at a time, or on those of the plan."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(),
        Binding("escape", "leave_pane", show=False),
        Binding("ctrl+c", "stop", "stop", priority=True, show=False),
    ]

    # Moving and looking

    def action_move(self, by: int) -> None:
        """Move the cursor, or the article while it is read."""
        if self.where == "article":
            self.preview.line(by)
            return
        self.message = ""
        self.sitting.move_to(self.sitting.cursor + by)
        self.show()

    def action_turn(self, pages: int) -> None:
        """Turn the pages of the skim, else of the article."""
        if self.where == "skim":
            self.turn_page(pages)
        else:
            self.preview.turn(pages)

    def action_feed(self, by: int) -> None:
        """Show the next feed alone, or the one before."""
        if self.attempt(lambda: self.sitting.turn_feed(by)) is not None:
            self.say("")

    def action_focus_next(self) -> None:
        """Let Tab, which would go to the next field, open the skim where there are no fields."""
        if isinstance(self.screen, ModalScreen):
            super().action_focus_next()
        else:
            self.action_skim()

    def action_skim(self) -> None:
        """Go from the list to the skim and back."""
        self.go("list" if self.where == "skim" else "skim")

    def action_preview(self) -> None:
        """Show the article beside the list, or hide it."""
        self.showing = not self.showing
        self.go("list")

    def action_read(self) -> None:
        """Read the article over the whole screen, its full text fetched meanwhile; back again."""
        if self.where == "article" or self.sitting.current is None:
            self.go("list")
            return
        self.go("article")
        item = self.sitting.current.lead
        if self.doors.read is not None and not item.full_text:
            self.preview_row("Getting the full text …")
            self.run_worker(self._full(item), exclusive=True, group="full text")

    async def _full(self, item: Item) -> None:
        if self.doors.read is None:
            return
        said = ""
        try:
            await self.doors.read(item)
            self.attempt(lambda: self.sitting.refresh(item.id))
        except CurateError as error:
            said = f"The whole article is not here: {error.message}"
        except (sqlite3.Error, OSError) as error:
            said = f"Not saved: {error}."
        current = self.sitting.current
        if self.where == "article" and current is not None and current.lead.id == item.id:
            self.preview_row(said)

    def action_open(self) -> None:
        """Open the item in the browser."""
        row = self.sitting.current
        address = self.attempt(lambda: web_address(row.lead)) if row else None
        if address:
            self.say(open_page(self, address))

    def action_copy(self) -> None:
        """Hand the item's address to the terminal's clipboard."""
        row = self.sitting.current
        address = self.attempt(lambda: web_address(row.lead)) if row else None
        if address:
            self.copy_to_clipboard(address)
            self.say(f"handed to the terminal's clipboard: {address}")

    def action_why(self) -> None:
        """Say why the item stands where it does."""
        row = self.sitting.current
        why = self.doors.why
        lines = self.attempt(lambda: why(row.lead)) if row and why else None
        if row and lines:
            self.push_screen(Said(f"Why “{row.lead.title}” stands here", lines, wording=self.wording))

    def action_help(self) -> None:
        """Show what each key does here."""
        self.push_screen(HelpPane(self.where, wording=self.wording))

    def action_leave_pane(self) -> None:
        """Leave what is open: the article, marks, the filter, the one feed, the skim."""
        sitting = self.sitting
        if self.where == "article":
            self.go("list")
        elif sitting.marked:
            sitting.marked.clear()
            self.show()
        elif sitting.filter or sitting.feed:
            sitting.feed = None
            if self.attempt(lambda: sitting.narrow("")) is not None:
                self.say("")
        elif self.where == "skim":
            self.go("list")

    # Deciding

    def action_decide(self, action: Action) -> None:
        """Decide on the marked rows, or on the one under the cursor."""
        self._repeatable(lambda: self._decide(action, self.chosen()))

    def action_skip_others(self) -> None:
        """Skip what is not marked on this page of the skim, and turn to the next."""
        if self.where != "skim":
            self.say("X skips a page of the skim: Tab opens it.")
            return
        rows = [self.sitting.rows[place] for place in self.rows.page]
        others = [row for row in rows if row.lead.state == "new" and row.lead.id not in self.sitting.marked]
        marked = set(self.sitting.marked)
        after, listed = self.rows.page.stop, self.sitting.rows
        if others:
            self._decide("skip", others)
            self.sitting.marked = marked
        if self.sitting.rows is not listed:  # the last of them was decided, and others have come into their place
            self.sitting.marked.clear()
        elif after < len(self.sitting.rows):
            self.sitting.move_to(after)
        elif not marked:
            self.attempt(self.sitting.load)
        self.show()

    def _decide(self, action: Action, rows: list[Row]) -> None:
        items = self.attempt(lambda: self.sitting.decide(action, rows))
        if items:
            stories = f"{len(items)} items" if len(items) > 1 else items[0].title
            self.say(f"{DONE[action]}: {stories}")

    def action_repeat(self) -> None:
        """Do again, here, what was done last to a row: a decision, or its tags."""
        if self.again is None:
            self.say("Nothing to repeat yet.")
        else:
            self.again()

    def action_mark(self) -> None:
        """Mark the row and go on, or take its mark away."""
        self.sitting.mark(self.sitting.cursor)
        self.sitting.move_to(self.sitting.cursor + 1)
        self.show()

    def action_mark_number(self, number: int) -> None:
        """Mark the row with this number on the skim's page."""
        page = self.rows.page
        if self.where == "skim" and number <= len(page):
            self.sitting.mark(page[number - 1])
            self.show()

    def action_range(self) -> None:
        """Mark from the last mark to here."""
        self.sitting.mark_range()
        self.show()

    def action_mark_all(self) -> None:
        """Mark all that is in sight, or take those marks away."""
        self.sitting.mark_all(self.rows.page)
        self.show()

    def action_apart(self) -> None:
        """Take the story apart."""
        items = self.attempt(self.sitting.take_apart)
        if items:
            self.say(f"taken apart: {len(items)} items" if len(items) > 1 else "Only one feed has this one.")

    def action_undo(self) -> None:
        """Take the last step back and go to its item."""
        step = self.attempt(self.sitting.undo, nothing="Nothing to undo.")
        if step:
            self.say(f"taken back: {_named(step)}")

    def action_redo(self) -> None:
        """Do the last step taken back again and go to its item."""
        step = self.attempt(self.sitting.redo, nothing="Nothing to redo.")
        if step:
            self.say(f"done again: {_named(step)}")

    # Beyond the list

    def action_filter(self) -> None:
        """Show only what matches a query."""

        def done(text: str | None) -> None:
            if text is not None and self.attempt(lambda: self.sitting.narrow(text)) is not None:
                self.say("")

        hint = 'Words "a phrase" #tag from:feed newer:7d -not, or nothing'
        self.push_screen(Ask("Filter", self.sitting.filter, hint=hint, wording=self.wording, does="filter"), done)

    def action_stop(self) -> None:
        """Leave at once; a note that is being written is saved first, or kept beside the database."""
        pane = next((screen for screen in self.screen_stack if isinstance(screen, NotePane)), None)
        if pane is not None and self.noting is not None and pane.typed != self.noting.note:
            item, text = self.noting, pane.typed
            if self.attempt(lambda: set_note(self.connection, item.id, text, now=self.clock())) is None:
                self.unsaved[item.id] = text
        self.exit(return_code=130)

    # What they share

    def _repeatable(self, act: Callable[[], None]) -> None:
        """Do it, and let “.” do it again."""
        self.again = act
        act()

    # The mouse

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        """Put the cursor on the row; a double click reads it."""
        self.sitting.move_to(event.place)
        if event.times > 1:
            self.action_read()
        else:
            self.say("")

    def on_rows_scrolled(self, event: Rows.Scrolled) -> None:
        """Move with the wheel."""
        self.action_move(event.by)


def _named(step: Step) -> str:
    """Name a step in a few words."""
    if not step.items:
        return f"{step.action} {step.rule}"
    more = f" and {len(step.items) - 1} more" if len(step.items) > 1 else ""
    return f"{step.action} {step.items[0].title}{more}"
