"""Webmentions of the site, asked for where a service collects them: each once, in order, and safe to show."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback

TOKEN = "canary token+1"
PAGE = "https://dana.example/2026/choosing-well/"
ROSA = "https://rosa.example/2026/answer"


def mention(number: int, day: int = 20, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return one mention as webmention.io lists it."""
    at = f"2026-11-{day:02}T08:{number % 60:02}:00Z"
    return {
        "type": "entry", "author": {"type": "card", "name": "Rosa", "url": "https://rosa.example/", "photo": ""},
        "url": f"{ROSA}/{number}", "published": at, "wm-received": at, "wm-id": number,
        "wm-source": f"{ROSA}/{number}", "wm-target": PAGE, "wm-property": "in-reply-to", "wm-private": False,
        "content": {"text": f"Answer {number}", "html": f"<p>Answer {number}</p>"},
    } | (more or {})  # fmt: skip


@dataclass
class Service:
    """A service that lists mentions as JF2, by number, some at a time, to whoever has the token."""

    mentions: list[dict[str, Any]] = field(default_factory=list)
    token: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, _: str, target: str, *__: object) -> tuple[int, dict[str, str], bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        self.asked.append(query)
        kind = {"Content-Type": "application/json"}
        if self.token and query.get("token") != self.token:
            told = {"error": "forbidden", "error_description": f"Access token {query.get('token')} was not valid"}
            return 401, kind, json.dumps(told).encode()
        found = [one for one in self.mentions if one.get("wm-id", 0) > int(query.get("since_id", 0))]
        found = [one for one in found if one.get("wm-received", "9") >= query.get("since", "")]
        listed = sorted(found, key=lambda one: one.get("wm-id", 0))[: int(query["per-page"])]
        return 200, kind, json.dumps({"type": "feed", "name": "Webmentions", "children": listed}).encode()


@dataclass
class Place:
    """A desk and the service its mentions are at."""

    curate: Curate
    desk: Path
    loopback: Loopback
    service: Service
    feed: str

    def __call__(self, *arguments: str | Path, now: str = "2026-11-22T08:12:00Z", expect: int = 0) -> Any:
        return self.curate("-C", self.desk, "--now", now, *arguments, expect=expect)

    def tick(self, now: str) -> Any:
        return json.loads(self("tick", "--json", now=now).out)

    def texts(self) -> list[str]:
        return [row["text"] for row in self("replies", "list", "--json", "--limit", "0").data]


class Pages(dict[str, Any]):
    """Pages by path, where one with a query is the page of its path."""

    def get(self, path: str, other: Any = None) -> Any:
        return super().get(urlsplit(path).path, other)


@pytest.fixture
def place(curate: Curate, desk: Path, loopback: Loopback) -> Place:
    service = Service()
    loopback.pages = Pages({"/api/mentions.jf2": service})
    return Place(curate, desk, loopback, service, f"{loopback.url}/api/mentions.jf2?domain=dana.example")


def test_off_by_default_nobody_is_asked(place: Place) -> None:
    assert place.tick("2026-11-22T08:12:00Z")["data"]["replies"] == 0
    assert place.loopback.seen == []


def test_mentions_wait_with_the_other_replies_each_once_and_are_opened_and_done(place: Place) -> None:
    place.service.mentions = [
        mention(2, 21, {"wm-property": "mention-of"}), mention(1, 20), mention(3, 21, {"wm-property": "like-of"}),
    ]  # fmt: skip
    assert "New        2: curate replies list" in place("replies", "receive", place.feed).out
    listed = place("replies", "list")
    first, second = place("replies", "list", "--json").data
    assert f"{first['id']}    2d  rosa.example answers {PAGE} on webmention" in listed.out
    assert f"{second['id']}    1d  rosa.example names {PAGE} on webmention" in listed.out
    assert (first["text"], first["name"], first["page"], first["kind"]) == ("Answer 1", "Rosa", PAGE, "reply")
    assert "2 answers and mentions wait, the oldest for 2d" in place("today").out
    assert place("replies", "open", first["id"], "--print").out == f"{ROSA}/1\n"
    place("replies", "done", first["id"])
    place.service.mentions += [mention(4, 22), mention(1, 20)]
    assert place.tick("2026-11-22T10:00:00Z")["data"]["replies"] == 1
    assert place.texts() == ["Answer 2", "Answer 4"]


def test_the_service_is_asked_hourly_at_most_and_only_for_what_came_since(place: Place) -> None:
    place("config", "set", "site.webmention_feed", place.feed)
    place.service.mentions = [mention(number, 1 + number // 60) for number in range(60, 320)]
    assert place.tick("2026-11-22T08:12:00Z")["data"]["replies"] == 260
    assert [query.get("since_id") for query in place.service.asked] == [None, "159", "259"]
    assert place.service.asked[0]["since"] == "2026-10-23T08:12:00+00:00"
    assert place.service.asked[0]["domain"] == "dana.example"
    place.tick("2026-11-22T08:40:00Z")
    assert len(place.service.asked) == 3
    place.service.mentions.append(mention(400, 22))
    assert place.tick("2026-11-22T09:40:00Z")["data"]["replies"] == 1
    assert place.service.asked[-1]["since_id"] == "319"
    assert place.texts() == [f"Answer {number}" for number in (*range(60, 320), 400)]


def test_what_came_long_before_anybody_asked_does_not_wait_even_where_numbers_are_missing(place: Place) -> None:
    old, new = mention(1, 20), mention(2, 21)
    old |= {"wm-received": "2025-11-20T08:00:00Z", "published": "2025-11-20T08:00:00Z"}
    place.service.mentions = [old, new]
    for one in (old, new):
        del one["wm-id"]
    place.loopback.pages["/api/mentions.jf2"] = (200, {}, json.dumps({"children": [old, new]}).encode())
    place("replies", "receive", place.feed)
    assert place.texts() == ["Answer 2"]
    assert place.tick("2026-11-23T08:12:00Z")["data"]["replies"] == 0


def test_a_page_that_a_network_told_of_already_does_not_wait_twice(place: Place) -> None:
    from contextlib import closing

    from curate.desk.db import open_database
    from curate.desk.folder import Desk
    from curate.presence.replies import add_replies
    from tests.presence.test_replies import heard
    from tests.shares.servers import START

    with closing(open_database(Desk(place.desk))) as connection:
        add_replies(connection, "mastodon", "mastodon", [heard(1, "Why?", url="https://other.example/1")], now=START)
    bridged = mention(1, more={"url": "https://other.example/1", "wm-source": "https://brid.gy/comment/mastodon/1"})
    place.service.mentions = [bridged, mention(2)]
    place("replies", "receive", place.feed)
    assert place.texts() == ["Why?", "Answer 2"]


def test_a_token_lies_in_the_keyring_or_its_file_and_shows_nowhere(place: Place, tmp_path: Path) -> None:
    place.service.token, place.service.mentions = TOKEN, [mention(1)]
    refused = place("replies", "receive", place.feed, expect=4)
    assert "it wants a token (HTTP 401: forbidden: Access token None was not valid)" in refused.err
    assert "--token-file FILE" in refused.err
    assert place("config", "get", "site.webmention_feed").out == "\n"
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    done = place("replies", "receive", place.feed, "--token-file", tmp_path / "token")
    assert "readable by you alone" in done.out
    place.service.mentions.append(mention(2))
    assert place.tick("2026-11-22T10:00:00Z")["data"]["replies"] == 1
    place.service.token = "another"
    told = place.tick("2026-11-22T12:00:00Z")
    words = (
        "does not accept its token (HTTP 401: forbidden: Access token *** was not valid). curate replies receive URL"
    )
    assert [one.partition(f"{urlsplit(place.feed).netloc} ")[2] for one in told["warnings"]] == [words]
    asked = len(place.service.asked)
    assert place.tick("2026-11-22T20:00:00Z")["warnings"] == []  # left alone for a day
    assert len(place.service.asked) == asked
    place.loopback.pages["/api/mentions.jf2"] = (302, {"Location": "/api/mentions.jf2"}, b"")
    [told] = place.tick("2026-11-23T20:00:00Z")["warnings"]  # it names the address that was asked
    assert "token=***" in told
    for file in (place.desk / ".curate").glob("desk*"):
        assert b"canary" not in file.read_bytes()
    assert "canary" not in (place.desk / "curate.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address",
    [
        "http://rosa.example/feed", "mentions.jf2", "ftp://x.example/", "https://x.example/?token=canary",
        "http://x.example/?token=canary", "https://dana:canary@x.example/",
    ],
)  # fmt: skip
def test_an_address_without_encryption_or_with_a_token_in_it_is_refused(place: Place, address: str) -> None:
    for command in (("replies", "receive"), ("config", "set", "site.webmention_feed")):
        told = place(*command, address, expect=2).err
        assert told.count("webmention_feed") == 1
        assert "canary" not in told
    assert place.loopback.seen == []


def test_a_private_address_is_not_asked(place: Place) -> None:
    told = place("replies", "receive", "https://10.0.0.1/feed", expect=5).err
    assert "private" in told


def test_a_site_whose_name_has_other_letters_hears_of_itself(place: Place) -> None:
    place("config", "set", "site.url", "https://bücher.example")
    other = mention(2, 21, {"wm-target": "https://elsewhere.example/"})
    place.service.mentions = [mention(1, 20, {"wm-target": "https://xn--bcher-kva.example/2026/choosing/"}), other]
    place("replies", "receive", place.feed)
    assert place.texts() == ["Answer 1"]


def test_a_clock_that_was_years_ahead_at_first_hides_nothing_once_it_is_right(place: Place) -> None:
    place("config", "set", "site.webmention_feed", place.feed)
    place.tick("2031-11-22T08:12:00Z")
    place.service.mentions = [mention(1, 20)]
    assert place.tick("2026-11-22T08:12:00Z")["data"]["replies"] == 1


def test_a_service_that_asks_to_be_left_alone_for_hours_is(place: Place) -> None:
    place("config", "set", "site.webmention_feed", place.feed)
    place.loopback.pages["/api/mentions.jf2"] = (429, {"Retry-After": "7200"}, b"")
    place.tick("2026-11-22T08:12:00Z")
    place.tick("2026-11-22T10:10:00Z")
    assert len(place.loopback.seen) == 1
    place.tick("2026-11-22T10:13:00Z")
    assert len(place.loopback.seen) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, {}, b"<h1>Oh\x1b[31m no</h1>"), "does not answer as it should (HTTP 500: Oh[31m no)"),
        ((200, {}, b"[1]"), "does not answer as it should (HTTP 200: [1])"),
        ((200, {}, b'{"children": 7}'), "does not answer as it should"),
        ((302, {"Location": "http://10.1.1.1/"}, b""), "private"),
        ((429, {"Retry-After": "60"}, b""), "asks to wait."),
    ],
)
def test_a_service_in_trouble_is_told_in_words_and_asked_again_in_an_hour(
    place: Place, answer: tuple[int, dict[str, str], bytes], words: str
) -> None:
    place("config", "set", "site.webmention_feed", place.feed)
    place.loopback.pages["/api/mentions.jf2"] = answer
    [told] = place.tick("2026-11-22T08:12:00Z")["warnings"]
    assert told.startswith("The site's webmentions could not be asked for: ")
    assert words in told
    place.loopback.pages["/api/mentions.jf2"] = place.service
    place.service.mentions = [mention(1)]
    assert place.tick("2026-11-22T09:12:00Z")["data"]["replies"] == 1


