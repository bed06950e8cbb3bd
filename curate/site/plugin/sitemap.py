"""Tell search engines which pages there are, and when each changed: sitemap.xml, and robots.txt that names it.

A page that asks not to be indexed is not in it, nor a draft. See https://www.sitemaps.org/protocol.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from curate.site.plugin.writer import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path


SITEMAP, ROBOTS = "sitemap.xml", "robots.txt"
UNLISTED = {"404", "410", "search"}  # templates of pages that ask not to be indexed
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'


def write_sitemap(output: Path, context: Mapping[str, Any]) -> list[str]:
    """Write both files below ``output`` and return their places; none while the site has no address."""
    root = context.get("SITE_ADDRESS")
    if not root or context.get("BUILD_DRAFTS"):
        return []
    rows = "".join(f"<url><loc>{escape(f'{root}/{url}')}</loc>{_lastmod(at)}</url>\n" for url, at in listed(context))
    said = {SITEMAP: f"{HEAD}{rows}</urlset>\n", ROBOTS: f"User-agent: *\nAllow: /\n\nSitemap: {root}/{SITEMAP}\n"}
    for name, text in said.items():
        put(output / name, text.encode())
    return [*said]


def listed(context: Mapping[str, Any]) -> list[tuple[str, datetime | None]]:
    """Return each page's address below the site's and when it last changed, as far as that is known, in order."""
    return sorted(dict(_pages(context)).items(), key=lambda row: row[0])


def _pages(context: Mapping[str, Any]) -> Iterator[tuple[str, datetime | None]]:
    articles = context["articles"]
    changed = {id(article): getattr(article, "modified", article.date) for article in articles}

    def latest_of(listed: Sequence[Any]) -> datetime | None:
        return max([changed[id(article)] for article in listed], default=None)

    latest = latest_of(articles)
    for name in context["DIRECT_TEMPLATES"]:
        place = context.get(f"{name.upper()}_SAVE_AS", f"{name}.html")
        if name not in UNLISTED and place:
            yield str(place).removesuffix("index.html"), latest
    for article in articles:
        yield article.url, changed[id(article)]
    for page in context["pages"]:
        yield page.url, getattr(page, "modified", None)
    for place in context.get("own_pages", ()):
        yield place.url, latest
    for url, listed in _lists(context):
        yield url, latest_of(listed)


def _lists(context: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield the first page of each list of posts, with its posts."""
    for topic, filed in context["categories"]:
        yield topic.url, filed
    for tag, tagged in context["tags"]:
        if len(tagged) > 1:  # a list of one post says nothing that the post does not
            yield tag.url, tagged
    for year in context.get("YEARS", ()):
        for listing in (year, *year.months):
            yield listing.url, listing.posts


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat()}</lastmod>" if moment is not None else ""
