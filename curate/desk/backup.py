"""Copy a desk so that the copy is whole, and prove it: the database alone, or all that is the person's.

A backup is one archive: the database as one consistent state, content, settings, the list of feeds, what was
typed and not saved, and last a manifest with every file's hash. No tokens (they lie outside the desk), no
built site, no locks. Must not know what the files mean, nor what a restored desk may send.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from curate import __version__
from curate.desk.archive import Limits, members, wrong_name
from curate.desk.db import APPLICATION, faults, newest
from curate.desk.folder import TEMPORARY, link_new, refusal, sync_folder
from curate.errors import Conflict, CurateError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from curate.desk.archive import Readable
    from curate.desk.folder import Desk

NAME = re.compile(r"curate-backup-(\d{8}T\d{6})Z(?:-\d+)?\.tar\.gz")
STAMP = "%Y%m%dT%H%M%S"
MANIFEST = "manifest.json"
DATABASE = ".curate/desk.db"
FILES = ("curate.toml", "feeds.opml", "pelicanconf.py", "publishconf.py", ".gitignore")
FOLDERS = ("content", "themes", ".curate/typed")
LIMITS = Limits(files=1_000_000, each=50 * 10**9, total=100 * 10**9, ratio=2_000, twins=True)
LARGEST_MANIFEST = 200_000_000  # bytes
CHUNK = 1 << 20
DAYS, WEEKS = 7, 4  # of which the newest backup each is kept
FRESH = timedelta(days=1)  # a backup younger than this is kept in any case


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that was looked at: when it was made, by which schema, what it holds, and what was left out of it.

    ``database`` is False for one that was made of a desk whose database was damaged.
    """

    path: Path
    at: datetime
    size: int
    files: int
    database: bool
    left_out: tuple[str, ...] = ()


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


def backups_folder(desk: Desk) -> Path:
    """Return where a desk's backups are unless told otherwise."""
    return desk.private / "backups"


def create_backup(
    desk: Desk, connection: sqlite3.Connection | None, *, now: datetime, target: Path | None = None
) -> Backup:
    """Back the desk up into a new file and read it again; return what it holds.

    ``target`` is a folder or the file to make. Without a ``connection`` the database is left out. Links and
    files with names that no archive should hold are left out and named. Raises CurateError when the file is
    there already, cannot be written, or does not read back; nothing is then left behind.
    """
    path = free_name(desk, target, now)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent) as folder:
            copy, partial = Path(folder, "desk.db"), Path(folder, path.name)
            if connection is not None:
                copy_database(connection, copy)
            _write(desk, copy if connection is not None else None, partial, now)
            read_backup(partial)
            link_new(partial, path)
        sync_folder(path.parent)
    except Conflict as error:
        raise CurateError(f"{path} is there already; it is left as it is.", "Name another file.") from error
    except OSError as error:
        raise refusal(path, error, safe="The desk is as it was.") from error
    return read_backup(path, whole=False)


