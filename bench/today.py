"""Time `curate today` on a desk with 100,000 items against `python -c "import click"`.

Both run as fresh processes, turn and turn about, so that a busy machine slows both. The ratio is of the medians of
processor time, which other programs disturb less; the seconds are by the clock. A tenth of the items is decided on.
Then the same with 300 posts, 400 shares and decisions of a whole year. Exits with 1 over a limit.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from curate.desk.db import open_database, to_seconds, transaction
from curate.desk.folder import Desk
from curate.shares import ledger

SLOWEST = 0.4  # seconds, of the median
RATIO = 4.0  # of processor time, to importing click
POSTS, SHARES = 300, 400
CURATE = Path(sys.executable).with_name("curate")
# What is installed has its bytecode beside it; a checkout gets it in the first round.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
KINDS = ("link", "link", "link", "essay", "roundup", "result")
ACCOUNT = """
[accounts.mastodon]
network = "mastodon"
server = "https://social.example"
handle = "dana"
"""


def live(desk: Desk) -> None:
    """Leave a year's traces in the desk: posts, shares, and decisions on every day."""
    now = datetime.now(UTC).replace(microsecond=0)
    with desk.settings.open("a", encoding="utf-8") as settings:
        settings.write(ACCOUNT)
    chance = random.Random(0)  # noqa: S311 - the same desk every time is the point
    for number in range(POSTS):
        write_post(desk.content / f"post-{number}.md", now - timedelta(days=365 / POSTS * number), KINDS[number % 6])
    with closing(open_database(desk)) as connection, transaction(connection):
        for number in range(SHARES):
            at = now - timedelta(days=365 / SHARES * number)
            share = ledger.add_share(
                connection, post=f"post-{chance.randrange(POSTS)}", link="https://dana.example/", title="", summary="",
                account="mastodon", network="mastodon", text=f"Words {number}", due_at=at, wall="", zone="UTC", now=at,
            )  # fmt: skip
            ledger.set_sent(connection, share, f"https://social.example/{number}", now=at)
        steps = connection.execute("SELECT number FROM journal").fetchall()
        times = [(to_seconds(now - timedelta(days=chance.random() * 365)), number) for (number,) in steps]
        connection.executemany("UPDATE journal SET at = ? WHERE number = ?", times)


def write_post(path: Path, at: datetime, kind: str) -> None:
    """Write a post that appeared then."""
    source = "source: {url: https://writer.example/a, title: There, site: Writer}\n" if kind == "link" else ""
    path.write_text(
        f"---\ntitle: {path.stem}\nslug: {path.stem}\ndate: {at.isoformat()}\nkind: {kind}\nstatus: published\n"
        f"topic: Reliability\ntags: [incident response, evaluation]\nquestion: Would you?\n{source}---\n"
        + "The number that matters here is not accuracy. It is the three minutes.\n\n"
        * 12,
        encoding="utf-8",
    )


def seconds(command: list[str | Path]) -> float:
    """Run ``command`` once, in silence; return how long it took."""
    return measure(command)[0]


def measure(command: list[str | Path]) -> tuple[float, float]:
    """Run ``command`` once, in silence; return how long it took, by the clock and of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        command,
        env=ENVIRONMENT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    taken = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(desk: Desk, rounds: int) -> tuple[float, float]:
    """Time the commands; return the median seconds of today, and how many times importing click it takes."""
    commands: dict[str, list[str | Path]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        'python -c "import click"': [sys.executable, "-c", "import click"],
        "curate today": [CURATE, "-C", desk.root, "today"],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for command in commands.values():
        measure(command)  # fills the caches of files and bytecode, for all alike
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(measure(command))
    medians = {name: [statistics.median(each) for each in zip(*times, strict=True)] for name, times in taken.items()}
    for name, (clock, processor) in medians.items():
        print(f"  {name:26} median {clock * 1000:6.1f} ms by the clock, {processor * 1000:6.1f} ms of processor time")
    clock, processor = medians["curate today"]
    return clock, processor / medians['python -c "import click"'][1]


def main() -> int:
    """Fill a desk, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=21, help="how often each command runs")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        desk = Desk(Path(folder) / "desk")
        make = [sys.executable, "-m", "bench.make_desk", str(desk.root), str(told.items), "--decided", "0.1"]
        subprocess.run(make, check=True)
        clock, ratio = compare(desk, told.rounds)
        print(f"today: {clock:.2f} s (limit {SLOWEST}), {ratio:.2f} × import click (limit {RATIO:.0f})")
        live(desk)
        later, more = compare(desk, told.rounds)
        print(f"after a year: {later:.2f} s (limit {SLOWEST}), {more:.2f} × import click")
    return 0 if ratio <= RATIO and max(clock, later) <= SLOWEST else 1


if __name__ == "__main__":
    sys.exit(main())
