"""Run a program and say what it cost: time by the clock, processor time and memory of all its processes.

Linux only: reads /proc, and adopts what a program leaves behind, so that its processor time counts, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVERY = 0.25  # seconds between two looks at the memory: each look costs the program some time
ADOPT = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a run cost: seconds, seconds of processor time, MiB of memory at most (PSS, summed over processes)."""

    wall: float
    cpu: float
    memory: float


def adopt_orphans() -> None:
    """Make this process the parent of what its children leave behind."""
    ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)


def run(command: Sequence[str | Path], *, environment: Mapping[str, str], bystander: int) -> Cost:
    """Run ``command`` to its end and return its cost. ``bystander`` is a child of ours that is left alone.

    Raises CalledProcessError when it cannot be started or crashes; a feed that failed is no crash.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    program = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    watch = _Watch(program.pid)
    _, said = program.communicate()
    wall = time.perf_counter() - start
    watch.stop()
    _bury(bystander)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if program.returncode < 0 or b"Traceback" in said:
        raise subprocess.CalledProcessError(program.returncode, list(map(str, command)), stderr=said.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall=wall, cpu=cpu, memory=watch.most / 1024)


class _Watch(threading.Thread):
    """Look at the memory of a process and its descendants now and then; ``most`` is in KiB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._pid = pid
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        """Look until stopped."""
        while not self._over.wait(EVERY):
            self.most = max(self.most, sum(_pss(pid) for pid in _family(self._pid)))

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def _family(pid: int) -> list[int]:
    """Return ``pid`` and all its descendants."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found


def _children(pid: int) -> list[int]:
    born = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            born += [int(child) for child in thread.read_text().split()]
    return born


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):  # it may be over
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _bury(bystander: int) -> None:
    """Wait for the processes a program left behind, which end by themselves."""
    while left := [pid for pid in _children(os.getpid()) if pid != bystander]:
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
