"""Get the page behind an item, once, for its full text, and keep it with its hash.

Owns the table ``pages``; the text itself stands in ``contents``, where a feed's own stood. Must not
know who asks, nor how a page is taken apart.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.desk.db import to_seconds, transaction
from curate.errors import CurateError, NetworkTrouble, Refused
from curate.feeds.robots import Robots, keeps_text
from curate.feeds.workers import Unreadable, Workers
from curate.inbox.arrivals import store_target
from curate.inbox.items import find_item, web_address
from curate.web.trouble import NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from curate.feeds.fulltext import Page
    from curate.inbox.items import Item
    from curate.web.client import Client, Reply

AGAIN = timedelta(days=7)  # until a page that could not be had is asked for once more, unless a person asks
UNKEPT = "it asks programs not to keep its text (X-Robots-Tag)"
MOST = 50  # pages in one run


@dataclass(frozen=True, kw_only=True)
class FullTexts:
    """What a round of reading pages came to: how many were got, and (item, why not in words) of the others.

    ``refused`` are those whose site or person does not want it, ``failed`` those that could not be had.
    """

    got: int
    refused: tuple[tuple[Item, str], ...]
    failed: tuple[tuple[Item, str], ...]


async def read_full_text(
    connection: sqlite3.Connection, client: Client, item: Item, *, now: datetime, without: Sequence[str]
) -> Item:
    """Fetch the page of ``item`` and return the item with its full text; what its feed gave stays when that is more.

    ``without`` are sites that are never asked. Raises Refused when the site or the person does not
    want it, NetworkTrouble when the page cannot be had; the item is then as it was.
    """
    async with Workers() as workers:
        return await _read(connection, client, workers, Robots(client), item, now=now, without=without)


async def read_full_texts(
    connection: sqlite3.Connection,
    client: Client,
    *,
    now: datetime,
    without: Sequence[str],
    progress: Callable[[int, int, int, int], None] | None = None,
) -> FullTexts:
    """Get the full text of what is kept and has none, at most 50 a run.

    ``progress`` hears what reading feeds tells it: (done, of how many, 0, failed), at first and after each.
    A page that could not be had is asked for again after a week. One page of a site at a time.
    """
    waiting = [find_item(connection, item_id) for item_id in _waiting(connection, now)]
    got = 0
    refused: list[tuple[Item, str]] = []
    failed: list[tuple[Item, str]] = []
    sites: dict[str, asyncio.Lock] = {}
    async with Workers() as workers:
        robots = Robots(client)

        async def one(item: Item) -> None:
            nonlocal got
            async with sites.setdefault(urlsplit(item.url).netloc, asyncio.Lock()):
                try:
                    await _read(connection, client, workers, robots, item, now=now, without=without)
                    got += 1
                except Refused as error:
                    refused.append((item, _why(error)))
                except NetworkTrouble as error:
                    failed.append((item, _why(error)))
            tell()

        def tell() -> None:
            if progress is not None:
                progress(got + len(refused) + len(failed), len(waiting), 0, len(failed))

        tell()
        try:
            async with asyncio.TaskGroup() as group:
                for item in waiting:
                    group.create_task(one(item))
        except ExceptionGroup as several:  # such as a full disk: what stops one stops all
            raise several.exceptions[0] from None
    return FullTexts(got=got, refused=tuple(refused), failed=tuple(failed))


async def _read(  # noqa: PLR0913 - what one page takes
    connection: sqlite3.Connection,
    client: Client,
    workers: Workers,
    robots: Robots,
    item: Item,
    *,
    now: datetime,
    without: Sequence[str],
) -> Item:
    try:
        page, reply = await _page(client, workers, robots, item, without=without)
    except NotSent:  # nobody was asked: without a network the page is not to blame
        raise
    except (Refused, NetworkTrouble) as error:
        with transaction(connection):
            _note(connection, item, now, reason=_why(error))
        raise
    with transaction(connection):  # as it is by now, and whole: who asked may know it from a list
        _keep(connection, find_item(connection, item.id), page, reply, now)
    return find_item(connection, item.id)


async def _page(
    client: Client, workers: Workers, robots: Robots, item: Item, *, without: Sequence[str]
) -> tuple[Page, Reply]:
    from curate.feeds.fulltext import read_page

    url = web_address(item)
    _wanted(url, without, item)
    refusal = await robots.refusal(url)
    if refusal:
        raise _refused(item, refusal)
    reply = await client.get(url, headers={"Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"})
    if reply.url != url:  # neither a redirector's rules nor those for another path are the page's
        _wanted(reply.url, without, item)
        refusal = await robots.refusal(reply.url)
        if refusal:
            raise _refused(item, refusal)
    if reply.status != 200:
        raise NetworkTrouble(
            url, f"{url} answered {reply.words}. What the feed gave of it stays.", f"curate item open {item.id}"
        )
    try:
        page = await workers.run(read_page, reply.body, reply.url, reply.headers.get("Content-Type", ""))
    except Unreadable as error:
        raise NetworkTrouble(
            url, f"{url}: {error.message.rstrip('.')}. What the feed gave of it stays.", f"curate item open {item.id}"
        ) from None
    if not keeps_text(reply.headers, page.robots):
        raise _refused(item, UNKEPT)
    if not page.words:
        raise NetworkTrouble(
            url, f"{url} shows no text to programs. What the feed gave of it stays.", f"curate item open {item.id}"
        )
    return page, reply


async def why_unkept(client: Client, reply: Reply, meta: str, *, without: Sequence[str]) -> str:
    """Return why the text of a page that a person had fetched is not to be kept, in words; "" when it may be.

    ``meta`` is what its head says to programs; ``without`` are sites whose texts the person wants none of.
    """
    try:
        refusal = unwanted(reply.url, without) or await Robots(client).refusal(reply.url)
    except NetworkTrouble:
        return "its site does not say now what programs may read (robots.txt)"
    return refusal or ("" if keeps_text(reply.headers, meta) else UNKEPT)


def _wanted(url: str, without: Sequence[str], item: Item) -> None:
    why = unwanted(url, without)
    if why:
        raise _refused(item, why)


def unwanted(url: str, without: Sequence[str]) -> str:
    """Return why texts of the site of ``url`` are not wanted, in words; "" when it is none of ``without``."""
    host = (urlsplit(url).hostname or "").lower()
    named = any(f".{host}".endswith(f".{site.lower().strip('.')}") for site in without)
    return f"{host} is in fetch.no_full_text" if named else ""


def _refused(item: Item, why: str) -> Refused:
    return Refused(
        f"The full text of “{item.title}” is not read: {why}. What the feed gave of it stays.",
        f"Read it there: curate item open {item.id}",
    )


def _why(error: CurateError) -> str:
    """Return why there is no full text, without what the sentence around it says."""
    message = error.message.removesuffix(" What the feed gave of it stays.").rstrip(".")
    return message.partition("is not read: ")[2] or message


def _waiting(connection: sqlite3.Connection, now: datetime) -> list[str]:
    rows = connection.execute(
        "SELECT i.id FROM items i LEFT JOIN pages p ON p.item = i.number"
        " WHERE i.state IN ('kept', 'drafted') AND NOT i.full_text AND i.url LIKE 'http%'"
        " AND (p.item IS NULL OR p.hash = '' AND p.fetched_at <= ?) ORDER BY i.decided_at LIMIT ?",
        (to_seconds(now - AGAIN), MOST),
    )
    return [row[0] for row in rows]


def is_read(connection: sqlite3.Connection, item: Item) -> bool:
    """Say whether the page of ``item`` was read, though its feed's text may have been more and have stayed."""
    row = connection.execute("SELECT 1 FROM pages WHERE item = ? AND hash <> ''", (item.number,)).fetchone()
    return item.full_text or row is not None


