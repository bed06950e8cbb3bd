"""A desk with accounts and shares before the share board, and a few ways to look at both."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from curate.desk.db import open_database
from curate.desk.settings import Settings, Site
from curate.shares import ledger, plan
from curate.tui.week import WeekBoard
from tests.shares.conftest import Ledger, a_ledger
from tests.shares.servers import START
from tests.shares.test_plan import write_post
from tests.tui.bare import WORDING, lines

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from textual.app import App

    from curate.shares.ledger import Share

BERLIN = Settings(site=Site(name="Dana", url="https://dana.example", timezone="Europe/Berlin"))


@contextlib.contextmanager
def a_planner(folder: Path) -> Iterator[Ledger]:
    """Two published posts and four accounts; it is Monday, 23 November, 09:00 in Berlin."""
    with a_ledger(folder) as book:
        book.settings = Settings(site=BERLIN.site)
        for slug in ("small-models", "another"):
            write_post(book, slug)
        book.account("mastodon", server="https://social.example")
        book.account("work", server="https://work.example")
        book.account("bluesky", "bluesky")
        book.account("paper", "manual")
        yield book


def planned(book: Ledger, account: str, words: str, at: str, *, slug: str = "small-models") -> Share:
    """Plan one share."""
    texts = {account: words}
    done = plan.plan_shares(book.desk, book.settings, book.connection, slug, texts, at=at, now=START)
    return done.shares[0]


def board(book: Ledger, **more: Any) -> WeekBoard:
    """The board as the command makes it."""
    return WeekBoard(book.desk, book.settings, book.connection, clock=lambda: START, wording=WORDING, **more)


def seen(app: App[None]) -> str:
    """What stands on the screen, in one text."""
    return "\n".join(lines(app))


def line_of(app: App[None], begin: str) -> str:
    """The line of the table that begins so."""
    return next(line for line in lines(app) if line.startswith(f" {begin}"))


def state(book: Ledger, share: Share) -> str:
    """What another program would read of a share."""
    with another(book) as connection:
        return ledger.find_share(connection, share.id).state


@contextlib.contextmanager
def another(book: Ledger) -> Iterator[sqlite3.Connection]:
    """Open the ledger as another program does."""
    connection = open_database(book.desk)
    try:
        yield connection
    finally:
        connection.close()
