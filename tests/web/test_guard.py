"""The guard refuses every address that is not public, however it is written."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

import aiohappyeyeballs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import NetworkTrouble, UsageError
from curate.web.client import Client, NotSent
from curate.web.guard import Forbidden, Guard, check_url, refused
from tests.web.raw import answering, serving

if TYPE_CHECKING:
    from aiohappyeyeballs import AddrInfoType

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.254 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.254 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.254
198.18.0.1 198.19.255.254 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
::ffff:0:192.168.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:7f00:1::
2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::abcd
fec0::1 ff02::1 ff0e::1 4000::1 e000::1
"""
PUBLIC = """
8.8.8.8 93.184.216.34 100.63.255.255 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("text", PRIVATE.split())
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert refused(ip_address(text))
    with pytest.raises(Forbidden) as error:
        Guard().check(ip_address(text), 443)
    assert error.value.reason.startswith("refused: private address ")
    assert "fetch.allow_private" in error.value.reason


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_public_address_is_allowed_on_the_webs_ports_only(text: str) -> None:
    guard = Guard()
    assert not refused(ip_address(text))
    guard.check(ip_address(text), 80)
    guard.check(ip_address(text), 443)
    with pytest.raises(Forbidden, match="guard") as error:
        guard.check(ip_address(text), 6379)
    assert "port 6379" in error.value.reason


@given(st.ip_addresses(v=4))
def test_the_guard_is_never_laxer_than_the_registry_for_ipv4(ip: IPv4Address) -> None:
    assert ip.is_global or refused(ip)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_the_guard_is_never_laxer_than_the_registry_for_ipv6(ip: IPv6Address) -> None:
    carried = int(ip) >> 96 == 0 or ip.ipv4_mapped or int(ip) >> 32 in {0x64FF9B << 64, 0xFFFF << 16}
    assert carried or ip.is_global or refused(ip)


@pytest.mark.parametrize(
    ("entry", "open_to", "closed_to"),
    [
        ("127.0.0.1", [("127.0.0.1", 9), ("127.0.0.1", 80)], [("127.0.0.2", 9), ("10.0.0.1", 80)]),
        ("127.0.0.0/8:8099", [("127.3.2.1", 8099)], [("127.0.0.1", 80), ("127.0.0.1", 8098), ("8.8.8.8", 8099)]),
        ("10.0.0.0/8", [("10.9.8.7", 1)], [("127.0.0.1", 1), ("::ffff:10.0.0.1", 1)]),
        ("[::1]:8080", [("::1", 8080)], [("::1", 80), ("127.0.0.1", 8080)]),
        ("[fd00::/8]:1", [("fd00::9", 1)], [("fd00::9", 2)]),
        ("::1", [("::1", 8080)], [("::2", 8080)]),
        (" 192.168.1.7:8000 ", [("192.168.1.7", 8000)], [("192.168.1.8", 8000)]),
    ],
)
def test_an_exception_opens_what_it_says_and_no_more(
    entry: str, open_to: list[tuple[str, int]], closed_to: list[tuple[str, int]]
) -> None:
    guard = Guard([entry])
    for text, port in open_to:
        guard.check(ip_address(text), port)
    for text, port in closed_to:
        with pytest.raises(Forbidden):
            guard.check(ip_address(text), port)


@pytest.mark.parametrize("entry", ["", "localhost", "localhost:80", "127.0.0.1:http", "300.0.0.1", "[::1", "::1]:80"])
def test_an_exception_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(UsageError) as error:
        Guard([entry])
    assert f"“{entry}”" in error.value.message


SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://127.0.0.1%00:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://8.8.8.8@127.0.0.1:{port}/",
    "http://8.8.8.8\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@8.8.8.8/",
    "http:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "\thttp://127.0.0.1:{port}/ ",
    "http://127.0.0.1:\t{port}/",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_private_address_reaches_it(spelling: str) -> None:
    async def ask(url: str, allow: tuple[str, ...]) -> None:
        async with Client(allow_private=allow, timeout=5) as client:
            await client.get(url)

    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as canary:
        with pytest.raises(NotSent) as error:
            asyncio.run(ask(spelling.format(port=canary.port), ()))
        assert "refused: " in error.value.message
        leading = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + spelling.strip().encode() + b"\r\n\r\n"
        with (
            serving(answering(leading.replace(b"{port}", b"%d" % canary.port))) as elsewhere,
            pytest.raises(NetworkTrouble),  # some are relative to a redirect, and lead round in a circle
        ):
            asyncio.run(ask(elsewhere.url, elsewhere.allowed))
        assert canary.connections == 0
        asyncio.run(ask(canary.url, canary.allowed))
        assert canary.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "gopher://example.org/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "unix:/run/socket",
        "feed://example.org/feed",
        "/etc/passwd",
        "example.org",
        "\\\\server\\share",
        "http://",
        "http:///feed",
        "https://dana:secret@example.org/feed",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/" + "a" * 2048,
        "https://example.org/\r\nHost: x",
        "",
    ],
)
def test_what_is_no_plain_web_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(Forbidden) as error:
        check_url(url)
    assert error.value.reason.startswith("refused: ")


def test_an_address_gets_its_normal_form() -> None:
    assert str(check_url(" HTTPS://Example.ORG:443/Feed?a=1&b=%20#top ")) == "https://example.org/Feed?a=1&b=%20"
    assert str(check_url("http://example.org:80")) == "http://example.org"
    assert str(check_url("http://example.org:8080/")) == "http://example.org:8080/"
    assert str(check_url("https://bücher.example/ü")) == "https://xn--bcher-kva.example/%C3%BC"
    assert str(check_url("http://[2606:4700::1]/")) == "http://[2606:4700::1]/"
    assert (
        str(check_url("http://Example.org/a%2Cb?c=%2C%e4")) == "http://example.org/a%2Cb?c=%2C%e4"
    )  # as it was written


def test_a_name_with_a_refused_and_an_allowed_address_goes_on_to_the_allowed_one() -> None:
    async def connect(port: int, *allowed: str) -> str:
        addresses: list[AddrInfoType] = [
            (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)),
        ]
        connection = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=0.25, socket_factory=Guard(allowed).socket_factory
        )
        with connection:
            return str(connection.getpeername()[0])

    with serving(answering(b"")) as server:
        assert asyncio.run(connect(server.port, f"127.0.0.1:{server.port}")) == "127.0.0.1"
        with pytest.raises(Forbidden) as error:
            asyncio.run(connect(server.port))
        assert "private address" in error.value.reason
        assert server.connections == 1


def test_a_name_whose_answers_change_never_reaches_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server may say one thing to a check and another to a connection; only the connection is checked."""
    with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as canary:
        answers = iter(["8.8.8.8", *["127.0.0.1"] * 20])

        def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), canary.port))]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

        async def ask() -> None:
            async with Client(timeout=5) as client:
                for turn in range(21):
                    with pytest.raises(NotSent, match="refused: "):
                        await client.get(f"http://feeds{turn}.example:{canary.port}/")

        asyncio.run(ask())
        assert canary.connections == 0
