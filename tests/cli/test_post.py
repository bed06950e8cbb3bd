"""The commands ``write`` and ``post …`` as a person and a script meet them: streams, JSON, exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.arrivals import Arrival, store_arrivals
from curate.inbox.items import list_items
from curate.inbox.notes import add_quote, add_tags, set_note

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

NOON = ("--now", "2026-11-22T12:00:00Z")
MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = "The model drafts and a human sends, which is the half that I would copy tomorrow. " * 4
TAKE = f"{WORDS}\n\nWould you let it page you?\n"


@pytest.fixture
def item(desk: Path) -> str:
    """The id of an item with a note, a quote and a tag."""
    arrival = Arrival(
        guid="1",
        url="https://example.org/night",
        canonical_url="https://example.org/night",
        title="A 3B model on call",
        author="Rosa",
        site="Review",
        summary="",
        content_html="",
        content_text="We stopped asking whether it was right.",
        words=1840,
        lang="en",
        full_text=True,
        published=MOMENT,
    )
    with contextlib.closing(open_database(Desk(desk))) as connection:
        store_arrivals(connection, None, [arrival], now=MOMENT)
        found = list_items(connection, state=None, limit=1)[0].id
        set_note(connection, found, "Minutes, not accuracy.", now=MOMENT)
        add_quote(connection, found, "We stopped asking", now=MOMENT)
        add_tags(connection, found, ["evaluation"], now=MOMENT)
    return found


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.md"
    path.write_text(TAKE, encoding="utf-8")
    return path


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that does what the file ``do.py`` says with ``path``, and prints on its way."""
    script = tmp_path / "an editor.py"
    do = tmp_path / "do.py"
    do.write_text("")
    script.write_text(
        "import pathlib, sys\n"
        "print('drawing over the terminal')\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "assert path.is_absolute() and len(sys.argv) == 2\n"
        f"exec(pathlib.Path({str(do)!r}).read_text())\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} '{script}'")
    return do


def add(text: str, before: str = "<!-- curate:") -> str:
    return f"path.write_text(path.read_text().replace({before!r}, {text!r} + chr(10) + {before!r}, 1))"


def test_write_makes_a_draft_of_an_item_and_a_text(curate: Curate, desk: Path, item: str, take: Path) -> None:
    result = curate("-C", desk, "write", item, "--from", take, "--no-edit", "--json", *NOON)
    assert json.loads(result.out)["schema"] == "curate.write/1"
    path = desk / "content" / "links" / "2026-11-22-a-3b-model-on-call.md"
    assert result.data == {"path": str(path), "slug": "a-3b-model-on-call", "status": "draft"}
    shown = curate("-C", desk, "post", "show", "a-3b-model-on-call", "--json").data
    assert shown["header"]["source"]["url"] == "https://example.org/night"
    assert shown["header"]["quotes"] == [{"text": "We stopped asking", "suffix": "whether it was right."}]
    assert (shown["header"]["tags"], shown["header"]["question"]) == (["evaluation"], "Would you let it page you?")
    assert shown["body"] == f"Minutes, not accuracy.\n\n{WORDS.strip()}\n"
    assert (shown["words"], shown["permalink"]) == (67, "2026/a-3b-model-on-call/")
    assert curate("-C", desk, "item", "list", "--state", "drafted", "--json").data[0]["id"] == item


def test_write_takes_standard_input(curate: Curate, desk: Path, item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("From a pipe."))
    path = curate("-C", desk, "write", item, "--from", "-", "--json").data["path"]
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a text from JSON
        assert file.read().endswith("---\nMinutes, not accuracy.\n\nFrom a pipe.\n")


def test_write_without_text_starts_from_the_note(curate: Curate, desk: Path, item: str) -> None:
    for flag in ("--no-edit", "--no-input"):
        data = curate("-C", desk, "write", item, flag, "--json").data
        assert (data["slug"], data["status"]) == ("a-3b-model-on-call", "draft")
    assert len(curate("-C", desk, "post", "list", "--json").data) == 1


def test_write_opens_the_editor_and_its_output_stays_out_of_the_answer(
    curate: Curate, desk: Path, item: str, editor: Path
) -> None:
    editor.write_text(add(TAKE))
    data = curate("-C", desk, "write", item, "--json").data
    body = curate("-C", desk, "post", "show", data["slug"], "--json").data["body"]
    assert body == f"Minutes, not accuracy.\n\n{WORDS.strip()}\n"


def test_the_editor_of_the_settings_goes_before_the_environments(curate: Curate, desk: Path, item: str) -> None:
    curate("-C", desk, "config", "set", "editor.command", "no-such-editor --wait")
    result = curate("-C", desk, "write", item, expect=1)
    assert result.err.splitlines()[0] == "The editor no-such-editor cannot be started: No such file or directory."
    assert "curate config set editor.command" in result.err
    assert list((desk / ".curate" / "typed").iterdir()) == []


