"""The page behind an item is got once, where its site and the person let it be, and its text kept."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from curate.errors import NetworkTrouble, Refused
from curate.inbox import pages
from curate.inbox.arrivals import store_target
from curate.inbox.decide import decide, mark
from curate.inbox.items import find_item
from curate.inbox.search import search
from curate.posts.draft import Given, draft_post
from curate.web.client import Client, TooBig
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from curate.inbox.items import Item
    from curate.inbox.pages import FullTexts
    from tests.conftest import Curate, Loopback

SENTENCE = "Small models are taking the night shift in three of the five teams we asked. "
WHOLE = f"<p>{SENTENCE * 8}</p><p>One team went back to pagers and a zeppelin.</p>"


def article(body: str = WHOLE, head: str = "") -> str:
    return f"<!doctype html><html lang='en'><head><title>Night shift</title>{head}</head><article>{body}</article>"


class Reading:
    """An inbox, a site on loopback, and a client between them."""

    def __init__(self, stock: Stock, loopback: Loopback) -> None:
        self.stock, self.site = stock, loopback

    def kept(self, path: str = "/one", **changes: Any) -> Item:
        """An item kept from a feed; its address is ``path`` on the site."""
        self.stock.receive(entry(path.strip("/"), url=self.site.url + path, **changes))
        item = next(item for item in self.stock.items() if item.url.endswith(path))
        return decide(self.stock.connection, [item.id], "keep", now=self.stock.tick())[0]

    def client(self) -> Client:
        return Client(allow_private=["127.0.0.0/8:" + self.site.url.rpartition(":")[2]], timeout=20)

    def one(self, item: Item, *, now: datetime = NOW, without: Sequence[str] = (), listed: bool = False) -> Item:
        """Read the page of one item, as a person asks for it; ``listed`` as a list knows it, without its text."""
        known = item if listed else self.found(item)

        async def go() -> Item:
            async with self.client() as client:
                return await pages.read_full_text(self.stock.connection, client, known, now=now, without=without)

        return asyncio.run(go())

    def all(self, *, now: datetime = NOW, without: Sequence[str] = ()) -> FullTexts:
        """Read the pages of all that is kept."""

        async def go() -> FullTexts:
            async with self.client() as client:
                return await pages.read_full_texts(self.stock.connection, client, now=now, without=without)

        return asyncio.run(go())

    def found(self, item: Item) -> Item:
        return find_item(self.stock.connection, item.id)

    def row(self, item: Item) -> dict[str, Any]:
        """What is remembered of the item's page."""
        row = self.stock.connection.execute("SELECT * FROM pages WHERE item = ?", (item.number,)).fetchone()
        return dict(row)

    def asked(self) -> list[str]:
        """The pages the site was asked for, robots.txt left out."""
        return [path for _, path, _, _ in self.site.seen if path != "/robots.txt"]


@pytest.fixture
def reading(stock: Stock, loopback: Loopback) -> Reading:
    return Reading(stock, loopback)


def test_the_text_of_the_page_takes_the_place_of_a_shorter_one(reading: Reading) -> None:
    head = '<meta property="og:image" content="/night.jpg"><link rel="license" href="https://cc.example/by/4.0/">'
    item = reading.kept(author="", lang="")
    url = reading.site.put("/one", article(head=head + '<meta name="author" content="Ann Li">'))
    whole = reading.one(item)
    assert whole == reading.found(item)
    assert whole.content_text.startswith("Small models are taking the night shift")
    assert "zeppelin" in whole.content_html
    assert (whole.full_text, whole.words, whole.author, whole.lang) == (True, 120 + 9, "Ann Li", "en")
    assert (whole.title, whole.state, whole.summary) == (item.title, "kept", item.summary)
    row = reading.row(item)
    assert row["hash"] == sha256(whole.content_text.encode()).hexdigest()
    assert (row["image"], row["licence"]) == (reading.site.url + "/night.jpg", "https://cc.example/by/4.0/")
    assert (row["url"], row["reason"], row["fetched_at"]) == (url, "", int(NOW.timestamp()))


def test_what_the_feed_gave_stays_when_it_is_more(reading: Reading) -> None:
    item = reading.kept(content_html=WHOLE * 2, content_text=SENTENCE * 16)
    reading.site.put("/one", article("<p>Read on after you have signed in with us, please do.</p>"))
    for listed in (True, False):  # the second time as --refresh asks
        whole = reading.one(item, listed=listed)
        assert (whole.content_text, whole.content_html) == (SENTENCE * 16, WHOLE * 2)
        assert (whole.full_text, whole.words) == (False, 240)
    assert pages.is_read(reading.stock.connection, whole)
    assert reading.all(now=NOW + timedelta(days=30)).got == 0, "it was read"
    reading.stock.receive(entry("one", url=item.url, content_text="Corrected. " * 9, content_html="<p>Corrected.</p>"))
    assert reading.found(item).content_text == "Corrected. " * 9, "it is the feed's text, and the feed changed it"


