"""Write on what the triage screen shows: notes, quotes, tags, via, and drafts in the editor.

What is written is stored through ``curate.inbox`` before the screen shows it. Must not know the command line: what
leads out of the screen is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from curate.inbox.items import list_items
from curate.inbox.notes import add_quote, set_note, set_tags, set_via, split_via, tag_all, vocabulary
from curate.tui.ask import Ask, NotePane
from curate.tui.board import Board
from curate.tui.quoting import QuotePane

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from curate.inbox.items import Item
    from curate.inbox.listing import Row
    from curate.tui.ask import NoteDone
    from curate.tui.rows import Wording
    from curate.tui.sitting import Plan


@dataclass(frozen=True, kw_only=True)
class Doors:
    """What leads out of the screen, as the command line knows it; None where it is not to be had.

    ``read`` gets an item's full text, ``write`` opens its draft in the editor, ``edit_note`` its note (both return
    what is to be said), ``why`` says in lines why it stands where it does. ``prompts`` are the thinking questions.
    """

    read: Callable[[Item], Awaitable[Item]] | None = None
    write: Callable[[Item], Sequence[str]] | None = None
    edit_note: Callable[[Item], Sequence[str]] | None = None
    why: Callable[[Item], Sequence[str]] | None = None
    prompts: Sequence[str] = ()


class Writing(Board):
    """The keys that write."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        clock: Callable[[], datetime],
        wording: Wording,
        plan: Plan | None = None,
        doors: Doors | None = None,
    ) -> None:
        super().__init__(connection, clock=clock, wording=wording, plan=plan)
        self.doors = doors or Doors()
        self.again: Callable[[], None] | None = None  # what “.” repeats
        self.unsaved: dict[str, str] = {}  # what was typed for a note and not saved, by id
        self.noting: Item | None = None  # whose note is being written, as it was when that began

    def action_note(self) -> None:
        """Write the note on the item, right here."""
        row = self.sitting.current
        item = self.attempt(lambda: self.preview.find(row.lead.id)) if row else None
        if item is None:
            return
        begun = self.unsaved.get(item.id)
        text = item.note if begun is None else begun
        if begun is not None and item.note and item.note not in begun:  # it was written elsewhere meanwhile
            text = f"{item.note}\n{begun}"
        self.noting = item

        def done(noted: NoteDone | None) -> None:
            self.noting = None
            if noted is None:
                return
            if noted.text != text:
                self.unsaved[item.id] = noted.text
            if noted.then == "cancel":
                return
            if self._change(lambda: set_note(self.connection, item.id, noted.text, now=self.clock()), "noted on"):
                self.unsaved.pop(item.id, None)
                if noted.then == "editor":
                    self._outside(self.doors.edit_note, item.id)
                elif noted.then == "quote":
                    self.action_quote()

        self.push_screen(NotePane(item.title, text, prompts=self.doors.prompts, wording=self.wording), done)

    def action_quote(self) -> None:
        """Choose a passage of the item's text as a quote."""
        row = self.sitting.current
        whole = self.attempt(lambda: self.preview.find(row.lead.id)) if row else None
        if whole is None:
            return

        def done(passage: str | None) -> None:
            if passage:
                self._change(lambda: add_quote(self.connection, whole.id, passage, now=self.clock()).item, "quoted")

        self.push_screen(QuotePane(whole.title, whole.content_text or whole.summary, wording=self.wording), done)

    def action_tags(self) -> None:
        """Write the item's tags, or add some to all that are marked."""
        rows = self.chosen()
        whole = self.attempt(lambda: self.preview.find(rows[0].lead.id)) if rows else None
        if whole is None:
            return
        known = self.attempt(lambda: vocabulary(self.connection)) or []
        alone = len(rows) == 1

        def put(text: str, chosen: Sequence[Row]) -> None:
            tags = [tag for tag in text.split(",") if tag.strip()]
            ids = [row.lead.id for row in chosen]
            if tags and ids:
                self._change(lambda: tag_all(self.connection, ids, tags, now=self.clock()), "tagged")

        def done(text: str | None) -> None:
            if text is None:
                return
            if alone:
                tags = text.split(",")
                self._change(lambda: set_tags(self.connection, whole.id, tags, now=self.clock()), "tagged")
            else:
                put(text, rows)
            self.again = lambda: put(text, self.chosen())

        self.push_screen(
            Ask(
                f"Tags of “{whole.title}”" if alone else f"Tags to add to {len(rows)} items",
                ", ".join(whole.tags) if alone else "",
                hint="Commas between them; Tab takes the first that is offered.",
                wording=self.wording,
                complete=lambda begun: [tag for tag in known if tag.casefold().startswith(begun.casefold())],
            ),
            done,
        )

    def action_via(self) -> None:
        """Write down who pointed to the item."""
        row = self.sitting.current
        if row is None:
            return
        item = row.lead

        def done(text: str | None) -> None:
            if text is not None:
                name, url = split_via(text)
                self._change(lambda: set_via(self.connection, item.id, name, url, now=self.clock()), "via noted on")

        value = f"{item.via_name} {item.via_url}".strip()
        hint = "A name, an address, or both."
        self.push_screen(Ask(f"Who pointed you to “{item.title}”?", value, hint=hint, wording=self.wording), done)

    def action_write(self) -> None:
        """Open a draft on the item in the editor; with an empty inbox, on the first that is kept."""
        row = self.sitting.current
        if row is not None:
            self._outside(self.doors.write, row.lead.id)
            return
        kept = self.attempt(lambda: list_items(self.connection, state="kept", limit=1))
        if kept:
            self._outside(self.doors.write, kept[0].id)

    def _change(self, act: Callable[[], Item | list[Item]], said: str) -> bool:
        """Write on an item, or several; say whether it was saved, and show them as they are now."""
        done = self.attempt(act)
        items = done if isinstance(done, list) else [done] if done else []
        if not items:
            return False
        for item in items:
            self.attempt(partial(self.sitting.refresh, item.id))
        more = f" and {len(items) - 1} more" if len(items) > 1 else ""
        self.say(f"{said}: {items[0].title}{more}")
        return True

    def _outside(self, door: Callable[[Item], Sequence[str]] | None, item_id: str) -> None:
        """Leave the screen to the editor for a while, and come back to where one was."""
        if door is None:
            self.say("There is no editor here.")
            return

        def go() -> Sequence[str]:
            whole = self.preview.find(item_id)
            with self.suspend():
                return door(whole)

        try:
            said = self.attempt(go)
        except SuspendNotSupported:
            self.say("This terminal cannot be left to an editor: q leaves, then curate write ID.")
            return
        if said is not None:
            self.sitting.refresh(item_id)
            self.say(" ".join(said))
            if not self.sitting.rows:
                self.show()
