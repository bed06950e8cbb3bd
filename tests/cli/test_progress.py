"""Progress is one line on a terminal, gone at the end, and nothing anywhere else."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from curate.cli import progress as showing
from curate.cli.here import Here
from curate.cli.progress import Progress
from tests.conftest import HEEDING_CTRL_C

if TYPE_CHECKING:
    from tests.conftest import Curate, Loopback

ROOT = Path(__file__).parents[2]
RSS = "<rss version='2.0'><channel><title>x</title><item><title>a</title><guid>a</guid></item></channel></rss>"


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 80 columns, and no patience."""
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(showing, "sys", SimpleNamespace(stderr=terminal))  # pytest takes sys.stderr itself back
    monkeypatch.setattr(showing, "PATIENCE", 0.0)
    return terminal


def drawn(here: Here, *numbers: int) -> Progress:
    progress = Progress(here)
    progress(*numbers)
    progress.draw()
    return progress


def read(progress: Progress) -> None:
    """Read one of two feeds, which takes some turns of the loop."""

    async def go() -> None:
        async with progress.shown():
            progress(1, 2, 0, 0)
            for _ in range(5):
                await asyncio.sleep(0)

    asyncio.run(go())


def test_it_is_one_line_with_a_bar_and_gone_at_the_end(terminal: Terminal) -> None:
    progress = drawn(Here(), 60, 120, 340, 3)
    progress.end()
    progress.end()
    assert terminal.getvalue() == f"\r\x1b[J{'━' * 12}{'─' * 12}  60/120 feeds, 340 new, 3 failed\r\x1b[J"


def test_it_speaks_ascii_where_that_is_wanted(terminal: Terminal) -> None:
    drawn(Here(ascii=True), 30, 120, 0, 0)
    assert terminal.getvalue() == f"\r\x1b[J{'#' * 6}{'-' * 18}  30/120 feeds"


def test_a_terminal_made_narrow_is_left_clean(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = [80]
    monkeypatch.setattr(showing, "_columns", lambda: wide[0])
    progress = drawn(Here(), 1, 120, 1_000, 0)
    wide[0] = 20
    progress.end()  # the line of 48 cells now fills three
    assert terminal.getvalue().endswith("1/120 feeds, 1,000 new\x1b[2A\r\x1b[J")
    drawn(Here(), 82, 120, 340, 3)
    assert terminal.getvalue().endswith("\r\x1b[J82/120 feeds, 340 n")


def test_it_shows_what_takes_long_and_nothing_where_nobody_looks(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for silent in (Progress(Here(quiet=True)), Progress(Here(json=True))):
        read(silent)
    monkeypatch.setattr(showing, "PATIENCE", 60.0)
    read(Progress(Here()))
    monkeypatch.setattr(showing, "PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "dumb")
    read(Progress(Here()))
    assert terminal.getvalue() == ""
    monkeypatch.setenv("TERM", "xterm")
    read(Progress(Here()))
    assert re.fullmatch(r"\r\x1b\[J━+─+  1/2 feeds\r\x1b\[J", terminal.getvalue())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_ctrl_c_says_how_far_it_came_and_keeps_what_is_in(desk: Path, curate: Curate, loopback: Loopback) -> None:
    import pty

    release = threading.Event()

    def slow(*_: object) -> tuple[int, dict[str, str], bytes]:
        release.wait(60)
        return 200, {}, RSS.encode()

    loopback.put("/one", RSS)
    loopback.put("/two", RSS)
    loopback.pages["/slow"] = slow
    for name in ("one", "two", "slow"):
        curate("-C", desk, "--offline", "feed", "add", f"{loopback.url}/{name}", "--title", name)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*HEEDING_CTRL_C, "-C", str(desk), "fetch"],
        cwd=ROOT,
        env=os.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as program:
        os.close(theirs)
        shown = b""
        while b"2/3 feeds, 2 new" not in shown:
            shown += os.read(ours, 4096)
        program.send_signal(signal.SIGINT)
        out = program.communicate(timeout=60)[0]
    release.set()
    shown += os.read(ours, 65536)
    os.close(ours)
    assert (program.returncode, out) == (130, b"")
    assert shown.decode().endswith("\r\x1b[JStopped. 2 of 3 feeds read; what they brought is kept.\r\n")
    assert len(curate("-C", desk, "item", "list", "--json").data) == 2
