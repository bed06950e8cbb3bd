"""Feeds are asked for politely, only for news, and every failure has a reason a person understands."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest

from curate.feeds.fetch import Fetched, Known, fetch_feeds, spread
from curate.feeds.verdict import NO_NETWORK
from curate.feeds.workers import Workers
from curate.web.client import Client
from tests.web.raw import RawServer, answering, hanging, serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.feeds.said import Unchanged
    from tests.conftest import Loopback

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Night Shift</title><link>https://night.example/</link>
<item><title>{title}</title><link>https://night.example/1</link><guid>1</guid></item></channel></rss>"""
PAGE = "<!doctype html><html><head><title>x</title></head><body><p>x</p></body></html>"
FEED = RSS.format(title="First")


def fetch(known: Sequence[Known | str], **rest: Any) -> list[Fetched]:
    """Fetch addresses, or what is known of them; the outcomes as they came."""

    async def all_of_them() -> list[Fetched]:
        async with Client(allow_private=["127.0.0.1"], **rest) as client:
            asked = [Known(url=each) if isinstance(each, str) else each for each in known]
            return [fetched async for fetched in fetch_feeds(client, asked)]

    return asyncio.run(all_of_them())


def again(fetched: Fetched) -> Known:
    return Known(url=fetched.url, etag=fetched.etag, last_modified=fetched.last_modified, body_hash=fetched.body_hash)


def test_entries_seen_before_are_left_out_of_a_feed_that_changed(loopback: Loopback) -> None:
    asked: list[str] = []
    url = loopback.put("/feed", FEED)
    [fetched] = fetch([url])
    assert fetched.feed is not None
    seen: dict[str, Unchanged] = {entry.digest: (entry.guid, None) for entry in fetched.feed.entries}

    def known(of: str) -> dict[str, Unchanged]:
        asked.append(of)
        return seen

    async def once_more() -> list[Fetched]:
        async with Client(allow_private=["127.0.0.1"]) as client:
            return [each async for each in fetch_feeds(client, [again(fetched)], seen=known)]

    assert [each.outcome for each in asyncio.run(once_more())] == ["not_modified"]
    assert asked == [], "the same bytes need no comparing"
    loopback.put("/feed", FEED.replace("</item>", "</item><item><guid>2</guid></item>"))
    [changed] = asyncio.run(once_more())
    assert changed.feed is not None
    assert asked == [url]
    assert [entry.guid for entry in changed.feed.entries] == ["2"]
    assert [guid for guid, _ in changed.feed.unchanged] == ["1"]


def test_a_feed_is_read_with_what_to_ask_with_next_time(loopback: Loopback) -> None:
    url = loopback.put("/feed", FEED, ETag='W/"1"', Last_Modified="Mon, 02 Nov 2026 08:00:00 GMT")
    [fetched] = fetch([url])
    assert (fetched.url, fetched.outcome, fetched.status, fetched.reason) == (url, "read", 200, "")
    assert (fetched.etag, fetched.last_modified) == ('W/"1"', "Mon, 02 Nov 2026 08:00:00 GMT")
    assert fetched.feed is not None
    assert (fetched.feed.title, [entry.title for entry in fetched.feed.entries]) == ("Night Shift", ["First"])


def test_a_server_that_knows_the_validators_is_asked_for_news_only(loopback: Loopback) -> None:
    url = loopback.put("/feed", FEED, ETag='"1"', Last_Modified="Mon, 02 Nov 2026 08:00:00 GMT")
    [first] = fetch([url])
    loopback.put("/feed", b"", status=304, ETag='"2"')
    [second] = fetch([again(first)])
    heard = loopback.seen[1][2]
    assert (heard["If-None-Match"], heard["If-Modified-Since"]) == ('"1"', "Mon, 02 Nov 2026 08:00:00 GMT")
    assert (second.outcome, second.feed) == ("not_modified", None)
    assert (second.etag, second.last_modified, second.body_hash) == ('"2"', first.last_modified, first.body_hash)
    assert "If-None-Match" not in loopback.seen[0][2]


