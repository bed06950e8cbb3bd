"""A network that takes a post and then loses the answer, in every way a connection can, gets it once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.faults.field import FULL
from tests.shares.servers import START
from tests.shares.six import BLIND, on_loopback

if TYPE_CHECKING:
    from tests.shares.conftest import Ledger

# How the answer is lost (reset, closed, broken off in the middle, a gateway's, never), how often on each of the
# six networks, and how many seconds one is waited for: 1,020 in the sweep, 102 in all otherwise.
LOST = [
    ("drop after", 34 if FULL else 4, 10),
    ("close after", 34 if FULL else 4, 10),
    ("half after", 34 if FULL else 4, 10),
    ("500 after", 34 if FULL else 4, 10),
    ("hang after", 34 if FULL else 1, 0.5),
]
EVERY = timedelta(minutes=15)


@pytest.mark.parametrize(("effect", "times", "patience"), LOST)
def test_what_was_taken_without_an_answer_is_out_once(book: Ledger, effect: str, times: int, patience: float) -> None:
    with on_loopback(book) as servers:
        shares = []
        now = START
        for number in range(times):
            for name, server in servers.items():
                server.effects.append(effect)
                server.advance(now)
                shares.append(book.share(name, f"Number {number}, taken and then: {effect}", due=now))
            book.send(now=now, timeout=patience)
            now += EVERY
        for server in servers.values():
            server.effects.clear()
        for number in range(2):  # the second for what a busy machine kept from being asked in time
            book.send(now=now + number * EVERY)
        public = {name: Counter(server.posts()) for name, server in servers.items()}
    for share in shares:
        end = book.find(share)
        assert public[share.network][share.text] == 1, end
        # What the network lets nobody read is left to the person, with the reason.
        assert end.state == "sent" or (end.state == "unknown" and share.network in BLIND and end.reason), end
    assert sum(sum(texts.values()) for texts in public.values()) == len(shares)
