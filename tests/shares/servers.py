"""Two networks that behave like the real ones where it matters for sending, and fail on request.

They keep what the public would see in ``posts``, and count nothing else. Each can be asked through a
socket (``serve``) or without one (``MemoryClient``), so that a test can take its time apart.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from multidict import CIMultiDict

from curate.web.client import Client, NotSent, Reply, Unanswered, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Answer = tuple[int, dict[str, str], bytes]
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

# What can go wrong with one request to post. “before”: nothing is stored. “after”: it is.
EFFECTS = (
    "drop before", "drop after", "drop late", "500 before", "500 after", "html after", "429", "401", "refuse",
    "unreachable",
)  # fmt: skip


class Dropped(Exception):
    """The connection ends without an answer."""


class Broken(Dropped):
    """It ends in good order: without an answer, or with no more than the first half of one."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__()
        self.answer = answer


class Unreachable(Exception):
    """There is no connection at all."""


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(value).encode()


@dataclass
class Server:
    """What both have in common: a clock, faults in the order they come, and requests that finish late."""

    posting: ClassVar[str]
    refusal: ClassVar[Answer]
    password: str = "canary-token-5a1b"
    effects: list[str] = field(default_factory=list)
    now: datetime = START
    late: timedelta = timedelta(seconds=30)
    heard: list[tuple[str, str]] = field(default_factory=list)
    stored: threading.Event = field(default_factory=threading.Event)
    hang: threading.Event = field(default_factory=threading.Event)
    waiting: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    instead: dict[str, Answer | None] = field(default_factory=dict)  # by path: another answer, or none
    chance: Callable[[], str] = str  # the effect of a request that has none in line
    lock: threading.RLock = field(default_factory=threading.RLock)

    def advance(self, now: datetime) -> None:
        """Let the clock go on, and finish what was still at work."""
        with self.lock:
            self.now = now
            for at, work in list(self.waiting):
                if at <= now:
                    self.waiting.remove((at, work))
                    work()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request, with the next fault when it is one to post."""
        path = urlsplit(target).path
        self.heard.append((method, path))
        with self.lock:
            if (method, path) != ("POST", self.posting):
                answer = self.instead[path] if path in self.instead else self.reads(target, headers, body)
                if answer is None:
                    raise Dropped
                return answer
            effect = self.effects.pop(0) if self.effects else self.chance()
            instead = self.refuse(effect, headers, body)
            if instead is not None:
                return instead
            answer = self.write(headers, body)
        self.stored.set()
        if effect == "slow":
            self.hang.wait(0.1)
        if effect == "hang after":
            self.hang.wait(30)
        if effect in ("hang after", "drop after"):
            raise Dropped
        if effect in ("close after", "half after"):
            raise Broken(answer if effect == "half after" else None)
        if effect == "500 after":
            return 504, {"Content-Type": "text/html"}, b"<h1>Gateway\x1b[31m Timeout</h1>"
        if effect == "html after":
            return 200, {"Content-Type": "text/html"}, b"<h1>Welcome to this hotel's network</h1>"
        return answer

    def refuse(self, effect: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Return the answer of a fault that stores nothing, at least not now; None for any other."""
        if effect == "unreachable":
            raise Unreachable
        if effect == "drop late":
            self.waiting.append((self.now + self.late, lambda: self.write(headers, body)))
        if effect in ("drop late", "drop before"):
            raise Dropped
        answers = {
            "500 before": as_json({"error": "Something broke"}, 500),
            "429": as_json({"error": "Too many requests"}, 429, Retry_After="600"),
            "401": as_json({"error": f"The token {self.password} was revoked"}, 401),
            "403": as_json({"error": "This action is outside the authorized scopes"}, 403),
            "refuse": self.refusal,
        }
        return answers.get(effect)

    def posts(self) -> list[str]:
        """Return the texts the public sees."""
        raise NotImplementedError

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request that posts nothing."""
        raise NotImplementedError

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post."""
        raise NotImplementedError


