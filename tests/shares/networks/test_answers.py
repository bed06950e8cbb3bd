"""Whatever a server answers, a network says one of the things it may say, and nothing breaks.

One answer of each network at a time is spoiled, in every place, with everything JSON can hold.
"""

from __future__ import annotations

import asyncio
import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.folder import Desk
from curate.desk.settings import Account
from curate.shares.networks import linkedin, open_channel, threads
from curate.shares.networks.base import (
    Absent,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Office,
    Picture,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.tokens import secret_of
from curate.web.client import NotSent
from tests.shares.networks.contract import LINK, NOW, TEXT, make_attempt, make_share
from tests.shares.servers import MemoryClient, Server, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from curate.web.client import Reply
    from tests.shares.servers import Answer

SERVER = "https://odd.example"
ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, float("inf"), float("nan"), "", "\ud800", "\x1b[31m" + "x" * 5000, LINK, TEXT,
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T08:00:00", "http://[::1", "<![ x",
    [], [[]], [{}], {}, {"id": {}}, [None, 1, "x"],
]  # fmt: skip
CLOCKS = ("", "soon", "Fri, 31 Dec 9999 23:59:59 -1400", "Mon, 01 Jan 0001 00:00:00 +1400")
FAR = NOW.isoformat()
# What each network is asked, by a piece of the address, the first that fits; and what it says when all is well.
SAID: dict[str, dict[str, Any]] = {
    "mastodon": {
        "verify_credentials": {"id": "7", "acct": "dana"},
        "instance": {"configuration": {"statuses": {"max_characters": 500}}},
        "well-known/nodeinfo": {"links": [{"href": f"{SERVER}/nodeinfo/2.0"}]},
        "nodeinfo/2.0": {"software": {"name": "mastodon"}},
        "media": {"id": "5"},
        "accounts/7/statuses": [{"id": "9", "content": "<p>x</p>", "created_at": FAR, "url": LINK}],
        "api/v1/statuses": {"id": "9", "url": LINK},
    },
    "bluesky": {
        "createSession": {"did": "did:plc:dana", "handle": "dana.test", "accessJwt": "canary-session", "active": True},
        "uploadBlob": {"blob": {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 9}},
        "putRecord": {"uri": "at://did:plc:dana/app.bsky.feed.post/x", "error": ""},
        "getRecord": {"value": {}, "error": ""},
    },
    "linkedin": {
        "userinfo": {"sub": "abc", "name": "Dana"},
        "rest/images": {"value": {"image": "urn:li:image:1", "uploadUrl": f"{SERVER}/put"}},
        "put": {},
        "rest/posts": {"code": "", "message": ""},
    },
    "x": {
        "users/me": {"data": {"id": "7", "username": "dana"}},
        "users/7/tweets": {
            "data": [{"id": "1", "text": "x t.co/a", "created_at": FAR,
                      "entities": {"urls": [{"url": "t.co/a", "expanded_url": LINK}]}}],
            "meta": {"next_token": "more"},
        },
        "2/tweets": {"data": {"id": "12"}, "detail": "duplicate"},
    },
    "facebook": {
        "me?": {"id": "1001", "name": "Page"},
        "published_posts": {
            "data": [{"id": "1", "message": "x", "created_time": FAR, "permalink_url": LINK,
                      "attachments": {"data": [{"url": LINK, "unshimmed_url": LINK}]}}],
            "paging": {"next": "more", "cursors": {"after": "c"}},
        },
        "feed": {"id": "77", "error": {"code": 1, "error_subcode": 0, "message": "", "is_transient": False}},
        "77?": {"permalink_url": LINK},
    },
    "threads": {
        "me?": {"id": "1001", "username": "dana"},
        "refresh_access_token": {"access_token": "canary-new", "expires_in": 5_000_000},
        "me/threads?": {
            "data": [{"id": "1", "text": "x", "timestamp": FAR, "permalink": LINK}],
            "paging": {"next": "more", "cursors": {"after": "c"}},
        },
        "me/threads_publish": {"id": "78", "error": {"code": 24, "error_subcode": 0, "message": ""}},
        "me/threads": {"id": "77"},
        "77?": {"status": "FINISHED", "error_message": ""},
        "78?": {"permalink": LINK},
    },
}  # fmt: skip


