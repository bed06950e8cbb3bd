"""Ask for many feeds at once, politely and only for what is new, and have the answers parsed.

Knows HTTP's conditional requests and what a server's refusal means to a person; must not know the
desk, its database or the clock: when a feed is due, and what became of it, is health's business.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from curate import __version__
from curate.feeds.addresses import host_of
from curate.feeds.entry import read
from curate.feeds.verdict import HOSTS, SILENT, Heard, judge, sign_of_answer, sign_of_silence
from curate.feeds.workers import BrokenOff, Unreadable, Workers
from curate.web.client import BadAnswer, NotSent, Unanswered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence

    from curate.feeds.entry import Feed
    from curate.feeds.said import Unchanged
    from curate.web.client import Client, Reply

    Seen = Callable[[str], Mapping[str, Unchanged]]  # what a feed carried before, by digest
    Step = tuple["Fetched", Reply | None, str]  # what came of it so far; the reply that is to be read; a sign

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
GONE = "gone for good (410); paused"
ENOUGH = 32  # silent feeds and nothing else: asking on would take minutes and bring nothing
HELD = 16 << 20  # bytes of bodies that wait to be read: with more, nobody else is asked
SLOW = 1.0  # seconds
LONGEST_VALIDATOR = 512  # characters
MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,9})")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A feed to ask for, with what its server gave us last time to ask for news only.

    ``before`` is what came of it the last time, "" when it was never asked; ``reason`` why it failed then;
    ``slow`` that its server took its time.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    before: Literal["", "read", "failed"] = ""
    reason: str = ""
    slow: bool = False


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came of asking for one feed.

    ``feed`` is there when it was read; ``not_modified`` is a 304 as well as the same bytes again. ``body_hash``
    stands for the bytes; when they cannot be read, for that, too.
    ``reason`` is why it failed, in words: answered 404 Not Found. ``moved_to`` is the address it was
    redirected to for good. ``retry_after`` is in seconds, when the server named it; for ``fresh_for``
    seconds, it says, nothing will be new. With ``no_network`` the failure is not the feed's. ``slow`` is when the
    server took a second or more to answer.
    """

    url: str
    outcome: Literal["read", "not_modified", "failed"]
    feed: Feed | None = None
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    reason: str = ""
    status: int = 0
    moved_to: str = ""
    retry_after: int | None = None
    fresh_for: int = 0
    no_network: bool = False
    slow: bool = False


async def fetch_feeds(
    client: Client, known: Sequence[Known], *, seen: Seen | None = None
) -> AsyncGenerator[Fetched, None]:
    """Ask for all of ``known`` at once, within the client's limits, and yield each outcome as it comes.

    Failures without a sign of the feeds themselves come last, marked ``no_network`` when it is the network
    that failed. When the first 32 feeds, of several hosts, are silent, the rest is not asked. ``seen`` is asked, in a
    thread, for what a feed that has changed carried before, by digest: entries that are the same are left out.
    """
    unasked = {feed.url: feed.before for feed in known}
    heard: list[Heard] = []
    held: list[Fetched] = []
    silent: list[str] = []  # hosts, each once for every feed; a single one says nothing of the network
    hosts = {host_of(feed.url) for feed in known}
    answered = False
    async with aclosing(_outcomes(client, spread(known), seen)) as outcomes:
        async for fetched, sign in outcomes:
            before = unasked.pop(fetched.url, "")
            heard.append(Heard(url=fetched.url, sign=sign, answered=fetched.status > 0, before=before))
            answered = answered or fetched.status > 0
            silent += [host_of(fetched.url)] if sign == SILENT and before != "failed" else []
            if sign:
                held.append(fetched)
            else:
                yield fetched
            if not answered and len(silent) >= ENOUGH and len({*silent}) >= min(HOSTS, len(hosts)):
                break
    held += [Fetched(url=url, outcome="failed") for url in unasked]
    heard += [Heard(url=url, sign=SILENT, answered=False, before=before) for url, before in unasked.items()]
    reason, innocent = judge(heard, down=client.offline or bool(unasked))
    for fetched in held:
        yield replace(fetched, reason=reason, no_network=True) if fetched.url in innocent else fetched


def spread(known: Sequence[Known]) -> list[Known]:
    """Return ``known`` with the feeds of each host far apart: many of one host hold nobody else up.

    Those whose servers are slow come first: asked last, they would be waited for when all else is done.
    """
    hosts = [feed.url.partition("://")[2].partition("/")[0] for feed in known]
    sizes = Counter(hosts)
    # Each host starts somewhere else on the way from 0 to 1; golden steps never bunch.
    starts = {host: (number * 0.618034) % 1 for number, host in enumerate(sizes)}
    seen: Counter[str] = Counter()
    places = []
    for index, host in enumerate(hosts):
        places.append((not known[index].slow, (seen[host] + starts[host]) / sizes[host], index))
        seen[host] += 1
    return [known[index] for *_, index in sorted(places)]


