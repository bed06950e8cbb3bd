"""Keep items: what feeds and pages said, found again by id, state, date and address.

Owns the tables ``items`` and ``contents``. Must stay light (``today`` and ``item list`` import
it) and must not know how feeds are fetched or how a decision is taken back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, get_args

from curate.desk.db import new_ids, to_moment, to_seconds, transaction
from curate.errors import Refused, Unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from curate.feeds.fulltext import Page

State = Literal["new", "kept", "later", "skipped", "drafted", "posted"]
STATES: tuple[str, ...] = get_args(State)
WORDS_PER_MINUTE = 265
OLDEST = datetime(1995, 1, 1, tzinfo=UTC)  # before feeds were; what claims to be older has a broken clock
AHEAD = timedelta(days=2)  # time zones and embargoes explain this much future, not more


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A passage chosen from an item; ``prefix`` and ``suffix`` are the 32 characters around it, when it was found."""

    text: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One article of somebody else, and what the person noted on it.

    ``feed_title`` is the site's name for a page the person added; ``sources`` counts the feeds that
    carry its canonical URL. In lists ``content_text``, ``content_html``, ``quotes`` and ``tags`` are
    left empty: ``find_item`` reads them.
    """

    number: int
    id: str
    title: str
    url: str
    canonical_url: str
    feed_title: str
    feed_url: str
    author: str
    site: str
    published: datetime | None
    first_seen: datetime
    state: str
    summary: str
    content_text: str
    content_html: str
    words: int
    lang: str
    full_text: bool
    sources: int
    later_until: datetime | None
    via_name: str
    via_url: str
    note: str
    quotes: tuple[Quote, ...]
    tags: tuple[str, ...]

    @property
    def dated(self) -> datetime:
        """When it was published, or first seen where the feed said nothing believable."""
        return self.published or self.first_seen


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What a feed or a page says of one item, cleaned; ``published`` is None unless believable."""

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

    def hash(self) -> str:
        """Return a short digest of what a reader would see change; dates and guids do not count."""
        said = (self.url, self.title, self.author, self.summary, self.content_html)
        return blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


LIGHT = """
SELECT i.*, n.text AS note, coalesce(f.url, '') AS feed_url,
       coalesce(nullif(f.title, ''), i.site) AS feed_title,
       CASE WHEN i.canonical_url = '' THEN i.feed IS NOT NULL ELSE
         (SELECT count(DISTINCT o.feed) FROM items o WHERE o.canonical_url = i.canonical_url) END AS sources
FROM items i LEFT JOIN feeds f ON f.number = i.feed LEFT JOIN notes n ON n.item = i.number
"""


