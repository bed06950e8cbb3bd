"""Make smaller copies of an image, in formats that load fast, without what a camera noted about place and person.

Pure: bytes in, bytes out. The same image gives the same bytes, on one version of Pillow.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms, ImageOps, features

from curate.site.plugin.scale import NoImage, Scaled

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTHS = (760, 1520)  # pixels: the column of text on a plain and on a dense screen
MOST = 100_000  # bytes a copy should have at most
SMALL = 24_000  # bytes: an image of at most that many which fits the column is shown as it is
LARGEST = 50_000_000  # pixels
QUALITIES = {"AVIF": (62, 52, 42, 32), "WEBP": (80, 70, 58, 45), "JPEG": (84, 74, 64, 52)}
SHADES = 256  # of a PNG that would be too large
MORE: dict[str, dict[str, Any]] = {
    "AVIF": {"speed": 6, "max_threads": 1},  # more threads, and the bytes would depend on the machine
    "WEBP": {"method": 6},
    "JPEG": {"optimize": True},
}


def shrink(raw: bytes, digest: str) -> tuple[Scaled, dict[str, bytes]]:
    """Return what a page needs of an image, and the copies by their names, which begin with ``digest``.

    Raises NoImage when it cannot be read or is too large to be worked on.
    """
    image, moving = _open(raw)
    width, height = image.size
    if moving or (len(raw) <= SMALL and width <= WIDTHS[0]):
        return Scaled(width=width, height=height), {}
    opaque = not image.has_transparency_data
    image = image.convert("RGB" if opaque else "RGBA")
    plain = _resized(image, min(width, WIDTHS[0]))
    suffix, data = _fallback(plain, opaque=opaque)
    fallback = f"{digest}-{plain.width}.{suffix}" if len(data) < len(raw) else ""
    copies = {fallback: data} if fallback else {}
    form = "AVIF" if features.check("avif") else "WEBP"
    modern = {}
    for wide in _widths(width):
        smaller = _saved(_resized(image, wide), form)
        if wide == plain.width and len(smaller) >= min(len(data), len(raw)):
            break  # a drawing of few colours: the new format gains nothing
        modern[f"{digest}-{wide}.{form.lower()}"] = (wide, smaller)
    copies |= {name: smaller for name, (_, smaller) in modern.items()}
    scaled = Scaled(
        width=width,
        height=height,
        fallback=fallback,
        kind=f"image/{form.lower()}" if modern else "",
        modern=tuple((name, wide) for name, (wide, _) in modern.items()),
    )
    return scaled, copies


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
    data = b""
    for quality in QUALITIES[form]:
        out = io.BytesIO()
        image.save(out, form, quality=quality, **MORE[form])
        data = out.getvalue()
        if len(data) <= MOST:
            break
    return data
