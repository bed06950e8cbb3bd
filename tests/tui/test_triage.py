"""Triage: the full screen driven by a pilot, line mode asked in words, one state machine for both."""

from __future__ import annotations

import asyncio
import os
import re
import select
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from curate.cli import render
from curate.cli.item_view import byline
from curate.cli.triage_line import ASKED, LineMode
from curate.inbox.decide import decide
from curate.inbox.items import find_item
from curate.inbox.journal import undo
from curate.inbox.notes import set_note
from curate.inbox.search import condition
from curate.tui.rows import Wording
from curate.tui.sitting import Plan, Sitting
from curate.tui.triage import Triage
from curate.tui.writing import Doors
from tests.conftest import HEEDING_CTRL_C, press_ctrl_c
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.conftest import Curate

HOSTILE = [
    "[/nope]",
    "[@click=app.quit]x[/]",
    "\x1b]0;owned\x07",
    "\u202etxt",
    "{0} %s $x",
    "日本語" * 80,
    "",
    "[b]bold",
]


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """Five items, a to e, as a feed lists them."""
    stock = Stock(tmp_path)
    stock.receive(*(entry(name) for name in "abcde"))
    yield stock
    stock.connection.close()


def screen_of(stock: Stock, limit: int | None = None, plan: Plan | None = None) -> Triage:
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    return Triage(stock.connection, clock=stock.tick, wording=wording, plan=plan or Plan(limit=limit))


