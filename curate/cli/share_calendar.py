"""The verbs of ``share`` that go out to other programs and come back: calendar, export, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from curate.cli import render
from curate.cli.main import Command
from curate.cli.share_view import imported_lines, row

if TYPE_CHECKING:
    from curate.cli.here import Here


@click.command("calendar", cls=Command, epilog="Example: curate share calendar --ics shares.ics")
@click.option("--ics", "file", required=True, metavar="FILE", help="Where the calendar is written; - prints it.")
@click.pass_obj
def calendar(here: Here, file: str) -> None:
    """Write all shares that are not cancelled as a calendar, which any calendar program can open."""
    from curate.shares.calendar import draw_calendar
    from curate.shares.ledger import list_shares

    with here.database() as connection:
        shares = [one for one in list_shares(connection) if one.state != "cancelled"]
    text = draw_calendar(shares, name=here.settings().site.name or "Shares").decode()
    _hand_over(here, file, text, "ics", len(shares))


@click.command("export", cls=Command, epilog="Example: curate share export shares.csv")
@click.argument("file", metavar="FILE.csv")
@click.pass_obj
def export(here: Here, file: str) -> None:
    """Write all shares as a table for spreadsheets; - prints it."""
    from curate.shares.ledger import list_shares
    from curate.shares.sheet import write_sheet

    with here.database() as connection:
        shares = list_shares(connection)
    _hand_over(here, file, write_sheet(shares), "csv", len(shares))


@click.command("import", cls=Command, epilog="Example: curate share import shares.csv --dry-run")
@click.argument("file", metavar="FILE.csv", type=click.File("rb"))
@click.option("-n", "--dry-run", is_flag=True, help="Say what would change, change nothing.")
@click.pass_obj
def import_(here: Here, file: BinaryIO, *, dry_run: bool) -> None:
    """Take a table back: rows with an id change that share's text and time, rows without plan a draft."""
    from curate.shares.sheet import LARGEST, import_sheet

    data = file.read(LARGEST + 1)
    with here.database() as connection:
        done = import_sheet(here.desk(), here.settings(), connection, data, now=here.now(), dry_run=dry_run)
    answer: dict[str, Any] = {
        "planned": [{**row(one), "id": ""} if dry_run else row(one) for one in done.planned],
        "changed": [row(one) for one in done.changed],
        "unchanged": done.unchanged,
    }
    here.answer(answer, imported_lines(done, dry_run=dry_run), warnings=done.warnings)


def _hand_over(here: Here, file: str, text: str, kind: str, count: int) -> None:
    """Print the file, or write it whole in the place of an older one."""
    from curate.desk.folder import write_whole

    if file == "-":
        here.answer({kind: text}, text.removesuffix("\n").split("\n"), verbatim=True)
        return
    write_whole(Path(file), text)
    here.answer({"file": file, "shares": count}, [f"Wrote {render.count(count, 'share')} to {file}."])
