"""The keys of the triage screen: one table, from which bindings, the line at the bottom, the help and the palette come.

Must not know what the keys do: the screen has an action for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Provider
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.command import Hits

    from curate.tui.rows import Wording

EVERYWHERE = ("list", "skim", "article")
LISTS = ("list", "skim")


@dataclass(frozen=True, kw_only=True)
class Key:
    """What presses mean: Textual's names of the keys, the screen's action, how the key is written, what it does.

    ``where`` are the panes it works in, ``off`` says why not in the others. ``foot`` is its place in the line at
    the bottom; 0 is none.
    """

    keys: str
    action: str
    face: str
    words: str
    group: str
    where: tuple[str, ...] = EVERYWHERE
    off: str = ""
    foot: int = 0


NOT_READING = "not while an article is read: Esc goes back"
KEYS = (
    Key(keys="j,down", action="move(1)", face="j ↓", words="next line", group="Move"),
    Key(keys="k,up", action="move(-1)", face="k ↑", words="line before", group="Move"),
    Key(keys="g,home", action="move(-100000)", face="g", words="first", group="Move"),
    Key(keys="G,end", action="move(100000)", face="G", words="last", group="Move"),
    Key(keys="pagedown", action="turn(1)", face="PgDn", words="turn the page", group="Move"),
    Key(keys="pageup", action="turn(-1)", face="PgUp", words="turn back", group="Move"),
    Key(keys="f", action="feed(1)", face="f", words="next feed alone", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="F", action="feed(-1)", face="F", words="feed before", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="tab", action="skim", face="Tab", words="list, skim", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="s", action="decide('keep')", face="s", words="keep", group="Decide", foot=1),
    Key(keys="x", action="decide('skip')", face="x", words="skip", group="Decide", foot=2),
    Key(keys="z", action="decide('later')", face="z", words="later, 7 days", group="Decide", foot=3),
    Key(keys="full_stop", action="repeat", face=".", words="repeat", group="Decide"),
    Key(keys="t", action="apart", face="t", words="take a story apart", group="Decide"),
    Key(keys="space", action="mark", face="Space", words="mark", group="Many", where=LISTS, off=NOT_READING),
    Key(
        keys="V", action="range", face="V", words="mark from the last mark", group="Many", where=LISTS, off=NOT_READING
    ),
    Key(keys="asterisk", action="mark_all", face="*", words="all in sight", group="Many", where=LISTS, off=NOT_READING),
    Key(
        keys="X",
        action="skip_others",
        face="X",
        words="skip the others, next page",
        group="Many",
        where=("skim",),
        off="only in the skim: Tab",
    ),
    *(
        Key(keys=str(n), action=f"mark_number({n})", face=str(n), words="", group="", where=("skim",))
        for n in range(1, 10)
    ),
    Key(keys="n", action="note", face="n", words="note", group="Write", foot=4),
    Key(keys="quotation_mark", action="quote", face='"', words="quote", group="Write", foot=5),
    Key(keys="number_sign", action="tags", face="#", words="tags", group="Write"),
    Key(keys="v", action="via", face="v", words="via", group="Write"),
    Key(keys="e", action="write", face="e", words="write, in the editor", group="Write", foot=6),
    Key(keys="enter", action="read", face="Enter", words="read", group="See"),
    Key(keys="o", action="open", face="o", words="browser", group="See", foot=7),
    Key(keys="p", action="preview", face="p", words="preview", group="See", where=LISTS, off=NOT_READING),
    Key(keys="w", action="why", face="w", words="why it is here", group="See"),
    Key(keys="y", action="copy", face="y", words="copy address", group="See"),
    Key(keys="u", action="undo", face="u", words="undo", group="Undo", foot=8),
    Key(keys="U", action="redo", face="U", words="redo", group="Undo"),
    Key(keys="slash", action="filter", face="/", words="filter", group="App", where=LISTS, off=NOT_READING),
    Key(keys="question_mark", action="help", face="?", words="keys", group="App", foot=9),
    Key(keys="q", action="quit", face="q", words="leave", group="App"),
)
PALETTE = Key(keys="ctrl+p", action="command_palette", face="C-p", words="commands", group="App")
GROUPS = ("Move", "Decide", "Many", "Write", "See", "Undo", "App")
SHORT = {"later, 7 days": "later", "write, in the editor": "write", "browser": "open"}  # in the line at the bottom
SKIMMING = " 1-9 or Space mark   s keep marked   X skip the others, next page   u undo   ? keys"
READING = ' s keep  x skip  z later  n note  " quote  e write  o open  u undo  Esc back  ? keys'


def bindings() -> list[BindingType]:
    """Return what Textual binds."""
    return [Binding(key.keys, key.action, key.words, show=False) for key in KEYS]


def footer(width: int, where: str) -> str:
    """Return the line at the bottom, as many keys as fit, the help always."""
    if where == "skim":
        return SKIMMING
    if where == "article" and len(READING) <= width:
        return READING
    shown = sorted((key for key in KEYS if key.foot), key=lambda key: key.foot)
    line = "  ".join(f"{key.face} {SHORT.get(key.words, key.words)}" for key in shown)
    while len(line) + 1 > width and len(shown) > 1:
        del shown[-2]
        line = "  ".join(f"{key.face} {SHORT.get(key.words, key.words)}" for key in shown)
    return f" {line}"


class Commands(Provider):
    """The same actions in Textual's command palette."""

    async def discover(self) -> Hits:
        """Offer everything."""
        for key in KEYS:
            if key.words:
                yield DiscoveryHit(f"{key.words}  ({key.face})", partial(self.app.run_action, key.action))

    async def search(self, query: str) -> Hits:
        """Offer what matches what was typed."""
        matcher = self.matcher(query)
        for key in KEYS:
            score = matcher.match(key.words) if key.words else 0
            if score > 0:
                yield Hit(score, f"{key.words}  ({key.face})", partial(self.app.run_action, key.action))


