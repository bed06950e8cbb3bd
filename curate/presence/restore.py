"""Put a desk back from a backup, so that nothing goes out twice and nothing that is there is lost.

What is there is backed up first. Everything new is made ready in one folder, the shares that may have gone
out since marked in its database; that folder then gets its name, and from there on what is in it only has to
be moved into place. A desk cut off in between says so and does nothing else: the next ``backup restore`` moves
what is left. Writes nothing outside the desk's folder and follows no link.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.backup import (
    DATABASE,
    FILES,
    FOLDERS,
    STAMP,
    Backup,
    backups_folder,
    create_backup,
    left_out_below,
    list_backups,
    made_at,
    read_backup,
)
from curate.desk.db import faults, open_database, overwrite, transaction, trouble
from curate.desk.folder import TEMPORARY, Desk, refusal, sync_folder, write_whole
from curate.desk.locks import hold
from curate.errors import Conflict, CurateError, Refused, UsageError
from curate.shares import gap, home, ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 2.0  # seconds that what is under way may take to come to its end
ALONE = ("tick", "send", "fetch", "publish", "build")  # what must not be under way meanwhile
PLAN = "plan.json"  # in the folder of what is made ready
CUT = "Nothing is lost: curate backup restore goes on with it."


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put back; ``before`` is the backup of what was there, None when nothing was.

    ``unknown`` counts the shares that may be out and wait for the person; ``foreign`` says in a sentence why
    this desk sends nothing until it is adopted, '' when it may send. ``aside`` is where a damaged
    database lies now, ``replaced`` where that lies which no backup holds and for which there is no place now.
    """

    backup: Backup
    before: Path | None
    unknown: int
    foreign: str = ""
    aside: Path | None = None
    replaced: Path | None = None


def newest_good(desk: Desk, *, now: datetime) -> Path:
    """Return the newest backup of the desk that is whole and has its database. Raises Refused when there is none.

    Those dated ahead come last: nobody knows when they were made. Raises CurateError when the disk is full.
    """
    for path in sorted(list_backups(backups_folder(desk)), key=lambda path: made_at(path) > now):
        with contextlib.suppress(Refused):
            if read_backup(path).database:
                return path
    raise Refused(f"There is no sound backup in {backups_folder(desk)}.", "Name the file: curate backup restore FILE")


def restore(desk: Desk, backup: Path, *, now: datetime, config: Path) -> Restored:
    """Put ``backup`` in place of what the desk holds, or into its empty folder; ``config`` is the tokens' folder.

    Files that the backup has not stay, outside content/ and themes/, and so does what no backup holds. One that
    was cut off is finished first. Raises UsageError when the folder is neither a desk nor empty, Refused when
    the backup is not sound, Conflict when another curate is at work: nothing is then changed.
    """
    if desk.private.is_symlink():
        raise Refused(f"{desk.private} is a link; nothing is restored through one.", "Remove the link.")
    if desk.restoring.exists():
        finish(desk, now=now, config=config)
    there = any(os.path.lexists(desk.root / name) for name in (*FILES, *FOLDERS, DATABASE))
    if not there and desk.root.exists() and any(each != desk.private for each in desk.root.iterdir()):
        raise UsageError(f"{desk.root} is neither a desk nor empty.", "Restore into a new folder.")
    read_backup(backup)
    with _alone(desk) as alone:
        stage = Path(alone.enter_context(tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=desk.private)))
        ready = stage / "ready"
        whole = read_backup(backup, into=ready / "new")
        unknown = _mark(ready / "new", config, whole.at, now) if whole.database else 0
        before = _save(desk, now) if there else None
        _write_plan(ready / PLAN, Restored(backup=whole, before=before, unknown=unknown))
        ready.rename(desk.restoring)  # from here on it can only go forward
        sync_folder(desk.private)
        done = _move(desk, now)
    return _at_home(desk, done, config)


def finish(desk: Desk, *, now: datetime, config: Path) -> Restored:
    """Move what a restore made ready into place, as far as that has not been done; return what was put back.

    Raises Conflict when another curate is at work.
    """
    with _alone(desk):
        done = _move(desk, now)
    return _at_home(desk, done, config)


def _move(desk: Desk, now: datetime) -> Restored:
    done = _read_plan(desk.restoring / PLAN)
    for name in (*FOLDERS, *FILES):
        _place(desk, name)
    aside = _place_database(desk, now)
    return replace(done, aside=aside, replaced=_clear(desk, now))


def _at_home(desk: Desk, done: Restored, config: Path) -> Restored:
    with contextlib.closing(open_database(desk)) as connection:
        return replace(done, foreign=home.foreign(connection, desk, config))


@contextlib.contextmanager
def _alone(desk: Desk) -> Iterator[contextlib.ExitStack]:
    """Hold every lock for the block, and put a refusal of the disk in words."""
    try:
        desk.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as alone:
            for purpose in ALONE:
                alone.enter_context(hold(desk, purpose, wait=PATIENCE, restoring=True))
            for left in desk.private.glob(f"{TEMPORARY}*/"):  # by a restore that was killed
                shutil.rmtree(left, ignore_errors=True)
            yield alone
    except OSError as error:
        raise refusal(desk.root, error, safe=CUT if desk.restoring.exists() else "The desk is as it was.") from error
    except CurateError as error:
        _on(desk, error)
        raise
    except sqlite3.Error as error:
        raise _on(desk, trouble(desk.database, error)) from error


