"""Threads: the contract, containers, and tokens that are renewed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.settings import Account
from curate.shares.networks import threads
from curate.shares.networks.base import (
    SETTLED,
    Absent,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.tokens import Secret, secret_of
from tests.shares.graph_server import fault
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_attempt, make_share
from tests.shares.servers import as_json, serve
from tests.shares.threads_server import ThreadsServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.ledger import Share
    from curate.shares.networks.base import Channel
    from tests.shares.servers import Answer

SOON = timedelta(days=10)
LATER = timedelta(days=40)


@pytest.fixture
def server() -> ThreadsServer:
    return ThreadsServer(now=NOW)


@pytest.fixture
def place(server: ThreadsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(threads, "PAUSES", (0, 0, 0))  # nobody waits in a test
    with serve(server) as url:
        account = Account(network="threads", server=url, handle="dana")
        yield Place(account, Secret(server.password), server.posts, tmp_path, server.effects)


class TestThreads(Fails):
    """The contract, on loopback."""


def stage(place: Place, share: Share | None = None) -> Any:
    """Return what becomes of a share's first step."""

    async def work(channel: Channel) -> Any:
        frozen = channel.freeze(share or make_share("threads"), now=NOW)
        return await channel.stage(frozen, None, now=NOW)

    return place.use(work)


def test_both_steps_are_asked_of_the_usual_server_and_version(place: Place) -> None:
    place.account = Account(network="threads", handle="dana")
    payload = place.freeze().payload
    assert payload["container"] == {
        "method": "POST",
        "url": "https://graph.threads.net/v1.0/me/threads",
        "json": {"media_type": "TEXT", "text": TEXT, "link_attachment": LINK},
    }
    assert payload["publish"]["url"] == "https://graph.threads.net/v1.0/me/threads_publish"


def test_the_card_leads_where_the_text_does(place: Place) -> None:
    tagged = f"{LINK}?utm_source=threads&utm_medium=social"
    form = place.freeze(make_share("threads", f"Words of mine {tagged}")).payload["container"]["json"]
    assert form["link_attachment"] == tagged


def test_the_container_is_the_key_and_nothing_shows_before_it_is_published(place: Place, server: ThreadsServer) -> None:
    staged = stage(place)
    assert isinstance(staged, Frozen)
    assert staged.key in server.containers
    assert staged.payload["publish"]["json"] == {"creation_id": staged.key}
    assert place.texts() == []


def test_a_container_that_is_not_ready_is_asked_about_a_few_times(place: Place, server: ThreadsServer) -> None:
    server.waits = 3
    assert isinstance(stage(place), Frozen)
    server.waits = 4
    answer = stage(place)
    assert isinstance(answer, RetryAt)
    assert "IN_PROGRESS" in answer.reason


@pytest.mark.parametrize("cards", ["not when made", "not when prepared"])
def test_a_card_that_cannot_be_made_is_left_out_once(place: Place, server: ThreadsServer, cards: str) -> None:
    server.cards = cards
    staged = stage(place)
    assert isinstance(staged, Frozen)
    assert server.containers[staged.key].form == {"media_type": "TEXT", "text": TEXT}
    assert isinstance(place.send(make_attempt(staged)), Sent)


def test_a_container_that_fails_without_a_card_is_refused_with_its_words(place: Place, server: ThreadsServer) -> None:
    server.cards = "never"
    answer = stage(place)
    assert isinstance(answer, Rejected)
    assert "UNKNOWN" in answer.reason
    assert len(server.containers) == 2


def test_a_card_that_fails_at_the_end_is_left_out_by_the_next_try(place: Place, server: ThreadsServer) -> None:
    server.cards = "not when published"
    outcome = place.send(place.attempt())
    assert isinstance(outcome, RetryAt)
    again = replace(make_share("threads"), reason=outcome.reason)
    assert isinstance(place.send(place.attempt(again)), Sent)
    assert place.texts() == [TEXT]