class HelpPane(ModalScreen[None]):
    """What each key does in the pane it was asked for from, and why a key is off; what is typed narrows it."""

    CSS = """
    HelpPane { align: center middle; background: ansi_default; }
    HelpPane > Vertical { padding: 0 1; }
    HelpPane Input { border: none; height: 1; padding: 0; }
    HelpPane VerticalScroll { height: 1fr; }
    HelpPane .line { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("down,pagedown", "scroll(1)", show=False),
        Binding("up,pageup", "scroll(-1)", show=False),
    ]

    def __init__(self, where: str, *, wording: Wording) -> None:
        super().__init__()
        self.where = where
        self.wording = wording
        self.text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Show the table below a field for what is looked for."""
        with Vertical():
            yield Static(f"Keys: {self.where}", markup=False, classes="line")
            yield Input(placeholder="type to search", select_on_focus=False)
            with VerticalScroll(can_focus=False):
                yield self.text
            yield Static("Esc closes   ↓ ↑ scroll", markup=False, classes="line")

    def on_mount(self) -> None:
        """Show all keys, ready to type."""
        self.query_one(Input).focus()
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the table."""
        self._show(event.value)

    def action_scroll(self, by: int) -> None:
        """Scroll the table."""
        self.query_one(VerticalScroll).scroll_relative(y=by * 3, animate=False)

    def _show(self, wanted: str) -> None:
        self.text.update(Content("\n").join(Content(line) for line in help_lines(self.where, wanted, self.size.width)))


def help_lines(where: str, wanted: str, width: int) -> list[str]:
    """Return the table of the keys of a pane that match ``wanted``, then those that are off, with the reason."""
    found = [
        key
        for key in (*KEYS, PALETTE)
        if key.group and wanted.casefold() in f"{key.face} {key.words} {key.group}".casefold()
    ]
    lines = []
    columns = 2 if width >= 70 else 1
    for group in GROUPS:
        cells = [f"{key.face:>6}  {key.words:<26}" for key in found if key.group == group and where in key.where]
        lines += [
            f"{group if place == 0 else '':<8}{''.join(cells[place : place + columns])}".rstrip()
            for place in range(0, len(cells), columns)
        ]
    off = [key for key in found if where not in key.where]
    lines += [f"{'Off' if place == 0 else '':<8}{key.face:>6}  {key.words}: {key.off}" for place, key in enumerate(off)]
    return lines or ["No key does that."]


class Said(ModalScreen[None]):
    """A few lines under a title, until a key closes them."""

    CSS = """
    Said { align: center middle; }
    Said > Static { width: auto; max-width: 90%; height: auto; padding: 0 1; }
    Said > Static { border: ascii ansi_default; background: ansi_default; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,w,space", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[str], *, wording: Wording) -> None:
        super().__init__()
        safe = wording.safe
        parts = [Content.styled(safe(title), "bold"), Content(), *(Content(safe(line)) for line in lines)]
        self.content = Content("\n").join([*parts, Content(), Content("Esc closes")])

    def compose(self) -> ComposeResult:
        """Show them in the middle."""
        yield Static(self.content, markup=False)