def drive(app: Triage, act: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(pilot)

    asyncio.run(go())


def shown(app: Triage) -> str:
    """What stands on the screen, without the blanks at the ends of its lines."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def states(stock: Stock) -> str:
    """One letter for the state of each item, a to e."""
    return "".join(item.state[0] for item in stock.items())


def test_each_key_decides_at_once_and_the_cursor_goes_on(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        assert ">  . About a" in shown(app)
        assert "Triage      5 left  0 done  0 kept      undo: 0 steps" in shown(app)
        for key, expected in (("s", "knnnn"), ("x", "ksnnn"), ("z", "kslnn")):
            await pilot.press(key)
            assert states(stock) == expected, "in the database, not on the screen alone"
        assert ">  . About d" in shown(app)
        assert [line[3:12] for line in shown(app).splitlines()[3:6]] == ["+ About a", "- About b", "z About c"]
        assert "Triage      2 left  3 done  1 kept      undo: 3 steps" in shown(app)

    drive(app, act)


def test_undo_takes_back_steps_of_any_interface_and_goes_to_the_item(stock: Stock) -> None:
    start = persons(stock.connection)
    ids = stock.ids()
    decide(stock.connection, ids[3:4], "keep", now=NOW)
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("s", "x")
        await pilot.press("u")
        assert ">  . About b" in shown(app)
        assert "taken back: skip About b" in shown(app)
        await pilot.press("u", "u")
        assert persons(stock.connection) == start
        assert ">  . About d" in shown(app), "what was kept before the screen opened is in the list again"
        await pilot.press("u")
        assert "Nothing to undo" in shown(app)

    drive(app, act)


def test_a_mind_may_change_and_the_end_of_the_list_is_not_the_end(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("s", "k", "x")
        assert states(stock) == "snnnn"
        await pilot.press("G", "s")
        assert states(stock) == "snnnk"
        assert ">  . About b" in shown(app), "what still waits above comes next"

    drive(app, act)


def test_an_empty_inbox_says_what_to_type_next_and_can_be_undone(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("s", "x", "x", "x", "x")
        assert "Inbox empty. 1 kept." in shown(app)
        assert "e  write the first one" in shown(app)
        await pilot.press("s", "n", "o", "j", "t", "w", "v", "number_sign", "quotation_mark", "space", "X", "full_stop")
        await pilot.press("u")
        assert ">  . About e" in shown(app)
        await pilot.press("q")

    drive(app, act)
    assert app.return_code == 0


def test_after_five_hundred_rows_comes_the_next_page(stock: Stock) -> None:
    stock.receive(*(entry(str(number)) for number in range(505)), url="https://b.example/feed")
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        sitting = app.sitting
        assert len(sitting.rows) == 500
        sitting.decide("skip", sitting.rows[:-1])
        await pilot.press("G", "x")
        assert len(sitting.rows) == 10
        assert "10 left" in shown(app)

    drive(app, act)


def test_a_sitting_about_nothing_there_says_so(stock: Stock) -> None:
    where = condition(stock.connection, "zebra", now=NOW)
    app = screen_of(stock, plan=Plan(where=where, named="zebra"))

    async def act(_: Pilot[None]) -> None:
        assert "No new items for zebra. 5 in all." in shown(app)

    drive(app, act)


def test_a_sitting_with_a_limit_ends_there(stock: Stock) -> None:
    app = screen_of(stock, limit=2)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("x", "x")
        assert "That was all of this sitting. 3 left." in shown(app)

    drive(app, act)


def test_a_note_is_written_in_one_line_and_its_letters_decide_nothing(stock: Stock) -> None:
    app = screen_of(stock)
    item_id = stock.ids()[0]

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("n", *"skip x", "enter")
        assert find_item(stock.connection, item_id).note == "skip x"
        assert states(stock) == "nnnnn"
        assert "Note: skip x" in shown(app)
        assert re.search(r">  \. About a .* n$", shown(app), re.MULTILINE)
        await pilot.press("n", *"zzz", "escape", "j")
        assert find_item(stock.connection, item_id).note == "skip x"
        assert ">  . About b" in shown(app)
        set_note(stock.connection, stock.ids()[2], "two\nlines", now=NOW)
        await pilot.press("j", "n", "!", "enter")
        assert find_item(stock.connection, stock.ids()[2]).note == "two\nlines!", "it is not flattened"

    drive(app, act)


@pytest.mark.parametrize("away", ["down", "up", "click"])
@pytest.mark.parametrize("end", ["enter", "ctrl+c"])
def test_a_note_goes_to_the_item_it_was_begun_on_wherever_the_cursor_went(stock: Stock, away: str, end: str) -> None:
    app = screen_of(stock)
    for item_id in stock.ids():
        set_note(stock.connection, item_id, "old", now=NOW)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("j", "n", *"er")
        await (pilot.click(offset=(10, 6)) if away == "click" else pilot.press(away))
        await pilot.press(end)
        await pilot.pause()

    drive(app, act)
    assert [find_item(stock.connection, item_id).note for item_id in stock.ids()] == ["old", "older", *["old"] * 3]


def test_ctrl_c_leaves_saved_even_in_the_middle_of_a_note(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("s", "n", *"half", "ctrl+c")

    drive(app, act)
    assert app.return_code == 130
    assert states(stock) == "knnnn"
    assert find_item(stock.connection, stock.ids()[1]).note == "half"


def test_a_decision_the_database_refuses_is_said_and_nothing_moves(stock: Stock) -> None:
    app = screen_of(stock)
    other = Stock(stock.root)
    stock.connection.execute("PRAGMA busy_timeout = 1")

    async def act(pilot: Pilot[None]) -> None:
        other.connection.execute("BEGIN IMMEDIATE")
        await pilot.press("s")
        assert "Not saved: database is locked" in shown(app)
        assert ">  . About a" in shown(app)
        other.connection.execute("ROLLBACK")
        await pilot.press("s")
        assert states(stock) == "knnnn"

    drive(app, act)
    other.connection.close()


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (120, 40)])
def test_hostile_texts_are_shown_as_text_on_every_screen(stock: Stock, size: tuple[int, int]) -> None:
    stock.connection.execute("UPDATE items SET state = 'skipped'")
    for number, text in enumerate(HOSTILE):
        said = entry(str(number), title=text, author=text, summary=text, content_text=text)
        stock.receive(said, url=f"https://{number}.example/", title=text)
    app = screen_of(stock)
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        for key in ["j"] * len(HOSTILE) + ["g", "s", "u", "n", "enter", "question_mark", "escape"]:
            await pilot.press(key)
            seen.append(shown(app))
        for _ in HOSTILE:  # each title in the line that says what was done
            await pilot.press("s")
            seen.append(shown(app))
        assert any("kept: [/nope]" in screen for screen in seen)
        assert any("kept: [@click=app.quit]x[/]" in screen for screen in seen)

    drive(app, act, size)
    everything = "\n".join(seen)
    assert "[/nope]" in everything
    assert "[@click=app.quit]" in everything
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", everything) == []
    assert app.return_code is None or app.return_code == 0, "a title is no action"


def test_help_fits_and_a_small_window_says_so_and_recovers(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert re.search(r"Decide +s  keep", shown(app))
        assert "Esc closes" in shown(app)
        await pilot.press("escape")
        await pilot.resize_terminal(52, 14)
        await pilot.pause()
        assert "This window is 52 x 14. Triage needs 60 x 16." in shown(app)
        assert "curate triage --line" in shown(app)
        assert "About a" not in shown(app)
        await pilot.press("j")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert ">  . About b" in shown(app), "the selection stays"

    drive(app, act, (60, 16))


def test_the_mouse_may_choose(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.click("#rows", offset=(10, 2))
        assert ">  . About c" in shown(app)

    drive(app, act)


def test_a_note_that_was_left_hides_none_that_is_written_meanwhile(stock: Stock) -> None:
    app = screen_of(stock)
    item_id = stock.ids()[0]

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("n", "escape")
        set_note(stock.connection, item_id, "from elsewhere", now=NOW)
        await pilot.press("n", "enter")
        assert find_item(stock.connection, item_id).note == "from elsewhere"
        await pilot.press("n", *" mine", "escape")
        set_note(stock.connection, item_id, "another", now=NOW)
        await pilot.press("n", "enter")
        assert find_item(stock.connection, item_id).note == "another\nfrom elsewhere mine", "no word is lost"

    drive(app, act)


def test_what_is_typed_and_cannot_be_saved_is_handed_on(stock: Stock) -> None:
    other = Stock(stock.root)
    stock.connection.execute("PRAGMA busy_timeout = 1")
    busy, palette, left = screen_of(stock), screen_of(stock), screen_of(stock)
    first = stock.ids()[0]

    async def locked(pilot: Pilot[None]) -> None:
        await pilot.press("n", *"mine")
        other.connection.execute("BEGIN IMMEDIATE")
        await pilot.press("ctrl+c")

    async def over_it(pilot: Pilot[None]) -> None:
        await pilot.press("n", *"under", "ctrl+p")
        await pilot.pause()
        await pilot.press("ctrl+c")

    async def cancelled(pilot: Pilot[None]) -> None:
        await pilot.press("n", *" and more", "escape", "q")

    drive(busy, locked)
    other.connection.execute("ROLLBACK")
    other.connection.close()
    assert (busy.return_code, busy.unsaved) == (130, {first: "mine"})
    drive(palette, over_it)
    assert find_item(stock.connection, first).note == "under"
    drive(left, cancelled)
    assert left.unsaved == {first: "under and more"}


def test_while_one_reads_a_key_is_about_that_article_whatever_is_marked(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("space", "space", "enter")
        await pilot.pause()
        await pilot.press("x")
        assert states(stock) == "nnsnn"

    drive(app, act)


def test_what_something_else_did_meanwhile_is_shown_before_it_is_decided_on(stock: Stock) -> None:
    app = screen_of(stock)
    first = stock.ids()[0]

    async def act(pilot: Pilot[None]) -> None:
        decide(stock.connection, [first], "keep", now=NOW)
        await pilot.press("x")
        assert states(stock) == "knnnn"
        assert "“About a” is kept by now. Nothing was changed." in shown(app)
        assert ">  + About a" in shown(app)
        await pilot.press("x")
        assert states(stock) == "snnnn", "now it was seen"

    drive(app, act)


def test_an_article_that_cannot_be_read_is_said_in_its_place(stock: Stock) -> None:
    stock.connection.execute("UPDATE contents SET text = CAST(x'ff' AS TEXT) WHERE item = 5")
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        assert "This cannot be read" in shown(app)
        await pilot.press("j")
        assert "pager rotation" in shown(app)

    drive(app, act)


# Line mode


def sit(stock: Stock, *answers: str) -> list[str]:
    """Answer the questions of line mode; return what was said, questions included."""
    said: list[str] = []
    typed = iter(answers)

    def ask(question: str) -> str | None:
        said.append(question)
        return next(typed, None)

    LineMode(Sitting(stock.connection, stock.tick), ask=ask, say=said.append, doors=Doors()).run()
    return said


def test_line_mode_asks_in_whole_words_and_takes_first_letters(stock: Stock) -> None:
    said = sit(stock, "k\n", "Skip\n", "later\n", "\n", "q\n")
    assert states(stock) == "kslsn"
    assert said[:6] == [
        "1 of 5. About a",
        "Rosa Lindqvist, Ops Weekly, 23 Nov 2026, 21 words, 1 min",
        "We put a small model in the pager rotation.",
        ASKED,
        "Kept. 4 left.",
        "2 of 5. About b",
    ]


def test_line_mode_notes_takes_back_and_explains_what_it_did_not_understand(stock: Stock) -> None:
    said = sit(stock, "what?", "note", " minutes ", "n", "", "skip", "undo", "u", "u", "keep")
    assert states(stock) == "knnnn"
    assert stock.items()[0].note == ""
    assert any(line.startswith("Please answer with one of these words") for line in said)
    assert [line for line in said if line.startswith(("Noted", "The note", "Taken", "Nothing"))] == [
        "Noted.",
        "The note is as it was.",
        "Taken back: skip About a",
        "Taken back: note About a",
        "Nothing to undo.",
    ]


def test_line_mode_shows_hostile_texts_as_text(stock: Stock) -> None:
    stock.receive(*(entry(f"h{number}", title=text, summary=text) for number, text in enumerate(HOSTILE)))
    said = "\n".join(sit(stock, *["s"] * 20))
    assert "[/nope]" in said
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said) == []


def test_screen_line_mode_and_commands_end_in_the_same_database(tmp_path: Path, curate: Curate) -> None:
    ends = []
    for way in ("screen", "line", "commands"):
        root = tmp_path / way
        root.mkdir()
        stock = Stock(root)
        stock.receive(*(entry(name) for name in "abcde"))
        if way == "screen":

            async def act(pilot: Pilot[None]) -> None:
                await pilot.press("s", "x", "n", *"mine", "enter", "z", "u", "s")

            drive(screen_of(stock), act)
        elif way == "line":
            sit(stock, "keep", "skip", "note", "mine", "later", "undo", "keep")
        else:
            a, b, c, *_ = stock.ids()
            words = [["keep", a], ["skip", b], ["note", c, "mine"], ["later", c], [], ["keep", c]]
            for word in words:
                curate("-C", root, *(["item", *word] if word else ["undo"]))
        undo_all = [(item.title, item.state, item.note) for item in stock.items()]
        undo(stock.connection, 99, now=NOW)
        ends.append((undo_all, [(item.title, item.state, item.note) for item in stock.items()]))
        stock.connection.close()
    assert ends[0] == ends[1] == ends[2]
    assert [state for _, state, _ in ends[0][0]] == ["kept", "skipped", "kept", "new", "new"]


# The command


def test_without_a_terminal_the_command_names_what_scripts_use(curate: Curate, stock: Stock) -> None:
    for words in (["triage"], ["triage", "--line"], ["triage", "--json"]):
        assert "item list --json" in curate("-C", stock.root, *words, expect=2).err


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a thing of POSIX")
def test_on_a_terminal_line_mode_runs_and_ctrl_c_leaves_saved(stock: Stock) -> None:
    import pty

    master, slave = pty.openpty()
    command = [*HEEDING_CTRL_C, "-C", str(stock.root), "triage", "--line", "--limit", "3"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    heard = until(master, "[skip]:")
    assert "1 of 3. About a" in heard
    os.write(master, b"k\n")
    assert "Kept. 2 left." in until(master, "[skip]:")
    assert "Stopped. 1 decision saved, 1 kept in all, 4 left." in press_ctrl_c(process, master)
    assert process.wait(10) == 130
    os.close(master)
    assert states(stock) == "knnnn"


def until(terminal: int, text: str) -> str:
    """Read from the terminal until ``text`` was shown."""
    heard, deadline = "", time.monotonic() + 10
    while text not in heard:
        assert time.monotonic() < deadline, heard
        if select.select([terminal], [], [], 0.1)[0]:
            heard += os.read(terminal, 4096).decode()
    return heard
