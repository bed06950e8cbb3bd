"""Time `curate site build` against stock Pelican and Hugo, on the same posts, turn and turn about.

Usage: python -m bench.build [--posts 5000] [--rounds 1] [--without hugo]. Posts of about 400 words with three tags
(bench/make_posts.py); curate with its own settings and theme, Pelican with its `simple` theme and what its
quickstart sets, Hugo with templates as small. Each builds from nothing, then again after one more post, process
start included. What counts are ratios within one run; prints each beside its target and exits with 1 when one is
missed. The peers come from `make bench`; one that is not here is said to be.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench.make_posts import write_for_curate, write_for_hugo, write_for_pelican
from bench.measure import Cost, adopt_orphans, run

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-bench" / "bin"
STAGES = ("full", "one more post", "nothing new")
MORE = 10**6  # the number from which posts are newer than all others
TARGETS = (  # stage, peer, at most this part of its time
    ("full", "pelican", 0.35),
    ("full", "hugo", 1.0),
    ("one more post", "pelican", 1 / 20),
    ("one more post", "hugo", 1 / 6),
)
MEMORY = 300.0  # MiB
WRITERS: dict[str, Callable[[Path, int, int], None]] = {
    "curate": write_for_curate,
    "pelican": write_for_pelican,
    "hugo": write_for_hugo,
}


def command(name: str, folder: Path) -> list[str | Path]:
    """Return how ``name`` builds the site in ``folder``."""
    if name == "curate":
        return [sys.executable, "-m", "curate", "-C", folder, "site", "build"]
    if name == "pelican":
        conf, output = folder / "pelicanconf.py", folder / "output"
        return [PEERS / "python", "-m", "pelican", folder / "content", "-s", conf, "-o", output]
    return [PEERS / "hugo", "--quiet", "--source", folder]


def main() -> int:
    """Write, build, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=1, help="how often all is done; three for figures to quote")
    parser.add_argument("--without", default="", help="contestants to leave out, separated by commas")
    options = parser.parse_args()
    here = {"curate": True, "pelican": (PEERS / "pelican").exists(), "hugo": (PEERS / "hugo").exists()}
    for name in WRITERS:
        if not here[name]:
            print(f"{name}: not here")
    names = [name for name in WRITERS if here[name] and name not in options.without.split(",")]
    if sys.platform != "linux":
        print("This needs Linux; it measured nothing here.")
        return 0
    adopt_orphans()
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="curate-bench-") as place:
            measure(Path(place), names, options.posts, costs)
    return 0 if report(costs, names) else 1


def measure(place: Path, names: list[str], posts: int, costs: dict[tuple[str, str], list[Cost]]) -> None:
    """Let each build all stages once."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(HERE.parent)}
    bystander = subprocess.Popen(["sleep", "infinity"])
    try:
        for name in names:
            WRITERS[name](place / name, posts, 0)
        for stage in STAGES:
            for name in names:
                if stage == "one more post":
                    WRITERS[name](place / name, 1, MORE)
                build = command(name, place / name)
                costs[stage, name].append(run(build, environment=environment, bystander=bystander.pid))
    finally:
        bystander.terminate()
        bystander.wait()


def report(costs: dict[tuple[str, str], list[Cost]], names: list[str]) -> bool:
    """Print what each took and the ratios beside their targets; return whether all are kept."""
    good = True
    for stage in STAGES:
        for name in names:
            wall, cpu = (
                statistics.median(getattr(cost, what) for cost in costs[stage, name]) for what in ("wall", "cpu")
            )
            most = max(cost.memory for cost in costs[stage, name])
            print(f"{stage:14} {name:8} {wall:7.2f} s, {cpu:7.2f} s of processors, {most:4.0f} MiB")
    for stage, peer, limit in TARGETS:
        if peer not in names:
            continue
        ratio, busy = (
            statistics.median(getattr(cost, what) for cost in costs[stage, "curate"])
            / statistics.median(getattr(cost, what) for cost in costs[stage, peer])
            for what in ("wall", "cpu")
        )
        good = good and ratio <= limit
        said = "kept" if ratio <= limit else "MISSED"
        print(f"{stage:14} {ratio:.3f} of {peer}'s time ({busy:.3f} of its processors'), target {limit:.3f}: {said}")
    most = max(cost.memory for stage in STAGES for cost in costs[stage, "curate"])
    print(f"memory of curate, all processes, at most: {most:.0f} MiB (limit {MEMORY:.0f})")
    return good and most < MEMORY


if __name__ == "__main__":
    sys.exit(main())
