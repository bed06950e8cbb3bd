"""Put the built site into a bucket, or wherever else rclone reaches (https://rclone.org/docs/).

The person's rclone knows the remote and its keys; they are never read here. Only what curate put there
is ever replaced or removed: rclone is shown no other file. Pages go up before the lists that lead to
them, and removals come last.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import Conflict
from curate.site.manifest import (
    MARK,
    Changes,
    Manifest,
    compare,
    parse_mark,
    refuse_trespass,
    stands_in_the_way,
    write_mark,
)
from curate.site.program import run_program

if TYPE_CHECKING:
    from curate.desk.folder import Desk

REMOTE = re.compile(r"\w[\w.+@ -]*:[^\x00-\x1f]+")
NO_FOLDER = 3  # rclone's code for a folder that is not there


def send(desk: Desk, manifest: Manifest, remote: str, *, dry_run: bool) -> Changes:
    """Make ``remote`` hold the site; return what changed, or with ``dry_run`` what would.

    Raises CurateError without rclone, Conflict when others' files are there and no mark or one is in the
    place of a page, NetworkTrouble when it fails: a second run goes on.
    """
    target = remote.rstrip("/")
    names = _names(target)
    known = _known(target, names)
    before = replace(known, files={name: said for name, said in known.files.items() if name in names})
    refuse_trespass(before, manifest, lambda name: stands_in_the_way(name, names), remote)
    changes = compare(before, manifest)
    if dry_run or not (changes.total or before.pages != manifest.pages):
        return changes
    gone = sorted(before.files.keys() - manifest.files.keys())
    send_them = [name for name, said in manifest.files.items() if before.files.get(name) != said]
    with tempfile.TemporaryDirectory(prefix="rclone-", dir=desk.private) as folder:
        room = Path(folder)
        # The mark goes first; what it says of a file that is still to come is no digest, so a second run sends it.
        write_mark(room, Manifest(files=before.files | dict.fromkeys(send_them, ""), pages=before.pages))
        run_program(["rclone", "copyto", "--ignore-times", "--", str(room / MARK), f"{target}/{MARK}"], remote)
        how = "--checksum" if _has_hashes(target) else "--ignore-times"
        pages = [name for name in send_them if name.endswith("/index.html") and name[:4].isdigit()]
        for number, batch in enumerate((pages, [name for name in send_them if name not in set(pages)], gone)):
            if batch:
                listed = room / f"batch-{number}"
                listed.write_text("".join(f"{name}\n" for name in batch), encoding="utf-8")
                # Files of the list that the site has no more are taken away by “sync”, and by nothing else.
                verb = "sync" if batch is gone else "copy"
                command = ["rclone", verb, how, "--files-from-raw", str(listed), "--", str(desk.output), target]
                run_program(command, remote)
        run_program(["rclone", "copyto", "--ignore-times", "--", str(desk.output / MARK), f"{target}/{MARK}"], remote)
    return changes


def _names(target: str) -> set[str]:
    """Return every file's path below ``target``; none when it is not there yet."""
    code, said = run_program(
        ["rclone", "lsf", "--recursive", "--files-only", "--", target], target, expect=(0, NO_FOLDER)
    )
    return set(said.splitlines()) if code == 0 else set()


def _known(target: str, names: set[str]) -> Manifest:
    """Return what curate put there before. Raises Conflict when others' files are there and no mark."""
    if MARK in names:
        _, text = run_program(["rclone", "cat", "--", f"{target}/{MARK}"], target)
        return parse_mark(text.encode(), f"{target}/{MARK}")
    if names:
        msg = f"{target} has files that curate did not put there; nothing was deployed."
        raise Conflict(
            target, msg, f"Choose an empty place. If curate may own this one, put an empty file {MARK} there."
        )
    return Manifest(files={}, pages=())


def _has_hashes(target: str) -> bool:
    """Say whether the remote can tell files apart by their content; some know only size and time."""
    _, said = run_program(["rclone", "backend", "features", "--", target], target)
    return bool(json.loads(said).get("Hashes"))
