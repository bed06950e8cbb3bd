"""Tell who led to an article: entries of aggregators, link blogs and planets point to other sites.

Pure: knows addresses and text, neither feeds' formats nor items.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.feeds.addresses import canonical_url, host_of, opaque, unwrapped, web_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What an entry calls its own page where its link leads to somebody else's.
PERMALINKS = ("related", "alternate", "replies")
ELSEWHERE = "external"  # the relation of what an entry of a JSON Feed is about: its external_url
TAIL = 4_000  # characters at the end of a text in which Reddit puts its two links
LINK = re.compile(r'<a\b[^<>]{0,2000}?\bhref="([^"<>]{1,2000})"[^<>]{0,200}>\s*\[link\]\s*</a>', re.IGNORECASE)
REDDIT = ("reddit.com", "redd.it", "redditmedia.com")


@dataclass(frozen=True, kw_only=True)
class Led:
    """Where an entry leads, ``url``, and who led there: a name and a page, both "" when nobody did."""

    url: str
    via_name: str = ""
    via_url: str = ""


def led_elsewhere(  # noqa: PLR0913 - what an entry and its feed say of where they stand
    *,
    url: str,
    feed_url: str,
    site_url: str,
    feed_title: str,
    guid: str,
    links: Iterable[tuple[str, str]],
    comments: str,
    source_url: str,
    content: str,
) -> Led:
    """Return the article an entry is about, and the aggregator that led to it, if one did.

    ``url`` is the entry's link, absolute; ``links`` are its (relation, address) pairs, ``comments``
    its discussion, ``source_url`` the feed or site it was taken over from. An aggregator is who links
    to another site and has a page of its own for the entry, or says whose entry it is.
    """
    url = unwrapped(url)
    own = [host for host in (host_of(site_url), host_of(feed_url)) if host]
    name = feed_title or (own[0] if own else "")
    if "redd" in url.lower() and _on(url, REDDIT):
        shown = LINK.search(content[-TAIL:])
        target = unwrapped(web_url(html.unescape(shown[1]))) if shown else ""
        return Led(url=url) if not target or _on(target, REDDIT) else Led(url=target, via_name=name, via_url=url)
    for relation, address in links:
        if relation == ELSEWHERE and url and not _on(address, [*own, host_of(url)]):
            return Led(url=unwrapped(address), via_name=name, via_url=url)
    if not url or not own or opaque(url) or _on(url, own):
        return Led(url=url)
    said = [(relation, address) for relation, address in links if relation in PERMALINKS]
    said.sort(key=lambda link: PERMALINKS.index(link[0]))
    for address in (comments, *(address for _, address in said), guid if "://" in guid else ""):
        page = web_url(address, site_url or feed_url) if address else ""
        if page and _on(page, own) and canonical_url(page) != canonical_url(site_url):
            return Led(url=url, via_name=name, via_url=page)
    if source_url and not _on(source_url, own):
        return Led(url=url, via_name=name, via_url=site_url or feed_url)
    return Led(url=url)


def _on(url: str, hosts: Sequence[str]) -> bool:
    """Say whether ``url`` is on the site of one of ``hosts``; when in doubt, it is."""
    host = host_of(url)
    return host in hosts or _site(host) in map(_site, hosts)


def _site(host: str) -> str:
    """Return the last two names of ``host``: at least as wide as a site is."""
    return ".".join(host.split(".")[-2:])
