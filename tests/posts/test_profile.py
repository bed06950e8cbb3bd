"""The profile is read as far as it is there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from curate.posts.post import PostFault
from curate.posts.profile import Education, Entry, Link, Profile, Role, load_profile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile.yaml"


def test_everything_said_is_there(path: Path) -> None:
    path.write_text("""# mine
basics:
  name: Dana Okafor
  label: Makes systems calmer
  summary: ""
  url: https://dana.example
  email: dana@dana.example
  profiles:
  - {network: Mastodon, username: dana, url: "https://social.example/@dana"}
  - network: Nowhere
work: [{name: Example, startDate: 2019-03, url: "javascript:alert(1)", highlights: [Fewer pages, [x]]}, x]
confirmed:
  basics: 2026-11-23
  work: 2026-01-02T10:00:00Z
  skills:
""")
    assert load_profile(path) == Profile(
        name="Dana Okafor",
        label="Makes systems calmer",
        url="https://dana.example",
        email="dana@dana.example",
        links=(Link("Mastodon", "dana", "https://social.example/@dana"),),
        roles=(Role(name="Example", start="2019-03", highlights=("Fewer pages",)),),
        confirmed={"basics": date(2026, 11, 23), "work": date(2026, 1, 2)},
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        "basics:\n",
        "basics: [x]\nconfirmed: x\n",
        "basics: {name: [x], profiles: x}\n",
        "work: []\n",
        "work: x\nresults: {a: b}\ntalks: [x]\nabout: [x]\neducation: [[]]\n",
        "basics: {location: [x], spellings: {a: b}}\n",
    ],
)
def test_missing_parts_are_empty(path: Path, text: str) -> None:
    path.write_text(text)
    assert load_profile(path) == Profile()


def test_no_file_is_an_empty_profile(path: Path) -> None:
    assert load_profile(path) == Profile()


def test_every_section_is_read(path: Path) -> None:
    path.write_text("""basics:
  location: {city: Lisbon, countryCode: PT}
  spellings: [Dana Ọkafor]
  pronunciation: DAH-nah
roles: [{position: Lead}]
results: [{outcome: Fewer pages, after: "4", proof_url: "javascript:x", confirmed: 2026-01-02}]
talks: [{name: On graphs, event: Opsdays, date: 2025-05}]
credentials: [{name: Commander, issuer: Institute, date: 2024, url: "https://cert.example"}]
education: [{institution: Porto, area: Informatics, studyType: BSc, startDate: 2007, endDate: 2011-06-30}]
about: {choosing: Slowly., disclosure: None.}
confirmed: {credentials: 2026-02-03}
""")
    profile = load_profile(path)
    assert (profile.place, profile.spellings, profile.pronunciation) == ("Lisbon, PT", ("Dana Ọkafor",), "DAH-nah")
    assert profile.roles == (Role(position="Lead"),)
    [result] = profile.results
    assert (result.outcome, result.after, result.proof_url) == ("Fewer pages", "4", "")
    assert result.confirmed == date(2026, 1, 2)
    assert profile.talks == (Entry(name="On graphs", at="Opsdays", date="2025-05"),)
    assert profile.credentials == (Entry(name="Commander", at="Institute", date="2024", url="https://cert.example"),)
    study = Education(degree="BSc", area="Informatics", institution="Porto", start="2007", end="2011-06-30")
    assert profile.education == (study,)
    assert (profile.about.choosing, profile.about.correcting) == ("Slowly.", "")
    assert profile.confirmed_on("certificates") == date(2026, 2, 3)
    assert profile.confirmed_on("work") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("basics:\n  name: [x\n", 3),
        ("confirmed:\n  work: 2026-01-02\n  basics: lately\n", 3),
        ("basics: {}\nbasics: {}\n", 2),
        ("- a\n", 1),
        ("work:\n- name: a\n  startDate: 2019-03\n- name: b\n  startDate: long ago\n", 5),
        ("# mine\nresults:\n- outcome: a\n  confirmed: soon\n", 4),
        ("certificates: [{name: a, date: 2019-13}]\n", 1),
    ],
)
def test_what_cannot_be_meant_names_its_line(path: Path, text: str, line: int) -> None:
    path.write_text(text)
    with pytest.raises(PostFault) as caught:
        load_profile(path)
    assert caught.value.line == line


def test_a_new_desks_profile_reads(desk: Path) -> None:
    profile = load_profile(desk / "content" / "profile" / "profile.yaml")
    assert (profile.name, profile.url) == ("Dana Okafor", "https://dana.example")
    assert "basics" in profile.confirmed


def test_why_it_cannot_be_read_is_said_in_words_with_the_line(path: Path) -> None:
    path.write_bytes(b"basics:\n  name: D\xf6rte\n")
    with pytest.raises(PostFault) as fault:
        load_profile(path)
    assert (fault.value.line, fault.value.hint) == (2, "Save it as UTF-8 in the editor.")
    path.unlink()
    path.parent.joinpath("file").write_text("x")
    with pytest.raises(PostFault) as fault:
        load_profile(path.parent / "file" / "profile.yaml")
    assert "it cannot be read: Not a directory." in fault.value.message
    assert "rights" in fault.value.hint
