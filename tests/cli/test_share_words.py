"""``curate share check`` and the document of ``share plan``: what stands against a share, and the way out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_share import LINK, Shares

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

OWN = "Eight weeks of one pager: what I keep coming back to is not whether it was right"


@pytest.fixture
def shares(curate: Curate, desk: Path, tmp_path: Path) -> Shares:
    found = Shares(curate, desk, tmp_path)
    found.rehearse()
    return found


def test_a_share_that_may_go_out_exits_0(shares: Shares) -> None:
    [share] = shares.plan(text=OWN)
    done = shares("check")
    assert f"{share['id']}  mastodon" in done.out
    assert "of 500 characters" in done.out
    assert "Nothing stands against 1 share." in done.out
    [row] = shares("check", share["id"], "--json").data
    assert (row["id"], row["account"]) == (share["id"], "mastodon")
    assert {"name": "link", "ok": True, "words": LINK} in row["checks"]


def test_a_share_that_may_not_exits_3_with_the_way_out_and_loses_nothing(shares: Shares) -> None:
    [share] = shares.plan(text=OWN)
    shares.curate("-C", shares.desk, "config", "set", "accounts.mastodon.characters", "50")
    done = shares("check", expect=3)
    assert "no   length" in done.out
    assert f"curate share edit {share['id']}" in done.out
    assert "1 share refused as it reads now; nothing is lost." in done.out
    [row] = shares("check", "--json", expect=3).data
    assert [check["name"] for check in row["checks"] if not check["ok"]] == ["length"]
    assert [one["text"] for one in shares("queue", "--json").data] == [share["text"]]


def test_no_shares_are_nothing_to_refuse(shares: Shares) -> None:
    assert "curate share plan POST" in shares("check").out
    assert shares("check", "--json").data == []
    shares("check", "zzzz", expect=2)


def test_an_edit_that_comes_near_another_text_is_warned(shares: Shares) -> None:
    first, second = (
        shares.plan(to=name, text=text)[0]
        for name, text in (("mastodon", OWN), ("bluesky", "Would you let it wake somebody?"))
    )
    near = shares.words(f"{OWN[:36]}: would you let it wake somebody at night")
    done = shares("edit", second["id"], "--text-file", near)
    assert f"({first['id']})" in done.err
    assert "% of this text stands in" in done.err
    same = shares("edit", second["id"], "--text-file", shares.words(OWN), expect=3)
    assert "The share is as it was." in same.err


def test_all_accounts_are_meant_when_none_is_named(
    shares: Shares, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script, seen = tmp_path / "editor.py", tmp_path / "seen.txt"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text(encoding='utf-8')\n"
        f"pathlib.Path({str(seen)!r}).write_text(text, encoding='utf-8')\n"
        "path.write_text(text.replace('=== bluesky\\n', '=== bluesky\\nFor the doubters.\\n')"
        ".replace('=== mastodon\\n', '=== mastodon\\nPeers may try it.\\n'), encoding='utf-8')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    rows = shares("plan", "small-models", "--json").data
    assert sorted(row["account"] for row in rows) == ["bluesky", "mastodon"]
    document = seen.read_text(encoding="utf-8")
    assert ";; The post asks: Would you?" in document
    assert ";; It says: Mine" in document
    assert ";; What would you do differently?" in document
    assert document.count("?\n") >= 7  # the post's, and three for each account
    assert "300 characters, the link included, 3000 bytes" in document


def test_files_say_which_accounts_are_meant_when_none_is_named(shares: Shares) -> None:
    [row] = shares("plan", "small-models", "--text-file", f"bluesky={shares.words(OWN)}", "--json").data
    assert row["account"] == "bluesky"


def test_without_any_account_there_is_nowhere_to_plan(curate: Curate, desk: Path, tmp_path: Path) -> None:
    done = Shares(curate, desk, tmp_path)("plan", "small-models", expect=2)
    assert done.err == "There are no accounts yet.\ncurate account add mastodon connects one.\n"
