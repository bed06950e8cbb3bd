"""Panes in which something is typed: a note, or one line. The list stays in sight above them.

Each gives back what was typed, or None; what is done with it is the screen's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from curate.tui.rows import Wording

LONG = 280  # characters of a note; more is no mistake, and is said
OFFERED = 8  # completions in sight
PANE = """
{name} {{ align: left bottom; background: transparent; }}
{name} > Vertical {{ height: auto; max-height: 100%; background: ansi_default; }}
{name} .line {{ height: 1; padding: 0 1; }}
{name} Input {{ border: none; height: 1; padding: 0 1; }}
{name} TextArea {{ border: none; height: auto; max-height: 8; min-height: 1; padding: 0 1; }}
"""


@dataclass(frozen=True)
class NoteDone:
    """The text of a note, and what is to be done with it; “cancel” leaves the note as it was."""

    text: str
    then: Literal["save", "editor", "quote", "cancel"]


class NotePane(ModalScreen[NoteDone]):
    """Write the note on an item; questions that start a thought stand below it."""

    CSS = PANE.format(name="NotePane")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done('save')", "save", priority=True),
        Binding("ctrl+e", "done('editor')", "editor", priority=True),
        Binding("ctrl+q", "done('quote')", "quote", priority=True),
        Binding("escape", "done('cancel')", "cancel", priority=True),
    ]

    def __init__(self, title: str, text: str, *, prompts: Sequence[str], wording: Wording) -> None:
        super().__init__()
        self.heading = title
        self.prompts = prompts
        self.wording = wording
        self.area = TextArea(text, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True)

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.area.text

    def compose(self) -> ComposeResult:
        """Lay out title and counter, the field, questions and keys."""
        rule = self.wording.rule * 400
        with Vertical():
            yield Static(rule, markup=False, classes="line")
            yield Static(markup=False, id="title", classes="line")
            yield self.area
            for prompt in self.prompts[:3]:
                yield Static(self.wording.safe(prompt), markup=False, classes="line")
            keys = "Enter save   Ctrl-E editor   Ctrl-Q choose the quote   Esc leave it"
            yield Static(keys, markup=False, classes="line")

    def on_mount(self) -> None:
        """Begin at the end of what is there."""
        self.area.focus()
        self.area.move_cursor(self.area.document.end)
        self._count()

    def on_text_area_changed(self) -> None:
        """Count."""
        self._count()

    def action_done(self, then: Literal["save", "editor", "quote", "cancel"]) -> None:
        """Give back what was typed."""
        self.dismiss(NoteDone(self.typed, then))

    def _count(self) -> None:
        count = len(self.typed)
        title = self.wording.cell(self.heading, max(self.app.size.width - 34, 12)).rstrip()
        long = ", rather long" if count > LONG else ""
        self.query_one("#title", Static).update(f"Note for “{title}”   {count} of {LONG}{long}")


class Ask(ModalScreen[str | None]):
    """Ask for one line; ``complete`` offers words for what stands after the last comma."""

    CSS = PANE.format(name="Ask")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def __init__(
        self,
        title: str,
        value: str,
        *,
        hint: str,
        wording: Wording,
        complete: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        super().__init__()
        self.heading = title
        self.hint = hint
        self.wording = wording
        self.complete = complete
        self.field = Input(value, select_on_focus=False)  # else the first key would wipe what is there

    def compose(self) -> ComposeResult:
        """Lay out title, field, what is offered, and keys."""
        with Vertical():
            yield Static(self.wording.rule * 400, markup=False, classes="line")
            yield Static(self.wording.safe(self.heading), markup=False, classes="line")
            yield self.field
            yield Static(self.wording.safe(self.hint), markup=False, id="offered", classes="line")
            yield Static("Enter save   Esc leave it", markup=False, classes="line")

    def on_mount(self) -> None:
        """Begin at the end of what is there."""
        self.field.focus()
        self.field.cursor_position = len(self.field.value)

    def on_input_changed(self) -> None:
        """Offer what fits."""
        offered = self._offered()
        text = "   ".join(offered) if offered else self.hint
        self.query_one("#offered", Static).update(self.wording.safe(text))

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

    def _offered(self) -> Sequence[str]:
        begun = self.field.value.rpartition(",")[2].strip()
        return self.complete(begun)[:OFFERED] if self.complete and begun else ()
