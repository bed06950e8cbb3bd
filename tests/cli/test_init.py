"""``init`` makes a desk on any machine, says what it did, and never touches what was there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from curate.desk.settings import load_settings

if TYPE_CHECKING:
    from tests.conftest import Curate

DANA = ("--name", "Dana Okafor", "--url", "https://dana.example/", "--no-input")
FILES = {"curate.toml", "feeds.opml", "pelicanconf.py", "publishconf.py", ".gitignore", "content"}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A PATH that leads to nothing."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person git knows."""
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[user]\nname = Dana\nemail = dana@mail.example\n")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)


def test_a_new_desk_has_all_it_needs_and_says_so(curate: Curate, tmp_path: Path) -> None:
    answer = curate("-C", tmp_path, "init", "desk", *DANA, "--topics", "reliability, teams,", "--no-git", "--json")
    assert answer.data == {
        "path": str(tmp_path / "desk"),
        "name": "Dana Okafor",
        "url": "https://dana.example",
        "git": "",
        "feeds": {},
        "workflow": None,
    }
    assert {path.name for path in (tmp_path / "desk").iterdir()} == FILES
    site = load_settings(tmp_path / "desk" / "curate.toml").site
    assert (site.name, site.url, site.topics) == ("Dana Okafor", "https://dana.example", ("reliability", "teams"))


@pytest.mark.parametrize("wrong", [("--url", "https://dana example"), ("--name", "Dana\x7f")])
def test_what_the_settings_could_not_hold_makes_no_desk(curate: Curate, tmp_path: Path, wrong: tuple[str, str]) -> None:
    answer = curate("-C", tmp_path, "init", "desk", *DANA, *wrong, "--no-git", expect=2)
    assert "curate.toml" in answer.err
    assert not (tmp_path / "desk").exists()


def test_the_current_folder_becomes_a_desk_when_none_is_named(curate: Curate, tmp_path: Path) -> None:
    curate("-C", tmp_path, "init", *DANA, "--no-git")
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_a_person_is_told_what_to_type_next(curate: Curate, tmp_path: Path) -> None:
    shown = curate("-C", tmp_path, "init", "desk", *DANA, "--no-git").out
    assert f"cd {tmp_path / 'desk'}" in shown
    assert "curate fetch && curate triage" in shown


@pytest.mark.parametrize("name", ['Dana "Quote" Okafor', "Ñandú 東京", "back\\slash", "it's: a #name"])
def test_any_name_is_kept_as_it_was_typed(curate: Curate, tmp_path: Path, name: str) -> None:
    from curate.posts.profile import load_profile

    curate("init", tmp_path, "--name", name, "--no-input", "--no-git")
    assert load_settings(tmp_path / "curate.toml").site.name == name
    assert load_profile(tmp_path / "content" / "profile" / "profile.yaml").name == name


def test_without_a_name_and_nobody_to_ask_nothing_is_made(curate: Curate, tmp_path: Path) -> None:
    refusal = curate("init", tmp_path / "desk", "--no-input", "--json", expect=2).error
    assert refusal["code"] == "usage"
    assert "--name" in refusal["hint"]
    assert not (tmp_path / "desk").exists()


def test_an_address_that_is_none_is_refused_before_anything_is_made(curate: Curate, tmp_path: Path) -> None:
    answer = curate("init", tmp_path / "desk", "--name", "Dana", "--url", "dana.example", "--no-input", expect=2)
    assert "https://" in answer.err
    assert not (tmp_path / "desk").exists()


def test_a_desk_is_never_made_twice(curate: Curate, desk: Path) -> None:
    before = files(desk)
    refusal = curate("init", desk, "--name", "Somebody Else", "--no-input", "--json", expect=6).error
    assert refusal["code"] == "conflict"
    assert files(desk) == before


def test_files_that_were_there_stay_as_they_were(curate: Curate, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "content" / "pages").mkdir(parents=True)
    (tmp_path / "content" / "pages" / "about.md").write_text("mine")
    curate("init", tmp_path, *DANA, "--no-git")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "content" / "pages" / "about.md").read_text() == "mine"


