"""Read the exports of other programs: tell of what kind a file is by what it holds, and what it holds.

Pure: bytes in, rows out. Nothing a file says is followed, run or fetched. Kinds and their names are in
``shapes``, HTML and lists of addresses in ``bookmarks``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from curate.desk.archive import Limits, is_archive, members
from curate.errors import Refused, UsageError
from curate.inbox.bookmarks import ANCHOR, NETSCAPE, read_addresses, read_bookmarks
from curate.inbox.saved import Export, Rejected, joined, mappings, paragraphs
from curate.inbox.shapes import LISTS, TABLES, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from curate.desk.archive import Readable

LARGEST = 100_000_000  # bytes of a file
MOST = 200_000  # rows
LONGEST_CELL = 5_000_000  # characters
DEEPEST = 200  # folders of Firefox in one another
CONTAINERS = ("bookmarks", "results", "items", "links", "data", "list")
KINDS = (
    *dict.fromkeys(("opml", "netscape", *(shape.kind for shape in (*TABLES, *LISTS)), "links", "urls", "content")),
)
HINT = f"Kinds that are read: {', '.join(KINDS)}."
BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
OMNIVORE = re.compile(r"(?:.*/)?metadata_\d+_to_\d+\.json")


def read_export(data: bytes, kind: str = "") -> Export:
    """Return what the export ``data`` holds; its kind is told by its content, or must be ``kind``.

    An OPML file is only recognised: its rows are feeds', not items'. Raises Refused for what is empty, too
    large, no text, damaged, or of no kind that is read or of another one than ``kind``.
    """
    if len(data) > LARGEST:
        raise Refused(f"The file is larger than {LARGEST // 10**6} MB.", "Nothing was imported. Split the export.")
    if not data.strip():
        raise Refused("The file is empty.", "Nothing was imported. Export it again.")
    export = _archive(data) if is_archive(data[:512]) else _file(data)
    if kind and export.kind != kind:
        said = f"The file is of the kind {export.kind}, not {kind}."
        raise Refused(said, "Nothing was imported. Leave --kind out, and it is told by the content.")
    if export.rows > MOST:
        raise Refused(f"The file has more than {MOST:,} rows.", "Nothing was imported. Split it.")
    return export


def _file(data: bytes) -> Export:
    text, warning = _decoded(data)
    export = _read(text)
    export.warnings += [warning] if warning else []
    return export


def _read(text: str) -> Export:
    start = text.lstrip()[:4_000]
    if start[:1] in {"[", "{"}:
        return _json(text)
    if start[:1] == "<":
        if re.search(r"<opml[\s>]", start, re.IGNORECASE):
            return Export(kind="opml")
        if NETSCAPE.search(start) or (
            re.match(r"<(?:!doctype html|html|h1|ul|ol|dl)", start, re.IGNORECASE) and ANCHOR.search(text)
        ):
            return read_bookmarks(text)
        raise _unknown("it is HTML or XML, but no list of bookmarks or feeds")
    line = start.partition("\n")[0]
    delimiter = ";" if line.count(";") > line.count(",") else "\t" if line.count("\t") > line.count(",") else ","
    names = {name.strip().strip('"').lower() for name in line.split(delimiter)}
    if shape_of(names, TABLES) is not None:
        return _table(text, delimiter)
    export = read_addresses(text)
    if not export.saved:
        raise _unknown("it is text without an address, or a table whose columns are not known")
    return export


def _unknown(reason: str) -> Refused:
    return Refused(f"This is no export that can be read: {reason}.", f"Nothing was imported. {HINT}")


def _decoded(data: bytes) -> tuple[str, str]:
    """Return ``data`` as text, and a warning when its encoding had to be guessed. Raises Refused for binary data."""
    declared = re.search(rb"charset=[\"']?([\w-]{2,20})", data[:2_000])
    named = declared[1].decode().lower() if declared else ""
    text, warning = "", ""
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", named, "cp1252"):
        try:
            text = data.decode(encoding) if encoding else ""
        except (UnicodeDecodeError, LookupError):
            continue
        if text:
            guessed = encoding not in ("utf-8-sig", "utf-16")
            warning = f"The file is not UTF-8; it was read as {encoding}. Look at a few titles." if guessed else ""
            break
    if not text or BINARY.search(text, 0, 100_000):
        raise _unknown("it is no text")
    return text, warning


def _table(text: str, delimiter: str) -> Export:
    """Read a table as RFC 4180 has it; a row of another width than the header's is rejected, the rest goes on."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    export: Export | None = None
    end = 0
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        end = reader.line_num
        shape = shape_of(set(header), TABLES)
        if shape is None:
            raise _unknown("the columns of the table are not known")
        export = Export(kind=shape.kind)
        for cells in reader:
            line, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if export.rows > MOST:
                break
            if len(cells) > len(header) and any(cells[len(header) :]):
                reason = f"it has {len(cells)} cells, the header {len(header)}"
                export.rejected.append(Rejected(line, reason))
                continue
            export.take(line, shape.read(dict(zip(header, cells, strict=False))), cells=True)
    except csv.Error as error:
        if export is None:
            raise _unknown(f"the table cannot be read: {error}") from error
        export.rejected.append(Rejected(end + 1, f"the table cannot be read from here on: {error}"))
    return export


def _json(text: str) -> Export:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _unknown(f"it begins like JSON and is none: {reason[:100]}") from error
    return _list(_rows(said))


