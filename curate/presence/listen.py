"""Ask the networks what became of shares and what was said to us: hourly at most, reading only.

Each account is asked in spite of the others, and signed in to once. What a network refuses is said in words once,
until something about it changes, and then it is left alone for a day. Must not answer anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember, to_seconds
from curate.errors import CurateError
from curate.presence import metrics, received, replies
from curate.shares import attempts, ledger
from curate.shares.accounts import NEXT, REFUSED
from curate.shares.expiry import again
from curate.shares.limits import MONTH
from curate.shares.networks import open_channel
from curate.shares.networks.base import NeedsLogin, Office, RetryAt
from curate.shares.networks.readings import Hearing, Readable
from curate.shares.tokens import load_token, store_token

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.web.client import Client

FREE = ("mastodon", "bluesky", "facebook", "threads")  # networks that may be asked without money
FEED = "the webmentions"  # remembered beside the names of accounts
OVERLAP = timedelta(days=1)  # what is said may be told late
HOUR, DAY = timedelta(minutes=55), timedelta(days=1)
QUIET = timedelta(days=90)  # an account that sent nothing for so long is not asked any more


@dataclass(kw_only=True)
class Listening:
    """What asking brought: samples of shares, what was said to us, and ``troubles`` as whole sentences."""

    samples: int = 0
    replies: int = 0
    troubles: list[str] = field(default_factory=list)


async def listen(  # noqa: PLR0913 - what asking needs
    desk: Desk, settings: Settings, connection: sqlite3.Connection, client: Client, *, now: datetime, config: Path
) -> Listening:
    """Ask each account that is due; ``config`` is the tokens' folder."""
    done = Listening()
    for name, account in settings.accounts.items():
        may = account.deliver == "network" and (account.network in FREE or account.paid_figures)
        if may and _sends(connection, name, now) and _due(connection, name, now):
            remember(connection, NEXT.format(name), str(to_seconds(now + HOUR)))
            office = _office(settings, name, client, config)
            refusal = (
                await _ask(connection, desk, office, done, now=now, config=config)
                if isinstance(office, Office)
                else office
            )
            if isinstance(refusal, NeedsLogin):
                remember(connection, NEXT.format(name), str(to_seconds(now + DAY)))
                token = refusal.evidence and refusal.evidence in refusal.reason  # the network's own words about it
                mend = f" {again(name, account)} gives it a new token." if token else ""
                told = f"{name} cannot be asked what became of its shares: {refusal.reason}.{mend}"
                done.troubles.extend(_news(connection, name, told))
            elif refusal is not None and refusal.at is not None:
                remember(connection, NEXT.format(name), str(to_seconds(max(refusal.at, now + HOUR))))
    if settings.site.webmention_feed and _due(connection, FEED, now):
        await _receive(settings, connection, client, done, now=now, config=config)
    return done


async def _receive(  # noqa: PLR0913 - what asking needs
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    done: Listening,
    *,
    now: datetime,
    config: Path,
) -> None:
    """Ask for the site's webmentions; what is refused or fails is said, and left alone for a day or an hour."""
    feed = settings.site.webmention_feed
    remember(connection, NEXT.format(FEED), str(to_seconds(now + HOUR)))
    try:
        secret = load_token(config, received.Source(feed))
    except CurateError as error:
        done.troubles.extend(_news(connection, FEED, f"{error.message} {error.hint}".rstrip()))
        return
    answer = await received.receive(connection, client, feed, secret, home=settings.site.url, now=now)
    if isinstance(answer, int):
        remember(connection, REFUSED.format(FEED), "")
        done.replies += answer
        return
    if isinstance(answer, NeedsLogin):
        remember(connection, NEXT.format(FEED), str(to_seconds(now + DAY)))
    elif answer.at is not None:
        remember(connection, NEXT.format(FEED), str(to_seconds(max(answer.at, now + HOUR))))
    told = f"The site's webmentions could not be asked for: {answer.reason}. curate replies receive URL"
    done.troubles.extend(_news(connection, FEED, told))


