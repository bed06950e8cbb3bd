"""Say how an account stands without asking its network: its token, what it may do, when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from curate.errors import CurateError
from curate.shares import tokens

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from curate.desk.settings import Account
    from curate.shares.tokens import Secret

SOON = timedelta(days=14)  # from then on, whoever looks is told
PRESSING = timedelta(days=7)  # from then on, the day's screen tells


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an account's token lies here; ``scopes`` and ``expires_at`` where the network told."""

    state: Literal["stored", "missing", "not needed"]
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


def standing(config: Path, account: Account) -> Standing:
    """Look at the token of ``account``. A token that others can read counts as none."""
    if account.network == "manual" or account.deliver == "outbox":
        return Standing(state="not needed")
    secret = stored_token(config, account)
    if secret is None:
        return Standing(state="missing")
    return Standing(state="stored", scopes=secret.scopes(), expires_at=secret.expires_at())


def stored_token(config: Path, account: Account) -> Secret | None:
    """Return the token of ``account``; None when there is none that can be used."""
    try:
        return tokens.load_token(config, account)
    except CurateError:
        return None


def remaining(expires_at: datetime, now: datetime) -> str:
    """Say how long a token is still good: ends in 12 days."""
    days = (expires_at - now) // timedelta(days=1)
    if expires_at <= now:
        return f"ended on {expires_at:%d %b %Y}"
    return f"ends in {days} day{'s' * (days != 1)}" if days else "ends within a day"


def ending(name: str, account: Account, expires_at: datetime | None, *, now: datetime, within: timedelta) -> str:
    """Return a warning when the sign-in ends ``within`` that time, with the command that mends it; else ''."""
    if expires_at is None or expires_at - now > within:
        return ""
    return f"The sign-in of {name} {remaining(expires_at, now)}: {again(name, account)}"


def version_ending(name: str, account: Account, *, now: datetime, within: timedelta) -> str:
    """Return a warning when the version of the network's API that is asked ends ``within`` that time; else ''."""
    if account.network != "linkedin" or account.deliver == "outbox":
        return ""
    from curate.shares.networks.linkedin import VERSION, VERSIONS, version_ends

    version = account.version or VERSION
    ends = version_ends(version)
    if ends is None or ends - now.date() > within:
        return ""
    when = f"{'ended' if ends <= now.date() else 'ends'} on {ends:%d %b %Y}"
    return (
        f"Version {version} of LinkedIn’s API, which {name} asks, {when}: "
        f"curate config set accounts.{name}.version YYYYMM ({VERSIONS} has them)"
    )


def again(name: str, account: Account) -> str:
    """Return the command that signs in to the account again."""
    return f"curate account add {account.network} --name {name}"
