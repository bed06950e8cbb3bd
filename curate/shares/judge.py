"""Hold the words of a share against all there is to compare them with: the post, its quotes, the last 90 days.

Reads the ledger and the post's file, and changes nothing. The rules themselves are in sincerity.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.posts.files import find_post
from curate.shares import ledger
from curate.shares.limits import moment
from curate.shares.sincerity import About, Earlier, judge

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Shares
    from curate.posts.post import Post
    from curate.shares.ledger import Share
    from curate.shares.sincerity import Finding

RECENT = timedelta(days=90)


def about(post: Post) -> About:
    """Return what a share of ``post`` is compared with: its summary, its source's title and the quotes."""
    source = [post.source.title] if post.source else []
    passages = tuple(passage for passage in (*source, *(quote.text for quote in post.quotes)) if passage)
    return About(summary=post.summary, passages=passages, tags=post.tags)


def about_share(desk: Desk, share: Share) -> About:
    """Return the same of a share's post as it stands in ``desk``; what the share itself keeps of it when it is gone."""
    try:
        return about(find_post(desk.content, share.post))
    except CurateError:  # moved, renamed or broken since: no reason to lose the share
        return About(summary=share.summary)


def judge_text(  # noqa: PLR0913 - a text, and where and when it is to stand
    connection: sqlite3.Connection,
    rules: Shares,
    text: str,
    *,
    link: str,
    network: str,
    what: About,
    at: datetime,
    without: str = "",
    new: Collection[str] = (),
) -> list[Finding]:
    """Return what is to be said against ``text`` going out on ``network`` at ``at``.

    It is compared with what is out or planned within 90 days, on any account, but for the share ``without``;
    those in ``new`` are planned together with it and have no id anybody knows.
    """
    earlier = earlier_texts(connection, what, at=at, without=without, new=new)
    return judge(text, link=link, network=network, about=what, earlier=earlier, rules=rules)


def earlier_texts(
    connection: sqlite3.Connection, what: About, *, at: datetime, without: str = "", new: Collection[str] = ()
) -> list[Earlier]:
    """Return what a text for ``at`` is compared with; see ``judge_text``."""
    said = [
        Earlier(_name(share, new), share.text)
        for share in ledger.list_shares(connection)
        if share.id != without and share.state not in ledger.GONE and abs(moment(share) - at) <= RECENT
    ]
    return [Earlier("the post's summary", what.summary), *said]


def judge_share(connection: sqlite3.Connection, rules: Shares, share: Share, desk: Desk) -> list[Finding]:
    """Return what is to be said against ``share`` as it reads now."""
    return judge_text(
        connection, rules, share.text, link=share.link, network=share.network, what=about_share(desk, share),
        at=moment(share), without=share.id,
    )  # fmt: skip


def _name(share: Share, new: Collection[str]) -> str:
    text = f"the text for {share.account}"
    return text if share.id in new else f"{text} of {moment(share):%d %b %Y} ({share.id})"
