"""Know what lies in a folder without looking into what did not change since the last look.

A folder whose inode and times are as they were holds the names it held; a file whose inode, size and times are as
they were holds the bytes it held. Of the two times a program such as rsync can set one, and not the other, which is
that of the inode's change. What changed just before it was looked at is not believed: the disk's clock
could not tell a second change from the first. Must not know what a site is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

STILL = 100_000_000  # nanoseconds that must lie between a change and the look at it
COARSE = 2_000_000_000  # the same on a disk that counts seconds

Folders = dict[str, tuple[int, int, int, list[str], list[str], list[str]]]  # inode, times; files, links, folders in it
Stamp = tuple[int, int, int, int]  # inode, size, time of change, time of change of its inode


class Tree(NamedTuple):
    """What is known of one tree, by paths from its root: its folders, its files' SHA-256.

    A file has a stamp when it may be believed.
    """

    folders: Folders = {}  # noqa: RUF012 - never changed
    files: dict[str, tuple[Stamp | None, str]] = {}  # noqa: RUF012 - the same


def look(root: Path, known: Mapping[str, Any]) -> Folders:
    """Return the folders below ``root`` as they are now, taking from ``known`` those that did not change."""
    found: Folders = {}
    top, waiting = os.fspath(root), [""]
    while waiting:
        place = waiting.pop()
        stat = os.lstat(f"{top}/{place}" if place else top)
        entry = known.get(place)
        stamp = stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns
        if entry is None or tuple(entry[:3]) != stamp:
            entry = (*stamp, *_names(f"{top}/{place}"))
        found[place] = entry
        below = f"{place}/" if place else ""
        waiting += [f"{below}{name}" for name in entry[5]]
    return found


def _names(folder: str) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the files, links and folders in one folder; links are not followed."""
    files: list[str] = []
    links: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            (folders if is_folder else links if entry.is_symlink() else files).append(entry.name)
    return files, links, folders


def files_in(folders: Folders) -> dict[str, bool]:
    """Return the path of every file of a tree, sorted, and whether it is a link."""
    found = []
    for place, (*_, files, links, _) in folders.items():
        below = f"{place}/" if place else ""
        found += [(f"{below}{name}", False) for name in files]
        found += [(f"{below}{name}", True) for name in links]
    return dict(sorted(found))


def stamps_of(root: Path, names: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamps of files below ``root``, as far as they are there."""
    top = os.fspath(root)
    found = {name: stamp_of(f"{top}/{name}") for name in names}
    return {name: stamp for name, stamp in found.items() if stamp is not None}


def stamp_of(path: str) -> Stamp | None:
    """Return the stamp of a file; None when there is none."""
    try:
        stat = os.lstat(path)
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def unchanged(tree: Tree, stamps: Mapping[str, Stamp]) -> dict[str, str]:
    """Return the SHA-256 of the files of ``tree`` that have the ``stamps`` they had."""
    files = tree.files.items()
    return {name: digest for name, (stamp, digest) in files if stamp and stamps.get(name) == tuple(stamp)}


def believed(folders: Folders, stamps: Mapping[str, Stamp], digests: Mapping[str, str], now: int) -> Tree:
    """Return what may be believed later of a tree that was looked at ``now`` by the disk's clock, or later.

    Only a file with a stamp is; of the others the digest is kept to compare.
    """
    sure = {name: stamp for name, stamp in stamps.items() if _is_still(*stamp[2:], now)}
    return Tree(
        {place: entry for place, entry in folders.items() if _is_still(*entry[1:3], now)},
        {name: (sure.get(name), digest) for name, digest in digests.items()},
    )


def _is_still(written: int, changed: int, now: int) -> bool:
    """Say whether what was ``changed`` last before ``now`` would look otherwise, were it changed since.

    Each has a disk of its own, maybe: whole seconds are those of one that counts no more.
    """
    return max(written, changed) < now - (STILL if changed % 10**9 else COARSE)
