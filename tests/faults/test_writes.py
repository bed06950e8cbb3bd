"""A fetch that dies, or is refused, at any one write to the disk loses nothing that was acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.faults.field import FULL, Field, clean_run, holding, see_validators_hide_nothing, start_fetch

if TYPE_CHECKING:
    from pathlib import Path

POINTS = range(1, 121) if FULL else (1, 2, 3, 5, 8, 13, 21, 34, 55)
WRITES = "pwrite64"
SYNCS = "fsync,fdatasync"
MOST_SYNCS = 12  # by far: a fetch of ten feeds needs about six
SOME = pytest.mark.parametrize("feeds", [(10, {})], indirect=True)


def points(calls: str) -> list[int]:
    """Say at which of its ``calls`` a fetch is hit; later ones than there are would only let it pass."""
    return [point for point in POINTS if calls != SYNCS or point <= MOST_SYNCS]


@pytest.fixture(autouse=True)
def strace() -> None:
    """Skip where strace is absent or may not trace; where CI is set, fail."""
    if shutil.which("strace"):
        tried = subprocess.run(["strace", "-f", "-qq", "--seccomp-bpf", "true"], check=False, stderr=subprocess.DEVNULL)
        if tried.returncode == 0:
            return
    assert not os.environ.get("CI"), "strace is not installed, or may not trace"
    pytest.skip("strace (Debian: strace) is not installed, or may not trace")


def fetch_with(desk: Path, feeds: Field, calls: str, fault: str) -> tuple[int, str]:
    """Fetch with ``fault`` injected into the system calls ``calls``; return its exit code and what it said."""
    quick = () if "signal" in fault else ("--seccomp-bpf",)  # with it, strace forgets the signal
    tracing = ("strace", "-f", "-qq", *quick, "-o", "/dev/null", f"--trace={calls}", f"--inject={calls}:{fault}")
    with start_fetch(desk, feeds, before=tracing) as run:
        _, err = run.communicate(timeout=120)
    return run.returncode, err.decode()


@SOME
@pytest.mark.parametrize("calls", [WRITES, SYNCS])
def test_killed_at_a_write_it_keeps_what_was_acknowledged(desk: Path, feeds: Field, calls: str) -> None:
    held: dict[tuple[int, str], str] = {}
    killed = 0
    for point in points(calls):
        for feed in feeds.feeds:
            feed.grew += 1
        code, _ = fetch_with(desk, feeds, calls, f"signal=KILL:when={point}")
        killed += code == -signal.SIGKILL
        now = holding(desk)
        assert held.keys() <= now.keys()
        held = now
        see_validators_hide_nothing(desk, feeds)
    assert killed > len(points(calls)) / 4
    clean_run(desk, feeds)
    assert holding(desk) == feeds.truth()


@SOME
@pytest.mark.parametrize(
    ("calls", "fault", "said"),
    [
        (WRITES, "error=ENOSPC", "The disk"),  # is full, or refused to write one of SQLite's files of the moment
        (WRITES, "error=EIO", "The disk refused"),
        (SYNCS, "error=EIO", "The disk refused"),
    ],
)
def test_refused_a_write_it_says_so_and_loses_nothing(
    desk: Path, feeds: Field, calls: str, fault: str, said: str
) -> None:
    held: dict[tuple[int, str], str] = {}
    refused = 0
    for number, point in enumerate(points(calls)):
        for feed in feeds.feeds:
            feed.grew += 1
        code, err = fetch_with(desk, feeds, calls, f"{fault}:when={point}{'+' if number % 2 else ''}")
        if code == 1:
            refused += 1
            assert err.startswith(said), err
            assert str(desk / ".curate") in err
            assert len(err.splitlines()) == 2, err
        else:  # SQLite got by without it: what it was about to tidy up is tidied the next time
            assert (code, err) == (5, "")
        now = holding(desk)
        assert held.keys() <= now.keys()
        held = now
        see_validators_hide_nothing(desk, feeds)
    assert refused
    clean_run(desk, feeds)
    assert holding(desk) == feeds.truth()
