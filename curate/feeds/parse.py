"""Read a feed, whatever its format, into one shape: RSS, RDF and Atom by feedparser, JSON Feed by ourselves.

Pure: bytes in, a Feed out. Knows nothing of where feeds come from or what becomes of entries. What
is returned is safe to store, to show and to search; hostile input costs seconds at most, and the
caller is expected to be able to kill us all the same.
"""

from __future__ import annotations

import calendar
import hashlib
import html
import io
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import feedparser

from curate.feeds.addresses import unwrapped, web_url
from curate.feeds.clean import language_tag, moment, one_line, plain_text, safe_html, safe_text, shorten, text_html
from curate.feeds.document import FEEDS, LONGEST_PROLOG, MOST_READ, NotAFeed, binary_kind, decode, xml_document
from curate.feeds.via import Led, led_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Entry", "Feed", "NotAFeed", "parse_feed"]

T = TypeVar("T")

MOST_ENTRIES = 2_000  # kept: the newest
MOST_TAGS = 50
MOST_AUTHORS = 20
LONGEST_TITLE = 1_000
LONGEST_SUMMARY = 500
LONGEST_GUID = 512
LONGEST_CONTENT = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a feed.

    ``guid`` tells it from the feed's others for ever; ``summary`` is plain text of at most 500
    characters; ``content_html`` is what ``clean.safe_html`` leaves. ``published`` is what the feed
    says, believable or not. ``lang`` is a BCP 47 tag or "". ``via_name`` and ``via_url`` tell who led
    to an article of another site; "" when the entry is the feed's own.
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


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed as it is now: newest entries first when it has more than we keep, else in its own order."""

    title: str
    site_url: str
    entries: tuple[Entry, ...]


def parse_feed(body: bytes, url: str, content_type: str) -> Feed:
    """Read ``body``, which ``url`` answered with ``content_type`` (may be empty or wrong).

    Raises NotAFeed. A feed without entries is a Feed without entries.
    """
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise NotAFeed("is empty, not a feed")
    text = decode(body, content_type)
    start = text[:LONGEST_PROLOG].lstrip()
    kind = binary_kind(body, start)
    if kind:
        raise NotAFeed(f"is {kind}, not a feed")
    if start[:1] in {"{", "["}:
        title, site_url, entries = _read_json(text, url)
    else:
        title, site_url, entries = _read_xml(text, url)
    return Feed(title=title, site_url=site_url, entries=tuple(_kept(entries)))


def _newest(entries: list[T], published: Callable[[T], datetime | None]) -> list[T]:
    """Return at most 2,000 entries, the newest when there are more."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(entries, key=lambda entry: published(entry) or never, reverse=True)[:MOST_ENTRIES]


