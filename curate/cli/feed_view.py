"""How feeds look in the terminal and in JSON: a row, the table, how they fare in words, what an import came to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from curate.feeds.check import Checked
    from curate.feeds.health import FeedHealth
    from curate.feeds.opml import ImportReport, Subscription
    from curate.inbox.journal import Moved
    from curate.inbox.receive import Report
    from curate.inbox.yields import Yield

NO_FEEDS = "No feeds yet. curate feed add URL, or curate feed import feeds.opml."
NONE_READ = "Every feed is paused or gone. curate feed list shows them, curate feed resume reads one again."
SHOWN = 3  # failed feeds that are named
PAIRS = 10  # addresses proposed that are shown
REASONS = 5  # kinds of failures that are told
WIDEST = 120  # cells of a table, however wide the terminal


@dataclass(frozen=True)
class Clock:
    """The time it is, and how the desk's own clock shows a moment."""

    now: datetime
    local: Callable[[datetime], datetime]

    def day(self, moment: datetime) -> str:
        """Return the day of ``moment`` as one says it: 9 Nov, with its year when it is another, today its time."""
        there, here = self.local(moment), self.local(self.now)
        if there.date() == here.date():
            return f"{there:%H:%M}"
        return f"{there.day} {there:%b}" + (f" {there.year}" if there.year != here.year else "")

    def wait(self, until: datetime) -> str:
        """Return how long it is ``until`` then, in words."""
        minutes = -((self.now - until) // timedelta(minutes=1))
        if minutes < 1:
            return "now"
        if minutes < 60:
            return f"in {minutes} min"
        return f"in {minutes // 60} h" if minutes < 48 * 60 else f"in {minutes // 1440} days"


def row(
    subscription: Subscription, health: FeedHealth | None, counts: tuple[int, int, datetime] | None
) -> dict[str, Any]:
    """Return one feed as ``feed list --json`` shows it; ``counts`` are its items, those kept, the newest's date."""
    items, kept, newest = counts or (0, 0, None)
    return {
        **subscribed(subscription),
        "title": subscription.title or (health.title if health else ""),
        "checked": health.checked_at if health else None,
        "succeeded": health.succeeded_at if health else None,
        "failures": health.failures if health else 0,
        "reason": health.reason if health else "",
        "items": items,
        "kept": kept,
        "newest": newest,
        "due": health.due_at if health else None,
        "moved_to": health.moved_to if health else "",
        "gone": health.gone_at if health else None,
    }


def subscribed(subscription: Subscription) -> dict[str, Any]:
    """Return what the list of feeds says about one."""
    return {
        "url": subscription.url,
        "title": subscription.title,
        "folder": subscription.folder,
        "site_url": subscription.site_url,
        "every": subscription.every,
        "paused": subscription.paused,
    }


def table(rows: Sequence[Mapping[str, Any]], clock: Clock, *, stale: bool = False, whole: bool = False) -> list[str]:
    """Return the feeds as lines: title, items, kept, when last read, and how it fares; ``whole`` with addresses."""
    if not rows:
        return []
    room = min(max(shutil.get_terminal_size().columns, 60), WIDEST) - 24  # what numbers and gaps take
    titles = room * 2 // 5
    head = [("FEED", "ITEMS", "KEPT", "READ", "HEALTH")]
    body = [
        (
            each["title"] or each["url"].partition("://")[2],
            f"{each['items']:,}",
            f"{each['kept']:,}",
            render.ago(each["succeeded"], clock.now) or "never",
            _quiet(each, clock) if stale else _fares(each, clock),
        )
        for each in rows
    ]
    lines = render.columns(head + body, (titles, 6, 5, 5, room - titles))
    if not whole:
        return lines
    addressed = [line for each, line in zip(rows, lines[1:], strict=True) for line in (line, *_whole(each, clock))]
    return [lines[0], *addressed]


def yielded(each: Mapping[str, Any], brought: Yield | None) -> dict[str, Any]:
    """Return the row of a feed with what came of it; minutes are those spent deciding on its items, for each kept."""
    minutes = brought.minutes_per_kept if brought else None
    counts = {"decided": brought.decided if brought else 0, "posted": brought.posted if brought else 0}
    return {**each, **counts, "minutes_per_kept": None if minutes is None else round(minutes, 2)}


def yield_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the feeds as lines, those kept most of first: seen, decided, kept, posted, minutes for each kept."""
    if not rows:
        return []
    room = min(max(shutil.get_terminal_size().columns, 60), WIDEST) - 44  # what numbers and gaps take
    body = [
        (
            each["title"] or each["url"].partition("://")[2],
            f"{each['items']:,}",
            f"{each['decided']:,}",
            f"{each['kept']:,}",
            f"{each['posted']:,}",
            "" if each["minutes_per_kept"] is None else f"{each['minutes_per_kept']:.1f}",
        )
        for each in sorted(rows, key=lambda each: (-each["posted"], -each["kept"], -each["items"]))
    ]
    head = ("FEED", "SEEN", "DECIDED", "KEPT", "POSTED", "MIN/KEPT")
    return render.columns([head, *body], (room, 6, 7, 5, 6, 8))


def _whole(each: Mapping[str, Any], clock: Clock) -> list[str]:
    """Return what the table has no room for: the address, the whole reason, and what comes next."""
    lines = [f"    {each['url']}"]
    if each["failures"] and not each["paused"] and not each["gone"]:
        lines.append(f"    {each['reason']}; asked again {clock.wait(each['due'])}")
    return lines


def _fares(each: Mapping[str, Any], clock: Clock) -> str:
    """Say in a few words how a feed fares, and when it is asked next."""
    if each["paused"]:
        return "paused"
    if each["gone"]:
        return f"gone for good since {clock.day(each['gone'])}"
    if each["failures"]:
        return f"{_short(each['reason']).removeprefix('answered ')}{_since(each['succeeded'], each['failures'], clock)}"
    if each["moved_to"]:
        return f"moved: {each['moved_to'].partition('://')[2]}"
    if each["due"] is None or each["checked"] is None:
        return "not asked yet"
    return f"next {clock.wait(each['due'])}"


def _quiet(each: Mapping[str, Any], clock: Clock) -> str:
    if each["newest"] is None:
        return "never brought anything"
    return f"nothing new since {clock.day(each['newest'])}"


def _since(succeeded: datetime | None, failures: int, clock: Clock) -> str:
    if succeeded is None:
        return ", never read" if failures > 1 else ""
    return f" since {clock.day(succeeded)}"


def name(subscription: Subscription) -> str:
    """Return what a person calls the feed, safe for a terminal."""
    return f"“{render.term_safe(subscription.title)}”" if subscription.title else render.term_safe(subscription.url)


def imported(report: ImportReport, file: str, *, dry_run: bool, merge: bool) -> list[str]:
    """Say what an import of ``file`` came to, the most useful line last."""
    verb = "Would add" if dry_run else "Added"
    skipped = f", {len(report.known)} skipped because they are already listed" if report.known else ""
    lines = [f"{verb} {render.count(len(report.added), 'feed')}{skipped}.", *_slowed(report.added)]
    if not report.variants:
        return lines
    many = len(report.variants)
    pairs = [f"  {listed} → {given}" for listed, given in report.variants]
    if not merge and many > PAIRS:
        pairs[PAIRS:] = [f"  and {many - PAIRS:,} more; --json shows all"]
    if merge:
        took = "Would take over" if dry_run else "Took over"
        return [*lines, f"{took} {render.count(many, 'new address', 'new addresses')}:", *pairs]
    look = "1 looks like a feed you have under another address, and stays as it is:"
    if many > 1:
        look = f"{many} look like feeds you have under another address, and stay as they are:"
    return [
        *lines,
        look,
        *pairs,
        f"curate feed import {file} --merge takes the new addresses.",
    ]


def _slowed(added: Sequence[Subscription]) -> list[str]:
    """Say how many of the feeds ``added`` will not be read, or in a rhythm of the list's: nobody else would tell."""
    paused = sum(each.paused for each in added)
    timed = sum(each.every > 0 and not each.paused for each in added)
    told = [f"{paused:,} {'is' if paused == 1 else 'are'} paused"] if paused else []
    told += [f"{timed:,} {'has an interval of its' if timed == 1 else 'have intervals of their'} own"] if timed else []
    return [f"{' and '.join(told)}, as the list says."] if told else []


def fetched(
    report: Report, health: Mapping[str, FeedHealth], due: datetime | None, clock: Clock, *, listed: bool
) -> list[str]:
    """Say what a fetch came to, the most useful line last; ``listed`` when there are feeds that it might have read."""
    from curate.feeds.verdict import NO_NETWORK, PORTAL

    if not report.feeds:
        if due is None:
            return [NONE_READ if listed else NO_FEEDS]
        wait = max(int((due - clock.now).total_seconds() // 60), 1)
        return [f"No feed is due for {render.count(wait, 'minute')}. curate fetch --force asks all the same."]
    trouble = {
        NO_NETWORK: "No network. Your inbox and drafts work. Fetch and send will wait.",
        PORTAL: "The network answers in place of the feeds; it may want a sign-in. Open a browser, then fetch again.",
    }
    blamed = [trouble[reason] for _, reason in report.failed if reason in trouble]
    moved = _moved(report)
    read = f"{render.count(report.ok + report.not_modified, 'feed')} read"
    news = render.count(report.new_items, "new item")
    if blamed:
        most = f"{len(blamed):,} of {report.feeds:,} could not be reached, all at once: that looks like the network."
        lines = [*moved, f"{read}, {news}.", most, "No feed is blamed; the next fetch asks them again."]
        return lines if report.ok + report.not_modified else blamed[:1]
    if not report.failed:
        return [*moved, f"{read}, {news}."]
    rest = f"Everything else is in: {news}." if report.ok + report.not_modified else "What you have stays as it is."
    if len(report.failed) > SHOWN:
        lines = _grouped(report.failed, health)
        names = "curate feed list --failing names all, and says since when."
        return [*moved, f"{read}, {len(report.failed):,} failed:", *lines, names, rest]
    named = [_failed(url, reason, health.get(url), clock) for url, reason in report.failed]
    return [*moved, f"{read}, {len(report.failed)} failed: {', '.join(named)}.", rest]


def moved_data(moved: Iterable[Moved]) -> list[dict[str, str]]:
    """Return feeds that have moved for good, as the answers in JSON name them."""
    return [{"title": each.title, "before": each.before, "after": each.after} for each in moved]


def _moved(report: Report) -> list[str]:
    """Say which feeds have moved for good, and whether the list says so, too."""
    told = [(each, "Updated. curate undo takes it back.") for each in report.moved]
    lines = [f"{each.title} moved to {each.after} for good. {what}" for each, what in (*told, *report.unmoved)]
    return [render.term_safe(line) for line in lines]


def _failed(url: str, reason: str, health: FeedHealth | None, clock: Clock) -> str:
    since = _since(health.succeeded_at, health.failures, clock) if health and health.failures > 1 else ""
    return f"{_called(url, health)} ({_short(reason)}{since})"


def _grouped(failed: Sequence[tuple[str, str]], health: Mapping[str, FeedHealth]) -> list[str]:
    """Say which feeds failed for which reason, the most frequent first, each in a line of the terminal."""
    reasons: dict[str, list[str]] = {}
    for url, reason in failed:
        reasons.setdefault(_short(reason), []).append(_called(url, health.get(url)))
    wide = min(shutil.get_terminal_size().columns, WIDEST)
    lines = []
    for reason, names in sorted(reasons.items(), key=lambda each: -len(each[1]))[:REASONS]:
        line = ""
        for shown in range(min(SHOWN, len(names)), 0, -1):  # as many names as fit, whole
            more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
            line = f"  {reason}: {', '.join(names[:shown])}{more}"
            if render.width(line) <= wide:
                break
        lines.append(line)
    left = len(reasons) - REASONS
    return [*lines, f"  and for {render.count(left, 'other reason')}"] if left > 0 else lines


def _called(url: str, health: FeedHealth | None) -> str:
    return render.term_safe(health.title if health and health.title else url.partition("://")[2] or url)


def _short(reason: str) -> str:
    """Return ``reason`` without what it adds in brackets."""
    return render.term_safe(reason.partition(" (")[0])


def checked(results: Sequence[Checked], names: Mapping[str, str], clock: Clock) -> list[str]:
    """Say how each feed is, its warnings below it, and what it all came to."""
    from curate.feeds.verdict import NO_NETWORK, PORTAL

    network = {
        NO_NETWORK: "No network. Your inbox and drafts work. No feed is to blame.",
        PORTAL: "The network answers in place of the feeds; it may want a sign-in. Open a browser, then check again.",
    }
    if len({each.reason for each in results}) == 1 and results[0].reason in network:
        return [network[results[0].reason]]
    lines = []
    for each in results:
        called = names.get(each.url) or each.title or each.url
        lines += [f"{called}: {_answered(each, clock)}.", *(f"    {warning}" for warning in each.warnings)]
    failed = sum(each.outcome == "failed" for each in results)
    trouble = f", {failed} failed" if failed else ""
    return [*lines, f"{render.count(len(results), 'feed')} checked{trouble}. Nothing was stored."]


def _answered(each: Checked, clock: Clock) -> str:
    if each.outcome == "failed":
        return each.reason
    if each.outcome == "not_modified":
        return "ok, unchanged since it was last read"
    newest = f", the newest of {clock.day(each.newest)}" if each.newest else ""
    moved = f"moved for good to {each.moved_to}" if each.outcome == "moved" else "ok"
    return f"{moved}, {each.format}, {render.count(each.entries, 'entry', 'entries')}{newest}"
