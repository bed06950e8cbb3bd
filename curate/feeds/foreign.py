"""Read another program's list of feeds as far as it can be read, however carelessly it was written.

Pure. Opens no file, resolves no entity and no address. Knows elements and attributes; which outline
is a feed is opml's business.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from curate.feeds.outline import Node, Unreadable, as_utf8, read_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

BARE = re.compile(rb"&(?!#?\w{1,31};)")
ATTRIBUTE = re.compile(
    rb'''\s(?:text|title|type|xmlUrl|htmlUrl|url|description|language|version|category)\s*=\s*"''', re.IGNORECASE
)
NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BOUND = {"xml": ""}  # the one prefix that needs no declaration


def read_foreign(data: bytes) -> tuple[Node, bytes]:
    """Return the root of the list in ``data``, and the bytes its nodes lie in: none when it had to be mended.

    Strictly when that works, else as far as it can be read. Raises Unreadable when it is no XML at all.
    """
    text = as_utf8(data).strip()
    try:
        return self_contained(read_nodes(text)), text
    except Unreadable:
        return self_contained(_mended(text)), b""


def self_contained(root: Node) -> Node:
    """Let each element below ``root`` declare the prefixes of its own attributes, and only those; return ``root``.

    Attributes whose prefix nobody declares go: anywhere else they would make the list ill-formed.
    """
    waiting: list[tuple[Node, dict[str, str]]] = [(root, BOUND)]
    while waiting:
        node, scope = waiting.pop()
        declared = {name[6:]: uri for name, uri in node.attrib.items() if name.startswith("xmlns:")}
        if declared:
            scope = {**scope, **declared}
        if node is not root and any(":" in name or not NAME.fullmatch(name) for name in node.attrib):
            node.attrib = _plain(node.attrib, scope)
        waiting.extend((child, scope) for child in node.children)
    return root


def _plain(attributes: dict[str, str], scope: dict[str, str]) -> dict[str, str]:
    kept, needed = {}, {}
    for name, value in attributes.items():
        prefix = name.partition(":")[0] if ":" in name else ""
        if not NAME.fullmatch(name) or prefix == "xmlns" or (prefix and prefix not in scope):
            continue
        if scope.get(prefix):
            needed[f"xmlns:{prefix}"] = scope[prefix]
        kept[name] = value
    return kept | needed


def _mended(text: bytes) -> Node:
    """Read ``text`` with its usual faults mended, else as far as it goes; entities stay unresolved."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring
    from lxml import etree

    mends: tuple[Callable[[bytes], bytes], ...] = (bytes, _ampersands, _quotes)
    for mend in mends:
        text = mend(text)
        try:
            return _node(fromstring(text))
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            continue
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("is no list of feeds") from error
    if root is None:
        raise Unreadable("is no list of feeds")
    return _node(root)


def _node(root: Any) -> Node:  # noqa: ANN401 - an element of either library
    """Return what an XML library read as nodes without a place."""
    top = Node(str(root.tag), {}, 0)
    waiting = [(root, top)]
    while waiting:
        element, node = waiting.pop()
        node.attrib = {str(name): NO_CHARACTER.sub("", str(value)) for name, value in element.attrib.items()}
        for child in element:
            if isinstance(child.tag, str):  # else a comment or an entity
                below = Node(child.tag, {}, 0)
                node.children.append(below)
                waiting.append((child, below))
    return top


def _ampersands(text: bytes) -> bytes:
    """Escape ampersands that begin no reference, the most frequent fault."""
    return BARE.sub(b"&amp;", text)


def _quotes(text: bytes) -> bytes:
    """Escape quotation marks and brackets in an outline's attributes: a value ends where the next one begins."""
    parts = []
    for chunk in re.split(rb"(?=<outline\b)", text):
        starts = list(ATTRIBUTE.finditer(chunk)) if chunk.startswith(b"<outline") else []
        position = starts[0].start() if starts else 0
        parts.append(chunk[:position])
        for match, after in itertools.zip_longest(starts, starts[1:]):
            position = after.start() if after else chunk.rfind(b'"') + 1
            value = chunk[match.end() : position].rstrip().removesuffix(b'"')
            for char, escaped in ((b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;")):
                value = value.replace(char, escaped)
            parts.append(match[0] + value + b'"')
        parts.append(chunk[position:])
    return b"".join(parts)