def test_a_page_that_became_shorter_is_believed_when_its_own_text_stood(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    first = reading.one(item)
    reading.site.put("/one", article(f"<p>{SENTENCE * 4}</p>"))
    again = reading.one(item, now=NOW + timedelta(days=1))
    assert (first.words, again.words) == (129, 60)
    assert reading.row(item)["hash"] == sha256(again.content_text.encode()).hexdigest()


def test_a_later_edit_in_the_feed_changes_the_title_and_not_the_text(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    whole = reading.one(item)
    edited = entry("one", url=item.url, title="About one, corrected", content_html="<p>Edited.</p>")
    reading.stock.receive(edited)
    found = reading.found(item)
    assert (found.title, found.content_text, found.words) == (edited.title, whole.content_text, whole.words)


def test_search_finds_words_of_the_full_text(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    assert search(reading.stock.connection, "zeppelin", limit=5, now=NOW) == []
    reading.one(item)
    assert [hit.item.id for hit in search(reading.stock.connection, "zeppelin", limit=5, now=NOW)] == [item.id]


def test_a_post_says_how_many_words_the_original_has_once_they_are_known(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    assert "words:" not in draft_post(Given(item=reading.found(item)), now=NOW)[1]
    assert "words: 129\n" in draft_post(Given(item=reading.one(item)), now=NOW)[1]


# What is not wanted


def test_what_robots_txt_closes_is_not_asked_for(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    reading.site.put("/robots.txt", "User-agent: curate\nDisallow: /one")
    with pytest.raises(Refused, match=r"is not read: its site asks programs not to read it \(robots.txt\)") as caught:
        reading.one(item)
    assert caught.value.exit == 3
    assert "What the feed gave of it stays." in caught.value.message
    assert caught.value.hint == f"Read it there: curate item open {item.id}"
    assert reading.asked() == []
    assert reading.found(item).content_text == entry().content_text
    assert reading.row(item)["reason"] == "its site asks programs not to read it (robots.txt)"


def test_a_page_that_says_so_is_not_kept(reading: Reading) -> None:
    header, meta, second = reading.kept("/header"), reading.kept("/meta"), reading.kept("/second")
    reading.site.put("/header", article(), X_Robots_Tag="noindex, noarchive")
    reading.site.put("/meta", article(head='<meta name="robots" content="nosnippet">'))
    twice = '<meta name="robots" content="max-snippet:-1"><meta name="Robots" content="noarchive">'
    reading.site.put("/second", article(head=twice))
    for item in (header, meta, second):
        with pytest.raises(Refused, match="asks programs not to keep its text"):
            reading.one(item)
        assert reading.found(item).content_text == entry().content_text
        assert not reading.found(item).full_text
        assert reading.row(item)["hash"] == ""


@pytest.mark.parametrize("site", ["127.0.0.1", "0.0.1"])
def test_sites_the_person_named_are_never_asked(reading: Reading, site: str) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    with pytest.raises(Refused, match=r"127\.0\.0\.1 is in fetch\.no_full_text"):
        reading.one(item, without=[site])
    assert reading.site.seen == []
    assert reading.one(item, without=["7.0.0.1", "example.org"]).full_text, "a part of a name is another site"


def test_a_page_elsewhere_is_asked_by_the_rules_of_its_site(reading: Reading) -> None:
    item = reading.kept()
    there = reading.site.url.replace("127.0.0.1", "127.0.0.2")
    reading.site.put("/one", "", 302, Location=there + "/one")
    with pytest.raises(NetworkTrouble):  # nobody listens there
        reading.one(item)
    with pytest.raises(Refused, match="no_full_text"):
        reading.one(item, without=["127.0.0.1"])


def test_a_page_at_a_closed_path_is_not_read_through_an_open_one(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/robots.txt", "User-agent: *\nDisallow: /closed")
    reading.site.put("/one", "", 302, Location="/closed/one")
    reading.site.put("/closed/one", article())
    with pytest.raises(Refused, match=r"robots\.txt"):
        reading.one(item)
    assert not reading.found(item).full_text


def test_a_redirectors_item_gets_the_address_it_led_to_for_good(stock: Stock) -> None:
    stock.receive(entry("short", url="https://t.co/abc"), entry("own", published=NOW - timedelta(days=1)))
    short, own = stock.items()
    for item in (short, own):
        store_target(stock.connection, item.number, "https://b.example/story?utm_source=x")
    stock.receive(entry("short", url="https://t.co/abc", title="About short, again"))
    assert [item.url for item in stock.items()] == ["https://b.example/story?utm_source=x", own.url]
    assert stock.items()[0].canonical_url == "https://b.example/story"
    store_target(stock.connection, short.number, "https://t.co/def")
    assert stock.items()[0].url == "https://b.example/story?utm_source=x"


# What fails


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (403, "403 Forbidden"), (500, "500 Internal")])
def test_a_page_that_is_not_there_leaves_all_as_it_was(reading: Reading, status: int, words: str) -> None:
    item = reading.kept()
    reading.site.put("/one", article(), status)
    with pytest.raises(NetworkTrouble, match=f"answered {words}.*stays") as caught:
        reading.one(item)
    assert caught.value.exit == 5
    assert reading.found(item).content_text == entry().content_text
    assert words in reading.row(item)["reason"]


def test_a_page_that_a_script_would_fill_is_no_full_text(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", "<!doctype html><title>Night shift</title><body><script>show()</script>")
    with pytest.raises(NetworkTrouble, match=r"shows no text to programs.*stays"):
        reading.one(item)
    assert (reading.found(item).full_text, reading.found(item).content_text) == (False, entry().content_text)


def test_a_refresh_that_fails_leaves_the_full_text(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", article())
    whole = reading.one(item)
    before = reading.row(item)
    reading.site.put("/one", "", 404)
    with pytest.raises(NetworkTrouble):
        reading.one(item, now=NOW + timedelta(days=9))
    assert reading.found(item) == whole
    after = reading.row(item)
    assert "404" in after.pop("reason")
    assert after == {name: value for name, value in before.items() if name != "reason"}


HOSTILE = {
    "deep": article("<div>" * 100_000 + SENTENCE),
    "attributes": article(f"<p {' '.join(f'a{number}=x' for number in range(100_000))}>{SENTENCE * 3}</p>"),
    "elements": article("<i>x</i>" * 80_000),
    "links": article(f"<p><a href='/x'>{SENTENCE}</a></p>" * 3_000),
    "long": article(f"<p>{SENTENCE * 65_000}</p>"),
    "unclosed": "<!doctype html><p><b><i>" * 30_000,
    "nul": "<html><p>\0\0\x1b]0;owned\x07" + SENTENCE * 3,
    "PDF": "%PDF-1.7 " + "x" * 500,
    "empty": "",
    "binary": "\0\1\2" * 999,
}
NO_PAGES = {
    "PDF": "is a PDF file, not a web page",
    "empty": "is empty, not a web page",
    "binary": "is a binary file, not a web page",
    "unclosed": "shows no text to programs",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_page_is_read_or_told_in_words(reading: Reading, kind: str) -> None:
    item = reading.kept()
    reading.site.put("/one", HOSTILE[kind], Content_Type="text/html")
    if kind in NO_PAGES:
        with pytest.raises(NetworkTrouble, match=f"/one {NO_PAGES[kind]}.*stays") as caught:
            reading.one(item)
        assert caught.value.exit == 5
        assert (reading.found(item).full_text, reading.found(item).content_text) == (False, entry().content_text)
        return
    whole = reading.one(item)
    assert pages.is_read(reading.stock.connection, whole)
    assert reading.row(item)["reason"] == ""
    assert not set(whole.content_html) & {"\0", "\x1b", "\x07"}
    assert 0 < len(whole.content_html) < 2 << 20


def test_a_page_over_the_limit_is_told_in_words(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", b" " * (15 * 1024 * 1024 + 1))
    with pytest.raises(TooBig, match="is larger than 15 MiB"):
        reading.one(item)
    assert reading.row(item)["reason"].endswith("is larger than 15 MiB")


# All that is kept


def test_only_what_is_kept_or_drafted_and_not_yet_read_is_asked_for(reading: Reading) -> None:
    for name in ("new", "kept", "later", "skipped", "drafted", "posted"):
        item = reading.kept(f"/{name}")
        reading.site.put(f"/{name}", article())
        if name == "new":
            reading.stock.connection.execute("UPDATE items SET state = 'new' WHERE id = ?", (item.id,))
        elif name in ("drafted", "posted"):
            mark(reading.stock.connection, item.id, name, now=NOW)  # type: ignore[arg-type] # one of the two
        elif name != "kept":
            action: Any = {"later": "later", "skipped": "skip"}[name]
            decide(reading.stock.connection, [item.id], action, now=NOW, until=NOW + timedelta(days=1))
    assert reading.all() == pages.FullTexts(got=2, refused=(), failed=())
    assert sorted(reading.asked()) == ["/drafted", "/kept"]
    assert reading.all().got == 0
    assert len(reading.asked()) == 2


def test_a_page_that_failed_is_asked_for_again_after_a_week_or_when_a_person_asks(reading: Reading) -> None:
    item = reading.kept()
    reading.site.put("/one", "", 503)
    week = timedelta(days=7)
    for now, asked in [
        (NOW, 1),
        (NOW + week - timedelta(seconds=1), 1),
        (NOW + week, 2),
        (NOW + week + timedelta(days=6), 2),  # the week begins anew with each failure
        (NOW + 2 * week, 3),
    ]:
        texts = reading.all(now=now)
        assert (texts.got, len(reading.asked())) == (0, asked), now
    reading.site.put("/one", article())
    assert reading.one(item, now=NOW + 2 * week + timedelta(hours=1)).full_text
    assert len(reading.asked()) == 4


def test_a_run_reads_fifty_pages_the_longest_kept_first_and_one_failure_stops_none(reading: Reading) -> None:
    for number in range(53):
        reading.kept(f"/{number:02}")
        if number:
            reading.site.put(f"/{number:02}", article("<p>" + SENTENCE * 2))
    texts = reading.all()
    assert (texts.got, [reason.rpartition("answered ")[2] for _, reason in texts.failed]) == (49, ["404 Not Found"])
    assert sorted(reading.asked()) == [f"/{number:02}" for number in range(50)]
    assert reading.all(now=NOW + timedelta(hours=1)).got == 3
    assert [path for _, path, _, _ in reading.site.seen].count("/robots.txt") == 2, "once a run"


def test_what_stops_all_is_said_once_and_what_was_there_stays(reading: Reading) -> None:
    items = [reading.kept(path) for path in ("/one", "/two")]
    reading.site.put("/one", article())
    reading.stock.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.all()
    reading.stock.connection.execute("PRAGMA query_only = OFF")
    assert [reading.found(item).content_text for item in items] == [entry().content_text] * 2
    assert reading.all().got == 1


# The commands


def test_the_commands_read_pages_and_say_what_came_of_it(curate: Curate, desk: Path, loopback: Loopback) -> None:
    stock = Stock(desk)
    reading = Reading(stock, loopback)
    good, gone, shut = (reading.kept(path) for path in ("/good", "/gone", "/shut"))
    loopback.put("/good", article())
    loopback.put("/shut", article(), X_Robots_Tag="noarchive")
    stock.connection.close()
    answer = curate("-C", desk, "fetch", "--full", "--json", expect=5).data["full_text"]
    said = {kind: [(one["id"], one["reason"].split()[-1]) for one in answer[kind]] for kind in ("failed", "refused")}
    assert (answer["got"], said) == (1, {"failed": [(gone.id, "Found")], "refused": [(shut.id, "(X-Robots-Tag)")]})
    assert curate("-C", desk, "fetch", "--full").out.endswith("0 full texts read.\n")
    shown = curate("-C", desk, "item", "show", good.id, "--full", "--json").data
    assert (shown["full_text"], "zeppelin" in shown["content_text"]) == (True, True)
    before = len(reading.asked())
    curate("-C", desk, "item", "show", good.id, "--full")
    assert len(reading.asked()) == before, "it is here"
    curate("-C", desk, "item", "show", good.id, "--full", "--refresh")
    assert len(reading.asked()) == before + 1
    assert "404 Not Found" in curate("-C", desk, "item", "show", gone.id, "--full", expect=5).err
    assert "not to keep its text" in curate("-C", desk, "item", "show", shut.id, "--full", expect=3).err
    curate("-C", desk, "item", "show", shut.id)
    with (desk / "curate.toml").open("a") as settings:
        settings.write('\n[fetch]\nno_full_text = ["127.0.0.1"]\n')
    assert "fetch.no_full_text" in curate("-C", desk, "item", "show", gone.id, "--full", expect=3).err
    curate("-C", desk, "item", "show", good.id, "--full", "--offline")


def test_without_a_network_no_page_is_blamed_and_all_are_asked_for_again(reading: Reading) -> None:
    item = reading.kept("/good")
    reading.site.put("/good", article())
    url = reading.stock.connection.execute("SELECT url FROM items").fetchone()[0]
    reading.stock.connection.execute("UPDATE items SET url = 'http://127.0.0.1:1/good'")
    assert [found.id for found, _ in reading.all().failed] == [item.id]
    reading.stock.connection.execute("UPDATE items SET url = ?", (url,))
    assert reading.all().got == 1, "not a week later"
