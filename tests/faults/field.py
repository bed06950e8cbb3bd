"""A field of feeds on many loopback addresses, and a real ``curate fetch`` to be killed over it.

Feeds only grow: what a feed has shown, it goes on showing, so the truth is what it shows at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.db import open_database
from curate.desk.folder import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HOSTS = [f"127.0.0.{number}" for number in range(1, 21)]
FULL = bool(os.environ.get("CURATE_SWEEP"))
# How a feed is served, in turn.
KINDS = ("etag", "etag", "plain", "date", "redirect", "etag", "etag", "flaky", "plain", "gone")


@dataclass
class Served:
    """One feed: what it shows is told by how often it ``grew``."""

    number: int
    kind: str
    each: int  # entries it grows by
    padding: int = 0  # bytes of words in each entry
    grew: int = 1
    asked: int = 0
    unchanged: list[int] = field(default_factory=list)  # how far it had grown at each 304

    def items(self, grew: int | None = None) -> dict[str, str]:
        """Return the entries shown after so many growths: guid and title. The first one's title is edited."""
        grew = self.grew if grew is None else grew
        guids = [f"feed-{self.number}-entry-{entry}" for entry in range(grew * self.each)]
        return {guid: f"Title of {guid}" + (f", edition {grew}" if not at else "") for at, guid in enumerate(guids)}

    def body(self) -> bytes:
        words = "word " * (self.padding // 5)
        entries = "".join(
            f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>"
            f"<link>https://feed{self.number}.example/{guid}</link>"
            f"<description>About needle{guid.replace('-', '')}end. {words}</description></item>"
            for guid, title in self.items().items()
        )
        return f"<rss version='2.0'><channel><title>Feed {self.number}</title>{entries}</channel></rss>".encode()


class Field:
    """The feeds, and the server that shows them; enter it to serve."""

    def __init__(self, count: int, *, each: int = 3, padding: int = 0) -> None:
        self.feeds = [Served(n, KINDS[n % len(KINDS)], each, padding) for n in range(count)]
        self.heard = threading.Event()
        self.refuses = False
        self.slow = 0.0  # seconds before each answer
        self.port = 0

    def url(self, feed: Served) -> str:
        return f"http://{HOSTS[feed.number % len(HOSTS)]}:{self.port}/feed/{feed.number}"

    def opml(self) -> str:
        outlines = "".join(f"<outline type='rss' text='F' xmlUrl='{self.url(feed)}'/>\n" for feed in self.feeds)
        return f"<opml version='2.0'><head><title>F</title></head><body>\n{outlines}</body></opml>\n"

    def truth(self) -> dict[tuple[int, str], str]:
        """Return what curate must hold after a clean round: (feed, guid) and title."""
        readable = [feed for feed in self.feeds if feed.kind != "gone"]
        return {(feed.number, guid): title for feed in readable for guid, title in feed.items().items()}

    @contextlib.contextmanager
    def serve(self) -> Iterator[Field]:
        loop = asyncio.new_event_loop()
        with socket.create_server((HOSTS[0], 0)) as first:
            self.port = first.getsockname()[1]
        starting = asyncio.start_server(self._talk, HOSTS, self.port, backlog=256)
        server = loop.run_until_complete(starting)
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.close()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(_hang_up(asyncio.all_tasks(loop)))
            loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                self.heard.set()
                path = lines[0].split()[1]
                silent = self.feeds[int(path.rpartition("/")[2])].kind == "silent"
                await asyncio.sleep(3600 if silent else self.slow)
                answer = self._answer(path, headers)
                if not answer:
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()

    def _answer(self, path: str, headers: dict[str, str]) -> bytes:
        _, kind, number = path.split("/")
        feed = self.feeds[int(number)]
        feed.asked += 1
        if feed.kind == "redirect" and kind == "feed":
            return _reply(302, f"Location: http://{HOSTS[-1]}:{self.port}/moved/{number}")
        if feed.kind == "gone" or self.refuses:
            return _reply(404) if feed.number % 20 < 10 else b""
        if feed.kind == "flaky" and feed.asked % 3 == 0:
            return _reply(503)
        said = []
        if feed.kind in {"etag", "redirect"}:
            said.append(f'ETag: "{feed.number}-{feed.grew}"')
            if headers.get("if-none-match") == f'"{feed.number}-{feed.grew}"':
                feed.unchanged.append(feed.grew)
                return _reply(304, *said)
        if feed.kind == "date":
            said.append(f"Last-Modified: Mon, 02 Nov 2026 10:{feed.grew // 60:02}:{feed.grew % 60:02} GMT")
            if headers.get("if-modified-since") == said[0].split(": ", 1)[1].lower():
                feed.unchanged.append(feed.grew)
                return _reply(304, *said)
        return _reply(200, *said, "Content-Type: application/rss+xml", body=feed.body())


async def _hang_up(talking: set[asyncio.Task[None]]) -> None:
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)


