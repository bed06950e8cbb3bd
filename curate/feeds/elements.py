"""Read the elements of a strictly parsed feed under the names, and with the text, that feedparser gives them.

Pure. Knows which elements the fast way does not read; nothing of what becomes of the others.
"""

from __future__ import annotations

import contextlib
import html
import html.entities
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree

from curate.feeds.clean import BARE, KNOWN
from curate.feeds.said import LONGEST_TITLE

if TYPE_CHECKING:
    from collections.abc import Iterator

XHTML_DIV = "{http://www.w3.org/1999/xhtml}div"
SPACES = {  # in lower case, as some feeds have them
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
}
XHTML_TYPES = frozenset({"xhtml", "application/xhtml+xml"})
MISREAD = frozenset(
    {"abstract", "body", "channel", "created", "email", "entry", "expirationdate", "feed", "fullitem", "homepage"}
    | {"image", "info", "item", "itunes:category", "itunes:owner", "keywords", "language", "name", "newlocation"}
    | {"tagline", "tags", "textinput", "uri", "url", "webmaster", "xhtml:body", "content:items", "content:item"}
    | {"dcterms:created", "dcterms:issued", "dcterms:modified", "feedburner:browserfriendly", "itunes:name"}
)
UPPER = re.compile("[\x80-\xbf]")  # without one of them nothing is mangled; said first because it is quicker
MANGLED = re.compile("[\x80-\x9f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
CLOSING = re.compile(r"</\w+>|&#?\w+;")
TAG = re.compile(r"</?(\w+)")
NAMED = re.compile(r"&(\w+);")


class Misread(Exception):
    """The document has a shape that is read with care; the argument names it."""


def name_of(child: etree._Element) -> str:
    """Return the name of an element as feedparser knows it: its namespace's own prefix, in lower case."""
    name, known = _name(child.tag)
    return name if known or not child.prefix else f"{child.prefix}:{name}".lower()


@lru_cache(maxsize=2048)
def _name(tag: str) -> tuple[str, bool]:
    """Return the name for an element's tag, and whether it has its prefix already."""
    space, _, local = tag.rpartition("}")
    if not space:
        return local.lower(), True
    prefix = SPACES.get(space[1:].lower())
    return f"{prefix or ''}{local}".lower(), prefix is not None


def children(parent: etree._Element) -> list[tuple[str, etree._Element]]:
    """Return the elements directly inside ``parent`` with their names."""
    return [(name_of(child), child) for child in parent.iterchildren("{*}*")]


def flat(inside: list[tuple[str, etree._Element]]) -> Iterator[tuple[str, etree._Element]]:
    """Yield what stands in an entry, which is ``inside``, and what stands in groups of media."""
    for name, child in inside:
        if name in MISREAD:
            raise Misread(f"<{name}>")
        yield name, child
        if len(child) and name != "author":
            if name.startswith("media:"):
                yield from flat(children(child))
            elif name in {"title", "summary", "content"} and child.get("type", "") in XHTML_TYPES:
                pass
            elif ":" not in name or any(":" not in name_of(each) for each in child.iterdescendants("{*}*")):
                raise Misread("markup inside a text")


def words_of(child: etree._Element) -> str:
    """Return the text of an element that holds nothing else."""
    return mended((child.text or "").strip())


def mended(text: str) -> str:
    """Return ``text`` as it was before somebody read its UTF-8 or its cp1252 as Latin-1."""
    if text.isascii() or not UPPER.search(text) or not MANGLED.search(text):
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return text.translate(WINDOWS)


def markup_of(child: etree._Element) -> str:
    """Return the XHTML in ``child`` as HTML, without the one <div> that holds it all."""
    if any(each.prefix or not isinstance(each.tag, str) for each in child.iterdescendants()):
        raise Misread("XHTML with prefixes")
    inside = child
    if len(child) == 1 and child[0].tag == XHTML_DIV and not (words_of(child) or (child[0].tail or "").strip()):
        inside = child[0]
    for each in inside.iterdescendants():
        if not len(each) and not each.text and name_of(each) not in BARE:
            each.text = ""  # so that it is closed by a tag of its own, as HTML needs
    parts = [html.escape(inside.text or "", quote=False)]
    parts += [etree.tostring(each, encoding="unicode") for each in inside]
    return "".join(parts).strip()


def person(child: etree._Element) -> str:
    """Return the name of an Atom author."""
    parts = dict(children(child))
    if any(":" not in name and name not in {"name", "email", "uri", "url"} for name in parts):
        raise Misread("an author of odd parts")
    return words_of(parts["name"])[:LONGEST_TITLE] if "name" in parts else ""


def seems_html(text: str) -> bool:
    """Say whether what should be plain text is HTML: it closes an element or has an entity, and knows no others."""
    return bool(
        CLOSING.search(text)
        and all(name.lower() in KNOWN for name in TAG.findall(text))
        and all(name in html.entities.entitydefs for name in NAMED.findall(text))
    )
