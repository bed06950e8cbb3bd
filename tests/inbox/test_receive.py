"""What feeds carry becomes items: once, whole, kept up to date, and never over what the person did."""

from __future__ import annotations

import asyncio
import signal
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError, NetworkTrouble
from curate.feeds.fetch import Fetched
from curate.feeds.health import known_feeds, note_slow
from curate.feeds.opml import Subscription
from curate.inbox.arrivals import seen_before
from curate.inbox.decide import decide
from curate.inbox.items import find_item
from curate.inbox.notes import add_quote, add_tags, set_note
from curate.inbox.receive import BATCH, MOMENT, Report, _Storing, add_page, read_feeds
from curate.inbox.search import search
from curate.web.client import Client
from tests.inbox.stock import NOW, entry, persons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from curate.inbox.items import Item
    from tests.conftest import Loopback
    from tests.inbox.stock import Stock


def test_the_same_feed_again_adds_and_changes_nothing(stock: Stock) -> None:
    entries = [entry(name) for name in "abc"]
    assert stock.receive(*entries) == 3
    before = [find_item(stock.connection, item_id) for item_id in stock.ids()]
    stock.tick()
    assert stock.receive(*entries) == 0
    assert [find_item(stock.connection, item_id) for item_id in stock.ids()] == before


def test_an_edited_entry_is_updated_in_place_and_the_persons_work_stays(stock: Stock) -> None:
    stock.receive(entry())
    item = stock.only()
    decide(stock.connection, [item.id], "keep", now=NOW)
    set_note(stock.connection, item.id, "mine", now=NOW)
    add_quote(stock.connection, item.id, "two incidents out of three", now=NOW)
    add_tags(stock.connection, item.id, ["evaluation"], now=NOW)
    before = persons(stock.connection)
    assert stock.receive(entry(title="Retitled", content_text="Rewritten text.", content_html="<p>Rewritten</p>")) == 0
    edited = find_item(stock.connection, item.id)
    assert (edited.title, edited.content_text, edited.words) == ("Retitled", "Rewritten text.", 2)
    assert persons(stock.connection) == before
    assert [hit.item.id for hit in search(stock.connection, "rewritten", limit=0, now=NOW)] == [item.id]
    assert search(stock.connection, "pager rotation luck", limit=0, now=NOW) == []


def test_a_feed_that_dates_its_entries_anew_moves_nothing(stock: Stock) -> None:
    stock.receive(entry())
    dated = stock.only().dated
    stock.receive(entry(published=NOW, title="Retitled"))
    assert (stock.only().dated, stock.only().title) == (dated, "Retitled")


def test_a_date_that_comes_later_is_taken(stock: Stock) -> None:
    stock.receive(entry(published=None))
    assert stock.only().published is None
    stock.receive(entry(published=NOW - timedelta(days=2), title="Retitled"))
    assert stock.only().published == NOW - timedelta(days=2)


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), NOW + timedelta(days=3)])
def test_an_unbelievable_date_is_left_out(stock: Stock, wrong: datetime) -> None:
    stock.receive(entry(published=wrong))
    assert (stock.only().published, stock.only().dated) == (None, NOW)


def test_the_same_guid_in_another_feed_is_another_item(stock: Stock) -> None:
    assert stock.receive(entry()) + stock.receive(entry(), url="https://b.example/feed") == 2


def test_a_new_guid_for_the_same_address_and_title_is_the_same_item(stock: Stock) -> None:
    stock.receive(entry(guid="tag:1"))
    decide(stock.connection, [stock.only().id], "skip", now=NOW)
    assert stock.receive(entry(guid="tag:2", url="https://a.example/one?utm_source=rss")) == 0
    assert stock.only().state == "skipped"
    assert stock.receive(entry(guid="tag:2")) == 0, "the new guid is known from now on"
    assert stock.receive(entry(guid="tag:3"), url="https://b.example/feed") == 1, "in another feed it is another item"


def test_two_entries_with_one_address_and_title_are_two_items(stock: Stock) -> None:
    both = [
        entry(guid="1", url="https://a.example/", title="Status"),
        entry(guid="2", url="https://a.example/", title="Status"),
    ]
    assert stock.receive(*both) == 2
    assert stock.receive(*both) == 0


