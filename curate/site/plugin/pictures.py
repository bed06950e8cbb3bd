"""Show a post's images well: smaller copies in fast formats, room kept for them, the rest loaded when it is reached.

An image's title is its caption or credit and becomes a figure's. Images that somebody else serves, and
``<picture>`` that the person wrote, are left as they are.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from curate.site.plugin.links import file_behind
from curate.site.plugin.scale import NoImage, scale

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from curate.posts.post import Post
    from curate.site.plugin.scale import Scaled

SIZED = "images/sized"  # where copies stand in the site
TOKEN = re.compile(r"\{sized\}/([0-9a-f]{16}-\d+\.[a-z]+)")  # where the way to them is put in
SIZES = "(max-width: 44rem) 94vw, 42rem"
TAG = r"""<img\b(?:"[^"]*"|'[^']*'|[^'">])*>"""
FOUND = re.compile(rf"(?P<own><picture\b.*?</picture>)|<p>\s*(?P<alone>{TAG})\s*</p>|(?P<within>{TAG})", re.DOTALL)
ATTRIBUTE = re.compile(r"""\s([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?""")
SIDES = ("width", "height")
QUOTE = '"'
PICTURES = "pictures"  # the name under which a page's metadata says which copies it shows


def show_images(body: str, post: Post, content: Path, cache: Path) -> tuple[str, dict[str, str], list[str]]:
    """Return the HTML with its images as pages show them, the copies it needs (name to place), and what went wrong.

    ``body`` has passed ``check_links``. An image that cannot be read is shown as it is.
    """
    copies: dict[str, str] = {}
    troubles: list[str] = []
    first = True

    def shown(found: re.Match[str]) -> str:
        nonlocal first
        if found["own"]:
            first = False
            return found[0]
        attributes = _attributes(found["alone"] or found["within"])
        caption = attributes.pop("title", "") if found["alone"] else ""
        lazy, first = not first, False
        markup = _image(attributes, lazy=lazy)
        path = file_behind(attributes.get("src", ""), post.path.parent, content)
        if path is not None and path.suffix.lower() != ".svg":
            try:
                scaled = scale(path, cache)
            except NoImage as error:
                troubles.append(f"{post.path}: the image {path.name} is shown as it is; it cannot be read: {error}.")
            else:
                copies.update({name: str(cache / name) for name in scaled.names})
                markup = _picture(attributes, scaled, lazy=lazy)
        if caption:
            return f"<figure>{markup}<figcaption>{caption}</figcaption></figure>"
        return f"<p>{markup}</p>" if found["alone"] else markup

    return FOUND.sub(shown, body), copies, troubles


def link_copies(text: str, siteurl: str) -> str:
    """Return a page's HTML with the way from it to the copies: ``siteurl`` is the way to the site's root."""
    return TOKEN.sub(lambda found: posixpath.join(siteurl, SIZED, found[1]), text)


def find_copies(contents: list[Any]) -> dict[str, str]:
    """Return the copies that Pelican's articles and pages show: place in the site to place in the cache."""
    shown = [getattr(content, PICTURES, {}) for content in contents]
    return {f"{SIZED}/{name}": place for copies in shown for name, place in copies.items()}


def _attributes(tag: str) -> dict[str, str]:
    """Return a tag's attributes as they are written, without quotes; the first of a name counts."""
    found: dict[str, str] = {}
    for attribute in ATTRIBUTE.finditer(tag.rstrip("/> ") + " "):
        value = next((value for value in attribute.groups()[1:] if value is not None), "")
        found.setdefault(attribute[1].lower(), value.replace('"', "&quot;"))
    return found


def _image(attributes: Mapping[str, str], *, lazy: bool) -> str:
    more = {"loading": "lazy"} if lazy and "loading" not in attributes else {}
    return _tag("img", {**attributes, **more})


def _picture(attributes: Mapping[str, str], scaled: Scaled, *, lazy: bool) -> str:
    """Return an image with its size and, where there are, its copies."""
    said = {**_size(attributes, scaled), **{name: value for name, value in attributes.items() if name not in SIDES}}
    if scaled.fallback:
        said["src"] = f"{{sized}}/{scaled.fallback}"
    image = _image(said, lazy=lazy)
    if not scaled.modern:
        return image
    widths = ", ".join(f"{{sized}}/{name} {width}w" for name, width in scaled.modern)
    return f"<picture>{_tag('source', {'type': scaled.kind, 'srcset': widths, 'sizes': SIZES})}{image}</picture>"


def _size(attributes: Mapping[str, str], scaled: Scaled) -> dict[str, str]:
    """Return width and height: the person's, one of them completed by the other, or the image's own."""
    width, height = (attributes.get(side, "") for side in SIDES)
    if width.isdecimal() and height.isdecimal():
        return {"width": width, "height": height}
    if width.isdecimal():
        return {"width": width, "height": str(max(1, round(int(width) * scaled.height / scaled.width)))}
    if height.isdecimal():
        return {"width": str(max(1, round(int(height) * scaled.width / scaled.height))), "height": height}
    return {"width": str(scaled.width), "height": str(scaled.height)}


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    return f"<{name}{''.join(f' {key}={QUOTE}{value}{QUOTE}' for key, value in attributes.items())}>"
