"""The commands ``feed …`` and ``fetch``: what curate reads for you, and reading it."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

import click

from curate.cli import feed_view as view
from curate.cli import render
from curate.cli.main import Command, Group
from curate.errors import NetworkTrouble, Unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.feeds.discover import Found
    from curate.feeds.opml import Subscription


@click.group(cls=Group, epilog="Example: curate feed add https://example.org/blog")
def feed() -> None:
    """Say which feeds curate reads for you."""


@feed.command("add", epilog="Example: curate feed add https://example.org/blog --folder Reliability")
@click.argument("url")
@click.option("--title", default="", help="What to call it (the feed's own title).")
@click.option("--folder", default="", help="Where it goes in the list: Work/Reliability.")
@click.pass_obj
def add(here: Here, url: str, title: str, folder: str) -> None:
    """Subscribe to a feed; when URL is a page, find its feed."""
    from curate.feeds.opml import Subscription, add_feed, feed_key, read_feeds

    path, address = here.desk().feeds, _address(url)
    known = {feed_key(each.url): each for each in read_feeds(path)}
    if feed_key(address) not in known:
        found = _find(here, address, title)
        wanted = Subscription(url=found.url, title=title or found.title, folder=folder, site_url=found.site_url)
        if add_feed(path, wanted):
            way = "" if found.kind == "itself" else ", found through that page"
            line = f"Added {view.name(wanted)}, {render.term_safe(wanted.url)}{way}. Next: curate fetch"
            here.answer({**view.subscribed(wanted), "added": True}, [line])
            return
        address = found.url
    there = known[feed_key(address)]
    here.answer({**view.subscribed(there), "added": False}, [f"Already there as {view.name(there)}."])


@feed.command("list", epilog="Example: curate feed list --failing")
@click.option("--failing", is_flag=True, help="Only feeds that could not be read last time.")
@click.pass_obj
def list_(here: Here, *, failing: bool) -> None:
    """List the feeds, their health, and how much you keep of each."""
    from curate.feeds.health import feed_rows
    from curate.feeds.opml import read_feeds
    from curate.inbox.items import count_by_feed

    subscriptions = read_feeds(here.desk().feeds)
    with here.database() as connection:
        health, counts = feed_rows(connection), count_by_feed(connection)
    rows = [view.row(each, health.get(each.url), counts.get(each.url, (0, 0))) for each in subscriptions]
    shown = [each for each in rows if each["failures"]] if failing else rows
    here.answer(shown, view.table(shown, here.now()))
    if not shown and not here.json:
        here.say("Every feed could be read last time." if rows else view.NO_FEEDS)


@feed.command("remove", epilog="Example: curate feed remove https://example.org/feed.xml --yes")
@click.argument("which", metavar="URL|TITLE")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(here: Here, which: str, *, yes: bool) -> None:
    """Unsubscribe from a feed; its items stay."""
    from curate.feeds.opml import read_feeds, remove_feed

    path = here.desk().feeds
    chosen = _pick(read_feeds(path), which)
    here.confirm(f"Unsubscribe from {view.name(chosen)}?", yes=yes)
    gone = remove_feed(path, chosen.url)
    here.answer(view.subscribed(gone), [f"Removed {view.name(gone)}. Its items stay."])


@feed.command("import", epilog="Example: curate feed import feeds.opml")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be added; add nothing.")
@click.pass_obj
def import_(here: Here, file: IO[bytes], *, dry_run: bool) -> None:
    """Subscribe to all feeds of an OPML file; - for standard input."""
    import tempfile
    from pathlib import Path

    from curate.feeds.opml import import_feeds

    path = here.desk().feeds
    with tempfile.TemporaryDirectory() as folder:
        if dry_run:  # the same import, into a copy
            path = Path(folder, path.name)
            path.write_bytes(here.desk().feeds.read_bytes())
        report = import_feeds(path, file.read())
    data = {
        "added": [view.subscribed(each) for each in report.added],
        "known": list(report.known),
        "refused": [{"url": url, "reason": reason} for url, reason in report.refused],
    }
    refusals = [f"Left out: {render.term_safe(url)} {render.term_safe(reason)}." for url, reason in report.refused]
    here.answer(data, view.imported(report, dry_run=dry_run), warnings=refusals)


@feed.command("export", epilog="Example: curate feed export > feeds.opml")
@click.pass_obj
def export(here: Here) -> None:
    """Print the feeds as OPML."""
    from curate.feeds.opml import export_feeds

    text = export_feeds(here.desk().feeds)
    here.answer({"opml": text}, text.removesuffix("\n").split("\n"), verbatim=True)


@click.command(cls=Command, epilog="Example: curate fetch --force")
@click.option("--force", is_flag=True, help="Ask all feeds, due or not.")
@click.pass_obj
def fetch(here: Here, *, force: bool) -> None:
    """Read the feeds that are due into the inbox."""
    import asyncio

    from curate.desk.locks import WAIT, hold
    from curate.feeds import health
    from curate.feeds.opml import read_feeds
    from curate.inbox import receive

    desk, now, progress = here.desk(), here.now(), view.Progress(here)
    interval = here.settings().fetch.interval
    subscriptions = read_feeds(desk.feeds)
    if here.offline:
        raise NetworkTrouble("", "No feed was asked, because of --offline.", "Your inbox and drafts work.")

    async def go() -> receive.Report:
        async with here.client() as client:
            return await receive.read_feeds(
                connection, client, subscriptions, now=now, force=force, interval_minutes=interval, progress=progress
            )

    def waiting(process: str, since: datetime) -> None:
        at = here.local(since)
        here.say(f"Another curate (process {process}) is fetching since {at:%H:%M}. Waiting {WAIT:g} s …")

    with hold(desk, "fetch", waiting=waiting), here.database() as connection:
        try:
            report = asyncio.run(go())
        finally:
            progress.end()
        rows, due = health.feed_rows(connection), health.next_due(connection, subscriptions)
    failed = [{"url": url, "reason": reason} for url, reason in report.failed]
    data = {"feeds": report.feeds, "ok": report.ok, "not_modified": report.not_modified, "failed": failed}
    data["new_items"] = report.new_items
    here.answer(data, view.fetched(report, rows, due, now), exit_code=5 if failed else 0)


def _address(text: str) -> str:
    """Return what a person typed as a whole web address: example.org/blog is enough."""
    from curate.web.guard import Forbidden, check_url

    text = text.strip()
    if re.match(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+)?(/|$)", text, re.IGNORECASE):
        text = f"https://{text}"
    try:
        return str(check_url(text))
    except Forbidden as error:
        raise UsageError(f"{text}: {error.reason}.", "Write it whole: https://example.org/feed.xml") from None


def _find(here: Here, address: str, title: str) -> Found:
    """Return the one feed meant by ``address``; asks when a page offers several."""
    import asyncio

    from curate.feeds.discover import Found, discover

    if here.offline:
        if not title:
            raise NetworkTrouble(address, f"{address} was not looked at, because of --offline.", "Give its --title.")
        return Found(url=address, title=title, site_url="", kind="itself")

    async def go() -> list[Found]:
        async with here.client() as client:
            return await discover(client, address)

    found = asyncio.run(go())
    if len(found) == 1:
        return found[0]
    offers = [f"{number}) {each.title or 'untitled'}  {each.url}" for number, each in enumerate(found, 1)]
    said = "\n".join((f"That is a page. It offers {len(found)} feeds:", *offers))
    if not here.interactive():
        raise UsageError(said, "curate feed add with the address of the one you want.")
    here.say("\n".join(map(render.term_safe, said.splitlines())))
    return found[click.prompt("Which", type=click.IntRange(1, len(found)), err=True) - 1]


def _pick(subscriptions: Sequence[Subscription], which: str) -> Subscription:
    """Return the one feed of that address or title. Raises Unknown, and UsageError when there are several."""
    exact = [each for each in subscriptions if each.url == which.strip()]
    titled = [each for each in subscriptions if each.title.casefold() == which.strip().casefold()]
    urls = {each.url: each for each in exact or titled}
    if not urls:
        raise Unknown("feed", which, "curate feed list shows them.")
    if len(urls) > 1:
        raise UsageError(f"{len(urls)} feeds are called “{which}”: {', '.join(urls)}.", "Name one by its address.")
    return next(iter(urls.values()))
