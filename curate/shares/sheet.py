"""Write the shares as a table for spreadsheets, and take one back: CSV as in RFC 4180, in UTF-8.

What was exported and is taken back unchanged changes nothing. A row with an id gives that share its text
and its time; one without plans a new draft. Everything else in a row is there to be read. All rows are
taken or none.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from curate.desk.db import rehearsal, transaction
from curate.desk.settings import known_zone
from curate.errors import CurateError, Refused, UsageError
from curate.shares import ledger
from curate.shares.compose import wire_text
from curate.shares.plan import Wish, edit_share, find_accounts, move_share, plan_shares

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share

COLUMNS = ("id", "post", "account", "network", "at", "zone", "state", "text", "link", "url", "reason")
NEEDED = ("post", "account", "at", "text")  # what a new share is made of
LARGEST = 5_000_000  # bytes of a file
LONGEST_CELL = 1 << 17  # characters
MOST = 5_000  # rows
# What a spreadsheet takes for a formula gets a ' in front; so does what looks as if it had one already.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: the line of the file it begins on, and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The drafts a table made, the shares it changed, how many it left as they are, and warnings in sentences."""

    planned: tuple[Share, ...] = ()
    changed: tuple[Share, ...] = ()
    unchanged: int = 0
    warnings: tuple[str, ...] = ()


