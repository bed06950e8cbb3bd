"""Take what a person saved in another program into the inbox, as one step that undo takes back.

What was saved was chosen: it comes in as kept, read or archived there or not, and stays so until the
person decides otherwise; nothing is decided for them. It counts as first seen and as kept on the day it
was saved. Taken back, what was new is skipped, without having been decided on, and an import makes
it kept again. Must not know how exports are written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from curate.desk.db import to_seconds, transaction
from curate.feeds.addresses import canonical_url, host_of
from curate.feeds.clean import safe_text, shorten, word_count
from curate.feeds.stated import language_tag
from curate.inbox.arrivals import Arrival, believable, spellings, store_arrivals
from curate.inbox.journal import recorded_all
from curate.inbox.notes import put_on

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from curate.inbox.saved import Saved

FIRST_WORDS = 300  # characters of an article that stand for a summary
AT_ONCE = 5_000  # addresses looked up together


@dataclass(frozen=True)
class Stored:
    """How many rows brought an item or a highlight that was not there, and how many brought neither."""

    new: int
    known: int


def store_saved(connection: sqlite3.Connection, rows: Sequence[Saved], *, now: datetime) -> Stored:
    """Store ``rows`` as kept items with their dates, tags, notes and quotes, in one transaction and one step.

    Rows of one address, or one book, make one item. On an item that is there, tags, notes and quotes are
    added that it lacks, except those that an earlier import brought and the person took away; it becomes
    kept when nobody decided on it. The same rows again change nothing.
    """
    gathered = _gather(rows)
    with transaction(connection):
        there = _there(connection, gathered)
        brought = _brought(connection, list(there.values()))
        fresh = {key: whole for key, (whole, _) in gathered.items() if key not in there}
        numbers = _store_new(connection, fresh, now)
        new = 0
        where = {**there, **numbers}
        with recorded_all(connection, list(where.values()), "import", now=now):
            for key, (whole, parts) in gathered.items():
                before = brought.get(where[key], _NOTHING)
                quotes = [text for text in whole.quotes if text not in before["quotes"]]
                lacking = _lacking(connection, where[key], quotes)
                new += _count_new(parts, lacking, fresh=key in fresh)
                tags = [tag for tag in whole.tags if tag.casefold() not in before["tags"]]
                notes = [part.note for part in parts if part.note not in before["note"]]
                put_on(connection, where[key], notes=notes, quotes=quotes, tags=tags)
                _keep(connection, where[key], whole.saved if key in fresh else None, now)
    return Stored(new=new, known=len(rows) - new)


_NOTHING: dict[str, Any] = {"tags": (), "quotes": (), "note": ""}


def _key(row: Saved) -> str:
    """Return what tells one thing saved from another: where it stands, else what it is called."""
    if row.url:
        return spellings(canonical_url(row.url))[0]
    said = (row.author.casefold(), row.title.casefold(), "" if row.quotes else row.note)
    return blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


def _gather(rows: Iterable[Saved]) -> dict[str, tuple[Saved, list[Saved]]]:
    """Join the rows of one thing: the first one's words, the earliest date, all tags and quotes; notes stay apart."""
    parts: dict[str, list[Saved]] = {}
    for row in rows:
        parts.setdefault(_key(row), []).append(row)
    return {key: (_joined(each) if len(each) > 1 else each[0], each) for key, each in parts.items()}


def _joined(parts: Sequence[Saved]) -> Saved:
    tags = {tag.casefold(): tag for part in reversed(parts) for tag in reversed(part.tags)}
    return replace(
        parts[0],
        saved=min((part.saved for part in parts if part.saved), default=None),
        tags=tuple(reversed(tags.values())),
        quotes=tuple(dict.fromkeys(quote for part in parts for quote in part.quotes)),
        html=next((part.html for part in parts if part.html), ""),
    )


