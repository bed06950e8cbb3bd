"""Serve saved feeds on many loopback addresses, each answer as late as on a real network.

Its own process, so that its work is nobody's figure: ``python bench/farm.py PORT FEEDS`` with the
names of the files to serve on its standard input, one a line. Feed N is ``/N`` on address N mod 250;
some are slow, missing, broken. Where a file is served again, it has sites and words of its own: as
many feeds have as many articles, which no program is spared and none finds handed on. A line on
standard input says what holds from then on, and is answered with a line of how many requests were answered
since the last one: ``validators``, when answers carry ETag and Last-Modified, and a 304 is ever given;
``news``, when each feed has its first entry, too, which it is without before where it has others and is no JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ADDRESSES = 250
LATENCY = 0.02  # seconds
SLOW = 2.0
WELL = {200: "OK", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error"}
STAMP = "Mon, 02 Mar 2026 08:00:00 GMT"
# What stays but for the addresses in it: tags, references, names in JSON. Else words change, but for those short
# enough to be part of a date.
PART = re.compile(
    rb"""(?P<kept>(?:<|&lt;)[/!?]?\w(?:(?!&gt;)[^<>])*|"\w+"\s*:|\\u\w{4}|\\\w|&#?\w+;|<!\[CDATA\[)"""
    rb"""|https?:(?:\\?/){2}[^\s"'<>&]*|(?P<word>[A-Za-z]{4,})"""
)
SITE = re.compile(rb"""(?P<format>xmlns[\w:.-]*\s*=\s*["'])?(?P<scheme>https?:(?:\\?/){2})(?!jsonfeed\.org/)""")
CONSONANTS = b"bcdfghjklmnpqrstvwxz"
NEWEST = re.compile(rb"<(item|entry)[\s>].*?</\1>", re.DOTALL)


def address(number: int) -> str:
    """Return the loopback address that feed ``number`` is served on."""
    return f"127.0.{number % ADDRESSES // 50 + 1}.{number % ADDRESSES % 50 + 10}"


def trouble(number: int) -> str:
    """Say what is wrong with feed ``number``: "" for the many; each kind is one in two hundred, missing two."""
    kinds = {17: "slow", 41: "missing", 67: "failing", 93: "refused", 119: "broken", 141: "missing"}
    return kinds.get(number % 200, "")


def varied(body: bytes, copy: int) -> bytes:
    """Return ``body`` with other hosts and other words, as long and as common: the feed of another publisher.

    The letters of each word are exchanged, those of tags, references and dates are not.
    """
    if not copy:
        return body
    turned = bytes.maketrans(CONSONANTS, CONSONANTS[copy % 20 :] + CONSONANTS[: copy % 20])

    def other(part: re.Match[bytes]) -> bytes:
        return part[0].translate(turned) if part["word"] else SITE.sub(elsewhere, part[0])

    def elsewhere(site: re.Match[bytes]) -> bytes:
        return site[0] if site["format"] else b"%sc%d." % (site[0], copy)

    return PART.sub(other, body)


def aged(body: bytes) -> bytes:
    """Return ``body`` without its newest entry; where that is its only one, or JSON, with other bytes all the same."""
    if len(NEWEST.findall(body)) < 2:
        return body + b"\n"
    return NEWEST.sub(b"", body, count=1)


Edition = tuple[tuple[bytes, str], ...]  # of each feed: its bytes and its ETag


class Answers(asyncio.Protocol):
    """Answer the requests of one connection."""

    bodies: Edition = ()
    validators = True
    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = transport
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        """Answer in a while what is asked completely."""
        self.heard += data
        while b"\r\n\r\n" in self.heard:
            head, _, self.heard = self.heard.partition(b"\r\n\r\n")
            number = int(head.split(b" ", 2)[1].strip(b"/"))
            late = SLOW if trouble(number) == "slow" else LATENCY
            asyncio.get_running_loop().call_later(late, self.answer, number, head.lower())

    def answer(self, number: int, head: bytes) -> None:
        """Write the answer to ``head``, which asks for feed ``number``."""
        assert isinstance(self.transport, asyncio.Transport)
        if self.transport.is_closing():
            return
        Answers.count += 1
        body, tag = self.bodies[number]
        status, extra = 200, ""
        wrong = trouble(number)
        if wrong in {"missing", "failing"}:
            status, body = (404 if wrong == "missing" else 500), b"nothing to see here"
        elif wrong == "broken":
            body = b"<rss><channel><title>Broken" + bytes([number % 251]) + b"</nonsense <"
        if self.validators and status == 200 and wrong != "broken":
            extra = f"ETag: {tag}\r\nLast-Modified: {STAMP}\r\n"
            if f"if-none-match: {tag}".encode() in head or b"if-modified-since: " + STAMP.lower().encode() in head:
                status, body = 304, b""
        closing = b"connection: close" in head
        self.transport.write(
            f"HTTP/1.1 {status} {WELL[status]}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
            f"{extra}Connection: {'close' if closing else 'keep-alive'}\r\n\r\n".encode()
            + body
        )
        if closing:
            self.transport.close()


async def serve(port: int, editions: tuple[Edition, Edition]) -> None:
    """Serve on every address until standard input ends: the first of ``editions``, or the second, as it says."""
    loop = asyncio.get_running_loop()
    hosts = sorted({address(number) for number in range(ADDRESSES)})
    Answers.bodies = editions[0]
    async with await loop.create_server(Answers, hosts, port, backlog=512):
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            Answers.validators = "validators" in line.split()
            Answers.bodies = editions["news" in line.split()]
            print(Answers.count, flush=True)
            Answers.count = 0


def edition(bodies: Iterable[bytes]) -> Edition:
    """Return ``bodies`` with the ETag of each."""
    return tuple((body, f'"{hashlib.sha256(body).hexdigest()[:16]}"') for body in bodies)


def main() -> None:
    """Read the files named on standard input up to an empty line, then serve them."""
    files = list(iter(lambda: sys.stdin.readline().strip(), ""))
    read = [Path(name).read_bytes() for name in files]
    news = [varied(read[number % len(read)], number // len(read)) for number in range(int(sys.argv[2]))]
    asyncio.run(serve(int(sys.argv[1]), (edition(map(aged, news)), edition(news))))


if __name__ == "__main__":
    main()
