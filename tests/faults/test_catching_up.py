"""A machine that slept does not send in a burst what came due meanwhile: a few in order, the rest is asked about."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from curate.shares import ledger
from tests.shares.servers import START, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from tests.shares.conftest import Ledger

SERVER = "http://social.example"
HOUR, PASS = timedelta(hours=1), timedelta(minutes=5)
SLEEPS = (HOUR, 8 * HOUR, 72 * HOUR, 720 * HOUR)


@pytest.mark.parametrize("sleep", SLEEPS, ids=lambda sleep: f"{sleep / HOUR:g} h")
@pytest.mark.parametrize("count", [1, 40, 400])
def test_after_sleep_at_most_four_go_out_in_an_hour_in_their_order_and_the_rest_asks(
    book: Ledger, sleep: timedelta, count: int
) -> None:
    server = MastodonServer()
    client = MemoryClient({SERVER: server})
    book.account("mastodon", server=SERVER, handle="dana", token=server.password)
    shares = [book.share("mastodon", f"Number {number}", due=START + sleep * number / count) for number in range(count)]
    woke = START + sleep
    after = timedelta(0)
    while after < HOUR:
        server.advance(woke + after)
        book.send(now=woke + after, client=client)
        after += PASS
    first_hour = [status["at"] for status in server.statuses]
    assert len(first_hour) <= 4
    assert all(later - earlier >= timedelta(minutes=15) for earlier, later in pairwise(first_hour))
    late = [share for share in shares if woke - share.due_at > 2 * HOUR]
    assert {book.find(share).state for share in late} <= {"missed"}
    assert len(first_hour) == min(4, count - len(late))
    server.advance(woke + 4 * HOUR)
    book.send(now=woke + 4 * HOUR, client=client)
    texts = [share.text for share in shares]
    assert server.posts() == sorted(server.posts(), key=texts.index)  # as they were planned
    ends = [book.find(share) for share in shares]
    assert {share.state for share in ends} <= {"sent", "missed"}
    assert [share.text for share in ends if share.state == "sent"] == server.posts()
    missed = [share for share in ends if share.state == "missed"]
    assert all(
        "its time passed" in share.reason and f"curate share move {share.id}" in share.reason for share in missed
    )
    assert len(ledger.list_shares(book.connection, states=("sent", "missed"))) == count
    # A person may still send what was missed.
    if missed:
        sent = book.send(now=woke + 5 * HOUR, client=client, only=(missed[0].id,)).sent
        assert [share.id for share in sent] == [missed[0].id]
