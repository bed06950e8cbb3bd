"""Tell the pages that posts cite: a Webmention for each, once, when our page is there to be looked at.

https://www.w3.org/TR/webmention/. The store of what was told, and the telling. What is being sent is written down
before, and what came of it after; a request whose answer was lost is not made again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from curate.desk.db import to_seconds, transaction
from curate.errors import NetworkTrouble
from curate.posts.files import read_posts
from curate.posts.post import permalink
from curate.presence.endpoint import find_endpoint
from curate.shares import home
from curate.shares.networks.base import clean, said, web_address
from curate.site.deploy import last_deploy
from curate.web.client import NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.posts.post import Post
    from curate.web.client import Client

FRESH = timedelta(days=7)  # posts older than that are no news to anybody
AGAIN = timedelta(hours=12)  # before a page that did not answer is asked once more
TRIES = 3
BUSY = {408, 425, 429, 503}  # answers of a server that took nothing, and may later
MOST_AT_ONCE = 10  # pages told in one pass


async def tell_cited(  # noqa: PLR0913 - what telling needs
    desk: Desk, settings: Settings, connection: sqlite3.Connection, client: Client, *, now: datetime, config: Path
) -> int:
    """Tell the pages that posts of the last week cite, of pages in the last deploy; return how many were told.

    A copy of a desk, which ``config`` knows, tells nobody.
    """
    deploy = last_deploy(desk)
    if deploy is None or not settings.site.send_webmentions or home.foreign(connection, desk, config):
        return 0
    posts, _ = read_posts(desk.content)
    told = 0
    for pair in list(_due(connection, settings, posts, deploy.pages, now))[:MOST_AT_ONCE]:
        told += await _tell(connection, client, pair, now=now)
    return told


def cited(post: Post) -> list[str]:
    """Return the web addresses that ``post`` cites, each once: its source, who pointed there, who else wrote of it."""
    source = [post.source.url] if post.source else []
    others = [also.get("url", "") for also in post.also_covered_by]
    return [url for url in dict.fromkeys([*source, post.via_url, *others]) if web_address(url)]


def _due(
    connection: sqlite3.Connection, settings: Settings, posts: list[Post], pages: Collection[str], now: datetime
) -> Iterator[tuple[str, str]]:
    """Go through what is still to be told: (our page, the page it cites)."""
    root = settings.site.url.rstrip("/")
    rows = connection.execute("SELECT source, target, state, tries, at FROM webmentions")
    known = {(row["source"], row["target"]): row for row in rows}
    for post in posts:
        fresh = post.status == "published" and post.date is not None and now - FRESH < post.date <= now
        if not root or not fresh or permalink(post) not in pages:
            continue
        for target in cited(post):
            pair = f"{root}/{permalink(post)}", target
            row = known.get(pair)
            waits = row is not None and row["state"] == "later" and row["tries"] < TRIES
            if (row is None or (waits and to_seconds(now - AGAIN) >= row["at"])) and not target.startswith(f"{root}/"):
                yield pair


async def _tell(connection: sqlite3.Connection, client: Client, pair: tuple[str, str], *, now: datetime) -> int:
    """Look for the endpoint of the page that is cited and tell it once; return 1 when it took it."""
    source, target = pair
    try:
        page = await client.get(target)
    except NetworkTrouble as error:
        _note(connection, pair, "later", clean(error.message), now)
        return 0
    endpoint = find_endpoint(page) if page.status < 400 else ""
    if not endpoint:
        _note(connection, pair, "later" if page.status >= 500 or page.status in BUSY else "none", page.words, now)
        return 0
    _note(connection, pair, "sending", endpoint, now)
    try:
        reply = await client.send("POST", endpoint, form={"source": source, "target": target})
    except NotSent as error:
        _note(connection, pair, "later", clean(error.message), now)
        return 0
    except NetworkTrouble as error:
        _note(connection, pair, "unknown", clean(error.message), now)
        return 0
    taken = 200 <= reply.status < 300
    state = "sent" if taken else "later" if reply.status in BUSY else "refused"
    _note(connection, pair, state, f"{endpoint}: {said(reply)}", now)
    return int(taken)


def _note(connection: sqlite3.Connection, pair: tuple[str, str], state: str, evidence: str, now: datetime) -> None:
    with transaction(connection):
        connection.execute(
            """INSERT INTO webmentions (source, target, state, tries, at, evidence) VALUES (?, ?, ?, 1, ?, ?)
            ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at, evidence = excluded.evidence,
              tries = tries + (state = 'later')""",
            (*pair, state, to_seconds(now), evidence),
        )