@dataclass
class MastodonServer(Server):
    """Mastodon, or with ``software`` another server of its API that ignores idempotency keys."""

    posting = "/api/v1/statuses"
    refusal = as_json({"error": "Validation failed: Text \u202econtains\x07 something"}, 422)
    software: str = "mastodon"
    statuses: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    characters: int = 500
    page: int = 40
    markup: str = ""  # what stands in front of every status
    forbidden: str = ""  # a path the token is not good for
    notifications: list[dict[str, Any]] = field(default_factory=list)

    def posts(self) -> list[str]:
        return [status["text"] for status in self.statuses]

    def told(self, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        """Return a page of notifications, which stand with the newest first."""
        last = query.get("max_id", [""])[0]
        after = [one.get("id") for one in self.notifications].index(last) + 1 if last else 0
        return self.notifications[after : after + int(query["limit"][0])]

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        key = headers.get("Idempotency-Key", "")
        there = self.keys.get(key)
        if there is not None and self.software == "mastodon" and self.now - there["at"] < timedelta(hours=1):
            return as_json(self.entity(there))
        number = str(len(self.statuses) + 1000)
        status = {"id": number, "text": json.loads(body)["status"], "at": self.now}
        self.statuses.append(status)
        self.keys[key] = status
        return as_json(self.entity(status))

    def entity(self, status: dict[str, Any]) -> dict[str, Any]:
        def link(match: re.Match[str]) -> str:
            url = match[0]
            shown = url.removeprefix("https://")
            return (
                f'<a href="{url}" rel="nofollow"><span class="invisible">https://</span>'
                f'<span class="ellipsis">{shown[:20]}</span><span class="invisible">{shown[20:]}</span></a>'
            )

        text = re.sub(r"https://[^\s<]+", link, html.escape(status["text"], quote=False))
        content = "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in text.split("\n\n"))
        return {
            "id": status["id"],
            "url": f"https://social.example/@dana/{status['id']}",
            "content": self.markup + content,
            "created_at": status["at"].isoformat().replace("+00:00", "Z"),
            "favourites_count": status.get("likes", 0),
            "reblogs_count": status.get("reposts", 0),
            "replies_count": status.get("replies", 0),
        }

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as for all
        path = urlsplit(target).path
        links = [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
                  "href": f"http://{headers.get('Host', 'social.example')}/nodeinfo/2.0"}]  # fmt: skip
        anybody: dict[str, object] = {
            "/.well-known/nodeinfo": {"links": links},
            "/nodeinfo/2.0": {"software": {"name": self.software}},
        }
        if self.software == "mastodon":
            anybody["/api/v2/instance"] = {"configuration": {"statuses": {"max_characters": self.characters}}}
        if path in anybody:
            return as_json(anybody[path])
        if headers.get("Authorization") != f"Bearer {self.password}":
            return as_json({"error": "The access token is invalid"}, 401)
        if path == self.forbidden:
            return as_json({"error": "This action is outside the authorized scopes"}, 403)
        known: dict[str, object] = {f"/api/v1/statuses/{one['id']}": self.entity(one) for one in self.statuses}
        if path == "/api/v1/notifications":
            known[path] = self.told(parse_qs(urlsplit(target).query))
        known["/api/v1/accounts/verify_credentials"] = {"id": "7", "acct": "dana"}
        if path in known:
            return as_json(known[path])
        if path == "/api/v1/accounts/7/statuses":
            older = [status["id"] for status in reversed(self.statuses)]
            [last] = parse_qs(urlsplit(target).query).get("max_id", [""])
            first = older.index(last) + 1 if last else 0
            listed = list(reversed(self.statuses))[first : first + self.page]
            return as_json([self.entity(status) for status in listed])
        return as_json({"error": "Record not found"}, 404)


