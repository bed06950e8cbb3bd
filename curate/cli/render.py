"""Turn answers into what a terminal or a script reads.

The only place that prints. Knows nothing of desks or networks; every foreign text passes
``term_safe`` on its way to a terminal.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

INVISIBLE = {*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0x61C, 0xFEFF}


def term_safe(text: str) -> str:
    """Return ``text`` with every control, bidirectional and tag character made visible.

    Tabs and line ends become spaces: the result is one line that moves no cursor.
    """
    if text.isascii() and text.isprintable():
        return text
    out = []
    for char in text:
        point = ord(char)
        if char in "\t\n\r":
            out.append(" ")
        elif point < 0x20:
            out.append(chr(0x2400 + point))
        elif (
            unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") or point in INVISIBLE or 0xE0000 <= point <= 0xE007F
        ):
            out.append("\ufffd" if point != 0x200D else char)
        else:
            out.append(char)
    return "".join(out)


def lines_safe(text: str) -> str:
    """Return ``text`` as ``term_safe`` does, its lines kept apart."""
    return "\n".join(map(term_safe, text.split("\n")))


def width(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    if text.isascii() and text.isprintable():
        return len(text)  # what counts cells otherwise takes a while to load
    from rich.cells import cell_len

    return cell_len(text)


def clip(text: str, cells: int, ellipsis: str = "…") -> str:
    """Cut ``text`` to at most ``cells`` terminal cells, marking the cut."""
    if width(text) <= cells:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(cells - width(ellipsis), 0)).rstrip() + ellipsis


def columns(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Align ``rows`` in columns no wider than ``widths`` cells; the last column is not padded."""
    safe = [[clip(term_safe(cell), limit) for cell, limit in zip(row, widths, strict=True)] for row in rows]
    if not safe:
        return []
    wide = [max(width(row[index]) for row in safe) for index in range(len(widths))]
    return [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, wide, strict=True)).rstrip()
        for row in safe
    ]


def cells() -> int:
    """Return how many cells a line of this terminal has."""
    return shutil.get_terminal_size().columns


def fitted(rows: Sequence[Sequence[str]], limits: Sequence[int], least: int = 20) -> list[str]:
    """Align ``rows`` as ``columns`` does, in lines of this terminal: the column whose limit is 0 takes what is left."""
    if not rows:
        return []
    used = [min(limit, max(map(width, column))) for limit, column in zip(limits, zip(*rows, strict=True), strict=True)]
    room = max(cells() - sum(used) - 2 * (len(limits) - 1), least)
    return columns(rows, [limit or room for limit in limits])


def wire(value: object) -> Any:  # noqa: ANN401 - JSON's own shape
    """Return ``value`` as JSON's shapes: moments as ISO 8601 in UTC, paths as text."""
    from datetime import UTC, datetime
    from pathlib import PurePath

    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, dict):
        return {str(key): wire(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [wire(inner) for inner in value]
    return value


def pick(data: Any, fields: Sequence[str]) -> Any:  # noqa: ANN401 - JSON's own shape
    """Keep only ``fields`` of a record or of each record of a list."""
    if isinstance(data, list):
        return [pick(row, fields) for row in data]
    if isinstance(data, dict):
        return {field: data[field] for field in fields if field in data}
    return data


def as_json(schema: str, data: object, warnings: Sequence[str]) -> str:
    """Return the one object a script reads: schema, data, warnings; ASCII only."""
    return json.dumps({"schema": schema, "data": data, "warnings": list(warnings)})


def as_plain(data: Any) -> list[str]:  # noqa: ANN401 - JSON's own shape
    """Return one tab-separated line for each record, in the order of its fields."""
    records = data if isinstance(data, list) else [data]
    lines = []
    for record in records:
        cells = record.values() if isinstance(record, dict) else [record]
        lines.append("\t".join(term_safe(cell if isinstance(cell, str) else json.dumps(cell)) for cell in cells))
    return lines


def out(line: str = "") -> None:
    """Write one line of the answer to standard output."""
    sys.stdout.write(line + "\n")


def err(line: str = "") -> None:
    """Write one line of progress or a message to standard error.

    When nothing can be written there, as to a log on a full disk, the work goes on untold.
    """
    sys.stdout.flush()
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long before ``now`` a moment was, in one short word: 5h, 2d."""
    if moment is None:
        return ""
    seconds = (now - moment).total_seconds()
    if seconds < 0:
        return "soon"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def count(number: int, one: str, many: str = "") -> str:
    """Say a number with its noun: 1 feed, 2 feeds."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