def test_an_entry_without_a_title_is_named_by_its_first_words_or_its_address(stock: Stock) -> None:
    words = "A note without a title that goes on for quite a while, longer than any list would want to show it."
    stock.receive(entry("a", title="", summary=words), entry("b", title="", summary="b"))
    stock.receive(entry("c", title="", summary=""))
    titles = {item.title for item in stock.items()}
    cut = "A note without a title that goes on for quite a while, longer than any list…"
    assert titles == {cut, "b", "https://a.example/c"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text(), st.text())
def test_whatever_an_entry_says_it_is_stored_and_found_again(stock: Stock, guid: str, title: str, text: str) -> None:
    from curate.feeds.characters import one_line

    words = one_line(text)
    said = entry("x", guid=f"x{one_line(guid)}", title=one_line(title), summary=words, content_text=words)
    stock.receive(said)
    assert stock.receive(said) == 0


def test_an_item_takes_as_much_work_among_thousands_as_among_few(stock: Stock) -> None:
    steps = [0]  # of SQLite's machine, in hundreds, for each feed: its own measure, whatever else the computer does

    def count() -> None:
        steps[-1] += 1

    for number in range(20):
        steps.append(0)
        entries = [entry(f"{number}-{one}") for one in range(100)]
        stock.connection.set_progress_handler(count, 100)
        stock.receive(*entries, url=f"https://{number}.example/")
        stock.connection.set_progress_handler(None, 0)
    assert len(stock.items()) == 2_000
    assert 10 < steps[20] < 1.15 * steps[2]


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Ops Weekly</title><id>urn:ops</id>
<updated>2026-11-20T08:00:00Z</updated>
{entries}</feed>"""
ENTRY = """<entry><id>urn:{0}</id><title>Night shift {0}</title><link href="https://a.example/{0}"/>
<updated>2026-11-20T08:00:00Z</updated><summary>Eight weeks, one pager.</summary></entry>"""


def read(stock: Stock, site: Loopback, *paths: str, force: bool = True) -> Report:
    port = site.url.rpartition(":")[2]
    subscriptions = [Subscription(url=site.url + path, title="", folder="", site_url="") for path in paths]
    heard: list[tuple[int, ...]] = []

    async def go() -> Report:
        async with Client(allow_private=[f"127.0.0.0/8:{port}"]) as client:
            return await read_feeds(
                stock.connection,
                client,
                subscriptions,
                now=stock.now,
                force=force,
                interval_minutes=60,
                progress=lambda *numbers: heard.append(numbers),
            )

    report = asyncio.run(go())
    assert heard == sorted(heard)  # each feed is heard of, and what it brought once it is stored
    assert {done for done, *_ in heard} == set(range(report.feeds + 1))
    done, feeds, new_items, failed = heard[-1]
    assert (done, feeds, failed) == (report.feeds, report.feeds, len(report.failed))
    assert new_items <= report.new_items, "the last feeds may still be being stored"
    return report


def test_reading_feeds_reports_what_came_of_each_and_a_second_round_adds_nothing(
    stock: Stock, loopback: Loopback
) -> None:
    loopback.put("/a", ATOM.format(entries="".join(ENTRY.format(number) for number in range(3))), ETag='"1"')
    loopback.put("/gone", "gone", status=410)
    loopback.put("/page", "<html><title>hello</title></html>", Content_Type="text/html")
    report = read(stock, loopback, "/a", "/gone", "/page")
    assert (report.feeds, report.ok, report.not_modified, report.new_items) == (3, 1, 0, 3)
    assert {url.removeprefix(loopback.url) for url, _ in report.failed} == {"/gone", "/page"}
    assert all(reason for _, reason in report.failed)
    assert {item.feed_title for item in stock.items()} == {"Ops Weekly"}
    stock.tick()
    assert read(stock, loopback, "/a", force=False).feeds == 0, "not due yet"
    again = read(stock, loopback, "/a")
    assert (again.ok, again.not_modified, again.new_items) == (0, 1, 0)


def test_without_a_network_nobody_counts_as_quick(stock: Stock) -> None:
    feeds = [Subscription(url="https://slow.example/", title="", folder="", site_url="")]

    async def go() -> None:
        async with Client(offline=True) as client:
            await read_feeds(stock.connection, client, feeds, now=stock.now, force=True, interval_minutes=60)

    note_slow(stock.connection, {"https://slow.example/": True})
    asyncio.run(go())
    assert known_feeds(stock.connection, feeds, now=stock.now, force=True)[0].slow


def rows(stock: Stock) -> dict[str, tuple[object, ...]]:
    found = stock.connection.execute("SELECT i.*, c.html, c.text FROM items i JOIN contents c ON c.item = i.number")
    return {row["guid"]: tuple(row) for row in found}


def test_a_document_with_one_new_entry_brings_one_item_and_leaves_the_others(stock: Stock, loopback: Loopback) -> None:
    entries = [ENTRY.format(number) for number in range(4)]
    loopback.put("/a", ATOM.format(entries="".join(entries[1:])))
    assert read(stock, loopback, "/a").new_items == 3
    decide(stock.connection, [stock.ids()[0]], "keep", now=stock.tick())
    kept = rows(stock)
    loopback.put("/a", ATOM.format(entries="".join(entries)))
    assert read(stock, loopback, "/a").new_items == 1
    after = rows(stock)
    assert {guid: after[guid] for guid in kept} == kept
    loopback.put("/a", ATOM.format(entries=entries[0]))
    assert read(stock, loopback, "/a").new_items == 0
    loopback.put("/a", ATOM.format(entries="".join(entries[::-1])))
    assert read(stock, loopback, "/a").new_items == 0, "who left and came back is not new"
    assert rows(stock) == after
    loopback.put("/a", ATOM.format(entries=entries[1].replace("Eight weeks", "Nine weeks") + entries[2]))
    assert read(stock, loopback, "/a").new_items == 0
    edited = {guid for guid, row in rows(stock).items() if row != after[guid]}
    assert edited == {"urn:1"}


def test_entries_kept_before_there_were_digests_get_theirs_and_stay(stock: Stock, loopback: Loopback) -> None:
    loopback.put("/a", ATOM.format(entries=ENTRY.format(1) + ENTRY.format(2)))
    read(stock, loopback, "/a")
    before, url = rows(stock), loopback.url + "/a"
    known = seen_before(stock.connection, url)
    stock.connection.execute("UPDATE items SET digest = ''")
    assert seen_before(stock.connection, url) == {}
    loopback.put("/a", ATOM.format(entries=ENTRY.format(2) + ENTRY.format(1)))
    assert read(stock, loopback, "/a").new_items == 0
    assert (seen_before(stock.connection, url), rows(stock)) == (known, before)


def test_a_date_that_time_makes_believable_is_taken_though_nothing_changed(stock: Stock, loopback: Loopback) -> None:
    ahead = NOW + timedelta(days=5)
    early = ENTRY.format(1).replace("2026-11-20T08:00:00Z", ahead.isoformat())
    loopback.put("/a", ATOM.format(entries=early))
    read(stock, loopback, "/a")
    assert stock.only().published is None
    stock.now = ahead
    loopback.put("/a", ATOM.format(entries=early + ENTRY.format(2)))
    assert read(stock, loopback, "/a").new_items == 1
    assert {item.published for item in stock.items()} >= {ahead}


PAGE = """<html lang="en"><head><title>What we learned</title><link rel="canonical" href="{0}/learned"></head>
<body><article><h1>What we learned</h1><p>We put a small model in the pager rotation for eight weeks.</p>
<p>It did, on two incidents out of three.</p></article></body></html>"""


def add(stock: Stock, site: Loopback, path: str, *without: str) -> tuple[Item, bool, str]:
    async def go() -> tuple[Item, bool, str]:
        async with Client(allow_private=["127.0.0.0/8"]) as client:
            return await add_page(stock.connection, client, site.url + path, now=NOW, without=without)

    return asyncio.run(go())


def test_a_page_is_fetched_read_and_stored_once(stock: Stock, loopback: Loopback) -> None:
    loopback.put("/learned", PAGE.format(loopback.url), Content_Type="text/html")
    loopback.put("/learned/print", PAGE.format(loopback.url), Content_Type="text/html")
    item, added, unkept = add(stock, loopback, "/learned")
    assert (added, unkept, item.full_text) == (True, "", True)
    assert item.title == "What we learned"
    assert "eight weeks" in item.content_text
    asked = len(loopback.seen)
    assert add(stock, loopback, "/learned?utm_source=x") == (item, False, "")
    assert len(loopback.seen) == asked, "what is there already is not fetched again"
    assert add(stock, loopback, "/learned/print")[1] is False, "the page's own address decides"


def test_a_page_that_cannot_be_had_leaves_nothing_behind(stock: Stock, loopback: Loopback) -> None:
    loopback.put("/down", "down", status=503)
    with pytest.raises(NetworkTrouble, match="503"):
        add(stock, loopback, "/down")
    assert stock.items() == []


@pytest.mark.parametrize("head", ["", '<meta name="description" content="Eight weeks on call.">'])
@pytest.mark.parametrize(
    ("robots", "tag", "without", "reason"),
    [
        ("User-agent: *\nDisallow: /", "", "", "its site asks programs not to read it (robots.txt)"),
        ("", "noarchive", "", "it asks programs not to keep its text (X-Robots-Tag)"),
        ("", "", "127.0.0.1", "127.0.0.1 is in fetch.no_full_text"),
    ],
)
def test_a_page_not_for_programs_becomes_an_item_without_its_text(
    stock: Stock, loopback: Loopback, head: str, robots: str, tag: str, without: str, reason: str
) -> None:
    loopback.put("/robots.txt", robots)
    page = PAGE.format(loopback.url).replace("<title>", f"{head}<title>")
    loopback.put("/learned", page, Content_Type="text/html", X_Robots_Tag=tag)
    item, added, unkept = add(stock, loopback, "/learned", without)
    assert (added, unkept) == (True, reason)
    assert (item.title, item.url, item.lang) == ("What we learned", f"{loopback.url}/learned", "en")
    assert (item.content_text, item.content_html, item.words, item.full_text) == ("", "", 0, False)
    assert item.summary == ("Eight weeks on call." if head else "")
    assert search(stock.connection, "pager", limit=0, now=NOW) == []


class SlowDisk:
    """Stores what it is given once it is free; ``batches`` are how many feeds came at a time."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.batches: list[int] = []

    def store(self, batch: Sequence[Fetched]) -> int:
        assert self.free.wait(60)
        self.batches.append(len(batch))
        return len(batch)


