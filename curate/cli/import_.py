"""The command ``import``: take over what another program or site kept for you."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.cli.here import Here
    from curate.inbox.saved import Rejected

SHOWN = 10  # rejected rows that are told; --json has all
NOUNS = {"opml": "feed", "content": "post"}


@click.command("import", cls=Command, epilog="Example: curate import pocket.csv --dry-run")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--kind", default="", help="Refuse a file of another kind: pocket, netscape, readwise …")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be taken; take nothing.")
@click.pass_obj
def import_(here: Here, file: Path, kind: str, *, dry_run: bool) -> None:
    """Take over an export of another program, or a folder of posts.

    Read: OPML; bookmarks as HTML (browsers, Pinboard, Raindrop, linkding, Shaarli); Pocket; Instapaper; Raindrop;
    Pinboard; Readwise, whose highlights become quotes; wallabag; Omnivore; linkding; Firefox; addresses, one a line; a
    folder of posts of Pelican, Hugo or Jekyll. Items come in as kept, with dates, tags and notes. Twice is once.
    """
    from curate.inbox.exports import KINDS

    if kind and kind not in KINDS:
        raise click.BadParameter(f"“{kind}” is none of {', '.join(KINDS)}.", param_hint="--kind")
    if file.is_dir():
        told, warnings = _posts(here, file, kind, dry_run=dry_run)
    else:
        told, warnings = _export(here, file, kind, dry_run=dry_run)
    here.answer(told, lambda: _lines(told, dry_run=dry_run), warnings=warnings)


def _posts(here: Here, folder: Path, kind: str, *, dry_run: bool) -> tuple[dict[str, Any], Sequence[str]]:
    from curate.errors import Refused
    from curate.posts.imports import import_posts

    if kind not in {"", "content"}:
        raise Refused(f"{folder} is a folder of posts, no export of the kind {kind}.", "Nothing was imported.")
    taken = import_posts(here.desk().content, folder, dry_run=dry_run)
    return _told("content", len(taken.made), taken.known, taken.rejected), taken.warnings


def _export(here: Here, file: Path, kind: str, *, dry_run: bool) -> tuple[dict[str, Any], Sequence[str]]:
    from curate.desk.db import rehearsal, transaction
    from curate.inbox.exports import read_export
    from curate.inbox.imports import store_saved

    data = _bytes(file)
    export = read_export(data, kind)
    if export.kind == "opml":
        return _feeds(here, data, dry_run=dry_run), ()
    with here.database() as connection, (rehearsal if dry_run else transaction)(connection):
        stored = store_saved(connection, export.saved, now=here.now())
    return _told(export.kind, stored.new, stored.known, export.rejected), export.warnings


def _feeds(here: Here, data: bytes, *, dry_run: bool) -> dict[str, Any]:
    import tempfile

    from curate.feeds.opml import import_feeds
    from curate.inbox.saved import Rejected

    path = here.desk().feeds
    with tempfile.TemporaryDirectory() as folder:
        if dry_run:  # the same import, into a copy
            path = Path(folder, path.name)
            path.write_bytes(here.desk().feeds.read_bytes())
        report = import_feeds(path, data)
    rejected = [Rejected(url, reason) for url, reason in report.refused]
    return _told("opml", len(report.added), len(report.known) + len(report.variants), rejected)


def _bytes(file: Path) -> bytes:
    """Read the file, or standard input for -, and no more than an import may have."""
    from curate.errors import UsageError
    from curate.inbox.exports import LARGEST

    try:
        with click.open_file(str(file), "rb") as stream:
            data: bytes = stream.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Nothing was imported.") from error
    return data


def _told(kind: str, new: int, known: int, rejected: Sequence[Rejected]) -> dict[str, Any]:
    named = [{"row": one.row, "reason": one.reason} for one in rejected]
    return {"kind": kind, "rows": new + known + len(named), "new": new, "known": known, "rejected": named}


def _lines(told: dict[str, Any], *, dry_run: bool) -> list[str]:
    from curate.feeds.characters import one_line

    noun = NOUNS.get(told["kind"], "row")
    verb = "Would take" if dry_run else "Took"
    rejected = told["rejected"]
    lines = [f"Left out {one_line(str(one['row']))}: {one['reason']}." for one in rejected[:SHOWN]]
    if len(rejected) > SHOWN:
        lines.append(f"and {len(rejected) - SHOWN:,} more; --json names each.")
    counts = f"{told['known']:,} known, {len(rejected):,} left out"
    lines.append(f"{told['kind']}: {verb} {render.count(told['new'], noun)} of {told['rows']:,}; {counts}.")
    if told["new"] and not dry_run:
        lines.append(
            {
                "opml": "curate fetch reads them.",
                "content": "curate post list shows them; curate site build shows the site with them.",
            }.get(told["kind"], "They are kept: curate item list --state kept. curate undo takes them back.")
        )
    return lines
