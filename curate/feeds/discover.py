"""Find the feeds at an address: the address itself, those its page names, those at the usual places.

Every find is fetched and read before it is offered. Knows nothing of subscriptions.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from curate.errors import NetworkTrouble
from curate.feeds.fetch import ACCEPT, read_feed
from curate.feeds.workers import Unreadable, Workers
from curate.web.client import BadAnswer
from curate.web.guard import Forbidden, check_url

if TYPE_CHECKING:
    from curate.web.client import Client

USUAL = ("/feed", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/feed.json")
TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
    }
)
MOST = 10  # feeds of one page that are looked at
HEAD = 256 * 1024  # bytes of a page in which links to feeds are looked for


@dataclass(frozen=True, kw_only=True)
class Found:
    """A feed that was read: ``kind`` says whether it is the address itself, named by the page, or guessed."""

    url: str
    title: str
    site_url: str
    kind: Literal["itself", "named", "guessed"]


async def discover(client: Client, url: str) -> list[Found]:
    """Return the feeds at ``url``, at least one, in the order a page names them.

    A permanent redirect is followed for good. Raises NetworkTrouble when the address does not
    answer, Unreadable when there is no feed to be found.
    """
    async with Workers() as workers:
        reply = await client.get(url, headers={"Accept": ACCEPT})
        if not 200 <= reply.status < 300:
            raise BadAnswer(url, f"answered {reply.words}")
        try:
            feed = await read_feed(workers, reply)
        except Unreadable as error:
            why = error.message
        else:
            return [Found(url=reply.moved_to or url, title=feed.title, site_url=feed.site_url, kind="itself")]
        try:
            named = await workers.run(feed_links, reply.body, reply.url)
        except Unreadable:
            named = []  # what is no page names no feeds
        looks = await asyncio.gather(*(_look(client, workers, address, title, "named") for address, title in named))
        found = {each.url: each for each in looks if each is not None}
        if found:
            return list(found.values())
        for place in USUAL:
            guessed = await _look(client, workers, urljoin(reply.url, place), "", "guessed")
            if guessed is not None:
                return [guessed]
    raise Unreadable(
        f"{url} {why}. It names no feed, and there is none at the usual places.",
        "Give the feed's own address; often it ends in /feed, .xml or .rss.",
    )


async def _look(
    client: Client, workers: Workers, url: str, title: str, kind: Literal["named", "guessed"]
) -> Found | None:
    """Return the feed at ``url``, or None when there is none."""
    try:
        reply = await client.get(url, headers={"Accept": ACCEPT})
        if not 200 <= reply.status < 300:
            return None
        feed = await read_feed(workers, reply)
    except (NetworkTrouble, Unreadable):
        return None
    return Found(url=reply.moved_to or url, title=feed.title or title, site_url=feed.site_url, kind=kind)


def feed_links(body: bytes, url: str) -> list[tuple[str, str]]:
    """Return (address, title) of the feeds a page names in its head, in its order, each once.

    Addresses are absolute, by the page's own base. https://html.spec.whatwg.org/#rel-alternate
    """
    from bs4 import BeautifulSoup

    page = BeautifulSoup(body[:HEAD], "lxml")
    root = check_url(url)
    base = page.find("base", href=True)
    if base is not None:
        with contextlib.suppress(Forbidden):
            root = check_url(str(base["href"]), root)
    links: dict[str, str] = {}
    for link in page.find_all("link", href=True):
        relations = {str(each).lower() for each in link.get_attribute_list("rel")}
        kind = str(link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in relations and kind in TYPES:
            with contextlib.suppress(Forbidden):  # what is no web address is no feed of ours
                address = str(check_url(str(link["href"]), root))
                links.setdefault(address, " ".join(str(link.get("title") or "").split()))
    return list(links.items())[:MOST]
