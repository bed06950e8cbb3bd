"""Take back in public what was said: correct a post or take it down, and name the shares that said it, too.

Changes only the post's own header. Shares are never changed here: what is out stays out until a person acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from curate.errors import Refused, UsageError
from curate.feeds.characters import one_line
from curate.posts.files import set_header
from curate.shares import ledger

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime, tzinfo

    from curate.posts.post import Post
    from curate.shares.ledger import Share

OUT = ("sent", "unknown", "handed_over", "sending")  # what readers may have seen
AHEAD = ("draft", "approved", "held", "missed", "rejected", "retry")  # what may still be changed


@dataclass(frozen=True, kw_only=True)
class Retracted:
    """The post as it is now, its shares that are or may be out, and those that are not yet.

    ``repeated`` are the ids of those that say word for word what was wrong.
    """

    post: Post
    out: tuple[Share, ...]
    ahead: tuple[Share, ...]
    repeated: frozenset[str] = frozenset()


def correct_post(  # noqa: PLR0913 - a post and its correction
    connection: sqlite3.Connection, post: Post, text: str, *, wrong: str = "", now: datetime, zone: tzinfo
) -> Retracted:
    """Add a dated correction to the header of a published post. The same correction twice is one.

    ``wrong`` is what the post said, if that is to be quoted. Raises UsageError, Refused, Conflict.
    """
    said, quoted = one_line(text), one_line(wrong)
    if not said:
        raise UsageError("A correction needs words.", "--text 'It was 31 pages, not 13.'")
    _published(post)
    row = {"date": now.astimezone(zone).date().isoformat(), "text": said, **({"wrong": quoted} if quoted else {})}
    rows = [dict(each) for each in post.corrections]
    if row not in rows:
        post = set_header(post, {"corrections": [*rows, row], "modified": _stamp(now)})
    return _told(connection, post, quoted)


def unpublish_post(connection: sqlite3.Connection, post: Post, reason: str, *, now: datetime) -> Retracted:
    """Take a published post down: the next build has a page that says so, and why. Raises Refused, Conflict."""
    if post.status != "gone":
        _published(post)
        post = set_header(post, {"status": "gone", "gone": one_line(reason) or None, "modified": _stamp(now)})
    return _told(connection, post, "")


def _published(post: Post) -> None:
    if post.status == "draft":
        raise Refused(f"{post.slug} is a draft; nobody has read it.", f"curate post edit {post.slug}")
    if post.status == "gone":
        raise Refused(f"{post.slug} is taken down already.", f"curate publish {post.slug} puts it back.")


def _told(connection: sqlite3.Connection, post: Post, wrong: str) -> Retracted:
    shares = ledger.list_shares(connection, post=post.slug)
    flat = " ".join(wrong.casefold().split())
    return Retracted(
        post=post,
        out=tuple(share for share in shares if share.state in OUT),
        ahead=tuple(share for share in shares if share.state in AHEAD),
        repeated=frozenset(share.id for share in shares if flat and flat in " ".join(share.text.casefold().split())),
    )


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds")
