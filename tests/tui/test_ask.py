"""The panes in which a note or a line is typed, each alone over a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.events import Key

from curate.tui.ask import Ask, NoteDone, NotePane
from tests.tui.bare import ASCII, HOSTILE, SIZES, WORDING, Bare, assert_tame, drive, lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from curate.tui.rows import Wording

PROMPTS = ["What would you do differently?", "Who is wrong here?", "What did it cost?", "A fourth?"]
TAGS = ["evaluation", "events", "incident response"]


def note(text: str = "", title: str = "On call", wording: Wording = WORDING) -> Bare:
    return Bare(NotePane(title, text, prompts=PROMPTS, wording=wording))


def tags(value: str = "", title: str = "Tags", wording: Wording = WORDING) -> Bare:
    def complete(begun: str) -> list[str]:
        return [tag for tag in TAGS if tag.startswith(begun)]

    return Bare(Ask(title, value, hint="Commas between them.", wording=wording, complete=complete))


def test_a_note_is_typed_below_the_list_with_questions_and_saved_by_enter() -> None:
    app = note()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*"a sx", "question_mark")
        drawn = lines(app)
        assert drawn[0] == "row 0", "the list is in sight"
        assert drawn[-6].startswith(" Note for “On call”")
        assert drawn[-6].endswith("5 of 280")
        assert drawn[-5] == " a sx?"
        assert drawn[-4:-1] == [
            " Prompts: What would you do differently?",
            "          Who is wrong here?",
            "          What did it cost?",
        ]
        assert "Ctrl-Q" in drawn[-1]
        await pilot.press("enter")
        assert app.back == [NoteDone("a sx?", "save")]
        assert app.pressed == [], "no key of the note was a key of the list"

    drive(app, act)


def test_what_was_there_is_gone_on_with_over_several_lines() -> None:
    app = note("one\ntwo")

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("!", "ctrl+j", *"three", "up", "up", "home", "0")
        assert lines(app)[-7:-4] == [" 0one", " two!", " three"]
        await pilot.press("enter")
        assert app.back == [NoteDone("0one\ntwo!\nthree", "save")]

    drive(app, act)


@pytest.mark.parametrize(
    ("key", "then"), [("ctrl+e", "editor"), ("ctrl+s", "save"), ("ctrl+q", "quote"), ("escape", "cancel")]
)
def test_no_way_out_loses_what_was_typed(key: str, then: str) -> None:
    app = note("begun")

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("!", key)
        assert app.back == [NoteDone("begun!", then)]  # type: ignore[arg-type]
        assert app.is_running
        assert app.pressed == []

    drive(app, act)


def test_a_long_note_is_said_to_be_long_and_is_saved() -> None:
    app = note("x" * 280)

    async def act(pilot: Pilot[None]) -> None:
        assert "280 of 280" in "\n".join(lines(app))
        assert "rather long" not in "\n".join(lines(app))
        await pilot.press("y")
        assert "281 of 280, rather long" in "\n".join(lines(app))
        await pilot.press("enter")
        assert app.back == [NoteDone("x" * 280 + "y", "save")]

    drive(app, act)


def test_pasted_lines_are_one_note() -> None:
    from textual.events import Paste

    app = note()

    async def act(pilot: Pilot[None]) -> None:
        app.post_message(Paste("one\ntwo"))
        await pilot.pause()
        assert app.back == [], "a line end that is pasted does not save"
        await pilot.press("enter")
        assert app.back == [NoteDone("one\ntwo", "save")]

    drive(app, act)


UNSEEN = "\u3000\U0001f469\u200d\U0001f4bb \u0645\u06cc\u200c\u062e\u0648 Ah\u202f! \u5915\u65b9\u3000\u306e"


@pytest.mark.parametrize("pane", [note, tags])
def test_joiners_and_other_spaces_are_text_when_typed(pane: Callable[[str], Bare]) -> None:
    app = pane("x")

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("shift+home")
        for char in UNSEEN:
            app.post_message(Key(char, char))
        await pilot.pause()
        await pilot.press("enter")
        [back] = app.back
        assert (back.text if isinstance(back, NoteDone) else back) == UNSEEN

    drive(app, act)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wording", [WORDING, ASCII], ids=["plain", "ascii"])
def test_others_texts_are_drawn_disarmed_and_kept_as_they_are(size: tuple[int, int], wording: Wording) -> None:
    for text in HOSTILE:
        for app in (note(text, text, wording), tags(text, text, wording)):

            async def act(pilot: Pilot[None], app: Bare = app, text: str = text) -> None:
                assert_tame(app, size)
                assert lines(app)[0] == "row 0"
                await pilot.press("!", "enter")
                assert app.back in ([NoteDone(f"{text}!", "save")], [f"{text}!"])

            drive(app, act, size)


@pytest.mark.parametrize("size", SIZES)
def test_the_keys_of_a_note_fit_and_the_longest_leaves_the_list_in_sight(size: tuple[int, int]) -> None:
    app = note("\n".join("abcdefghijkl"))

    async def act(_pilot: Pilot[None]) -> None:
        drawn = lines(app)
        assert drawn[:3] == ["row 0", "row 1", "row 2"]
        assert drawn[-1].endswith("Esc cancel")
        assert " l" in drawn, "the end of the note is where one types"

    drive(app, act, size)


def test_a_note_fits_again_when_the_window_changes() -> None:
    app = note("kept")

    async def act(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert_tame(app, (60, 16))
        assert lines(app)[-1].endswith("Esc cancel")
        await pilot.press("!", "enter")
        assert app.back == [NoteDone("kept!", "save")]

    drive(app, act, (120, 40))


def test_tab_takes_the_first_tag_that_fits_what_stands_after_the_last_comma() -> None:
    app = tags("ops")

    async def act(pilot: Pilot[None]) -> None:
        assert lines(app)[-2] == " Commas between them."
        await pilot.press(*", ev")
        assert lines(app)[-2] == " evaluation   events"
        await pilot.press("tab")
        assert lines(app)[-3] == " ops, evaluation"
        await pilot.press("tab")
        assert lines(app)[-3] == " ops, evaluation", "there is nothing more to take"
        await pilot.press(*",#e")
        assert lines(app)[-2] == " events", "what is there is not offered again"
        await pilot.press("tab", "enter")
        assert app.back == ["ops, evaluation, events"]

    drive(app, act)


def test_escape_gives_nothing_and_an_empty_line_is_an_answer() -> None:
    for key, given in (("escape", None), ("enter", "")):
        app = Bare(Ask("Filter", "", hint="Words", wording=WORDING))

        async def act(pilot: Pilot[None], app: Bare = app, key: str = key, given: str | None = given) -> None:
            assert lines(app)[-1] == " Enter save   Esc cancel", "Tab is not named where it does nothing"
            await pilot.press("tab", key)
            assert app.back == [given]

        drive(app, act)
