"""The profile is read as far as it is there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from curate.posts.post import PostFault
from curate.posts.profile import Link, Profile, load_profile

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
work: [{name: Example}]
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
    ],
)
def test_missing_parts_are_empty(path: Path, text: str) -> None:
    path.write_text(text)
    assert load_profile(path) == Profile()


def test_no_file_is_an_empty_profile(path: Path) -> None:
    assert load_profile(path) == Profile()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("basics:\n  name: [x\n", 3),
        ("confirmed:\n  work: 2026-01-02\n  basics: lately\n", 3),
        ("basics: {}\nbasics: {}\n", 2),
        ("- a\n", 1),
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
