"""What nobody touched leaves the inbox 90 days after it came; nothing is ever lost, and all lists agree on it."""

from __future__ import annotations

import io
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.inbox.decide import decide, mark
from curate.inbox.items import count_by_state, find_item, list_items, wake
from curate.inbox.journal import undo
from curate.inbox.listing import list_rows
from curate.inbox.notes import add_quote, add_tags, set_note
from curate.inbox.search import search
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.conftest import Curate

STAY = timedelta(days=90)
OVER = timedelta(seconds=1)


def inbox(stock: Stock, now: datetime) -> list[str]:
    """The names of what is in the inbox, newest first; the count must say the same."""
    listed = list_items(stock.connection, state="new", limit=0, unread=now)
    assert count_by_state(stock.connection, now=now)["new"] == len(listed)
    return [item.title.removeprefix("About ") for item in listed]


def test_an_item_stays_90_days_after_it_was_first_seen_however_old_it_is(stock: Stock) -> None:
    stock.receive(entry("old", published=NOW - timedelta(days=4000)))
    assert inbox(stock, NOW + STAY) == ["old"]
    assert inbox(stock, NOW + STAY + OVER) == []
    stock.now = NOW + timedelta(days=80)
    stock.receive(entry("old", title="About old", summary="Edited."), entry("late", published=NOW))
    assert inbox(stock, NOW + STAY + OVER) == ["late"], "an edit is no arrival"


def test_leaving_the_inbox_changes_nothing_else(stock: Stock) -> None:
    stock.receive(entry("one"))
    now, item = NOW + STAY + OVER, stock.only()
    whole = find_item(stock.connection, item.id)
    assert inbox(stock, now) == []
    assert list_items(stock.connection, state="new", limit=0) == [item]
    assert list_items(stock.connection, state=None, limit=0, unread=now) == []
    assert list_items(stock.connection, state="new", limit=0, since=NOW - timedelta(days=1)) == [item]
    assert find_item(stock.connection, item.id) == whole
    assert [hit.item.id for hit in search(stock.connection, "pager rotation", limit=5, now=NOW)] == [item.id]
    decide(stock.connection, [item.id], "keep", now=now)
    assert stock.only().state == "kept"


