"""Know a desk from its copy: of two that hold the same shares only one may send them.

A desk gets a name when something is first approved in it. Beside the tokens, outside every desk, stands
for each name where that desk is and how many tries to send it has written down. A copy elsewhere, on
another machine, or older than what was sent from it, does not fit that and sends nothing until the
person adopts it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember, transaction
from curate.desk.folder import write_whole
from curate.errors import CurateError, Refused
from curate.shares import attempts, ledger

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk

NAME = "home"  # where the desk remembers its name
ADOPT = "If it is the one to go on with: curate doctor --adopt"


def settle(connection: sqlite3.Connection, desk: Desk, config: Path) -> None:
    """Give a desk that has no name one. ``config`` is the person's configuration folder."""
    if not recall(connection, NAME):
        name = os.urandom(16).hex()
        _write(config, name, desk, 0)  # first: a name in the desk and none here would be a copy's
        remember(connection, NAME, name)


def witness(connection: sqlite3.Connection, desk: Desk, config: Path) -> None:
    """Note how many tries to send were written down; called before each request leaves."""
    _write(config, recall(connection, NAME), desk, attempts.count_attempts(connection))


def foreign(connection: sqlite3.Connection, desk: Desk, config: Path) -> str:
    """Say in a sentence why this desk must not send; '' when it may, or was never asked to."""
    name = recall(connection, NAME)
    if not name:
        return ""
    try:
        known = json.loads(_file(config, name).read_text(encoding="utf-8"))
        place, witnessed = str(known["desk"]), int(known["attempts"])
    except FileNotFoundError:
        return "This desk was at work on another machine, or for another person."
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return f"{_file(config, name)} cannot be read, so nobody knows whether this desk is a copy."
    if place != str(desk.root.resolve()):
        return f"This desk is a copy of {place}, or was moved from there."
    if witnessed > attempts.count_attempts(connection):
        return "This desk is older than what was sent from it: it was put back from a copy."
    return ""


def sent_since(connection: sqlite3.Connection, config: Path) -> bool:
    """Say whether more may have been sent than the desk knows of: this machine counted more tries, or none at all."""
    name = recall(connection, NAME)
    if not name:
        return False
    try:
        known = json.loads(_file(config, name).read_text(encoding="utf-8"))
        return int(known["attempts"]) > attempts.count_attempts(connection)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return True


def check(connection: sqlite3.Connection, desk: Desk, config: Path) -> None:
    """Settle the desk, or refuse to send from a copy. Raises Refused."""
    settle(connection, desk, config)
    reason = foreign(connection, desk, config)
    if reason:
        raise Refused(f"{reason} It sends nothing.", ADOPT)


def adopt(connection: sqlite3.Connection, desk: Desk, config: Path, *, now: datetime) -> int:
    """Make this desk the one that sends; return how many shares now wait for the person.

    What is due already may be out from the other desk, so it is missed, which asks before it goes out.
    """
    old = recall(connection, NAME)
    late = [share for share in ledger.list_shares(connection, states=ledger.UNSENT) if share.due_at <= now]
    with transaction(connection):
        for share in late:
            reason = "this desk was a copy; look whether it is out already"
            ledger.set_aside(connection, share, "missed", reason)
        remember(connection, NAME, os.urandom(16).hex())
    witness(connection, desk, config)
    if old:
        _file(config, old).unlink(missing_ok=True)  # the other one, if it is on this machine, is a copy from now on
    return len(late)


def _file(config: Path, name: str) -> Path:
    return config / "desks" / f"{name}.json"


def _write(config: Path, name: str, desk: Desk, attempts: int) -> None:
    file = _file(config, name)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CurateError(f"{file.parent} cannot be written: {error.strerror}.", "Nothing was sent.") from error
    write_whole(file, json.dumps({"desk": str(desk.root.resolve()), "attempts": attempts}) + "\n")