HOSTILE = {
    "author": {"name": "\x1b]0;owned\x07Ro\u202esa", "url": "javascript:alert(1)"},
    "content": {"html": "<script>alert(1)</script><p onclick=x>Wh<b>y</b> &amp; when?</p><img src=//t.example>"},
}


def test_hostile_content_is_text_and_addresses_of_other_kinds_are_none(place: Place) -> None:
    place.service.mentions = [
        mention(1, more=HOSTILE),
        mention(2, more={"url": "javascript:alert(2)", "content": {"text": "a\x1b[2J\u202eb<script>\n\nc"}}),
        mention(3, more={"content": "<b>bold</b>", "wm-source": "file:///etc/passwd"}),
        mention(4, more={"url": "javascript:alert(3)", "wm-source": "data:text/html,x"}),
        mention(5, more={"wm-target": "https://another.example/page"}),
        mention(6, more={"content": {"text": "x" * 20_000}}),
        {"wm-id": 7},
        mention(8, more={"wm-property": ["in-reply-to"], "content": [], "author": [], "in-reply-to": PAGE}),
    ]  # fmt: skip
    place.service.mentions.append(mention(9, more={"published": "9999-99-99", "content": {}, "name": "A <i>title</i>"}))
    place("replies", "receive", place.feed)
    rows = {row["url"].rpartition("/")[2]: row for row in place("replies", "list", "--json").data}
    assert sorted(rows) == ["1", "2", "3", "6", "8", "9"]
    assert (rows["1"]["text"], rows["1"]["name"]) == ("Why & when?", "]0;ownedRosa")
    assert rows["2"]["text"] == "a[2Jb<script>\n\nc"
    assert rows["2"]["url"] == f"{ROSA}/2"
    assert len(rows["6"]["text"]) == 5000
    assert (rows["8"]["kind"], rows["8"]["text"]) == ("reply", "")
    assert (rows["9"]["text"], rows["9"]["at"]) == ("A title", "2026-11-20T08:09:00Z")
    shown = place("replies", "list").out
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("told", [{"wm-id": True}, {"wm-id": "7"}, {"wm-id": 10**20}, {"wm-id": -1}])
def test_a_number_that_is_none_hides_no_later_mention(place: Place, told: dict[str, Any]) -> None:
    listed = [mention(1, more=told), mention(2)]
    place.loopback.pages["/api/mentions.jf2"] = (200, {}, json.dumps({"children": listed}).encode())
    place("replies", "receive", place.feed)
    place.loopback.pages["/api/mentions.jf2"] = place.service
    place.service.mentions = [mention(3)]
    assert place.tick("2026-11-22T10:00:00Z")["data"]["replies"] == 1
    assert place.service.asked[0]["since_id"] == "2"
