"""Hold what an entry says before it is made safe: the one shape all ways of reading a feed come to.

Pure. Knows our rules for titles, names and addresses, whatever the format; nothing of how a format
spells them.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

MOST_ENTRIES = 2_000  # kept: the newest
MOST_AUTHORS = 20
LONGEST_TITLE = 1_000
LONGEST_SUMMARY = 500
LONGEST_CONTENT = 1 << 20

ADDRESSED = re.compile(r"https?://|/", re.IGNORECASE)
ADDRESS = re.compile(r"\S+@\S+\.\S+")
MAIL = re.compile(r"(?:mailto:)?[^\s<>()@,;:]+@[^\s<>()@,;]+|mailto:", re.IGNORECASE)
TEXTS = frozenset({"text/plain", "text/html", "application/xhtml+xml"})


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text as the feed has it: ``kind`` is a media type, ``base`` what its links are relative to or ""."""

    value: str
    kind: str = "text/html"
    base: str = ""


NOTHING = Text(value="")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one entry says. ``content`` is the longest of its texts, ``summary`` its own short one or nothing.

    ``guid``, ``title`` and ``author`` are text already and ``url`` is safe or ""; ``tags`` and the
    texts are as they came. ``base`` is what the entry's addresses are relative to. ``links`` are all
    its (relation, address) pairs, ``comments`` its discussion, ``source_url`` whose entry it was first.
    ``digest`` stands for all that it was read from; "" when the way of reading knows no more than this.
    """

    guid: str
    url: str
    base: str
    title: str
    author: str
    content: Text
    summary: Text
    published: datetime | None
    tags: tuple[str, ...]
    lang: str
    links: tuple[tuple[str, str], ...] = ()
    comments: str = ""
    source_url: str = ""
    digest: str = ""


# An entry that the feed carries as it was: the guid it is known by, and when it was first said to be published, in
# seconds since 1970.
# Thousands go to a worker and back, where a class would cost more than reading them.
Unchanged = tuple[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Document:
    """What one feed says: its entries, the newest when there are more than we keep."""

    title: str
    site_url: str
    entries: tuple[Said | Unchanged, ...]


def newest(entries: list[T], published: Callable[[T], datetime | None]) -> list[T]:
    """Return at most 2,000 entries, the newest when there are more."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(entries, key=lambda entry: published(entry) or never, reverse=True)[:MOST_ENTRIES]


def page_url(guid: str, links: Iterable[str], base: str) -> str:
    """Return the first of ``links`` that leads to the web, else the guid if it is an address, else ""."""
    told = (link for link in links if link != guid or ADDRESSED.match(guid))  # a guid may be no address at all
    url = next(filter(None, (web_url(link, base) for link in told)), "")
    return url or (web_url(guid, base) if ADDRESSED.match(guid) else "")


def longest(texts: Iterable[Text]) -> Text:
    """Return the longest of those that are text at all; an empty one without any."""
    return max((text for text in texts if text.kind in TEXTS), key=lambda text: len(text.value), default=NOTHING)


def line(value: str, *, plain: bool) -> str:
    """Return a title as one line: markup only where it says or seems to be HTML."""
    value = value[: 20 * LONGEST_TITLE]
    return (one_line(html.unescape(value)) if plain else plain_text(value))[:LONGEST_TITLE].strip()


def without_mail(author: str) -> str:
    """Return the name in “a@b.example (Rosa Lind)” or “Rosa Lind <a@b.example>”; "" for an address alone."""
    return one_line(MAIL.sub(" ", author).translate({ord(mark): " " for mark in "<>()"})).strip(" ,;")


def named(names: Iterable[str]) -> str:
    """Return the names, each once, separated by commas; no mail address alone."""
    wanted = [name for name in names if name and not ADDRESS.fullmatch(name)]
    return ", ".join(list(dict.fromkeys(wanted))[:MOST_AUTHORS])[:LONGEST_TITLE]
