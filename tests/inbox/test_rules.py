"""Rules touch what is new and nobody wrote on, say so, and are taken back with all they did."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.errors import Unknown, UsageError
from curate.inbox.decide import decide
from curate.inbox.items import find_item, list_items
from curate.inbox.journal import last_steps, redo, undo
from curate.inbox.notes import add_tags, remove_tags, set_note
from curate.inbox.rules import (
    add_rule,
    apply_rule,
    apply_to_arrivals,
    edit_rule,
    find_rule,
    list_rules,
    matching,
    remove_rule,
)
from curate.inbox.search import search
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """Three items: tips, a and b."""
    stock = Stock(tmp_path)
    stock.receive(entry("tips", title="Ten tips for dashboards"), entry("a"), entry("b"))
    yield stock
    stock.connection.close()


def arrive(stock: Stock, *names: str) -> None:
    stock.receive(*(entry(name, title=f"Ten tips, {name}") for name in names))
    apply_to_arrivals(stock.connection, now=stock.tick())


def by_title(stock: Stock, begin: str) -> Any:
    return find_item(stock.connection, next(item.id for item in stock.items() if item.title.startswith(begin)))


@pytest.mark.parametrize("action", ["skip", "boost", "tag", "later"])
def test_each_action_on_arrival_stands_on_the_item_and_goes_with_the_rule(stock: Stock, action: Any) -> None:
    start = persons(stock.connection)
    value = {"boost": "-1.5", "tag": "Listicles", "later": "3d"}.get(action, "")
    rule, touched = add_rule(stock.connection, 'title:"ten tips"', action, value, name="tips", now=stock.tick())
    assert touched == 0
    assert by_title(stock, "Ten tips for").rules == (), "what is here is left alone"
    arrive(stock, "new")
    item = by_title(stock, "Ten tips, new")
    assert item.rules == ("tips",)
    assert item.state == {"skip": "skipped", "later": "later"}.get(action, "new")
    assert item.boost == (-1.5 if action == "boost" else 0)
    assert item.tags == (("Listicles",) if action == "tag" else ())
    if action == "later":
        assert item.later_until == stock.now + timedelta(days=3)
    if action == "tag":
        assert [hit.item.id for hit in search(stock.connection, "listicles", limit=5, now=NOW)] == [item.id]
    assert [step.rule for step in last_steps(stock.connection, 5)] == ["tips"], "only the rule was a step"
    undo(stock.connection, 1, now=stock.tick())
    item = by_title(stock, "Ten tips, new")
    assert (item.state, item.boost, item.tags, item.rules) == ("new", 0, (), ())
    assert search(stock.connection, "listicles", limit=5, now=NOW) == []
    known = {row[0] for row in start["items"]}
    now = persons(stock.connection)
    now["items"] = [row for row in now["items"] if row[0] in known]
    assert now == start
    redo(stock.connection, 1)
    assert list_rules(stock.connection) == [rule]
    item = by_title(stock, "Ten tips, new")
    assert item.rules == ("tips",), "what it did to arrivals is done again"
    assert (item.state, item.boost) == (
        {"skip": "skipped", "later": "later"}.get(action, "new"),
        -1.5 if action == "boost" else 0,
    )


def test_what_somebody_decided_or_wrote_on_is_left_alone(stock: Stock) -> None:
    kept, noted = by_title(stock, "Ten tips").id, by_title(stock, "About a").id
    decide(stock.connection, [kept], "keep", now=NOW)
    set_note(stock.connection, noted, "mine", now=NOW)
    _, touched = add_rule(stock.connection, "pager", "skip", "", name="", now=NOW, apply=True)
    assert touched == 1
    assert [item.state for item in stock.items()].count("skipped") == 1
    assert by_title(stock, "About b").rules == ("pager",), "named by its query"


def test_what_was_decided_since_stays_when_the_rule_goes(stock: Stock) -> None:
    add_rule(stock.connection, "tips", "skip", "", name="tips", now=stock.tick())
    arrive(stock, "one", "two")
    one = by_title(stock, "Ten tips, one").id
    decide(stock.connection, [one], "keep", now=stock.tick())
    _, touched = remove_rule(stock.connection, "TIPS", take_back=True, now=stock.tick())
    assert touched == 2
    assert find_item(stock.connection, one).state == "kept"
    assert by_title(stock, "Ten tips, two").state == "new"
    undo(stock.connection, 1, now=stock.tick())
    assert by_title(stock, "Ten tips, two").state == "skipped"
    assert find_rule(stock.connection, "tips").query == "tips"


def test_applying_now_is_one_step_with_the_rule(stock: Stock) -> None:
    start = persons(stock.connection)
    _, touched = add_rule(stock.connection, "pager", "tag", "ops", name="ops", now=stock.tick(), apply=True)
    assert touched == 3
    after = persons(stock.connection)
    assert apply_rule(stock.connection, "ops", now=stock.tick()) == 0, "not twice"
    undo(stock.connection, 1, now=stock.tick())
    assert persons(stock.connection) == start
    redo(stock.connection, 1)
    assert persons(stock.connection) == after


def test_a_tag_that_was_there_before_is_not_the_rules_to_take_off(stock: Stock) -> None:
    item_id = by_title(stock, "About a").id
    add_tags(stock.connection, item_id, ["Ops"], now=NOW)
    add_rule(stock.connection, "pager", "tag", "ops", name="ops", now=stock.tick(), apply=True)
    remove_rule(stock.connection, "ops", take_back=True, now=stock.tick())
    assert find_item(stock.connection, item_id).tags == ("Ops",)
    assert by_title(stock, "About b").tags == ()


def test_a_rules_tag_does_not_keep_an_item_in_the_inbox_for_ever(stock: Stock) -> None:
    add_rule(stock.connection, "pager", "tag", "ops", name="ops", now=stock.tick(), apply=True)
    later = NOW + timedelta(days=91)
    assert list_items(stock.connection, state="new", limit=0, unread=later) == []


def test_boosts_add_up_and_order_the_list(stock: Stock) -> None:
    add_rule(stock.connection, '"about b"', "boost", "1", name="one", now=stock.tick(), apply=True)
    add_rule(stock.connection, "pager", "boost", "0.1", name="all", now=stock.tick(), apply=True)
    listed = list_items(stock.connection, state="new", limit=0, order="score")
    assert (listed[0].title, listed[0].boost, set(listed[0].rules)) == ("About b", 1.1, {"one", "all"})
    remove_rule(stock.connection, "all", take_back=True, now=stock.tick())
    assert by_title(stock, "About b").boost == 1.0
    assert by_title(stock, "About a").boost == 0.0


def test_a_rule_is_tried_on_what_came_lately_and_edited(stock: Stock) -> None:
    since = NOW - timedelta(days=30)
    assert len(matching(stock.connection, "tips", since=since, now=NOW)) == 1
    assert matching(stock.connection, "tips", since=stock.now + timedelta(days=1), now=NOW) == []
    add_rule(stock.connection, "tips", "skip", "", name="tips", now=stock.tick())
    rule = edit_rule(stock.connection, "tips", query="tricks", action="boost", value="2", now=stock.tick())
    assert (rule.name, rule.query, rule.action, rule.value) == ("tips", "tricks", "boost", "2")
    undo(stock.connection, 1, now=stock.tick())
    assert find_rule(stock.connection, rule.id).query == "tips"


@pytest.mark.parametrize(
    ("action", "value", "said"),
    [
        ("boost", "nan", "no boost"),
        ("boost", "7", "no boost"),
        ("boost", "0", "no boost"),
        ("later", "0d", "no number of days"),
        ("later", "soon", "no number of days"),
        ("tag", " ", "No tag was named"),
    ],
)
def test_values_that_mean_nothing_are_refused(stock: Stock, action: Any, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        add_rule(stock.connection, "x", action, value, name="", now=NOW)
    with pytest.raises(UsageError, match="no field"):
        add_rule(stock.connection, "colour:red", "skip", "", name="", now=NOW)
    with pytest.raises(Unknown):
        find_rule(stock.connection, "nothing")
    assert list_rules(stock.connection) == []


def test_removing_a_rule_again_leaves_what_it_did_as_removing_it_did(stock: Stock) -> None:
    add_rule(stock.connection, "tips", "skip", "", name="tips", now=stock.tick(), apply=True)
    remove_rule(stock.connection, "tips", take_back=False, now=stock.tick())
    removed = persons(stock.connection)
    assert by_title(stock, "Ten tips").state == "skipped"
    undo(stock.connection, 1, now=stock.tick())
    redo(stock.connection, 1)
    assert persons(stock.connection) == removed
    assert by_title(stock, "Ten tips").rules == ("tips",)


@pytest.mark.parametrize("query", ["", "  ", '""', "- _ *", 'title:"--"', "body:_", 'from:""', 'url:" "', 'lang:""'])
def test_a_query_that_says_nothing_would_touch_everything_and_is_refused(stock: Stock, query: str) -> None:
    with pytest.raises(UsageError, match="looks for nothing"):
        add_rule(stock.connection, query, "skip", "", name="all", now=NOW, apply=True)
    add_rule(stock.connection, "tips", "skip", "", name="tips", now=NOW)
    with pytest.raises(UsageError, match="looks for nothing"):
        edit_rule(stock.connection, "tips", query=query, now=NOW)
    assert [rule.query for rule in list_rules(stock.connection)] == ["tips"]
    assert {item.state for item in stock.items()} == {"new"}


def test_taking_a_tag_back_leaves_what_a_rule_did_meanwhile(stock: Stock) -> None:
    add_rule(stock.connection, "tips", "skip", "", name="tips", now=stock.tick())
    stock.receive(entry("late", title="Ten tips, late"))
    late = by_title(stock, "Ten tips, late").id
    add_tags(stock.connection, late, ["mine"], now=stock.tick())
    apply_to_arrivals(stock.connection, now=stock.tick())
    undo(stock.connection, 1, now=stock.tick())
    item = find_item(stock.connection, late)
    assert (item.tags, item.state, item.rules) == ((), "skipped", ("tips",))


def test_a_rules_tag_that_somebody_took_off_and_put_on_again_is_theirs(stock: Stock) -> None:
    add_rule(stock.connection, "pager", "tag", "ops", name="ops", now=stock.tick(), apply=True)
    item_id = by_title(stock, "About a").id
    remove_tags(stock.connection, item_id, ["OPS"], now=stock.tick())
    add_tags(stock.connection, item_id, ["ops"], now=stock.tick())
    remove_rule(stock.connection, "ops", take_back=True, now=stock.tick())
    assert find_item(stock.connection, item_id).tags == ("ops",)
    assert by_title(stock, "About b").tags == ()


def test_a_word_of_a_rule_is_that_word(stock: Stock) -> None:
    stock.receive(entry("air", title="Airlines and pagers"), entry("ai", title="AI and pagers"))
    _, touched = add_rule(stock.connection, "title:ai", "skip", "", name="", now=stock.tick(), apply=True)
    assert touched == 1
    assert by_title(stock, "Airlines").state == "new"


def test_names_are_one_rules_alone(stock: Stock) -> None:
    query = 'from:"The Morning Paper of Old"'
    first, _ = add_rule(stock.connection, query, "skip", "", name="", now=stock.tick())
    second, _ = add_rule(stock.connection, f"{query} pager", "skip", "", name="", now=stock.tick())
    assert first.name != second.name
    assert find_rule(stock.connection, first.name) == first
    assert find_rule(stock.connection, query) == first
    with pytest.raises(UsageError, match="already"):
        add_rule(stock.connection, "x", "skip", "", name=first.name.upper(), now=stock.tick())
