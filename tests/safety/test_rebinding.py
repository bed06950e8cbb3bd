"""A name server that answers what it likes never leads curate to a private address."""

from __future__ import annotations

import asyncio
import itertools
import socket

import pytest

from curate.web.client import Client, NotSent
from tests.web.raw import answering, serving

FETCHES = 1000
PRIVATE = (socket.AF_INET, "127.0.0.1")
MAPPED = (socket.AF_INET6, "::ffff:127.0.0.1")
PUBLIC = [(socket.AF_INET, f"8.8.8.{last}") for last in range(1, 30)]
ANSWERS = [
    [PRIVATE],
    [MAPPED],
    [PUBLIC[0], PRIVATE],
    [MAPPED, PUBLIC[0]],
    [*PUBLIC, PRIVATE],
]


def test_a_thousand_changing_answers_reach_nothing_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port is none of the web's, so that the public addresses are refused too and nothing leaves."""
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as canary:
        answers = itertools.cycle(ANSWERS)

        def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
            return [
                (family, socket.SOCK_STREAM, 6, "", (ip, canary.port, 0, 0)[: 4 if family == socket.AF_INET6 else 2])
                for family, ip in next(answers)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

        async def ask() -> None:
            async with Client(timeout=5) as client:
                for turn in range(FETCHES):
                    with pytest.raises(NotSent, match="refused: "):
                        await client.get(f"http://feeds{turn}.example:{canary.port}/")

        asyncio.run(ask())
        assert canary.connections == 0
        monkeypatch.undo()

        async def allowed() -> None:
            async with Client(allow_private=canary.allowed, timeout=5) as client:
                await client.get(canary.url)

        asyncio.run(allowed())
        assert canary.connections == 1  # the canary does sing
