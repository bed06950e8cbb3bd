"""The commands item … and undo: what they answer, on which stream, with which exit code."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from curate.desk.folder import Desk
from curate.errors import Conflict
from curate.inbox.decide import mark
from curate.inbox.items import find_item
from curate.inbox.notes import edit_note
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback, Result

    Run = Callable[..., Result]

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "[/nope] [@click=app.quit]x[/] \x1b]0;owned\x07\x9b31m\u202etxt {0} %s"


@pytest.fixture
def stock(desk: Path) -> Iterator[Stock]:
    """Three items from two feeds, the newest called c."""
    stock = Stock(desk)
    ages = {"a": 3, "b": 2, "c": 1}
    for name, days in ages.items():
        stock.receive(entry(name, published=NOW - timedelta(days=days)), url=f"https://{name}.example/feed")
    yield stock
    stock.connection.close()


@pytest.fixture
def run(curate: Curate, stock: Stock) -> Run:
    """Run a command in the desk of ``stock``, at its time."""
    return lambda *words, expect=0: curate("-C", stock.root, "--now", NOW.isoformat(), *words, expect=expect)


def typed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def states(stock: Stock) -> list[str]:
    """The states of c, b, a."""
    return [item.state for item in stock.items()]


# list, show, search


def test_list_answers_the_contract(run: Run, stock: Stock) -> None:
    answer = json.loads(run("item", "list", "--state", "new", "--limit", "1", "--json").out)
    assert answer["schema"] == "curate.item.list/1"
    assert answer["data"] == [
        {
            "id": stock.ids()[0],
            "title": "About c",
            "url": "https://a.example/c",
            "feed_title": "Ops Weekly",
            "feed_url": "https://c.example/feed",
            "author": "Rosa Lindqvist",
            "published": "2026-11-22T08:00:00Z",
            "state": "new",
            "score": -0.33,
            "sources": 1,
            "minutes": 1,
            "rules": [],
        }
    ]


def test_list_shows_the_new_ones_unless_told_and_all_of_them_with_limit_0(run: Run, stock: Stock) -> None:
    run("item", "skip", stock.ids()[0])
    assert [row["title"] for row in run("item", "list", "--json").data] == ["About b", "About a"]
    assert len(run("item", "list", "--state", "all", "--limit", "0", "--json").data) == 3
    assert [row["title"] for row in run("item", "list", "--since", "50h", "--json").data] == ["About b"]
    assert [row["title"] for row in run("item", "list", "--since", "2026-11-21", "--json").data] == ["About b"]


def test_an_item_without_a_believable_date_shows_when_it_was_first_seen(run: Run, stock: Stock) -> None:
    stock.receive(entry("undated", published=None))
    assert run("item", "list", "--json").data[0]["published"] == "2026-11-23T08:00:00Z"


def test_a_persons_list_goes_to_stdout_and_the_rest_to_stderr(run: Run, stock: Stock) -> None:
    shown = run("item", "list", "--limit", "2")
    assert [line.split()[0] for line in shown.out.splitlines()] == stock.ids()[:2]
    assert shown.err == "2 of 3 shown; --limit 0 shows all.\n"
    assert run("item", "list").err == run("-q", "item", "list", "--limit", "2").err == ""


def test_empty_lists_say_what_to_type_next(curate: Curate, desk: Path, run: Run, stock: Stock) -> None:
    assert "Inbox empty. 3 kept" in (run("item", "keep", *stock.ids()), run("item", "list"))[1].err
    assert run("item", "list", "--state", "posted").err == "No posted items.\n"
    assert "0 without the filter" in run("item", "list", "--since", "1h").err
    new = desk.parent / "another"
    curate("init", new, "--name", "N", "--url", "", "--no-git", "--no-input")
    assert "curate fetch" in curate("-C", new, "item", "list").err


def test_show_adds_what_a_list_leaves_out(run: Run, stock: Stock) -> None:
    item_id = stock.ids()[0]
    row = run("item", "list", "--limit", "1", "--json").data[0]
    run("item", "note", item_id, "minutes")
    run("item", "tag", item_id, "evaluation")
    run("item", "quote", item_id, "two incidents")
    shown = run("item", "show", item_id, "--json").data
    assert {key: shown[key] for key in row} == row
    assert shown["note"] == "minutes"
    assert shown["tags"] == ["evaluation"]
    assert shown["quotes"] == [
        {
            "text": "two incidents",
            "prefix": " the pager rotation. It did, on ",
            "suffix": " out of three. The rest was luck",
        }
    ]
    assert shown["via"] is None
    assert (shown["summary"], shown["content_text"]) == (entry().summary, entry().content_text)


def test_show_wraps_for_people_and_keeps_within_80_cells(
    run: Run, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stock.receive(entry("wide", content_text="日本語" * 90 + " word " * 60 + "\n\nSecond.", published=NOW))
    item_id = stock.ids()[0]
    run("item", "note", item_id, "a note")
    lines = run("item", "show", item_id).out.splitlines()
    from rich.cells import cell_len

    assert max(map(cell_len, lines)) <= 80
    assert lines[0] == "About wide"
    assert "Rosa Lindqvist, Ops Weekly, 23 Nov 2026" in lines[1]
    assert lines[-2:] == ["", "Second."]
    assert "  a note" in lines


def test_search_answers_as_list_does_with_a_snippet(run: Run, stock: Stock) -> None:
    listed = run("item", "list", "--json").data
    hits = run("item", "search", "pager", "rot", "--json").data
    assert [{key: value for key, value in hit.items() if key != "snippet"} for hit in hits] == listed
    assert "[pager] [rotation]" in hits[0]["snippet"]
    assert len(run("item", "search", "pager", "--since", "50h", "--limit", "1", "--json").data) == 1
    assert run("item", "search", 'kernel" OR "x').err.startswith("No items match")
    assert len(run("item", "search", "pager").out.splitlines()) == 2 * len(stock.ids())


@pytest.mark.parametrize(
    "words", [["item", "list"], ["item", "show"], ["item", "search", "nope"], ["item", "keep"], ["undo", "--list"]]
)
def test_hostile_titles_reach_the_terminal_as_text(run: Run, stock: Stock, words: list[str]) -> None:
    stock.receive(entry("x", title=HOSTILE, author=HOSTILE, content_text=HOSTILE, published=NOW))
    run("item", "skip", stock.ids()[0])
    run("undo")
    run("item", "note", stock.ids()[0], "x")
    shown = run(*words, *([stock.ids()[0]] if words[-1] in {"show", "keep"} else []))
    assert "[/nope]" in shown.out
    assert CONTROL.findall(shown.out + shown.err) == []


# decisions


def test_keep_skip_and_later_decide_and_say_what_is_left(run: Run, stock: Stock) -> None:
    c, b, a = stock.ids()
    assert run("item", "keep", c).out == f"Kept: {c} “About c”. 2 left.\n"
    assert run("item", "skip", b, "--json").data[0]["state"] == "skipped"
    assert run("item", "later", a).out == f"Put off until 30 Nov 2026: {a} “About a”. 0 left.\n"
    assert states(stock) == ["kept", "skipped", "later"]


def test_ids_come_from_standard_input_as_well(run: Run, stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("item", "list", "--plain", "--fields", "id").out
    typed(plain, monkeypatch)
    assert run("item", "skip", "-").out == "Skipped: 3 items. 0 left.\n"
    assert states(stock) == ["skipped"] * 3
    typed("", monkeypatch)
    assert run("item", "keep", "-", "--json").data == []


def test_an_unknown_id_changes_nothing(run: Run, stock: Stock) -> None:
    before = persons(stock.connection)
    for verb in ("keep", "skip", "later"):
        failed = run("item", verb, stock.ids()[0], "zzzz", "--json", expect=2)
        assert failed.error["code"] == "unknown"
        assert failed.out == ""
    run("item", "note", "zzzz", "text", expect=2)
    run("item", "show", "zzzz", expect=2)
    assert persons(stock.connection) == before


def test_what_has_a_draft_is_not_skipped(run: Run, stock: Stock) -> None:
    item_id = stock.ids()[0]
    mark(stock.connection, item_id, "drafted", now=NOW)
    assert f"curate item keep {item_id}" in run("item", "skip", item_id, expect=3).err
    assert states(stock)[0] == "drafted"


def test_what_was_put_off_comes_back_on_its_day(run: Run, curate: Curate, stock: Stock) -> None:
    run("item", "later", stock.ids()[0], "--until", "3d")
    run("item", "later", stock.ids()[1], "--until", "2026-12-01")
    for moment, new in (("2026-11-26T07:59:59Z", 1), ("2026-11-26T08:00:00Z", 2), ("2026-12-01T00:00:00Z", 3)):
        assert len(curate("-C", stock.root, "--now", moment, "item", "list", "--json").data) == new


@pytest.mark.parametrize("until", ["2026-11-01", "soon", "3 days", "99999w", "0d"])
def test_a_day_that_cannot_be_meant_is_refused(run: Run, stock: Stock, until: str) -> None:
    run("item", "later", stock.ids()[0], "--until", until, expect=2)
    assert states(stock)[0] == "new"


def test_a_time_typed_without_a_zone_is_meant_in_the_desks(run: Run, stock: Stock) -> None:
    run("config", "set", "site.timezone", "Asia/Tokyo")
    assert "until 01 Dec 2026" in run("item", "later", stock.ids()[0], "--until", "2026-12-01").out
    assert "22 Nov 2026 00:00" in run("item", "later", stock.ids()[0], "--until", "2026-11-22", expect=2).err
    until = find_item(stock.connection, stock.ids()[0]).later_until
    assert until == datetime(2026, 11, 30, 15, tzinfo=UTC)
    local = (NOW - timedelta(days=2) + timedelta(hours=9)).replace(tzinfo=None).isoformat()  # when b came out
    for command in (("item", "list", "--state", "all"), ("item", "search", "About")):
        for since in (local, f"{local}+09:00"):
            rows = run(*command, "--since", since, "--json").data
            assert sorted(row["title"] for row in rows) == ["About b", "About c"]


# notes, quotes, tags


def test_a_note_is_given_as_an_argument_or_on_standard_input(
    run: Run, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = stock.ids()[0]
    assert run("item", "note", item_id, "one", "--json").data["note"] == "one"
    typed("two\nlines\n", monkeypatch)
    assert run("item", "note", item_id, "-").out == f"Noted on {item_id} “About c”\n"
    assert find_item(stock.connection, item_id).note == "two\nlines"
    run("item", "note", item_id, expect=2)


def editor(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))


def test_a_note_written_in_the_editor_survives_the_editors_crash(
    run: Run, stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = stock.ids()[0]
    run("item", "note", item_id, "first")
    editor(tmp_path / "crash", 'echo "and a second line" >> "$1"; exit 3', monkeypatch)
    failed = run("item", "note", item_id, "--edit", expect=1)
    assert ".curate/typed/" in failed.err
    assert find_item(stock.connection, item_id).note == "first"
    editor(tmp_path / "work", "true", monkeypatch)
    run("item", "note", item_id, "--edit")
    assert find_item(stock.connection, item_id).note == "first\nand a second line"
    assert list((stock.root / ".curate" / "typed").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "said"),
    [("printf 'caf\\351' > \"$1\"", "not UTF-8"), ('rm "$1"', "left no file"), ("exit 3", "code 3")],
)
def test_an_editor_that_leaves_no_text_changes_no_note(
    run: Run, stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    item_id = stock.ids()[0]
    run("item", "note", item_id, "first")
    editor(tmp_path / "editor", script, monkeypatch)
    assert said in run("item", "note", item_id, "--edit", expect=1).err
    assert find_item(stock.connection, item_id).note == "first"
    kept = [path.read_bytes() for path in (stock.root / ".curate" / "typed").iterdir()]
    assert kept == ([b"caf\xe9"] if said == "not UTF-8" else [])


def test_a_note_the_database_refuses_stays_where_it_was_typed(stock: Stock) -> None:
    desk, item_id = Desk(stock.root), stock.ids()[0]
    stock.connection.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )

    def edit(path: Path) -> int:
        path.write_text("Typed at midnight.")
        return 0

    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        edit_note(desk, stock.connection, item_id, edit=edit, now=NOW)
    assert [path.read_text() for path in desk.typed.iterdir()] == ["Typed at midnight."]


def test_a_note_is_edited_by_one_at_a_time(stock: Stock) -> None:
    desk, item_id = Desk(stock.root), stock.ids()[0]

    def meanwhile(_: Path) -> int:
        with pytest.raises(Conflict):
            edit_note(desk, stock.connection, item_id, edit=lambda _: 0, now=NOW)
        return 0

    edit_note(desk, stock.connection, item_id, edit=meanwhile, now=NOW)


@pytest.mark.parametrize(("command", "words", "code"), [("quote", 100, 3), ("quote", 3, 2), ("note", 3, 2)])
def test_what_came_on_standard_input_and_was_refused_is_not_lost(
    run: Run, stock: Stock, monkeypatch: pytest.MonkeyPatch, command: str, words: int, code: int
) -> None:
    item_id = stock.ids()[0] if words == 100 else "../../../nobody"
    for word in ("one ", "two "):
        typed(word * words, monkeypatch)
        refused = run("item", command, item_id, "-", "--json", expect=code).error
        if words == 100:
            assert refused["message"].startswith("100 words")
        (kept,) = (path for path in (stock.root / ".curate" / "typed").iterdir() if str(path) in refused["hint"])
        assert kept.read_text() == word * words
    assert len(list((stock.root / ".curate" / "typed").iterdir())) == 2, "neither took the other's place"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])  # as the locale has it
@pytest.mark.parametrize("arguments", [("note", "-"), ("quote", "-")])
def test_standard_input_that_is_not_utf_8_is_refused_and_not_cut(
    run: Run, stock: Stock, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str], errors: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9"), encoding="utf-8", errors=errors))
    item_id = stock.ids()[0]
    assert "UTF-8" in run("item", arguments[0], item_id, arguments[1], expect=2).err
    assert find_item(stock.connection, item_id).note == ""


def test_a_quote_that_is_not_in_the_text_is_kept_with_a_warning(run: Run, stock: Stock) -> None:
    answer = json.loads(run("item", "quote", stock.ids()[0], "Never said.", "--json").out)
    assert [quote["text"] for quote in answer["data"]["quotes"]] == ["Never said."]
    assert "compare it with the original" in answer["warnings"][0]
    assert "compare it" not in run("item", "quote", stock.ids()[0], "two incidents").err


def test_tags_go_on_and_come_off(run: Run, stock: Stock) -> None:
    item_id = stock.ids()[0]
    assert run("item", "tag", item_id, "evaluation,teams", "#LLM", "--json").data["tags"] == [
        "LLM",
        "evaluation",
        "teams",
    ]
    assert run("item", "tag", item_id, "--remove", "llm", "teams").out == f"{item_id} “About c”: evaluation\n"
    run("item", "tag", item_id, " ", expect=2)


# open, add


def test_open_prints_the_address_or_hands_it_to_the_browser(run: Run, stock: Stock, tmp_path: Path) -> None:
    item_id = stock.ids()[0]
    assert run("item", "open", item_id, "--print").out == "https://a.example/c\n"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    command = [sys.executable, "-m", "curate", "-C", str(stock.root), "item", "open", item_id]
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "opened").read_text() == "https://a.example/c"


def test_open_goes_to_the_web_only(run: Run, stock: Stock) -> None:
    stock.receive(entry("bad", url="file:///etc/passwd", published=NOW))
    assert "no web address" in run("item", "open", stock.ids()[0], "--print", expect=3).err


PAGE = """<html lang="en"><head><title>What we learned</title></head><body><article><h1>What we learned</h1>
<p>We put a small model in the pager rotation for eight weeks.</p></article></body></html>"""


def test_add_puts_a_page_into_the_inbox_once(run: Run, loopback: Loopback) -> None:
    url = loopback.put("/learned", PAGE, Content_Type="text/html")
    answer = run("item", "add", url, "--via", "Tomas", "--note", "mine", "--tag", "a", "--tag", "b", "--json").data
    assert (answer["added"], answer["title"], answer["state"]) == (True, "What we learned", "new")
    assert (answer["via"], answer["note"], answer["tags"]) == ({"name": "Tomas", "url": ""}, "mine", ["a", "b"])
    again = run("item", "add", f"{url}?utm_source=x#top", "--note", "more", "--json").data
    assert (again["added"], again["id"], again["note"]) == (False, answer["id"], "mine\n\nmore")
    assert run("item", "add", url).out == f"Already there, new: {answer['id']} “What we learned”\n"


def test_a_page_whose_site_wants_no_program_is_added_without_its_text(run: Run, loopback: Loopback) -> None:
    url = loopback.put("/learned", PAGE, Content_Type="text/html")
    loopback.put("/robots.txt", "User-agent: curate\nDisallow: /learned")
    added, unkept = run("item", "add", url).out.splitlines()
    assert added.endswith("“What we learned”")
    assert unkept == "Its text is not kept: its site asks programs not to read it (robots.txt)."
    again = run("item", "add", url, "--json").data
    assert (again["added"], again["without_text"]) == (False, "")


def test_a_page_that_cannot_be_had_is_said_and_leaves_nothing(run: Run, stock: Stock, loopback: Loopback) -> None:
    before = len(stock.items())
    failed = run("item", "add", f"{loopback.url}/missing", "--note", "mine", expect=5)
    assert "404" in failed.err
    run("item", "add", "not an address", expect=2)
    run("--offline", "item", "add", f"{loopback.url}/missing", expect=5)
    assert len(stock.items()) == before


# undo


def test_undo_takes_back_steps_across_runs_and_says_which(run: Run, stock: Stock) -> None:
    start = persons(stock.connection)
    c, b, a = stock.ids()
    run("item", "keep", c)
    run("item", "note", c, "mine")
    run("item", "skip", b, a)
    listed = run("undo", "--list", "--json").data
    assert [(step["action"], len(step["items"])) for step in listed] == [("skip", 2), ("note", 1), ("keep", 1)]
    before = persons(stock.connection)
    assert run("undo", "2", "--dry-run", "--json").data == listed[:2]
    assert persons(stock.connection) == before
    assert run("undo").out == f"Taken back: skip {b} “About b” and 1 more\n"
    assert [step["action"] for step in run("undo", "9", "--json").data] == ["note", "keep"]
    assert persons(stock.connection) == start
    assert run("undo").out == "Nothing to undo.\n"
    run("undo", "0", expect=2)


@pytest.mark.parametrize("mark_as", ["drafted", "posted"])
def test_taking_back_a_draft_or_a_post_says_that_its_file_stays(
    run: Run, stock: Stock, mark_as: Literal["drafted", "posted"]
) -> None:
    mark(stock.connection, stock.ids()[0], mark_as, now=NOW)
    assert "file and page stay" in run("undo").out
    assert states(stock)[0] == "new"


# what it costs


def test_a_list_loads_nothing_heavy(stock: Stock) -> None:
    program = (
        "import sys; from curate.cli.main import main\n"
        "assert main(['-C', sys.argv[1], 'item', 'list', '--json']) == 0\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, stock.root], capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "asyncio", "bs4", "feedparser", "lxml", "msgspec", "nh3", "pelican", "rich", "textual", "yaml"}
    assert set(json.loads(done.stderr.replace("'", '"'))) & heavy == set()