def test_without_an_editor_or_a_terminal_the_other_ways_are_named(curate: Curate, desk: Path, item: str) -> None:
    result = curate("-C", desk, "write", item, expect=2)
    assert "--from FILE" in result.err
    curate("-C", desk, "config", "set", "editor.command", "vi 'unfinished")
    assert "cannot be read" in curate("-C", desk, "write", item, expect=2).err


def test_an_editor_closed_with_no_text_is_not_an_error(curate: Curate, desk: Path, item: str, editor: Path) -> None:
    assert editor.read_text() == ""
    result = curate("-C", desk, "write", item)
    assert (result.out, result.err) == ("", "Nothing saved. The item is still new.\n")
    data = curate("-C", desk, "write", item, "--json").data
    assert data == {"path": None, "slug": None, "status": None}


def test_a_crashed_editor_is_exit_1_and_the_next_write_says_it_goes_on(
    curate: Curate, desk: Path, item: str, editor: Path
) -> None:
    editor.write_text(f"{add('Typed at midnight.')}\nraise SystemExit(7)")
    result = curate("-C", desk, "write", item, expect=1)
    assert "exit code 7" in result.err
    assert str(desk / ".curate" / "typed") in result.err
    editor.write_text("")
    assert "Going on with what you typed before." in curate("-C", desk, "write", item).err
    assert "Typed at midnight." in curate("-C", desk, "post", "show", item, "--json").data["body"]


def test_a_broken_header_is_exit_3_with_file_and_line(curate: Curate, desk: Path, item: str, editor: Path) -> None:
    editor.write_text(add("kind: essay", "status: draft"))
    result = curate("-C", desk, "write", item, "--json", expect=3)
    kept = desk / ".curate" / "typed" / f"write-{item}.md"
    assert result.error["message"] == f"{kept}:6: “kind” is there twice."
    assert str(kept) in result.error["hint"]
    assert kept.is_file()


def test_an_item_that_has_a_post_is_not_written_on_twice(curate: Curate, desk: Path, item: str, take: Path) -> None:
    curate("-C", desk, "write", item, "--from", take)
    result = curate("-C", desk, "write", item, "--from", take, expect=3)
    assert "has a post already" in result.err
    assert "curate post edit a-3b-model-on-call" in result.err
    assert (
        "has a post already" in json.loads(curate("-C", desk, "write", item, "--no-edit", "--json").out)["warnings"][0]
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kfmt",), "no item “kfmt”"),
        (("--kind", "link"), "A link is about an item."),
        (("--kind", "prediction", "--due", "soon"), "--due cannot be “soon”"),
        (("--kind", "essay", "--from", "nowhere.md"), "nowhere.md cannot be read"),
        (("--kind", "rant"), "rant"),
    ],
)
def test_what_cannot_be_meant_is_exit_2(curate: Curate, desk: Path, arguments: tuple[str, ...], said: str) -> None:
    result = curate("-C", desk, "write", *arguments, "--no-edit", expect=2)
    assert said in result.err
    assert result.out == ""


def test_a_text_that_is_not_utf_8_is_exit_2(curate: Curate, desk: Path, take: Path) -> None:
    take.write_bytes(b"caf\xe9")
    assert "UTF-8" in curate("-C", desk, "write", "--from", take, expect=2).err


def test_a_prediction_is_written_with_flags_and_passes_its_checks(curate: Curate, desk: Path) -> None:
    flags = (
        "--kind",
        "prediction",
        "--title",
        "Rain",
        "--claim",
        "It rains.",
        "--confidence",
        "70%",
        "--due",
        "2027-06-30",
    )
    slug = curate("-C", desk, "write", *flags, "--no-edit", "--json", *NOON).data["slug"]
    assert curate("-C", desk, "post", "check", slug, "--json").data["errors"] == []
    assert (desk / "content" / "predictions" / "2026-11-22-rain.md").is_file()


def test_post_check_answers_errors_and_warnings_with_their_lines(
    curate: Curate, desk: Path, item: str, take: Path
) -> None:
    take.write_text("Too short.\n")
    slug = curate("-C", desk, "write", item, "--from", take, "--json").data["slug"]
    result = curate("-C", desk, "post", "check", slug, "--json", expect=3)
    assert json.loads(result.out)["schema"] == "curate.post.check/1"
    assert [error["rule"] for error in result.data["errors"]] == ["own-words", "question"]
    assert result.data["errors"][0]["message"] == "5 words of yours, 3 quoted. At least 40, and more than you quote."
    assert {type(error["line"]) for error in result.data["errors"]} == {int}
    assert [warning["rule"] for warning in result.data["warnings"]] == ["summary-missing"]
    shown = curate("-C", desk, "post", "check", slug, expect=3).out
    assert " 1. content/links/" in shown
    assert f"{slug}: 2 problems, 1 warning." in shown


