"""Write on items: notes, quotes, tags and who pointed there, each one step that undo takes back.

Owns the tables ``notes``, ``quotes`` and ``tags``. Must not know posts: what is quoted here is
copied there when a draft is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.folder import write_whole
from curate.desk.locks import hold
from curate.errors import CurateError, Refused, UsageError
from curate.feeds.characters import tidy
from curate.feeds.clean import word_count
from curate.inbox.items import Item, Quote, find_item, find_number
from curate.inbox.journal import recorded, recorded_all

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk

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


def edit_note(
    desk: Desk, connection: sqlite3.Connection, item_id: str, *, edit: Callable[[Path], int], now: datetime
) -> Item:
    """Let ``edit`` open the note as a file, returning the program's exit code, and store what it holds then.

    The file stays in .curate/typed/ until its text is stored; the next call goes on with it. Raises
    Unknown, CurateError when the editor failed or left no text in UTF-8, Conflict when the note is
    being edited already.
    """
    item = find_item(connection, item_id)
    path = desk.typed / f"note-{item.id}.md"
    with hold(desk, f"note-{item.id}", wait=0):
        begun = f"{item.note}\n".encode() if item.note else b""
        if not path.exists():  # else an editor crashed on it, and this is what was typed
            write_whole(path, begun)
        try:
            text = _edited(path, edit)
        except CurateError as error:
            if path.exists() and path.read_bytes() == begun:
                path.unlink()
            else:
                error.hint = f"What you typed is in {path}; the same command opens it again. {error.hint}".strip()
            raise
        stored = set_note(connection, item.id, text, now=now)
        path.unlink()
    return stored


def put_aside(desk: Desk, item_id: str, text: str) -> Path:
    """Keep a note that was typed and not saved where ``edit_note`` goes on with it; return the file."""
    path = desk.typed / f"note-{item_id}.md"
    if path.exists():  # an editor crashed on it before
        text = f"{path.read_bytes().decode(errors='replace').rstrip()}\n\n{text}"
    write_whole(path, f"{text.rstrip()}\n".encode())
    return path


def _edited(path: Path, edit: Callable[[Path], int]) -> str:
    code = edit(path)
    if code:
        raise CurateError(f"The editor ended with code {code}; the note is as it was.")
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise CurateError("The editor left no file; the note is as it was.") from error
    except UnicodeDecodeError as error:
        raise CurateError(f"{path} is not UTF-8 text; the note is as it was.", "Save it as UTF-8.") from error


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


def remove_quote(connection: sqlite3.Connection, item_id: str, begin: str, *, now: datetime) -> Item:
    """Take away the quote that begins with ``begin``, which may leave out words at its end.

    Raises Unknown, and UsageError when no quote, or more than one, begins so.
    """
    wanted = " ".join(_whole(begin).split())
    found = [
        quote for quote in find_item(connection, item_id).quotes if " ".join(quote.text.split()).startswith(wanted)
    ]
    if not wanted or len(found) != 1:
        many = f"{len(found)} quotes of {item_id} begin so." if found else f"No quote of {item_id} begins so."
        raise UsageError(many, f"curate item show {item_id} shows them.")
    with recorded(connection, item_id, "quote", now=now) as number:
        connection.execute("DELETE FROM quotes WHERE item = ? AND text = ?", (number, found[0].text))
    return find_item(connection, item_id)


def add_tags(connection: sqlite3.Connection, item_id: str, tags: Iterable[str], *, now: datetime) -> Item:
    """Put ``tags`` on the item, each as it was first spelt on any item. Raises Unknown, UsageError."""
    return tag_all(connection, [item_id], tags, now=now)[0]


def tag_all(connection: sqlite3.Connection, ids: Iterable[str], tags: Iterable[str], *, now: datetime) -> list[Item]:
    """Put ``tags`` on all items of ``ids`` as one step; return them. Raises Unknown, UsageError."""
    wanted = tag_names(tags)
    numbers = {item_id: find_number(connection, item_id) for item_id in ids}
    with recorded_all(connection, list(numbers.values()), "tag", now=now):
        for number in numbers.values():
            _put(connection, number, wanted)
    return [find_item(connection, item_id) for item_id in numbers]


def remove_tags(connection: sqlite3.Connection, item_id: str, tags: Iterable[str], *, now: datetime) -> Item:
    """Take ``tags`` off the item, whatever their case; those it does not have change nothing."""
    wanted = tag_names(tags)
    with recorded(connection, item_id, "tag", now=now) as number:
        _take_off(connection, number, wanted)
    return find_item(connection, item_id)


def set_tags(connection: sqlite3.Connection, item_id: str, tags: Iterable[str], *, now: datetime) -> Item:
    """Make ``tags`` the item's tags, as one step; none takes them all away. Raises Unknown, UsageError."""
    named = [tag for tag in tags if _line(tag)]
    with recorded(connection, item_id, "tag", now=now) as number:
        wanted = tag_names(named) if named else []
        kept = {tag.casefold() for tag in wanted}
        worn = [row[0] for row in connection.execute("SELECT tag FROM tags WHERE item = ?", (number,))]
        _take_off(connection, number, [tag for tag in worn if tag.casefold() not in kept])
        _put(connection, number, [tag for tag in wanted if tag.casefold() not in {one.casefold() for one in worn}])
    return find_item(connection, item_id)


