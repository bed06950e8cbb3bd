"""Give a post the archived copy of its source, so that its readers still see what it is about.

The archive is asked for the copy nearest to the day the post cites its source; only an address it names itself, or
one the person gives, is written. Changes one line of the post's header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from curate.errors import NetworkTrouble, Refused, UsageError
from curate.feeds.addresses import web_url
from curate.posts.files import set_header
from curate.site import strikes
from curate.site.sources import copy_address
from curate.web.client import REDIRECTS

if TYPE_CHECKING:
    import sqlite3
    from datetime import tzinfo

    from curate.posts.post import Post
    from curate.web.client import Client


async def find_copy(client: Client, post: Post, archive: str) -> str:
    """Return the address of the copy of the post's source that ``archive`` has.

    Raises Refused when it has none, or the post no source, and NetworkTrouble.
    """
    asked = copy_address(post, archive, _source(post))
    reply = await client.send("HEAD", asked)
    if reply.status == 404:
        message = f"{asked} shows no copy of it."
        raise Refused(message, "While the page is there, ask an archive to save it; --copy URL names any copy.")
    found = _target(asked, reply.headers.get("Location", "")) if reply.status in REDIRECTS else asked
    if (reply.status >= 300 and reply.status not in REDIRECTS) or not found.startswith(f"{archive.rstrip('/')}/"):
        raise NetworkTrouble(asked, f"{asked} answered {reply.words}.", "Try it again later, or give --copy URL.")
    return found


def add_copy(connection: sqlite3.Connection, post: Post, copy: str, *, zone: tzinfo) -> Post:
    """Write ``copy`` into the post's header, with what was found of the source when it was last asked.

    Raises UsageError for an address that is none, Refused without a source, Conflict.
    """
    source = _source(post)
    if not web_url(copy):
        raise UsageError(f"“{copy}” is no address on the web.", "--copy https://…")
    standing = strikes.standing_of(connection, source)
    said = {"url": web_url(copy)}
    if standing is not None and standing.is_out and not standing.moved_to:
        said["found"] = "gone" if standing.changed is None else "changed"
        said["checked"] = standing.checked_at.astimezone(zone).date().isoformat()
    return post if post.archived == said else set_header(post, {"archived": said})


def _target(asked: str, location: str) -> str:
    """Return where a redirect leads; '' for nowhere."""
    try:
        return web_url(urljoin(asked, location)) if location else ""
    except ValueError:
        return ""


def _source(post: Post) -> str:
    if post.source is None or not web_url(post.source.url):
        raise Refused(f"{post.slug} has no source on the web.", f"curate post show {post.slug}")
    return post.source.url
