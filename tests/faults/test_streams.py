"""Standard streams that are closed or full: the exit code still tells, nothing of the desk is written into."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.field import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows hands streams on in another way")

BUFFERED = {"PYTHONUNBUFFERED": ""}  # as in a person's shell
AT_ONCE = {"PYTHONUNBUFFERED": "1"}
LINES = [("today", 0), ("config list", 0), ("config set site.name Robin", 0), ("item", 0), ("item show no", 2)]


def told(desk: Path, line: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command whose streams are not as usual."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **how.pop("environment", BUFFERED)}
    command = [sys.executable, "-m", "curate", "-C", str(desk), *line.split()]
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.run(command, env=environment, check=False, text=True, timeout=60, **streams)


def closing_streams(numbers: tuple[int, ...]) -> Callable[[], None]:
    """Return what closes them in the process that is about to be curate."""

    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
@pytest.mark.parametrize(("line", "code"), LINES)
def test_what_is_closed_takes_nothing_and_harms_nothing(
    desk: Path, line: str, code: int, closed: tuple[int, ...]
) -> None:
    done = told(desk, line, preexec_fn=closing_streams(closed))
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert bool(done.stdout) == (code == 0 and 1 not in closed)
    assert bool(done.stderr) == (code == 2 and 2 not in closed), done.stderr
    told(desk, "today")  # not every command opens the database
    with closing(sqlite3.connect(desk / ".curate" / "desk.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("environment", [BUFFERED, AT_ONCE], ids=["buffered", "at once"])
@pytest.mark.parametrize("line", [line for line, code in LINES if code == 0])
def test_an_answer_that_cannot_be_written_is_said_in_words(desk: Path, line: str, environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = told(desk, line, stdout=full, environment=environment)
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert environment == AT_ONCE or done.stderr.startswith("The answer could not be written to standard output: ")


@pytest.mark.parametrize(("line", "code"), LINES)
def test_a_message_that_cannot_be_written_changes_no_exit_code(desk: Path, line: str, code: int) -> None:
    with Path("/dev/full").open("w") as full:
        assert told(desk, line, stderr=full).returncode == code


def test_a_pass_goes_on_when_its_log_is_full(desk: Path) -> None:
    (desk / "feeds.opml").write_text("no list\n")
    with Path("/dev/full").open("w") as full:
        unread = told(desk, "fetch", stderr=full).returncode
    assert unread == told(desk, "fetch").returncode == 1
