"""Write on items: notes, quotes, tags and who pointed there, each one step that undo takes back.

Owns the tables ``notes``, ``quotes`` and ``tags``. Must not know posts: what is quoted here is
copied there when a draft is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import Refused, UsageError
from curate.feeds.clean import tidy, word_count
from curate.inbox.decide import recorded
from curate.inbox.items import Item, Quote, find_item

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

MOST_QUOTED = 90  # words
AROUND = 32  # characters kept on each side of a quote
LONGEST_TAG = 60  # characters


@dataclass(frozen=True)
class Quoted:
    """What came of a quote; ``found`` says whether the item's text, as we have it, holds it."""

    item: Item
    quote: Quote
    found: bool


def set_note(connection: sqlite3.Connection, item_id: str, text: str, *, now: datetime) -> Item:
    """Make ``text`` the note on the item; empty text takes the note away. Raises Unknown."""
    note = _whole(text).strip()
    with recorded(connection, item_id, "note", now=now) as number:
        connection.execute("DELETE FROM notes WHERE item = ?", (number,))
        if note:
            connection.execute("INSERT INTO notes (item, text) VALUES (?, ?)", (number, note))
    return find_item(connection, item_id)


def add_quote(connection: sqlite3.Connection, item_id: str, text: str, *, now: datetime) -> Quoted:
    """Keep ``text`` as a quote from the item, with what stands around it there.

    Line breaks inside a paragraph count as spaces, in the quote and in the search for it. Raises
    Unknown, Refused when it has more than 90 words, UsageError when it has none.
    """
    passage = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", _whole(text)) if part.strip())
    words = word_count(passage)
    if not passage:
        raise UsageError("A quote needs words.", f"curate item quote {item_id} 'the passage'")
    if words > MOST_QUOTED:
        raise Refused(
            f"{words} words are too many for a quote: at most {MOST_QUOTED}, so {words - MOST_QUOTED} must go.",
            "Nothing was changed. Choose the sentence that matters, and say the rest in your own words.",
        )
    item = find_item(connection, item_id)
    around = _around(passage, item.content_text) or _around(passage, item.summary)
    quote = Quote(text=passage) if around is None else Quote(text=passage, prefix=around[0], suffix=around[1])
    with recorded(connection, item_id, "quote", now=now) as number:
        connection.execute("DELETE FROM quotes WHERE item = ? AND text = ?", (number, passage))
        connection.execute(
            "INSERT INTO quotes (item, text, prefix, suffix) VALUES (?, ?, ?, ?)",
            (number, quote.text, quote.prefix, quote.suffix),
        )
    return Quoted(find_item(connection, item_id), quote, around is not None)


def add_tags(connection: sqlite3.Connection, item_id: str, tags: Iterable[str], *, now: datetime) -> Item:
    """Put ``tags`` on the item, each as it was first spelt on any item. Raises Unknown, UsageError."""
    wanted = _tags(tags)
    with recorded(connection, item_id, "tag", now=now) as number:
        for tag in wanted:
            known = connection.execute("SELECT tag FROM tags WHERE tag = ? COLLATE NOCASE LIMIT 1", (tag,)).fetchone()
            connection.execute(
                "INSERT OR IGNORE INTO tags (item, tag) VALUES (?, ?)", (number, known[0] if known else tag)
            )
    return find_item(connection, item_id)


def remove_tags(connection: sqlite3.Connection, item_id: str, tags: Iterable[str], *, now: datetime) -> Item:
    """Take ``tags`` off the item, whatever their case; those it does not have change nothing."""
    wanted = _tags(tags)
    with recorded(connection, item_id, "tag", now=now) as number:
        connection.executemany(
            "DELETE FROM tags WHERE item = ? AND tag = ? COLLATE NOCASE", [(number, tag) for tag in wanted]
        )
    return find_item(connection, item_id)


def set_via(connection: sqlite3.Connection, item_id: str, name: str, url: str, *, now: datetime) -> Item:
    """Remember who pointed to the item: a ``name``, a ``url``, or both. Raises Unknown."""
    with recorded(connection, item_id, "via", now=now) as number:
        connection.execute(
            "UPDATE items SET via_name = ?, via_url = ? WHERE number = ?", (_line(name), _line(url), number)
        )
    return find_item(connection, item_id)


def _around(passage: str, text: str) -> tuple[str, str] | None:
    """Return what stands before and after ``passage`` in ``text``; None when it does not stand there."""
    flat, wanted = " ".join(text.split()), " ".join(passage.split())
    start = flat.find(wanted)
    if start < 0:
        return None
    end = start + len(wanted)
    return flat[max(start - AROUND, 0) : start], flat[end : end + AROUND]


def _tags(tags: Iterable[str]) -> list[str]:
    wanted = [_line(part).removeprefix("#").strip() for tag in tags for part in tag.split(",")]
    wanted = [tag for tag in wanted if tag]
    if not wanted:
        raise UsageError("No tag was named.", "Tags are words, such as: evaluation, 'incident response'.")
    for tag in wanted:
        if len(tag) > LONGEST_TAG:
            raise UsageError(f"“{tag[:LONGEST_TAG]}…” is too long for a tag.", "Put sentences into the note.")
    return wanted


def _line(text: str) -> str:
    return " ".join(_whole(text).split())


def _whole(text: str) -> str:
    """Return ``text`` without controls and halves of characters, every line end a newline."""
    return tidy(text.replace("\r\n", "\n").replace("\r", "\n"))
