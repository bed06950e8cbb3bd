"""Take in what feeds and pages say, each feed whole or not at all, and report what came of it.

Must not know how a feed is fetched or parsed, nor what the person decides about an item.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Self

from curate.desk.db import to_seconds, transaction
from curate.errors import NetworkTrouble
from curate.feeds.addresses import canonical_url, host_of
from curate.feeds.clean import word_count
from curate.feeds.fetch import fetch_feeds
from curate.feeds.health import known_feeds, note_slow, record
from curate.feeds.workers import Unreadable, Workers
from curate.inbox.arrivals import Arrival, believable, seen_before, store_arrivals, store_page
from curate.inbox.gathering import BATCH as TOGETHER
from curate.inbox.gathering import gather
from curate.inbox.items import Item, find_by_url
from curate.inbox.learn import judge_arrivals, keep, lessons, untaught
from curate.inbox.moves import follow, settle
from curate.inbox.rank import learn
from curate.inbox.rules import apply_to_arrivals
from curate.inbox.search import catch_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from curate.feeds.entry import Entry, Feed
    from curate.feeds.fetch import Fetched
    from curate.feeds.opml import Subscription
    from curate.inbox.journal import Moved
    from curate.web.client import Client

BATCH = 64  # feeds that wait to be stored, at most
MOMENT = 0.05  # seconds for which others are waited for, to be stored together
INDEXED = 2_000  # items that a fetch puts into the search index: more than a day brings; the first search does the rest
NEWS = timedelta(days=30)  # what is older came with a feed's archive: nobody reads that story by story
TITLE = 80  # characters of the summary that stand in for a missing title


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a round of reading brought. ``feeds`` were due; each is one of ok, not modified or failed."""

    feeds: int
    ok: int
    not_modified: int
    failed: tuple[tuple[str, str], ...]  # (url, reason in words)
    new_items: int
    moved: tuple[Moved, ...] = ()  # for good, and feeds.opml says so now
    unmoved: tuple[tuple[Moved, str], ...] = ()  # feeds.opml does not, for the reason given as a sentence


async def read_feeds(  # noqa: PLR0913 - who asks knows each of these, and nobody else does
    connection: sqlite3.Connection,
    client: Client,
    subscriptions: Sequence[Subscription],
    *,
    now: datetime,
    force: bool,
    interval_minutes: int,
    feeds_file: Path | None = None,
    progress: Callable[[int, int, int, int], None] | None = None,
) -> Report:
    """Read the feeds that are due (all with ``force``) and store their items.

    Each feed's items and its validators are committed together, several feeds at a time: a crash
    hides nothing. Feeds that have moved for good get their new address in ``feeds_file``, the list that
    ``subscriptions`` come from. ``progress`` hears (done, of how many, new items, failed) at first and after each.
    """
    settle(connection, subscriptions, now=now)
    every = {each.url: each.every for each in subscriptions}
    due = known_feeds(connection, subscriptions, now=now, force=force)
    outcomes: Counter[str] = Counter()
    failed: list[tuple[str, str]] = []
    slow: dict[str, bool] = {}

    def tell(new_items: int) -> None:
        if progress is not None:
            progress(outcomes.total(), len(due), new_items, len(failed))

    tell(0)

    since = to_seconds(now - NEWS)
    loose = 0  # items that wait to be gathered

    def store(batch: Sequence[Fetched]) -> int:
        nonlocal loose
        with transaction(connection):
            new_items = sum(
                _store(connection, fetched, now=now, interval=every.get(fetched.url) or interval_minutes)
                for fetched in batch
            )
        loose += new_items
        if loose >= TOGETHER:  # while others are read: at the end nobody would be
            loose = 0
            with contextlib.suppress(sqlite3.Error):  # done again at the end, which tells
                gather(connection, since=since)
        return new_items

    mark = untaught(connection)
    learning = asyncio.ensure_future(asyncio.to_thread(learn, lessons(connection))) if mark else None
    seen = partial(seen_before, connection)
    async with _Storing(store, tell) as storing, aclosing(fetch_feeds(client, due, seen=seen)) as answers:
        async for fetched in answers:
            await storing.take(fetched)
            outcomes[fetched.outcome] += 1
            slow |= {} if fetched.no_network else {fetched.url: fetched.slow}
            if fetched.outcome == "failed":
                failed.append((fetched.url, fetched.reason))
            tell(storing.new_items)
    note_slow(connection, slow)
    if storing.new_items:
        catch_up(connection, INDEXED)
        apply_to_arrivals(connection, now=now)
        gather(connection, since=since)
    if learning is not None:
        keep(connection, await learning, mark)
    judge_arrivals(connection)
    moved, unmoved = ([], []) if feeds_file is None else follow(connection, subscriptions, feeds_file, now=now)
    return Report(
        feeds=len(due),
        ok=outcomes["read"],
        not_modified=outcomes["not_modified"],
        failed=tuple(failed),
        new_items=storing.new_items,
        moved=tuple(moved),
        unmoved=tuple(unmoved),
    )


