"""A captive portal or a dead network is no feed's failure; what feeds do by themselves is."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from curate.feeds.check import Checked, check_feeds
from curate.feeds.fetch import Fetched, Known, fetch_feeds
from curate.feeds.verdict import NO_NETWORK, PORTAL
from curate.web.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[int, dict[str, str], str]

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title>
<item><title>{0}</title><guid>{0}</guid></item></channel></rss>"""
PAGE = "<!doctype html><html><head><title>Hotel</title></head><body><p>Sign in to go on.</p>{0}</body></html>"


@contextlib.contextmanager
def hosts(count: int, answer: Callable[[int, str], Answer]) -> Iterator[list[str]]:
    """Serve as many hosts, each at a loopback address of its own; ``answer`` is given the host's number and a URL."""
    servers = []

    def serve(number: int) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answer(number, f"http://{self.headers['Host']}{self.path}")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer((f"127.0.0.{number + 2}", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    try:
        servers += [serve(number) for number in range(count)]
        yield [f"http://127.0.0.{number + 2}:{server.server_port}/feed" for number, server in enumerate(servers)]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def fetch(urls: list[str], *, failing: int = 0, new: int = 0) -> list[Fetched]:
    """Ask for all of ``urls``, the last of which failed before or are ``new``; the others were read."""
    known = before(urls, failing=failing, new=new)

    async def all_of_them() -> list[Fetched]:
        async with Client(allow_private=["127.0.0.0/8"]) as client:
            return [fetched async for fetched in fetch_feeds(client, known)]

    return asyncio.run(all_of_them())


def check(urls: list[str]) -> list[Checked]:
    """Check all of ``urls``, which were read before."""

    async def all_of_them() -> list[Checked]:
        async with Client(allow_private=["127.0.0.0/8"]) as client:
            return await check_feeds(client, before(urls), now=datetime(2026, 11, 23, 8, tzinfo=UTC))

    return asyncio.run(all_of_them())


def before(urls: list[str], *, failing: int = 0, new: int = 0) -> list[Known]:
    well = len(urls) - failing - new
    known = [Known(url=url, before="read") for url in urls[:well]]
    known += [Known(url=url) for url in urls[well : well + new]]
    return known + [Known(url=url, before="failed") for url in urls[well + new :]]


PORTALS: dict[str, Callable[[int, str], Answer]] = {
    "one page for all": lambda *_: (200, {"Content-Type": "text/html"}, PAGE.format("")),
    "a page that repeats what was asked for": lambda _, url: (200, {}, PAGE.format(f"<a href='/?to={url}'>in</a>")),
    "a page with a number of its own": lambda number, _: (200, {}, PAGE.format(f"<i>{number + 41:032x}</i>")),
    "511": lambda *_: (511, {}, PAGE.format("")),
    "511 without a word": lambda *_: (511, {}, ""),
    "a proxy that wants a name": lambda *_: (407, {}, "who are you"),
    "the same 503": lambda *_: (503, {}, "<html><body>Your provider is at work</body></html>"),
    "redirects to a private address": lambda *_: (302, {"Location": "http://10.0.0.1/login"}, ""),
    "redirects for good": lambda *_: (301, {"Location": "http://10.0.0.1/login"}, ""),
}


@pytest.mark.parametrize("asked", [fetch, check])
@pytest.mark.parametrize("portal", list(PORTALS))
def test_what_answers_for_all_of_them_is_the_network(
    portal: str, asked: Callable[[list[str]], list[Fetched] | list[Checked]]
) -> None:
    with hosts(6, PORTALS[portal]) as urls:
        fetched = asked(urls)
    assert sorted(each.url for each in fetched) == sorted(urls)
    assert {(each.outcome, each.reason, each.no_network) for each in fetched} == {("failed", PORTAL, True)}
    assert {each.moved_to for each in fetched} == {""}


def test_redirects_of_all_to_one_host_are_the_networks() -> None:
    with hosts(1, lambda *_: (200, {}, PAGE.format(""))) as [portal]:  # at 127.0.0.2, as is the first feed

        def redirect(number: int, url: str) -> Answer:
            return (200, {}, RSS.format(url)) if number == 0 else (302, {"Location": portal}, "")

        with hosts(7, redirect) as urls:
            fetched = {each.url: each for each in fetch(urls)}
    assert fetched[urls[0]].outcome == "read", "who gets through is read all the same"
    assert {fetched[url].reason for url in urls[1:]} == {PORTAL}


def test_nothing_but_refused_connections_is_no_network() -> None:
    with hosts(6, PORTALS["511"]) as urls:
        pass
    assert {(each.reason, each.no_network) for each in fetch(urls)} == {(NO_NETWORK, True)}
    assert {(each.reason, each.no_network) for each in check(urls)} == {(NO_NETWORK, True)}


def blamed(fetched: list[Fetched]) -> int:
    return sum(each.outcome == "failed" and not each.no_network for each in fetched)


def test_four_feeds_are_too_few_to_tell() -> None:
    with hosts(4, PORTALS["one page for all"]) as urls:
        assert blamed(fetch(urls)) == 4


def test_four_in_five_are_not_more_than_four_in_five() -> None:
    with hosts(5, lambda number, url: PORTALS["511"](number, url) if number else (200, {}, RSS.format(1))) as urls:
        assert blamed(fetch(urls)) == 4


def test_each_with_a_page_of_its_own_failed_by_itself() -> None:
    words = ["red", "blue", "green", "quite", "why", "you"]
    with hosts(6, lambda number, _: (200, {}, PAGE.format(words[number]))) as urls:
        assert blamed(fetch(urls)) == 6


def test_feeds_that_failed_before_tell_nothing_of_the_network() -> None:
    with hosts(6, PORTALS["511"]) as urls:
        assert blamed(fetch(urls, failing=6)) == 6
    with hosts(6, lambda number, url: PORTALS["511"](number, url) if number else (200, {}, RSS.format(1))) as urls:
        assert blamed(fetch(urls, failing=5)) == 5, "the one that was well is well"


@pytest.mark.parametrize("trouble", ["the same 503", "redirects to a private address"])
def test_feeds_dead_from_the_first_say_nothing_of_a_network_that_another_came_through(trouble: str) -> None:
    with hosts(6, PORTALS[trouble]) as dead, hosts(1, lambda *_: (200, {}, RSS.format(1))) as [well]:
        assert blamed(fetch([well, *dead], new=6)) == 6
        assert blamed(fetch([well, *dead], new=7)) == 0, "all are asked for the first time, and over four in five fail"
        assert blamed(fetch(dead, new=6)) == 0, "nothing else answers"


def test_servers_gone_from_the_first_are_no_dead_network() -> None:
    with hosts(6, PORTALS["511"]) as dead:
        pass
    with hosts(1, lambda *_: (200, {}, RSS.format(1))) as [well]:
        assert blamed(fetch([well, *dead], new=6)) == 6
    assert blamed(fetch(dead, new=6)) == 0, "nothing else answers"


def test_a_server_that_has_lost_a_feed_shows_that_there_is_a_network() -> None:
    with hosts(6, PORTALS["511"]) as dead:
        pass
    with hosts(1, lambda *_: (404, {}, "")) as [missing]:
        assert blamed(fetch([missing, *dead], new=6)) == 7
        assert blamed(fetch([missing, *dead], new=7)) == 1, "the missing one alone: all are asked for the first time"


def test_feeds_of_one_host_are_no_network() -> None:
    with hosts(1, PORTALS["511"]) as [dead]:
        pass
    assert blamed(fetch([f"{dead}/{number}" for number in range(8)])) == 8


def test_feeds_that_failed_before_are_not_blamed_for_a_network_that_is_down() -> None:
    with hosts(6, PORTALS["511"]) as urls:
        pass
    assert blamed(fetch(urls, failing=5)) == 0


@pytest.mark.parametrize("status", [404, 410, 429])
def test_what_speaks_of_the_feed_is_the_feeds_own(status: int) -> None:
    with hosts(6, lambda *_: (status, {}, "<html><body>nothing here</body></html>")) as urls:
        assert blamed(fetch(urls)) == 6


def test_all_feeds_of_one_host_fail_with_it() -> None:
    with hosts(1, PORTALS["the same 503"]) as [url]:
        assert blamed(fetch([f"{url}/{number}" for number in range(8)])) == 8
