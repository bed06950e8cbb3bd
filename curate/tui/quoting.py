"""Choose a passage of an article, line by line or a paragraph at once; never more than may be quoted.

Gives back the passage as the text has it. Must not know where it is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from curate.feeds.clean import word_count
from curate.inbox.notes import MOST_QUOTED
from curate.tui.ask import fitting, headed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import ComposeResult

    from curate.tui.rows import Wording

LONGEST = 200_000  # characters of an article that are offered
WORD = re.compile(r"\S+")
SPACE = re.compile(r"\s")
PANE_KEYS = (
    "Space mark   P paragraph   j k lines   { } paragraphs   Enter save   Esc cancel",
    "Space mark  P paragraph  { } paragraphs  Enter save  Esc cancel",
    "Space mark  P paragraph  Enter save  Esc cancel",
)


@dataclass(frozen=True)
class Line:
    """A line as the window breaks the text: where it begins and ends there, and which paragraph it is of."""

    start: int
    end: int
    paragraph: int


def broken(text: str, width: int, *, cells: Callable[[str], int] = cell_len) -> list[Line]:
    """Return the lines of ``text`` in a window ``width`` wide; what is empty is no line.

    A line ends after the last word that fits, else in the middle of one; ``cells`` measures.
    """
    lines = []
    for number, (start, stop) in enumerate(_paragraphs(text)):
        place = start
        while place < stop:
            end = _fits(text, place, stop, width, cells)
            lines.append(Line(place, end, number))
            following = WORD.search(text, end, stop)
            place = following.start() if following else stop
    return lines


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where each paragraph goes: lines with words, up to one that has none."""
    place = begin = end = 0
    for line in text.split("\n"):
        if line.strip():
            begin = begin if end else place + len(line) - len(line.lstrip())
            end = place + len(line.rstrip())
        elif end:
            yield begin, end
            end = 0
        place += len(line) + 1
    if end:
        yield begin, end


def _fits(text: str, start: int, stop: int, width: int, cells: Callable[[str], int]) -> int:
    """Return where the line that begins at ``start`` ends."""
    end = start
    for word in WORD.finditer(text, start, stop):
        if word.end() - start > 2 * width or cells(SPACE.sub(" ", text[start : word.end()])) > width:
            break
        end = word.end()
    if end > start:
        return end
    if text[start : start + width].isascii():
        space = SPACE.search(text, start, min(start + width, stop))
        return space.start() if space else min(start + width, stop)
    end = start + 1
    while end < stop and not text[end].isspace() and end - start < 2 * width and cells(text[start : end + 1]) <= width:
        end += 1
    return end


def passage_of(text: str, start: int, end: int) -> str:
    """Return what stands there: each paragraph as running text, an empty line between two."""
    parts = re.split(r"\n\s*\n", text[start:end])
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


