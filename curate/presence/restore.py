"""Put a desk back from a backup, so that nothing goes out twice and nothing that is there is lost.

What is there is backed up first. The shares that may have gone out since the backup was made are marked
in the copy before it takes its place: a desk is never, not even for a moment, one that would send them
again. Writes nothing outside the desk's folder and follows no link.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.backup import (
    DATABASE,
    FILES,
    FOLDERS,
    Backup,
    backups_folder,
    create_backup,
    list_backups,
    read_backup,
)
from curate.desk.db import faults, open_database, overwrite, transaction, trouble
from curate.desk.folder import TEMPORARY, Desk, refusal, sync_folder
from curate.desk.locks import hold
from curate.errors import Conflict, CurateError, Refused, UsageError
from curate.shares import home, ledger

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = 2.0  # seconds that what is under way may take to come to its end
ALONE = ("tick", "send", "fetch", "publish", "build")  # what must not be under way meanwhile


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put back; ``before`` is the backup of what was there, None when nothing was.

    ``unknown`` counts the shares that may be out and wait for the person; ``foreign`` says in a sentence why
    this desk sends nothing until it is adopted, '' when it may send. ``aside`` is where a damaged
    database lies now.
    """

    backup: Backup
    before: Path | None
    unknown: int
    foreign: str
    aside: Path | None


def newest_good(desk: Desk) -> Path:
    """Return the newest backup of the desk that is whole and has its database. Raises Refused when there is none."""
    for path in list_backups(backups_folder(desk)):
        with contextlib.suppress(CurateError):
            if read_backup(path).database:
                return path
    raise Refused(f"There is no sound backup in {backups_folder(desk)}.", "Name the file: curate backup restore FILE")


def restore(desk: Desk, backup: Path, *, now: datetime, config: Path) -> Restored:
    """Put ``backup`` in place of what the desk holds, or into its empty folder; ``config`` is the tokens' folder.

    Files that the backup has not stay, outside content/ and themes/. Raises UsageError when the folder is
    neither a desk nor empty, Refused when the backup is not sound, Conflict when another curate is at work:
    nothing is then changed.
    """
    if desk.private.is_symlink():
        raise Refused(f"{desk.private} is a link; nothing is restored through one.", "Remove the link.")
    there = desk.settings.exists() or desk.private.exists()
    if not there and desk.root.exists() and any(desk.root.iterdir()):
        raise UsageError(f"{desk.root} is neither a desk nor empty.", "Restore into a new folder.")
    read_backup(backup)
    try:
        desk.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as alone:
            for purpose in ALONE:
                alone.enter_context(hold(desk, purpose, wait=PATIENCE))
            stage = Path(alone.enter_context(tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=desk.private)))
            whole = read_backup(backup, into=stage / "new")
            unknown = _mark(stage / "new", config, whole.at, now) if whole.database else 0
            before, sound = _save(desk, now) if there else (None, False)
            _place(desk, stage)
            aside = _place_database(desk, stage / "new" / DATABASE, now, sound=sound) if whole.database else None
    except OSError as error:
        raise refusal(desk.root, error, safe="What was there is in the newest backup.") from error
    except sqlite3.Error as error:
        raise trouble(desk.database, error) from error
    with contextlib.closing(open_database(desk)) as connection:
        foreign = home.foreign(connection, desk, config)
    return Restored(backup=whole, before=before, unknown=unknown, foreign=foreign, aside=aside)


def _mark(stage: Path, config: Path, at: datetime, now: datetime) -> int:
    """Make unknown, in the copy, every share that may have gone out since the backup; return how many.

    That is each whose time has come since, and, when this machine knows of tries to send that the backup
    does not have, every other that waits, too: its time may have been changed.
    """
    reason = f"the desk was put back from a backup of {at:%d %b %Y %H:%M} UTC; look whether it is out already"
    with contextlib.closing(open_database(Desk(stage))) as connection, transaction(connection):
        ledger.end_interrupted(connection, now=now)
        more = home.sent_since(connection, config)
        waiting = ledger.list_shares(connection, states=ledger.UNSENT)
        doubtful = [share for share in waiting if more or share.due_at <= now]
        for share in doubtful:
            ledger.set_unknown(connection, share, reason)
        return len(doubtful)


def _save(desk: Desk, now: datetime) -> tuple[Path | None, bool]:
    """Back up what is there, without its database when that is damaged; return the file, and whether it was sound."""
    try:
        connection = open_database(desk)
    except Conflict:
        raise
    except CurateError:
        return create_backup(desk, None, now=now).path, False
    with contextlib.closing(connection):
        sound = not faults(connection, thorough=True)
        return create_backup(desk, connection if sound else None, now=now).path, sound


def _place(desk: Desk, stage: Path) -> None:
    """Give the files and folders of the backup their places; what was there goes."""
    old = stage / "old"
    for name in (*FOLDERS, *FILES):
        new, place = stage / "new" / name, desk.root / name
        if not new.exists():
            continue
        if place.exists() or place.is_symlink():
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            place.rename(old / name)
        place.parent.mkdir(parents=True, exist_ok=True)
        new.rename(place)
    sync_folder(desk.root)


def _place_database(desk: Desk, copy: Path, now: datetime, *, sound: bool) -> Path | None:
    """Put the database in its place; return where a damaged one that stood there was moved, None when none did.

    Over a ``sound`` one it is written through SQLite, so that a curate that has it open sees the new one.
    """
    if sound:
        with contextlib.closing(open_database(desk)) as connection:
            overwrite(connection, copy)
        return None
    aside = desk.private / f"damaged-{now:%Y%m%dT%H%M%S}Z"
    moved = False
    for name in ("desk.db", "desk.db-wal", "desk.db-shm", "desk-id"):
        if (desk.private / name).exists():
            aside.mkdir(exist_ok=True)
            (desk.private / name).rename(aside / name)
            moved = True
    copy.rename(desk.database)
    sync_folder(desk.private)
    return aside if moved else None
