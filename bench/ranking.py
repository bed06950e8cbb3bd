"""Measure how well ranking learns: simulated readers over the corpora's real feeds.

Usage: python -m bench.ranking [--readers N]. The newest items of each feed get dates drawn by chance over the last
week. Each reader has some of the feeds, likes a few of them and a few topics (words that several have in titles),
decides on items drawn by chance, and errs in 15 of 100 decisions, either way. What is left is then listed by score,
as triage lists it, and newest first: precision at 20 is how many of the first 20 they would like. In the end each
subscribes to one feed more: told is how many of its items are in the first 50 rows, and where the first stands.
Exits with 1 when after 100 decisions ranking is less than twice as good as newest first,
or when fewer than 8 of 10 readers see the new feed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.stories import NOW, fill, saved_feeds
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.decide import decide
from curate.inbox.items import list_items
from curate.inbox.learn import judge_arrivals, keep, lessons
from curate.inbox.listing import list_rows
from curate.inbox.rank import Subject, learn, signs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curate.feeds.parse import Feed
    from curate.inbox.items import Item

DECISIONS = (25, 50, 100, 200)
JUDGED_AT = 100  # of these
FIRST = 20  # places that are judged
SEEN = 50  # places in which a new feed is looked for
NOISE = 0.15
FEEDS = 60  # that a reader reads
SITES, TOPICS = 8, 6  # of these, that a reader likes
TOPIC = 5  # items that have it in their title, at least
PER_FEED = 20
LEAST = 2.0  # times newest first
NOTICED = 0.8  # of the readers see the new feed


@dataclass(frozen=True)
class Reader:
    """Someone who likes what comes from some feeds, or has one of some words in its title."""

    feeds: frozenset[str]
    topics: frozenset[str]

    def likes(self, item: Item) -> bool:
        """Say whether they would keep it."""
        return item.feed_url in self.feeds or bool(named(item) & self.topics)

    def share(self, items: Sequence[Item]) -> float:
        """Return how many of ``items`` they like, 0 to 1."""
        return sum(map(self.likes, items)) / len(items)


@dataclass(frozen=True)
class Sat:
    """What came of one reader: precision by score after so many decisions, and newest first; the new feed's places."""

    ranked: dict[int, float]
    newest: float
    liked: float
    places: tuple[int, ...]


def main() -> int:
    """Simulate, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=20)
    told = parser.parse_args()
    feeds = this_week(saved_feeds())
    sat = [sit(feeds, number) for number in range(told.readers)]
    base, liked = statistics.mean(each.newest for each in sat), statistics.mean(each.liked for each in sat)
    print(
        f"  {len(sat)} readers, each of {FEEDS} feeds, like {liked:.3f} of all;"
        f" precision at {FIRST} newest first {base:.3f}"
    )
    ratios = {}
    for many in DECISIONS:
        precision = statistics.mean(each.ranked[many] for each in sat)
        ratios[many] = precision / base
        print(f"  after {many:3} decisions {precision:.3f}, {ratios[many]:.2f} times newest first")
    found = [each.places for each in sat if each.places]
    first = statistics.median(places[0] for places in found) if found else 0
    rows = statistics.mean(len(each.places) for each in sat)
    print(f"  a new feed: {len(found)} of {len(sat)} see it in the first {SEEN} rows,", end=" ")
    print(f"{rows:.1f} rows, the first at place {first:.0f} (median)")
    return 1 if ratios[100] < LEAST or len(found) < len(sat) * NOTICED else 0


def this_week(feeds: Mapping[str, Feed]) -> dict[str, Feed]:
    """Return the newest entries of each feed, dated anew over the last week."""
    chance = random.Random(7)  # noqa: S311 - the same dates every time are the point
    return {
        file: replace(
            feed,
            entries=tuple(
                replace(each, published=NOW - timedelta(seconds=chance.randrange(7 * 86_400)))
                for each in feed.entries[:PER_FEED]
            ),
        )
        for file, feed in feeds.items()
    }


def sit(feeds: Mapping[str, Feed], number: int) -> Sat:
    """Let one reader subscribe, decide, look at the list in between, and subscribe to one feed more."""
    chance = random.Random(number)  # noqa: S311 - the same readers every time are the point
    new, *files = chance.sample(sorted(feeds), FEEDS)
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        (Path(folder) / "curate.toml").touch()
        with closing(open_database(Desk(Path(folder)))) as connection:
            fill(connection, {file: feeds[file] for file in files})
            items = list_items(connection, state="new", limit=0)
            reader = invent(items, chance)
            ranked: dict[int, float] = {}
            for many, item in enumerate(chance.sample(items, max(DECISIONS)), 1):
                wanted = reader.likes(item) != (chance.random() < NOISE)
                decide(connection, [item.id], "keep" if wanted else "skip", now=NOW)
                if many in DECISIONS:
                    keep(connection, learn(lessons(connection)), "measured")
                    ranked[many] = reader.share([row.lead for row in list_rows(connection, now=NOW, limit=FIRST)])
                if many == JUDGED_AT:
                    newest = reader.share(list_items(connection, state="new", limit=FIRST))
            fill(connection, {new: feeds[new]})
            judge_arrivals(connection)
            rows = list_rows(connection, now=NOW, limit=SEEN)
            places = [place for place, row in enumerate(rows, 1) if row.lead.feed_url.endswith(f"/{new}")]
    return Sat(ranked, newest, reader.share(items), tuple(places))


def invent(items: Sequence[Item], chance: random.Random) -> Reader:
    """Make up a reader: sites and topics, drawn from what there is."""
    feeds = sorted({item.feed_url for item in items})
    liked = chance.sample(feeds, SITES)
    spoken: defaultdict[str, set[str]] = defaultdict(set)
    often: Counter[str] = Counter()
    for item in items:
        for word in named(item):
            spoken[word].add(item.feed_url)
            often[word] += 1
    topics = sorted(word for word, many in often.items() if len(spoken[word]) >= 3 and many >= TOPIC and len(word) > 3)
    return Reader(frozenset(liked), frozenset(chance.sample(topics, TOPICS)))


def named(item: Item) -> frozenset[str]:
    """Return the words of an item's title."""
    about = Subject(title=item.title, summary="", author="", url="", feed=None, words=0)
    return frozenset(sign.value for sign in signs(about) if sign.kind == "word")


if __name__ == "__main__":
    sys.exit(main())