def _on(desk: Desk, error: CurateError) -> CurateError:
    """Return ``error``, saying how it goes on when it cut a restore off."""
    if desk.restoring.exists():
        error.hint = f"{CUT} {error.hint}"
    return error


def _mark(stage: Path, config: Path, at: datetime, now: datetime) -> int:
    """Make unknown, in the copy, every share that may have gone out since the backup; return how many.

    That is each whose time has come since, and, when this machine knows of tries to send that the backup
    does not have, or cannot know of any, every other that waits, too, drafts and what was missed among them: they may
    have been moved or approved.
    """
    reason = f"the desk was put back from a backup of {at:%d %b %Y %H:%M} UTC; it may be out already"
    with contextlib.closing(open_database(Desk(stage))) as connection, transaction(connection):
        ledger.end_interrupted(connection, now=now)
        gap.note_gap(connection, at, now)
        more = home.sent_since(connection, config)
        waiting = ledger.list_shares(connection, states=(*ledger.UNSENT, *(("draft", "missed") if more else ())))
        doubtful = [share for share in waiting if more or share.due_at <= now]
        for share in doubtful:
            ledger.set_unknown(connection, share, reason)
        return len(doubtful)


def _sound(desk: Desk) -> bool:
    """Say whether the desk has a database that is sound. Raises Conflict when another writes to it."""
    if not desk.database.exists():
        return False
    try:
        connection = open_database(desk)
    except Conflict:
        raise
    except CurateError:
        return False
    with contextlib.closing(connection):
        return not faults(connection, thorough=True)


def _save(desk: Desk, now: datetime) -> Path:
    """Back up what is there, without its database when that is damaged; return the file."""
    if not _sound(desk):
        return create_backup(desk, None, now=now).path
    with contextlib.closing(open_database(desk)) as connection:
        return create_backup(desk, connection, now=now).path


def _write_plan(path: Path, plan: Restored) -> None:
    backup = {**vars(plan.backup), "path": str(plan.backup.path), "at": plan.backup.at.isoformat()}
    before = str(plan.before) if plan.before else None
    write_whole(path, json.dumps({"backup": backup, "before": before, "unknown": plan.unknown}))


def _read_plan(path: Path) -> Restored:
    said = json.loads(path.read_bytes())
    told = said["backup"]
    told |= {"path": Path(told["path"]), "at": datetime.fromisoformat(told["at"]), "left_out": tuple(told["left_out"])}
    before = Path(said["before"]) if said["before"] else None
    return Restored(backup=Backup(**told), before=before, unknown=said["unknown"])


def _place(desk: Desk, name: str) -> None:
    """Give a file or folder that was made ready its place, once; what was there goes into one beside it.

    What no backup holds, such as links and repositories, moves along.
    """
    new, place = desk.restoring / "new" / name, desk.root / name
    if not new.exists():
        return
    for path in list(left_out_below(place)):
        there = new / path.relative_to(place)
        if path != place and there.parent.is_dir() and not os.path.lexists(there):
            path.rename(there)
    if os.path.lexists(place):
        numbered = (desk.restoring / f"old-{number}" / name for number in itertools.count(1))
        old = next(path for path in numbered if not os.path.lexists(path))
        old.parent.mkdir(parents=True, exist_ok=True)
        place.rename(old)
    place.parent.mkdir(parents=True, exist_ok=True)
    new.rename(place)
    sync_folder(place.parent)


def _place_database(desk: Desk, now: datetime) -> Path | None:
    """Put the database in its place; return where a damaged one that stood there was moved, None when none did.

    Over a sound one it is written through SQLite, so that a curate that has it open sees the new one.
    """
    copy = desk.restoring / "new" / DATABASE
    if not copy.exists():
        return None
    if _sound(desk):
        with contextlib.closing(open_database(desk)) as connection:
            overwrite(connection, copy)
        return None
    aside = desk.private / f"damaged-{now:{STAMP}}Z"
    moved = False
    for name in ("desk.db", "desk.db-wal", "desk.db-shm", "desk-id"):
        if (desk.private / name).exists():
            aside.mkdir(exist_ok=True)
            (desk.private / name).rename(aside / name)
            moved = True
    copy.rename(desk.database)
    sync_folder(desk.private)
    return aside if moved else None


def _clear(desk: Desk, now: datetime) -> Path | None:
    """End the restore; return where what was there lies when a part of it is in no backup, None when all is."""
    olds = list(desk.restoring.glob("old-*"))
    alone = any(True for old in olds for name in (*FOLDERS, *FILES) for _ in left_out_below(old / name))
    kept = alone or len(olds) > 1  # what was made while the restore lay cut off
    after = desk.private / (f"replaced-{now:{STAMP}}Z" if kept else f"{TEMPORARY}replaced")
    if not kept:
        shutil.rmtree(after, ignore_errors=True)
    desk.restoring.rename(after)
    sync_folder(desk.private)
    shutil.rmtree(after / "new" if kept else after, ignore_errors=True)
    if not kept:
        return None
    (after / PLAN).unlink()
    return after
