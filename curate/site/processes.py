"""Share work among the processors of the machine, where processes can be forked."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST = 4  # processes: the disk keeps up with no more
Given = TypeVar("Given")
Made = TypeVar("Made")


def processes_for(work: int, many: int) -> int:
    """Return how many processes pay for so many pieces of ``work``, when ``many`` of them pay for one more."""
    if not hasattr(os, "fork"):
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, processors, 1 + max(work, 0) // many)


def share(work: Callable[[Given], Made], pieces: Sequence[Given], many: int) -> Iterator[Made]:
    """Yield what ``work`` makes of each piece, in order; it runs in other processes when there are ``many``.

    Never when other threads run: what they hold at that moment, a fork would hold for ever.
    """
    processes = processes_for(len(pieces), many) if threading.active_count() == 1 else 1
    if processes == 1:
        yield from map(work, pieces)
        return
    import multiprocessing

    pool = multiprocessing.get_context("fork").Pool(processes, initializer=_be_quiet)
    try:
        yield from pool.imap(work, pieces, chunksize=max(1, many // 4))
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.close()
        pool.join()


def _be_quiet() -> None:
    """Leave Ctrl-C to the process we work for, and end when told to, as a program does by itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
