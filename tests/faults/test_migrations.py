"""A database of every released schema becomes today's, killed at any statement on its way, and loses nothing."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from curate.desk import db
from curate.desk.folder import Desk
from tests.faults.field import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEASED = [number for number, _ in db.migrations()]
KILLS = 10_000 if FULL else 12  # of each schema; a way has fewer statements than the first
FILLED = {  # rows of the first schema that hold what a person would miss
    "desk": "INSERT INTO desk VALUES ('kept', 'a fact'), ('id', 'this desk'), ('ids', '7')",
    "feeds": "INSERT INTO feeds (number, url, title) VALUES (1, 'https://quiet.example/feed', 'Quiet')",
    "items": "INSERT INTO items (number, id, feed, guid, url, canonical_url, title, first_seen, state, decided_at)"
    " VALUES (1, 'kfmt', 1, 'g', 'https://quiet.example/a', 'https://quiet.example/a', 'On calm', 5, 'kept', 6)",
    "notes": "INSERT INTO notes VALUES (1, 'my line')",
    "quotes": "INSERT INTO quotes VALUES (1, 1, 'First words.', 'a', 'b')",
    "tags": "INSERT INTO tags VALUES (1, 'nights')",
    "journal": "INSERT INTO journal (number, step, at, action, item, before, after)"
    " VALUES (1, 1, 6, 'keep', 1, '{}', '{}')",
    "publications": "INSERT INTO publications VALUES (1, 'calm', 7, 'because')",
    "shares": "INSERT INTO shares (id, post, link, account, network, text, state, due_at, wall, zone, created_at)"
    " VALUES ('rwcx', 'calm', 'https://dana.example/', 'mastodon', 'mastodon', 'Words', 'approved', 9, 'w', 'UTC', 8)",
    "attempts": "INSERT INTO attempts (number, share, via, key, minted_at, seal, payload, hash, started_at)"
    " VALUES (1, 1, 'v', 'k', 9, 's', '{}', 'h', 9)",
}


def as_released(root: Path, number: int) -> None:
    """Make a desk whose database has the schema of that number, filled."""
    desk = Desk(root)
    desk.private.mkdir(parents=True)
    with closing(sqlite3.connect(desk.database)) as connection:
        for step, sql in db.migrations()[:number]:
            connection.executescript(sql)
            if step == 1:
                for insert in FILLED.values():
                    connection.execute(insert)
        connection.execute(f"PRAGMA application_id = {db.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.commit()
    (desk.private / "desk-id").write_text("this desk", encoding="utf-8")


def columns(root: Path) -> dict[str, list[str]]:
    """Return the columns of each table that FILLED fills."""
    with closing(sqlite3.connect(Desk(root).database)) as connection:
        return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in FILLED}


def digest(root: Path, named: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table, as far as the columns ``named`` go."""
    with closing(sqlite3.connect(Desk(root).database)) as connection:
        return {
            name: sorted(connection.execute(f"SELECT {', '.join(parts)} FROM {name}").fetchall(), key=repr)  # noqa: S608
            for name, parts in named.items()
        }


def schema(root: Path) -> dict[str, str]:
    """Return the definition of every table, index and trigger, spaces and quotes apart."""
    with closing(sqlite3.connect(Desk(root).database)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: "".join(sql.replace('"', "").split()) for name, sql in rows}


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """Run the process that migrates and kills."""
    command = [sys.executable, "-m", "tests.faults.migrate_child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def migrate(child: subprocess.Popen[str], root: Path, last: int) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{last} {root}\n")
    child.stdin.flush()
    return child.stdout.readline().strip()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not fork")
@pytest.mark.parametrize("number", RELEASED)
def test_every_released_schema_becomes_todays_killed_at_any_statement(
    tmp_path: Path, child: subprocess.Popen[str], number: int
) -> None:
    as_released(tmp_path / "released", number)
    db.open_database(Desk(tmp_path / "fresh")).close()
    named = columns(tmp_path / "released")
    truth = digest(tmp_path / "released", named)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "released", whole)
    assert migrate(child, whole, 0) == "done 0"
    assert schema(whole) == schema(tmp_path / "fresh")
    dice = random.Random(number)  # noqa: S311 - the same places each time
    killed = 0
    last = 0
    while killed < KILLS:
        last += 1 if FULL else dice.randrange(1, 9)
        root = tmp_path / f"killed-{last}"
        shutil.copytree(tmp_path / "released", root)
        ended = migrate(child, root, last)
        with closing(db.open_database(Desk(root))) as connection:
            assert db.faults(connection, thorough=True) == ""
            assert connection.execute("PRAGMA user_version").fetchone()[0] == db.newest()
        found = digest(root, named)
        assert {("kept", "a fact"), ("id", "this desk"), ("ids", "7")} <= set(found.pop("desk"))
        assert found == {name: rows for name, rows in truth.items() if name != "desk"}
        assert schema(root) == schema(tmp_path / "fresh")
        shutil.rmtree(root)
        if ended != "killed":
            assert ended == "done 0"
            break
        killed += 1
    assert killed >= (5 if number < db.newest() else 1)


def test_a_copy_from_before_a_change_of_the_schema_is_the_old_database(tmp_path: Path) -> None:
    for number in RELEASED[:-1]:
        root = tmp_path / str(number)
        as_released(root, number)
        named = columns(root)
        truth = digest(root, named)
        db.open_database(Desk(root)).close()
        copy = Desk(tmp_path / f"copy-{number}")
        copy.private.mkdir(parents=True)
        shutil.copy(Desk(root).private / "backups" / f"before-schema-{db.newest()}.db", copy.database)
        assert digest(copy.root, named) == truth