def _reply(status: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} Words", *headers, *([] if status == 304 else [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*lines, "", ""]).encode() + body


def start_fetch(
    desk: Path, served: Field, *arguments: str, before: tuple[str, ...] = (), **environment: str
) -> subprocess.Popen[bytes]:
    """Start a real ``curate fetch`` in a session of its own, run by the command ``before`` if any."""
    allow = f"127.0.0.0/8:{served.port}"
    return subprocess.Popen(
        [*before, sys.executable, "-m", "curate", "-C", str(desk), "fetch", "--force", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CURATE_ALLOW_PRIVATE": allow, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def limited(limit: str, most: int) -> tuple[str, ...]:
    """Return the command that runs another within a limit of the system's: RLIMIT_NOFILE, RLIMIT_FSIZE."""
    program = (
        "import os, resource, sys\n"
        f"resource.setrlimit(resource.{limit}, ({most}, {most}))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return (sys.executable, "-c", program)


def alive(session: int) -> dict[int, str]:
    """Return the processes of the session ``session`` that still run, by id: their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            after = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(after[3]) == session and after[0] not in "ZX":
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def orphans(session: int, within: float = 15.0) -> dict[int, str]:
    """Return what is left of a session whose first process ended, after giving it a moment to notice."""
    end = time.monotonic() + within
    while (left := alive(session)) and (more := end - time.monotonic()) > 0:
        with contextlib.suppress(ProcessLookupError):
            told = os.pidfd_open(next(iter(left)))  # readable once that process has ended
            select.select([told], [], [], more)
            os.close(told)
    return left


def holding(desk: Path) -> dict[tuple[int, str], str]:
    """Return what the desk holds: (feed, guid) and title; the database and its search are sound."""
    with closing(open_database(Desk(desk))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        rows = connection.execute(
            "SELECT feeds.url, guid, items.title FROM items JOIN feeds ON feeds.number = items.feed"
        ).fetchall()
    held = {(int(url.rpartition("/")[2]), guid): title for url, guid, title in rows}
    assert len(held) == len(rows)
    return held


def see_validators_hide_nothing(desk: Path, field: Field) -> int:
    """Hold that whoever has a feed's validator has what the feed showed with it; return how many have one."""
    held = holding(desk)
    with closing(open_database(Desk(desk))) as connection:
        rows = connection.execute("SELECT url, etag, last_modified FROM feeds").fetchall()
    validators = 0
    for url, etag, last_modified in rows:
        feed = field.feeds[int(url.rpartition("/")[2])]
        told, dated = re.search(r'-(\d+)"$', etag), re.search(r":(\d\d):(\d\d) GMT$", last_modified)
        if told or dated:
            validators += 1
            grew = int(told[1]) if told else 60 * int(dated[1]) + int(dated[2]) if dated else 0
            for guid, title in feed.items(grew).items():
                assert held[feed.number, guid] == title
    return validators


def clean_run(desk: Path, field: Field, *arguments: str) -> None:
    """Fetch once, undisturbed, when all feeds are due again; only those that are gone fail."""
    for feed in field.feeds:
        feed.kind = "plain" if feed.kind == "flaky" else feed.kind
    done = start_fetch(desk, field, "--json", *arguments)
    out, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (5 if any(feed.kind == "gone" for feed in field.feeds) else 0, b""), (out, err)
