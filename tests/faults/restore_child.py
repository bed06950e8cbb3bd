"""Restore a desk until killed: what a test of kills runs as a process of its own.

For each number read one child is forked, which kills itself before that step of its restore: a call that syncs,
renames, makes or deletes, or that SQLite is asked with. One that comes to its end says how many steps it took.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.desk.folder import Desk
from curate.presence.restore import restore

if TYPE_CHECKING:
    from types import FrameType

STEPS = {"execute", "backup", "fsync", "rename", "replace", "link", "unlink", "mkdir", "rmdir"}


def main() -> None:
    """Fork a child for each step that is read."""
    desk, config, backup, now = sys.argv[1:]
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            left = int(line)

            def watch(_: FrameType, event: str, function: Any) -> None:
                nonlocal left
                if event == "c_call" and function.__name__ in STEPS:
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.setprofile(watch)
            restore(Desk(Path(desk)), Path(backup), now=datetime.fromisoformat(now), config=Path(config))
            sys.setprofile(None)
            os.write(1, f"steps {int(line) - left}\n".encode())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"over {status}\n".encode())


if __name__ == "__main__":
    main()
