"""Too many at once: two fetches, a database that is busy, more feeds than the system opens files."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from curate.desk.settings import set_setting
from tests.faults.field import Field, clean_run, holding, limited, start_fetch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("feeds", [(200, {})], indirect=True)
def test_with_few_files_to_open_two_hundred_feeds_are_read(desk: Path, feeds: Field) -> None:
    feeds.slow = 0.2  # so that as many as may be are open at once
    for feed in feeds.feeds:
        feed.kind = "plain" if feed.kind == "flaky" else feed.kind
    with start_fetch(desk, feeds, before=limited("RLIMIT_NOFILE", 64)) as run:
        out, err = run.communicate(timeout=120)
    assert (run.returncode, err) == (5, b"")
    assert out.startswith(b"180 feeds read, 20 failed:")
    assert holding(desk) == feeds.truth()


def test_a_second_fetch_says_whom_it_waits_for_and_goes_on_after(desk: Path, feeds: Field) -> None:
    feeds.slow = 1
    with start_fetch(desk, feeds) as first:
        assert feeds.heard.wait(30)
        with start_fetch(desk, feeds) as second:
            first.communicate(timeout=60)
            out, err = second.communicate(timeout=60)
    assert re.fullmatch(
        rf"Another curate \(process {first.pid}\) is fetching since \d\d:\d\d\. Waiting 10 s …\n", err.decode()
    )
    assert (second.returncode, b"0 new items" in out) == (5, True)  # two feeds are gone
    assert holding(desk) == feeds.truth()


def test_a_fetch_that_waits_in_vain_ends_in_words(desk: Path, feeds: Field) -> None:
    set_setting(desk / "curate.toml", "fetch.timeout", "90")  # it is silent for a third of that
    feeds.feeds[0].kind = "silent"
    with start_fetch(desk, feeds) as first:
        assert feeds.heard.wait(30)
        with start_fetch(desk, feeds) as second:
            _, err = second.communicate(timeout=60)
        first.kill()
    assert second.returncode == 6
    assert f"Another curate (process {first.pid}) is busy with fetch" in err.decode()
    feeds.feeds[0].kind = "etag"
    clean_run(desk, feeds)  # a lock dies with its process


def test_a_database_another_program_keeps_busy_is_said_in_words(desk: Path, feeds: Field) -> None:
    clean_run(desk, feeds)
    with closing(sqlite3.connect(desk / ".curate" / "desk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with start_fetch(desk, feeds) as run:
            _, err = run.communicate(timeout=60)
        other.execute("ROLLBACK")
    assert run.returncode == 6
    assert err.decode().startswith(f"Another program is writing to {desk / '.curate' / 'desk.db'}.")
    clean_run(desk, feeds)


def test_a_private_folder_that_vanished_is_never_made_anew_in_silence(desk: Path, feeds: Field, curate: Curate) -> None:
    clean_run(desk, feeds)
    private = desk / ".curate"
    (private / "desk.db").rename(desk.parent / "kept.db")
    for name in ("desk.db-wal", "desk.db-shm"):
        (private / name).unlink(missing_ok=True)
    for command in ("fetch", "today", "item list", "tick"):
        refused = curate("-C", desk, *command.split(), expect=1)
        assert "has vanished" in refused.err
    assert not (private / "desk.db").exists()
    (desk.parent / "kept.db").rename(private / "desk.db")
    assert holding(desk) == feeds.truth()
