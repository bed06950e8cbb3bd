"""Of a desk and its copy only one sends."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.errors import Refused
from curate.shares import attempts, home
from tests.shares.conftest import Ledger
from tests.shares.servers import START, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "https://social.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def server(book: Ledger) -> MastodonServer:
    server = MastodonServer()
    book.account("mastodon", server=SERVER, handle="dana", token=server.password)
    return server


def copied(book: Ledger, to: Path) -> Ledger:
    """Copy the desk as a person would, with all that lies in it."""
    book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(book.desk.root, to, dirs_exist_ok=True)
    return Ledger(Desk(to), open_database(Desk(to)), book.config, book.settings)


def test_a_copy_of_a_desk_sends_nothing_and_the_desk_goes_on(
    book: Ledger, server: MastodonServer, tmp_path: Path
) -> None:
    home.settle(book.connection, book.desk, book.config)
    share = book.share()
    copy = copied(book, tmp_path / "copy")
    with closing(copy.connection):
        with pytest.raises(Refused, match=r"is a copy of .*It sends nothing") as refused:
            copy.send(client=MemoryClient({SERVER: server}))
        assert "doctor --adopt" in refused.value.hint
    assert server.posts() == []
    assert [one.id for one in book.send(client=MemoryClient({SERVER: server})).sent] == [share.id]


def test_a_desk_on_a_machine_that_does_not_know_it_sends_nothing(
    book: Ledger, server: MastodonServer, tmp_path: Path
) -> None:
    home.settle(book.connection, book.desk, book.config)
    book.share()
    book.config = tmp_path / "another home"
    with pytest.raises(Refused, match="another machine"):
        book.send(client=MemoryClient({SERVER: server}))


def test_a_desk_that_was_put_back_from_a_copy_sends_nothing_twice(
    book: Ledger, server: MastodonServer, tmp_path: Path
) -> None:
    home.settle(book.connection, book.desk, book.config)
    share = book.share()
    copied(book, tmp_path / "backup").connection.close()
    book.send(client=MemoryClient({SERVER: server}))
    book.connection.close()
    for name in ("desk.db", "desk.db-wal", "desk.db-shm"):
        (book.desk.private / name).unlink(missing_ok=True)
    shutil.copytree(tmp_path / "backup", book.desk.root, dirs_exist_ok=True)
    book.connection = open_database(book.desk)
    assert book.find(share).state == "approved"
    with pytest.raises(Refused, match="older than what was sent from it"):
        book.send(client=MemoryClient({SERVER: server}))
    assert home.adopt(book.connection, book.desk, book.config, now=START + HOUR) == 1
    assert book.send(now=START + HOUR, client=MemoryClient({SERVER: server})).sent == ()
    assert book.find(share).state == "missed"
    assert len(server.posts()) == 1


def test_adopted_the_copy_sends_and_the_desk_it_was_copied_from_no_longer_does(
    book: Ledger, server: MastodonServer, tmp_path: Path
) -> None:
    home.settle(book.connection, book.desk, book.config)
    due, later = book.share(), book.share(text="Later", due=START + 3 * HOUR)
    copy = copied(book, tmp_path / "copy")
    with closing(copy.connection):
        assert home.adopt(copy.connection, copy.desk, copy.config, now=START) == 1
        assert home.foreign(copy.connection, copy.desk, copy.config) == ""
        copy.send(now=START + 3 * HOUR, client=MemoryClient({SERVER: server}))
        assert [copy.find(one).state for one in (due, later)] == ["missed", "sent"]
    with pytest.raises(Refused, match="another machine"):
        book.send(now=START + 3 * HOUR, client=MemoryClient({SERVER: server}))
    assert server.posts() == [later.text]


@pytest.mark.parametrize("note", ["[]", '{"desk": "x", "attempts": Infinity}', "[" * 100_000])
def test_a_damaged_note_of_where_a_desk_is_sends_nothing(book: Ledger, server: MastodonServer, note: str) -> None:
    home.settle(book.connection, book.desk, book.config)
    book.share()
    for file in (book.config / "desks").iterdir():
        file.write_text(note)
    with pytest.raises(Refused, match="cannot be read"):
        book.send(client=MemoryClient({SERVER: server}))


def test_a_request_that_no_copy_would_know_of_is_not_made(book: Ledger, server: MastodonServer) -> None:
    share = book.share()

    def observe(step: str, _: object) -> None:
        if step == "staged":  # the note of where the desk is can be written no more
            [file] = (book.config / "desks").iterdir()
            file.unlink()
            file.mkdir()
            (file / "in the way").touch()

    [waits] = book.send(client=MemoryClient({SERVER: server}), observe=observe).retry
    assert waits.id == share.id
    assert server.posts() == []
    assert attempts.list_attempts(book.connection, share)[0].evidence == "not sent"
