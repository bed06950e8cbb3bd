"""The share board: each key, driven by a pilot, on a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.desk.db import transaction
from curate.shares import ledger, plan
from curate.tui.keys import WEEK_KEYS
from curate.tui.planning import Week
from curate.tui.week import WeekBoard
from tests.shares.servers import START
from tests.tui.bare import HOSTILE, SIZES, assert_tame, drive
from tests.tui.planner import a_planner, another, board, line_of, planned, seen, state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

TUESDAY, WEDNESDAY = "2026-11-24T08:40", "2026-11-25T12:10"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    with a_planner(tmp_path) as book:
        yield book


def put(book: Ledger, share: Share, state: str, reason: str = "") -> None:
    """Leave a share as sending would."""
    with transaction(book.connection):
        ledger.set_aside(book.connection, share, state, reason)


def test_every_key_has_an_action_and_none_means_two_things() -> None:
    pressed = [name for key in WEEK_KEYS if key.keys for name in key.keys.split(",")]
    assert len(pressed) == len(set(pressed))
    for key in WEEK_KEYS:
        assert not key.action or hasattr(WeekBoard, f"action_{key.action.partition('(')[0]}"), key.action


def test_a_correcting_share_does_not_look_like_a_repetition(book: Ledger) -> None:
    planned(book, "mastodon", "Thirteen pages it took", TUESDAY)
    right = plan.plan_shares(
        book.desk, book.settings, book.connection, "small-models", {"mastodon": "I was wrong: there were 31"},
        at=WEDNESDAY, wish=plan.Wish(corrects=True), now=START,
    )  # fmt: skip
    week = Week(book.desk, book.settings, book.connection, clock=lambda: START)
    week.go_to(START.date())
    week.load()
    troubles = {look.share.id: look.trouble for looks in week.cells.values() for look in looks}
    assert troubles[right.shares[0].id] == ""
    assert set(troubles.values()) == {""}


def test_rows_are_accounts_columns_are_days_and_letters_are_states(book: Ledger) -> None:
    planned(book, "mastodon", "A draft", TUESDAY)
    approved = planned(book, "bluesky", "Approved", TUESDAY)
    byhand = planned(book, "paper", "For the notice board", TUESDAY)
    plan.approve_shares(book.desk, book.settings, book.connection, [approved.id, byhand.id], now=START)
    late = planned(book, "work", "Late", WEDNESDAY)
    put(book, late, "missed", "its time passed more than two hours ago")
    app = board(book)

    async def act(_: Pilot[None]) -> None:
        assert "week 48, 23 to 29 Nov 2026" in seen(app)
        assert "Mon 23*" in seen(app), "today"
        assert line_of(app, "mastodon").split() == ["mastodon>-", "08:40", "D", "-", "-", "-", "quiet", "quiet"]
        assert "08:40 A" in line_of(app, "bluesky")
        assert "08:40 C" in line_of(app, "paper")
        assert "12:10 M" in line_of(app, "work")
        assert "S sent" not in seen(app)
        assert "A approved  D draft  C copy by hand  M missed" in seen(app)

    drive(app, act)


def test_moving_goes_by_day_account_network_and_week(book: Ledger) -> None:
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        where = {"l": (0, 1), "right": (0, 2), "h": (0, 1), "left": (0, 0), "j": (1, 0), "down": (2, 0), "k": (1, 0)}
        for key, cell in {**where, "up": (0, 0)}.items():
            await pilot.press(key)
            assert (app.week.row, app.week.day) == cell, key
        rows = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            rows.append(app.week.account)
        assert rows == ["bluesky", "paper", "mastodon", "paper"]
        await pilot.press("greater_than_sign")
        assert "week 49, 30 Nov to 6 Dec 2026" in seen(app)
        await pilot.press("less_than_sign", "h")
        assert "week 47" in seen(app)
        assert app.week.day == 6
        await pilot.press("l", "l", "l", "g")
        assert (app.week.today, app.week.day) == (app.week.monday, 0)

    drive(app, act)


def test_each_key_is_on_the_disk_before_the_screen_says_so(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", TUESDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("l", "a")
        assert state(book, share) == "approved"
        assert f"approved: {share.id}, mastodon, Tue 24 Nov 08:40." in seen(app)
        await pilot.press("m", *"thu 17:30", "enter")
        assert ledger.find_share(book.connection, share.id).wall == "2026-11-26T17:30"
        assert state(book, share) == "approved", "a move keeps the approval"
        assert app.week.day == 3, "the cursor follows"
        await pilot.press("m", *"09:15", "enter")
        assert ledger.find_share(book.connection, share.id).wall == "2026-11-26T09:15"
        await pilot.press("m", *"2026-12-02T10:00", "enter")
        assert "10:00 A" in line_of(app, "mastodon")
        assert "week 49" in seen(app)
        await pilot.press("m", *"next", "enter")
        assert ledger.find_share(book.connection, share.id).wall == "2026-11-24T08:40"
        await pilot.press("m", "escape", "m", "enter", "d", "n", "d", "escape")
        assert state(book, share) == "approved"
        await pilot.press("d", "y")
        assert state(book, share) == "cancelled"
        assert f"cancelled: {share.id}" in seen(app)
        assert "08:40" not in line_of(app, "mastodon")

    drive(app, act)


def test_what_is_refused_is_said_and_changes_nothing(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", TUESDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("l", "m", *"someday", "enter")
        assert "“someday” is not a time. 17:30, wed 17:30" in seen(app)
        await pilot.press("m", *"0001-01-01T00:00", "enter")  # in Berlin: before there is any time
        assert "“0001-01-01T00:00” is not a time. 17:30, wed 17:30" in seen(app)
        await pilot.press("m", *"2020-01-01T10:00", "enter")
        assert "is past" in seen(app)
        await pilot.press("j")
        assert "is past" not in seen(app), "until the cursor moves"
        for key in "amdty":
            await pilot.press(key)
            assert "There is no share here." in seen(app)
        await pilot.press("enter", "o", "space")

    drive(app, act)
    assert ledger.find_share(book.connection, share.id) == share


def test_a_cell_with_several_shows_the_most_urgent_and_space_goes_through_them(book: Ledger) -> None:
    first = planned(book, "mastodon", "One", "2026-11-24T08:40")
    second = planned(book, "mastodon", "Two", "2026-11-24T17:30", slug="another")
    plan.approve_shares(book.desk, book.settings, book.connection, [first.id], now=START)
    put(book, second, "held", "its page is not in the last deploy")
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        assert "17:30 !+1" in line_of(app, "mastodon")
        await pilot.press("l")
        assert "! mastodon, Tue 24 Nov 17:30: held" in seen(app)
        assert "Its page is not in the last deploy." in seen(app)
        await pilot.press("space")
        assert "A mastodon, Tue 24 Nov 08:40: approved" in seen(app)
        await pilot.press("space")
        assert "2 of 2 here" in seen(app)
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert ">17 !+1" in line_of(app, "mastodon")

    drive(app, act)


def test_what_would_not_go_out_is_blocked_with_its_reason(book: Ledger) -> None:
    planned(book, "mastodon", "The same words", TUESDAY)
    twin = planned(book, "mastodon", "Others", WEDNESDAY, slug="another")
    long = planned(book, "bluesky", "Long " * 50, TUESDAY)
    gone = planned(book, "work", "No home", TUESDAY)
    late = planned(book, "paper", "Late", "2026-11-23T09:30")
    copied = planned(book, "bluesky", "Nothing alike", "2026-11-26T09:00", slug="another")
    with transaction(book.connection):
        book.connection.execute(
            "UPDATE shares SET text = (SELECT text FROM shares WHERE account = 'mastodon' LIMIT 1) WHERE id = ?",
            (twin.id,),
        )
        book.connection.execute("UPDATE shares SET text = text || text WHERE id = ?", (long.id,))
        book.connection.execute("UPDATE shares SET due_at = due_at - 86400 WHERE id = ?", (late.id,))
        told = f"To be said once and in no other place again, however often one is asked\n\n{copied.link}"
        book.connection.execute("UPDATE shares SET text = ? WHERE id = ?", (told, copied.id))
        told = told.replace("once", "twice")
        book.connection.execute("UPDATE shares SET text = ? WHERE id = ?", (told, late.id))
    del book.settings.accounts["work"]
    week = Week(book.desk, book.settings, book.connection, lambda: START)
    week.load()
    trouble = {look.share.id: look.trouble for looks in week.cells.values() for look in looks if look.letter == "!"}
    assert "has this text already" in trouble[twin.id]
    assert "% of this text stands in the text for paper of 22 Nov" in trouble[copied.id]
    assert "It is too long: " in trouble[long.id]
    assert "no account work in curate.toml" in trouble[gone.id]
    assert week.accounts == ["mastodon", "bluesky", "paper", "work"], "its shares are still in sight"
    week.turn(-1)
    [look] = week.cells["paper", 6]
    assert (look.letter, look.trouble) == ("!", "Its time is past: m moves it, d takes it out.")


def test_an_empty_week_names_the_next_command(book: Ledger) -> None:
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        assert "No shares are planned. curate share plan POST --to ACCOUNT --at next" in seen(app)
        planned(book, "mastodon", "Words", "2026-12-08T08:40")
        await pilot.press("g")
        assert "No shares in this week. The nearest is on Tue 08 Dec 2026, on mastodon." in seen(app)

    drive(app, act)
    book.settings.accounts.clear()
    app = board(book)

    async def alone(pilot: Pilot[None]) -> None:
        await pilot.press("j", "l", "tab", "a", "enter", "t", "space")
        assert "curate account add mastodon" in seen(app) or "There is no share here." in seen(app)

    drive(app, alone)


@pytest.mark.parametrize("key", ["a", "m", "d"])
def test_nothing_is_done_to_a_share_that_is_not_as_it_was_shown(book: Ledger, key: str) -> None:
    share = planned(book, "mastodon", "Words", TUESDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("l")
        with another(book) as elsewhere:
            plan.edit_share(book.desk, book.settings, elsewhere, share.id, "Words of somebody else")
            now = ledger.find_share(elsewhere, share.id)
        answers = {"a": (), "m": (*"17:30", "enter"), "d": ("y",)}
        await pilot.press(key, *answers[key])
        assert ledger.find_share(book.connection, share.id) == now
        assert f"{share.id} was changed elsewhere meanwhile; nothing was done." in seen(app)
        assert "Words of somebody else" in seen(app), "it is shown as it is"
        await pilot.press(key, *answers[key])
        assert ledger.find_share(book.connection, share.id) != now, "and then the key does it"

    drive(app, act)


def test_a_ledger_that_is_busy_is_said_and_nothing_is_lost(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", TUESDAY)
    book.connection.execute("PRAGMA busy_timeout = 1")
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("l")
        with another(book) as elsewhere:
            elsewhere.execute("BEGIN IMMEDIATE")
            await pilot.press("a")
            assert "Not saved: database is locked." in seen(app)
            elsewhere.execute("ROLLBACK")
        await pilot.press("a")
        assert state(book, share) == "approved"

    drive(app, act)


@pytest.mark.parametrize("size", SIZES)
def test_hostile_texts_are_shown_as_text(book: Ledger, size: tuple[int, int]) -> None:
    for number, text in enumerate(HOSTILE):
        name = f"a{number}{text}"[:300]
        book.account(name)
        with transaction(book.connection):
            share = ledger.add_share(
                book.connection, post="small-models", link="https://dana.example/", title=text, summary=text,
                account=name, network="mastodon", text=f"{text}\n{text}", due_at=START, wall="2026-11-23T09:00",
                zone="Europe/Berlin", now=START,
            )  # fmt: skip
        put(book, share, "held", text)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        for key in ("G", *["j"] * 14, "a", "a", "m", "escape", "d", "escape", "t", "escape", "question_mark", "escape"):
            await pilot.press(key)
            assert_tame(app, size)
        for _ in HOSTILE:
            await pilot.press("a", "enter")
            assert_tame(app, size)
            await pilot.press("escape", "k")

    drive(app, act, size)
    assert app.return_code in (None, 0), "a title is no action"


def test_a_small_window_says_so_and_the_selection_stays(book: Ledger) -> None:
    planned(book, "work", "Words", WEDNESDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("j", "l", "l")
        await pilot.resize_terminal(52, 14)
        await pilot.pause()
        assert "This window is 52 x 14. The board needs 60 x 16." in seen(app)
        assert "curate share queue --week" in seen(app)
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert ">12:10 D" in line_of(app, "work")
        assert "all times Europe/Berlin" in seen(app)

    drive(app, act, (60, 16))


def test_the_mouse_may_choose_and_a_double_click_edits(book: Ledger) -> None:
    planned(book, "work", "Words", WEDNESDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.click("#grid", offset=(31, 2))
        assert (app.week.account, app.week.day) == ("work", 2)
        await pilot.click("#grid", offset=(31, 2), times=2)
        await pilot.pause()
        assert "Variant   work" in seen(app)

    drive(app, act)


def test_help_lists_the_keys_of_the_board_and_q_leaves(book: Ledger) -> None:
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert "Keys: share board" in seen(app)
        assert "a  approve as it reads" in seen(app)
        assert "skip" not in seen(app), "no key of the triage"
        await pilot.press("escape", "q")

    drive(app, act)
    assert app.return_code == 0


def test_an_interrupt_leaves_with_130(book: Ledger) -> None:
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+c")

    drive(app, act)
    assert app.return_code == 130
