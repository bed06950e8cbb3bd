"""Pictures without what a camera noted: every pixel as it was, which side is up kept, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
from typing import Any

import lxml.etree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin, features

from curate.posts.bare import Unknown, bare

XMP = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta>CANARY</x:xmpmeta>"
FORMATS = ["JPEG", "PNG", "WEBP", *(["AVIF"] if features.check("avif") else [])]


def noted(form: str, *, side: int = 1, **more: Any) -> bytes:
    """Return a picture with a place, a camera, XMP and a comment in it."""
    image = Image.effect_noise((61, 40), 80).convert("RGB")
    image.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "CANARY", "CANARY II", side
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    if form == "PNG":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_text("Author", "CANARY")
        more["pnginfo"].add_itxt("Comment", "CANARY", zip=True)
    else:
        more["xmp"] = XMP
    if form == "JPEG":
        more["comment"] = b"CANARY"
    out = io.BytesIO()
    image.save(out, form, exif=exif, **more)
    return out.getvalue()


def opened(raw: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


def quiet(raw: bytes) -> bool:
    return b"CANARY" not in raw and not opened(raw).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("side", range(1, 9))
def test_place_camera_and_words_go_and_every_pixel_stays(form: str, side: int) -> None:
    raw = noted(form, side=side)
    assert not quiet(raw)
    made = bare(raw)
    assert quiet(made)
    assert opened(made).tobytes() == opened(raw).tobytes()
    assert opened(made).info.get("xmp") is None
    if form != "AVIF":  # which turns by other means
        assert dict(opened(made).getexif()) == ({0x0112: side} if side > 1 else {})
    assert bare(made) == made


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_colours_stay_as_they_were_meant(form: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = bare(noted(form, icc_profile=profile))
    assert opened(made).info["icc_profile"] == profile


def test_a_progressive_photograph_is_whole() -> None:
    raw = noted("JPEG", progressive=True, side=6)
    made = bare(raw)
    assert quiet(made)
    assert opened(made).tobytes() == opened(raw).tobytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_a_camera_hangs_on_behind_the_picture_goes(form: str) -> None:
    raw = noted(form)
    assert bare(raw + noted("JPEG")) == bare(raw)


def test_a_moving_picture_moves_on() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    for form in ("WEBP", "PNG"):
        out = io.BytesIO()
        frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100)
        assert getattr(opened(bare(out.getvalue())), "n_frames", 0) == 3


def box(kind: bytes, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def film() -> bytes:
    """Return the boxes of a film: the frames, and notes on film and track."""
    track = box(b"trak", box(b"tkhd", b"track"), box(b"udta", b"CANARY"), box(b"meta", b"\0\0\0\0CANARY"))
    movie = box(b"moov", box(b"mvhd", b"movie"), track, box(b"udta", box(b"\xa9xyz", b"+52.52+13.40/CANARY")))
    wide = struct.pack(">I4sQ", 1, b"uuid", 16 + 6) + b"CANARY"
    return box(b"ftyp", b"isom") + movie + box(b"mdat", b"frames") + wide


def test_a_film_loses_its_notes_and_nothing_moves() -> None:
    raw, made = film(), bare(film())
    assert b"CANARY" in raw
    assert b"CANARY" not in made
    assert len(made) == len(raw)
    assert made.index(b"frames") == raw.index(b"frames")
    assert made.count(b"free") == 4


@pytest.mark.skipif("AVIF" not in FORMATS, reason="this Pillow knows no AVIF")
def test_the_film_that_a_phone_hides_in_a_photograph_goes() -> None:
    raw = noted("AVIF")
    made = bare(raw + box(b"mpvd", film()) + box(b"sefd", b"CANARY"))
    assert quiet(made)
    assert b"frames" not in made
    assert opened(made).tobytes() == opened(raw).tobytes()


def test_a_picture_in_jpeg_xl_or_2000_loses_its_notes() -> None:
    for kind, wanted in ((b"JXL ", b"jxlc"), (b"jP  ", b"jp2c")):
        start, picture = box(kind, b"\r\n\x87\n") + box(b"ftyp", b"____"), box(wanted, b"picture")
        notes = [box(name, b"CANARY") for name in (b"Exif", b"xml ", b"brob", b"jumb", b"uuid")]
        assert bare(start + notes[0] + picture + b"".join(notes[1:])) == start + picture


def moving() -> bytes:
    """Return a GIF that plays twice, with comments and XMP before, between and behind its pictures."""
    images = [Image.effect_noise((20, 10), 80) for _ in range(3)]
    out = io.BytesIO()
    images[0].save(out, "GIF", save_all=True, append_images=images[1:], loop=2, duration=70, comment=b"CANARY " * 80)
    xmp = b"\x21\xff\x0bXMP DataXMP" + XMP + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return out.getvalue()[:-1] + xmp + b"\x21\xfe\x06CANARY\0;CANARY"


def test_a_gif_loses_comments_and_notes_and_moves_on() -> None:
    raw = moving()
    made = bare(raw)
    assert b"CANARY" in raw
    assert b"CANARY" not in made
    assert b"XMP" not in made
    before: Any
    after: Any
    with Image.open(io.BytesIO(raw)) as before, Image.open(io.BytesIO(made)) as after:
        assert (after.n_frames, after.info["loop"], after.info["duration"]) == (3, 2, 70)
        for frame in range(3):
            before.seek(frame)
            after.seek(frame)
            assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
    assert bare(made) == made


DRAWING = """<?xml version="1.0"?>
<!-- Made by CANARY -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [<!ENTITY ns_svg "http://www.w3.org/2000/svg"><!-- CANARY -->
<!ENTITY word "Pages"> <!ENTITY away SYSTEM "file:///etc/hostname">]>
<svg xmlns="&ns_svg;" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:i="http://editor.example/" width="9" height="9"
  i:export-filename="/home/CANARY/a.png" onload="alert('CANARY')" viewBox="0 0 9 9">
