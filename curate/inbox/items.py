"""Keep items: what feeds and pages said, found again by id, state, date and address.

Owns the tables ``items`` and ``contents``, which ``arrivals`` fills. Must stay light (``today`` and
``item list`` import it) and must not know how feeds are fetched or how a decision is taken back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

from curate.desk.db import to_moment, to_seconds, transaction
from curate.errors import Refused, Unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime


State = Literal["new", "kept", "later", "skipped", "drafted", "posted"]
Order = Literal["score", "newest", "oldest"]
STATES: tuple[str, ...] = get_args(State)
WORDS_PER_MINUTE = 265
UNREAD = timedelta(days=90)  # after it was first seen an item leaves the inbox, when nobody did anything with it


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A passage chosen from an item; ``prefix`` and ``suffix`` are the 32 characters around it, when it was found."""

    text: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Condition:
    """What a list is narrowed to: an SQL expression over the item ``i``, and the values of its question marks."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One article of somebody else, and what the person noted on it.

    ``feed_title`` is the site's name for a page the person added; ``sources`` counts the feeds that
    carry its canonical URL or its story. In lists ``content_text``, ``content_html``, ``quotes`` and ``tags``
    are left empty: ``find_item`` reads them. ``claimed`` is the date that was given and cannot be believed.
    ``interest`` and ``boost`` are what ranking and rules add to freshness, in doublings of the chance that it
    is wanted; ``rules`` the names of the rules that touched it; ``story`` the number of the item that leads its story.
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
    claimed: datetime | None = None
    interest: float = 0.0
    boost: float = 0.0
    rules: tuple[str, ...] = ()
    story: int | None = None

    @property
    def dated(self) -> datetime:
        """When it was published, or first seen where the feed said nothing believable."""
        return self.published or self.first_seen


# What the person wrote on stays in the inbox, however old; a tag that a rule put there is not the person's.
TOUCHED = """SELECT item FROM notes UNION SELECT item FROM quotes UNION SELECT item FROM tags t WHERE NOT EXISTS
  (SELECT 1 FROM effects e WHERE e.item = t.item AND e.action = 'tag' AND e.value = t.tag)"""
LIGHT = """
SELECT i.*, n.text AS note, coalesce(f.url, '') AS feed_url,
       coalesce(nullif(f.title, ''), i.site) AS feed_title,
       CASE WHEN i.story IS NOT NULL THEN (SELECT count(DISTINCT o.feed) FROM items o WHERE o.story = i.story)
         WHEN i.canonical_url = '' THEN i.feed IS NOT NULL ELSE
         (SELECT count(DISTINCT o.feed) FROM items o WHERE o.canonical_url = i.canonical_url) END AS sources,
       (SELECT group_concat(name, char(10)) FROM effects e WHERE e.item = i.number) AS rules
FROM items i LEFT JOIN feeds f ON f.number = i.feed LEFT JOIN notes n ON n.item = i.number
"""


ORDERS: dict[Order, str] = {
    "score": "i.standing DESC, i.number DESC",
    "newest": "i.dated DESC, i.number DESC",
    "oldest": "i.dated, i.number",
}


def list_items(  # noqa: PLR0913 - what a list may be narrowed to
    connection: sqlite3.Connection,
    *,
    state: str | None,
    limit: int,
    since: datetime | None = None,
    feed: str | None = None,
    unread: datetime | None = None,
    order: Order = "newest",
    where: Condition | None = None,
) -> list[Item]:
    """Return items: the highest score first, or by the date published, or first seen where there is none.

    ``state`` None means every state, ``limit`` 0 no limit; ``feed`` is a feed's URL. With ``unread``, the
    time it is, new items that nobody touched for 90 days are left out: they have left the inbox, and search
    finds them. A story that several feeds carry stays several items. Call ``wake`` before, so that what
    waited until today is new.
    """
    conditions: dict[str, object] = {
        "i.state = ?": state,
        "i.dated >= ?": to_seconds(since) if since else None,
        "i.feed = (SELECT number FROM feeds WHERE url = ?)": feed,
    }
    wanted = [Condition(sql, (value,)) for sql, value in conditions.items() if value is not None]
    wanted += [part for part in (in_inbox(unread) if unread else None, where) if part]
    narrowed = f"WHERE {' AND '.join(f'({each.sql})' for each in wanted)}" if wanted else ""
    values = [value for each in wanted for value in each.values]
    rows = connection.execute(f"{LIGHT} {narrowed} ORDER BY {ORDERS[order]} LIMIT ?", (*values, limit or -1))
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

    What was put off until ``now`` or earlier counts as new; what left the inbox unread does not: it is
    counted under “left”. Reads only.
    """
    rows = dict(connection.execute("SELECT state, count(*) FROM items GROUP BY state").fetchall())
    due = connection.execute(
        "SELECT count(*) FROM items WHERE state = 'later' AND later_until <= ?", (to_seconds(now),)
    ).fetchone()[0]
    cutoff = _cutoff(now)
    old = "state = 'new' AND first_seen < ? AND coalesce(decided_at, 0) < ?"
    by_age = "items INDEXED BY items_unread"  # which SQLite would not choose, and is fifty times as quick
    unread = connection.execute(f"SELECT count(*) FROM {by_age} WHERE {old}", (cutoff, cutoff))  # noqa: S608 - ours
    touched = connection.execute(
        f"SELECT count(*) FROM ({TOUCHED}) t CROSS JOIN items i ON i.number = t.item WHERE {old}",  # noqa: S608 - ours
        (cutoff, cutoff),
    )
    left = unread.fetchone()[0] - touched.fetchone()[0]
    counts = {state: rows.get(state, 0) for state in STATES}
    return {**counts, "new": counts["new"] + due - left, "later": counts["later"] - due, "left": left}


