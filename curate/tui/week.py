"""The share board: what goes out in one week, on which account, and one key for each thing to be done about it.

Every key that changes something is committed before the screen shows it. Must not know the command line, the
clock or the environment: they are handed in.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from curate.errors import CurateError
from curate.shares.plan import CHANGEABLE, find_accounts, find_page
from curate.tui import keys
from curate.tui.ask import Ask, Confirm
from curate.tui.board import SMALLEST
from curate.tui.compose import Compose, in_words
from curate.tui.grid import Grid
from curate.tui.keys import HelpPane
from curate.tui.planning import LETTERS, Week
from curate.tui.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from textual import events
    from textual.binding import BindingType

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned
    from curate.tui.planning import Look
    from curate.tui.rows import Wording

T = TypeVar("T")

AROUND = 5  # lines around the table: head, three rules' worth, legend and keys
TEXT = 3  # lines that are left for what stands below the table, at least
FRESH = 30  # seconds until what other programs did is shown


class WeekBoard(App[None]):
    """Draws a week, and does what the keys say."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(table=keys.WEEK_KEYS),
        Binding("ctrl+c", "stop", "stop", priority=True, show=False),
    ]
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

    def __init__(  # noqa: PLR0913 - all that is handed in
        self,
        desk: Desk,
        settings: Settings,
        connection: sqlite3.Connection,
        *,
        clock: Callable[[], datetime],
        wording: Wording,
        edit: Callable[[Path], int] | None = None,
    ) -> None:
        super().__init__()
        self.theme = "ansi-dark"  # the terminal's own sixteen colours
        self.desk = desk
        self.settings = settings
        self.connection = connection
        self.clock = clock
        self.wording = wording
        self.edit = edit
        self.week = Week(connection, settings, clock)
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
            f"This window is {width} x {height}. The share board needs {SMALLEST[0]} x {SMALLEST[1]}.\n"
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
        name = f"{look.letter} {share.account}, {_day(look)} {look.at:%H:%M}: {state}   {share.id}{several}"
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

    # Moving

    def _moved(self, move: Callable[[], object]) -> None:
        self.message = ""
        self.attempt(move)
        self.show()

    def action_day(self, by: int) -> None:
        """Move along the days."""
        self._moved(lambda: self.week.move_day(by))

    def action_row(self, by: int) -> None:
        """Move along the accounts."""
        self._moved(lambda: self.week.move_row(by))

    def action_week(self, by: int) -> None:
        """Turn to another week."""
        self._moved(lambda: self.week.turn(by))

    def action_today(self) -> None:
        """Go to today."""
        self.week.go_to(self.week.today)
        self._moved(self.week.load)

    def action_network(self, by: int) -> None:
        """Go to the next network, or the one before."""
        self._moved(lambda: self.week.move_network(by))

    def action_focus_next(self) -> None:
        """Let Tab, which would go to the next field, go to the next network where there are no fields."""
        if isinstance(self.screen, ModalScreen):
            super().action_focus_next()
        else:
            self.action_network(1)

    def action_focus_previous(self) -> None:
        """Do the same the other way round."""
        if isinstance(self.screen, ModalScreen):
            super().action_focus_previous()
        else:
            self.action_network(-1)

    def action_next_here(self) -> None:
        """Go to the next share of the same cell."""
        self._moved(self.week.choose_next)

    def on_grid_clicked(self, event: Grid.Clicked) -> None:
        """Put the cursor on the cell; a double click edits its share."""
        self.week.row, self.week.day = event.row, event.day
        self._moved(lambda: None)
        if event.times > 1:
            self.action_edit()

    # Changing

    def _current(self) -> Share | None:
        look = self.week.current
        if look is None:
            self.say("There is no share here.")
        return look.share if look else None

    def _changed(self, act: Callable[[], Planned], said: str) -> None:
        """Change a share, say so with what the person should know, and follow it to where it is now."""
        done = self.attempt(act)
        told = self.message
        if done is None:
            self.attempt(self.week.load)
            self.say(told)
            return
        share = done.shares[0]
        self.attempt(self.week.load if share.state == "cancelled" else lambda: self.week.go_to_share(share))
        local = share.due_at.astimezone(self.week.zone)
        when = f"{local:%a} {local.day} {local:%b %H:%M}"
        self.say(" ".join([f"{said}: {share.id}, {share.account}, {when}.", *done.warnings]))

    def action_approve(self) -> None:
        """Let the share go out as it reads."""
        share = self._current()
        if share is not None:
            self._changed(lambda: self.week.approve(share), "approved")

    def action_move(self) -> None:
        """Ask for a time and move the share there."""
        share = self._current()
        if share is None:
            return

        def done(said: str | None) -> None:
            if said and said.strip():
                self._changed(lambda: self.week.move(share, said), "moved")

        look = self.week.current
        when = f"{_day(look)} {look.at:%H:%M}" if look else ""
        hint = "17:30, wed 17:30, 2026-11-25T17:30, or next for the next free slot."
        self.push_screen(
            Ask(f"Move {share.id} on {share.account}, {when}, to", "", hint=hint, wording=self.wording), done
        )

    def action_cancel(self) -> None:
        """Take the share out of the queue, when it is meant."""
        share = self._current()
        if share is None:
            return

        def done(yes: bool | None) -> None:  # noqa: FBT001 - Textual's own way to answer
            if yes:
                self._changed(lambda: self.week.cancel(share), "cancelled")

        question = f"Take {share.id} on {share.account} out of the queue? Its words stay in the history."
        self.push_screen(Confirm(question, wording=self.wording), done)

    def action_edit(self) -> None:
        """Edit the words of the share."""
        share = self._current()
        if share is None:
            return
        if share.state not in CHANGEABLE:
            self.say(f"{share.id} is {share.state.replace('_', ' ')}: its words cannot be changed any more.")
            return
        self._compose(Variant.of(self.desk, self.settings, self.connection, share))

    def action_angle(self) -> None:
        """Ask for an account and write another text on the same post for it."""
        share = self._current()
        if share is None:
            return

        def begin(name: str) -> Variant:
            [account] = find_accounts(self.settings, [name])
            post, link = find_page(self.desk, self.settings, share.post)
            return Variant(
                desk=self.desk, settings=self.settings, connection=self.connection, account=account, post=post.slug,
                title=post.title, link=link,
            )  # fmt: skip

        def done(said: str | None) -> None:
            variant = self.attempt(lambda: begin(said.strip())) if said and said.strip() else None
            if variant is not None:
                self._compose(variant)

        taken = {one.account for one in self.week.others if one.post == share.post}
        free = next((name for name in self.settings.accounts if name not in taken), "")
        known = list(self.settings.accounts)
        self.push_screen(
            Ask(
                f"For which account? Another angle on “{share.title}”",
                free,
                hint=", ".join(known),
                wording=self.wording,
                complete=lambda begun: [name for name in known if name.casefold().startswith(begun.casefold())],
            ),
            done,
        )

    def _compose(self, variant: Variant) -> None:
        def done(last: Variant | None) -> None:
            share = last.share if last else None
            if share is None:
                self._moved(self.week.load)
            else:
                self._moved(lambda: self.week.go_to_share(share))
            if last is not None and last.file.exists():
                self.say("What you typed is not saved; it is kept, and Enter or t goes on with it.")

        self.push_screen(
            Compose(variant, wording=self.wording, clock=self.clock, meant=self.week.meant, edit=self.edit), done
        )

    def action_open(self) -> None:
        """Open what is out, else the page the share is about, in the browser."""
        share = self._current()
        if share is not None:
            address = share.remote_url if share.remote_url.startswith("http") else share.link
            self.open_url(address)
            self.say(f"opened: {address}")

    def action_copy(self) -> None:
        """Hand the share's text to the terminal's clipboard."""
        share = self._current()
        if share is not None:
            self.copy_to_clipboard(share.text)
            self.say(f"copied: the text of {share.id}")

    def action_help(self) -> None:
        """Show what each key does here."""
        self.push_screen(HelpPane(self.where, wording=self.wording, table=self.table))

    def action_stop(self) -> None:
        """Leave at once; what is being typed is kept first, and when it cannot be, one stays."""
        pane = next((screen for screen in self.screen_stack if isinstance(screen, Compose)), None)
        if pane is None or pane.keep():
            self.exit(return_code=130)


def _day(look: Look) -> str:
    return f"{look.at:%a} {look.at.day} {look.at:%b}"
