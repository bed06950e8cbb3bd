"""A build that is killed at any moment leaves the old site or the new one, whole, and the next build right."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from curate.site.manifest import MARK, digest, list_files
from tests.faults.field import FULL, ROOT
from tests.site.conftest import NOON, new_site

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 200 if FULL else 20
POSTS = 30
BUILD = """
import sys
from datetime import datetime
from pathlib import Path
from curate.desk.folder import Desk
from curate.desk.settings import load_settings
from curate.site.build import build_site

desk = Desk(Path(sys.argv[1]))
build_site(desk, load_settings(desk.settings), now=datetime.fromisoformat(sys.argv[2]))
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere two renames swap the site")


def tree(folder: Path) -> dict[str, str]:
    return {name: digest(folder / name) for name in [*list_files(folder), MARK]}


def test_a_build_killed_at_random_leaves_one_whole_site(tmp_path: Path) -> None:
    dice = random.Random(20261129)  # noqa: S311 - a fixed seed: the same draws each time
    site = new_site(tmp_path / "desk")
    for number in range(POSTS):
        site.write(f"post-{number}", tags=[f"tag {number % 7}"])
    site.build()
    longest = 1.0
    cut = 0
    for kill in range(KILLS):
        old = tree(site.output)
        if kill % 5 == 0:  # a change that renders every page
            site.desk.profile.write_text(f"basics:\n  name: Dana Okafor\n  label: Number {kill}\n", encoding="utf-8")
        site.write(f"post-{dice.randrange(POSTS)}", f"Words {kill}.\n", tags=[f"tag {dice.randrange(7)}"])
        began = time.monotonic()
        ended = build_and_kill(site.desk.root, dice.random() * longest, whole=dice.random() < 0.5)
        if ended:
            longest = time.monotonic() - began
        cut += not ended
        served = tree(site.output)
        site.build()
        assert served in (old, tree(site.output)), f"kill {kill}"
    assert cut > KILLS // 4, "builds were killed before their end"
    last = tree(site.output)
    (site.desk.private / "build.cache").unlink()
    shutil.rmtree(site.output)
    site.build()
    assert tree(site.output) == last


def build_and_kill(desk: Path, after: float, *, whole: bool) -> bool:
    """Start a build and kill it after a time, with its Pelican when ``whole``; say whether it had ended."""
    command = [sys.executable, "-c", BUILD, str(desk), NOON.isoformat()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as building:

        def kill() -> None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                if building.poll() is None:
                    (os.killpg if whole else os.kill)(building.pid, signal.SIGKILL)

        timer = threading.Timer(after, kill)
        timer.start()
        code = building.wait()
        timer.cancel()
        timer.join()
    return code == 0
