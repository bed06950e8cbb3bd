"""Take what arrives into the tables of items: each article once, kept up to date, told from every other.

Fills ``items`` and ``contents``, which ``items`` reads. Must not know how feeds are fetched, nor
touch what is the person's.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.desk.db import new_ids, to_seconds, transaction
from curate.feeds.addresses import canonical_url, opaque
from curate.feeds.characters import one_line
from curate.inbox.items import Item, find_by_url, find_item
from curate.inbox.search import index

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from curate.feeds.fulltext import Page
    from curate.feeds.said import Unchanged

OLDEST = datetime(1995, 1, 1, tzinfo=UTC)  # before feeds were; what claims to be older has a broken clock
MOST_SEEN = 2_000  # of a feed's newest items: a document has no more entries
AHEAD = timedelta(days=2)  # time zones and embargoes explain this much future, not more


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What a feed or a page says of one item, cleaned.

    ``published`` is None unless believable; what cannot be believed is ``claimed``. ``via_name`` and
    ``via_url`` tell who led to it. ``digest`` stands for all that the feed said; "" when no feed did.
    ``first_seen`` is when the person saved it elsewhere; None when it arrives now.
    """

    guid: str
    url: str
    canonical_url: str
    title: str
    author: str
    site: str
    summary: str
    content_html: str
    content_text: str
    words: int
    lang: str
    full_text: bool
    published: datetime | None
    claimed: datetime | None = None
    via_name: str = ""
    via_url: str = ""
    digest: str = ""
    first_seen: datetime | None = None

    def hash(self) -> str:
        """Return a short digest of what a reader would see change; dates and guids do not count."""
        said = (self.url, self.title, self.author, self.summary, self.content_html)
        return blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


def believable(published: datetime | None, now: datetime) -> datetime | None:
    """Return ``published`` unless it lies before 1995 or more than two days ahead of ``now``."""
    return published if published and OLDEST <= published <= now + AHEAD else None


def seen_before(connection: sqlite3.Connection, url: str) -> dict[str, Unchanged]:
    """Return what is known, by digest, of the newest items of the feed at ``url``.

    One with a date that cannot be believed is not among them: time may make it believable.
    """
    rows = connection.execute(
        "SELECT digest, guid, published FROM items WHERE feed = (SELECT number FROM feeds WHERE url = ?)"
        " AND digest <> '' AND claimed IS NULL ORDER BY number DESC LIMIT ?",
        (url, MOST_SEEN),
    )
    return {digest: (guid, published) for digest, guid, published in rows}


def store_arrivals(
    connection: sqlite3.Connection,
    feed: int | None,
    arrivals: Sequence[Arrival],
    *,
    now: datetime,
    unchanged: Collection[str] = (),
) -> int:
    """Store what the feed (its number; None for a page) carries; return how many items are new.

    ``unchanged`` are the guids of items it carries as they were. One transaction; the search index
    follows (``search.catch_up``). An item known by its guid, or under another guid by the same address and
    title in the same feed, is brought up to date. What the person decided and noted stays, as do the first
    believable date, who led to it, a full text fetched before, and every item the feed carries no more.
    """
    arrived = {arrival.guid for arrival in arrivals}
    guids = arrived.union(unchanged)
    with transaction(connection):
        fresh: list[Arrival] = []
        changed: list[int] = []
        seen = connection.execute("SELECT 1 FROM items WHERE feed IS ? LIMIT 1", (feed,)).fetchone()
        there = _there(connection, feed, arrived) if seen else {}
        for arrival in reversed(arrivals):  # feeds put the newest first: let it get the highest number
            known = there.get(arrival.guid) or (_renamed(connection, feed, arrival, guids) if seen else None)
            if known is None:
                fresh.append(arrival)
            elif _says_more(known, arrival):
                _update(connection, known, arrival)
                changed.append(known["number"])
            elif known["digest"] != arrival.digest:  # a reader sees no difference
                connection.execute("UPDATE items SET digest = ? WHERE number = ?", (arrival.digest, known["number"]))
        first = int(connection.execute("SELECT coalesce(max(number), 0) + 1 FROM items").fetchone()[0])
        numbers = range(first, first + len(fresh))
        _insert(connection, feed, list(zip(numbers, fresh, strict=True)), now)
        if changed:
            index(connection, changed)
    return len(fresh)


def store_target(connection: sqlite3.Connection, number: int, url: str) -> None:
    """Give the item the address at which its page was found, when its own is a redirector's that does not tell."""
    with transaction(connection):
        known = connection.execute("SELECT url FROM items WHERE number = ?", (number,)).fetchone()
        if known and opaque(known["url"]) and not opaque(url):
            connection.execute(
                "UPDATE items SET url = ?, canonical_url = ? WHERE number = ?", (url, canonical_url(url), number)
            )


def store_page(connection: sqlite3.Connection, page: Page, *, now: datetime, with_text: bool = True) -> Item:
    """Store a page the person pointed at as a new item without a feed, and return it.

    Not ``with_text``, nothing of its text is kept, its first words included. A page whose canonical URL
    is an item already changes nothing: that item is returned.
    """
    address = canonical_url(page.url)
    published = believable(page.published, now)
    own_words = page.summary.rstrip("… ") in one_line(page.content_text)  # its head says nothing of itself
    arrival = Arrival(
        guid=address,
        url=page.url,
        canonical_url=address,
        title=page.title or page.url,
        author=page.author,
        site=page.site,
        summary=page.summary if with_text or not own_words else "",
        content_html=page.content_html if with_text else "",
        content_text=page.content_text if with_text else "",
        words=page.words if with_text else 0,
        lang=page.lang,
        full_text=with_text,
        published=published,
        claimed=None if published else page.published,
    )
    with transaction(connection):
        if find_by_url(connection, page.url) is None:
            store_arrivals(connection, None, [arrival], now=now)
        row = connection.execute(
            "SELECT id FROM items WHERE canonical_url = ? ORDER BY number LIMIT 1", (address,)
        ).fetchone()
        return find_item(connection, row[0])


