"""Read figures that a network hands out as a file only: LinkedIn's tables of posts, saved as CSV.

The table of a page's posts (Analytics, Content, Export) has “Post link”, “Impressions”, “Likes”, “Comments” and
“Reposts” below a line of explanation; that of a person's posts (Analytics, Export, sheet “TOP POSTS”) has two
lists side by side, each beginning with “Post URL”. So the header is looked for, and each column of addresses
governs those to its right: https://www.linkedin.com/help/linkedin/answer/a547077. Must not know the database.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace

from curate.errors import UsageError
from curate.shares.networks.readings import Figures, counted

ADDRESS = ("post link", "post url", "share link", "sharelink", "link", "url")
COLUMNS = {
    "likes": ("likes", "reactions"),
    "replies": ("comments",),
    "reposts": ("reposts", "shares"),
    "views": ("impressions", "views"),
}
NAMES = {said: column for column, names in COLUMNS.items() for said in names}
HEADER_WITHIN = 20  # rows
LARGEST = 20 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Row:
    """What the file says of one post; ``line`` is where it says so first."""

    line: int
    url: str
    figures: Figures


def read_export(data: bytes) -> list[Row]:
    """Return what the file says of each post, in its order. Raises UsageError when it is no such table."""
    rows = _rows(data)
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        names = [cell.strip().lower() for cell in row]
        if any(name in ADDRESS for name in names) and any(name in NAMES for name in names):
            return _read(names, rows[number + 1 :], number + 2)
    raise UsageError(
        "This file is not LinkedIn's table of posts: no line has “Post link” or “Post URL” beside a number such as "
        "“Impressions”.",
        "Nothing was imported. In LinkedIn: Analytics, Content, Export; save the sheet of posts as CSV.",
    )


def post_number(url: str) -> str:
    """Return the number that names a post in its address; '' when there is none."""
    found: list[str] = re.findall(r"(?<!\d)\d{15,22}(?!\d)", url)
    return found[-1] if found else ""


def _rows(data: bytes) -> list[list[str]]:
    if len(data) > LARGEST:
        raise UsageError("This file is larger than 20 MiB: no table of posts is.", "Nothing was imported.")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        first = max(text[:4096].splitlines()[:HEADER_WITHIN] or [""], key=lambda line: sum(map(line.count, ",;\t")))
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"This file is no CSV: {error}.", "Nothing was imported. Save it as CSV, UTF-8.") from error


def _read(names: list[str], rows: list[list[str]], first: int) -> list[Row]:
    found: dict[str, Row] = {}
    for line, row in enumerate(rows, first):
        url = ""
        for name, cell in zip(names, row, strict=False):
            if name in ADDRESS:
                url = cell.strip()[:2000]
                if url:
                    found.setdefault(url, Row(line, url, Figures()))
            elif name in NAMES and url and getattr(found[url].figures, NAMES[name]) is None:
                known = found[url]
                found[url] = Row(known.line, url, replace(known.figures, **{NAMES[name]: _number(cell)}))
    return list(found.values())


def _number(cell: str) -> int | None:
    """Read 1,234 as one writes it; None for what is no whole number."""
    plain = re.sub(r"(?<=\d)[,.' \u00a0\u202f](?=\d{3}(?!\d))", "", cell.strip())
    return counted(int(plain)) if re.fullmatch(r"[0-9]{1,15}", plain) else None
