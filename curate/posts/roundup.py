"""Start a round-up: what the person commented on, grouped, each item once in all round-ups; the opening is theirs.

Titles and addresses come from strangers: they go into the body as text and as addresses, and can become no markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curate.feeds.addresses import web_url
from curate.inbox.items import find_item, list_items
from curate.inbox.journal import noted_since
from curate.posts.draft import short

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from curate.inbox.items import Item
    from curate.posts.post import Post
    from curate.posts.predictions import Prediction, Score

OPENING = "TODO: say in your own words what these have in common, then delete this line."
ELSE = "And also"  # what has no tag and no topic
MARKUP = re.compile(r"([\\`*_\[\]<>&{}|~!$^#])")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One thing in a round-up: theirs, and what the person said of it. ``key`` is the item's id, else the post's slug.

    ``page`` is the person's own post about it, a path below content/. ``story`` is the number of its story.
    """

    key: str
    title: str
    url: str
    site: str
    said: str
    tag: str
    page: str = ""
    story: int | None = None


@dataclass(frozen=True, kw_only=True)
class Roundup:
    """What a round-up starts from: the body, what it covers, and kept items nobody wrote about (id, title)."""

    body: str
    covers: tuple[str, ...]
    leftovers: tuple[tuple[str, str], ...] = field(default=())


def gather_roundup(
    connection: sqlite3.Connection, posts: Sequence[Post], *, content: str, since: datetime, now: datetime
) -> Roundup:
    """Return the round-up of what was commented on since then: link posts published, items noted.

    Items are those kept or put off; a note that an import brought counts from the day its item was saved.
    What an earlier round-up covers stays out. ``content`` is the folder of the posts.
    """
    covered = {key for post in posts if post.kind == "roundup" for key in _covers(post)}
    of_posts = {post.item for post in posts if post.item}
    pieces = [
        _of_post(post, content)
        for post in posts
        if post.kind == "link" and post.status == "published" and post.date is not None and since <= post.date <= now
    ]
    leftovers: list[tuple[str, str]] = []
    noted = noted_since(connection, since)
    for light in [*list_items(connection, state="kept", limit=0), *list_items(connection, state="later", limit=0)]:
        if light.id in covered or light.id in of_posts:
            continue
        if light.note and (light.id in noted or since <= light.first_seen):
            pieces.append(_of_item(find_item(connection, light.id)))
        elif light.state == "kept":
            leftovers.append((light.id, light.title))
    fresh = [piece for piece in pieces if piece.key not in covered]
    return Roundup(body=_body(fresh), covers=tuple(piece.key for piece in fresh), leftovers=tuple(leftovers))


def yearly_review(year: int, predictions: Iterable[tuple[Post, Prediction]], whole: Score) -> str:
    """Return the body of a year's review: its score in one line, each claim with its grade, an opening to write."""
    lines = [OPENING, "", f"## The predictions of {year}", ""]
    if whole.hit_rate is not None and whole.brier is not None:
        lines += [f"Hit rate {whole.hit_rate:.0%}, Brier score {whole.brier:.2f}, of {whole.made}.", ""]
    for post, said in predictions:
        sure = f", {said.confidence:.0%} sure" if said.confidence is not None else ""
        grade = "not graded yet" if said.outcome == "pending" else said.outcome
        edited = ", edited after it was published" if said.held == "edited" else ""
        wrong = f" {as_words(said.got_wrong)}" if said.got_wrong else ""
        page = post.path.as_posix().rpartition("/content/")[2]
        lines.append(f"- [{as_words(said.claim)}]({{filename}}/{page}){sure}{edited}: **{grade}**.{wrong}")
    return "\n".join((*lines, ""))


def as_words(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is."""
    return MARKUP.sub(r"\\\1", short(text))


def _covers(post: Post) -> Sequence[str]:
    found = post.header.get("covers", [])
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else [str(found)]


def _of_post(post: Post, content: str) -> Piece:
    source = post.source
    return Piece(
        key=post.item or post.slug,
        title=(source.title if source else "") or post.title,
        url=source.url if source else "",
        site=(source.site or source.author) if source else "",
        said=post.summary or post.title,
        tag=post.tags[0] if post.tags else post.topic,
        page=post.path.as_posix().removeprefix(f"{content}/"),
    )


def _of_item(item: Item) -> Piece:
    return Piece(
        key=item.id,
        title=item.title,
        url=item.url,
        site=item.site or item.feed_title,
        said=item.note,
        tag=item.tags[0] if item.tags else "",
        story=item.story,
    )


def _body(pieces: Sequence[Piece]) -> str:
    """Return the groups by tag, the largest first, and within one the items of a story together."""
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.tag.casefold(), []).append(piece)
    lines = [OPENING]
    for tag, inside in sorted(groups.items(), key=lambda group: (group[0] == "", -len(group[1]), group[0])):
        lines += ["", f"## {as_words(inside[0].tag) if tag else ELSE}", ""]
        told: dict[object, list[Piece]] = {}
        for piece in inside:
            told.setdefault(piece.key if piece.story is None else piece.story, []).append(piece)
        for first, *others in told.values():
            lines.append(f"- {_line(first)}")
            lines += [f"    - {_line(other)}" for other in others]
    return "\n".join((*lines, ""))


def _line(piece: Piece) -> str:
    address = web_url(piece.url).replace("(", "%28").replace(")", "%29")
    title = f"[{as_words(piece.title)}]({address})" if address else as_words(piece.title)
    said = " ".join(piece.said.split())
    site = f", {as_words(piece.site)}" if piece.site else ""
    more = f" [More]({{filename}}/{piece.page})" if piece.page else ""
    return f"{title}{site}. {said}{more}"
