"""Draw the pictures of the triage screen in docs/, at three sizes, from the sample feeds.

Usage: python -m bench.screens. The same items and the same moment every time: only what changed in the screen shows.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from curate.cli import render
from curate.cli.item_view import byline
from curate.desk.db import open_database, transaction
from curate.desk.init import create_desk
from curate.desk.settings import PROMPTS
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.parse import parse_feed
from curate.inbox.gathering import gather
from curate.inbox.receive import store_feed
from curate.tui.rows import Wording
from curate.tui.sitting import Plan
from curate.tui.triage import Triage
from curate.tui.writing import Doors

if TYPE_CHECKING:
    import sqlite3

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
# Where each picture is taken: its name, the size in cells, the keys pressed before.
PICTURES = (
    ("triage-80x24", (80, 24), ("s", "x", "j", "space")),
    ("triage-60x16", (60, 16), ("x", "n", *"the number is minutes")),
    ("triage-120x40", (120, 40), ("j", "s", "j")),
)


def fill(connection: sqlite3.Connection) -> None:
    """Store what the sample feeds carry."""
    for path in sorted(path for path in (ROOT / "curate" / "samples").iterdir() if path.suffixes[:-1]):
        url = f"https://{path.name.partition('.')[0]}.example/feed"
        feed = parse_feed(path.read_bytes(), url, "", {})
        with transaction(connection):
            answer = Fetched(url=url, outcome="read", feed=feed)
            store_feed(connection, record(connection, answer, now=NOW, interval_minutes=60), feed, now=NOW)
    gather(connection)


async def draw(connection: sqlite3.Connection, name: str, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    """Press the keys and store the picture."""
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    plan = Plan(timebox=timedelta(minutes=10))
    app = Triage(connection, clock=lambda: NOW, wording=wording, plan=plan, doors=Doors(prompts=PROMPTS))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        picture = app.export_screenshot(title="curate triage")
    picture = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", picture, flags=re.DOTALL)  # nothing is fetched to show it
    (ROOT / "docs" / f"{name}.svg").write_text(picture, encoding="utf-8")


def main() -> None:
    """Draw all pictures, each on a desk of its own."""
    for name, size, keys in PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            desk = create_desk(
                Path(folder) / "desk", name="Dana Okafor", url="https://dana.example", topics=(), today=NOW.date()
            )
            with closing(open_database(desk)) as connection:
                fill(connection)
                asyncio.run(draw(connection, name, size, keys))


if __name__ == "__main__":
    main()
