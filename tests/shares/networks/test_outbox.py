"""A rehearsal keeps the contract of a network, with files for posts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.folder import Desk
from curate.desk.settings import Account
from curate.shares.networks.base import CannotTell, Rejected, RetryAt
from tests.shares.networks.contract import Place, Sends, make_attempt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["mastodon", "bluesky"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    outbox = Desk(tmp_path).outbox

    def texts() -> list[str]:
        return [json.loads(path.read_text(encoding="utf-8"))["text"] for path in sorted(outbox.glob("*.json"))]

    account = Account(network=request.param, server="https://social.example", handle="dana.test", deliver="outbox")
    return Place(account, None, texts, tmp_path)


class TestOutbox(Sends):
    """The contract, in files."""

    searchable = False  # what was rehearsed is for the person to look at

    def test_a_file_of_the_persons_own_is_never_replaced(self, place: Place) -> None:
        attempt = make_attempt(place.freeze())
        path = Desk(place.folder).outbox / attempt.key
        path.parent.mkdir(parents=True)
        path.write_bytes(b"m\xefne")  # in no encoding we know
        assert isinstance(place.send(attempt), Rejected)
        assert isinstance(place.confirm(attempt), CannotTell)
        assert path.read_bytes() == b"m\xefne"

    def test_a_disk_that_refuses_is_a_retry(self, place: Place) -> None:
        Desk(place.folder).private.write_text("a file where the folder should be", encoding="utf-8")
        answer: Any = place.send(make_attempt(place.freeze()))
        assert isinstance(answer, RetryAt)