def test_the_same_bytes_again_are_not_read_again(loopback: Loopback) -> None:
    url = loopback.put("/feed", FEED, ETag='"1"')
    [first] = fetch([url])
    loopback.put("/feed", FEED, ETag='"2"')
    [second] = fetch([again(first)])
    assert (second.outcome, second.feed, second.etag) == ("not_modified", None, '"2"')
    loopback.put("/feed", RSS.format(title="Second"))
    [third] = fetch([again(second)])
    assert third.outcome == "read"
    assert third.body_hash != first.body_hash


def test_bytes_that_cannot_be_read_are_tried_once(loopback: Loopback) -> None:
    url = loopback.put("/feed", PAGE)
    [first] = fetch([url])
    assert (first.outcome, first.reason) == ("failed", "is a web page, not a feed")
    known = replace(again(first), before="failed", reason="as it was told then")
    [second] = fetch([known])
    assert (second.outcome, second.reason) == ("failed", "as it was told then")
    assert second.body_hash == first.body_hash
    loopback.put("/feed", PAGE + " ")
    assert fetch([known])[0].reason == "is a web page, not a feed"
    loopback.put("/feed", FEED)
    assert fetch([known])[0].outcome == "read"


def test_bytes_that_took_too_long_to_read_are_tried_again(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.feeds.fetch.Workers", partial(Workers, seconds=0.001))
    items = "".join(f"<item><title>{n}</title><guid>{n}</guid></item>" for n in range(20_000))
    [fetched] = fetch([loopback.put("/feed", f"<rss><channel><title>x</title>{items}</channel></rss>")])
    assert (fetched.reason, fetched.body_hash) == ("takes longer than 0.001 s to read", "")


def test_a_validator_that_could_not_be_sent_back_is_not_kept(loopback: Loopback) -> None:
    loopback.put("/long", FEED, ETag=f'"{"a" * 600}"')
    loopback.put("/odd", FEED, ETag='"\xe9"')
    assert [fetched.etag for fetched in fetch([loopback.url + "/long", loopback.url + "/odd"])] == ["", ""]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, "no", "answered 404 Not Found"),
        (410, "no", "gone for good (410); paused"),
        (403, FEED, "answered 403 Forbidden"),
        (500, "no", "answered 500 Internal Server Error"),
        (302, "no", "answered 302 Found"),
        (200, "", "answered with nothing"),
        (200, "  \n", "answered with nothing"),
        (
            200,
            "<!doctype html><html><head><title>x</title></head><body><p>x</p></body></html>",
            "is a web page, not a feed",
        ),
    ],
)
def test_an_answer_that_is_no_feed_has_a_reason(loopback: Loopback, status: int, body: str, reason: str) -> None:
    [fetched] = fetch([loopback.put("/feed", body, status=status)])
    assert (fetched.outcome, fetched.reason, fetched.feed) == ("failed", reason, None)
    assert not fetched.no_network


def test_no_answer_has_a_reason(loopback: Loopback) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with serving(hanging) as hung, serving(answering(b"")) as mute, serving(answering(b"SSH-2.0\r\n\r\n")) as ssh:
        urls = [closed, hung.url, mute.url, ssh.url, "http://10.0.0.1/feed", "file:///etc/passwd", "http://["]
        fetched = {each.url: each for each in fetch([*urls, loopback.put("/", FEED)], timeout=0.5)}
    assert [fetched[url].reason for url in urls] == [
        "nothing answers there (connection refused)",
        "took longer than 0.5 s",
        "hung up without an answer",
        "did not answer in HTTP as it is written",
        "refused: private address 10.0.0.1 (allow it with fetch.allow_private)",
        "refused: only http:// and https:// addresses are read",
        "refused: this is not a web address",
    ]
    assert {fetched[url].outcome for url in urls} == {"failed"}
    assert fetched[loopback.url + "/"].outcome == "read"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Mon, 02 Nov 2026 08:10:00 GMT", "Date": "Mon, 02 Nov 2026 08:00:00 GMT"}, 600),
        ({"Retry-After": "Mon, 02 Nov 2026 07:00:00 GMT", "Date": "Mon, 02 Nov 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 02 Nov 2026 08:10:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "9" * 30}, 999_999_999),
        ({}, None),
    ],
)
def test_a_server_says_when_to_come_again(headers: dict[str, str], seconds: int | None) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    answer = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n{head}\r\n"
    with serving(answering(answer.encode())) as server:
        [fetched] = fetch([server.url])
    assert (fetched.reason, fetched.retry_after) == ("answered 503 Service Unavailable", seconds)


