"""A restore killed at any step leaves the old desk or the new one, or says what to type; nothing goes out twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest

from curate.desk.backup import create_backup
from curate.desk.db import faults, open_database
from curate.desk.folder import Desk, find_desk
from curate.errors import Conflict, CurateError, Refused
from curate.presence.restore import finish, restore
from curate.shares import home, ledger
from tests.faults.field import FULL, ROOT
from tests.presence.test_restore import everything
from tests.shares.conftest import Ledger, a_ledger
from tests.shares.servers import START, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SERVER = "https://social.example"
LATER = START + timedelta(hours=1)
KNOWN = ("desk", "locks", "backups", "typed", "outbox", "damaged-")  # what may lie in .curate/ afterwards
KILLS = 10_000 if FULL else 25  # a restore has fewer steps than the first
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are forked and killed")


def content(desk: Desk) -> dict[str, Any]:
    """Return all that the desk is: its files, and the shares in its database, which is sound."""
    with closing(open_database(desk)) as connection:
        assert faults(connection, thorough=True) == ""
        shares = {share.text.partition("\n")[0]: share.state for share in ledger.list_shares(connection)}
    return {**everything(desk.root), "shares": shares}


def write(desk: Desk, name: str, text: str) -> None:
    (desk.root / name).parent.mkdir(parents=True, exist_ok=True)
    (desk.root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
def test_killed_at_any_step_it_is_one_desk_or_says_what_to_type(tmp_path: Path, *, damaged: bool) -> None:
    server = MastodonServer()
    client = MemoryClient({SERVER: server})
    with a_ledger(tmp_path) as book:
        desk, config = book.desk, book.config
        book.account("mastodon", server=SERVER, handle="dana", token=server.password)
        home.settle(book.connection, desk, config)
        book.share(text="Goes out")
        book.share(text="Waits", due=START + timedelta(days=2))
        for name in ("curate.toml", "feeds.opml", "content/post.md", "themes/own/base.html"):
            write(desk, name, "old")
        backup = create_backup(desk, book.connection, now=START, target=tmp_path / "kept.tar.gz").path
        book.send(client=client)
        for name in ("curate.toml", "feeds.opml", "content/post.md", "content/later.md", ".curate/typed/words.md"):
            write(desk, name, "new")
        write(desk, "content/.git/HEAD", "a repository of the person's own")
        before = content(desk)
        assert before["shares"] == {"Goes out": "sent", "Waits": "approved"}
        book.connection.close()
        if damaged:
            desk.database.write_bytes(b"damage" * 2_000)
        apart = tmp_path / "apart"
        for folder in (desk.root, config):
            shutil.copytree(folder, apart / folder.name)
        restore(desk, backup, now=LATER, config=config)
        after = content(desk)
        assert after["shares"] == {"Goes out": "unknown", "Waits": "unknown"}
        assert (after["content/post.md"], after["content/.git/HEAD"]) == (b"old", b"a repository of the person's own")

        cut = 0
        with Child(desk, config, backup, apart) as child:
            steps = child.restore(10**9)
            assert steps > 100
            for step in draw(steps):
                assert child.restore(step) == 0, f"step {step} was not reached"
                if desk.restoring.exists():
                    cut += 1
                    see_it_says_what_to_type(book, client)
                    done = finish(desk, now=LATER, config=config)
                    assert (done.unknown, done.before is not None) == (2, True)
                else:
                    assert damaged or content(desk) in (before, after), f"step {step}"
                    restore(desk, backup, now=LATER, config=config)
                assert content(desk) == after, f"step {step}"
                send_for_days(book, client)
                assert sorted(map(words_of, server.posts())) == ["Goes out", "Waits"], f"step {step}"
                odd = [path.name for path in desk.private.iterdir() if not path.name.startswith(KNOWN)]
                assert odd == [], f"step {step}"
        assert cut >= 3


def words_of(posted: str) -> str:
    return posted.partition("\n")[0]


def draw(steps: int) -> list[int]:
    """Return which steps to kill before: as many of the last, when all is moved into place, as of the others."""
    dice = random.Random(20261130)  # noqa: S311 - a fixed seed: the same draws each time
    if steps <= KILLS:
        return list(range(1, steps + 1))
    last = steps - 2 * KILLS
    return [*dice.sample(range(1, last), KILLS // 2), *dice.sample(range(last, steps + 1), KILLS // 2)]


def see_it_says_what_to_type(book: Ledger, client: MemoryClient) -> None:
    with pytest.raises(Conflict, match="was cut off") as said:
        find_desk(book.desk.root / "content")
    assert "curate backup restore" in said.value.hint
    with pytest.raises(CurateError, match=r"was cut off|is damaged|has vanished"):
        open_and_send(book, client, LATER)


def send_for_days(book: Ledger, client: MemoryClient) -> None:
    """Make passes, before and after the desk is adopted."""
    with pytest.raises(Refused, match="older than what was sent"):
        open_and_send(book, client, LATER)
    with closing(open_database(book.desk)) as connection:
        home.adopt(connection, book.desk, book.config, now=LATER)
    for days in (1, 2, 3):
        open_and_send(book, client, START + timedelta(days=days))


def open_and_send(book: Ledger, client: MemoryClient, now: datetime) -> None:
    with closing(open_database(book.desk)) as book.connection:
        book.send(now=now, client=client)


class Child:
    """The same restore of the same desk, again and again, in a process that is killed; enter it to start."""

    def __init__(self, desk: Desk, config: Path, backup: Path, apart: Path) -> None:
        self.desk, self.config, self.apart = desk, config, apart
        command = [sys.executable, "-m", "tests.faults.restore_child", str(desk.root), str(config), str(backup)]
        self.process = subprocess.Popen(
            [*command, LATER.isoformat()],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)

    def restore(self, step: int) -> int:
        """Begin with the desk as it was, and kill its restore before ``step``; return how many it took, 0 if killed."""
        for folder in (self.desk.root, self.config):
            shutil.rmtree(folder)
            shutil.copytree(self.apart / folder.name, folder)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{step}\n")
        self.process.stdin.flush()
        steps = 0
        for line in self.process.stdout:
            word, number = line.split()
            if word == "over":
                assert os.waitstatus_to_exitcode(int(number)) == (0 if steps else -signal.SIGKILL)
                break
            steps = int(number)
        return steps
