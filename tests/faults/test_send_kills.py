"""A sender that is killed at any moment, on networks that fail in every way, posts nothing twice and loses nothing."""

from __future__ import annotations

import logging
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from curate.desk.db import transaction
from curate.shares import ledger
from curate.shares.tokens import secret_of
from tests.faults.field import FULL, ROOT
from tests.shares.conftest import LINK, Ledger, a_ledger
from tests.shares.facebook_server import FacebookServer
from tests.shares.linkedin_server import LinkedInServer
from tests.shares.servers import START, BlueskyServer, MastodonServer, Server, serve
from tests.shares.threads_server import ThreadsServer
from tests.shares.x_server import KEYS, XServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.ledger import Share

LOG = logging.getLogger(__name__)
KILLS, SHARES = (500, 3_000) if FULL else (50, 300)
EVERY = timedelta(minutes=10)  # between two passes that are killed; one that is not comes between them
BLIND = {"linkedin"}  # where nothing can be read back
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


def chances(dice: random.Random) -> str:
    """Return what befalls a request: 1 in 10 accepted and dropped, 1 in 20 slow, 1 in 20 a 5xx after accepting."""
    drawn = dice.random()
    if drawn < 0.10:
        return "drop after"
    if drawn < 0.15:
        return "slow"
    return "500 after" if drawn < 0.20 else ""


@dataclass
class Fleet:
    """Six networks on loopback, an account on each, and a runner that forks passes."""

    book: Ledger
    servers: dict[str, Server]
    runner: subprocess.Popen[str]
    dice: random.Random

    def one_pass(self, now: Any, *, kill_after: float | None = None) -> bool:
        """Make a pass; return whether it was killed before it was over."""
        assert self.runner.stdin is not None
        assert self.runner.stdout is not None
        for server in self.servers.values():
            server.advance(now)
        self.runner.stdin.write(f"{now.isoformat()}\n")
        self.runner.stdin.flush()
        child = int(self.runner.stdout.readline().split()[1])
        if kill_after is not None and not select.select([self.runner.stdout], [], [], kill_after)[0]:
            with suppress(ProcessLookupError):  # it came to its end at this very moment
                os.kill(child, signal.SIGKILL)
        status = int(self.runner.stdout.readline().split()[1])
        assert status in (0, signal.SIGKILL), status
        return status == signal.SIGKILL


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    dice = random.Random(20261129)  # noqa: S311 - a fixed seed: the same draws each time
    servers: dict[str, Server] = {
        "linkedin": LinkedInServer(),
        "x": XServer(tolerance=timedelta(days=400)),
        "facebook": FacebookServer(),
        "threads": ThreadsServer(),
        "mastodon": MastodonServer(),
        "bluesky": BlueskyServer(),
    }
    handles = {"bluesky": "dana.test", "facebook": "1001"}
    tokens = {"x": secret_of(**KEYS).reveal()}
    with ExitStack() as stack:
        book = stack.enter_context(a_ledger(tmp_path))
        for name, server in servers.items():
            server.chance = lambda: chances(dice)
            book.account(
                name, name, server=stack.enter_context(serve(server)), handle=handles.get(name, "dana"),
                token=tokens.get(name, server.password), budget=1e6,
            )  # fmt: skip
        settings = msgspec.json.encode(book.settings).decode()
        program = [sys.executable, "-m", "tests.faults.send_child", str(book.desk.root), str(book.config), settings]
        pipe = subprocess.PIPE
        runner = stack.enter_context(
            subprocess.Popen(
                program, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, stdin=pipe, stdout=pipe, text=True
            )
        )
        yield Fleet(book, servers, runner, dice)
        assert runner.stdin is not None
        runner.stdin.close()


def plan(book: Ledger, name: str, number: int, due: Any) -> Share:
    """Plan and approve a share with words of its own."""
    with transaction(book.connection):
        share = ledger.add_share(
            book.connection, post=f"post-{number}", link=LINK, title="Small models", summary="Mine", account=name,
            network=name, text=f"Number {number}, in words of its own for {name}.\n\n{LINK}", due_at=due,
            wall="", zone="UTC", now=START,
        )  # fmt: skip
        return ledger.set_approved(book.connection, share, now=START)


def test_killed_at_random_again_and_again_each_share_is_out_once_or_says_why_not(fleet: Fleet) -> None:
    book, names = fleet.book, list(fleet.servers)
    each = SHARES // KILLS
    shares = [
        plan(book, names[number % len(names)], number, START + EVERY * (number // each)) for number in range(SHARES)
    ]
    killed, now, longest = 0, START, 0.25
    while killed < KILLS:
        if fleet.one_pass(now, kill_after=fleet.dice.uniform(0.01, longest)):
            killed += 1
        fleet.one_pass(now + EVERY / 2)
        now += EVERY
    for server in fleet.servers.values():
        server.chance = str
    for minutes in (5, 16, 32, 48):
        fleet.one_pass(now + timedelta(minutes=minutes))
    ends = Counter((share.network, book.find(share).state) for share in shares)
    public = {name: Counter(server.posts()) for name, server in fleet.servers.items()}
    twice = [text for texts in public.values() for text, count in texts.items() if count > 1]
    assert twice == []
    out = {(name, text) for name, texts in public.items() for text in texts}
    for share in shares:
        end = book.find(share)
        there = (share.network, share.text) in out
        if end.state == "sent":
            assert there, end
            assert end.remote_id, end
        else:
            assert end.reason, end
            assert end.state in ("unknown", "missed"), end
            assert not there or end.state == "unknown", end
    left = {name: ends[name, "unknown"] for name in names if name not in BLIND}
    assert sum(left.values()) <= (SHARES * len(left) // len(names)) // 100, ends
    assert sum(count for (_, state), count in ends.items() if state == "sent") > SHARES * 2 // 3, ends
    assert book.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    LOG.info("%d kills, %d shares: %s", killed, SHARES, dict(sorted(ends.items())))
