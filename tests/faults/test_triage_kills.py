"""A triage that is killed at any moment loses no decision that the screen had shown, and halves none."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from curate.desk.db import open_database, rehearsal
from curate.desk.folder import Desk
from curate.inbox.journal import count_steps, last_steps, redo, undo
from tests.faults.field import FULL, ROOT
from tests.faults.triage_child import digest
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

KILLS = 500 if FULL else 50
ITEMS = 200
LONGEST = 1.5  # seconds of a sitting
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


class Sitting(NamedTuple):
    """What a killed sitting had said: whether a key was on its way, how many were shown, and the last digest."""

    pressed: bool
    shown: int
    digest: str


def test_killed_at_random_again_and_again_what_was_shown_is_there(tmp_path: Path) -> None:
    dice = random.Random(20261129)  # noqa: S311 - a fixed seed: the same draws each time
    stock = Stock(tmp_path)
    stock.receive(*(entry(f"item{number}") for number in range(ITEMS)))
    stock.connection.close()
    program = [sys.executable, "-m", "tests.faults.triage_child", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(program, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe) as keeper:
        shown = unseen = batches = 0
        for _ in range(KILLS):
            with closing(open_database(Desk(tmp_path))) as connection:
                if len(left(connection)) < ITEMS // 2:
                    undo(connection, count_steps(connection) // 2 + 1, now=NOW)
                start = digest(connection)
            sitting = sit_and_kill(keeper, dice, start)
            shown += sitting.shown
            with closing(open_database(Desk(tmp_path))) as connection:
                unseen += see_nothing_lost(connection, sitting)
                batches += sum(len(step.items) > 1 for step in last_steps(connection, 5))
        assert keeper.stdin is not None
        keeper.stdin.close()
    assert shown > 3 * KILLS, "there was time to decide"
    assert batches, "some of it many at a time"
    assert unseen <= KILLS


def left(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT id FROM items WHERE state = 'new'")]


def sit_and_kill(keeper: subprocess.Popen[bytes], dice: random.Random, start: str) -> Sitting:
    """Let a child sit before the screen, kill it at some moment, and return what it had said."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.stdin.write(f"{dice.randrange(10**6)}\n".encode())
    keeper.stdin.flush()
    said: list[bytes] = []
    timer: threading.Timer | None = None
    child = 0
    for line in iter(keeper.stdout.readline, b"over\n"):
        assert line, "the keeper of the sittings is gone"
        if line.startswith(b"child "):
            child = int(line.split()[1])
            continue
        said.append(line)
        if timer is None and child:  # the screen is there: kill within its time
            timer = threading.Timer(dice.random() * LONGEST, os.kill, (child, signal.SIGKILL))
            timer.start()
    assert timer is not None
    timer.join()
    digests = [line.split()[1].decode() for line in said if line.startswith(b"shown ")]
    return Sitting(said[-1].startswith(b"press "), len(digests), digests[-1] if digests else start)


def see_nothing_lost(connection: sqlite3.Connection, sitting: Sitting) -> bool:
    """Hold that the desk is as the screen showed it last, but for the key on its way; say whether that one is in."""
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    if digest(connection) == sitting.digest:
        return False
    assert sitting.pressed, "no key was on its way"
    with rehearsal(connection):
        undo(connection, 1, now=NOW)
        before = digest(connection)
    with rehearsal(connection):
        redo(connection, 1)
        if sitting.digest in (before, digest(connection)):
            return True
    pytest.fail("the desk is not one step from what the screen had shown")
