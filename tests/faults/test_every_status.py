"""What each status and odd body means, for every network: out only with evidence, refused only when that is certain.

The expectation is written down by status alone, apart from what a network's own file says of it.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import Desk
from curate.desk.settings import Account
from curate.shares.networks import open_channel
from curate.shares.networks.base import (
    SETTLED,
    Absent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Office,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.tokens import Secret, secret_of
from tests.shares.networks.contract import LINK, NOW, make_attempt, make_share
from tests.shares.servers import as_json
from tests.shares.six import HANDLES, NETWORKS, Between, make_servers
from tests.shares.x_server import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.attempts import Attempt
    from curate.shares.networks.base import Channel
    from tests.shares.servers import Answer, Server

SUCCESSES = (*range(200, 209), 226)
REDIRECTS = (*range(300, 309), 399)
REFUSALS = (*range(400, 408), *range(410, 419), *range(421, 427), 428, 429, 431, 451)
DOUBTS = (408, 409, 419, 420, 430, 440, 444, 449, 450, 460, 463, 494, 498, 499)  # the last two: somebody hung up
FAILURES = (*range(500, 512), *range(520, 528), 530, 561, 598, 599)
STATUSES = (*SUCCESSES, *REDIRECTS, *REFUSALS, *DOUBTS, *FAILURES)
HTML = {"Content-Type": "text/html"}
BODIES: tuple[tuple[dict[str, str], bytes], ...] = (
    ({}, b""),
    (HTML, b"<!doctype html><h1>Welcome to this hotel's network</h1>"),
    ({}, b'{"id": "12'),
    ({}, b"{}"),
    ({}, b"null"),
    ({}, b"17"),
    ({}, b'"17"'),
    ({}, b'[{"id": "17"}]'),
    ({}, b'{"id": null, "uri": null, "data": null, "error": null}'),
    ({}, b'{"id": "", "uri": "", "data": {"id": ""}}'),
    ({}, b'{"id": "../17 \\u202e", "uri": "at://somebody/else/1", "data": {"id": "<17>"}}'),
    ({}, b'{"id": 17, "data": {"id": 17}, "error": []}'),
    ({"x-restli-id": "17", "Location": "http://elsewhere.example/"}, b'{"error": "x"}'),
    ({"Retry-After": "120"}, b'{"errors": [{"message": "no"}]}'),
    ({}, b"[" * 100_000),
    ({"Content-Type": "application/json; charset=utf-16"}, b"\xff\xfe\xff"),
)
# What comes with a success, and the status it comes with.
EVIDENCE: dict[str, tuple[tuple[int, ...], Answer]] = {
    "linkedin": ((201,), (201, {"x-restli-id": "urn:li:share:17"}, b"")),
    "x": ((201,), as_json({"data": {"id": "17", "text": "…"}})),
    "facebook": ((200,), as_json({"id": "1001_17"})),
    "threads": ((200,), as_json({"id": "17"})),
    "mastodon": ((200, 201), as_json({"id": "17", "url": "https://social.example/@dana/17"})),
    "bluesky": ((200,), as_json({"uri": "at://did:plc:dana/app.bsky.feed.post/KEY"})),
}
# What a network says in its own words when it is not sent; under another status it is not that.
OWN_WORDS: dict[str, list[tuple[type, tuple[int, ...], bytes]]] = {
    "linkedin": [(NeedsLogin, (400, 426), b'{"code": "NONEXISTENT_VERSION", "message": "not active"}')],
    "bluesky": [
        (RetryAt, (400, 401), b'{"error": "ExpiredToken", "message": "Token has expired"}'),
        (RetryAt, (400, 401), b'{"error": "InvalidToken", "message": "Token could not be verified"}'),
    ],
    "x": [(Rejected, (403,), b'{"detail": "Your Tweet text is too long."}')],
}


def meaning(name: str, status: int) -> type:
    """Return what a status means in answer to a request to post, when nothing else tells."""
    if status not in REFUSALS:
        return Unknown
    if status in (401, 403) or (name, status) in (("linkedin", 426), ("x", 402)):
        return NeedsLogin
    return RetryAt if status == 429 else Rejected


class Desk6:
    """One network in memory, asked without a ledger. ``answer`` stands in for all that is asked at ``at``."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.server: Server = make_servers()[name]
        self.server.advance(NOW)
        self.client = Between({name: self.server}, dates=True)
        account = Account(network=name, server=f"http://{name}.example", handle=HANDLES.get(name, "dana"))  # type: ignore[arg-type]
        secret = secret_of(**KEYS) if name == "x" else Secret(self.server.password)
        office = Office(name=name, account=account, secret=secret, client=self.client, language="en")
        self.channel: Channel = open_channel(office, Desk(folder))

    async def prepare(self) -> Attempt:
        """Sign in and return an attempt that is ready to be sent."""
        ready = await self.channel.ready(now=NOW)
        assert isinstance(ready, Ready), ready
        frozen = self.channel.freeze(make_share(self.name, f"Words of mine\n\n{LINK}"), now=NOW)
        staged = await self.channel.stage(frozen, None, now=NOW)
        assert isinstance(staged, Frozen), staged
        return make_attempt(staged)

    def say(self, answer: Answer, *, posting: bool) -> None:
        """Let ``answer`` stand in for what is posted, or for everything."""
        wanted = ("POST", self.server.posting)
        self.client.instead = lambda _, *asked: answer if not posting or asked == wanted else None


