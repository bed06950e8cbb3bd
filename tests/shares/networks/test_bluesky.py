"""Bluesky: the contract, record keys, and facets by bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.settings import Account
from curate.shares.networks.base import AlreadySent, RetryAt, Unknown
from curate.shares.networks.bluesky import facets, find_tags, make_tid
from curate.shares.tokens import Secret
from tests.conftest import CORPORA
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_attempt, make_share
from tests.shares.servers import BlueskyServer, as_json, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.shares.servers import Answer

TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")


@pytest.fixture
def server() -> BlueskyServer:
    return BlueskyServer(now=NOW)


@pytest.fixture
def place(server: BlueskyServer, tmp_path: Path) -> Iterator[Place]:
    with serve(server) as url:
        account = Account(network="bluesky", server=url, handle="dana.test")
        yield Place(account, Secret(server.password), server.posts, tmp_path, server.effects)


class TestBluesky(Fails):
    """The contract, on loopback."""


def test_the_record_has_its_card_language_and_a_time_with_a_zone(place: Place) -> None:
    request = place.freeze().payload["json"]
    record = request["record"]
    assert request["swapRecord"] is None
    assert record["langs"] == ["en"]
    assert datetime.fromisoformat(record["createdAt"]) == NOW
    assert record["embed"]["external"] == {"uri": LINK, "title": "Small models", "description": "Mine"}


def test_a_taken_key_with_the_same_record_means_it_is_out(place: Place, server: BlueskyServer) -> None:
    server.strict = True
    attempt = make_attempt(place.freeze())
    server.records[attempt.key] = json.loads(attempt.payload)["json"]["record"]
    outcome = place.send(attempt)
    assert isinstance(outcome, AlreadySent)
    assert outcome.url == f"https://bsky.app/profile/dana.test/post/{attempt.key}"


def test_a_taken_key_with_another_record_is_neither_overwritten_nor_called_sent(
    place: Place, server: BlueskyServer
) -> None:
    attempt = make_attempt(place.freeze())
    server.records[attempt.key] = {"text": "Somebody else's"}
    assert isinstance(place.send(attempt), Unknown)
    assert server.posts() == ["Somebody else's"]


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - with the zone beside
    salt=st.integers(0, 2**32 - 1),
)
def test_a_record_key_is_a_valid_tid(moment: datetime, salt: int) -> None:
    assert TID.fullmatch(make_tid(moment, salt))


def test_record_keys_sort_by_time() -> None:
    keys = [make_tid(NOW + timedelta(seconds=step), 2**32 - 1 - step) for step in range(0, 100_000, 997)]
    assert keys == sorted(keys)


def shown(text: str) -> list[tuple[str, str]]:
    """Return what each facet covers, in the text's own bytes, and where it leads."""
    found = []
    for facet in facets(text):
        [feature] = facet["features"]
        covered = text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        found.append((covered, feature.get("uri") or feature["tag"]))
    return found


def test_facets_cover_exactly_the_links_and_tags() -> None:
    assert shown(TEXT) == [("#OnCall", "OnCall"), (LINK, LINK)]
    assert shown("👩‍🚒 (https://a.example/x_(y)). #Ünïcode, #1 #a1!") == [
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("#Ünïcode", "Ünïcode"),
        ("#a1", "a1"),
    ]
    assert shown("https://a.example/#fragment") == [("https://a.example/#fragment", "https://a.example/#fragment")]


@given(st.text(st.sampled_from("a #.)(:/é漢👩‍🚒\n") | st.characters(codec="utf-8"), max_size=60), st.integers(0, 60))
def test_facets_of_any_text_lie_inside_it_and_never_overlap(text: str, place: int) -> None:
    text = text[:place] + " https://a.example/b #tag " + text[place:]
    last = 0
    for facet in facets(text):
        index = facet["index"]
        assert last <= index["byteStart"] < index["byteEnd"] <= len(text.encode())
        text.encode()[index["byteStart"] : index["byteEnd"]].decode()  # whole characters
        last = index["byteEnd"]


def cases(kind: str) -> list[Any]:
    path = CORPORA / "derived" / "atproto-facets.json"
    if not path.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the corpora are not beside this checkout"))]
    return [case for case in json.loads(path.read_text(encoding="utf-8")) if case["kind"] == kind]


@pytest.mark.parametrize("case", cases("tags"), ids=lambda case: case.get("text", "absent"))
def test_tags_are_those_the_reference_implementation_finds(case: dict[str, Any]) -> None:
    found = find_tags(case["text"])
    assert [tag for _, _, tag in found] == case["tags"]
    ranges = [
        {"byteStart": len(case["text"][:start].encode()), "byteEnd": len(case["text"][:end].encode())}
        for start, end, _ in found
    ]
    assert ranges == case["byte_ranges"]


@pytest.mark.parametrize("case", cases("segments"), ids=lambda case: case.get("text", "absent"))
def test_links_are_those_the_reference_implementation_finds(case: dict[str, Any]) -> None:
    # Names stay plain text here: a facet for one needs the account looked up.
    links = [tuple(part) for part in case["segments"] if len(part) > 1 and not part[1].startswith("did:")]
    assert shown(case["text"]) == links


def test_a_bare_domain_leads_to_its_https_address() -> None:
    assert shown("Notes at dana.example.com/talk, and (b.dev). Not c.nope") == [
        ("dana.example.com/talk", "https://dana.example.com/talk"),
        ("b.dev", "https://b.dev"),
    ]


def test_the_card_leads_where_the_text_does(place: Place) -> None:
    tagged = f"{LINK}?utm_source=bluesky&utm_medium=social"
    request = place.freeze(make_share("bluesky", f"Words of mine {tagged}")).payload["json"]
    assert request["record"]["embed"]["external"]["uri"] == tagged
    assert [facet["features"][0]["uri"] for facet in request["record"]["facets"]] == [tagged]


class Forger(BlueskyServer):
    """A server whose session would end a header and begin another one."""

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if target.endswith("createSession"):
            return as_json({"did": "did:plc:dana", "handle": self.handle, "accessJwt": "a\r\nX-Other: b"})
        return super().reads(target, headers, body)


def test_a_session_that_no_header_can_hold_is_none(tmp_path: Path) -> None:
    with serve(Forger(now=NOW)) as url:
        account = Account(network="bluesky", server=url, handle="dana.test")
        assert isinstance(Place(account, Secret("x"), list, tmp_path).ready(), RetryAt)
