"""Tell the process that started Pelican what happened inside it: faults, pages, files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from curate.posts.post import PostFault

KEY = "CURATE_REPORT"  # under which Pelican's settings carry it through a build


@dataclass(kw_only=True)
class Report:
    """What one build did.

    ``faults`` are {path, line, reason, hint}; ``pages`` map a page of a post to the post's file;
    ``written`` are pages, feeds and copies of images in other sizes, ``copied`` map an image or other file to
    where it came from: all as paths from the site's root, with /. ``left_out`` are files of content that have
    no page now. ``theme`` are folders and files of the theme that are copied, ``finished`` says that Pelican
    came to its end. ``carried`` map what was taken from the site before to its SHA-256. ``lasts`` is the moment from
    which the same content makes another site, as a text ("" for never); ``clocked`` says that it may be any.
    ``script`` is the hash of the one script that every page may have ("" for none).
    ``statics`` are Pelican's objects of what will be copied; their places are settled at the end.
    """

    faults: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    copied: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    theme: list[str] = field(default_factory=list)
    carried: dict[str, str] = field(default_factory=dict)
    lasts: str = ""
    clocked: bool = False
    script: str = ""
    finished: bool = False
    statics: list[Any] = field(default_factory=list)

    def blame(self, fault: PostFault) -> None:
        """Keep a fault of a post."""
        said = {"path": fault.path, "line": fault.line, "reason": fault.reason, "hint": fault.hint}
        if said not in self.faults:
            self.faults.append(said)

    def note_page(self, name: str, content: Any, *, carried: str = "") -> None:  # noqa: ANN401 - Pelican's Content
        """Note that a page is there, which ``content`` it is of, and its digest when it was ``carried``."""
        self.written.append(name)
        if content is not None:
            self.pages[name] = str(content.source_path)
        if carried:
            self.carried[name] = carried

    def changes_at(self, moment: datetime) -> None:
        """Note a moment from which the same content makes another site."""
        said = moment.astimezone(UTC).isoformat()
        self.lasts = min(self.lasts, said) if self.lasts else said

    def write(self, path: Path) -> None:
        """Leave the report where the other process reads it."""
        said = {name: value for name, value in vars(self).items() if name != "statics"}
        said["copied"] = {static.save_as: static.source_path for static in self.statics}
        path.write_text(json.dumps(said), encoding="utf-8")


def read_report(path: Path) -> Report | None:
    """Return the report left at ``path``; None when Pelican did not load our plugin."""
    try:
        return Report(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def report_of(settings: Mapping[str, Any]) -> Report:
    """Return the report of the build that has these settings."""
    found = settings.get(KEY)
    return found if isinstance(found, Report) else Report()
