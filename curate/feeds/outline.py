"""Change an XML outline in place: know where each element lies in the bytes, insert and cut lines there.

Pure. Knows elements, indentation and line ends; nothing of feeds. What a change does not concern
stays byte for byte.
"""

from __future__ import annotations

import codecs
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DECLARED = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")
START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
ATTRIBUTE = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")


class Unreadable(ValueError):
    """The bytes are not an outline; the message is the rest of a sentence about the file."""


@dataclass(eq=False)
class Node:
    """An element: its name, its attributes, its children, and where it begins and ends in the bytes.

    ``closing`` is where its end tag begins; the element is ``empty`` when it has none.
    """

    tag: str
    attrib: dict[str, str]
    start: int
    closing: int = 0
    end: int = 0
    empty: bool = False
    children: list[Node] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        """Give the children, as elements of the usual XML libraries do."""
        return iter(self.children)


@dataclass
class Branch:
    """What is to be added somewhere: whole elements, outlines (their attributes) and, by name, folders of more.

    ``attributes`` are the folder's own, beside its name.
    """

    outlines: list[dict[str, str]] = field(default_factory=list)
    folders: dict[str, Branch] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    elements: list[str] = field(default_factory=list)

    def at(self, names: Iterable[str], attributes: Iterable[dict[str, str]] = ()) -> Branch:
        """Return the branch below, made as needed (then with its ``attributes``), that ``names`` lead to."""
        branch = self
        for name, own in itertools.zip_longest(names, attributes):
            branch = branch.folders.setdefault(name, Branch(attributes=own or {}))
        return branch

    def lines(self, indent: str, unit: str) -> Iterator[str]:
        """Give the lines of XML, each with its indentation."""
        for element in self.elements:
            yield f"{indent}{element}"
        for attributes in self.outlines:
            yield f"{indent}<outline{written(attributes)}/>"
        for name, branch in self.folders.items():
            yield f"{indent}<outline{written({'text': name, 'title': name} | branch.attributes)}>"
            yield from branch.lines(indent + unit, unit)
            yield f"{indent}</outline>"


def written(attributes: Mapping[str, str]) -> str:
    """Return ``attributes`` as they stand in a tag, each after a blank."""
    return "".join(f" {name}={_quoted(value)}" for name, value in attributes.items())


