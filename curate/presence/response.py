"""Compare what shares came to: by account, topic, hour and kind of post. Pure.

Networks and accounts differ too much to be added up, so topics, hours and kinds are told as a multiple of
what is usual on the account a share went out on. Must not know the database.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.presence.metrics import SETTLING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from curate.presence.metrics import Standing

FEW = 5  # shares: with fewer, a comparison is chance
HOURS = 3  # in one part of the day


@dataclass(frozen=True, kw_only=True)
class Group:
    """Shares that have something in common. ``usual`` is how many times what their accounts usually get.

    ``views`` is the mean of those shares whose network tells; None when none does.
    """

    name: str
    shares: int
    reactions: int
    replies: int
    views: float | None
    usual: float | None

    @property
    def each(self) -> float:
        """Return the reactions one share got, on average."""
        return self.reactions / self.shares

    @property
    def few(self) -> bool:
        """Say whether there are too few shares to conclude anything."""
        return self.shares < FEW


@dataclass(frozen=True, kw_only=True)
class Response:
    """What shares came to. ``young`` went out less than two days ago and are not counted yet."""

    shares: int
    young: int
    accounts: tuple[Group, ...]
    topics: tuple[Group, ...]
    hours: tuple[Group, ...]
    kinds: tuple[Group, ...]


def compare(standings: Sequence[Standing], kinds: Mapping[str, str], *, now: datetime, zone: tzinfo) -> Response:
    """Return how ``standings`` compare; ``kinds`` are those of posts by slug, hours are those of ``zone``."""
    settled = [one for one in standings if one.sent_at <= now - SETTLING]
    usual = _means(settled)

    def grouped(key: Callable[[Standing], str]) -> tuple[Group, ...]:
        groups: defaultdict[str, list[Standing]] = defaultdict(list)
        for one in settled:
            groups[key(one)].append(one)
        return tuple(_group(name, members, usual) for name, members in sorted(groups.items()))

    def best(key: Callable[[Standing], str]) -> tuple[Group, ...]:
        return tuple(sorted(grouped(key), key=lambda group: -(group.usual or 0)))

    return Response(
        shares=len(settled),
        young=len(standings) - len(settled),
        accounts=grouped(lambda one: one.account),
        topics=best(lambda one: one.topic or "no topic"),
        hours=grouped(lambda one: part_of_day(one.sent_at, zone)),
        kinds=best(lambda one: kinds.get(one.post, "gone")),
    )


def part_of_day(moment: datetime, zone: tzinfo) -> str:
    """Return the three hours of the day ``moment`` lies in: 06-09."""
    first = moment.astimezone(zone).hour // HOURS * HOURS
    return f"{first:02}-{first + HOURS:02}"


def _means(standings: Sequence[Standing]) -> dict[str, float]:
    """Return what a share on each account comes to, on average."""
    reactions: defaultdict[str, list[int]] = defaultdict(list)
    for one in standings:
        reactions[one.account].append(one.reactions)
    return {account: sum(many) / len(many) for account, many in reactions.items()}


def _group(name: str, members: Sequence[Standing], usual: Mapping[str, float]) -> Group:
    views = [one.figures.views for one in members if one.figures.views is not None]
    expected = sum(usual[one.account] for one in members)
    reactions = sum(one.reactions for one in members)
    return Group(
        name=name,
        shares=len(members),
        reactions=reactions,
        replies=sum(one.figures.replies or 0 for one in members),
        views=sum(views) / len(views) if views else None,
        usual=reactions / expected if expected else None,
    )
