"""When a share goes out: times a person wrote, free slots, and clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from curate.desk.settings import Account, Shares
from curate.errors import Refused, UsageError
from curate.shares.limits import Diary, Entry, Matter
from curate.shares.slots import When, at_wall, next_slot, read_days, read_slot, read_time, read_zone, resolve_again

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


def test_a_time_without_an_offset_is_wall_time_of_the_site() -> None:
    when = read_time("2026-11-24T08:40", BERLIN, now=NOW)
    assert when.at == datetime(2026, 11, 24, 7, 40, tzinfo=UTC)
    assert (when.wall, when.zone) == ("2026-11-24T08:40", "Europe/Berlin")


def test_a_time_with_an_offset_is_that_instant() -> None:
    when = read_time("2026-11-24T08:40:00+00:00", BERLIN, now=NOW)
    assert when.at == datetime(2026, 11, 24, 8, 40, tzinfo=UTC)
    assert when.wall == "2026-11-24T09:40"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01T00:00",
        "next week",
        "2026-11-23T09:59Z",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "9999-12-31T23:59",
    ],
)
def test_what_is_no_time_or_long_past_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_time(text, BERLIN, now=NOW)


def test_a_little_late_is_still_a_time() -> None:
    assert read_time("2026-11-23T10:00Z", BERLIN, now=NOW).at == NOW - timedelta(hours=2)


def test_a_time_the_clocks_skip_moves_forward_and_a_doubled_one_is_the_first() -> None:
    assert at_wall(datetime(2027, 3, 28, 2, 30), BERLIN).at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # noqa: DTZ001 - wall time
    assert at_wall(datetime(2026, 10, 25, 2, 30), BERLIN).at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001 - wall time
    howe = ZoneInfo("Australia/Lord_Howe")  # half an hour
    assert at_wall(datetime(2026, 10, 4, 2, 15), howe).at.astimezone(howe).strftime("%H:%M") == "02:45"  # noqa: DTZ001 - wall time


@pytest.mark.parametrize("name", sorted(available_timezones())[::29])
def test_wall_times_resolve_once_and_in_order_in_any_zone(name: str) -> None:
    zone = ZoneInfo(name)
    days = [datetime(2026, 1, 1, 2, 30) + timedelta(days=day) for day in range(730)]  # noqa: DTZ001 - wall time
    instants = [at_wall(day, zone).at for day in days]
    assert instants == sorted(set(instants))
    for wall, at in zip(days, instants, strict=True):
        local = at.astimezone(zone).replace(tzinfo=None)
        assert local == wall or timedelta(0) < local - wall <= timedelta(hours=1)


@pytest.mark.parametrize(("text", "slot"), [("mon 08:40", (0, time(8, 40))), ("Sunday 7:05", (6, time(7, 5)))])
def test_slots_are_a_weekday_and_a_time(text: str, slot: tuple[int, time]) -> None:
    assert read_slot(text) == slot


@pytest.mark.parametrize("text", ["", "08:40", "mon", "mon 24:00", "mon 8.40", "mox 08:40", "mon 08:60"])
def test_what_is_no_slot_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="is not a slot"):
        read_slot(text)


def after(
    account: Account, *taken: datetime, now: datetime = NOW, matter: Matter | None = None, zone: ZoneInfo = BERLIN,
    **habits: Any,
) -> When:  # fmt: skip
    """Return the next slot of an account without quiet hours, unless told."""
    shares = Shares(**{"quiet": (), **habits})
    diary = Diary(account=account, shares=shares, zone=zone, entries=tuple(Entry(at=at) for at in taken))
    return next_slot("m", diary, matter or Matter(), now=now)


def account(*slots: str, gap: int = 90, per_day: int = 3, per_week: int = 12) -> Account:
    return Account(network="mastodon", slots=slots, gap=gap, per_day=per_day, per_week=per_week)


def test_the_next_slot_is_the_first_free_one() -> None:
    one = account("mon 08:40", "tue 08:40", "tue 17:00")
    first = after(one)
    assert (first.wall, first.at) == ("2026-11-24T08:40", datetime(2026, 11, 24, 7, 40, tzinfo=UTC))
    second = after(one, first.at)
    assert second.wall == "2026-11-24T17:00"
    third = after(one, first.at, second.at)
    assert third.wall == "2026-11-30T08:40"


def test_a_slot_too_near_another_share_or_beyond_a_cap_is_not_free() -> None:
    one = account("tue 08:40", "tue 17:00", "wed 08:40", gap=90)
    near = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)  # an hour after the slot
    assert after(one, near).wall == "2026-11-24T17:00"
    once = account("tue 08:40", "tue 17:00", "wed 08:40", per_day=1)
    assert after(once, near).wall == "2026-11-25T08:40"
    weekly = account("tue 08:40", per_week=1)
    assert after(weekly, datetime(2026, 11, 28, 9, tzinfo=UTC)).wall == "2026-12-01T08:40"


def test_a_slot_in_quiet_hours_or_in_a_blackout_is_not_free() -> None:
    one = account("tue 06:00", "tue 23:30", "wed 08:40", "thu 08:40")
    assert after(one, quiet=("21:30-06:30",)).wall == "2026-11-25T08:40"
    assert after(one, quiet=("21:30-06:30",), blackout=("2026-11-25",)).wall == "2026-11-26T08:40"
    assert after(one, quiet=("21:30-06:30",), blackout=("2026-11-25/2026-12-02",)).wall == "2026-12-03T08:40"


def test_a_share_finds_no_slot_after_its_end() -> None:
    one = account("tue 08:40")
    end = datetime(2026, 11, 24, 7, 40, tzinfo=UTC)
    assert after(one, matter=Matter(expires_at=end + timedelta(minutes=1))).at == end
    with pytest.raises(Refused, match="old news on 24 Nov 2026"):
        after(one, matter=Matter(expires_at=end))


def test_no_slots_and_no_free_slot_are_said() -> None:
    with pytest.raises(Refused, match="has no slots"):
        after(account())
    full = [NOW + timedelta(days=day) for day in range(120)]
    with pytest.raises(Refused, match="no free slot"):
        after(account("mon 08:40", per_week=1), *full)


def test_slots_are_taken_in_the_order_in_which_they_come_where_clocks_jump() -> None:
    one = account("sun 02:30", "sun 03:10")  # 02:30 does not exist on that day and becomes 03:30
    night = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert after(one, now=night).wall == "2027-03-28T03:10"
    assert after(account("sun 02:30", "sun 03:10", gap=0), after(one, now=night).at, now=night).wall == (
        "2027-03-28T02:30"
    )


def test_a_slot_in_a_doubled_hour_comes_once() -> None:
    one = account("sun 02:30")
    first = after(one, now=datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert after(one, now=first.at).wall == "2026-11-01T02:30"


def test_a_wall_time_is_where_the_rules_of_today_put_it() -> None:
    at = datetime(2026, 11, 24, 7, 40, tzinfo=UTC)
    assert resolve_again("2026-11-24T08:40", BERLIN, at) is None
    # As if Berlin had been two hours ahead when it was planned.
    moved = resolve_again("2026-11-24T08:40", BERLIN, at - timedelta(hours=1))
    assert moved == When(at, "2026-11-24T08:40", "Europe/Berlin")


def test_the_second_of_two_equal_times_and_one_that_was_skipped_stay_where_they_are() -> None:
    second = read_time("2026-10-25T02:30:20+01:00", BERLIN, now=datetime(2026, 10, 1, tzinfo=UTC))
    assert second.at == datetime(2026, 10, 25, 1, 30, 20, tzinfo=UTC)
    assert resolve_again(second.wall, BERLIN, second.at) is None
    skipped = at_wall(datetime(2027, 3, 28, 2, 30), BERLIN)  # noqa: DTZ001 - wall time
    assert resolve_again(skipped.wall, BERLIN, skipped.at) is None


@pytest.mark.parametrize(("text", "days"), [("5d", 5), ("60", 60), (" 1D ", 1)])
def test_days_are_counted(text: str, days: int) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["", "0d", "-1d", "5h", "five", "99999d", "٥d"])
def test_what_is_no_number_of_days_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="number of days"):
        read_days(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd"])
def test_a_zone_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=r"site\.timezone"):
        read_zone(name)
