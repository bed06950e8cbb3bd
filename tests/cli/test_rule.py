"""The commands rule …: what they answer, on which stream, with which exit code."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.inbox.stock import Stock, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Result

    Run = Callable[..., Result]


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """A desk with three new items, one of them with tips."""
    stock = Stock(tmp_path)
    stock.receive(entry("a"), entry("b"), entry("tips", title="Ten tips for \x1b[31mdashboards"))
    yield stock
    stock.connection.close()


@pytest.fixture
def run(stock: Stock, curate: Curate) -> Run:
    """Run curate in that desk."""
    return partial(curate, "-C", stock.root)


def test_a_rule_from_the_test_to_its_end(run: Run) -> None:
    assert run("rule", "list").err == "No rules. curate rule add QUERY --skip makes one.\n"
    tried = run("rule", "test", 'title:"ten tips"', "--days", "60")
    assert tried.out.startswith("1 item of the last 60 days: 1 new.\nSuch as:\n")
    added = run("rule", "add", 'title:"ten tips"', "--skip", "--name", "tips")
    assert '“tips”: skip what matches title:"ten tips".' in added.out
    assert "curate rule apply" in added.out
    assert run("rule", "apply", "tips").out == "1 item touched.\n"
    [listed] = run("item", "list", "--state", "skipped", "--json").data
    assert listed["rules"] == ["tips"]
    assert "rule: tips" in run("item", "list", "--state", "skipped").out
    assert "touched by the rule tips" in run("item", "show", listed["id"]).out
    assert run("item", "list", "--state", "all", "--query", "rule:tips", "--json").data[0]["id"] == listed["id"]
    run("undo")
    assert run("item", "list", "--state", "skipped", "--json").data == []
    run("redo")
    assert run("rule", "edit", "tips", "--boost", "-2").out.startswith("Changed ")
    [rule] = run("rule", "list", "--json").data
    assert (rule["action"], rule["value"], rule["query"]) == ("boost", "-2", 'title:"ten tips"')
    assert run("rule", "list", "--plain").out.count("\t") >= 5
    gone = run("rule", "remove", "tips", "--take-back")
    assert gone.out == "Removed “tips”. 1 item as before it. curate undo brings it back.\n"
    assert len(run("item", "list", "--json").data) == 3
    run("undo")
    assert run("rule", "test", "tips", "--json").data[0]["id"] == listed["id"], "by the rule's name"


def test_what_you_wanted_is_named_by_a_test(run: Run) -> None:
    item_id = run("item", "list", "--query", "tips", "--json").data[0]["id"]
    run("item", "keep", item_id)
    said = run("rule", "test", "tips").out
    assert "You wanted 1 of them:" in said
    assert item_id in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rule", "add", "tips"], "A rule does one thing"),
        (["rule", "add", "tips", "--skip", "--boost", "1"], "A rule does one thing"),
        (["rule", "add", "colour:red", "--skip"], "no field “colour”"),
        (["rule", "add", "tips", "--boost", "much"], "no boost"),
        (["rule", "edit", "nothing", "--skip"], "nothing"),
        (["rule", "remove", "nothing"], "curate rule list"),
        (["rule", "test", "newer:soon"], "is no time"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_changes(run: Run, words: list[str], said: str) -> None:
    assert said in run(*words, expect=2).err
    assert run("rule", "list", "--json").data == []


def test_an_edit_says_what_it_wants(run: Run) -> None:
    run("rule", "add", "tips", "--tag", "#lists")
    assert "Say what is to change" in run("rule", "edit", "tips", expect=2).err
    assert "tag with #lists" in run("rule", "edit", "tips", "--name", "listicles").out
