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
from curate.posts.header import PostFault
from curate.presence.balance import count_shares, weigh
from curate.presence.replies import count_waiting
from curate.presence.standing import read_standing
from curate.presence.tending import count_tended
from curate.shares import home, ledger
from curate.shares.expiry import PRESSING, again, ending, version_ending
from curate.shares.tokens import token_ends
from curate.site.strikes import list_out

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
    from curate.presence.balance import Balance
    from curate.presence.standing import Read
    from curate.presence.tending import Tending
    from curate.shares.ledger import Share
    from curate.site.sources import Cited
    from curate.site.strikes import Standing

WAITING = ("held", "unknown", "missed", "rejected", "retry", "handed_over")  # shares a person should look at
LATELY = 14  # days, today included, that balance and tending are told of
FRESH = timedelta(days=3)  # how long after its publication a post that no account was told of is proposed


@dataclass(frozen=True, kw_only=True)
class Today:
    """The day. Counts are of items, posts and shares; ``sent_today`` is by account.

    ``foreign`` says why this desk sends nothing, '' when it does. ``planned`` are shares that wait to be approved.
    ``endings`` are warnings of sign-ins, and of versions of a network's API, that end within a week. ``changed``
    are posts that readers have as they were before, ``dead`` what posts cite that is gone or changed.
    ``stale`` are sections of the profile, ``due`` predictions that should be graded by now, ``upcoming`` the next
    one's day.
    """

    inbox_new: int
    kept: int
    kept_oldest: datetime | None
    drafts: int
    drafts_passing: int
    faults: tuple[str, ...]
    foreign: str
    next_share: Share | None
    planned: tuple[Share, ...]
    sent_today: dict[str, int]
    waiting: tuple[Share, ...]
    replies: int
    replies_oldest: datetime | None
    endings: tuple[str, ...]
    changed: tuple[Post, ...]
    dead: tuple[tuple[Cited, Standing], ...]
    stale: tuple[Section, ...]
    confirmed: date | None
    due: tuple[Claimed, ...]
    upcoming: date | None
    unshared: tuple[Post, ...]
    balance: Balance
    shared: int
    repeats: int
    tending: Tending
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
    zone = ZoneInfo(settings.site.timezone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
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
    due, upcoming, wrong = _claims(posts, midnight.date())
    waiting = tuple(share for share in shares if share.state in WAITING)
    planned = tuple(share for share in shares if share.state == "draft")
    answers, oldest = count_waiting(connection)
    foreign = home.foreign(connection, desk, config)
    changed, dead = _changed(desk, posts), _dead(connection, posts, now)
    unshared = _unshared(posts, shares, now) if settings.accounts and not foreign else ()
    lately = midnight - timedelta(days=LATELY - 1)
    shared, repeats = count_shares(shares, since=lately, until=now)
    return Today(
        inbox_new=counts.get("new", 0),
        kept=kept,
        kept_oldest=oldest_kept(connection),
        drafts=len(drafts),
        drafts_passing=len(passing),
        faults=tuple(str(fault) for fault in (*faults, *more, *wrong)),
        foreign=foreign,
        next_share=approved[0] if approved else None,
        planned=planned,
        sent_today=sent,
        waiting=waiting,
        replies=answers,
        replies_oldest=oldest,
        endings=_endings(settings, config, now),
        changed=changed,
        dead=dead,
        stale=profile.stale if profile else (),
        confirmed=_confirmed(profile, midnight.date()) if profile else None,
        due=due,
        upcoming=upcoming,
        unshared=unshared,
        balance=weigh(posts, since=lately, until=now, zone=zone),
        shared=shared,
        repeats=repeats,
        tending=count_tended(connection, posts, today=midnight.date(), of=LATELY, zone=zone),
        last_tick=to_moment(int(lived)) if lived else None,
        next_commands=tuple(
            _next(
                new=counts.get("new", 0),
                kept=kept,
                passing=passing[0].slug if passing else "",
                drafts=drafts[0].slug if drafts else "",
                sign_ins=_sign_ins(settings, waiting),
                waiting=bool(waiting),
                foreign=bool(foreign),
                replies=bool(answers),
                changed=changed,
                planned=[share.id for share in planned],
                unshared=unshared[0].slug if unshared else "",
                feeds=_has_feeds(desk),
                dead=_mending(dead[0][0]) if dead else "",
                due=due[0].post.slug if due else "",
                stale=[section.name for section in profile.stale] if profile else [],
            )
        ),
    )


def _confirmed(read: Read, today: date) -> date | None:
    """Return the last day on which a part of the profile was confirmed, of those that have come."""
    return max((day for day in read.profile.confirmed.values() if day <= today), default=None)


def _profile(desk: Desk, today: date) -> tuple[Read | None, list[PostFault]]:
    """Return the profile with its age; None, and why, when it cannot be read."""
    try:
        return read_standing(desk, today), []
    except PostFault as fault:
        return None, [fault]


def _claims(posts: Sequence[Post], today: date) -> tuple[tuple[Claimed, ...], date | None, list[PostFault]]:
    """Return the predictions that want a grade, the day of the next one that will, and a fault for each unreadable."""
    claims = [post for post in posts if post.claim and post.status == "published"]
    if not claims:
        return (), None, []
    from curate.posts.grading import due_predictions, list_predictions  # only a desk with predictions pays for them

    predictions, wrong = list_predictions(claims)
    days = [each.said.due for each in predictions if each.said.outcome == "pending" and each.said.due]
    upcoming = min((day for day in days if day > today), default=None)
    return tuple(due_predictions(predictions, today)), upcoming, wrong


def _endings(settings: Settings, config: Path, now: datetime) -> tuple[str, ...]:
    """Warn of sign-ins that end soon, by what lies beside the tokens: a keyring would cost more than the day."""
    found = []
    for name, account in settings.accounts.items():
        if account.deliver == "network":
            found.append(ending(name, account, token_ends(config, account), now=now, within=PRESSING))
            found.append(version_ending(name, account, now=now, within=PRESSING))
    return tuple(filter(None, found))


def _changed(desk: Desk, posts: Sequence[Post]) -> tuple[Post, ...]:
    """Return the posts that were corrected, edited, graded or taken down since readers were given the site."""
    edited = [(post, post.modified) for post in posts if post.status != "draft" and post.modified is not None]
    if not edited:
        return ()
    from curate.site.deploy import last_deploy  # what can carry a site anywhere costs more than the rest of the day

    deploy = last_deploy(desk)
    return tuple(post for post, at in edited if deploy is not None and at > deploy.at)


def _unshared(posts: Sequence[Post], shares: Sequence[Share], now: datetime) -> tuple[Post, ...]:
    """Return the posts that appeared of late and that nobody was told of; one whose share was cancelled is settled."""
    told = {share.post for share in shares}
    fresh = [
        (post.date, post.slug, post)
        for post in posts
        if post.status == "published"
        and post.date is not None
        and now - FRESH < post.date <= now
        and (post.until is None or now < post.until)
        and not post.syndication
        and post.slug not in told
    ]
    return tuple(post for *_, post in sorted(fresh))


def _mending(one: Cited) -> str:
    """Return the command that mends a post which cites what is gone or changed."""
    return f"curate post {'archive' if one.key == 'source' else 'edit'} {one.post.slug}"


def _dead(connection: sqlite3.Connection, posts: Sequence[Post], now: datetime) -> tuple[tuple[Cited, Standing], ...]:
    """Return what posts cite that the web was asked for on several days in vain, with how it stands."""
    out = {standing.url: standing for standing in list_out(connection)}
    if not out:
        return ()
    from curate.site.sources import cited  # only a desk with a dead source pays for what asks the web

    return tuple((one, out[one.url]) for one in cited(posts, now) if one.url in out)


def _sign_ins(settings: Settings, waiting: Sequence[Share]) -> list[str]:
    """Return the commands that sign in again where a network refused the token of a share that waits."""
    commands = {name: again(name, account) for name, account in settings.accounts.items()}
    refused = (commands[share.account] for share in waiting if commands.get(share.account, "-") in share.reason)
    return list(dict.fromkeys(refused))


def _passing(drafts: Sequence[Post], published: Sequence[Post]) -> list[Post]:
    from curate.posts.checks import check_post  # only a desk with drafts pays for the rules

    return [post for post in drafts if not check_post(post, earlier=published).errors]


def _has_feeds(desk: Desk) -> bool:
    """Say whether feeds.opml lists anything; a look at its bytes, because reading XML would cost more than the day."""
    try:
        return desk.feeds.is_file() and b"xmlurl" in desk.feeds.read_bytes().lower()
    except OSError:
        return False


def _next(  # noqa: PLR0913 - one for each thing the choice depends on
    *,
    new: int,
    kept: int,
    passing: str,
    drafts: str,
    sign_ins: list[str],
    waiting: bool,
    foreign: bool,
    replies: bool,
    changed: Sequence[Post],
    planned: list[str],
    unshared: str,
    feeds: bool,
    dead: str,
    due: str,
    stale: list[str],
) -> list[str]:
    """Name at most three commands, the most pressing first."""
    one = changed[0].slug if len(changed) == 1 and changed[0].status == "published" else ""
    steps: list[tuple[object, str]] = [
        *((True, command) for command in sign_ins),
        (waiting, "curate share queue"),
        (foreign, "curate doctor --adopt"),
        (replies, "curate replies list"),
        (changed, f"curate publish {one}" if one else "curate site build && curate site deploy"),
        (planned, f"curate share approve {' '.join(planned[:6])}"),
        (unshared, f"curate share plan {unshared}"),
        (passing, f"curate publish {passing}"),
        (drafts and not passing, f"curate post check {drafts}"),
        (new, "curate triage"),
        (dead, dead),
        (due, f"curate predict grade {due}"),
        (stale, f"curate profile confirm {' '.join(stale)}"),
        (kept, "curate item list --state kept"),
    ]
    commands = [command for wanted, command in steps if wanted]
    return commands[:3] or ["curate fetch" if feeds else "curate feed add URL"]
