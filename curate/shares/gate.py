"""Say why a share does not go out now: the account, the approval, the hour, its page, the clock, the money.

Each answer is a Hindrance, the state a share is put into and the reason for the person. Asks the ledger
and changes nothing in it; knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.shares import attempts, ledger
from curate.shares.compose import limits_of, measure
from curate.shares.expiry import again
from curate.shares.limits import MONTH, price
from curate.shares.networks.base import NeedsLogin, Rejected, RetryAt
from curate.shares.slots import LATE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from curate.desk.settings import Account, Settings
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Outcome, Ready

SIGN_IN_AGAIN = timedelta(hours=1)  # a wrong password is not tried every five minutes
SPACING = timedelta(minutes=15)  # between two late shares on one account
ADRIFT = timedelta(minutes=5)  # how far a network's clock may be from ours


@dataclass(frozen=True)
class Hindrance:
    """Why a share stays here: its ``state`` from now on, the ``reason``, and ``until`` when it is left alone."""

    state: str
    reason: str
    until: datetime | None = None


def hindrance(  # noqa: PLR0913 - all that may stand in the way
    connection: sqlite3.Connection,
    settings: Settings,
    share: Share,
    *,
    deployed: Callable[[str], bool],
    chosen: bool,
    now: datetime,
) -> Hindrance | None:
    """Return what keeps ``share`` from going out before its network is asked; one ``chosen`` may be late."""
    late = now - share.due_at
    last = ledger.last_sent(connection, share.account)
    pause = ledger.resting(connection, share.account, now)
    found = None
    if share.account not in settings.accounts:
        found = Hindrance("held", f"the account {share.account} is not in curate.toml any more")
    elif share.seal != share.public:
        found = Hindrance("held", f"it does not read as it was approved: curate share approve {share.id}")
    elif not chosen and late > LATE:
        why = f" ({share.reason})" if share.reason else ""
        words = f"its time passed more than two hours ago{why}: curate share move {share.id} --at next"
        found = Hindrance("missed", words)
    elif share.expires_at is not None and share.expires_at <= now:
        words = f"it was worth sending until {share.expires_at:%d %b %Y}: curate share cancel {share.id}"
        found = Hindrance("missed", words)
    elif not deployed(share.link):
        found = Hindrance("held", f"its page {share.link} is not in the last deploy")
    elif not chosen and late > SPACING and last is not None and abs(now - last) < SPACING:
        found = Hindrance("retry", "it is late, and another went out a moment ago", last + SPACING)
    elif pause is not None and (pause.state == "retry" or not chosen):
        found = _as_the_other(share, pause)
    return found


def _as_the_other(share: Share, pause: Share) -> Hindrance:
    """Return the Hindrance of a share whose account rests because of the share ``pause``."""
    if pause.state == "unknown":
        why = f"{share.account} cannot be asked now: curate share history {pause.id} says why"
        return Hindrance("held", why, pause.not_before)
    return Hindrance(pause.state, pause.reason, pause.not_before)


def adrift(share: Share, at: datetime | None, *, now: datetime) -> Hindrance | None:
    """Return what keeps ``share`` here when the network's clock says ``at``, and ours something else.

    It rests by the network's clock: by our own, it might for days once that is set right.
    """
    if at is None or abs(at - now) <= ADRIFT:
        return None
    clocks = f"this computer's clock says {now:%d %b %Y %H:%M}, {share.account}'s {at:%d %b %Y %H:%M} (UTC)"
    return Hindrance("held", f"{clocks}: set the clock", at + ADRIFT)


def objection(
    connection: sqlite3.Connection, share: Share, account: Account, answer: Ready, *, now: datetime
) -> Hindrance | None:
    """Return what keeps ``share`` from going out now that its network answered: its length, the clock, the money."""
    too_long = measure(share.text, limits_of(share.network, answer.characters)).problem
    if too_long:
        return Hindrance("rejected", f"{account.server or share.account} takes less: {too_long}")
    wrong = adrift(share, answer.at, now=now)
    if wrong is not None:
        return wrong
    cost = price(account, share.text)
    spent = attempts.spent(connection, share.account, since=now - MONTH) if cost else 0
    if spent + cost > account.budget * 1000:
        words = f"{spent / 1000:.2f} of {account.budget:.2f} US dollars are spent in 30 days, and it costs"
        return Hindrance("held", f"{words} {cost / 1000:.3f}: curate share copy {share.id} is free")
    return None


def refusal(share: Share, answer: NeedsLogin | RetryAt | Rejected, account: Account, *, now: datetime) -> Hindrance:
    """Return what a network's No before anything is sent means for ``share``."""
    if isinstance(answer, Rejected):
        return Hindrance("rejected", answer.reason)
    if isinstance(answer, NeedsLogin):
        return Hindrance("held", reason_of(answer, share, account), now + SIGN_IN_AGAIN)
    retry = Hindrance("retry", answer.reason, answer.at or later(share, now=now))
    return adrift(share, answer.clock, now=now) or retry


def reason_of(outcome: Outcome, share: Share, account: Account) -> str:
    """Return the reason of an outcome, '' when it has none; a network's No to the token with the way to another."""
    reason: str = getattr(outcome, "reason", "")
    refused = isinstance(outcome, NeedsLogin) and outcome.evidence and "curate " not in reason
    return f"{reason}: {again(share.account, account)}" if refused else reason


def later(share: Share, *, now: datetime) -> datetime:
    """Return when to try again: the later it is already, the longer the wait, between one and 30 minutes."""
    late = (now - share.due_at) / 2
    return now + min(max(late, timedelta(minutes=1)), timedelta(minutes=30))
