"""The noun ``report``: how reading goes and what that proposes, and figures that come as files."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.item import Span
from curate.cli.main import Group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import BinaryIO

    from curate.cli.here import Here
    from curate.presence.report import Proposal, Report

DAYS = 14  # that are shown, the latest


@click.group(cls=Group, invoke_without_command=True, epilog="Example: curate report --since 7d")
@click.option("--since", type=Span(-1), default="30d", help="From when on: 7d, 2w, 2026-11-01 (30d).")
@click.pass_context
def report(ctx: click.Context, since: datetime) -> None:
    """Say how much you decide and keep, and which feeds to give up or move up; a verb says more."""
    if ctx.invoked_subcommand is None:
        _reading(ctx.obj, since)


def _reading(here: Here, since: datetime) -> None:
    from zoneinfo import ZoneInfo

    from curate.feeds.opml import read_feeds
    from curate.presence import report as reporting

    subscriptions, zone = read_feeds(here.desk().feeds), ZoneInfo(here.settings().site.timezone)
    with here.database() as connection:
        found = reporting.gather(connection, subscriptions, since=here.meant(since), now=here.now(), zone=zone)
    data = {
        "since": found.since,
        "decided": found.decided,
        "kept": found.kept,
        "kept_share": round(found.kept_share, 3),
        "seconds_per_item": found.pace,
        "days": [{**vars(day), "day": day.day.isoformat()} for day in found.days],
        "prune": [_row(each, _remove(each)) for each in found.prune],
        "promote": [_row(each, _boost(each)) for each in found.promote],
    }
    here.answer(data, lambda: _lines(found, here.local(found.since)))


def _row(feed: Proposal, command: str) -> dict[str, Any]:
    brought = feed.brought
    counts = {"seen": brought.seen, "decided": brought.decided, "kept": brought.kept, "posted": brought.posted}
    return {"url": feed.url, "title": feed.title, **counts, "command": command}


def _lines(found: Report, since: datetime) -> Iterator[str]:
    """Lay the report out: the sum, the days, what is proposed."""
    if not found.decided:
        yield f"Nothing was decided since {since.day} {since:%b}. curate triage begins."
    else:
        pace = f", {found.pace:.0f} s each" if found.pace and found.pace >= 1 else ""
        kept = f"{found.kept} kept ({found.kept_share:.0%})"
        yield f"Since {since.day} {since:%b}: {render.count(found.decided, 'item')} decided, {kept}{pace}."
        rows = [
            (
                f"{day.day:%a} {day.day.day} {day.day:%b}",
                f"{day.decided} decided",
                f"{day.kept} kept",
                _spent(day.seconds),
            )
            for day in found.days[-DAYS:]
        ]
        yield from (f"  {line}" for line in render.columns(rows, (11, 14, 10, 8)))
    for title, feeds in (("Nothing kept of, in 90 days:", found.prune), ("Often kept, in 90 days:", found.promote)):
        if feeds:
            yield ""
            yield title
        for each in feeds:
            brought = each.brought
            told = (
                f"{brought.seen} seen, 0 kept" if feeds is found.prune else f"kept {brought.kept} of {brought.decided}"
            )
            yield f"  {each.title}: {told}"
            yield f"    {_remove(each) if feeds is found.prune else _boost(each)}"


def _spent(seconds: int) -> str:
    return f"{round(seconds / 60)} min" if seconds >= 60 else ""


def _remove(feed: Proposal) -> str:
    return f"curate feed remove {shlex.quote(feed.url)}"


def _boost(feed: Proposal) -> str:
    named = render.term_safe(feed.title).replace('"', " ").strip()
    query = f'from:"{named}"'
    return f"curate rule add {shlex.quote(query)} --boost 1"


@report.command("import", epilog="Example: curate report import linkedin.csv")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", "-n", is_flag=True, help="Only say what would be imported.")
@click.pass_obj
def import_(here: Here, file: BinaryIO, *, dry_run: bool) -> None:
    """Read what became of your shares on LinkedIn from its table of posts, saved as CSV."""
    import contextlib

    from curate.desk.db import rehearsal
    from curate.presence.exports import LARGEST, read_export
    from curate.presence.metrics import import_rows

    rows = read_export(file.read(LARGEST + 1))
    with here.database() as connection, rehearsal(connection) if dry_run else contextlib.nullcontext():
        done = import_rows(connection, rows, now=here.now())
    rejected = [{"row": line, "url": url, "reason": reason} for line, url, reason in done.rejected]
    data = {"kind": "linkedin", "rows": done.rows, "new": done.new, "known": done.known, "rejected": rejected}
    verb = "Would import" if dry_run else "Imported"
    lines = [f"{verb} the figures of {render.count(done.new, 'share')}; {done.known} known already."]
    if rejected:
        lines.append(f"{render.count(len(rejected), 'row')} left out:")
        lines += [f"  line {row['row']}: {row['url']}: {row['reason']}" for row in rejected]
        lines.append("curate share log ID URL tells of a share you made by hand.")
    here.answer(data, lines)
