"""Read well-formed RSS, RDF and Atom quickly, where feedparser would read the same.

Pure: a document that ``document.xml_document`` made harmless in, what the feed says out, or Misread
when this way would lose something. A strict parse decides, and its tree is what is read. The shapes
that matter, all found by comparing real feeds and cases entry by entry:

shape                       seen by                              a plain reading would           here
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
dates but RFC 822 and 3339  the date's text                      guess, or give up               as feedparser
xml:base, relative links    xml:base in the document, the tree   leave them relative             resolved
author (name), mail         the text of the author's element     keep the address                names
several authors             elements in their order              take the first                  all
guid as link, rel, type     links of the tree in their order     follow any Atom link            as told
media:, itunes: and dc:     names with their namespaces          take media:title for a title    own texts
  titles and descriptions
itunes:, media: keywords    the same                             ignore them                     tags
plain text that is HTML     closing tags or entities in it       keep no types                   a type
many vocabularies           the lengths of their names           (nothing to lose)               careful
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from curate import __version__
from curate.feeds.addresses import web_url
from curate.feeds.careful import odd_date
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text
from curate.feeds.document import MOST_READ
from curate.feeds.elements import Misread, children, flat, markup_of, person, seems_html, words_of
from curate.feeds.said import (
    LONGEST_TITLE,
    MOST_ENTRIES,
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
from curate.feeds.stated import language_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from curate.feeds.said import Unchanged

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
RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"((?:19|20)\d\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) "
    r"(?:(GMT|UTC|UT|EST|EDT|CST|CDT|MST|MDT|PST|PDT)|([+-])([01]\d)([0-5]\d))",
    re.ASCII,
)
RFC3339 = re.compile(
    r"(?:19|20)\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-][01]\d:[0-5]\d)", re.ASCII
)
LONGEST_NAMES = 8_192  # characters of the names of all vocabularies
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}  # hours


def read_fast(document: str, url: str, known: Mapping[str, Unchanged]) -> Document:
    """Read ``document``, which came from ``url``, but for entries that are ``known`` by their digests.

    Raises Misread when it is to be read with care.
    """
    if "<!DOCTYPE" in document[:100]:
        raise Misread("declared entities")
    body = document.encode("utf-8", "surrogatepass")  # which no parser takes
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, collect_ids=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Misread("not well-formed") from error
    about, items = _parts(root)
    if sum(map(len, root.nsmap.values())) + sum(map(len, about.nsmap.values())) > LONGEST_NAMES:
        raise Misread("many vocabularies")  # each entry would be written with all of their names
    return _Reader(root, about, "xml:base" in document, url).document(items[:MOST_READ], known)


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
        around = (url, self.title, self.site_url, self.author, self.lang, based, root.items(), about.items())
        self.seed = blake2b(repr((__version__, *around)).encode("utf-8", "surrogatepass"), digest_size=16)

    def document(self, items: list[etree._Element], known: Mapping[str, Unchanged]) -> Document:
        """Return what the feed says, whose entries are ``items``."""
        entries: Sequence[Said | Unchanged]
        if len(items) > MOST_ENTRIES:  # which are the newest, only what the feed says of each can tell
            read = newest([self._entry(item, self._digest(item)) for item in items], lambda entry: entry.published)
            entries = read
        else:
            digests = [(self._digest(item), item) for item in items]
            entries = [known.get(digest) or self._entry(item, digest) for digest, item in digests]
        return Document(title=self.title, site_url=self.site_url, entries=tuple(entries))

    def _digest(self, item: etree._Element) -> str:
        """Return a digest of an entry as it is written and of what is said around it, our own rules included."""
        digest = self.seed.copy()
        digest.update(etree.tostring(item, encoding="utf-8", with_tail=False))
        return digest.hexdigest()

    def _entry(self, item: etree._Element, digest: str) -> Said:
        """Read one entry."""
        said = list(flat(children(item)))
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
        content, summary, spoken = self._texts(said)
        return Said(
            guid=guid,
            url=url,
            base=url or self.base,
            title=self._title(said),
            author=self._author(said) or self.author,
            content=content,
            summary=summary,
            published=_published(said),
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
            digest=digest,
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

    def _texts(self, said: list[tuple[str, etree._Element]]) -> tuple[Text, Text, list[etree._Element]]:
        """Return the longest text, the entry's own summary, and the elements whose language counts, in order."""
        contents: list[Text] = []
        own, own_element = NOTHING, None
        spoken: list[etree._Element] = []
        summed = False
        for name, child in said:
            if name in CONTENTS or (summed and not contents and name in HTML_TEXTS | PLAIN_TEXTS):
                contents.append(self._text(child, CONTENTS.get(name, "text/plain")))
                spoken.append(child)
                summed = True
            elif name in HTML_TEXTS or name in PLAIN_TEXTS:
                kind = "text/html" if name in HTML_TEXTS else "text/plain"
                own, own_element, summed = self._text(child, kind), child, True
        if own_element is not None:
            spoken.append(own_element)
        spoken += [child for name, child in said if name in TITLES]
        content = longest([*contents, own])
        return content, NOTHING if content is own else Text(value=own.value, kind=own.kind), spoken

    def _text(self, child: etree._Element, kind: str) -> Text:
        """Return the text in ``child`` with its type, which ``kind`` stands in for."""
        kind = child.get("type", kind).lower()
        kind = KINDS.get(kind, kind)
        if kind not in TEXTS or child.get("mode", "") == "base64" or child.get("src"):
            raise Misread("another type of text")
        if kind == "application/xhtml+xml":
            text = markup_of(child)
        elif len(child):
            raise Misread("markup inside a text")
        else:
            text = words_of(child)
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


def _published(said: list[tuple[str, etree._Element]]) -> datetime | None:
    """Return when the entry was published or else changed."""
    for names in (PUBLISHED, UPDATED):
        dates = [child.text or "" for name, child in said if name in names]
        if len(dates) > 1:
            raise Misread("two dates of one sort")
        date = dates[0].strip() if dates else ""
        if date:
            return _moment(date)
    return None


def _moment(date: str) -> datetime | None:
    """Return the moment that ``date`` names, in whole seconds; None when it names none."""
    try:
        if RFC3339.fullmatch(date):
            return datetime.fromisoformat(date).astimezone(UTC).replace(microsecond=0)
        found = RFC822.fullmatch(date)
        if not found:
            return odd_date(date)
        day, month, year, hour, minute, second, zone, sign, hours, minutes = found.groups()
        day_of = (int(year), MONTHS.index(month) // 3 + 1, int(day))
        moment = datetime(*day_of, int(hour), int(minute), int(second), tzinfo=UTC)
        if zone:
            return moment - timedelta(hours=ZONES.get(zone, 0))
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return moment + ahead if sign == "-" else moment - ahead
    except (ValueError, OverflowError):  # the 30th of February
        return None
