"""The commands prompt …, and what stands below the marked line of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.inbox.stock import Stock, entry

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import Curate


def editor(tmp_path: Path, script: str) -> str:
    path = tmp_path / "edit.sh"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_questions_are_listed_changed_and_refused_when_they_are_none(
    desk: Path, curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "What would you do differently?" in curate("-C", desk, "prompt", "list").out
    settings = desk / "curate.toml"
    settings.write_text(f"# mine\n{settings.read_text(encoding='utf-8')}", encoding="utf-8")
    monkeypatch.setenv("EDITOR", editor(tmp_path, "printf 'Who paid?\\n\\n  Why  now?\\n' > \"$1\""))
    assert curate("-C", desk, "prompt", "edit").out == "2 questions offered from now.\n"
    assert curate("-C", desk, "prompt", "list", "--json").data == [{"question": "Who paid?"}, {"question": "Why now?"}]
    assert settings.read_text(encoding="utf-8").startswith("# mine\n")
    monkeypatch.setenv("EDITOR", editor(tmp_path, "printf 'I think so.\\n' > \"$1\""))
    refused = curate("-C", desk, "prompt", "edit", expect=2).err
    assert "“I think so.” is not one question" in refused
    assert "What you typed is in" in refused
    assert (desk / ".curate" / "typed" / "prompts.txt").read_text(encoding="utf-8") == "I think so.\n"
    assert len(curate("-C", desk, "prompt", "list", "--json").data) == 2
    monkeypatch.setenv("EDITOR", editor(tmp_path, "grep -q 'I think so' \"$1\" && printf 'So?' > \"$1\""))
    curate("-C", desk, "prompt", "edit")
    assert curate("-C", desk, "prompt", "list").out == "So?\n"


def test_a_draft_opens_with_what_was_written_before_and_saves_none_of_it(
    desk: Path, curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = Stock(desk)
    stock.receive(entry("old"), entry("new"))
    new, old = stock.ids()
    stock.connection.close()
    words = tmp_path / "words.md"
    words.write_text("Mine, on the old one.\n", encoding="utf-8")
    curate("-C", desk, "item", "tag", old, "night shift")
    curate("-C", desk, "write", old, "--from", words, "--no-edit")
    seen = tmp_path / "seen.md"
    script = f'cp "$1" {seen}; printf "And mine below.\\n" >> "$1"'
    monkeypatch.setenv("EDITOR", editor(tmp_path, script))
    curate("-C", desk, "write", new)
    opened = seen.read_text(encoding="utf-8")
    assert "%% curate: What would you do differently?" in opened
    assert "%% curate: What you wrote before:\n%% curate: 2026-" in opened
    assert "(by Rosa Lindqvist, from " in opened
    assert "%% curate: Tags you used there: night shift" in opened
    drafts = [path.read_text(encoding="utf-8") for path in (desk / "content" / "links").glob("*.md")]
    [draft] = [text for text in drafts if "And mine below." in text]
    assert "%% curate" not in draft
    assert "What you wrote before" not in draft
