"""Notes, quotes, tags and via: kept as written, within limits, each one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import Refused, Unknown, UsageError
from curate.inbox import notes
from curate.inbox.items import Quote, find_item
from tests.inbox.stock import NOW, entry, persons

if TYPE_CHECKING:
    from tests.inbox.stock import Stock


@pytest.fixture
def item_id(stock: Stock) -> str:
    """The one item there is."""
    stock.receive(entry())
    return stock.only().id


def test_a_note_replaces_the_one_before_and_empty_text_takes_it_away(stock: Stock, item_id: str) -> None:
    assert notes.set_note(stock.connection, item_id, "  first\r\nline  ", now=NOW).note == "first\nline"
    assert notes.set_note(stock.connection, item_id, "second", now=NOW).note == "second"
    assert notes.set_note(stock.connection, item_id, " \n", now=NOW).note == ""


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None)))
def test_any_text_can_be_noted(stock: Stock, item_id: str, text: str) -> None:
    noted = notes.set_note(stock.connection, item_id, text, now=NOW).note
    assert noted == noted.strip()
    assert find_item(stock.connection, item_id).note == noted
    assert notes.set_note(stock.connection, item_id, noted, now=NOW).note == noted


def test_a_quote_found_across_line_breaks_keeps_what_stands_around_it(stock: Stock, item_id: str) -> None:
    done = notes.add_quote(stock.connection, item_id, " It did,  on two\nincidents out of three. ", now=NOW)
    assert done.found
    assert done.quote == Quote(
        text="It did, on two incidents out of three.",
        prefix="small model in the pager rotation. "[-32:],
        suffix=" The rest was luck.",
    )
    assert find_item(stock.connection, item_id).quotes == (done.quote,)


def test_a_quote_that_is_not_in_the_text_is_kept_and_said(stock: Stock, item_id: str) -> None:
    done = notes.add_quote(stock.connection, item_id, "They never wrote this.", now=NOW)
    assert (done.found, done.item.quotes) == (False, (Quote(text="They never wrote this."),))


def test_the_same_quote_twice_is_one_quote(stock: Stock, item_id: str) -> None:
    for _ in range(2):
        done = notes.add_quote(stock.connection, item_id, "two incidents", now=NOW)
    assert len(done.item.quotes) == 1


def test_ninety_words_are_a_quote_and_ninety_one_are_refused_with_the_count(stock: Stock, item_id: str) -> None:
    notes.add_quote(stock.connection, item_id, "word " * 90, now=NOW)
    before = persons(stock.connection)
    with pytest.raises(Refused, match=r"91 words .* 1 must go"):
        notes.add_quote(stock.connection, item_id, "word " * 91, now=NOW)
    with pytest.raises(UsageError, match="needs words"):
        notes.add_quote(stock.connection, item_id, " \n ", now=NOW)
    assert persons(stock.connection) == before


def test_paragraphs_of_a_quote_stay_apart(stock: Stock, item_id: str) -> None:
    done = notes.add_quote(stock.connection, item_id, "pager\nrotation.\n \nIt did,", now=NOW)
    assert (done.quote.text, done.found) == ("pager rotation.\n\nIt did,", True)


def test_tags_keep_their_first_spelling_and_come_off_in_any(stock: Stock) -> None:
    stock.receive(entry("a"), entry("b"))
    first, second = stock.ids()
    assert notes.add_tags(stock.connection, first, ["#LLM", " incident   response ,teams"], now=NOW).tags == (
        "LLM",
        "incident response",
        "teams",
    )
    assert notes.add_tags(stock.connection, second, ["llm", "Llm"], now=NOW).tags == ("LLM",)
    assert notes.remove_tags(stock.connection, first, ["llm", "never there"], now=NOW).tags == (
        "incident response",
        "teams",
    )


@pytest.mark.parametrize("wrong", ["", " , ", "#", "x" * 61])
def test_what_is_no_tag_is_refused(stock: Stock, item_id: str, wrong: str) -> None:
    with pytest.raises(UsageError):
        notes.add_tags(stock.connection, item_id, [wrong], now=NOW)
    assert find_item(stock.connection, item_id).tags == ()


def test_via_is_a_name_an_address_or_both(stock: Stock, item_id: str) -> None:
    item = notes.set_via(stock.connection, item_id, "Tomas  Arreola", "https://b.example/@tomas", now=NOW)
    assert (item.via_name, item.via_url) == ("Tomas Arreola", "https://b.example/@tomas")


def test_an_unknown_item_is_said_before_anything_is_written(stock: Stock, item_id: str) -> None:
    before = persons(stock.connection)
    for write in (notes.set_note, notes.add_quote):
        with pytest.raises(Unknown):
            write(stock.connection, "zzzz", "text", now=NOW)
    with pytest.raises(Unknown):
        notes.add_tags(stock.connection, "zzzz", ["x"], now=NOW)
    assert persons(stock.connection) == before
    assert item_id in stock.ids()
