"""What is too soon, too many, too late or at the wrong hour; and that a free slot is never any of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.settings import Account, Shares
from curate.errors import Refused
from curate.shares.limits import Diary, Entry, Matter, crowding
from curate.shares.slots import DAYS, HORIZON, next_slot

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")


def diary(*entries: Entry, quiet: tuple[str, ...] = (), blackout: tuple[str, ...] = (), spacing: int = 24) -> Diary:
    account = Account(network="mastodon", gap=90, per_day=2, per_week=3)
    shares = Shares(quiet=quiet, blackout=blackout, spacing=spacing)
    return Diary(account=account, shares=shares, zone=BERLIN, entries=entries)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("21:29", False), ("21:30", True), ("00:00", True), ("06:29", True), ("06:30", False), ("12:00", False)],
)
def test_quiet_hours_go_over_midnight(clock: str, quiet: bool) -> None:  # noqa: FBT001 - a table of cases
    said = crowding(at(f"2026-11-24T{clock}"), Matter(), diary(quiet=("21:30-06:30",)))
    assert said == (["21:30-06:30 are quiet hours"] if quiet else [])


def test_quiet_hours_within_a_day_and_several_of_them() -> None:
    hours = diary(quiet=("12:00-13:00", "23:00-05:00"))
    assert crowding(at("2026-11-24T12:59"), Matter(), hours) == ["12:00-13:00 are quiet hours"]
    assert crowding(at("2026-11-24T13:00"), Matter(), hours) == []
    assert crowding(at("2026-11-24T04:00"), Matter(), hours) == ["23:00-05:00 are quiet hours"]


def test_hours_and_days_are_those_of_the_accounts_zone() -> None:
    night = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    assert crowding(night, Matter(), diary(quiet=("23:00-05:00",)))
    assert crowding(night + timedelta(hours=1), Matter(), diary(blackout=("2026-11-25",)))
    assert not crowding(night, Matter(), diary(blackout=("2026-11-25",)))


def test_a_blackout_is_a_day_or_all_days_from_the_first_to_the_last() -> None:
    days = diary(blackout=("2026-12-24/2026-12-27", "2027-01-01"))
    shut = [day for day in range(22, 33) if crowding(at("2026-12-01T12:00") + timedelta(days=day - 1), Matter(), days)]
    assert shut == [24, 25, 26, 27, 32]
    assert crowding(at("2026-12-25T12:00"), Matter(), days) == ["2026-12-24/2026-12-27 is a blackout"]


def test_one_source_and_one_topic_keep_their_distance() -> None:
    taken = diary(Entry(at=at("2026-11-24T08:00"), source="ntnu.no", topic="Reliability"), spacing=24)
    about = Matter(source="ntnu.no", topic="Reliability")
    assert crowding(at("2026-11-25T07:59"), about, taken) == [
        "another share about ntnu.no is less than 24 hours away",
        "another share under Reliability is less than 24 hours away",
    ]
    assert crowding(at("2026-11-25T08:00"), about, taken) == []
    assert crowding(at("2026-11-23T08:01"), Matter(source="ntnu.no", topic="Other"), taken) == [
        "another share about ntnu.no is less than 24 hours away"
    ]
    assert crowding(at("2026-11-24T18:00"), Matter(), taken) == []  # about nothing that is known


def test_what_is_old_news_by_then_is_told_with_its_end() -> None:
    ends = Matter(expires_at=at("2026-11-25T00:00"))
    assert crowding(at("2026-11-25T00:00"), ends, diary()) == ["it is old news from 25 Nov 2026 00:00 on"]
    assert crowding(at("2026-11-24T23:59"), ends, diary()) == []


def test_every_limit_that_is_broken_is_told() -> None:
    taken = [Entry(at=at(f"2026-11-24T0{hour}:00"), topic="Tests") for hour in (6, 8, 9)]
    said = crowding(
        at("2026-11-24T09:30"), Matter(topic="Tests"), diary(*taken, quiet=("09:00-10:00",), blackout=("2026-11-24",))
    )
    assert len(said) == 6


slots = st.lists(
    st.builds(
        lambda day, clock: f"{day} {clock:%H:%M}",
        st.sampled_from(DAYS),
        st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    ),
    min_size=1,
    max_size=6,
)
moments = st.datetimes(datetime(2026, 10, 1), datetime(2027, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds are naive
names = st.sampled_from(["", "one", "two"])
clocks = st.times().map(lambda clock: f"{clock:%H:%M}")


@st.composite
def diaries(draw: st.DrawFn) -> Diary:
    first = draw(st.dates(date(2026, 10, 1), date(2027, 4, 1)))
    last = first + timedelta(days=draw(st.integers(0, 40)))
    entries = draw(st.lists(st.builds(lambda *a: Entry(at=a[0], source=a[1], topic=a[2]), moments, names, names)))
    return Diary(
        account=Account(
            network="mastodon",
            slots=tuple(draw(slots)),
            gap=draw(st.sampled_from([0, 1, 90, 600])),
            per_day=draw(st.integers(1, 3)),
            per_week=draw(st.integers(1, 7)),
        ),
        shares=Shares(
            quiet=tuple(f"{draw(clocks)}-{draw(clocks)}" for _ in range(draw(st.integers(0, 2)))),
            blackout=(f"{first}/{last}",),
            spacing=draw(st.sampled_from([0, 24, 100])),
        ),
        zone=ZoneInfo(draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]))),
        entries=tuple(entries),
    )


def obeys(when: datetime, matter: Matter, book: Diary) -> bool:
    """Judge a time by the limits, counted another way than by the code that is tested."""
    local = when.astimezone(book.zone)
    monday = local.date() - timedelta(days=local.weekday())
    days = [entry.at.astimezone(book.zone).date() for entry in book.entries]
    minutes = local.hour * 60 + local.minute
    for hours in book.shares.quiet:
        start, end = (time.fromisoformat(part) for part in hours.split("-"))
        begins, length = start.hour * 60 + start.minute, (end.hour - start.hour) * 60 + end.minute - start.minute
        if (minutes - begins) % 1440 < length % 1440:
            return False
    first, last = book.shares.blackout[0].split("/")
    near = [entry for entry in book.entries if abs(entry.at - when) < timedelta(hours=book.shares.spacing)]
    return (
        not first <= str(local.date()) <= last
        and all(abs(entry.at - when) >= timedelta(minutes=max(book.account.gap, 1 / 60)) for entry in book.entries)
        and sum(day == local.date() for day in days) < book.account.per_day
        and sum(monday <= day < monday + timedelta(days=7) for day in days) < book.account.per_week
        and not (matter.source and matter.source in [entry.source for entry in near])
        and not (matter.topic and matter.topic in [entry.topic for entry in near])
        and (matter.expires_at is None or when < matter.expires_at)
    )


@given(diaries(), st.builds(lambda *a: Matter(source=a[0], topic=a[1]), names, names), moments, st.booleans())
def test_the_next_slot_obeys_every_limit_and_no_earlier_one_does(
    book: Diary, about: Matter, now: datetime, ends: bool  # noqa: FBT001 - a coin
) -> None:  # fmt: skip
    matter = Matter(source=about.source, topic=about.topic, expires_at=now + timedelta(days=20) if ends else None)
    free = []  # all good slots there are, found by walking through every minute that is one
    for ahead in range(HORIZON):
        day = now.astimezone(book.zone).date() + timedelta(days=ahead)
        for slot in book.account.slots:
            weekday, clock = slot.split()
            if DAYS[day.weekday()] == weekday:
                wall = datetime.combine(day, time.fromisoformat(clock)).replace(tzinfo=book.zone)
                when = wall.astimezone(UTC)
                if when > now and obeys(when, matter, book):
                    free.append(when)
    if free:
        assert next_slot("m", book, matter, now=now).at == min(free)
    else:
        with pytest.raises(Refused, match="no free slot"):
            next_slot("m", book, matter, now=now)
