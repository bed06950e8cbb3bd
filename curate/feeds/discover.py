"""Find the feeds at an address: by rule, the address itself, those its page names, those at the usual places.

Every find is fetched and read before it is offered. Knows nothing of subscriptions.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from curate.errors import NetworkTrouble
from curate.feeds.fetch import ACCEPT, read_feed
from curate.feeds.profiles import profile_feeds
from curate.feeds.workers import Unreadable, Workers
from curate.web.client import BadAnswer
from curate.web.guard import Forbidden, check_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.web.client import Client

# The likeliest first, by how often the feeds of real lists have them.
USUAL = (
    "/feed",
    "/rss",
    "/feed.xml",
    "/atom.xml",
    "/rss.xml",
    "/index.xml",
    "/blog/feed",
    "/blog/rss.xml",
    "/feed.json",
)
BESIDE = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml")  # below a page that is not the front page
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
COMMENTS = re.compile(r"\bcomments?\b|\bkommentare?\b|\bcommentaires?\b|\bcomentarios?\b", re.IGNORECASE)
MOST = 10  # feeds of one page that are looked at
HEAD = 1024 * 1024  # bytes of a page in which links to feeds are looked for


Kind = Literal["itself", "ruled", "named", "guessed"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A feed that was read.

    ``kind`` says whether it is the address itself, where its site keeps feeds by rule, named by the page, or guessed.
    """

    url: str
    title: str
    site_url: str
    kind: Kind
    empty: bool = field(default=False, compare=False)


async def discover(client: Client, url: str) -> list[Found]:
    """Return the feeds at ``url``, at least one, in the order a page names them, those of comments last.

    A permanent redirect is followed for good. Raises NetworkTrouble when the address does not
    answer, Unreadable when there is no feed to be found.
    """
    async with Workers() as workers:
        ruled = await _first(client, workers, profile_feeds(url), "ruled")
        if ruled is not None:
            return [ruled]
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
            return sorted(found.values(), key=lambda each: COMMENTS.search(f"{each.title} {each.url}") is not None)
        guessed = await _first(client, workers, usual_places(reply.url), "guessed")
        if guessed is not None:
            return [guessed]
    raise Unreadable(
        f"{url} {why}. It names no feed, and there is none at the usual places.",
        "Give the feed's own address; often it ends in /feed, .xml or .rss.",
    )


async def _first(client: Client, workers: Workers, urls: Sequence[str], kind: Kind) -> Found | None:
    """Return the first feed of ``urls``, all of which are asked at once; one without entries only when all are."""
    looks = await asyncio.gather(*(_look(client, workers, url, "", kind) for url in urls))
    found = [each for each in looks if each is not None]
    return min(found, key=lambda each: each.empty, default=None)


async def _look(client: Client, workers: Workers, url: str, title: str, kind: Kind) -> Found | None:
    """Return the feed at ``url``, or None when there is none."""
    try:
        reply = await client.get(url, headers={"Accept": ACCEPT})
        if not 200 <= reply.status < 300:
            return None
        feed = await read_feed(workers, reply)
    except (NetworkTrouble, Unreadable):
        return None
    address = reply.moved_to or url
    return Found(url=address, title=feed.title or title, site_url=feed.site_url, kind=kind, empty=not feed.entries)


def usual_places(url: str) -> list[str]:
    """Return where a feed of the page at ``url`` may be: beside it, then at the places sites have them."""
    folder = url.partition("?")[0].rstrip("/") + "/"
    beside = [urljoin(folder, place) for place in BESIDE] if urlsplit(url).path.strip("/") else []
    return list(dict.fromkeys([*beside, *(urljoin(url, place) for place in USUAL)]))


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
