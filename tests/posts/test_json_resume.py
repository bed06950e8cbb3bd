"""JSON Resume goes in and out: what is published as its fields is kept, what is wrong is named, twice is once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from curate.errors import Refused
from curate.posts.header import read_mapping
from curate.posts.json_resume import ROWS, check_resume, read_resume, write_resume
from curate.posts.profile_import import import_resume

if TYPE_CHECKING:
    from pathlib import Path

HOME = "https://dana.example"
# One row for each section, with every field the schema publishes.
FORMS: dict[str, Any] = {
    "text": "some words",
    "texts": ["one", "two"],
    "date": "2024-05",
    "uri": "https://example.org/a",
    "email": "dana@dana.example",
}
WHOLE = {
    "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
    "basics": {
        "name": "Dana Okafor",
        "label": "Makes systems calmer",
        "image": f"{HOME}/images/me.jpg",
        "email": "dana@dana.example",
        "phone": "+234 1 234",
        "url": HOME,
        "summary": "Twelve years\nof on-call.",
        "location": {
            "address": "1 Broad St",
            "postalCode": "100",
            "city": "Lagos",
            "countryCode": "NG",
            "region": "LA",
        },
        "profiles": [{"network": "Mastodon", "username": "dana", "url": "https://social.example/@dana"}],
    },
    **{section: [{name: FORMS[form] for name, form in fields.items()}] for section, fields in ROWS.items()},
    "meta": {"canonical": HOME, "version": "v1.0.0", "lastModified": "2026-01-01T00:00:00"},
}
OWN = """
basics: {name: Dana, image: images/me.jpg, location: Lagos, spellings: [D. Okafor]}
work: [{position: Lead, name: Ex, startDate: 2020-01, highlights: [a]}]
results:
- {outcome: Quiet nights, metric: pages, before: 31, after: 4, proof_url: "https://e.org", confirmed: 2026-01-01}
talks: [{name: T, event: E, date: 2024, url: "https://e.org/t"}]
credentials: [{name: C, issuer: I}]
about: {choosing: "Well: so"}
confirmed: {basics: 2026-01-01}
"""


def raw(data: Any) -> bytes:
    return json.dumps(data).encode()


def test_every_published_field_comes_in_and_goes_out_again(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    assert check_resume(WHOLE) == []
    done = import_resume(path, raw(WHOLE), home=HOME)
    assert (done.kind, done.rejected, done.known) == ("json-resume", (), 0)
    assert done.rows == done.new == len(WHOLE["basics"]) + len(ROWS)
    values = read_mapping(path.read_text(encoding="utf-8"), "p")
    assert values["basics"]["image"] == "images/me.jpg"
    out = write_resume(values, HOME)
    assert check_resume(out) == []
    assert {**out, "meta": ""} == {**WHOLE, "meta": ""}


def test_the_second_import_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    first = import_resume(path, raw(WHOLE), home=HOME)
    before = path.read_bytes()
    again = import_resume(path, raw(WHOLE), home=HOME)
    assert (again.new, again.known, again.rejected) == (0, first.new, ())
    assert path.read_bytes() == before


def test_results_talks_and_what_is_ours_alone_come_back_as_they_went(tmp_path: Path) -> None:
    values = read_mapping(OWN, "p")
    out = write_resume(values, HOME)
    assert check_resume(out) == []
    result, talk = out["projects"]
    assert (result["type"], result["highlights"]) == ("result", ["pages: 4 (before: 31)"])
    assert (talk["type"], talk["entity"]) == ("talk", "E")
    path = tmp_path / "profile.yaml"
    import_resume(path, raw(out), home=HOME)
    back = read_mapping(path.read_text(encoding="utf-8"), "p")
    assert back["results"] == values["results"]
    assert back["talks"] == values["talks"]
    assert back["about"] == values["about"]
    assert back["certificates"] == values["credentials"]
    assert back["basics"] == values["basics"] | {"location": {"city": "Lagos"}}
    assert "confirmed" not in back  # only the person can say that it is true


def test_what_the_profile_says_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text("# mine\nbasics:\n  name: Dana  # so\n  label:\nroles: [{position: Lead}]\n", encoding="utf-8")
    resume = {"basics": {"name": "D. Okafor", "label": "Engineer"}, "work": [{"position": "Lead"}, {"position": "Dev"}]}
    done = import_resume(path, raw(resume))
    assert [each.row for each in done.rejected] == ["basics.name"]
    assert (done.rows, done.new, done.known) == (4, 2, 1)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# mine\nbasics:\n  name: Dana  # so\n  label: Engineer\n")
    assert read_mapping(text, "p")["roles"] == [{"position": "Lead"}, {"position": "Dev"}]


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    dry = import_resume(path, raw(WHOLE), dry_run=True)
    assert not path.exists()
    assert dry == import_resume(path, raw(WHOLE))


@pytest.mark.parametrize(
    ("data", "row", "reason"),
    [
        ({"hobbies": []}, "hobbies", "no such section"),
        ({"basics": []}, "basics", "an object"),
        ({"basics": {"email": "nobody"}}, "basics.email", "no e-mail address"),
        ({"basics": {"url": "javascript:alert(1)"}}, "basics.url", "no web address"),
        ({"basics": {"profiles": {}}}, "basics.profiles", "a list"),
        ({"basics": {"profiles": [{"url": 1}]}}, "basics.profiles[0].url", "a text"),
        ({"basics": {"location": "x"}}, "basics.location", "an object"),
        ({"work": {}}, "work", "a list"),
        ({"work": ["x"]}, "work[0]", "an object"),
        ({"work": [{}, {"startDate": "May"}]}, "work[1].startDate", "no date"),
        ({"work": [{"startDate": "2024-13"}]}, "work[0].startDate", "no date"),
        ({"work": [{"startDate": "2026-02-31"}]}, "work[0].startDate", "no date"),
        ({"work": [{"highlights": "x"}]}, "work[0].highlights", "list of texts"),
        ({"skills": [{"name": "a\x00b"}]}, "skills[0].name", "control character"),
        ({"skills": [{"name": "a" * 30_000}]}, "skills[0].name", "more than"),
        ({"meta": []}, "meta", "an object"),
    ],
)
def test_what_the_schema_does_not_allow_is_named(data: dict[str, Any], row: str, reason: str) -> None:
    [problem] = check_resume(data)
    assert problem.row == row
    assert reason in problem.reason


def test_a_row_with_a_fault_stays_out_and_the_others_come_in() -> None:
    found = read_resume(raw({"basics": {"email": "x", "name": "Dana"}, "work": [{"url": "x"}, {"position": "Lead"}]}))
    assert found.basics == {"name": "Dana"}
    assert found.rows == {"work": [{"position": "Lead"}]}
    assert [each.row for each in found.rejected] == ["basics.email", "work[0].url"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no JSON Resume"),
        (b'{"items": []}', "no JSON Resume"),
        (b'{"meta": {}}', "no JSON Resume"),
        (b" " * 1_000_001, "bytes"),
    ],
)
def test_another_kind_of_file_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_resume(data)
