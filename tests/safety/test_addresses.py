"""No way into curate leads to a private address, however the address is spelt: a canary there hears nothing."""

from __future__ import annotations

import asyncio
import html
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.errors import CurateError
from curate.feeds.discover import feed_links
from curate.feeds.fetch import Fetched, Known, fetch_feeds
from curate.inbox.items import find_item
from curate.inbox.pages import read_full_text
from curate.web import guard
from curate.web.client import Client
from tests.inbox.stock import NOW
from tests.web.raw import answering, serving
from tests.web.test_guard import PRIVATE, PUBLIC, SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback
    from tests.web.raw import RawServer

FEED = b"<rss version='2.0'><channel><title>Secret</title><item><title>Secret</title></item></channel></rss>"
SECRET = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    """A private server with something worth having; only its address keeps curate away, its port does not."""
    with serving(answering(SECRET)) as server:
        monkeypatch.setattr(guard, "PORTS", guard.PORTS | {server.port})
        yield server
        assert server.connections == 0
        assert server.heard == []


@pytest.fixture
def spelt(canary: RawServer) -> list[str]:
    """The canary's address in all its spellings."""
    return [spelling.format(port=canary.port) for spelling in SPELLINGS]


def allowed(loopback: Loopback) -> list[str]:
    return [loopback.url.removeprefix("http://")]


def fetched(urls: list[str], allow: list[str]) -> list[Fetched]:
    async def ask() -> list[Fetched]:
        async with Client(allow_private=allow, timeout=5, per_host=16) as client:
            return [each async for each in fetch_feeds(client, [Known(url=url) for url in urls])]

    return asyncio.run(ask())


def test_the_tables_are_as_long_as_they_are_said_to_be() -> None:
    assert len(set(PRIVATE.split())) >= 47
    assert len(set(PUBLIC.split())) >= 6
    assert len(set(SPELLINGS)) >= 22


def test_the_canary_would_sing(loopback: Loopback) -> None:
    with serving(answering(SECRET)) as server:
        (heard,) = fetched([server.url], [*server.allowed, *allowed(loopback)])
        assert heard.outcome == "read"
        assert server.connections == 1


def test_no_feed_is_read_from_there(spelt: list[str]) -> None:
    outcomes = fetched(spelt, [])
    assert len(outcomes) == len(spelt)
    assert {(each.outcome, each.reason.startswith("refused: ")) for each in outcomes} == {("failed", True)}


def test_no_redirect_leads_there(spelt: list[str], loopback: Loopback) -> None:
    urls = [
        loopback.put(f"/{number}/{status}", "", status=status, Location=quoted(target))
        for number, target in enumerate(spelt)
        for status in (301, 302, 307)
    ]
    outcomes = fetched(urls, allowed(loopback))
    assert len(outcomes) == 3 * len(spelt)
    assert {each.outcome for each in outcomes} == {"failed"}
    # “http:127.0.0.1” in a redirect is a path, and leads back to our server, which has nothing there.
    said = [each.reason for each in outcomes if "refused: " not in each.reason]
    assert all(reason.startswith("answered 404") for reason in said), said
    assert len(said) <= 6


def quoted(target: str) -> str:
    """Return ``target`` as a header can carry it: latin-1, without what would end the line."""
    return target.strip().encode().decode("latin-1")


def test_no_list_of_feeds_leads_there(
    spelt: list[str], loopback: Loopback, curate: Curate, desk: Path, tmp_path: Path
) -> None:
    healthy = loopback.put("/feed", FEED)
    outlines = "".join(f'<outline type="rss" xmlUrl="{html.escape(url)}"/>' for url in [*spelt, healthy])
    listing = tmp_path / "list.opml"
    listing.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', encoding="utf-8")
    curate("-C", desk, "feed", "import", listing, expect=None)
    assert healthy in (desk / "feeds.opml").read_text(encoding="utf-8")
    (desk / "feeds.opml").write_text(listing.read_text(encoding="utf-8"), encoding="utf-8")  # and by hand
    curate("-C", desk, "fetch", "--force", expect=None)
    assert [item["title"] for item in curate("-C", desk, "item", "list", "--json").data] == ["Secret"]
    assert {path for _, path, _, _ in loopback.seen} == {"/feed"}


def test_no_page_that_is_added_lies_there(spelt: list[str], curate: Curate, desk: Path) -> None:
    for url in spelt:
        curate("-C", desk, "item", "add", url, expect=None)


def test_no_feed_that_is_added_lies_there(spelt: list[str], curate: Curate, desk: Path) -> None:
    for url in spelt:
        answer = curate("-C", desk, "feed", "add", url, "--json", expect=None)
        assert answer.exit != 0
        assert "refused: " in answer.error["message"] or "not a web address" in answer.error["message"]


def test_no_page_names_a_feed_there(spelt: list[str], loopback: Loopback, curate: Curate, desk: Path) -> None:
    named: set[str] = set()
    for start in range(0, len(spelt), 8):  # of one page, at most ten are looked at
        addresses = map(html.escape, spelt[start : start + 8])
        page = "".join(f'<link rel="alternate" type="text/xml" href="{address}">' for address in addresses)
        url = loopback.put(f"/{start}", f"<!doctype html><html><head>{page}</head></html>", Content_Type="text/html")
        named |= {found for found, _ in feed_links(page.encode(), url)}
        assert curate("-C", desk, "feed", "add", url, expect=None).exit != 0
    for spelling in spelt:
        page = f'<base href="{html.escape(spelling)}"><link rel="alternate" type="text/xml" href="feed">'
        named |= {found for found, _ in feed_links(page.encode(), loopback.url)}
    assert len(named) >= 22  # they are asked for, and the guard refuses
    assert {each.outcome for each in fetched(sorted(named), allowed(loopback))} == {"failed"}


def test_no_full_text_is_read_from_there(spelt: list[str], curate: Curate, desk: Path, loopback: Loopback) -> None:
    elsewhere = loopback.put("/page", "<p>words</p>")
    curate("-C", desk, "item", "add", elsewhere)
    connection = open_database(Desk(desk))
    (added,) = curate("-C", desk, "item", "list", "--json").data
    refusals = 0

    async def read(url: str) -> None:
        async with Client(allow_private=allowed(loopback), timeout=5) as client:
            connection.execute("UPDATE items SET url = ?", (url,))
            await read_full_text(connection, client, find_item(connection, added["id"]), now=NOW, without=())

    for number, url in enumerate(spelt):
        leading = loopback.put(f"/to/{number}", "", status=302, Location=quoted(url))
        for address in (url, leading):
            with pytest.raises(CurateError) as error:
                asyncio.run(read(address))
            refusals += "refused: " in error.value.message
    assert refusals >= 22  # of others the robots.txt lies there, and cannot be read
    connection.close()
