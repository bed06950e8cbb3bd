"""Facebook Pages: the contract, and what only a Page does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.settings import Account
from curate.shares.networks.base import (
    SETTLED,
    Absent,
    CannotTell,
    Found,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.tokens import Secret, secret_of
from tests.shares.facebook_server import FacebookServer
from tests.shares.graph_server import busy, fault
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_share
from tests.shares.servers import as_json, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.networks.base import Channel
    from tests.shares.servers import Answer

WORDS = TEXT.removesuffix(f"\n\n{LINK}")


@pytest.fixture
def server() -> FacebookServer:
    return FacebookServer(now=NOW)


@pytest.fixture
def place(server: FacebookServer, tmp_path: Path) -> Iterator[Place]:
    with serve(server) as url:
        account = Account(network="facebook", server=url, handle="1001")
        yield Place(account, Secret(server.password), server.posts, tmp_path, server.effects)


class TestFacebook(Fails):
    """The contract, on loopback."""


@pytest.mark.parametrize(
    ("text", "message", "link"),
    [
        (TEXT, WORDS, LINK),
        (f"Mine\n\n{LINK}?utm_source=facebook", "Mine", f"{LINK}?utm_source=facebook"),
        (f"Read {LINK}", f"Read {LINK}", LINK),
    ],
)
def test_a_link_that_stands_alone_at_the_end_is_the_card_and_not_in_the_words(
    place: Place, text: str, message: str, link: str
) -> None:
    frozen = place.freeze(make_share("facebook", text))
    assert frozen.payload["json"] == {"message": message, "link": link}
    assert frozen.payload["text"] == text


def test_what_is_asked_is_a_setting_with_a_usual_value(place: Place) -> None:
    assert place.freeze().payload["url"] == f"{place.account.server}/v25.0/1001/feed"
    place.account = Account(network="facebook", handle="Dana's notes", version="v26.0")
    assert place.freeze().payload["url"] == "https://graph.facebook.com/v26.0/me/feed"


@pytest.mark.parametrize(
    ("handle", "known_as"), [("1001", "1001"), ("Dana's notes", "Dana's notes"), ("Old name", "1001"), ("", "1001")]
)
def test_the_token_says_which_page_it_is(place: Place, handle: str, known_as: str) -> None:
    place.account = Account(network="facebook", server=place.account.server, handle=handle)
    place.secret = secret_of(token="canary-token-5a1b", expires_at="2027-01-01T00:00:00+00:00")
    answer = place.ready()
    assert isinstance(answer, Ready)
    assert answer.handle == known_as
    assert answer.expires_at is not None


def test_the_token_of_another_page_is_not_used(place: Place) -> None:
    place.account = Account(network="facebook", server=place.account.server, handle="1002")
    answer = place.ready()
    assert isinstance(answer, NeedsLogin)
    assert "1001" in answer.reason


@pytest.mark.parametrize(
    ("effect", "again", "meaning"),
    [
        ("same words", False, Rejected),
        ("same words", True, Unknown),
        ("too fast", False, RetryAt),
        ("blocked", False, Rejected),
        ("server trouble", False, Unknown),
    ],
)
def test_an_error_means_what_its_number_says(
    place: Place, server: FacebookServer, effect: str, *, again: bool, meaning: type
) -> None:
    server.effects.append(effect)
    outcome = place.send(replace(place.attempt(), again=again))
    assert type(outcome) is meaning
    assert place.texts() == []


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        *[(code, 400, RetryAt) for code in (4, 17, 32, 613, 80000, 80001, 80014)],
        *[(code, 403, NeedsLogin) for code in (10, 102, 190, 200, 299)],
        *[(code, 500, Unknown) for code in (1, 2, 100, 506)],
        *[(code, 400, Rejected) for code in (100, 300, 368, 80015)],
    ],
)
def test_every_kind_of_error_is_told_apart(
    place: Place, server: FacebookServer, code: int, status: int, meaning: type
) -> None:
    attempt = place.attempt()
    server.refuse = lambda *_: fault(code, "Words of the server", status)  # type: ignore[method-assign] # one more fault
    outcome = place.send(attempt)
    assert type(outcome) is meaning
    assert f"error {code}: Words of the server" in repr(outcome)


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        (busy(19), 19),
        (busy(100_000), 24 * 60),
        (busy(0), 5),
        ({"X_Business_Use_Case_Usage": "{oops", "Retry_After": "120"}, 2),
        ({"X_Business_Use_Case_Usage": '{"1": [7, {"estimated_time_to_regain_access": "x"}], "2": {}}'}, 5),
        ({"X_Business_Use_Case_Usage": "[]"}, 5),
    ],
)
def test_a_wait_is_as_long_as_the_server_says(
    place: Place, server: FacebookServer, headers: dict[str, str], minutes: int
) -> None:
    server.odd["/v25.0/me"] = fault(4, "Application request limit reached", 403, headers=headers)
    answer = place.ready()
    assert isinstance(answer, RetryAt)
    assert answer.at == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("odd", [(503, {}, b"oops"), as_json({"permalink_url": "javascript:alert(1)"}), None])
def test_a_post_is_out_even_when_its_address_cannot_be_asked(
    place: Place, server: FacebookServer, odd: Answer | None
) -> None:
    server.odd["/v25.0/1001_500"] = odd
    sent = place.send(place.attempt())
    assert isinstance(sent, Sent)
    assert sent.url == "https://www.facebook.com/1001_500"


def test_absent_needs_ten_minutes_because_there_is_no_key(place: Place) -> None:
    attempt = place.attempt()
    assert isinstance(place.confirm(attempt, after=SETTLED - timedelta(seconds=1)), CannotTell)
    assert isinstance(place.confirm(attempt, after=timedelta(minutes=-30)), CannotTell)
    assert isinstance(place.confirm(attempt, after=SETTLED), Absent)


def test_ten_minutes_are_ten_of_the_servers(place: Place, server: FacebookServer) -> None:
    date = (NOW + timedelta(minutes=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    server.odd["/v25.0/me"] = as_json({"id": "1001", "name": "Dana's notes"}, Date=date)
    attempt = place.attempt()

    async def jumped(channel: Channel) -> Any:
        await channel.ready(now=NOW + timedelta(days=1))  # our clock was put forward
        return await channel.confirm(attempt, known=(), now=NOW + timedelta(days=1))

    assert isinstance(place.use(jumped), CannotTell)


@pytest.mark.parametrize(
    ("message", "link", "ago", "meaning"),
    [
        (WORDS, LINK, 0, Found),
        (WORDS.upper(), f"{LINK}?fbclid=7", 0, Found),
        (WORDS, "", 0, Found),
        (WORDS, "https://elsewhere.example/", 0, CannotTell),
        ("By hand", LINK, 0, CannotTell),
        (f"By hand {LINK}", "", 0, CannotTell),
        ("By hand", "https://[", 0, Absent),
        ("Something else", "https://elsewhere.example/", 0, Absent),
        (WORDS, LINK, 11, Absent),
    ],
)
def test_a_post_is_recognised_by_its_words_and_its_link(
    place: Place, server: FacebookServer, message: str, link: str, ago: int, meaning: type
) -> None:
    server.add(message, link, at=NOW - timedelta(minutes=ago))
    assert type(place.confirm(place.attempt(), after=SETTLED)) is meaning


def test_what_an_earlier_try_made_is_found_though_it_is_older(place: Place, server: FacebookServer) -> None:
    server.add(WORDS, LINK, at=NOW - timedelta(minutes=30))
    assert isinstance(place.confirm(replace(place.attempt(), again=True)), Found)


def test_the_same_words_that_are_not_listed_are_for_the_person_to_judge(place: Place, server: FacebookServer) -> None:
    server.effects.append("same words")
    attempt = replace(place.attempt(), again=True)
    outcome = place.send(attempt)
    found = place.confirm(replace(attempt, evidence=outcome.evidence), after=timedelta(hours=1))
    assert isinstance(found, CannotTell)


def test_the_list_is_read_back_to_before_the_attempt(place: Place, server: FacebookServer) -> None:
    server.add(WORDS, LINK)
    for number in range(30):
        server.add(f"Busy {number}", at=NOW + timedelta(hours=1))
    server.page = 10
    assert isinstance(place.confirm(place.attempt(), after=SETTLED), Found)
    del server.made[0]
    assert isinstance(place.confirm(place.attempt(), after=SETTLED), Absent)
    server.made += server.made * 2
    assert isinstance(place.confirm(place.attempt(), after=SETTLED), CannotTell)


def test_a_share_that_is_known_already_is_another_one(place: Place, server: FacebookServer) -> None:
    number = server.add(WORDS, LINK)
    attempt = place.attempt()

    async def look(channel: Channel) -> Any:
        await channel.ready(now=NOW)
        return await channel.confirm(attempt, known={number}, now=NOW + SETTLED)

    assert isinstance(place.use(look), Absent)


@pytest.mark.parametrize(
    "odd",
    [
        (200, {}, b"<h1>Welcome to this hotel's network</h1>"),
        as_json([]),
        as_json({"data": 7}),
        as_json({"data": [{"id": [1], "message": WORDS}]}),
        as_json({"data": [], "paging": {"next": "https://graph.example/until=1"}}),
        as_json({"data": [], "paging": {"next": "more", "cursors": {"after": "\ud800"}}}),
        None,
        as_json({"error": "words"}, 500),
        as_json({"error": {"code": "x", "message": 7}}, 400),
        (302, {"Location": "http://127.0.0.1:9/"}, b""),
    ],
)
def test_a_list_that_makes_no_sense_proves_nothing(place: Place, server: FacebookServer, odd: Answer | None) -> None:
    attempt = place.attempt()
    server.odd["/v25.0/1001/published_posts"] = odd
    assert isinstance(place.confirm(attempt, after=SETTLED), CannotTell)
    server.odd["/v25.0/me"] = odd
    assert isinstance(place.ready(), RetryAt | NeedsLogin)
