"""Keep what each cited source said when it was first looked at, and say how much of it is gone.

Owns the table ``source_texts``. The text is compared by its sentences: what is new is no loss, and a page
around an article changes every day. Must not know how pages are asked for.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.desk.db import to_seconds, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

LONGEST = 200_000  # characters of a text that are kept
WORD = re.compile(r"\w+")
SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")
LEFT_OUT = re.compile(r"\[?(?:…|\.\.\.)\]?")  # what a quote leaves out


def known_texts(connection: sqlite3.Connection, urls: Iterable[str]) -> dict[str, str]:
    """Return what is kept of ``urls``, by address."""
    rows = (connection.execute("SELECT url, text FROM source_texts WHERE url = ?", (url,)).fetchone() for url in urls)
    return {row["url"]: row["text"] for row in rows if row is not None}


def keep_texts(
    connection: sqlite3.Connection, texts: Mapping[str, str], *, now: datetime, anew: Iterable[str] = ()
) -> None:
    """Keep what sources say; what is kept already stays as it is, but for those ``anew``."""
    rows = [
        (url, to_seconds(now), sha256(text[:LONGEST].encode()).hexdigest(), text[:LONGEST])
        for url, text in texts.items()
    ]
    with transaction(connection):
        connection.executemany("DELETE FROM source_texts WHERE url = ?", [(url,) for url in anew])
        connection.executemany(
            "INSERT OR IGNORE INTO source_texts (url, kept_at, hash, text) VALUES (?, ?, ?, ?)", rows
        )


def lost_percent(before: str, after: str) -> int:
    """Return how much of ``before``, by the words of its sentences, ``after`` does not say any more."""
    if before[:LONGEST] == after[:LONGEST]:
        return 0
    there = {_words(sentence) for sentence in SENTENCES.split(after)}
    sentences = [words for words in map(_words, SENTENCES.split(before[:LONGEST])) if words]
    lost = sum(len(words.split()) for words in sentences if words not in there)
    return round(100 * lost / max(1, sum(len(words.split()) for words in sentences)))


def lost_quotes(quotes: Iterable[str], before: str, after: str) -> tuple[str, ...]:
    """Return those of ``quotes`` that ``before`` had and ``after`` has not."""
    then, now = f" {_words(before)} ", f" {_words(after)} "
    return tuple(quote for quote in quotes if _stands(quote, then) and not _stands(quote, now))


def _stands(quote: str, text: str) -> bool:
    parts = [words for words in map(_words, LEFT_OUT.split(quote)) if words]
    return bool(parts) and all(f" {words} " in text for words in parts)


def _words(text: str) -> str:
    """Return the words of ``text`` alone: quotation marks, dashes and spaces are written in many ways."""
    return " ".join(WORD.findall(text.casefold()))
