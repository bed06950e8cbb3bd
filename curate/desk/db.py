"""Open a desk's database, bring its schema up to date, and hand out ids.

Knows SQLite and nothing of what the tables mean: each room's store module owns its tables
(schema/NNN_name.sql names the owners). Times in the database are whole seconds since 1970, UTC.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.folder import refusal, room
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.desk.folder import Desk

APPLICATION = 0x63757261  # “cura”: what `file` and we recognise a desk's database by
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
CONSONANTS = "bcdfghjklmnpqrstvwxz"
BUSY = 10_000  # milliseconds to wait for another writer
DAY = 24 * 3600
LEAST_ROOM = 128 * 1024  # bytes free: with less, a database cannot even make its files of the moment
NOT_WRITTEN = ("SQLITE_IOERR", "SQLITE_CANTOPEN")  # SQLite's names for refusals that have many reasons


def open_database(desk: Desk) -> sqlite3.Connection:
    """Open the desk's database, creating or migrating it as needed.

    The connection is in autocommit mode: write inside ``transaction``. A commit is on the disk
    when it returns (WAL, synchronous=FULL). Raises CurateError when the file is not ours, is
    newer than this curate, is damaged, or has vanished from a desk that had one.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        msg = f"SQLite {sqlite3.sqlite_version} is too old; curate needs 3.37 or newer."
        raise CurateError(msg, "Install a newer Python.")
    path = desk.database
    witness = desk.private / "desk-id"
    if witness.exists() and not (path.exists() and path.stat().st_size):
        msg = f"The desk's database {path} {'is empty' if path.exists() else 'has vanished'}."
        hint = (
            "Nothing was recreated. curate backup restore puts the newest sound backup in its place;"
            f" to start without it, delete {witness}."
        )
        raise CurateError(msg, hint)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as alone:
            if not witness.exists():  # several at once may find a desk without a database
                from curate.desk.locks import hold

                alone.enter_context(hold(desk, "database", restoring=True))
            # Not the thread that opened it alone: what arrives is stored in one, and looked up in others meanwhile.
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY / 1000, check_same_thread=False)
            try:
                _prepare(connection)
                _migrate(connection, desk)
                if not witness.exists():
                    witness.write_text(desk_id(connection))
            except BaseException:
                connection.close()
                raise
    except UnicodeDecodeError as error:  # SQLite's own words about a damaged schema quote it
        raise damaged(path, "its schema is not text") from error
    except (sqlite3.Error, OSError) as error:
        raise trouble(path, error) from error
    return connection


