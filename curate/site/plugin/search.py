"""Make the index that the search page filters, and the form that works without a script.

Pure. The form sends what is typed to a search engine of the person's choice, limited to the site; with
scripts the page filters index.json itself and asks nobody. Must not know how pages are written.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEX = "index.json"
LARGEST = 60 * 1024  # bytes, gzipped, for each 1,000 posts
SUMMARIES = (155, 110, 75, 40, 0)  # characters kept of each, the first that fits


@dataclass(frozen=True, kw_only=True)
class Form:
    """Where a form goes, how its one field is called, and what goes along."""

    action: str
    origin: str
    name: str
    hidden: tuple[tuple[str, str], ...]


def read_engine(address: str, site: str) -> Form | None:
    """Return the form for a search engine's ``address``, limited to ``site``; None while the site has no address.

    In the address ``{site}`` stands for the site's host.
    """
    host = urlsplit(site).netloc
    return read_form(address, host) if host else None


def read_form(address: str, host: str = "") -> Form | None:
    """Return the form for an ``address`` whose empty parameter is the field; None when there is no address."""
    if not address:
        return None
    parts = urlsplit(address)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    name = next(key for key, value in pairs if not value)
    origin = f"{parts.scheme}://{parts.netloc.encode('idna').decode()}"  # a page's policy knows no other letters
    hidden = tuple((key, value.replace("{site}", host)) for key, value in pairs if value)
    return Form(action=f"{origin}{parts.path or '/'}", origin=origin, name=name, hidden=hidden)


def search_index(articles: Iterable[Any]) -> bytes:
    """Return the index of Pelican's ``articles``: title, summary, tags and address of each, newest first.

    Summaries are cut where the whole would be more than LARGEST for so many posts.
    """
    posts = [
        {
            "title": article.searched[0],
            "summary": Markup(article.summary).striptags(),  # noqa: S704 - only read: what it says without entities
            "tags": article.searched[1],
            "url": article.url,
        }
        for article in articles
    ]
    raw = b""
    for length in SUMMARIES:
        cut = [{**post, "summary": _cut(post["summary"], length)} for post in posts]
        raw = json.dumps(cut, ensure_ascii=False, separators=(",", ":")).encode()
        if len(gzip.compress(raw, 6, mtime=0)) <= LARGEST * max(1.0, len(posts) / 1000):
            break
    return raw


def _cut(text: str, length: int) -> str:
    """Return the whole words of ``text`` that fit, with … for the rest."""
    if len(text) <= length:
        return text
    return f"{text[:length].rpartition(' ')[0]}…" if length else ""
