"""Two curates never do at once what must not be done twice, and a dead one holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import Desk
from curate.desk.locks import hold
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from curate.desk.folder import Desk
from curate.desk.locks import hold
with hold(Desk(Path(sys.argv[1])), "send"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_curate(desk: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock for sending in another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, desk], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_process_is_refused_and_told_who_is_at_it(tmp_path: Path) -> None:
    with another_curate(tmp_path) as other:
        with pytest.raises(Conflict, match=rf"process {other.pid}.*send"), hold(Desk(tmp_path), "send", wait=0.05):
            pass
        with hold(Desk(tmp_path), "fetch", wait=0.05):
            pass  # another purpose is another lock


def test_whoever_waits_hears_for_whom_and_only_when_there_is_somebody(tmp_path: Path) -> None:
    heard: list[str] = []

    def waiting(process: str, since: datetime) -> None:
        assert since.tzinfo is not None
        heard.append(process)

    with hold(Desk(tmp_path), "send", waiting=waiting):
        assert heard == []
    with another_curate(tmp_path) as other:
        with pytest.raises(Conflict), hold(Desk(tmp_path), "send", wait=0.05, waiting=waiting):
            pass
        assert heard == [str(other.pid)]


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with another_curate(tmp_path) as other:
        other.kill()
        other.wait()
        with hold(Desk(tmp_path), "send", wait=0.05):
            pass


def test_a_lock_is_free_again_when_its_work_failed(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="of the work itself"), hold(Desk(tmp_path), "send"):
        raise PermissionError(13, "of the work itself")
    with hold(Desk(tmp_path), "send", wait=0.05):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_the_first_lock_of_a_desk_makes_its_private_folder_private(tmp_path: Path) -> None:
    with hold(Desk(tmp_path), "fetch"):
        assert (tmp_path / ".curate").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_hold_a_lock_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / ".curate").write_text("a file where a folder should be")
    with pytest.raises(CurateError, match="could not be written"), hold(Desk(tmp_path), "send"):
        pass
