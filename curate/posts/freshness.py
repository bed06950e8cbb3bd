"""Say how long ago each section of the profile was confirmed, and which are stale.

Pure. A reader sees the date beside the section: past its limit somebody has to look at it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.posts.json_resume import OTHER_NAMES, SECTIONS
from curate.posts.profile import ALSO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from typing import Any

    from curate.posts.profile import Profile

# Days for which a section is good: what one does changes by the quarter, roles and results by the half year,
# what was earned once is looked at every year.
LIMITS = {"basics": 90, "work": 180, "results": 180}
LONGEST = 365


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the profile that says something; ``confirmed`` None for never, ``days`` since then."""

    name: str
    entries: int
    confirmed: date | None
    days: int | None
    limit: int

    @property
    def stale(self) -> bool:
        """Say whether it should be looked at again; one dated ahead, because the clock was wrong, should."""
        return self.days is None or self.days > self.limit or self.ahead

    @property
    def ahead(self) -> bool:
        """Say whether its day is yet to come, by more than time zones make."""
        return self.days is not None and self.days < -1

    @property
    def words(self) -> str:
        """Say how long ago it was confirmed."""
        if self.days is None:
            return "never confirmed"
        if self.ahead:
            return f"dated {self.confirmed:%d %b %Y}"
        return "confirmed today" if self.days < 1 else f"confirmed {self.days} day{'s' * (self.days != 1)} ago"


def sections(values: Mapping[str, Any], profile: Profile, today: date) -> list[Section]:
    """Return the sections of the profile that say something, in the file's order; ``values`` are the file's own.

    Results that carry days of their own are as old as the oldest of them.
    """
    found = []
    for key, value in values.items():
        name = OTHER_NAMES.get(key, key)
        entries = _entries(value)
        if name not in ("basics", "about", *SECTIONS) or not entries:
            continue
        confirmed = profile.confirmed_on(name)
        if name == "results" and profile.results:
            days = [_later(result.confirmed, confirmed) for result in profile.results]
            confirmed = None if None in days else min(day for day in days if day)
        found.append(
            Section(
                name=ALSO.get(name, name),
                entries=entries,
                confirmed=confirmed,
                days=(today - confirmed).days if confirmed else None,
                limit=LIMITS.get(name, LONGEST),
            )
        )
    return found


def key_of(name: str, confirmed: Iterable[str]) -> str:
    """Return the key of “confirmed” for a section: JSON Resume's name for it, unless ours stands there."""
    theirs = OTHER_NAMES.get(name, name)
    ours = ALSO.get(theirs, theirs)
    return ours if ours in confirmed and theirs not in confirmed else theirs


def _entries(value: Any) -> int:  # noqa: ANN401 - whatever the file says
    if isinstance(value, dict):
        return sum(bool(inner) for inner in value.values())
    return sum(bool(row) for row in value) if isinstance(value, list) else 0


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day), default=None)
