"""Copy a desk's database so that the copy is whole, and prove it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from curate.desk.folder import sync_folder
from curate.errors import CurateError

if TYPE_CHECKING:
    from pathlib import Path


def copy_database(connection: sqlite3.Connection, target: Path) -> None:
    """Write a verified copy of the open database to ``target``, replacing an older copy there.

    SQLite's VACUUM INTO sees one consistent state while others write. Raises CurateError when
    the copy cannot be written or fails its integrity check.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(partial),))
        with contextlib.closing(sqlite3.connect(partial)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            msg = f"The copy of the database failed its check: {verdict}."
            raise CurateError(msg, "Nothing was changed.")
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        msg = f"The database could not be copied to {target}: {error}."
        raise CurateError(msg, "Nothing was changed. Free some space, then run the command again.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