<title>Pages &amp; nights</title><!--CANARY--><?i CANARY?>
<metadata><i:who>CANARY</i:who></metadata><i:view i:path="CANARY"><path d="CANARY"/></i:view>
<style>a{fill:red}</style><script>CANARY()</script>
<text x="1">&word; <!-- CANARY -->a <tspan>week</tspan><i:note>CANARY</i:note>, less</text>
<a xlink:href=" java&#10;script:CANARY()"><circle r="1" onclick="CANARY()"/></a><a href="https://example.org/">x</a>
<image href="data:image/jpeg;base64,PICTURE" width="9"/>
<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">A<script>CANARY()</script>B</p></foreignObject>
</svg><!-- CANARY -->"""


def test_a_drawing_loses_notes_and_scripts_and_nothing_that_is_seen() -> None:
    picture = noted("JPEG")
    made = bare(DRAWING.replace("PICTURE", base64.b64encode(picture).decode()).encode())
    assert b"CANARY" not in made
    assert b"editor.example" not in made
    root: Any = lxml.etree.fromstring(made)
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{svg}svg"
    assert dict(root.attrib) == {"width": "9", "height": "9", "viewBox": "0 0 9 9"}
    assert [child.tag.removeprefix(svg) for child in root] == [
        "title",
        "style",
        "text",
        "a",
        "a",
        "image",
        "foreignObject",
    ]
    assert "".join(root[2].itertext()) == "Pages a week, less"
    assert "".join(root[6].itertext()) == "AB"
    assert [dict(link.attrib) for link in root.iter(f"{svg}a")] == [{}, {"href": "https://example.org/"}]
    inside = base64.b64decode(str(root[5].get("href")).partition(",")[2])
    assert inside == bare(picture)
    assert bare(made) == made


@pytest.mark.parametrize(
    "raw",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"  ><g id="a"/></svg>\n',
        b"<html><!-- a page --><svg></svg><script>x</script></html>",
        b"<!-- -->" * 5000 + b"<html></html>",
        b"<?xml version='1.0'?><feed><!-- words --></feed>",
    ],
)
def test_a_drawing_without_notes_and_other_markup_stay_as_they_are(raw: bytes) -> None:
    assert bare(raw) == raw


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.4 words", b"<svg/>", b"GIF89a", b"RIFF____WAVE", b"\x89PNG"])
def test_what_is_no_photograph_is_left_as_it_is(raw: bytes) -> None:
    assert bare(raw) == raw


NOTED = {**{form: noted(form) for form in FORMATS}, "GIF": moving(), "SVG": DRAWING.encode()}
SPOILT = {
    "raw of one maker": b"II*\0raw picture",
    "raw of another": b"MM\0*raw picture",
    "nothing but a beginning": b"\xff\xd8\xff",
    "no segment where one must be": b"\xff\xd8\xff\xe0\0\x04__none",
    "a box beyond the end": box(b"ftyp", b"avif") + struct.pack(">I4s", 999, b"meta") + b"CANARY",
    "a picture in one box": box(b"ftyp", b"mif3") + box(b"mini", b"CANARY"),
    "a drawing no browser shows": b"<svg><!-- CANARY --><g></svg>",
    "a drawing that grows": b"<!DOCTYPE svg ["
    + b"".join(b'<!ENTITY a%d "%s">' % (n + 1, b"&a%d;" % n * 10 if n else b"lol" * 10) for n in range(10))
    + b"]><svg>&a10;</svg>",
    "a GIF with something else in it": moving()[:-7] + b"CANARY",
    "notes, and nothing says where": noted("AVIF").replace(b"iloc", b"cloc") if "AVIF" in FORMATS else b"II*\0",
}


@pytest.mark.parametrize("raw", SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_told_from_its_notes_is_refused(raw: bytes) -> None:
    with pytest.raises(Unknown):
        bare(raw)


@settings(max_examples=300)
@given(st.sampled_from([*NOTED]), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8), st.data())
def test_whatever_is_spoilt_is_made_bare_or_refused(
    form: str, flips: list[tuple[int, int]], data: st.DataObject
) -> None:
    raw = bytearray(NOTED[form])
    for place, value in flips:
        raw[place % len(raw)] = value
    cut = data.draw(st.integers(4, len(raw)))
    with contextlib.suppress(Unknown):
        bare(bytes(raw[:cut]))
