"""Read RSS, RDF and Atom as they come, broken or not: feedparser, and our rules for what it finds.

Pure: a document that ``document.xml_document`` and ``legal`` made harmless in, what the feed says out.
"""

from __future__ import annotations

import calendar
import io
from datetime import UTC, datetime
from typing import Any

import feedparser
from feedparser.datetimes import _parse_date

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text
from curate.feeds.document import FEEDS, MOST_READ, NotAFeed
from curate.feeds.said import (
    LONGEST_TITLE,
    MOST_AUTHORS,
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
from curate.feeds.stated import language_tag


def read_carefully(root: str, document: str, url: str) -> Document:
    """Read ``document``, whose root is ``root``, from ``url``. Raises NotAFeed."""
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
    site_url = web_url(_text(about.get("link")), url)
    said = [entry for entry in found.entries[:MOST_READ] if any(entry.values())]
    author, lang = _author(about), language_tag(_text(about.get("language")))
    base = url if found.version.startswith("atom") else site_url or url
    return Document(
        title=_line(about, "title"),
        site_url=site_url,
        entries=tuple(
            _entry(entry, author=author, lang=lang, base=base)
            for entry in newest(said, _published) or found.entries[:1]
        ),
    )


def _entry(entry: Any, *, author: str, lang: str, base: str) -> Said:  # noqa: ANN401 - feedparser's dict
    guid = one_line(_text(entry.get("id")))
    links = [_text(entry.get("feedburner_origlink")), _text(entry.get("link"))]
    links += [
        _text(link.get("href")) for link in _dicts(entry, "links") if link.get("rel") in {"alternate", "enclosure"}
    ]
    url = page_url(guid, links, base)
    own = next((_said(detail) for detail in _dicts(entry, "summary_detail")), NOTHING)
    source: Any = next(iter(_dicts(entry, "source")), {})
    content = longest([*(_said(detail) for detail in _dicts(entry, "content")), own])
    return Said(
        guid=guid,
        url=url,
        base=url or base,
        title=_line(entry, "title"),
        author=_author(entry) or author,
        content=content,
        summary=NOTHING if content is own else Text(value=own.value, kind=own.kind),
        published=_published(entry),
        tags=tuple(filter(None, (_text(tag.get("label") or tag.get("term")) for tag in _dicts(entry, "tags")))),
        lang=language_tag(_language(entry)) or lang,
        links=tuple((_text(link.get("rel")), _text(link.get("href"))) for link in _dicts(entry, "links")),
        comments=_text(entry.get("comments")),
        source_url=_text(source.get("href") or source.get("link")),
    )


def _text(value: object) -> str:
    """Return ``value`` when it is a text: feedparser's dictionaries hold what the feed made them hold."""
    return value if isinstance(value, str) else ""


def _said(detail: Any) -> Text:  # noqa: ANN401 - feedparser's dict
    kind = detail.get("type", "text/html")
    return Text(value=_text(detail.get("value")), kind=_text(kind), base=_text(detail.get("base")))


def _dicts(about: Any, name: str) -> list[Any]:  # noqa: ANN401 - feedparser's dict
    """Return what feedparser gathered as ``name``, one or several; an element of that name in the feed is none."""
    value = about.get(name)
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, feedparser.FeedParserDict)]


def _line(about: Any, name: str) -> str:  # noqa: ANN401 - feedparser's dict
    plain = any(detail.get("type") == "text/plain" for detail in _dicts(about, f"{name}_detail"))
    return line(_text(about.get(name)), plain=plain)


def _author(about: Any) -> str:  # noqa: ANN401 - feedparser's dict
    """Return who wrote it, by name: several separated by commas; no mail address alone."""
    authors = _dicts(about, "authors")[:MOST_AUTHORS]
    names = [plain_text(_text(author.get("name"))[:LONGEST_TITLE]) for author in authors]
    if len(authors) == 1 and authors[0].get("email"):
        # feedparser cuts a mail address after four letters of its last part; what it was cut from is whole.
        whole, name = _text(about.get("author")), _text(authors[0].get("name"))
        if whole != f"{name} ({_text(authors[0]['email'])})":  # which it makes of an Atom author's parts
            names = [without_mail(plain_text(whole[:LONGEST_TITLE]))]
    return named(names if any(names) else [plain_text(_text(about.get("author"))[:LONGEST_TITLE])])


def _language(entry: Any) -> str:  # noqa: ANN401 - feedparser's dict
    """Return the language of the entry's text, of its summary or of its title."""
    details = (detail for name in ("content", "summary_detail", "title_detail") for detail in _dicts(entry, name))
    return next((_text(detail["language"]) for detail in details if detail.get("language")), "")


def _published(entry: Any) -> datetime | None:  # noqa: ANN401 - feedparser's dict
    return next(filter(None, (_parsed(entry, f"{name}_parsed") for name in ("published", "updated", "created"))), None)


def odd_date(text: str) -> datetime | None:
    """Return the moment feedparser makes of a date in whatever form, in UTC; None when it makes none."""
    return _parsed({"date": _parse_date(text)}, "date")


def _parsed(entry: Any, name: str) -> datetime | None:  # noqa: ANN401 - feedparser's dict
    """Return the moment feedparser made of a date, in UTC; None when it made none that can be."""
    if name not in entry or not entry[name]:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(entry[name]), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
