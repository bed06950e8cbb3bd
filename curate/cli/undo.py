"""The commands ``undo`` and ``redo``: take back what was done, and do it again."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import MOST, Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.inbox.journal import Step

SHOWN = 20  # steps that --list shows
TITLE = 50  # cells


@click.command(cls=Command, epilog="Example: curate undo 3")
@click.argument("steps", metavar="[N]", type=click.IntRange(1, MOST), required=False)
@click.option("--list", "only_list", is_flag=True, help="Show the last steps, newest first.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be taken back.")
@click.pass_obj
def undo(here: Here, steps: int | None, *, only_list: bool, dry_run: bool) -> None:
    """Take back the last thing done to the inbox, or the last N; curate redo does it again."""
    from curate.inbox import journal

    with here.database() as connection, contextlib.ExitStack() as alone:
        done = journal.last_steps(connection, steps or (SHOWN if only_list else 1))
        if not (only_list or dry_run):
            _without_fetch(here, done, alone)
            done = journal.undo(connection, steps or 1, now=here.now(), feeds_file=here.desk().feeds)
    how = "" if only_list or dry_run else "Taken back"
    here.answer([asdict(step) for step in done], lambda: _lines(done, here.now(), how, nothing="Nothing to undo."))


@click.command(cls=Command, epilog="Example: curate redo")
@click.argument("steps", metavar="[N]", type=click.IntRange(1, MOST), required=False)
@click.option("--list", "only_list", is_flag=True, help="Show the steps that can be done again, the next one first.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be done again.")
@click.pass_obj
def redo(here: Here, steps: int | None, *, only_list: bool, dry_run: bool) -> None:
    """Do again what undo took back last, or the last N; possible until something else is done."""
    from curate.inbox import journal

    with here.database() as connection, contextlib.ExitStack() as alone:
        done = journal.undone_steps(connection, steps or (SHOWN if only_list else 1))
        if not (only_list or dry_run):
            _without_fetch(here, done, alone)
            done = journal.redo(connection, steps or 1, feeds_file=here.desk().feeds)
    how = "" if only_list or dry_run else "Done again"
    here.answer([asdict(step) for step in done], lambda: _lines(done, here.now(), how, nothing="Nothing to redo."))


def _without_fetch(here: Here, steps: Sequence[Step], alone: contextlib.ExitStack) -> None:
    """Let no fetch run meanwhile when a feed's address is going to change: a fetch knows it where it is."""
    from curate.desk.locks import hold

    if any(step.feed for step in steps):
        alone.enter_context(hold(here.desk(), "fetch"))


def _lines(steps: Sequence[Step], now: datetime, how: str, *, nothing: str) -> Iterator[str]:
    """Say what was done with the steps (``how``), or what they are when nothing was."""
    if not steps:
        yield nothing
    for number, step in enumerate(steps, 1):
        if how and step.feed is not None:
            where = step.feed.before if how == "Taken back" else step.feed.after
            yield render.term_safe(f"{how}: {step.feed.title} is read at {where} again.")
            continue
        what = f"{step.action} {_about(step)}" if how else f"{step.action:<6} {_about(step)}"
        yield f"{how}: {what}" if how else f"{number:>3}  {render.ago(step.at, now):>4}  {what}"
        if how and step.action in ("draft", "post"):
            yield "The post's file and page stay as they are; curate post list shows it."


def _about(step: Step) -> str:
    """Say what a step was about."""
    if step.feed is not None:
        return render.term_safe(f"{step.feed.title} moved to {step.feed.after}")
    if not step.items:
        return f"“{render.term_safe(step.rule)}”"
    first = step.items[0]
    rule = f"“{render.term_safe(step.rule)}” on " if step.rule else ""
    more = f" and {len(step.items) - 1:,} more" if len(step.items) > 1 else ""
    return f"{rule}{first.id} “{render.clip(render.term_safe(first.title), TITLE)}”{more}"
