"""A real desk's database with items in it, filled the way fetching fills it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from curate.desk.db import open_database, transaction
from curate.desk.folder import Desk
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.parse import Entry, Feed
from curate.inbox.items import list_items
from curate.inbox.receive import store_feed

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from curate.inbox.items import Item

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ENTRY = Entry(
    guid="",
    url="",
    title="",
    author="Rosa Lindqvist",
    summary="We put a small model in the pager rotation.",
    content_html="<p>We put a small model in the pager rotation.</p><p>It did, on two incidents out of three.</p>",
    content_text="We put a small model in the pager rotation.\n\n"
    "It did, on two\nincidents out of three. The rest was luck.",
    published=NOW - timedelta(hours=5),
    tags=(),
    lang="en",
)


def entry(name: str = "one", **changes: Any) -> Entry:
    """An entry of a feed called ``name``, at an address made from it."""
    said = {"guid": name, "url": f"https://a.example/{name}", "title": f"About {name}"}
    return replace(ENTRY, **{**said, **changes})


@dataclass
class Stock:
    """The database of a desk at ``root``, and a clock that goes on by a minute at each ``tick``."""

    root: Path
    connection: sqlite3.Connection = field(init=False)
    now: datetime = NOW

    def __post_init__(self) -> None:
        (self.root / "curate.toml").touch()
        self.connection = open_database(Desk(self.root))

    def tick(self) -> datetime:
        """Let a minute pass, and return the new time."""
        self.now += timedelta(minutes=1)
        return self.now

    def receive(self, *entries: Entry, url: str = "https://a.example/feed", title: str = "Ops Weekly") -> int:
        """Store what the feed at ``url`` carries now; return how many items are new."""
        feed = Feed(title=title, site_url="https://a.example/", entries=entries)
        with transaction(self.connection):
            fetched = Fetched(url=url, outcome="read", feed=feed)
            number = record(self.connection, fetched, now=self.now, interval_minutes=60)
            return store_feed(self.connection, number, feed, now=self.now)

    def items(self, state: str | None = None) -> list[Item]:
        """All items, or those in ``state``, as lists have them."""
        return list_items(self.connection, state=state, limit=0)

    def only(self) -> Item:
        """The one item there is."""
        (item,) = self.items()
        return item

    def ids(self) -> list[str]:
        """The ids of all items, newest first."""
        return [item.id for item in self.items()]


def persons(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row and column that is the person's, exactly as the database holds them."""
    queries = {
        "items": "SELECT id, state, decided_at, later_until, via_name, via_url, boost, apart FROM items"
        " ORDER BY number",
        "notes": "SELECT * FROM notes ORDER BY item",
        "quotes": "SELECT * FROM quotes ORDER BY number",
        "tags": "SELECT * FROM tags ORDER BY item, tag",
        "rules": "SELECT * FROM rules ORDER BY number",
        "effects": "SELECT * FROM effects ORDER BY item, rule",
    }
    return {name: [tuple(row) for row in connection.execute(query)] for name, query in queries.items()}
