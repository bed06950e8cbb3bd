"""Every change of every clock in the world for ten years: each wall time around it is one instant, and the right one.

A change is told by a zone's offset alone: days are sampled and the two sides of it bisected. From the
offsets before and after it the test reckons by hand where each wall time belongs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from curate.desk.settings import Account, Shares
from curate.shares.limits import Diary, Entry, Matter
from curate.shares.slots import DAYS, at_wall, next_slot, resolve_again

FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Change:
    """From the instant ``at`` on, clocks in ``zone`` are ahead of UTC by ``after`` and no more by ``before``."""

    zone: ZoneInfo
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def gap(self) -> bool:
        return self.after > self.before

    @property
    def edges(self) -> tuple[datetime, datetime]:
        """Return the first wall time that is skipped or doubled, and the first that no longer is."""
        naive = self.at.replace(tzinfo=None)
        return naive + min(self.before, self.after), naive + max(self.before, self.after)

    def walls(self) -> list[datetime]:
        """Return five wall times, by the minute: before it, its first and its last, one within, after it."""
        start, end = self.edges
        middle = start + (end - start) // 2
        return [start - MINUTE, start, middle.replace(second=0), end - MINUTE, end]

    def instant(self, wall: datetime) -> datetime:
        """Reckon where ``wall`` belongs: what is skipped goes on by the step, of what is doubled the first is meant."""
        _, end = self.edges
        # What is skipped, reckoned by the old offset, lands as much later as the clocks went on.
        return (wall - (self.before if wall < end else self.after)).replace(tzinfo=UTC)


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: ZoneInfo) -> list[Change]:
    found = []
    day, before = FIRST, offset(zone, FIRST)
    while day < LAST:
        later = day + timedelta(days=1)
        after = offset(zone, later)
        if after != before:
            low, high = day, later
            while high - low > SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            found.append(Change(zone, high, before, after))
        day, before = later, after
    return found


@cache
def every_change() -> list[Change]:
    return [change for name in sorted(available_timezones()) for change in changes(ZoneInfo(name))]


def test_there_are_changes_of_both_kinds_and_of_more_steps_than_an_hour() -> None:
    found = every_change()
    gaps = sum(change.gap for change in found)
    assert min(gaps, len(found) - gaps) > 1_900
    steps = {abs(change.after - change.before) for change in found}
    assert steps >= {timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)}


def test_every_wall_time_around_a_change_is_one_instant_and_stays_it() -> None:
    for change in every_change():
        resolved = [at_wall(wall, change.zone) for wall in change.walls()]
        for wall, when in zip(change.walls(), resolved, strict=True):
            said = (change, wall)
            assert when.at == change.instant(wall), said
            local = when.at.astimezone(change.zone).replace(tzinfo=None)
            start, end = change.edges
            skipped = change.gap and start <= wall < end
            assert local == (wall + (end - start) if skipped else wall), said  # forward by the step, or as it is meant
            assert when.at < change.at or change.gap or wall >= end, said  # the first of two
            assert resolve_again(when.wall, change.zone, when.at) is None, said
        if not change.gap:
            assert len({when.at for when in resolved}) == len(set(change.walls()))


def test_a_slot_around_a_change_comes_exactly_once() -> None:
    for change in every_change():
        for wall in sorted(set(change.walls())):
            slot = f"{DAYS[wall.weekday()]} {wall:%H:%M}"
            account = Account(network="mastodon", slots=(slot,), gap=0)
            diary = Diary(account=account, shares=Shares(quiet=()), zone=change.zone)
            now = change.instant(wall) - timedelta(days=2)
            first = next_slot("m", diary, Matter(), now=now)
            assert first.at == change.instant(wall), (change, wall)
            # Once it is past, and once it is taken, the next one is a week away.
            then = next_slot("m", diary, Matter(), now=first.at)
            taken = replace(diary, entries=(Entry(at=first.at),))
            assert next_slot("m", taken, Matter(), now=now).at == then.at
            assert timedelta(days=6) < then.at - first.at < timedelta(days=8), (change, wall)
