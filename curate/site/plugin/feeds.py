"""Make Pelican's Atom feed whole: who writes it, in which language, with ids that stay.

Works on the feed object just before it is written. The content of each entry, citation included, is
the reader's; see https://www.rfc-editor.org/rfc/rfc4287 for what a feed must have.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an empty feed was never updated, and the format wants a date


def complete_feed(context: Mapping[str, Any], feed: Any) -> None:  # noqa: ANN401 - feedgenerator's, no types
    """Give the feed and its entries what Pelican leaves out."""
    home = f"{context['SITEURL']}/"
    feed.feed |= {
        "language": context["DEFAULT_LANG"],
        "author_name": context["SITENAME"],
        "author_link": home,
        "subtitle": context.get("SITESUBTITLE") or None,
    }
    for item in feed.items:
        item["unique_id"] = lasting_id(item["link"])
        item["author_link"] = home
        item["categories"] = [Markup(name).unescape() for name in item["categories"]]  # noqa: S704 - unescaped
    if not feed.items:
        feed.latest_post_date = lambda: NEVER


def lasting_id(link: str) -> str:
    """Return a tag URI (RFC 4151) for the page at ``link``: it survives a move to https and a new date."""
    parts = urlsplit(link)
    year = next((part for part in parts.path.split("/") if part.isdigit()), "2000")
    return f"tag:{parts.hostname},{year}:{parts.path}"
