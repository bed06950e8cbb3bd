"""Wait on this machine for a browser that comes back from a network's sign-in page.

Listens on 127.0.0.1 alone, for one visit: the first that carries the ``state`` of this sign-in
(https://www.rfc-editor.org/rfc/rfc8252#section-7.3). Knows no network, and not what a visit means.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/callback"
HEAD = 16 * 1024  # bytes of a request that are read
PATIENCE = 10.0  # seconds a browser may take to say what it wants
DONE = "That is all. You can close this page and go back to your terminal."
STRANGE = "This page belongs to another sign-in, or to none. Go back to your terminal and start again there."


class Callback:
    """One listener; ``visit`` is the address a browser came back with, from its path on."""

    def __init__(self, state: str) -> None:
        self.visit: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        task = asyncio.create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of browsers that connected and say nothing; the answer under way is finished."""
        if self._tasks:
            _, silent = await asyncio.wait(self._tasks, timeout=1)
            for task in silent:
                task.cancel()
            await asyncio.gather(*silent, return_exceptions=True)
        self.visit.cancel()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            try:
                async with asyncio.timeout(PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                method, _, rest = head.decode("latin-1").partition(" ")
                target = rest.partition(" ")[0]
                ours = method == "GET" and target.isprintable() and self._ours(target)
                if ours and not self.visit.done():
                    self.visit.set_result(target)
                writer.write(_page(200 if ours else 404, DONE if ours else STRANGE))
                await writer.drain()
            finally:
                writer.close()

    def _ours(self, target: str) -> bool:
        """Say whether a visit carries this sign-in's state."""
        try:
            parts = urlsplit(target)
            states = parse_qs(parts.query).get("state", [])
        except ValueError:
            return False
        return parts.path == PATH and len(states) == 1 and hmac.compare_digest(states[0].encode(), self._state.encode())


@contextlib.asynccontextmanager
async def listen(port: int, state: str) -> AsyncIterator[Callback]:
    """Listen on ``port`` for the length of the block. Raises OSError when it is taken."""
    callback = Callback(state)
    server = await asyncio.start_server(callback.accept, "127.0.0.1", port, limit=HEAD)
    try:
        yield callback
    finally:
        server.close()
        await callback.close()


def _page(status: int, words: str) -> bytes:
    body = f'<!doctype html><meta charset="utf-8"><title>curate</title><p>{words}</p>\n'.encode()
    head = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not Found'}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Content-Security-Policy: default-src 'none'",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Connection: close",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
