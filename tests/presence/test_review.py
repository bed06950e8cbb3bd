"""A time in review: balance, sources, what worked, experiments, and the page made of it all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from curate.cli.render import width
from curate.cli.report_view import balance_lines, experiment_lines, review_lines, source_lines, verdict_words
from curate.presence import experiments, metrics
from curate.presence.balance import Sources, count_sources, weigh
from curate.presence.experiments import weigh_up
from curate.presence.page import page
from curate.presence.response import compare, part_of_day
from curate.shares import ledger
from curate.shares.networks.readings import Figures
from tests.presence.reviewed import HOSTILE, SINCE, UNTIL, a_review, standing
from tests.presence.test_publish import write_essay
from tests.shares.conftest import Ledger, book

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

__all__ = ["book"]
DAY = timedelta(days=1)
NOON = ("--now", "2026-11-23T12:00:00+00:00")


def test_shares_are_compared_with_what_is_usual_on_their_account() -> None:
    morning = [standing(day, "mastodon", 10) for day in range(5)]
    evening = [standing(day, "mastodon", 5, hours=9) for day in range(5)] + [standing(1, "bluesky", 1, hours=9)]
    found = compare(morning + evening, {"post-1": "essay"}, now=UNTIL, zone=UTC)
    assert [(group.name, group.shares, round(group.usual or 0, 2), group.few) for group in found.hours] == [
        ("12-15", 5, 1.36, False),
        ("21-24", 6, 0.64, False),
    ]
    assert {group.name: group.shares for group in found.kinds} == {"essay": 3, "gone": 8}
    assert [group.views for group in found.accounts] == [None, None]


def test_shares_younger_than_two_days_are_told_apart() -> None:
    young = replace(standing(1, "mastodon", 90), sent_at=UNTIL - DAY)
    found = compare([young, standing(1, "mastodon", 2)], {}, now=UNTIL, zone=UTC)
    assert (found.shares, found.young, found.accounts[0].each) == (1, 1, 2)
    assert compare([young], {}, now=UNTIL, zone=UTC).accounts == ()


def test_an_account_nobody_reacts_to_has_nothing_usual() -> None:
    [group] = compare([standing(1, "mastodon", 0)], {}, now=UNTIL, zone=UTC).accounts
    assert (group.each, group.usual, group.few) == (0, None, True)


def test_hours_are_those_of_the_desk() -> None:
    assert part_of_day(datetime(2026, 11, 23, 22, 30, tzinfo=UTC), ZoneInfo("Asia/Tokyo")) == "06-09"
    assert part_of_day(datetime(2026, 11, 23, 23, 59, tzinfo=UTC), UTC) == "21-24"


def test_a_site_cited_alone_is_one_site_and_many_alike_are_many() -> None:
    assert Sources(sites=(("a", 7),)).effective == 1
    assert Sources(sites=tuple((name, 2) for name in "abcd")).effective == 4
    assert Sources(sites=(("a", 6), ("b", 2), ("c", 1), ("d", 1))).first_three == pytest.approx(0.9)
    assert (Sources(sites=()).effective, Sources(sites=()).first_three) == (0, 0)
    told = " ".join(source_lines(Sources(sites=(("a", 1),)), mark="#"))
    assert told.startswith("1 post, 1 site cited; the first three make up 100%.")


# Experiments


def test_a_clear_difference_is_told_with_its_bounds_and_the_same_each_time() -> None:
    verdict = weigh_up({"a": [4, 5, 3, 4, 6, 5]}, {"a": [9, 11, 8, 10, 12]})
    assert verdict.word == "more"
    assert verdict.times == pytest.approx(10 / 4.5)
    assert 1 < verdict.low < 2.2 < verdict.high
    assert weigh_up({"a": [4, 5, 3, 4, 6, 5]}, {"a": [9, 11, 8, 10, 12]}) == verdict
    assert weigh_up({"a": [9, 11, 8, 10, 12]}, {"a": [4, 5, 3, 4, 6, 5]}).word == "fewer"


def test_noise_is_called_noise() -> None:
    verdict = weigh_up({"a": [0, 9, 1, 4, 0, 12]}, {"a": [1, 0, 14, 2, 8, 3]})
    assert verdict.word == "cannot tell"
    assert "Cannot tell: 1.1 times" in verdict_words(verdict)


@pytest.mark.parametrize(
    ("before", "during"),
    [
        ({"a": [1] * 9}, {"a": [5] * 4}),
        ({"a": [1] * 4}, {"a": [5] * 9}),
        ({"a": [1] * 9}, {"b": [5] * 9}),
        ({"a": [0] * 9}, {"a": [5] * 9}),
        ({}, {}),
    ],
)
def test_too_few_shares_or_none_on_the_same_account_tell_nothing(
    before: dict[str, list[int]], during: dict[str, list[int]]
) -> None:
    verdict = weigh_up(before, during)
    assert (verdict.word, verdict.times) == ("too few", None)
    assert verdict_words(verdict).startswith("Too few to tell: ")


def test_when_hardly_anything_came_before_the_upper_bound_is_open() -> None:
    verdict = weigh_up({"a": [0, 0, 0, 0, 0, 1]}, {"a": [5, 6, 5, 6, 7]})
    assert "beyond all bounds" in verdict_words(verdict)


def test_an_experiment_is_judged_by_the_shares_on_both_sides_of_its_start(book: Ledger) -> None:
    book.account("mastodon")
    start = datetime(2026, 11, 1, tzinfo=UTC)
    for day in range(-30, 20):
        share = book.share(due=start + DAY * day)
        ledger.set_sent(book.connection, share, f"https://social.example/{day}", now=start + DAY * day + DAY / 2)
        likes = 2 if day < 0 else 6
        sample = {share.number: Figures(likes=likes, reposts=0, replies=day % 2)}
        metrics.add_samples(book.connection, sample, origin="network", now=start + DAY * (day + 7))
    tried = experiments.add_experiment(book.connection, "mornings", "Early", until=start + 14 * DAY, now=start)
    verdict = experiments.judge(book.connection, tried, now=start + 60 * DAY)
    assert (verdict.before, verdict.during, verdict.word) == (28, 14, "more")
    assert experiments.judge(book.connection, tried, now=start + 9 * DAY).during == 7
    assert experiments.judge(book.connection, tried, now=start).word == "too few"


# Commands and the page


def test_an_experiment_begins_is_listed_and_forgotten(curate: Curate, desk: Path) -> None:
    begin = (*NOON, "-C", desk, "report", "experiment", "add", "mornings", "--hypothesis", "Early\x1b[2J gets more")
    assert curate(*begin, "--until", "4w").out == "Begun      mornings, until 21 Dec 2026.\n"
    assert "already" in curate(*begin, "--until", "4w", expect=3).err
    assert "future" in curate(*begin[:-3], "late", *begin[-2:], "--until", "2026-01-01", expect=3).err
    shown = curate("-C", desk, "report", "experiment", *NOON).out
    assert "mornings: Early␛[2J gets more" in shown
    assert "Too few to tell: 0 shares in it, 0 before" in shown
    [row] = curate("-C", desk, "report", "experiment", "--json", *NOON).data
    assert (row["verdict"], row["times"], row["until"]) == ("too few", None, "2026-12-21T12:00:00Z")
    curate("-C", desk, "report", "experiment", "remove", "mornings")
    curate("-C", desk, "report", "experiment", "remove", "mornings", expect=2)
    assert curate("-C", desk, "report", "experiment").out.startswith("No experiment.")


def test_every_verb_answers_on_an_empty_desk_and_on_one_with_a_post(curate: Curate, desk: Path) -> None:
    for verb in ("week", "month", "balance", "sources", "experiment"):
        assert curate("-C", desk, "report", verb).out
    assert curate("-C", desk, "report", "sources").out == "No post of this time cites a source.\n"
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    after = ("--now", "2026-11-24T12:00:00Z")
    data = curate("-C", desk, "report", "week", "--json", *after).data
    assert (data["own"], data["curated"], data["measured"], data["sent"]) == (1, 0, 0, {})
    assert data["tended"] == {"today": False, "streak": 1, "days": 1, "of": 7}
    assert "Tended     1 of 7 days\n" in curate("-C", desk, "report", "week", *after).out
    balance = curate("-C", desk, "report", "balance", "--since", "2w", "--json", *after).data
    assert [week["own"] for week in balance["weeks"]] == [0, 0, 1]
    assert "#" in curate("-C", desk, "--ascii", "report", "balance", *after).out
    file = desk.parent / "review.html"
    assert curate("-C", desk, "report", "--html", file, *after).out == f"Written    {file}\n"
    first = file.read_bytes()
    curate("-C", desk, "report", "--html", file, *after)
    assert file.read_bytes() == first


class Tags(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_has_no_script_no_address_and_no_markup_of_others() -> None:
    found = a_review()
    text = page(found, [verdict_words(verdict) for _, verdict in found.experiments])
    tags = Tags(text).found
    names = {tag for tag, _ in tags}
    assert not names & {"script", "img", "link", "iframe", "a", "form"}
    assert not {
        name
        for _, attributes in tags
        for name in attributes
        if name.startswith("on") or name in ("style", "src", "href")
    }
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "default-src 'none'; style-src 'sha256-" in text
    assert page(found, [verdict_words(verdict) for _, verdict in found.experiments]) == text


@pytest.mark.parametrize(
    ("columns", "row", "title"),
    [
        (
            60,
            "  linkedin       25.5  ▇▇▇▇  4 shares, too few, 1,234 views",
            "  24  linkedin  Small models are taking the nig…",
        ),
        (80, "  linkedin               25.5  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  4 shares, too few, 1,234 views", ", part 40"),
        (130, f"  linkedin {' ' * 31}   25.5  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  4 shares, too few, 1,234 views", ", part 40"),
    ],
)
def test_in_the_terminal_lines_are_as_wide_as_that_is(
    columns: int, row: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    found = replace(a_review(), sent={f"{network}-of-the-team": 12 for network in ("mastodon", "bluesky", "linkedin")})
    groups = found.response.accounts
    accounts = tuple(replace(one, shares=4, views=1234.0) if one.views else one for one in groups)
    found = replace(found, response=replace(found.response, accounts=accounts))
    lines = [
        *review_lines(found, mark="▇"), *balance_lines(found.balance, mark="▇"),
        *source_lines(found.sources, mark="▇"), *experiment_lines(found.experiments, UNTIL),
    ]  # fmt: skip
    assert row in lines
    assert any(line.endswith(title) for line in lines)
    assert any(line.startswith("  Example Systems Review ") for line in lines)
    assert any("they learn from what" in line for line in lines) == (columns == 130)  # a long topic
    assert [line for line in lines if width(line) > min(columns, 100)] == []


def test_an_empty_time_makes_a_page_too() -> None:
    found = a_review()
    empty = replace(
        found, reading=replace(found.reading, days=(), decided=0, kept=0, pace=None), sent={}, best=(), experiments=(),
        balance=weigh([], since=SINCE, until=UNTIL, zone=UTC), sources=count_sources([], since=SINCE, until=UNTIL),
        response=compare([], {}, now=UNTIL, zone=UTC),
    )  # fmt: skip
    assert re.findall(r"<p>([^<]*)</p>", page(empty, [])) == [
        "Nothing curated.",
        "No figures of shares yet.",
        "No post of this time cites a source.",
        "Nothing was decided in this time.",
    ]