def put_on(
    connection: sqlite3.Connection, number: int, *, notes: Iterable[str], quotes: Iterable[str], tags: Iterable[str]
) -> None:
    """Add to what is on an item what it does not have yet; call inside a step. Notes come below the one there."""
    there = connection.execute("SELECT text FROM notes WHERE item = ?", (number,)).fetchone()
    whole = there[0] if there else ""
    for note in notes:
        if note not in whole:
            whole = f"{whole}\n\n{note}" if whole else note
    if whole and (there is None or whole != there[0]):
        connection.execute("INSERT OR REPLACE INTO notes (item, text) VALUES (?, ?)", (number, whole))
    known = {row[0] for row in connection.execute("SELECT text FROM quotes WHERE item = ?", (number,))}
    fresh = [(number, text) for text in quotes if text not in known]
    connection.executemany("INSERT INTO quotes (item, text) VALUES (?, ?)", fresh)
    worn = {row[0].casefold() for row in connection.execute("SELECT tag FROM tags WHERE item = ?", (number,))}
    _put(connection, number, [tag for tag in tags if tag.casefold() not in worn])


def vocabulary(connection: sqlite3.Connection) -> list[str]:
    """Return every tag there is, the most used first."""
    rows = connection.execute("SELECT tag FROM tags GROUP BY tag ORDER BY count(*) DESC, tag")
    return [row[0] for row in rows]


def split_via(text: str) -> tuple[str, str]:
    """Return the name and the address in “Tomas Arreola https://example.net/@tomas”; either may be missing."""
    words = text.split()
    url = next((word for word in words if word.startswith(("http://", "https://"))), "")
    return " ".join(word for word in words if word != url), url


def set_via(connection: sqlite3.Connection, item_id: str, name: str, url: str, *, now: datetime) -> Item:
    """Remember who pointed to the item: a ``name``, a ``url``, or both. Raises Unknown."""
    with recorded(connection, item_id, "via", now=now) as number:
        connection.execute(
            "UPDATE items SET via_name = ?, via_url = ? WHERE number = ?", (_line(name), _line(url), number)
        )
    return find_item(connection, item_id)


def _put(connection: sqlite3.Connection, number: int, tags: Iterable[str]) -> None:
    """Put tags on an item, each as it was first spelt on any."""
    for tag in tags:
        known = connection.execute("SELECT tag FROM tags WHERE tag = ? COLLATE NOCASE LIMIT 1", (tag,)).fetchone()
        connection.execute("INSERT OR IGNORE INTO tags (item, tag) VALUES (?, ?)", (number, known[0] if known else tag))


def _take_off(connection: sqlite3.Connection, number: int, tags: Iterable[str]) -> None:
    """Take tags off an item, whatever their case. A rule's is the person's from then on: nothing takes it off again."""
    named = [(number, tag) for tag in tags]
    connection.executemany("DELETE FROM tags WHERE item = ? AND tag = ? COLLATE NOCASE", named)
    connection.executemany(
        "UPDATE effects SET value = '' WHERE item = ? AND action = 'tag' AND value = ? COLLATE NOCASE", named
    )


def _around(passage: str, text: str) -> tuple[str, str] | None:
    """Return what stands before and after ``passage`` in ``text``; None when it does not stand there."""
    flat, wanted = " ".join(text.split()), " ".join(passage.split())
    start = flat.find(wanted)
    if start < 0:
        return None
    end = start + len(wanted)
    return flat[max(start - AROUND, 0) : start], flat[end : end + AROUND]


def tag_names(tags: Iterable[str]) -> list[str]:
    """Return the tags named in texts with commas between them, without #. Raises UsageError for none, or a long one."""
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