def _rows(said: Any) -> list[Any]:  # noqa: ANN401 - JSON's own shape
    """Return the list of things saved that a JSON document is or holds."""
    if isinstance(said, list):
        return said
    if not isinstance(said, dict):
        raise _unknown("its JSON is a single value")
    if "children" in said:
        return list(_firefox(said))
    for name in CONTAINERS:
        if isinstance(said.get(name), list):
            return list(said[name])
    if "url" in said or "uri" in said:
        return [said]
    raise _unknown("its JSON holds no list of things that were saved")


def _firefox(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the bookmarks below ``root``, each with the folders it lies in among its tags."""
    waiting: list[tuple[dict[str, Any], tuple[str, ...]]] = [(root, ())]
    while waiting:
        node, folders = waiting.pop()
        children = node.get("children")
        if isinstance(children, list):
            own = () if node.get("root") else (str(node.get("title") or ""),)
            below = [(child, (*folders, *own)[:DEEPEST]) for child in children if isinstance(child, dict)]
            waiting += reversed(below)
        elif node.get("type") == "text/x-moz-place" or "uri" in node:
            tags = [*str(node.get("tags") or "").split(","), *folders]
            notes = [each.get("value") for each in mappings(node.get("annos"))]
            yield {**node, "tags": tags, "note": joined(notes)}


def _list(rows: list[Any]) -> Export:
    """Read rows of JSON, all of one shape: the first that is recognised tells it."""
    lowered = [
        {str(name).lower(): value for name, value in row.items()} if isinstance(row, dict) else row for row in rows
    ]
    shapes = (shape_of(set(row), LISTS) for row in lowered if isinstance(row, dict))
    shape = next((each for each in shapes if each is not None), None)
    if shape is None:
        texts = [row.replace("\n", " ") for row in rows if isinstance(row, str)]
        found = read_addresses("\n".join(texts))
        if found.saved and len(texts) == len(rows):
            return found
        if rows:
            raise _unknown("its JSON holds nothing with an address")
        return Export(kind="list")
    export = Export(kind=shape.kind)
    for number, row in enumerate(lowered, 1):
        if not isinstance(row, dict):
            export.rejected.append(Rejected(number, "it is no record, but a single value"))
        elif number <= MOST + 1:
            export.take(number, shape.read(row))
    return export


def _archive(data: bytes) -> Export:
    """Read an archive of exports: Omnivore's, or files each of which is one. Others are named in a warning."""
    texts: dict[str, bytes] = {}
    for member in members(io.BytesIO(data), len(data), Limits()):
        if member.name.lower().endswith((".json", ".csv", ".html", ".htm", ".md", ".txt", ".opml")):
            texts[member.name] = _whole(member.file, member.size)
    lists = [name for name in texts if OMNIVORE.fullmatch(name)]
    if lists:
        return _omnivore(texts, lists)
    parts: list[Export] = []
    odd: list[str] = []
    for name in sorted(texts):
        try:
            part = _file(texts[name])
        except Refused:
            odd.append(name)
        else:
            (parts.append if part.kind not in ("opml", "urls", "links") else lambda _, name=name: odd.append(name))(
                part
            )
    if not parts:
        raise _unknown("the archive holds no file that is an export")
    whole = Export(kind=parts[0].kind)
    for part in parts:
        whole.saved += part.saved
        whole.rejected += part.rejected
        whole.warnings += part.warnings
    if odd:
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        whole.warnings.append(f"Not read, because it is no export: {', '.join(odd[:3])}{more}.")
    return whole


def _omnivore(texts: Mapping[str, bytes], lists: Iterable[str]) -> Export:
    """Join Omnivore's lists with the articles and highlights that lie beside them, by their slugs."""
    rows: list[Any] = []
    for name in sorted(lists, key=lambda name: [int(number) for number in re.findall(r"\d+", name)]):
        folder = name.rpartition("metadata_")[0]
        for row in _rows(_parsed(texts[name])):
            slug = str(row.get("slug") or "") if isinstance(row, dict) else ""
            if slug:
                marks = texts.get(f"{folder}highlights/{slug}.md", b"").decode(errors="replace")
                page = texts.get(f"{folder}content/{slug}.html", b"").decode(errors="replace")
                rows.append({**row, **_highlights(marks), "html": page})
            else:
                rows.append(row)
    return _list(rows)


def _parsed(data: bytes) -> Any:  # noqa: ANN401 - JSON's own shape
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unknown("a list in the archive is no JSON") from error


def _highlights(text: str) -> dict[str, Any]:
    """Return the quotes (lines that begin with >) of a Markdown file, and what stands between them as a note."""
    quotes: list[list[str]] = [[]]
    notes: list[str] = []
    for line in text.splitlines():
        if line.startswith(">"):
            quotes[-1].append(line[1:].strip())
        else:
            quotes.append([])
            notes.append(line)
    return {
        "quotes": [" ".join(part).split(" [⤴️]")[0].strip() for part in quotes if part],
        "note": re.sub(r"\n{3,}", "\n\n", paragraphs("\n".join(notes))).strip(),
    }


def _whole(file: Readable, size: int) -> bytes:
    data = file.read(size + 1)
    if len(data) != size:
        raise UsageError("The archive is not what it says.", "Nothing was imported. Export it again.")
    return data
