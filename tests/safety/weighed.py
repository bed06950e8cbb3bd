"""Ask one server inside a process of its own, and tell how much larger that made the process."""

from __future__ import annotations

import asyncio
import resource
import sys

from curate.errors import NetworkTrouble
from curate.web.client import Client


def weighed(small: str, large: str, allow: tuple[str, ...]) -> tuple[str, int]:
    """Ask for ``small``, then for ``large``; return what became of the second, and the growth it caused in bytes."""

    async def ask(url: str) -> str:
        async with Client(allow_private=allow, timeout=20) as client:
            try:
                return f"{len((await client.get(url)).body)} bytes"
            except NetworkTrouble as error:
                return error.message.partition(": ")[2]

    asyncio.run(ask(small))  # loads what asking takes
    before = _most()
    said = asyncio.run(ask(large))
    return said, _most() - before


def _most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
