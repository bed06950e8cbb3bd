"""Migrate copies of a database, each killed at another statement: what a test of kills runs as its own process.

For each line read (a desk's folder and a number) one child is forked, which opens the desk's database and kills
itself when SQLite begins its statement of that number. What is said: killed, or done when there were fewer.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from curate.desk import backup, db  # noqa: F401 - imported before the first child
from curate.desk.folder import Desk


def migrate(root: Path, last: int) -> None:
    """Open the database at ``root``, and be killed at statement ``last``."""
    begun = 0
    connect = sqlite3.connect

    def count(_: str) -> None:
        nonlocal begun
        begun += 1
        if begun == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **more)
        connection.set_trace_callback(count)
        return connection

    sqlite3.connect = watched  # type: ignore[assignment] # in this process alone
    with closing(db.open_database(Desk(root))):
        pass


def main() -> None:
    """Fork a child for each line that is read, and say what became of it."""
    for line in sys.stdin:
        number, _, root = line.rstrip("\n").partition(" ")
        child = os.fork()
        if child == 0:
            migrate(Path(root), int(number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = "killed" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}"
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
