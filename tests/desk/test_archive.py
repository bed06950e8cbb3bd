"""Archives from elsewhere are read file by file, or refused in words; nothing of them is ever put anywhere."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from curate.desk.archive import Limits, is_archive, members
from curate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

LEADING_OUT = (
    *(
        "../x",
        "a/../../x",
        "/etc/x",
        "//x",
        "C:/x",
        "C:x",
        "..\\x",
        "a\\..\\x",
        "\\\\host\\x",
        "a//x",
        "./../x",
        "a/./x",
    ),
    *("..", "a/..", "x\x00y", "x\ny", "\u202ex", "n" * 501),
)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*entries: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload] # a text that is one of its modes
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def linked(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def encrypted() -> bytes:
    data = bytearray(zipped(("x.txt", b"secret")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying(size: int) -> bytes:
    """A zip whose one file says it is of another size."""
    data = bytearray(zipped(("x.txt", b"words " * 100)))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", size)
    return bytes(data)


def overlapping() -> bytes:
    """A zip whose two entries are the same packed bytes, as bombs without nesting are made."""
    data = bytearray(zipped(("a.txt", b"a" * 999), ("b.txt", b"a" * 999)))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4) + 42
    data[second : second + 4] = struct.pack("<I", 0)
    return bytes(data)


def compressed_oddly() -> bytes:
    """A zip whose one file is packed by a method that nobody knows."""
    data = bytearray(zipped(("x.txt", b"words")))
    data[8:10] = b"\x63\x00"
    place = data.index(b"PK\x01\x02") + 10
    data[place : place + 2] = b"\x63\x00"
    return bytes(data)


def read(data: bytes, limits: Limits | None = None) -> dict[str, bytes]:
    found = members(io.BytesIO(data), len(data), limits or Limits())
    return {member.name: member.file.read() for member in found}


@pytest.mark.parametrize("name", LEADING_OUT)
@pytest.mark.parametrize("make", ["zip", "tar"])
def test_a_name_that_leads_out_refuses_the_whole_archive(name: str, make: str) -> None:
    if make == "zip":
        held = name.encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("first.txt", b"1")
            entry = zipfile.ZipInfo("p" * len(held) if name.isascii() else name)
            archive.writestr(entry, b"2")
        data = out.getvalue().replace(b"p" * len(held), held)
    else:
        if "\x00" in name:
            pytest.skip("a tar's names end there")
        data = tarred((tarfile.TarInfo("first.txt"), b"1"), (tarfile.TarInfo(name), b"2"))
    with pytest.raises(Refused, match="The archive is not read"):
        read(data)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: tarred((special("x", tarfile.SYMTYPE, "/etc/passwd"), b"")), "link or a device"),
        (lambda: tarred((special("x", tarfile.LNKTYPE, "../y"), b"")), "link or a device"),
        (lambda: tarred((special("x", tarfile.CHRTYPE), b"")), "link or a device"),
        (lambda: tarred((special("x", tarfile.BLKTYPE), b"")), "link or a device"),
        (lambda: tarred((special("x", tarfile.FIFOTYPE), b"")), "link or a device"),
        (lambda: zipped((linked("x", 0o120777), b"/etc/passwd")), "link or a device"),
        (lambda: zipped((linked("x", 0o020666), b"")), "link or a device"),
        (lambda: zipped(("A.txt", b"1"), ("a.txt", b"2")), "two files of the name"),
        (lambda: tarred((tarfile.TarInfo("x"), b"1"), (tarfile.TarInfo("x"), b"2")), "two files of the name"),
        (encrypted, "encrypted"),
        (lambda: zipped(("x.txt", bytes(5_000_000))), "times its size"),
        (lambda: tarred((tarfile.TarInfo("x.txt"), bytes(5_000_000))), "times its size"),
        (lambda: lying(10), "damaged|ends too soon"),
        (lambda: lying(900_000), "damaged|not as large as it says"),
        (overlapping, "damaged|packed in a way"),
        (lambda: zipped(("x", b"words" * 99))[:-30], "damaged"),
        (lambda: tarred((tarfile.TarInfo("x"), b"words" * 9_000))[:60], "damaged"),
        (lambda: gzip.compress(b"no tar at all" * 99), "damaged"),
        (lambda: b"PK\x03\x04" + bytes(300), "damaged"),
        (lambda: b"\x1f\x8b" + bytes(300), "damaged|packed"),
        (compressed_oddly, "packed"),
    ],
)  # fmt: skip
def test_what_is_no_plain_archive_of_files_is_refused(make: Callable[[], bytes], word: str) -> None:
    with pytest.raises(Refused, match=word):
        read(make())


def test_limits_are_held_before_anything_is_unpacked() -> None:
    many = zipped(*((f"{number}.txt", b"") for number in range(12)))
    with pytest.raises(Refused, match="more than 10 files"):
        read(many, Limits(files=10))
    with pytest.raises(Refused, match="larger than 0 MB"):
        read(tarred((tarfile.TarInfo("x"), b"words" * 99)), Limits(each=100))
    with pytest.raises(Refused, match="larger than"):
        read(tarred((tarfile.TarInfo("x"), b"12345"), (tarfile.TarInfo("y"), b"12345")), Limits(total=8, files=1_000))


def test_a_header_that_would_fill_the_memory_is_cut_off() -> None:
    bomb = tarfile.TarInfo("x")
    bomb.pax_headers = {"comment": "0" * 30_000_000}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(bomb)
    with pytest.raises(Refused, match="larger than it may be"):
        read(out.getvalue(), Limits(files=100))


@pytest.mark.parametrize("pack", ["w", "w:gz", "zip"])
def test_files_of_a_sound_archive_come_whole_and_in_order(pack: str) -> None:
    files = {"notes/a.md": b"# A\n" * 50, "b.json": b"[]", "c/d/e.txt": b""}
    if pack == "zip":
        data = zipped(("notes/", b""), *files.items())
    else:
        folder = special("notes", tarfile.DIRTYPE)
        data = tarred((folder, b""), *((tarfile.TarInfo(name), content) for name, content in files.items()), mode=pack)
    assert is_archive(data[:512])
    assert list(read(data).items()) == list(files.items())
    assert not is_archive(b"just a text" * 50)
