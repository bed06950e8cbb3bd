"""Read a feed, whatever its format and state, into one shape that is safe to store, to show and to search.

Pure: bytes in, a Feed out. Chooses between the ways of reading: ``jsonfeed``, ``fast`` for XML that is
well-formed and of known shape, ``careful`` for all other. Leaves out what it is told is known already.
Knows nothing of where feeds come from or what becomes of entries. Hostile input costs seconds at most,
and the caller is expected to be able to kill us all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from curate import __version__
from curate.feeds.addresses import web_url
from curate.feeds.careful import read_carefully
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text, safe_html, safe_text, shorten, text_html
from curate.feeds.document import LONGEST_PROLOG, NotAFeed, binary_kind, decode, legal, xml_document
from curate.feeds.elements import Misread
from curate.feeds.entry import Entry, Feed
from curate.feeds.fast import read_fast
from curate.feeds.jsonfeed import read_json
from curate.feeds.said import LONGEST_CONTENT, LONGEST_SUMMARY, LONGEST_TITLE, Said
from curate.feeds.via import led_elsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curate.feeds.said import Document, Unchanged

__all__ = ["Entry", "Feed", "NotAFeed", "parse_feed"]

MOST_TAGS = 50
LONGEST_GUID = 512
SHARED = re.compile(r" [0-9a-f]{32}\Z")  # what tells articles apart to which a feed gives one guid


def parse_feed(body: bytes, url: str, content_type: str, known: Mapping[str, Unchanged] | None = None) -> Feed:
    """Read ``body``, which ``url`` answered with ``content_type`` (may be empty or wrong).

    ``known`` are entries read before, by their digests: they need not be read and made safe again.
    Raises NotAFeed. A feed without entries is a Feed without entries.
    """
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise NotAFeed("is empty, not a feed")
    text = decode(body, content_type)
    start = text[:LONGEST_PROLOG].lstrip()
    kind = binary_kind(body, start)
    if kind:
        raise NotAFeed(f"is {kind}, not a feed")
    said = _read(text, start, url, known or {})
    made = [_made(entry, said, url) for entry in said.entries if isinstance(entry, Said)]
    same = dict(entry for entry in said.entries if not isinstance(entry, Said))
    claimed = {entry.guid for entry in made}
    clash = {guid for guid in same if guid in claimed or SHARED.sub("", guid) in claimed}
    if clash:  # what each of several with one guid is called depends on the others: those are read, too
        others = {digest: entry for digest, entry in (known or {}).items() if entry[0] not in clash}
        return parse_feed(body, url, content_type, others)
    return Feed(title=said.title, site_url=said.site_url, entries=tuple(_kept(made)), unchanged=tuple(same.items()))


def _read(text: str, start: str, url: str, known: Mapping[str, Unchanged]) -> Document:
    """Return what the feed says, read in the quickest way that reads it right. Raises NotAFeed."""
    if start[:1] in {"{", "["}:
        return _stamped(read_json(text, url), url, known)
    root, document = xml_document(text)
    with contextlib.suppress(Misread):
        return read_fast(document, url, known)
    mended = legal(document)
    if mended != document:
        with contextlib.suppress(Misread):
            return read_fast(mended, url, known)
    return _stamped(read_carefully(root, mended, url), url, known)


def _stamped(feed: Document, feed_url: str, known: Mapping[str, Unchanged]) -> Document:
    """Return ``feed`` with digests, and what is known in place of what was read again."""
    entries: list[Said | Unchanged] = []
    for entry in feed.entries:
        if isinstance(entry, Said):
            # Our own rules are part of what an entry is made from: another version has other digests.
            whole = repr((__version__, feed_url, feed.site_url, feed.title, *vars(entry).values()))
            digest = hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
            entries.append(known.get(digest) or replace(entry, digest=digest))
    return replace(feed, entries=tuple(entries))


def _kept(every: Sequence[Entry]) -> list[Entry]:
    """Return the entries, each with a guid no other has."""
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


def _made(said: Said, feed: Document, feed_url: str) -> Entry:
    """Make an entry of ``feed`` safe, fill what it left empty, and cut what is too long."""
    instead = feed.site_url or feed_url
    value = said.content.value[:LONGEST_CONTENT]
    if said.content.kind == "text/plain":
        content = text_html(value)
    else:
        content = safe_html(value, web_url(said.content.base, said.base) or said.base)
    text = safe_text(content)
    first = _opening(text, LONGEST_SUMMARY + 100)
    if len(first) <= LONGEST_SUMMARY:  # so much white space
        first = _opening(text, 4 * LONGEST_SUMMARY)
    short = said.summary.value[: 20 * LONGEST_SUMMARY]
    short = one_line(short) if said.summary.kind == "text/plain" else plain_text(short)
    moment = said.published.isoformat() if said.published else ""
    led = led_elsewhere(
        url=said.url,
        feed_url=feed_url,
        site_url=feed.site_url,
        feed_title=feed.title,
        guid=said.guid,
        links=said.links,
        comments=said.comments,
        source_url=said.source_url,
        content=content,
    )
    guid = said.guid or led.url or f"curate:{_digest(said.title or _opening(text, 4 * LONGEST_SUMMARY), moment)}"
    seen: dict[str, str] = {}
    for tag in itertools.islice(said.tags, 2 * MOST_TAGS):
        name = plain_text(tag[:LONGEST_TITLE])[:100].strip()
        if name:
            seen.setdefault(name.casefold(), name)
    return Entry(
        guid=guid if len(guid) <= LONGEST_GUID else f"curate:{_digest(guid)}",
        url=led.url or instead,
        title=(said.title or shorten(first, 80) or led.url or instead)[:LONGEST_TITLE],
        author=said.author,
        summary=shorten(short or first, LONGEST_SUMMARY),
        content_html=content,
        content_text=text,
        published=said.published,
        tags=tuple(seen.values())[:MOST_TAGS],
        lang=said.lang,
        via_name=led.via_name,
        via_url=led.via_url,
        digest=said.digest,
    )


def _opening(text: str, length: int) -> str:
    return " ".join(text[:length].split())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
