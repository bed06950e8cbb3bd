"""A damaged database is found, named and left as it is: no wrong answer, no trace, and the examination goes on."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from curate.desk.backup import create_backup
from curate.desk.db import daily_check, faults, open_database
from curate.errors import CurateError
from curate.presence.restore import restore
from curate.shares import home
from tests.faults.field import FULL, Field, clean_run
from tests.shares.conftest import Ledger, a_ledger
from tests.shares.servers import START, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Curate

ROUNDS = 100 if FULL else 20  # of each kind of damage
PAGE = 4096


def flip_bits(data: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 8, 64))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def truncate(data: bytearray, dice: random.Random) -> bytes:
    return bytes(data[: dice.randrange(1, len(data))])


def zero_a_page(data: bytearray, dice: random.Random) -> bytes:
    page = dice.randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    return bytes(data)


def swap_pages(data: bytearray, dice: random.Random) -> bytes:
    one, other = (PAGE * page for page in dice.sample(range(len(data) // PAGE), 2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]
    return bytes(data)


def another_file(data: bytearray, dice: random.Random) -> bytes:
    return dice.randbytes(len(data)) if dice.random() < 0.5 else b"%PDF-1.7\n" + bytes(data[9:])


def sound(path: Path, check: str) -> bool:
    """Say whether SQLite itself finds nothing wrong: what it cannot see, nobody can."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [connection.execute(f"PRAGMA {name}").fetchall() for name in (check, "foreign_key_check")]
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    return found == [[("ok",)], []]


@pytest.mark.parametrize("feeds", [(20, {"each": 10, "padding": 300})], indirect=True)
@pytest.mark.parametrize("harm", [flip_bits, truncate, zero_a_page, swap_pages, another_file])
def test_damage_is_named_and_never_a_wrong_answer(
    desk: Path,
    feeds: Field,
    curate: Curate,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[bytearray, random.Random], bytes],
) -> None:
    clean_run(desk, feeds, "--now", "2026-11-02T10:00:00Z")
    later = ("-C", desk, "--now", "2026-11-04T10:00:00Z")
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", f"127.0.0.0/8:{feeds.port}")
    feeds.refuses = True  # what is fetched from now on brings nothing and changes nothing
    path = desk / ".curate" / "desk.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    good = path.read_bytes()
    listing = (*later, "item", "list", "--limit", "0", "--json")
    truth = curate(*listing).data
    dice = random.Random(20261102)  # noqa: S311 - a fixed seed: the same damage each time
    found = 0
    for _ in range(ROUNDS):
        path.write_bytes(harm(bytearray(good), dice))
        for name in ("desk.db-wal", "desk.db-shm"):
            path.with_name(name).unlink(missing_ok=True)
        commands = (listing, (*later, "today"), (*later, "doctor"), (*later, "item", "search", "needle"))
        harmed = path.read_bytes()
        answers = [curate(*arguments, expect=None) for arguments in commands]
        for answer in answers:
            assert "does not know" not in answer.err, answer.err
        if sound(path, "integrity_check"):
            continue
        found += 1
        listed, _, examined, _ = answers
        assert examined.exit == 3
        assert any(line.startswith("look") and "database" in line for line in examined.out.splitlines()), examined.out
        assert " theme " in examined.out  # it went on
        if sound(path, "quick_check"):
            continue  # only an index is wrong, which a daily look is too quick to see
        assert (listed.exit, listed.out) == (1, "")
        assert str(path) in listed.error["message"]
        refused = curate(*later, "fetch", "--force", expect=1)
        assert str(path) in refused.err
        assert path.read_bytes() == harmed
    assert found > ROUNDS / 4
    path.write_bytes(good)
    assert curate(*listing).data == truth


def test_a_log_that_is_missing_or_foreign_is_never_a_wrong_answer(desk: Path, feeds: Field, curate: Curate) -> None:
    clean_run(desk, feeds)
    path = desk / ".curate" / "desk.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before = connection.execute("SELECT count(*) FROM items").fetchone()[0]
        connection.execute("UPDATE items SET title = 'changed'")
        shutil.copy(path, desk / "apart.db")  # with its last changes in the log alone
    path.with_name("desk.db-wal").unlink(missing_ok=True)
    (desk / "apart.db").replace(path)
    for log in (None, b"", b"not a log at all" * 400):
        if log is not None:
            path.with_name("desk.db-wal").write_bytes(log)
        listed = curate("-C", desk, "item", "list", "--limit", "0", "--json").data
        assert len(listed) == before
        assert "changed" not in {row["title"] for row in listed}
        assert "database          sound" in curate("-C", desk, "doctor", expect=3).out  # 3: two of the feeds are gone


@pytest.mark.parametrize("harm", [flip_bits, truncate, zero_a_page, swap_pages, another_file])
def test_over_a_damaged_database_nothing_is_posted_and_a_restore_makes_it_sound(
    tmp_path: Path, harm: Callable[[bytearray, random.Random], bytes]
) -> None:
    server = MastodonServer()
    client = MemoryClient({"https://social.example": server})
    with a_ledger(tmp_path) as book:
        book.account("mastodon", server="https://social.example", handle="dana", token=server.password)
        texts = [f"Words of mine, for the {number}th time" for number in range(40)]
        shares = [book.share(text=text) for text in texts]
        home.settle(book.connection, book.desk, book.config)
        kept = create_backup(book.desk, book.connection, now=START, target=tmp_path / "kept.tar.gz").path
        book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        book.connection.close()
        good = book.desk.database.read_bytes()
        dice = random.Random(20261123)  # noqa: S311 - a fixed seed: the same damage each time
        found = 0
        for _ in range(ROUNDS // 2):
            book.desk.database.write_bytes(harm(bytearray(good), dice))
            for name in ("desk.db-wal", "desk.db-shm"):
                book.desk.database.with_name(name).unlink(missing_ok=True)
            if sound(book.desk.database, "quick_check"):
                continue  # what SQLite cannot see at a glance; the seals of the shares are held elsewhere
            found += 1
            with pytest.raises(CurateError) as refused:
                open_and_send(book, client)
            assert "curate backup restore" in refused.value.hint
            assert server.posts() == []
        assert found
        done = restore(book.desk, kept, now=START, config=book.config)
        assert done.unknown == len(shares)  # their time has come: each may be out
        with closing(open_database(book.desk)) as connection:
            assert faults(connection, thorough=True) == ""
            book.connection = connection
            assert book.send(client=client).sent == ()
        assert server.posts() == []


def open_and_send(book: Ledger, client: MemoryClient) -> None:
    """Open the desk as every command does, looked at once a day, and make a pass."""
    with closing(open_database(book.desk)) as connection:
        daily_check(connection, book.desk, now=START)
        book.connection = connection
        book.send(client=client)