def list_backups(folder: Path) -> list[Path]:
    """Return the backups in ``folder``, the newest first, told by their names alone."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), key=_order, reverse=True)


def made_at(path: Path) -> datetime:
    """Return when the backup of this name was made."""
    found = NAME.fullmatch(path.name)
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else datetime.min.replace(tzinfo=UTC)


def thin_out(folder: Path, *, now: datetime) -> list[Path]:
    """Delete backups in ``folder`` but the newest of each of 7 days and of 4 weeks; return those deleted.

    Days and weeks without a backup do not count. What is younger than a day stays, and so does every
    other file, but for what backups left behind that were killed. One that is dated ahead, because the clock was
    wrong then or is now, stays and takes no other's place.
    """
    there = list_backups(folder)
    past = [path for path in there if made_at(path) <= now]
    days = dict.fromkeys(made_at(path).date() for path in past)
    weeks = dict.fromkeys(made_at(path).isocalendar()[:2] for path in past)
    kept = {path for path in there if now - made_at(path) < FRESH}
    for path in past:
        at = made_at(path)
        if at.date() in list(days)[:DAYS] and at.date() not in {made_at(one).date() for one in kept}:
            kept.add(path)
    for week in list(weeks)[:WEEKS]:
        kept.add(next(path for path in past if made_at(path).isocalendar()[:2] == week))
    gone = [path for path in there if path not in kept]
    for path in gone:
        with contextlib.suppress(OSError):
            path.unlink()
    for left in folder.glob(f"{TEMPORARY}*/"):  # by one that was killed
        with contextlib.suppress(OSError):  # another pass may have deleted it since
            if now.timestamp() - left.stat().st_mtime > FRESH.total_seconds():
                shutil.rmtree(left, ignore_errors=True)
    return gone


def read_backup(path: Path, *, whole: bool = True, into: Path | None = None) -> Backup:
    """Look at a backup: every file against the manifest, the database by SQLite's own check; return what it holds.

    Not ``whole``, only the manifest is believed. With ``into``, an empty folder, each file is put there
    under its own name. Raises Refused when the file cannot be read, is no backup, is damaged, or was made by a newer
    curate, CurateError when the disk has no room for what is looked at.
    """
    try:
        with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
            size = path.stat().st_size
            found: dict[str, dict[str, Any]] = {}
            manifest: dict[str, Any] | None = None
            place = into or Path(folder)
            for member in members(file, size, LIMITS):
                if member.name == MANIFEST:
                    manifest = _manifest(member.file, member.size)
                    break
                target = place / member.name if into or (member.name == DATABASE and whole) else None
                found[member.name] = _take(member.name, member.file, target)
            if manifest is None:
                raise _unsound(path, "it ends before its manifest")
            if manifest["files"] != found:
                odd = sorted(
                    name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name)
                )
                raise _unsound(path, f"{odd[0]} is not as it was written")
            database = DATABASE in found
            if whole and database:
                _check_database(path, place / DATABASE)
            return Backup(
                path=path,
                at=datetime.fromisoformat(manifest["at"]),
                size=size,
                files=len(found),
                database=database,
                left_out=tuple(manifest["left_out"]),
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unsound(path, "its manifest says nothing that can be read") from error
    except OSError as error:
        raise _unread(path, into, error) from error
    except Refused as error:
        if str(path) in error.message:
            raise
        raise _unsound(path, error.message.partition(": ")[2].rstrip(".") or error.message) from error


def _unread(path: Path, into: Path | None, error: OSError) -> CurateError:
    """Say why ``path`` cannot be read, or that there is no room for what is looked at: it may be sound."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return refusal(into or Path(tempfile.gettempdir(), path.name), error, safe="Nothing was changed.")
    return Refused(f"{path} cannot be read: {error.strerror or error}.", "Nothing was changed.")


def _unsound(path: Path, reason: str) -> Refused:
    return Refused(f"{path} is no sound backup: {reason}.", "Nothing was changed. curate backup verify looks at all.")


def _order(path: Path) -> tuple[datetime, int, str]:
    return made_at(path), len(path.name), path.name


def free_name(desk: Desk, target: Path | None, now: datetime) -> Path:
    """Return the file a backup made ``now`` would be: ``target``, or a new one in that folder or the desk's own."""
    folder = target if target is not None else backups_folder(desk)
    if target is not None and not target.is_dir():
        return target
    stem = f"curate-backup-{now.astimezone(UTC):{STAMP}}Z"
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.tar.gz" for number in range(1, 1000))
    return next(folder / name for name in names if not (folder / name).exists())


