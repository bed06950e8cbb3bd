"""A step taken back can be done again, until another one is made; across connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.inbox.decide import decide
from curate.inbox.journal import last_steps, redo, undo, undone_steps
from curate.inbox.notes import add_quote, add_tags, set_note
from tests.inbox.stock import entry

if TYPE_CHECKING:
    from tests.inbox.stock import Stock


def everything(stock: Stock) -> list[list[object]]:
    tables = ("items", "notes", "quotes", "tags", "effects", "rules")
    return [list(row) for table in tables for row in stock.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608


def test_redo_does_exactly_what_was_taken_back(stock: Stock) -> None:
    stock.receive(entry("a"), entry("b"))
    a, b = stock.ids()
    seen = [everything(stock)]
    set_note(stock.connection, a, "mine", now=stock.tick())
    add_tags(stock.connection, a, ["tools"], now=stock.tick())
    seen.append(everything(stock))
    add_quote(stock.connection, b, "some words", now=stock.tick())
    decide(stock.connection, [a, b], "keep", now=stock.tick())
    seen.append(everything(stock))
    undo(stock.connection, 2, now=stock.tick())
    assert everything(stock) == seen[1]
    assert [step.action for step in undone_steps(stock.connection, 9)] == ["quote", "keep"]
    undo(stock.connection, 2, now=stock.tick())
    assert everything(stock) == seen[0]
    assert [step.action for step in redo(stock.connection, 2)] == ["note", "tag"]
    assert everything(stock) == seen[1]
    assert [step.action for step in redo(stock.connection, 9)] == ["quote", "keep"]
    assert everything(stock) == seen[2]
    assert redo(stock.connection, 1) == []


def test_what_is_done_after_an_undo_makes_redo_impossible_for_good(stock: Stock) -> None:
    stock.receive(entry("a"))
    [a] = stock.ids()
    decide(stock.connection, [a], "keep", now=stock.tick())
    undo(stock.connection, 1, now=stock.tick())
    decide(stock.connection, [a], "skip", now=stock.tick())
    assert undone_steps(stock.connection, 9) == []
    undo(stock.connection, 1, now=stock.tick())
    assert [step.action for step in redo(stock.connection, 9)] == ["skip"], "not the keep that was given up"
    assert [step.action for step in last_steps(stock.connection, 9)] == ["skip"]
