"""Read well-formed RSS, RDF and Atom quickly: fastfeedparser, where it reads as feedparser would.

Pure: a document that ``document.xml_document`` made harmless in, what the feed says out, or Misread
when this way would lose something. A strict parse decides; its tree also says what fastfeedparser
leaves out. The shapes that matter, all found by comparing real feeds and cases entry by entry:

shape                       seen by                              fastfeedparser would            here
--------------------------  -----------------------------------  ------------------------------  --------
not well-formed             the strict parse                     cut texts short, say nothing    careful
declared entities           a DOCTYPE in the document            drop them                       careful
Atom 0.3, RSS 0.9x in RDF   the root's name and namespace        mix up dates and types          careful
entries in odd places       counting them in the tree            miss them or invent them        careful
markup inside a text        children of the text's element       keep what is before the first   careful
XHTML                       type="xhtml"                         lose titles, keep the wrapper   careful
base64, other media types   mode, type and src of a text         show what is no text            careful
UTF-8 read as Latin-1       byte pairs as characters, C1 codes   show them as they are           careful
dates but RFC 822 and 3339  the date's text                      guess, with other results       careful
two dates of one sort       counting them                        take the first                  careful
dcterms: dates, others      the element's name, see MISREAD      ignore them                     careful
no entries at all           counting them                        (nothing to lose)               careful
xml:base, relative links    xml:base in the document, the tree   leave them relative             resolved
author (name), mail         the text of the author's element     keep the address                names
several authors             elements in their order              take the first                  all
guid as link, rel, type     links of the tree in their order     follow any Atom link            as told
media:, itunes: and dc:     names with their namespaces          take media:title for a title    own texts
  titles and descriptions
itunes:, media: keywords    the same                             ignore them                     tags
plain text that is HTML     closing tags or entities in it       keep no types                   a type
a guid that looks a date    an entry without a date              date the entry by it            no date
"""

from __future__ import annotations

import html.entities
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import fastfeedparser
from lxml import etree

