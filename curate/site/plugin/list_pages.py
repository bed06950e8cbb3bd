"""Write the pages of every list of posts: topics, tags, years and their months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from pelican.contents import Category

from curate.site.plugin import lists

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def _listings(generator: Any) -> Iterator[lists.Listing]:
    """Yield every list: topics (those without posts, too), tags, years and their months."""
    settings = generator.settings
    filed = {category.slug: (category, posts) for category, posts in generator.categories}
    for name in settings["SITE_TOPICS"]:
        category = Category(escape(name), settings)
        if category.slug:
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
