"""Hold what was read of a feed, safe to store, to show and to search: what workers hand back.

Light to load: who takes entries need not know how they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from curate.feeds.said import Unchanged


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a feed.

    ``guid`` tells it from the feed's others for ever; ``summary`` is plain text of at most 500
    characters; ``content_html`` is what ``clean.safe_html`` leaves. ``published`` is what the feed
    says, believable or not. ``lang`` is a BCP 47 tag or "". ``via_name`` and ``via_url`` tell who led
    to an article of another site; "" when the entry is the feed's own. ``digest`` stands for all that
    the entry was made from: while it is the same, so is the rest.
    """

    guid: str
    url: str
    title: str
    author: str
    summary: str
    content_html: str
    content_text: str
    published: datetime | None
    tags: tuple[str, ...]
    lang: str
    via_name: str = ""
    via_url: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed as it is now: newest entries first when it has more than we keep, else in its own order.

    ``entries`` are those that are new or have changed, and those that share a guid with one; all of them when nothing
    was known.
    """

    title: str
    site_url: str
    entries: tuple[Entry, ...]
    unchanged: tuple[Unchanged, ...] = ()


def read(body: bytes, url: str, content_type: str, known: Mapping[str, Unchanged] | None) -> Feed:
    """Do what ``parse.parse_feed`` does, and load it only then: in a worker, where it is loaded already."""
    from curate.feeds.parse import parse_feed

    return parse_feed(body, url, content_type, known)
