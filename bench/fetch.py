"""Time `curate fetch` against PyPI's `reader` and against newsboat, on the same feeds, turn and turn about.

Feeds made of real saved ones, on 250 loopback addresses, 20 ms late each, a few slow, a few failing
(bench/farm.py). What counts are the ratios of medians within one run; prints each beside its target
and exits with 1 when one is missed. The peers come from `make bench`; one that is not here is said to be.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bench.farm import address, trouble
from bench.measure import Cost, adopt_orphans, run

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
CURATE = Path(sys.executable).with_name("curate")
READER = HERE.parent / ".venv-bench" / "bin" / "python"
CORPORA = HERE.parents[1] / "shared" / "corpora"
LARGEST = 256 << 10  # bytes of a saved feed; of real feeds nine in ten are smaller
THREADS = 20  # of each peer
STAGES = ("everything new", "nothing new (304)", "nothing new (same bytes)", "one new entry each")
TARGETS = (  # stage, peer, what is compared, at least this many times better
    ("everything new", "reader", "wall", 8.0),
    ("everything new", "newsboat", "wall", 2.5),
    ("one new entry each", "reader", "wall", 8.0),
    ("one new entry each", "newsboat", "wall", 2.5),
    ("nothing new (304)", "reader", "wall", 2.0),
    ("nothing new (304)", "reader", "cpu", 4.0),
)
MEMORY = 200.0  # MiB
SIZES = (500, 1000, 2500, 5000)  # of lists whose growth is looked at


class Server:
    """The process that serves the feeds."""

    def __init__(self, files: Sequence[Path], feeds: int) -> None:
        self.port, self.closed = _free_port(), _free_port()
        command: list[str | Path] = [sys.executable, HERE / "farm.py", str(self.port), str(feeds)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self._say("\n".join(map(str, files)) + "\n\n")

    def _say(self, text: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def hold(self, stage: str) -> int:
        """Answer as ``stage`` wants it from now on; return how many requests were answered since the last call."""
        validators = "" if stage in STAGES[2:] else "validators"
        return int(self._say(f"{validators} {'news' if stage == STAGES[3] else ''}\n"))

    def urls(self, count: int) -> list[str]:
        """Return the addresses of ``count`` feeds."""
        ports = {"refused": self.closed}
        return [f"http://{address(n)}:{ports.get(trouble(n), self.port)}/{n}" for n in range(count)]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()


class Contestant:
    """One program with a folder of its own. ``environment`` is what it runs in, ``refresh`` its command."""

    name = ""
    warm_up = 0  # refreshes after the first until it sends what it was told

    def __init__(self, folder: Path, urls: Sequence[str], environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
        folder.mkdir(parents=True)
        self.refresh = self.prepare(urls)

    def prepare(self, urls: Sequence[str]) -> list[str | Path]:
        """Subscribe to ``urls`` and return the command that reads them all."""
        raise NotImplementedError

    def items(self) -> int:
        """Return how many items it holds."""
        raise NotImplementedError

    def call(self, *command: str | Path) -> str:
        """Run a command and return what it says."""
        return subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True).stdout


class Curate(Contestant):
    """The installed program, as a person types it."""

    name = "curate"

    def prepare(self, urls: Sequence[str]) -> list[str | Path]:
        """Make a desk and import the feeds."""
        desk, opml = self.folder / "desk", self.folder / "feeds.opml"
        outlines = "".join(f'<outline type="rss" text="Feed {n}" xmlUrl="{url}"/>' for n, url in enumerate(urls))
        opml.write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>', encoding="utf-8")
        self.call(CURATE, "-q", "init", desk, "--name", "Dana", "--url", "https://dana.example", "--no-git")
        self.call(CURATE, "-q", "-C", desk, "feed", "import", opml)
        return [CURATE, "-C", desk, "fetch", "--force"]

    def items(self) -> int:
        """Count the rows."""
        return _count(self.folder / "desk" / ".curate" / "desk.db", "items")


class Reader(Contestant):
    """PyPI's `reader`, with 20 workers."""

    name = "reader"

    def prepare(self, urls: Sequence[str]) -> list[str | Path]:
        """Add the feeds."""
        base = (READER, HERE / "peer_reader.py", self.folder / "reader.sqlite")
        (self.folder / "urls").write_text("\n".join(urls), encoding="utf-8")
        self.call(*base, "add", self.folder / "urls")
        return [*base, "update", str(THREADS)]

    def items(self) -> int:
        """Ask it."""
        return int(self.call(*self.refresh[:3], "count"))


class Newsboat(Contestant):
    """Debian's newsboat, with 20 threads; it sends validators from the third reload on."""

    name = "newsboat"
    warm_up = 1

    def prepare(self, urls: Sequence[str]) -> list[str | Path]:
        """Write its two files."""
        (self.folder / "urls").write_text("\n".join(urls) + "\n", encoding="utf-8")
        (self.folder / "rules").write_text(f"reload-threads {THREADS}\ndownload-retries 1\n", encoding="utf-8")
        places = ("-u", self.folder / "urls", "-c", self.folder / "cache.db", "-C", self.folder / "rules")
        return ["newsboat", *places, "-x", "reload"]

    def items(self) -> int:
        """Count the rows."""
        return _count(self.folder / "cache.db", "rss_item")


