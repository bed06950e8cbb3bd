"""The article beside or below the list: what is known of a row, and its text.

Must not know the keys, nor how the full text is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from curate.inbox.items import find_item

if TYPE_CHECKING:
    import sqlite3

    from textual.app import ComposeResult

    from curate.inbox.items import Item
    from curate.inbox.listing import Row
    from curate.tui.rows import Wording

GLANCE = 3_000  # characters of an article beside the list: more than anybody reads there, less than what slows a key
WHOLE = 60_000  # of one that is read
NAMED = 4  # other feeds of a story


class Preview(VerticalScroll):
    """Shows one row; ``whole`` while it is read."""

    def __init__(self, connection: sqlite3.Connection, wording: Wording) -> None:
        super().__init__(id="article", can_focus=False)
        self.connection = connection
        self.wording = wording
        self.text = Static(markup=False, id="text")

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield self.text

    def show(self, row: Row | None, *, whole: bool = False, said: str = "") -> None:
        """Show ``row`` from its beginning; ``said`` is how its full text comes along."""
        self.scroll_home(animate=False)
        self.text.update("" if row is None else self._content(row, whole=whole, said=said))

    def fail(self, said: str) -> None:
        """Say why nothing is shown."""
        self.text.update(Content(self.wording.safe(said)))

    def find(self, item_id: str) -> Item:
        """Return the item whole, as it is now. Raises Unknown."""
        return find_item(self.connection, item_id)

    def turn(self, pages: float) -> None:
        """Scroll by so many pages, or with less than one by lines."""
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False)

    def line(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=by, animate=False)

    def _content(self, row: Row, *, whole: bool, said: str) -> Content:
        item = self.find(row.lead.id)
        safe = self.wording.safe
        parts = [
            Content.styled(safe(item.title[:1_000]) or "(no title)", "bold"),
            Content(safe(self.wording.byline(item))),
        ]
        if row.others:
            names = list(dict.fromkeys(one.feed_title or one.site for one in row.others))
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            parts.append(Content(safe(f"also in: {', '.join(names[:NAMED])}{more} (x{item.sources})")))
        if item.rules:
            parts.append(Content(safe(f"rule: {', '.join(item.rules)}")))
        if item.tags:
            parts.append(Content(safe(" ".join(f"#{tag}" for tag in item.tags))))
        if item.via_name or item.via_url:
            parts.append(Content(safe(f"via {item.via_name} {item.via_url}".strip())))
        parts += [Content(safe(f"Note: {line}")) for line in item.note.splitlines()[:3]]
        parts += [Content(safe(f"Quote: “{quote.text}”")) for quote in item.quotes]
        if said:
            parts.append(Content.styled(safe(said), "italic"))
        text = (item.content_text or item.summary)[: WHOLE if whole else GLANCE]
        parts += [Content(), *(Content(safe(line)) for line in text.split("\n"))]
        return Content("\n").join(parts)
