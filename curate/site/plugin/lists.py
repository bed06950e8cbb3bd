"""Divide posts into the site's lists, by year, month, topic and tag, and each list into pages.

Pure. Pages are counted from the oldest post, so that one more post changes the first page of each of
its lists and nothing else; once in a while a page more is made of what the first one had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from curate.site.plugin.words import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINES = 80  # posts on a page of lines, date and title; the first page has up to twice as many
ENTRIES = 20  # the same for a page that shows what each post says


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list of posts, newest first, at ``url``.

    ``kind`` is year, month, topic or tag; ``intro`` is the person's own text about a topic, ``feed`` where
    the list's own feed is below the site's address, ``months`` the lists inside a year.
    """

    kind: str
    name: str
    url: str
    posts: Sequence[Any]
    intro: str = ""
    feed: str = ""
    months: Sequence[Listing] = ()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page of a list, newest post first.

    ``number`` counts from the oldest page, which is 1; the first page has none (0), and it alone says how many posts
    there are in all and which ``others`` there are, (number, address) newest first. The addresses are "" where
    there is no such page.
    """

    url: str
    posts: Sequence[Any]
    number: int = 0
    total: int = 0
    others: Sequence[tuple[int, str]] = ()
    newest: str = ""
    newer: str = ""
    older: str = ""
    oldest: str = ""


def without_posts(listing: Listing) -> Listing:
    """Return a list as its pages show it: their posts are on their sheets, and of its months only where they are."""
    months = [replace(month, posts=(None,) * len(month.posts)) for month in listing.months]
    return replace(listing, posts=(), months=months)


def sheets(listing: Listing) -> Iterator[Sheet]:
    """Yield the pages of a list, the first one (with the newest posts) first."""
    size = LINES if listing.kind == "year" else ENTRIES
    oldest_first = listing.posts[::-1]
    full = max(len(oldest_first) // size - 1, 0)  # pages that never change again
    addresses = ["", *(f"{listing.url}page/{number}/" for number in range(1, full + 1)), listing.url]
    yield Sheet(
        url=listing.url,
        posts=oldest_first[full * size :][::-1],
        total=len(oldest_first),
        others=tuple((number, addresses[number]) for number in range(full, 0, -1)),
        older=addresses[full],
        oldest=addresses[1] if full else "",
    )
    for number in range(full, 0, -1):
        yield Sheet(
            url=addresses[number],
            posts=oldest_first[(number - 1) * size : number * size][::-1],
            number=number,
            newest=listing.url,
            newer=addresses[number + 1],
            older=addresses[number - 1],
            oldest=addresses[1] if number > 1 else "",
        )


def by_month(posts: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Return posts, which are in the order of their dates, as (November 2026, its posts)."""
    groups = groupby(posts, key=lambda post: (post.date.year, post.date.month))
    return [(f"{MONTHS[month - 1]} {year}", list(group)) for (year, month), group in groups]


def open_predictions(posts: Iterable[Any]) -> list[Any]:
    """Return the predictions that nobody has graded yet, the one due first in front."""
    found = [post for post in posts if post.claims and post.post.header.get("outcome", "") in ("", "pending")]
    return sorted(found, key=lambda post: (post.post.due or date.max, post.date, post.slug))


def years(posts: Iterable[Any]) -> list[Listing]:
    """Return the list of each year, newest first, with its months inside; ``posts`` are newest first, too.

    The year is that of the post's address: in UTC.
    """
    found = []
    for year, group in groupby(posts, key=lambda post: post.date.year):
        months = [
            Listing(kind="month", name=name, url=f"{year}/{inside[0].date:%m}/", posts=inside)
            for name, inside in by_month(group)
        ]
        whole = [post for month in months for post in month.posts]
        found.append(Listing(kind="year", name=str(year), url=f"{year}/", posts=whole, months=months))
    return found