def as_utf8(data: bytes) -> bytes:
    """Return ``data`` without a byte order mark; what was UTF-16 becomes UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace").lstrip()
        return re.sub(r"\A<\?xml.*?\?>", '<?xml version="1.0" encoding="UTF-8"?>', text, flags=re.DOTALL).encode()
    return data.removeprefix(codecs.BOM_UTF8)


def read_nodes(data: bytes) -> Node:
    """Return the root of the XML in ``data``. Raises Unreadable, with line and column of what is wrong."""
    parser = expat.ParserCreate()
    open_nodes: list[Node] = []
    roots: list[Node] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, attributes, parser.CurrentByteIndex)
        (open_nodes[-1].children if open_nodes else roots).append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        node = open_nodes.pop()
        tag = START_TAG.match(data, node.start)
        node.empty = tag is not None and tag[0].endswith(b"/>")
        node.closing = parser.CurrentByteIndex
        node.end = node.closing if node.empty else data.index(b">", node.closing) + 1

    def entity(name: str, *_: object) -> None:
        raise Unreadable(f"declares the entity “{name}”, which curate does not resolve")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise Unreadable(f"is not well-formed XML: line {error.lineno}, column {error.offset + 1}: {what}") from error
    except (ValueError, LookupError) as error:  # an encoding Python's expat does not take
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"is in an encoding that cannot be read ({error})") from error
    return roots[0]


def inserted(data: bytes, root: Node, additions: Iterable[tuple[Node, Branch]]) -> bytes:
    """Return ``data`` with each branch added at the end of its node, indented like its neighbours."""
    first = _indent(data, root.children[0].start) if root.children else None
    unit = first.decode() if first else "\t" if b"\n\t" in data else "  "
    return _spliced(data, [_insertion(data, node, branch, unit) for node, branch in additions])


def removed(data: bytes, nodes: Iterable[Node]) -> bytes:
    """Return ``data`` without the tags of ``nodes``, and without the lines they stood on alone."""
    cuts = []
    for node in nodes:
        if node.children:  # what is inside stays
            opened = START_TAG.match(data, node.start)
            cuts.append(_cut(data, node.start, opened.end() if opened else node.start))
            cuts.append(_cut(data, node.closing, node.end))
        else:
            cuts.append(_cut(data, node.start, node.end))
    return _spliced(data, cuts)


def changed(data: bytes, nodes: Iterable[Node], changes: Mapping[str, str | None]) -> bytes:
    """Return ``data`` with attributes of ``nodes`` set, or with None taken away; all other bytes stay.

    A name is found in any case, and written as given when it was not there.
    """
    splices = []
    for node in nodes:
        opened = START_TAG.match(data, node.start)
        place, left = node.start + 1 + len(node.tag.encode()), dict(changes)
        names = {name.lower(): name for name in changes}
        for found in ATTRIBUTE.finditer(data, place, opened.end() if opened else place):
            place = found.end()
            name = names.get(found[1].decode("latin-1").lower())
            if name is None:
                continue
            value = left.pop(name, None)
            splices.append(
                (found.start(), found.end(), "") if value is None else (found.start(2), found.end(2), _quoted(value))
            )
        added = written({name: value for name, value in left.items() if value is not None})
        if added:
            splices.append((place, place, added))
    return _spliced(data, splices)


def declared_encoding(data: bytes) -> str:
    """Return the name of the encoding that ``data`` (never UTF-16) says it is in."""
    declared = DECLARED.match(data)
    return declared[1].decode() if declared else "utf-8"


def _spliced(data: bytes, splices: list[tuple[int, int, str]]) -> bytes:
    encoding = declared_encoding(data)
    for start, end, text in sorted(splices, reverse=True):
        data = data[:start] + text.encode(encoding, "xmlcharrefreplace") + data[end:]
    return data


def _insertion(data: bytes, node: Node, branch: Branch, unit: str) -> tuple[int, int, str]:
    """Say where to put ``branch`` at the end of ``node``, and its text there."""
    newline = "\r\n" if b"\r\n" in data else "\n"
    own, closing = _indent(data, node.start), None if node.empty else _indent(data, node.closing)
    last = _indent(data, node.children[-1].start) if node.children else None
    if closing is not None:  # the end tag has its line: ours go before it
        indent = last.decode() if last is not None else closing.decode() + unit
        start = node.closing - len(closing)
        return start, start, "".join(line + newline for line in branch.lines(indent, unit))
    if own is None or (node.children and last is None):  # all on one line
        inner = "".join(line.strip() for line in branch.lines("", ""))
    else:
        indent = (last if last is not None else own + unit.encode()).decode()
        inner = "".join(newline + line for line in branch.lines(indent, unit)) + newline + own.decode()
    if not node.empty:
        return node.closing, node.closing, inner
    start = node.end - 2 - (len(data[: node.end - 2]) - len(data[: node.end - 2].rstrip()))
    return start, node.end, f">{inner}</{node.tag}>"


def _cut(data: bytes, start: int, end: int) -> tuple[int, int, str]:
    """Say what to cut for the bytes from ``start`` to ``end``: their line, when nothing else is on it."""
    indent = _indent(data, start)
    rest = re.compile(rb"[ \t]*(\r\n|\n|\r)").match(data, end)
    if indent is not None and rest:
        return start - len(indent), rest.end(), ""
    return start, end, ""


def _indent(data: bytes, position: int) -> bytes | None:
    """Return the blanks before ``position`` when they begin its line; None when something else does."""
    start = position
    while start and data[start - 1] in b" \t":
        start -= 1
    return data[start:position] if start and data[start - 1] in b"\r\n" else None


def _quoted(value: str) -> str:
    """Return ``value`` as an attribute is written, with its quotation marks."""
    from xml.sax.saxutils import quoteattr  # loads urllib.request and more, which who only reads needs not

    return quoteattr(value)
