"""The database is ours, whole, durable, never recreated behind a person's back; its ids are unique."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk import db
from curate.desk.backup import copy_database
from curate.desk.folder import Desk
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder that may become a desk."""
    return Desk(tmp_path)


def tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_a_commit_is_on_the_disk_and_strangers_schemas_are_not_trusted(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
        wanted |= {"cell_size_check": 1, "fullfsync": 1, "checkpoint_fullfsync": 1, "busy_timeout": db.BUSY}
        wanted |= {"application_id": db.APPLICATION, "user_version": db.newest()}
        assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted


def test_every_table_is_strict_and_names_its_owner(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        rows = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        loose = {row["name"] for row in rows if not row["strict"]}
    assert loose <= {"sqlite_schema"}
    for _, sql in db.migrations():
        owners = re.split(r"^-- owner: ", sql, flags=re.MULTILINE)
        assert "CREATE" not in owners[0]


def test_steps_of_the_schema_are_numbered_without_gaps() -> None:
    assert [number for number, _ in db.migrations()] == list(range(1, db.newest() + 1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such rights")
def test_the_private_folder_is_for_its_owner_alone(desk: Desk) -> None:
    db.open_database(desk).close()
    assert desk.private.stat().st_mode & 0o077 == 0


def test_opening_again_changes_nothing(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        name, before = db.desk_id(connection), list(connection.iterdump())
    with closing(db.open_database(desk)) as connection:
        assert db.desk_id(connection) == name
        assert list(connection.iterdump()) == before


def test_a_newer_curates_database_is_refused_untouched(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        connection.execute(f"PRAGMA user_version = {db.newest() + 1}")
    before = desk.database.read_bytes()
    with pytest.raises(CurateError, match="newer curate") as refusal:
        db.open_database(desk)
    assert "pipx upgrade" in refusal.value.hint
    assert desk.database.read_bytes() == before


def test_another_programs_database_is_refused_untouched(desk: Desk) -> None:
    desk.private.mkdir()
    with closing(sqlite3.connect(desk.database)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(CurateError, match="is not a curate database"):
        db.open_database(desk)
    with closing(sqlite3.connect(desk.database)) as connection:
        assert tables(connection) == {"theirs"}


def test_a_file_that_is_no_database_is_refused_untouched(desk: Desk) -> None:
    desk.private.mkdir()
    desk.database.write_bytes(b"my shopping list, which is quite long " * 40)
    with pytest.raises(CurateError, match="is damaged"):
        db.open_database(desk)
    assert desk.database.read_bytes().startswith(b"my shopping list")


@pytest.mark.parametrize(("accident", "word"), [("gone", "has vanished"), ("empty", "is empty")])
def test_a_vanished_or_empty_database_is_never_recreated(desk: Desk, accident: str, word: str) -> None:
    db.open_database(desk).close()
    desk.database.unlink()
    if accident == "empty":
        desk.database.touch()
    with pytest.raises(CurateError, match=word) as refusal:
        db.open_database(desk)
    assert "backup" in refusal.value.hint
    assert desk.database.exists() == (accident == "empty")
    assert accident == "gone" or desk.database.stat().st_size == 0


def test_a_new_step_comes_after_a_verified_copy_of_what_was_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(db.open_database(desk)) as connection:
        db.remember(connection, "last", "before the step")
    number = db.newest() + 1
    steps = [*db.migrations(), (number, "CREATE TABLE extra (a TEXT) STRICT;")]
    monkeypatch.setattr(db, "migrations", lambda: steps)
    monkeypatch.setattr(db, "newest", lambda: number)
    with closing(db.open_database(desk)) as connection:
        assert "extra" in tables(connection)
        assert db.recall(connection, "last") == "before the step"
        assert connection.execute("PRAGMA user_version").fetchone()[0] == number
    with closing(sqlite3.connect(desk.private / "backups" / f"before-schema-{number}.db")) as copy:
        copy.row_factory = sqlite3.Row
        assert copy.execute("PRAGMA user_version").fetchone()[0] == number - 1
        assert db.recall(copy, "last") == "before the step"


def test_a_step_that_fails_leaves_the_old_schema_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(db.open_database(desk)) as connection:
        before = list(connection.iterdump())
    number = db.newest() + 1
    steps = [*db.migrations(), (number, "CREATE TABLE extra (a TEXT) STRICT;\nINSERT INTO nowhere VALUES (1);")]
    with monkeypatch.context() as patch:
        patch.setattr(db, "migrations", lambda: steps)
        patch.setattr(db, "newest", lambda: number)
        with pytest.raises(CurateError, match="nowhere"):
            db.open_database(desk)
    with closing(db.open_database(desk)) as connection:
        assert list(connection.iterdump()) == before


def test_many_processes_may_open_a_new_desk_at_once(desk: Desk) -> None:
    program = (
        "import sys; from pathlib import Path; from curate.desk import db; from curate.desk.folder import Desk\n"
        "connection = db.open_database(Desk(Path(sys.argv[1])))\n"
        "with db.transaction(connection): print(db.desk_id(connection), *db.new_ids(connection, 3))"
    )
    command = [sys.executable, "-c", program, str(desk.root)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate() for process in running]
    assert [err for _, err in answers] == [""] * 4
    names, ids = zip(*(out.split(maxsplit=1) for out, _ in answers), strict=True)
    assert len(set(names)) == 1
    assert len({one for some in ids for one in some.split()}) == 12


def test_what_fails_inside_a_transaction_never_happened(desk: Desk) -> None:
    def write_twice() -> None:
        with db.transaction(connection):
            db.remember(connection, "last", "a transaction inside another joins it")
            connection.execute("INSERT INTO desk VALUES ('last', NULL)")

    with closing(db.open_database(desk)) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            write_twice()
        assert db.recall(connection, "last") == ""
        assert not connection.in_transaction


def test_a_writer_that_waits_too_long_is_told_to_come_again(desk: Desk) -> None:
    with closing(db.open_database(desk)) as first, closing(db.open_database(desk)) as second:
        second.execute("PRAGMA busy_timeout = 1")
        with db.transaction(first), pytest.raises(sqlite3.OperationalError) as busy:
            db.remember(second, "last", "x")
    assert isinstance(db.trouble(desk.database, busy.value), Conflict)


def test_a_copy_is_whole_while_another_writes_and_replaces_an_older_one(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "desk.db"
    with closing(db.open_database(desk)) as connection, closing(db.open_database(desk)) as other:
        copy_database(connection, target)
        with db.transaction(other):
            other.execute("INSERT INTO desk VALUES ('half', 'written')")
            copy_database(connection, target)
        db.remember(connection, "last", "second copy")
        copy_database(connection, target)
    with closing(sqlite3.connect(target)) as copy:
        copy.row_factory = sqlite3.Row
        assert db.recall(copy, "last") == "second copy"
    assert [path.name for path in target.parent.iterdir()] == ["desk.db"]


def test_a_copy_that_fails_its_check_is_not_kept(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "desk.db"
    with closing(db.open_database(desk)) as connection:
        copy_database(connection, target)
        good = target.read_bytes()
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(
            "INSERT INTO items (id, guid, url, canonical_url, title, first_seen, state)"
            " VALUES ('a', '', '', '', '', 0, 'odd')"
        )
        with pytest.raises(CurateError, match="failed its check"):
            copy_database(connection, target)
    assert target.read_bytes() == good
    assert [path.name for path in target.parent.iterdir()] == ["desk.db"]


def test_a_copy_that_cannot_be_written_is_said_in_words_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("a file where a folder should be")
    with closing(db.open_database(desk)) as connection, pytest.raises(CurateError, match="could not be copied"):
        copy_database(connection, tmp_path / "copies" / "desk.db")


def test_ids_are_never_given_twice_and_grow_when_the_short_ones_are_used_up() -> None:
    words = [db.spell(number) for number in range(160_100)]
    assert len(set(words)) == len(words)
    assert {len(word) for word in words[:160_000]} == {4}
    assert {len(word) for word in words[160_000:]} == {5}


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_ids_are_words_of_consonants_and_differ_when_their_numbers_do(one: int, other: int) -> None:
    assert re.fullmatch(r"[bcdfghjklmnpqrstvwxz]{4,}", db.spell(one))
    assert (db.spell(one) == db.spell(other)) == (one == other)


def test_neighbouring_ids_do_not_look_alike() -> None:
    pairs = [(db.spell(number), db.spell(number + 1)) for number in range(2000)]
    alike = [pair for pair in pairs if sum(a == b for a, b in zip(*pair, strict=True)) >= 3]
    assert alike == []


def test_a_rehearsal_shows_what_would_be_and_keeps_nothing(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        with db.rehearsal(connection):
            db.remember(connection, "last", "only rehearsed")
            assert db.recall(connection, "last") == "only rehearsed"
        assert db.recall(connection, "last") == ""


def test_an_examination_finds_a_row_that_points_nowhere(desk: Desk) -> None:
    with closing(db.open_database(desk)) as connection:
        assert db.faults(connection) == ""
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO notes (item, text) VALUES (7, 'of an item that is gone')")
        assert "notes" in db.faults(connection)
        assert "items" in db.faults(connection)
