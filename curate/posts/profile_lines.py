"""Change single lines of profile.yaml, which is the person's: its comments, its order and its other lines stay.

What cannot be changed in its place makes its whole section be written anew, and no more. Each change proves
itself: the file then says what it said before, and the change. Must not know what a section means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from curate.desk.folder import fingerprint, write_new, write_whole
from curate.posts.header import Loader, PostFault, as_text, dump, lines_of, read_mapping
from curate.posts.profile import parse_profile, read_profile_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

BOM = "\ufeff"


def change_profile(path: Path, change: Callable[[str], str]) -> bool:
    """Let ``change`` make another text of the file's, and write it; say whether anything changed.

    A missing file is made. Raises PostFault when there is no sound profile before or after, Conflict when
    the file changed meanwhile: it is then as it was.
    """
    before = read_profile_text(path)
    plain = before.removeprefix(BOM)
    parse_profile(plain, str(path))
    crlf = 0 < plain.count("\n") == plain.count("\r\n")
    changed = change(plain.replace("\r\n", "\n")).replace("\n", "\r\n") if crlf else change(plain)
    if changed == plain:
        return False
    parse_profile(changed, str(path))
    if path.exists():
        write_whole(path, before[: len(before) - len(plain)] + changed, expected=fingerprint(before.encode()))
    else:
        write_new(path, changed)
    return True


def set_value(text: str, place: tuple[str, ...], value: Any, where: str) -> str:  # noqa: ANN401 - whatever YAML holds
    """Return ``text`` with ``value`` at ``place``, the one or two keys that lead there. Raises PostFault."""
    values = read_mapping(text, where)
    if _at(values, place) == as_text(value):
        return text
    section = as_text(value)
    if len(place) > 1:
        inner = values.get(place[0])
        section = {**(inner if isinstance(inner, dict) else {}), place[1]: section}
    return _proved(text, place[0], section, _set_in_place(text, place, value), where)


def add_rows(text: str, section: str, rows: Sequence[Mapping[str, Any]], where: str) -> str:
    """Return ``text`` with more rows at the end of the list ``section``. Raises PostFault."""
    there = read_mapping(text, where).get(section) or []
    if not isinstance(there, list):
        raise PostFault(where, 1, f"{section} is no list.", "Begin each of its entries with a hyphen.")
    more = [as_text(dict(row)) for row in rows]
    return _proved(text, section, [*there, *more], _added_in_place(text, section, more), where) if more else text


def _at(values: Any, place: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever YAML holds
    for key in place:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _proved(text: str, section: str, wanted: Any, candidate: str, where: str) -> str:  # noqa: ANN401
    """Return the candidate if it says what it should, else ``text`` with its section written anew."""
    whole = {**read_mapping(text, where), section: wanted}
    for changed in (candidate, _anew(text, section, wanted)):
        try:
            if changed and read_mapping(changed, where) == whole:
                return changed
        except PostFault:
            continue
    hint = "Write each section on lines of its own, then run the command again."
    raise PostFault(where, 1, f"{section} is written in a way curate cannot change safely.", hint)


def _set_in_place(text: str, place: tuple[str, ...], value: Any) -> str:  # noqa: ANN401
    """Return ``text`` with one value changed or one key added; "" when its place is not written in lines."""
    node = yaml.compose(text, Loader=Loader)
    pair: tuple[Any, Any] | None = None
    for depth, key in enumerate(place):
        if not isinstance(node, yaml.MappingNode) or node.flow_style:
            return ""
        pair = next(((name, inner) for name, inner in node.value if name.value == key), None)
        if pair is None:
            return _key_added(text, node, place, depth, value)
        node = pair[1]
    if pair is None:
        return ""
    if isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">") and isinstance(value, str):
        begin, end = node.start_mark.index, node.end_mark.index
        written = dump({"key": value}).removeprefix("key:").strip("\n")
        if "\n" not in written and "\n" not in text[begin:end]:
            return text[:begin] + (written if begin == end else written.strip()) + text[end:]
    begin, end = lines_of(text, *pair)
    return text[:begin] + _indented(dump({place[-1]: value}), pair[0].start_mark.column) + text[end:]


def _key_added(text: str, node: Any, place: tuple[str, ...], depth: int, value: Any) -> str:  # noqa: ANN401
    """Return ``text`` with the missing key of ``place``, and what is below it, at the end of the mapping ``node``."""
    for key in reversed(place[depth + 1 :]):
        value = {key: value}
    lines = dump({place[depth]: value})
    if depth == 0 or not node.value:
        return _ended(text) + lines
    _, end = lines_of(text, *node.value[-1])
    return _ended(text[:end]) + _indented(lines, node.value[0][0].start_mark.column) + text[end:]


def _added_in_place(text: str, section: str, rows: list[Any]) -> str:
    """Return ``text`` with rows more in a list written in lines, or with the list; "" when it is on one line."""
    root = yaml.compose(text, Loader=Loader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    pair = next(((name, inner) for name, inner in pairs if name.value == section), None)
    if pair is None:
        return _ended(text) + dump({section: rows})
    if not isinstance(pair[1], yaml.SequenceNode) or pair[1].flow_style:
        return ""
    lines = dump({section: rows}).partition("\n")[2]
    _, end = lines_of(text, *pair)
    return _ended(text[:end]) + _indented(lines, pair[1].start_mark.column) + text[end:]


def _anew(text: str, section: str, wanted: Any) -> str:  # noqa: ANN401
    root = yaml.compose(text, Loader=Loader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) and not root.flow_style else ():
        if key.value == section:
            begin, end = lines_of(text, key, value)
            return text[:begin] + dump({section: wanted}) + text[end:]
    return _ended(text) + dump({section: wanted})


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _indented(lines: str, column: int) -> str:
    return "".join(f"{' ' * column}{line}" if line.strip() else line for line in lines.splitlines(keepends=True))
