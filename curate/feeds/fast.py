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
no entries at all           counting them                        (nothing to lose)               careful
markup or comments in text  children of the text's element       keep what is before the first   careful
base64, other media types   mode, type and src of a text         show what is no text            careful
two dates of one sort       counting them                        take the first                  careful
dcterms: dates, others      the element's name, see MISREAD      ignore them                     careful
XHTML with prefixes         prefixes of the elements inside      keep the wrapper, lose titles   careful
XHTML without               type="xhtml"                         the same                        as HTML
UTF-8 read as Latin-1       bytes of UTF-8 or cp1252 in a text   show them as they are           mended
dates but RFC 822 and 3339  the date's text                      guess, with other results       feedparser's
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

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import fastfeedparser
from lxml import etree

from curate.feeds.addresses import web_url
from curate.feeds.careful import odd_date
from curate.feeds.clean import language_tag, one_line, plain_text
from curate.feeds.document import MOST_READ
from curate.feeds.elements import Misread, children, flat, markup_of, mended, person, seems_html, words_of
from curate.feeds.said import (
    LONGEST_TITLE,
    NOTHING,
    TEXTS,
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
TITLES = frozenset({"title", "dc:title"})
HTML_TEXTS = frozenset({"description", "media:description", "dc:description"})
PLAIN_TEXTS = frozenset({"summary", "itunes:summary"})
CONTENTS = {"content": "text/plain", "content:encoded": "text/html"}
AUTHORS = frozenset({"author", "dc:creator", "dc:author", "itunes:author", "managingeditor"})
PUBLISHED = frozenset({"pubdate", "published", "issued"})
UPDATED = frozenset({"updated", "modified", "dc:date", "lastbuilddate"})
LANGUAGES = frozenset({"language", "dc:language"})
CATEGORIES = frozenset({"category", "dc:subject", "media:category"})
KEYWORDS = frozenset({"itunes:keywords", "media:keywords"})
KINDS = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}
DATE = re.compile(
    r"\s*(?:(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"(?:19|20)\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d (?:GMT|UTC|UT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|[+-][01]\d[0-5]\d)"
    r"|(?:19|20)\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-][01]\d:[0-5]\d))\s*"
)

MOST_PUZZLES = 50  # entries whose date it takes fastfeedparser milliseconds to make nothing of


def read_fast(document: str, url: str) -> Document:
    """Read ``document``, which came from ``url``. Raises Misread when it is to be read with care."""
    if "<!DOCTYPE" in document[:100]:
        raise Misread("declared entities")
    body = document.encode()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, collect_ids=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Misread("not well-formed") from error
    about, items = _parts(root)
    inside = [children(item) for item in items]
    if sum(map(_puzzling, inside)) > MOST_PUZZLES:
        raise Misread("many dates to guess at")
    try:
        found = fastfeedparser.parse(body, include_media=False, include_enclosures=False).entries
    except Exception as error:  # whatever it stumbles over: there is the other way
        raise Misread("refused") from error
    if len(found) != len(items):
        raise Misread("entries in odd places")
    return _Reader(root, about, "xml:base" in document, url).document(
        list(zip(items, inside, found, strict=True))[:MOST_READ]
    )


def _puzzling(inside: list[tuple[str, etree._Element]]) -> bool:
    """Say whether fastfeedparser would guess at the entry's date: one of an odd form, or a guid where there is none."""
    dates = {name: child.text or "" for name, child in inside if name in PUBLISHED or name in UPDATED}
    if dates:
        return not all(map(DATE.fullmatch, dates.values()))
    guids = [child.text or "" for name, child in inside if name == "guid"]
    return bool(guids) and not guids[-1].startswith("http")


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
    if (
        sum(1 for _ in root.iter("{*}item", "{*}entry")) != len(items)
        or next(root.iter(f"{{*}}{kind}")) is not items[0]
    ):
        raise Misread("entries in odd places")
    return about, items