class Odd(Server):
    """Answers as told, with ``spoiled`` in the place of one answer."""

    def __init__(self, network: str) -> None:
        super().__init__()
        self.said = SAID[network]
        self.spoiled: tuple[str, Any] = ("", None)
        self.status = 200
        self.clock = ""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as for all
        place = next((piece for piece in self.said if piece in target), "")
        spoiled = place == self.spoiled[0]
        posted = 201 if place in ("2/tweets", "rest/posts") else 200
        answer = as_json(self.spoiled[1] if spoiled else self.said.get(place, {}), self.status if spoiled else posted)
        return answer[0], {**answer[1], "Date": self.clock, "x-restli-id": ""}, answer[2]


class Anywhere(MemoryClient):
    """Reaches nobody where nobody is."""

    async def send(self, method: str, url: str, **more: Any) -> Reply:
        if not url.startswith(f"{SERVER}/"):
            raise NotSent(url, "nobody is there")
        return await super().send(method, url, **more)


def spoilt(value: Any) -> Iterator[Any]:
    """Return ``value`` with each odd thing in each of its places, itself among them."""
    yield from ODD
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        for inner in spoilt(value[name]):
            changed = copy.copy(value)
            changed[name] = inner
            yield changed


async def use(server: Odd, network: str, folder: Path) -> None:
    """Ask everything a pass may ask."""
    handle = {"bluesky": "dana.test", "facebook": "1001"}.get(network, "dana")
    keys = ("api_key", "api_secret", "token", "token_secret")
    secret = secret_of(**{name: f"canary-{name}" for name in keys}, expires_at=(NOW + timedelta(days=3)).isoformat())
    office = Office(
        name="one", account=Account(network=network, server=SERVER, handle=handle),  # type: ignore[arg-type]
        secret=secret, client=Anywhere({SERVER: server}), language="en",
    )  # fmt: skip
    channel = open_channel(office, Desk(folder))
    frozen = channel.freeze(make_share(network), now=NOW)
    ready = await channel.ready(now=NOW)
    assert isinstance(ready, Ready | NeedsLogin | RetryAt)
    if not isinstance(ready, Ready):
        return
    staged = await channel.stage(frozen, Picture(data=b"\x89PNG\r\n\x1a\n", alt="A pager"), now=NOW)
    assert isinstance(staged, Frozen | Rejected | RetryAt | NeedsLogin)
    attempt = make_attempt(staged if isinstance(staged, Frozen) else frozen)
    json.dumps(json.loads(attempt.payload), ensure_ascii=False, allow_nan=False).encode()  # as the ledger keeps it
    answers: list[Any] = [ready, staged]
    for again in (False, True):
        sent = await channel.send(replace(attempt, again=again), now=NOW)
        assert isinstance(sent, Sent | AlreadySent | Rejected | RetryAt | NeedsLogin | Unknown)
        found = await channel.confirm(replace(attempt, again=again), known={"5"}, now=NOW + timedelta(hours=1))
        assert isinstance(found, Found | Absent | CannotTell)
        answers += [sent, found]
    for answer in answers:
        for told in filter(lambda value: isinstance(value, str), vars(answer).values()):
            assert b"canary" not in told.encode()


@pytest.mark.parametrize("network", SAID)
def test_no_answer_of_a_server_breaks_anything(network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkedin, "GRACE", 0)
    monkeypatch.setattr(threads, "PAUSES", ())
    server = Odd(network)

    async def go() -> None:
        for place, answer in server.said.items():
            for spoiled in spoilt(answer):
                for status in (200, 400):
                    server.spoiled, server.status = (place, spoiled), status
                    await use(server, network, tmp_path)

    asyncio.run(go())


@pytest.mark.parametrize("network", SAID)
@pytest.mark.parametrize("clock", CLOCKS)
def test_no_clock_of_a_server_breaks_anything(
    network: str, clock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linkedin, "GRACE", 0)
    monkeypatch.setattr(threads, "PAUSES", ())
    server = Odd(network)
    server.clock = clock
    asyncio.run(use(server, network, tmp_path))
