"""The commands ``feed …`` and ``fetch``: what curate reads for you, and reading it."""

from __future__ import annotations

import contextlib
import re
from typing import IO, TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from curate.cli import feed_view as view
from curate.cli import render
from curate.cli.main import Group
from curate.errors import CurateError, NetworkTrouble, Unknown, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from curate.cli.here import Here
    from curate.feeds.discover import Found
    from curate.feeds.opml import Subscription


def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the feeds whose address goes on like what was begun; without https://, whose colon shells break at."""
    from curate.cli.here import Here
    from curate.feeds.opml import read_feeds

    try:
        feeds = read_feeds((ctx.find_object(Here) or Here()).desk().feeds)
    except CurateError:
        return []
    offers = [(each.url.partition("://")[2], each.title) for each in feeds]
    return [CompletionItem(place, help=title) for place, title in offers if place.startswith(begun)]


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
    from curate.feeds.health import resume
    from curate.feeds.opml import Subscription, add_feed, feed_key, read_feeds

    path, address = here.desk().feeds, _address(url)
    known = {feed_key(each.url): each for each in read_feeds(path)}
    if feed_key(address) not in known:
        found = _find(here, address, title)
        wanted = Subscription(url=found.url, title=title or found.title, folder=folder, site_url=found.site_url)
        if add_feed(path, wanted):
            with here.database() as connection:
                resume(connection, wanted.url)  # it may have been known, and gone, before
            ways = {"itself": "", "ruled": ", where that site has it", "guessed": ", found beside that page"}
            way = ways.get(found.kind, ", found through that page")
            line = f"Added {view.name(wanted)}, {render.term_safe(wanted.url)}{way}. Next: curate fetch"
            here.answer({**view.subscribed(wanted), "added": True}, [line])
            return
        address = found.url
    there = known[feed_key(address)]
    here.answer({**view.subscribed(there), "added": False}, [f"Already there as {view.name(there)}."])


@feed.command("list", epilog="Example: curate feed list --failing")
@click.option("--failing", is_flag=True, help="Only feeds that could not be read last time.")
@click.option("--stale", is_flag=True, help="Only feeds that have brought nothing new for long, or nothing ever.")
@click.option("--days", default=180, show_default=True, type=click.IntRange(1, 36500), help="What --stale calls long.")
@click.option("--yield", "yields", is_flag=True, help="What came of each: seen, kept, posted, minutes per kept item.")
@click.pass_obj
def list_(here: Here, *, failing: bool, stale: bool, days: int, yields: bool) -> None:
    """List the feeds, their health, and how much you keep of each; with -v their addresses, too."""
    from datetime import timedelta

    from curate.feeds.health import feed_rows
    from curate.feeds.opml import read_feeds
    from curate.inbox.items import count_by_feed
    from curate.inbox.yields import feed_yields

    subscriptions, long_ago = read_feeds(here.desk().feeds), here.now() - timedelta(days=days)
    with here.database() as connection:
        health, counts = feed_rows(connection), count_by_feed(connection)
        brought = feed_yields(connection) if yields else {}
    rows = [view.row(each, health.get(each.url), counts.get(each.url)) for each in subscriptions]
    shown = [each for each in rows if each["failures"] or each["gone"]] if failing else rows
    shown = [each for each in shown if each["newest"] is None or each["newest"] < long_ago] if stale else shown
    if yields:
        shown = [view.yielded(each, brought.get(each["url"])) for each in shown]
        here.answer(shown, view.yield_table(shown))
    else:
        whole = failing or here.verbose
        here.answer(shown, view.table(shown, _clock(here), stale=stale and not failing, whole=whole))
    if not shown and not here.json:
        all_well = "No feed failed that was asked." if failing else f"Every feed brought something in {days} days."
        here.say(all_well if rows else view.NO_FEEDS)


