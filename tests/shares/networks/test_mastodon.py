"""Mastodon: the contract, and what only Mastodon does."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.settings import Account
from curate.shares.networks.base import Absent, CannotTell, Found, NeedsLogin, Ready, RetryAt
from curate.shares.tokens import Secret
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_attempt, make_share
from tests.shares.servers import MastodonServer, as_json, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from curate.shares.networks.base import Channel
    from tests.shares.servers import Answer


@pytest.fixture
def server() -> MastodonServer:
    return MastodonServer(now=NOW)


@pytest.fixture
def place(server: MastodonServer, tmp_path: Path) -> Iterator[Place]:
    with serve(server) as url:
        account = Account(network="mastodon", server=url, handle="dana")
        yield Place(account, Secret(server.password), server.posts, tmp_path, server.effects)


class TestMastodon(Fails):
    """The contract, on loopback."""


def test_the_request_is_public_in_the_sites_language_and_carries_its_key(place: Place) -> None:
    frozen = place.freeze()
    assert frozen.payload["json"] == {"status": TEXT, "visibility": "public", "language": "en"}
    assert frozen.payload["headers"] == {"Idempotency-Key": frozen.key}


@pytest.mark.parametrize(("version", "limit"), [("mastodon", 5000), ("gotosocial", 0)])
def test_the_servers_own_limit_is_read_where_it_says_one(
    place: Place, server: MastodonServer, version: str, limit: int
) -> None:
    server.software, server.characters = version, 5000
    answer = place.ready()
    assert isinstance(answer, Ready)
    assert answer.handle == "dana"
    assert answer.characters == limit


def test_a_status_is_recognised_through_mastodons_html(place: Place, server: MastodonServer) -> None:
    server.statuses.append({"id": "1", "text": "Something else", "at": NOW})
    server.statuses.append({"id": "2", "text": TEXT, "at": NOW})
    server.statuses.append({"id": "3", "text": "And more", "at": NOW})
    found = place.confirm(make_attempt(place.freeze()))
    assert found == Found(remote_id="2", url="https://social.example/@dana/2")


def test_absent_is_not_believed_while_the_request_may_be_under_way(place: Place) -> None:
    attempt = make_attempt(place.freeze())
    assert isinstance(place.confirm(attempt, after=timedelta(seconds=30)), CannotTell)
    assert isinstance(place.confirm(attempt, after=timedelta(seconds=61)), Absent)


def test_absent_needs_ten_minutes_where_keys_mean_nothing(place: Place, server: MastodonServer) -> None:
    server.software = "gotosocial"
    attempt = make_attempt(place.freeze())
    assert isinstance(place.confirm(attempt, after=timedelta(minutes=9)), CannotTell)
    assert isinstance(place.confirm(attempt, after=timedelta(minutes=10)), Absent)


def busy(count: int) -> list[dict[str, Any]]:
    """Return what an account posted after the attempt."""
    return [{"id": str(number), "text": f"Busy {number}", "at": NOW + timedelta(hours=1)} for number in range(count)]


def test_absent_is_not_believed_when_the_list_does_not_reach_back(place: Place, server: MastodonServer) -> None:
    server.statuses += busy(240)
    assert isinstance(place.confirm(make_attempt(place.freeze())), CannotTell)
    for status in server.statuses[:100]:
        status["at"] = NOW - timedelta(days=1)
    assert isinstance(place.confirm(make_attempt(place.freeze())), Absent)


@pytest.mark.parametrize(("page", "later"), [(40, 150), (20, 30)])
def test_a_status_far_down_is_found_however_few_the_server_lists(
    place: Place, server: MastodonServer, page: int, later: int
) -> None:
    server.page = page
    server.statuses += [{"id": "ours", "text": TEXT, "at": NOW}, *busy(later)]
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(days=3)), Found)
    del server.statuses[0]
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(days=3)), Absent)


def test_absent_is_not_believed_when_our_clock_was_put_back(place: Place) -> None:
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(minutes=-30)), CannotTell)


class Dated(MastodonServer):
    """A server that says what time it is."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        status, answered, content = super().answer(method, target, headers, body)
        return status, {**answered, "Date": format_datetime(self.now, usegmt=True)}, content