def trouble(path: Path, error: Exception) -> CurateError:  # noqa: PLR0911 - one place, one arm for each refusal
    """Put a database's or disk's refusal in words."""
    safe = "What was saved before is safe, nothing is half-written."
    name, text = getattr(error, "sqlite_errorname", ""), str(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Conflict(
            str(path), f"Another program is writing to {path}.", f"{safe} Run the command again in a moment."
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "decode to UTF-8" in text:
        return damaged(path, text)
    if isinstance(error, OSError):
        return refusal(path, error, safe=safe)
    if name == "SQLITE_FULL" or (name.startswith(NOT_WRITTEN) and _no_room(path)):
        return refusal(path, OSError(errno.ENOSPC, text), safe=safe)
    if name.startswith("SQLITE_READONLY") or (name.startswith(NOT_WRITTEN) and not os.access(path.parent, os.W_OK)):
        return refusal(path, OSError(errno.EROFS, "it, its folder or its disk is read-only"), safe=safe)
    if name.startswith(NOT_WRITTEN):
        said = f"The disk refused to read or write {path} ({text}{room(path) and f'; {room(path)} free there'})."
        return CurateError(said, f"{safe} Look at the disk, then run the command again.")
    return CurateError(f"{path} cannot be used: {text}.", f"{safe} curate doctor looks at it.")


def damaged(path: Path, how: str) -> CurateError:
    """Say that the database at ``path`` is damaged, and where to take it from."""
    hint = (
        "Nothing was written, and nothing is sent. curate backup restore puts the newest sound backup from"
        f" {path.parent / 'backups'} in its place and keeps the damaged file beside it."
    )
    return CurateError(f"{path} is damaged: {how}.", hint)


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < LEAST_ROOM
    except OSError:
        return False


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {BUSY}",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "fullfsync = ON",
        "checkpoint_fullfsync = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def migrations() -> list[tuple[int, str]]:
    """Return the schema's steps, oldest first: (number, SQL)."""
    return [(int(file.name[:3]), file.read_text(encoding="utf-8")) for file in _steps()]


def _migrate(connection: sqlite3.Connection, desk: Desk) -> None:
    """Apply the missing steps, each in one transaction, after a copy of what is there."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == newest() and application == APPLICATION:
        return
    if application not in (0, APPLICATION) or (application == 0 and _tables(connection)):
        msg = f"{desk.database} is not a curate database."
        raise CurateError(msg, "Move it away, or use -C DIR.")
    if version > newest():
        msg = f"{desk.database} was written by a newer curate (schema {version}, this one knows {newest()})."
        raise CurateError(msg, "Nothing was written. Update curate: pipx upgrade curate-desk.")
    if version:
        from curate.desk.backup import copy_database

        copy_database(connection, desk.private / "backups" / f"before-schema-{newest()}.db")
    import secrets

    for number, sql in migrations():
        with transaction(connection):
            if connection.execute("PRAGMA user_version").fetchone()[0] >= number:
                continue
            for statement in _statements(sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(
                "INSERT OR IGNORE INTO desk (key, value) VALUES ('id', ?), ('ids', '0')", (secrets.token_hex(8),)
            )


def newest() -> int:
    """Return the number of the newest schema step this curate knows."""
    return int(_steps()[-1].name[:3])


def _steps() -> list[Path]:
    return sorted(Path(__file__).with_name("schema").glob("*.sql"))


def _tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _statements(sql: str) -> Iterator[str]:
    """Split a script where SQLite itself sees a statement end (triggers hold semicolons)."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do the block's writes all or not at all; committed and synced when it ends.

    Takes the writer's place at once (BEGIN IMMEDIATE). Inside another transaction it joins it.
    """
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def rehearsal(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the block write and read what it wrote, then take everything back: a dry run."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def overwrite(connection: sqlite3.Connection, copy: Path) -> None:
    """Make the open database what the one at ``copy`` is, in one transaction that others see at once."""
    with contextlib.closing(sqlite3.connect(copy)) as source:
        source.backup(connection)


def faults(connection: sqlite3.Connection, *, thorough: bool = False) -> str:
    """Return what SQLite finds wrong with the database; '' when it is sound. Only a ``thorough`` look sees indexes."""
    try:
        verdict = connection.execute(f"PRAGMA {'integrity_check' if thorough else 'quick_check'} (1)").fetchone()
        if verdict[0] != "ok":
            return str(verdict[0])
        astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return str(error)
    return "" if astray is None else f"a row of {astray[0]} points to one of {astray[2]} that is not there"


def daily_check(connection: sqlite3.Connection, desk: Desk, *, now: datetime) -> None:
    """Look at the whole database, once a day. Raises CurateError when it is damaged."""
    last = recall(connection, "checked")
    if last.isdecimal() and 0 <= to_seconds(now) - int(last) < DAY:
        return
    wrong = faults(connection)
    if wrong:
        raise damaged(desk.database, wrong)
    with contextlib.suppress(sqlite3.OperationalError):  # a look that cannot be noted is made again
        remember(connection, "checked", str(to_seconds(now)))


def desk_id(connection: sqlite3.Connection) -> str:
    """Return this desk's own random name."""
    row = connection.execute("SELECT value FROM desk WHERE key = 'id'").fetchone()
    return str(row[0])


def new_ids(connection: sqlite3.Connection, count: int) -> list[str]:
    """Return ``count`` ids never given before in this desk; call inside a transaction."""
    first = int(connection.execute("SELECT value FROM desk WHERE key = 'ids'").fetchone()[0])
    connection.execute("UPDATE desk SET value = ? WHERE key = 'ids'", (str(first + count),))
    return [spell(number) for number in range(first, first + count)]


def spell(number: int) -> str:
    """Turn the counter into a short word without vowels: kfmt.

    Four consonants for the first 160,000, five for the next 3.2 million, and so on. Neighbours
    look different: the counter is scrambled by a step that is coprime to the number of words.
    """
    base = len(CONSONANTS)
    length = 4
    while number >= base**length:
        number -= base**length
        length += 1
    size = base**length
    scrambled = (number * (size * 6180339887 // 10**10 // base * base + 7) + size // 3) % size
    word = ""
    for _ in range(length):
        scrambled, digit = divmod(scrambled, base)
        word += CONSONANTS[digit]
    return word


def to_seconds(moment: datetime) -> int:
    """Return an aware moment as the database keeps it."""
    return int(moment.timestamp())


def to_moment(seconds: int) -> datetime:
    """Return what the database keeps as an aware moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def remember(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep one fact about the desk itself, such as when the unattended pass last ran."""
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO desk (key, value) VALUES (?, ?)", (key, value))


def recall(connection: sqlite3.Connection, key: str) -> str:
    """Return a fact kept with ``remember``; '' when there is none."""
    row = connection.execute("SELECT value FROM desk WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""
