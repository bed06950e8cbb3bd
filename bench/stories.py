"""Hold what curate takes for one story against labels, and measure what gathering 10,000 items costs.

Usage: python -m bench.stories [--items N] [--show]. Needs the corpora folder; exits with 1 over a limit.

The labelled set: the corpora's saved feeds overlap in two places, news sites on the same days of February 2026 and
Ruby blogs with their planets at the end of 2008. Of all pairs of items from two feeds, dated at most ten days apart,
those whose words are alike (cosine of TF-IDF over title and first 3,000 characters at least 0.22) were read one by
one and labelled: *same* when they are one article, copies of it, a post that only leads to it, or reports of one
event that a reader of the one would skip; *unsure*, which counts neither way; else *other*. Pairs found by an equal
address, or by the code and not in that pool, were read and added. Everything else is *other*. The labels
(``stories_labels.tsv``) name items by their feed's file and a hash of their guid. Feeds that are saved twice in the
corpora count once. The limits of ``inbox/stories`` were chosen on this set: it is a record, not a blind test.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.db import open_database, transaction
from curate.desk.folder import Desk
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.parse import NotAFeed, parse_feed
from curate.inbox.gathering import gather
from curate.inbox.receive import store_feed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from curate.feeds.parse import Entry, Feed

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
LABELS = Path(__file__).with_name("stories_labels.tsv")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PRECISION = 0.95
SECONDS = 10.0  # for 10,000 items, of processor time
A_FETCH = 0.5  # seconds, for 50 items more

Pair = frozenset[tuple[str, str]]  # of (feed's file, hash of the guid)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How what was found agrees with the labels; ``wrong`` and ``missed`` are the pairs."""

    found: int
    right: int
    same: int
    wrong: tuple[Pair, ...]
    missed: tuple[Pair, ...]

    @property
    def precision(self) -> float:
        """Of the pairs found that are labelled, how many are one story."""
        return self.right / (self.right + len(self.wrong)) if self.found else 0.0

    @property
    def recall(self) -> float:
        """Of the pairs that are one story, how many were found."""
        return self.right / self.same if self.same else 0.0


