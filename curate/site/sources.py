"""Ask the web whether what the posts point at still lives, and offer an archived copy of what does not.

Through the one client, guarded, two requests at a time for each host: HEAD first, GET where that is not
answered well. Whoever refuses programs (401, 403, 429) or says nothing of use is not counted as gone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import NetworkTrouble
from curate.posts.post import as_moment
from curate.web.client import REDIRECTS, BadAnswer, NotSent, Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from curate.posts.post import Post
    from curate.site.strikes import Standing
    from curate.web.client import Client

ARCHIVE = "https://web.archive.org/web"  # /DATE/URL shows the copy nearest to the date
GUARDED = {401, 402, 403, 405, 406, 407, 408, 421, 425, 426, 429, 451, 999}  # there, but not for programs


@dataclass(frozen=True, kw_only=True)
class Cited:
    """One address that a post points at: where it stands in the file, and the day it was read there."""

    url: str
    post: Post
    line: int
    day: str


def cited(posts: Sequence[Post], now: datetime) -> list[Cited]:
    """Return what published posts point at as their source, via or further coverage, each with its line."""
    found = []
    for post in posts:
        if post.status != "published" or (post.date is not None and post.date > now):
            continue
        source = [("source", post.source.url)] if post.source else []
        also = [("also_covered_by", said.get("url", "")) for said in post.also_covered_by]
        for key, url in (*source, ("via", post.via_url), *also):
            if url.startswith(("http://", "https://")):
                found.append(Cited(url=url, post=post, line=post.lines.get(key, 1), day=_day(post)))
    return found


async def ask(client: Client, urls: Sequence[str]) -> list[tuple[str, str, str]]:
    """Ask for each address once; return (url, reason, moved_to), with an empty reason for what lives.

    Raises NetworkTrouble when nothing at all could be reached: then the fault is on this side.
    """
    answers = await asyncio.gather(*(_ask(client, url) for url in urls))
    if answers and all(silent for _, _, silent in answers):
        raise NetworkTrouble("", "No source could be reached; nothing is held against any.", "Look at the network.")
    return [(url, reason, moved) for url, (reason, moved, _) in zip(urls, answers, strict=True)]


def advice(one: Cited, standing: Standing) -> str:
    """Say in words what became of a source, and where a copy of it may be."""
    since = f"{standing.since:%Y-%m-%d}" if standing.since else "today"
    where = f"{one.post.path}:{one.line}: {one.url}"
    if standing.moved_to:
        return f"{where} has moved for good to {standing.moved_to} (since {since}). Write the new address there."
    copy = f"{ARCHIVE}/{one.day}/{one.url}"
    return f"{where} is no longer there: {standing.reason} (since {since}). A copy of it may be at {copy}"


async def _ask(client: Client, url: str) -> tuple[str, str, bool]:
    """Return (reason, where it moved for good, whether nothing at all came back)."""
    try:
        head = await client.send("HEAD", url)
        if head.status < 300:
            return "", "", False
    except (NotSent, Unanswered, BadAnswer):
        head = None
    try:
        reply = await client.get(url)
    except NotSent as error:
        return error.reason, "", error.silent and head is None
    except (Unanswered, BadAnswer) as error:
        return error.reason, "", error.silent and head is None
    if reply.moved_to and reply.status < 300:
        return "it has moved for good", reply.moved_to, False
    if reply.status < 300 or reply.status in GUARDED | REDIRECTS:
        return "", "", False
    return f"it answers {reply.words}", "", False


def _day(post: Post) -> str:
    """Return the day for the archive, as it writes it: the source's own date, else the post's."""
    try:
        moment = as_moment(post.source.date) if post.source and post.source.date else post.date
    except (ValueError, OverflowError):
        moment = post.date
    return f"{moment:%Y%m%d}" if moment else "2"
