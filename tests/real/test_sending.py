"""Sending to servers nobody here wrote: the contract again, crashes, and what others read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from mastodon import Mastodon

from curate.desk.settings import Account
from curate.shares.networks.base import Frozen, NeedsLogin, RetryAt, Sent, Unknown
from curate.shares.tokens import Secret
from tests.real.conftest import call
from tests.shares.conftest import LINK, Ledger, a_ledger
from tests.shares.crashes import STEPS, killed_pass
from tests.shares.networks.contract import TEXT, Place, SignsIn, make_attempt, make_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.real.conftest import MastodonServer, Pds

pytestmark = pytest.mark.system


def mastodon_texts(server: MastodonServer) -> list[str]:
    """Return what was typed for each status on the server."""
    return [
        call("GET", f"{server.url}/api/v1/statuses/{status['id']}/source", token=server.token)["text"]
        for status in server.statuses()
    ]


@pytest.fixture
def mastodon_place(mastodon: MastodonServer, tmp_path: Path) -> Place:
    account = Account(network="mastodon", server=mastodon.url, handle="dana")
    return Place(account, Secret(mastodon.token), lambda: mastodon_texts(mastodon), tmp_path)


@pytest.fixture
def bluesky_place(pds: Pds, tmp_path: Path) -> Place:
    made = pds.account("dana")
    account = Account(network="bluesky", server=pds.url, handle=made.handle)
    return Place(account, Secret(made.password), lambda: [one["text"] for one in pds.records(made.did)], tmp_path)


class TestMastodonForReal(SignsIn):
    """The contract, on a server with Mastodon's API."""

    clock_goes_on = True

    @pytest.fixture
    def place(self, mastodon_place: Place) -> Place:
        return mastodon_place


class TestBlueskyForReal(SignsIn):
    """The contract, on the reference server."""

    @pytest.fixture
    def place(self, bluesky_place: Place) -> Place:
        return bluesky_place


def test_another_client_reads_what_we_sent(mastodon: MastodonServer, mastodon_place: Place) -> None:
    sent = mastodon_place.send(make_attempt(mastodon_place.freeze()))
    reader = Mastodon(access_token=mastodon.token, api_base_url=mastodon.url, version_check_mode="none")
    status = reader.status(sent.remote_id)
    assert LINK in status.content
    assert status.visibility == "public"
    assert status.language == "en"
    assert status.url == sent.url


def test_the_pds_holds_facets_that_cover_exactly_the_link_and_the_tag(pds: Pds, bluesky_place: Place) -> None:
    sent = bluesky_place.send(make_attempt(bluesky_place.freeze()))
    [record] = pds.records(sent.remote_id.split("/")[2])
    covered = {}
    for facet in record["facets"]:
        index, [feature] = facet["index"], facet["features"]
        text = record["text"].encode()[index["byteStart"] : index["byteEnd"]].decode()
        covered[text] = feature.get("uri") or feature["tag"]
    assert covered == {LINK: LINK, "#OnCall": "OnCall"}
    assert record["embed"]["external"]["uri"] == LINK


def test_a_key_that_is_taken_takes_the_same_record_again_and_no_other(bluesky_place: Place) -> None:
    frozen = bluesky_place.freeze()
    first, again = bluesky_place.send(make_attempt(frozen)), bluesky_place.send(make_attempt(frozen))
    assert isinstance(again, Sent)
    assert again.remote_id == first.remote_id
    other = bluesky_place.freeze(make_share("bluesky", f"Other words {LINK}"))
    stolen = Frozen(frozen.key, {**other.payload, "json": {**other.payload["json"], "rkey": frozen.key}})
    refused = bluesky_place.send(make_attempt(stolen))
    assert isinstance(refused, Unknown)
    assert "InvalidSwap" in refused.evidence
    assert bluesky_place.texts() == [TEXT]


@pytest.mark.parametrize(
    ("effect", "meaning"),
    [
        ({"type": "ratelimit"}, RetryAt),
        ({"type": "status", "status": 503}, Unknown),
        ({"type": "status", "status": 401}, NeedsLogin),
        ({"type": "malformed"}, Unknown),
    ],
)
def test_what_each_fault_of_a_mastodon_api_means(
    mastodon: MastodonServer, mastodon_place: Place, effect: dict[str, object], meaning: type
) -> None:
    mastodon.fail("POST", "/api/v1/statuses", times=1, **effect)
    assert type(mastodon_place.send(make_attempt(mastodon_place.freeze()))) is meaning


@dataclass
class Real:
    """A ledger with one account on one real server, and what is public there."""

    book: Ledger
    texts: Callable[[], list[str]]


@pytest.fixture(params=["mastodon", "bluesky"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Real]:
    place: Place = request.getfixturevalue(f"{request.param}_place")
    with a_ledger(tmp_path) as book:
        assert place.secret is not None
        book.account(
            "one", request.param, token=place.secret.reveal(), server=place.account.server, handle=place.account.handle
        )
        yield Real(book, place.texts)


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_two_steps_the_post_is_there_once(real: Real, step: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=4)  # servers say the real time: 5 is too far off
    share = real.book.share("one", due=now)
    killed_pass(real.book, now=now, kill_at=step)
    real.book.send(now=now + timedelta(minutes=4))
    assert real.book.find(share).state == "sent"
    assert real.texts() == [share.text]
    assert real.book.send(now=now + timedelta(minutes=5)).sent == ()
    assert real.texts() == [share.text]


def test_killed_twice_the_post_is_there_once(real: Real) -> None:
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=4)  # servers say the real time: 5 is too far off
    share = real.book.share("one", due=now)
    killed_pass(real.book, now=now, kill_at="written")
    killed_pass(real.book, now=now + timedelta(minutes=2), kill_at="asked")
    real.book.send(now=now + timedelta(minutes=4))
    assert real.book.find(share).state == "sent"
    assert real.texts() == [share.text]