def _there(connection: sqlite3.Connection, feed: int | None, guids: set[str]) -> dict[str, sqlite3.Row]:
    """Return the rows of the feed's items with these guids, by guid."""
    rows = connection.execute(
        "SELECT * FROM items WHERE feed IS ? AND guid IN (SELECT value FROM json_each(?))",
        (feed, json.dumps(list(guids))),
    )
    return {row["guid"]: row for row in rows}


def _renamed(connection: sqlite3.Connection, feed: int | None, arrival: Arrival, guids: set[str]) -> sqlite3.Row | None:
    """Return the row of the item that ``arrival`` is under another guid; ``guids`` are those of the whole document."""
    if not arrival.canonical_url:
        return None
    title = _plain(arrival.title)
    found = connection.execute(
        "SELECT * FROM items WHERE canonical_url IN (SELECT value FROM json_each(?)) AND feed IS ? ORDER BY number",
        (json.dumps(spellings(arrival.canonical_url)), feed),
    )
    alike = [row for row in found if _plain(row["title"]) == title]
    # The feed may have given the article a new guid. Another entry of this very document is another article.
    gone = [row for row in alike if row["guid"] not in guids]
    if len(alike) > 1 or urlsplit(arrival.canonical_url).path == "/":  # an address of many: the date must agree
        published = to_seconds(arrival.published) if arrival.published else None
        gone = [row for row in gone if published is None or row["published"] in (published, None)]
    return gone[0] if gone else None


def spellings(canonical: str) -> list[str]:
    """Return the addresses a site has the same page at before and after it moves to https or drops “www.”."""
    scheme, _, rest = canonical.partition("://")
    if scheme not in {"http", "https"}:
        return [canonical]
    place, mark, query = rest.removeprefix("www.").partition("?")
    place = place.rstrip("/")
    return [
        f"{way}://{www}{place}{slash}{mark}{query}"
        for way in ("https", "http")
        for www in ("", "www.")
        for slash in ("", "/")
    ]


def _plain(title: str) -> str:
    """Return the letters and digits of ``title``, by which an article is known again; all of it when it has none."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(re.findall(r"\w+", folded)) or title


def _says_more(known: sqlite3.Row, arrival: Arrival) -> bool:
    """Say whether the feed changed what it says: text, guid, or a date where none could be believed.

    What was stored under an address that is spelled otherwise today counts as changed.
    """
    if known["hash"] != arrival.hash() or known["guid"] != arrival.guid:
        return True
    if known["canonical_url"] != arrival.canonical_url and not opaque(arrival.url):
        return True
    claimed = to_seconds(arrival.claimed) if arrival.claimed else None
    return known["published"] is None and (arrival.published is not None or known["claimed"] != claimed)


def _insert(
    connection: sqlite3.Connection, feed: int | None, fresh: Sequence[tuple[int, Arrival]], now: datetime
) -> None:
    if not fresh:
        return
    ids = new_ids(connection, len(fresh))
    seen = to_seconds(now)
    rows = [
        (*_row(arrival), number, item_id, feed, to_seconds(arrival.first_seen) if arrival.first_seen else seen)
        for item_id, (number, arrival) in zip(ids, fresh, strict=True)
    ]
    connection.executemany(
        "INSERT INTO items (guid, url, canonical_url, title, author, site, summary, words, lang, full_text, published,"
        " claimed, hash, via_name, via_url, digest, number, id, feed, first_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.executemany(
        "INSERT INTO contents (item, html, text) VALUES (?, ?, ?)",
        [(number, arrival.content_html, arrival.content_text) for number, arrival in fresh],
    )


def _row(arrival: Arrival) -> tuple[object, ...]:
    """Return the columns of an item that is new, in the order in which ``_insert`` names them."""
    return (
        *(arrival.guid, arrival.url, arrival.canonical_url, arrival.title, arrival.author, arrival.site),
        *(arrival.summary, arrival.words, arrival.lang, arrival.full_text),
        to_seconds(arrival.published) if arrival.published else None,
        to_seconds(arrival.claimed) if arrival.claimed else None,
        *(arrival.hash(), arrival.via_name, arrival.via_url, arrival.digest),
    )


def _update(connection: sqlite3.Connection, known: sqlite3.Row, arrival: Arrival) -> None:
    """Write what the feed says now. ``via`` stays: from the moment an item is there, it is the person's."""
    row = {**_columns(arrival), "number": known["number"]}
    if opaque(arrival.url) and not opaque(known["url"]):  # where it leads was found out before
        row |= {"url": known["url"], "canonical_url": known["canonical_url"]}
    connection.execute(
        "UPDATE items SET guid = :guid, url = :url, canonical_url = :canonical_url, title = :title, author = :author,"
        " summary = :summary, hash = :hash, digest = :digest, published = coalesce(published, :published),"
        " claimed = CASE WHEN coalesce(published, :published) IS NULL THEN :claimed END WHERE number = :number",
        row,
    )
    if known["full_text"] and not arrival.full_text:
        return
    connection.execute("UPDATE items SET words = :words, lang = :lang WHERE number = :number", row)
    connection.execute("UPDATE contents SET html = :content_html, text = :content_text WHERE item = :number", row)


def _columns(arrival: Arrival) -> dict[str, object]:
    published = to_seconds(arrival.published) if arrival.published else None
    claimed = to_seconds(arrival.claimed) if arrival.claimed else None
    return {**vars(arrival), "published": published, "claimed": claimed, "hash": arrival.hash()}
