"""Read the header of a post, and change single keys of it; the one YAML loader for posts.

A header is YAML between two ``---`` lines, and every value in it is text: ``no``, ``0123`` and
``1.10`` stay what was typed. Knows the form of a header and nothing of what its keys mean, and
touches no disk. Pelican's reader takes ``read_header``, too, so site and curate never disagree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from frontmatter.default_handlers import YAMLHandler

from curate.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 64 * 1024  # characters of a header
DEEPEST = 12  # lists and mappings within each other
FENCES = re.compile(r"\A(\ufeff?---[ \t]*\r?\n)(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
HINT = "A value with a colon, a # or a * in it belongs in quotation marks; so does one that begins with a bracket."
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # builds nothing but text, lists and mappings
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class PostFault(Refused):
    """The file ``path`` cannot be read as a post because of its ``line`` (from 1); ``reason`` says why."""

    code = "post-fault"

    def __init__(self, path: str, line: int, reason: str, hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {reason}", hint or "Mend that line; nothing else was touched.")
        self.path = path
        self.line = line
        self.reason = reason


class TextHandler(YAMLHandler):
    """python-frontmatter's way to headers, with text as text and the body left as it is."""

    FM_BOUNDARY = FENCES

    def split(self, text: str) -> tuple[str, str]:
        """Return the header between the fences and all that follows them. ValueError without fences."""
        fences = FENCES.match(text)
        if fences is None:
            raise ValueError("no header")
        return fences[2], text[fences.end() :]

    def load(self, fm: str, **_: object) -> dict[str, Any]:
        """Return the header's values. Raises PostFault."""
        return read_mapping(fm, "header")


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header as it stands in its file: ``values``, and the slice of the text each key's lines take.

    ``start`` and ``end`` enclose what is between the fences; ``body`` is where the body starts.
    ``editable`` is False when keys do not each begin a line of their own.
    """

    values: dict[str, Any]
    places: dict[str, tuple[int, int]]
    start: int
    end: int
    body: int
    editable: bool


def read_header(text: str, where: str) -> tuple[dict[str, Any], str, int]:
    """Return the header's values, the body as it stands, and the line (from 1) where the body starts.

    ``where`` is the file's name for messages. Raises PostFault.
    """
    header = parse_header(text, where)
    return header.values, text[header.body :], text.count("\n", 0, header.body) + 1


def parse_header(text: str, where: str) -> Header:
    """Find and read the header of ``text``. Raises PostFault."""
    fences = FENCES.match(text)
    if fences is None:
        if re.match(r"\ufeff?---[ \t]*\r?\n", text):
            raise PostFault(where, 1, "the header does not end.", "Close it with a line of three hyphens.")
        raise PostFault(where, 1, "there is no header.", "A post begins with a line ---, its keys, and another ---.")
    root = _compose(fences[2], where, 2)
    values = _plain(root, fences[2], where, 2) if root else {}
    shift = fences.start(2)
    places = {}
    editable = True
    for key, value in root.value if root else ():
        begin, end = lines_of(fences[2], key, value)
        editable = editable and not root.flow_style and key.start_mark.column == 0
        places[key.value] = (begin + shift, end + shift)
    return Header(
        values=values,
        places=places,
        start=shift,
        end=fences.end(2),
        body=fences.end(),
        editable=editable,
    )


def read_mapping(text: str, where: str, first_line: int = 1) -> dict[str, Any]:
    """Return what the YAML mapping ``text`` says, text as text. Raises PostFault.

    ``first_line`` is the line of the file ``where`` on which ``text`` begins.
    """
    root = _compose(text, where, first_line)
    return _plain(root, text, where, first_line) if root else {}


def find_lines(text: str, first_line: int = 1) -> dict[tuple[str | int, ...], int]:
    """Return on which line each value of the YAML mapping ``text`` begins, by the keys and places that lead to it.

    Expects what ``read_mapping`` has accepted: ``("work", 0, "startDate")`` is the first role's first day.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), yaml.compose(text, Loader=Loader))]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            waiting += [((*place, key.value), value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*place, number), value) for number, value in enumerate(node.value)]
        if node is not None:
            lines[place] = first_line + text.count("\n", 0, node.start_mark.index)
    return lines


