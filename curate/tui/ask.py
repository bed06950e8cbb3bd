"""Panes in which something is typed: a note, or one line. The list stays in sight above them.

Each gives back what was typed, or None; what is done with it is the screen's business. What is in a
field keeps every character it had; only how it is drawn is disarmed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.events import Key

    from curate.tui.rows import Wording

Then = Literal["save", "editor", "quote", "cancel"]

LONG = 280  # characters of a note; more is no mistake, and is said
OFFERED = 8  # completions in sight
ASKED = 3  # questions in sight
NOTE_KEYS = (
    "Enter save   Ctrl-J new line   Ctrl-E editor   Ctrl-Q choose the quote   Esc cancel",
    "Enter save  Ctrl-J line  Ctrl-E editor  Ctrl-Q quote  Esc cancel",
    "Enter save  Ctrl-E editor  Ctrl-Q quote  Esc cancel",
)
LINE_KEYS = ("Enter {does}   Esc cancel", "Tab takes the first   Enter {does}   Esc cancel")
PANE = """
{name} {{ align: left bottom; background: transparent; }}
{name} > Vertical {{ height: auto; max-height: 100%; background: ansi_default; }}
{name} .line {{ height: 1; padding: 0 1; }}
{name} Input {{ border: none; height: 1; padding: 0 1; }}
{name} TextArea {{ border: none; height: auto; max-height: 6; min-height: 1; padding: 0 1; }}
"""


@dataclass(frozen=True)
class NoteDone:
    """The text of a note, and what is to be done with it; “cancel” leaves the note as it was."""

    text: str
    then: Then


class NotePane(ModalScreen[NoteDone]):
    """Write the note on an item; questions that start a thought stand below it.

    Cancelling gives back what was typed too, for the next time the pane is opened.
    """

    CSS = PANE.format(name="NotePane")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "done('save')", "save", priority=True),
        Binding("ctrl+j", "newline", "new line", priority=True),
        Binding("ctrl+e", "done('editor')", "editor", priority=True),
        Binding("ctrl+q", "done('quote')", "quote", priority=True),
        Binding("escape", "done('cancel')", "cancel", priority=True),
    ]

    def __init__(self, title: str, text: str, *, prompts: Sequence[str], wording: Wording) -> None:
        super().__init__()
        self.heading = title
        self.prompts = prompts
        self.wording = wording
        self.area = Field(text, wording)

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.area.text

    def compose(self) -> ComposeResult:
        """Lay out title and counter, the field, questions and keys."""
        with Vertical():
            yield Static(markup=False, id="rule", classes="line")
            yield Static(markup=False, id="title", classes="line")
            yield self.area
            for _ in self.prompts[:ASKED]:
                yield Static(markup=False, classes="line prompt")
            yield Static(markup=False, id="pane-keys", classes="line")

    def on_mount(self) -> None:
        """Begin at the end of what is there."""
        self.area.focus()
        self.area.move_cursor(self.area.document.end)

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        cells = self.size.width - 2
        self.query_one("#rule", Static).update(self.wording.rule * cells)
        for place, shown in enumerate(self.query(".prompt").results(Static)):
            before = "Prompts: " if place == 0 else " " * 9
            shown.update(before + self.wording.cell(self.prompts[place], cells - len(before)))
        self.query_one("#pane-keys", Static).update(fitting(NOTE_KEYS, cells))
        self._count()

    def on_text_area_changed(self) -> None:
        """Count."""
        self._count()

    def action_newline(self) -> None:
        """Begin another line."""
        self.area.insert("\n")

    def action_done(self, then: Then) -> None:
        """Give back what was typed."""
        self.dismiss(NoteDone(self.typed, then))

    def _count(self) -> None:
        count = len(self.typed)
        counter = f"{count} of {LONG}" + (", rather long" if count > LONG else "")
        self.query_one("#title", Static).update(
            headed("Note for", self.heading, counter, cells=self.size.width - 2, wording=self.wording)
        )


class Ask(ModalScreen[str | None]):
    """Ask for one line; ``complete`` offers words for what stands after the last comma, ``does`` is what Enter does."""

    CSS = PANE.format(name="Ask")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def __init__(  # noqa: PLR0913 - what a question is made of
        self,
        title: str,
        value: str,
        *,
        hint: str,
        wording: Wording,
        complete: Callable[[str], Sequence[str]] | None = None,
        does: str = "save",
    ) -> None:
        super().__init__()
        self.heading = title
        self.keys = LINE_KEYS[complete is not None].format(does=does)
        self.hint = hint
        self.wording = wording
        self.complete = complete
        self.value = value
        # not selected, or the first key would wipe what is there
        self.field = Line(select_on_focus=False, highlighter=_Disarmed(wording))

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.field.value

    def compose(self) -> ComposeResult:
        """Lay out title, field, what is offered, and keys."""
        with Vertical():
            yield Static(markup=False, id="rule", classes="line")
            yield Static(markup=False, id="title", classes="line")
            yield self.field
            yield Static(markup=False, id="offered", classes="line")
            yield Static(self.keys, markup=False, classes="line")

    def on_mount(self) -> None:
        """Begin at the end of what is there."""
        self.field.value = self.value
        self.field.cursor_position = len(self.value)
        self.field.focus()

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        cells = self.size.width - 2
        self.query_one("#rule", Static).update(self.wording.rule * cells)
        self.query_one("#title", Static).update(self.wording.cell(self.heading, cells))
        self._offer()

    def on_input_changed(self) -> None:
        """Offer what fits."""
        self._offer()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give back what was typed."""
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Give back nothing."""
        self.dismiss(None)

    def action_complete(self) -> None:
        """Take the first word that is offered."""
        offered = self._offered()
        if offered:
            before, comma, _ = self.field.value.rpartition(",")
            self.field.value = f"{before}{comma}{' ' if comma else ''}{offered[0]}"
            self.field.cursor_position = len(self.field.value)

    def _offer(self) -> None:
        offered = self._offered()
        text = "   ".join(offered) if offered else self.hint
        self.query_one("#offered", Static).update(self.wording.cell(text, self.size.width - 2))

    def _offered(self) -> list[str]:
        """Return what the last word may become; not what it is already, nor what stands before it."""
        before, _, last = self.field.value.rpartition(",")
        begun = last.strip().removeprefix("#").strip()
        if self.complete is None or not begun:
            return []
        there = {part.strip().removeprefix("#").casefold() for part in (*before.split(","), begun)}
        return [word for word in self.complete(begun) if word.casefold() not in there][:OFFERED]


class Confirm(ModalScreen[bool]):
    """Ask whether it is meant; only ``y`` says so."""

    CSS = PANE.format(name="Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,enter,q", "answer(False)", "no"),
    ]

    def __init__(self, question: str, *, wording: Wording) -> None:
        super().__init__()
        self.question = question
        self.wording = wording

    def compose(self) -> ComposeResult:
        """Lay out the question and the keys."""
        with Vertical():
            yield Static(markup=False, id="rule", classes="line")
            yield Static(markup=False, id="title", classes="line")
            yield Static("y yes   n no", markup=False, classes="line")

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        cells = self.size.width - 2
        self.query_one("#rule", Static).update(self.wording.rule * cells)
        self.query_one("#title", Static).update(self.wording.cell(self.question, cells))

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - Textual hands it over by place
        """Give back the answer."""
        self.dismiss(yes)


def headed(words: str, title: str, counter: str, *, cells: int, wording: Wording) -> str:
    """Return a pane's first line: its title, cut where it must be, and the counter at the right."""
    room = max(cells - cell_len(words) - cell_len(counter) - 6, 1)
    shown = wording.cell(title, room).rstrip()
    begin = wording.safe(f"{words} “{shown}”")
    return f"{begin}{' ' * max(cells - cell_len(begin) - cell_len(counter), 2)}{counter}"