def test_what_was_taken_is_stored_however_slow_the_disk() -> None:
    disk = SlowDisk()
    told: list[int] = []

    async def go() -> _Storing:
        async with _Storing(disk.store, told.append) as storing:
            for number in range(3):
                await storing.take(Fetched(url=f"https://{number}.example/", outcome="not_modified"))
            asyncio.get_running_loop().call_later(0, disk.free.set)
        return storing

    assert asyncio.run(go()).new_items == sum(disk.batches) == told[-1] == 3


def test_no_more_feeds_wait_for_a_slow_disk_than_fit() -> None:
    disk = SlowDisk()

    async def go() -> int:
        taken = 0

        async def take(storing: _Storing) -> None:
            nonlocal taken
            for number in range(2 * BATCH + 3):
                await storing.take(Fetched(url=f"https://{number}.example/", outcome="not_modified"))
                taken += 1
                await asyncio.sleep(0)  # so that the first batch is on its way to the disk

        async with _Storing(disk.store, lambda _: None) as storing:
            taking = asyncio.create_task(take(storing))
            for _ in range(10 * BATCH):
                await asyncio.sleep(0)
            held = taken
            disk.free.set()
            await taking
        return held

    assert asyncio.run(go()) <= BATCH + 1
    assert sum(disk.batches) == 2 * BATCH + 3


