"""The noun ``report``: how reading goes and what that proposes, and figures that come as files."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli import report_view as view
from curate.cli.item import Span
from curate.cli.main import Group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import BinaryIO

    from curate.cli.here import Here
    from curate.presence.experiments import Experiment, Verdict
    from curate.presence.report import Proposal, Report
    from curate.presence.review import Review

DAYS = 14  # that are shown, the latest
QUARTER = "12w"  # what a balance is told of, unless told


@click.group(cls=Group, invoke_without_command=True, epilog="Example: curate report --since 7d")
@click.option("--since", type=Span(-1), default="30d", help="From when on: 7d, 2w, 2026-11-01 (30d).")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write all as one page.")
@click.pass_context
def report(ctx: click.Context, since: datetime, html: Path | None) -> None:
    """Say how much you decide and keep, and which feeds to give up or move up; a verb says more."""
    if ctx.invoked_subcommand is None:
        if html is None:
            _reading(ctx.obj, since)
        else:
            _page(ctx.obj, since, html)


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


def _review(here: Here, since: datetime) -> Review:
    from curate.presence.review import review

    with here.database() as connection:
        return review(here.desk(), here.settings(), connection, since=here.meant(since), now=here.now())


def _mark(here: Here) -> str:
    return "#" if here.ascii else "▇"


def _page(here: Here, since: datetime, path: Path) -> None:
    from curate.desk.folder import write_whole
    from curate.presence.page import page

    found = _review(here, since)
    write_whole(path, page(found, [view.verdict_words(verdict) for _, verdict in found.experiments]))
    here.answer({"file": path, "since": found.since}, [f"Written    {path}"])


def _time(here: Here, days: int) -> None:
    """Answer with the last ``days`` in review."""
    found = _review(here, here.now() - timedelta(days=days))
    data = {
        "since": found.since,
        "decided": found.reading.decided,
        "kept": found.reading.kept,
        "seconds_per_item": found.reading.pace,
        "own": found.balance.own,
        "curated": found.balance.curated,
        "sent": found.sent,
        "tended": asdict(found.tending),
        "measured": found.response.shares,
        "young": found.response.young,
        **{
            name: [{**asdict(group), "each": round(group.each, 3), "few": group.few} for group in groups]
            for name, groups in (
                ("accounts", found.response.accounts),
                ("topics", found.response.topics),
                ("hours", found.response.hours),
                ("kinds", found.response.kinds),
            )
        },
        "best": [{"share": one.share, "account": one.account, "url": one.url, "reactions": one.reactions}
                 for one in found.best],
    }  # fmt: skip
    here.answer(data, lambda: view.review_lines(found, mark=_mark(here)))


@report.command(epilog="Example: curate report week")
@click.pass_obj
def week(here: Here) -> None:
    """Say how the last seven days went, and what worked."""
    _time(here, 7)


@report.command(epilog="Example: curate report month")
@click.pass_obj
def month(here: Here) -> None:
    """Say how the last thirty days went, and what worked."""
    _time(here, 30)


@report.command(epilog="Example: curate report balance")
@click.option("--since", type=Span(-1), default=QUARTER, help=f"From when on: 7d, 2w, 2026-11-01 ({QUARTER}).")
@click.pass_obj
def balance(here: Here, since: datetime) -> None:
    """Say how many own pieces stand beside the curated ones, week by week."""
    found = _review(here, since).balance
    weeks = [{**asdict(each), "first": each.first.isoformat()} for each in found.weeks]
    data = {"own": found.own, "curated": found.curated, "ratio": found.ratio, "weeks": weeks}
    here.answer(data, lambda: view.balance_lines(found, mark=_mark(here)))


@report.command(epilog="Example: curate report sources --since 52w")
@click.option("--since", type=Span(-1), default=QUARTER, help=f"From when on: 7d, 2w, 2026-11-01 ({QUARTER}).")
@click.pass_obj
def sources(here: Here, since: datetime) -> None:
    """Say which sites you cite, and on how few of them you rest."""
    found = _review(here, since).sources
    data = {
        "cited": found.cited,
        "first_three": round(found.first_three, 3),
        "effective": round(found.effective, 2),
        "sites": [{"site": name, "posts": count} for name, count in found.sites],
    }
    here.answer(data, lambda: view.source_lines(found, mark=_mark(here)))


@report.group(cls=Group, invoke_without_command=True, epilog="Example: curate report experiment")
@click.pass_context
def experiment(ctx: click.Context) -> None:
    """Say what came of what you tried out, against the time before; a verb begins one."""
    if ctx.invoked_subcommand is not None:
        return
    from curate.presence.experiments import judge, list_experiments

    here: Here = ctx.obj
    with here.database() as connection:
        found = [(each, judge(connection, each, now=here.now())) for each in list_experiments(connection)]
    here.answer([_judged(*pair) for pair in found], lambda: view.experiment_lines(found, here.now()))


def _judged(experiment: Experiment, verdict: Verdict) -> dict[str, Any]:
    known = verdict.times is not None
    bound = verdict.high if known and verdict.high != float("inf") else None
    told = {"times": verdict.times, "low": verdict.low if known else None, "high": bound}
    counts = {"shares_before": verdict.before, "shares_during": verdict.during}
    return {**asdict(experiment), "verdict": verdict.word, **told, **counts}


@experiment.command(
    "add", epilog="Example: curate report experiment add mornings --hypothesis 'Early gets more' --until 4w"
)
@click.argument("name")
@click.option("--hypothesis", required=True, metavar="TEXT", help="What you expect, in a sentence.")
@click.option("--until", type=Span(1), required=True, help="When it ends: 4w, 2026-12-31.")
@click.pass_obj
def add(here: Here, name: str, hypothesis: str, until: datetime) -> None:
    """Begin an experiment now; its shares are judged against those before."""
    from curate.presence.experiments import add_experiment

    with here.database() as connection:
        made = add_experiment(connection, name, hypothesis, until=here.meant(until), now=here.now())
    here.answer(asdict(made), [f"Begun      {name}, until {here.local(made.until):%d %b %Y}."])


@experiment.command("remove", epilog="Example: curate report experiment remove mornings")
@click.argument("name")
@click.pass_obj
def remove(here: Here, name: str) -> None:
    """Forget an experiment; its shares and their figures stay."""
    from curate.presence.experiments import remove_experiment

    with here.database() as connection:
        remove_experiment(connection, name)
    here.answer({"removed": name}, [f"Removed    {name}. Its shares and their figures stay."])