TOUCHES: dict[str, Callable[[Stock, str], object]] = {
    "noted": lambda stock, item_id: set_note(stock.connection, item_id, "minutes, not accuracy", now=NOW),
    "quoted": lambda stock, item_id: add_quote(stock.connection, item_id, "The rest was luck.", now=NOW),
    "tagged": lambda stock, item_id: add_tags(stock.connection, item_id, ["evaluation"], now=NOW),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_what_the_person_wrote_on_stays(stock: Stock, touch: str) -> None:
    stock.receive(entry("plain"), entry(touch, published=NOW - timedelta(days=2)))
    now = NOW + 10 * STAY
    TOUCHES[touch](stock, stock.ids()[1])
    assert inbox(stock, now) == [touch]
    undo(stock.connection, 1, now=NOW)
    assert inbox(stock, now) == []


def test_an_item_both_noted_and_tagged_counts_once(stock: Stock) -> None:
    stock.receive(entry("one"), entry("two"))
    for touch in TOUCHES.values():
        touch(stock, stock.ids()[0])
    add_tags(stock.connection, stock.ids()[0], ["teams"], now=NOW)
    assert inbox(stock, NOW + 2 * STAY) == ["one"]


def test_what_was_decided_on_stays_where_it_is(stock: Stock) -> None:
    stock.receive(*(entry(name) for name in ("kept", "skipped", "drafted", "posted", "later", "new")))
    ids = dict(zip(("kept", "skipped", "drafted", "posted", "later", "new"), stock.ids(), strict=True))
    now = NOW + 10 * STAY
    decide(stock.connection, [ids["kept"]], "keep", now=NOW)
    decide(stock.connection, [ids["skipped"]], "skip", now=NOW)
    decide(stock.connection, [ids["later"]], "later", now=NOW, until=now + OVER)
    mark(stock.connection, ids["drafted"], "drafted", now=NOW)
    mark(stock.connection, ids["posted"], "posted", now=NOW)
    wake(stock.connection, now=now)
    assert inbox(stock, now) == []
    counts = count_by_state(stock.connection, now=now)
    assert counts == {"new": 0, "left": 1, **dict.fromkeys(("kept", "later", "skipped", "drafted", "posted"), 1)}
    listed = list_items(stock.connection, state=None, limit=0, unread=now)
    assert {item.state for item in listed} == {"kept", "later", "skipped", "drafted", "posted"}
    assert len(listed) == sum(counts.values()) - 1


def test_what_was_put_off_comes_back_however_old_and_stays_90_days_more(stock: Stock) -> None:
    stock.receive(entry("later"), entry("other"))
    day = NOW + timedelta(days=200)
    decide(stock.connection, [stock.ids()[0]], "later", now=NOW, until=day)
    assert count_by_state(stock.connection, now=day)["new"] == 1
    woken = day + timedelta(days=100)  # when curate is next used
    assert count_by_state(stock.connection, now=woken)["new"] == 1
    assert wake(stock.connection, now=woken) == 1
    assert inbox(stock, woken) == inbox(stock, woken + STAY) == ["later"]
    assert inbox(stock, woken + STAY + OVER) == []


def test_a_decision_on_what_came_back_is_taken_back_into_the_inbox(stock: Stock) -> None:
    stock.receive(entry("one"))
    day = NOW + timedelta(days=200)
    (item_id,) = stock.ids()
    decide(stock.connection, [item_id], "later", now=NOW, until=day)
    wake(stock.connection, now=day)
    decide(stock.connection, [item_id], "skip", now=day)
    undo(stock.connection, 1, now=day)
    assert inbox(stock, day) == ["one"]


# The commands


@pytest.fixture
def old(desk: Path) -> Iterator[Stock]:
    """A desk with an item that is too old, one too old that was noted, one put off, and a fresh one."""
    stock = Stock(desk)
    stock.receive(*(entry(name) for name in ("left", "noted", "later")))
    ids = stock.ids()
    set_note(stock.connection, ids[1], "minutes, not accuracy", now=NOW)
    decide(stock.connection, [ids[2]], "later", now=NOW, until=NOW + STAY + timedelta(days=9))
    stock.now = NOW + timedelta(days=99)
    stock.receive(entry("fresh", published=stock.now), url="https://b.example/feed")
    yield stock
    stock.connection.close()


@pytest.fixture
def run(curate: Curate, old: Stock) -> Callable[..., Any]:
    return lambda *words: curate("-C", old.root, "--now", old.now.isoformat(), *words)


def titles(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["title"].removeprefix("About ") for row in rows)


def test_today_the_list_and_a_sitting_agree(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("today", "--json").data["inbox"]["new"] == 3
    assert titles(run("item", "list", "--json").data) == ["fresh", "later", "noted"]
    assert "3 of" not in run("item", "list").err
    assert "1 of 3 shown" in run("item", "list", "--limit", "1").err
    with monkeypatch.context() as terminal:
        streams = {"stdin": io.StringIO("skip\n" * 4), "stdout": io.StringIO(), "stderr": io.StringIO()}
        for name, stream in streams.items():
            terminal.setattr(stream, "isatty", lambda: True)
            terminal.setattr(sys, name, stream)
        run("triage", "--line")
        said = streams["stdout"].getvalue()
    assert all(f"About {name}" in said for name in ("fresh", "later", "noted"))
    assert "About left" not in said
    assert run("item", "list").err.startswith("Inbox empty.")
    assert run("today", "--json").data["inbox"]["new"] == 0


def test_what_left_is_found_by_search_id_state_and_date(run: Callable[..., Any], old: Stock) -> None:
    left = next(item for item in old.items() if item.title == "About left")
    assert run("item", "show", left.id, "--json").data["state"] == "new"
    found = run("item", "search", "pager", "--json").data
    assert "left" in titles(found)
    everything = ["fresh", "later", "left", "noted"]
    assert titles(run("item", "list", "--state", "all", "--json").data) == everything
    assert titles(run("item", "list", "--since", "200d", "--json").data) == everything
    assert run("item", "list", "--state", "all").err == ""
    assert "1 of 4 shown" in run("item", "list", "--state", "all", "--limit", "1").err
    run("item", "keep", left.id)
    assert titles(run("item", "list", "--state", "kept", "--json").data) == ["left"]


def test_an_inbox_that_all_has_left_is_empty_and_not_without_items(curate: Curate, desk: Path) -> None:
    stock = Stock(desk)
    stock.receive(entry("one"))
    stock.connection.close()
    now = (NOW + STAY + OVER).isoformat()
    assert curate("-C", desk, "--now", now, "item", "list").err.startswith("Inbox empty.")


def test_what_is_left_of_a_story_stays_in_the_list_when_its_lead_has_left(stock: Stock) -> None:
    stock.receive(entry("lead"))
    first = stock.now
    stock.now += timedelta(days=3)
    stock.receive(entry("other"), url="https://b.example/feed")
    stock.connection.execute("UPDATE items SET story = 1")
    now = first + STAY + timedelta(days=1)
    [row] = list_rows(stock.connection, now=now, limit=0)
    assert row.lead.title == "About other"
    assert count_by_state(stock.connection, now=now)["new"] == 1
    set_note(stock.connection, row.lead.id, "mine", now=now)
    [row] = list_rows(stock.connection, now=now + STAY * 3, limit=0)
    assert row.lead.note == "mine"
