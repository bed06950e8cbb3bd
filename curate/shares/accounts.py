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
from curate.desk.db import remember
from curate.desk.settings import Account
from curate.errors import NetworkTrouble, SignInNeeded, Unknown, UsageError
from curate.shares import ledger, tokens
from curate.shares.compose import LIMITS
from curate.shares.expiry import again
from curate.shares.networks import open_channel
from curate.shares.networks.base import NeedsLogin, Office, Ready, RetryAt
from curate.shares.pds import DIRECTORY, ENTRYWAY, find_server
from curate.web.guard import refused

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Network, Settings
    from curate.shares.tokens import Secret
    from curate.web.client import Client

PACE = {"linkedin": (1, 4), "facebook": (1, 3), "email": (1, 1)}  # shares a day and a week; else the settings' usual
NEXT, REFUSED = "listen {}", "refused {}"  # facts of an account: when it is asked again, why it cannot be asked
ANYWHERE = ("mastodon", "email")  # networks of many servers, one of which must be named
MAIL_PORTS = {"smtps": 465, "smtp": 587}
ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")


@dataclass(frozen=True, kw_only=True)
class Connected:
    """An account as it stands in curate.toml now; ``stored`` says where its token is, '' when it needs none."""

    name: str
    account: Account
    tested: bool
    stored: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tested:
    """As whom a token signs in, what it may do and until when, where the network tells."""

    handle: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


def needs_token(account: Account) -> bool:
    """Say whether the account sends to a network that asks who we are."""
    return account.network != "manual" and account.deliver == "network"