@pytest.mark.parametrize("status", [200, 404, 429])
def test_a_server_may_say_when_to_come_again_with_any_answer(loopback: Loopback, status: int) -> None:
    [fetched] = fetch([loopback.put("/feed", FEED, status=status, Retry_After="7200")])
    assert fetched.retry_after == 7200


DATE = "Mon, 02 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=3600"}, 3600),
        ({"Cache-Control": 'Max-Age = "7200"', "Expires": "0"}, 7200),
        ({"Cache-Control": "max-age=3600", "Age": "3000"}, 600),
        ({"Cache-Control": "max-age=60", "Age": "3000"}, 0),
        ({"Cache-Control": "max-age=3600, no-cache"}, 0),
        ({"Cache-Control": "no-store", "Expires": "Mon, 02 Nov 2026 09:00:00 GMT"}, 0),
        ({"Cache-Control": "max-age=soon", "Expires": "Mon, 02 Nov 2026 09:00:00 GMT"}, 3600),
        ({"Expires": "Mon, 02 Nov 2026 07:00:00 GMT"}, 0),
        ({"Expires": "0"}, 0),
        ({}, 0),
    ],
)
def test_a_server_says_for_how_long_nothing_is_new(headers: dict[str, str], seconds: int) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Date": DATE}.items())
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(FEED)}\r\n{head}\r\n{FEED}"
    with serving(answering(answer.encode())) as server:
        [fetched] = fetch([server.url])
    assert (fetched.outcome, fetched.fresh_for) == ("read", seconds)


def test_not_modified_without_having_been_asked_is_a_failure(loopback: Loopback) -> None:
    [fetched] = fetch([loopback.put("/feed", b"", status=304)])
    assert (fetched.outcome, fetched.reason) == ("failed", "answered 304 Not Modified")


def test_where_a_feed_has_moved_for_good_is_told_and_a_visit_elsewhere_is_not(loopback: Loopback) -> None:
    there = loopback.put("/there", FEED)
    moved = loopback.put("/moved", b"", status=301, Location="/there")
    away = loopback.put("/away", b"", status=302, Location="/there")
    fetched = {each.url: each for each in fetch([moved, away])}
    assert (fetched[moved].outcome, fetched[moved].moved_to) == ("read", there)
    assert (fetched[away].outcome, fetched[away].moved_to) == ("read", "")


def test_a_slow_feed_holds_up_nobody(loopback: Loopback) -> None:
    go = threading.Event()

    def slow(*_: object) -> tuple[int, dict[str, str], bytes]:
        go.wait(5)
        return 200, {}, FEED.encode()

    loopback.pages["/slow"] = slow

    async def until_slow() -> list[str]:
        came = []
        async with Client(allow_private=["127.0.0.1"]) as client:
            known = [Known(url=loopback.url + "/slow"), Known(url=loopback.put("/quick", FEED))]
            async for fetched in fetch_feeds(client, known):
                came.append(fetched.url.rsplit("/", 1)[1])
                go.set()
        return came

    assert asyncio.run(until_slow()) == ["quick", "slow"]