def test_post_check_without_a_post_checks_every_draft_and_every_broken_file(
    curate: Curate, desk: Path, item: str, take: Path
) -> None:
    assert curate("-C", desk, "post", "check").out == "No drafts to check.\n"
    slug = curate("-C", desk, "write", item, "--from", take, "--json").data["slug"]
    assert [post["slug"] for post in curate("-C", desk, "post", "check", "--json").data["posts"]] == [slug]
    essays = desk / "content" / "essays"
    essays.mkdir()
    (essays / "broken.md").write_text("---\ntitle: x\ntitle: y\n---\n")
    (essays / "live.md").write_text("---\nstatus: published\n---\n")
    result = curate("-C", desk, "post", "check", "--json", expect=3)
    assert [(post["slug"], len(post["errors"])) for post in result.data["posts"]] == [(slug, 0), ("broken", 1)]
    for names in (("broken",), ("broken", slug)):
        result = curate("-C", desk, "post", "check", *names, "--json", expect=3)
        found = result.data if len(names) == 1 else result.data["posts"][0]
        assert [(error["rule"], error["line"]) for error in found["errors"]] == [("header", 3)]
    curate("-C", desk, "post", "check", "nope", expect=2)


def test_post_list_gives_rows_and_says_which_files_are_no_posts(
    curate: Curate, desk: Path, item: str, take: Path
) -> None:
    assert "No posts yet" in curate("-C", desk, "post", "list").out
    path = curate("-C", desk, "write", item, "--from", take, "--json", *NOON).data["path"]
    (desk / "content" / "links" / "live.md").write_text("---\ntitle: Live\nstatus: published\n---\n")
    (desk / "content" / "links" / "broken.md").write_text("no header")
    result = curate("-C", desk, "post", "list", "--json")
    assert result.data[0] == {
        "slug": "a-3b-model-on-call",
        "title": "A 3B model on call",
        "kind": "link",
        "status": "draft",
        "date": "2026-11-22T12:00:00Z",
        "path": path,
        "topic": "",
        "tags": ["evaluation"],
        "item": item,
        "errors": 0,
    }
    assert [row["slug"] for row in result.data] == ["a-3b-model-on-call", "live"]
    assert "broken.md:1: there is no header." in json.loads(result.out)["warnings"][0]
    only = curate("-C", desk, "post", "list", "--draft")
    assert ("a-3b-model-on-call" in only.out, "live" in only.out) == (True, False)
    assert "broken.md" in only.err


def test_foreign_text_cannot_move_the_terminals_cursor(curate: Curate, desk: Path) -> None:
    (desk / "content" / "essays").mkdir()
    evil = "x\u202egpj\u200b"
    text = f"---\ntitle: '{evil}'\nquestion: 'a{evil}'\n---\n\x1b[2J{evil}\n"
    (desk / "content" / "essays" / "evil.md").write_text(text, encoding="utf-8")
    for arguments in (("post", "list"), ("post", "show", "evil"), ("post", "check", "evil")):
        shown = curate("-C", desk, *arguments, expect=None).out
        assert not set(shown) & {"\x1b", "\u202e", "\u200b"}, arguments


@pytest.mark.parametrize("text", ["no header\n", "---\ntitle: x\nslug: evil\n---\n"])
def test_a_files_name_cannot_move_the_terminals_cursor(curate: Curate, desk: Path, text: str) -> None:
    folder = desk / "content" / "\x1b[2J\u202e"
    folder.mkdir()
    (folder / "\x1b[2J\u202e.md").write_text(text, encoding="utf-8")
    for arguments in (("post", "list"), ("post", "check"), ("post", "show", "evil"), ("today",), ("doctor",)):
        shown = curate("-C", desk, *arguments, expect=None)
        assert not set(shown.out + shown.err) & {"\x1b", "\u202e"}, arguments


def test_post_show_is_a_page_to_read(curate: Curate, desk: Path, item: str, take: Path) -> None:
    curate("-C", desk, "write", item, "--from", take, *NOON)
    shown = curate("-C", desk, "post", "show", "a-3b-model-on-call").out
    for part in (
        "A 3B model on call",
        "draft link, 22 Nov 2026, 67 words of yours",
        "> We stopped asking",
        "Would you let",
    ):
        assert part in shown


def test_post_edit_changes_the_file_and_a_conflict_is_exit_6(
    curate: Curate, desk: Path, item: str, take: Path, editor: Path
) -> None:
    path = curate("-C", desk, "write", item, "--from", take, "--json").data["path"]
    editor.write_text(add("summary: Short.", "status: draft"))
    assert curate("-C", desk, "post", "edit", item, "--json").data["path"] == path
    assert curate("-C", desk, "post", "show", item, "--json").data["header"]["summary"] == "Short."
    editor.write_text(f"open({path!r}, 'a').write('Theirs.')\npath.write_text(path.read_text() + 'Mine.')")
    result = curate("-C", desk, "post", "edit", item, "--json", expect=6)
    assert ".curate-conflict.md" in result.error["message"]
    editor.write_text("")
    assert "Nothing changed." in curate("-C", desk, "post", "edit", item).err


@pytest.mark.parametrize(
    "command", [("write",), ("post", "list"), ("post", "show"), ("post", "edit"), ("post", "check")]
)
def test_every_command_shows_an_example(curate: Curate, command: tuple[str, ...]) -> None:
    assert f"Example: curate {' '.join(command)}" in curate(*command, "--help").out
