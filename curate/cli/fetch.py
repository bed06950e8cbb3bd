"""The command ``fetch``: read what is due, and what is kept whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import feed_view as view
from curate.cli import render
from curate.cli.item_view import named
from curate.cli.main import Command
from curate.errors import Interrupted, NetworkTrouble

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.feeds.opml import Subscription
    from curate.inbox.items import Item
    from curate.inbox.pages import FullTexts
    from curate.inbox.receive import Report


@click.command(cls=Command, epilog="Example: curate fetch --force")
@click.option("--force", is_flag=True, help="Ask all feeds, due or not.")
@click.option("--full", is_flag=True, help="Then get the full text of what you kept.")
@click.pass_obj
def fetch(here: Here, *, force: bool, full: bool) -> None:
    """Read the feeds that are due into the inbox."""
    from curate.desk.locks import WAIT, hold
    from curate.feeds import health
    from curate.feeds.opml import read_feeds

    desk, now = here.desk(), here.now()
    if here.offline:
        raise NetworkTrouble("", "No feed was asked, because of --offline.", "Your inbox and drafts work.")

    def waiting(process: str, since: datetime) -> None:
        at = here.local(since)
        here.say(f"Another curate (process {process}) is fetching since {at:%H:%M}. Waiting {WAIT:g} s …")

    with hold(desk, "fetch", waiting=waiting), here.database() as connection:
        subscriptions = read_feeds(desk.feeds)
        report = _read_feeds(here, connection, subscriptions, force=force)
        texts = _read_texts(here, connection) if full else None
        rows, due = health.feed_rows(connection), health.next_due(connection, subscriptions)
    failed = [{"url": url, "reason": reason} for url, reason in report.failed]
    data: dict[str, Any] = {"feeds": report.feeds, "ok": report.ok, "not_modified": report.not_modified}
    data |= {"failed": failed, "new_items": report.new_items}
    data["moved"] = view.moved_data(report.moved)
    lines = view.fetched(report, rows, due, view.Clock(now, here.local), listed=bool(subscriptions))
    if texts is not None:
        data["full_text"] = {"got": texts.got, "refused": _rows(texts.refused), "failed": _rows(texts.failed)}
        lines += _said(texts)
    trouble = failed or (texts is not None and texts.failed)
    here.answer(data, lines, exit_code=5 if trouble else 0)


def _read_feeds(
    here: Here, connection: sqlite3.Connection, subscriptions: Sequence[Subscription], *, force: bool
) -> Report:
    """Read the feeds that are due, all with ``force``; Ctrl-C says how far it came."""
    import asyncio

    from curate.cli.progress import Progress
    from curate.inbox import receive

    path, progress = here.desk().feeds, Progress(here)

    async def go() -> Report:
        async with here.client() as client, progress.shown():
            return await receive.read_feeds(
                connection,
                client,
                subscriptions,
                now=here.now(),
                force=force,
                interval_minutes=here.settings().fetch.interval,
                feeds_file=path,
                progress=progress,
            )

    try:
        return asyncio.run(go())
    except KeyboardInterrupt:
        came = f"{progress.done} of {render.count(progress.total, 'feed')} read; what they brought is kept."
        raise Interrupted(f"Stopped. {came}" if progress.total else "Stopped. Nothing was read.") from None


def _read_texts(here: Here, connection: sqlite3.Connection) -> FullTexts:
    """Get the full text of what is kept; Ctrl-C keeps what was got."""
    import asyncio

    from curate.cli.progress import Progress
    from curate.inbox.pages import read_full_texts

    progress = Progress(here, "pages")

    async def go() -> FullTexts:
        async with here.client() as client, progress.shown():
            without = here.settings().fetch.no_full_text
            return await read_full_texts(connection, client, now=here.now(), without=without, progress=progress)

    try:
        return asyncio.run(go())
    except KeyboardInterrupt:
        raise Interrupted("Stopped. The feeds are in, and so are the full texts got so far.") from None


def _rows(without: Sequence[tuple[Item, str]]) -> list[dict[str, str]]:
    return [{"id": item.id, "url": item.url, "reason": reason} for item, reason in without]


def _said(texts: FullTexts) -> list[str]:
    """Say what came of getting full texts, the most useful line last."""
    without = (*texts.failed, *texts.refused)
    lines = [f"  {named(item)}: {render.term_safe(reason)}" for item, reason in without]
    got = f"{render.count(texts.got, 'full text')} read"
    if not without:
        return [f"{got}."]
    return [f"{got}, {len(without)} not; what the feeds gave of them stays:", *lines]
