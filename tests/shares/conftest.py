"""A desk with accounts, and shares in its ledger, without the command line."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.db import open_database, transaction
from curate.desk.folder import Desk
from curate.desk.settings import Account, Settings, Site
from curate.shares import ledger, sender, tokens
from curate.shares.tokens import Secret
from curate.web.client import Client
from tests.shares.servers import START

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from curate.shares.ledger import Share
    from curate.shares.sender import SendReport, Step

LINK = "https://dana.example/2026/small-models/"


@dataclass
class Ledger:
    """A desk's ledger and what a pass over it needs."""

    desk: Desk
    connection: sqlite3.Connection
    config: Path
    settings: Settings = field(default_factory=lambda: Settings(site=Site(name="Dana", url="https://dana.example")))
    pages: set[str] = field(default_factory=lambda: {LINK})

    def account(self, name: str, network: Any = "mastodon", *, token: str = "", **more: Any) -> Account:
        """Add an account, with its token when there is one."""
        account = Account(network=network, **more)
        self.settings.accounts[name] = account
        if token:
            tokens.store_token(self.config, account, Secret(token))
        return account

    def share(
        self,
        account: str = "mastodon",
        text: str = "Words of mine",
        *,
        due: datetime = START,
        approve: bool = True,
        link: str = LINK,
    ) -> Share:
        """Plan a share, and approve it."""
        with transaction(self.connection):
            share = ledger.add_share(
                self.connection, post="small-models", link=link, title="Small models", summary="Mine", account=account,
                network=self.settings.accounts[account].network, text=f"{text}\n\n{link}", due_at=due,
                wall="2026-11-23T08:00", zone="UTC", now=due - timedelta(hours=1),
            )  # fmt: skip
            return ledger.set_approved(self.connection, share, now=due - timedelta(hours=1)) if approve else share

    def find(self, share: Share) -> Share:
        return ledger.find_share(self.connection, share.id)

    def send(
        self,
        *,
        now: datetime = START,
        clock: Callable[[], datetime] | None = None,
        client: Client | None = None,
        only: tuple[str, ...] = (),
        observe: Callable[[Step, Share], None] = sender.unobserved,
        timeout: float = 5.0,
    ) -> SendReport:
        """Make one pass, over the network unless ``client`` goes elsewhere."""

        async def go(client: Client) -> SendReport:
            return await sender.send_due(
                self.connection, client, self.desk, self.settings, config=self.config, clock=clock or (lambda: now),
                deployed=self.pages.__contains__, only=only, observe=observe,
            )  # fmt: skip

        async def over_the_network() -> SendReport:
            async with Client(allow_private=["127.0.0.0/8"], timeout=timeout) as real:
                return await go(real)

        return asyncio.run(go(client) if client is not None else over_the_network())


@contextlib.contextmanager
def a_ledger(folder: Path) -> Iterator[Ledger]:
    """Make a desk in ``folder`` and open its ledger."""
    desk = Desk(folder / "desk")
    desk.root.mkdir(exist_ok=True)
    desk.settings.touch()
    ledger = Ledger(desk, open_database(desk), folder / "config")
    try:
        yield ledger
    finally:
        ledger.connection.close()  # a test may have opened another one


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with a_ledger(tmp_path) as ledger:
        yield ledger
