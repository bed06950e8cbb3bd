"""How old each section of the profile is, and which are stale: the day after its limit, not before."""

from __future__ import annotations

from datetime import date

import pytest

from curate.posts.freshness import key_of, sections
from curate.posts.header import read_mapping
from curate.posts.profile import Profile, parse_profile

TODAY = date(2026, 11, 22)


def stale(text: str) -> list[tuple[str, int | None]]:
    found = sections(read_mapping(text, "p"), parse_profile(text, "p"), TODAY)
    return [(each.name, each.days) for each in found if each.stale]


@pytest.mark.parametrize(
    ("section", "rows", "limit", "name"),
    [
        ("basics", "{name: Dana}", 90, "basics"),
        ("work", "[{position: Lead}]", 180, "roles"),
        ("roles", "[{position: Lead}]", 180, "roles"),
        ("results", "[{outcome: Quiet}]", 180, "results"),
        ("certificates", "[{name: C}]", 365, "credentials"),
        ("talks", "[{name: T}]", 365, "talks"),
        ("skills", "[{name: S}]", 365, "skills"),
    ],
)
def test_a_section_is_good_until_its_limit(section: str, rows: str, limit: int, name: str) -> None:
    for days in (limit, limit + 1):
        day = date.fromordinal(TODAY.toordinal() - days)
        found = stale(f"{section}: {rows}\nconfirmed: {{{section}: {day}}}\n")
        assert found == ([(name, days)] if days > limit else [])


def test_a_section_that_nobody_confirmed_is_stale_and_an_empty_one_is_none() -> None:
    assert stale("basics: {name: Dana}\nwork: []\ntalks:\nstrange: [{a: b}]\n") == [("basics", None)]


def test_a_day_that_is_yet_to_come_confirms_nothing() -> None:
    assert stale("basics: {name: Dana}\nconfirmed: {basics: 2099-01-01}\n") == [("basics", -26338)]
    [section] = sections({"basics": {"name": "Dana"}}, Profile(confirmed={"basics": date(2099, 1, 1)}), TODAY)
    assert (section.ahead, section.words) == (True, "dated 01 Jan 2099")
    tomorrow = date.fromordinal(TODAY.toordinal() + 1)  # where it is tomorrow already
    assert stale(f"basics: {{name: Dana}}\nconfirmed: {{basics: {tomorrow}}}\n") == []


def test_results_are_as_old_as_the_oldest_of_them() -> None:
    rows = "results: [{outcome: A, confirmed: 2026-11-01}, {outcome: B, confirmed: 2026-01-01}]\n"
    assert stale(rows) == [("results", 325)]
    assert stale(f"{rows}confirmed: {{results: 2026-11-20}}\n") == []
    assert stale("results: [{outcome: A, confirmed: 2026-11-01}, {outcome: B}]\n") == [("results", None)]


def test_a_day_is_kept_under_the_name_that_stands_there() -> None:
    assert key_of("credentials", []) == key_of("certificates", []) == "certificates"
    assert key_of("certificates", ["credentials"]) == "credentials"
    assert key_of("basics", ["basics"]) == "basics"