def odd_answers() -> Iterator[Answer]:
    for status in STATUSES:
        for headers, body in BODIES:
            yield status, {"Content-Type": "application/json", **headers}, body


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Desk6:
    return Desk6(request.param, tmp_path)


def test_a_status_means_the_same_whatever_stands_in_its_body(network: Desk6) -> None:
    async def go() -> int:
        attempt = await network.prepare()
        count = 0
        for answer in odd_answers():
            network.say(answer, posting=True)
            outcome = await network.channel.send(attempt, now=NOW)
            assert type(outcome) is meaning(network.name, answer[0]), (answer, outcome)
            assert getattr(outcome, "reason", ""), answer
            count += 1
        return count

    assert asyncio.run(go()) == len(STATUSES) * len(BODIES) > 60 * len(BODIES)


def test_only_evidence_under_its_own_status_says_that_it_is_out(network: Desk6) -> None:
    async def go() -> None:
        attempt = await network.prepare()
        successes, (_, headers, body) = EVIDENCE[network.name]
        body = body.replace(b"KEY", attempt.key.encode())
        for status in STATUSES:
            network.say((status, headers, body), posting=True)
            outcome = await network.channel.send(attempt, now=NOW)
            assert type(outcome) is (Sent if status in successes else meaning(network.name, status)), (status, outcome)
            if isinstance(outcome, Sent):
                assert outcome.remote_id
                assert outcome.url.startswith("http")

    asyncio.run(go())


def test_a_networks_own_words_count_under_their_own_status_only(network: Desk6) -> None:
    """A proxy or a failing server that hands on an old answer proves nothing about this request."""

    async def go() -> None:
        attempt = await network.prepare()
        refusal = network.server.refusal
        words = [(Rejected, (refusal[0],), refusal[2]), *OWN_WORDS.get(network.name, [])]
        for kind, own, body in words:
            for status in (*SUCCESSES, *REDIRECTS, *own, *FAILURES):
                network.say((status, {"Content-Type": "application/json"}, body), posting=True)
                outcome = await network.channel.send(attempt, now=NOW)
                assert type(outcome) is (kind if status in own else Unknown), (status, body, outcome)

    asyncio.run(go())


def test_no_odd_answer_signs_in(network: Desk6) -> None:
    async def go() -> None:
        for answer in odd_answers():
            network.say(answer, posting=False)
            ready = await network.channel.ready(now=NOW)
            if answer[0] in (401, 403):
                assert isinstance(ready, NeedsLogin), (answer, ready)
            elif answer[0] in REFUSALS and answer[0] != 429:
                assert isinstance(ready, (NeedsLogin, RetryAt)), (answer, ready)
            else:
                assert isinstance(ready, RetryAt), (answer, ready)

    asyncio.run(go())


def test_no_odd_answer_makes_what_is_out_absent(network: Desk6) -> None:
    nothing_there = json.dumps({"error": "RecordNotFound", "message": "Could not locate record"}).encode()

    async def go() -> None:
        attempt = await network.prepare()
        network.server.effects.append("drop after")
        assert isinstance(await network.channel.send(attempt, now=NOW), Unknown)
        for answer in odd_answers():
            network.say(answer, posting=False)
            found = await network.channel.confirm(attempt, known=(), now=NOW + SETTLED)
            assert isinstance(found, CannotTell), (answer, found)
        for status in (*SUCCESSES, *REDIRECTS, *FAILURES):
            network.say((status, {}, nothing_there), posting=False)
            found = await network.channel.confirm(attempt, known=(), now=NOW + SETTLED)
            assert not isinstance(found, Absent), (status, found)
        network.client.instead = lambda *_: None
        network.server.advance(NOW + SETTLED)
        found = await network.channel.confirm(attempt, known=(), now=NOW + SETTLED)
        assert isinstance(found, CannotTell if network.name == "linkedin" else Found)

    asyncio.run(go())


def test_the_statuses_are_all_there_are() -> None:
    assert {int(status) for status in HTTPStatus if status >= 200} <= set(STATUSES)
