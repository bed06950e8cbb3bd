"""The table of keys: what is bound, the line at the bottom, the help and the palette say the same."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.command import CommandList, CommandPalette

from curate.tui.ask import NotePane
from curate.tui.keys import KEYS, HelpPane, Said, bindings, footer, help_lines
from curate.tui.triage import Triage
from tests.tui.bare import HOSTILE, SIZES, WORDING, Bare, assert_tame, drive, lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

PANES = ("list", "skim", "article")


def test_no_key_means_two_things_and_none_needs_a_key_that_may_be_missing() -> None:
    pressed = list(chain.from_iterable(key.keys.split(",") for key in KEYS if key.keys))
    assert len(pressed) == len(set(pressed))
    assert not [key for key in pressed if "alt+" in key or (key[0] == "f" and key[1:].isdigit())]


def test_the_screen_has_an_action_for_every_key() -> None:
    for key in KEYS:
        assert bool(key.keys) == bool(key.action)
        assert not key.action or hasattr(Triage, f"action_{key.action.partition('(')[0]}"), key.action


def test_what_is_off_somewhere_says_why() -> None:
    for key in KEYS:
        assert set(key.where) <= set(PANES)
        if key.group:
            assert key.words
            assert bool(key.off) == (len(key.where) < len(PANES)), key.face


def test_a_pane_binds_its_keys_alone() -> None:
    def bound(where: str | None) -> set[str]:
        return {one.action for one in bindings(where) if isinstance(one, Binding)}

    assert "skip_others" in bound("skim") - bound("list")
    assert "filter" in bound("list") - bound("article")
    assert bound(None) == bound("list") | bound("skim") | bound("article")


@pytest.mark.parametrize("where", PANES)
@pytest.mark.parametrize("width", range(60, 121, 6))
def test_the_line_at_the_bottom_fits_and_ends_with_the_way_to_the_others(width: int, where: str) -> None:
    line = footer(width, where)
    assert len(line) <= width
    assert line.endswith("? keys")
    assert ("X skip" if where == "skim" else "s keep  x skip  z later  n note") in line


def test_a_wide_line_at_the_bottom_names_more() -> None:
    assert footer(80, "list") == ' s keep  x skip  z later  n note  " quote  e write  o open  u undo  ? keys'
    assert "w why" in footer(120, "list")
    assert "Esc back" in footer(60, "article")


@pytest.mark.parametrize("where", PANES)
@pytest.mark.parametrize("width", [56, 76, 116])
def test_the_help_names_every_key_that_works_and_fits(where: str, width: int) -> None:
    table = help_lines(where, "", width)
    assert max(map(len, table)) <= width
    text = " ".join(" ".join(table).split())
    for key in KEYS:
        if key.group:
            assert f"{key.face} {key.words}" in text
            assert (f"{key.words}: {key.off}" in text) == (where not in key.where)


def test_the_help_is_searched_by_word_and_by_key() -> None:
    assert help_lines("list", "undo", 76) == [
        "Undo         u  undo the last step               U  redo what was undone"
    ]
    assert help_lines("list", "SKIP next", 76) == [
        "Off          X  skip others, next page: only in the page skim; Tab opens it"
    ]
    assert any("why it stands here" in line for line in help_lines("list", "w", 76))
    assert help_lines("list", "zebra", 76) == ["No key does that."]


@pytest.mark.parametrize("size", SIZES)
def test_the_help_is_typed_into_scrolled_and_closed(size: tuple[int, int]) -> None:
    app = Bare(HelpPane("list", wording=WORDING))

    async def act(pilot: Pilot[None]) -> None:
        assert_tame(app, size)
        assert lines(app)[0] == " Keys: triage list"
        assert lines(app)[-1].startswith(" Esc closes")
        for _ in range(60):
            await pilot.press("down")
        await pilot.pause()
        assert "mark by its number" in "\n".join(lines(app)), "the last line can be reached"
        await pilot.press(*"skip")
        await pilot.pause()
        assert "only in the page skim" in " ".join(" ".join(lines(app)).split())
        assert "why it stands here" not in "\n".join(lines(app))
        await pilot.press("escape")
        assert app.back == [None]
        assert app.pressed == [], "what was typed was no key of the list"

    drive(app, act, size)


async def offered(app: Bare, pilot: Pilot[None], typed: str) -> list[str]:
    """Open the palette, type, and return what it lists."""
    await pilot.press("ctrl+p", *typed)
    palette = app.screen
    assert isinstance(palette, CommandPalette)
    await asyncio.wait_for(app.workers.wait_for_complete(), timeout=10)
    await pilot.pause()
    commands = palette.query_one(CommandList)
    return [str(option.prompt) for option in commands.options]


def test_the_palette_offers_the_same_and_does_it() -> None:
    app = Bare()

    async def act(pilot: Pilot[None]) -> None:
        found = await offered(app, pilot, "keep")
        assert any("keep  (s)" in one for one in found)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.pressed == ["keep"]

    drive(app, act)


def test_the_palette_offers_what_works_here_and_nothing_over_a_pane() -> None:
    app = Bare()
    app.where = "article"

    async def here(pilot: Pilot[None]) -> None:
        assert not any("skip others" in one for one in await offered(app, pilot, "skip"))

    drive(app, here)
    over = Bare(NotePane("On call", "", prompts=(), wording=WORDING))

    async def there(pilot: Pilot[None]) -> None:
        assert not any("keep" in one for one in await offered(over, pilot, "keep"))

    drive(over, there)


def test_ctrl_q_on_the_list_chooses_a_quote_and_does_not_leave() -> None:
    app = Bare()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+q")
        assert app.pressed == ["quote"]
        assert app.is_running

    drive(app, act)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_said_is_disarmed_and_closed_by_a_key(size: tuple[int, int]) -> None:
    app = Bare(Said("\x1b[2Jtitle [/nope]", HOSTILE, wording=WORDING))

    async def act(pilot: Pilot[None]) -> None:
        assert_tame(app, size)
        assert "title [/nope]" in "\n".join(lines(app))
        await pilot.press("w")
        assert app.back == [None]

    drive(app, act, size)