def _note(connection: sqlite3.Connection, item: Item, now: datetime, *, reason: str) -> None:
    """Remember that the page could not be had; what was kept of it before stays."""
    connection.execute(
        "INSERT INTO pages (item, url, fetched_at, hash, reason) VALUES (?, ?, ?, '', ?)"
        " ON CONFLICT (item) DO UPDATE SET reason = excluded.reason,"
        " fetched_at = iif(hash = '', excluded.fetched_at, fetched_at)",
        (item.number, item.url, to_seconds(now), reason),
    )


def _stands_from_feed(connection: sqlite3.Connection, item: Item) -> bool:
    """Say whether the text of ``item`` is what its feed gave, and not what a page of it said before."""
    row = connection.execute("SELECT hash FROM pages WHERE item = ? AND hash <> ''", (item.number,)).fetchone()
    return not item.full_text or (row is not None and row[0] != _hash(item.content_text))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _keep(connection: sqlite3.Connection, item: Item, page: Page, reply: Reply, now: datetime) -> None:
    """Store the page; its text takes the place of the feed's when it is the longer one.

    A feed's text that stays is still the feed's: it is no full text, and what the feed edits later counts.
    """
    feeds = _stands_from_feed(connection, item)
    connection.execute(
        "INSERT OR REPLACE INTO pages (item, url, fetched_at, hash, image, licence) VALUES (?, ?, ?, ?, ?, ?)",
        (
            item.number,
            reply.url,
            to_seconds(now),
            _hash(page.content_text),
            page.image,
            page.licence,
        ),
    )
    store_target(connection, item.number, page.url)
    stays = page.words <= item.words and feeds
    if stays:
        page = replace(page, words=item.words, content_html=item.content_html, content_text=item.content_text)
    connection.execute(
        "UPDATE items SET full_text = ?, words = ?, author = iif(author = '', ?, author),"
        " lang = iif(lang = '', ?, lang)"
        " WHERE number = ?",
        (not stays, page.words, page.author, page.lang, item.number),
    )
    connection.execute(
        "INSERT OR REPLACE INTO contents (item, html, text) VALUES (?, ?, ?)",
        (item.number, page.content_html, page.content_text),
    )
    from curate.inbox.search import index

    index(connection, [item.number])