from curate.feeds.addresses import web_url
from curate.feeds.clean import KNOWN, language_tag, one_line, plain_text
from curate.feeds.document import MOST_READ
from curate.feeds.said import (
    LONGEST_TITLE,
    NOTHING,
    Document,
    Said,
    Text,
    line,
    longest,
    named,
    newest,
    page_url,
    without_mail,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ATOM = "http://www.w3.org/2005/Atom"
RSS1 = "http://purl.org/rss/1.0/"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
SPACES = {  # in lower case, as some feeds have them
    "http://www.w3.org/2005/atom": "",
    RSS1: "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
}
TITLES = frozenset({"title", "dc:title"})
HTML_TEXTS = frozenset({"description", "media:description", "dc:description"})
PLAIN_TEXTS = frozenset({"summary", "itunes:summary"})
CONTENTS = {"content": "text/plain", "content:encoded": "text/html"}
AUTHORS = frozenset({"author", "dc:creator", "dc:author", "itunes:author", "managingeditor"})
PUBLISHED = frozenset({"pubdate", "published", "issued"})
UPDATED = frozenset({"updated", "modified", "dc:date", "lastbuilddate"})
CATEGORIES = frozenset({"category", "dc:subject", "media:category"})
KEYWORDS = frozenset({"itunes:keywords", "media:keywords"})
MISREAD = frozenset(
    {"abstract", "body", "channel", "created", "email", "entry", "expirationdate", "feed", "fullitem", "homepage"}
    | {"image", "info", "item", "itunes:category", "itunes:owner", "keywords", "language", "name", "newlocation"}
    | {"tagline", "textinput", "uri", "url", "webmaster", "xhtml:body", "content:items", "content:item"}
    | {"dcterms:created", "dcterms:issued", "dcterms:modified", "feedburner:browserfriendly", "itunes:name"}
)
KINDS = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
DATE = re.compile(
    r"\s*(?:(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"(?:19|20)\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d (?:GMT|UTC|UT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|[+-][01]\d[0-5]\d)"
    r"|(?:19|20)\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-][01]\d:[0-5]\d))\s*"
)
MANGLED = re.compile(
    "[\x80-\x9f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|&#(?:1[2-5]\\d|x[89][0-9a-f]);", re.IGNORECASE
)
CLOSING = re.compile(r"</\w+>|&#?\w+;")
TAG = re.compile(r"</?(\w+)")
NAMED = re.compile(r"&(\w+);")


class Misread(Exception):
    """The document has a shape that is read with care; the argument names it."""


def read_fast(document: str, url: str) -> Document:
    """Read ``document``, which came from ``url``. Raises Misread when it is to be read with care."""
    if "<!DOCTYPE" in document[:100]:
        raise Misread("declared entities")
    if MANGLED.search(document):
        raise Misread("UTF-8 read as Latin-1")
    body = document.encode()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, collect_ids=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Misread("not well-formed") from error
    about, items = _parts(root)
    try:
        found = fastfeedparser.parse(body, include_media=False, include_enclosures=False).entries
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Misread("refused") from error
    if len(found) != len(items):
        raise Misread("entries in odd places")
    return _Reader(root, about, "xml:base" in document, url).document(items[:MOST_READ], found)


def _parts(root: etree._Element) -> tuple[etree._Element, list[etree._Element]]:
    """Return the element that says what the feed is, and its entries."""
    if root.tag == "rss":
        about, kind = root.find("channel"), "item"
        items = [] if about is None else about.findall("item")
    elif root.tag == f"{{{ATOM}}}feed":
        about, kind, items = root, "entry", root.findall(f"{{{ATOM}}}entry")
    elif root.tag == f"{RDF}RDF":
        about, kind, items = root.find(f"{{{RSS1}}}channel"), "item", root.findall(f"{{{RSS1}}}item")
    else:
        raise Misread("another format")
    if about is None or not items:
        raise Misread("no entries")
    if sum(1 for _ in root.iter("{*}item", "{*}entry")) != len(items) or next(root.iter(f"{{*}}{kind}")) is not items[0]:
        raise Misread("entries in odd places")
    return about, items


class _Reader:
    """Read the parts of one document, by what its root says of all."""

    def __init__(self, root: etree._Element, about: etree._Element, based: bool, url: str) -> None:  # noqa: FBT001
        self.atom = root is about
        self.about = about
        self.based = based
        said = [(name, child) for name, child in _named(about) if name not in {"item", "entry", "image", "textinput"}]
        self.title = self._title(said)
        link, _ = self._links(said)
        self.site_url = web_url(link, url)
        self.author = self._author(said)
        self.lang = language_tag(
            next((text for name, child in said if name == "language" and (text := _words(child))), "")
            or about.get(f"{XML}lang")
            or root.get(f"{XML}lang")
            or ""
        )
        self.base = url if self.atom else self.site_url or url

    def document(self, items: list[etree._Element], found: list[Any]) -> Document:
        said = [self._entry(item, words) for item, words in zip(items, found, strict=False)]
        told = [entry for entry in said if entry is not None]
        return Document(
            title=self.title,
            site_url=self.site_url,
            entries=tuple(newest(told, lambda entry: entry.published)),
        )

    def _entry(self, item: etree._Element, words: Any) -> Said | None:  # noqa: ANN401 - fastfeedparser's dict
        """Read one entry; None when it says nothing."""
        said = list(_flat(item))
        if not said:
            raise Misread("an entry without anything")
        link, links = self._links(said)
        about = item.get(f"{RDF}about")
        has_guid = about or any(name in {"guid", "id"} for name, _ in said)
        guid = one_line(words.get("id", "")) if has_guid else ""
        url = page_url(guid, [link, *links], self.base)
        content, summary, spoken = self._texts(said, words)
        return Said(
            guid=guid,
            url=url,
            base=url or self.base,
            title=self._title(said),
            author=self._author(said) or self.author,
            content=content,
            summary=summary,
            published=_published(said, words),
            tags=tuple(_tags(said)),
            lang=language_tag(self._lang(spoken)) or self.lang,
            links=tuple(
                (child.get("rel", "alternate"), child.get("href", ""))
                for name, child in said
                if name == "link" and child.get("href")
            ),
            comments=next((_words(child) for name, child in said if name == "comments"), ""),
            source_url=next((_source(child) for name, child in said if name == "source"), ""),
        )

    def _title(self, said: list[tuple[str, etree._Element]]) -> str:
        """Return the first title; one of a picture or a film in the entry is not the entry's."""
        first = next((child for name, child in said if name in TITLES and _words(child)), None)
        if first is None:
            if any(name == "media:title" for name, _ in said):
                raise Misread("a title of media alone")
            return ""
        text = self._text(first, "text/plain")
        return line(text.value, plain=text.kind == "text/plain")

    def _links(self, said: list[tuple[str, etree._Element]]) -> tuple[str, list[str]]:
        """Return the entry's or the feed's link, and all that lead to it or to an enclosure, origin first."""
        link, links, first = "", [], []
        for name, child in said:
            if name == "link" and child.get("href") is not None:
                to = self._resolved(child, child.get("href", ""))
                rel = child.get("rel", "alternate")
                if rel in {"alternate", "enclosure"}:
                    links.append(to)
                kind = child.get("type", "text/html").lower()
                if rel == "alternate" and KINDS.get(kind, kind) in {"text/html", "application/xhtml+xml"}:
                    link = to
            elif name == "link":
                link = self._resolved(child, _words(child))
                links.append(link)
            elif name == "enclosure":
                links.append(child.get("url") or child.get("href") or "")
            elif name in {"guid", "id"} and child.get("isPermaLink", "true") == "true":
                link = link or self._resolved(child, _words(child))
            elif name == "feedburner:origlink":
                first.append(_words(child))
        return (first[-1], [link, *links]) if first else (link, links)

    def _resolved(self, child: etree._Element, address: str) -> str:
        return urljoin(child.base or "", address) if self.based and child.base else address

    def _author(self, said: list[tuple[str, etree._Element]]) -> str:
        """Return the names of who wrote it, several separated by commas; no mail address."""
        names = []
        for name, child in said:
            if name not in AUTHORS:
                continue
            if len(child):
                names.append(_person(child))
            else:
                names.append(_words(child)[:LONGEST_TITLE])
        if len(names) > 1 and any("@" in name for name in names):
            raise Misread("several authors by mail")
        return named(without_mail(plain) if "@" in plain else plain for plain in map(plain_text, names))

    def _texts(
        self, said: list[tuple[str, etree._Element]], words: Any  # noqa: ANN401 - fastfeedparser's dict
    ) -> tuple[Text, Text, list[etree._Element]]:
        """Return the longest text, the entry's own summary, and the elements whose language counts, in order."""
        contents: list[Text] = []
        own, own_element = NOTHING, None
        spoken: list[etree._Element] = []
        summed = False
        # What fastfeedparser took for the content: its native part reads long sections quickly.
        native = [child for name, child in said if name in CONTENTS] or [
            child for name, child in said if name == "description"
        ]
        given = words.get("content") or [{}]
        known = {id(native[0]): given[0].get("value")} if len(native) == 1 else {}
        for name, child in said:
            if name in CONTENTS or (summed and not contents and name in HTML_TEXTS | PLAIN_TEXTS):
                contents.append(self._text(child, CONTENTS.get(name, "text/plain"), known.get(id(child))))
                spoken.append(child)
                summed = True
            elif name in HTML_TEXTS or name in PLAIN_TEXTS:
                kind = "text/html" if name in HTML_TEXTS else "text/plain"
                own, own_element, summed = self._text(child, kind, known.get(id(child))), child, True
        if own_element is not None:
            spoken.append(own_element)
        spoken += [child for name, child in said if name in TITLES]
        content = longest([*contents, own])
        return content, own if content is not own else NOTHING, spoken

    def _text(self, child: etree._Element, kind: str, value: str | None = None) -> Text:
        """Return the text in ``child`` with its type, which ``kind`` stands in for. ``value`` is it, if known."""
        kind = child.get("type", kind).lower()
        kind = KINDS.get(kind, kind)
        if kind not in {"text/plain", "text/html"} or child.get("mode", "") == "base64" or child.get("src"):
            raise Misread("another type of text")
        text = _words(child) if value is None else value.strip()
        if len(child):
            raise Misread("markup inside a text")
        if kind == "text/plain" and not self.atom and _seems_html(text):
            kind = "text/html"
        return Text(value=text, kind=kind, base=(child.base or "") if self.based else "")

    def _lang(self, spoken: list[etree._Element]) -> str:
        """Return the language of the first text that has one, its own or of what is around it."""
        for child in spoken:
            for each in (child, *child.iterancestors()):
                lang = each.get(f"{XML}lang")
                if lang is not None:
                    if lang:
                        return lang
                    break
        return ""


def _name(child: etree._Element) -> str:
    """Return the name of an element as feedparser knows it: its namespace's own prefix, in lower case."""
    space, _, local = child.tag.rpartition("}")  # type: ignore[union-attr] # comments are left out before
    if not space:
        return local.lower()
    prefix = SPACES.get(space[1:].lower())
    if prefix is None:
        prefix = f"{child.prefix}:" if child.prefix else ""
    return f"{prefix}{local}".lower()


def _named(parent: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    return ((_name(child), child) for child in parent if isinstance(child.tag, str))


def _flat(item: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Yield what stands in an entry with its name, and what stands in groups of media."""
    for name, child in _named(item):
        if name in MISREAD:
            raise Misread(f"<{name}>")
        yield name, child
        if len(child) and name != "author":
            if name.startswith("media:"):
                yield from _flat(child)
            elif (":" not in name and name not in CONTENTS and name not in PLAIN_TEXTS and name not in TITLES) or any(":" not in _name(each) for each in child.iterdescendants("{*}*")):
                raise Misread("markup inside a text")


def _source(child: etree._Element) -> str:
    """Return the address of the feed or site an entry was taken over from; RSS and Atom say it in two ways."""
    links = [each.get("href", "") for name, each in _named(child) if name == "link"]
    return child.get("url") or next(filter(None, links), "")


def _words(child: etree._Element) -> str:
    return (child.text or "").strip()


def _person(child: etree._Element) -> str:
    """Return the name of an Atom author."""
    parts = dict(_named(child))
    if not parts.keys() <= {"name", "email", "uri", "url"} and any(":" not in name for name in parts):
        odd = [name for name in parts if name not in {"name", "email", "uri", "url"} and ":" not in name]
        if odd:
            raise Misread("an author of odd parts")
    return _words(parts["name"])[:LONGEST_TITLE] if "name" in parts else ""


def _tags(said: list[tuple[str, etree._Element]]) -> Iterator[str]:
    for name, child in said:
        if name in CATEGORIES:
            yield child.get("label") or child.get("term") or _words(child)
        elif name in KEYWORDS:
            yield from _words(child).split(",")


def _published(said: list[tuple[str, etree._Element]], words: Any) -> datetime | None:  # noqa: ANN401
    """Return when the entry was published or else changed, as fastfeedparser read it."""
    for names in (PUBLISHED, UPDATED):
        dates = [child.text or "" for name, child in said if name in names]
        if len(dates) > 1:
            raise Misread("two dates of one sort")
        if dates and dates[0].strip():
            if not DATE.fullmatch(dates[0]):
                raise Misread("another form of date")
            value = words.get("published" if names is PUBLISHED or "updated" not in words else "updated")
            return datetime.fromisoformat(value).astimezone(UTC) if value else None
    return None


def _seems_html(text: str) -> bool:
    """Say whether what should be plain text is HTML: it closes an element or has an entity, and knows no others."""
    return bool(
        CLOSING.search(text)
        and all(name.lower() in KNOWN for name in TAG.findall(text))
        and all(name in html.entities.entitydefs for name in NAMED.findall(text))
    )
