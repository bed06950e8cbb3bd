"""A desk, its person and the world around it, through as many days as a test gives it.

The person acts through the command line. What they were told is done is written down in ``Truth``, which
asks nothing of curate: the invariants hold the desk, the site and the networks against it.
"""

from __future__ import annotations

import contextlib
import json
import random
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from curate.posts.header import read_mapping
from tests.real.conftest import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback, Result
    from tests.real.conftest import Account, Pds
    from tests.shares.servers import MastodonServer

ZONE = ZoneInfo("Europe/Berlin")
SITE = "https://dana.example"
PASS = time(8, 40)  # when the day's pass is made, which is when shares are due
ACTS = time(9)
EVENING = time(22)
VERBS = ("asks", "costs", "hides", "moves", "needs", "shows", "slows", "turns", "wants", "warns")
NOUNS = (
    "alert", "backlog", "budget", "cache", "chart", "deploy", "drill", "error", "gateway", "graph", "incident",
    "latency", "log", "manager", "metric", "model", "note", "outage", "owner", "page", "pager", "plan", "queue",
    "release", "review", "rota", "runbook", "service", "shift", "signal", "team", "test", "timeout", "trace", "window",
    "worker",
)  # fmt: skip
TAGS = ("incident response", "evaluation", "hiring")


