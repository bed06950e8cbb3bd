"""Read zip and tar files that came from elsewhere: regular files alone, whole names, bounded sizes.

Nothing is ever extracted by a name of the archive's own choosing: what reads a member decides where its
bytes go. Must not know what the members mean.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from curate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME = 500  # characters
SMALL = 1_000_000  # bytes that may be packed as tightly as they like: they harm nobody
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
TAR, TAR_AT = b"ustar", 257


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an archive may hold: ``files``, bytes of ``each``, bytes in ``total``, and times its packed size.

    ``twins`` allows names that differ in case alone, which some file systems cannot keep apart.
    """

    files: int = 50_000
    each: int = 100_000_000
    total: int = 500_000_000
    ratio: int = 100
    twins: bool = False


class Readable(Protocol):
    """What can be read from, once, from its beginning to its end."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all that is left without one, b"" at the end."""
        ...


@dataclass(frozen=True)
class Member:
    """One regular file in an archive: its name with slashes, its size as declared, and its bytes to be read."""

    name: str
    size: int
    file: Readable


def is_archive(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` (at least 262 bytes of it) is a zip or a tar, gzipped or not."""
    return head.startswith((GZIP, ZIP)) or head[TAR_AT : TAR_AT + len(TAR)] == TAR


def members(file: IO[bytes], size: int, limits: Limits) -> Iterator[Member]:
    """Yield the regular files in an archive of ``size`` bytes, in its order; each is read before the next.

    Raises Refused, saying which member and why, for a name that leads out of a folder, a link, a device,
    two of one name, one that is encrypted, larger than ``limits`` or not what it says, and for what is no
    archive or ends too soon.
    """
    head = file.read(TAR_AT + len(TAR))
    file.seek(0)
    seen: set[str] = set()
    total = 0
    with _refusals():
        for member in _zip(file, limits) if head.startswith(ZIP) else _tar(file, head, size, limits):
            total += member.size
            folded = member.name if limits.twins else member.name.casefold()
            if folded in seen:
                raise refused(f"it holds two files of the name {member.name}")
            seen.add(folded)
            if len(seen) > limits.files:
                raise refused(f"it holds more than {limits.files:,} files")
            if member.size > limits.each:
                raise refused(f"{member.name} is larger than {limits.each // 10**6:,} MB")
            if total > limits.total:
                raise refused(f"unpacked it is larger than {limits.total // 10**6:,} MB")
            if total > SMALL and total > limits.ratio * size:
                raise refused(f"it would grow to more than {limits.ratio} times its size")
            yield Member(member.name, member.size, _Spoken(member))


def refused(reason: str) -> Refused:
    """Return the refusal of a whole archive because of ``reason``, a sentence without its end."""
    return Refused(f"The archive is not read: {reason}.", "Nothing of it was used.")


@contextmanager
def _refusals() -> Iterator[None]:
    """Put in words what Python's readers raise for archives that are broken."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise refused(f"it is damaged or ends too soon ({error})") from error
    except (NotImplementedError, RuntimeError, ValueError, OverflowError, UnicodeError) as error:
        raise refused(f"it is packed in a way that is not read ({error})") from error


def _zip(file: IO[bytes], limits: Limits) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > limits.files:
            raise refused(f"it holds more than {limits.files:,} files")
        for entry in entries:
            name = _checked(entry.orig_filename)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                raise refused(f"{name} is a link or a device, not a file")
            if entry.flag_bits & 1:
                raise refused(f"{name} is encrypted")
            if entry.file_size > SMALL and entry.file_size > limits.ratio * max(entry.compress_size, 1):
                raise refused(f"{name} would grow to more than {limits.ratio} times its size")
            with archive.open(entry) as content:
                yield Member(name, entry.file_size, content)


def _tar(file: IO[bytes], head: bytes, size: int, limits: Limits) -> Iterator[Member]:
    packed = head.startswith(GZIP)
    most = min(limits.total, max(limits.ratio * size, SMALL)) + limits.files * 1024
    plain = _Bounded(gzip.GzipFile(fileobj=file) if packed else file, most)
    with tarfile.open(fileobj=plain, mode="r|", errorlevel=2, encoding="utf-8", errors="strict") as archive:
        for entry in archive:
            name = _checked(entry.name)
            if entry.isdir():
                continue
            content = archive.extractfile(entry) if entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else None
            if content is None:
                raise refused(f"{name} is a link or a device, not a file")
            yield Member(name, entry.size, content)


def wrong_name(name: str) -> str:
    """Say why ``name`` cannot be a file's in an archive; "" when it can."""
    parts = name.split("/")
    if "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        return "leads out of its folder"
    return "" if len(name) <= LONGEST_NAME and name.isprintable() else "is none that a file should have"


def _checked(name: str) -> str:
    """Return a member's name without a slash at its end. Raises Refused for one that leads elsewhere."""
    plain = name.removeprefix("./").rstrip("/")
    wrong = wrong_name(plain) if plain not in ("", ".") else ""
    if wrong or name.startswith("/"):
        raise refused(f"the name {name[:100]!r} {wrong or 'leads out of its folder'}")
    return plain


class _Spoken:
    """A member's bytes, whose faults are told in words to whoever reads them: it holds what it says, or is refused."""

    def __init__(self, member: Member) -> None:
        self.file, self.name, self.left = member.file, member.name, member.size

    def read(self, size: int = -1, /) -> bytes:
        """Read on. Raises Refused."""
        with _refusals():
            data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0 or (self.left and (size < 0 or (size and not data))):
            raise refused(f"{self.name} is not as large as it says")
        return data


class _Bounded(io.RawIOBase):
    """A stream that ends in a refusal once more than ``most`` bytes were read from it."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, most: int) -> None:
        super().__init__()
        self.file = file
        self.left = most

    def read(self, size: int = -1) -> bytes:
        """Read on, as a file does."""
        data = self.file.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise refused("unpacked it is larger than it may be")
        return data
