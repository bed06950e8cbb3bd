"""Read the expected values that gofeed's and feed-rs's own cases carry beside each feed, in feedparser's words.

Knows how the two write an answer down; nothing of ours. A feed's own title and link come as one more entry,
the first. What a case does not speak of is left out.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

BESIDE = ("{}.serde.json", "{}_expected.json", "{}.json")
ITSELF = "alternate"  # the relation of a link without one


def answer_beside(feed: Path) -> Path | None:
    """Return the file with the expected values of ``feed``; None when there is none."""
    there = (feed.with_name(name.format(feed.stem)) for name in BESIDE)
    return next((path for path in there if path.is_file() and path != feed), None)


def expected(answer: Path) -> list[dict[str, Any]]:
    """Return what the file ``answer`` says of the feed, as its first entry, and of each entry."""
    feed = json.loads(answer.read_bytes())
    entries = feed.get("items") or feed.get("entries") or []
    itself = {"title": _text(feed.get("title"))[0], "link": _text(feed.get("home_page_url"))[0] or _link(feed)}
    return [itself, *map(_entry, entries)]


def _entry(said: dict[str, Any]) -> dict[str, Any]:
    title, kind = _text(said.get("title"))
    guid = said.get("guid") or said.get("id") or ""
    writers = said.get("authors") or said.get("author") or []
    writers = [{"name": writers}] if isinstance(writers, str) else writers if isinstance(writers, list) else [writers]
    texts = [_text(said.get(name)) for name in ("content_html", "content_text", "content", "description", "summary")]
    texts += [_text(each.get("description")) for each in said.get("media") or []]
    moments = (said.get(name) for name in ("publishedParsed", "pubDateParsed", "published", "date_published"))
    changes = (said.get(name) for name in ("updatedParsed", "updated", "date_modified"))
    date = next((moment for moment in map(_date, (*moments, *changes)) if moment), None)
    return {
        "title": title,
        "title_detail": {"type": kind},
        "link": _text(said.get("url"))[0] or _link(said),
        "id": guid.get("value", "") if isinstance(guid, dict) else str(guid),
        "published_parsed": date.utctimetuple() if date else None,
        "authors": [{name: value for name, value in each.items() if value} for each in writers if each],
        "content": [{"value": value, "type": kind} for value, kind in texts if value],
    }


def _text(said: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    """Return a text and its media type, HTML where the answer does not say."""
    if isinstance(said, dict):
        value = said.get("content") or said.get("body") or said.get("value") or ""
        kind = said.get("content_type") or said.get("type") or "text/html"
        return str(value), {"html": "text/html", "xhtml": "application/xhtml+xml", "text": "text/plain"}.get(kind, kind)
    return (said, "text/html") if isinstance(said, str) else ("", "text/html")


def _link(said: dict[str, Any]) -> str:
    """Return the address of the page: of several links the first that is no other relation's."""
    if isinstance(said.get("link"), str):
        return str(said["link"])
    links = (each for each in said.get("links") or [] if isinstance(each, dict))  # bare addresses name no relation
    pages = [each for each in links if (each.get("rel") or ITSELF) == ITSELF]
    return str(pages[0].get("href") or "") if pages else ""


def _date(said: Any) -> datetime | None:  # noqa: ANN401 - JSON
    try:
        return datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