def _kept(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries, each with a guid no other has."""
    every = list(entries)
    articles = {(entry.guid, entry.url, entry.title) for entry in every}
    shared = {guid for guid, count in Counter(guid for guid, _, _ in articles).items() if count > 1}
    kept: dict[str, Entry] = {}
    for entry in every:
        if entry.guid in shared:  # a feed that gives several articles one guid means several
            own = replace(entry, guid=f"{entry.guid} {_digest(entry.url, entry.title)}")
            kept.setdefault(own.guid, own)
        else:
            kept.setdefault(entry.guid, entry)
    return list(kept.values())


# XML


def _read_xml(text: str, url: str) -> tuple[str, str, Iterator[Entry]]:
    """Read RSS, RDF or Atom: (title, site's address, entries). Raises NotAFeed."""
    root, document = xml_document(text)
    try:
        found = feedparser.parse(
            io.BytesIO(document.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # feedparser raises what it happens to on hostile text
        raise NotAFeed(f"is too broken to be read ({type(error).__name__})") from error
    if not found.entries and not found.version and root not in FEEDS:
        raise NotAFeed("is XML, but not a feed")
    about = found.feed
    atom = found.version.startswith("atom")
    site_url = web_url(_text(about.get("link")), url)
    said = [entry for entry in found.entries[:MOST_READ] if any(entry.values())]
    shared: dict[str, Any] = {
        "author": _author(about),
        "lang": language_tag(_text(about.get("language"))),
        "base": url if atom else site_url or url,
        "instead": site_url or url,
        "led": partial(led_elsewhere, feed_url=url, site_url=site_url, feed_title=_line(about, "title")),
    }
    entries = (_entry(entry, **shared) for entry in _newest(said, _published) or found.entries[:1])
    return _line(about, "title"), site_url, entries


ADDRESSED = re.compile(r"https?://|/", re.IGNORECASE)


def _entry(  # noqa: PLR0913 - what an entry takes from its feed
    entry: Any,  # noqa: ANN401 - feedparser's dict
    *,
    author: str,
    lang: str,
    base: str,
    instead: str,
    led: Callable[..., Led],
) -> Entry:
    """Make one of feedparser's entries ours."""
    guid = one_line(_text(entry.get("id")))
    links = [_text(entry.get("feedburner_origlink")), _text(entry.get("link"))]
    links += [
        _text(link.get("href")) for link in _dicts(entry, "links") if link.get("rel") in {"alternate", "enclosure"}
    ]
    told = (link for link in links if link != guid or ADDRESSED.match(guid))  # a guid may be no address at all
    url = next(filter(None, (web_url(link, base) for link in told)), "")
    url = url or (web_url(guid, base) if ADDRESSED.match(guid) else "")
    content, summary = _content(entry, base=url or base)
    source: Any = next(iter(_dicts(entry, "source")), {})
    return _made(
        guid=guid,
        led=led(
            url=url,
            guid=guid,
            links=[(_text(link.get("rel")), _text(link.get("href"))) for link in _dicts(entry, "links")],
            comments=_text(entry.get("comments")),
            source_url=_text(source.get("href") or source.get("link")),
            content=content,
        ),
        instead=instead,
        title=_line(entry, "title"),
        author=_author(entry) or author,
        summary=summary,
        content=content,
        published=_published(entry),
        tags=(_text(tag.get("label") or tag.get("term")) for tag in _dicts(entry, "tags")),
        lang=language_tag(_said(entry)) or lang,
    )


def _content(entry: Any, *, base: str) -> tuple[str, str]:  # noqa: ANN401 - feedparser's dict
    """Return (the longest of the entry's texts as safe HTML, its own summary as plain text or "")."""
    summary: Any = next(iter(_dicts(entry, "summary_detail")), {})
    details = [*_dicts(entry, "content"), summary]
    texts = [
        detail
        for detail in details
        if detail.get("type", "text/html") in {"text/plain", "text/html", "application/xhtml+xml"}
    ]
    longest: Any = max(texts, key=lambda detail: len(_text(detail.get("value"))), default={})
    value = _text(longest.get("value"))[:LONGEST_CONTENT]
    if longest.get("type") == "text/plain":
        content = text_html(value)
    else:
        content = safe_html(value, web_url(_text(longest.get("base")), base) or base)
    own = _text(summary.get("value")) if longest is not summary else ""
    short = own[: 20 * LONGEST_SUMMARY]
    return content, one_line(short) if summary.get("type") == "text/plain" else plain_text(short)


def _made(  # noqa: PLR0913 - the whole of an entry, once
    *,
    guid: str,
    led: Led,
    instead: str,
    title: str,
    author: str,
    summary: str,
    content: str,
    published: datetime | None,
    tags: Iterable[str],
    lang: str,
) -> Entry:
    """Fill what an entry left empty, and cut what is too long."""
    text = safe_text(content)
    url = led.url
    first = one_line(text[: 4 * LONGEST_SUMMARY])
    guid = guid or url or f"curate:{_digest(title or first, published.isoformat() if published else '')}"
    seen: dict[str, str] = {}
    for tag in itertools.islice(tags, 2 * MOST_TAGS):
        name = plain_text(tag[:LONGEST_TITLE])[:100].strip()
        if name:
            seen.setdefault(name.casefold(), name)
    return Entry(
        guid=guid if len(guid) <= LONGEST_GUID else f"curate:{_digest(guid)}",
        url=url or instead,
        title=title or shorten(first, 80) or url or instead,
        author=author,
        summary=shorten(summary or first, LONGEST_SUMMARY),
        content_html=content,
        content_text=text,
        published=published,
        tags=tuple(seen.values())[:MOST_TAGS],
        lang=lang,
        via_name=led.via_name,
        via_url=led.via_url,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _text(value: object) -> str:
    """Return ``value`` when it is a text: feedparser's dictionaries hold what the feed made them hold."""
    return value if isinstance(value, str) else ""


def _dicts(about: Any, name: str) -> list[Any]:  # noqa: ANN401 - feedparser's dict
    """Return what feedparser gathered as ``name``, one or several; an element of that name in the feed is none."""
    value = about.get(name)
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, feedparser.FeedParserDict)]


def _line(about: Any, name: str) -> str:  # noqa: ANN401 - feedparser's dict
    """Return the text construct ``name`` as one line: markup only where it says or seems to be HTML."""
    value = _text(about.get(name))[: 20 * LONGEST_TITLE]
    plain = any(detail.get("type") == "text/plain" for detail in _dicts(about, f"{name}_detail"))
    return (one_line(html.unescape(value)) if plain else plain_text(value))[:LONGEST_TITLE].strip()


ADDRESS = re.compile(r"\S+@\S+\.\S+")


MAIL = re.compile(r"(?:mailto:)?[^\s<>()@,;:]+@[^\s<>()@,;]+|mailto:", re.IGNORECASE)


def _without_mail(author: str) -> str:
    """Return the name in “a@b.example (Rosa Lind)” or “Rosa Lind <a@b.example>”; "" for an address alone."""
    return MAIL.sub(" ", author).translate({ord(mark): " " for mark in "<>()"}).strip(" ,;")


def _author(about: Any) -> str:  # noqa: ANN401 - feedparser's dict
    """Return who wrote it, by name: several separated by commas; no mail address alone."""
    authors = _dicts(about, "authors")[:MOST_AUTHORS]
    names = [plain_text(_text(author.get("name"))[:LONGEST_TITLE]) for author in authors]
    if len(authors) == 1 and authors[0].get("email"):
        # feedparser cuts a mail address after four letters of its last part; what it was cut from is whole.
        names = [_without_mail(plain_text(_text(about.get("author"))[:LONGEST_TITLE]))]
    names = names if any(names) else [plain_text(_text(about.get("author"))[:LONGEST_TITLE])]
    return _named(names)


def _named(names: Iterable[str]) -> str:
    wanted = [name for name in names if name and not ADDRESS.fullmatch(name)]
    return ", ".join(list(dict.fromkeys(wanted))[:MOST_AUTHORS])[:LONGEST_TITLE]


def _said(entry: Any) -> str:  # noqa: ANN401 - feedparser's dict
    """Return the language of the entry's text, of its summary or of its title."""
    details = (detail for name in ("content", "summary_detail", "title_detail") for detail in _dicts(entry, name))
    return next((_text(detail["language"]) for detail in details if detail.get("language")), "")


def _published(entry: Any) -> datetime | None:  # noqa: ANN401 - feedparser's dict
    return next(filter(None, (_parsed(entry, f"{name}_parsed") for name in ("published", "updated", "created"))), None)


def _parsed(entry: Any, name: str) -> datetime | None:  # noqa: ANN401 - feedparser's dict
    """Return the moment feedparser made of a date, in UTC; None when it made none that can be."""
    if name not in entry or not entry[name]:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(entry[name]), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


# JSON Feed: https://www.jsonfeed.org/version/1.1/


def _read_json(text: str, url: str) -> tuple[str, str, Iterator[Entry]]:
    """Read a JSON Feed, version 1 or 1.1: (title, site's address, entries). Raises NotAFeed."""
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise NotAFeed("begins like JSON, but is broken") from error
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in _text(feed.get("version")):
        raise NotAFeed("is JSON, but not a JSON Feed")
    items = feed["items"] if isinstance(feed.get("items"), list) else []
    site_url = web_url(_text(feed.get("home_page_url")), url)
    author, lang = _writers(feed), language_tag(_text(feed.get("language")))
    said = [item for item in items[:MOST_READ] if isinstance(item, dict) and any(item.values())]
    entries = (
        _item(item, author=author, lang=lang, base=url, instead=site_url or url) for item in _newest(said, _dated)
    )
    return plain_text(_text(feed.get("title"))[: 20 * LONGEST_TITLE])[:LONGEST_TITLE], site_url, entries


def _item(item: dict[str, Any], *, author: str, lang: str, base: str, instead: str) -> Entry:
    guid = item.get("id")
    guid = one_line(str(guid) if isinstance(guid, int | float) else _text(guid))
    url = web_url(_text(item.get("url")), base) or web_url(_text(item.get("external_url")), base)
    url = url or (web_url(guid) if guid.startswith("http") else "")
    markup = _text(item.get("content_html"))[:LONGEST_CONTENT]
    text = _text(item.get("content_text"))[:LONGEST_CONTENT]
    tags = item.get("tags")
    return _made(
        guid=guid,
        led=Led(url=unwrapped(url)),
        instead=instead,
        title=one_line(html.unescape(_text(item.get("title"))[: 20 * LONGEST_TITLE]))[:LONGEST_TITLE].strip(),
        author=_writers(item) or author,
        summary=one_line(_text(item.get("summary"))[: 20 * LONGEST_SUMMARY]),
        content=safe_html(markup, url or base) if markup else text_html(text),
        published=_dated(item),
        tags=[_text(tag) for tag in tags] if isinstance(tags, list) else [],
        lang=language_tag(_text(item.get("language"))) or lang,
    )


def _dated(item: dict[str, Any]) -> datetime | None:
    return moment(_text(item.get("date_published"))) or moment(_text(item.get("date_modified")))


def _writers(about: dict[str, Any]) -> str:
    """Return the names in ``authors``, or in ``author`` as version 1 had it."""
    authors = about.get("authors")
    several = authors if isinstance(authors, list) and authors else [about.get("author")]
    return _named(one_line(_text(one.get("name"))[:LONGEST_TITLE]) for one in several if isinstance(one, dict))
