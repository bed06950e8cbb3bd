"""What every feed that was read promises, held inside a worker, where hostile text belongs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.feeds.characters import INVISIBLE
from curate.feeds.clean import safe_html
from curate.feeds.parse import parse_feed
from curate.feeds.said import LONGEST_SUMMARY, LONGEST_TITLE, MOST_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.feeds.parse import Entry, Feed

LINES = re.compile("[\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")


def broken_promises(body: bytes, url: str, content_type: str) -> tuple[int, list[str]]:
    """Read a feed; return how many entries it has, and what is wrong with them. Raises NotAFeed."""
    feed = parse_feed(body, url, content_type)
    return len(feed.entries), list(dict.fromkeys(_wrong(feed)))


def _wrong(feed: Feed) -> Iterator[str]:
    if len(feed.entries) > MOST_ENTRIES:
        yield "more entries than are kept"
    if len({entry.guid for entry in feed.entries}) < len(feed.entries):
        yield "one guid twice"
    if not _is_line(feed.title):
        yield f"feed title {feed.title!r}"
    if feed.site_url and not _is_web(feed.site_url):
        yield f"site_url {feed.site_url!r}"
    for entry in feed.entries:
        yield from _wrong_in(entry)


def _wrong_in(entry: Entry) -> Iterator[str]:
    lines = {name: getattr(entry, name) for name in ("guid", "title", "author", "via_name", "lang", "summary")}
    lines |= {f"tag {number}": tag for number, tag in enumerate(entry.tags)}
    yield from (f"{name} {text[:200]!r}" for name, text in lines.items() if not _is_line(text))
    odd = INVISIBLE.search(entry.content_html + entry.content_text)
    if odd:
        yield f"content with {odd[0]!r}"
    yield from (f"address {url!r}" for url in (entry.url, entry.via_url) if url and not _is_web(url))
    if not entry.guid or len(entry.title) > LONGEST_TITLE or len(entry.summary) > LONGEST_SUMMARY:
        yield f"a guid, title or summary of a length that must not be: {entry.guid[:200]!r}"
    if safe_html(entry.content_html, "") != entry.content_html:
        yield f"content that cleaning changes: {entry.content_html[:300]!r}"


def _is_line(text: str) -> bool:
    return not INVISIBLE.search(text) and not LINES.search(text)


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and _is_line(url)
