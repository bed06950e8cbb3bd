"""A parser that goes wrong costs its own turn and nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from curate.feeds.workers import CALLS, BrokenOff, Unreadable, Workers
from tests.feeds import hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Ends its workers many times as they start. A worker reads this file first: there it waits until it is told to end,
# and goes on starting.
STARTS = """
import asyncio, os, signal
from pathlib import Path
from curate.feeds.workers import Workers

if __name__ == "__mp_main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.sigwait({signal.SIGTERM})
    Path(f"told-{os.getpid()}").touch()
    signal.setitimer(signal.ITIMER_REAL, 0.2)  # ends it, if nothing else does

async def start_and_stop():
    async with Workers() as workers:
        try:
            await workers.run(lambda: None)  # fails at once: it cannot be handed to another process
        except Exception:
            pass

if __name__ == "__main__":
    for _ in range(8):
        asyncio.run(start_and_stop())
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of processor and memory")


def run(function: Callable[..., Any], *args: Any, processor: int = 10, seconds: float = 15.0) -> Any:
    async def once() -> Any:
        async with Workers(processor=processor, seconds=seconds) as workers:
            return await workers.run(function, *args)

    return asyncio.run(once())


def test_a_call_is_made_in_another_process() -> None:
    assert run(hostile.fine, "feed") == "FEED"


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (hostile.refuse, ("a web page, not a feed",), "is a web page, not a feed"),
        (hostile.fail, (), "made its reader fail (Awkward)"),
        (hostile.sink, (), "is nested too deeply to read"),
        (hostile.die, (), "made its reader crash"),
        pytest.param(hostile.swallow, (), "needs more than 512 MiB of memory to read", marks=posix),
    ],
)
def test_what_goes_wrong_becomes_a_reason(function: Callable[..., Any], args: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        run(function, *args)
    assert error.value.message == reason


@posix
def test_a_call_gets_so_much_work_and_no_more() -> None:
    with pytest.raises(Unreadable, match="takes more than 1 s of work to read") as caught:
        run(hostile.burn, processor=1, seconds=120)  # a busy machine takes its time over a second of work
    assert not isinstance(caught.value, BrokenOff), "it would take as much the next time"


def test_a_call_gets_so_much_time_and_no_more() -> None:
    started = time.monotonic()
    with pytest.raises(BrokenOff, match=r"takes longer than 0\.5 s to read"):
        run(hostile.burn, seconds=0.5)
    assert time.monotonic() - started < 5


@posix
def test_bombs_cost_themselves_only() -> None:
    async def many() -> list[Any]:
        async with Workers(processor=1) as workers:
            bombs = [workers.run(hostile.burn), workers.run(hostile.die), workers.run(hostile.burn)]
            healthy = [workers.run(hostile.fine, f"feed {number}") for number in range(60)]
            return list(await asyncio.gather(*bombs, *healthy, return_exceptions=True))

    answers = asyncio.run(many())
    assert [isinstance(answer, Unreadable) for answer in answers[:3]] == [True] * 3
    assert answers[3:] == [f"FEED {number}" for number in range(60)]


@posix
def test_the_work_of_earlier_calls_does_not_count() -> None:
    """The system counts a process's whole life: more than the limit in many small calls must pass."""

    async def many() -> None:
        async with Workers(processor=1) as workers:
            await asyncio.gather(*(workers.run(sum, range(8_000_000)) for _ in range(36)))

    asyncio.run(many())


def test_workers_are_two_and_are_replaced_after_many_calls() -> None:
    async def many() -> list[int]:
        async with Workers() as workers:
            return await asyncio.gather(*(workers.run(hostile.who) for _ in range(2 * CALLS + 20)))

    answers = asyncio.run(many())
    assert len(set(answers)) >= 3
    assert max(answers.count(process) for process in set(answers)) <= CALLS


def test_a_worker_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(hostile.shout) == 12
    with pytest.raises(Unreadable):
        run(hostile.die)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_worker_has_none_of_our_connections() -> None:
    async def while_listening() -> set[str]:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0), Workers() as workers:
            return await workers.run(hostile.open_files)

    assert not [name for name in asyncio.run(while_listening()) if name.startswith("socket:") or name.endswith(".db")]


@posix
def test_a_worker_that_is_ended_while_it_starts_says_nothing(tmp_path: Path) -> None:
    """A process that is starting finds what it shares with the others to the end, though its pool stops meanwhile."""
    program = tmp_path / "starts.py"
    program.write_text(STARTS)
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    assert list(tmp_path.glob("told-*")), "some worker was told to end while it was starting"


def test_nothing_is_started_before_the_first_call() -> None:
    async def idle() -> float:
        started = time.perf_counter()
        async with Workers():
            pass
        return time.perf_counter() - started

    assert asyncio.run(idle()) < 0.05
