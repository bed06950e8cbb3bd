"""Whatever feeds do with their entries over time, each article is one item and keeps what the person decided."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from curate.desk.db import to_seconds, transaction
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.parse import parse_feed
from curate.inbox.arrivals import seen_before
from curate.inbox.decide import decide
from curate.inbox.journal import undo
from curate.inbox.notes import add_quote, add_tags, set_note
from curate.inbox.receive import store_feed
from tests.inbox.stock import NOW

if TYPE_CHECKING:
    from tests.inbox.stock import Stock

HISTORIES = 2_000 if os.environ.get("CURATE_SWEEP") else 200
PERSONS = """
SELECT i.state, i.decided_at, i.via_url, n.text, (SELECT group_concat(tag) FROM tags WHERE item = i.number),
       (SELECT group_concat(q.text) FROM quotes q WHERE item = i.number)
FROM items i LEFT JOIN notes n ON n.item = i.number WHERE i.id = ?
"""


@dataclass
class Article:
    """What a writer wrote: the one thing that stays itself while the feed changes all that is said of it."""

    guid: str
    path: str
    title: str
    text: str
    day: int | None
    item: str = ""  # its id, once it is an item


@dataclass
class Site:
    """A feed as its makers change it."""

    address: str
    chance: random.Random
    articles: list[Article] = field(default_factory=list)
    shown: list[Article] = field(default_factory=list)  # the window: what the feed carries now
    used: set[str] = field(default_factory=set)  # guids, ever
    secure: bool = False

    def write(self, guid: str) -> None:
        self.used.add(guid)
        number = len(self.articles)
        title = self.chance.choice(["Status", f"About {number}", f"Über {number}", ""])
        path = self.chance.choice([f"/{number}", f"/{number}/", f"/?p={number}"])
        day = self.chance.choice([None, number])
        article = Article(guid, path, title or f"Only words {number}", f"words of {number}", day)
        self.articles.append(article)
        self.shown.insert(0, article)

    def live(self) -> None:
        """Do one of the things feeds do."""
        chance, shown = self.chance, self.shown
        match chance.randrange(8):
            case 0 | 1:
                self.write(f"{self.address} {len(self.articles)}")
            case 2:
                for article in shown:
                    article.text += " edited"
            case 3 if shown:
                chance.choice(shown).title += " retitled"
            case 4:  # moved to other software
                for article in shown:
                    article.guid = f"anew {chance.random()}"
                self.secure = chance.random() < 0.5
            case 5:
                chance.shuffle(shown)
            case 6:
                del shown[chance.randrange(len(shown) + 1) :]
            case 7:  # an old one comes back
                shown.extend(article for article in self.articles[:1] if article not in shown)

    def document(self) -> bytes:
        items: list[dict[str, Any]] = []
        for article in self.shown:
            mark = self.chance.choice(["", "", "utm_source=rss"])
            joint = "&" if "?" in article.path else "?"
            item = {
                "id": article.guid,
                "url": f"http{'s' * self.secure}://{self.address}{article.path}{joint + mark if mark else ''}",
                "title": article.title,
                "content_text": article.text,
            }
            if article.day is not None:
                item["date_published"] = (NOW - timedelta(days=article.day)).isoformat()
            items += [item] * self.chance.choice([1, 1, 1, 1, 2])  # by mistake, twice
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}).encode()


def test_articles_stay_themselves_through_any_history(stock: Stock) -> None:
    for seed in range(HISTORIES):
        with transaction(stock.connection):
            live_through(stock, seed)


def live_through(stock: Stock, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same histories each time
    one, other = (Site(f"{name}{seed}.example", chance) for name in "ab")
    decided: dict[str, tuple[Any, ...]] = {}
    for site in (one, other):
        site.write("first")  # the same guid in both feeds
    for _ in range(8):
        site = chance.choice([one, other])
        site.live()
        if site is other and one.shown and one.shown[0].guid not in other.used:
            site.write(one.shown[0].guid)  # another feed's guid means nothing here
        check_document(stock, site, seed)
        for article in one.articles + other.articles:
            if article.item in decided:
                assert said(stock, article.item) == decided[article.item], f"history {seed}: {article}"
        if items := [article.item for article in site.articles if article.item]:
            act(stock, chance.choice(items), chance, decided)


def check_document(stock: Stock, site: Site, seed: int) -> None:
    """Receive what ``site`` carries; each article is then one item, old ones the same as before."""
    url = f"https://{site.address}/feed"
    known = seen_before(stock.connection, url) if seed % 3 else {}
    feed = parse_feed(site.document(), url, "application/json", known)
    fresh = sum(not article.item for article in site.shown)
    number = record(
        stock.connection,
        Fetched(url=url, outcome="read", feed=feed),
        now=stock.tick(),
        interval_minutes=60,
    )
    assert store_feed(stock.connection, number, feed, now=stock.now) == fresh, f"history {seed}"
    rows = {
        row["guid"]: row
        for row in stock.connection.execute(
            "SELECT i.*, c.text FROM items i JOIN contents c ON c.item = i.number WHERE feed = ?", (number,)
        )
    }
    assert len(rows) == sum(1 for article in site.articles if article.item or article in site.shown), f"history {seed}"
    for article in site.shown:
        row = rows[article.guid]
        assert (row["title"], row["text"]) == (article.title, article.text), f"history {seed}"
        assert article.item in ("", row["id"]), f"history {seed}: {article}"
        article.item = row["id"]
        if article.day is not None:
            assert row["published"] == to_seconds(NOW - timedelta(days=article.day))


def act(stock: Stock, item: str, chance: random.Random, decided: dict[str, tuple[Any, ...]]) -> None:
    """Let the person do something with ``item``, and remember what stands then."""
    connection, now = stock.connection, stock.tick()
    match chance.randrange(6):
        case 0:
            decide(connection, [item], "keep", now=now)
        case 1:
            decide(connection, [item], "skip", now=now)
        case 2:
            set_note(connection, item, f"mine {now}", now=now)
        case 3:
            add_tags(connection, item, [f"tag {chance.random()}"], now=now)
        case 4:
            add_quote(connection, item, "words of", now=now)
        case 5:
            undone = {touched.id for step in undo(connection, 1, now=now) for touched in step.items}
            decided.update({each: said(stock, each) for each in undone if each in decided})
    decided[item] = said(stock, item)


def said(stock: Stock, item: str) -> tuple[Any, ...]:
    return tuple(stock.connection.execute(PERSONS, (item,)).fetchone())
