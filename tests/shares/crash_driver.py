"""Make one pass over a desk in a process of its own, and kill it (SIGKILL) at a named step.

Run by tests: crash_driver.py DESK CONFIG NOW STEP, the accounts as JSON on standard input. STEP is
one of those ``send_due`` names, or none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.desk.settings import Settings
from curate.shares import sender
from curate.web.client import Client


async def one_pass(desk: Desk, config: Path, now: datetime, kill_at: str, settings: Settings) -> None:
    def observe(step: str, _: object) -> None:
        if step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async with Client(allow_private=["127.0.0.0/8"]) as client:
        await sender.send_due(
            open_database(desk),
            client,
            desk,
            settings,
            config=config,
            clock=lambda: now,
            deployed=lambda _: True,
            observe=observe,
        )


if __name__ == "__main__":
    folder, config, now, kill_at = sys.argv[1:]
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)
    asyncio.run(one_pass(Desk(Path(folder)), Path(config), datetime.fromisoformat(now), kill_at, given))
