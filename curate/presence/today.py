"""Gather the day on one screen: what waits, what goes out next, what to type now.

Reads only; loads nothing heavy, because it is asked many times a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from curate.desk.db import recall, to_moment
from curate.inbox.items import count_by_state, oldest_kept
from curate.posts.files import read_posts
from curate.posts.grading import due_predictions, list_predictions
from curate.posts.header import PostFault
from curate.presence.standing import read_standing
from curate.shares import ledger
from curate.shares.expiry import PRESSING, ending, version_ending
from curate.shares.tokens import token_ends

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.posts.freshness import Section
    from curate.posts.grading import Claimed
    from curate.posts.post import Post
    from curate.presence.standing import Read
    from curate.shares.ledger import Share

WAITING = ("held", "unknown", "missed", "rejected", "retry", "handed_over")  # shares a person should look at


@dataclass(frozen=True, kw_only=True)
class Today:
    """The day. Counts are of items, posts and shares; ``sent_today`` is by account.

    ``endings`` are warnings of sign-ins, and of versions of a network's API, that end within a week. ``stale``
    are sections of the profile, ``due`` predictions that should be graded by now, ``upcoming`` the next one's day.
    """

    inbox_new: int
    kept: int
    kept_oldest: datetime | None
    drafts: int
    drafts_passing: int
    faults: tuple[str, ...]
    next_share: Share | None
    sent_today: dict[str, int]
    waiting: tuple[Share, ...]
    endings: tuple[str, ...]
    stale: tuple[Section, ...]
    confirmed: date | None
    due: tuple[Claimed, ...]
    upcoming: date | None
    last_tick: datetime | None
    next_commands: tuple[str, ...]


def gather(desk: Desk, settings: Settings, connection: sqlite3.Connection, *, now: datetime, config: Path) -> Today:
    """Return what a person should know today; “today” is the day in the desk's time zone.

    ``config`` is the tokens' folder.
    """
    counts = count_by_state(connection, now=now)
    posts, faults = read_posts(desk.content)
    drafts = [post for post in posts if post.status == "draft"]
    passing = _passing(drafts, [post for post in posts if post.status == "published"]) if drafts else []
    shares = ledger.list_shares(connection)
    approved = sorted((share for share in shares if share.state == "approved"), key=lambda share: share.due_at)
    midnight = now.astimezone(ZoneInfo(settings.site.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = dict.fromkeys(settings.accounts, 0)
    for share in shares:
        if (
            share.account in sent
            and share.sent_at is not None
            and midnight <= share.sent_at < midnight + timedelta(days=1)
        ):
            sent[share.account] += 1
    lived = recall(connection, "last-tick")
    kept = counts.get("kept", 0)
    profile, more = _profile(desk, midnight.date())
    predictions, wrong = list_predictions(post for post in posts if post.claim and post.status == "published")
    due = due_predictions(predictions, midnight.date())
    days = [each.said.due for each in predictions if each.said.outcome == "pending" and each.said.due]
    waiting = tuple(share for share in shares if share.state in WAITING)
    return Today(
        inbox_new=counts.get("new", 0),
        kept=kept,
        kept_oldest=oldest_kept(connection),
        drafts=len(drafts),
        drafts_passing=len(passing),
        faults=tuple(str(fault) for fault in (*faults, *more, *wrong)),
        next_share=approved[0] if approved else None,
        sent_today=sent,
        waiting=waiting,
        endings=_endings(settings, config, now),
        stale=profile.stale if profile else (),
        confirmed=max(profile.profile.confirmed.values(), default=None) if profile else None,
        due=tuple(due),
        upcoming=min((day for day in days if day > midnight.date()), default=None),
        last_tick=to_moment(int(lived)) if lived else None,
        next_commands=tuple(
            _next(
                new=counts.get("new", 0),
                kept=kept,
                passing=passing[0].slug if passing else "",
                drafts=drafts[0].slug if drafts else "",
                waiting=bool(waiting),
                planned=[share.id for share in shares if share.state == "draft"],
                feeds=_has_feeds(desk),
                due=due[0].post.slug if due else "",
                stale=[section.name for section in profile.stale] if profile else [],
            )
        ),
    )


def _profile(desk: Desk, today: date) -> tuple[Read | None, list[PostFault]]:
    """Return the profile with its age; None, and why, when it cannot be read."""
    try:
        return read_standing(desk, today), []
    except PostFault as fault:
        return None, [fault]


def _endings(settings: Settings, config: Path, now: datetime) -> tuple[str, ...]:
    """Warn of sign-ins that end soon, by what lies beside the tokens: a keyring would cost more than the day."""
    found = []
    for name, account in settings.accounts.items():
        if account.deliver == "network":
            found.append(ending(name, account, token_ends(config, account), now=now, within=PRESSING))
            found.append(version_ending(name, account, now=now, within=PRESSING))
    return tuple(filter(None, found))


def _passing(drafts: Sequence[Post], published: Sequence[Post]) -> list[Post]:
    from curate.posts.checks import check_post  # only a desk with drafts pays for the rules

    return [post for post in drafts if not check_post(post, earlier=published).errors]


def _has_feeds(desk: Desk) -> bool:
    """Say whether feeds.opml lists anything; a look at its bytes, because reading XML would cost more than the day."""
    try:
        return b"xmlurl" in desk.feeds.read_bytes().lower()
    except OSError:
        return False


def _next(  # noqa: PLR0913 - what the choice depends on
    *,
    new: int,
    kept: int,
    passing: str,
    drafts: str,
    waiting: bool,
    planned: list[str],
    feeds: bool,
    due: str,
    stale: list[str],
) -> list[str]:
    """Name at most three commands, the most pressing first."""
    commands = []
    if waiting:
        commands.append("curate share queue")
    if planned:
        commands.append(f"curate share approve {' '.join(planned[:6])}")
    if passing:
        commands.append(f"curate publish {passing}")
    elif drafts:
        commands.append(f"curate post check {drafts}")
    if new:
        commands.append("curate triage")
    if due:
        commands.append(f"curate predict grade {due}")
    if stale:
        commands.append(f"curate profile confirm {' '.join(stale)}")
    if kept:
        commands.append("curate item list --state kept")
    if not commands:
        commands.append("curate fetch" if feeds else "curate feed add URL")
    return commands[:3]
