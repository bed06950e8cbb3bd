"""Let one curate at a time do what two must not: kernel locks, which die with their process."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from curate.desk.folder import refusal
from curate.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.desk.folder import Desk


@contextlib.contextmanager
def hold(desk: Desk, purpose: str, *, wait: float = 10.0) -> Iterator[None]:
    """Hold the desk's lock for ``purpose`` (fetch, build, write-kfmt …) while the block runs.

    ``wait`` is in seconds. Raises Conflict, naming the process that holds it, when the lock
    is not free in time.
    """
    from filelock import FileLock, Timeout

    folder = desk.private / "locks"
    holder = folder / f"{purpose}.holder"
    lock = FileLock(folder / f"{purpose}.lock", timeout=wait)
    try:
        desk.private.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        who = _name(holder)
        msg = f"Another curate (process {who}) is busy with {purpose} in this desk."
        raise Conflict(str(holder), msg, "Wait for it to finish, then run the command again.") from error
    except OSError as error:
        raise refusal(folder, error, safe="Nothing was changed.") from error
    try:
        with contextlib.suppress(OSError):  # it only says who; the lock is held without it
            holder.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()


def _name(holder: Path) -> str:
    try:
        return holder.read_text() or "unknown"
    except OSError:
        return "unknown"
