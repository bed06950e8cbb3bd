"""Make passes over a desk's shares until killed: what a test of kills runs as a process of its own.

For each line read (the time it is) one child is forked, which has everything imported, and its number is
said; the child makes one pass with real connections.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import closing
from datetime import datetime
from importlib import import_module
from pathlib import Path

import msgspec

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.desk.settings import Settings
from curate.errors import Conflict
from curate.shares import sender
from curate.web.client import Client


async def one_pass(desk: Desk, config: Path, settings: Settings, now: datetime) -> None:
    """Send what is due."""
    with closing(open_database(desk)) as connection:
        async with Client(allow_private=["127.0.0.0/8"], timeout=10) as client:
            await sender.send_due(
                connection, client, desk, settings, config=config, clock=lambda: now, deployed=lambda _: True
            )


def main() -> None:
    """Fork a child for each time that is read."""
    desk, config = Desk(Path(sys.argv[1])), Path(sys.argv[2])
    settings = msgspec.json.decode(sys.argv[3], type=Settings)
    for account in settings.accounts.values():
        import_module(f"curate.shares.networks.{account.network}")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(one_pass(desk, config, settings, datetime.fromisoformat(line.strip())))
            except Conflict:
                os._exit(6)  # another pass holds the lock
            os._exit(0)
        os.write(1, f"child {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"over {status}\n".encode())


if __name__ == "__main__":
    main()