@feed.command("check", epilog="Example: curate feed check 'Night Shift'")
@click.argument("which", metavar="[URL|TITLE]...", nargs=-1, shell_complete=complete)
@click.pass_obj
def check(here: Here, which: tuple[str, ...]) -> None:
    """Fetch feeds (all of them without a name) and say how they are; store nothing."""
    import asyncio

    from curate.cli.progress import Progress
    from curate.feeds import check as checking
    from curate.feeds.fetch import Known
    from curate.feeds.health import known_feeds
    from curate.feeds.opml import read_feeds

    subscriptions = read_feeds(here.desk().feeds)
    wanted = [_listed_or_new(here, subscriptions, each) for each in which] or [each.url for each in subscriptions]
    if here.offline:
        raise NetworkTrouble("", "No feed was asked, because of --offline.", "Your inbox and drafts work.")
    with here.database() as connection:
        known = {each.url: each for each in known_feeds(connection, subscriptions, now=here.now(), force=True)}
    feeds, progress = [known.get(url) or Known(url=url) for url in dict.fromkeys(wanted)], Progress(here)

    async def go() -> list[checking.Checked]:
        async with here.client() as client, progress.shown():
            return await checking.check_feeds(client, feeds, now=here.now(), progress=progress)

    results = asyncio.run(go())
    names = {each.url: each.title for each in subscriptions}
    failed = any(each.outcome == "failed" for each in results)
    here.answer(
        [vars(each) for each in results],
        lambda: view.checked(results, names, _clock(here)) if results else [view.NO_FEEDS],
        exit_code=5 if failed else 0,
    )


@feed.command("edit", epilog="Example: curate feed edit 'Night Shift' --folder Work/Reliability --every 240")
@click.argument("which", metavar="URL|TITLE", shell_complete=complete)
@click.option("--title", help="What to call it.")
@click.option("--folder", help="Where it goes in the list: Work/Reliability; '' for the top.")
@click.option("--url", help="Its new address; its items stay its own.")
@click.option("--every", type=click.IntRange(0, 525600), help="Minutes between two readings; 0 as it suits the feed.")
@click.pass_obj
def edit(here: Here, /, which: str, **changes: str | int | None) -> None:
    """Change what the list says of one feed; nothing else in feeds.opml moves."""
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        raise UsageError("Nothing to change.", "Say --title, --folder, --url or --every.")
    if "url" in given:
        given["url"] = _address(str(given["url"]))
    old, new = _change(here, which, **given)
    here.answer(view.subscribed(new), [f"Changed {view.name(old)}: {_said(given)}."])


@feed.command("pause", epilog="Example: curate feed pause 'Night Shift'")
@click.argument("which", metavar="URL|TITLE", shell_complete=complete)
@click.pass_obj
def pause(here: Here, which: str) -> None:
    """Stop reading a feed for a while; it stays in the list, and its items stay."""
    old, new = _change(here, which, paused=True)
    said = "was paused already" if old.paused else "is paused"
    here.answer(view.subscribed(new), [f"{view.name(new)} {said}. curate feed resume reads it again."])


@feed.command("resume", epilog="Example: curate feed resume 'Night Shift'")
@click.argument("which", metavar="URL|TITLE", shell_complete=complete)
@click.pass_obj
def resume(here: Here, which: str) -> None:
    """Read a feed again that you paused, or that said it was gone for good."""
    from curate.feeds import health

    old, new = _change(here, which, paused=False)
    with here.database() as connection:
        gone = (row := health.feed_rows(connection).get(new.url)) is not None and row.gone_at is not None
        health.resume(connection, new.url)
    said = "is read again with the next curate fetch" if old.paused or gone else "was not paused. It is due now"
    here.answer(view.subscribed(new), [f"{view.name(new)} {said}."])


@feed.command("remove", epilog="Example: curate feed remove https://example.org/feed.xml --yes")
@click.argument("which", metavar="URL|TITLE", shell_complete=complete)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(here: Here, which: str, *, yes: bool) -> None:
    """Unsubscribe from a feed; its items stay."""
    from curate.feeds.opml import read_feeds, remove_feed

    path = here.desk().feeds
    chosen = _pick(here, read_feeds(path), which)
    here.confirm(f"Unsubscribe from {view.name(chosen)}?", yes=yes)
    gone = remove_feed(path, chosen.url)
    here.answer(view.subscribed(gone), [f"Removed {view.name(gone)}. Its items stay."])


