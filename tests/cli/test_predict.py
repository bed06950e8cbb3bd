"""``curate predict …``: a claim, its day, its grade and the score, as a person and a script meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

CLAIM = "Small models page humans by June."
DUE = ("--now", "2027-07-09T09:00:00Z")
URL = "https://example.org/report"


def write(desk: Path, slug: str, confidence: str = "70%", outcome: str = "", due: str = "2027-06-30") -> None:
    grade = f"outcome: {outcome}\ngraded: 2027-07-01\n" if outcome else ""
    folder = desk / "content" / "predictions"
    folder.mkdir(exist_ok=True)
    (folder / f"{slug}.md").write_text(
        f"---\ntitle: {slug}\ndate: 2026-11-22T08:40:00+00:00\nslug: {slug}\nkind: prediction\nstatus: published\n"
        f"claim: {CLAIM}\nconfidence: {confidence}\ndue: {due}\n{grade}---\nWhy.\n",
        encoding="utf-8",
    )


def test_add_makes_a_draft_with_its_claim_and_day(curate: Curate, desk: Path) -> None:
    done = curate("-C", desk, "predict", "add", CLAIM, "--confidence", "70%", "--due", "2027-06-30", "--no-edit")
    assert done.out.startswith("Draft ")
    [row] = curate("-C", desk, "predict", "list", "--json").data
    assert (row["claim"], row["confidence"], row["due"]) == (CLAIM, 0.7, "2027-06-30")
    assert (row["status"], row["outcome"], row["days_left"]) == ("draft", "pending", 220)
    assert "draft  70%" in curate("-C", desk, "predict", "list", "--open").out
    assert curate("-C", desk, "predict", "due", *DUE).out == "Nothing is due.\n"


@pytest.mark.parametrize("told", [("--confidence", "170%"), ("--due", "someday")])
def test_a_prediction_that_cannot_be_meant_is_a_usage_error(curate: Curate, desk: Path, told: tuple[str, str]) -> None:
    given = {"--confidence": "70%", "--due": "2027-06-30", told[0]: told[1]}
    flags = [part for pair in given.items() for part in pair]
    assert told[1] in curate("-C", desk, "predict", "add", CLAIM, *flags, "--no-edit", expect=2).err
    assert curate("-C", desk, "predict", "list", "--json").data == []


def test_today_asks_for_a_grade_until_it_is_given(curate: Curate, desk: Path) -> None:
    write(desk, "small")
    assert "Predict    one is due on 30 Jun" in curate("-C", desk, "today", "--now", "2027-06-20T09:00:00Z").out
    assert "Predict " not in curate("-C", desk, "today").out
    curate("-C", desk, "profile", "confirm", "--all", *DUE)
    day = curate("-C", desk, "today", *DUE)
    assert f"Predict    due 9 days ago: “{CLAIM}”" in day.out
    data = curate("-C", desk, "today", "--json", *DUE).data
    assert data["predictions"]["due"] == [{"slug": "small", "claim": CLAIM, "due": "2027-06-30"}]
    assert data["next"] == ["curate predict grade small"]
    assert "overdue 9 days" in curate("-C", desk, "predict", "due", *DUE).out
    curate("-C", desk, "predict", "grade", "small", "--outcome", "right", "--evidence", URL, *DUE)
    assert "Predict " not in curate("-C", desk, "today", *DUE).out


def test_a_grade_answers_what_the_claim_became(curate: Curate, desk: Path) -> None:
    write(desk, "small")
    done = curate("-C", desk, "predict", "grade", "small", "--outcome", "wrong", "--evidence", URL,
                  "--got-wrong", "The pace.", "--json", *DUE)  # fmt: skip
    assert (done.data["outcome"], done.data["graded"], done.data["evidence"]) == ("wrong", "2027-07-09", [URL])
    assert done.data["got_wrong"] == "The pace."
    again = curate("-C", desk, "predict", "grade", "small", "--outcome", "right", "--evidence", URL, *DUE, expect=3)
    assert "graded wrong on 09 Jul 2027" in again.err
    assert again.out == ""


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("small", ()),
        ("small", ("--outcome", "right")),
        ("small", ("--outcome", "maybe", "--evidence", URL)),
        ("none", ("--outcome", "void")),
    ],
)
def test_a_grade_without_what_it_needs_is_a_usage_error(
    curate: Curate, desk: Path, name: str, flags: tuple[str, ...]
) -> None:
    write(desk, "small")
    curate("-C", desk, "predict", "grade", name, *flags, *DUE, expect=2)


def test_the_score_says_hit_rate_brier_and_calibration(curate: Curate, desk: Path) -> None:
    assert "curate predict due" in curate("-C", desk, "predict", "score").out
    write(desk, "one", "80%", "right")
    write(desk, "two", "80%", "wrong")
    write(desk, "three", "60%", "void")
    write(desk, "four", "60%")
    data = curate("-C", desk, "predict", "score", "--json").data
    assert (data["made"], data["hit_rate"]) == (4, 0.5)
    assert data["brier"] == pytest.approx((0.04 + 0.64) / 2)
    assert [(band["said"], band["happened"], band["count"]) for band in data["bands"]] == [(0.8, 0.5, 2)]
    said = curate("-C", desk, "predict", "score", "--year", "2026").out
    assert "4 predictions: 1 pending, 1 right, 1 wrong, 1 void" in said
    assert "Brier      0.340" in said
    assert "80% to 90%" in said
    assert curate("-C", desk, "predict", "score", "--year", "2025", "--json").data["made"] == 0


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_edited_prediction_is_told_and_counts_in_no_score(curate: Curate, desk: Path) -> None:
    write(desk, "small", "80%", "right")
    write(desk, "large", "60%", "right")
    edit(desk / "content" / "predictions" / "small.md", "---\nWhy", "claim_hash: abc\n---\nWhy")
    said = "the claim, its confidence or its due date changed after it was published"
    done = curate("-C", desk, "predict", "list")
    assert said in done.err
    assert f"(edited) {CLAIM}" in done.out
    assert said in " ".join(curate("-C", desk, "today").out.split())
    score = curate("-C", desk, "predict", "score", "--json").data
    assert (score["made"], score["edited"]) == (2, 1)
    assert score["brier"] == pytest.approx(0.16)
    assert "Edited     1 after publication" in curate("-C", desk, "predict", "score").out
    assert [row["held"] for row in curate("-C", desk, "predict", "list", "--json").data] == ["not", "edited"]
    assert said[4:] in curate("-C", desk, "post", "check", "small", expect=3).out
    review = curate("-C", desk, "predict", "review", "2026", "--no-edit", "--json", *DUE).data
    text = (desk / "content" / "roundups" / f"2027-07-09-{review['slug']}.md").read_text(encoding="utf-8")
    assert "80% sure, edited after it was published: **right**." in text


def test_a_prediction_that_was_taken_down_is_counted_as_that(curate: Curate, desk: Path) -> None:
    write(desk, "stays", "80%", "right")
    write(desk, "wrong", "90%", "wrong")
    assert "Taken down" not in curate("-C", desk, "predict", "score").out
    curate("-C", desk, "post", "unpublish", "wrong", "--yes", "--reason", "It was wrong.")
    assert "Taken down 1, in none of these numbers" in curate("-C", desk, "predict", "score").out
    assert curate("-C", desk, "predict", "score", "--json", "--year", "2026").data["taken_down"] == 1
    assert curate("-C", desk, "predict", "score", "--json", "--year", "2025").data["taken_down"] == 0


def test_publishing_freezes_all_three_once_and_never_anew(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "predict", "add", CLAIM, "--confidence", "70%", "--due", "2027-06-30", "--no-edit")
    [row] = curate("-C", desk, "predict", "list", "--json").data
    [path] = (desk / "content" / "predictions").glob("*.md")
    curate("-C", desk, "publish", row["slug"], "--force", "short")

    def held() -> str:
        [row] = curate("-C", desk, "predict", "list", "--json").data
        return str(row["held"])

    assert held() == "whole"
    edit(path, "confidence: 70%", "confidence: 95%")
    assert held() == "edited"
    for how in ((), ("--at", "2026-11-22T08:40:00Z"), ("--at", "2031-01-01T08:00:00Z")):
        curate("-C", desk, "publish", row["slug"], "--force", "again", *how)
        assert held() == "edited"
    edit(path, "claim_hash: ", "old_hash: ")  # cut out: nothing holds it, and no earlier date brings that back
    for how in (("--at", "2020-11-22T08:40:00Z"), ()):
        curate("-C", desk, "publish", row["slug"], "--force", "again", *how)
        assert held() == "not"


def test_what_is_due_when_it_would_be_published_is_no_prediction_any_more(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "predict", "add", CLAIM, "--confidence", "70%", "--due", "2027-06-30", "--no-edit")
    [row] = curate("-C", desk, "predict", "list", "--json").data
    refused = curate("-C", desk, "publish", row["slug"], "--no-deploy", *DUE, expect=3)
    assert "The due date is not after the date" in refused.err
    refused = curate("-C", desk, "publish", row["slug"], "--no-deploy", "--at", "2027-06-30", expect=3)
    assert "The due date is not after the date" in refused.err
    assert curate("-C", desk, "predict", "list", "--json").data[0]["status"] == "draft"


def test_a_year_is_reviewed_in_a_draft_that_wants_an_opening(curate: Curate, desk: Path) -> None:
    write(desk, "one", "80%", "right")
    write(desk, "two", "60%")
    data = curate("-C", desk, "predict", "review", "2026", "--no-edit", "--json", *DUE).data
    text = (desk / "content" / "roundups" / f"2027-07-09-{data['slug']}.md").read_text(encoding="utf-8")
    assert "Hit rate 100%, Brier score 0.04, of 2." in text
    assert "]({filename}/predictions/one.md), 80% sure: **right**." in text
    assert "60% sure: **not graded yet**." in text
    assert "reminder" in curate("-C", desk, "post", "check", data["slug"], expect=3).out
    curate("-C", desk, "predict", "review", "2025", "--no-edit", expect=2)
