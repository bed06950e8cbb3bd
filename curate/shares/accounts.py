"""Connect accounts: their settings into curate.toml, their tokens into the keyring, tested where that can be.

A token that the network refuses is not stored. One that could not be tested, because the network could
not be reached, is, and that is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from curate.desk import settings as store
from curate.desk.settings import Account
from curate.errors import NetworkTrouble, SignInNeeded, Unknown, UsageError
from curate.shares import ledger, tokens
from curate.shares.compose import LIMITS
from curate.shares.networks import open_channel
from curate.shares.networks.base import NeedsLogin, Office, Ready, RetryAt
from curate.web.guard import refused

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Network, Settings
    from curate.shares.tokens import Secret
    from curate.web.client import Client

SERVERS = {"bluesky": "https://bsky.social"}  # where an account is, unless its owner says otherwise


@dataclass(frozen=True, kw_only=True)
class Connected:
    """An account as it stands in curate.toml now; ``stored`` says where its token is, '' when it needs none."""

    name: str
    account: Account
    tested: bool
    stored: str
    warnings: tuple[str, ...] = ()


def needs_token(account: Account) -> bool:
    """Say whether the account sends to a network that asks who we are."""
    return account.network != "manual" and account.deliver == "network"


def wanted_account(  # noqa: PLR0913 - what a person may say of an account
    settings: Settings, network: Network, *, name: str, server: str, handle: str, deliver: str
) -> tuple[str, Account]:
    """Return the name and settings of the account a person describes, before anything is asked or stored.

    Raises UsageError for what cannot be meant, such as another account under a name that is taken.
    """
    name = name or network
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UsageError(f"“{name}” cannot be an account's name.", "Use small letters, digits, - and _.")
    there = settings.accounts.get(name)
    if there is not None and there.network != network:
        raise UsageError(f"{name} is an account on {there.network}.", "Give the new one another --name.")
    server = checked_server(network, server or (there.server if there else "") or SERVERS.get(network, ""))
    handle = (handle or (there.handle if there else "")).strip().removeprefix("@")
    if network == "mastodon":
        handle = handle.partition("@")[0]
    if there is not None and there.handle and (there.server, there.handle) != (server, handle):
        raise UsageError(
            f"{name} is {there.handle} on {there.server} already.",
            f"Give the new one a --name, or curate account remove {name} first.",
        )
    if network == "bluesky" and not re.fullmatch(r"did:[a-z]+:\S+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", handle):
        raise UsageError("Bluesky needs your handle.", "--handle dana.bsky.social")
    account = replace(there or Account(network=network), server=server, handle=handle, deliver=deliver or "network")
    return name, account


def checked_server(network: str, server: str) -> str:
    """Return a server's address without its path. Raises UsageError when a token must not go there."""
    if network == "manual":
        return server
    if not server:
        raise UsageError(f"Which server is your {network} account on?", "--server https://mastodon.social")
    parts = urlsplit(server if "://" in server else f"https://{server}")
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.username:
        raise UsageError(f"“{server}” is not a server's address.", "Write it whole: https://mastodon.social")
    if parts.scheme == "http" and not _near(host):
        raise UsageError(f"{server} is not encrypted, so a token must not go there.", f"--server https://{host}")
    return f"{parts.scheme}://{parts.netloc}"


def _near(host: str) -> bool:
    """Say whether ``host`` is this machine or in its own network."""
    try:
        return host == "localhost" or refused(ip_address(host))
    except ValueError:
        return False


async def connect(  # noqa: PLR0913 - what an account is made of
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    *,
    name: str,
    account: Account,
    secret: Secret | None,
    config: Path,
    now: datetime,
) -> Connected:
    """Test and store the account ``name``; its shares that waited for a token go with the next pass.

    Raises SignInNeeded when the network refuses the token: nothing is stored then.
    """
    warnings = []
    stored = ""
    tested = False
    if needs_token(account):
        if secret is None:
            raise SignInNeeded(
                name, f"{name} needs a token.", f"curate account add {account.network} --token-file FILE"
            )
        answer = await _ask(desk, settings, client, name, account, secret, now)
        if isinstance(answer, NeedsLogin):
            raise SignInNeeded(name, f"{answer.reason}.", "Nothing was stored. Copy the token again, whole.")
        if isinstance(answer, RetryAt):
            warnings.append(f"The token is stored untested: {answer.reason}. curate account test {name} tries it.")
        else:
            tested = True
            if account.handle and answer.handle.lower() != account.handle.lower():
                warnings.append(f"The token belongs to {answer.handle}, not to {account.handle}; shares go there.")
            characters = answer.characters if answer.characters != LIMITS[account.network].characters else 0
            account = replace(account, handle=answer.handle, characters=characters)
        stored = tokens.store_token(config, account, secret)
    _write(desk.settings, settings, name, account)
    ledger.release(connection, name)
    return Connected(name=name, account=account, tested=tested, stored=stored, warnings=tuple(warnings))


def _write(path: Path, settings: Settings, name: str, account: Account) -> None:
    """Write what differs from an account's defaults, and nothing of the rest of its table."""
    texts = {"network": account.network, "server": account.server, "handle": account.handle}
    there = settings.accounts.get(name)
    if account.deliver != (there.deliver if there else "network"):
        texts["deliver"] = account.deliver
    store.add_account(path, name, {key: text for key, text in texts.items() if text or there})
    if account.characters != (there.characters if there else 0):
        store.set_setting(path, f"accounts.{name}.characters", str(account.characters))


async def test(  # noqa: PLR0913 - what an account is made of
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    name: str,
    *,
    config: Path,
    now: datetime,
) -> str:
    """Sign in to the account ``name`` and return as whom. Raises Unknown, SignInNeeded, NetworkTrouble."""
    account = find_account(settings, name)
    if not needs_token(account):
        return account.handle
    secret = tokens.load_token(config, account)
    again = f"curate account add {account.network} --name {name}"
    if secret is None:
        raise SignInNeeded(name, f"There is no token of {name}.", again)
    answer = await _ask(desk, settings, client, name, account, secret, now)
    if isinstance(answer, NeedsLogin):
        raise SignInNeeded(name, f"{name}: {answer.reason}.", again)
    if isinstance(answer, RetryAt):
        raise NetworkTrouble(account.server, f"{name}: {answer.reason}.", "The token is kept. Try again later.")
    ledger.release(connection, name)
    return answer.handle


def disconnect(desk: Desk, settings: Settings, name: str, *, config: Path) -> None:
    """Forget the account ``name``, and its token unless another name uses the same one. Raises Unknown."""
    account = find_account(settings, name)
    store.remove_account(desk.settings, name)
    others = [other for key, other in settings.accounts.items() if key != name]
    if not any(
        (other.network, other.server, other.handle) == (account.network, account.server, account.handle)
        for other in others
    ):
        tokens.forget_token(config, account)


def find_account(settings: Settings, name: str) -> Account:
    """Return the account of exactly this name. Raises Unknown."""
    if name not in settings.accounts:
        raise Unknown("account", name, "curate account list shows them.")
    return settings.accounts[name]


async def _ask(  # noqa: PLR0913, PLR0917 - what a channel is made of
    desk: Desk, settings: Settings, client: Client, name: str, account: Account, secret: Secret, now: datetime
) -> Ready | NeedsLogin | RetryAt:
    office = Office(name=name, account=account, secret=secret, client=client, language=settings.site.language)
    return await open_channel(office, desk).ready(now=now)
