"""Put the built site on a server through rsync, over ssh or to an rsync daemon.

Only what curate put there is ever replaced or removed: rsync is told to protect the rest. Files come
into place at the end, all at once, and removals last, so that no page leads to one that is not there.
Host keys and passwords are ssh's and the person's: nothing of them is changed or read here.
The options are explained in https://download.samba.org/pub/rsync/rsync.1
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from curate.errors import Conflict, NetworkTrouble
from curate.site.manifest import MARK, Changes, Manifest, parse_mark, refuse_trespass, stands_in_the_way, write_mark
from curate.site.program import run_program

if TYPE_CHECKING:
    from curate.desk.folder import Desk

PLACE = r"[\w./~+@%,=-]+"  # nothing a shell at the other end could take for more than a path
REMOTE = re.compile(
    rf"(?!rsync://)(?:[\w.+][\w.+-]*@)?(?:\w[\w.-]*|\[[\da-fA-F:]+\]):{PLACE}|rsync://[\w.@\[\]:-]+/{PLACE}", re.ASCII
)
NOT_THERE = 23  # rsync's code for “partial transfer”: among others, when a file that is asked for does not exist
SPECIAL = re.compile(r"([*?\[\\])")  # what rsync's rules take for a pattern


def send(desk: Desk, manifest: Manifest, remote: str, *, dry_run: bool) -> Changes:
    """Make ``remote`` hold the site; return what changed, or with ``dry_run`` what would.

    Raises CurateError without rsync, Conflict when others' files are there and no mark or one is in the
    place of a page, NetworkTrouble when it fails: a second run goes on.
    """
    target = f"{remote.rstrip('/')}/"
    with tempfile.TemporaryDirectory(prefix="rsync-", dir=desk.private) as folder:
        room = Path(folder)
        names = _names(target)
        before = _known(room, target, names)
        rules = room / "rules"
        rules.write_text("".join(f"{rule}\n" for rule in _rules(before, manifest)), encoding="utf-8")
        carry = ["--recursive", "--checksum", "--delete-after", "--delay-updates", "--chmod=D755,F644"]
        carry += ["--8-bit-output", "--out-format=%i %n", f"--filter=merge {rules}", "--", f"{desk.output}/", target]
        _, plan = run_program(["rsync", "--dry-run", *carry], remote)
        changes = _read(plan)
        refuse_trespass(before, manifest, lambda name: stands_in_the_way(name, names), remote)
        if dry_run or not (changes.total or before.files != manifest.files or before.pages != manifest.pages):
            return changes
        # The mark goes first, with all that may be there from now on: a stop midway leaves nothing unknown.
        both = Manifest(files=before.files | manifest.files, pages=before.pages)
        write_mark(room, both)
        run_program(["rsync", "--chmod=F644", "--", str(room / MARK), target], remote)
        run_program(["rsync", *carry], remote)
        return changes


def _names(target: str) -> set[str]:
    """Return the path of every file below ``target``; none when it is not there yet."""
    listing = ["rsync", "--recursive", "--8-bit-output", "--list-only", "--", target]
    code, said = run_program(listing, target, expect=(0, NOT_THERE))
    if code and said:
        raise NetworkTrouble(target, "rsync may not read all that is there; nothing was deployed.", "Mend its rights.")
    rows = (line.split(maxsplit=4) for line in said.splitlines())
    return {row[4] for row in rows if len(row) == 5 and not row[0].startswith("d")}  # rights, size, day, time, path


def _known(room: Path, target: str, names: set[str]) -> Manifest:
    """Return what curate put there before. Raises Conflict when others' files are there and no mark."""
    if MARK in names:
        run_program(["rsync", "--", f"{target}{MARK}", f"{room}/"], target)
        return parse_mark((room / MARK).read_bytes(), f"{target}{MARK}")
    if names:
        msg = f"{target} has files that curate did not put there; nothing was deployed."
        hint = f"Choose an empty folder. If curate may own this one, put an empty file {MARK} into it."
        raise Conflict(target, msg, hint)
    return Manifest(files={}, pages=())


def _rules(before: Manifest, manifest: Manifest) -> list[str]:
    """Return rsync's filter: what was curate's and is no more may be deleted, and everything else is protected."""
    gone = before.files.keys() - manifest.files.keys()
    folders = {str(parent) for name in gone for parent in PurePosixPath(name).parents if str(parent) != "."}
    risk = sorted([*gone, *(f"{folder}/" for folder in folders)])
    return [*("risk /" + SPECIAL.sub(r"\\\1", name) for name in risk), "protect *"]


def _read(plan: str) -> Changes:
    """Return what rsync means to change, from its list; the mark does not count.

    A line is eleven signs (``<f+++++++++`` for a new file), a space and the name.
    """
    signs = [line[:11] for line in plan.splitlines() if not line.endswith("/") and line[12:] != MARK]
    sent = [each for each in signs if each[1:2] == "f" and each[0] in "<>c"]
    added = sum(each[2] == "+" for each in sent)
    removed = sum(each.startswith("*deleting") for each in signs)
    return Changes(added=added, replaced=len(sent) - added, removed=removed)