def fitting(lines: Sequence[str], cells: int) -> str:
    """Return the first of ``lines`` that fits, else the last."""
    return next((line for line in lines if cell_len(line) <= cells), lines[-1])


def unseen(event: Key) -> str:
    """Return the character typed when it is one that Textual takes for no text, else ''.

    Joiners hold emoji and Persian words together, and there are more spaces than one.
    """
    char = event.character or ""
    return char if len(char) == 1 and unicodedata.category(char) in {"Cf", "Zs"} and char != " " else ""


class Line(Input):
    """One line to type in."""

    async def _on_key(self, event: Key) -> None:
        if char := unseen(event):
            event.prevent_default().stop()
            self.replace(char, *self.selection)


class Field(TextArea):
    """Several lines to type in."""

    async def _on_key(self, event: Key) -> None:
        if char := unseen(event):
            event.prevent_default().stop()
            self.replace(char, *self.selection, maintain_selection_offset=False)

    def __init__(self, text: str, wording: Wording) -> None:
        super().__init__(text, soft_wrap=True, tab_behavior="focus", compact=True, highlight_cursor_line=False)
        self.wording = wording

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        return Text(_disarmed(self.document.get_line(line_index), self.wording), end="", no_wrap=True)


class _Disarmed(Highlighter):
    """Draws what stands in a field of one line."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def highlight(self, text: Text) -> None:
        """Take the sting out of ``text``."""
        text.plain = _disarmed(text.plain, self.wording)


def _disarmed(text: str, wording: Wording) -> str:
    """Return ``text`` safe to draw and as long as it was, or the cursor would stand beside its character."""
    safe = wording.safe(text)
    if len(safe) == len(text):
        return safe
    return "".join(char if len(drawn := wording.safe(char)) != 1 else drawn for char in text)
