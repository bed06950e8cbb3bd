"""The share board: what goes out in one week, on which account, and one key for each thing to be done about it.

Every key that changes something is committed before the screen shows it. Must not know the command line, the
clock or the environment: they are handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import ModalScreen

from curate.shares.plan import CHANGEABLE, find_accounts, find_page
from curate.tui import keys
from curate.tui.ask import Ask, Confirm
from curate.tui.browser import open_page
from curate.tui.compose import Compose
from curate.tui.keys import HelpPane
from curate.tui.variant import Variant
from curate.tui.weekview import WeekView, day_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from textual.binding import BindingType

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned
    from curate.tui.grid import Grid
    from curate.tui.rows import Wording


class WeekBoard(WeekView):
    """Does what the keys say; ``edit`` opens a file in the person's editor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(table=keys.WEEK_KEYS),
        Binding("ctrl+c", "stop", "stop", priority=True, show=False),
    ]

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
        super().__init__(desk, settings, connection, clock=clock, wording=wording)
        self.edit = edit
        self.unfinished: Path | None = None  # where words lie that were typed and not saved when it was stopped

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
        when = f"{day_of(look)} {look.at:%H:%M}" if look else ""
        hint = "17:30, wed 17:30, 2026-11-25T17:30, or next for the next free slot."
        self.push_screen(
            Ask(f"Move {share.id} on {share.account}, {when}, to", "", hint=hint, wording=self.wording, does="move"),
            done,
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
                does="write",
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
            self.say(open_page(self, address))

    def action_copy(self) -> None:
        """Hand the share's text to the terminal's clipboard."""
        share = self._current()
        if share is not None:
            self.copy_to_clipboard(share.text)
            self.say(f"handed to the terminal's clipboard: the text of {share.id}")

    def action_help(self) -> None:
        """Show what each key does here."""
        self.push_screen(HelpPane(self.where, wording=self.wording, table=self.table))

    def action_stop(self) -> None:
        """Leave at once; what is being typed is kept first, and when it cannot be, one stays."""
        pane = next((screen for screen in self.screen_stack if isinstance(screen, Compose)), None)
        if pane is not None:
            if not pane.keep():
                return
            self.unfinished = pane.variant.file if pane.variant.file.exists() else None
        self.exit(return_code=130)
