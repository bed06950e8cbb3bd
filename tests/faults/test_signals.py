"""A fetch that is told to stop keeps what is in, leaves a clean terminal, and nothing that still runs."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import HEEDING_CTRL_C
from tests.faults.field import ROOT, Field, holding, orphans, start_fetch

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")


def shown(terminal: int, until: bytes = rb"\Z.") -> bytes:
    """Return what a terminal shows from now on, until ``until`` is shown or nobody holds its other end."""
    seen = b""
    while not re.search(until, seen):
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
    return seen


@pytest.mark.parametrize("feeds", [(60, {})], indirect=True)
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_told_to_stop_it_keeps_what_is_in(desk: Path, feeds: Field, how: signal.Signals, code: int) -> None:
    feeds.slow = 0.6  # past the moment from which progress is shown
    for feed in feeds.feeds[-10:]:
        feed.kind = "silent"
    near, far = pty.openpty()
    with subprocess.Popen(
        [*HEEDING_CTRL_C, "-C", str(desk), "fetch"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CURATE_ALLOW_PRIVATE": f"127.0.0.0/8:{feeds.port}"},
        stdin=far,
        stdout=far,
        stderr=far,
        start_new_session=True,
    ) as run:
        os.close(far)
        shown(near, rb"[2-5]\d/60 feeds")
        os.killpg(run.pid, how)  # as a terminal does: workers hear it, too
        rest = shown(near).decode()
        assert run.wait(30) == code
    os.close(near)
    assert orphans(run.pid) == {}
    line = rest.rpartition("\x1b[J")[2].strip()
    assert re.fullmatch(r"Stopped\. \d+ of 60 feeds read; what they brought is kept\.", line)
    held = holding(desk)
    assert held
    assert held.items() <= feeds.truth().items()
    feeds.slow = 0
    for feed in feeds.feeds:
        feed.kind = "plain"
    with start_fetch(desk, feeds) as again:
        again.communicate(timeout=60)
    assert holding(desk) == feeds.truth()
