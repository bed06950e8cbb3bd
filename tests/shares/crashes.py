"""Kill a sending process where it hurts, and see what the next pass makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.shares.servers import START

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from tests.shares.conftest import Ledger

ROOT = Path(__file__).parents[2]
STEPS = ("chosen", "staged", "written", "asked", "recorded")


def start_pass(book: Ledger, *, now: datetime = START, kill_at: str = "none") -> subprocess.Popen[bytes]:
    """Start a pass in a process of its own that kills itself at ``kill_at``."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.shares.crash_driver",
            str(book.desk.root),
            str(book.config),
            now.isoformat(),
            kill_at,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(book.settings))
    process.stdin.close()
    return process


def killed_pass(
    book: Ledger, *, now: datetime = START, kill_at: str = "none", in_flight: threading.Event | None = None
) -> None:
    """Make a pass that is killed at ``kill_at``, or once ``in_flight`` is set; see that it was killed."""
    with start_pass(book, now=now, kill_at=kill_at) as process:
        if in_flight is not None:
            assert in_flight.wait(60)
            process.kill()
        code = process.wait(60)
        assert process.stderr is not None
        assert code == -signal.SIGKILL, process.stderr.read().decode()
