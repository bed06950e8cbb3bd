"""Write the site's feeds: everything, links, essays and each topic, as Atom and as JSON Feed.

Pelican's own writer makes the Atom feeds; here they get what it leaves out. The content of each entry,
citation included, is the reader's. See https://www.rfc-editor.org/rfc/rfc4287 and
https://www.jsonfeed.org/version/1.1/ for what a feed must have.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from markupsafe import Markup

from curate.site.plugin.metadata import card_url
from curate.site.plugin.report import report_of
from curate.site.plugin.writer import put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# ruff: noqa: ANN401 - Pelican, its objects and feedgenerator carry no types

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an empty feed was never updated, and the format wants a date
ADDRESS = re.compile(r'\b(href|src|cite|poster)="([^"]+)"')
KINDS = {"links": "link", "essays": "essay"}  # kinds of post that have feeds of their own
VERSION = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One feed: ``name`` beside the site's ("" for everything), its files, its page, its posts, newest first.

    Of the posts, those of one ``kind`` alone when it is given.
    """

    name: str
    atom: str
    json: str
    page: str
    posts: Sequence[Any]
    kind: str = ""

    def newest(self, most: int | None) -> list[Any]:
        """Return what the feed holds, at most so many posts."""
        chosen = (article for article in self.posts if not self.kind or article.genre == self.kind)
        return list(islice(chosen, most))


def channels(context: Mapping[str, Any]) -> list[Channel]:
    """Return the feeds of the site; none while it has no address."""
    if not context.get("FEED_ALL_ATOM") or not context.get("FEED_ALL_JSON"):
        return []
    articles = context["articles"]
    found = [Channel(name="", atom=context["FEED_ALL_ATOM"], json=context["FEED_ALL_JSON"], page="", posts=articles)]
    for folder, kind in KINDS.items():
        stem = f"feeds/{folder}"
        files = {"atom": f"{stem}.atom.xml", "json": f"{stem}.json"}
        found.append(Channel(name=folder.capitalize(), **files, page="", posts=articles, kind=kind))
    for topic, filed in context["categories"]:
        found.append(
            Channel(
                name=_plain(topic.name),
                atom=str(context["CATEGORY_FEED_ATOM"]).format(slug=topic.slug),
                json=str(context["CATEGORY_FEED_JSON"]).format(slug=topic.slug),
                page=topic.url,
                posts=filed,
            )
        )
    return found


def write_feeds(generator: Any, writer: Any) -> None:
    """Write the feeds that Pelican does not write by itself."""
    context = generator.context
    for channel in channels(context):
        if channel.name and not channel.page:
            writer.write_feed(channel.newest(context["FEED_MAX_ITEMS"]), context, channel.atom, feed_title=channel.name)
        write = partial(_write_json, channel, context, Path(generator.output_path, channel.json))
        if hasattr(writer, "write_kept"):
            held = channel.newest(context["FEED_MAX_ITEMS"])
            writer.write_kept(channel.json, {"held": held, "feed": (channel.name, channel.page)}, write)
        else:
            write()


def _write_json(channel: Channel, context: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(json_feed(channel, context), ensure_ascii=False, indent=1)
    put(path, f"{text}\n".encode())
    report_of(context).written.append(channel.json)


def complete_feed(context: Mapping[str, Any], feed: Any) -> None:
    """Give an Atom feed and its entries what Pelican leaves out."""
    home = f"{context['SITEURL']}/"
    name = feed.feed["feed_url"].removeprefix(f"{context['FEED_DOMAIN']}/")
    channel = next((one for one in channels(context) if one.atom == name), None)
    feed.feed |= {
        "language": context["DEFAULT_LANG"],
        "author_name": context["SITENAME"],
        "author_link": home,
        "subtitle": context.get("SITESUBTITLE") or None,
    }
    if channel is not None:
        feed.feed["title"] = _title(channel, context)
        if channel.name:
            feed.feed |= {"link": f"{home}{channel.page}", "id": feed.feed["feed_url"]}
    for item in feed.items:
        item["unique_id"] = lasting_id(item["link"])
        item["content"] = whole_addresses(item["content"], item["link"])
        item["author_name"] = context["SITENAME"]
        item["author_link"] = home
        item["categories"] = [_plain(name) for name in item["categories"]]
    if not feed.items:
        feed.latest_post_date = lambda: NEVER


def json_feed(channel: Channel, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feed as JSON Feed 1.1 has it."""
    home = f"{context['SITEURL']}/"
    author = {"name": context["SITENAME"], "url": home}
    items = channel.newest(context["FEED_MAX_ITEMS"])
    return _said(
        {
            "version": VERSION,
            "title": _title(channel, context),
            "home_page_url": f"{home}{channel.page}",
            "feed_url": f"{context['FEED_DOMAIN']}/{channel.json}",
            "description": context.get("SITESUBTITLE"),
            "authors": [author],
            "language": context["DEFAULT_LANG"],
        }
    ) | {"items": [_item(article, author, context) for article in items]}


def lasting_id(link: str) -> str:
    """Return a tag URI (RFC 4151) for the page at ``link``: it survives a move to https and a new date."""
    parts = urlsplit(link)
    year = next((part for part in parts.path.split("/") if part.isdigit()), "2000")
    return f"tag:{parts.hostname},{year}:{parts.path}"


def whole_addresses(markup: str, page: str) -> str:
    """Return ``markup`` with every address that only its ``page`` could resolve made whole, but those within it."""

    def whole(found: re.Match[str]) -> str:
        name, address = found.groups()
        try:
            alone = address.startswith("#") or bool(urlsplit(address).scheme)
            return found[0] if alone else f'{name}="{urljoin(page, address)}"'
        except ValueError:
            return found[0]

    return ADDRESS.sub(whole, markup)


def _item(article: Any, author: dict[str, str], context: Mapping[str, Any]) -> dict[str, Any]:
    post = article.post
    link = f"{context['SITEURL']}/{article.url}"
    return _said(
        {
            "id": lasting_id(link),
            "url": link,
            "external_url": post.source.url if post.source is not None else "",
            "title": post.title,
            "content_html": whole_addresses(article.get_content(context["SITEURL"]), link),
            "summary": _plain(article.summary),
            "image": card_url(article, context),
            "date_published": article.date.isoformat(),
            "date_modified": getattr(article, "modified", article.date).isoformat(),
            "authors": [author],
            "tags": [*filter(None, [post.topic]), *post.tags],
            "language": article.lang,
        }
    )


def _title(channel: Channel, context: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, [context["SITENAME"], channel.name]))


def _plain(markup: object) -> str:
    """Return as text what other themes print as HTML."""
    return str(Markup(str(markup)).unescape())  # noqa: S704 - unescaped


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