def test_a_place_where_no_folder_can_be_is_said_in_words(curate: Curate, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = curate("init", tmp_path / "file" / "desk", *DANA, expect=1)
    assert "cannot be made" in answer.err
    assert "Traceback" not in answer.err


# The feed list

OPML = """<opml version="2.0"><head><title>f</title></head><body>
<outline text="Work"><outline type="rss" text="A" xmlUrl="https://a.example/feed"/></outline>
<outline type="rss" text="B" xmlUrl="https://b.example/feed"/>
<outline type="rss" text="B again" xmlUrl="https://b.example/feed"/>
</body></opml>"""


def test_a_feed_list_is_taken_in(curate: Curate, tmp_path: Path) -> None:
    listing = tmp_path / "feeds of mine.opml"
    listing.write_text(OPML)
    answer = curate("init", tmp_path / "desk", *DANA, "--no-git", "--opml", listing, "--json")
    assert answer.data["feeds"] == {"added": 2, "skipped": 1}
    listed = curate("-C", tmp_path / "desk", "feed", "list", "--json").data
    assert {feed["url"] for feed in listed} == {"https://a.example/feed", "https://b.example/feed"}


@pytest.mark.parametrize("text", [None, "not a feed list", "<html><body>neither</body></html>"])
def test_a_feed_list_that_is_none_is_refused_before_anything_is_made(
    curate: Curate, tmp_path: Path, text: str | None
) -> None:
    listing = tmp_path / "feeds.opml"
    if text is not None:
        listing.write_text(text)
    answer = curate("init", tmp_path / "desk", *DANA, "--no-git", "--opml", listing, expect=None)
    assert answer.exit in {1, 2, 3}
    assert str(listing) in answer.err
    assert "does not know" not in answer.err
    assert not (tmp_path / "desk").exists()


# git


@pytest.mark.usefixtures("without_git")
def test_a_machine_without_git_gets_its_desk(curate: Curate, tmp_path: Path) -> None:
    answer = curate("init", tmp_path / "desk", *DANA, "--json")
    assert "git is not installed" in answer.data["git"]
    assert {path.name for path in (tmp_path / "desk").iterdir()} == FILES


def test_a_person_git_does_not_know_gets_the_desk_and_the_reason(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[user]\nuseConfigOnly = true\n")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    answer = curate("init", tmp_path / "desk", *DANA, "--json")
    assert "git config --global user.name" in answer.data["git"]
    assert {path.name for path in (tmp_path / "desk").iterdir()} == FILES | {".git"}


@pytest.mark.usefixtures("identity")
def test_the_first_commit_holds_the_desk_and_nothing_else(curate: Curate, tmp_path: Path) -> None:
    (tmp_path / "tax.pdf").write_text("private")
    assert "1 commit" in curate("init", tmp_path, *DANA).out
    committed = git(tmp_path, "ls-tree", "--name-only", "HEAD").split()
    assert set(committed) == FILES
    assert git(tmp_path, "log", "--format=%s").splitlines() == ["Start the desk"]
    assert git(tmp_path, "status", "--porcelain").split() == ["??", "tax.pdf"]


@pytest.mark.usefixtures("identity")
def test_a_hook_that_refuses_the_commit_is_quoted(curate: Curate, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\necho 'not on a Sunday' >&2\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(f"[core]\nhooksPath = {hooks}\n")
    assert "not on a Sunday" in curate("init", tmp_path / "desk", *DANA, "--json").data["git"]


@pytest.mark.usefixtures("identity")
def test_git_is_left_alone_when_asked_and_inside_a_repository(curate: Curate, tmp_path: Path) -> None:
    curate("init", tmp_path / "without", *DANA, "--no-git")
    assert not (tmp_path / "without" / ".git").exists()
    git(tmp_path, "init", "--quiet")
    assert "lies in a git repository" in curate("init", tmp_path / "inside", *DANA, "--json").data["git"]
    assert not (tmp_path / "inside" / ".git").exists()
    shutil.rmtree(tmp_path / ".git")


def test_a_carelessly_written_feed_list_comes_in_all_the_same(curate: Curate, tmp_path: Path) -> None:
    listing = tmp_path / "careless.opml"
    listing.write_text('<opml><body><outline text="R & D" xmlUrl="https://rd.example/feed"></body></opml>', "utf-8")
    answer = curate("init", tmp_path / "desk", *DANA, "--no-git", "--opml", listing, "--json")
    assert answer.data["feeds"] == {"added": 1, "skipped": 0}


@pytest.mark.parametrize(("host", "name"), [("github", ".github/workflows/site.yml"), ("gitlab", ".gitlab-ci.yml")])
def test_init_can_write_what_a_host_of_pages_needs(curate: Curate, tmp_path: Path, host: str, name: str) -> None:
    root = tmp_path / "desk"
    data = curate("init", root, "--name", "Dana Okafor", "--pages", host, "--no-git", "--json").data
    assert data["workflow"] == str(root / name)
    workflow = yaml.safe_load((root / name).read_text(encoding="utf-8"))
    steps = workflow["jobs"]["site"]["steps"] if host == "github" else workflow["pages"]["script"]
    assert "curate site build" in [step.get("run") if isinstance(step, dict) else step for step in steps]


def test_init_commits_the_workflow_with_the_desk(curate: Curate, tmp_path: Path) -> None:
    for key, value in (("name", "Dana"), ("email", "dana@dana.example")):
        subprocess.run(["git", "config", "--global", f"user.{key}", value], check=True)
    root = tmp_path / "desk"
    curate("init", root, "--name", "Dana Okafor", "--pages", "github", "--no-input")
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert ".github/workflows/site.yml" in listed.splitlines()
