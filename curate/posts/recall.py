"""Find what the person wrote before that a new draft should know of. Pure: posts in, reminders out.

Must not know files, nor how the reminders are shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.feeds.addresses import canonical_url, host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from curate.inbox.items import Item
    from curate.posts.post import Post

MOST = 5  # earlier posts
MOST_TAGS = 6


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A post of the person's own, and ``why`` it comes to mind: in words, the strongest reason first."""

    title: str
    path: Path
    date: datetime | None
    status: str
    why: tuple[str, ...]


def wrote_before(posts: Iterable[Post], item: Item, also: Sequence[Item] = ()) -> tuple[Earlier, ...]:
    """Return at most five posts on the same story, tag, author or site as ``item``.

    ``also`` are the others of its story. What is on the story comes first, then by how many reasons there are,
    then the newest.
    """
    found = []
    for post in posts:
        why = _why(post, item, also)
        if why:
            found.append((post, why))
    found.sort(key=lambda each: _newest(each[0]), reverse=True)
    found.sort(key=lambda each: (each[1][0] != STORY, -len(each[1])))
    return tuple(
        Earlier(title=post.title or post.slug, path=post.path, date=post.date, status=post.status, why=why)
        for post, why in found[:MOST]
    )


def suggested_tags(posts: Iterable[Post], item: Item) -> tuple[str, ...]:
    """Return the tags the person gave posts on the same author or site, the most used first, without the item's."""
    there = {tag.casefold() for tag in item.tags}
    used = Counter(tag for post in posts if _shared_source(post, item) for tag in post.tags)
    return tuple(tag for tag, _ in used.most_common() if tag.casefold() not in there)[:MOST_TAGS]


STORY = "the same story"


def _why(post: Post, item: Item, also: Sequence[Item]) -> tuple[str, ...]:
    story = (item, *also)
    ids = {one.id for one in story}
    addresses = {one.canonical_url for one in story if one.canonical_url}
    told = {post.source.url if post.source else "", *(each.get("url", "") for each in post.also_covered_by)}
    why = []
    if post.item in ids or not addresses.isdisjoint(canonical_url(url) for url in told if url):
        why.append(STORY)
    tags = {tag.casefold() for tag in item.tags}
    why += [f"#{tag}" for tag in post.tags if tag.casefold() in tags]
    return (*why, *_shared_source(post, item))


def _shared_source(post: Post, item: Item) -> tuple[str, ...]:
    """Say which of author and site the post's source shares with the item."""
    source = post.source
    if source is None:
        return ()
    why = []
    if item.author and source.author.casefold() == item.author.casefold():
        why.append(f"by {item.author}")
    if source.url and host_of(source.url) == host_of(item.url) != "":
        why.append(f"from {source.site or host_of(source.url)}")
    return tuple(why)


def _newest(post: Post) -> float:
    return post.date.timestamp() if post.date else 0.0
