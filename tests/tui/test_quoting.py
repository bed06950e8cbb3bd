"""Choosing a passage: lines and paragraphs, the counter, and what comes back word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from curate.feeds.clean import word_count
from curate.tui.quoting import QuotePane, broken, passage_of
from tests.tui.bare import ASCII, HOSTILE, SIZES, WORDING, Bare, assert_tame, drive, lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from curate.tui.rows import Wording

FIRST = "We put a small model in the pager rotation for eight weeks."
SECOND = (
    "We stopped asking whether the small model was right and started asking whether its first draft saved "
    "the engineer three minutes. It did, on two incidents out of three."
)
THIRD = "The remaining third were configuration changes\nnobody had recorded."
TEXT = f"{FIRST}\n\n{SECOND}\n\n{THIRD}"


def pane(text: str = TEXT, title: str = "On call", wording: Wording = WORDING) -> Bare:
    return Bare(QuotePane(title, text, wording=wording))


def marked(app: Bare) -> list[str]:
    """The lines on the screen that carry the mark."""
    return [line[3:] for line in lines(app) if line[1:2] == "*"]


def test_lines_are_marked_counted_and_given_back_as_the_text_has_them() -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        drawn = lines(app)
        assert drawn[0] == "row 0", "the list is in sight"
        assert drawn[6].startswith(" Quote “On call”")
        assert drawn[6].endswith("0 of 90 words")
        assert drawn[7].endswith("over 90 words is refused")
        assert drawn[8] == f">  {FIRST}"
        await pilot.press("j", "space", "space")
        assert len(marked(app)) == 2
        assert " ".join(marked(app)) in SECOND, "the lines of the window, marked by a letter"
        assert f"{word_count(' '.join(marked(app)))} of 90 words" in lines(app)[6]
        expected = " ".join(marked(app))
        await pilot.press("enter")
        assert app.back == [expected]

    drive(app, act)


@pytest.mark.parametrize("key", ["P", "shift+space"])
def test_a_paragraph_at_once_and_the_next_with_an_empty_line_between(key: str) -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("n", key, key)
        await pilot.press("enter")
        assert app.back == [f"{SECOND}\n\n{' '.join(THIRD.split())}"]

    drive(app, act)


@pytest.mark.parametrize(("onwards", "back"), [("n", "p"), ("right_curly_bracket", "left_curly_bracket"), ("n", "N")])
def test_paragraphs_are_walked_both_ways(onwards: str, back: str) -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(onwards, onwards, onwards)
        assert any(line.startswith(">  The remaining third") for line in lines(app)), "the last one is the end"
        await pilot.press(back)
        assert any(line.startswith(">  We stopped asking") for line in lines(app))
        await pilot.press("up", "up", "up")
        assert any(line == f">  {FIRST}" for line in lines(app))

    drive(app, act)


def test_a_quote_is_one_passage_and_says_so() -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("space", "n", "n")
        await pilot.press("P")
        assert "what lies between is marked too" in lines(app)[7]
        assert len(marked(app)) == 5
        await pilot.press("g", "j", "space")
        assert "the shorter end went too" in lines(app)[7]
        assert not any(FIRST in line for line in marked(app))
        assert len(marked(app)) == 3, "the longer end stays"
        await pilot.press("k", "j", "space")
        assert len(marked(app)) == 2, "an end is taken off line by line"
        assert "shorter end" not in lines(app)[7]

    drive(app, act)


def test_a_mark_is_taken_off_again() -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("space", "k", "space")
        assert marked(app) == []
        assert "0 of 90 words" in lines(app)[6]
        await pilot.press("enter")
        assert "nothing is marked" in lines(app)[7]
        assert app.back == [], "and nothing was given back"
        await pilot.press("escape")
        assert app.back == [None]

    drive(app, act)


def test_ninety_words_are_taken_and_ninety_one_refused() -> None:
    for count, back in ((90, [" ".join(["word"] * 90)]), (91, [])):
        app = pane(" ".join(["word"] * count))

        async def act(pilot: Pilot[None], app: Bare = app, count: int = count, back: list[str] = back) -> None:
            await pilot.press("P")
            assert f"{count} of 90 words" in lines(app)[6]
            assert ("1 words over" in lines(app)[7]) == (count > 90)
            await pilot.press("enter")
            assert app.back == back
            assert ("refused: 1 words must go" in lines(app)[7]) == (count > 90)

        drive(app, act)


def test_another_width_keeps_the_marks_and_the_cursor_on_their_words() -> None:
    app = pane()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("n", "space")
        before = " ".join(marked(app))
        for width, height in ((60, 16), (120, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert_tame(app, (width, height))
            assert before.startswith(marked(app)[0]) or marked(app)[0].startswith(before)
        await pilot.press("enter")
        assert app.back == [before], "the words that were marked, not the lines they stand in now"

    drive(app, act)


def test_nothing_to_quote_is_said() -> None:
    app = pane(" \n ")

    async def act(pilot: Pilot[None]) -> None:
        assert "no text here to quote" in "\n".join(lines(app))
        await pilot.press("j", "space", "P", "n", "G", "enter", "q")
        assert app.back == [None]

    drive(app, act)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wording", [WORDING, ASCII], ids=["plain", "ascii"])
def test_others_texts_are_drawn_disarmed_and_quoted_as_they_are(size: tuple[int, int], wording: Wording) -> None:
    text = "\n\n".join(HOSTILE)
    app = pane(text, HOSTILE[2], wording)

    async def act(pilot: Pilot[None]) -> None:
        assert_tame(app, size)
        assert lines(app)[-1].endswith("Esc cancel")
        await pilot.press("P", "P")
        assert_tame(app, size)
        await pilot.press("G")
        assert_tame(app, size)
        assert any(line.startswith(">") for line in lines(app)), "the cursor is in sight"
        await pilot.press("enter")
        assert app.back == [f"{HOSTILE[0]}\n\n{HOSTILE[1]}"]

    drive(app, act, size)


def test_a_long_article_is_broken_in_time_and_walked_to_its_end() -> None:
    text = "word " * 40_000
    assert len(broken(text, 76)) == pytest.approx(200_000 / 75, rel=0.01)
    app = pane(text)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("G")
        assert any(line.startswith(">  word") for line in lines(app))
        await pilot.press("g")
        assert lines(app)[8].startswith(">  word")

    drive(app, act)


@given(st.text(st.sampled_from("aé日 \n\u0301—"), max_size=200), st.integers(2, 30))
def test_lines_hold_every_word_once_and_fit(text: str, width: int) -> None:
    found = broken(text, width)
    assert "".join("".join(text[line.start : line.end].split()) for line in found) == "".join(text.split())
    for line in found:
        drawn = text[line.start : line.end].replace("\n", " ")
        assert drawn.strip() == drawn != ""
        assert cell_len(drawn) <= width
    assert [line.paragraph for line in found] == sorted(line.paragraph for line in found)
    if found:
        whole = passage_of(text, found[0].start, found[-1].end)
        assert len({line.paragraph for line in found}) == len(whole.split("\n\n"))


def test_a_text_of_blanks_and_one_long_word_is_broken_without_looking_at_it_again_and_again() -> None:
    lines = broken(f"a{' ' * 150_000}b\n\n{'c' * 40_000}", 76)
    assert [line.paragraph for line in lines[:3]] == [0, 0, 1]
    assert len(lines) == 2 + -(-40_000 // 76)