@pytest.mark.parametrize("software", ["mastodon", "gotosocial"])
def test_ten_minutes_are_ten_of_the_servers(software: str, tmp_path: Path) -> None:
    server = Dated(now=NOW + timedelta(seconds=30), software=software)

    async def jumped(channel: Channel) -> Any:
        await channel.ready(now=NOW + timedelta(days=1))  # our clock was put forward
        return await channel.confirm(attempt, known=(), now=NOW + timedelta(days=1))

    with serve(server) as url:
        place = Place(Account(network="mastodon", server=url), Secret(server.password), list, tmp_path)
        attempt = make_attempt(place.freeze())
        assert isinstance(place.use(jumped), CannotTell)
        server.now = NOW + timedelta(minutes=10)
        assert isinstance(place.use(jumped), Absent)


@pytest.mark.parametrize("name", [None, [], {}, 7, "a b"])
def test_a_post_without_a_name_that_reads_the_same_is_for_the_person_to_judge(
    place: Place, server: MastodonServer, name: Any
) -> None:
    server.statuses += [
        {"id": "1", "text": "Old", "at": NOW - timedelta(days=1)},
        {"id": name, "text": "Mine", "at": NOW},
    ]
    attempt = make_attempt(place.freeze(make_share("mastodon", "Mine")))
    assert isinstance(place.confirm(attempt, after=timedelta(hours=1)), CannotTell)


def test_a_similar_post_is_for_the_person_to_judge(place: Place, server: MastodonServer) -> None:
    server.statuses.append({"id": "1", "text": f"By hand {LINK}", "at": NOW})
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(hours=1)), CannotTell)


@pytest.mark.parametrize("broken", ["<![ ", "<![odd thing]>"])
def test_markup_no_parser_takes_hides_nothing(place: Place, server: MastodonServer, broken: str) -> None:
    server.statuses.append({"id": "1", "text": TEXT, "at": NOW})
    server.markup = broken
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(hours=1)), CannotTell)
    server.statuses[0]["text"] = "Something else"
    assert isinstance(place.confirm(make_attempt(place.freeze()), after=timedelta(hours=1)), Absent)


class Strange(MastodonServer):
    """A server that answers everything with ``odd``."""

    odd: Answer = as_json({})

    def answer(self, *_: object) -> Answer:
        return self.odd


@pytest.mark.parametrize(
    ("odd", "meaning"),
    [
        ((200, {}, b"<h1>Welcome to this hotel's network</h1>"), RetryAt),
        (as_json([]), RetryAt),
        (as_json({"id": "../../etc"}), RetryAt),
        (as_json({"id": 7}), RetryAt),
        ((200, {}, b"[" * 100_000), RetryAt),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), RetryAt),
        (as_json({"error": "Your login is currently disabled"}, 403), NeedsLogin),
        (as_json({"error": "Maintenance"}, 503), RetryAt),
        (as_json({"error": "Slow down"}, 429, Retry_After="-5"), RetryAt),
    ],
)
def test_a_server_that_makes_no_sense_is_nobody_to_send_to(odd: Answer, meaning: type, tmp_path: Path) -> None:
    strange = Strange()
    strange.odd = odd
    with serve(strange) as url:
        place = Place(Account(network="mastodon", server=url), Secret("x"), list, tmp_path)
        assert type(place.ready()) is meaning
        attempt = make_attempt(place.freeze())
        assert isinstance(place.confirm(attempt, after=timedelta(minutes=2)), CannotTell)


def test_a_strange_answer_to_a_post_is_unknown_and_never_sent(tmp_path: Path) -> None:
    there = {"Location": "http://127.0.0.1:9/"}
    said_nothing = [(status, there, b"") for status in (301, 302, 303, 304, 307, 308, 408, 409, 500, 504, 520)]
    named = {"Content-Type": "text/html; charset=undefined"}
    for odd in (
        as_json({"id": "a b"}),
        as_json({}),
        (202, {}, b""),
        (200, {}, b"ok"),
        (200, named, b"ok"),
        *said_nothing,
    ):
        strange = Strange()
        strange.odd = odd
        with serve(strange) as url:
            place = Place(Account(network="mastodon", server=url), Secret("x"), list, tmp_path)
            attempt = make_attempt(place.freeze())
            outcome = place.use(lambda channel, attempt=attempt: channel.send(attempt, now=NOW))  # type: ignore[misc] # a default binds it
            assert type(outcome).__name__ == "Unknown", json.dumps(odd[1])
