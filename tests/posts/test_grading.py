"""Grades stand beside claims: only their lines change, and only of what readers saw."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from curate.errors import Refused, UsageError
from curate.posts.files import find_post, read_posts
from curate.posts.grading import due_predictions, grade_prediction, list_predictions
from curate.posts.predictions import read_prediction, terms_hash

if TYPE_CHECKING:
    from pathlib import Path

    from curate.posts.post import Post

NOW = datetime(2027, 7, 1, 9, tzinfo=UTC)
TODAY = NOW.date()
CLAIM = "It rains on 30 June."
HASH = terms_hash(CLAIM, 0.7, date(2027, 6, 30))
URL = "https://example.org/rain"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def write(content: Path, slug: str = "rain", more: str = "", status: str = "published") -> Post:
    (content / f"{slug}.md").write_text(
        f"---\ntitle: Rain  # mine\ndate: 2026-11-22T08:40:00+00:00\nslug: {slug}\nkind: prediction\nstatus: {status}\n"
        f"claim: {CLAIM}\nclaim_hash: {HASH}\nconfidence: 70%\ndue: 2027-06-30\n{more}---\nWhy.\n",
        encoding="utf-8",
    )
    return find_post(content, slug)


def grade(post: Post, outcome: str = "wrong", evidence: tuple[str, ...] = (URL,), **more: object) -> Post:
    return grade_prediction(post, outcome, evidence=evidence, today=TODAY, now=NOW, **more)  # type: ignore[arg-type]


def test_a_grade_adds_its_lines_and_touches_no_other(content: Path) -> None:
    post = write(content)
    before = post.path.read_text(encoding="utf-8")
    graded = grade(post, got_wrong="I trusted\nthe radar.")
    said = read_prediction(graded)
    assert said is not None
    assert (said.outcome, said.graded, said.evidence) == ("wrong", TODAY, (URL,))
    assert said.got_wrong == "I trusted the radar."
    assert graded.modified == NOW
    added = post.path.read_text(encoding="utf-8").replace("---\nWhy.\n", "")
    assert added.startswith(before.replace("---\nWhy.\n", ""))


def test_only_void_needs_no_evidence(content: Path) -> None:
    assert read_prediction(grade(write(content), "void", ())).outcome == "void"  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="evidence"):
        grade(write(content, "other"), "right", ())


@pytest.mark.parametrize(
    ("status", "more", "outcome", "evidence", "refusal"),
    [
        ("draft", "", "right", (URL,), Refused),
        ("published", "outcome: right\n", "wrong", (URL,), Refused),
        ("published", "", "maybe", (URL,), UsageError),
        ("published", "", "pending", (URL,), UsageError),
        ("published", "", "right", (URL, "javascript:x"), UsageError),
    ],
)
def test_what_cannot_be_graded_so_stays_as_it_was(
    content: Path, status: str, more: str, outcome: str, evidence: tuple[str, ...], refusal: type[Exception]
) -> None:
    post = write(content, more=more, status=status)
    before = post.path.read_bytes()
    with pytest.raises(refusal):
        grade(post, outcome, evidence)
    assert post.path.read_bytes() == before


def test_a_grade_may_be_changed_when_that_is_said(content: Path) -> None:
    post = write(content, more="outcome: right\ngot_wrong: The month.\n")
    again = grade(post, "partly", again=True)
    said = read_prediction(again)
    assert said is not None
    assert (said.outcome, said.got_wrong) == ("partly", "The month.")
    told = {"date": "2027-07-01", "text": "This was graded right, and now partly."}
    assert again.corrections == (told,), "a better grade is nothing to be silent about"
    same = grade(again, "partly", again=True)
    assert same.corrections == (told,)
    assert grade(same, "wrong", again=True).corrections[1]["text"] == (
        "This was graded partly on 01 Jul 2027, and now wrong."
    )


def test_a_post_that_claims_nothing_has_no_grade(content: Path) -> None:
    (content / "a.md").write_text("---\ntitle: A\nslug: a\nstatus: published\n---\nx\n", encoding="utf-8")
    with pytest.raises(UsageError, match="claims nothing"):
        grade(find_post(content, "a"))


def test_what_is_due_is_published_open_and_its_day_has_come(content: Path) -> None:
    write(content, "open")
    write(content, "graded", "outcome: void\n")
    write(content, "draft", status="draft")
    write(content, "edited", "x: y\n")
    path = content / "edited.md"
    path.write_text(path.read_text(encoding="utf-8").replace(f"claim: {CLAIM}", "claim: It snows."), encoding="utf-8")
    claimed, faults = list_predictions(read_posts(content)[0])
    assert sorted(each.post.slug for each in claimed) == ["draft", "edited", "graded", "open"]
    assert ["its due date changed after it was published" in str(fault) for fault in faults] == [True]

    def due(day: date, within: int = 0) -> list[str]:
        return [each.post.slug for each in due_predictions(claimed, day, within=within)]

    assert due(date(2027, 6, 29)) == []
    assert due(date(2027, 6, 30)) == due(TODAY) == ["edited", "open"]
    assert due(date(2027, 6, 1), within=29) == ["edited", "open"]
    assert due(date(2027, 6, 1), within=28) == []
