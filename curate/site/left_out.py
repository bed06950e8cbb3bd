"""Decide what becomes of posts that cannot be pages, while the rest of the site is built.

The rule: one bad post never stops the site, and never takes a page from readers. A post with a fault is
left out of everything new (lists, feeds, links); the page that the last good build made of the same file is
carried over as it was; a post that never had one has none. Another post may not take the place of a page
so kept: it is then left out, too. Where no earlier build is known (a fresh clone), nothing can be kept;
a deploy then refuses to take pages away (``curate.site.manifest.refuse_trespass``) until the fault is mended.

Owns .curate/pages.json, which says of each page from which file it was made. Must not know Pelican.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.desk.folder import write_whole
from curate.site.manifest import digest, is_plain, read_mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from curate.desk.folder import Desk
    from curate.posts.post import PostFault

QUOTED = re.compile(r"“(.+?)”")
SCRIPT = re.compile(r"<script|<[^>]*\son\w+\s*=", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A post or page that the build left out: its file, where the fault is, what to do; ``kept`` is its last page."""

    path: str
    line: int
    reason: str
    hint: str = ""
    kept: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def from_faults(faults: Iterable[PostFault | Mapping[str, Any]]) -> list[LeftOut]:
    """Return what cannot be read, as the posts' own loader or the plugin's report says it."""
    said = [fault if isinstance(fault, dict) else vars(fault) for fault in faults]
    return [
        LeftOut(path=str(one["path"]), line=int(one["line"]), reason=str(one["reason"]), hint=str(one["hint"]))
        for one in said
    ]


def to_blame(problems: Sequence[str], sources: Collection[str]) -> tuple[list[LeftOut], list[str]]:
    """Divide an audit's problems: posts whose page has one, and what no post is to blame for.

    A problem names the post's file first; its line is looked for in the file.
    """
    out: dict[str, LeftOut] = {}
    rest = []
    for problem in problems:
        source = next((one for one in sources if problem.startswith(f"{one}: ")), None)
        if source is None:
            rest.append(problem)
        elif source not in out:
            reason = problem.removeprefix(f"{source}: ")
            hint = "Mend what it names, then build again."
            out[source] = LeftOut(path=source, line=_line_of(Path(source), reason), reason=reason, hint=hint)
    return list(out.values()), rest


def last_pages(desk: Desk) -> dict[str, str]:
    """Return the pages of the last good site that were made of a post or page: its file, by the page's path."""
    mark = read_mark(desk.output) if desk.output.is_dir() else None
    try:
        said = json.loads((desk.private / "pages.json").read_bytes())["pages"]
        known = {str(name): str(source) for name, source in said.items() if is_plain(str(name))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # what is not known cannot be kept; the deploy looks again
    top = str(desk.root)
    return {name: os.path.join(top, source) for name, source in known.items() if mark and name in mark.files}  # noqa: PTH118 - thousands of times


def usurpers(out: Sequence[LeftOut], pages: Mapping[str, str], last: Mapping[str, str]) -> list[LeftOut]:
    """Return the posts among ``pages`` (page to file) that would stand where the last page of one of ``out`` does."""
    faulty = {one.path for one in out}
    return [
        LeftOut(
            path=pages[name],
            line=1,
            reason=f"it would take the place of the page of {source}, which cannot be built now.",
            hint="Mend that one, or give this one another slug.",
        )
        for name, source in last.items()
        if source in faulty and name in pages and pages[name] not in faulty
    ]


def carry_over(desk: Desk, fresh: Path, out: Sequence[LeftOut], last: Mapping[str, str]) -> tuple[LeftOut, ...]:
    """Copy the last pages of the posts left out into the ``fresh`` site, and say of each which one is kept."""
    if not out:
        return ()
    mark = read_mark(desk.output) if last else None
    kept = {}
    for name, source in last.items():
        old, new = desk.output / name, fresh / name
        if mark is None or source not in {one.path for one in out} or new.exists():
            continue
        if old.is_file() and not old.is_symlink() and digest(old) == mark.files[name]:
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new)
            kept[source] = name
    said = [LeftOut(**{**vars(one), "kept": kept.get(one.path, "")}) for one in out]
    return tuple(sorted(said, key=lambda one: one.path))


def remember_pages(desk: Desk, pages: Mapping[str, str], last: Mapping[str, str], out: Sequence[LeftOut]) -> None:
    """Keep for the next build which file each page is made of, and which posts should have a page and have none.

    Called before the swap: the old site's pages stay known until a build no longer finds them in output/.
    """
    root = f"{desk.root}{os.sep}"
    known = {name: source.removeprefix(root).replace(os.sep, "/") for name, source in {**last, **pages}.items()}
    said = {"pages": dict(sorted(known.items())), "without": [str(one) for one in out if not one.kept]}
    write_whole(desk.private / "pages.json", json.dumps(said, indent=0) + "\n")


def posts_without_page(desk: Desk) -> tuple[str, ...]:
    """Return the posts that the last build left out and found no earlier page of, each with its fault."""
    try:
        said = json.loads((desk.private / "pages.json").read_bytes())
        return tuple(str(one) for one in said["without"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _line_of(path: Path, reason: str) -> int:
    """Return the file's line that ``reason`` quotes from, or that holds a script; 1 when it cannot be told."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 1  # it has gone since
    quoted = QUOTED.search(reason)
    script = SCRIPT.search(text)
    place = text.find(quoted[1]) if quoted else script.start() if script else -1
    return text.count("\n", 0, max(place, 0)) + 1
