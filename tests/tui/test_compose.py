"""The compose screen: counting, saving, approving, going on; and no word is lost on any way out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from curate.shares import aside, ledger, plan
from curate.shares.write import typed_texts
from curate.tui.compose import Compose
from curate.tui.variant import Variant
from tests.shares.conftest import LINK
from tests.tui.bare import HOSTILE, SIZES, assert_tame, drive
from tests.tui.planner import a_planner, another, board, planned, seen, state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from curate.tui.week import WeekBoard
    from tests.shares.conftest import Ledger

MONDAY = "2026-11-23T17:30"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    with a_planner(tmp_path) as book:
        yield book


def stored(book: Ledger, share_id: str) -> str:
    with another(book) as connection:
        return ledger.find_share(connection, share_id).text


def pane(app: WeekBoard) -> Compose:
    assert isinstance(app.screen, Compose)
    return app.screen


def test_words_are_typed_before_the_link_counted_saved_and_approved(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        assert "Variant   mastodon" in seen(app)
        assert "30 of 500" in seen(app), "a link counts 23"
        assert "Checks  ok: length, link, hashtags, source, phrases, again, pace" in seen(app)
        await pilot.press(*" of mine")
        assert "not saved   38 of 500" in seen(app)
        await pilot.press("ctrl+s")
        assert stored(book, share.id) == f"Words of mine\n\n{LINK}"
        assert "saved." in seen(app)
        assert "not saved" not in seen(app)
        await pilot.press("!", "ctrl+a")
        assert stored(book, share.id) == f"Words of mine!\n\n{LINK}"
        assert state(book, share) == "approved"
        assert "approved, as it reads here." in seen(app)
        await pilot.press("?", "ctrl+s")
        assert state(book, share) == "draft"
        assert "It is a draft again: Ctrl-A approves it." in seen(app)
        await pilot.press("escape")
        assert "Words of mine!?" in seen(app)

    drive(app, act)
    assert not list(book.desk.typed.iterdir())


def test_a_text_that_is_too_long_is_not_saved_and_not_lost(book: Ledger) -> None:
    share = planned(book, "bluesky", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "enter")
        pane(app).area.text = "long " * 80
        await pilot.pause()
        assert "! 440 of 300" in seen(app), "at once"
        pane(app).settle()
        await pilot.pause()
        assert "Checks  NO: length   ok: link, " in seen(app)
        assert "! length: 440 of 300 characters. Shorten it.\n" in seen(app)
        await pilot.press("ctrl+s")
        assert "The text for bluesky is too long" in seen(app)
        assert pane(app).typed == "long " * 80
        pane(app).area.text = "https://one.example https://two.example and words"
        await pilot.pause()
        pane(app).settle()
        await pilot.pause()
        assert "! link: One link is enough, the post's own; https://one.example" in seen(app)
        await pilot.press("escape")
        assert "What you typed is not saved; it is kept" in seen(app)

    drive(app, act)
    assert stored(book, share.id) == f"Words\n\n{LINK}"
    assert "https://two.example and words" in (book.desk.typed / f"share-{share.id}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["escape", "tab", "ctrl+c"])
def test_no_way_out_loses_a_word(book: Ledger, way: str) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    planned(book, "bluesky", "Others", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *" unsaved", way)

    drive(app, act)
    assert app.return_code == (130 if way == "ctrl+c" else None)
    assert bool(app.unfinished) == (way == "ctrl+c"), "the command says where the words are"
    assert stored(book, share.id) == f"Words\n\n{LINK}"
    again = board(book)

    async def go_on(pilot: Pilot[None]) -> None:
        assert "Words were typed for it and not saved" in seen(again)
        await pilot.press("enter")
        assert pane(again).typed.startswith("Words unsaved\n")
        assert "This was typed before and is not saved yet. Saved is: “Words" in seen(again)
        await pilot.press("ctrl+s", "escape")

    drive(again, go_on)
    assert stored(book, share.id) == f"Words unsaved\n\n{LINK}"
    assert not list(book.desk.typed.iterdir())


def test_the_command_line_goes_on_with_what_the_screen_left(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    variant = Variant.of(book.desk, book.settings, book.connection, share)
    variant.keep("Typed on the screen")
    with typed_texts(book.desk, f"share-{share.id}", "never used", ["mastodon"], lambda _: 0, keep=True) as texts:
        assert texts == {"mastodon": "Typed on the screen"}
    assert variant.kept() == "Typed on the screen"


@pytest.mark.parametrize(
    "words", [";; no comment of ours", "=== bluesky\nis no section", "a\n\n;; b\n=== mastodon", "x\x0by"]
)
def test_what_is_kept_comes_back_whatever_it_looks_like(book: Ledger, words: str) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    variant = Variant.of(book.desk, book.settings, book.connection, share)
    variant.keep(words)
    assert variant.kept() == words


def test_two_texts_not_planned_yet_have_a_place_each(book: Ledger) -> None:
    names = [("a", "b-c"), ("a-b", "c"), ("../../x", "../y"), ("A", "b-c"), ("é" * 300, "")]
    files = {aside.aside_file(book.desk, post=post, account=account) for post, account in names}
    assert len(files) == len(names)
    assert {file.parent for file in files} == {book.desk.typed}


def test_tab_goes_through_the_texts_of_the_post(book: Ledger) -> None:
    for account, words in (("mastodon", "For peers"), ("bluesky", "The doubt"), ("work", "For work")):
        planned(book, account, words, MONDAY)
    planned(book, "bluesky", "Another post", "2026-11-25T17:30", slug="another")
    sent = planned(book, "paper", "By hand", MONDAY)
    plan.cancel_shares(book.connection, [sent.id])
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        assert "Others  work: For work" in seen(app)
        begins = []
        for _ in range(4):
            begins.append(pane(app).typed.split("\n")[0])
            await pilot.press("tab")
        assert begins == ["For peers", "For work", "The doubt", "For peers"]
        await pilot.press("escape")
        assert app.week.account == "work", "the cursor is where the writing ended"
        await pilot.press("h", "l")

    drive(app, act)


def test_another_angle_is_planned_when_it_is_saved(book: Ledger) -> None:
    planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("t", "escape", "t", "enter")
        assert "Variant   work" in seen(app), "the first account that has none is offered"
        await pilot.press("tab", "escape")
        await pilot.press("k", "k", "t", "ctrl+u", *"blue", "tab", "enter", *"Fresh", "escape")
        assert "not saved; it is kept" in seen(app)
        await pilot.press("t", "ctrl+u", *"bluesky", "enter")
        assert pane(app).typed == "Fresh"
        await pilot.press("ctrl+s")
        [share] = ledger.list_shares(book.connection, account="bluesky")
        assert (share.text, share.state, share.wall) == (f"Fresh\n\n{LINK}", "draft", "2026-11-24T08:40")
        assert f"planned as {share.id}." in seen(app)
        assert "When    Tue 24 Nov 08:40 Europe/Berlin, draft" in seen(app)
        await pilot.press("escape")
        assert app.week.current is not None
        assert app.week.current.share.id == share.id
        await pilot.press("t", "ctrl+u", *"nowhere", "enter")
        assert "There is no account “nowhere”" in seen(app)

    drive(app, act)
    assert not list(book.desk.typed.iterdir())


def test_where_no_free_slot_will_do_a_time_is_asked_for(book: Ledger) -> None:
    planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("t", "ctrl+u", *"mastodon", "enter", *"Once more", "ctrl+a")
        assert "mastodon has this post already" in seen(app)
        assert "When?" in seen(app)
        await pilot.press("escape")
        assert "mastodon has this post already" in seen(app)
        await pilot.press("ctrl+a", *"2027-01-04T09:00", "enter")
        assert "approved, as it reads here." in seen(app)

    drive(app, act)
    [_, share] = ledger.list_shares(book.connection, account="mastodon")
    assert (share.wall, share.state) == ("2027-01-04T09:00", "approved")


@pytest.mark.parametrize("key", ["ctrl+s", "ctrl+a"])
def test_a_change_elsewhere_is_said_and_overwritten_only_by_the_second_press(book: Ledger, key: str) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *" mine")
        with another(book) as elsewhere:
            plan.edit_share(book.desk, book.settings, elsewhere, share.id, "Theirs")
        await pilot.press(key)
        assert "It was changed elsewhere meanwhile and reads now: “Theirs" in seen(app)
        assert stored(book, share.id) == f"Theirs\n\n{LINK}"
        assert "Words mine" in (book.desk.typed / f"share-{share.id}.txt").read_text(encoding="utf-8")
        await pilot.press(key)
        assert stored(book, share.id) == f"Words mine\n\n{LINK}"

    drive(app, act)


def test_an_empty_field_approves_nothing(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        pane(app).area.text = " "
        for key in ("ctrl+a", "ctrl+s"):
            await pilot.press(key)
            assert "A share needs words of yours" in seen(app)
        await pilot.press("escape")

    drive(app, act)
    assert ledger.find_share(book.connection, share.id) == share


def test_what_was_sent_meanwhile_is_not_changed_and_the_words_stay(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *" mine")
        with another(book) as elsewhere:
            plan.cancel_shares(elsewhere, [share.id])
        await pilot.press("ctrl+s")
        assert f"{share.id} is cancelled; it cannot be edited." in seen(app)
        await pilot.press("escape", "enter")

    drive(app, act)
    assert "Words mine" in (book.desk.typed / f"share-{share.id}.txt").read_text(encoding="utf-8")


def test_a_busy_ledger_and_a_full_disk_keep_one_in_the_screen_with_the_words(book: Ledger) -> None:
    share = planned(book, "mastodon", "Words", MONDAY)
    book.connection.execute("PRAGMA busy_timeout = 1")
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter", *" mine")
        with another(book) as elsewhere:
            elsewhere.execute("BEGIN IMMEDIATE")
            await pilot.press("ctrl+s")
            assert "Not saved: database is locked. What you typed is kept." in seen(app)
            elsewhere.execute("ROLLBACK")
        (book.desk.typed / f"share-{share.id}.txt").unlink()
        book.desk.typed.rmdir()
        book.desk.typed.write_text("in the way", encoding="utf-8")
        for way in ("escape", "ctrl+c"):
            await pilot.press(way)
            assert "What you type is not on the disk" in seen(app)
            assert pane(app).typed.startswith("Words mine")
        book.desk.typed.unlink()
        await pilot.press("ctrl+s")
        assert "saved." in seen(app)

    drive(app, act)
    assert stored(book, share.id) == f"Words mine\n\n{LINK}"


def test_without_an_editor_or_a_terminal_to_leave_that_is_said(book: Ledger) -> None:
    planned(book, "mastodon", "Words", MONDAY)
    for app, said in ((board(book), "There is no editor here."), (board(book, edit=lambda _: 0), "cannot be left")):

        async def act(pilot: Pilot[None], app: WeekBoard = app, said: str = said) -> None:
            await pilot.press("enter", "ctrl+e")
            assert said in seen(app)

        drive(app, act)


@pytest.mark.parametrize(("text", "size"), list(zip(HOSTILE, itertools.cycle(SIZES), strict=False)))
def test_hostile_words_are_drawn_tame_and_saved_as_they_are(book: Ledger, text: str, size: tuple[int, int]) -> None:
    share = planned(book, "paper", f"{text} x", MONDAY)
    planned(book, "mastodon", f"{text[:3]} y", MONDAY)
    before = share.text
    app = board(book)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("j", "j", "j", "enter")
        assert_tame(app, size)
        await pilot.press("!", "ctrl+s")
        assert_tame(app, size)
        await pilot.press("backspace", "ctrl+s", "tab")
        assert_tame(app, size)
        await pilot.press("ctrl+p", "escape")

    drive(app, act, size)
    assert stored(book, share.id) == before
    assert app.return_code is None
