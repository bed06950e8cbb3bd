"""Search finds every word anywhere, newest first, and no text is syntax."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from curate.desk.db import recall
from curate.errors import UsageError
from curate.inbox.decide import decide
from curate.inbox.items import list_items
from curate.inbox.journal import undo
from curate.inbox.notes import add_tags, set_note
from curate.inbox.search import NEWEST, REACHED, catch_up, condition, search, unindexed
from tests.inbox.stock import NOW, Stock, entry


def found(stock: Stock, text: str, **cut: object) -> list[str]:
    wanted = {"limit": 0, **cut}
    return [hit.item.title for hit in search(stock.connection, text, now=NOW, **wanted)]  # type: ignore[arg-type] # names and types are search's own


@pytest.fixture
def filled(stock: Stock) -> Stock:
    """Three items that differ in every field."""
    stock.receive(
        entry("one", title="Kernel scheduler", author="Ada", published=NOW - timedelta(days=3)),
        entry("two", title="Cafés in Zürich", summary="Kernels of truth", published=NOW - timedelta(days=1)),
        entry("three", title="Error budgets", content_text="The kernel is only in the text", published=NOW),
    )
    return stock


def test_a_word_is_found_in_title_summary_and_text_newest_first(filled: Stock) -> None:
    assert found(filled, "kernel") == ["Error budgets", "Cafés in Zürich", "Kernel scheduler"]


def test_every_word_must_be_there_and_only_the_last_may_be_a_beginning(filled: Stock) -> None:
    assert found(filled, "kernel sched") == ["Kernel scheduler"]
    assert found(filled, "sched kernel") == []
    assert found(filled, "kernels") == ["Cafés in Zürich"]


def test_case_and_accents_do_not_matter_and_people_are_found(filled: Stock) -> None:
    assert found(filled, "CAFES zurich") == ["Cafés in Zürich"]
    assert found(filled, "ada") == ["Kernel scheduler"]
    assert len(found(filled, "ops weekly")) == 3, "a feed's title finds its items"


def test_a_list_is_cut_by_date_and_number(filled: Stock) -> None:
    assert found(filled, "kernel", limit=1) == ["Error budgets"]
    assert found(filled, "kernel", since=NOW - timedelta(days=2)) == ["Error budgets", "Cafés in Zürich"]


def test_notes_and_tags_are_found_from_the_moment_they_are_written_to_their_undo(filled: Stock) -> None:
    item_id = next(item.id for item in filled.items() if item.title == "Error budgets")
    set_note(filled.connection, item_id, "zebra", now=NOW)
    add_tags(filled.connection, item_id, ["hiring signal"], now=NOW)
    assert found(filled, "zebra") == found(filled, "hiring signal") == ["Error budgets"]
    undo(filled.connection, 2, now=NOW)
    assert found(filled, "zebra") + found(filled, "hiring") == []


def test_the_snippet_shows_the_words_found(filled: Stock) -> None:
    (hit,) = search(filled.connection, "only text", limit=0, now=NOW)
    assert hit.snippet == "The kernel is [only] in the [text]"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None)))
@example('"')
@example("kernel AND (NOT NEAR/3 title:x* ^ {a b} + -c")
@example("' OR 1=1 --")
@example("\0 kernel\0")
@example("kernel " * 5_000)
@example("\ud800")
@example("* ^ ( ) - _ __")
def test_no_text_is_syntax(filled: Stock, text: str) -> None:
    with contextlib.suppress(UsageError):  # a field that does not exist, or a value that means nothing
        for hit in search(filled.connection, text, limit=3, now=NOW):
            assert hit.item.id
    with contextlib.suppress(UsageError):
        list_items(filled.connection, state=None, limit=3, where=condition(filled.connection, text, now=NOW))


@pytest.mark.parametrize("text", ["kernel AND missing", "title : scheduler x", "NOT kernel", "ker*nel"])
def test_operators_are_words(filled: Stock, text: str) -> None:
    assert found(filled, text) == []


def indexed(stock: Stock) -> int:
    return int(stock.connection.execute("SELECT count(*) FROM search").fetchone()[0])


def test_new_items_wait_for_the_index_which_a_search_brings_up_to_date(stock: Stock) -> None:
    stock.receive(*(entry(str(number), title=f"Zeppelin {number}") for number in range(1_500)))
    assert indexed(stock) == 0
    catch_up(stock.connection, 1_000)
    assert indexed(stock) == 1_000
    stock.receive(*(entry(str(number), title=f"Airship {number}") for number in (0, 1_499)))  # one is in, one is not
    assert len(found(stock, "zeppelin")) == 1_498
    assert sorted(found(stock, "airship")) == ["Airship 0", "Airship 1499"]
    assert indexed(stock) == 1_500


def test_what_another_curate_indexed_meanwhile_stays_indexed(stock: Stock) -> None:
    stock.receive(entry("one", title="Zeppelin one"))
    other = Stock(stock.root)

    def meanwhile(statement: str) -> None:
        if statement.startswith("BEGIN") and len(other.items()) == 1:  # it has looked how far to go, and goes there
            other.receive(entry("two", title="Zeppelin two"))
            assert len(found(other, "zeppelin")) == 2

    stock.connection.set_trace_callback(meanwhile)
    catch_up(stock.connection)
    stock.connection.set_trace_callback(None)
    assert int(recall(stock.connection, REACHED)) == max(item.number for item in other.items()) == 2
    other.connection.close()


def test_while_the_index_cannot_be_written_what_is_in_it_is_searched(filled: Stock) -> None:
    assert len(found(filled, "kernel")) == 3
    long_text = " ".join(f"kernel{number}" for number in range(20_000))
    filled.receive(entry("four", title="Kernel panics", published=NOW, content_text=long_text))
    pages = filled.connection.execute("PRAGMA page_count").fetchone()[0]
    filled.connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to have a full disk
    assert found(filled, "kernel") == ["Error budgets", "Cafés in Zürich", "Kernel scheduler"]
    assert unindexed(filled.connection) == 1
    filled.connection.execute(f"PRAGMA max_page_count = {100 * pages}")
    assert "Kernel panics" in found(filled, "kernel")
    assert unindexed(filled.connection) == 0


def test_what_is_rare_is_found_behind_thousands_that_hold_the_word_too(stock: Stock) -> None:
    stock.receive(*(entry(f"n{number}", content_text="scheduler", summary="") for number in range(NEWEST + 50)))
    first = stock.connection.execute("SELECT id FROM items ORDER BY number LIMIT 1").fetchone()[0]
    decide(stock.connection, [first], "keep", now=NOW)
    hits = search(stock.connection, "scheduler state:kept", limit=5, now=NOW)
    assert [hit.item.id for hit in hits] == [first]
    assert len(search(stock.connection, "scheduler", limit=5, now=NOW)) == 5
    assert len(search(stock.connection, "scheduler", limit=0, now=NOW)) == NEWEST + 50
    assert search(stock.connection, "s", limit=5, now=NOW) == [], "one letter is no beginning"