def words(seed: str, count: int) -> str:
    """Return ``count`` sentences of the person's own, always the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - to be the same each time is what is wanted

    def noun() -> str:
        return chance.choice(NOUNS)

    sentences = (
        f"Every {noun()} {chance.choice(VERBS)} one {noun()} more than the {noun()} of a {noun()} can carry."
        for _ in range(count)
    )
    return " ".join(sentences)


def remark(seed: str) -> str:
    """Return what the person says on a network: hardly a phrase of it twice in a year."""
    chance = random.Random(seed)  # noqa: S311 - as above
    return f"{' '.join(chance.choices(NOUNS, k=14)).capitalize()}. Which {' '.join(chance.choices(NOUNS, k=3))}?"


@dataclass(kw_only=True)
class Approved:
    """A share as the person let it go: its words, where and when; ``end`` is what should have become of it by then."""

    account: str
    text: str
    due: datetime
    end: str = "sent"
    late: timedelta = timedelta(0)  # how late it may be, when something kept it


@dataclass(kw_only=True)
class Truth:
    """All that was acknowledged: items by id (state, note, tags), posts by slug (their words), shares by id."""

    items: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)  # addresses, from the site's root
    down: set[str] = field(default_factory=set)  # addresses that were taken down again
    shares: dict[str, Approved] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)  # shares that the person found on a network


@dataclass(frozen=True)
class Post:
    """What the public sees on a network: the words, when they appeared (None: nobody knows), and its name there."""

    text: str
    at: datetime | None
    remote_id: str


@dataclass
class World:
    """The desk at ``now``, two networks, a feed, and the truth."""

    curate: Curate
    desk: Path
    loopback: Loopback
    mastodon: MastodonServer
    pds: Pds
    account: Account
    sky: str
    now: datetime
    truth: Truth = field(default_factory=Truth)
    saved: dict[str, Truth] = field(default_factory=dict)  # what was true when a backup was made, by its name
    entries: list[dict[str, str]] = field(default_factory=list)
    sent_at: dict[str, datetime] = field(default_factory=dict)  # when a text was first seen on Bluesky

    @property
    def public(self) -> Path:
        """Where readers find the site."""
        return self.desk.parent / "public"

    def do(self, *arguments: str | Path, expect: int = 0) -> Result:
        """Type one command, now."""
        return self.curate("-C", self.desk, "--now", self.now.isoformat(), *arguments, expect=expect)

    def data(self, *arguments: str | Path, expect: int = 0) -> Any:
        """Type one command, now; return its answer as a script reads it."""
        return self.do(*arguments, "--json", expect=expect).data

    def today(self) -> dict[str, Any]:
        """Return what ``curate today`` says."""
        found: dict[str, Any] = self.data("today")
        return found

    def next(self) -> str:
        """Return the one command that ``curate today`` proposes first."""
        return str(self.today()["next"][0])

    def file(self, name: str, text: str) -> Path:
        """Write a text the person has ready."""
        path = self.desk.parent / name
        path.write_text(text, encoding="utf-8")
        return path

    def at(self, clock: time) -> None:
        """Let it be ``clock`` o'clock of this day, where the person lives."""
        day = self.now.astimezone(ZONE).date()
        self.now = datetime.combine(day, clock, ZONE).astimezone(UTC)
        self.mastodon.advance(self.now)

    def tomorrow(self) -> None:
        """Let the next day begin; the feed has something new."""
        self.now += timedelta(days=1)
        self.at(time(1))
        self.write_feed()

    # What others do

    def write_feed(self) -> None:
        """Add the day's entry to the feed, and its page."""
        number = len(self.entries)
        path = f"/items/{number}"
        title = f"Piece {number}: {words(f'title {number}', 1)}"
        self.loopback.put(path, f"<title>{title}</title><p>{words(path, 20)}</p>", Content_Type="text/html")
        self.entries.insert(0, {
            "id": path, "url": self.loopback.url + path, "title": title, "content_text": words(path, 20),
            "date_published": self.now.isoformat(),
        })  # fmt: skip
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Example Systems Review",
            "items": self.entries[:20],
        }
        self.loopback.put("/feed.json", json.dumps(feed), Content_Type="application/feed+json")

    # The day

    def pass_(self, expect: int | None = 0) -> dict[str, Any]:
        """Make the unattended pass; a backup that it made is one of what is true now."""
        done = self.curate("-C", self.desk, "--now", self.now.isoformat(), "tick", "--json", expect=expect).data
        for text in self.texts("bluesky"):
            self.sent_at.setdefault(text, self.now)
        if done["backup"]:
            self.saved[str(done["backup"])] = deepcopy(self.truth)
        found: dict[str, Any] = done
        return found

    def triage(self, keep: int = 0) -> list[str]:
        """Decide on all that is new: keep the first ones with a note and a tag, skip the rest; return what is kept."""
        new = [row["id"] for row in self.data("item", "list", "--state", "new", "--limit", "0")]
        kept, rest = new[:keep], new[keep:]
        for item in kept:
            note, tag = words(f"note {item}", 1), TAGS[len(self.truth.items) % len(TAGS)]
            self.do("item", "keep", item)
            self.do("item", "note", item, note)
            self.do("item", "tag", item, tag)
            self.truth.items[item] = ("kept", note, (tag,))
        if rest:
            self.do("item", "skip", *rest)
        self.truth.items.update(dict.fromkeys(rest, ("skipped", "", ())))
        return kept

    def publish(self, slug: str) -> None:
        """Publish a post, which is then where readers are."""
        url = self.data("publish", slug, "--yes")["url"]
        self.truth.public.add(url.removeprefix(f"{SITE}/"))
        for item in self.covered(slug):
            _, note, tags = self.truth.items[item]
            self.truth.items[item] = ("posted", note, tags)

    def draft(self, slug: str) -> None:
        """Note what a draft says, byte for byte below its header."""
        self.truth.posts[slug] = body(self.path(slug))

    def path(self, slug: str) -> Path:
        """Return the file of a post."""
        [path] = [path for path in (self.desk / "content").rglob("*.md") if f"\nslug: {slug}\n" in _text(path)]
        return path

    def covered(self, slug: str) -> list[str]:
        """Return the items that a post is about."""
        found = read_mapping(_text(self.path(slug)).split("\n---\n", 1)[0].removeprefix("---\n"), slug)
        return [item for item in (found.get("item"), *found.get("covers", [])) if item]

    def plan(self, slug: str, account: str, said: str, at: str = "next") -> str:
        """Plan a share in the person's words, as a draft; return its id."""
        file = self.file(f"{account}.txt", said)
        [share] = self.data("share", "plan", slug, "--to", account, "--text-file", f"{account}={file}", "--at", at)
        return str(share["id"])

    def approve(self, share_id: str) -> None:
        """Let a share go as it reads."""
        [share] = self.data("share", "approve", share_id)
        due = datetime.fromisoformat(share["at"])
        self.truth.shares[share_id] = Approved(account=share["account"], text=share["text"], due=due)

    # What the public sees

    def texts(self, account: str) -> list[str]:
        """Return the words that stand on a network."""
        return [post.text for post in self.posts(account)]

    def posts(self, account: str) -> list[Post]:
        """Return what stands on a network, asked as a stranger would."""
        if account == "mastodon":
            return [Post(one["text"], one["at"], one["id"]) for one in self.mastodon.statuses]
        found, cursor = [], ""
        while True:
            query = f"repo={self.account.did}&collection=app.bsky.feed.post&limit=100{cursor}"
            page = call("GET", f"{self.pds.url}/xrpc/com.atproto.repo.listRecords?{query}")
            for one in page["records"]:
                text = one["value"]["text"]
                found.append(Post(text, self.sent_at.get(text), one["uri"]))
            if not page["records"] or "cursor" not in page:
                return found
            cursor = f"&cursor={page['cursor']}"


def body(path: Path) -> str:
    """Return what stands below the header of a post."""
    return _text(path).split("\n---\n", 1)[1]


def _text(path: Path) -> str:
    return path.read_bytes().decode()


@contextlib.contextmanager
def undated(url: str) -> Iterator[str]:
    """Pass requests on to the server at ``url`` and leave its time out of the answers: a year is simulated here."""
    target = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {name: text for name, text in self.headers.items() if name.lower() not in ("host", "connection")}
            with contextlib.closing(HTTPConnection(target, timeout=30)) as onward:
                onward.request(self.command, self.path, body or None, kept)
                answer = onward.getresponse()
                content = answer.read()
            self.send_response_only(answer.status)
            for name, text in answer.getheaders():
                if name.lower() not in ("date", "connection", "transfer-encoding", "content-length", "keep-alive"):
                    self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
