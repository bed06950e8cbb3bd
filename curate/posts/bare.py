"""Take out of a picture what its camera noted: where it was taken, when, with what, by whom. No pixel changes.

Knows the parts of JPEG, PNG, WebP, GIF, JPEG XL and 2000, and of the family of AVIF, HEIC, MP4 and MOV; keeps of the
notes which side is up. Pure: bytes in, bytes out. https://exiftool.org/TagNames/ shows what all may be noted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple
from zlib import crc32

from curate.posts.drawings import bare_drawing, is_drawing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PNG = b"\x89PNG\r\n\x1a\n"
SHOWN = {  # the parts of a PNG that say how it looks
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD"),
    *(b"pHYs", b"acTL", b"fcTL", b"fdAT"),
}
FRAMES = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}  # the same of a WebP
NEEDED = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}  # and of a JPEG's application segments
NEVER = b"\0none"
NOTED_IN = {*range(0xE0, 0xF0), 0xFE}  # a JPEG's segments for applications and comments
EXIF, SCAN, END = 0xE1, 0xDA, 0xD9
AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # the first that is a marker and no part of the scan
GIF = (b"GIF87a", b"GIF89a")
GIF_HEAD = 13  # bytes
PLAYS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0", b"\x0bICCRGBG1012")  # a GIF's extensions: how often it plays, colours
HEAD = b"Exif\0\0"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # raw pictures of many cameras, too
ORIENTATION = 0x0112
CONTAINERS = {b"moov", b"trak", b"moof", b"traf"}
NOTES = {b"udta", b"meta", b"uuid"}  # in films: place, time and maker
PICTURE = {b"ftyp", b"meta", b"mdat"}  # what an AVIF or HEIC is made of; phones hide films in other boxes
JPEGS = {b"JXL ", b"jP  "}  # JPEG XL and 2000, where nothing is found by its place
WORDS = {b"Exif", b"xml ", b"brob", b"jumb", b"uuid"}  # their notes
NOTED = {b"Exif", b"mime", b"uri "}  # in AVIF and HEIC: the kinds of item that are no picture


class Unknown(ValueError):
    """The notes in a picture cannot be told from the picture."""


def bare(raw: bytes) -> bytes:
    """Return a file as it may be public: a picture without notes, anything else as it is. Raises Unknown."""
    kinds = (
        (raw.startswith(b"\xff\xd8\xff"), _jpeg),
        (raw.startswith(PNG), _png),
        (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP", _webp),
        (raw.startswith(GIF) and len(raw) > GIF_HEAD, _gif),
        (raw[4:8] == b"ftyp", _boxed),
        (raw[4:8] in JPEGS, _unboxed),
        (is_drawing(raw), _drawing),
        (raw.startswith(TIFF), _refused),
    )
    make = next((make for fits, make in kinds if fits), None)
    try:
        return make(raw) if make else raw
    except (IndexError, ValueError) as error:
        raise Unknown from error


def _refused(raw: bytes) -> bytes:
    raise Unknown(raw[:4])


def _drawing(raw: bytes) -> bytes:
    return bare_drawing(raw, bare)


def _unboxed(raw: bytes) -> bytes:
    return b"".join([raw[box.begin : box.end] for box in _boxes(raw, 0, len(raw)) if box.kind not in WORDS])


def _jpeg(raw: bytes) -> bytes:
    """Keep the segments that are needed to see it, up to its end: some cameras add whole pictures there."""
    parts, place = [raw[:2]], 2
    while place < len(raw):
        start = place
        while raw[place + 1] == 0xFF:  # fill
            place += 1
        marker = raw[place + 1]
        if marker == END:
            return b"".join([*parts, b"\xff\xd9"])
        end = place + 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
        if raw[start] != 0xFF or end > len(raw):
            raise Unknown
        inside = raw[place + 4 : end]
        if marker == EXIF:
            said = HEAD + _upright(inside.removeprefix(HEAD))
            parts.append(b"\xff\xe1" + (len(said) + 2).to_bytes(2, "big") + said if said != HEAD else b"")
        elif marker not in NOTED_IN or inside.startswith(NEEDED.get(marker, NEVER)):
            parts.append(raw[place:end])
        if marker == SCAN:
            found = AFTER_SCAN.search(raw, end)
            after = found.start() if found else len(raw)
            parts.append(raw[end:after])
            end = after
        place = end
    return b"".join(parts)


def _png(raw: bytes) -> bytes:
    parts, place = [PNG], len(PNG)
    while place < len(raw):
        end = place + 12 + int.from_bytes(raw[place : place + 4], "big")
        kind = raw[place + 4 : place + 8]
        said = _upright(raw[place + 8 : end - 4]) if kind == b"eXIf" else b""
        if said:
            parts += [len(said).to_bytes(4, "big"), kind, said, crc32(kind + said).to_bytes(4, "big")]
        elif kind in SHOWN:
            parts.append(raw[place:end])
        if kind == b"IEND":
            break
        place = end
    return b"".join(parts)


def _webp(raw: bytes) -> bytes:
    parts, place, upright = [], 12, b""
    while place + 8 <= len(raw):
        kind, size = raw[place : place + 4], int.from_bytes(raw[place + 4 : place + 8], "little")
        end = place + 8 + size + size % 2
        if kind == b"EXIF":
            upright = _upright(raw[place + 8 : end].removeprefix(HEAD))
        elif kind in FRAMES:
            parts.append(raw[place:end])
        place = end
    if parts and parts[0].startswith(b"VP8X"):
        flags = parts[0][8] & ~0x0C | (0x08 if upright else 0)  # whether there are XMP and EXIF
        parts[0] = parts[0][:8] + bytes([flags]) + parts[0][9:]
        parts.append(b"EXIF" + len(upright).to_bytes(4, "little") + upright if upright else b"")
    inside = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


def _gif(raw: bytes) -> bytes:
    """Leave out comments and what programs noted, and whatever follows the end."""
    place = GIF_HEAD + _table(raw[10])
    parts = [raw[:place]]
    while place < len(raw):
        start, kind = place, raw[place]
        if kind == 0x3B:
            return b"".join([*parts, b";"])
        if kind == 0x2C:  # a picture
            place += 11 + _table(raw[place + 9])
        elif kind == 0x21:
            place += 2
        else:
            raise Unknown
        while place < len(raw) and raw[place]:  # blocks, each with its length before it
            place += 1 + raw[place]
        place += 1
        noted = kind == 0x21 and raw[start + 1] in {0xFE, 0xFF} and not raw.startswith(PLAYS, start + 2)
        parts.append(b"" if noted else raw[start:place])
    return b"".join(parts)


def _table(flags: int) -> int:
    """Return how many bytes a GIF's table of colours takes, by the flags before it."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _upright(tiff: bytes) -> bytes:
    """Return notes that say of ``tiff`` which side is up, and nothing else; nothing when it is upright."""
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"

    def number(place: int, size: int) -> int:
        return int.from_bytes(tiff[place : place + size], order)

    first = number(4, 4)
    entries = range(first + 2, min(first + 2 + 12 * number(first, 2), len(tiff)), 12)
    side = next((number(place + 8, 2) for place in entries if number(place, 2) == ORIENTATION), 1)
    if not 1 < side <= 8:
        return b""
    return b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([side]) + bytes(6)