@dataclass
class BlueskyServer(Server):
    """A server of one Bluesky account. With ``strict`` it refuses the same record under its own key, too."""

    posting = "/xrpc/com.atproto.repo.putRecord"
    refusal = as_json({"error": "InvalidRequest", "message": "Invalid \u202eapp.bsky.feed.post\x07 record"}, 400)
    strict: bool = False
    handle: str = "dana.test"
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)  # by key: what the network says of a post
    notifications: list[dict[str, Any]] = field(default_factory=list)
    alone: bool = False  # without the network's app behind it, as a personal data server may be

    def posts(self) -> list[str]:
        return [record["text"] for record in self.records.values()]

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:
        wanted = json.loads(body)
        if headers.get("Authorization") != "Bearer canary-session-77c2":
            return as_json({"error": "AuthMissing", "message": "no"}, 401)
        key = wanted["rkey"]
        assert re.fullmatch(r"[234567a-j][234567a-z]{12}", key), key
        same = self.records.get(key) == wanted["record"] and not self.strict
        if "swapRecord" in wanted and key in self.records and not same:
            return as_json({"error": "InvalidSwap", "message": "Record was at bafyreib"}, 400)
        self.records[key] = wanted["record"]
        return as_json({"uri": f"at://did:plc:dana/app.bsky.feed.post/{key}", "cid": "bafyreib"})

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        if parts.path == "/xrpc/com.atproto.server.createSession":
            if json.loads(body) != {"identifier": self.handle, "password": self.password}:
                return as_json({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
            return as_json({"did": "did:plc:dana", "handle": self.handle, "accessJwt": "canary-session-77c2"})
        if parts.path == "/xrpc/com.atproto.repo.getRecord":
            key = parse_qs(parts.query)["rkey"][0]
            if key in self.records:
                return as_json({"uri": f"at://did:plc:dana/app.bsky.feed.post/{key}", "value": self.records[key]})
            return as_json({"error": "RecordNotFound", "message": "Could not locate record"}, 400)
        if parts.path == "/xrpc/com.atproto.repo.listRecords":
            query = parse_qs(parts.query)
            assert (query["repo"], query["collection"]) == (["did:plc:dana"], ["app.bsky.feed.post"])
            last = query.get("cursor", ["~"])[0]
            keys = sorted((key for key in self.records if key < last), reverse=True)[: int(query["limit"][0])]
            uri = "at://did:plc:dana/app.bsky.feed.post/"
            more = {"cursor": keys[-1]} if keys else {}
            return as_json({"records": [{"uri": uri + key, "value": self.records[key]} for key in keys], **more})
        return self.network(parts.path, parse_qs(parts.query), headers)

    def network(self, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> Answer:
        """Answer as the network behind the account's own server does."""
        if headers.get("Authorization") != "Bearer canary-session-77c2":
            return as_json({"error": "AuthMissing", "message": "no"}, 401)
        if self.alone:
            return as_json({"error": "InvalidRequest", "message": f"No service configured for {path[6:]}"}, 400)
        if path == "/xrpc/app.bsky.feed.getPosts":
            keys = [uri.rpartition("/")[2] for uri in query["uris"]]
            assert len(keys) <= 25
            known = [key for key in keys if key in self.records]
            none = {"likeCount": 0, "repostCount": 0, "replyCount": 0, "quoteCount": 0}
            posts = [none | {"uri": f"at://did:plc:dana/app.bsky.feed.post/{key}"} for key in known]
            return as_json({"posts": [post | self.counts.get(key, {}) for key, post in zip(known, posts, strict=True)]})
        if path == "/xrpc/app.bsky.notification.listNotifications":
            first, size = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
            more = {"cursor": str(first + size)} if first + size < len(self.notifications) else {}
            return as_json({"notifications": self.notifications[first : first + size], **more})
        return as_json({"error": "MethodNotImplemented"}, 501)


class MemoryClient(Client):
    """A client whose requests reach ``networks`` (by their address) without a socket."""

    def __init__(self, networks: Mapping[str, Server]) -> None:
        super().__init__()
        self.networks = networks

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: object) -> Reply:
        parts = urlsplit(url)
        network = self.networks[f"{parts.scheme}://{parts.netloc}"]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        try:
            status, answered, content = network.answer(
                method,
                url.removeprefix(f"{parts.scheme}://{parts.netloc}"),
                CIMultiDict({**(headers or {}), "Host": parts.netloc}),
                raw,
            )
        except Unreachable:
            raise NotSent(url, "nothing answers there (connection refused)") from None
        except Dropped:
            raise Unanswered(url, "hung up without an answer") from None
        return Reply(url=url, status=status, headers=CIMultiDict(answered), body=content)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        return self._ask("GET", url, headers, None)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: object = None,  # noqa: ARG002 - the real one's arguments
        data: bytes | None = None,
        file: Upload | None = None,  # noqa: ARG002 - the same
    ) -> Reply:
        return self._ask(method, url, headers, json if data is None else data)


@contextlib.contextmanager
def serve(network: Server) -> Iterator[str]:
    """Answer for ``network`` on a port of loopback; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers: CIMultiDict[str] = CIMultiDict(self.headers.items())
            try:
                status, answered, content = network.answer(self.command, self.path, headers, body)
            except Broken as end:
                self.close_connection = True
                if end.answer is not None:
                    status, answered, content = end.answer
                    self.say(status, answered, content[: len(content) // 2], length=len(content) or 100)
                return
            except (Dropped, Unreachable):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self.say(status, answered, content, length=len(content))

        def say(self, status: int, headers: Mapping[str, str], content: bytes, *, length: int) -> None:
            with contextlib.suppress(OSError):  # whoever asked may be dead by now
                self.send_response_only(status)  # a test's time is not the machine's: no Date of its own
                for name, value in {**headers, "Content-Length": str(length)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = respond

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        network.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()
