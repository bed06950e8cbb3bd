"""How feeds look in the terminal and in JSON: a row, the table, what a fetch came to, its progress."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.feeds.health import FeedHealth
    from curate.feeds.opml import ImportReport, Subscription
    from curate.inbox.receive import Report

NO_FEEDS = "No feeds yet. curate feed add URL, or curate feed import feeds.opml."
SHOWN = 3  # failed feeds that are named
PATIENCE = 0.5  # seconds before progress is worth a line
BEAT = 0.1  # seconds between two lines of progress


def row(subscription: Subscription, health: FeedHealth | None, counts: tuple[int, int]) -> dict[str, Any]:
    """Return one feed as ``feed list --json`` shows it; ``counts`` are its items, and those kept."""
    return {
        **subscribed(subscription),
        "title": subscription.title or (health.title if health else ""),
        "checked": health.checked_at if health else None,
        "succeeded": health.succeeded_at if health else None,
        "failures": health.failures if health else 0,
        "reason": health.reason if health else "",
        "items": counts[0],
        "kept": counts[1],
    }


def subscribed(subscription: Subscription) -> dict[str, Any]:
    """Return what the list of feeds says about one."""
    return {
        "url": subscription.url,
        "title": subscription.title,
        "folder": subscription.folder,
        "site_url": subscription.site_url,
    }


def table(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """Return the feeds as lines: title, items, kept, when last read, and what is wrong."""
    if not rows:
        return []
    head = [("FEED", "ITEMS", "KEPT", "READ", "")]
    body = [
        (
            each["title"] or each["url"],
            str(each["items"]),
            str(each["kept"]),
            render.ago(each["succeeded"], now) or "never",
            f"{each['url']} {each['reason']}" if each["failures"] else each["url"],
        )
        for each in rows
    ]
    return render.columns(head + body, (36, 6, 6, 5, 100))


def name(subscription: Subscription) -> str:
    """Return what a person calls the feed, safe for a terminal."""
    return f"“{render.term_safe(subscription.title)}”" if subscription.title else render.term_safe(subscription.url)


def imported(report: ImportReport, *, dry_run: bool) -> list[str]:
    """Say what an import came to."""
    verb = "Would add" if dry_run else "Added"
    skipped = f", {len(report.known)} skipped because they are already listed" if report.known else ""
    return [f"{verb} {render.count(len(report.added), 'feed')}{skipped}."]


def fetched(report: Report, health: Mapping[str, FeedHealth], due: datetime | None, now: datetime) -> list[str]:
    """Say what a fetch came to, the most useful line last."""
    from curate.feeds.fetch import NO_NETWORK

    if not report.feeds:
        if due is None:
            return [NO_FEEDS]
        wait = max(int((due - now).total_seconds() // 60), 1)
        return [f"No feed is due for {render.count(wait, 'minute')}. curate fetch --force asks all the same."]
    if any(reason == NO_NETWORK for _, reason in report.failed):
        return ["No network. Your inbox and drafts work. Fetch and send will wait."]
    read = f"{render.count(report.ok + report.not_modified, 'feed')} read"
    news = render.count(report.new_items, "new item")
    if not report.failed:
        return [f"{read}, {news}."]
    named = [_failed(url, reason, health.get(url)) for url, reason in report.failed[:SHOWN]]
    more = " … curate feed list --failing names all." if len(report.failed) > SHOWN else "."
    return [f"{read}, {len(report.failed)} failed: {', '.join(named)}{more}", f"Everything else is in: {news}."]


def _failed(url: str, reason: str, health: FeedHealth | None) -> str:
    since = ""
    if health and health.failures > 1 and health.succeeded_at:
        since = f", last read {health.succeeded_at.day} {health.succeeded_at:%b}"
    title = health.title if health and health.title else url
    return f"{render.term_safe(title)} ({render.term_safe(reason)}{since})"


class Progress:
    """One line on a terminal, rewritten as feeds come in, gone at the end; elsewhere nothing."""

    def __init__(self, here: Here) -> None:
        self._on = not here.quiet and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._shown = False

    def __call__(self, done: int, total: int, failed: int) -> None:
        """Show that ``done`` of ``total`` feeds were asked and ``failed`` of them could not be read."""
        if self._on and time.monotonic() >= self._next:
            trouble = f", {failed} failed" if failed else ""
            sys.stderr.write(f"\r{done}/{total} feeds{trouble}\x1b[K")
            sys.stderr.flush()
            self._next = time.monotonic() + BEAT
            self._shown = True

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
