"""Carry the built site where readers are: a folder, a branch of a git repository, a server, a bucket.

Only what ``build_site`` made and audited is carried, file by file as its mark lists it. Files that
are not curate's stay untouched at the target. Must not know how a site is built.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from curate.desk.folder import TEMPORARY, write_whole
from curate.desk.locks import hold
from curate.desk.settings import load_settings
from curate.errors import Conflict, CurateError, NetworkTrouble, UsageError
from curate.site import rclone, rsync
from curate.site.branch import push_branch
from curate.site.left_out import posts_without_page
from curate.site.manifest import MARK, Changes, Manifest, digest, mark_text, read_mark, refuse_trespass

if TYPE_CHECKING:
    from curate.desk.folder import Desk

FORMS = "folder:PATH, git:REMOTE#BRANCH, rsync:USER@HOST:/PATH or rclone:REMOTE:BUCKET/PATH"
PROGRAMS = {"rsync": rsync.REMOTE, "rclone": rclone.REMOTE}
LATE = ("index.html", "archive/", "topics/", "tags/", "feeds/", "sitemap.xml")  # what leads to pages goes up after them


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deploy did: how many ``files`` the site has, and what changed at the target."""

    target: str
    files: int
    changes: Changes
    at: datetime

    @property
    def changed(self) -> int:
        """How many files were written or removed at the target."""
        return self.changes.total


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What readers have since the last deploy; ``pages`` are permalinks such as ``2026/small-models-on-call/``."""

    at: datetime
    target: str
    pages: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a site goes: a ``folder``, a ``branch`` of the repository ``remote``, or a ``remote`` of a ``program``.

    ``program`` is rsync or rclone; ``remote`` is then as it takes it.
    """

    folder: Path | None = None
    remote: str = ""
    branch: str = ""
    program: str = ""

    def __str__(self) -> str:
        if self.program:
            return f"{self.program}:{self.remote}"
        return f"folder:{self.folder}" if self.folder else f"git:{self.remote}#{self.branch}"


def parse_target(desk: Desk, text: str) -> Target:
    """Return the target that ``text`` means: one of FORMS, or a bare path.

    Paths are meant from the desk. Raises UsageError.
    """
    hint = f"It may be {FORMS}."
    text = text.strip()
    if not text:
        raise UsageError(
            "There is no target to deploy to.", "curate config set deploy.target folder:PATH, or --target."
        )
    if text.startswith("git:"):
        remote, mark, branch = text.removeprefix("git:").rpartition("#")
        if not mark or not remote or not _is_branch(branch):
            raise UsageError(f"“{text}” is not a deploy target.", hint)
        return Target(remote=remote, branch=branch)
    for program, form in PROGRAMS.items():
        if text.startswith(f"{program}:"):
            remote = text.removeprefix(f"{program}:")
            if not form.fullmatch(remote):
                raise UsageError(f"“{text}” is not a deploy target.", hint)
            return Target(program=program, remote=remote)
    path = text.removeprefix("folder:")
    if not path or (":" in path.split("/")[0] and not Path(path).is_absolute()):
        raise UsageError(f"“{text}” is not a deploy target.", hint)
    try:
        folder = Path(desk.root, Path(path).expanduser()).resolve()
    except RuntimeError as error:
        raise UsageError(f"“{text}”: nobody knows where that home folder is.", "Write its whole path.") from error
    own = [desk.content, desk.private, desk.output, desk.root / "themes", desk.root / ".git"]
    if folder == desk.root.resolve() or any(folder.is_relative_to(place.resolve()) for place in own):
        raise UsageError(f"{folder} belongs to the desk itself.", "Choose a folder of its own for the deployed site.")
    return Target(folder=folder)


def deploy_site(desk: Desk, target: str, *, now: datetime, dry_run: bool = False) -> Deployed:
    """Carry output/ to ``target`` and remember it as the last deploy; with ``dry_run`` only count.

    The same site again changes nothing. Raises CurateError when output/ is missing, Conflict when it is
    not as built or the target is not curate's, UsageError for a target that cannot be meant,
    NetworkTrouble when it stopped midway: old pages then still work and a second run goes on.
    """
    place = parse_target(desk, target)
    with hold(desk, "build"):  # so that no build swaps the site while it is carried
        manifest = _intact(desk)
        if place.folder is not None:
            changes = _to_folder(desk.output, manifest, place.folder, dry_run=dry_run)
        elif place.program:
            send = rsync.send if place.program == "rsync" else rclone.send
            changes = send(desk, manifest, place.remote, dry_run=dry_run)
        else:
            author = load_settings(desk.settings).site.name  # where git knows nobody
            changes = push_branch(desk, manifest, place.remote, place.branch, now=now, author=author, dry_run=dry_run)
        if not dry_run:
            _remember(desk, Deployment(at=now, target=str(place), pages=frozenset(manifest.pages)))
    return Deployed(target=str(place), files=len(manifest.files), changes=changes, at=now)