def _there(connection: sqlite3.Connection, gathered: dict[str, tuple[Saved, list[Saved]]]) -> dict[str, int]:
    """Return the numbers of the items that are there already, by key: the first seen, where there are several."""
    wanted = {address: key for key, (row, _) in gathered.items() if row.url for address in _addresses(row)}
    wanted |= {f"import:{key}": key for key, (row, _) in gathered.items() if not row.url}
    found: dict[str, int] = {}
    names = list(wanted)
    for begin in range(0, len(names), AT_ONCE):
        named = (json.dumps(names[begin : begin + AT_ONCE]),)
        for column in ("canonical_url", "guid"):
            rows = connection.execute(
                f"SELECT number, {column} FROM items WHERE {column} IN (SELECT value FROM json_each(?))"  # noqa: S608
                + (" AND feed IS NULL" if column == "guid" else ""),
                named,
            )
            for number, name in rows:
                key = wanted[name]
                found[key] = min(found.get(key, number), number)
    return found


def _addresses(row: Saved) -> list[str]:
    return spellings(canonical_url(row.url))


def _brought(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what earlier imports that stand brought to items, by number: tags, quotes and notes."""
    rows = connection.execute(
        "SELECT item, before, after FROM journal WHERE action = 'import' AND undone_at IS NULL"
        " AND item IN (SELECT value FROM json_each(?))",
        (json.dumps(list(numbers)),),
    )
    found: dict[int, dict[str, Any]] = {}
    for number, _, told in rows:
        after = json.loads(told)
        known = found.setdefault(number, {"tags": set(), "quotes": set(), "note": ""})
        known["tags"] |= {tag.casefold() for tag in after["tags"]}
        known["quotes"] |= {quote[1] for quote in after["quotes"]}
        known["note"] += f"\n{after['note'] or ''}"
    return found


def _store_new(connection: sqlite3.Connection, fresh: dict[str, Saved], now: datetime) -> dict[str, int]:
    """Store what is new as items nobody decided on, and return their numbers by key."""
    arrivals = {key: _arrival(key, row, now) for key, row in fresh.items()}
    first = int(connection.execute("SELECT coalesce(max(number), 0) + 1 FROM items").fetchone()[0])
    store_arrivals(connection, None, list(arrivals.values()), now=now)
    rows = connection.execute("SELECT guid, number FROM items WHERE number >= ? AND feed IS NULL", (first,))
    numbers = dict(rows.fetchall())
    connection.execute("UPDATE items SET state = 'skipped' WHERE number >= ?", (first,))  # what an undo leaves
    return {key: numbers[arrival.guid] for key, arrival in arrivals.items()}


def _arrival(key: str, row: Saved, now: datetime) -> Arrival:
    text = safe_text(row.html) if row.html else ""
    published = believable(row.published, now)
    return Arrival(
        guid=canonical_url(row.url) if row.url else f"import:{key}",
        url=row.url,
        canonical_url=canonical_url(row.url) if row.url else "",
        title=row.title,
        author=row.author,
        site=host_of(row.url).removeprefix("www."),
        summary=row.summary or shorten(" ".join(text.split()), FIRST_WORDS),
        content_html=row.html,
        content_text=text,
        words=word_count(text),
        lang=language_tag(row.lang),
        full_text=bool(row.html),
        published=published,
        claimed=None if published else row.published,
        first_seen=believable(row.saved, now),
    )


def _lacking(connection: sqlite3.Connection, number: int, quotes: Sequence[str]) -> set[str]:
    """Return those of ``quotes`` that are not on the item."""
    there = {row[0] for row in connection.execute("SELECT text FROM quotes WHERE item = ?", (number,))}
    return set(quotes) - there


def _count_new(parts: Sequence[Saved], lacking: set[str], *, fresh: bool) -> int:
    """Say how many of the rows of one thing bring something: the first of a new one, and each new highlight."""
    lacking = set(lacking)
    new = 0
    for part in parts:
        if fresh or lacking & set(part.quotes):
            new += 1
        fresh = False
        lacking -= set(part.quotes)
    return new


def _keep(connection: sqlite3.Connection, number: int, saved: datetime | None, now: datetime) -> None:
    """Make the item kept when nobody decided on it, as of the day it was saved."""
    connection.execute(
        "UPDATE items SET state = 'kept', decided_at = ? WHERE number = ?"
        " AND (state = 'new' OR (state = 'skipped' AND decided_at IS NULL))",
        (to_seconds(believable(saved, now) or now), number),
    )
