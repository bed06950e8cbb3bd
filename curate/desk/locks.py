"""Let one curate at a time do what two must not: kernel locks, which die with their process."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from curate.desk.folder import refusal, see_whole
from curate.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curate.desk.folder import Desk

WAIT = 10.0  # seconds


@contextlib.contextmanager
def hold(
    desk: Desk,
    purpose: str,
    *,
    wait: float = WAIT,
    waiting: Callable[[str, datetime], None] | None = None,
    restoring: bool = False,
) -> Iterator[None]:
    """Hold the desk's lock for ``purpose`` (fetch, build, write-kfmt …) while the block runs.

    ``wait`` is in seconds; ``waiting`` hears, before they are waited, which process holds the lock and
    since when. Raises Conflict, naming that process, when the lock is not free in time; and, unless it is for
    ``restoring``, when a restore was cut off.
    """
    from filelock import FileLock, Timeout

    folder = desk.private / "locks"
    holder = folder / f"{purpose}.holder"
    lock = FileLock(folder / f"{purpose}.lock")
    try:
        desk.private.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting is not None:
                with contextlib.suppress(OSError):  # it may be free by now, and nobody be there to name
                    since = holder.stat().st_mtime
                    waiting(_name(holder), datetime.fromtimestamp(since, UTC))
            lock.acquire(timeout=wait)
    except Timeout as error:
        who = _name(holder)
        msg = f"Another curate (process {who}) is busy with {purpose} in this desk."
        raise Conflict(str(holder), msg, "Wait for it to finish, then run the command again.") from error
    except OSError as error:
        raise refusal(folder, error, safe="Nothing was changed.") from error
    try:
        with contextlib.suppress(OSError):  # it only says who; the lock is held without it
            holder.write_text(str(os.getpid()))
        if not restoring:
            see_whole(desk)
        yield
    finally:
        lock.release()


def _name(holder: Path) -> str:
    try:
        return holder.read_text() or "unknown"
    except OSError:
        return "unknown"
