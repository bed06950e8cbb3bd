"""The six networks that are asked over HTTP, with one account on each, all at the same (true) time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from multidict import CIMultiDict

from curate.shares.tokens import secret_of
from curate.web.client import Reply
from tests.shares.facebook_server import FacebookServer
from tests.shares.linkedin_server import LinkedInServer
from tests.shares.servers import START, BlueskyServer, MastodonServer, MemoryClient, serve
from tests.shares.threads_server import ThreadsServer
from tests.shares.x_server import KEYS, XServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from curate.shares.ledger import Share
    from curate.shares.sender import SendReport
    from tests.shares.conftest import Ledger
    from tests.shares.servers import Answer, Server

NETWORKS = ("linkedin", "x", "facebook", "threads", "mastodon", "bluesky")
BLIND = ("linkedin",)  # where nothing can be read back
HANDLES = {"bluesky": "dana.test", "facebook": "1001"}


def make_servers(*, tolerance: timedelta = timedelta(minutes=5)) -> dict[str, Server]:
    """Return one server of each; ``tolerance`` is X's, of the time in a signature."""
    return {
        "linkedin": LinkedInServer(),
        "x": XServer(tolerance=tolerance),
        "facebook": FacebookServer(),
        "threads": ThreadsServer(),
        "mastodon": MastodonServer(),
        "bluesky": BlueskyServer(),
    }


def connect(book: Ledger, name: str, server: Server, url: str) -> None:
    """Add the account ``name`` on ``server``, with its token, to the ledger."""
    token = secret_of(**KEYS).reveal() if name == "x" else server.password
    book.account(name, name, server=url, handle=HANDLES.get(name, "dana"), token=token, budget=1e6)


class Between(MemoryClient):
    """A client in memory, and what stands between it and the networks.

    ``instead`` answers a request (network, method, path) or lets it through with None; with ``dates`` each
    answer says what time it is there. ``asked`` has every request that was made.
    """

    def __init__(self, servers: Mapping[str, Server], *, dates: bool) -> None:
        super().__init__({f"http://{name}.example": server for name, server in servers.items()})
        self.dates = dates
        self.instead: Callable[[str, str, str], Answer | None] = lambda *_: None
        self.asked: list[tuple[str, str, str]] = []

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: object) -> Reply:
        host, _, path = url.removeprefix("http://").partition("/")
        name = host.removesuffix(".example")
        self.asked.append((name, method, f"/{path.partition('?')[0]}"))
        answer = self.instead(*self.asked[-1])
        if answer is not None:
            status, answered, content = answer
            reply = Reply(url=url, status=status, headers=CIMultiDict(answered), body=content)
        else:
            reply = super()._ask(method, url, headers, body)
        if not self.dates or "Date" in reply.headers:
            return reply
        date = self.networks[f"http://{host}"].now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        dated = CIMultiDict({**reply.headers, "Date": date})
        return Reply(url=reply.url, status=reply.status, headers=dated, body=reply.body)


@dataclass
class Six:
    """The networks, in memory. ``ahead`` is how far the ledger's clock is before the true one."""

    book: Ledger
    servers: dict[str, Server] = field(default_factory=make_servers)
    dates: bool = True
    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.client = Between(self.servers, dates=self.dates)
        for name, server in self.servers.items():
            connect(self.book, name, server, f"http://{name}.example")

    def send(self, after: timedelta = timedelta(0), **more: Any) -> SendReport:
        """Make a pass so long ``after`` the start, by true time."""
        self.advance(START + after)
        return self.book.send(now=START + after + self.ahead, client=self.client, **more)

    def advance(self, now: datetime) -> None:
        for server in self.servers.values():
            server.advance(now)

    def posts(self, share: Share) -> int:
        """Return how often the public sees ``share``."""
        return self.servers[share.network].posts().count(share.text)


@contextlib.contextmanager
def on_loopback(book: Ledger) -> Iterator[dict[str, Server]]:
    """Serve all six on loopback, with their accounts in the ledger."""
    servers = make_servers(tolerance=timedelta(days=400))
    with contextlib.ExitStack() as stack:
        for name, server in servers.items():
            connect(book, name, server, stack.enter_context(serve(server)))
        yield servers