def oldest_kept(connection: sqlite3.Connection) -> datetime | None:
    """Return when the item was kept that has waited longest for a post; None when none waits."""
    seconds = connection.execute("SELECT min(decided_at) FROM items WHERE state = 'kept'").fetchone()[0]
    return None if seconds is None else to_moment(seconds)


def count_by_feed(connection: sqlite3.Connection) -> dict[str, tuple[int, int, datetime]]:
    """Return for each feed's URL how many items it brought, how many of those were kept, and its newest's date."""
    rows = connection.execute("""
        SELECT f.url, sum(c.items), sum(c.items) FILTER (WHERE c.state IN ('kept', 'drafted', 'posted')),
               max(c.newest)
        FROM (SELECT feed, state, count(*) AS items, max(dated) AS newest FROM items GROUP BY feed, state) c
        JOIN feeds f ON f.number = c.feed GROUP BY f.url
    """)
    return {url: (seen, kept or 0, to_moment(newest)) for url, seen, kept, newest in rows}


def in_inbox(now: datetime, item: str = "i") -> Condition:
    """Return that ``item``, a name of the table, has not left the inbox: touched, or new for less than 90 days."""
    seen = f"max({item}.first_seen, coalesce({item}.decided_at, 0)) >= ?"
    return Condition(f"{seen} OR {item}.state <> 'new' OR {item}.number IN ({TOUCHED})", (_cutoff(now),))


def _cutoff(now: datetime) -> int:
    """Return since when an item must have been here to be in the inbox unread."""
    return to_seconds(now - UNREAD)


def wake(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Make new again what was put off until ``now`` or earlier; return how many.

    Not a step of the journal: nobody decided anything. Their 90 days in the inbox begin anew. Writes
    only when something is due.
    """
    moment = to_seconds(now)
    due = "SELECT 1 FROM items WHERE state = 'later' AND later_until <= ? LIMIT 1"
    if not connection.execute(due, (moment,)).fetchone():
        return 0
    with transaction(connection):
        return connection.execute(
            "UPDATE items SET state = 'new', decided_at = ?, later_until = NULL"
            " WHERE state = 'later' AND later_until <= ?",
            (moment, moment),
        ).rowcount


def minutes(words: int) -> int:
    """Return how many minutes ``words`` take to read at 265 a minute; at least 1 unless there are none."""
    return max(1, round(words / WORDS_PER_MINUTE)) if words else 0


def web_address(item: Item) -> str:
    """Return the item's URL for a browser. Raises Refused for anything but http and https."""
    if not item.url.lower().startswith(("http://", "https://")):
        raise Refused(f"“{item.title}” has no web address a browser should open.", f"curate item show {item.id}")
    return item.url


def _item(
    row: sqlite3.Row,
    content: sqlite3.Row | None = None,
    quotes: tuple[Quote, ...] = (),
    tags: tuple[str, ...] = (),
) -> Item:
    published, later_until, claimed = row["published"], row["later_until"], row["claimed"]
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
        claimed=None if claimed is None else to_moment(claimed),
        interest=row["interest"],
        boost=row["boost"],
        rules=tuple(row["rules"].split("\n")) if row["rules"] else (),
        story=row["story"],
    )
