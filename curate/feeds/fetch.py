"""Ask for many feeds at once, politely and only for what is new, and have the answers parsed.

Knows HTTP's conditional requests and what a server's refusal means to a person; must not know the
desk, its database or the clock: when a feed is due, and what became of it, is health's business.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from curate.feeds.workers import Unreadable, Workers
from curate.web.client import BadAnswer, NotSent, Unanswered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from curate.feeds.parse import Feed
    from curate.web.client import Client, Reply

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
NO_NETWORK = "not reached: there seems to be no network"
FEW = 5  # feeds; fewer can all be silent by chance
ENOUGH = 32  # silent feeds and nothing else: asking on would take minutes and bring nothing
LONGEST_VALIDATOR = 512  # characters


@dataclass(frozen=True, kw_only=True)
class Known:
    """A feed to ask for, with what its server gave us last time to ask for news only."""

    url: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came of asking for one feed.

    ``feed`` is there when it was read; ``not_modified`` is a 304 as well as the same bytes again.
    ``reason`` is why it failed, in words: answered 404 Not Found. ``retry_after`` is in seconds, when
    the server named it. With ``no_network`` the failure is not the feed's.
    """

    url: str
    outcome: Literal["read", "not_modified", "failed"]
    feed: Feed | None = None
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    reason: str = ""
    status: int = 0
    retry_after: int | None = None
    no_network: bool = False


async def fetch_feeds(client: Client, known: Sequence[Known]) -> AsyncGenerator[Fetched, None]:
    """Ask for all of ``known`` at once, within the client's limits, and yield each outcome as it comes.

    When more than four in five of five or more feeds give no sign of life, it is the network that
    failed: those come last, marked ``no_network``. When the first 32 are silent, the rest is not asked.
    """
    unasked = dict.fromkeys(feed.url for feed in known)
    silent: list[Fetched] = []
    answered = False
    async with aclosing(_outcomes(client, spread(known))) as outcomes:
        async for fetched, heard in outcomes:
            unasked.pop(fetched.url, None)
            answered = answered or fetched.status > 0
            if heard:
                yield fetched
            else:
                silent.append(fetched)
            if not answered and len(silent) >= ENOUGH:
                break
    silent += [Fetched(url=url, outcome="failed") for url in unasked]
    most = len(known) >= FEW and len(silent) * 5 > len(known) * 4
    down = most or client.offline or bool(unasked)
    for fetched in silent:
        yield replace(fetched, reason=NO_NETWORK, no_network=True) if down else fetched


def spread(known: Sequence[Known]) -> list[Known]:
    """Return ``known`` with the feeds of each host far apart: many of one host hold nobody else up."""
    hosts = [feed.url.partition("://")[2].partition("/")[0] for feed in known]
    sizes = Counter(hosts)
    # Each host starts somewhere else on the way from 0 to 1; golden steps never bunch.
    starts = {host: (number * 0.618034) % 1 for number, host in enumerate(sizes)}
    seen: Counter[str] = Counter()
    places = []
    for index, host in enumerate(hosts):
        places.append(((seen[host] + starts[host]) / sizes[host], index))
        seen[host] += 1
    return [known[index] for _, index in sorted(places)]


async def _outcomes(client: Client, known: Sequence[Known]) -> AsyncGenerator[tuple[Fetched, bool], None]:
    """Yield each outcome, and whether anything was heard from the server."""
    waiting = iter(known)
    running: set[asyncio.Task[tuple[Fetched, bool]]] = set()
    async with Workers() as workers:
        try:
            while True:
                # Twice as many as connections: the rest are being parsed, and no more bodies are held.
                free = 2 * client.connections - len(running)
                running |= {
                    asyncio.create_task(_fetch(client, workers, feed)) for feed in itertools.islice(waiting, free)
                }
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _fetch(client: Client, workers: Workers, known: Known) -> tuple[Fetched, bool]:
    headers = {"Accept": ACCEPT}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    try:
        reply = await client.get(known.url, headers=headers)
    except (NotSent, Unanswered, BadAnswer) as error:
        return Fetched(url=known.url, outcome="failed", reason=error.reason), not error.silent
    return await _judge(workers, known, reply), True


async def _judge(workers: Workers, known: Known, reply: Reply) -> Fetched:
    """Say what ``reply`` means for the feed."""
    etag, last_modified = _validator(reply.headers, "ETag"), _validator(reply.headers, "Last-Modified")
    if reply.status == 304:
        return Fetched(
            url=known.url,
            outcome="not_modified",
            etag=etag or known.etag,
            last_modified=last_modified or known.last_modified,
            body_hash=known.body_hash,
            status=304,
        )
    if not 200 <= reply.status < 300:
        reason = f"answered {reply.words}"
        return Fetched(
            url=known.url, outcome="failed", reason=reason, status=reply.status, retry_after=_retry_after(reply.headers)
        )
    body_hash = sha256(reply.body).hexdigest()
    answered = Fetched(
        url=known.url,
        outcome="not_modified",
        etag=etag,
        last_modified=last_modified,
        body_hash=body_hash,
        status=reply.status,
    )
    if body_hash == known.body_hash:
        return answered
    try:
        feed = await read_feed(workers, reply)
    except Unreadable as error:
        return Fetched(url=known.url, outcome="failed", reason=error.message, status=reply.status)
    return replace(answered, outcome="read", feed=feed)


async def read_feed(workers: Workers, reply: Reply) -> Feed:
    """Parse the body of ``reply`` in a worker. Raises Unreadable with the reason."""
    from curate.feeds.parse import parse_feed  # not before a body needs it

    if not reply.body.strip():
        raise Unreadable("answered with nothing")
    return await workers.run(parse_feed, reply.body, reply.url, reply.headers.get("Content-Type", ""))


def _validator(headers: Mapping[str, str], name: str) -> str:
    """Return a header we would send back word for word, or nothing when it is not plain."""
    value = headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= LONGEST_VALIDATOR else ""


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds a server asks to be left alone; a date counts from the server's own clock."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal() and value.isascii():
        return int(value[:9])
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(int(wait.total_seconds()), 0)
