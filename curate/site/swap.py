"""Put a fresh site where the old one is, so that readers always have one of them, whole.

Owns output/ and what stands for it in .curate for a while; must not know what a site is made of.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from curate.desk.folder import sync_folder
from curate.errors import Conflict
from curate.site.manifest import MARK
from curate.site.tree import Tree, believed, files_in, look, stamp_of, stamps_of, unchanged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.site.tree import Folders, Stamp

FRESH = "build-"  # in .curate: what is being built
SPARE = "spare-"  # in .curate: the site before the last, whose folders and unchanged pages the next build takes over
AWAY = "-away"  # in .curate: what the old site is called between two renames


def recover(desk: Desk, output: Path) -> None:
    """Mend what a stop in the middle of a swap left: the old site comes back, half-built ones go."""
    away = desk.private / f"{output.name}{AWAY}"
    if away.is_dir() and not output.exists():
        away.rename(output)
    for left in (*desk.private.glob(f"{FRESH}*"), away):
        shutil.rmtree(left, ignore_errors=True)


def check_replaceable(output: Path) -> None:
    """Raise Conflict unless ``output`` is missing, empty or a site of ours: nothing else is ever replaced."""
    if output.is_symlink():
        msg = f"{output} is a link to another place; curate builds only into a folder of its own."
        raise Conflict(str(output), msg, "Remove the link; curate site deploy carries the site where you want it.")
    if output.exists() and not output.is_dir():
        raise Conflict(str(output), f"{output} is a file.", "Move it away, then build again.")
    if output.is_dir() and not (output / MARK).is_file() and any(output.iterdir()):
        msg = f"{output} has files that curate did not build; they are left as they are."
        raise Conflict(str(output), msg, "Move the folder away, then build again.")


class Spared(NamedTuple):
    """What a build begins with: its ``folders``, all ``names`` there were, and whether they stay.

    ``ready`` maps those that stay to their SHA-256, as far as it is known without reading them; ``stamps`` are those
    of the files in output.
    """

    folders: Folders = {}  # noqa: RUF012 - never changed
    names: Mapping[str, bool] = {}
    ready: Mapping[str, str] = {}
    stamps: Mapping[str, Stamp] = {}


def take_spare(desk: Desk, fresh: Path, output: Path, known: Mapping[str, Tree]) -> Spared:
    """Begin with the site before the last, if it is there: making thousands of folders costs more than pages do.

    What stays of it are the very files of ``output``, of which our writer knows what to do. ``known`` are trees
    as they were left, by the inodes of their roots.
    """
    last = tree_at(output, known)
    stamps = stamps_of(output, last.files)
    try:
        (desk.private / f"{SPARE}{output.name}").rename(fresh)
    except FileNotFoundError:
        return Spared(stamps=stamps)
    spare = tree_at(fresh, known)
    folders, whole = look(fresh, spare.folders), unchanged(last, stamps)
    names = {}
    for name in files_in(folders):
        place = name.rpartition("/")[0]
        was = spare.files.get(name, (None,))[0] if folders[place] is spare.folders.get(place) else None
        same = was is not None and name in whole and was[0] == stamps[name][0]  # one inode
        names[name] = same or _is_same_file(fresh / name, output / name)
        if not names[name]:
            (fresh / name).unlink()
    ready = {name: whole[name] for name, stays in names.items() if stays and name in whole}
    return Spared(folders, names, ready, stamps)


def tree_at(root: Path, known: Mapping[str, Tree]) -> Tree:
    """Return what is known of the tree at ``root``; of none, nothing."""
    stamp = stamp_of(os.fspath(root))
    return Tree(*known.get(str(stamp[0]), ())) if stamp else Tree()


def remember_trees(  # noqa: PLR0913, PLR0917 - two trees, and what was found out of them
    fresh: Path,
    folders: Folders,
    digests: Mapping[str, str],
    carried: Collection[str],
    before: Mapping[str, Stamp],
    output: Path,
    known: Mapping[str, Tree],
) -> dict[str, Tree]:
    """Return what is known of the ``fresh`` site, marked just now, and of the one in ``output``, for the next build.

    What was ``carried`` is the very file that readers have: it must be what it was ``before`` the build, but for the
    time at which it was linked.
    """
    now = (fresh / MARK).lstat().st_mtime_ns
    stamps = stamps_of(fresh, digests)
    for name in carried:
        if stamps[name][:3] != before.get(name, ())[:3]:
            del stamps[name]
    trees = {str(fresh.lstat().st_ino): believed(folders, stamps, digests, now)}
    if output.exists():
        trees[str(output.lstat().st_ino)] = tree_at(output, known)
    return trees


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False


def clear_spare(fresh: Path, names: Mapping[str, bool], written: Collection[str]) -> None:
    """Remove what is left of the site before and is no part of this one, with the folders that are empty then."""
    for name, stayed in names.items():
        if stayed and name not in written:
            (fresh / name).unlink()
        if not stayed or name not in written:
            with contextlib.suppress(OSError):  # not empty
                os.removedirs((fresh / name).parent)


def swap(desk: Desk, fresh: Path, output: Path) -> None:
    """Put the fresh site where the old one is: in one step where the system knows how.

    Elsewhere a stop between the two renames is mended by ``recover``.
    """
    away, spare = desk.private / f"{output.name}{AWAY}", desk.private / f"{SPARE}{output.name}"
    shutil.rmtree(spare, ignore_errors=True)
    if output.exists() and exchange(fresh, output):
        fresh.rename(spare)
    else:
        if output.exists():
            output.rename(away)
        fresh.rename(output)
        if away.exists():
            away.rename(spare)
    sync_folder(output.parent)


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change places (renameat2 of Linux); False where that cannot be."""
    if sys.platform != "linux":
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), both) == 0
