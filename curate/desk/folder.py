"""Know where everything in a desk lies, and write files there whole or not at all.

Must not know what the files mean: feeds, posts and shares are other rooms' business.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.errors import Conflict, CurateError, NoDesk

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY = ".curate-tmp-"


@dataclass(frozen=True)
class Desk:
    """One project folder; every path below it has one name here."""

    root: Path

    @property
    def settings(self) -> Path:
        """Where the person's settings are: curate.toml."""
        return self.root / "curate.toml"

    @property
    def feeds(self) -> Path:
        """Where the subscriptions are: feeds.opml."""
        return self.root / "feeds.opml"

    @property
    def content(self) -> Path:
        """Where posts and pages are, as Markdown."""
        return self.root / "content"

    @property
    def profile(self) -> Path:
        """Where the profile is, in JSON Resume's shape, as YAML."""
        return self.content / "profile" / "profile.yaml"

    @property
    def pelicanconf(self) -> Path:
        """Where the site's settings are."""
        return self.root / "pelicanconf.py"

    @property
    def output(self) -> Path:
        """Where the built site is; derived, may be deleted."""
        return self.root / "output"

    @property
    def private(self) -> Path:
        """Where curate keeps what is not for the public: .curate/."""
        return self.root / ".curate"

    @property
    def database(self) -> Path:
        """Where decisions, notes and the share ledger are."""
        return self.private / "desk.db"

    @property
    def restoring(self) -> Path:
        """Where everything lies that a restore has still to move into place; there only while one is cut off."""
        return self.private / "restoring"

    @property
    def outbox(self) -> Path:
        """Where a dry run leaves what it would have sent."""
        return self.private / "outbox"

    @property
    def typed(self) -> Path:
        """Where text stays that an editor handed back and no post took yet."""
        return self.private / "typed"


def find_desk(start: Path, *, restoring: bool = False) -> Desk:
    """Return the desk at ``start`` or the nearest folder above it that has a curate.toml.

    Raises NoDesk; and Conflict, unless it is for ``restoring``, when a restore was cut off.
    """
    start = start.absolute()
    for desk in map(Desk, (start, *start.parents)):
        if not restoring:
            see_whole(desk)
        if desk.settings.is_file() or desk.restoring.is_dir():
            return desk
    raise NoDesk(str(start))


def see_whole(desk: Desk) -> None:
    """Raise Conflict when a restore was cut off, and the desk is half the old one and half the new one."""
    if desk.restoring.is_dir():
        said = f"A restore of {desk.root} was cut off: a part of it is as before, a part from the backup."
        raise Conflict(str(desk.root), said, "Nothing is lost, nothing is sent. To go on: curate backup restore")


def fingerprint(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hex: what a file was when we read it."""
    return sha256(data).hexdigest()


def write_whole(path: Path, data: bytes | str, *, expected: str | None = None) -> None:
    """Write ``data`` so that ``path`` is always the whole old or the whole new file.

    A new file beside it is written, synced and renamed over it, then the folder is synced.
    ``expected`` is the fingerprint the file had when it was read: when it has another one now,
    Conflict is raised and nothing is written. A device, such as /dev/null, is written to and stays one.
    Raises CurateError when the disk refuses, or where something stands that is no file.
    """
    import tempfile

    raw = data.encode() if isinstance(data, str) else data
    try:
        path = path.resolve()  # a link of the person's own stays one: the file behind it is replaced
        if path.is_char_device():
            path.write_bytes(raw)
            return
        if path.exists() and not path.is_file():  # a pipe would become a file, for all programs
            raise CurateError(f"{path} could not be written: it is no file.", "Nothing was changed. Name a file.")
        if expected is not None and (not path.exists() or fingerprint(path.read_bytes()) != expected):
            raise Conflict(
                str(path), f"{path} changed while curate was at work; it is left as it is.", "Run the command again."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
            os.chmod(name, mode)  # noqa: PTH101 - the temporary file is known by name only
            os.replace(name, path)  # noqa: PTH105 - the same
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)  # noqa: PTH108 - the same
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise refusal(path, error, safe="Nothing was changed.") from error


def write_new(path: Path, data: bytes | str) -> None:
    """Write ``data`` to ``path``, which must not exist; whole or not at all.

    Raises Conflict when the file is there already, CurateError when the disk refuses.
    """
    import tempfile

    raw = data.encode() if isinstance(data, str) else data
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101 - the temporary file is known by name only
            link_new(name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)  # noqa: PTH108 - the same
        sync_folder(path.parent)
    except OSError as error:
        raise refusal(path, error, safe="Nothing was changed.") from error


def refusal(path: Path, error: OSError, *, safe: str) -> CurateError:
    """Put in words that the disk would not let ``path`` be written; ``safe`` says what is not harmed."""
    free = room(path)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        said = f"The disk is full: {path} could not be written{free and f' ({free} free there)'}."
        return CurateError(said, f"{safe} Free some space, then run the command again.")
    reason = error.strerror or str(error)
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        said = f"{path} could not be written: {reason}."
        return CurateError(said, f"{safe} Make {path.parent} writable for you, then run the command again.")
    said = f"{path} could not be written: {reason}{free and f' ({free} free there)'}."
    return CurateError(said, f"{safe} Mend that, then run the command again.")


def room(path: Path) -> str:
    """Return how much is free where ``path`` lies, in words; '' when that cannot be known."""
    for folder in path.parents:
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(folder).free
            return f"{free / 2**20:,.0f} MB" if free >= 10 * 2**20 else f"{free / 2**20:.1f} MB"
    return ""


def link_new(name: Path | str, path: Path) -> None:
    """Give the file ``name``, on the same disk, its place at ``path``. Raises Conflict when something stands there."""
    try:
        try:
            os.link(name, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: claim the name, then replace our own claim
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.replace(name, path)  # noqa: PTH105 - the temporary file is known by name only
    except FileExistsError as error:
        raise Conflict(str(path), f"{path} is there already; it is left as it is.") from error


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
