"""Read a JSON Feed, version 1 or 1.1: https://www.jsonfeed.org/version/1.1/.

Pure: text in, what the feed says out.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text
from curate.feeds.document import MOST_READ, NotAFeed
from curate.feeds.said import (
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    Document,
    Said,
    Text,
    named,
    newest,
)
from curate.feeds.stated import language_tag, moment
from curate.feeds.via import ELSEWHERE

if TYPE_CHECKING:
    from datetime import datetime


def read_json(text: str, url: str) -> Document:
    """Read the JSON Feed in ``text``, which came from ``url``. Raises NotAFeed."""
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise NotAFeed("begins like JSON, but is broken") from error
    if not isinstance(feed, dict) or not _is_feed(feed):
        raise NotAFeed("is JSON, but not a JSON Feed")
    items = feed["items"] if isinstance(feed.get("items"), list) else []
    author, lang = _writers(feed), language_tag(_text(feed.get("language")))
    said = [item for item in items[:MOST_READ] if isinstance(item, dict) and any(item.values())]
    return Document(
        title=plain_text(_text(feed.get("title"))[: 20 * LONGEST_TITLE])[:LONGEST_TITLE],
        site_url=web_url(_text(feed.get("home_page_url")), url),
        entries=tuple(_item(item, author=author, lang=lang, base=url) for item in newest(said, _dated)),
    )


def _is_feed(feed: dict[str, Any]) -> bool:
    """Say whether ``feed`` is a JSON Feed; some give the bare number of their version, 1 or 1.1."""
    version, items = feed.get("version"), feed.get("items")
    if "jsonfeed.org/version/" in _text(version):
        return True
    texts = ("content_html", "content_text")
    read = isinstance(items, list) and any(isinstance(item, dict) and any(map(item.get, texts)) for item in items)
    return read and str(version) in {"1", "1.0", "1.1"}


def _item(item: dict[str, Any], *, author: str, lang: str, base: str) -> Said:
    guid = item.get("id")
    guid = one_line(str(guid) if isinstance(guid, int | float) else _text(guid))
    elsewhere = web_url(_text(item.get("external_url")), base)
    url = web_url(_text(item.get("url")), base) or elsewhere or (web_url(guid) if guid.startswith("http") else "")
    markup = _text(item.get("content_html"))
    tags = item.get("tags")
    return Said(
        guid=guid,
        url=url,
        base=url or base,
        title=one_line(html.unescape(_text(item.get("title"))[: 20 * LONGEST_TITLE]))[:LONGEST_TITLE].strip(),
        author=_writers(item) or author,
        content=Text(value=markup) if markup else Text(value=_text(item.get("content_text")), kind="text/plain"),
        summary=Text(value=_text(item.get("summary"))[: 20 * LONGEST_SUMMARY], kind="text/plain"),
        published=_dated(item),
        tags=tuple(_text(tag) for tag in tags) if isinstance(tags, list) else (),
        lang=language_tag(_text(item.get("language"))) or lang,
        links=((ELSEWHERE, elsewhere),) if elsewhere else (),
    )


def _dated(item: dict[str, Any]) -> datetime | None:
    return moment(_text(item.get("date_published"))) or moment(_text(item.get("date_modified")))


def _writers(about: dict[str, Any]) -> str:
    """Return the names in ``authors``, or in ``author`` as version 1 had it."""
    authors = about.get("authors")
    several = authors if isinstance(authors, list) and authors else [about.get("author")]
    return named(one_line(_text(one.get("name"))[:LONGEST_TITLE]) for one in several if isinstance(one, dict))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
