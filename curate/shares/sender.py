"""Send what is due, at most once: the ledger is written first, and what may be out is looked for first.

One pass under the desk's lock: whatever a dead process was sending becomes unknown; every unknown share
is looked for on its network; then each approved share whose time has come is sent with one irreversible
request, its exact content and key on the disk before the request leaves. Knows no network by name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from curate.desk.locks import hold
from curate.errors import Conflict, CurateError, Refused
from curate.shares import attempts, gap, home, ledger
from curate.shares.gate import SIGN_IN_AGAIN, Hindrance, adrift, hindrance, later, objection, reason_of, refusal
from curate.shares.limits import price
from curate.shares.networks import office_of, open_channel
from curate.shares.networks.base import (
    SETTLED,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    HandedOver,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.pictures import bare_picture
from curate.shares.tokens import load_token, store_token

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Account, Settings
    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Channel, Outcome
    from curate.web.client import Client

Step: TypeAlias = Literal["chosen", "staged", "written", "asked", "recorded"]
OUTCOMES = {
    Sent: ("sent", "sent"),
    AlreadySent: ("already_sent", "sent"),
    HandedOver: ("handed_over", "handed_over"),
    Rejected: ("rejected", "rejected"),
    RetryAt: ("retry", "retry"),
    NeedsLogin: ("needs_login", "held"),
    Unknown: ("unknown", "unknown"),
}  # outcome → the attempt's word, the share's state


@dataclass(frozen=True, kw_only=True)
class SendReport:
    """What became of every share the pass touched, each as it is now, with its reason or address.

    ``unknown`` has every unknown share there is. ``sign_in`` names the accounts that need a token.
    """

    sent: tuple[Share, ...] = ()
    held: tuple[Share, ...] = ()
    unknown: tuple[Share, ...] = ()
    missed: tuple[Share, ...] = ()
    rejected: tuple[Share, ...] = ()
    retry: tuple[Share, ...] = ()
    handed_over: tuple[Share, ...] = ()
    sign_in: tuple[str, ...] = ()


def unobserved(_step: Step, _share: Share) -> None:
    """Watch nothing."""


async def send_due(  # noqa: PLR0913 - the whole of one pass
    connection: sqlite3.Connection,
    client: Client,
    desk: Desk,
    settings: Settings,
    *,
    config: Path,
    clock: Callable[[], datetime],
    deployed: Callable[[str], bool],
    only: Sequence[str] = (),
    observe: Callable[[Step, Share], None] = unobserved,
) -> SendReport:
    """Send the shares that are due, or those of ``only`` whether due or late, and say what became of them.

    ``config`` is the tokens' folder; ``deployed`` says whether a link's page is in the last deploy.
    ``clock`` is asked again and again: a pass may last minutes, and how long ago a request left decides
    whether it may be made again.
    ``observe`` hears of each step of each share: chosen, staged (what can be repeated is done), written
    (its intent is on the disk), asked (the network answered or did not), recorded. Raises Conflict when another pass is
    under way, Refused for a copy of a desk, Unknown and Refused for ids in ``only`` that cannot be sent.
    """
    with hold(desk, "send"):
        home.check(connection, desk, config)
        ledger.end_interrupted(connection, now=clock())
        wanted = [_sendable(connection, share_id) for share_id in only]
        work = _Pass(connection, client, desk, settings, config=config, clock=clock, deployed=deployed, observe=observe)
        for share in ledger.list_shares(connection, states=("unknown",)):
            await work.look_for(share)
        for share in wanted if only else ledger.due_shares(connection, clock()):
            await work.send(share, chosen=bool(only))
        return work.report()


def preview(  # noqa: PLR0913 - what a pass works with
    connection: sqlite3.Connection,
    desk: Desk,
    settings: Settings,
    client: Client,
    *,
    now: datetime,
    only: Sequence[str] = (),
) -> list[tuple[Share, dict[str, Any]]]:
    """Return each share a pass would send now, with its exact request; asks nobody and changes nothing."""
    shares = [_sendable(connection, share_id) for share_id in only] or ledger.due_shares(connection, now)
    requests = []
    for share in shares:
        if share.account in settings.accounts:
            office = office_of(share.account, settings, client)
            requests.append((share, open_channel(office, desk).freeze(share, now=now).payload))
    return requests


def _sendable(connection: sqlite3.Connection, share_id: str) -> Share:
    share = ledger.find_share(connection, share_id)
    if share.state in (*ledger.UNSENT, "missed"):
        return share
    hint = {
        "draft": f"curate share approve {share_id}",
        "unknown": "Every pass looks for it on the network first: curate share send --due",
    }.get(share.state, "curate share history shows what became of it.")
    raise Refused(f"{share_id} is {share.state.replace('_', ' ')}; it is not sent.", hint)


class _Pass:
    """One pass: the accounts' channels it opened, and the shares it touched."""

    def __init__(  # noqa: PLR0913 - what a pass works with
        self,
        connection: sqlite3.Connection,
        client: Client,
        desk: Desk,
        settings: Settings,
        *,
        config: Path,
        clock: Callable[[], datetime],
        deployed: Callable[[str], bool],
        observe: Callable[[Step, Share], None],
    ) -> None:
        self.connection = connection
        self.client = client
        self.desk = desk
        self.settings = settings
        self.config = config
        self.clock = clock
        self.deployed = deployed
        self.observe = observe
        self.channels: dict[str, Channel] = {}
        self.answers: dict[str, Ready | NeedsLogin | RetryAt] = {}
        self.touched: dict[str, None] = {}
        self.fresh: set[int] = set()  # attempts looked for while a server might still be at work on them

    @property
    def now(self) -> datetime:
        """Return what time it is."""
        return self.clock()

    async def look_for(self, share: Share) -> None:
        """Find out whether an unknown share is out; send it when that is proved safe."""
        if share.rests(self.now):
            return
        account = self.settings.accounts.get(share.account)
        attempt = gap.try_of(self.connection, share, via=_via(account), freeze=self._freeze) if account else None
        if account is None or (attempt is not None and attempt.via != _via(account)):
            self._say(share, "it was sent through another account than curate.toml has now; look yourself")
            return
        if attempt is None or not attempt.whole:
            self._say(share, "what was sent is not on record any more; look yourself")
            return
        answer = await self._sign_in(share.account, account)
        if not isinstance(answer, Ready):
            until = self.now + SIGN_IN_AGAIN if isinstance(answer, NeedsLogin) else answer.at
            self._say(share, f"it may be out, and cannot be looked for now: {answer.reason}", until)
            return
        if min(self.now, answer.at or self.now) - attempt.started_at < SETTLED:  # our clock may have been set since
            self.fresh.add(attempt.number)
        channel = self.channels[share.account]
        known = ledger.remote_ids(self.connection, share.account)
        with attempts.counting(self.connection, share.account, channel, now=self.now):
            found = await channel.confirm(attempt, known=known, now=self.now)
        if isinstance(found, Found):
            self._found(share, attempt, found)
        elif isinstance(found, CannotTell):
            self._say(share, f"it may be out: {found.reason}")
        elif wrong := adrift(share, answer.at, now=self.now):
            # Absent may be said because enough time has passed, and how much has, nobody knows.
            self._say(share, f"it may be out, and cannot be looked for now: {wrong.reason}")
        elif share.seal and (attempt.key or share.due_at <= self.now):
            await self.send(share, absent=attempt if attempt.key else None)
        else:
            ledger.set_aside(self.connection, share, "approved" if share.seal else "draft", "")

    async def send(self, share: Share, *, chosen: bool = False, absent: Attempt | None = None) -> None:
        """Send one share, or set it aside with the reason.

        ``chosen`` by the person, it may be late. ``absent`` is the attempt that was looked for and not
        found, when there is one: until it is settled, the share stays unknown unless it is sent again
        under the same key.
        """
        self.touched[share.id] = None
        try:
            stopped = hindrance(
                self.connection, self.settings, share, deployed=self.deployed, chosen=chosen, now=self.now
            )
            if stopped is None:
                stopped = await self._deliver(share, absent)
            elif stopped.state == "missed":
                stopped = await self._wrong_clock(share) or stopped
            if stopped is None:
                return
            if absent is not None and absent.number in self.fresh:
                self._say(share, f"it may be out, and is not sent again now: {stopped.reason}")
            else:
                ledger.set_aside(self.connection, share, stopped.state, stopped.reason, not_before=stopped.until)
        except Conflict:
            return  # the person changed it a moment ago: it is as they want it, and the next pass sees that

    async def _wrong_clock(self, share: Share) -> Hindrance | None:
        """Return what keeps ``share`` here when it is not late at all: our clock is wrong, and its network knows.

        An account that rests is not asked.
        """
        if ledger.resting(self.connection, share.account, self.now) is not None:
            return None
        answer = await self._sign_in(share.account, self.settings.accounts[share.account])
        at = answer.at if isinstance(answer, Ready) else getattr(answer, "clock", None)
        return adrift(share, at, now=self.now)

    def report(self) -> SendReport:
        """Return every share touched, as it is now."""
        shares = [ledger.find_share(self.connection, share_id) for share_id in self.touched]
        states: dict[str, tuple[Share, ...]] = {
            state: tuple(share for share in shares if share.state == state)
            for state in ("sent", "held", "missed", "rejected", "retry", "handed_over")
        }
        return SendReport(
            **states,
            unknown=tuple(ledger.list_shares(self.connection, states=("unknown",))),
            sign_in=tuple(name for name, answer in self.answers.items() if isinstance(answer, NeedsLogin)),
        )

    async def _deliver(self, share: Share, absent: Attempt | None) -> Hindrance | None:
        """Make the one request and record its outcome; return what came in its way."""
        account = self.settings.accounts[share.account]
        answer = await self._sign_in(share.account, account)
        if not isinstance(answer, Ready):
            return refusal(share, answer, account, now=self.now)
        objected = objection(self.connection, share, account, answer, now=self.now)
        if objected is not None:
            return objected
        self.observe("chosen", share)
        channel = self.channels[share.account]
        request = await self._request(share, channel, absent)
        if not isinstance(request, tuple):
            return refusal(share, request, account, now=self.now)
        self.observe("staged", share)
        frozen, minted_at = request
        attempt = ledger.begin(
            self.connection,
            share,
            via=_via(account),
            key=frozen.key,
            minted_at=minted_at,
            payload=json.dumps(frozen.payload, ensure_ascii=False),
            cost=price(account, share.text),
            now=self.now,
        )
        share = ledger.find_share(self.connection, share.id)
        try:
            home.witness(self.connection, self.desk, self.config)
        except CurateError as error:  # nothing has left, and nothing may: a copy of this desk would not know of it
            self._finish(share, attempt, RetryAt(reason=error.message, evidence="not sent"), absent)
            return None
        self.observe("written", share)
        outcome = await channel.send(attempt, now=self.now)
        self.observe("asked", share)
        self._finish(share, attempt, outcome, absent)
        self.observe("recorded", share)
        return None

    async def _request(
        self, share: Share, channel: Channel, absent: Attempt | None
    ) -> tuple[Frozen, datetime] | Rejected | RetryAt | NeedsLogin:
        """Return the request and when its key was minted: the same again while its key protects, else a new one."""
        now = self.now
        alive = absent is not None and (now - absent.minted_at < channel.key_life or absent.number in self.fresh)
        if absent is not None and alive and absent.seal == share.seal:
            return Frozen(absent.key, json.loads(absent.payload)), absent.minted_at
        picture = bare_picture(self.desk, share) if share.image else None
        if share.image and picture is None:
            return Rejected(reason=f"{share.image} is not the image it was planned with", evidence="")
        staged = await channel.stage(channel.freeze(share, now=now), picture, now=now)
        return (staged, now) if isinstance(staged, Frozen) else staged

    def _finish(self, share: Share, attempt: Attempt, outcome: Outcome, absent: Attempt | None = None) -> None:
        """Record what came of an attempt, and let the account rest when the network is in trouble.

        When it repeated an attempt that a server may still be at work on, a request that came to
        nothing leaves the share as unknown as it was.
        """
        self.touched[share.id] = None
        word, state = OUTCOMES[type(outcome)]
        until = None
        if isinstance(outcome, RetryAt):
            until = outcome.at or later(share, now=self.now)
        elif isinstance(outcome, NeedsLogin):
            self.answers[share.account] = outcome
            until = self.now + SIGN_IN_AGAIN
        elif isinstance(outcome, Unknown):
            # The next one would fare no better, and one share to look for is better than five.
            self.answers[share.account] = RetryAt(
                reason="an answer was lost a moment ago", evidence="", at=self.now + timedelta(minutes=5)
            )
        gone = isinstance(outcome, (Sent, AlreadySent))
        account = self.settings.accounts[share.account]
        reason = reason_of(outcome, share, account)
        if isinstance(outcome, (RetryAt, NeedsLogin, Rejected)) and absent is not None and absent.number in self.fresh:
            state = "unknown"
        if gone and account.deliver == "outbox":
            reason = "a rehearsal: written to .curate/outbox, nothing went out"
        ledger.finish(
            self.connection,
            share,
            attempt,
            state,
            outcome=word,
            evidence=getattr(outcome, "evidence", ""),
            now=self.now,
            reason=reason,
            remote_id=outcome.remote_id if isinstance(outcome, (Sent, AlreadySent)) else "",
            remote_url=outcome.url if isinstance(outcome, (Sent, AlreadySent)) else "",
            not_before=until,
        )

    def _freeze(self, share: Share) -> Frozen:
        channel = open_channel(office_of(share.account, self.settings, self.client), self.desk)
        return channel.freeze(share, now=self.now)

    def _found(self, share: Share, attempt: Attempt, found: Found) -> None:
        """Write down that an unknown share is out; when it went out is known only of an attempt on record."""
        if attempt.key:
            sent = Sent(remote_id=found.remote_id, url=found.url, evidence="found on the network")
            self._finish(share, attempt, sent)
            return
        self.touched[share.id] = None
        moment = min(share.due_at, attempt.started_at)
        ledger.set_sent(self.connection, share, found.url, now=moment, remote_id=found.remote_id)

    async def _sign_in(self, name: str, account: Account) -> Ready | NeedsLogin | RetryAt:
        """Open the account's channel, once in a pass."""
        if name not in self.answers:
            needs_token = account.network != "manual" and account.deliver == "network"
            try:
                secret = load_token(self.config, account) if needs_token else None
            except CurateError as error:
                self.answers[name] = NeedsLogin(reason=f"{error.message} {error.hint}", evidence="")
                return self.answers[name]
            if needs_token and secret is None:
                add = f"curate account add {account.network} --name {name}"
                self.answers[name] = NeedsLogin(reason=f"there is no token: {add}", evidence="")
                return self.answers[name]
            self.channels[name] = open_channel(office_of(name, self.settings, self.client, secret), self.desk)
            answer = await self.channels[name].ready(now=self.now)
            if isinstance(answer, Ready) and answer.renewed is not None:
                try:
                    store_token(self.config, account, answer.renewed)
                except CurateError as error:  # the other accounts go on
                    answer = RetryAt(reason=f"its new token cannot be kept: {error.message}", evidence="")
            self.answers[name] = answer
        return self.answers[name]

    def _say(self, share: Share, reason: str, until: datetime | None = None) -> None:
        ledger.set_reason(self.connection, share, reason, not_before=until)


def _via(account: Account) -> str:
    return f"{account.network} {account.server} {account.handle} {account.deliver}"