@pytest.mark.parametrize(
    ("odd", "meaning"),
    [
        (fault(190, "Session has expired"), NeedsLogin),
        (fault(10, "Not enough permission", 403), NeedsLogin),
        (fault(4, "Application request limit reached"), RetryAt),
        (fault(2, "Service temporarily unavailable", 500), RetryAt),
        (fault(100, "Param text must be at most 500 characters long"), Rejected),
        (as_json({"id": "../42"}), RetryAt),
        ((200, {}, b"<h1>Welcome to this hotel's network</h1>"), RetryAt),
        (None, RetryAt),
    ],
)
def test_a_container_that_is_not_made_says_why(
    place: Place, server: ThreadsServer, odd: Answer | None, meaning: type
) -> None:
    server.odd["/v1.0/me/threads"] = odd
    assert type(stage(place)) is meaning


def test_a_second_publishing_changes_nothing_and_is_told_by_the_container(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    sent = place.send(attempt)
    assert isinstance(place.send(attempt), AlreadySent)
    server.made.clear()
    assert isinstance(place.send(attempt), Unknown)  # out, but not listed yet
    assert isinstance(place.confirm(attempt, after=timedelta(hours=5)), CannotTell)
    assert isinstance(sent, Sent)


@pytest.mark.parametrize(
    ("status", "meaning"), [("ERROR", Rejected), ("EXPIRED", RetryAt), ("IN_PROGRESS", RetryAt), ("odd", Unknown)]
)
def test_a_refusal_to_publish_means_what_the_container_says(
    place: Place, server: ThreadsServer, status: str, meaning: type
) -> None:
    attempt = place.attempt()
    server.containers[attempt.key].status = status
    assert type(place.send(attempt)) is meaning


def test_a_container_that_was_lost_is_made_anew(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    server.containers.clear()
    assert isinstance(place.send(attempt), RetryAt)


def test_a_lost_container_that_may_have_been_published_is_looked_for_first(place: Place, server: ThreadsServer) -> None:
    attempt = replace(place.attempt(), again=True)
    server.containers.clear()
    assert isinstance(place.send(attempt), Unknown)
    number = server.add(TEXT)
    found = place.send(attempt)
    assert isinstance(found, AlreadySent)
    assert found.remote_id == number
    server.made.clear()
    long_ago = replace(attempt, minted_at=NOW - SETTLED)
    assert isinstance(place.send(long_ago), RetryAt)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("FINISHED", Absent),
        ("ERROR", Absent),
        ("EXPIRED", Absent),
        ("IN_PROGRESS", CannotTell),
        ("PUBLISHED", CannotTell),
        ("odd", CannotTell),
    ],
)
def test_the_container_tells_whether_it_was_published(
    place: Place, server: ThreadsServer, status: str, meaning: type
) -> None:
    attempt = place.attempt()
    server.containers[attempt.key].status = status
    assert type(place.confirm(attempt, after=timedelta(seconds=1))) is meaning