@feed.command("import", epilog="Example: curate feed import feeds.opml")
@click.argument("file", type=click.File("rb"))
@click.option("--merge", is_flag=True, help="Let listed feeds take the other address the file gives for them.")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be added; add nothing.")
@click.pass_obj
def import_(here: Here, file: IO[bytes], *, merge: bool, dry_run: bool) -> None:
    """Subscribe to all feeds of an OPML file; - for standard input."""
    import shlex
    import tempfile
    from pathlib import Path

    from curate.feeds import health
    from curate.feeds.opml import import_feeds

    path = here.desk().feeds
    with tempfile.TemporaryDirectory() as folder:
        if dry_run:  # the same import, into a copy
            path = Path(folder, path.name)
            path.write_bytes(here.desk().feeds.read_bytes())
        with _together(here) if merge and not dry_run else contextlib.nullcontext() as connection:
            report = import_feeds(path, file.read(), merge=merge)
            if connection is not None:
                for listed, given in report.variants:
                    health.readdress(connection, listed, given)
    data = {
        "added": [view.subscribed(each) for each in report.added],
        "known": list(report.known),
        "variants": [{"listed": listed, "given": given} for listed, given in report.variants],
        "refused": [{"url": url, "reason": reason} for url, reason in report.refused],
    }
    refusals = [f"Left out: {render.term_safe(url)} {render.term_safe(reason)}." for url, reason in report.refused]
    name = getattr(file, "name", "-")
    file_said = "-" if name == "<stdin>" else shlex.quote(name)
    here.answer(data, view.imported(report, file_said, dry_run=dry_run, merge=merge), warnings=refusals)


@feed.command("export", epilog="Example: curate feed export > feeds.opml")
@click.pass_obj
def export(here: Here) -> None:
    """Print the feeds as OPML."""
    from curate.feeds.opml import export_feeds

    text = export_feeds(here.desk().feeds)
    here.answer({"opml": text}, text.removesuffix("\n").split("\n"), verbatim=True)


def _clock(here: Here) -> view.Clock:
    return view.Clock(here.now(), here.local)


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


def _change(here: Here, which: str, **changes: str | int | bool) -> tuple[Subscription, Subscription]:
    """Change the one feed meant by ``which``; return it as it was and as it is. Its items go where its address goes."""
    from curate.feeds.health import readdress
    from curate.feeds.opml import edit_feed, read_feeds

    path = here.desk().feeds
    old = _pick(here, read_feeds(path), which)
    if "url" not in changes:
        return old, edit_feed(path, old.url, **changes)
    with _together(here) as connection:
        new = edit_feed(path, old.url, **changes)
        if new.url != old.url:
            readdress(connection, old.url, new.url)
    return old, new


@contextlib.contextmanager
def _together(here: Here) -> Iterator[sqlite3.Connection]:
    """Let the block change addresses in the list and in the database: neither when one refuses, nor amid a fetch."""
    from curate.desk.db import transaction
    from curate.desk.locks import hold

    with hold(here.desk(), "fetch"), here.database() as connection, transaction(connection):
        yield connection


def _said(changes: Mapping[str, object]) -> str:
    """Say what was changed, in words."""
    words = {"title": "its name is", "folder": "it lies in", "url": "its address is", "every": "it is read every"}
    last = {"every": "minutes"}
    if not changes.get("every", 1):
        words["every"], last["every"], changes = "it is read", "", {**changes, "every": "as it suits the feed"}
    if not changes.get("folder", 1):
        changes = {**changes, "folder": "no folder"}
    return ", ".join(
        f"{words[name]} {changes[name]} {last.get(name, '')}".rstrip() for name in words if name in changes
    )


def _listed_or_new(here: Here, subscriptions: Sequence[Subscription], which: str) -> str:
    """Return the address of the feed meant by ``which``, or the address it is when the list has no such feed."""
    try:
        return _pick(here, subscriptions, which).url
    except Unknown:
        if "." not in which or " " in which.strip():
            raise
        return _address(which)


def _pick(here: Here, subscriptions: Sequence[Subscription], which: str) -> Subscription:
    """Return the one feed of that address or title, or of which either has it as a part.

    Raises Unknown, and UsageError when there are several.
    """
    from curate.feeds.health import feed_rows
    from curate.feeds.opml import feed_key

    word = which.strip().casefold()
    with here.database() as connection:
        rows = feed_rows(connection)
    called = {each.url: (each.title or (rows[each.url].title if each.url in rows else "")) for each in subscriptions}
    ways: tuple[Callable[[str], bool], ...] = (
        lambda url: url == which.strip(),
        lambda url: called[url].casefold() == word,
        lambda url: feed_key(url) == feed_key(which),
        lambda url: word in called[url].casefold() or word in url.casefold(),
    )
    found = next((some for way in ways if word and (some := [url for url in called if way(url)])), [])
    if not found:
        raise Unknown("feed", which, "curate feed list shows them.")
    if len(found) > 1:
        these = ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
        raise UsageError(f"“{which}” may be {len(found)} feeds: {these}.", "Name one by its address.")
    return next(each for each in subscriptions if each.url == found[0])
