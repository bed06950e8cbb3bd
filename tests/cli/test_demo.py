"""The demo: the real commands, on sample feeds, sending nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate


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


def test_the_demo_replaces_only_its_own_desk_and_only_when_told(curate: Curate, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "words.md").write_text("mine", encoding="utf-8")
    assert curate("-C", tmp_path, "demo", "mine", "--again", expect=6).out == ""
    assert (mine / "words.md").read_text(encoding="utf-8") == "mine"
    (mine / ".curate-demo").touch()
    assert "--again" in curate("-C", tmp_path, "demo", "mine", expect=6).err
    assert (mine / "words.md").exists()
