"""Triage many at a time: marks, ranges, the page skim, repeating, filters and feeds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.inbox.items import find_item
from curate.inbox.notes import add_tags
from curate.tui.sitting import Plan
from tests.inbox.stock import NOW, Stock, entry
from tests.tui.test_triage import drive, screen_of, shown, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """Twenty items, a to t, the newest first; the last five are of another feed."""
    stock = Stock(tmp_path)
    named = [entry(name, published=NOW - timedelta(minutes=place)) for place, name in enumerate("abcdefghijklmnopqrst")]
    stock.receive(*named[:15])
    stock.receive(*named[15:], url="https://b.example/feed", title="Brightbank")
    yield stock
    stock.connection.close()


def test_marks_a_range_and_a_batch_are_one_step(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("space", "j", "space", "x")  # a and c
        assert states(stock)[:5] == "snsnn"
        assert "skipped: 2 items" in shown(app)
        await pilot.press("u")
        assert states(stock) == "n" * 20
        assert "taken back: skip About a and 1 more" in shown(app)
        await pilot.press("g", "space", "j", "j", "V", "s")  # a to d
        assert states(stock)[:5] == "kkkkn"
        await pilot.press("asterisk", "asterisk")
        assert app.sitting.marked == set(), "once all, once none"
        await pilot.press("space", "space", "escape")
        assert app.sitting.marked == set()
        await pilot.press("U")
        assert "Nothing to redo" in shown(app), "another step was made since"

    drive(app, act)


def test_the_skim_keeps_the_marked_and_skips_the_others_of_its_page_alone(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("tab")
        await pilot.pause()
        assert "Skim      page 1 of 2      marked 0 of 15" in shown(app)
        assert " 1 >  . About a" in shown(app)
        await pilot.press("2", "5")
        assert "marked 2 of 15" in shown(app)
        await pilot.press("s")
        assert states(stock) == "nknnk" + "n" * 15
        await pilot.press("X")
        await pilot.pause()
        assert states(stock) == "skssk" + "s" * 10 + "n" * 5, "no other page than the one in sight"
        assert "page 2 of 2" in shown(app)
        await pilot.press("u")
        await pilot.pause()
        assert states(stock) == "nknnk" + "n" * 15
        await pilot.press("pagedown")
        assert "page 2 of 2" in shown(app)
        await pilot.press("tab")
        await pilot.pause()
        assert "Triage" in shown(app)

    drive(app, act)


def test_the_mark_keeps_a_row_from_being_skipped(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("tab")
        await pilot.pause()
        await pilot.press("3", "X")
        assert states(stock) == "ssn" + "s" * 12 + "n" * 5

    drive(app, act)


def test_the_last_decision_and_the_last_tags_are_repeated(stock: Stock) -> None:
    app = screen_of(stock)
    add_tags(stock.connection, stock.ids()[9], ["tooling"], now=NOW)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("full_stop")
        assert "Nothing to repeat yet" in shown(app)
        await pilot.press("x", "full_stop", "full_stop")
        assert states(stock)[:4] == "sssn"
        await pilot.press("number_sign", *"TOO", "tab", "enter")
        await pilot.press("j", "full_stop")
        tagged = [find_item(stock.connection, item_id).tags for item_id in stock.ids()[3:6]]
        assert tagged == [("tooling",), ("tooling",), ()]
        await pilot.press("space", "space", "number_sign", *"more", "enter")
        tagged = [find_item(stock.connection, item_id).tags for item_id in stock.ids()[3:6]]
        assert tagged == [("tooling",), ("more", "tooling"), ("more",)]
        await pilot.press("u")
        tagged = [find_item(stock.connection, item_id).tags for item_id in stock.ids()[3:6]]
        assert tagged == [("tooling",), ("tooling",), ()], "many at a time are one step"

    drive(app, act)


def test_a_filter_narrows_says_what_it_cannot_mean_and_is_left(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"from:bright", "enter")
        assert len(app.sitting.rows) == 5
        assert "filter: from:bright" in shown(app)
        await pilot.press("slash", *" colour:red", "enter")
        assert "There is no field “colour”" in shown(app)
        assert len(app.sitting.rows) == 5
        await pilot.press("slash", *" zebra", "enter")
        assert "No items match “from:bright zebra”. 20 without the filter." in shown(app)
        await pilot.press("escape")
        assert len(app.sitting.rows) == 20

    drive(app, act)


def test_what_a_filter_may_be_stands_whole_in_the_narrowest_window(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("slash")
        assert "or nothing" in shown(app)
        assert "Enter filter   Esc cancel" in shown(app)

    drive(app, act, size=(60, 16))


def test_feed_after_feed_and_all_of_them_again(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f")
        assert (len(app.sitting.rows), app.sitting.feed) == (5, ("https://b.example/feed", "Brightbank"))
        assert "Brightbank  by score" in shown(app)
        await pilot.press("f")
        assert len(app.sitting.rows) == 15
        await pilot.press("f")
        assert len(app.sitting.rows) == 20
        await pilot.press("F")
        assert "Ops Weekly  by score" in shown(app)

    drive(app, act)


def test_a_plan_orders_shows_a_clock_and_begins_where_it_says(stock: Stock) -> None:
    app = screen_of(stock, plan=Plan(order="oldest", timebox=timedelta(minutes=10), start=stock.ids()[-3]))

    async def act(pilot: Pilot[None]) -> None:
        assert ">  . About r" in shown(app)
        assert "oldest first" in shown(app)
        assert "of 10:00" in shown(app)
        await pilot.press("z")
        assert "put off for 7 days: About r" in shown(app)

    drive(app, act)


def test_wide_windows_show_the_article_beside_the_list(stock: Stock) -> None:
    app = screen_of(stock)

    async def act(pilot: Pilot[None]) -> None:
        line = next(line for line in shown(app).splitlines() if line.startswith(">"))
        assert "│ About a" in line
        await pilot.press("p")
        await pilot.pause()
        assert "│" not in shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert ">" not in shown(app)
        assert "out of three." in shown(app)
        await pilot.press("s", "escape")
        await pilot.pause()
        assert states(stock)[:2] == "kn"

    drive(app, act, (120, 40))


def test_after_the_last_page_of_the_skim_the_next_five_hundred_begin_at_their_first_page(stock: Stock) -> None:
    app = screen_of(stock, plan=Plan())

    async def act(pilot: Pilot[None]) -> None:
        app.sitting.rows = app.sitting.rows[:3]  # as if no more had been in the list
        await pilot.press("tab")
        await pilot.pause()
        await pilot.press("X")
        await pilot.pause()
        assert states(stock) == "s" * 3 + "n" * 17
        assert " 1 >  . About d" in shown(app)

    drive(app, act)