def _count(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def saved_feeds() -> list[Path]:
    """Return the real feeds that are saved here, without the largest."""
    with (CORPORA / "real-feeds.tsv").open(encoding="utf-8") as table:
        rows = csv.DictReader(table, delimiter="\t")
        return [CORPORA / row["path"] for row in rows if int(row["bytes"]) <= LARGEST]


Costs = dict[tuple[str, str], list[Cost]]


def measure(server: Server, kinds: Sequence[type[Contestant]], *, feeds: int, rounds: int, folder: Path) -> Costs:
    """Run every stage of every contestant ``rounds`` times, turn and turn about; print each cost as it comes."""
    urls = server.urls(feeds)
    environment = {**os.environ, "CURATE_ALLOW_PRIVATE": f"127.0.0.0/8:{server.port},127.0.0.0/8:{server.closed}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    costs: Costs = defaultdict(list)
    for turn in range(rounds):
        players = [kind(folder / f"{feeds}-{turn}-{kind.name}", urls, environment) for kind in kinds]
        for stage in STAGES:
            for player in players:
                server.hold(stage)
                for _ in range(player.warm_up if stage == STAGES[1] else 0):
                    run(player.refresh, environment=player.environment, bystander=server.pid)
                    server.hold(stage)
                cost = run(player.refresh, environment=player.environment, bystander=server.pid)
                asked = server.hold(stage)
                costs[stage, player.name].append(cost)
                print(
                    f"  {feeds:5} feeds  {stage:25} {player.name:9} {cost.wall:6.2f} s  cpu {cost.cpu:6.2f} s"
                    f"  {cost.memory:4.0f} MiB  {asked:5} requests  {player.items():6} items",
                    flush=True,
                )
        shutil.rmtree(folder)
        folder.mkdir()
    return costs


def median(costs: Costs, stage: str, name: str, figure: str) -> float:
    """Return the median of one figure."""
    return statistics.median(float(getattr(cost, figure)) for cost in costs[stage, name])


def against_peers(costs: Costs) -> bool:
    """Print the ratios beside their targets; return whether all are met."""
    good = True
    print("\n| stage | compared | curate | peer | times better | target |\n|---|---|---|---|---|---|")
    for stage in STAGES:
        for peer in ("reader", "newsboat"):
            for figure in ("wall", "cpu"):
                if (stage, peer) not in costs:
                    continue
                ours, theirs = median(costs, stage, "curate", figure), median(costs, stage, peer, figure)
                target = next((least for *key, least in TARGETS if key == [stage, peer, figure]), 0.0)
                good = good and theirs >= target * ours
                named = f"≥ {target:g}" if target else ""
                row = f"{ours:.2f} s | {theirs:.2f} s | {theirs / ours:.1f} | {named}"
                print(f"| {stage} | {figure} of {peer} | {row} |")
    return good


def memory(costs: Costs) -> bool:
    """Print the most memory each took; return whether ours is below its limit."""
    for name in dict.fromkeys(name for _, name in costs):
        most = max(cost.memory for (_, other), several in costs.items() if other == name for cost in several)
        limit = f" (limit {MEMORY:.0f})" if name == "curate" else ""
        print(f"memory of {name}, all processes, at most: {most:.0f} MiB{limit}")
    return all(cost.memory < MEMORY for (_, name), several in costs.items() if name == "curate" for cost in several)


def growth(server: Server, sizes: Sequence[int], folder: Path) -> bool:
    """Print what a feed costs in a small list and in a large one; return whether memory keeps its limit."""
    good, kept = True, []
    for size in sizes:
        costs = measure(server, [Curate], feeds=size, rounds=1, folder=folder)
        good = memory(costs) and good
        kept.append((size, [median(costs, stage, "curate", "cpu") / size * 1000 for stage in STAGES]))
    for size, each in kept:
        print(f"{size:5} feeds: processor time of a feed " + ", ".join(f"{ms:.2f} ms" for ms in each))
    return good


def main() -> int:
    """Serve, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1, help="how often all is done; three for figures to quote")
    parser.add_argument("--without", default="", help="contestants to leave out, separated by commas")
    parser.add_argument("--growth", action="store_true", help="curate alone, with 500, 1,000, 2,500 and 5,000 feeds")
    options = parser.parse_args()
    if sys.platform != "linux" or not (CORPORA / "real-feeds.tsv").exists():
        print("This needs Linux and the saved feeds; it measured nothing here.")
        return 0
    here = {"curate": True, "reader": READER.exists(), "newsboat": shutil.which("newsboat") is not None}
    kinds = []
    for kind in (Curate, Reader, Newsboat):
        if not here[kind.name]:
            print(f"{kind.name}: not here")
        elif kind.name not in options.without.split(","):
            kinds.append(kind)
    adopt_orphans()
    server = Server(saved_feeds(), max(SIZES) if options.growth else options.feeds)
    try:
        with tempfile.TemporaryDirectory(prefix="curate-bench-") as place:
            folder = Path(place) / "desks"
            folder.mkdir()
            if options.growth:
                return 0 if growth(server, SIZES, folder) else 1
            costs = measure(server, kinds, feeds=options.feeds, rounds=options.rounds, folder=folder)
    finally:
        server.stop()
    good = against_peers(costs)
    return 0 if memory(costs) and good else 1


if __name__ == "__main__":
    sys.exit(main())
