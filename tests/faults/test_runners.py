"""However many runners are let loose on one desk at once, each share goes out once and none is lost."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.faults.field import FULL
from tests.shares.crashes import start_pass
from tests.shares.servers import START
from tests.shares.six import BLIND, NETWORKS, on_loopback

if TYPE_CHECKING:
    from tests.shares.conftest import Ledger

SHARES, ROUNDS = (200, 3) if FULL else (20, 1)
LATER = timedelta(minutes=12)


@pytest.mark.parametrize("runners", range(2, 9) if FULL else (3, 8))
@pytest.mark.parametrize("number", range(ROUNDS))
def test_many_runners_at_once_send_each_share_once(book: Ledger, runners: int, number: int) -> None:
    dice = random.Random(f"{runners} {number}")  # noqa: S311 - the same draws each time
    with on_loopback(book) as servers:
        for server in servers.values():
            server.chance = lambda: "drop after" if dice.random() < 0.1 else ""
        shares = [book.share(NETWORKS[one % len(NETWORKS)], f"Number {one}") for one in range(SHARES)]
        with ExitStack() as stack:
            started = [stack.enter_context(start_pass(book)) for _ in range(runners)]
            for process in started:
                assert process.stderr is not None
                said = process.stderr.read().decode()  # until its end
                assert process.wait(60) == 0 or "busy with send" in said, said
        for server in servers.values():
            server.chance = str
            server.advance(START + LATER)
        book.send(now=START + LATER)  # what was lost is found, and what waited behind it goes out
        public = {name: Counter(server.posts()) for name, server in servers.items()}
    assert sum(sum(texts.values()) for texts in public.values()) == SHARES
    for share in shares:
        end = book.find(share)
        assert public[share.network][share.text] == 1, end
        assert end.state == "sent" or (end.state == "unknown" and share.network in BLIND and end.reason), end
