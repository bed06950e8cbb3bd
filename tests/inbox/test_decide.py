"""Decisions are steps: all or nothing, in the journal, taken back exactly, across processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.errors import Refused, Unknown
from curate.inbox.decide import decide, mark, split
from curate.inbox.items import find_item, wake
from curate.inbox.journal import count_steps, last_steps, redo, undo
from curate.inbox.notes import add_quote, add_tags, remove_tags, set_note, set_via
from curate.inbox.rules import add_rule, apply_rule, edit_rule, list_rules, remove_rule
from curate.inbox.search import index
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from curate.inbox.decide import Action


def state(stock: Stock) -> str:
    return stock.only().state


def test_decisions_may_change_freely_until_a_draft_stands(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    actions: list[tuple[Action, str]] = [("keep", "kept"), ("skip", "skipped"), ("later", "later"), ("keep", "kept")]
    for action, expected in actions:
        (decided,) = decide(stock.connection, [item_id], action, now=stock.tick(), until=NOW + timedelta(days=7))
        assert decided.state == state(stock) == expected
        assert decided.later_until == (NOW + timedelta(days=7) if action == "later" else None)


def test_what_has_a_draft_or_a_post_is_not_skipped_by_accident(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    mark(stock.connection, item_id, "drafted", now=NOW)
    refused: tuple[Action, ...] = ("skip", "later")
    for action in refused:
        with pytest.raises(Refused, match="draft"):
            decide(stock.connection, [item_id], action, now=NOW)
    decide(stock.connection, [item_id], "keep", now=NOW)
    assert state(stock) == "kept", "a draft given up makes an item again"
    mark(stock.connection, item_id, "posted", now=NOW)
    every: tuple[Action, ...] = (*refused, "keep")
    for action in every:
        with pytest.raises(Refused, match="published"):
            decide(stock.connection, [item_id], action, now=NOW)
    mark(stock.connection, item_id, "drafted", now=NOW)
    assert state(stock) == "posted", "a second draft does not unpublish"


def test_a_batch_is_all_or_nothing_and_one_step(stock: Stock) -> None:
    stock.receive(*(entry(name) for name in "abc"))
    ids = stock.ids()
    before = persons(stock.connection)
    with pytest.raises(Unknown):
        decide(stock.connection, [*ids, "zzzz"], "skip", now=NOW)
    mark(stock.connection, ids[2], "posted", now=NOW)
    with pytest.raises(Refused):
        decide(stock.connection, ids, "skip", now=NOW)
    assert [step.action for step in undo(stock.connection, 9, now=NOW)] == ["post"]
    assert persons(stock.connection) == before
    decided = decide(stock.connection, [*ids, ids[0]], "skip", now=NOW)
    assert [item.id for item in decided] == ids, "an id given twice counts once"
    (step,) = undo(stock.connection, 1, now=NOW)
    assert [one.id for one in step.items] == ids
    assert persons(stock.connection) == before


def test_the_journal_lists_the_steps_that_stand_newest_first(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    decide(stock.connection, [item_id], "keep", now=stock.tick())
    set_note(stock.connection, item_id, "mine", now=stock.tick())
    assert [(step.action, step.at) for step in last_steps(stock.connection, 10)] == [
        ("note", NOW + timedelta(minutes=2)),
        ("keep", NOW + timedelta(minutes=1)),
    ]
    assert count_steps(stock.connection) == 2
    undo(stock.connection, 1, now=stock.tick())
    assert [step.action for step in last_steps(stock.connection, 10)] == ["keep"]
    assert undo(stock.connection, 5, now=NOW)[0].items[0].state == "new"
    assert undo(stock.connection, 1, now=NOW) == []


def test_undo_works_in_another_process(stock: Stock, tmp_path: Path) -> None:
    stock.receive(entry())
    before = persons(stock.connection)
    decide(stock.connection, [stock.only().id], "skip", now=NOW)
    subprocess.run([sys.executable, "-m", "curate", "-C", tmp_path, "undo"], check=True, capture_output=True)
    assert persons(stock.connection) == before


def test_a_step_killed_halfway_leaves_nothing(stock: Stock, tmp_path: Path) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    before = persons(stock.connection)
    program = (
        "import os, sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from curate.desk.db import open_database; from curate.desk.folder import Desk\n"
        "from curate.inbox.journal import recorded\n"
        "connection = open_database(Desk(Path(sys.argv[1])))\n"
        "with recorded(connection, sys.argv[2], 'keep', now=datetime.now(UTC)) as number:\n"
        "    connection.execute(\"UPDATE items SET state = 'kept' WHERE number = ?\", (number,))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path, item_id], check=False)
    assert done.returncode == -9
    assert (persons(stock.connection), count_steps(stock.connection)) == (before, 0)


class Sittings(RuleBasedStateMachine):
    """Any sequence of decisions, notes, quotes, tags and marks, with feeds and days going on in between."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.stock = Stock(Path(self.folder.name))
        self.steps = 0

    @initialize(before=st.booleans())
    def start(self, *, before: bool) -> None:
        self.stock.receive(*(entry(name) for name in "abcde"))
        self.ids = sorted(self.stock.ids())
        if before:  # what stood before the sequence is restored, not wiped
            decide(self.stock.connection, self.ids[:2], "keep", now=self.stock.tick())
            set_note(self.stock.connection, self.ids[0], "an old note", now=self.stock.tick())
            add_quote(self.stock.connection, self.ids[0], "two incidents out of three", now=self.stock.tick())
            add_tags(self.stock.connection, self.ids[0], ["old"], now=self.stock.tick())
        self.stock.connection.execute("UPDATE items SET story = (SELECT min(number) FROM items) WHERE number <= 3")
        self.snapshots = [self.persons()]
        self.future: list[dict[str, list[tuple[Any, ...]]]] = []  # what was taken back, the last one first
        self.base = count_steps(self.stock.connection)

    def did(self) -> None:
        if count_steps(self.stock.connection) - self.base == len(self.snapshots):
            self.snapshots.append(self.persons())
            self.future = []
        else:
            self.same(self.snapshots[-1])  # what changed nothing is no step

    @rule(
        chosen=st.sets(st.integers(0, 4), min_size=1),
        action=st.sampled_from(["keep", "skip", "later"]),
        days=st.integers(1, 400),
    )
    def decide(self, chosen: set[int], action: Action, days: int) -> None:
        now = self.stock.tick()
        before = persons(self.stock.connection)
        try:
            decide(
                self.stock.connection,
                [self.ids[one] for one in chosen],
                action,
                now=now,
                until=now + timedelta(days=days),
            )
        except Refused:
            assert persons(self.stock.connection) == before
        else:
            self.did()

    @rule(one=st.integers(0, 4), to=st.sampled_from(["drafted", "posted"]))
    def mark(self, one: int, to: Literal["drafted", "posted"]) -> None:
        mark(self.stock.connection, self.ids[one], to, now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4))
    def split(self, one: int) -> None:
        split(self.stock.connection, self.ids[one], now=self.stock.tick())
        self.did()

    @rule(
        query=st.sampled_from(["pager", "about", "-state:kept"]),
        does=st.sampled_from([("skip", ""), ("boost", "1.5"), ("tag", "old"), ("later", "3")]),
        apply=st.booleans(),
    )
    def add_rule(self, query: str, does: tuple[Any, str], apply: bool) -> None:  # noqa: FBT001 - drawn
        name = f"rule {self.stock.now}"
        add_rule(self.stock.connection, query, *does, name=name, now=self.stock.tick(), apply=apply)
        self.did()

    @rule(which=st.integers(0, 3), take_back=st.booleans(), do=st.sampled_from(["remove", "apply", "edit"]))
    def change_rule(self, which: int, take_back: bool, do: str) -> None:  # noqa: FBT001 - drawn
        connection, now, rules = self.stock.connection, self.stock.tick(), list_rules(self.stock.connection)
        if rules:
            name = rules[which % len(rules)].id
            match do:
                case "remove":
                    remove_rule(connection, name, take_back=take_back, now=now)
                case "apply":
                    apply_rule(connection, name, now=now)
                case _:
                    edit_rule(connection, name, query="small", now=now)
            self.did()

    @rule(one=st.integers(0, 4), text=st.sampled_from(["", "first", "second\nline", "drei"]))
    def note(self, one: int, text: str) -> None:
        set_note(self.stock.connection, self.ids[one], text, now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4), text=st.sampled_from(["two incidents", "not there", "out of three"]))
    def quote(self, one: int, text: str) -> None:
        add_quote(self.stock.connection, self.ids[one], text, now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4), tags=st.sets(st.sampled_from(["old", "Evaluation", "evaluation", "x"]), min_size=1))
    def tag(self, one: int, tags: set[str]) -> None:
        add_tags(self.stock.connection, self.ids[one], sorted(tags), now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4), tag=st.sampled_from(["OLD", "x"]))
    def untag(self, one: int, tag: str) -> None:
        remove_tags(self.stock.connection, self.ids[one], [tag], now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4), name=st.sampled_from(["", "Tomas"]))
    def via(self, one: int, name: str) -> None:
        set_via(self.stock.connection, self.ids[one], name, "", now=self.stock.tick())
        self.did()

    @rule(one=st.integers(0, 4))
    def refuse_long_quote(self, one: int) -> None:
        with pytest.raises(Refused):
            add_quote(self.stock.connection, self.ids[one], "word " * 91, now=self.stock.tick())

    @rule(name=st.sampled_from("abcde"), title=st.sampled_from(["Retitled", "Again"]))
    def feed_goes_on(self, name: str, title: str) -> None:
        self.stock.receive(entry(name, title=title), entry(f"new at {self.stock.now}"))

    @precondition(lambda self: len(self.snapshots) > 1)
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        back = data.draw(st.integers(1, len(self.snapshots) - 1))
        assert len(undo(self.stock.connection, back, now=self.stock.tick())) == back
        self.future = self.snapshots[-back:] + self.future
        del self.snapshots[-back:]
        self.same(self.snapshots[-1])

    @rule(forth=st.integers(1, 3))
    def redo(self, forth: int) -> None:
        assert len(redo(self.stock.connection, forth)) == min(forth, len(self.future))
        self.snapshots += self.future[:forth]
        del self.future[:forth]
        self.same(self.snapshots[-1])

    def persons(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what is the person's, and how the stories are."""
        stories = self.stock.connection.execute("SELECT id, story FROM items ORDER BY number")
        return {**persons(self.stock.connection), "stories": [tuple(row) for row in stories]}

    def same(self, wanted: dict[str, list[tuple[Any, ...]]]) -> None:
        now = self.persons()
        known = {row[0] for row in wanted["items"]}
        for table in ("items", "stories"):  # feeds may have brought more
            now[table] = [row for row in now[table] if row[0] in known]
        assert now == wanted

    def teardown(self) -> None:
        if hasattr(self, "snapshots"):
            connection = self.stock.connection
            assert count_steps(connection) - self.base == len(self.snapshots) - 1
            undo(connection, len(self.snapshots) - 1, now=self.stock.tick())
            self.same(self.snapshots[0])
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            rows = [tuple(row) for row in connection.execute("SELECT rowid, * FROM search ORDER BY rowid")]
            index(connection, [item.number for item in self.stock.items()])
            fresh = [tuple(row) for row in connection.execute("SELECT rowid, * FROM search ORDER BY rowid")]
            assert rows == fresh, "the index followed every step"
        self.stock.connection.close()
        self.folder.cleanup()


TestSittings = Sittings.TestCase
TestSittings.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_what_changes_nothing_is_no_step_that_undo_would_take_back(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    mark(stock.connection, item_id, "posted", now=NOW)
    mark(stock.connection, item_id, "posted", now=stock.tick())
    add_tags(stock.connection, item_id, ["one"], now=NOW)
    add_tags(stock.connection, item_id, ["one"], now=NOW)
    assert [step.action for step in last_steps(stock.connection, 9)] == ["tag", "post"]


def test_undo_brings_back_what_was_put_off_even_after_its_day(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    decide(stock.connection, [item_id], "keep", now=stock.tick())
    before = persons(stock.connection)
    decide(stock.connection, [item_id], "later", now=stock.tick(), until=NOW + timedelta(days=1))
    wake(stock.connection, now=NOW + timedelta(days=2))
    assert state(stock) == "new"
    undo(stock.connection, 1, now=NOW + timedelta(days=2))
    assert persons(stock.connection) == before


def test_another_connection_sees_each_decision_at_once(stock: Stock, tmp_path: Path) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    decide(stock.connection, [item_id], "keep", now=NOW)
    other = open_database(Desk(tmp_path))
    assert find_item(other, item_id).state == "kept"
    other.close()