def last_deploy(desk: Desk) -> Deployment | None:
    """Return what readers have now; None when nothing was deployed from this desk."""
    path = desk.private / "deployed.json"
    try:
        said = json.loads(path.read_bytes())
        return Deployment(
            at=datetime.fromisoformat(said["at"]), target=str(said["target"]), pages=frozenset(said["pages"])
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CurateError(f"{path} is not as curate wrote it.", "Delete it, then run curate site deploy.") from error


def _remember(desk: Desk, deployment: Deployment) -> None:
    said = {"at": deployment.at.isoformat(), "target": deployment.target, "pages": sorted(deployment.pages)}
    write_whole(desk.private / "deployed.json", json.dumps(said, indent=0) + "\n")


def _intact(desk: Desk) -> Manifest:
    """Return what output/ is made of, every file as it was when it passed the audit."""
    manifest = read_mark(desk.output)
    if manifest is None:
        raise CurateError(f"There is no built site in {desk.output}.", "curate site build")
    for name, wanted in manifest.files.items():
        file = desk.output / name
        if file.is_symlink() or not file.is_file() or digest(file) != wanted:
            raise Conflict(str(file), f"{file} is not as curate built it; nothing was deployed.", "curate site build")
    return replace(manifest, missing=posts_without_page(desk))


def _to_folder(source: Path, manifest: Manifest, folder: Path, *, dry_run: bool) -> Changes:
    """Bring ``folder`` to the state of ``source``; return what that took."""
    before = _known(folder)
    refuse_trespass(before, manifest, lambda name: os.path.lexists(folder / name), str(folder))
    order = sorted(manifest.files, key=_rank)
    send = [name for name in order if not _is_there(folder, name, manifest.files[name])]
    gone = [name for name in before.files if name not in manifest.files and (folder / name).is_file()]
    there = sum((folder / name).is_file() for name in send)
    changes = Changes(added=len(send) - there, replaced=there, removed=len(gone))
    if dry_run or not (send or gone or before.pages != manifest.pages or before.files != manifest.files):
        return changes
    sent = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(folder, before, manifest)
        for name in send:
            write_whole(_inside(folder, name), (source / name).read_bytes())
            sent += 1
        for name in gone:
            _inside(folder, name).unlink(missing_ok=True)
            _drop_empty(folder, (folder / name).parent)
        write_whole(folder / MARK, mark_text(manifest))
    except (OSError, CurateError) as error:
        reason = error.message if isinstance(error, CurateError) else f"{error.strerror or error}."
        msg = f"{sent} of {len(send)} files sent. Old pages still work. {reason}"
        raise NetworkTrouble(str(folder), msg, "Run the same command to go on.") from error
    return changes


def _known(folder: Path) -> Manifest:
    """Return what curate put into ``folder`` before. Raises Conflict when others' files are there and no mark."""
    mark = read_mark(folder) if folder.is_dir() else None
    if mark is not None:
        return mark
    if folder.exists() and not folder.is_dir():
        raise Conflict(str(folder), f"{folder} is a file; nothing was deployed.", "Name a folder.")
    if folder.exists() and any(folder.iterdir()):
        hint = f"Choose an empty folder. If curate may own this one, put an empty file {MARK} into it."
        raise Conflict(str(folder), f"{folder} has files that curate did not put there; nothing was deployed.", hint)
    return Manifest(files={}, pages=())


def _claim(folder: Path, before: Manifest, manifest: Manifest) -> None:
    """Mark the folder with what it may hold from now on, so that a stop midway leaves nothing unknown."""
    for left in folder.rglob(f"{TEMPORARY}*"):
        left.unlink(missing_ok=True)
    both = Manifest(files=before.files | manifest.files, pages=before.pages)
    write_whole(folder / MARK, mark_text(both))


def _is_there(folder: Path, name: str, wanted: str) -> bool:
    file = folder / name
    return file.is_file() and not file.is_symlink() and digest(file) == wanted


def _inside(folder: Path, name: str) -> Path:
    """Return where ``name`` goes, unless it is a link or a link on the way leads out of the folder."""
    place = folder / name
    if place.is_symlink() or not place.parent.resolve().is_relative_to(folder.resolve()):
        raise CurateError(f"{place} leads out of {folder}.")
    return place


def _drop_empty(folder: Path, parent: Path) -> None:
    """Remove the folders that the last file of a page left empty."""
    while parent != folder and parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent


def _rank(name: str) -> tuple[int, str]:
    """Order files so that no page ever leads to one that is not there yet: images, pages, then lists and feed."""
    if name.startswith(LATE):
        return 2, name
    return (1 if name.endswith(".html") else 0), name


def _is_branch(name: str) -> bool:
    """Say whether git takes ``name`` for a branch, without what it forbids in names."""
    forbidden = (" ", "~", "^", ":", "?", "*", "[", "\\", "..", "@{", "//")
    edges = name.startswith(("-", "/", ".")) or name.endswith(("/", ".", ".lock"))
    return bool(name) and not edges and name.isprintable() and not any(part in name for part in forbidden)
