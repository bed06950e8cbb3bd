"""Gather the items that came in into stories, a few at a time, beside what came before.

Owns ``items.story`` and the table ``story_keys``, caches both: an index of what ``stories`` finds the same story by,
over the newest items. Must not know what is decided: a story is nobody's decision, and what is new stays new.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter, defaultdict
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember, transaction
from curate.feeds.addresses import canonical_url, host_of
from curate.inbox.stories import LINKS, SHORT, Piece, alike, join, key, lead, weigher

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

WINDOW = 20_000  # items that are looked back on
BATCH = 2_000  # items gathered in one transaction
REACHED = "gathered"  # where the desk remembers the last item that was gathered
FLOOR = "gathered from"  # and the first one still in the index
COMMON = 80  # items that hold a key, at most, for it to find anything
WORDS = 3  # rare ones that two items share, at least, to be looked at
TEXTS = 2  # rare shingles
CROWD = 3  # items of one feed with one address: it is a page they share, not an article
READ = 6_000  # characters of a text that are looked at
HREF = re.compile(r'<a\b[^<>]{0,500}?\bhref="(https?://[^"<>]{1,2000})"', re.IGNORECASE)


def gather(connection: sqlite3.Connection, *, since: int = 0) -> None:
    """Put the items that are new since the last time into stories, the oldest first; what is done stays done.

    What is dated before ``since`` (seconds since 1970) is only looked for by its address: a feed's whole
    archive comes with its first reading, and nobody reads last year's news story by story.
    """
    with transaction(connection):
        _mend(connection)
    newest = _newest(connection)
    while (reached := _reached(connection, newest)) < newest:
        with transaction(connection):
            begin = _reached(connection, newest)  # another curate may have been at it
            last = max(begin, min(reached + BATCH, newest))
            if begin < last:
                _gather(connection, range(begin + 1, last + 1), since)
            remember(connection, REACHED, str(last))
            _forget(connection, last)


def _newest(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0])


def _reached(connection: sqlite3.Connection, newest: int) -> int:
    """Return the number of the last item that was gathered; of a desk that never did, the window's first."""
    return int(recall(connection, REACHED) or max(newest - WINDOW, 0))


def _gather(connection: sqlite3.Connection, numbers: Sequence[int], since: int) -> None:
    pieces = {piece.number: piece for piece in _pieces(connection, numbers)}
    fresh = list(pieces.values())
    keys = {piece.number: piece.keys() for piece in fresh if piece.dated >= since}
    connection.executemany(
        "INSERT OR IGNORE INTO story_keys (key, item) VALUES (?, ?)",
        sorted((each, number) for number, found in keys.items() for each in found),
    )
    counts = _Counts(connection)
    pairs = set(_by_address(connection, fresh))
    pairs |= set(_by_keys(connection, [pieces[number] for number in keys], keys, counts))
    near = {number for pair in pairs for number in pair}
    pieces |= {each.number: each for each in _pieces(connection, near - pieces.keys())}
    stories = _stories(connection, pieces.keys())
    members = {number for story in stories for number in story}
    pieces |= {each.number: each for each in _pieces(connection, members - pieces.keys())}
    pairs = {pair for pair in pairs if pieces.keys() >= set(pair)}  # the others were set apart
    unclear = {each for pair in pairs for each in pair if pieces[pair[0]].page != pieces[pair[1]].page}
    weight = counts.weigher((pieces[each] for each in unclear), numbers[-1] - int(recall(connection, FLOOR) or 0))
    found = [(sure, new, old) for new, old in sorted(pairs) if (sure := alike(pieces[new], pieces[old], weight)) > 0]
    _write(connection, [[pieces[each] for each in story] for story in join(found, pieces, stories, weight)])