def list_items(
    connection: sqlite3.Connection,
    *,
    state: str | None,
    limit: int,
    since: datetime | None = None,
    feed: str | None = None,
) -> list[Item]:
    """Return items, newest first by the date published, or first seen where there is none.

    ``state`` None means every state, ``limit`` 0 no limit; ``feed`` is a feed's URL. A story that
    several feeds carry stays several items. Call ``wake`` before, so that what waited until today is new.
    """
    conditions = {
        "i.state = ?": state,
        "i.dated >= ?": to_seconds(since) if since else None,
        "i.feed = (SELECT number FROM feeds WHERE url = ?)": feed,
    }
    wanted = {condition: value for condition, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    rows = connection.execute(
        f"{LIGHT} {where} ORDER BY i.dated DESC, i.number DESC LIMIT ?", (*wanted.values(), limit or -1)
    )
    return [_item(row) for row in rows]


def load_items(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Item]:
    """Return the items of ``numbers`` as lists have them, in the order given."""
    where = "WHERE i.number IN (SELECT value FROM json_each(?))"
    rows = connection.execute(f"{LIGHT} {where}", (json.dumps(list(numbers)),))
    found = {row["number"]: _item(row) for row in rows}
    return [found[number] for number in numbers]


def find_item(connection: sqlite3.Connection, item_id: str) -> Item:
    """Return the item ``item_id`` whole: content, quotes and tags, too. Raises Unknown."""
    row = connection.execute(f"{LIGHT} WHERE i.number = ?", (find_number(connection, item_id),)).fetchone()
    number = row["number"]
    content = connection.execute("SELECT html, text FROM contents WHERE item = ?", (number,)).fetchone()
    quotes = connection.execute("SELECT text, prefix, suffix FROM quotes WHERE item = ? ORDER BY number", (number,))
    tags = connection.execute("SELECT tag FROM tags WHERE item = ? ORDER BY tag", (number,))
    return _item(row, content, tuple(Quote(**dict(quote)) for quote in quotes), tuple(tag[0] for tag in tags))


def find_number(connection: sqlite3.Connection, item_id: str) -> int:
    """Return the row number of the item ``item_id``. Raises Unknown."""
    row = connection.execute("SELECT number FROM items WHERE id = ?", (item_id.strip().lower(),)).fetchone()
    if row is None:
        raise Unknown("item", item_id, "curate item list shows the ids; curate item search TEXT finds older ones.")
    return int(row[0])


def find_by_url(connection: sqlite3.Connection, url: str) -> Item | None:
    """Return the item that stands at the canonical form of ``url``, the first one seen if several do."""
    from curate.feeds.addresses import canonical_url

    row = connection.execute(
        "SELECT id FROM items WHERE canonical_url = ? ORDER BY number LIMIT 1", (canonical_url(url),)
    ).fetchone()
    return find_item(connection, row[0]) if row else None


def count_by_state(connection: sqlite3.Connection, *, now: datetime) -> dict[str, int]:
    """Return how many items are in each state at ``now``, states without items included.

    What was put off until ``now`` or earlier counts as new. Reads only.
    """
    rows = dict(connection.execute("SELECT state, count(*) FROM items GROUP BY state").fetchall())
    due = connection.execute(
        "SELECT count(*) FROM items WHERE state = 'later' AND later_until <= ?", (to_seconds(now),)
    ).fetchone()[0]
    counts = {state: rows.get(state, 0) for state in STATES}
    return {**counts, "new": counts["new"] + due, "later": counts["later"] - due}


def oldest_kept(connection: sqlite3.Connection) -> datetime | None:
    """Return when the item was kept that has waited longest for a post; None when none waits."""
    seconds = connection.execute("SELECT min(decided_at) FROM items WHERE state = 'kept'").fetchone()[0]
    return None if seconds is None else to_moment(seconds)


def count_by_feed(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Return for each feed's URL how many items it brought, and how many of those were kept (or became posts)."""
    rows = connection.execute("""
        SELECT f.url, sum(c.items), sum(c.items) FILTER (WHERE c.state IN ('kept', 'drafted', 'posted'))
        FROM (SELECT feed, state, count(*) AS items FROM items GROUP BY feed, state) c
        JOIN feeds f ON f.number = c.feed GROUP BY f.url
    """)
    return {url: (seen, kept or 0) for url, seen, kept in rows}


def wake(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Make new again what was put off until ``now`` or earlier; return how many.

    Not a step of the journal: nobody decided anything. Writes only when something is due.
    """
    moment = to_seconds(now)
    due = "SELECT 1 FROM items WHERE state = 'later' AND later_until <= ? LIMIT 1"
    if not connection.execute(due, (moment,)).fetchone():
        return 0
    with transaction(connection):
        return connection.execute(
            "UPDATE items SET state = 'new', decided_at = NULL, later_until = NULL"
            " WHERE state = 'later' AND later_until <= ?",
            (moment,),
        ).rowcount


def minutes(words: int) -> int:
    """Return how many minutes ``words`` take to read at 265 a minute; at least 1 unless there are none."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words else 0


def believable(published: datetime | None, now: datetime) -> datetime | None:
    """Return ``published`` unless it lies before 1995 or more than two days ahead of ``now``."""
    return published if published and OLDEST <= published <= now + AHEAD else None


def web_address(item: Item) -> str:
    """Return the item's URL for a browser. Raises Refused for anything but http and https."""
    if not item.url.lower().startswith(("http://", "https://")):
        raise Refused(f"“{item.title}” has no web address a browser should open.", f"curate item show {item.id}")
    return item.url


def store_arrivals(
    connection: sqlite3.Connection, feed: int | None, arrivals: Sequence[Arrival], *, now: datetime
) -> int:
    """Store what the feed (its number; None for a page) carries; return how many items are new.

    One transaction, search index included. An item known by its guid, or under another guid by the
    same canonical URL and title in the same feed, is brought up to date; what the person decided and
    noted stays, as do the first believable date and a full text fetched before.
    """
    from curate.inbox.search import index

    guids = {arrival.guid for arrival in arrivals}
    with transaction(connection):
        fresh: list[Arrival] = []
        changed: list[int] = []
        for arrival in reversed(arrivals):  # feeds put the newest first: let it get the highest number
            known = _known(connection, feed, arrival, guids)
            if known is None:
                fresh.append(arrival)
            elif known["hash"] != arrival.hash() or known["guid"] != arrival.guid:
                _update(connection, known, arrival)
                changed.append(known["number"])
        first = int(connection.execute("SELECT coalesce(max(number), 0) + 1 FROM items").fetchone()[0])
        numbers = range(first, first + len(fresh))
        _insert(connection, feed, list(zip(numbers, fresh, strict=True)), now)
        index(connection, (*changed, *numbers))
    return len(fresh)


def store_page(connection: sqlite3.Connection, page: Page, *, now: datetime) -> Item:
    """Store a page the person pointed at as a new item without a feed, and return it.

    A page whose canonical URL is an item already changes nothing: that item is returned.
    """
    from curate.feeds.addresses import canonical_url

    address = canonical_url(page.url)
    arrival = Arrival(
        guid=address,
        url=page.url,
        canonical_url=address,
        title=page.title or page.url,
        author=page.author,
        site=page.site,
        summary=page.summary,
        content_html=page.content_html,
        content_text=page.content_text,
        words=page.words,
        lang=page.lang,
        full_text=True,
        published=believable(page.published, now),
    )
    with transaction(connection):
        if find_by_url(connection, page.url) is None:
            store_arrivals(connection, None, [arrival], now=now)
        row = connection.execute(
            "SELECT id FROM items WHERE canonical_url = ? ORDER BY number LIMIT 1", (address,)
        ).fetchone()
        return find_item(connection, row[0])


def _known(connection: sqlite3.Connection, feed: int | None, arrival: Arrival, guids: set[str]) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT number, guid, hash, full_text FROM items WHERE feed IS ? AND guid = ?", (feed, arrival.guid)
    ).fetchone()
    if row is not None or not arrival.canonical_url:
        return row
    # The feed may have given the article a new guid. Another entry of this very document is another article.
    twins = connection.execute(
        "SELECT number, guid, hash, full_text FROM items WHERE canonical_url = ? AND feed IS ? AND title = ?"
        " ORDER BY number",
        (arrival.canonical_url, feed, arrival.title),
    )
    return next((twin for twin in twins if twin["guid"] not in guids), None)


def _insert(
    connection: sqlite3.Connection, feed: int | None, fresh: Sequence[tuple[int, Arrival]], now: datetime
) -> None:
    if not fresh:
        return
    ids = new_ids(connection, len(fresh))
    rows = [
        {**_columns(arrival), "number": number, "id": item_id, "feed": feed, "seen": to_seconds(now)}
        for item_id, (number, arrival) in zip(ids, fresh, strict=True)
    ]
    connection.executemany(
        "INSERT INTO items (number, id, feed, guid, url, canonical_url, title, author, site, summary, words, lang,"
        " full_text, published, first_seen, hash) VALUES (:number, :id, :feed, :guid, :url, :canonical_url, :title,"
        " :author, :site, :summary, :words, :lang, :full_text, :published, :seen, :hash)",
        rows,
    )
    connection.executemany(
        "INSERT INTO contents (item, html, text) VALUES (:number, :content_html, :content_text)", rows
    )


def _update(connection: sqlite3.Connection, known: sqlite3.Row, arrival: Arrival) -> None:
    row = {**_columns(arrival), "number": known["number"]}
    connection.execute(
        "UPDATE items SET guid = :guid, url = :url, canonical_url = :canonical_url, title = :title, author = :author,"
        " summary = :summary, hash = :hash, published = coalesce(published, :published) WHERE number = :number",
        row,
    )
    if known["full_text"] and not arrival.full_text:
        return
    connection.execute("UPDATE items SET words = :words, lang = :lang WHERE number = :number", row)
    connection.execute("UPDATE contents SET html = :content_html, text = :content_text WHERE item = :number", row)


def _columns(arrival: Arrival) -> dict[str, object]:
    published = to_seconds(arrival.published) if arrival.published else None
    return {**vars(arrival), "published": published, "hash": arrival.hash()}


def _item(
    row: sqlite3.Row,
    content: sqlite3.Row | None = None,
    quotes: tuple[Quote, ...] = (),
    tags: tuple[str, ...] = (),
) -> Item:
    published, later_until = row["published"], row["later_until"]
    return Item(
        number=row["number"],
        id=row["id"],
        title=row["title"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        feed_title=row["feed_title"],
        feed_url=row["feed_url"],
        author=row["author"],
        site=row["site"],
        published=None if published is None else to_moment(published),
        first_seen=to_moment(row["first_seen"]),
        state=row["state"],
        summary=row["summary"],
        content_text=content["text"] if content else "",
        content_html=content["html"] if content else "",
        words=row["words"],
        lang=row["lang"],
        full_text=bool(row["full_text"]),
        sources=row["sources"],
        later_until=None if later_until is None else to_moment(later_until),
        via_name=row["via_name"],
        via_url=row["via_url"],
        note=row["note"] or "",
        quotes=quotes,
        tags=tags,
    )
