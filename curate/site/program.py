"""Run a program that carries files elsewhere, and put its failures in words.

The program finds its settings and keys as it does when the person calls it; none of them is read here.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from curate.errors import CurateError, NetworkTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 3600  # seconds one transfer may take


def run_program(command: Sequence[str], remote: str, *, expect: Sequence[int] = (0,)) -> tuple[int, str]:
    """Run ``command``, without a shell; return its exit code, one of ``expect``, and what it printed.

    It may ask on the terminal, as ssh does for a password. Raises CurateError when it is not installed,
    NetworkTrouble with its last words when it fails: what arrived stays, and a second run goes on.
    """
    if shutil.which(command[0]) is None:
        msg = f"{command[0]} is not installed, and the target {remote} is reached by it."
        raise CurateError(msg, f"Install {command[0]}, or deploy to a folder or a git branch.")
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8",
            errors="replace", timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        msg = f"{command[0]} did not come to its end in {PATIENCE // 60} minutes and was stopped."
        raise NetworkTrouble(remote, f"{msg} Old pages still work.", "Run the same command to go on.") from error
    if done.returncode not in expect:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next(
            (line for line in said if not line.startswith("rsync error:")), f"it ended with {done.returncode}"
        )
        msg = f"{command[0]} failed: {reason.rstrip('.')}. Old pages still work."
        raise NetworkTrouble(remote, msg, "Run the same command to go on.")
    return done.returncode, done.stdout
