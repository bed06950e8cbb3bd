"""The image of a share: what it may be, where it may lie, and that it has words."""

from __future__ import annotations

import io
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from curate.errors import UsageError
from curate.shares.pictures import LARGEST, Attached, bare_picture, read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shares.conftest import Ledger

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


def image(book: Ledger, data: bytes, name: str = "a.png") -> Path:
    path = book.desk.content / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data", [PNG, b"\xff\xd8\xff\xd9 a JPEG", b"RIFF\x00\x00\x00\x00WEBPVP8 ", PNG.ljust(LARGEST, b"x")]
)
def test_an_image_is_kept_by_its_path_in_the_desk_and_its_hash(book: Ledger, data: bytes) -> None:
    path = image(book, data)
    assert read_picture(book.desk, path, "  A curve\n that falls ") == Attached(
        path="content/images/a.png", hash=sha256(data).hexdigest(), alt="A curve that falls"
    )


@pytest.mark.parametrize(
    ("data", "alt", "word"),
    [
        (PNG, " ", "no description"),
        (PNG.ljust(LARGEST + 1, b"x"), "Large", "larger than 1,000,000 bytes"),
        (b"GIF89a", "A film", "not a PNG"),
        (b"", "Nothing", "not a PNG"),
        (b"<svg/>", "A drawing", "not a PNG"),
        (b"\xff\xd8\xff none", "Spoilt", "is damaged"),
    ],
)
def test_what_no_network_would_take_is_refused(book: Ledger, data: bytes, alt: str, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_picture(book.desk, image(book, data), alt)
    assert word in caught.value.message
    assert caught.value.hint


def test_an_image_lies_in_the_desk_whatever_points_to_it(book: Ledger, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(PNG)
    link = image(book, b"", "link.png")
    link.unlink()
    link.symlink_to(outside)
    for path in (outside, link, book.desk.content / ".." / ".." / "outside.png"):
        with pytest.raises(UsageError, match="does not lie in the desk"):
            read_picture(book.desk, path, "Alt")


def test_what_cannot_be_read_is_said(book: Ledger) -> None:
    image(book, PNG)
    for name in ("nothing.png", "", "a\0b"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_picture(book.desk, book.desk.content / "images" / name, "Alt")


def test_an_image_goes_out_without_what_its_camera_noted(book: Ledger) -> None:
    noted = Image.Exif()
    noted[0x0110] = "CANARY"
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG", exif=noted)
    path = image(book, out.getvalue(), "taken.jpg")
    one = read_picture(book.desk, path, "A pager")
    book.account("mastodon")
    share = replace(book.share(), image=one.path, image_hash=one.hash, alt=one.alt)
    picture = bare_picture(book.desk, share)
    assert picture is not None
    assert picture.alt == "A pager"
    assert b"CANARY" not in picture.data
    with Image.open(io.BytesIO(picture.data)) as sent, Image.open(path) as taken:
        assert sent.tobytes() == taken.tobytes()
    path.write_bytes(out.getvalue() + b"x")
    assert bare_picture(book.desk, share) is None
    path.unlink()
    assert bare_picture(book.desk, share) is None