def test_a_fetch_that_is_broken_off_leaves_nothing_running() -> None:
    async def first_of_many(server: RawServer) -> int:
        async with Client(allow_private=server.allowed, per_host=50) as client:
            known = [Known(url="file:///nowhere"), *(Known(url=f"{server.url}{number}") for number in range(30))]
            async with aclosing(fetch_feeds(client, known)) as outcomes:
                async for _ in outcomes:
                    break
            return len(asyncio.all_tasks())

    with serving(hanging) as server:
        assert asyncio.run(first_of_many(server)) == 1


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def test_when_nearly_all_feeds_are_silent_it_is_the_network_that_failed(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_network(monkeypatch)
    silent = [f"https://feed{number}.example/" for number in range(9)]
    read_before = [Known(url=url, before="read") for url in silent]
    fetched = fetch([*read_before, loopback.put("/feed", FEED), loopback.url + "/gone"])
    down = {each.url for each in fetched if each.no_network}
    assert down == set(silent)
    assert {each.reason for each in fetched if each.no_network} == {NO_NETWORK}
    assert {each.url: each.outcome for each in fetched if each.url not in down} == {
        loopback.url + "/feed": "read",
        loopback.url + "/gone": "failed",
    }


@pytest.mark.parametrize(("silent", "heard"), [(8, 2), (4, 0), (3, 2)])
def test_a_few_silent_feeds_are_their_own_fault(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, silent: int, heard: int
) -> None:
    no_network(monkeypatch)
    urls = [f"https://feed{number}.example/" for number in range(silent)]
    urls_heard = [loopback.put(f"/{number}", FEED) for number in range(heard)]
    fetched = fetch([Known(url=url, before="read") for url in [*urls, *urls_heard]])
    assert not any(each.no_network for each in fetched)
    assert sorted(each.reason for each in fetched if each.outcome == "failed") == sorted(
        f"no server of the name {urlsplit(url).netloc} was found" for url in urls
    )


def test_nobody_waits_for_hundreds_of_feeds_when_the_network_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def lookup(host: str, *_: object, **__: object) -> NoReturn:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    fetched = fetch(["file:///etc/passwd", *(f"https://feed{number}.example/" for number in range(300))])
    assert len({each.url for each in fetched}) == len(fetched) == 301
    assert [each.url for each in fetched if not each.no_network] == ["file:///etc/passwd"]
    assert len(looked_up) < 150


def test_offline_no_feed_is_blamed(loopback: Loopback) -> None:
    [fetched] = fetch([loopback.put("/feed", FEED)], offline=True)
    assert (fetched.outcome, fetched.no_network) == ("failed", True)
    assert loopback.seen == []


def test_who_took_long_the_last_time_is_asked_first(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    url = loopback.put("/feed", FEED)
    assert not fetch([url])[0].slow
    monkeypatch.setattr("curate.feeds.fetch.SLOW", 0.000_001)
    assert fetch([url])[0].slow
    known = [Known(url=f"https://a{number}.example/", slow=number == 30) for number in range(40)]
    assert spread(known)[0] == known[30]


def test_a_host_of_many_slow_feeds_that_is_down_is_not_the_network(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its feeds are asked first, and are silent before anybody else could answer."""
    no_network(monkeypatch)
    slow = [Known(url=f"https://slow.example/{number}", before="read", slow=True) for number in range(80)]
    quick = [Known(url=loopback.put(f"/{number}", FEED), before="read") for number in range(3)]
    fetched = fetch([*slow, *quick])
    assert sorted(each.url for each in fetched if each.outcome == "read") == [each.url for each in quick]
    assert not any(each.no_network for each in fetched)


def test_the_feeds_of_one_host_are_spread_over_the_whole() -> None:
    known = [Known(url=f"https://big.example/{number}") for number in range(50)]
    known += [Known(url=f"https://small{number}.example/") for number in range(50)]
    order = [urlsplit(each.url).netloc for each in spread(known)]
    assert sorted(order) == sorted(urlsplit(each.url).netloc for each in known)
    windows = [Counter(order[start : start + 20])["big.example"] for start in range(81)]
    assert min(windows) >= 6
    assert max(windows) <= 14
