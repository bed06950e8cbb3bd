"""Take out of a drawing (SVG) what its editor noted, such as folders and names, and whatever would run.

Nothing that is seen changes. Pure: bytes in, bytes out; a drawing with nothing to take out stays as it is.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# ruff: noqa: ANN401 - lxml's stubs know no comments and instructions among the elements

BEGINNING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>)*+<(?:\w+:)?svg\b", re.DOTALL
)
SVG, XHTML = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"
SEEN = {"", SVG, XHTML, "http://www.w3.org/1998/Math/MathML"}  # whose elements are drawn; others are an editor's own
KNOWN = {"", "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"}  # whose attributes say something
NOTED = {"metadata", "script", "handler", "iframe", "object", "embed"}
EMBEDDED = re.compile(r"(\s*data:image/[\w.+-]+;base64,)(.*)", re.DOTALL)


def is_drawing(raw: bytes) -> bool:
    """Say whether a file is an SVG."""
    return BEGINNING.match(raw) is not None


def bare_drawing(raw: bytes, bare: Callable[[bytes], bytes]) -> bytes:
    """Return the drawing without notes and scripts; ``bare`` does the same for the pictures inside.

    Raises ValueError when it cannot be read: then no browser shows it, either.
    """
    from lxml import etree

    within: Any = "internal"  # entities of the file itself; the stubs are older
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=within, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    before = root.getroottree().docinfo.internalDTD is not None or root.getprevious() is not None
    changed = before or root.getnext() is not None  # what stands around the drawing is not written again
    for node in list(root.iter()):
        if node is not root and _is_noted(node):
            _drop(node)
            changed = True
        elif isinstance(node.tag, str):
            changed = _quieten(node, bare) or changed
    if not changed:
        return raw
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="utf-8")


def _is_noted(node: Any) -> bool:
    """Say whether an element, comment or instruction is one that nobody sees."""
    if not isinstance(node.tag, str):
        return True
    space, name = _parts(node.tag)
    return space not in SEEN or name.lower() in NOTED


def _parts(name: str) -> tuple[str, str]:
    space, _, plain = name.rpartition("}")
    return space.removeprefix("{"), plain


def _drop(node: Any) -> None:
    """Take a node out, and leave the text behind it where it stands."""
    parent, text = node.getparent(), node.tail
    if parent is None:
        return  # it went with what it was in
    before = node.getprevious()
    if text and before is not None:
        before.tail = (before.tail or "") + text
    elif text:
        parent.text = (parent.text or "") + text
    parent.remove(node)


def _quieten(node: Any, bare: Callable[[bytes], bytes]) -> bool:
    """Take out the attributes that are an editor's or run something, and what pictures note; say whether any was."""
    changed = False
    for name, value in list(node.attrib.items()):
        space, plain = _parts(str(name))
        text = str(value)
        runs = plain.lower().startswith("on") or re.sub(r"[\x00-\x20]", "", text).lower().startswith("javascript:")
        if space not in KNOWN or runs:
            del node.attrib[name]
            changed = True
            continue
        picture = EMBEDDED.fullmatch(text)
        if picture:
            inside = b64decode(picture[2])
            quiet = bare(inside)
            if quiet != inside:
                node.attrib[name] = picture[1] + b64encode(quiet).decode()
                changed = True
    return changed
