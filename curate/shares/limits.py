"""Judge whether a share would smother people: too soon, too many, at night, or the same again.

Limits are the person's own, set for each account. A free slot obeys them; a time the person chose wins,
with a warning. Repetition is refused whatever the time. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from curate.shares.compose import find_urls, same_words
from curate.shares.weight import find_links

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from curate.desk.settings import Account, Shares
    from curate.shares.ledger import Share

AGAIN_AFTER = timedelta(days=21)  # between two shares of one post on one account
AT_MOST = 2  # shares of one post on one account, ever
MONTH = timedelta(days=30)  # of a budget
# In thousandths of a US dollar, without and with a link: https://docs.x.com/x-api/getting-started/pricing.
PRICES = {"x": (15, 200)}


def price(account: Account, text: str) -> int:
    """Return what the network of ``account`` takes for a post of ``text``, in thousandths of a US dollar.

    A rehearsal costs nothing.
    """
    plain, with_link = PRICES.get(account.network, (0, 0)) if account.deliver == "network" else (0, 0)
    return with_link if find_urls(text) or find_links(text) else plain


def moment(share: Share) -> datetime:
    """Return when ``share`` went out, or when it will."""
    return share.sent_at or max(share.due_at, share.not_before)


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What a share is about, each '' when nobody said, and after when it is old news."""

    source: str = ""
    topic: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A time that is taken: a share that went out then or will, and what it is about."""

    at: datetime
    source: str = ""
    topic: str = ""


@dataclass(frozen=True, kw_only=True)
class Diary:
    """What the place of a share on ``account`` depends on: its limits and its other shares, in its zone."""

    account: Account
    shares: Shares
    zone: ZoneInfo
    entries: tuple[Entry, ...] = ()


def crowding(at: datetime, matter: Matter, diary: Diary) -> list[str]:
    """Return each limit that one more share about ``matter`` at ``at`` would break, as a clause.

    Days, weeks (from Monday) and quiet hours are those of the diary's zone.
    """
    return [*_too_late(at, matter, diary), *_shut(at, diary), *_full(at, diary), *_alike(at, matter, diary)]


def _too_late(at: datetime, matter: Matter, diary: Diary) -> list[str]:
    if matter.expires_at is None or at < matter.expires_at:
        return []
    return [f"it is old news from {matter.expires_at.astimezone(diary.zone):%d %b %Y %H:%M} on"]


def _shut(at: datetime, diary: Diary) -> list[str]:
    """Return the quiet hours and blackout days that ``at`` lies in."""
    local = at.astimezone(diary.zone)
    problems = []
    for hours in diary.shares.quiet:
        start, end = (time.fromisoformat(part) for part in hours.split("-"))
        clock = local.time()
        if start <= clock < end or (end < start and (clock >= start or clock < end)):
            problems.append(f"{hours} are quiet hours")
    for days in diary.shares.blackout:
        first, last = (date.fromisoformat(part) for part in (days.split("/") * 2)[:2])
        if first <= local.date() <= last:
            problems.append(f"{days} is a blackout")
    return problems


def _full(at: datetime, diary: Diary) -> list[str]:
    """Return which of the account's gap and caps one more share at ``at`` would break."""
    account, zone = diary.account, diary.zone
    problems = []
    taken = [entry.at for entry in diary.entries if abs(entry.at - at) < timedelta(days=9)]
    if at in taken or any(abs(other - at) < timedelta(minutes=account.gap) for other in taken):
        problems.append(f"another share is less than {account.gap} minutes away")
    local = at.astimezone(zone).date()
    days = [other.astimezone(zone).date() for other in taken]
    if days.count(local) >= account.per_day:
        problems.append(f"that day has {days.count(local)} of {account.per_day} shares already")
    week = [day for day in days if day.isocalendar()[:2] == local.isocalendar()[:2]]
    if len(week) >= account.per_week:
        problems.append(f"that week has {len(week)} of {account.per_week} shares already")
    return problems


def _alike(at: datetime, matter: Matter, diary: Diary) -> list[str]:
    """Return how the source and the topic come back too soon."""
    hours = diary.shares.spacing
    near = [entry for entry in diary.entries if abs(entry.at - at) < timedelta(hours=hours)]
    problems = []
    if matter.source and any(entry.source == matter.source for entry in near):
        problems.append(f"another share about {matter.source} is less than {hours} hours away")
    if matter.topic and any(entry.topic == matter.topic for entry in near):
        problems.append(f"another share under {matter.topic} is less than {hours} hours away")
    return problems


def repetition(  # noqa: PLR0913 - a share to be, and what it is held against
    text: str, post: str, at: datetime, others: Iterable[Share], *, at_most: int = AT_MOST, corrects: bool = False
) -> str:
    """Say in one sentence why this would be the same again; '' when it is not.

    ``others`` are the account's shares that are out or may still go out. ``at_most`` of one post are
    allowed: more than usual for what the person called evergreen. What ``corrects`` says the post again
    neither for itself nor for those after it; only its words must be new.
    """
    others = list(others)
    words = same_words(text)
    for other in others:
        if same_words(other.text) == words:
            return f"{other.account} has this text already ({other.id}, {_state(other)}). Write it anew."
    same = [other for other in others if other.post == post and not (corrects or other.corrects)]
    if len(same) >= at_most:
        enough = "Twice is" if at_most == AT_MOST else f"{at_most} times are"
        return f"{same[0].account} has this post {len(same)} times already. {enough} enough."
    for other in same:
        if abs(moment(other) - at) < AGAIN_AFTER:
            free = moment(other) + AGAIN_AFTER
            return (
                f"{other.account} has this post already ({other.id}, {_state(other)}); "
                f"once more from {free:%d %b %Y} on, or curate share cancel {other.id} first."
                if other.sent_at is None
                else f"{other.account} had this post on {other.sent_at:%d %b %Y}; once more from {free:%d %b %Y} on."
            )
    return ""


def _state(share: Share) -> str:
    return share.state.replace("_", " ")
