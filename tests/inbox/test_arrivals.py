"""Each article is one item: known again under a new guid, never taken for another, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.inbox.arrivals import store_target
from curate.inbox.decide import decide
from curate.inbox.items import find_item
from curate.inbox.journal import undo
from curate.inbox.notes import set_note
from tests.inbox.stock import NOW, entry, persons

if TYPE_CHECKING:
    from tests.inbox.stock import Stock

EPOCH = datetime(1970, 3, 9, tzinfo=UTC)


# Dates


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [EPOCH, NOW + timedelta(days=3), FIRST, LAST])
def test_a_date_nobody_can_believe_is_kept_as_what_the_feed_claims(stock: Stock, wrong: datetime) -> None:
    stock.receive(entry(published=wrong))
    item = stock.only()
    assert (item.published, item.claimed, item.dated) == (None, wrong, NOW)


def test_a_believable_date_that_comes_later_takes_its_place_and_stays(stock: Stock) -> None:
    stock.receive(entry(published=EPOCH))
    stock.receive(entry(published=NOW - timedelta(days=2)))
    assert (stock.only().published, stock.only().claimed) == (NOW - timedelta(days=2), None)
    stock.receive(entry(published=EPOCH, title="Retitled"))
    assert (stock.only().published, stock.only().claimed) == (NOW - timedelta(days=2), None)


def test_a_date_ahead_is_believed_when_its_time_has_come(stock: Stock) -> None:
    ahead = NOW + timedelta(days=3)
    stock.receive(entry(published=ahead))
    stock.now += timedelta(days=2)
    stock.receive(entry(published=ahead))
    assert (stock.only().published, stock.only().claimed) == (ahead, None)


def test_a_claim_taken_back_is_forgotten(stock: Stock) -> None:
    stock.receive(entry(published=EPOCH))
    stock.receive(entry(published=None))
    assert (stock.only().published, stock.only().claimed) == (None, None)


# Identity


def test_a_feed_that_moves_and_gives_all_entries_new_guids_brings_nothing_new(stock: Stock) -> None:
    names = [f"story-{number}" for number in range(20)]
    stock.receive(*(entry(name, url=f"http://www.a.example/{name}/") for name in names))
    ids = stock.ids()
    decide(stock.connection, ids[:5], "keep", now=NOW)
    before = persons(stock.connection)
    moved = [entry(name, guid=f"https://a.example/?p={name}", url=f"https://a.example/{name}") for name in names]
    assert stock.receive(*moved) == 0
    assert stock.receive(*reversed(moved)) == 0
    assert (stock.ids(), persons(stock.connection)) == (ids, before)


def test_a_title_spelled_anew_is_the_same_title(stock: Stock) -> None:
    stock.receive(entry(guid="1", title="Night shift: eight weeks"))
    assert stock.receive(entry(guid="2", title="Night Shift — Eight Weeks")) == 0
    assert stock.only().title == "Night Shift — Eight Weeks"


@pytest.mark.parametrize("change", [{"title": "Another"}, {"url": "https://a.example/two"}])
def test_a_new_guid_with_another_title_or_address_is_another_article(stock: Stock, change: dict[str, Any]) -> None:
    stock.receive(entry(guid="1"))
    assert stock.receive(entry(guid="2", **change)) == 1


def test_entries_that_link_to_the_home_page_are_told_by_their_dates(stock: Stock) -> None:
    home = {"url": "https://a.example/", "title": "Daily"}
    stock.receive(entry(guid="1", published=NOW - timedelta(days=1), **home))
    assert stock.receive(entry(guid="2", published=NOW, **home)) == 1
    assert stock.receive(entry(guid="3", published=NOW, **home)) == 0, "the same day under a new guid"


def test_two_entries_alike_get_new_guids_together_and_stay_two(stock: Stock) -> None:
    alike = {"url": "https://a.example/status", "title": "Status"}
    days = [NOW - timedelta(days=day) for day in (1, 2)]
    stock.receive(*(entry(guid=f"old {day}", published=day, **alike) for day in days))
    old = {item.published: item.id for item in stock.items()}
    assert stock.receive(*(entry(guid=f"new {day}", published=day, **alike) for day in days)) == 0
    assert {item.published: item.id for item in stock.items()} == old


def test_what_a_feed_carries_no_more_stays(stock: Stock) -> None:
    stock.receive(*(entry(name) for name in "abc"))
    ids = stock.ids()
    stock.receive(entry("d"))
    stock.receive()
    assert set(ids) < set(stock.ids())
    assert all(find_item(stock.connection, item_id).content_text for item_id in ids)


# Who led to it


def test_who_led_to_an_article_is_told_once_and_then_the_persons(stock: Stock) -> None:
    led = entry(via_name="Link Harbour", via_url="https://harbour.example/7", url="https://writer.example/essay")
    stock.receive(led)
    item = stock.only()
    assert (item.via_name, item.via_url) == ("Link Harbour", "https://harbour.example/7")
    assert (item.author, item.site) == ("", "writer.example"), "who hands on a link did not write the page"
    set_note(stock.connection, item.id, "mine", now=NOW)
    before = persons(stock.connection)
    decide(stock.connection, [item.id], "keep", now=NOW)
    stock.receive(entry(via_name="Other", via_url="https://other.example/", url=led.url, title="Retitled"))
    assert stock.only().via_name == "Link Harbour"
    undo(stock.connection, 1, now=NOW)
    assert persons(stock.connection) == before


def test_a_planet_leaves_the_writer_his_name(stock: Stock) -> None:
    stock.receive(entry(via_name="Planet", via_url="https://a.example/", url="https://writer.example/essay"))
    assert (stock.only().author, stock.only().site) == ("Rosa Lindqvist", "writer.example")


def test_where_a_redirector_led_is_kept_when_the_feed_changes(stock: Stock) -> None:
    stock.receive(entry(url="https://t.co/abc"))
    number = stock.only().number
    store_target(stock.connection, number, "https://writer.example/essay?utm_source=t")
    assert stock.only().canonical_url == "https://writer.example/essay"
    stock.receive(entry(url="https://t.co/abc", title="Retitled"))
    assert (stock.only().title, stock.only().canonical_url) == ("Retitled", "https://writer.example/essay")
    store_target(stock.connection, number, "https://elsewhere.example/")
    assert stock.only().canonical_url == "https://writer.example/essay", "only a redirector's address is replaced"
