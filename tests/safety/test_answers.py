"""Answers that are endless, packed beyond measure, slow, odd or lead astray cost their own turn and little memory."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import random
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.errors import NetworkTrouble
from curate.feeds.workers import Workers
from curate.web.client import LARGEST, Client, Reply
from tests.safety.weighed import weighed
from tests.web.raw import RawServer, answering, dripping, hanging, resetting, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tests.conftest import Loopback
    from tests.web.raw import Behaviour

MIB = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


# Packed and endless


def zeros(wbits: int, times: int = 64) -> bytes:
    """Return ``times`` × 16 MiB of zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    start = packer.compress(b"")
    block = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush()
    return start + block * times + end


def packed(body: bytes, coding: str) -> bytes:
    return HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def noise() -> bytes:
    return random.Random(1).randbytes(14 * MIB)  # noqa: S311 - the same noise every time


def chunks(*headers: bytes) -> bytes:
    piece = b"100000\r\n" + bytes(MIB) + b"\r\n"
    return HEAD + b"".join(headers) + b"Transfer-Encoding: chunked\r\n\r\n" + piece * 40


# Answers by name, made when they are needed, each with what is to be said of it.
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip": (lambda: packed(zeros(31), "gzip"), "is larger than 15 MiB"),
    "deflate": (lambda: packed(zeros(15), "deflate"), "is larger than 15 MiB"),
    "raw deflate": (lambda: packed(zeros(-15), "deflate"), "is larger than 15 MiB"),
    "named twice": (lambda: packed(gzip.compress(zeros(31)), "gzip, gzip"), "is packed 2 times over"),
    "in two headers": (lambda: packed(zeros(31), "deflate\r\nContent-Encoding: gzip"), "is packed 2 times over"),
    "packed twice, named once": (lambda: packed(gzip.compress(zeros(31)), "gzip"), "bytes"),
    "many members": (lambda: packed(gzip.compress(bytes(4 * MIB)) * 200, "gzip"), "is larger than 15 MiB"),
    "brotli": (lambda: packed(b"\x00" * 1600, "br"), "is packed with br"),
    "zstd": (lambda: packed(b"\x28\xb5\x2f\xfd" * 400, "zstd"), "is packed with zstd"),
    "another name": (lambda: packed(zeros(31), "x-gzip"), "is larger than 15 MiB"),
    "wrong name": (lambda: packed(zeros(31), "utf-8"), "bytes"),
    "garbage behind": (lambda: packed(gzip.compress(b"<rss/>") + noise(), "gzip"), "6 bytes"),
    "cannot be packed": (lambda: packed(gzip.compress(noise(), 1), "gzip"), f"{14 * MIB} bytes"),
    "one byte more": (lambda: packed(gzip.compress(bytes(LARGEST + 1)), "gzip"), "is larger than 15 MiB"),
    "chunks": (chunks, "is larger than 15 MiB"),
    "packed chunks": (lambda: chunks(b"Content-Encoding: gzip\r\n"), "is larger than 15 MiB"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no such sizes")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_put_down_before_it_fills_the_memory(name: str) -> None:
    answer, says = BOMBS[name]

    async def ask() -> tuple[str, int]:
        with serving(answering(HEAD + b"Content-Length: 1\r\n\r\nx")) as small, serving(answering(answer())) as large:
            async with Workers(seconds=60) as workers:
                return await workers.run(weighed, small.url, large.url, (*small.allowed, *large.allowed))

    said, growth = asyncio.run(ask())
    assert says in said
    assert growth <= 64 * MIB


# Slow and odd


def endless(piece: bytes, start: bytes = b"", pause: float = 0.0) -> Behaviour:
    """Send ``start``, then ``piece`` for ever."""

    def behave(connection: socket.socket, server: RawServer) -> None:
        server.listen(connection)
        connection.sendall(start)
        while not server.ending.wait(pause):
            connection.sendall(piece)

    return behave


def held(raw: bytes) -> Behaviour:
    """Send ``raw`` and keep the connection."""

    def behave(connection: socket.socket, server: RawServer) -> None:
        server.listen(connection)
        connection.sendall(raw)
        server.ending.wait(5)

    return behave


ODD: dict[str, Behaviour] = {
    "silent": hanging,
    "one byte at a time": dripping,
    "rude": resetting,
    "head without end": endless(b"X: y\r\n", HEAD, 0.01),
    "head by the byte": endless(b"a", b"HTTP/1.1 200 OK\r\nX: ", 0.01),
    "status without end": endless(b"9", b"HTTP/1.1 "),
    "chunks for ever": endless(b"1\r\nx\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 0.01),
    "chunk of no end": held(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"),
    "no last chunk": held(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"),
    "chunk extension without end": endless(b"x", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;"),
    "shorter than said": answering(HEAD + b"Content-Length: 99\r\n\r\nx"),
    "length below nothing": answering(HEAD + b"Content-Length: -1\r\n\r\nx"),
    "two lengths": answering(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "length and chunks": answering(HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "go on, go on": endless(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.005),
    "early hints for ever": endless(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", pause=0.005),
    "another protocol": held(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "many headers": answering(HEAD + b"X: 1\r\n" * 200_000 + b"\r\nx"),
    "one large header": answering(HEAD + b"X: " + b"a" * MIB + b"\r\n\r\nx"),
    "no HTTP": answering(b"<rss/>"),
    "HTTP/0.9": answering(b"<rss version='2.0'><channel/></rss>\r\n\r\n"),
    "TLS": answering(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 300),
}


def test_slow_and_odd_servers_hold_nobody_up_and_leave_nothing_open() -> None:
    assert len(ODD) >= 12
    open_before = descriptors()

    async def ask(client: Client, url: str) -> Reply | str:
        try:
            return await client.get(url)
        except NetworkTrouble as error:
            return error.message

    async def every(urls: list[str], healthy: str) -> list[Reply | str]:
        async with (
            asyncio.timeout(60),  # beyond which it counts as hanging
            Client(allow_private=["127.0.0.1"], timeout=0.8, gap=0.3, per_host=64, connections=64) as client,
        ):
            return await asyncio.gather(*(ask(client, url) for url in [*urls, healthy]))

    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(serving(behaviour)).url for behaviour in ODD.values()]
        healthy = stack.enter_context(serving(answering(HEAD + b"Content-Length: 1\r\n\r\nx"))).url
        *answers, last = asyncio.run(every(urls, healthy))
    assert isinstance(last, Reply)
    for name, answer in zip(ODD, answers, strict=True):
        assert isinstance(answer, str) or answer.status == 101, (name, answer)
    assert descriptors() == open_before


def descriptors() -> int:
    """Return how many files and connections this process has open."""
    folder = next((place for place in ("/proc/self/fd", "/dev/fd") if Path(place).is_dir()), None)
    return sum(1 for _ in Path(folder).iterdir()) if folder else 0


# Leading astray

ASTRAY = [
    *("file:///etc/passwd", "javascript:alert(1)", "data:text/xml,<rss/>", "ftp://127.0.0.1/", "about:blank"),
    *("feed:http://127.0.0.1/", "unix:///run/x", "view-source:http://127.0.0.1/", "gopher://127.0.0.1/", "http://.../"),
    *("http://a:b@127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://[::1/", "http://[zz]/"),
    *(
        "\\\\127.0.0.1\\end",
        "http://127.0.0.1\\@8.8.8.8/",
        "http://10.0.0.1/",
        "//169.254.169.254/latest",
        "/%s" * 3000,
    ),
    *("http://" + "a" * 70 + ".example/", "http://127.0.0.1%00.example/", "https://127.0.0.1:1/"),
]


@pytest.mark.parametrize("target", ASTRAY)
def test_a_redirect_that_leads_astray_ends_there(loopback: Loopback, target: str) -> None:
    start = loopback.put("/start", "", status=301, Location=target)
    loopback.put("/end", "here")
    with pytest.raises(NetworkTrouble):
        asyncio.run(_get(start, loopback))
    assert [path for _, path, _, _ in loopback.seen] == ["/start"]


@pytest.mark.parametrize(
    ("status", "headers", "hops"),
    [
        (302, {"Location": "/0"}, 6),
        (302, {"Location": "0?again#x"}, 6),
        (302, {}, 1),
        (302, {"Location": ""}, 1),
        (200, {"Location": "/end"}, 1),
        (200, {"Refresh": "0; url=/end"}, 1),
        (200, {"Content-Type": "text/html"}, 1),
        (300, {"Location": "/end"}, 1),
        (304, {"Location": "/end"}, 1),
        (305, {"Location": "/end"}, 1),
        (201, {"Location": "/end"}, 1),
    ],
)
def test_only_a_redirect_is_followed_and_not_for_ever(
    loopback: Loopback, status: int, headers: dict[str, str], hops: int
) -> None:
    page = b"" if status == 304 else b'<meta http-equiv="refresh" content="0; url=/end">'
    loopback.pages["/0"] = loopback.pages["/0?again"] = (status, headers, page)
    loopback.put("/end", "here")
    with contextlib.suppress(NetworkTrouble):
        assert asyncio.run(_get(loopback.url + "/0", loopback)).status == status
    assert len(loopback.seen) == hops
    assert "/end" not in [path for _, path, _, _ in loopback.seen]


def test_a_redirect_carries_no_line_of_its_own() -> None:
    raw = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x%0d%0aX-Own:%201\r\n\r\n"
    with serving(answering(raw)) as server:
        with pytest.raises(NetworkTrouble):
            asyncio.run(_raw(server))
        assert all(b"\r\nX-Own" not in heard for heard in server.heard)
    for split in (b"/x\rX-Own: 1", b"/x\nX-Own: 1", b"/x\0"):
        with serving(answering(raw.replace(b"/x%0d%0aX-Own:%201", split))) as server:
            with contextlib.suppress(NetworkTrouble):
                asyncio.run(_raw(server))
            assert all(b"X-Own" not in heard for heard in server.heard)
    with serving(answering(b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * MIB + b"\r\n\r\n")) as server:
        with pytest.raises(NetworkTrouble):
            asyncio.run(_raw(server))
        assert len(server.heard) == 1


async def _get(url: str, loopback: Loopback) -> Reply:
    async with Client(allow_private=[loopback.url.removeprefix("http://")], timeout=5) as client:
        return await client.get(url)


async def _raw(server: RawServer) -> Reply:
    async with Client(allow_private=server.allowed, timeout=5) as client:
        return await client.get(server.url)