def _boxed(raw: bytes) -> bytes:
    """Blank the notes where they lie: everything else is found by its place, which must not move."""
    out = bytearray(raw)
    boxes = list(_boxes(raw, 0, len(raw)))
    film = any(box.kind == b"moov" for box in boxes)
    for box in boxes:
        if box.kind == b"meta" and any(each.kind == b"iinf" for each in _boxes(raw, box.start + 4, box.end)):
            _blank_items(raw, out, {each.kind: each for each in _boxes(raw, box.start + 4, box.end)})
        elif film:
            _blank_notes(raw, out, box)
        elif box.kind == b"mini":  # a picture and its notes in one
            raise Unknown
        elif box.kind not in PICTURE:
            _blank(out, box)
    return bytes(out)


class _Box(NamedTuple):
    """A part of a file: where it begins, what it is called, where what is in it starts and ends."""

    begin: int
    kind: bytes
    start: int
    end: int


def _boxes(raw: bytes, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        size, kind, head = int.from_bytes(raw[start : start + 4], "big"), raw[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(raw[start + 8 : start + 16], "big"), 16
        stop = start + size if size else end
        if stop < start + head or stop > end:
            raise Unknown
        yield _Box(start, kind, start + head, stop)
        start = stop


def _blank_notes(raw: bytes, out: bytearray, box: _Box) -> None:
    """Make free space of a box of notes, or of those in it."""
    if box.kind in NOTES:
        _blank(out, box)
    elif box.kind in CONTAINERS:
        for inner in _boxes(raw, box.start, box.end):
            _blank_notes(raw, out, inner)


def _blank(out: bytearray, box: _Box) -> None:
    out[box.begin + 4 : box.begin + 8] = b"free"
    out[box.start : box.end] = bytes(box.end - box.start)


def _blank_items(raw: bytes, out: bytearray, boxes: Mapping[bytes, _Box]) -> None:
    """Blank the items of an AVIF or HEIC that are no pictures, and call them otherwise."""
    start = boxes[b"iinf"].start
    noted = set()
    for box in _boxes(raw, start + (6 if raw[start] == 0 else 8), boxes[b"iinf"].end):
        wide = 2 if raw[box.start] == 2 else 4
        named = box.start + 4 + wide + 2
        if box.kind == b"infe" and raw[box.start] >= 2 and raw[named : named + 4] in NOTED:
            noted.add(int.from_bytes(raw[box.start + 4 : box.start + 4 + wide], "big"))
            out[named : named + 4] = b"skip"
    if noted and b"iloc" not in boxes:
        raise Unknown
    data = boxes[b"idat"].start if b"idat" in boxes else 0
    for item, begin, length in _extents(raw, boxes[b"iloc"], data) if noted else ():
        if item in noted:
            out[begin : begin + length] = bytes(length)


def _extents(raw: bytes, box: _Box, data: int) -> Iterator[tuple[int, int, int]]:
    """Yield (item, where, how long) of each piece of an item; ``data`` is where those begin that the box holds."""
    version, sizes, place = raw[box.start], raw[box.start + 4 : box.start + 6], box.start + 6
    offset, length, base, index = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4, sizes[1] & 15
    wide = 4 if version == 2 else 2

    def take(size: int) -> int:
        nonlocal place
        place += size
        if place > box.end:
            raise Unknown
        return int.from_bytes(raw[place - size : place], "big")

    for _ in range(take(wide)):
        item = take(wide)
        inside = take(2) & 15 if version else 0
        take(2)
        begin = take(base) + (data if inside == 1 else 0)
        for _ in range(take(2)):
            take(index if version else 0)
            where, long = begin + take(offset), take(length)
            if where + long > len(raw):
                raise Unknown
            yield item, where, long or len(raw) - where
