"""Let the machine itself call ``curate tick`` every five minutes: systemd, launchd or cron.

Writes what each of them reads, and takes it away again; the programs that load it are run as the
person would. Sources: systemd.unit(5), systemd.timer(5), launchd.plist(5), crontab(5).
"""

from __future__ import annotations

import plistlib
import re
import shlex
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.folder import write_whole
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curate.desk.folder import Desk

MINUTES = 5
KEPT = ("XDG_CONFIG_HOME",)  # what else the entry must say to find the same settings and tokens


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What calls curate: ``kind`` is systemd, launchd or cron; ``files`` by path, or the crontab's ``line``."""

    kind: str
    name: str
    files: dict[Path, str]
    line: str = ""

    @property
    def text(self) -> str:
        """Return all of it as a person reads it before it is written."""
        parts = [f"{path}:\n{text}" for path, text in self.files.items()]
        return "\n".join([*parts, *([f"crontab:\n{self.line}\n"] if self.line else [])])


def kinds(environment: Mapping[str, str]) -> list[str]:
    """Return what this machine has, the best first."""
    found = []
    if _works(["systemctl", "--user", "show-environment"], environment):
        found.append("systemd")
    if _works(["launchctl", "managername"], environment):
        found.append("launchd")
    if _works(["sh", "-c", "command -v crontab"], environment):
        found.append("cron")
    return found


def make_entry(kind: str, desk: Desk, program: Sequence[str], environment: Mapping[str, str]) -> Entry:
    """Return the entry of ``kind`` that lets ``program`` (curate) tick in ``desk``. Writes nothing."""
    root = str(desk.root.resolve())
    if "\n" in root:
        raise UsageError("A folder whose name has a line break cannot be scheduled.", "Rename it.")
    name = f"curate-{re.sub(r'[^a-z0-9]+', '-', desk.root.name.lower()).strip('-')}-{_mark(root)}"
    command = [*program, "-C", root, "-q", "tick"]
    kept = {key: environment[key] for key in KEPT if environment.get(key)}
    home = Path(environment["HOME"])
    if kind == "systemd":
        folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
        settings = "".join(f"Environment={_unit(f'{key}={value}')}\n" for key, value in kept.items())
        service = (
            f"[Unit]\nDescription=curate, for {_plain(root)}\n\n[Service]\nType=oneshot\n{settings}"
            f"ExecStart={' '.join(map(_unit, command))}\nSuccessExitStatus=3 4 5\n"
        )
        timer = (
            f"[Unit]\nDescription=curate every {MINUTES} minutes, for {_plain(root)}\n\n[Timer]\n"
            f"OnCalendar=*:0/{MINUTES}\nPersistent=true\nAccuracySec=10s\n\n[Install]\nWantedBy=timers.target\n"
        )
        return Entry(kind=kind, name=name, files={folder / f"{name}.service": service, folder / f"{name}.timer": timer})
    if kind == "launchd":
        label = f"page.curate.{name}"
        said = {
            "Label": label,
            "ProgramArguments": command,
            "StartInterval": MINUTES * 60,
            "EnvironmentVariables": kept,
            "ProcessType": "Background",
        }
        file = home / "Library" / "LaunchAgents" / f"{label}.plist"
        return Entry(kind=kind, name=label, files={file: plistlib.dumps(said).decode()})
    words = [*(f"{key}={shlex.quote(value)}" for key, value in kept.items()), *map(shlex.quote, command)]
    called = " ".join(words).replace("%", r"\%")  # cron ends a line at a bare one
    return Entry(kind="cron", name=name, files={}, line=f"*/{MINUTES} * * * * {called} >/dev/null 2>&1 # {name}")


def install(entry: Entry, environment: Mapping[str, str]) -> None:
    """Write the entry and load it; once more changes nothing. Raises CurateError with what the program said."""
    for path, text in entry.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    if entry.kind == "systemd":
        _call(["systemctl", "--user", "daemon-reload"], environment)
        _call(["systemctl", "--user", "enable", "--now", f"{entry.name}.timer"], environment)
    elif entry.kind == "launchd":
        [file] = entry.files
        _works(["launchctl", "unload", str(file)], environment)
        _call(["launchctl", "load", "-w", str(file)], environment)
    else:
        lines = [line for line in _crontab(environment) if not line.endswith(f"# {entry.name}")]
        _call(["crontab", "-"], environment, said="\n".join([*lines, entry.line]) + "\n")


def installed(entry: Entry, environment: Mapping[str, str]) -> bool:
    """Say whether the entry is there just as it would be written."""
    if entry.files:
        return all(path.is_file() and path.read_text(encoding="utf-8") == text for path, text in entry.files.items())
    return entry.line in _crontab(environment)


def remove(entry: Entry, environment: Mapping[str, str]) -> bool:
    """Unload the entry and take it away; return whether there was one."""
    if entry.files:
        there = [path for path in entry.files if path.exists()]
        if there and entry.kind == "systemd":
            _works(["systemctl", "--user", "disable", "--now", f"{entry.name}.timer"], environment)
        for path in there:
            if entry.kind == "launchd":
                _works(["launchctl", "unload", str(path)], environment)
            path.unlink()
        if there and entry.kind == "systemd":
            _works(["systemctl", "--user", "daemon-reload"], environment)
        return bool(there)
    lines = _crontab(environment)
    left = [line for line in lines if not line.endswith(f"# {entry.name}")]
    if left != lines:
        _call(["crontab", "-"], environment, said="".join(f"{line}\n" for line in left))
    return left != lines


def bare_environment(kind: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables a command has when ``kind`` calls it, as far as can be told from here."""
    keep = ["HOME", "USER", "LOGNAME", *KEPT]
    if kind == "systemd":
        keep += ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"]
    kept = {key: environment[key] for key in keep if key in environment}
    return {**kept, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


def _mark(root: str) -> str:
    return sha256(root.encode()).hexdigest()[:8]


def _unit(word: str) -> str:
    """Quote a word for ExecStart= and Environment=, where % and $ mean something."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _crontab(environment: Mapping[str, str]) -> list[str]:
    """Return the person's crontab; crontab(1) ends with 1 when there is none."""
    done = subprocess.run(
        ["crontab", "-l"], env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False,
        encoding="utf-8", errors="surrogateescape",
    )  # fmt: skip
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise CurateError(f"crontab -l failed: {_beginning(done.stderr)}", "Nothing was changed.")
    return done.stdout.splitlines() if not done.returncode else []


def _works(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _call(command: Sequence[str], environment: Mapping[str, str], *, said: str = "") -> None:
    try:
        done = subprocess.run(
            command, env=dict(environment), input=said, capture_output=True, timeout=60, check=False,
            encoding="utf-8", errors="surrogateescape",  # what others wrote into a crontab stays as it is, to the byte
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CurateError(f"{command[0]} could not be run: {error}.", "curate run does the same by hand.") from error
    if done.returncode:
        raise CurateError(
            f"{shlex.join(command)} failed: {_beginning(done.stderr)}", "curate run does the same by hand."
        )


def _beginning(said: str) -> str:
    """Return the beginning of what a program said, as it may stand in a sentence."""
    return " ".join(said.encode("utf-8", "replace").decode().split())[:200]
