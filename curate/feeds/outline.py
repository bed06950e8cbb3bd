"""Change an XML outline in place: know where each element lies in the bytes, insert and cut lines there.

Pure. Knows elements, indentation and line ends; nothing of feeds. What a change does not concern
stays byte for byte.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DECLARED = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")
START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


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
    """What is to be added somewhere: outlines (their attributes) and, by name, folders of more."""

    outlines: list[dict[str, str]] = field(default_factory=list)
    folders: dict[str, Branch] = field(default_factory=dict)

    def at(self, names: Iterable[str]) -> Branch:
        """Return the branch below, made as needed, that ``names`` lead to."""
        branch = self
        for name in names:
            branch = branch.folders.setdefault(name, Branch())
        return branch

    def lines(self, indent: str, unit: str) -> Iterator[str]:
        """Give the lines of XML, each with its indentation."""
        for attributes in self.outlines:
            said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
            yield f"{indent}<outline{said}/>"
        for name, branch in self.folders.items():
            text = quoteattr(name)
            yield f"{indent}<outline text={text} title={text}>"
            yield from branch.lines(indent + unit, unit)
            yield f"{indent}</outline>"


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


def _spliced(data: bytes, splices: list[tuple[int, int, str]]) -> bytes:
    declared = DECLARED.match(data)
    encoding = declared[1].decode() if declared else "utf-8"
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