class Passage(Widget):
    """The article, line by line, with the cursor and what is marked.

    What is marked is one passage, kept as places in the text: another width breaks the lines anew and marks the same.
    """

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
        self.lines = broken(
            self.source, max(self.size.width - 4, 10), cells=lambda words: cell_len(self.wording.safe(words))
        )
        self.cursor = max((place for place, line in enumerate(self.lines) if line.start <= at), default=0)
        self.refresh()

    def render(self) -> Content:
        """Draw what is around the cursor, an empty line between paragraphs."""
        if not self.lines:
            return Content("  There is no text here to quote from. Enter on the list gets the full text.")
        height = max(self.size.height, 1)
        nearby = range(max(self.cursor - height, 0), min(self.cursor + height, len(self.lines)))
        rows: list[int | None] = []
        for place in nearby:
            if place and self.lines[place].paragraph != self.lines[place - 1].paragraph:
                rows.append(None)
            rows.append(place)
        first = max(0, min(rows.index(self.cursor) - height // 2, len(rows) - height))
        drawn = [Content() if place is None else self._drawn(place) for place in rows[first : first + height]]
        return Content("\n").join(drawn)

    def move(self, by: int) -> None:
        """Put the cursor ``by`` lines further, or as far as there are lines."""
        self.cursor = max(0, min(self.cursor + by, len(self.lines) - 1))
        self.refresh()

    def is_marked(self, line: Line) -> bool:
        """Say whether the line is part of the passage."""
        return self.marked is not None and self.marked[0] < line.end and line.start < self.marked[1]

    def mark(self, first: Line, last: Line) -> str:
        """Add the lines from one to another to the passage, or take them off; return what is to be said of it.

        The passage stays one: a mark elsewhere reaches from there to what is marked, and where the
        middle is taken out, the longer end stays.
        """
        self.refresh()
        if self.marked is None:
            self.marked = (first.start, last.end)
            return ""
        start, end = self.marked
        if self.is_marked(first) and self.is_marked(last):
            ends = [part for part in ((start, first.start), (last.end, end)) if self.source[slice(*part)].strip()]
            self.marked = max(ends, key=lambda part: part[1] - part[0]) if ends else None
            return "one passage: the shorter end went too" if len(ends) > 1 else ""
        self.marked = (min(start, first.start), max(end, last.end))
        between = self.source[end : first.start] if first.start > end else self.source[last.end : start]
        return "one passage: what lies between is marked too" if between.strip() else ""

    def _drawn(self, place: int) -> Content:
        line = self.lines[place]
        here, marked = place == self.cursor, self.is_marked(line)
        start, end = self.marked if self.marked and marked else (line.start, line.start)
        cuts = (line.start, max(line.start, start), min(line.end, end), line.end)
        before, inside, after = (
            self.wording.safe(SPACE.sub(" ", self.source[cuts[place] : cuts[place + 1]])) for place in range(3)
        )
        words = Content(before) + Content.styled(inside, "bold") + Content(after)
        whole = Content((">" if here else " ") + ("*" if marked else " ") + " ") + words
        return whole.stylize("reverse") if here else whole


class QuotePane(ModalScreen[str | None]):
    """Mark the lines to quote; Enter gives the passage back."""

    CSS = """
    QuotePane { align: left bottom; background: transparent; }
    QuotePane > Vertical { height: 75%; background: ansi_default; }
    QuotePane .line { height: 1; padding: 0 1; }
    QuotePane Passage { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("g,home", "move(-1000000)", show=False),
        Binding("G,end", "move(1000000)", show=False),
        Binding("right_curly_bracket,n", "paragraph(1)", show=False),
        Binding("left_curly_bracket,p,N", "paragraph(-1)", show=False),
        Binding("space", "mark", show=False),
        Binding("P,shift+space", "mark_paragraph", show=False),
        Binding("enter", "save", show=False),
        Binding("escape,q", "leave", show=False),
    ]

    def __init__(self, title: str, text: str, *, wording: Wording) -> None:
        super().__init__()
        self.heading = title
        self.wording = wording
        self.text = Passage(text[:LONGEST], wording)

    @property
    def passage(self) -> str:
        """What is marked."""
        return passage_of(self.text.source, *self.text.marked) if self.text.marked else ""

    def compose(self) -> ComposeResult:
        """Lay out the counter, the text and the keys."""
        with Vertical():
            yield Static(markup=False, id="counter", classes="line")
            yield Static(markup=False, id="said", classes="line")
            yield self.text
            yield Static(markup=False, id="rule", classes="line")
            yield Static(markup=False, id="pane-keys", classes="line")

    def on_resize(self) -> None:
        """Fit the lines to the window."""
        cells = self.size.width - 2
        self.query_one("#rule", Static).update(self.wording.rule * cells)
        self.query_one("#pane-keys", Static).update(fitting(PANE_KEYS, cells))
        self._count()

    def on_mouse_scroll_down(self) -> None:
        """Move down with the wheel."""
        self.text.move(1)

    def on_mouse_scroll_up(self) -> None:
        """Move up with the wheel."""
        self.text.move(-1)

    def action_move(self, by: int) -> None:
        """Move by lines."""
        self.text.move(by)

    def action_paragraph(self, by: int) -> None:
        """Go to the beginning of the next paragraph, or of the one before."""
        lines, cursor = self.text.lines, self.text.cursor
        if lines:
            wanted = lines[cursor].paragraph + by
            place = next((place for place, line in enumerate(lines) if line.paragraph == wanted), cursor)
            self.text.move(place - cursor)

    def action_mark(self) -> None:
        """Mark the line, or take its mark away, and go on."""
        if self.text.lines:
            line = self.text.lines[self.text.cursor]
            said = self.text.mark(line, line)
            self.text.move(1)
            self._count(said)

    def action_mark_paragraph(self) -> None:
        """Mark the whole paragraph, or take its marks away, and go to the next."""
        if self.text.lines:
            number = self.text.lines[self.text.cursor].paragraph
            lines = [line for line in self.text.lines if line.paragraph == number]
            said = self.text.mark(lines[0], lines[-1])
            self.action_paragraph(1)
            self._count(said)

    def action_save(self) -> None:
        """Give the passage back, unless it is too long, or empty."""
        words = word_count(self.passage)
        if words > MOST_QUOTED:
            self._count(f"refused: {words - MOST_QUOTED} words must go; Space takes a line off")
        elif not self.passage:
            self._count("nothing is marked: Space marks the line")
        else:
            self.dismiss(self.passage)

    def action_leave(self) -> None:
        """Give back nothing."""
        self.dismiss(None)

    def _count(self, said: str = "") -> None:
        cells = self.size.width - 2
        words = word_count(self.passage)
        counter = f"{words} of {MOST_QUOTED} words"
        self.query_one("#counter", Static).update(
            headed("Quote", self.heading, counter, cells=cells, wording=self.wording)
        )
        if not said:
            over = f"{words - MOST_QUOTED} words over: that is refused"
            said = over if words > MOST_QUOTED else f"over {MOST_QUOTED} words is refused"
        rule = self.wording.rule * max(cells - cell_len(said) - 1, 0)
        self.query_one("#said", Static).update(f"{rule} {said}")