def write_sheet(shares: Iterable[Share]) -> str:
    """Return the table of ``shares``, its header first."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)  # RFC 4180: commas, quotes doubled, lines that end in CR LF
    writer.writerow(COLUMNS)
    for share in shares:
        values = (
            share.id, share.post, share.account, share.network, share.wall, share.zone, share.state, share.text,
            share.link, share.remote_url, share.reason,
        )  # fmt: skip
        writer.writerow([f"'{value}" if FORMULA.match(value) else value for value in values])
    return out.getvalue()


def read_sheet(data: bytes) -> tuple[list[Row], list[str]]:
    """Read a table; return its rows, and the columns that mean nothing here. Raises UsageError, Refused."""
    csv.field_size_limit(LONGEST_CELL)  # the module's own, for whoever reads next
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    rows: list[Row] = []
    problems: list[str] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header)
        end = reader.line_num
        for cells in reader:
            line, end = end + 1, reader.line_num
            if not any(cells):
                continue
            if len(rows) == MOST:
                raise UsageError(f"The table has more than {MOST:,} rows.", "Split it.")
            if len(cells) > len(header):
                problems.append(f"line {line}: it has {len(cells)} cells, the header {len(header)}.")
                continue
            plain = [cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell for cell in cells]
            rows.append(Row(line=line, cells=dict(zip(header, plain, strict=False))))
    except csv.Error as error:
        raise UsageError(
            f"The table cannot be read near line {reader.line_num}: {error}.", "A text with quotes needs them doubled."
        ) from error
    if problems:
        raise Refused("Nothing was imported.", "Mend these lines and import again.", tuple(problems))
    return rows, [name for name in header if name and name not in COLUMNS]


def import_sheet(  # noqa: PLR0913 - what a plan needs, and the table
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    data: bytes,
    *,
    now: datetime,
    dry_run: bool = False,
) -> Imported:
    """Take a table back. Raises Refused with each bad row, and then changes nothing; a dry run answers the same."""
    rows, strange = read_sheet(data)
    warnings = [f"The column {name} is not read." for name in strange]
    planned: list[Share] = []
    changed: list[Share] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    with rehearsal(connection) if dry_run else transaction(connection):
        for row in rows:
            share_id = row.cells.get("id", "").strip()
            try:
                if not share_id:
                    done = _plan(desk, settings, connection, row.cells, now)
                    planned += done.planned
                elif share_id in seen:
                    raise UsageError(f"{share_id} stands on line {seen[share_id]} already.")
                else:
                    seen[share_id] = row.line
                    done = _change(desk, settings, connection, share_id, row.cells, now)
                    changed += done.changed
                warnings += [f"line {row.line}: {warning}" for warning in done.warnings]
            except CurateError as error:
                said = " ".join(getattr(error, "problems", ())) or f"{error.message} {error.hint}".rstrip()
                problems.append(f"line {row.line}: {said}")
        if problems:
            raise Refused("Nothing was imported.", "Mend these lines and import again.", tuple(problems))
    return Imported(
        planned=tuple(planned),
        changed=tuple(changed),
        unchanged=len(rows) - len(planned) - len(changed),
        warnings=tuple(warnings),
    )


def _plan(
    desk: Desk, settings: Settings, connection: sqlite3.Connection, cells: Mapping[str, str], now: datetime
) -> Imported:
    """Plan the draft of a row without an id. Raises CurateError."""
    missing = [name for name in NEEDED if not cells.get(name, "").strip()]
    if missing:
        raise UsageError(f"A new share needs {', '.join(missing)}.", "Write a time, or next, in the column at.")
    [account] = find_accounts(settings, [cells["account"].strip()])
    done = plan_shares(
        desk,
        settings,
        connection,
        cells["post"].strip(),
        {account: cells["text"]},
        at=cells["at"].strip(),
        wish=Wish(zone=_zone(cells)),
        now=now,
    )
    return Imported(planned=done.shares, warnings=done.warnings)


def _change(  # noqa: PLR0913, PLR0917 - a row and all it changes
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    share_id: str,
    cells: Mapping[str, str],
    now: datetime,
) -> Imported:
    """Give a share the text and the time of its row. Raises CurateError."""
    share = ledger.find_share(connection, share_id)
    for name in ("post", "account"):
        said = cells.get(name, "").strip()
        if said and said != getattr(share, name):
            raise Refused(f"{share_id} has the {name} {getattr(share, name)}; that stays.", "A row without id is new.")
    warnings: list[str] = []
    changed = share
    if cells.get("text") and wire_text(cells["text"], share.link) != share.text:
        changed, taken_back = edit_share(desk, settings, connection, share_id, cells["text"])
        warnings += [f"{share_id} is a draft again: curate share approve {share_id}"] if taken_back else []
    at, zone = cells.get("at", "").strip(), _zone(cells) or share.zone
    if at and not _same_time(at, zone, share):
        moved = move_share(settings, connection, share_id, at=at, zone=zone, now=now)
        changed = moved.shares[0]
        warnings += moved.warnings
    return Imported(changed=(changed,) if changed != share else (), warnings=tuple(warnings))


def _same_time(at: str, zone: str, share: Share) -> bool:
    """Say whether a cell means the time the share has: the same clock in the same zone, or the same instant."""
    try:
        meant = datetime.fromisoformat(at)
    except ValueError:
        return False
    if meant.tzinfo is not None:
        return meant == share.due_at
    return zone == share.zone and meant == datetime.fromisoformat(share.wall)


def _zone(cells: Mapping[str, str]) -> str:
    name = cells.get("zone", "").strip()
    try:
        return known_zone(name).key if name else ""
    except ValueError as error:
        raise UsageError(f"{error}.") from error


def _text(data: bytes) -> str:
    """Return the text of a file that can be a table. Raises UsageError."""
    if len(data) > LARGEST:
        raise UsageError(f"The table is larger than {LARGEST:,} bytes.", "Split it.")
    if data[:2] == b"PK":
        raise UsageError("This is a spreadsheet's own file, not CSV.", "Save it as CSV in UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("The table is not text in UTF-8.", "Save it as CSV in UTF-8.") from error
    if "\0" in text:
        raise UsageError("The table is not text.", "Save it as CSV in UTF-8.")
    return text


def _check_header(header: list[str]) -> None:
    if "id" not in header and not set(NEEDED) <= set(header):
        asks = f"It needs id, or {', '.join(NEEDED)}; curate share export FILE.csv writes one."
        if len(header) == 1 and ";" in header[0]:
            asks = "Its cells are parted by semicolons; save it with commas."
        raise UsageError("The first line does not name the columns of a table of shares.", asks)
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise UsageError(f"The table has more than one column {', '.join(twice)}.")
