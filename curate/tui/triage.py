"""The triage screen: a list, the article below it, one key for each decision.

Every key that decides goes through ``curate.inbox`` and is committed before the screen shows it.
Texts of others reach the terminal through ``Wording.safe`` and never as markup. Must not know the
command line, the clock or the environment: they are handed in.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from curate.errors import CurateError
from curate.inbox.decide import decide
from curate.inbox.items import count_by_state, find_item, list_items, web_address
from curate.inbox.journal import count_steps, undo
from curate.inbox.notes import set_note
from curate.tui.rows import Rows, Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events

    from curate.inbox.decide import Action
    from curate.inbox.items import Item

T = TypeVar("T")

MOST_ROWS = 500
SMALLEST = (60, 16)  # columns, rows
LATER = timedelta(days=7)
PREVIEW = 6_000  # characters of an article: more than anybody reads here, less than what slows a key down
KEYS = " s keep  x skip  z later  n note  o open  u undo  ? keys  q quit"
HELP = """\
Decide  s  keep           Move  j k  next, previous
        x  skip                 g G  first, last
        z  later, 7 days        PgUp PgDn  the article
Write   n  note           See   o  open in the browser
Undo    u  the last step, however it was made
Leave   q  or Ctrl-C; what was decided is saved

Marks   . new  + kept  - skipped  z later  n note
        x3  in three feeds