def change_header(text: str, changes: Mapping[str, Any], where: str) -> str:
    """Return ``text`` with only the lines of the changed keys replaced, added (at the end) or, for None, cut.

    Proves its own work: the result reads as the old header with the changes. Raises PostFault when
    the header cannot be read, or is not written one key a line.
    """
    header = parse_header(text, where)
    hint = "Write each key on a line of its own, then run the command again."
    if not header.editable:
        raise PostFault(where, 2, "the header is not written one key a line, so curate cannot change it.", hint)
    newline = "\r\n" if "\r\n" in text[: header.body] else "\n"
    added = {key: value for key, value in changes.items() if key not in header.places and value is not None}
    edits = [(header.end, header.end, dump(added) if added else "")]
    for key, place in header.places.items():
        if key in changes:
            edits.append((*place, "" if changes[key] is None else dump({key: changes[key]})))
    changed = text
    for begin, end, lines in sorted(edits, reverse=True):
        changed = changed[:begin] + lines.replace("\n", newline) + changed[end:]
    wanted = {key: value for key, value in header.values.items() if changes.get(key, value) is not None}
    wanted |= {key: as_text(value) for key, value in changes.items() if value is not None}
    values, body, _ = read_header(changed, where)
    if values != wanted or body != text[header.body :]:
        raise PostFault(where, 2, "the header is written in a way curate cannot change safely.", hint)
    return changed


def dump(values: Mapping[str, Any]) -> str:
    """Return ``values`` (texts, numbers, lists, mappings) as YAML lines that read back as the same text."""
    lines: str = yaml.dump(
        dict(values), Dumper=TextDumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10**6
    )
    return lines


def as_text(value: Any) -> Any:  # noqa: ANN401 - a header's value
    """Return ``value`` as the loader will give it back: numbers as text, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): as_text(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_text(inner) for inner in value]
    return str(value)


class TextDumper(_Dumper):  # type: ignore[misc]  # the C dumper, where PyYAML has it
    """Write values so that other YAML readers see text, too; days stay bare, paragraphs stay lines."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in _Dumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's own signature
        """Write a value that occurs twice twice: our loader refuses aliases."""
        return True


def _represent_text(dumper: Any, text: str) -> Any:  # noqa: ANN401 - PyYAML's own
    style = "|" if "\n" in text and text == text.strip() else None  # a block that ends in blank lines ends the header
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


TextDumper.add_representer(str, _represent_text)


def _compose(text: str, where: str, first_line: int) -> Any:  # noqa: ANN401 - a PyYAML node, or None
    """Return the mapping node of ``text``, or None when it says nothing."""
    if len(text) > LARGEST:
        raise PostFault(where, first_line, "the header is larger than 64 KB.", "Move the long text into the body.")
    found = UNREADABLE.search(text)
    if found:
        line = first_line + text.count("\n", 0, found.start())
        raise PostFault(where, line, "there is a control character in the header.", "Delete it.")
    try:
        _refuse_tricks(text, where, first_line)
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (text.count("\n", 0, mark.index) if mark else 0)
        raise PostFault(
            where, line, f"the header is not valid YAML: {error.problem or error.context}.", HINT
        ) from error
    except yaml.YAMLError as error:
        raise PostFault(where, first_line, f"the header is not valid YAML: {error}.") from error
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise PostFault(where, first_line, "the header is not a list of keys and values.", "Write it as key: value.")
    return root


def _refuse_tricks(text: str, where: str, first_line: int) -> None:
    """Refuse anchors, aliases and bottomless nesting; composing recurses in C, so look first."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        reason = ""
        if getattr(event, "anchor", None) is not None:
            reason = "YAML anchors and aliases (& and *) have no place in a header; quote the text."
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            reason = f"the header is nested deeper than {DEEPEST} levels."
        if reason:
            index = event.start_mark.index if event.start_mark else 0
            raise PostFault(where, first_line + text.count("\n", 0, index), reason)


def _plain(node: Any, text: str, where: str, first_line: int) -> Any:  # noqa: ANN401 - text, list or dict
    """Turn nodes into text, lists and dicts, refusing what could be meant in two ways."""

    def fault(at: Any, reason: str) -> PostFault:  # noqa: ANN401 - a PyYAML node
        return PostFault(where, first_line + text.count("\n", 0, at.start_mark.index), reason)

    if isinstance(node, yaml.ScalarNode):
        if UNREADABLE.search(node.value):
            raise fault(node, "there is a control character in the header.")
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(inner, text, where, first_line) for inner in node.value]
    values: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise fault(key, "a key must be one word.")
        if key.value in values:
            raise fault(key, f"“{key.value}” is there twice.")
        values[key.value] = _plain(value, text, where, first_line)
    return values


def lines_of(text: str, key: Any, value: Any) -> tuple[int, int]:  # noqa: ANN401 - PyYAML nodes
    """Return the slice of ``text`` that the lines of one key take, without comments that follow it."""
    begin = key.start_mark.index - key.start_mark.column
    end = max(key.end_mark.index, value.end_mark.index)
    if end == 0 or text[end - 1] != "\n":
        newline = text.find("\n", end)
        return begin, len(text) if newline < 0 else newline + 1
    while True:  # a block ends where the next key begins: give blank lines and comments back
        previous = text.rfind("\n", begin, end - 1) + 1
        line = text[previous:end]
        if previous <= begin or (line.strip() and not line.startswith("#")):
            return begin, end
        end = previous