def test_a_container_that_cannot_be_asked_settles_nothing(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    server.odd[f"/v1.0/{attempt.key}"] = None
    server.effects.append("refuse")
    assert isinstance(place.send(attempt), Unknown)
    assert isinstance(place.confirm(attempt, after=SETTLED), CannotTell)


def test_a_post_without_words_is_another_one(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    server.containers.clear()
    server.add(TEXT)
    del server.made[0]["text"]
    assert isinstance(place.confirm(attempt, after=SETTLED), Absent)


def test_a_container_that_nobody_published_ends_after_a_day(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    server.advance(NOW + timedelta(hours=24))
    assert place.confirm(attempt, after=timedelta(hours=24)) == Absent("its container is EXPIRED")
    assert isinstance(place.send(attempt), RetryAt)
    assert threads.Threads.key_life < timedelta(hours=24)


def test_without_its_container_a_post_is_looked_for_in_the_list(place: Place, server: ThreadsServer) -> None:
    attempt = place.attempt()
    server.containers.clear()
    server.add("Before", at=NOW - timedelta(days=1))
    assert isinstance(place.confirm(attempt, after=SETTLED - timedelta(seconds=1)), CannotTell)
    assert isinstance(place.confirm(attempt, after=SETTLED), Absent)
    server.add(f"By hand {LINK}")
    assert isinstance(place.confirm(attempt, after=SETTLED), CannotTell)
    number = server.add(TEXT)
    found = place.confirm(attempt)
    assert found == Found(remote_id=number, url=f"https://www.threads.com/@dana/post/P{number}")


@pytest.mark.parametrize("odd", [(503, {}, b"oops"), None])
def test_a_post_is_out_even_when_its_address_cannot_be_asked(
    place: Place, server: ThreadsServer, odd: Answer | None
) -> None:
    server.odd["/v1.0/17000"] = odd
    sent = place.send(place.attempt())
    assert isinstance(sent, Sent)
    assert sent.url == "https://www.threads.com/@dana"
    server.odd.clear()
    del server.made[0]["permalink"]  # as where a picture of others is in it
    number = server.made[0]["id"]
    attempt = place.attempt()
    server.containers.clear()
    assert place.confirm(attempt) == Found(remote_id=number, url="https://www.threads.com/@dana")


# Tokens


def dated(place: Place, ends: timedelta, issued: timedelta | None = None, **more: str) -> Any:
    """Sign in with a token that ends so much later, and was issued so much ago."""
    if issued is not None:
        more["issued_at"] = (NOW - issued).isoformat()
    place.secret = secret_of(token="canary-token-5a1b", expires_at=(NOW + ends).isoformat(), **more)
    return place.ready()


def test_a_token_in_its_last_days_is_renewed_and_the_rest_of_it_kept(place: Place, server: ThreadsServer) -> None:
    server.renewed = "canary-new-77"
    answer = dated(place, SOON, timedelta(days=50), client_id="7", client_secret="canary-app")
    assert isinstance(answer, Ready)
    assert answer.renewed is not None
    assert json.loads(answer.renewed.reveal()) == {
        "token": "canary-new-77",
        "expires_at": (NOW + timedelta(days=60)).isoformat(),
        "issued_at": NOW.isoformat(),
        "client_id": "7",
        "client_secret": "canary-app",
    }
    assert answer.expires_at == NOW + timedelta(days=60)
    assert "canary" not in repr(answer)


def test_the_new_token_is_the_one_that_is_used_from_then_on(place: Place, server: ThreadsServer) -> None:
    server.renewed = "canary-new-77"
    place.secret = secret_of(token=server.password, expires_at=(NOW + SOON).isoformat())

    async def work(channel: Channel) -> Any:
        await channel.ready(now=NOW)
        server.password = server.renewed
        return await channel.stage(channel.freeze(make_share("threads"), now=NOW), None, now=NOW)

    assert isinstance(place.use(work), Frozen)


@pytest.mark.parametrize(("ends", "issued"), [(LATER, timedelta(days=20)), (SOON, timedelta(hours=23))])
def test_a_token_that_is_good_for_long_or_too_young_is_left_alone(
    place: Place, server: ThreadsServer, ends: timedelta, issued: timedelta
) -> None:
    server.renewed = "canary-new-77"
    answer = dated(place, ends, issued)
    assert isinstance(answer, Ready)
    assert answer.renewed is None
    assert answer.expires_at == NOW + ends
    assert ("GET", "/refresh_access_token") not in server.heard


@pytest.mark.parametrize(
    "odd",
    [
        fault(190, "The session cannot be refreshed"),
        as_json({"access_token": "", "expires_in": 5_184_000}),
        as_json({"access_token": "a\nb", "expires_in": 5_184_000}),
        as_json({"access_token": "new", "expires_in": "soon"}),
        as_json({"access_token": "new", "expires_in": -1}),
        (200, {}, b"oops"),
        None,
    ],
)
def test_a_renewal_that_fails_leaves_the_token_as_it_is(
    place: Place, server: ThreadsServer, odd: Answer | None
) -> None:
    server.odd["/refresh_access_token"] = odd
    answer = dated(place, SOON)
    assert isinstance(answer, Ready)
    assert answer.renewed is None


def test_a_token_past_its_end_needs_a_login(place: Place, server: ThreadsServer) -> None:
    answer = dated(place, timedelta(0))
    assert isinstance(answer, NeedsLogin)
    assert server.heard == []
