"""The command ``triage``: the full screen, or line mode, which says the same in whole words."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.item_view import byline, wrapped
from curate.cli.main import Command
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from curate.cli.here import Here
    from curate.inbox.decide import Action
    from curate.inbox.items import Item

ANSWERS = ("keep", "skip", "later", "note", "open", "undo", "quit")
ASKED = f"{', '.join(ANSWERS)} [skip]: "
LATER = timedelta(days=7)
LINE = 72  # cells of a line of the summary
MOST = 500  # items in one sitting of line mode


@click.command(cls=Command, epilog="Example: curate triage --limit 20")
@click.option("--line", "by_line", is_flag=True, help="Ask item by item, in whole words; no screen is drawn.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many items in this sitting.")
@click.pass_obj
def triage(here: Here, *, by_line: bool, limit: int | None) -> None:
    """Decide on the new items, one key or word each."""
    from curate.inbox.items import count_by_state, wake

    if not here.interactive() or not sys.stdout.isatty():
        raise UsageError(
            "Triage needs a terminal and a person at it.",
            "For scripts: curate item list --json, then curate item keep, skip or later ID.",
        )
    with here.database() as connection:
        wake(connection, now=here.now())
        before = count_by_state(connection, now=here.now())
        if not before["new"]:
            here.answer({}, [_nothing_to_do(before)])
            return
        sit = _sit_by_line if by_line or os.environ.get("TERM") == "dumb" else _sit_before_screen
        stopped = sit(here, connection, limit)
        after = count_by_state(connection, now=here.now())
    here.answer({}, _told(before, after, stopped=stopped), exit_code=130 if stopped else 0)


def _sit_before_screen(here: Here, connection: sqlite3.Connection, limit: int | None) -> bool:
    """Show the full screen until it is left; say whether it was interrupted."""
    from curate.tui.rows import Wording
    from curate.tui.sitting import Plan
    from curate.tui.triage import Triage
    from curate.tui.writing import Doors

    def safe(text: str) -> str:
        return here.drawn(render.term_safe(text))

    plain = {"ellipsis": "...", "rule": "-", "upright": "|"} if here.ascii else {}
    wording = Wording(safe=safe, ago=render.ago, byline=byline, **plain)
    app = Triage(connection, clock=here.now, wording=wording, plan=Plan(limit=limit), doors=Doors())
    app.run()
    return app.return_code == 130


def _sit_by_line(here: Here, connection: sqlite3.Connection, limit: int | None) -> bool:
    """Ask in words until there is nothing left to ask; say whether it was interrupted."""
    from curate.inbox.items import list_items

    items = list_items(connection, state="new", limit=min(limit or MOST, MOST), unread=here.now())

    def ask(question: str) -> str | None:
        sys.stdout.write(question)
        sys.stdout.flush()
        return sys.stdin.readline() or None

    sitting = Sitting(connection, items, ask=ask, say=lambda line: render.out(here.drawn(line)), clock=here.now)
    try:
        sitting.run()
    except KeyboardInterrupt:
        render.out()
        return True
    return False


@dataclass
class Sitting:
    """Line mode: asks about ``items`` one by one, in the words of ANSWERS or their first letters.

    ``ask`` gets a question and returns the line typed, or None at the end of the input; ``say`` takes
    whole lines. Each decision is committed before the next line is said.
    """

    connection: sqlite3.Connection
    items: list[Item]
    ask: Callable[[str], str | None]
    say: Callable[[str], None]
    clock: Callable[[], datetime]
    place: int = 0

    def run(self) -> None:
        """Ask until all items are decided, or the person quits."""
        shown = -1
        while self.place < len(self.items):
            if shown != self.place:
                self._introduce(self.items[self.place])
                shown = self.place
            line = self.ask(ASKED)
            word = "quit" if line is None else line.strip().lower() or "skip"
            answer = next((known for known in ANSWERS if known.startswith(word)), "")
            if answer == "quit":
                if line is None:
                    self.say("")  # ends the line of the question
                return
            try:
                self._do(answer)
            except CurateError as error:
                self.say(render.term_safe(f"{error.message} {error.hint}"))

    def _do(self, answer: str) -> None:
        item = self.items[self.place]
        match answer:
            case "keep" | "skip" | "later":
                self._decide(item, answer)
            case "note":
                self._note(item)
            case "open":
                from curate.inbox.items import web_address

                click.launch(web_address(item))
                self.say(render.term_safe(item.url))
            case "undo":
                self._undo()
            case _:
                self.say(f"Please answer with one of these words, or its first letter: {', '.join(ANSWERS)}.")

    def _introduce(self, item: Item) -> None:
        self.say(f"{self.place + 1} of {len(self.items)}. {render.term_safe(item.title)}")
        sources = f", {item.sources} sources" if item.sources > 1 else ""
        self.say(render.term_safe(byline(item)) + sources)
        if item.summary:
            for line in wrapped(item.summary, LINE):
                self.say(line)
        if item.note:
            self.say(f"Note: {render.term_safe(item.note)}")

    def _decide(self, item: Item, action: Action) -> None:
        from curate.inbox.decide import DONE, decide

        now = self.clock()
        decide(self.connection, [item.id], action, now=now, until=now + LATER)
        self.place += 1
        self.say(f"{DONE[action]}. {len(self.items) - self.place} left.")

    def _note(self, item: Item) -> None:
        from curate.inbox.notes import set_note

        text = self.ask("Note: ")
        if text and text.strip():
            set_note(self.connection, item.id, text, now=self.clock())
            self.say("Noted.")
        else:
            self.say("The note is as it was.")

    def _undo(self) -> None:
        from curate.inbox.journal import undo

        steps = undo(self.connection, 1, now=self.clock())
        if not steps:
            self.say("Nothing to undo.")
            return
        first = steps[0].items[0]
        self.say(f"Taken back: {steps[0].action} {render.term_safe(first.title)}")
        places = [place for place, item in enumerate(self.items) if item.id == first.id]
        self.place = places[0] if places and first.state == "new" else self.place


def _nothing_to_do(counts: dict[str, int]) -> str:
    if not sum(counts.values()):
        return "No items yet. curate fetch reads your feeds."
    return f"Inbox empty. {counts['kept']:,} kept: curate item list --state kept"


def _told(before: dict[str, int], after: dict[str, int], *, stopped: bool) -> list[str]:
    decided = max(before["new"] - after["new"], 0)
    said = f"{render.count(decided, 'decision')} saved, {after['kept']:,} kept in all, {after['new']:,} left."
    return [f"Stopped. {said}" if stopped else said]