def _pieces(connection: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[Piece]:
    """Return what stories know of the items ``numbers``, those set apart left out."""
    named = json.dumps(sorted(numbers))
    crowded = {
        (row["canonical_url"], row["feed"])
        for row in connection.execute(
            "SELECT canonical_url, feed FROM items WHERE canonical_url IN"
            " (SELECT canonical_url FROM items WHERE number IN (SELECT value FROM json_each(?)))"
            " GROUP BY canonical_url, feed HAVING count(*) >= ?",
            (named, CROWD),
        )
    }
    rows = connection.execute(
        "SELECT i.number, i.feed, i.canonical_url, i.title, i.summary, i.dated, i.words, i.via_url,"
        " substr(coalesce(c.text, ''), 1, ?) AS text, CASE WHEN i.words <= ? THEN c.html ELSE '' END AS html,"
        " coalesce(nullif(f.site_url, ''), f.url, i.canonical_url) AS home"
        " FROM items i LEFT JOIN contents c ON c.item = i.number LEFT JOIN feeds f ON f.number = i.feed"
        " WHERE i.number IN (SELECT value FROM json_each(?)) AND i.apart = 0",
        (READ, SHORT, named),
    )
    for row in rows:
        via = canonical_url(row["via_url"]) if row["via_url"] else ""
        yield Piece(
            number=row["number"],
            feed=row["feed"],
            url=row["canonical_url"],
            title=row["title"],
            text=row["text"] or row["summary"],
            dated=row["dated"],
            words=row["words"],
            led=bool(via) or _site(row["canonical_url"]) != _site(row["home"]),
            via=via,
            links=frozenset(_links(row["html"] or "", {host_of(row["canonical_url"]), host_of(via)})),
            crowded=(row["canonical_url"], row["feed"]) in crowded,
        )


@lru_cache(maxsize=4096)
def _site(url: str) -> str:
    """Return the last two names of the host of ``url``: at least as wide as a site is."""
    return ".".join(host_of(url).split(".")[-2:])


def _links(markup: str, own: set[str]) -> Iterator[str]:
    """Return the addresses that ``markup`` leads to on sites besides ``own``; one too many says that they are many."""
    seen: set[str] = set()
    for found in HREF.finditer(markup[:READ]):
        url = canonical_url(html.unescape(found[1]))
        if host_of(url) not in own and url not in seen:
            seen.add(url)
            yield url
            if len(seen) > LINKS:
                return


def _by_address(connection: sqlite3.Connection, fresh: Iterable[Piece]) -> Iterator[tuple[int, int]]:
    """Return pairs, of a new item and any, of which one stands at the address of the other, or is handed on by it."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for piece in fresh:
        for url in {piece.page, piece.via, *piece.about} - {""}:
            wanted[url].append(piece.number)
    rows = connection.execute(
        "SELECT canonical_url, number FROM items WHERE canonical_url IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(wanted)),),
    )
    for url, number in rows:
        yield from (_pair(new, number) for new in wanted[url] if new != number)


def _by_keys(
    connection: sqlite3.Connection, fresh: Iterable[Piece], keys: dict[int, set[int]], counts: _Counts
) -> Iterator[tuple[int, int]]:
    """Return pairs, of a new item and any, that share rare words or shingles, or of which one links to the other."""
    counts.know({each for found in keys.values() for each in found})
    linked = {key("link", piece.page): piece.number for piece in fresh if piece.page}
    rare = {each for found in keys.values() for each in found if 1 < counts[each] <= COMMON}
    holders: defaultdict[int, list[int]] = defaultdict(list)
    rows = connection.execute(
        "SELECT key, item FROM story_keys WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(rare | linked.keys())),),
    )
    for each, number in rows:
        holders[each].append(number)
    for piece in fresh:
        found, words = keys[piece.number] & rare, set(piece.word_keys.values())
        by_words = Counter(chain.from_iterable(holders[each] for each in found & words))
        by_text = Counter(chain.from_iterable(holders[each] for each in found - words))
        near = {number for number, count in by_words.items() if count >= WORDS}
        near |= {number for number, count in by_text.items() if count >= TEXTS}
        if piece.page:
            near |= set(holders.get(key("link", piece.page), ()))
        yield from (_pair(piece.number, number) for number in near - {piece.number})


def _pair(one: int, other: int) -> tuple[int, int]:
    """Return the two, the newer first."""
    return max(one, other), min(one, other)


class _Counts:
    """How many items hold a key: asked for once each."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._counts: dict[int, int] = {}

    def __getitem__(self, each: int) -> int:
        return self._counts[each]

    def know(self, keys: set[int]) -> None:
        """Ask for those of ``keys`` that are not known yet."""
        missing = keys - self._counts.keys()
        self._counts |= dict.fromkeys(missing, 0)
        rows = self._connection.execute(
            "SELECT key, count(*) FROM story_keys WHERE key IN (SELECT value FROM json_each(?)) GROUP BY key",
            (json.dumps(sorted(missing)),),
        )
        self._counts |= dict(rows.fetchall())

    def weigher(self, pieces: Iterable[Piece], items: int) -> Callable[[str], float]:
        """Return how much a word weighs among so many ``items``; those of ``pieces`` are asked for at once."""
        self.know({each for piece in pieces for each in piece.word_keys.values()})

        def count(word: str) -> int:
            each = key("word", word)
            if each not in self._counts:
                self.know({each})
            return self._counts[each]

        return weigher(cache(count), items)


def _stories(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[list[int]]:
    """Return the stories that the items ``numbers`` are in, whole."""
    rows = connection.execute(
        "SELECT story, number FROM items WHERE story IN (SELECT story FROM items WHERE story IS NOT NULL"
        " AND number IN (SELECT value FROM json_each(?))) ORDER BY story, number",
        (json.dumps(sorted(numbers)),),
    )
    told: defaultdict[int, list[int]] = defaultdict(list)
    for story, number in rows:
        told[story].append(number)
    return list(told.values())


def _write(connection: sqlite3.Connection, stories: Iterable[Sequence[Piece]]) -> None:
    connection.executemany(
        "UPDATE items SET story = ?1 WHERE number = ?2 AND story IS NOT ?1",
        [(leads, piece.number) for story in stories for leads in [lead(story)] for piece in story],
    )


def _mend(connection: sqlite3.Connection) -> None:
    """Give a story whose lead has left it a new one, and end one that is down to a single item."""
    broken = [
        row[0]
        for row in connection.execute(
            "SELECT story FROM items WHERE story IS NOT NULL GROUP BY story"
            " HAVING count(*) = 1 OR max(number = story) = 0"
        )
    ]
    for story in broken:
        numbers = [row[0] for row in connection.execute("SELECT number FROM items WHERE story = ?", (story,))]
        left = list(_pieces(connection, numbers))
        connection.execute("UPDATE items SET story = NULL WHERE story = ?", (story,))
        if len(left) > 1:
            _write(connection, [left])


def _forget(connection: sqlite3.Connection, last: int) -> None:
    """Take the oldest items out of the index, many at a time: each time all of it is read."""
    floor = int(recall(connection, FLOOR) or 0)
    if last - floor > WINDOW + WINDOW // 4:
        connection.execute("DELETE FROM story_keys WHERE item <= ?", (last - WINDOW,))
        remember(connection, FLOOR, str(last - WINDOW))
