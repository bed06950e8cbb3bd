"""Line mode of triage, and decisions from a file: the same acts, said and answered in whole words.

Nothing is drawn and nothing depends on colour or place, so a screen reader can follow. Every act is committed
before the next line is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.cli import render
from curate.cli.item_view import byline, named, wrapped
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from curate.inbox.items import Item
    from curate.inbox.journal import Step
    from curate.inbox.listing import Row
    from curate.tui.sitting import Sitting
    from curate.tui.writing import Doors

# In this order: the first that begins with what was typed is meant.
ANSWERS = {
    "keep": "to write about",
    "skip": "not for me; Enter does the same",
    "later": "back in 7 days; or: later 3d",
    "note": "my line on it; or: note TEXT",
    "open": "in the browser",
    "undo": "take the last thing back",
    "quit": "leave",
    "tag": "tags, with commas between; or: tag TAGS",
    "via": "who pointed there; or: via NAME URL",
    "read": "the whole text",
    "why": "why it comes now",
    "quote": "a passage; or: quote TEXT",
    "split": "take a story apart",
    "write": "a draft, in the editor",
    "redo": "do again what was taken back",
    "help": "these words",
}
ASKED = "keep, skip, later, note, open, undo, quit, help [skip]: "
LINE = 72  # cells of a line
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FROM_FILE = ("keep", "skip", "later", "note", "quote", "tag", "via")


@dataclass
class LineMode:
    """Asks about the rows of a sitting one by one.

    ``ask`` gets a question and returns the line typed, or None at the end of the input; ``say`` takes whole lines.
    """

    sitting: Sitting
    ask: Callable[[str], str | None]
    say: Callable[[str], None]
    doors: Doors

    def run(self) -> None:
        """Ask until all rows are decided, or the person quits."""
        self.sitting.load(keep=self.sitting.plan.start)
        began = self.sitting.clock()
        shown: Item | None = None
        while (row := self.sitting.current) is not None and self.sitting.waiting:
            if shown is None or shown.id != row.lead.id:
                self._introduce(row, began)
                shown = row.lead
            line = self.ask(ASKED)
            word, _, rest = (line or "quit").strip().partition(" ")
            answer = next((known for known in ANSWERS if known.startswith(word.lower() or "skip")), "")
            if answer == "quit":
                if line is None:
                    self.say("")  # ends the line of the question
                return
            try:
                if self._do(answer, rest.strip(), row):
                    shown = None
            except CurateError as error:
                self._say(f"{error.message} {error.hint}")

    def _do(self, answer: str, rest: str, row: Row) -> bool:  # noqa: C901, PLR0912 - one arm for each word
        """Do what was answered; say whether the row is to be introduced again."""
        sitting, item = self.sitting, row.lead
        match answer:
            case "keep" | "skip":
                sitting.decide(answer, [row])
                self._decided(answer, row)
            case "later":
                until = later_until(rest, sitting.clock())
                sitting.decide(answer, [row], until=until)
                self._decided(answer, row)
            case "note" | "tag" | "via" | "quote":
                text = rest or (self.ask(f"{answer.capitalize()}: ") or "").strip()
                if not text:
                    self.say(f"The {answer} is as it was.")
                    return False
                said = write_on(sitting.connection, item.id, answer, text, now=sitting.clock())
                sitting.refresh(item.id)
                self.say(said)
            case "open":
                import webbrowser

                from curate.inbox.items import web_address

                address = web_address(item)
                self._say(address if webbrowser.open(address) else f"No browser was found: {address}")
            case "read":
                self._read(item)
            case "why":
                for line in self.doors.why(item) if self.doors.why else ["Nothing is known about that yet."]:
                    self._say(line)
            case "split":
                items = sitting.take_apart()
                self.say(f"Taken apart: {len(items)} items." if len(items) > 1 else "Only one feed has this one.")
                return len(items) > 1
            case "write":
                self._write(item)
            case "undo":
                return self._back(sitting.undo(), "Taken back", "Nothing to undo.")
            case "redo":
                return self._back(sitting.redo(), "Done again", "Nothing to redo.")
            case "help":
                for word, meaning in ANSWERS.items():
                    self.say(f"{word}: {meaning}.")
            case _:
                self.say(f"Please answer with one of these words, or its first letter: {', '.join(ANSWERS)}.")
        return False

    def _introduce(self, row: Row, began: datetime) -> None:
        item = row.lead
        number, count = self.sitting.cursor + 1, len(self.sitting.rows)
        self._say(f"{number} of {count}. {item.title or '(no title)'}")
        sources = f", {item.sources} sources" if item.sources > 1 else ""
        self._say(byline(item) + sources)
        if row.others:
            names = dict.fromkeys(one.feed_title or one.site for one in row.others)
            self._say(f"Also in: {', '.join(names)}")
        if item.rules:
            self._say(f"Rule: {', '.join(item.rules)}")
        for line in wrapped(item.summary, LINE) if item.summary else ():
            self.say(line)
        if item.note:
            self._say(f"Note: {item.note}")
        if self.sitting.plan.timebox:
            gone = int((self.sitting.clock() - began).total_seconds()) // 60
            self.say(f"{gone} of {int(self.sitting.plan.timebox.total_seconds()) // 60} minutes are over.")

    def _decided(self, answer: str, row: Row) -> None:
        from curate.inbox.decide import DONE

        copies = f", {len(row.ids)} items" if len(row.ids) > 1 else ""
        left = self.sitting.left if self.sitting.plan.limit is None else len(self.sitting.waiting)
        self.say(f"{DONE[answer]}{copies}. {left:,} left.")

    def _read(self, item: Item) -> None:
        import asyncio

        from curate.inbox.items import find_item

        if self.doors.read is not None and not item.full_text:
            try:
                asyncio.run(_awaited(self.doors.read, item))
            except CurateError as error:
                self._say(error.message)
        whole = find_item(self.sitting.connection, item.id)
        for paragraph in (whole.content_text or whole.summary).split("\n"):
            for line in wrapped(paragraph, LINE):
                self.say(line)

    def _write(self, item: Item) -> None:
        from curate.inbox.items import find_item

        if self.doors.write is not None:
            for line in self.doors.write(find_item(self.sitting.connection, item.id)):
                if line:
                    self._say(line)
            self.sitting.refresh(item.id)
            self.sitting.advance()

    def _back(self, step: Step | None, how: str, nothing: str) -> bool:
        if step is None:
            self.say(nothing)
            return False
        self._say(f"{how}: {step.action} {step.items[0].title if step.items else step.rule}")
        if self.sitting.current is not None and self.sitting.current.lead.state != "new":
            self.sitting.advance()
        return True

    def _say(self, text: str) -> None:
        self.say(render.term_safe(text))


async def _awaited(read: Callable[[Item], object], item: Item) -> None:
    await read(item)  # type: ignore[misc] # an awaitable: see Doors


def write_on(connection: sqlite3.Connection, item_id: str, what: str, text: str, *, now: datetime) -> str:
    """Write a note, quote, tags or via on an item; return what is to be said of it."""
    from curate.inbox.notes import add_quote, add_tags, set_note, set_via, split_via

    match what:
        case "note":
            set_note(connection, item_id, text, now=now)
            return "Noted."
        case "quote":
            done = add_quote(connection, item_id, text, now=now)
            return "Quoted." if done.found else "Quoted; the text we have does not hold it word for word."
        case "tag":
            add_tags(connection, item_id, [text], now=now)
            return "Tagged."
        case _:
            name, url = split_via(text)
            set_via(connection, item_id, name, url, now=now)
            return "Via noted."


def later_until(text: str, now: datetime, meant: Callable[[datetime], datetime] | None = None) -> datetime:
    """Return when an item put off for ``text`` (3d, 2w, 2026-12-01; "" is 7 days) comes back.

    Raises UsageError for what is no time, or not ahead of ``now``.
    """
    span = re.fullmatch(r"(\d{1,4})([mhdw])", text.lower() or "7d")
    try:
        if span:
            until = now + timedelta(**{UNITS[span[2]]: int(span[1])})
        else:
            until = datetime.fromisoformat(text)
            if until.tzinfo is None:
                until = meant(until) if meant else until.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        raise UsageError(f"“{text}” is no time.", "Write 3d, 2w or 2026-12-01.") from None
    if until <= now:
        raise UsageError(f"“{text}” is not ahead of now.", "Write 3d, 2w or 2026-12-01.")
    return until


def decide_from(
    connection: sqlite3.Connection,
    lines: Iterable[str],
    *,
    now: datetime,
    meant: Callable[[datetime], datetime],
) -> Iterator[tuple[dict[str, str], str]]:
    """Do what each line says; yield, once it is saved, (what it was for scripts, what it was in words).

    A line is ``ID WORD [REST]``; empty ones and those that begin with # say nothing. What stands already is not done
    again. Raises the CurateError of the first line that cannot be done, with its number; those before it are saved.
    """
    for number, line in enumerate(_read(lines), 1):
        item_id, _, told = line.strip().partition(" ")
        if not item_id or item_id.startswith("#"):
            continue
        word, _, rest = told.strip().partition(" ")
        try:
            item, said = _one(connection, item_id, word.lower(), rest.strip(), now=now, meant=meant)
        except CurateError as error:
            error.message = f"Line {number}: {error.message}"
            before = "The lines before it are saved" if number > 1 else "Nothing was changed"
            error.hint = f"{error.hint} {before}; what stands already is not done twice.".strip()
            raise
        yield {"line": str(number), "id": item.id, "word": word.lower(), "state": item.state}, f"{said} {named(item)}"


def _read(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines. Raises UsageError where the file is not text."""
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The file is not UTF-8 text: {error.reason}.", "What stood before is saved. Save the file as UTF-8."
        ) from error


def _one(
    connection: sqlite3.Connection,
    item_id: str,
    word: str,
    rest: str,
    *,
    now: datetime,
    meant: Callable[[datetime], datetime],
) -> tuple[Item, str]:
    from curate.inbox.decide import DONE, decide
    from curate.inbox.items import find_item

    item = find_item(connection, item_id)
    match word:
        case "keep" | "skip" | "later":
            until = later_until(rest, now, meant) if word == "later" else None
            if item.state == {"keep": "kept", "skip": "skipped", "later": "later"}[word]:
                return item, f"Already {item.state}:"
            return decide(connection, [item.id], word, now=now, until=until)[0], f"{DONE[word]}:"
        case "note" | "quote" | "tag" | "via" if rest:
            if word == "quote" and rest in (quote.text for quote in item.quotes):
                return item, "Already quoted:"
            said = write_on(connection, item.id, word, rest, now=now)
            return find_item(connection, item.id), said.replace(".", ":", 1)
        case "note" | "quote" | "tag" | "via":
            raise UsageError(f"{word} needs words after it.", f"Such as: {item.id} {word} …")
        case _:
            raise UsageError(f"“{word}” is no decision.", f"After the id comes one of {', '.join(FROM_FILE)}.")
