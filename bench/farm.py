"""Serve saved feeds on many loopback addresses, each answer as late as on a real network.

Its own process, so that its work is nobody's figure: ``python bench/farm.py PORT FILES…`` with the
names of the files to serve on its standard input, one a line. Feed N is ``/N`` on address N mod 250;
some are slow, missing, broken. A line on standard input, ``validators on|off``, says from then on
whether answers carry ETag and Last-Modified, and whether a 304 is ever given; it is answered with a
line of how many requests were answered since the last one.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

ADDRESSES = 250
LATENCY = 0.02  # seconds
SLOW = 2.0
WELL = {200: "OK", 304: "Not Modified", 404: "Not Found", 500: "Internal Server Error"}
STAMP = "Mon, 02 Mar 2026 08:00:00 GMT"


def address(number: int) -> str:
    """Return the loopback address that feed ``number`` is served on."""
    return f"127.0.{number % ADDRESSES // 50 + 1}.{number % ADDRESSES % 50 + 10}"


def trouble(number: int) -> str:
    """Say what is wrong with feed ``number``: "" for the many; each kind is one in two hundred, missing two."""
    kinds = {17: "slow", 41: "missing", 67: "failing", 93: "refused", 119: "broken", 141: "missing"}
    return kinds.get(number % 200, "")


class Answers(asyncio.Protocol):
    """Answer the requests of one connection."""

    bodies: tuple[tuple[bytes, str], ...] = ()  # of each file: its bytes and its ETag
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
        body, tag = self.bodies[number % len(self.bodies)]
        status, extra = 200, ""
        wrong = trouble(number)
        if wrong in {"missing", "failing"}:
            status, body = (404 if wrong == "missing" else 500), b"nothing to see here"
        elif wrong == "broken":
            body = b"<rss><channel><title>Broken" + bytes([number % 251]) + b"</nonsense <"
        else:
            # Feeds of their own have entries of their own: a program that knows a guid again must not be spared work.
            for end in (b"</guid>", b"</id>"):
                body = body.replace(end, b"-%d%s" % (number, end))
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


async def serve(port: int) -> None:
    """Serve on every address until standard input ends."""
    loop = asyncio.get_running_loop()
    hosts = sorted({address(number) for number in range(ADDRESSES)})
    async with await loop.create_server(Answers, hosts, port, backlog=512):
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            Answers.validators = line.split()[1] == "on"
            print(Answers.count, flush=True)
            Answers.count = 0


def main() -> None:
    """Read the files named on standard input up to an empty line, then serve them."""
    files = list(iter(lambda: sys.stdin.readline().strip(), ""))
    read = [Path(name).read_bytes() for name in files]
    Answers.bodies = tuple((body, f'"{hashlib.sha256(body).hexdigest()[:16]}"') for body in read)
    asyncio.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
