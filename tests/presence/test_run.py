"""The runner: when it wakes, what it makes of a clock that was moved, how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.cli.here import Here
from curate.cli.run import _pass as make_pass
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.presence.run import Watch, keep_running
from curate.presence.tick import Pass
from curate.shares import ledger
from tests.conftest import HEEDING_CTRL_C
from tests.presence.test_tick import ready_share

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class World:
    """A wall clock and one that nobody sets; both go on by ``step`` whenever the wall clock is read."""

    wall: datetime = NOON
    boot: float = 1000.0
    step: timedelta = timedelta(seconds=10)
    passes: list[tuple[datetime, bool]] = field(default_factory=list)
    jumps: list[timedelta] = field(default_factory=list)

    def clock(self) -> datetime:
        self.wall += self.step
        self.boot += self.step.total_seconds()
        return self.wall

    def watch(self) -> Watch:
        return Watch(clock=self.clock, boot=lambda: self.boot)

    def run(self, passes: int, *, next: datetime | None = None, moves: dict[int, timedelta] | None = None) -> None:  # noqa: A002 - the pass's own word
        """Make so many passes; before the one of a number the wall clock is moved."""
        stop = asyncio.Event()

        async def make_pass(send: bool) -> Pass | None:  # noqa: FBT001 - as the runner calls it
            self.passes.append((self.wall, send))
            self.wall += (moves or {}).get(len(self.passes), timedelta(0))
            if len(self.passes) == passes:
                stop.set()
            return Pass(next=next)

        asyncio.run(keep_running(make_pass, stop, self.watch(), jumped=self.jumps.append, piece=0.001))


def test_it_makes_a_pass_every_five_minutes() -> None:
    world = World()
    world.run(4)
    gaps = [(b - a).total_seconds() for (a, _), (b, _) in zip(world.passes, world.passes[1:], strict=False)]
    assert all(300 <= gap <= 350 for gap in gaps), gaps


def test_it_wakes_for_a_share_that_is_due_sooner() -> None:
    world = World()
    world.run(2, next=NOON + timedelta(seconds=80))
    assert timedelta(seconds=80) <= world.passes[1][0] - NOON <= timedelta(seconds=110)


@pytest.mark.parametrize("by", [timedelta(days=1), timedelta(days=-1), timedelta(hours=2), timedelta(days=3650)])
def test_a_clock_that_was_moved_sends_nothing_for_ten_minutes(by: timedelta) -> None:
    world = World()
    world.run(5, moves={2: by})
    assert [round(jump / by, 3) for jump in world.jumps] == [1.0]
    assert [send for _, send in world.passes] == [True, True, False, False, True]


def test_a_machine_that_slept_goes_on_at_once_and_trusts_its_clock() -> None:
    world = World()
    stop = asyncio.Event()
    seen: list[bool] = []

    async def make_pass(send: bool) -> Pass | None:  # noqa: FBT001 - as the runner calls it
        seen.append(send)
        world.wall += timedelta(days=3)
        world.boot += timedelta(days=3).total_seconds()
        if len(seen) == 3:
            stop.set()
        return None

    asyncio.run(keep_running(make_pass, stop, world.watch(), jumped=world.jumps.append, piece=0.001))
    assert seen == [True] * 3
    assert world.jumps == []


def test_it_outlives_settings_and_a_disk_that_refuse_a_pass(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = Here(directory=desk, moment=NOON, offline=True)
    with closing(open_database(Desk(desk))) as connection:

        def make() -> Pass | None:
            return asyncio.run(make_pass(here, connection, fetch=False, send=True))

        connection.execute("PRAGMA query_only = ON")
        assert make() is None
        assert "read-only" in capsys.readouterr().err
        connection.execute("PRAGMA query_only = OFF")
        kept = (desk / "curate.toml").read_text(encoding="utf-8")
        (desk / "curate.toml").write_text("[site\n", encoding="utf-8")  # half written in an editor
        assert make() is None
        assert "curate.toml" in capsys.readouterr().err
        (desk / "curate.toml").write_text(kept, encoding="utf-8")
        assert make() is not None


@pytest.fixture
def runner(curate: Curate, desk: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A runner in a process of its own, over a desk with one rehearsed share that is due; the share's id."""
    share = ready_share(curate, desk)
    program = [*HEEDING_CTRL_C, "-C", str(desk), "--now", "2026-11-23T12:06:00+00:00", "run"]
    with subprocess.Popen(program, env=dict(os.environ), stderr=subprocess.PIPE, text=True) as process:
        yield share, process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_sends_what_is_due_and_ends_in_words_when_it_is_told_to(
    runner: tuple[str, subprocess.Popen[str]], desk: Path, number: int
) -> None:
    share, process = runner
    assert process.stderr is not None
    said = ""
    while "Rehearsed" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(number)
    rest = process.stderr.read()
    assert process.wait(30) == 0
    assert rest.endswith("Stopped. What was done is kept; shares that are due wait for the next pass.\n")
    assert "Traceback" not in said + rest
    with closing(open_database(Desk(desk))) as connection:
        assert ledger.find_share(connection, share).state == "sent"
