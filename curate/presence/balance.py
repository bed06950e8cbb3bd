"""Weigh what one publishes and shares: own against curated, on how few sources it rests, what is said again. Pure.

Links and round-ups pass on what others wrote; essays, predictions and results are one's own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from curate.posts.post import Post
    from curate.shares.ledger import Share

CURATED = ("link", "roundup")
OWN = ("essay", "prediction", "result")


@dataclass(frozen=True, kw_only=True)
class Week:
    """What appeared from Monday ``first`` on, for seven days."""

    first: date
    own: int
    curated: int


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Own pieces and curated ones, week by week, the empty ones too."""

    weeks: tuple[Week, ...]
    own: int
    curated: int

    @property
    def ratio(self) -> float | None:
        """Return how many own pieces there are for each curated one; None without any."""
        return self.own / self.curated if self.curated else None


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Which sites the posts cite, the most cited first."""

    sites: tuple[tuple[str, int], ...]

    @property
    def cited(self) -> int:
        """Return how many posts cite a source."""
        return sum(count for _, count in self.sites)

    @property
    def first_three(self) -> float:
        """Return how much of what is cited comes from the three sites cited most, 0 to 1."""
        return sum(count for _, count in self.sites[:3]) / self.cited if self.cited else 0.0

    @property
    def effective(self) -> float:
        """Return how many sites, all cited alike, would make the same concentration: Simpson's index, turned over."""
        return self.cited**2 / sum(count**2 for _, count in self.sites) if self.sites else 0.0


def published(posts: Iterable[Post], *, since: datetime, until: datetime) -> list[Post]:
    """Return the posts that appeared in that time, the first one first."""
    there = [post for post in posts if post.status == "published" and post.date and since <= post.date < until]
    return sorted(there, key=lambda post: (post.date, post.slug))


def weigh(posts: Sequence[Post], *, since: datetime, until: datetime, zone: tzinfo) -> Balance:
    """Return the balance of what appeared in that time; weeks begin on Monday in ``zone``."""
    there = published(posts, since=since, until=until)
    own, curated = Counter[date](), Counter[date]()
    for post in there:
        if post.date is not None and post.kind in OWN + CURATED:
            (own if post.kind in OWN else curated)[_monday(post.date, zone)] += 1
    weeks = []
    first = _monday(since, zone)
    while first <= _monday(until, zone):
        weeks.append(Week(first=first, own=own[first], curated=curated[first]))
        first += timedelta(days=7)
    return Balance(weeks=tuple(weeks), own=own.total(), curated=curated.total())


def count_shares(shares: Iterable[Share], *, since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many shares went out in that time, and how many of these said again what their account had said.

    A share that corrects another repeats nothing.
    """
    sent = sorted(((share.sent_at, share) for share in shares if share.sent_at), key=lambda out: out[0])
    told: set[tuple[str, str]] = set()
    count = repeats = 0
    for at, share in sent:
        about = (share.post, share.account)
        if since <= at < until:
            count += 1
            repeats += about in told and not share.corrects
        told.add(about)
    return count, repeats


def count_sources(posts: Sequence[Post], *, since: datetime, until: datetime) -> Sources:
    """Return the sites that posts of that time cite: by name where the post has one, else by host."""
    sites = Counter(
        post.source.site or post.source.host or post.source.url
        for post in published(posts, since=since, until=until)
        if post.source is not None
    )
    return Sources(sites=tuple(sorted(sites.items(), key=lambda site: (-site[1], site[0]))))


def _monday(moment: datetime, zone: tzinfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())
