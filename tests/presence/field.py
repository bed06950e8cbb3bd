"""A ledger with a share out on each network that can be asked, and what asking them brings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.presence.listen import Listening, listen
from curate.presence.metrics import standings
from tests.shares.servers import START, BlueskyServer, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from datetime import datetime

    from curate.shares.networks.readings import Figures
    from tests.shares.conftest import Ledger

SOCIAL, SKY = "https://social.example", "https://sky.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Field:
    """A ledger with a share out on each network, and what asking them brings."""

    def __init__(self, book: Ledger) -> None:
        self.book, self.mastodon, self.bluesky = book, MastodonServer(), BlueskyServer()
        self.client = MemoryClient({SOCIAL: self.mastodon, SKY: self.bluesky})
        book.account("mastodon", server=SOCIAL, handle="dana", token=self.mastodon.password)
        book.account("bluesky", "bluesky", server=SKY, handle="dana.test", token=self.bluesky.password)
        self.shares = [book.share("mastodon"), book.share("bluesky", text="Words for the sky")]
        assert len(book.send(client=self.client).sent) == 2

    def listen(self, now: datetime) -> Listening:
        book = self.book
        return asyncio.run(listen(book.desk, book.settings, book.connection, self.client, now=now, config=book.config))

    def figures(self) -> dict[str, Figures]:
        found = standings(self.book.connection, since=START - DAY, until=START + 90 * DAY)
        return {one.account: one.figures for one in found}

    def likes(self) -> list[int]:
        """Return what is known of Mastodon's statuses, of which each has as many as its number."""
        found = standings(self.book.connection, since=START - DAY, until=START + 90 * DAY)
        return sorted(one.figures.likes or 0 for one in found if one.account == "mastodon")
