"""One file for each network: how it is asked, what its answers mean, how a share is found there again."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.networks.base import Channel, Office
    from curate.shares.tokens import Secret
    from curate.web.client import Client

CHANNELS = {
    "linkedin": "LinkedIn",
    "x": "X",
    "facebook": "Facebook",
    "threads": "Threads",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "email": "Email",
    "manual": "Manual",
}


def office_of(name: str, settings: Settings, client: Client, secret: Secret | None = None) -> Office:
    """Return what the account ``name`` works with; without a ``secret`` it can say what it would send."""
    from curate.shares.networks.base import Office

    language = settings.site.language
    return Office(name=name, account=settings.accounts[name], secret=secret, client=client, language=language)


def open_channel(office: Office, desk: Desk) -> Channel:
    """Return the way out for ``office.account``: to its network, or as a rehearsal into ``desk``'s outbox."""
    network = office.account.network
    channel: Channel = getattr(import_module(f"curate.shares.networks.{network}"), CHANNELS[network])(office)
    if office.account.deliver == "outbox" and network != "manual":
        from curate.shares.networks.outbox import Outbox

        return Outbox(office, desk, channel)
    return channel
