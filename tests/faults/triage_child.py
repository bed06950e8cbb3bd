"""Sit before the triage screen until killed: what a test of kills runs as a process of its own.

For each line read (a seed) one child is forked, which has everything imported, and its number is said.
The child presses keys at random; each is told before it is pressed, and acknowledged once the screen has shown what
came of it, with a digest of all that is the person's.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from curate.cli import render
from curate.cli.item_view import byline
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.tui.rows import Wording
from curate.tui.triage import Triage
from tests.inbox.stock import NOW, persons

if TYPE_CHECKING:
    import sqlite3

# Decisions, marks and what is done with them, back and again, and a way about.
KEYS = ("s", "x", "z", "space", "space", "V", "s", "x", "u", "U", ".", "j", "j", "k", "G", "g", "*", "tab", "X", "t")


def digest(connection: sqlite3.Connection) -> str:
    """Return a short digest of all that is the person's."""
    return blake2b(repr(sorted(persons(connection).items())).encode(), digest_size=16).hexdigest()


async def sit(connection: sqlite3.Connection, seed: int) -> None:
    """Press keys until killed."""
    chance = random.Random(seed)  # noqa: S311 - the same keys for the same seed
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    app = Triage(connection, clock=lambda: NOW, wording=wording)
    async with app.run_test(size=(100, 30)) as pilot:
        while True:
            key = chance.choice(KEYS)
            say(f"press {key}")
            await pilot.press(key)
            await pilot.pause()
            say(f"shown {digest(connection)}")


def say(line: str) -> None:
    """Write a line that is out when this returns, whatever happens next."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Fork a child for each seed that is read."""
    for line in iter(lambda: os.read(0, 64), b""):
        child = os.fork()
        if child == 0:
            with closing(open_database(Desk(Path(sys.argv[1])))) as connection:
                asyncio.run(sit(connection, int(line)))
        say(f"child {child}")
        os.waitpid(child, 0)
        say("over")


if __name__ == "__main__":
    main()
