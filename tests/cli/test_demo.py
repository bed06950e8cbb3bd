"""The demo: the real commands, on sample feeds, sending nothing."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Curate

ROOT = Path(__file__).parents[2]


def test_the_demo_goes_from_feeds_to_a_page_and_to_rehearsed_shares(curate: Curate, tmp_path: Path) -> None:
    now = (
        "--now",
        datetime.now(UTC).isoformat(),
    )  # the commands of the demo are processes of their own: they ask the clock
    result = curate("-C", tmp_path, "demo", "tour", *now)
    desk = tmp_path / "tour"
    for command in ("init", "feed import", "fetch", "item list", "item keep", "item note", "item quote", "write",
                    "post check", "publish", "share plan", "share approve", "share queue", "tick"):  # fmt: skip
        assert any(line.startswith("$ curate") and f" {command}" in line for line in result.out.splitlines()), command
    assert str(desk / "output") in result.out
    assert "site serve" in result.out
    [page] = [page for page in desk.glob("output/2*/*/index.html") if not page.parent.name.isdigit()]
    assert "An alert that has never changed" in page.read_text(encoding="utf-8")
    rehearsed = [json.loads(path.read_text(encoding="utf-8")) for path in (desk / ".curate" / "outbox").glob("*.json")]
    assert len(rehearsed) == 2
    items = curate("-C", desk, "item", "list", "--state", "all", "--limit", "0", "--json").data
    assert len(items) >= 38
    assert max(item["sources"] for item in items) == 2
    assert curate("-C", desk, "tick", "--no-fetch", "--json", *now).data["sent"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="a script for a shell")
@pytest.mark.parametrize("installed", [True, False])
def test_the_last_line_can_be_copied_wherever_curate_is(tmp_path: Path, *, installed: bool) -> None:
    program = tmp_path / "bin" / "curate"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom curate.cli.main import run\nrun()\n", encoding="utf-8")
    program.chmod(0o755)
    path = os.environ["PATH"] if not installed else f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bin/curate", "demo", "my tour"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    command = done.stdout.splitlines()[-1].partition(":   ")[2]
    assert command == f"{'curate' if installed else 'bin/curate'} -C 'my tour' site serve --open"
    subprocess.run([*shlex.split(command)[:3], "post", "list"], cwd=tmp_path, env=environment, check=True)


def test_the_demo_replaces_only_its_own_desk_and_only_when_told(curate: Curate, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "words.md").write_text("mine", encoding="utf-8")
    assert curate("-C", tmp_path, "demo", "mine", "--again", expect=6).out == ""
    assert (mine / "words.md").read_text(encoding="utf-8") == "mine"
    (mine / ".curate-demo").touch()
    assert "--again" in curate("-C", tmp_path, "demo", "mine", expect=6).err
    assert (mine / "words.md").exists()