def test_a_disk_that_refuses_ends_the_reading_with_its_reason() -> None:
    def refuse(_: Sequence[Fetched]) -> int:
        raise CurateError("The disk is full.")

    async def go() -> None:
        async with _Storing(refuse, lambda _: None) as storing:
            await storing.take(Fetched(url="https://a.example/", outcome="not_modified"))

    with pytest.raises(CurateError, match="full"):
        asyncio.run(go())


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [interrupt, partial(signal.raise_signal, signal.SIGINT)])
@pytest.mark.parametrize("left", [False, True])
def test_told_to_stop_all_that_was_taken_is_stored_and_nothing_goes_on(stop: Callable[[], None], left: bool) -> None:  # noqa: FBT001
    disk, gone_on = SlowDisk(), []

    async def go() -> None:
        async with _Storing(disk.store, lambda _: None) as storing:
            for number in range(3):
                await storing.take(Fetched(url=f"https://{number}.example/", outcome="not_modified"))
            loop = asyncio.get_running_loop()
            loop.call_soon(stop)
            loop.call_later(MOMENT, disk.free.set)
            threading.Timer(10 * MOMENT, disk.free.set).start()  # where the loop is no more
            if not left:
                await asyncio.Event().wait()
        gone_on.append(storing)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(go())
    assert (sum(disk.batches), gone_on) == (3, [])