def _news(connection: sqlite3.Connection, name: str, told: str) -> list[str]:
    """Return what is told of ``name``, unless it was the last that was."""
    if recall(connection, REFUSED.format(name)) == told:
        return []
    remember(connection, REFUSED.format(name), told)
    return [told]


def _sends(connection: sqlite3.Connection, name: str, now: datetime) -> bool:
    """Say whether an account sent something lately."""
    sent = ledger.last_sent(connection, name)
    return sent is not None and now - QUIET < sent <= now


def _due(connection: sqlite3.Connection, name: str, now: datetime) -> bool:
    """Say whether ``name`` was not asked in the last hour; a clock that was set asks."""
    until = recall(connection, NEXT.format(name))
    return not (until.isdecimal() and 0 < int(until) - to_seconds(now) <= DAY.total_seconds())


def _office(settings: Settings, name: str, client: Client, config: Path) -> Office | NeedsLogin:
    """Return what the account ``name`` is asked with; NeedsLogin without a token."""
    account = settings.accounts[name]
    try:
        secret = load_token(config, account)
    except CurateError as error:
        return NeedsLogin(reason=error.message.rstrip("."), evidence="")
    if secret is None:
        return NeedsLogin(reason=f"there is no token: curate account add {account.network} --name {name}", evidence="")
    return Office(name=name, account=account, secret=secret, client=client, language=settings.site.language)


async def _ask(  # noqa: PLR0913 - what asking needs
    connection: sqlite3.Connection, desk: Desk, office: Office, done: Listening, *, now: datetime, config: Path
) -> NeedsLogin | RetryAt | None:
    """Ask one account, when there is something to ask; return what it refused, if it did."""
    channel = open_channel(office, desk)
    begin = replies.first_sent(connection, office.name)
    if begin is None or not isinstance(channel, Readable):
        return None
    pace = metrics.FREE if office.account.network in FREE else metrics.PAID
    wanted = metrics.due_samples(connection, office.name, pace, now=now)
    if not wanted and not isinstance(channel, Hearing):
        return None
    answer = (_too_dear(connection, office, now) if pace is metrics.PAID else None) or await channel.ready(now=now)
    if isinstance(answer, (NeedsLogin, RetryAt)):
        return answer
    if answer.renewed is not None:
        try:
            store_token(config, office.account, answer.renewed)
        except CurateError as error:
            return NeedsLogin(reason=f"its new token cannot be kept: {error.message.rstrip('.')}", evidence="")
    heard = None
    if isinstance(channel, Hearing):
        last = replies.last_said(connection, office.name)
        heard = await channel.heard(since=max(begin, last - OVERLAP) if last else begin, now=now)
        if isinstance(heard, list):
            done.replies += replies.add_replies(connection, office.name, office.account.network, heard, now=now)
    measured = await _measure(connection, channel, office.name, wanted, done, now=now)
    refusal = heard if isinstance(heard, (NeedsLogin, RetryAt)) else measured
    if wanted and refusal is None:
        remember(connection, REFUSED.format(office.name), "")
    return refusal


def _too_dear(connection: sqlite3.Connection, office: Office, now: datetime) -> NeedsLogin | None:
    """Say that the account's budget is spent; None when it is not."""
    spent = attempts.spent(connection, office.name, since=now - MONTH)
    if spent < office.account.budget * 1000:
        return None
    words = f"{spent / 1000:.2f} of {office.account.budget:.2f} US dollars are spent in 30 days"
    return NeedsLogin(reason=words, evidence="")


async def _measure(  # noqa: PLR0913 - whom, what and where to
    connection: sqlite3.Connection,
    channel: Readable,
    name: str,
    wanted: dict[str, int],
    done: Listening,
    *,
    now: datetime,
) -> NeedsLogin | RetryAt | None:
    """Take the samples that are due, and write down what that cost; return what was refused."""
    if not wanted:
        return None
    with attempts.counting(connection, name, channel, now=now):
        figures = await channel.figures(list(wanted), now=now)
    if not isinstance(figures, dict):
        return figures
    samples = {wanted[remote_id]: told for remote_id, told in figures.items()}
    done.samples += metrics.add_samples(connection, samples, origin="network", now=now)
    return None