Esc closes"""


class Help(ModalScreen[None]):
    """What each key does, over the list."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """Show the text in the middle."""
        yield Static(HELP, markup=False, id="help")


class Triage(App[None]):
    """Decide on the new items, newest first, 500 rows at a time, or ``limit`` in all."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    CSS = """
    #small, #empty, #note { display: none; }
    #small, #empty { height: 1fr; content-align: center middle; text-align: center; }
    #rows { height: 2fr; }
    #article { height: 3fr; }
    #article Static { padding: 0 1; }
    #note { border: none; height: 1; padding: 0 1; }
    .line { height: 1; }
    Help { align: center middle; }
    #help { width: auto; height: auto; padding: 0 1; border: ascii ansi_default; }
    .small #desk { display: none; }
    .small #small { display: block; }
    .empty #rows, .empty #article, .empty #middle { display: none; }
    .empty #empty { display: block; }
    .noting #note { display: block; }
    .noting #keys { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "decide('keep')", "keep"),
        Binding("x", "decide('skip')", "skip"),
        Binding("z", "decide('later')", "later"),
        Binding("n", "note", "note"),
        Binding("o", "open", "open"),
        Binding("u", "undo", "undo"),
        Binding("j,down", "move(1)", "down"),
        Binding("k,up", "move(-1)", "up"),
        Binding("g,home", "move(-1000)", "first"),
        Binding("G,end", "move(1000)", "last"),
        Binding("pagedown", "read(1)", "read on"),
        Binding("pageup", "read(-1)", "read back"),
        Binding("question_mark", "help", "keys"),
        Binding("escape", "leave_note", "cancel"),
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "stop", "stop", priority=True),
    ]

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        clock: Callable[[], datetime],
        wording: Wording,
        limit: int | None = None,
    ) -> None:
        super().__init__()
        self.theme = "ansi-dark"  # the terminal's own sixteen colours
        self.connection = connection
        self.clock = clock
        self.wording = wording
        self.limit = limit  # of the sitting; None turns page after page
        self.rows = Rows(wording, clock, self.show_item)
        self.noting: Item | None = None  # whose note is being written, wherever the cursor goes meanwhile
        self.decided: dict[str, str] = {}  # id to state, in this sitting
        self.message = "newest first"

    def compose(self) -> ComposeResult:
        """Lay out head, list, article and keys; what stands in for them is hidden."""
        with Vertical(id="desk"):
            yield Static(markup=False, id="counts", classes="line")
            yield Static(markup=False, id="message", classes="line")
            yield Static(markup=False, classes="line rule")
            yield Static(markup=False, id="empty")
            yield self.rows
            yield Static(markup=False, id="middle", classes="line rule")
            with VerticalScroll(id="article", can_focus=False):
                yield Static(markup=False, id="text")
            yield Static(markup=False, classes="line rule")
            yield Static(KEYS, markup=False, id="keys", classes="line")
            # not selected, or the first key would wipe the note that is there
            yield Input(id="note", placeholder="Enter saves the note, Esc leaves it as it was", select_on_focus=False)
        yield Static(markup=False, id="small")

    def on_mount(self) -> None:
        """Show the first page."""
        self._load()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the rules; say so when the window is too small."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.screen_stack[0].set_class(small, "small")
        self.query_one("#small", Static).update(
            f"This window is {width} x {height}. Triage needs {SMALLEST[0]} x {SMALLEST[1]}.\n"
            "Use a larger window, or: curate triage --line"
        )
        for rule in self.query(".rule").results(Static):
            rule.update(self.wording.rule * width)

    # Keys

    def action_decide(self, action: Action) -> None:
        """Decide on the item under the cursor and go to the next one that waits."""
        item = self._current()
        if item is None:
            return
        now = self.clock()
        done = self._try(lambda: decide(self.connection, [item.id], action, now=now, until=now + LATER))
        if done:
            self._replace(done[0])
            self.decided[item.id] = done[0].state
            self.message = f"{done[0].state}: {item.title}"
            self._advance()

    def action_undo(self) -> None:
        """Take the last step back and go to its item."""
        steps = self._try(lambda: undo(self.connection, 1, now=self.clock()))
        if not steps:
            self._say(self.message if steps is None else "Nothing to undo.")
            return
        for one in steps[0].items:
            if one.state == "new":
                self.decided.pop(one.id, None)
            elif one.id in self.decided:
                self.decided[one.id] = one.state
        first = steps[0].items[0]
        self.message = f"taken back: {steps[0].action} {first.title}"
        if any(item.id == first.id for item in self.rows.items):
            for one in steps[0].items:
                self._replace(find_item(self.connection, one.id))
        else:
            self._load()
        places = [place for place, item in enumerate(self.rows.items) if item.id == first.id]
        self.rows.move_to(places[0] if places else self.rows.cursor)
        self._show()

    def action_note(self) -> None:
        """Write the note on the item in one line, right here."""
        item = self._current()
        if item is None:
            return
        if "\n" in item.note:
            self._say(f"This note has several lines: curate item note {item.id} --edit")
            return
        field = self.query_one("#note", Input)
        field.value = item.note
        self.noting = item
        self._note_field(shown=True)
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save the note."""
        item = self.noting
        if item is not None:
            noted = self._try(lambda: set_note(self.connection, item.id, event.value, now=self.clock()))
            if noted is None:  # not saved: what was typed stays in its field
                return
            self._replace(noted)
            self.message = f"noted on: {item.title}"
            self.show_item()
        self._note_field(shown=False)
        self._show()

    def action_leave_note(self) -> None:
        """Leave the note as it was."""
        self._note_field(shown=False)

    def action_open(self) -> None:
        """Open the item in the browser."""
        item = self._current()
        address = self._try(lambda: web_address(item)) if item else None
        if address:
            self.open_url(address)
            self._say(f"opened: {address}")

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.rows.move_to(self.rows.cursor + by)

    def action_read(self, pages: int) -> None:
        """Turn the article's pages."""
        article = self.query_one("#article", VerticalScroll)
        article.scroll_relative(y=pages * max(article.size.height - 1, 1), animate=False)

    def action_help(self) -> None:
        """Show what each key does."""
        self.push_screen(Help())

    def action_stop(self) -> None:
        """Leave at once; a note being written is saved first."""
        field = self.query_one("#note", Input)
        item = self.noting
        if item is not None and field.value.strip():
            self._try(lambda: set_note(self.connection, item.id, field.value, now=self.clock()))
        self.exit(return_code=130)

    # What the keys share

    def show_item(self) -> None:
        """Show the article under the cursor."""
        item = self._current()
        if item is None:
            return
        whole = find_item(self.connection, item.id)
        safe = self.wording.safe
        parts = [Content.styled(safe(whole.title), "bold"), Content(safe(self.wording.byline(whole)))]
        parts += [Content(safe(f"Note: {line}")) for line in whole.note.splitlines()[:3]]
        text = (whole.content_text or whole.summary)[:PREVIEW]
        parts += [Content(), *(Content(safe(line)) for line in text.split("\n"))]
        self.query_one("#text", Static).update(Content("\n").join(parts))
        self.query_one("#article", VerticalScroll).scroll_home(animate=False)

    def _load(self) -> None:
        """Put the newest new items into the list."""
        limit = min(self.limit or MOST_ROWS, MOST_ROWS)
        self.rows.items = list_items(self.connection, state="new", limit=limit, unread=self.clock())
        self.rows.move_to(0)
        self._show()

    def _advance(self) -> None:
        """Go to the next item that waits, below first; with none left, turn to the next page."""
        items, cursor = self.rows.items, self.rows.cursor
        places = [*range(cursor + 1, len(items)), *range(cursor)]
        waiting = next((place for place in places if items[place].state == "new"), None)
        if waiting is not None:
            self.rows.move_to(waiting)
            self._show()
        elif self.limit is None:
            self._load()
        else:
            self.rows.items = []
            self._show()

    def _show(self) -> None:
        """Bring the head, and what stands in for an empty list, up to date."""
        counts = count_by_state(self.connection, now=self.clock())
        kept = sum(state == "kept" for state in self.decided.values())
        self.query_one("#counts", Static).update(
            f" Triage     {counts['new']:,} left  {len(self.decided):,} done  {kept:,} kept"
            f"      undo: {count_steps(self.connection):,} steps"
        )
        self.query_one("#message", Static).update(f" {self.wording.safe(self.message)}")
        self.screen_stack[0].set_class(not self.rows.items, "empty")
        empty = f"That was all of this sitting. {counts['new']:,} left" if counts["new"] else "Inbox empty"
        self.query_one("#empty", Static).update(
            f"{empty}. {counts['kept']:,} kept.\n\n"
            "q  leave, then: curate item list --state kept, curate write ID\nu  undo"
        )
        self.rows.refresh()

    def _say(self, message: str) -> None:
        self.message = message
        self._show()

    def _note_field(self, *, shown: bool) -> None:
        self.screen_stack[0].set_class(shown, "noting")
        if not shown:
            self.noting = None
            self.set_focus(None)

    def _current(self) -> Item | None:
        return self.rows.items[self.rows.cursor] if self.rows.items else None

    def _replace(self, item: Item) -> None:
        self.rows.items = [item if one.id == item.id else one for one in self.rows.items]

    def _try(self, act: Callable[[], T]) -> T | None:
        """Do what writes or refuses; say the refusal in the head and go on."""
        try:
            return act()
        except CurateError as error:
            self._say(f"{error.message} {error.hint}")
        except sqlite3.Error as error:
            self._say(f"Not saved: {error}. Press the key again.")
        return None
