"""The screen on which one share is written: its words, how long they are for its network, what stands against them.

What is typed is on the disk half a second later, and at once however the screen is left. Must not know the
command line, the clock or the environment: they are handed in.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from curate.errors import CurateError, Refused, UsageError
from curate.shares.compose import own_link
from curate.tui.ask import Ask, Field, fitting, headed
from curate.tui.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.timer import Timer

    from curate.shares.check import Check
    from curate.tui.rows import Wording

T = TypeVar("T")

SETTLED = 0.5  # seconds after the last key until what is typed is written to the disk
KEYS = (
    "Ctrl-S save   Ctrl-A approve   Ctrl-E $EDITOR   Tab next network   Esc back",
    "Ctrl-S save  Ctrl-A approve  Ctrl-E editor  Tab next  Esc back",
    "^S save  ^A approve  ^E editor  Tab next  Esc back",
)


class Compose(ModalScreen[Variant]):
    """Write one text after the other; gives back the last one.

    ``edit`` opens a file in the person's editor, ``meant`` reads a time as the board does.
    """

    CSS = """
    Compose { background: ansi_default; }
    Compose .line { height: 1; padding: 0 1; }
    Compose TextArea { height: 1fr; border: none; padding: 0 1; }
    Compose #below { height: auto; max-height: 7; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", priority=True),
        Binding("ctrl+a", "approve", "approve", priority=True),
        Binding("ctrl+e", "editor", "editor", priority=True),
        Binding("tab", "next", "next network", priority=True),
        Binding("escape", "leave", "back", priority=True),
    ]

    def __init__(
        self,
        variant: Variant,
        *,
        wording: Wording,
        clock: Callable[[], datetime],
        meant: Callable[[str], str],
        edit: Callable[[Path], int] | None = None,
    ) -> None:
        super().__init__()
        self.variant = variant
        self.wording = wording
        self.clock = clock
        self.meant = meant
        self.edit = edit
        self.area = Field("", wording)
        self.shown = ""  # the text that ``message`` is about
        self.message = ""
        self.checks: list[Check] = []
        self.waiting: Timer | None = None

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.area.text

    def compose(self) -> ComposeResult:
        """Lay out title and counter, the field, what is to be said, and keys."""
        yield Static(markup=False, id="title", classes="line")
        yield Static(markup=False, classes="line rule")
        yield self.area
        yield Static(markup=False, classes="line rule")
        yield Static(markup=False, id="below")
        yield Static(markup=False, id="pane-keys", classes="line")

    def on_mount(self) -> None:
        """Begin with the first text."""
        self.area.focus()
        self._open(self.variant)

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        for rule in self.query(".rule").results(Static):
            rule.update(self.wording.rule * (self.size.width - 2))
        self.query_one("#pane-keys", Static).update(fitting(KEYS, self.size.width - 2))
        self._show()

    def on_text_area_changed(self) -> None:
        """Count; keep what is typed, and check it, once the keys rest."""
        if self.typed == self.shown:
            return
        self.shown = self.typed
        self.say("")
        if self.waiting is not None:
            self.waiting.stop()
        self.waiting = self.set_timer(SETTLED, self.settle)

    def settle(self) -> None:
        """Keep what is typed, and check it."""
        if self.keep():
            self._check()

    # Saving

    def keep(self) -> bool:
        """Keep what is typed and not saved on the disk; say why when it cannot be."""
        try:
            self.variant.keep(self.typed)
        except (CurateError, OSError) as error:
            self.say(f"What you type is not on the disk: {in_words(error)}")
            return False
        return True

    def action_save(self) -> None:
        """Save the words as a draft."""
        self._store(lambda: self.variant.save(self.typed, now=self.clock()))

    def action_approve(self) -> None:
        """Save the words and let them go out as they read here."""
        self._store(lambda: self.variant.approve(self.typed, now=self.clock()))

    def _store(self, act: Callable[[], str]) -> None:
        try:
            said = act()
        except (Refused, UsageError) as error:
            self.keep()
            if self.variant.share is None and not self._faulty():
                self._ask_when(error, act)  # only its time can be at fault
            else:
                self.say(in_words(error))
        except (CurateError, sqlite3.Error, OSError) as error:
            if self.keep():
                self.say(f"{in_words(error)} What you typed is kept.")
        else:
            self.attempt(self.variant.look)
            self._fill(self.variant.stored, at=self.area.cursor_location)
            self._check()
            self.say(said)

    def _faulty(self) -> bool:
        self._check()
        return any(not check.ok for check in self.checks)

    def _ask_when(self, error: CurateError, act: Callable[[], str]) -> None:
        """Ask for a time where the next free slot will not do."""

        def done(said: str | None) -> None:
            try:
                self.variant.at = self.meant(said) if said and said.strip() else "next"
            except CurateError as wrong:
                self.say(in_words(wrong))
                return
            if self.variant.at == "next":
                self.say(in_words(error))
            else:
                self._store(act)

        said = in_words(error)
        self.say(said)
        hint = "17:30, wed 17:30 or 2026-11-25T17:30; Esc leaves it unplanned."
        self.app.push_screen(Ask("When?", "", hint=hint, wording=self.wording), done)

    # Other texts

    def action_next(self) -> None:
        """Go to the text of the same post for the next network."""
        following = self.attempt(self.variant.following)
        if following is None:
            self.say(self.message or "There is no other text for this post: t on the board writes one.")
        elif self.keep():
            old = self.variant
            self._open(Variant.of(old.desk, old.settings, old.connection, following))

    def action_editor(self) -> None:
        """Leave the screen to the editor for a while."""
        if self.edit is None:
            self.say("There is no editor here.")
            return
        edit, variant = self.edit, self.variant
        try:
            variant.write_down(self.typed)
            with self.app.suspend():
                code = edit(variant.file)
            words = variant.kept()
        except SuspendNotSupported:
            self.say("This terminal cannot be left to an editor.")
        except (CurateError, OSError) as error:
            self.say(in_words(error))
        else:
            self._fill(variant.stored if words is None else words)
            self.say(f"The editor ended with exit code {code}." if code else "")
            self.settle()

    def action_leave(self) -> None:
        """Go back; what is not saved is kept."""
        if self.keep():
            self.dismiss(self.variant)

    # Drawing

    def say(self, message: str) -> None:
        """Say one thing below the field, until the next key."""
        self.message = message
        self._show()

    def attempt(self, act: Callable[[], T]) -> T | None:
        """Do what reads; say why it cannot be done."""
        try:
            return act()
        except (CurateError, sqlite3.Error, OSError) as error:
            self.say(in_words(error))
            return None

    def _open(self, variant: Variant) -> None:
        """Show a text, with what was typed for it before and not saved."""
        self.variant = variant
        self.message = ""
        self.attempt(variant.look)
        kept = self.attempt(variant.kept)
        if kept is None or not variant.unsaved(kept):
            self._fill(variant.stored)
            self._check()
            return
        self._fill(kept)
        self._check()
        saved = f" Saved is: “{' '.join(variant.stored.split())[:80]}”" if variant.stored else ""
        self.say(f"This was typed before and is not saved yet.{saved}")

    def _fill(self, text: str, *, at: tuple[int, int] | None = None) -> None:
        """Put ``text`` into the field, the cursor ``at`` a place, else behind the words and before the link."""
        if text != self.typed:
            self.area.text = self.shown = text
        words = text.removesuffix(own_link(text, self.variant.link)).rstrip("\n")
        lines = words.split("\n")
        self.area.move_cursor(at or (len(lines) - 1, len(lines[-1])))

    def _check(self) -> None:
        self.checks = self.attempt(lambda: self.variant.checks(self.typed, now=self.clock())) or []
        self._show()

    def _show(self) -> None:
        cells = max(self.size.width - 2, 1)
        measured = self.variant.measured(self.typed)
        most = self.variant.limits.characters
        counter = f"{measured.characters} of {most}" if most else f"{measured.characters} characters"
        counter = f"! {counter}" if measured.problem else counter
        if self.variant.unsaved(self.typed):
            counter = f"not saved   {counter}"
        begin = f"Variant   {self.variant.account}  "
        title = headed(begin, self.variant.title, counter, cells=cells, wording=self.wording)
        self.query_one("#title", Static).update(self.wording.cell(title, cells))
        lines = [Content.styled(self.wording.safe(self.message), "bold")] if self.message else []
        lines.append(Content(self.wording.cell(f"When    {self.variant.when}", cells)))
        lines += [Content(self.wording.cell(line, cells)) for line in self._others(cells)]
        named = "   ".join(f"{mark}: {', '.join(names)}" for mark, names in self._answers().items() if names)
        lines.append(Content(self.wording.cell(f"Checks  {named}", cells)))
        told = [check for check in self.checks if not check.ok] or [check for check in self.checks if check.doubtful]
        lines += [Content(self.wording.safe(f"! {check.name}: {check.words}")) for check in told]
        self.query_one("#below", Static).update(Content("\n").join(lines))

    def _answers(self) -> dict[str, list[str]]:
        """Return the rules by what they say: what refuses first."""
        return {
            "NO": [check.name for check in self.checks if not check.ok],
            "look": [check.name for check in self.checks if check.ok and check.doubtful],
            "ok": [check.name for check in self.checks if check.ok and not check.doubtful],
        }

    def _others(self, cells: int) -> list[str]:
        """Show how the post's other texts begin, as many as one can tell apart; questions before there is one here."""
        if self.variant.share is None:
            return [f"Prompts {'  '.join(self.variant.prompts)}"]
        shown = self.variant.siblings[: max(cells // 36, 1)]
        room = (cells - 8) // max(len(shown), 1) - 3
        begins = [
            f"{one.account}: {' '.join(one.text.removesuffix(own_link(one.text, one.link)).split())}" for one in shown
        ]
        return [f"Others  {'   '.join(self.wording.cell(begin, room) for begin in begins)}"] if shown else []


def in_words(error: Exception) -> str:
    """Return all an error says: what happened, every problem, what to do."""
    if isinstance(error, CurateError):
        problems = error.problems if isinstance(error, Refused) else ()
        return " ".join(part for part in (error.message, *problems, error.hint) if part)
    return f"Not saved: {error}."