async def _outcomes(
    client: Client, known: Sequence[Known], seen: Seen | None
) -> AsyncGenerator[tuple[Fetched, str], None]:
    """Yield each outcome, with a sign when it may be the network's and not the feed's.

    Servers answer while bodies wait to be read, up to a limit of bytes: who is slow is asked soon.
    """
    waiting = iter(known)
    running: dict[asyncio.Task[Step], tuple[Known, int]] = {}  # and how many bytes are being read
    ended: asyncio.Queue[asyncio.Task[Step]] = asyncio.Queue()

    def start(feed: Known, size: int, work: Coroutine[Any, Any, Step]) -> None:
        task = asyncio.create_task(work)
        running[task] = feed, size
        task.add_done_callback(ended.put_nowait)

    asked = held = 0
    async with Workers() as workers:
        try:
            while True:
                # Twice as many as connections: the rest wait for their hosts.
                free = 2 * client.connections - asked if held < HELD else 0
                for feed in itertools.islice(waiting, free):
                    asked += 1
                    start(feed, 0, _ask(client, feed))
                if not running:
                    return
                task = await ended.get()
                feed, size = running.pop(task)
                held -= size
                asked -= not size
                fetched, reply, sign = task.result()
                if reply is None:
                    yield fetched, sign
                else:
                    size = len(reply.body) or 1
                    held += size
                    start(feed, size, _read(workers, feed, fetched, reply, seen))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)  # of several faults one is told


async def _ask(client: Client, known: Known) -> Step:
    """Ask for one feed; return what came of it, and the reply when its body is still to be read."""
    headers = {"Accept": ACCEPT}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    try:
        reply = await client.get(known.url, headers=headers)
    except (NotSent, Unanswered, BadAnswer) as error:
        return Fetched(url=known.url, outcome="failed", reason=error.reason), None, sign_of_silence(known.url, error)
    fetched = replace(
        _judge(known, reply),
        status=reply.status,
        moved_to=reply.moved_to,
        retry_after=_retry_after(reply.headers),
        fresh_for=_fresh_for(reply.headers),
        slow=reply.seconds >= SLOW,
    )
    if fetched.outcome == "failed":
        return fetched, None, sign_of_answer(known.url, reply)
    return fetched, reply if fetched.outcome == "read" else None, ""


def _judge(known: Known, reply: Reply) -> Fetched:
    """Say what ``reply`` means for the feed, before its body is read."""
    etag, last_modified = _validator(reply.headers, "ETag"), _validator(reply.headers, "Last-Modified")
    if reply.status == 304 and (known.etag or known.last_modified):
        return Fetched(
            url=known.url,
            outcome="not_modified",
            etag=etag or known.etag,
            last_modified=last_modified or known.last_modified,
            body_hash=known.body_hash,
        )
    if not 200 <= reply.status < 300:
        reason = GONE if reply.status == 410 else f"answered {reply.words}"
        return Fetched(url=known.url, outcome="failed", reason=reason)
    body_hash = sha256(reply.body).hexdigest()
    if known.body_hash == _unreadable(body_hash):  # and they are as they were
        return Fetched(url=known.url, outcome="failed", reason=known.reason, body_hash=known.body_hash)
    return Fetched(
        url=known.url,
        outcome="not_modified" if body_hash == known.body_hash else "read",
        etag=etag,
        last_modified=last_modified,
        body_hash=body_hash,
    )


async def _read(
    workers: Workers,
    known: Known,
    fetched: Fetched,
    reply: Reply,
    seen: Seen | None,
) -> Step:
    """Read the body of ``reply``; return what came of the feed."""
    # Of a feed that was never read whole there is nothing to look for.
    before = await asyncio.to_thread(seen, known.url) if seen and known.body_hash else {}
    try:
        feed = await read_feed(workers, reply, before)
    except Unreadable as error:
        lasting = "" if isinstance(error, BrokenOff) else _unreadable(fetched.body_hash)
        failed = replace(fetched, outcome="failed", reason=error.message, etag="", last_modified="", body_hash=lasting)
        return failed, None, sign_of_answer(known.url, reply)
    return replace(fetched, feed=feed), None, ""


def _unreadable(body_hash: str) -> str:
    """Return what says that this curate cannot read the bytes with this hash; another version tries again."""
    return f"unreadable by {__version__}: {body_hash}"


async def read_feed(workers: Workers, reply: Reply, known: Mapping[str, Unchanged] | None = None) -> Feed:
    """Parse the body of ``reply`` in a worker, less the entries ``known``. Raises Unreadable with the reason."""
    if not reply.body.strip():
        raise Unreadable("answered with nothing")
    return await workers.run(read, reply.body, reply.url, reply.headers.get("Content-Type", ""), known)


def _validator(headers: Mapping[str, str], name: str) -> str:
    """Return a header we would send back word for word, or nothing when it is not plain."""
    value = headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= LONGEST_VALIDATOR else ""


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds a server asks to be left alone; a date counts from the server's own clock."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal() and value.isascii():
        return int(value[:9])
    return _seconds_until(value, headers)


def _fresh_for(headers: Mapping[str, str]) -> int:
    """Return for how many seconds from now the server says that its answer stays as it is."""
    control = headers.get("Cache-Control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return 0
    named = MAX_AGE.search(control)
    if named is None:
        return _seconds_until(headers.get("Expires", ""), headers) or 0
    age = headers.get("Age", "").strip()
    return max(int(named[1]) - (int(age[:9]) if age.isdecimal() and age.isascii() else 0), 0)


def _seconds_until(date: str, headers: Mapping[str, str]) -> int | None:
    """Return how long after the answer's own date ``date`` is; None when either is none."""
    try:
        wait = parsedate_to_datetime(date) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(int(wait.total_seconds()), 0)
