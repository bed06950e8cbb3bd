"""Ask the web whether what the posts point at still lives and what it says, and offer an archived copy.

Through the one client, guarded, two requests at a time for each host: HEAD first, GET where that is not
answered well or where the text is wanted and the site lets programs read it. Whoever refuses programs (401,
403, 429) or says nothing of use is not counted as gone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.errors import NetworkTrouble
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.feeds.clean import shorten
from curate.feeds.robots import Robots, keeps_text
from curate.feeds.workers import Unreadable, Workers
from curate.inbox.pages import unwanted
from curate.posts.post import as_moment
from curate.site.strikes import Answer
from curate.web.client import REDIRECTS, BadAnswer, NotSent, Unanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from curate.posts.post import Post
    from curate.site.strikes import Standing
    from curate.web.client import Client, Reply

ACCEPT = {"Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"}
SHOWN = 80  # characters of a quote that are shown
GUARDED = {401, 402, 403, 405, 406, 407, 408, 421, 425, 426, 429, 451, 999}  # there, but not for programs


@dataclass(frozen=True, kw_only=True)
class Cited:
    """One address that a post points at: under which key and line of the file."""

    url: str
    key: str
    post: Post
    line: int


def cited(posts: Sequence[Post], now: datetime) -> list[Cited]:
    """Return what published posts point at as their source, via or further coverage, each with its line.

    A source whose archived copy the post names is nobody's trouble any more.
    """
    found = []
    for post in posts:
        if post.status != "published" or (post.date is not None and post.date > now):
            continue
        source = [("source", post.source.url)] if post.source and not post.archived.get("url") else []
        also = [("also_covered_by", said.get("url", "")) for said in post.also_covered_by]
        for key, url in (*source, ("via", post.via_url), *also):
            if web_url(url):
                found.append(Cited(url=url, key=key, post=post, line=post.lines.get(key, 1)))
    return found


async def ask(
    client: Client, urls: Sequence[str], readable: Collection[str], *, without: Sequence[str] = ()
) -> list[Answer]:
    """Ask for each address once, for those of ``readable`` with their text where the site lets programs keep it.

    ``without`` are sites whose texts are not wanted. Raises NetworkTrouble when nothing at all could be reached:
    then the fault is on this side.
    """
    async with Workers() as workers:
        asked = _Asked(client, workers, Robots(client), without)
        answers = await asyncio.gather(*(asked.answer(url, read=url in readable) for url in urls))
    if answers and all(silent for _, silent in answers):
        raise NetworkTrouble("", "No source could be reached; nothing is held against any.", "Look at the network.")
    return [answer for answer, _ in answers]


def copy_address(post: Post, archive: str, url: str) -> str:
    """Return where ``archive`` shows the copy of ``url`` that is nearest to the day ``post`` cites it."""
    return f"{archive.rstrip('/')}/{_day_cited(post)}/{url}"


def advice(one: Cited, standing: Standing, archive: str, lost: Sequence[str] = ()) -> str:
    """Say in words what became of a source, and where a copy of it may be; ``lost`` are quotes it has no more."""
    since = f"{standing.since:%Y-%m-%d}" if standing.since else "today"
    where = f"{one.post.path}:{one.line}: {one.url}"
    if standing.moved_to:
        return f"{where} has moved for good to {standing.moved_to} (since {since}). Write the new address there."
    copy = f"A copy of it may be at {copy_address(one.post, archive, one.url)}"
    if one.key == "source":
        copy += f": curate post archive {one.post.slug}"
    if standing.changed is None:
        return f"{where} is no longer there: {standing.reason} (since {since}). {copy}"
    quotes = "".join(f" It does not say “{shorten(one_line(quote), SHOWN)}” any more." for quote in lost)
    return f"{where} has changed: {standing.reason} (since {since}).{quotes} {copy}"


@dataclass(frozen=True)
class _Asked:
    """One round of asking."""

    client: Client
    workers: Workers
    robots: Robots
    without: Sequence[str]

    async def answer(self, url: str, *, read: bool) -> tuple[Answer, bool]:
        """Return what ``url`` answers, and whether nothing at all came back."""
        head = None
        read = read and await self._may_read(url)
        if not read:
            try:
                head = await self.client.send("HEAD", url)
                if head.status < 300:
                    return Answer(url=url), False
            except (NotSent, Unanswered, BadAnswer):
                head = None
        try:
            reply = await self.client.get(url, headers=ACCEPT if read else None)
        except (NotSent, Unanswered, BadAnswer) as error:
            return Answer(url=url, reason=error.reason), error.silent and head is None
        if reply.moved_to and reply.status < 300:
            return Answer(url=url, reason="it has moved for good", moved_to=reply.moved_to), False
        if reply.status < 300 or reply.status in GUARDED | REDIRECTS:
            return Answer(url=url, text=await self._text(reply) if read and reply.status == 200 else ""), False
        return Answer(url=url, reason=f"it answers {reply.words}"), False

    async def _may_read(self, url: str) -> bool:
        try:
            return not (unwanted(url, self.without) or await self.robots.refusal(url))
        except NetworkTrouble:
            return False

    async def _text(self, reply: Reply) -> str:
        """Return what a page says; '' when it is none, or its site wants no text of it kept."""
        from curate.feeds.fulltext import read_page

        try:
            page = await self.workers.run(read_page, reply.body, reply.url, reply.headers.get("Content-Type", ""))
        except Unreadable:
            return ""
        return page.content_text if keeps_text(reply.headers, page.robots) else ""


def _day_cited(post: Post) -> str:
    """Return the day on which a post cites its source, as an archive writes it; when it has none, the source's own."""
    moment = post.date
    try:
        moment = moment or (as_moment(post.source.date) if post.source and post.source.date else None)
    except (ValueError, OverflowError):
        moment = None
    return f"{moment:%Y%m%d}" if moment else "2"
