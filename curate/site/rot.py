"""Look what became of the sources that posts cite: gone, moved, or no longer saying what they said.

A bad day alone is held against none (``strikes``); what a source says is compared with what it said when it was
first looked at (``texts``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curate.errors import NetworkTrouble, Unknown
from curate.posts.prose import quoted_passages
from curate.site import sources, strikes, texts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.desk.settings import Settings
    from curate.posts.post import Post
    from curate.site.sources import Cited
    from curate.site.strikes import Answer, Standing
    from curate.web.client import Client

MUCH = 20  # percent of a text: a source that lost less is the same


@dataclass(frozen=True, kw_only=True)
class Found:
    """How one cited source stands, and those of its post's quotes that it does not say any more."""

    cited: Cited
    standing: Standing
    lost: tuple[str, ...]
    archive: str

    @property
    def advice(self) -> str:
        """Say in words what became of it, and what can be done."""
        return sources.advice(self.cited, self.standing, self.archive, self.lost)


async def look(  # noqa: PLR0913 - what asking needs
    connection: sqlite3.Connection,
    client: Client,
    settings: Settings,
    posts: Sequence[Post],
    *,
    now: datetime,
    accepted: Sequence[str] = (),
    due: bool = False,
) -> list[Found]:
    """Ask for every source once, and keep what came of it. ``accepted`` are those whose text is right as it is now.

    With ``due``, only for those that were not asked for a while, some at a time.
    Raises Unknown for one of those of which nothing is kept, and NetworkTrouble, also when one of them cannot be
    read now: what it said stays kept.
    """
    every = sources.cited(posts, now)
    urls = list(dict.fromkeys(one.url for one in every))
    if due:
        urls = strikes.list_due(connection, urls, now=now)
        every = [one for one in every if one.url in urls]
    readable = {one.url for one in every if one.key == "source"}
    before = texts.known_texts(connection, readable)
    for url in accepted:
        if url not in before:
            raise Unknown("kept text of", url, "curate site check --online names the sources.")
    answers = await sources.ask(client, urls, readable, without=settings.fetch.no_full_text) if urls else []
    after = {one.url: one.text for one in answers}
    for url in accepted:
        if not after[url]:
            raise NetworkTrouble(url, f"{url} cannot be read now; what it said stays kept.", "Try it again later.")
    texts.keep_texts(connection, {url: text for url, text in after.items() if text}, now=now, anew=accepted)
    before = {url: text for url, text in before.items() if url not in accepted}
    lost = [_lost(one, before.get(one.url, ""), after[one.url]) for one in every]
    quoted = {one.url for one, quotes in zip(every, lost, strict=True) if quotes}
    judged = [_compared(one, before.get(one.url, ""), quotes=one.url in quoted) for one in answers]
    standings = {one.url: one for one in strikes.note(connection, judged, now=now)}
    return [
        Found(cited=one, standing=standings[one.url], lost=quotes, archive=settings.site.archive)
        for one, quotes in zip(every, lost, strict=True)
    ]


def _lost(one: Cited, before: str, after: str) -> tuple[str, ...]:
    """Return what a post quotes that its source said and does not say any more."""
    if one.key != "source" or not before or not after:
        return ()
    quotes = [*(quote.text for quote in one.post.quotes), *quoted_passages(one.post.body)]
    return texts.lost_quotes(dict.fromkeys(quotes), before, after)


def _compared(answer: Answer, before: str, *, quotes: bool) -> Answer:
    """Return ``answer`` with what it lost of the text ``before``; ``quotes``: one that is quoted is lost."""
    percent = texts.lost_percent(before, answer.text) if before and answer.text else 0
    if percent < MUCH and not quotes:
        return answer
    words = f"{percent} % of what it said is not there any more"
    return replace(answer, reason=f"a sentence that is quoted is gone, {words}" if quotes else words, changed=percent)
