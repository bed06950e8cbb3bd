"""Draw the pictures of the screens in docs/: triage at three sizes, from the sample feeds; the share board; a share.

Usage: python -m bench.screens. The same items and the same moment every time: only what changed in the screen shows.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from curate.cli import render
from curate.cli.item_view import byline
from curate.desk.db import open_database, transaction
from curate.desk.folder import write_new
from curate.desk.init import create_desk
from curate.desk.settings import PROMPTS, Account, Settings, Site
from curate.feeds.fetch import Fetched
from curate.feeds.health import record
from curate.feeds.parse import parse_feed
from curate.inbox.gathering import gather
from curate.inbox.receive import store_feed
from curate.shares.ledger import list_shares, set_aside
from curate.shares.plan import approve_shares, plan_shares
from curate.tui.rows import Wording
from curate.tui.sitting import Plan
from curate.tui.triage import Triage
from curate.tui.week import WeekBoard
from curate.tui.writing import Doors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from textual.app import App

    from curate.desk.folder import Desk

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
# What each picture shows: its name, the size in cells, the keys pressed before.
TRIAGE = (
    ("triage-80x24", (80, 24), ("s", "x", "j", "space")),
    ("triage-60x16", (60, 16), ("x", "n", *"the number is minutes")),
    ("triage-120x40", (120, 40), ("j", "s", "j")),
)
SHARES = (
    ("board-80x24", (80, 24), ("j", "j", "j", "l", "l")),
    ("compose-80x24", (80, 24), ("j", "enter")),
)
ACCOUNTS = {
    "linkedin": Account(network="linkedin"),
    "mastodon": Account(network="mastodon", server="https://social.example"),
    "bluesky": Account(network="bluesky"),
    "x": Account(network="x", slots=("wed 13:00",)),
    "facebook": Account(network="manual", slots=("mon 18:00",)),
}
POST = """---
title: {title}
slug: {slug}
date: 2026-11-21T08:40:00Z
kind: essay
status: published
---
Words.
"""
POSTS = {
    "small-models-on-call": "Small models are taking the night shift",
    "error-budgets": "Error budgets are a hiring signal",
    "on-call-pay": "Why our on-call pay changed",
}
EIGHT_WEEKS = (
    "Eight weeks, a 3B model, one pager. It drafted, a person sent, and two times out of three that saved three "
    "minutes.\n\nWould you let it decide whether to wake someone?"
)
# What is planned: the account, when, the post, the words, and whether they are approved.
PLANNED = (
    (
        "linkedin",
        "2026-11-23T08:40",
        "small-models-on-call",
        "Finding the right dashboard took longer than the fix.",
        True,
    ),
    (
        "mastodon",
        "2026-11-23T09:15",
        "small-models-on-call",
        EIGHT_WEEKS,
        True,
    ),
    ("bluesky", "2026-11-24T10:05", "small-models-on-call", "Minutes, not accuracy: a small model on call.", False),
    ("x", "2026-11-25T13:00", "small-models-on-call", "Would you let a 3B model page you?", True),
    ("facebook", "2026-11-23T18:00", "small-models-on-call", "Who should be woken at night, and by what?", True),
    ("linkedin", "2026-11-25T12:10", "error-budgets", "What a team does when its budget is gone says more.", False),
    ("mastodon", "2026-11-26T17:30", "error-budgets", "Ask in the interview what happened last time.", False),
    ("mastodon", "2026-11-26T19:30", "on-call-pay", "Pay for the night, not for the page.", False),
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


def plan(desk: Desk, settings: Settings, connection: sqlite3.Connection) -> None:
    """Plan a week of shares; one of them waits for a page that is not out."""
    for slug, title in POSTS.items():
        write_new(desk.content / f"{slug}.md", POST.format(title=title, slug=slug))
    for account, at, post, words, approved in PLANNED:
        [share] = plan_shares(desk, settings, connection, post, {account: words}, at=at, now=NOW).shares
        if approved:
            approve_shares(desk, settings, connection, [share.id], now=NOW)
    [held] = list_shares(connection, account="x")
    set_aside(connection, held, "held", f"its page {held.link} is not in the last deploy")


async def draw(app: App[None], title: str, name: str, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    """Press the keys and store the picture."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        picture = app.export_screenshot(title=title)
    picture = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", picture, flags=re.DOTALL)  # nothing is fetched to show it
    (ROOT / "docs" / f"{name}.svg").write_text(picture, encoding="utf-8")


@contextmanager
def a_desk() -> Iterator[tuple[Desk, sqlite3.Connection]]:
    """Make a desk for one picture."""
    with tempfile.TemporaryDirectory() as folder:
        desk = create_desk(
            Path(folder) / "desk", name="Dana Okafor", url="https://dana.example", topics=(), today=NOW.date()
        )
        with closing(open_database(desk)) as connection:
            yield desk, connection


def main() -> None:
    """Draw all pictures, each on a desk of its own."""
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    for name, size, keys in TRIAGE:
        with a_desk() as (_, connection):
            fill(connection)
            sitting, doors = Plan(timebox=timedelta(minutes=10)), Doors(prompts=PROMPTS)
            triage = Triage(connection, clock=lambda: NOW, wording=wording, plan=sitting, doors=doors)
            asyncio.run(draw(triage, "curate triage", name, size, keys))
    settings = Settings(site=Site(url="https://dana.example", timezone="Europe/Berlin"), accounts=ACCOUNTS)
    for name, size, keys in SHARES:
        with a_desk() as (desk, connection):
            plan(desk, settings, connection)
            board = WeekBoard(desk, settings, connection, clock=lambda: MONDAY, wording=wording)
            asyncio.run(draw(board, "curate share board", name, size, keys))


if __name__ == "__main__":
    main()
