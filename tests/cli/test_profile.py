"""``curate profile …`` as a person and a script meet it: streams, JSON, exit codes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

LATER = ("--now", "2027-03-01T12:00:00Z")


@pytest.fixture
def profile(desk: Path) -> Path:
    return desk / "content" / "profile" / "profile.yaml"


def test_show_says_what_there_is_and_how_old_it_is(curate: Curate, desk: Path) -> None:
    assert "basics  2 fields  confirmed today" in curate("-C", desk, "profile", "show").out
    later = curate("-C", desk, "profile", "show", *LATER)
    assert "stale after 90 days: curate profile confirm basics" in later.out
    assert later.err == ""
    [row] = curate("-C", desk, "profile", "show", "--json", *LATER).data["sections"]
    assert row == {"section": "basics", "entries": 2, "confirmed": "2026-11-22", "days": 99, "limit": 90, "stale": True}


def test_confirm_changes_one_line(curate: Curate, desk: Path, profile: Path) -> None:
    before = profile.read_text(encoding="utf-8")
    done = curate("-C", desk, "profile", "confirm", "basics", *LATER)
    assert done.out == "Confirmed  basics on 01 Mar 2027\n"
    assert profile.read_text(encoding="utf-8") == before.replace("basics: 2026-11-22", "basics: 2027-03-01")
    again = curate("-C", desk, "profile", "confirm", "--all", "--json", *LATER)
    assert again.data["confirmed"] == ["basics"]
    assert again.data["sections"][0]["stale"] is False


@pytest.mark.parametrize("names", [(), ("hobbies",), ("basics", "--all"), ("work",)])
def test_confirm_names_the_sections_there_are(curate: Curate, desk: Path, names: tuple[str, ...]) -> None:
    assert "basics" in curate("-C", desk, "profile", "confirm", *names, expect=2).err


def test_today_and_doctor_see_what_is_stale_until_it_is_confirmed(curate: Curate, desk: Path) -> None:
    day = curate("-C", desk, "today", *LATER).out
    assert "Profile    confirmed 99 days ago       stale: basics (99 days)" in day
    assert "curate profile confirm basics" in day
    told = curate("-C", desk, "today", "--json", *LATER).data
    assert [row["section"] for row in told["profile"]["stale"]] == ["basics"]
    assert "curate profile confirm basics" in told["next"]
    found = curate("-C", desk, "doctor", "--json", *LATER, expect=3).data
    assert {"name": "profile", "ok": False} in [{"name": row["name"], "ok": row["ok"]} for row in found]
    curate("-C", desk, "profile", "confirm", "basics", *LATER)
    assert "Profile " not in curate("-C", desk, "today", *LATER).out
    curate("-C", desk, "doctor", *LATER)


def test_a_result_is_added_with_its_number_and_asked_for_proof(curate: Curate, desk: Path, profile: Path) -> None:
    before = profile.read_text(encoding="utf-8")
    fields = ("outcome=Nights are quiet", "after=4", "before=31", "metric=pages a week")
    done = curate("-C", desk, "profile", "add", "result", *fields)
    assert done.out == "Added      result: Nights are quiet\n"
    assert "no proof yet" in done.err
    text = profile.read_text(encoding="utf-8")
    assert text.startswith(before)
    assert "confirmed: 2026-11-22\n" in text.removeprefix(before)
    assert "pages a week 31 -> 4, no proof yet" in curate("-C", desk, "profile", "show").out
    wrong = curate("-C", desk, "profile", "check", "--json", expect=3)
    assert wrong.data["unproved"] == ["results[0]"]


def test_an_entry_comes_from_a_file_too(curate: Curate, desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "role.json"
    file.write_text(json.dumps({"position": "Lead", "name": "Example", "highlights": ["Fewer pages"]}))
    data = curate("-C", desk, "profile", "add", "role", "startDate=2023-03", "--from", file, "--json").data
    assert data["section"] == "work"
    assert list(data["entry"]) == ["position", "name", "startDate", "highlights"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("result",),
        ("result", "outcome"),
        ("result", "outcome=x", "salary=1"),
        ("result", "outcome=x", "proof_url=javascript:x"),
        ("role", "position=x", "startDate=May"),
        ("talk", "event=x"),
        ("hobby", "name=x"),
        ("talk", "--from", "nowhere.json"),
    ],
)
def test_what_cannot_be_an_entry_is_a_usage_error_and_adds_nothing(
    curate: Curate, desk: Path, profile: Path, arguments: tuple[str, ...]
) -> None:
    before = profile.read_bytes()
    done = curate("-C", desk, "profile", "add", *arguments, expect=2)
    assert done.out == ""
    assert done.err
    assert profile.read_bytes() == before


def test_check_counts_terms_and_ends_with_3_for_them_only_when_strict(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "site.topics", '["reliability"]')
    done = curate("-C", desk, "profile", "check")
    assert "Fresh, proved, and one spelling everywhere." in done.out
    assert "missing in titles, summaries, tags, profile" in done.out
    [term] = curate("-C", desk, "profile", "check", "--strict", "--json", expect=3).data["terms"]
    assert (term["term"], term["titles"], len(term["missing"])) == ("reliability", 0, 4)


def test_check_tells_another_spelling_with_its_place(curate: Curate, desk: Path) -> None:
    about = desk / "content" / "pages" / "about.md"
    about.write_text(about.read_text(encoding="utf-8").replace("Dana Okafor", "Dana Okafór"), encoding="utf-8")
    done = curate("-C", desk, "profile", "check", expect=3)
    assert "content/pages/about.md: “Dana Okafór”, elsewhere “Dana Okafor”." in done.out


def test_an_export_comes_in_again_as_nothing_new(curate: Curate, desk: Path, tmp_path: Path) -> None:
    curate("-C", desk, "profile", "add", "talk", "name=Quiet nights", "event=Conf", "date=2025-05")
    file = tmp_path / "resume.json"
    file.write_text(curate("-C", desk, "profile", "export").out, encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8"))["projects"][0]["type"] == "talk"
    data = curate("-C", desk, "profile", "import", file, "--json").data
    assert (data["kind"], data["new"], data["rejected"]) == ("json-resume", 0, [])
    card = curate("-C", desk, "profile", "export", "--vcard").out
    assert card.startswith("BEGIN:VCARD")
    assert card.endswith("END:VCARD\r\n")


def test_an_import_names_each_row_it_refuses_and_takes_the_rest(curate: Curate, desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "resume.json"
    file.write_text(json.dumps({"work": [{"position": "Lead"}, {"startDate": "May"}]}), encoding="utf-8")
    dry = curate("-C", desk, "profile", "import", file, "--dry-run", expect=5)
    assert "Would take 1 of 2" in dry.out
    assert "work[1].startDate" in dry.out
    data = curate("-C", desk, "profile", "import", file, "--json", expect=5).data
    assert (data["rows"], data["new"], [row["row"] for row in data["rejected"]]) == (2, 1, ["work[1].startDate"])
    file.write_text("title,url\n", encoding="utf-8")
    assert curate("-C", desk, "profile", "import", file, "--json", expect=3).error["code"] == "refused"
    curate("-C", desk, "profile", "import", tmp_path / "none.json", expect=2)


def test_edit_saves_what_can_be_read_and_loses_nothing_else(
    curate: Curate, desk: Path, profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    change = "import pathlib, sys; path = pathlib.Path(sys.argv[1]); path.write_text(path.read_text().replace({}, {}))"
    script.write_text(change.format("'label: \"\"'", "'label: Engineer'"))
    assert curate("-C", desk, "profile", "edit").out == f"Saved      {profile}\n"
    assert "label: Engineer" in profile.read_text(encoding="utf-8")
    before = profile.read_bytes()
    script.write_text(change.format("'label: Engineer'", "'label: [broken'"))
    refused = curate("-C", desk, "profile", "edit", expect=3)
    assert "What you typed is kept in" in refused.err
    assert profile.read_bytes() == before
    script.write_text(change.format("'[broken'", "'Mended'"))
    assert "Going on with what you typed before." in curate("-C", desk, "profile", "edit").err
    assert "label: Mended" in profile.read_text(encoding="utf-8")