class _Reader:
    """Read the parts of one document, by what its root says of all."""

    def __init__(self, root: etree._Element, about: etree._Element, based: bool, url: str) -> None:  # noqa: FBT001
        self.atom = root is about
        self.about = about
        self.based = based
        said = [(name, child) for name, child in children(about) if name not in {"item", "entry", "image", "textinput"}]
        self.title = self._title(said)
        link, _ = self._links(said)
        self.site_url = web_url(link, url)
        self.author = self._author(said)
        self.lang = language_tag(
            next(filter(None, (words_of(child) for name, child in said if name in LANGUAGES)), "")
            or about.get(f"{XML}lang")
            or root.get(f"{XML}lang")
            or ""
        )
        self.base = url if self.atom else self.site_url or url

    def document(self, items: list[tuple[etree._Element, list[tuple[str, etree._Element]], Any]]) -> Document:
        """Return what the feed says: of each entry its element, what is inside, what fastfeedparser found there."""
        told = [self._entry(*item) for item in items]
        return Document(
            title=self.title,
            site_url=self.site_url,
            entries=tuple(newest(told, lambda entry: entry.published)),
        )

    def _entry(
        self,
        item: etree._Element,
        inside: list[tuple[str, etree._Element]],
        words: Any,  # noqa: ANN401 - fastfeedparser's dict
    ) -> Said:
        """Read one entry."""
        said = list(flat(inside))
        if not said:
            raise Misread("an entry without anything")
        by_name = dict(reversed(said))  # the first of each
        link, links = self._links(said)
        guid = item.get(f"{RDF}about", "")
        for name, child in said:
            if name in {"guid", "id"}:
                told = words_of(child)
                guid = self._resolved(child, told) if child.get("isPermaLink", "true") == "true" else told
        guid = one_line(guid)
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
            tags=tuple(filter(None, dict.fromkeys(_tags(said)))),
            lang=language_tag(self._lang(spoken)) or self.lang,
            links=tuple(
                [
                    (child.get("rel", "alternate"), child.get("href", ""))
                    for name, child in said
                    if name == "link" and child.get("href")
                ]
            ),
            comments=words_of(by_name["comments"]) if "comments" in by_name else "",
            source_url=by_name["source"].get("url", "") if "source" in by_name else "",
        )

    def _title(self, said: list[tuple[str, etree._Element]]) -> str:
        """Return the first title; one of a picture or a film in the entry is not the entry's."""
        first = next((child for name, child in said if name in TITLES and (len(child) or words_of(child))), None)
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
                link = self._resolved(child, words_of(child))
                links.append(link)
            elif name == "enclosure":
                links.append(child.get("url") or child.get("href") or "")
            elif name in {"guid", "id"} and child.get("isPermaLink", "true") == "true":
                link = link or self._resolved(child, words_of(child))
            elif name == "feedburner:origlink":
                first.append(words_of(child))
        return (first[-1], [link, *links]) if first else (link, links)

    def _resolved(self, child: etree._Element, address: str) -> str:
        if not self.based or not child.base:
            return address
        try:
            return urljoin(child.base, address)
        except ValueError:  # no address that could be
            return address

    def _author(self, said: list[tuple[str, etree._Element]]) -> str:
        """Return the names of who wrote it, several separated by commas; no mail address."""
        names = []
        for name, child in said:
            if name not in AUTHORS:
                continue
            if len(child):
                names.append(person(child))
            else:
                names.append(words_of(child)[:LONGEST_TITLE])
        return named(without_mail(plain) if "@" in plain else plain for plain in map(plain_text, names))

    def _texts(
        self,
        said: list[tuple[str, etree._Element]],
        words: Any,  # noqa: ANN401 - fastfeedparser's dict
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
        return content, NOTHING if content is own else Text(value=own.value, kind=own.kind), spoken

    def _text(self, child: etree._Element, kind: str, value: str | None = None) -> Text:
        """Return the text in ``child`` with its type, which ``kind`` stands in for. ``value`` is it, if known."""
        kind = child.get("type", kind).lower()
        kind = KINDS.get(kind, kind)
        if kind not in TEXTS or child.get("mode", "") == "base64" or child.get("src"):
            raise Misread("another type of text")
        if kind == "application/xhtml+xml":
            text = markup_of(child)
        elif len(child):
            raise Misread("markup inside a text")
        else:
            text = words_of(child) if value is None else mended(value.strip())
        if kind == "text/plain" and not self.atom and seems_html(text):
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


def _tags(said: list[tuple[str, etree._Element]]) -> Iterator[str]:
    for name, child in said:
        if name in CATEGORIES:
            yield child.get("label") or child.get("term") or words_of(child)
        elif name in KEYWORDS:
            yield from (word.strip() for word in words_of(child).split(","))


def _published(said: list[tuple[str, etree._Element]], words: Any) -> datetime | None:  # noqa: ANN401
    """Return when the entry was published or else changed, as fastfeedparser read it."""
    for names in (PUBLISHED, UPDATED):
        dates = [child.text or "" for name, child in said if name in names]
        if len(dates) > 1:
            raise Misread("two dates of one sort")
        if dates and dates[0].strip():
            if not DATE.fullmatch(dates[0]):
                return odd_date(dates[0].strip())
            value = words.get("published" if names is PUBLISHED or "updated" not in words else "updated")
            return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0) if value else None
    return None
