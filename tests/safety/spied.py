"""Read a feed inside a worker and tell what else was done there: files opened, connections made, programs started."""

from __future__ import annotations

import os
import resource
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.feeds.parse import parse_feed

OWN = tuple({*sysconfig.get_paths().values(), *site.getsitepackages(), str(Path(__file__).parents[2])})
DEEDS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "urllib.", "ftplib.", "shutil.")
deeds: list[str] = []
watching: list[bool] = []


@dataclass(frozen=True)
class Spied:
    """What became of one feed: its text or why it was refused, what was done besides, what it cost."""

    said: str
    deeds: tuple[str, ...]
    processor: float  # seconds
    growth: int  # bytes


def spy(body: bytes, url: str, content_type: str) -> Spied:
    """Read a feed under watch."""
    if not watching:
        watching.append(True)
        sys.addaudithook(_hear)
    deeds.clear()
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        said = repr(parse_feed(body, url, content_type))[:100_000]
    except CurateError as error:
        said = error.message
    after = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spied(said, tuple(deeds), spent, (after.ru_maxrss - before.ru_maxrss) * unit)


def call_out(path: str) -> Spied:
    """Do what no feed may make us do, under watch."""
    spy(b"<rss/>", "https://site.example/", "")
    with Path(path).open(encoding="utf-8") as file:
        said = file.read()
    return Spied(said, tuple(deeds), 0, 0)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(DEEDS):
        deeds.append(event)
    elif event == "open":
        path = os.fspath(args[0]) if not isinstance(args[0], int) else ""
        if path and not str(path).startswith(OWN):  # a module may be loaded when first needed
            deeds.append(f"open {path!r}")
