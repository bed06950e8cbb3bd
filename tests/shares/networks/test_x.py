"""X: the contract, signatures, duplicates without a name, and posts read back through t.co."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.settings import Account
from curate.shares.networks.base import (
    Absent,
    CannotTell,
    Found,
    NeedsLogin,
    Picture,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.networks.x import read_post
from curate.shares.tokens import secret_of
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_attempt, make_share
from tests.shares.servers import as_json, serve
from tests.shares.x_server import KEYS, XServer, entity, weight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.networks.base import Channel
    from tests.shares.servers import Answer


@pytest.fixture
def server() -> XServer:
    return XServer(now=NOW, tolerance=timedelta(days=1))  # its clock stands still


@pytest.fixture
def place(server: XServer, tmp_path: Path) -> Iterator[Place]:
    with serve(server) as url:
        account = Account(network="x", server=url, handle="dana")
        yield Place(account, secret_of(**KEYS), server.posts, tmp_path, server.effects)


class TestX(Fails):
    """The contract, on loopback."""


def test_the_request_is_the_text_and_holds_no_signature(place: Place) -> None:
    payload = place.freeze().payload
    assert payload["json"] == {"text": TEXT}
    assert "oauth" not in json.dumps(payload).lower()


def test_an_image_is_left_to_the_page(place: Place, server: XServer) -> None:
    async def work(channel: Channel) -> bool:
        frozen = channel.freeze(make_share("x"), now=NOW)
        return frozen == await channel.stage(frozen, Picture(data=b"\x89PNG\r\n\x1a\n", alt="A pager"), now=NOW)

    assert place.use(work)
    assert server.heard == []


# Signing in


@pytest.mark.parametrize("part", sorted(KEYS))
def test_each_of_the_four_keys_must_be_right_and_none_shows(place: Place, part: str) -> None:
    assert isinstance(place.ready(), Ready)
    place.secret = secret_of(**KEYS | {part: "canary wrong & + é"})
    wrong = place.ready()
    place.secret = secret_of(**KEYS | {part: ""})
    missing = place.ready()
    assert isinstance(wrong, NeedsLogin)
    assert isinstance(missing, NeedsLogin)
    assert part in missing.reason
    assert "canary" not in repr((wrong, missing))


@pytest.mark.parametrize(("name", "handle"), [("_dana_", "_dana_"), ("../dana", "dana")])
def test_a_sign_in_says_who_and_what_time_it_is(place: Place, server: XServer, name: str, handle: str) -> None:
    server.username = name
    answer = place.ready()
    assert isinstance(answer, Ready)
    assert (answer.handle, answer.at) == (handle, NOW)


def test_a_clock_that_is_wrong_is_told_from_keys_that_are(place: Place, server: XServer) -> None:
    server.now, server.tolerance = NOW + timedelta(hours=1), timedelta(minutes=5)
    answer = place.ready()
    assert isinstance(answer, RetryAt)
    assert answer.clock == server.now
    assert answer.reason.endswith("set the clock")


def test_where_x_does_not_say_what_time_it_is_both_are_named(place: Place, server: XServer) -> None:
    server.now, server.tolerance, server.dated = NOW + timedelta(hours=1), timedelta(minutes=5), False
    answer = place.ready()
    assert isinstance(answer, NeedsLogin)
    assert "does not accept its token" in answer.reason
    assert answer.reason.endswith(f"; or this computer's clock is wrong: it says {NOW:%d %b %Y %H:%M} (UTC)")


def test_credits_that_are_used_up_hold_a_share_back(place: Place, server: XServer) -> None:
    attempt = make_attempt(place.freeze())
    server.paid = False

    async def send(channel: Channel) -> Any:
        return await channel.send(attempt, now=NOW)

    for answer in (place.ready(), place.use(send)):
        assert isinstance(answer, NeedsLogin)
        assert "credits" in answer.reason
    assert server.posts() == []


# Sending


def test_a_pause_is_as_long_as_x_says(place: Place) -> None:
    place.effects.append("429")
    answer = place.send(make_attempt(place.freeze()))
    assert isinstance(answer, RetryAt)
    assert answer.at == NOW + timedelta(minutes=13)


def test_a_text_that_is_too_long_is_refused_for_good(place: Place) -> None:
    long = make_share("x", "漢" * 141)
    assert isinstance(place.send(make_attempt(place.freeze(long))), Rejected)


@pytest.mark.parametrize(
    ("text", "length"),
    [("Hello, world! 👋", 16), ("👨‍👩‍👧‍👦", 2), ("漢字", 4), (f"→ {LINK}", 26), ("“a” — b", 7)],
)
def test_the_server_of_these_tests_counts_as_x_does(text: str, length: int) -> None:
    assert weight(text) == length


def test_words_that_are_out_are_refused_unless_an_earlier_try_may_have_sent_them(place: Place) -> None:
    attempt = make_attempt(place.freeze())
    sent = place.send(attempt)
    assert isinstance(sent, Sent)
    assert sent.url == f"https://x.com/dana/status/{sent.remote_id}"
    assert isinstance(place.send(attempt), Rejected)
    again = replace(attempt, again=True)
    assert isinstance(place.send(again), Unknown)
    assert isinstance(place.confirm(again), Found)


class Forgetful(XServer):
    """X with a post that is deleted, but not forgotten."""

    def write(self, *_: object) -> Answer:
        return as_json({"detail": "You are not allowed to create a Tweet with duplicate content."}, 403)


def test_words_of_a_deleted_post_are_not_looked_for_for_ever(tmp_path: Path) -> None:
    server = Forgetful(now=NOW, tolerance=timedelta(days=1))
    with serve(server) as url:
        place = Place(Account(network="x", server=url, handle="dana"), secret_of(**KEYS), server.posts, tmp_path)
        attempt = replace(make_attempt(place.freeze()), again=True)

        async def a_pass(channel: Channel) -> tuple[Any, Any]:
            await channel.ready(now=NOW)
            found = await channel.confirm(attempt, known=(), now=NOW + timedelta(minutes=11))
            return found, await channel.send(attempt, now=NOW)

        found, outcome = place.use(a_pass)
    assert isinstance(found, Absent)
    assert isinstance(outcome, Rejected)


# Reading back


@given(st.text(st.sampled_from("a &<>;#é漢👩‍🚒\n") | st.characters(codec="utf-8"), max_size=60), st.integers(0, 60))
def test_a_post_reads_back_as_it_was_written(text: str, place: int) -> None:
    text = f"{text[:place]} https://a.example/?b=1&amp;lt=2 {text[place:]} {LINK}"
    tweet = {"id": "1990000000000000007", "text": text, "at": NOW}
    assert read_post(entity(tweet, ["created_at", "entities"])) == text


@pytest.mark.parametrize("odd", [None, 7, {}, {"text": 7}, []])
def test_what_is_no_post_has_no_words(odd: object) -> None:
    assert read_post(odd) == ""


def test_a_post_is_recognised_where_x_completes_an_address(place: Place, server: XServer) -> None:
    wanted = make_share("x", f"About dana.example, and {LINK}")
    number = server.add(f"About http://dana.example/, and {LINK}", NOW)
    found = place.confirm(make_attempt(place.freeze(wanted)))
    assert found == Found(remote_id=number, url=f"https://x.com/dana/status/{number}")


def test_absent_needs_ten_minutes_and_a_clock_that_was_not_put_back(place: Place) -> None:
    attempt = make_attempt(place.freeze())
    for minutes, meaning in ((-30, CannotTell), (9, CannotTell), (10, Absent)):
        assert isinstance(place.confirm(attempt, after=timedelta(minutes=minutes)), meaning)


def test_ten_minutes_are_those_of_x(place: Place, server: XServer) -> None:
    server.now = NOW + timedelta(minutes=1)
    attempt = make_attempt(place.freeze())

    async def jumped(channel: Channel) -> Any:
        await channel.ready(now=NOW + timedelta(hours=2))  # our clock was put forward
        return await channel.confirm(attempt, known=(), now=NOW + timedelta(hours=2))

    assert isinstance(place.use(jumped), CannotTell)
    server.now = NOW + timedelta(minutes=10)
    assert isinstance(place.use(jumped), Absent)


def test_reading_ends_where_it_reaches_back_far_enough(place: Place, server: XServer) -> None:
    for number in range(40):
        server.add(f"Old {number}", NOW - timedelta(days=1))
    assert isinstance(place.confirm(make_attempt(place.freeze())), Absent)
    assert server.listed == 10


@pytest.mark.parametrize(("later", "meaning"), [(35, Found), (120, CannotTell)])
def test_a_post_further_down_is_found_as_far_as_is_read(
    place: Place, server: XServer, later: int, meaning: type
) -> None:
    server.add(TEXT, NOW)
    for number in range(later):
        server.add(f"Busy {number}", NOW + timedelta(hours=1))
    assert isinstance(place.confirm(make_attempt(place.freeze())), meaning)


def test_a_similar_post_is_for_the_person_to_judge(place: Place, server: XServer) -> None:
    server.add(f"By hand {LINK}", NOW)
    assert isinstance(place.confirm(make_attempt(place.freeze())), CannotTell)


def test_a_post_of_another_share_is_not_this_one(place: Place, server: XServer) -> None:
    number = server.add(TEXT, NOW)
    attempt = make_attempt(place.freeze())

    async def look(channel: Channel) -> Any:
        await channel.ready(now=NOW)
        return await channel.confirm(attempt, known={number}, now=NOW + timedelta(minutes=10))

    assert isinstance(place.use(look), Absent)


class Strange(XServer):
    """X with ``odd`` in the place of what it lists."""

    odd: Answer = as_json({})

    def reads(self, target: str, *rest: Any) -> Answer:
        return self.odd if target.startswith("/2/users/2244994945") else super().reads(target, *rest)


@pytest.mark.parametrize(
    "odd",
    [
        as_json({}),
        as_json([]),
        as_json({"errors": [{"message": "Could not find user"}]}),
        as_json({"data": {}, "meta": {"result_count": 0}}),
        as_json({"data": [{"id": [], "text": 7}, None], "meta": {"next_token": "%zz&a b"}}),
        as_json({"data": [{"id": [], "text": TEXT}], "meta": {}}),
        as_json({"data": [], "meta": {"next_token": 7}}),
        as_json({"data": [{"id": "1", "created_at": "yesterday"}], "meta": {"next_token": "x" * 9000}}),
        (200, {}, b"<h1>Welcome</h1>"),
        as_json({"title": "Too Many Requests"}, 429),
    ],
)
def test_a_list_that_makes_no_sense_proves_nothing(odd: Answer, tmp_path: Path) -> None:
    strange = Strange(now=NOW, tolerance=timedelta(days=1))
    strange.odd = odd
    with serve(strange) as url:
        place = Place(Account(network="x", server=url), secret_of(**KEYS), list, tmp_path)
        assert isinstance(place.confirm(make_attempt(place.freeze())), CannotTell)
