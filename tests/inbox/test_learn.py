"""The inbox learns from what was decided, unlearns what was undone, and says why an item stands where it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import to_seconds
from curate.inbox import learn, rank
from curate.inbox.decide import Action, decide, mark
from curate.inbox.items import find_item
from curate.inbox.journal import redo, undo
from curate.inbox.listing import FEW, PLACE, list_rows
from curate.inbox.notes import set_note
from curate.inbox.rules import add_rule, apply_to_arrivals
from tests.inbox.stock import NOW, entry

if TYPE_CHECKING:
    from tests.inbox.stock import Stock


def fill(stock: Stock, *, about: str, many: int, feed: str) -> list[str]:
    """Receive items about something from a feed; return their ids."""
    known = set(stock.ids())
    stock.receive(
        *(entry(f"{feed}-{about}-{at}", title=f"{about} number {chr(97 + at)}", summary="") for at in range(many)),
        url=f"https://{feed}.example/feed",
        title=feed.title(),
    )
    return [each for each in stock.ids() if each not in known]


@pytest.fixture
def taught(stock: Stock) -> Stock:
    """Postmortems kept, pricing skipped, one of each left; a feed for each."""
    kept, skipped = (
        fill(stock, about=about, many=7, feed=feed) for about, feed in (("Postmortem", "ops"), ("Pricing", "ads"))
    )
    decide(stock.connection, kept[1:], "keep", now=stock.tick())
    decide(stock.connection, skipped[1:], "skip", now=stock.tick())
    learn.refresh(stock.connection)
    return stock


def interest(stock: Stock, about: str) -> float:
    """What was learned of the new item about something."""
    (found,) = [item.interest for item in stock.items("new") if item.title.startswith(about)]
    return found


def test_what_is_like_what_was_kept_stands_first(taught: Stock) -> None:
    assert interest(taught, "Postmortem") > 1 > -1 > interest(taught, "Pricing")
    rows = list_rows(taught.connection, now=taught.now, limit=0)
    assert [row.lead.title.split()[0] for row in rows] == ["Postmortem", "Pricing"]


def test_what_is_undone_was_never_taught_and_redo_teaches_it_again(taught: Stock) -> None:
    before = interest(taught, "Postmortem")
    undo(taught.connection, 2, now=taught.tick())
    learn.refresh(taught.connection)
    assert {item.interest for item in taught.items()} == {0.0}
    redo(taught.connection, 2)
    learn.refresh(taught.connection)
    assert interest(taught, "Postmortem") == before


def test_later_teaches_nothing(taught: Stock) -> None:
    before = interest(taught, "Pricing")
    later = fill(taught, about="Pricing", many=4, feed="others")
    decide(taught.connection, later, "later", now=taught.tick(), until=NOW + timedelta(days=9))
    assert learn.untaught(taught.connection) == ""
    learn.keep(taught.connection, rank.learn(learn.lessons(taught.connection)), "again")
    assert interest(taught, "Pricing") == before


def test_what_a_rule_skipped_teaches_nothing(taught: Stock) -> None:
    add_rule(taught.connection, "title:pricing", "skip", "", name="", now=taught.tick())
    known = learn.taught(taught.connection)
    fill(taught, about="Pricing", many=3, feed="others")
    assert apply_to_arrivals(taught.connection, now=taught.tick()) == 3
    learn.refresh(taught.connection)
    assert learn.taught(taught.connection) == known


def test_a_note_and_a_post_teach_more(taught: Stock) -> None:
    kept = taught.items("kept")[0]
    keeps = interest(taught, "Postmortem")
    for number in range(6):
        fill(taught, about="Queue", many=1, feed=f"x{number}")
    decide(
        taught.connection,
        [item.id for item in taught.items("new") if item.title.startswith("Queue")][:3],
        "keep",
        now=NOW,
    )
    learn.refresh(taught.connection)
    keeps = interest(taught, "Postmortem")
    set_note(taught.connection, kept.id, "the number is minutes", now=taught.tick())
    learn.refresh(taught.connection)
    noted = interest(taught, "Postmortem")
    mark(taught.connection, kept.id, "posted", now=taught.tick())
    learn.refresh(taught.connection)
    assert interest(taught, "Postmortem") > noted > keeps


def test_arrivals_are_judged_by_what_is_known(taught: Stock) -> None:
    fill(taught, about="Postmortem of", many=1, feed="third")
    learn.judge_arrivals(taught.connection)
    assert min(item.interest for item in taught.items("new") if item.title.startswith("Postmortem")) > 0.3


def test_reset_forgets_what_was_decided_until_then_and_can_be_taken_back(taught: Stock) -> None:
    before = interest(taught, "Postmortem")
    learn.reset(taught.connection, now=taught.tick())
    assert {item.interest for item in taught.items()} == {0.0}
    assert learn.taught(taught.connection) == 0
    assert len(taught.items("kept")) == 6
    new = fill(taught, about="Zebra", many=1, feed="third")
    decide(taught.connection, new, "keep", now=taught.tick())
    learn.refresh(taught.connection)
    assert learn.taught(taught.connection) == 1
    undo(taught.connection, 1, now=taught.tick())
    assert learn.unreset(taught.connection) is not None
    assert interest(taught, "Postmortem") == before
    assert learn.unreset(taught.connection) is None


def test_why_adds_up_to_what_the_list_is_ordered_by(taught: Stock) -> None:
    add_rule(taught.connection, "title:postmortem", "boost", "1.5", name="mine", now=taught.tick(), apply=True)
    now = taught.tick()
    for listed in taught.items("new"):
        why = learn.why(taught.connection, listed, now=now)
        standing = taught.connection.execute("SELECT standing FROM items WHERE id = ?", (listed.id,)).fetchone()[0]
        assert why.score == pytest.approx(standing - to_seconds(now) / 259_200, abs=1e-3)
    item = next(item for item in taught.items("new") if item.title.startswith("Postmortem"))
    why = learn.why(taught.connection, find_item(taught.connection, item.id), now=now)
    assert why.words[0].sign.value == "postmortem"
    assert why.boosts == (("mine", 1.5),)
    assert (why.kept, why.decided, why.lessons, why.explores) == (6, 6, 12, False)


def test_every_tenth_place_explores_a_feed_that_is_hardly_known(taught: Stock) -> None:
    fill(taught, about="Postmortem again", many=20, feed="ops")
    strange = fill(taught, about="Pricing", many=3, feed="stranger")
    learn.judge_arrivals(taught.connection)
    rows = list_rows(taught.connection, now=taught.now, limit=22)
    explored = [(place, row.lead.feed_title) for place, row in enumerate(rows, 1) if row.explores]
    assert explored == [(PLACE, "Stranger"), (2 * PLACE, "Stranger")]
    assert [row.lead.id for row in list_rows(taught.connection, now=taught.tick(), limit=22)] == [
        row.lead.id for row in rows
    ]
    whole = list_rows(taught.connection, now=taught.now, limit=0)
    assert sorted(row.lead.id for row in whole) == sorted(item.id for item in taught.items("new"))
    assert learn.why(taught.connection, rows[PLACE - 1].lead, now=taught.now).explores
    assert not any(row.explores for row in list_rows(taught.connection, now=taught.now, limit=22, order="newest"))

    more = fill(taught, about="Pricing too", many=FEW, feed="stranger")
    decide(taught.connection, more[:2], "keep", now=taught.tick())
    decide(taught.connection, more[2:], "skip", now=taught.tick())
    rows = list_rows(taught.connection, now=taught.now, limit=22)
    assert not [row for row in rows if row.explores and row.lead.id in strange]


def test_a_desk_that_learned_nothing_explores_nothing(stock: Stock) -> None:
    for feed in ("one", "two"):
        fill(stock, about="Anything", many=15, feed=feed)
    assert not any(row.explores for row in list_rows(stock.connection, now=stock.now, limit=0))
    item = stock.items()[0]
    why = learn.why(stock.connection, item, now=stock.now)
    assert (why.words, why.source, why.lessons, why.explores) == ((), 0.0, 0, False)


@pytest.mark.parametrize("action", ["keep", "skip"])
def test_decisions_of_one_kind_move_nothing(stock: Stock, action: Action) -> None:
    ids = fill(stock, about="Anything", many=5, feed="one")
    decide(stock.connection, ids[1:], action, now=stock.tick())
    learn.refresh(stock.connection)
    assert stock.items("new")[0].interest == 0
