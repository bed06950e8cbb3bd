"""Workers die with their curate, and a worker that dies costs its own feed's turn."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.field import ROOT, Field, alive, holding, orphans, start_fetch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")

BURNING = """
import asyncio
from curate.feeds.workers import Workers
from tests.feeds import hostile

async def burn():
    async with Workers() as workers:
        await asyncio.gather(workers.run(hostile.burn), workers.run(hostile.burn))

asyncio.run(burn())
"""


def busy(session: int) -> int:
    """Wait until a worker of the session is deep in a call, and return it: it has worked since it was first seen."""
    first: dict[int, int] = {}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        servers = sorted(pid for pid, command in alive(session).items() if "multiprocessing.forkserver" in command)
        for pid in servers[1:]:  # the first one is the fork server itself
            with contextlib.suppress(OSError):
                worked = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
                if worked >= first.setdefault(pid, worked) + 10:  # ticks, a tenth of a second
                    return pid
    raise AssertionError("no worker works")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_curate_however_busy(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BURNING],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        busy(run.pid)
        run.send_signal(how)
        run.wait(30)
    assert orphans(run.pid, within=5) == {}  # left alone, each burns for ten seconds


LATE = """
from multiprocessing import get_context
from tests.feeds import hostile

worker = get_context("forkserver").Process(target=hostile.settle_late)
worker.start()
print("started", flush=True)
worker.join()
"""


def test_no_worker_begins_for_a_curate_that_has_ended() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LATE],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"started\n"
        run.kill()
    assert orphans(run.pid, within=10) == {}


@pytest.mark.parametrize("feeds", [(4, {"each": 1900, "padding": 3000})], indirect=True)
def test_a_worker_killed_at_its_work_costs_one_feed_one_turn(desk: Path, feeds: Field) -> None:
    for feed in feeds.feeds:
        feed.kind = "etag"
    with start_fetch(desk, feeds, "--json") as run:
        os.kill(busy(run.pid), signal.SIGKILL)
        out, err = run.communicate(timeout=120)
    assert err == b""
    failed = json.loads(out)["data"]["failed"]
    assert [each["reason"] for each in failed] == ["made its reader crash"]
    missing = int(failed[0]["url"].rpartition("/")[2])
    assert holding(desk) == {key: title for key, title in feeds.truth().items() if key[0] != missing}
    with start_fetch(desk, feeds, "--json") as run:
        run.communicate(timeout=120)
    assert (run.returncode, holding(desk)) == (0, feeds.truth())