class _Storing:
    """Store feeds in a thread beside the network: what came while one batch was written, and in a moment, is the next.

    To sync the disk for every feed would take longer than to ask for it. Leaving the block, for
    whatever reason, stores what was taken; an error of ``store``, which returns how many items are
    new, comes out of ``take`` or of leaving. ``tell`` hears how many there are after each batch.
    """

    def __init__(self, store: Callable[[Sequence[Fetched]], int], tell: Callable[[int], None]) -> None:
        self.new_items = 0
        self._store = store
        self._tell = tell
        self._waiting: list[Fetched] = []
        self._writing: asyncio.Future[None] | None = None
        self._enough = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._enough.set()
        stopped = None
        while (writing := self._writing) is not None:
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError as told:
                stopped = told
                if writing.cancelled():  # before it began
                    self._writing = asyncio.ensure_future(self._write())
        if stopped is not None:
            raise stopped

    async def take(self, fetched: Fetched) -> None:
        """Have ``fetched`` stored soon; waits when too many are waiting."""
        self._waiting.append(fetched)
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write())
        if len(self._waiting) >= BATCH:
            self._enough.set()
        if self._writing.done() or self._enough.is_set():
            await asyncio.shield(self._writing)  # Ctrl-C ends the waiting, not the writing

    async def _write(self) -> None:
        """Write batch after batch until nothing waits; told to stop, go on until all is written."""
        while self._waiting:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(MOMENT):
                    await self._enough.wait()
            self._enough.clear()
            batch, self._waiting = self._waiting, []
            writing = asyncio.get_running_loop().run_in_executor(None, self._store, batch)
            while not writing.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(writing)
            self.new_items += writing.result()
            self._tell(self.new_items)
        self._writing = None


def _store(connection: sqlite3.Connection, fetched: Fetched, *, now: datetime, interval: int) -> int:
    """Store what came of asking a feed, to be asked again in ``interval`` minutes; return how many items are new."""
    number = record(connection, fetched, now=now, interval_minutes=interval)
    return 0 if fetched.feed is None else store_feed(connection, number, fetched.feed, now=now)


def store_feed(connection: sqlite3.Connection, number: int, feed: Feed, *, now: datetime) -> int:
    """Store the entries of ``feed``, whose row is ``number``; return how many items are new."""
    arrivals = [_arrival(entry, feed, now) for entry in feed.entries]
    unchanged = [guid for guid, _ in feed.unchanged]
    return store_arrivals(connection, number, arrivals, now=now, unchanged=unchanged)


async def add_page(
    connection: sqlite3.Connection,
    client: Client,
    url: str,
    *,
    now: datetime,
    without: Sequence[str] = (),
) -> tuple[Item, bool, str]:
    """Fetch the page at ``url`` and make it an item; return the item, whether it is new, and why without its text.

    What is an item already (by its canonical URL, the page's own word for it included) is returned as it is.
    Of a page whose site asks programs not to read or keep it, and of the sites in ``without``, the item has
    what the page's head says of it, and no text. Raises NetworkTrouble when the page cannot be had, NotAPage
    when it is none; nothing is then stored.
    """
    from curate.feeds.fulltext import NotAPage, read_page
    from curate.inbox.pages import why_unkept

    there = find_by_url(connection, url)
    if there is not None:
        return there, False, ""
    reply = await client.get(url)
    if reply.status != 200:
        raise NetworkTrouble(
            url, f"{url} answered {reply.status}; nothing was stored.", "Open it in a browser to see what became of it."
        )
    async with Workers() as workers:
        try:
            page = await workers.run(read_page, reply.body, reply.url, reply.headers.get("Content-Type", ""))
        except Unreadable as error:
            raise NotAPage(error.message, "Nothing was stored.") from None
    there = find_by_url(connection, page.url)
    if there is not None:
        return there, False, ""
    unkept = await why_unkept(client, reply, page.robots, without=without)
    return store_page(connection, page, now=now, with_text=not unkept), True, unkept


def _arrival(entry: Entry, feed: Feed, now: datetime) -> Arrival:
    published = believable(entry.published, now)
    # Who hands on a link is not who wrote the page: a planet names the writer, others themselves.
    handed_on = bool(entry.via_url) and canonical_url(entry.via_url) != canonical_url(feed.site_url)
    return Arrival(
        guid=entry.guid,
        url=entry.url,
        canonical_url=canonical_url(entry.url) if entry.url else "",
        title=entry.title or _opening(entry.summary) or entry.url,
        author="" if handed_on else entry.author,
        site=host_of(entry.url).removeprefix("www.") if entry.via_url else feed.title,
        summary=entry.summary,
        content_html=entry.content_html,
        content_text=entry.content_text,
        words=word_count(entry.content_text or entry.summary),
        lang=entry.lang,
        full_text=False,
        published=published,
        claimed=None if published else entry.published,
        via_name=entry.via_name,
        via_url=entry.via_url,
        digest=entry.digest,
    )


def _opening(summary: str) -> str:
    """Return the first words of ``summary``: what stands in the list for an entry without a title."""
    if len(summary) <= TITLE:
        return summary
    return summary[:TITLE].rsplit(" ", 1)[0] + "…"
