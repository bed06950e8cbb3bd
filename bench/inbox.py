"""Measure the inbox on a desk with 100,000 items: lists, search, and the triage screen in a real terminal.

Usage: python -m bench.inbox [--items N] [--rounds N] [--desk FOLDER]. Commands run as fresh processes, turn and turn
about with `python -c "import click"`; their figures are ratios of medians. Searches run inside this process. The
screen runs behind a pseudo-terminal of 80 by 24: the first paint is counted from the start of the process to its first
row of the list, a key from the moment it is written to its first frame and to its last. Exits with 1 over a limit.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.today import CURATE, ENVIRONMENT, seconds
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.search import search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATIO = 4.0  # of a command to importing click
SEARCH = 0.050  # seconds, of the slowest query's median
PAINT = 2.5  # seconds, cold
KEY = 0.050  # seconds, 95th percentile
QUERIES = (
    "budget",  # in every item
    "night shift",
    '"error budget"',
    "lat",  # a beginning
    "b",
    "title:pager author:Marta",
    "dashboard newer:30d",
    "-queue state:kept",
    "zebra",  # nowhere
)
KEYS = "xsxjjxzkxxsxjxu" * 8  # a person deciding


def main() -> int:
    """Fill a desk, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=11, help="how often each command runs")
    parser.add_argument("--desk", type=Path, help="a desk made before; decisions are made in it")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        desk = told.desk or Path(folder) / "desk"
        if told.desk is None:
            make = [sys.executable, "-m", "bench.make_desk", str(desk), str(told.items), "--decided", "0.1"]
            subprocess.run(make, check=True)
            seconds([CURATE, "-C", desk, "-q", "item", "search", "budget", "--limit", "1"])  # the index catches up
        over = [*_commands(desk, told.rounds), *_searches(desk), *_screen(desk)]
    for line in over:
        print(f"over its limit: {line}")
    return 1 if over else 0


def _commands(desk: Path, rounds: int) -> Iterator[str]:
    commands: dict[str, Sequence[str | Path]] = {
        'python -c "import click"': [sys.executable, "-c", "import click"],
        "today": [CURATE, "-C", desk, "today"],
        "item list --limit 50 --json": [CURATE, "-C", desk, "item", "list", "--limit", "50", "--json"],
        "the same, --stories": [CURATE, "-C", desk, "item", "list", "--stories", "--limit", "50", "--json"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(list(command))
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(seconds(list(command)))
    base = statistics.median(taken['python -c "import click"'])
    for name, times in taken.items():
        ratio = statistics.median(times) / base
        print(f"  {name:30} median {statistics.median(times) * 1000:6.0f} ms   {ratio:5.2f} × import click")
        if ratio > RATIO:
            yield f"{name}: {ratio:.2f} (limit {RATIO:.0f})"


def _searches(desk: Path) -> Iterator[str]:
    now = datetime.now(UTC)
    with closing(open_database(Desk(desk))) as connection:
        for query in QUERIES:
            times = []
            for _ in range(7):
                start = time.perf_counter()
                hits = search(connection, query, limit=50, now=now)
                times.append(time.perf_counter() - start)
            middle = statistics.median(times)
            print(f"  search {query:26} median {middle * 1000:6.1f} ms   slowest {max(times) * 1000:6.1f} ms", end="")
            print(f"   {len(hits)} found")
            if middle > SEARCH:
                yield f"search {query}: {middle * 1000:.0f} ms (limit {SEARCH * 1000:.0f})"


def _screen(desk: Path) -> Iterator[str]:
    with Terminal([str(CURATE), "-C", str(desk), "triage"]) as screen:
        paint = screen.until(b"> ")
        screen.settle()
        times = [screen.press(key) for key in KEYS]
    print(f"  triage: first paint {paint:.2f} s")
    if paint > PAINT:
        yield f"first paint: {paint:.2f} s (limit {PAINT})"
    for what, taken in zip(("first", "last"), zip(*times, strict=True), strict=True):
        late = statistics.quantiles(taken, n=20)[-1]
        print(f"  {len(taken)} keys, {what} frame: median {statistics.median(taken) * 1000:.1f} ms, ", end="")
        print(f"95 % within {late * 1000:.1f} ms, slowest {max(taken) * 1000:.1f} ms")
        if late > KEY:
            yield f"key to {what} frame: {late * 1000:.0f} ms (limit {KEY * 1000:.0f})"


class Terminal:
    """A program behind a pseudo-terminal; its screen is not drawn, its frames are waited for."""

    def __init__(self, command: Sequence[str]) -> None:
        self.started = time.perf_counter()
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.environ.update({**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"})
            os.execv(command[0], list(command))  # noqa: S606 - no shell is wanted
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)

    def until(self, wanted: bytes) -> float:
        """Wait until the program has written ``wanted``; return the seconds since its start."""
        seen = b""
        while wanted not in seen:
            if not select.select([self.end], [], [], 30)[0]:
                raise TimeoutError(seen)
            seen += os.read(self.end, 65536)
        return time.perf_counter() - self.started

    def settle(self) -> None:
        """Read until the program has been quiet for a while."""
        while select.select([self.end], [], [], 0.3)[0]:
            os.read(self.end, 65536)

    def press(self, key: str) -> tuple[float, float]:
        """Write ``key``; return the seconds until its first and its last frame have arrived."""
        start = time.perf_counter()
        os.write(self.end, key.encode())
        if not select.select([self.end], [], [], 10)[0]:
            raise TimeoutError(key)
        first = 0.0
        while True:
            os.read(self.end, 65536)
            arrived = time.perf_counter()
            first = first or arrived
            if not select.select([self.end], [], [], 0.03)[0]:
                break
        self.settle()
        return first - start, arrived - start


if __name__ == "__main__":
    sys.exit(main())
