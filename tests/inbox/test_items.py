"""Items are listed newest first, counted, found by id and address, and come back on their day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.errors import Refused, Unknown
from curate.feeds.fulltext import Page
from curate.inbox import items
from curate.inbox.arrivals import believable, store_page
from curate.inbox.decide import decide
from curate.inbox.notes import add_tags, set_note
from tests.inbox.stock import NOW, entry

if TYPE_CHECKING:
    from datetime import datetime

    from tests.inbox.stock import Stock


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


def test_a_list_goes_from_new_to_old_by_the_date_published_or_else_first_seen(stock: Stock) -> None:
    stock.receive(
        entry("old", published=days(9)), entry("undated", published=None), entry("fresh", published=days(0.1))
    )
    listed = stock.items()
    assert [item.title for item in listed] == ["About undated", "About fresh", "About old"]
    assert [item.dated for item in listed] == [NOW, days(0.1), days(9)]


def test_entries_of_the_same_date_stand_in_the_order_of_their_feed(stock: Stock) -> None:
    stock.receive(*(entry(name, published=None) for name in "abc"))
    assert [item.title for item in stock.items()] == ["About a", "About b", "About c"]


def test_a_list_is_cut_by_state_date_feed_and_number(stock: Stock) -> None:
    stock.receive(entry("a", published=days(1)), entry("b", published=days(2)), entry("c", published=days(3)))
    stock.receive(entry("d", published=days(4)), url="https://b.example/feed")
    newest = stock.items()[0]
    decide(stock.connection, [newest.id], "keep", now=NOW)

    def titles(**cut: object) -> list[str]:
        wanted = {"state": None, "limit": 0, **cut}
        return [item.title[-1] for item in items.list_items(stock.connection, **wanted)]  # type: ignore[arg-type] # names and types are list_items' own

    assert titles(state="kept") == ["a"]
    assert titles(state="new") == ["b", "c", "d"]
    assert titles(since=days(2)) == ["a", "b"]
    assert titles(feed="https://b.example/feed") == ["d"]
    assert titles(limit=2) == ["a", "b"]


def test_a_list_loads_no_content_and_an_item_all_of_it(stock: Stock) -> None:
    stock.receive(entry())
    listed = stock.only()
    add_tags(stock.connection, listed.id, ["evaluation"], now=NOW)
    set_note(stock.connection, listed.id, "minutes, not accuracy", now=NOW)
    whole = items.find_item(stock.connection, listed.id)
    assert (stock.only().content_text, stock.only().tags) == ("", ())
    assert whole.content_text == entry().content_text
    assert whole.content_html == entry().content_html
    assert (whole.tags, whole.note, stock.only().note) == (("evaluation",), "minutes, not accuracy", whole.note)


def test_sources_count_the_feeds_that_carry_the_same_address(stock: Stock) -> None:
    for number in range(3):
        stock.receive(
            entry("story", url="https://a.example/story?utm_source=feed"), url=f"https://{number}.example/feed"
        )
    stock.receive(entry("other"))
    stock.receive(entry("nowhere", url=""))
    assert {(item.title, item.sources) for item in stock.items()} == {
        ("About story", 3),
        ("About other", 1),
        ("About nowhere", 1),
    }
    assert len(stock.items()) == 5, "a list never collapses a story"


def test_ids_are_found_in_any_case_and_unknown_ones_are_said_with_a_hint(stock: Stock) -> None:
    stock.receive(entry())
    item_id = stock.only().id
    assert items.find_item(stock.connection, f" {item_id.upper()} ").id == item_id
    with pytest.raises(Unknown, match="no item “zzzz”") as caught:
        items.find_item(stock.connection, "zzzz")
    assert "curate item list" in caught.value.hint


def test_an_item_is_found_by_any_form_of_its_address(stock: Stock) -> None:
    stock.receive(entry("story"))
    found = items.find_by_url(stock.connection, "HTTPS://A.example:443/story?utm_medium=mail#top")
    assert found is not None
    assert found.id == stock.only().id
    assert items.find_by_url(stock.connection, "https://a.example/other") is None


def test_what_was_put_off_counts_as_new_on_its_day_and_wakes_then(stock: Stock) -> None:
    stock.receive(entry("a"), entry("b"))
    later, other = stock.ids()
    decide(stock.connection, [later], "later", now=NOW, until=NOW + timedelta(days=3))
    before, day = NOW + timedelta(days=3, seconds=-1), NOW + timedelta(days=3)
    assert items.wake(stock.connection, now=before) == 0
    assert [item.id for item in stock.items("new")] == [other]
    counts = items.count_by_state(stock.connection, now=before)
    assert (counts["new"], counts["later"]) == (1, 1)
    counts = items.count_by_state(stock.connection, now=day)
    assert (counts["new"], counts["later"]) == (2, 0)
    assert items.wake(stock.connection, now=day) == 1
    assert {item.id for item in stock.items("new")} == {later, other}
    assert items.count_by_state(stock.connection, now=day) == counts


def test_counts_name_every_state_and_every_feed(stock: Stock) -> None:
    assert set(items.count_by_state(stock.connection, now=NOW)) == {*items.STATES, "left"}
    stock.receive(*(entry(name) for name in "abcd"))
    stock.receive(entry("e"), url="https://b.example/feed")
    first, second, third, *_ = [item.id for item in stock.items() if item.feed_url == "https://a.example/feed"]
    assert items.oldest_kept(stock.connection) is None
    decide(stock.connection, [first], "keep", now=stock.tick())
    decide(stock.connection, [second, third], "skip", now=stock.tick())
    assert items.oldest_kept(stock.connection) == NOW + timedelta(minutes=1)
    counts = items.count_by_feed(stock.connection)
    assert {url: numbers[:2] for url, numbers in counts.items()} == {
        "https://a.example/feed": (4, 1),
        "https://b.example/feed": (1, 0),
    }
    newest = max(item.dated for item in stock.items() if item.feed_url == "https://a.example/feed")
    assert counts["https://a.example/feed"][2] == newest


@pytest.mark.parametrize(("words", "expected"), [(0, 0), (1, 1), (265, 1), (1840, 7), (2650, 10)])
def test_minutes_are_counted_at_265_words_and_never_none_for_some(words: int, expected: int) -> None:
    assert items.minutes(words) == expected


@pytest.mark.parametrize(
    ("published", "believed"),
    [(days(800), True), (days(-1.9), True), (days(-2.1), False), (days(20_000), False), (None, False)],
)
def test_dates_before_1995_or_two_days_ahead_are_not_believed(published: datetime | None, *, believed: bool) -> None:
    assert believable(published, NOW) == (published if believed else None)


def test_only_web_addresses_go_to_a_browser(stock: Stock) -> None:
    stock.receive(entry("good"), entry("bad", url="file:///etc/passwd", published=days(1)))
    good, bad = stock.items()
    assert items.web_address(good) == "https://a.example/good"
    with pytest.raises(Refused, match="no web address"):
        items.web_address(bad)


def page(url: str) -> Page:
    """A page as full text leaves it."""
    return Page(
        url=url,
        title="What we learned",
        author="Rosa Lindqvist",
        site="Example Systems Review",
        published=days(3),
        lang="en",
        summary="Eight weeks.",
        content_text="Eight weeks of pages.",
        content_html="<p>Eight weeks of pages.</p>",
        words=4,
    )


def test_a_page_becomes_an_item_once_and_the_item_already_there_is_returned(stock: Stock) -> None:
    stored = store_page(stock.connection, page("https://b.example/learned"), now=NOW)
    again = store_page(stock.connection, page("https://b.example/learned#top"), now=NOW)
    assert again == stored == items.find_item(stock.connection, stored.id)
    assert (stored.state, stored.full_text, stored.words, stored.sources) == ("new", True, 4, 0)
    assert (stored.feed_title, stored.feed_url) == ("Example Systems Review", "")
    stock.receive(entry("story"))
    in_feed = next(item for item in stock.items() if item.feed_url)
    assert store_page(stock.connection, page("https://a.example/story"), now=NOW).id == in_feed.id
    assert len(stock.items()) == 2


def test_items_stay_when_their_feed_is_forgotten(stock: Stock) -> None:
    stock.receive(entry())
    stock.connection.execute("DELETE FROM feeds")
    assert (stock.only().feed_title, stock.only().feed_url) == ("Ops Weekly", "")
