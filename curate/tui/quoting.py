"""Choose a passage of an article, line by line or a paragraph at once; never more than may be quoted.

Gives back the passage as it stands in the text. Must not know where it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from curate.feeds.clean import word_count
from curate.inbox.notes import MOST_QUOTED

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from curate.tui.rows import Wording

LONGEST = 200_000  # characters of an article that are offered


@dataclass(frozen=True)
class Line:
    """A line as the window breaks the text: where it begins and ends there, and which paragraph it is of."""

    start: int
    end: int
    paragraph: int


def broken(text: str, width: int) -> list[Line]:
    """Return the lines of ``text`` in a window of ``width`` cells; empty lines are no lines."""
    lines = []
    for paragraph, block in enumerate(re.finditer(r"\S(?:.*?)(?=\n\s*\n|\s*\Z)", text, re.DOTALL)):
        start = block.start()
        while start < block.end():
            end = _fits(text, start, block.end(), width)
            lines.append(Line(start, end, paragraph))
            start = end
            while start < block.end() and text[start].isspace():
                start += 1
    return lines


def _fits(text: str, start: int, stop: int, width: int) -> int:
    """Return where a line ends that begins at ``start``: after the last word that fits, else in the middle of one."""
    from rich.cells import cell_len

    end = start
    for word in re.finditer(r"\S+", text[start:stop]):
        if cell_len(text[start : start + word.end()].replace("\n", " ")) > width:
            break
        end = start + word.end()
    if end > start:
        return end
    taken = start + 1
    while taken < stop and not text[taken].isspace() and cell_len(text[start : taken + 1]) <= width:
        taken += 1
    return taken


class _Text(Widget):
    """The article, line by line, with the cursor and what is marked."""

    def __init__(self, text: str, wording: Wording) -> None:
        super().__init__()
        self.source = text
        self.wording = wording
        self.lines: list[Line] = []
        self.cursor = 0
        self.marked: tuple[int, int] | None = None  # from and to which character

    def on_resize(self) -> None:
        """Break the text anew, the cursor on the words it was on."""
        at = self.lines[self.cursor].start if self.lines else 0
        self.lines = broken(self.source, max(self.size.width - 4, 10))
        self.cursor = max((place for place, line in enumerate(self.lines) if line.start <= at), default=0)
        self.refresh()

    def render(self) -> Content:
        """Draw what is around the cursor, an empty line between paragraphs."""
        rows: list[tuple[int | None, str]] = []
        for place, line in enumerate(self.lines):
            if place and line.paragraph != self.lines[place - 1].paragraph:
                rows.append((None, ""))
            rows.append((place, " ".join(self.source[line.start : line.end].split())))
        height = max(self.size.height, 1)
        at = next((row for row, (place, _) in enumerate(rows) if place == self.cursor), 0)
        first = max(0, min(at - height // 2, len(rows) - height))
        drawn = []
        for at_line, words in rows[first : first + height]:
            marked = at_line is not None and self.is_marked(self.lines[at_line])
            begin = ("> " if at_line == self.cursor else "  ") + ("* " if marked else "  ")
            style = "reverse" if at_line == self.cursor else "bold" if marked else ""
            drawn.append(Content.styled(begin + self.wording.safe(words), style) if words else Content())
        return Content("\n").join(drawn)

    def is_marked(self, line: Line) -> bool:
        """Say whether the line is part of the passage."""
        return self.marked is not None and self.marked[0] < line.end and line.start < self.marked[1]

    def mark(self, first: Line, last: Line) -> None:
        """Add what lies between two lines to the passage, or take it away from an end of it.

        The passage stays one: a mark elsewhere reaches from there to what is marked.
        """
        if self.marked is None:
            self.marked = (first.start, last.end)
        elif self.is_marked(first) and self.is_marked(last):
            before, after = (self.marked[0], first.start), (last.end, self.marked[1])
            left = [part for part in (before, after) if self.source[part[0] : part[1]].strip()]
            self.marked = max(left, key=lambda part: part[1] - part[0]) if left else None
        else:
            self.marked = (min(self.marked[0], first.start), max(self.marked[1], last.end))
        self.refresh()


class QuotePane(ModalScreen[str | None]):
    """Mark the lines to quote; Enter gives the passage back."""

    CSS = """
    QuotePane { background: ansi_default; }
    QuotePane .line { height: 1; padding: 0 1; }
    QuotePane _Text { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("right_curly_bracket,n", "paragraph(1)", show=False),
        Binding("left_curly_bracket,N", "paragraph(-1)", show=False),
        Binding("space", "mark", show=False),
        Binding("P", "mark_paragraph", show=False),
        Binding("enter", "save", show=False),
        Binding("escape,q", "leave", show=False),
    ]

    def __init__(self, title: str, text: str, *, wording: Wording) -> None:
        super().__init__()
        self.heading = title
        self.wording = wording
        self.text = _Text(text[:LONGEST], wording)

    @property
    def passage(self) -> str:
        """What is marked, as the text has it."""
        return self.text.source[slice(*self.text.marked)] if self.text.marked else ""

    def compose(self) -> ComposeResult:
        """Lay out the counter, the text and the keys."""
        with Vertical():
            yield Static(markup=False, id="counter", classes="line")
            yield Static(self.wording.rule * 400, markup=False, classes="line")
            yield self.text
            yield Static(self.wording.rule * 400, markup=False, classes="line")
            keys = "Space mark   P paragraph   n N next, previous one   Enter save   Esc leave"
            yield Static(keys, markup=False, classes="line")

    def on_mount(self) -> None:
        """Say how to begin."""
        self._count()

    def action_move(self, by: int) -> None:
        """Move by lines."""
        self.text.cursor = max(0, min(self.text.cursor + by, len(self.text.lines) - 1))
        self.text.refresh()

    def action_paragraph(self, by: int) -> None:
        """Go to the beginning of the next paragraph, or of the one before."""
        lines, cursor = self.text.lines, self.text.cursor
        if lines:
            wanted = lines[cursor].paragraph + by
            place = next((place for place, line in enumerate(lines) if line.paragraph == wanted), cursor)
            self.action_move(place - cursor)

    def action_mark(self) -> None:
        """Mark the line, or unmark it, and go on."""
        if self.text.lines:
            line = self.text.lines[self.text.cursor]
            self.text.mark(line, line)
            self.action_move(1)
            self._count()

    def action_mark_paragraph(self) -> None:
        """Mark the paragraph."""
        if self.text.lines:
            number = self.text.lines[self.text.cursor].paragraph
            lines = [line for line in self.text.lines if line.paragraph == number]
            self.text.mark(lines[0], lines[-1])
            self.action_paragraph(1)
            self._count()

    def action_save(self) -> None:
        """Give the passage back, unless it is too long, or empty."""
        words = word_count(self.passage)
        if words > MOST_QUOTED:
            self._count(f"{words - MOST_QUOTED} words too many: unmark some")
        elif not words:
            self._count("mark a line first: Space")
        else:
            self.dismiss(self.passage)

    def action_leave(self) -> None:
        """Give back nothing."""
        self.dismiss(None)

    def _count(self, said: str = "") -> None:
        counter = f"{word_count(self.passage)} of {MOST_QUOTED} words"
        title = self.wording.cell(self.heading, max(self.app.size.width - len(counter) - len(said) - 12, 10)).rstrip()
        about = f"   {said}" if said else ""
        self.query_one("#counter", Static).update(f"Quote “{title}”   {counter}{about}")
