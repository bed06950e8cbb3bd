"""Nothing that the tests cause leaves this machine, and what curate connects goes through the guard."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import aiohttp
import pytest

from curate.web.client import Client
from tests import tripwire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Loopback


@contextlib.contextmanager
def caught(what: str) -> Iterator[None]:
    """Expect one fault that begins with ``what``, and take it off the list."""
    before = len(tripwire.faults)
    yield
    found = tripwire.faults[before:]
    del tripwire.faults[before:]
    assert found
    assert all(fault.startswith(what) for fault in found), found


@pytest.mark.parametrize("address", [("8.8.8.8", 53), ("192.168.0.1", 80), ("2606:4700:4700::1111", 443, 0, 0)])
def test_a_connection_that_leaves_this_machine_is_stopped(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as away, caught("a connection to"), pytest.raises(ConnectionRefusedError):
        away.connect(address)


def test_no_datagram_leaves_this_machine() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as away,
        caught("a connection to"),
        pytest.raises(OSError, match="leave"),
    ):
        away.sendto(b"x", ("8.8.8.8", 53))


def test_no_name_server_is_asked() -> None:
    with caught("a look-up of feeds.example"), pytest.raises(socket.gaierror):
        socket.getaddrinfo("feeds.example", 80)
    assert socket.getaddrinfo("localhost", 80)
    assert socket.getaddrinfo("0x7f000001", 80)


def test_a_client_without_the_guard_is_stopped_and_ours_is_not(loopback: Loopback) -> None:
    url = loopback.put("/", "x")

    async def unguarded() -> None:
        async with aiohttp.ClientSession() as session, session.get(url):
            pass

    async def guarded() -> int:
        async with Client(allow_private=["127.0.0.1"]) as client:
            return (await client.get(url)).status

    with caught("a connection of curate's"), pytest.raises(aiohttp.ClientError):
        asyncio.run(unguarded())
    assert asyncio.run(guarded()) == 200
    assert len(loopback.seen) == 1
