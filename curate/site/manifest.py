"""Know which files curate made: the mark that a built site carries, here and where it was deployed.

A folder with the mark is curate's to replace; what the mark lists is curate's to delete. Nothing else
is ever deleted. The mark holds no time, so a site that did not change has a mark that did not.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from curate.desk.folder import write_whole
from curate.errors import Conflict, CurateError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

MARK = ".curate-output"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a built site is made of.

    ``files`` are SHA-256 digests by path (with /, from the site's root), ``pages`` the posts'
    permalinks, such as ``2026/small-models-on-call/``. ``missing`` are posts that should have a page and have
    none, because of a fault; the mark does not hold them.
    """

    files: dict[str, str]
    pages: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How many files a deploy puts where none was, puts in place of another, and takes away."""

    added: int = 0
    replaced: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """How many files are not as they were."""
        return self.added + self.replaced + self.removed


def compare(before: Manifest, after: Manifest) -> Changes:
    """Return what it takes to bring a target from one state to the other."""
    kept = before.files.keys() & after.files.keys()
    return Changes(
        added=len(after.files.keys() - kept),
        replaced=sum(before.files[name] != after.files[name] for name in kept),
        removed=len(before.files.keys() - kept),
    )


def list_files(folder: Path) -> list[str]:
    """Return the path of every file below ``folder``, sorted, the mark left out; links are listed, not followed."""
    return sorted({name for name, _ in walk_files(folder)} - {MARK}) if folder.is_dir() else []


def walk_files(folder: Path | str, below: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the path of every file below ``folder``, and whether it is a link."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from walk_files(entry.path, f"{below}{entry.name}/")
            else:
                yield f"{below}{entry.name}", entry.is_symlink()


def digest(path: Path) -> str:
    """Return the SHA-256 of the file at ``path``, in hex."""
    return sha256(path.read_bytes()).hexdigest()


def take_manifest(folder: Path, names: Iterable[str], pages: tuple[str, ...], known: Mapping[str, str]) -> Manifest:
    """Return what ``folder`` with the files ``names`` is made of; those whose digest is ``known`` are not read."""
    files = {name: known.get(name) or digest(folder / name) for name in names if name != MARK}
    return Manifest(files=files, pages=pages)


def write_mark(folder: Path, manifest: Manifest) -> None:
    """Leave the mark in ``folder``: from here on it is curate's."""
    write_whole(folder / MARK, mark_text(manifest))


def mark_text(manifest: Manifest) -> str:
    """Return the mark as it stands in its file."""
    return json.dumps({"files": manifest.files, "pages": list(manifest.pages)}, indent=0, sort_keys=True) + "\n"


def read_mark(folder: Path) -> Manifest | None:
    """Return what the mark in ``folder`` lists; None without a mark. Raises CurateError when it is damaged."""
    try:
        return parse_mark((folder / MARK).read_bytes(), str(folder / MARK))
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"{folder / MARK} cannot be read: {error.strerror}."
        raise CurateError(msg, "Mend the file's rights, then run the command again.") from error


def parse_mark(data: bytes, where: str) -> Manifest:
    """Return what a mark lists; an empty one, made by hand to hand a folder over, lists nothing."""
    try:
        said: dict[str, Any] = json.loads(data) if data.strip() else {"files": {}, "pages": []}
        files = {str(name): str(value) for name, value in said["files"].items()}
        pages = tuple(str(page) for page in said["pages"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        hint = "Delete that file if the folder is not the site's; else build and deploy again."
        raise CurateError(f"{where} is not as curate wrote it.", hint) from error
    if any(not is_plain(name) for name in files):
        raise CurateError(f"{where} names files outside its folder.", "Delete that file; curate did not write it so.")
    return Manifest(files=files, pages=pages)


def refuse_trespass(before: Manifest, after: Manifest, there: Callable[[str], bool], where: str) -> None:
    """Raise Conflict when the target ``where`` has a file (``there``) that ``after`` would replace and is not curate's.

    A target handed over with an empty mark has nothing but such files: they may go. Raises Refused when pages
    would go while ``after`` lacks posts for a fault, as one may be that post's, and when all would go: then
    content/ has vanished, or the target is another site's.
    """
    gone = sorted(set(before.pages) - set(after.pages))
    if len(gone) == len(before.pages) > 1:
        message = (
            f"{where} has {len(gone)} posts, none of which this site has: it may be another's; nothing was deployed."
        )
        hint = f"Is it the right target, and content/ whole? If those posts may go, delete them and {MARK} there."
        raise Refused(message, hint)
    if gone and after.missing:
        message = f"{where} has {len(gone)} pages that this site lacks ({', '.join(gone[:3])}), and posts have faults"
        hint = "Mend them and build; or take those posts out of content/ if their pages may go."
        raise Refused(f"{message}; nothing was deployed.", hint, after.missing)
    for name in after.files:
        if before.files and name not in before.files and there(name):
            message = f"{where} has a file {name} that curate did not put there; nothing was deployed."
            raise Conflict(name, message, "Move it away, or give the post or page another slug.")


def stands_in_the_way(name: str, names: Collection[str]) -> bool:
    """Say whether one of the files ``names`` is where ``name`` goes, or where a folder above it must be."""
    return name in names or any(str(parent) in names for parent in PurePosixPath(name).parents)


def is_plain(name: str) -> bool:
    """Say whether ``name`` is a path of printable characters that stays below the folder it is joined to."""
    parts = name.split("/")
    return name.isprintable() and not any(part in ("", ".", "..") or "\\" in part for part in parts)
