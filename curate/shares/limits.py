"""Judge whether a share would smother people: too soon, too many, or the same again.

Limits are the person's own, set for each account. A free slot obeys them; a time the person chose wins,
with a warning. Repetition is refused whatever the time. Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.shares.compose import find_urls, same_words
from curate.shares.weight import find_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from curate.desk.settings import Account
    from curate.shares.ledger import Share

AGAIN_AFTER = timedelta(days=21)  # between two shares of one post on one account
AT_MOST = 2  # shares of one post on one account, ever
MONTH = timedelta(days=30)  # of a budget
# In thousandths of a US dollar, without and with a link: https://docs.x.com/x-api/getting-started/pricing.
PRICES = {"x": (15, 200)}


def price(network: str, text: str) -> int:
    """Return what ``network`` takes for a post of ``text``, in thousandths of a US dollar."""
    plain, with_link = PRICES.get(network, (0, 0))
    return with_link if find_urls(text) or find_links(text) else plain


def moment(share: Share) -> datetime:
    """Return when ``share`` went out, or when it will."""
    return share.sent_at or max(share.due_at, share.not_before)


def crowding(at: datetime, taken: Sequence[datetime], account: Account, zone: ZoneInfo) -> list[str]:
    """Return each limit of ``account`` that one more share at ``at`` would break, as a clause.

    Days and weeks (from Monday) are those of ``zone``.
    """
    problems = []
    near = [other for other in taken if abs(other - at) < timedelta(minutes=account.gap)]
    if near or at in taken:
        problems.append(f"another share is less than {account.gap} minutes away")
    local = at.astimezone(zone).date()
    days = [other.astimezone(zone).date() for other in taken]
    if days.count(local) >= account.per_day:
        problems.append(f"that day has {days.count(local)} of {account.per_day} shares already")
    week = [day for day in days if day.isocalendar()[:2] == local.isocalendar()[:2]]
    if len(week) >= account.per_week:
        problems.append(f"that week has {len(week)} of {account.per_week} shares already")
    return problems


def repetition(text: str, post: str, at: datetime, others: Iterable[Share]) -> str:
    """Say in one sentence why this would be the same again; '' when it is not.

    ``others`` are the account's shares that are out or may still go out.
    """
    others = list(others)
    words = same_words(text)
    for other in others:
        if same_words(other.text) == words:
            return f"{other.account} has this text already ({other.id}, {_state(other)}). Write it anew."
    same = [other for other in others if other.post == post]
    if len(same) >= AT_MOST:
        return f"{same[0].account} has this post {len(same)} times already. Twice is enough."
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
