"""Ask for feeds and say how they are, storing nothing: what a person wants to know of one that behaves oddly.

Knows answers and formats; nothing of subscriptions or items.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from curate.feeds.document import decode
from curate.feeds.fetch import ACCEPT, read_feed
from curate.feeds.outline import Unreadable as IllFormed
from curate.feeds.outline import read_nodes
from curate.feeds.verdict import Heard, judge, sign_of_answer, sign_of_silence
from curate.feeds.workers import Unreadable, Workers
from curate.web.client import BadAnswer, NotSent, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from curate.feeds.entry import Feed
    from curate.feeds.fetch import Known
    from curate.web.client import Client, Reply

BEGINNING = 4096  # characters in which a feed says what it is
LARGE = 2 << 20  # bytes of a feed that are many for what changes in it
LONG_AGO = timedelta(days=180)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What one feed answered.

    ``moved_to`` is where it says it has moved for good, ``warnings`` are whole clauses. With ``no_network``
    the failure is not the feed's.
    """

    url: str
    outcome: Literal["ok", "moved", "not_modified", "failed"]
    reason: str = ""
    moved_to: str = ""
    title: str = ""
    format: str = ""
    entries: int = 0
    newest: datetime | None = None
    warnings: tuple[str, ...] = ()
    no_network: bool = False


async def check_feeds(
    client: Client,
    feeds: Sequence[Known],
    *,
    now: datetime,
    progress: Callable[[int, int, int, int], None] | None = None,
) -> list[Checked]:
    """Return how each of ``feeds`` is, in their order; ``progress`` hears what reading feeds tells it."""
    if progress is not None:
        progress(0, len(feeds), 0, 0)
    room = asyncio.Semaphore(2 * client.connections)
    done = failed = 0

    async def one(workers: Workers, feed: Known) -> tuple[Checked, Heard]:
        nonlocal done, failed
        async with room:
            checked, heard = await _check(client, workers, feed, now)
        done, failed = done + 1, failed + (checked.outcome == "failed")
        if progress is not None:
            progress(done, len(feeds), 0, failed)
        return checked, heard

    async with Workers() as workers:
        found = await asyncio.gather(*(one(workers, feed) for feed in feeds))
    reason, innocent = judge([heard for _, heard in found])
    return [
        replace(each, reason=reason, moved_to="", no_network=True) if each.url in innocent else each
        for each, _ in found
    ]


async def _check(client: Client, workers: Workers, known: Known, now: datetime) -> tuple[Checked, Heard]:
    """Return how a feed is, and what that tells of the network."""
    heard = Heard(url=known.url, sign="", answered=True, before=known.before)
    validators = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    headers = {"Accept": ACCEPT} | {name: value for name, value in validators.items() if value}
    try:
        reply = await client.get(known.url, headers=headers)
    except (NotSent, Unanswered, BadAnswer) as error:
        failed = Checked(url=known.url, outcome="failed", reason=error.reason)
        return failed, replace(heard, sign=sign_of_silence(known.url, error), answered=False)
    if reply.status == 304:
        return Checked(url=known.url, outcome="not_modified", moved_to=reply.moved_to), heard
    failed = Checked(url=known.url, outcome="failed", reason=f"answered {reply.words}", moved_to=reply.moved_to)
    if not 200 <= reply.status < 300:
        return failed, replace(heard, sign=sign_of_answer(known.url, reply))
    try:
        feed = await read_feed(workers, reply)
        kind, fault = await workers.run(look, reply.body, reply.headers.get("Content-Type", ""))
    except Unreadable as error:
        return replace(failed, reason=error.message), replace(heard, sign=sign_of_answer(known.url, reply))
    dates = [entry.published for entry in feed.entries if entry.published is not None and entry.published <= now]
    checked = Checked(
        url=known.url,
        outcome="moved" if reply.moved_to and reply.moved_to != known.url else "ok",
        moved_to=reply.moved_to,
        title=feed.title,
        format=kind,
        entries=len(feed.entries),
        newest=max(dates, default=None),
        warnings=tuple(_warnings(reply, feed, fault, max(dates, default=None), now)),
    )
    return checked, heard


def look(body: bytes, content_type: str) -> tuple[str, str]:
    """Return (the format of a feed: RSS 2.0, what is wrong with its XML); nothing is wrong with JSON."""
    start = decode(body[: 4 * BEGINNING], content_type)[:BEGINNING].lstrip("\ufeff \t\r\n")
    if start[:1] in {"{", "["}:
        return "JSON Feed", ""
    try:
        read_nodes(body.removeprefix(b"\xef\xbb\xbf").lstrip())
        fault = ""
    except IllFormed as error:
        fault = str(error)
    root = re.search(r"<(?:\w+:)?(rss|feed|RDF)\b[^>]*", start)
    if root is None:
        return "XML", fault
    version = re.search(r"""\sversion\s*=\s*["']([\d.]+)""", root[0])
    names = {"rss": f"RSS {version[1]}" if version else "RSS", "feed": "Atom", "RDF": "RSS 1.0"}
    return names[root[1]], fault


def _warnings(reply: Reply, feed: Feed, fault: str, newest: datetime | None, now: datetime) -> list[str]:
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    undated = sum(entry.published is None for entry in feed.entries)
    early = sum(entry.published is not None and entry.published > now for entry in feed.entries)
    shown = len(feed.entries)
    said = [
        (not shown, "it has no entries"),
        (newest is not None and now - newest > LONG_AGO, "nothing new for half a year"),
        (bool(fault), f"it {fault}; it was read all the same"),
        (kind in {"text/html", "application/xhtml+xml"}, f"its server calls it {kind}"),
        (undated > 0, f"{undated} of {shown} entries without a date"),
        (early > 0, f"{early} of {shown} entries dated ahead"),
        (len(reply.body) > LARGE, f"it is {len(reply.body) >> 20} MiB each time it changes"),
        (
            "ETag" not in reply.headers and "Last-Modified" not in reply.headers,
            "it is sent whole every time: its server knows no ETag and no Last-Modified",
        ),
    ]
    return [words for true, words in said if true]
