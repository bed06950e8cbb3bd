"""Make of one image what pages need: its size, and smaller copies in formats that load fast, without what a camera noted.

Copies are kept in a cache under a digest of the image, so an image is worked on once. Knows no page.
"""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps, features

from curate.desk.folder import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RECIPE = b"1"  # changes when copies are made differently
WIDTHS = (760, 1520)  # pixels: the column of text on a plain and on a dense screen
MOST = 100_000  # bytes a copy should have at most
SMALL = 24_000  # bytes: an image of at most that many which fits the column is shown as it is
LARGEST = 50_000_000  # pixels
QUALITIES = {"AVIF": (62, 52, 42, 32), "WEBP": (80, 70, 58, 45), "JPEG": (84, 74, 64, 52)}
SHADES = 256  # of a PNG that would be too large


class NoImage(ValueError):
    """The file is not an image that can be made smaller."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """An image's size as it is shown, and the names of its copies in the cache.

    ``fallback`` is for browsers that know none of the new formats; "" when the image itself serves.
    ``modern`` are (name, width), narrowest first, all of the type ``kind``; none when they would not be smaller.
    """

    width: int
    height: int
    fallback: str = ""
    kind: str = ""
    modern: tuple[tuple[str, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all copies."""
        return (*filter(None, [self.fallback]), *(name for name, _ in self.modern))


def scale(path: Path, cache: Path) -> Scaled:
    """Return what pages need of the image at ``path``, making the copies that ``cache`` lacks. Raises NoImage."""
    raw = path.read_bytes()
    digest = sha256(RECIPE + raw).hexdigest()[:16]
    known = cache / f"{digest}.json"
    if known.is_file():
        said = json.loads(known.read_bytes())
        return Scaled(**said | {"modern": tuple((name, width) for name, width in said["modern"])})
    scaled, copies = _scale(raw, digest)
    for name, data in copies.items():
        write_whole(cache / name, data)
    write_whole(known, json.dumps(asdict(scaled)))  # last: what it names is there
    return scaled


def _scale(raw: bytes, digest: str) -> tuple[Scaled, dict[str, bytes]]:
    image, moving = _open(raw)
    width, height = image.size
    if moving or (len(raw) <= SMALL and width <= WIDTHS[0]):
        return Scaled(width=width, height=height), {}
    opaque = not image.has_transparency_data
    plain = _resized(image.convert("RGB" if opaque else "RGBA"), min(width, WIDTHS[0]))
    suffix, data = _fallback(plain, opaque=opaque)
    copies = {}
    if len(data) < len(raw):
        copies[f"{digest}-{plain.width}.{suffix}"] = data
    fallback = next(iter(copies), "")
    form = "AVIF" if features.check("avif") else "WEBP"
    modern = []
    for wide in _widths(width):
        name = f"{digest}-{wide}.{form.lower()}"
        smaller = _saved(_resized(image.convert("RGB" if opaque else "RGBA"), wide), form)
        if wide == plain.width and len(smaller) >= min(len(data), len(raw)):
            break  # a drawing of few colours: the new format gains nothing
        copies[name] = smaller
        modern.append((name, wide))
    kind = f"image/{form.lower()}" if modern else ""
    return Scaled(width=width, height=height, fallback=fallback, kind=kind, modern=tuple(modern)), copies


def _open(raw: bytes) -> tuple[Image.Image, bool]:
    """Return the image upright and in the web's colours, and whether it moves. Raises NoImage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(raw))
            if opened.width * opened.height > LARGEST:
                raise NoImage(f"it has {opened.width:,} × {opened.height:,} pixels")
            moving = bool(getattr(opened, "is_animated", False))
            profile = opened.info.get("icc_profile")
            image: Image.Image = ImageOps.exif_transpose(opened)
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NoImage(str(error)) from error
    if profile and image.mode in ("RGB", "RGBA") and not moving:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the colours as they are
    return image, moving


def _widths(width: int) -> Iterable[int]:
    """Return the widths of the copies of an image: never wider than it is."""
    return dict.fromkeys(min(width, wide) for wide in WIDTHS)


def _resized(image: Image.Image, width: int) -> Image.Image:
    if width == image.width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _fallback(image: Image.Image, *, opaque: bool) -> tuple[str, bytes]:
    """Return the copy every browser shows: PNG for drawings and what can be seen through, else JPEG."""
    drawing = _png(image)
    if opaque:
        photo = _saved(image, "JPEG")
        return ("png", drawing) if len(drawing) <= len(photo) else ("jpg", photo)
    if len(drawing) > MOST:
        drawing = _png(image.quantize(SHADES, Image.Quantize.FASTOCTREE))
    return "png", drawing


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _saved(image: Image.Image, form: str) -> bytes:
    """Save in the best quality that is small enough; else in the least."""
    more = {"AVIF": {"speed": 6, "max_threads": 1}, "WEBP": {"method": 6}, "JPEG": {"optimize": True}}[form]
    data = b""
    for quality in QUALITIES[form]:
        out = io.BytesIO()
        image.save(out, form, quality=quality, **more)
        data = out.getvalue()
        if len(data) <= MOST:
            break
    return data
