"""A fetch that is killed at any moment loses nothing: the next one brings what is missing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.search import search
from tests.faults.field import FULL, Field, clean_run, holding, orphans, see_validators_hide_nothing, start_fetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

KILLS = 500 if FULL else 50
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")


@pytest.mark.parametrize("feeds", [(100, {})], indirect=True)
def test_killed_at_random_again_and_again_nothing_is_lost(desk: Path, feeds: Field, curate: Curate) -> None:
    dice = random.Random(20261102)  # noqa: S311 - a fixed seed: the same draws each time
    kept: set[str] = set()
    started = time.monotonic()
    clean_run(desk, feeds)
    length = time.monotonic() - started
    killed = tries = 0
    while killed < KILLS:
        tries += 1
        assert tries <= 4 * KILLS, "the runs end before they are killed"
        for feed in feeds.feeds:
            feed.grew += dice.random() < min(0.15, 20 / KILLS)
        feeds.heard.clear()
        started = time.monotonic()
        with start_fetch(desk, feeds) as run:
            # One in four over the whole run, its start included; the others once feeds are asked.
            moment = dice.random()
            if dice.random() < 0.75 and feeds.heard.wait(30):
                moment *= 0.7
                started = time.monotonic()
            try:
                run.wait(max(started + moment * length - time.monotonic(), 0.001))
                length = (length + time.monotonic() - started) / 2 + 0.05
            except subprocess.TimeoutExpired:
                run.kill()
            code = run.wait()
            assert code in {-signal.SIGKILL, 5, 0}
            killed += code == -signal.SIGKILL
            assert orphans(run.pid) == {}
        see_validators_hide_nothing(desk, feeds)
        if killed % 5 == 0:
            listed = [row["id"] for row in curate("-C", desk, "item", "list", "--json").data if row["id"] not in kept]
            kept.update(dice.sample(listed, 2))
            curate("-C", desk, "item", "keep", *kept)
    clean_run(desk, feeds)
    assert holding(desk) == feeds.truth()
    assert see_validators_hide_nothing(desk, feeds) >= 50
    assert any(feed.unchanged for feed in feeds.feeds)
    listed = curate("-C", desk, "item", "list", "--state", "kept", "--limit", "0", "--json").data
    assert {row["id"] for row in listed} == kept
    with closing(open_database(Desk(desk))) as connection:
        for (_, guid), title in feeds.truth().items():
            hits = search(connection, f"needle{guid.replace('-', '')}end", limit=5, now=datetime.now(UTC))
            assert [hit.item.title for hit in hits] == [title]
