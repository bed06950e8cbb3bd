"""Write the pages of every list of posts: topics, tags, years and their months."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from unicodedata import normalize
from urllib.parse import unquote
from zlib import crc32

import regex
from markupsafe import Markup, escape
from pelican.contents import Category, Tag

from curate.posts.post import LONGEST_SLUG
from curate.site.plugin import lists

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNS = {"+": " plus ", "#": " sharp "}  # what tells names apart that are else the same
SIGN = re.compile(r"(?<=\w)#|\+")
LIST_LINK = re.compile(  # where Pelican looks for a link to a tag or topic
    r"""(<[^>]+(?:href|src|poster|data|cite|formaction|action|content)\s*=\s*(["'])\{(tag|category)\})(.*?)\2"""
)
OTHER_SCRIPT = regex.compile(r"[[\p{L}\p{N}]--[\p{Latin}0-9]]", regex.V1)

# ruff: noqa: ANN401 - Pelican and its objects carry no types


def write_lists(generator: Any, writer: Any) -> None:
    """Write the pages of every list, when the theme is ours."""
    if generator.settings["TAG_SAVE_AS"]:
        return
    template = generator.get_template("list")
    for listing in _listings(generator):
        shown = lists.without_posts(listing)
        for sheet in lists.sheets(listing):
            writer.write_file(
                f"{sheet.url}index.html", template, generator.context, listing=shown, sheet=sheet,
                url=sheet.url, relative_urls=generator.settings["RELATIVE_URLS"],
            )  # fmt: skip


def address_name(kind: Any, name: str, settings: Any) -> str:
    """Return what a tag or topic (Pelican's ``kind``) is called in its address.

    C, C++ and C# are three; a name in another script, one without a letter or digit, or a long one, gets a number
    of its own, made of the name alone: 北京 and 背景 are both spelled bei-jing.
    """
    spelled = SIGN.sub(lambda sign: SIGNS[sign[0]], name)
    slug = str(kind(spelled, settings).slug)
    if slug and len(slug) <= LONGEST_SLUG and not OTHER_SCRIPT.search(name):
        return slug
    folded = normalize("NFKC", name).casefold()
    return f"{slug[: LONGEST_SLUG - 9]}-{crc32(folded.encode()):08x}".lstrip("-")


def name_lists(body: str, settings: Any) -> str:
    """Return a text whose links to tags and topics, {tag}北京, have the name of the list in its address.

    Pelican spells what it finds there once more, which leaves such a name as it is.
    """

    def named(link: re.Match[str]) -> str:
        kind = Tag if link[3] == "tag" else Category
        return f"{link[1]}{address_name(kind, unquote(unescape(link[4])), settings)}{link[2]}"

    return LIST_LINK.sub(named, body) if "{" in body else body


def _listings(generator: Any) -> Iterator[lists.Listing]:
    """Yield every list: topics (those without posts, too), tags, years and their months."""
    settings = generator.settings
    filed = {category.slug: (category, posts) for category, posts in generator.categories}
    for name in settings["SITE_TOPICS"]:
        category = Category(escape(name), settings)
        category.slug = address_name(Category, name, settings)
        filed.setdefault(category.slug, (category, []))
    feed = settings.get("CATEGORY_FEED_ATOM") or ""
    for category, posts in filed.values():
        name = Markup(category.name).unescape()  # noqa: S704 - the template escapes it
        yield lists.Listing(
            kind="topic", name=name, url=category.url, posts=posts,
            intro=settings["SITE_INTROS"].get(name, ""), feed=feed.format(slug=category.slug) if posts else "",
        )  # fmt: skip
    for tag, posts in generator.tags.items():
        yield lists.Listing(kind="tag", name=Markup(tag.name).unescape(), url=tag.url, posts=posts)  # noqa: S704 - the same
    for year in generator.context["YEARS"]:
        yield year
        yield from year.months