def wanted_account(  # noqa: PLR0913 - what a person may say of an account
    settings: Settings,
    network: Network,
    *,
    name: str,
    server: str,
    handle: str,
    deliver: str,
    recipients: tuple[str, ...] = (),
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
    server = checked_server(network, server or (there.server if there else ""))
    if network == "bluesky" and not server and deliver == "outbox":
        server = ENTRYWAY
    handle = (handle or (there.handle if there else "")).strip().removeprefix("@")
    if network == "mastodon":
        handle = handle.partition("@")[0]
    if there is not None and there.handle and (there.server, there.handle) != (server, handle):
        raise UsageError(
            f"{name} is {there.handle} on {there.server or network} already.",
            f"Give the new one a --name, or curate account remove {name} first.",
        )
    if network == "bluesky" and not re.fullmatch(r"did:[a-z]+:\S+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", handle):
        raise UsageError("Bluesky needs your handle.", "--handle dana.bsky.social")
    if network == "email" and not ADDRESS.fullmatch(handle):
        raise UsageError("Which address do your mails come from?", "--handle dana@example.org")
    recipients = recipients or (there.recipients if there else ())
    wrong = [one for one in recipients if not ADDRESS.fullmatch(one)]
    if wrong or (network == "email" and not recipients):
        raise UsageError(
            f"“{wrong[0]}” is not an e-mail address." if wrong else "Who gets your mails?",
            "--recipients ben@example.org,list@example.org",
        )
    account = replace(
        there or Account(network=network),
        server=server,
        handle=handle,
        recipients=recipients,
        deliver=deliver or "network",
    )
    if there is None or not there.handle:
        account = _paced(account)
    return name, account


def _paced(account: Account) -> Account:
    """Return a new account with its network's own pace, unless its settings say another."""
    usual = Account(network=account.network)
    if (account.per_day, account.per_week) != (usual.per_day, usual.per_week):
        return account
    per_day, per_week = PACE.get(account.network, (usual.per_day, usual.per_week))
    return replace(account, per_day=per_day, per_week=per_week)


async def at_home(client: Client, account: Account, *, directory: str = DIRECTORY) -> tuple[Account, str]:
    """Return a Bluesky account with the server it lives on, and a warning when that had to be guessed.

    Any other account, and one whose server is known, is returned as it is.
    """
    if account.network != "bluesky" or account.server:
        return account, ""
    entryway = checked_server("bluesky", account.sign_in or ENTRYWAY)
    found = await find_server(client, account.handle, entryway=entryway, directory=directory)
    try:
        if found:
            return replace(account, server=checked_server("bluesky", found)), ""
    except UsageError:
        pass  # a server that a password must not go to
    warning = f"Where {account.handle} lives could not be found, so {entryway} is asked. --server URL says it."
    return replace(account, server=entryway), warning


def checked_server(network: str, server: str) -> str:
    """Return a server's address without its path. Raises UsageError when a token must not go there."""
    if network == "manual":
        return server
    if not server:
        if network not in ANYWHERE:
            return ""
        example = "https://mastodon.social" if network == "mastodon" else "smtp.example.org"
        raise UsageError(f"Which server is your {network} account on?", f"--server {example}")
    if network == "email":
        return _mail_server(server)
    try:
        parts = urlsplit(server if "://" in server else f"https://{server}")
        host = (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("https", "http") or not host or parts.username:
        raise UsageError(f"“{server}” is not a server's address.", "Write it whole: https://mastodon.social")
    if parts.scheme == "http" and not _near(host):
        raise UsageError(f"{server} is not encrypted, so a token must not go there.", f"--server https://{host}")
    return f"{parts.scheme}://{parts.netloc}"


def _mail_server(server: str) -> str:
    """Return a mail server's address with scheme and port: smtps (encrypted at once) or smtp (by STARTTLS)."""
    try:
        parts = urlsplit(server if "://" in server else f"//{server}", scheme="smtp" if ":587" in server else "smtps")
        host, port = parts.hostname or "", parts.port or MAIL_PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port or parts.username or parts.path.strip("/"):
        raise UsageError(f"“{server}” is not a mail server's address.", "--server smtp.example.org, or with its port")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


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

    Raises SignInNeeded when the network refuses the token, and UsageError when the account is there
    under another name: nothing is stored then.
    """
    warnings = []
    stored = ""
    tested = False
    _refuse_twin(settings, name, account)
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
            secret = _told(secret, answer)
            _refuse_twin(settings, name, account)
        stored = tokens.store_token(config, account, secret)
    _write(desk.settings, settings, name, account)
    _believe(connection, name)
    return Connected(
        name=name,
        account=account,
        tested=tested,
        stored=stored,
        scopes=secret.scopes() if secret else (),
        expires_at=secret.expires_at() if secret else None,
        warnings=tuple(warnings),
    )


def _believe(connection: sqlite3.Connection, name: str) -> None:
    """Let what waited for a good token go with the next pass, and ask again what was refused."""
    ledger.release(connection, name)
    for fact in (NEXT, REFUSED):
        remember(connection, fact.format(name), "")


def _refuse_twin(settings: Settings, name: str, account: Account) -> None:
    """Raise UsageError when another name stands for the same account: a share to both would be out twice."""
    if not account.handle or account.network in {"manual", "email"}:
        return
    for other, there in settings.accounts.items():
        same = (there.network, there.server, there.deliver) == (account.network, account.server, account.deliver)
        if other != name and same and there.handle.lower() == account.handle.lower():
            raise UsageError(
                f"{other} is {there.handle} on {there.server or there.network} already: two names would share twice.",
                f"Nothing was stored. curate account add {account.network} --name {other} gives it a new token.",
            )


def _told(secret: Secret, answer: Ready) -> Secret:
    """Return the secret to keep: the renewed one if there is one, with what the network said of it."""
    return (answer.renewed or secret).with_parts(
        expires_at=answer.expires_at.isoformat() if answer.expires_at else "", scopes=" ".join(answer.scopes)
    )


def _write(path: Path, settings: Settings, name: str, account: Account) -> None:
    """Write what differs from an account's defaults, and nothing of the rest of its table."""
    there = settings.accounts.get(name)
    before = there or Account(network=account.network)
    values: dict[str, object] = {"network": account.network, "server": account.server, "handle": account.handle}
    values = {key: text for key, text in values.items() if text or there}
    if account.recipients != before.recipients:
        values["recipients"] = list(account.recipients)
    for key in ("deliver", "per_day", "per_week", "characters"):
        if getattr(account, key) != getattr(before, key):
            values[key] = getattr(account, key)
    store.add_account(path, name, values)


async def test(  # noqa: PLR0913 - what an account is made of
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    name: str,
    *,
    config: Path,
    now: datetime,
) -> Tested:
    """Sign in to the account ``name`` and return as whom. Raises Unknown, SignInNeeded, NetworkTrouble."""
    account = find_account(settings, name)
    if not needs_token(account):
        return Tested(handle=account.handle)
    secret = tokens.load_token(config, account)
    if secret is None:
        raise SignInNeeded(name, f"There is no token of {name}.", again(name, account))
    answer = await _ask(desk, settings, client, name, account, secret, now)
    if isinstance(answer, NeedsLogin):
        raise SignInNeeded(name, f"{name}: {answer.reason}.", again(name, account))
    if isinstance(answer, RetryAt):
        raise NetworkTrouble(account.server, f"{name}: {answer.reason}.", "The token is kept. Try again later.")
    kept = _told(secret, answer)
    if answer.renewed is not None or (kept.scopes(), kept.expires_at()) != (secret.scopes(), secret.expires_at()):
        tokens.store_token(config, account, kept)
    _believe(connection, name)
    return Tested(handle=answer.handle, scopes=kept.scopes(), expires_at=kept.expires_at())


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
