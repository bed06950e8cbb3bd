"""The keys of the screens: a table for each, from which bindings, the line at the bottom, help and palette come.

Must not know what the keys do: the screen has an action for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Provider
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.command import Hits

    from curate.tui.rows import Wording

EVERYWHERE = ("list", "skim", "article")
LISTS = ("list", "skim")
SKIM = ("skim",)
PANES = {"list": "triage list", "skim": "page skim", "article": "article", "week": "share board"}


@dataclass(frozen=True, kw_only=True)
class Key:
    """What presses mean: Textual's names of the keys, the screen's action, how the key is written, what it does.

    ``where`` are the panes it works in, ``off`` says why not in the others. ``foot`` is its rank in the
    line at the bottom, 0 for not there, and ``short`` its words there. Without ``keys`` it is bound elsewhere.
    """

    keys: str = ""
    action: str
    face: str
    words: str
    group: str
    where: tuple[str, ...] = EVERYWHERE
    off: str = ""
    foot: int = 0
    short: str = ""


NOT_READING = "not while an article is read; Esc goes back"
ONLY_SKIM = "only in the page skim; Tab opens it"
KEYS = (
    Key(keys="j,down", action="move(1)", face="j", words="next line, as arrow down", group="Move"),
    Key(keys="k,up", action="move(-1)", face="k", words="line before, as arrow up", group="Move"),
    Key(keys="g,home", action="move(-100000)", face="g", words="first", group="Move"),
    Key(keys="G,end", action="move(100000)", face="G", words="last", group="Move"),
    Key(keys="pagedown", action="turn(1)", face="PgDn", words="turn the page", group="Move"),
    Key(keys="pageup", action="turn(-1)", face="PgUp", words="turn back", group="Move"),
    Key(keys="f", action="feed(1)", face="f", words="next feed alone", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="F", action="feed(-1)", face="F", words="feed before", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="tab", action="skim", face="Tab", words="list, page skim", group="Move", where=LISTS, off=NOT_READING),
    Key(keys="s", action="decide('keep')", face="s", words="keep", group="Decide", foot=1),
    Key(keys="x", action="decide('skip')", face="x", words="skip", group="Decide", foot=2),
    Key(keys="z", action="decide('later')", face="z", words="later, 7 days", group="Decide", foot=3, short="later"),
    Key(keys="full_stop", action="repeat", face=".", words="repeat the last", group="Decide"),
    Key(keys="t", action="apart", face="t", words="take a story apart", group="Decide"),
    Key(keys="space", action="mark", face="Space", words="mark", group="Many", where=LISTS, off=NOT_READING),
    Key(keys="V", action="range", face="V", words="mark from last mark", group="Many", where=LISTS, off=NOT_READING),
    Key(keys="asterisk", action="mark_all", face="*", words="all in sight", group="Many", where=LISTS, off=NOT_READING),
    Key(
        keys="X",
        action="skip_others",
        face="X",
        words="skip others, next page",
        group="Many",
        where=SKIM,
        off=ONLY_SKIM,
    ),
    Key(action="", face="1-9", words="mark by its number", group="Many", where=SKIM, off=ONLY_SKIM),
    *(Key(keys=f"{n}", action=f"mark_number({n})", face=f"{n}", words="", group="", where=SKIM) for n in range(1, 10)),
    Key(keys="n", action="note", face="n", words="note", group="Write", foot=4),
    Key(keys="quotation_mark,ctrl+q", action="quote", face='"', words="quote", group="Write", foot=8),
    Key(keys="number_sign", action="tags", face="#", words="tags", group="Write"),
    Key(keys="v", action="via", face="v", words="via: who pointed there", group="Write"),
    Key(keys="e", action="write", face="e", words="write, in the editor", group="Write", foot=7, short="write"),
    Key(keys="enter", action="read", face="Enter", words="read the full text", group="See"),
    Key(keys="o", action="open", face="o", words="open in the browser", group="See", foot=6, short="open"),
    Key(keys="p", action="preview", face="p", words="preview", group="See", where=LISTS, off=NOT_READING),
    Key(keys="w", action="why", face="w", words="why it stands here", group="See", foot=9, short="why"),
    Key(keys="y", action="copy", face="y", words="copy the address", group="See"),
    Key(keys="u", action="undo", face="u", words="undo the last step", group="Undo", foot=5, short="undo"),
    Key(keys="U", action="redo", face="U", words="redo what was undone", group="Undo"),
    Key(keys="slash", action="filter", face="/", words="filter", group="App", where=LISTS, off=NOT_READING),
    Key(keys="question_mark", action="help", face="?", words="keys", group="App"),
    Key(keys="q", action="quit", face="q", words="leave", group="App"),
    Key(action="", face="Esc", words="out of what is open", group="App"),
    Key(action="", face="Ctrl-P", words="commands by name", group="App"),
    Key(action="", face="Ctrl-C", words="leave at once, saved", group="App"),
)
WEEK = ("week",)
WEEK_KEYS = (  # of the share board
    Key(keys="h,left", action="day(-1)", face="h", words="day before, as arrow left", group="Move", where=WEEK),
    Key(keys="l,right", action="day(1)", face="l", words="next day, as arrow right", group="Move", where=WEEK),
    Key(keys="j,down", action="row(1)", face="j", words="next account, as down", group="Move", where=WEEK),
    Key(keys="k,up", action="row(-1)", face="k", words="account before, as up", group="Move", where=WEEK),
    Key(keys="less_than_sign", action="week(-1)", face="<", words="week before", group="Move", where=WEEK),
    Key(keys="greater_than_sign", action="week(1)", face=">", words="next week", group="Move", where=WEEK),
    Key(keys="g,home", action="today", face="g", words="today", group="Move", where=WEEK),
    Key(keys="tab", action="network(1)", face="Tab", words="next network", group="Move", where=WEEK),
    Key(keys="shift+tab", action="network(-1)", face="S-Tab", words="network before", group="Move", where=WEEK),
    Key(keys="space", action="next_here", face="Space", words="next share of this day", group="Move", where=WEEK),
    Key(
        keys="enter",
        action="edit",
        face="Enter",
        words="edit its words",
        group="Write",
        where=WEEK,
        foot=1,
        short="edit",
    ),
    Key(
        keys="a",
        action="approve",
        face="a",
        words="approve as it reads",
        group="Decide",
        where=WEEK,
        foot=2,
        short="approve",
    ),
    Key(
        keys="m",
        action="move",
        face="m",
        words="move to another time",
        group="Decide",
        where=WEEK,
        foot=3,
        short="move",
    ),
    Key(
        keys="d",
        action="cancel",
        face="d",
        words="cancel: take it out",
        group="Decide",
        where=WEEK,
        foot=4,
        short="cancel",
    ),
    Key(keys="t", action="angle", face="t", words="write another angle", group="Write", where=WEEK, foot=5),
    Key(keys="o", action="open", face="o", words="open it in the browser", group="See", where=WEEK),
    Key(keys="y", action="copy", face="y", words="copy its text", group="See", where=WEEK),
    Key(keys="question_mark", action="help", face="?", words="keys", group="App", where=WEEK),
    Key(keys="q", action="quit", face="q", words="leave", group="App", where=WEEK),
    Key(action="", face="Ctrl-P", words="commands by name", group="App", where=WEEK),
    Key(action="", face="Ctrl-C", words="leave at once, saved", group="App", where=WEEK),
)
GROUPS = ("Move", "Decide", "Many", "Write", "See", "Undo", "App")
TWO_COLUMNS = 76  # cells from which the help has two keys on a line
SKIMMING = (
    ("1-9 or Space mark", 1),
    ("s keep marked", 3),
    ("X skip the others, next page", 2),
    ("u undo", 4),
)  # words and rank


def bindings(where: str | None = None, *, table: Sequence[Key] = KEYS) -> list[BindingType]:
    """Return what Textual binds: the keys of a pane, or of all of a table.

    Ctrl-Q is among them, or Textual's own would end the program while a note is typed.
    """
    return [
        Binding(key.keys, key.action, key.words, show=False)
        for key in table
        if key.keys and (where is None or where in key.where)
    ]


def footer(width: int, where: str, *, table: Sequence[Key] = KEYS) -> str:
    """Return the line at the bottom: the keys of most use that fit, the way to the others at the end."""
    if where == "skim":
        return _fitted(SKIMMING, "? keys", width, between="   ")
    ranked = [(f"{key.face} {key.short or key.words}", key.foot) for key in table if key.foot and where in key.where]
    return _fitted(ranked, "Esc back  ? keys" if where == "article" else "? keys", width, between="  ")


def _fitted(ranked: Sequence[tuple[str, int]], last: str, width: int, *, between: str) -> str:
    """Return the words in their order, those that rank last left out until they fit."""
    ranks = sorted(rank for _, rank in ranked)
    while True:
        line = " " + between.join([*(words for words, rank in ranked if rank in ranks), last])
        if len(line) <= width or not ranks:
            return line
        ranks.pop()


class Commands(Provider):
    """The same actions in Textual's command palette: those that work in the pane it was opened over.

    The program has ``where``, the pane, and ``table``, its keys. Over a note or a question nothing is
    offered: it would act behind it.
    """

    async def discover(self) -> Hits:
        """Offer everything."""
        for key in self._keys():
            yield DiscoveryHit(f"{key.words}  ({key.face})", partial(self.app.run_action, key.action))

    async def search(self, query: str) -> Hits:
        """Offer what matches what was typed."""
        matcher = self.matcher(query)
        for key in self._keys():
            score = matcher.match(key.words)
            if score > 0:
                yield Hit(score, f"{key.words}  ({key.face})", partial(self.app.run_action, key.action))

    def _keys(self) -> Iterable[Key]:
        if isinstance(self.screen, ModalScreen):
            return ()
        where = getattr(self.app, "where", "list")
        return [key for key in getattr(self.app, "table", KEYS) if key.keys and key.words and where in key.where]


class HelpPane(ModalScreen[None]):
    """What each key does in the pane it was asked for from, and why a key is off; what is typed narrows it."""

    CSS = """
    HelpPane { background: ansi_default; }
    HelpPane Input { border: none; height: 1; padding: 0 1; }
    HelpPane VerticalScroll { height: 1fr; padding: 0 1; }
    HelpPane .line { height: 1; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]

    def __init__(self, where: str, *, wording: Wording, table: Sequence[Key] = KEYS) -> None:
        super().__init__()
        self.where = where
        self.table = table
        self.wording = wording
        self.field = Input(placeholder="type to search", select_on_focus=False)
        self.text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Show the table below a field for what is looked for."""
        with Vertical():
            yield Static(f"Keys: {PANES.get(self.where, self.where)}", markup=False, classes="line")
            yield self.field
            yield Static(markup=False, classes="line rule")
            with VerticalScroll(can_focus=False):
                yield self.text
            yield Static(markup=False, classes="line rule")
            yield Static("Esc closes   arrows and PgDn scroll", markup=False, classes="line")

    def on_mount(self) -> None:
        """Be ready to type."""
        self.field.focus()

    def on_resize(self) -> None:
        """Fit the table to the window."""
        for rule in self.query(".rule").results(Static):
            rule.update(self.wording.rule * (self.size.width - 2))
        self._show()

    def on_input_changed(self) -> None:
        """Narrow the table."""
        self._show()
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_scroll(self, by: int) -> None:
        """Scroll the table."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def _show(self) -> None:
        lines = help_lines(self.where, self.field.value, self.size.width - 4, table=self.table)
        self.text.update(Content("\n").join(Content(line) for line in lines))


