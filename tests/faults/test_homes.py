"""A person whose home nobody knows, or writes it in a way nobody knows, is told so; nothing is kept elsewhere."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import Desk
from curate.errors import UsageError
from curate.site.deploy import parse_target

if TYPE_CHECKING:
    from tests.conftest import Curate

ACCOUNT = '[accounts.mastodon]\nnetwork = "mastodon"\nserver = "https://social.example"\nhandle = "dana"\n'


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user without HOME and without an entry in the system's list, as in a container."""

    def unknown(user: object) -> None:
        raise KeyError(user)

    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


@pytest.mark.parametrize("line", ["account test mastodon", "account add mastodon --token-file token", "tick"])
@pytest.mark.usefixtures("homeless")
def test_tokens_are_neither_looked_for_nor_kept_elsewhere(
    curate: Curate, desk: Path, tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("token").write_text("a token\n", encoding="utf-8")
    (desk / "curate.toml").write_text((desk / "curate.toml").read_text() + ACCOUNT)
    told = curate("-C", desk, *line.split(), expect=1)
    assert told.err.startswith("Nobody knows where your home folder is")
    assert "Set HOME" in told.err
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "token"}


def test_a_schedule_finds_the_home_of_who_has_no_variable_for_it(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME")
    told = curate("-C", desk, "schedule", "install", "--with", "launchd", "--print")
    assert str(Path(pwd.getpwuid(os.getuid()).pw_dir) / "Library") in told.out


def test_the_home_of_nobody_is_no_place(curate: Curate, desk: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    told = curate("init", new, "--name", "D", "--no-git", "--no-input", "--opml", "~nobody-here/feeds", expect=2)
    assert told.err.startswith("~nobody-here/feeds cannot be read")
    assert not new.exists()
    with pytest.raises(UsageError, match="nobody knows where that home folder is"):
        parse_target(Desk(desk), "folder:~nobody-here/site")
    assert not list(desk.glob("~*"))
