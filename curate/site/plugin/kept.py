"""Hold what a build may take over from builds before: readings, articles left unmade, pages left unrendered.

One ``Kept`` goes through a build in Pelican's settings. It has nothing to give when Pelican runs alone, and no
pages when something takes part whose work cannot be told from its inputs: another plugin, a setting that is code.
"""

from __future__ import annotations

import contextlib
import json
import os
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.posts.social import FOLDER
from curate.site.cache import Cache, Damaged, drop_cache, open_cache, programs
from curate.site.plugin.links import linked_files
from curate.site.plugin.prints import Opaque, Prints
from curate.site.reading import is_shown, read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from curate.posts.post import PostFault
    from curate.site.cache import Row
    from curate.site.plugin.watch import Watch
    from curate.site.reading import Reading

KEY = "CURATE_KEPT"  # under which Pelican's settings carry it through a build
OURS = "curate.site.plugin"
OF_THIS_BUILD = {  # settings that differ from build to build; a template that reads one depends on it by name
    *(
        "BUILD_NOW",
        "BUILD_REPORT",
        "BUILD_CACHE",
        "BUILD_FILES",
        "BUILD_BEFORE",
        "BUILD_READY",
        "BUILD_LEFT_OUT",
        "OUTPUT_PATH",
        "CACHE_PATH",
    ),
    *(KEY, "CURATE_REPORT"),
}


class Kept:
    """What this build knows of builds before. ``key`` is "" when no page may be taken over."""

    def __init__(self, cache: Cache | None = None, content: Path | None = None) -> None:
        self.cache = cache
        self.content = content or Path()
        self.gists: dict[str, tuple[str, dict[str, Any]]] = {}
        self.key = ""
        self.before = Path()
        self.ready: dict[str, str] = {}  # files of the site before that are in the new one, with their SHA-256
        self.rows: dict[str, Row] = {}
        self.briefs: dict[str, dict[str, Any]] = {}
        self.new_rows: dict[str, Row] = {}
        self.new_briefs: dict[str, dict[str, Any]] = {}
        self.articles: dict[str, Any] = {}  # by the path of their file below content
        self.prints = Prints()
        self.watch: Watch | None = None  # what is rendered just now

    def reading(self, path: Path) -> Reading | None:
        """Return the reading of a file of content, if it is there and whole."""
        if self.cache is None:
            return None
        place = str(path)[len(str(self.content)) + 1 :].replace(os.sep, "/")
        reading: Reading | None = self.cache.reading(place) if place in self.gists else None
        return reading

    @cached_property
    def cards(self) -> frozenset[str]:
        """The social images there are, by their places below content."""
        try:
            return frozenset(f"{FOLDER}/{name}" for name in os.listdir(self.content / FOLDER))  # noqa: PTH208 - their names
        except OSError:
            return frozenset()

    def shown(self, path: str, now: datetime, *, drafts: bool) -> bool:
        """Say whether the file at ``path`` below content has a page at ``now``."""
        return is_shown(self.gists[path][1], now, drafts=drafts)

    def files_without_page(self, now: datetime, *, drafts: bool) -> set[str]:
        """Return the files, by path below content, that posts link to which show nothing of themselves at ``now``."""
        found: set[str] = set()
        for path, (_, gist) in self.gists.items():
            if gist["linked"] and (gist["status"] == "gone" or not is_shown(gist, now, drafts=drafts)):
                place = self.content / path
                reading = self.reading(place)
                found |= linked_files(reading.html, place.parent, self.content) if reading else set()
        return found

    def finish(self) -> None:
        """Keep what this build found out."""
        if self.cache is None:
            return
        try:
            if self.key:
                with self.cache.writing():
                    self.cache.keep_pages(self.key, self.new_rows)
                    if self.new_briefs or self.briefs.keys() - self.articles.keys():
                        known = {path: brief for path, brief in self.briefs.items() if path in self.articles}
                        self.cache.keep_briefs(self.key, known | self.new_briefs)
            self.cache.close()
        except Damaged:
            drop_cache(self.cache.path)


NOTHING = Kept()


def start_keeping(settings: Mapping[str, Any], theme: Path) -> tuple[Kept, list[PostFault]]:
    """Read content/ as far as it changed, and return what the build may take over, and the faults."""
    try:
        return _start(settings, theme)
    except Damaged:
        drop_cache(Path(settings["BUILD_CACHE"]))
        return _start(settings, theme)


def _start(settings: Mapping[str, Any], theme: Path) -> tuple[Kept, list[PostFault]]:
    content = Path(settings["PATH"])
    cache = open_cache(Path(settings["BUILD_CACHE"]), content)
    kept = Kept(cache, content)
    digests = json.loads(Path(settings["BUILD_FILES"]).read_text(encoding="utf-8"))
    cache.forget_waiting()
    kept.gists, faults = read_files(content, digests, cache)
    if settings["PLUGINS"] != [OURS]:
        return kept, faults
    with contextlib.suppress(Opaque):
        kept.key = site_key(settings, theme)
        kept.before = Path(settings["BUILD_BEFORE"])
        kept.ready = json.loads(Path(settings["BUILD_READY"]).read_text(encoding="utf-8"))
        kept.rows = cache.pages(kept.key)
        kept.briefs = cache.briefs(kept.key)
    return kept, faults


def site_key(settings: Mapping[str, Any], theme: Path) -> str:
    """Return the print of all that every page depends on but content. Raises Opaque."""
    plain = {name: value for name, value in settings.items() if name not in OF_THIS_BUILD}
    root = Path(settings["PATH"]).parent
    folders = [theme / "templates", *map(Path, settings["THEME_TEMPLATES_OVERRIDES"])]
    files = {str(path): _digest(path) for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}
    files |= {str(path): _digest(path) for path in sorted(root.glob("*.py"))}
    return Prints().of([programs(), sorted(plain.items()), files])


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def kept_of(settings: Mapping[str, Any]) -> Kept:
    """Return what the build with these settings may take over; nothing when Pelican runs alone."""
    found = settings.get(KEY)
    return found if isinstance(found, Kept) else NOTHING


def left_out(kept: Kept, paths: Iterable[str], now: datetime, *, drafts: bool) -> set[str]:
    """Return which of the files ``paths`` have no page at ``now``, or could not be read."""
    return {path for path in paths if path not in kept.gists or not kept.shown(path, now, drafts=drafts)}
