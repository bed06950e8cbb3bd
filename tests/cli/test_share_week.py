"""``curate share`` over weeks: the table, what comes back, the calendar and the spreadsheet, images and turns."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar

from tests.cli.test_share import LINK, Shares, shares

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["shares"]  # the fixture: a desk with a published post


@pytest.fixture
def week(shares: Shares) -> Shares:
    """A desk with three accounts and a draft, an approved share and one to be copied."""
    shares.rehearse()
    shares.account("manual", "--name", "club")
    shares.plan(to="mastodon", at="2026-11-24T08:40")
    [bluesky] = shares.plan(to="bluesky", at="2026-11-26T17:30")
    [club] = shares.plan(to="club", at="2026-11-26T12:10")
    shares("approve", bluesky["id"], club["id"])
    return shares


def test_the_week_is_a_table_of_days_and_accounts_with_letters(week: Shares) -> None:
    lines = week("queue", "--week").out.splitlines()
    assert lines[0].split() == [
        "Mon",
        "23",
        "Tue",
        "24",
        "Wed",
        "25",
        "Thu",
        "26",
        "Fri",
        "27",
        "Sat",
        "28",
        "Sun",
        "29",
    ]
    assert [line.split() for line in lines[1:4]] == [
        ["bluesky", "-", "-", "-", "17:30", "A", "-", "-", "-"],
        ["club", "-", "-", "-", "12:10", "C", "-", "-", "-"],
        ["mastodon", "-", "08:40", "D", "-", "-", "-", "-", "-"],
    ]
    assert lines[4] == "A approved  D draft  C copy by hand  ! blocked   times of UTC"
    assert max(map(len, lines)) <= 100


def test_the_queue_fits_the_window_and_names_a_zone_that_is_not_the_desks(
    week: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    week.curate("-C", week.desk, "config", "set", "site.timezone", "Europe/Berlin")
    [draft, club, bluesky] = week("queue", "--json").data
    week("edit", draft["id"], "--text-file", week.words("An end is nowhere in these words " * 9))
    week("move", club["id"], "--at", "2026-11-26T12:10")
    monkeypatch.setenv("COLUMNS", "80")
    first, second, third = week("queue").out.splitlines()
    assert first.startswith(f"{draft['id']}  Tue 24 Nov 08:40 (UTC)  mastodon  draft")
    assert second.startswith(f"{club['id']}  Thu 26 Nov 12:10        club ")
    assert third.startswith(f"{bluesky['id']}  Thu 26 Nov 17:30 (UTC)  bluesky")
    assert len(first) == 80
    assert first.endswith("…")


def test_what_was_sent_stands_in_the_history_at_the_time_it_was_sent(week: Shares) -> None:
    [club] = [one for one in week("queue", "--json").data if one["account"] == "club"]
    week("log", club["id"], "https://club.example/1", now="2026-11-25T15:00:00Z")
    assert f"{club['id']}  Wed 25 Nov 15:00 (UTC)  club  sent" in week("history").out


def test_what_is_blocked_is_told_below_the_table(week: Shares) -> None:
    week.deployed()
    week("send", "--due", "--yes", now="2026-11-26T17:31:00Z", expect=3)
    shown = week("queue", "--week", now="2026-11-26T17:31:00Z").out
    assert "17:30 !" in shown
    assert "bluesky, Thu 26 Nov 17:30: its page" in shown
    assert "Nothing goes out in these seven days." in week("queue", "--week", now="2026-12-07T08:00:00Z").out


def test_the_queue_is_for_all_or_for_the_networks_and_accounts_named(week: Shares) -> None:
    def of(net: str) -> list[str]:
        return [row["account"] for row in week("queue", "--net", net, "--json").data]

    assert of("manual") == ["club"]
    assert of("club, mastodon") == ["mastodon", "club"]
    assert of("threads") == []
    assert week("queue", "--net", "myspace", expect=2).err


def test_two_shares_on_one_day_stand_below_each_other(week: Shares) -> None:
    post = week.desk / "content" / "post.md"
    (week.desk / "content" / "two.md").write_text(post.read_text().replace("slug: small-models", "slug: two"))
    week("plan", "two", "--to", "mastodon", "--text-file", f"mastodon={week.words('More')}", "--at", "2026-11-24T18:00")
    lines = week("queue", "--week").out.splitlines()
    assert lines[3].split()[:4] == ["mastodon", "-", "08:40", "D"]
    assert lines[4].split() == ["18:00", "D"]


def test_an_evergreen_is_listed_due_and_stopped(shares: Shares) -> None:
    shares.rehearse()
    assert "Nothing is evergreen" in shares("evergreen").out
    made = shares("evergreen", "small-models", "--to", "mastodon", "--every", "60d", "--times", "3", "--json").data
    assert made == [{"post": "small-models", "account": "mastodon", "days": 60, "times": 3, "until": None}]
    assert "3 times, 60 days apart" in shares("evergreen").out
    shown = shares("queue").out
    assert "time for new words: small-models on mastodon, 0 of 3, not said yet" in shown
    assert "curate share plan small-models --to mastodon" in shown
    assert "time for new words" in shares("queue", "--week").out
    assert "time for new words" not in shares("queue", "--net", "bluesky").out
    assert "time for new words" in json.loads(shares("queue", "--json").out)["warnings"][0]
    shares.plan()
    assert "time for new words" not in shares("queue").out
    shares("evergreen", "small-models", "--stop")
    assert shares("evergreen", "--json").data == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("evergreen", "small-models", "--to", "mastodon"),
        ("evergreen", "--to", "mastodon", "--every", "60d", "--times", "3"),
        ("evergreen", "small-models", "--to", "mastodon", "--every", "5d", "--times", "3"),
        ("evergreen", "small-models", "--to", "mastodon", "--every", "often", "--times", "3"),
        ("evergreen", "small-models", "--to", "mastodon", "--every", "60d", "--times", "3", "--until", "2026-01-01"),
        ("evergreen", "nothing", "--to", "mastodon", "--every", "60d", "--times", "3"),
        ("evergreen", "--stop"),
        ("evergreen", "small-models", "--stop"),
        ("calendar",),
        ("import", "/nowhere.csv"),
        ("plan", "small-models", "--to", "mastodon", "--spread", "soon"),
        ("plan", "small-models", "--to", "mastodon", "--alt", "No image"),
        ("plan", "small-models", "--to", "mastodon", "--image", "/etc/hostname", "--alt", "A name"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_with_a_hint(shares: Shares, arguments: tuple[str, ...]) -> None:
    shares.rehearse()
    assert len(shares(*arguments, expect=2).err.splitlines()) >= 2


def test_the_calendar_is_a_file_or_printed_and_the_same_each_time(week: Shares, tmp_path: Path) -> None:
    file = tmp_path / "shares.ics"
    assert week("calendar", "--ics", str(file)).out == f"Wrote 3 shares to {file}.\n"
    first = file.read_bytes()
    week("calendar", "--ics", str(file), now="2027-01-01T00:00:00Z")
    assert file.read_bytes() == first
    events = Calendar.from_ical(first).walk("VEVENT")
    assert [str(event["STATUS"]) for event in events] == ["TENTATIVE", "CONFIRMED", "CONFIRMED"]
    assert week("calendar", "--ics", "-").out.replace("\r\n", "\n") == first.decode().replace("\r\n", "\n")
    assert "could not be written" in week("calendar", "--ics", str(tmp_path), expect=1).err


def test_the_table_goes_out_and_comes_back(week: Shares, tmp_path: Path) -> None:
    file = tmp_path / "shares.csv"
    week("export", str(file))
    before = week("queue", "--json").data
    assert week("import", str(file), "--json").data == {"planned": [], "changed": [], "unchanged": 3}
    assert week("queue", "--json").data == before
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    rows[0]["text"] = "Other words"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    shown = week("import", str(file), "--dry-run").out
    assert "0 would be planned, 1 would be changed, 2 unchanged." in shown
    assert week("queue", "--json").data == before
    assert week("import", str(file)).out.endswith("0 planned, 1 changed, 2 unchanged.\n")
    assert week("queue", "--json").data[0]["text"] == f"Other words\n\n{LINK}"
    file.write_text("id,text\nzzzz,x\n", encoding="utf-8")
    error = week("import", str(file), "--json", expect=3).error
    assert error["problems"][0].startswith("line 2: ")
    assert week("export", "-").out.startswith("id,post,account,")


def test_a_spread_an_end_and_an_image_are_planned(shares: Shares) -> None:
    shares.rehearse()
    image = shares.desk / "content" / "images" / "a.png"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(b"\x89PNG\r\n\x1a\n...")
    rows = shares.plan(
        "--spread", "4d", "--expires", "2026-12-01", "--image", str(image), "--alt", "A curve",
        to="mastodon,bluesky", at="next",
    )  # fmt: skip
    assert [row["wall"] for row in rows] == ["2026-11-23T08:40", "2026-11-25T08:40"]
    late = shares("move", rows[0]["id"], "--at", "2026-12-01T12:00", "--json")
    assert "it is old news from 01 Dec 2026 00:00 on" in json.loads(late.out)["warnings"][0]
