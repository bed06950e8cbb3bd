"""Find the instant a share goes out: a time somebody wrote, or the next free slot of an account.

A slot and a time without an offset are wall time in the account's zone. Where the clocks are put forward
a time that does not exist is moved forward by the same step; where they are put back, the first of the
two is meant. Pure: knows neither the ledger nor the clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from curate.errors import Refused, UsageError
from curate.shares.limits import crowding

if TYPE_CHECKING:
    from curate.shares.limits import Diary, Matter

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = 90  # days: how far ahead a free slot is looked for
LATE = timedelta(hours=2)  # a share later than this asks before it goes out


@dataclass(frozen=True)
class When:
    """One moment as a person means it (``wall``, ``zone``) and as an instant in UTC (``at``)."""

    at: datetime
    wall: str
    zone: str


def read_zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``. Raises UsageError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            f"site.timezone: “{name}” is not a time zone.", "curate config set site.timezone Europe/Berlin"
        ) from None


def at_wall(wall: datetime, zone: ZoneInfo) -> When:
    """Return the instant of a wall time (without an offset) in ``zone``."""
    # fold=0 is the first of two; in a gap it takes the offset before it, which is the step forward.
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return When(at, wall.isoformat(timespec="minutes"), zone.key)


def read_time(text: str, zone: ZoneInfo, *, now: datetime) -> When:
    """Read ISO 8601; without an offset it is wall time in ``zone``.

    Raises UsageError when it is no time, or more than two hours past.
    """
    try:
        meant = datetime.fromisoformat(text)
        if meant.tzinfo is None:
            when = at_wall(meant, zone)
        else:
            at = meant.astimezone(UTC)
            when = When(at, at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes"), zone.key)
        _ = when.at + timedelta(days=366)  # nothing near the end of time, where sums fail
    except (ValueError, OverflowError):
        raise UsageError(
            f"“{text}” is not a time.", "Write 2026-11-23T08:40, 2026-11-23T08:40:00+01:00, or next."
        ) from None
    if when.at < now - LATE:
        raise UsageError(f"{text} is past.", "Give a time to come, or next.")
    return when


def read_slot(text: str) -> tuple[int, time]:
    """Read ``mon 08:40`` as (weekday, wall time); Monday is 0. Raises UsageError."""
    days = "|".join(DAYS)
    match = re.fullmatch(rf"({days})[a-z]* +([01]?\d|2[0-3]):([0-5]\d)", text.strip().lower())
    if match is None:
        raise UsageError(f"“{text}” is not a slot.", "Write a weekday and a time: mon 08:40")
    return DAYS.index(match[1]), time(int(match[2]), int(match[3]))


def read_days(text: str) -> int:
    """Read a number of days, such as ``5d``. Raises UsageError."""
    match = re.fullmatch(r"([1-9]\d{0,3})d?", text.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(f"“{text}” is not a number of days.", "Write 5d for five days.")
    return int(match[1])


def resolve_again(wall: str, zone: ZoneInfo, at: datetime) -> When | None:
    """Return when ``wall`` is in ``zone`` as its rules are known now; None when it still is at ``at``.

    The second of two equal wall times stays the second. Raises ValueError when ``wall`` cannot be read.
    """
    if at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes") == wall:
        return None
    when = at_wall(datetime.fromisoformat(wall), zone)
    return when if when.at != at else None


def next_slot(name: str, diary: Diary, matter: Matter, *, now: datetime) -> When:
    """Return the first slot of the account ``name`` after ``now`` that is free and within all limits.

    Raises Refused when there is none in the next 90 days, UsageError for a slot that cannot be read.
    """
    slots = [read_slot(slot) for slot in diary.account.slots]
    if not slots:
        raise Refused(f"The account {name} has no slots.", f"Give a time, or set accounts.{name}.slots.")
    zone = diary.zone
    first = now.astimezone(zone).date()
    for ahead in range(HORIZON):
        day = first + timedelta(days=ahead)
        starts = {start for weekday, start in slots if weekday == day.weekday()}
        # By the instant: a time that clocks skip comes after some that stand later in the day.
        for when in sorted((at_wall(datetime.combine(day, start), zone) for start in starts), key=lambda one: one.at):
            if when.at > now and not crowding(when.at, matter, diary):
                return when
    raise Refused(
        f"The account {name} has no free slot in the next {HORIZON} days{_until(matter, diary)}.",
        f"Give a time, or add slots: curate config get accounts.{name}.slots",
    )


def _until(matter: Matter, diary: Diary) -> str:
    end = matter.expires_at
    return f" before it is old news on {end.astimezone(diary.zone):%d %b %Y}" if end else ""