def help_lines(where: str, wanted: str, width: int, *, table: Sequence[Key] = KEYS) -> list[str]:
    """Return the table of the keys of a pane that match ``wanted``, then those that are off, with the reason."""
    looked_for = wanted.casefold().split()
    found = [
        key
        for key in table
        if key.group
        and (key.face == wanted or all(one in f"{key.face} {key.words} {key.group}".casefold() for one in looked_for))
    ]
    lines = []
    columns = 2 if width >= TWO_COLUMNS else 1
    for group in GROUPS:
        cells = [f"{key.face:>6}  {key.words:<28}" for key in found if key.group == group and where in key.where]
        lines += [
            f"{group if place == 0 else '':<8}{''.join(cells[place : place + columns])}".rstrip()
            for place in range(0, len(cells), columns)
        ]
    off = [key for key in found if where not in key.where]
    for place, key in enumerate(off):
        reason = f"{'Off' if place == 0 else '':<8}{key.face:>6}  {key.words}: {key.off}"
        lines += wrap(reason, width, subsequent_indent=" " * 16)
    return lines or ["No key does that."]


class Said(ModalScreen[None]):
    """A few lines under a title, until a key closes them."""

    CSS = """
    Said { align: center middle; }
    Said > Static {
        width: auto; max-width: 90%; height: auto; max-height: 90%; padding: 0 1;
        border: ascii ansi_default; background: ansi_default;
    }
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
