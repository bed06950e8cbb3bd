"""A sender that is killed at any moment makes no second post and loses none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.shares.crashes import STEPS, killed_pass, start_pass
from tests.shares.servers import START, BlueskyServer, MastodonServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.shares.conftest import Ledger
    from tests.shares.servers import Server


@pytest.fixture(params=["mastodon", "bluesky"])
def server(request: pytest.FixtureRequest, book: Ledger) -> Iterator[Server]:
    """A network on loopback, with one account in the ledger and one share due."""
    name = request.param
    server: Server = MastodonServer() if name == "mastodon" else BlueskyServer()
    with serve(server) as url:
        handle = "dana" if name == "mastodon" else "dana.test"
        book.account("one", name, server=url, handle=handle, token=server.password)
        yield server


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_two_steps_the_share_is_out_once(book: Ledger, server: Server, step: str) -> None:
    share = book.share("one")
    killed_pass(book, kill_at=step)
    assert book.find(share).state == {
        "chosen": "approved",
        "staged": "approved",
        "written": "sending",
        "asked": "sending",
    }.get(step, "sent")
    report = book.send(now=START + timedelta(minutes=5))
    assert report.unknown == ()
    assert book.find(share).state == "sent"
    assert server.posts() == [share.text]


def test_killed_with_the_request_under_way_the_share_is_out_once(book: Ledger, server: Server) -> None:
    share = book.share("one")
    server.effects.append("hang after")
    killed_pass(book, in_flight=server.stored)
    assert book.find(share).state == "sending"
    assert book.send(now=START + timedelta(minutes=5)).unknown == ()
    assert book.find(share).state == "sent"
    assert server.posts() == [share.text]


def test_killed_again_and_again_the_share_is_out_once(book: Ledger, server: Server) -> None:
    share = book.share("one")
    for number, step in enumerate(("written", "written", "asked")):
        killed_pass(book, now=START + timedelta(minutes=2 * number), kill_at=step)
    book.send(now=START + timedelta(minutes=6))
    assert book.find(share).state == "sent"
    assert server.posts() == [share.text]


def test_two_runners_at_once_send_each_share_once(book: Ledger, server: Server) -> None:
    shares = [book.share("one", f"Number {number}") for number in range(5)]
    with start_pass(book) as one, start_pass(book) as other:
        assert {one.wait(60), other.wait(60)} <= {0, 1}  # 1: the lock was not free in time
    book.send(now=START + timedelta(minutes=5))
    assert sorted(server.posts()) == sorted(share.text for share in shares)
    assert {book.find(share).state for share in shares} == {"sent"}
