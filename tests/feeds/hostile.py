"""What a parser might do on hostile input, as functions a worker can call."""

from __future__ import annotations

import os
import re
import sys
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path

from curate.errors import CurateError
from curate.feeds import workers


class Awkward(Exception):
    """An exception that cannot travel between processes."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)
        self.two = two


def fine(text: str) -> str:
    return text.upper()


def who() -> int:
    return os.getpid()


def refuse(text: str) -> str:
    raise CurateError(f"is {text}")


def fail() -> None:
    raise Awkward("one", "two")


def burn() -> bool:
    """Work for ever inside one call of C code, which no signal handler of Python's can end."""
    return re.match("(a+)+$", "a" * 60 + "b") is None


def settle_late() -> bool:
    """Become a worker only when curate has ended, and then work for ever."""
    curate = parent_process()
    assert curate is not None
    wait([curate.sentinel])
    workers._settle()
    return burn()


def swallow() -> int:
    return len(bytearray(2 * 1024**3))


def sink(depth: int = 0) -> int:
    sys.setrecursionlimit(1000)
    return sink(depth + 1)


def die() -> None:
    os.abort()


def shout() -> int:
    return os.write(2, b"noise\n") + os.write(1, b"noise\n")


def open_files() -> set[str]:
    """Return what this process has open, as far as the system says."""
    return {str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()}
