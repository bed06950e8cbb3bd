"""Time `curate today` on a desk with 10,000 items against `python -c "import click"`.

Both run as fresh processes, turn and turn about, so that a busy machine slows both; the figure is
the ratio of their medians. Exits with 1 when it is over the limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

LIMIT = 3.0
FEEDS = 100
ENTRIES = 100  # in each feed
CURATE = Path(sys.executable).with_name("curate")
# What is installed has its bytecode beside it; a checkout gets it in the first round.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
WORDS = ["reliability", "latency", "queue", "review", "hiring", "release", "index", "budget", "memory", "schema"]


class Feeds(BaseHTTPRequestHandler):
    """Serve feed N at /N: RSS with ENTRIES invented entries."""

    def do_GET(self) -> None:
        """Answer with the feed of this path."""
        number = int(self.path.strip("/"))
        body = feed(number).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def feed(number: int) -> str:
    """Write the RSS of one feed; its entries lie an hour apart, back from yesterday."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1, minutes=number)
    entries = []
    for entry in range(ENTRIES):
        words = [WORDS[(number * 7 + entry * step) % len(WORDS)] for step in (1, 2, 3, 5)]
        link = f"https://writer{number}.example/{entry}-{'-'.join(words)}"
        paragraph = escape(f"<p>{' '.join(words * 20)}.</p>")
        entries.append(
            f"<item><title>{' '.join(words).capitalize()}, part {entry}</title><link>{link}</link>"
            f"<guid>{link}</guid><pubDate>{format_datetime(start - timedelta(hours=entry))}</pubDate>"
            f"<description>{paragraph}</description></item>"
        )
    head = f"<title>Writer {number}</title><link>https://writer{number}.example/</link><description>Notes</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(entries)}</channel></rss>'


def fill(desk: Path) -> int:
    """Make ``desk`` and read FEEDS feeds of ENTRIES entries into it; return how many items it has."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    outlines = "".join(
        f'<outline type="rss" text="Writer {n}" xmlUrl="http://127.0.0.1:{port}/{n}"/>' for n in range(FEEDS)
    )
    opml = desk.with_suffix(".opml")
    opml.write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>', encoding="utf-8")
    environment = {**os.environ, "CURATE_ALLOW_PRIVATE": f"127.0.0.0/8:{port}"}

    def curate(*arguments: str | Path) -> str:
        command = [CURATE, "-q", *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    try:
        curate("init", desk, "--name", "Dana Okafor", "--url", "https://dana.example", "--no-git", "--no-input")
        curate("-C", desk, "feed", "import", opml)
        curate("-C", desk, "fetch")
        return len(curate("-C", desk, "--plain", "item", "list", "--limit", "0").splitlines())
    finally:
        server.shutdown()
        server.server_close()


def seconds(command: list[str | Path]) -> float:
    """Run ``command`` once, in silence; return how long it took."""
    start = time.perf_counter()
    subprocess.run(
        command,
        env=ENVIRONMENT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    return time.perf_counter() - start


def main() -> int:
    """Fill a desk, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="how often each command runs")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as folder:
        desk = Path(folder) / "desk"
        items = fill(desk)
        print(f"{items} items in the desk, {rounds} rounds")
        assert items == FEEDS * ENTRIES, "the desk is not the one the limit is meant for"
        commands: dict[str, list[str | Path]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            'python -c "import click"': [sys.executable, "-c", "import click"],
            "curate today": [CURATE, "-C", desk, "today"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command)  # fills the caches of files and bytecode, for all alike
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(seconds(command))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, times in taken.items():
        print(f"  {name:26} median {medians[name] * 1000:6.1f} ms   fastest {min(times) * 1000:6.1f} ms")
    ratio = medians["curate today"] / medians['python -c "import click"']
    print(f"curate today / import click = {ratio:.2f} (limit {LIMIT:.0f})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
