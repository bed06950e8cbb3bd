"""Open a text in the person's editor: which one, and how it starts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curate.cli.here import Here

HINT = "Set EDITOR, or curate config set editor.command 'nano'."


def editor(here: Here) -> Callable[[Path], int]:
    """Return what opens a file in the editor of the settings, of $VISUAL or of $EDITOR, else in nano or vi.

    It returns the editor's exit code, and raises CurateError when the editor cannot be started.
    """
    said = here.settings().editor.command or os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        command = shlex.split(said, posix=os.name != "nt") or _usual(here)
    except ValueError as error:
        raise UsageError(f"The editor “{said}” cannot be read: {error}.", HINT) from error
    out = None if os.isatty(1) else 2  # an answer in JSON must not be drawn over

    def edit(path: Path) -> int:
        try:
            return subprocess.run([*command, str(path.absolute())], stdout=out, check=False).returncode
        except OSError as error:
            raise CurateError(f"The editor {command[0]} cannot be started: {error.strerror}.", HINT) from error

    return edit


def _usual(here: Here) -> list[str]:
    """Return the editor to use where none is set. Raises UsageError without a terminal to show it on."""
    found = next((name for name in ("nano", "vi", "notepad") if shutil.which(name)), "")
    if not found or not sys.stdin.isatty():
        raise UsageError("There is no editor to write in.", f"{HINT} Or: write … --from FILE, or --no-edit.")
    here.say(f"No editor set. Using {found}. {HINT}")
    return [found]