def _write(desk: Desk, database: Path | None, partial: Path, now: datetime) -> None:
    """Write the archive to ``partial``, the manifest last: an archive without it is one that was cut."""
    told: dict[str, dict[str, Any]] = {}
    left_out: list[str] = []
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as out:
        with (
            # With a time of its own: of a clock before 1970 gzip makes none.
            gzip.GzipFile(
                filename="", mode="wb", fileobj=out, compresslevel=3, mtime=max(now.timestamp(), 0)
            ) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path, name in _parts(desk, left_out):
                with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                    _add(archive, told, name, path, now)
            if database is not None:
                _add(archive, told, DATABASE, database, now)
            said = {"curate": __version__, "schema": newest(), "at": now.astimezone(UTC).isoformat(timespec="seconds")}
            text = json.dumps({**said, "left_out": left_out, "files": told}, indent=1).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mtime = len(text), int(now.timestamp())
            archive.addfile(entry, io.BytesIO(text))
        out.flush()
        os.fsync(out.fileno())


def _parts(desk: Desk, left_out: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield the desk's files with their names in the archive; what is left out is added to ``left_out``."""
    for top in (*FILES, *FOLDERS):
        for path in _below(desk.root / top):
            name = path.relative_to(desk.root).as_posix()
            reason = _unkept(path, name)
            if reason:
                left_out.append(f"{name.encode('utf-8', 'backslashreplace').decode()} ({reason})")
            elif path.is_file():
                yield path, name


def left_out_below(top: Path) -> Iterator[Path]:
    """Yield what lies at or below ``top``, a file or folder of a desk, and is in none of its backups."""
    return (path for path in _below(top) if _unkept(path, path.relative_to(top.parent).as_posix()))


def _below(top: Path) -> Iterator[Path]:
    """Yield ``top`` when it is no folder, else the files below it, and the links and repositories, unentered."""
    if top.is_symlink() or not top.is_dir():
        yield from [top] if os.path.lexists(top) else []
        return
    for folder, folders, names in os.walk(top):
        place = Path(folder)
        whole = {each for each in folders if each == ".git" or (place / each).is_symlink()}
        folders[:] = sorted(each for each in folders if each not in whole and each != "__pycache__")
        yield from (place / each for each in sorted({*whole, *names}) if not each.startswith(TEMPORARY))


def _unkept(path: Path, name: str) -> str:
    """Say why no backup holds the file ``path``, whose name in one would be ``name``; "" when one does."""
    if path.is_symlink():
        return "a link"
    if path.is_dir():
        return "a repository of its own"
    wrong = wrong_name(name) if path.is_file() else ""
    return f"its name {wrong}" if wrong else ""


def _add(archive: tarfile.TarFile, told: dict[str, dict[str, Any]], name: str, path: Path, now: datetime) -> None:
    """Add one file as it is at this moment, and note its hash."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = os.fstat(file.fileno()).st_size, int(now.timestamp()), 0o600
        hashing = _Hashing(file)
        archive.addfile(entry, hashing)
    told[name] = {"size": entry.size, "sha256": hashing.sum.hexdigest()}


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self.file, self.sum = file, sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self.file.read(size)
        self.sum.update(data)
        return data


def _manifest(file: Readable, size: int) -> dict[str, Any]:
    if size > LARGEST_MANIFEST:
        raise ValueError(size)
    said = json.loads(file.read(size))
    if not isinstance(said["files"], dict) or not isinstance(said["at"], str):
        raise TypeError
    return {**said, "left_out": [str(each) for each in said.get("left_out", ())]}


def _take(name: str, file: Readable, target: Path | None) -> dict[str, Any]:
    """Read a member to its end, into ``target`` when there is one; return its size and hash."""
    if name not in {*FILES, DATABASE} and not name.startswith(tuple(f"{top}/" for top in FOLDERS)):
        raise Refused(f"It holds {name}: which no backup does.", "Nothing was changed.")
    total, hashed = 0, sha256()
    with contextlib.ExitStack() as opened:
        out = None
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            out = opened.enter_context(target.open("xb"))
        for data in _chunks(file):
            hashed.update(data)
            total += len(data)
            if out is not None:
                out.write(data)
        if out is not None:
            out.flush()
            os.fsync(out.fileno())
    return {"size": total, "sha256": hashed.hexdigest()}


def _chunks(file: Readable) -> Iterable[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def _check_database(path: Path, database: Path) -> None:
    """Refuse a backup whose database SQLite finds wrong, is not ours, or is newer than this curate."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            wrong = faults(connection, thorough=True)
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise _unsound(path, f"its database cannot be read ({error})") from error
    if wrong or not ours:
        raise _unsound(path, wrong or "its database is not curate's")
    if version > newest():
        said = f"{path} was made by a newer curate (schema {version}, this one knows {newest()})."
        raise Refused(said, "Nothing was changed. Update curate: pipx upgrade curate-desk.")
