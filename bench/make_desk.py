"""Fill a desk with believable items, through the same functions that fetching and deciding use.

Usage: python bench/make_desk.py FOLDER ITEMS [--decided 0.3]. The same arguments make the same items
and decisions, the newest an hour old.
"""

from __future__ import annotations

import argparse
import random
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.db import open_database, transaction
from curate.desk.init import create_desk
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.opml import Subscription, add_feed
from curate.feeds.parse import Entry, Feed
from curate.inbox.decide import decide
from curate.inbox.gathering import gather
from curate.inbox.items import list_items
from curate.inbox.learn import keep, lessons, untaught
from curate.inbox.notes import add_tags, set_note
from curate.inbox.rank import learn
from curate.inbox.receive import store_feed

if TYPE_CHECKING:
    import sqlite3

    from curate.desk.folder import Desk

PER_FEED = 100  # items
DAYS = 365  # over which they are spread
TOPICS = ("incident response", "hiring", "databases", "evaluation", "caching", "on call", "release", "accessibility")
SUBJECTS = ("A small team", "The night shift", "Our queue", "One index", "Nobody", "The review", "A quiet outage")
VERBS = ("rewrote", "measured", "switched off", "doubled", "argued about", "deleted", "inherited", "graded")
OBJECTS = ("its alerts", "the pager", "a cache", "the error budget", "every dashboard", "its own drafts", "the backlog")
NAMES = ("Marta Oyelaran", "Jonas Whitlock", "Priya Castellane", "Tomas Verhulst", "Ines Calloway", "Rafi Brandt")
KINDS = ("Weekly", "Notes", "Review", "Journal", "Field Report", "Letters")
WORDS = (
    "team", "first", "minutes", "dashboard", "model", "question", "quiet", "budget", "release", "after", "nobody",
    "before", "small", "careful", "measured", "week", "customers", "index", "queue", "slow", "because", "three",
    "latency", "found", "wrote", "review", "change", "again", "cost", "answer", "learned",
)  # fmt: skip


def article(chance: random.Random, feed: int, place: int, now: datetime) -> Entry:
    """Invent one article: a title that says something, a few hundred words, an author, a date."""
    title = f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(OBJECTS)}"
    sentences = [" ".join(chance.choices(WORDS, k=chance.randint(8, 18))) for _ in range(chance.randint(12, 40))]
    paragraphs = [". ".join(sentences[start : start + 4]).capitalize() + "." for start in range(0, len(sentences), 4)]
    url = f"https://writer{feed}.example/{place}/{title.lower().replace(' ', '-')}"
    return Entry(
        guid=url,
        url=url,
        title=f"{title}, part {place}" if place % 9 == 0 else title,
        author=chance.choice(NAMES),
        summary=paragraphs[0][:300],
        content_html="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        content_text="\n\n".join(paragraphs),
        published=now - timedelta(hours=1 + chance.random() * DAYS * 24),
        tags=(chance.choice(TOPICS),),
        lang="en",
    )


def fill(desk: Desk, connection: sqlite3.Connection, items: int, now: datetime) -> None:
    """Store ``items`` items from as many feeds as they need, subscribed in feeds.opml."""
    for feed in range(-(-items // PER_FEED)):
        chance = random.Random(feed)  # noqa: S311 - the same items every time are the point
        size = min(PER_FEED, items - feed * PER_FEED)
        title = f"{chance.choice(NAMES).split()[1]} {chance.choice(KINDS)} {feed}"
        url, site = f"https://writer{feed}.example/feed.xml", f"https://writer{feed}.example/"
        entries = tuple(article(chance, feed, place, now) for place in range(size))
        carried = Feed(title=title, site_url=site, entries=entries)
        add_feed(desk.feeds, Subscription(url=url, title=title, folder="", site_url=site))
        with transaction(connection):
            answer = Fetched(url=url, outcome="read", feed=carried)
            store_feed(connection, record(connection, answer, now=now, interval_minutes=60), carried, now=now)


def choose(connection: sqlite3.Connection, share: float, now: datetime) -> None:
    """Decide on ``share`` of the items as a person would: most are skipped, some kept and noted."""
    chance = random.Random(0)  # noqa: S311 - the same decisions every time
    items = list_items(connection, state="new", limit=0)
    chosen = chance.sample(items, int(len(items) * share))
    kept, later = len(chosen) // 20, len(chosen) // 30
    for item in chosen[:kept]:
        decide(connection, [item.id], "keep", now=now)
        set_note(connection, item.id, f"What would {item.author} do differently?", now=now)
        add_tags(connection, item.id, [chance.choice(TOPICS)], now=now)
    for item in chosen[kept : kept + later]:
        decide(connection, [item.id], "later", now=now, until=now + timedelta(days=chance.randint(1, 30)))
    if chosen[kept + later :]:
        decide(connection, [item.id for item in chosen[kept + later :]], "skip", now=now)


def main() -> None:
    """Make the desk and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("items", type=int)
    parser.add_argument("--decided", type=float, default=0.0, help="share of the items decided on, 0 to 1")
    told = parser.parse_args()
    now = datetime.now(UTC)
    desk = create_desk(told.folder, name="Dana Okafor", url="https://dana.example", topics=(), today=now.date())
    with closing(open_database(desk)) as connection:
        start = time.perf_counter()
        fill(desk, connection, told.items, now)
        stored = time.perf_counter()
        choose(connection, told.decided, now)
        done = time.perf_counter()
        gather(connection)
        keep(connection, learn(lessons(connection)), untaught(connection))
        known = time.perf_counter()
    print(f"{told.items:,} items stored in {stored - start:.1f} s, decided in {done - stored:.1f} s, ", end="")
    print(f"stories and ranking in {known - done:.1f} s: {desk.root}")


if __name__ == "__main__":
    main()
