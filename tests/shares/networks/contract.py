"""What every network's code promises, whoever answers: one suite, taken up by each network's tests.

``EveryNetwork`` is for all of them, ``Sends`` for those that post by themselves (also against real
servers), ``Fails`` for a server that can be told to fail.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pytest

from curate.desk.folder import Desk
from curate.shares.attempts import Attempt
from curate.shares.ledger import Share
from curate.shares.networks import open_channel
from curate.shares.networks.base import (
    SETTLED,
    Absent,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Office,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.tokens import Secret
from curate.web.client import Client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from curate.desk.settings import Account
    from curate.shares.networks.base import Channel

LINK = "https://dana.example/2026/small-models/"
TEXT = (
    f"Eight weeks, a 3B model, one pager 👩‍🚒. Would you let it wake someone? #OnCall\n\nI would <not> & why:\n\n{LINK}"
)
NOW = datetime.now(UTC).replace(microsecond=0)  # real servers have the real time
Answer = TypeVar("Answer")


@dataclass
class Place:
    """One account on one network: how it is reached, and what is public there."""

    account: Account
    secret: Secret | None
    texts: Callable[[], list[str]]
    folder: Path
    effects: list[str] = field(default_factory=list)  # of a server that can be told to fail

    def use(self, work: Callable[[Channel], Awaitable[Answer]], *, secret: str = "") -> Answer:
        """Let ``work`` use a fresh channel of the account, signed in when that works."""

        async def go() -> Answer:
            async with Client(allow_private=["127.0.0.0/8"], timeout=10) as client:
                token = Secret(secret) if secret else self.secret
                office = Office(name="one", account=self.account, secret=token, client=client, language="en")
                return await work(open_channel(office, Desk(self.folder)))

        return asyncio.run(go())

    def freeze(self, share: Share | None = None, now: datetime = NOW) -> Frozen:
        async def work(channel: Channel) -> Frozen:
            return channel.freeze(share or make_share(self.account.network), now=now)

        return self.use(work)

    def attempt(self, share: Share | None = None) -> Attempt:
        """Return an attempt to send what was frozen and made ready to be sent."""

        async def work(channel: Channel) -> Attempt:
            ready = await channel.ready(now=NOW)
            assert isinstance(ready, Ready), ready
            frozen = channel.freeze(share or make_share(self.account.network), now=NOW)
            staged = await channel.stage(frozen, None, now=NOW)
            assert isinstance(staged, Frozen), staged
            return make_attempt(staged)

        return self.use(work)

    def ready(self, *, secret: str = "") -> Any:
        return self.use(lambda channel: channel.ready(now=NOW), secret=secret)

    def send(self, attempt: Attempt) -> Any:
        """Sign in, and make the one request."""

        async def work(channel: Channel) -> Any:
            ready = await channel.ready(now=NOW)
            assert isinstance(ready, Ready), ready
            return await channel.send(attempt, now=NOW)

        return self.use(work)

    def confirm(self, attempt: Attempt, *, after: timedelta = SETTLED) -> Any:
        async def work(channel: Channel) -> Any:
            await channel.ready(now=NOW)
            return await channel.confirm(attempt, known=(), now=NOW + after)

        return self.use(work)


def make_share(network: str, text: str = TEXT) -> Share:
    """Return an approved share that no ledger holds."""
    values: dict[str, Any] = {
        "number": 7, "id": "kfmt", "post": "small-models", "link": LINK, "title": "Small models", "summary": "Mine",
        "account": "one", "network": network, "text": text, "state": "sending", "due_at": NOW, "wall": "",
        "zone": "UTC", "created_at": NOW, "approved_at": NOW, "seal": "", "not_before": NOW, "sent_at": None,
        "remote_id": "", "remote_url": "", "reason": "",
    }  # fmt: skip
    return Share(**values)


def make_attempt(frozen: Frozen, now: datetime = NOW) -> Attempt:
    """Return an attempt to send what was frozen."""
    payload = json.dumps(frozen.payload)
    return Attempt(
        number=1, via="", key=frozen.key, minted_at=now, seal="", payload=payload, started_at=now, ended_at=None,
        hash=sha256(payload.encode()).hexdigest(), outcome="", evidence="",
    )  # fmt: skip


class EveryNetwork:
    """What holds for all, also where nothing is requested.

    ``spelled`` is the text as the network's requests have it. Where a program may not read what it posted,
    ``readable`` is false: then nobody but the person can tell whether it is out. ``searchable`` is whether a
    post is found by its words alone, ``clock_goes_on`` whether the server's clock has left NOW behind.
    """

    spelled: ClassVar[str] = TEXT
    readable: ClassVar[bool] = True
    searchable: ClassVar[bool] = True
    clock_goes_on: ClassVar[bool] = False

    def test_a_request_is_frozen_without_asking_and_always_the_same(self, place: Place) -> None:
        assert place.freeze() == place.freeze()

    def test_the_key_changes_with_the_text_unless_the_person_posts(self, place: Place) -> None:
        if place.account.network != "manual":
            other = make_share(place.account.network, "Other words " + LINK)
            assert place.freeze(other).key != place.freeze().key

    def test_a_request_holds_the_text_and_no_secret(self, place: Place) -> None:
        payload = json.dumps(place.freeze().payload, ensure_ascii=False)
        assert json.dumps(self.spelled, ensure_ascii=False) in payload
        assert not any(word in payload for word in (place.secret.words() if place.secret else ()))

    def test_signing_in_works(self, place: Place) -> None:
        assert isinstance(place.ready(), Ready)

    def test_what_was_never_sent_is_absent_where_that_can_be_read(self, place: Place) -> None:
        attempt = place.attempt()
        assert isinstance(place.confirm(attempt), Absent if self.readable else CannotTell)


class Sends(EveryNetwork):
    """What holds where curate posts by itself."""

    def test_a_share_goes_out_exactly_as_it_reads_and_is_found_again(self, place: Place) -> None:
        attempt = place.attempt()
        sent = place.send(attempt)
        assert isinstance(sent, Sent)
        assert place.texts() == [TEXT]
        found = place.confirm(attempt)
        there = Found(remote_id=sent.remote_id, url=sent.url)
        assert found == there if self.readable else isinstance(found, CannotTell)

    def test_the_same_words_twice_are_one_post(self, place: Place) -> None:
        attempt = place.attempt()
        first, second = place.send(attempt), place.send(replace(attempt, again=True))
        assert isinstance(first, Sent)
        if isinstance(second, Unknown):  # refused, without saying which post has them
            second = place.confirm(attempt)
        assert isinstance(second, (Sent, AlreadySent, Found))
        assert first.remote_id == second.remote_id
        assert place.texts() == [TEXT]

    def test_a_try_that_is_on_no_record_is_found_by_its_words(self, place: Place) -> None:
        """So it is after a restore: the key is lost, and protects no second try."""
        lost = make_attempt(Frozen("", place.freeze().payload))
        assert isinstance(place.confirm(lost), Absent if self.searchable else CannotTell)
        assert self.clock_goes_on or isinstance(place.confirm(lost, after=SETTLED / 2), CannotTell)
        other = place.send(place.attempt(make_share(place.account.network, f"Other words\n\n{LINK}")))
        assert isinstance(other, Sent)
        assert isinstance(place.confirm(lost), CannotTell), "it may have been changed before it went out"
        sent = place.send(place.attempt())
        assert isinstance(sent, Sent)
        found = place.confirm(lost)
        there = Found(remote_id=sent.remote_id, url=sent.url)
        assert found == there if self.searchable else isinstance(found, CannotTell)

    def test_two_texts_are_two_posts(self, place: Place) -> None:
        other = make_share(place.account.network, f"Other words\n\n{LINK}")
        place.send(place.attempt())
        place.send(place.attempt(other))
        assert sorted(place.texts()) == sorted([TEXT, other.text])


class SignsIn(Sends):
    """What holds where a token is needed."""

    def test_a_wrong_token_needs_a_login_and_does_not_show(self, place: Place) -> None:
        answer = place.ready(secret="canary wrong-token")
        assert isinstance(answer, NeedsLogin)
        assert "canary" not in repr(answer)


class Fails(SignsIn):
    """What each kind of failure means."""

    @pytest.mark.parametrize(
        ("effect", "meaning", "posts"),
        [
            ("drop before", Unknown, 0),
            ("drop after", Unknown, 1),
            ("500 before", Unknown, 0),
            ("500 after", Unknown, 1),
            ("html after", Unknown, 1),
            ("429", RetryAt, 0),
            ("401", NeedsLogin, 0),
            ("403", NeedsLogin, 0),
            ("refuse", Rejected, 0),
        ],
    )
    def test_an_outcome_says_what_is_known(self, place: Place, effect: str, meaning: type, posts: int) -> None:
        place.effects.append(effect)
        outcome = place.send(place.attempt())
        assert getattr(outcome, "reason", "")
        assert type(outcome) is meaning
        assert len(place.texts()) == posts
        shown = repr(outcome)
        assert "canary" not in shown
        assert not any(bad in shown for bad in ("\\x1b", "\\x07", "\\u202e"))

    def test_a_lost_answer_is_found_by_reading(self, place: Place) -> None:
        place.effects.append("drop after")
        attempt = place.attempt()
        assert isinstance(place.send(attempt), Unknown)
        assert isinstance(place.confirm(attempt), Found if self.readable else CannotTell)

    def test_a_server_that_is_gone_is_neither_found_nor_absent(self, place: Place) -> None:
        attempt = place.attempt()
        gone = Place(place.account.__class__(network=place.account.network, server="http://127.0.0.1:9", handle="x.y"),
                     place.secret, list, place.folder)  # fmt: skip
        assert isinstance(gone.ready(), RetryAt)
        assert isinstance(gone.confirm(attempt), CannotTell)
