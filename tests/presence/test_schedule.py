"""The machine's own schedule: what is written, that it can be read back, that tokens can be read then."""

from __future__ import annotations

import os
import plistlib
import shlex
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import Desk
from curate.errors import UsageError
from curate.presence import schedule

if TYPE_CHECKING:
    from tests.conftest import Curate

PROGRAM = ["/opt/with space/bin/curate"]
# A crontab(1) that keeps its table in a file: like the real one it says so when there is none.
CRONTAB = """#!/bin/sh
case "$1" in
-l) [ -f "$HOME/table" ] && exec cat "$HOME/table"; echo "no crontab for dana" >&2; exit 1 ;;
-) exec cat >"$HOME/table" ;;
esac
exit 2
"""


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a crontab program into the path; return the file it keeps."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return Path(os.environ["HOME"]) / "table"


def odd_desk(tmp_path: Path) -> Desk:
    """Return a desk in a folder whose name every format could stumble over."""
    root = tmp_path / 'Dana\'s 100% "desk" $HOME'
    root.mkdir()
    return Desk(root)


def test_a_cron_line_calls_what_was_meant(tmp_path: Path) -> None:
    desk = odd_desk(tmp_path)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "a b%")}
    line = schedule.make_entry("cron", desk, ["printf", r"%s\n"], environment).line
    assert line.startswith("*/5 * * * * ")
    called = line.split(" ", 5)[5].replace(r"\%", "%").replace(">/dev/null 2>&1", "")  # as cron hands it to sh
    said = subprocess.run(["sh", "-c", called], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["-C", str(desk.root.resolve()), "-q", "tick"]


def test_a_systemd_unit_calls_what_was_meant(tmp_path: Path) -> None:
    desk = odd_desk(tmp_path)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "conf")}
    entry = schedule.make_entry("systemd", desk, PROGRAM, environment)
    [service, timer] = entry.files.values()
    [call] = [line.partition("=")[2] for line in service.splitlines() if line.startswith("ExecStart=")]
    words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(call)]
    assert words == [*PROGRAM, "-C", str(desk.root.resolve()), "-q", "tick"]
    assert "OnCalendar=*:0/5" in timer
    assert all(str(path).startswith(str(tmp_path / "conf" / "systemd" / "user")) for path in entry.files)


def test_a_launchd_entry_calls_what_was_meant(tmp_path: Path) -> None:
    desk = odd_desk(tmp_path)
    entry = schedule.make_entry("launchd", desk, PROGRAM, {"HOME": str(tmp_path)})
    [(path, text)] = entry.files.items()
    said = plistlib.loads(text.encode())
    assert said["ProgramArguments"] == [*PROGRAM, "-C", str(desk.root.resolve()), "-q", "tick"]
    assert said["StartInterval"] == 300
    assert path.parent == tmp_path / "Library" / "LaunchAgents"


@pytest.mark.parametrize("kind", ["systemd", "launchd", "cron"])
def test_a_folder_no_entry_can_name_is_refused(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "two\nlines"
    root.mkdir()
    with pytest.raises(UsageError, match="line break"):
        schedule.make_entry(kind, Desk(root), PROGRAM, {"HOME": str(tmp_path)})


def test_installed_twice_it_stands_once_beside_what_was_there_and_goes_again(
    curate: Curate, desk: Path, cron: Path
) -> None:
    cron.write_text("# mine\n0 9 * * * mail\n")
    assert curate("-C", desk, "schedule", "status", "--with", "cron", expect=3).out.startswith("Schedule   Not sch")
    for _ in range(2):
        curate("-C", desk, "schedule", "install", "--with", "cron", "--yes")
    lines = cron.read_text().splitlines()
    assert lines[:2] == ["# mine", "0 9 * * * mail"]
    assert len(lines) == 3
    assert "every 5 minutes" in curate("-C", desk, "schedule", "status", "--with", "cron").out
    assert curate("-C", desk, "schedule", "remove", "--with", "cron").out == "Removed.\n"
    assert cron.read_text() == "# mine\n0 9 * * * mail\n"
    assert curate("-C", desk, "schedule", "remove", "--with", "cron").out == "It was not scheduled.\n"


def test_a_table_in_another_encoding_stays_as_it_is(curate: Curate, desk: Path, cron: Path) -> None:
    mine = b"# caf\xe9\n0 9 * * * mail caf\xe9\n"
    cron.write_bytes(mine)
    curate("-C", desk, "schedule", "install", "--with", "cron", "--yes")
    assert cron.read_bytes().startswith(mine)
    curate("-C", desk, "schedule", "remove", "--with", "cron")
    assert cron.read_bytes() == mine


def test_what_cron_would_run_makes_a_pass(curate: Curate, desk: Path, cron: Path) -> None:
    curate("-C", desk, "schedule", "install", "--with", "cron", "--yes")
    line = cron.read_text().strip().split(" ", 5)[5].replace(r"\%", "%")
    bare = schedule.bare_environment("cron", os.environ)
    subprocess.run(["sh", "-c", line], env=bare, check=True, timeout=60)
    assert "never" not in curate("-C", desk, "schedule", "status", "--with", "cron").out


def test_printed_it_writes_nothing(curate: Curate, desk: Path, cron: Path) -> None:
    said = curate("-C", desk, "schedule", "install", "--with", "cron", "--print").out
    assert said.startswith("crontab:\n*/5 * * * * ")
    assert not cron.exists()


def test_without_a_person_nothing_is_written_unless_told(curate: Curate, desk: Path, cron: Path) -> None:
    curate("-C", desk, "schedule", "install", "--with", "cron", expect=2)
    assert not cron.exists()


KEYRING = '''
import json, os, pathlib
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    """A keyring that opens only where the person's session is."""
    priority = 9
    def _all(self):
        if "SESSION_OPEN" not in os.environ: raise RuntimeError("locked")
        file = pathlib.Path(os.environ["HOME"]) / "ring"
        return file, json.loads(file.read_text()) if file.exists() else {}
    def get_password(self, service, name): return self._all()[1].get(name)
    def set_password(self, service, name, text):
        file, all = self._all(); file.write_text(json.dumps({**all, name: text}))
    def delete_password(self, service, name): pass
'''


def test_a_keyring_the_schedule_cannot_open_is_noticed_and_a_file_offered(
    curate: Curate, desk: Path, cron: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site" / "keyring_for_tests"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(KEYRING)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr("curate.shares.tokens.TRUSTED", ("keyring_for_tests",))
    monkeypatch.setenv("SESSION_OPEN", "1")
    import keyring
    from keyring_for_tests import Keyring  # type: ignore[import-not-found]

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        token = tmp_path / "token"
        token.write_text("canary-token-77\n")
        curate("-C", desk, "account", "add", "mastodon", "--server", "http://127.0.0.1:9", "--handle", "dana",
               "--token-file", token)  # fmt: skip
        refused = curate("-C", desk, "schedule", "install", "--with", "cron", "--yes", expect=3)
        assert "cannot be read when cron calls curate" in refused.err
        assert "--tokens-in-file" in refused.err
        assert not cron.exists()
        curate("-C", desk, "schedule", "install", "--with", "cron", "--yes", "--tokens-in-file")
        assert cron.exists()
        [file] = (Path(os.environ["XDG_CONFIG_HOME"]) / "curate" / "tokens").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "canary" not in refused.err + cron.read_text()
    finally:
        keyring.set_keyring(before)