def main() -> int:
    """Judge, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--show", action="store_true", help="list the pairs that are wrong or missed")
    told = parser.parse_args()
    if not CORPORA.is_dir():
        print("  no corpora folder here: nothing to judge stories by")
        return 0
    feeds = saved_feeds()
    judged = judge(feeds)
    print(f"  {judged.found} pairs found, {len(judged.wrong)} of them wrong; {judged.same} are labelled as one story")
    print(f"  precision {judged.precision:.3f} (limit {PRECISION})   recall {judged.recall:.3f}")
    if told.show:
        titles = {(file, _hash(each.guid)): each.title for file, feed in feeds.items() for each in feed.entries}
        for what, pairs in (("wrong", judged.wrong), ("missed", judged.missed)):
            for pair in pairs:
                print(f"  {what}: " + " | ".join(titles.get(each, str(each)) for each in sorted(pair)))
    first, more, memory = cost(feeds, told.items)
    print(f"  {told.items:,} items gathered in {first:.1f} s of processor time, {memory:.0f} MiB more at the peak;")
    print(f"  50 items more in {more * 1000:.0f} ms")
    over = judged.precision < PRECISION or first > SECONDS * max(told.items / 10_000, 1) or more > A_FETCH
    return 1 if over else 0


def saved_feeds() -> dict[str, Feed]:
    """Return the corpora's real feeds by file, each site's feed once."""
    feeds: dict[str, Feed] = {}
    seen: list[set[str]] = []
    with (CORPORA / "real-feeds.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            try:
                feed = parse_feed((CORPORA / row["path"]).read_bytes(), row["url"] or "https://feed.example/", "")
            except NotAFeed:
                continue
            titles = {each.title for each in feed.entries}
            if all(2 * len(titles & others) <= min(len(titles), len(others)) for others in seen):
                seen.append(titles)
                feeds[row["path"]] = feed
    return feeds


def judge(feeds: Mapping[str, Feed]) -> Judged:
    """Gather the items of ``feeds`` in a new desk, and compare the stories with the labels."""
    labels = read_labels()
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder, closing(_desk(Path(folder))) as connection:
        fill(connection, feeds)
        gather(connection)
        stories: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        there = set()
        for row in connection.execute("SELECT i.guid, i.story, f.url FROM items i JOIN feeds f ON f.number = i.feed"):
            name = (row["url"].removeprefix("https://saved.example/"), _hash(row["guid"]))
            there.add(name)
            if row["story"] is not None:
                stories[row["story"]].append(name)
    found = {frozenset(pair) for story in stories.values() for pair in combinations(story, 2)}
    same = {pair for pair, label in labels.items() if label == "same" and pair <= there}
    wrong = {pair for pair in found if labels.get(pair, "other") == "other"}
    return Judged(
        found=len(found),
        right=len(found & same),
        same=len(same),
        wrong=tuple(sorted(wrong, key=sorted)),
        missed=tuple(sorted(same - found, key=sorted)),
    )


def read_labels() -> dict[Pair, str]:
    """Return the labels by pair: same, unsure or other."""
    with LABELS.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return {frozenset({(row["file"], row["item"]), (row["file2"], row["item2"])}): row["label"] for row in rows}


def fill(connection: sqlite3.Connection, feeds: Mapping[str, Feed]) -> None:
    """Store ``feeds`` as a fetch does, each at an address made from its file's."""
    with transaction(connection):
        for file, feed in feeds.items():
            fetched = Fetched(url=f"https://saved.example/{file}", outcome="read", feed=feed)
            number = record(connection, fetched, now=NOW, interval_minutes=60)
            store_feed(connection, number, feed, now=NOW)


def cost(feeds: Mapping[str, Feed], items: int) -> tuple[float, float, float]:
    """Return the processor seconds to gather ``items``, then 50 more, and the MiB the first took at its peak."""
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder, closing(_desk(Path(folder))) as connection:
        many = list(_enough(feeds, items + 50))
        fill(connection, dict(_in_feeds(many[:items])))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        gather(connection)
        first = time.process_time() - start
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        fill(connection, {f"late/{name}": feed for name, feed in _in_feeds(many[items:])})
        start = time.process_time()
        gather(connection)
        return first, time.process_time() - start, memory


def _enough(feeds: Mapping[str, Feed], items: int) -> Iterator[tuple[str, Feed, Entry]]:
    """Return so many entries: the saved ones, then the same with their words in another order and on other days."""
    luck = random.Random(4)  # noqa: S311 - not for secrets
    every = [(file, feed, each) for file, feed in feeds.items() for each in feed.entries]
    for number in range(items):
        again, place = divmod(number, len(every))
        file, feed, each = every[place]
        if again:
            said = each.content_text.split()[:400]
            luck.shuffle(said)
            moved = each.published and each.published + timedelta(days=20 * again)
            address = f"{each.url}?again={again}"
            each = replace(
                each,
                guid=f"{each.guid} {again}",
                url=address,
                title=f"{each.title} {again}",
                content_text=" ".join(said),
                published=moved,
            )
        yield f"{file}/{again}", feed, each


def _in_feeds(entries: Sequence[tuple[str, Feed, Entry]]) -> Iterator[tuple[str, Feed]]:
    by_file: defaultdict[str, list[Entry]] = defaultdict(list)
    feeds = {}
    for file, feed, each in entries:
        by_file[file].append(each)
        feeds[file] = feed
    for file, told in by_file.items():
        yield file, replace(feeds[file], entries=tuple(told))


def _desk(folder: Path) -> sqlite3.Connection:
    (folder / "curate.toml").touch()
    return open_database(Desk(folder))


def _hash(guid: str) -> str:
    return blake2b(guid.encode(), digest_size=6).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
