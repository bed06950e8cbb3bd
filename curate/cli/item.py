"""The commands ``item …``: read what came in, and decide on it."""

from __future__ import annotations

import contextlib
import re
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.item_view import about_list, also_row, full_row, named, page, row, story_of, table
from curate.cli.main import MOST, Group, Moment
from curate.cli.marks import note, quote, tag, via
from curate.cli.rank import why
from curate.cli.story import list_stories, split, whole_story
from curate.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from curate.cli.here import Here
    from curate.inbox.decide import Action
    from curate.inbox.items import Item, Order

STATES = ("new", "kept", "later", "skipped", "drafted", "posted", "all")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Span(Moment):
    """A time in ISO 8601, or how far it is from now: 90m, 12h, 3d, 2w."""

    name = "when"

    def __init__(self, direction: int) -> None:
        super().__init__(local=True)
        self.direction = direction  # -1 for the past, 1 for the future

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read ``value``; a time without a zone stays without one."""
        distance = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
        if distance is None or ctx is None:
            return super().convert(value, param, ctx)
        now: datetime = ctx.obj.now()
        return now + self.direction * timedelta(**{UNITS[distance[2]]: int(distance[1])})


@click.group(cls=Group, epilog="Example: curate item list --limit 10")
def item() -> None:
    """Read what others wrote, decide on it, note what strikes you."""


@item.command("list", epilog="Example: curate item list --state kept --since 7d")
@click.option("--state", type=click.Choice(STATES), default="new", help="Only items in this state (new).")
@click.option("--since", type=Span(-1), help="Only items from then on: 3d, 2w, 2026-11-01.")
@click.option("--limit", type=click.IntRange(0, MOST), default=50, help="At most so many (50); 0 for all.")
@click.option("--order", type=click.Choice(["newest", "oldest", "score"]), default="newest", help="What comes first.")
@click.option("--feed", metavar="WORDS", default="", help="Only items of feeds with these words in title or address.")
@click.option("--tag", metavar="TAG", default="", help="Only items with this tag.")
@click.option("--query", metavar="QUERY", default="", help="Only items that match: curate help query.")
@click.option("--stories", is_flag=True, help="Show a story that several feeds have once.")
@click.pass_obj
def list_(
    here: Here,
    state: str,
    since: datetime | None,
    limit: int,
    order: Order,
    feed: str,
    tag: str,
    query: str,
    *,
    stories: bool,
) -> None:
    """List items, newest first."""
    from curate.inbox.items import count_by_state, list_items
    from curate.inbox.query import joined
    from curate.inbox.search import condition

    now = here.now()
    with _inbox(here) as connection:
        begin = here.meant(since) if since else None
        text = joined(query, feed=feed, tag=tag)
        where = condition(connection, text, now=now) if text else None
        if stories:
            list_stories(here, connection, state, begin, limit, order=order, where=where)
            return
        only, inbox = None if state == "all" else state, now if state == "new" and begin is None else None
        items = list_items(connection, state=only, limit=limit, since=begin, unread=inbox, order=order, where=where)
        counts = count_by_state(connection, now=now)
    here.answer([row(one, now) for one in items], lambda: table(items, now, states=state == "all"))
    about = about_list(len(items), counts, state, filtered=since is not None or where is not None)
    if about and not here.json:
        here.say(about)


@item.command("show", epilog="Example: curate item show kfmt --full")
@click.argument("item_id", metavar="ID")
@click.option("--full", is_flag=True, help="Get the full text from its page, if it is not here yet.")
@click.option("--refresh", is_flag=True, help="Get the full text anew.")
@click.pass_obj
def show(here: Here, item_id: str, *, full: bool, refresh: bool) -> None:
    """Read one item in the terminal."""
    from curate.inbox.items import find_item
    from curate.inbox.listing import also

    with _inbox(here) as connection:
        found = find_item(connection, item_id)
        if full or refresh:
            found = _full(here, connection, found, refresh=refresh)
        others = also(connection, [found])[found.number]
    data = {**full_row(found, here.now()), "summary": found.summary, "content_text": found.content_text}
    here.answer({**data, "full_text": found.full_text, "also": also_row(others)}, lambda: page(found, others))


def _full(here: Here, connection: sqlite3.Connection, found: Item, *, refresh: bool) -> Item:
    """Return ``found`` with the full text of its page, which is asked for when it was not read, or to ``refresh``."""
    import asyncio

    from curate.inbox.pages import is_read, read_full_text

    if is_read(connection, found) and not refresh:
        return found

    async def go() -> Item:
        async with here.client() as client:
            without = here.settings().fetch.no_full_text
            return await read_full_text(connection, client, found, now=here.now(), without=without)

    return asyncio.run(go())


@item.command("open", epilog="Example: curate item open kfmt")
@click.argument("item_id", metavar="ID")
@click.option("--print", "only_print", is_flag=True, help="Print the address, open nothing.")
@click.pass_obj
def open_(here: Here, item_id: str, *, only_print: bool) -> None:
    """Open one item in the browser."""
    import webbrowser

    from curate.inbox.items import find_item, web_address

    with _inbox(here) as connection:
        found = find_item(connection, item_id)
    address = web_address(found)
    opened = not only_print and webbrowser.open(address)
    here.answer({"id": found.id, "url": address, "opened": opened}, [] if opened else [render.term_safe(address)])
    if not opened and not only_print:
        here.say("No browser was found; the address is above.")


@item.command("add", epilog="Example: curate item add https://example.org/night-shift --tag reliability")
@click.argument("url")
@click.option("--via", metavar="URL|NAME", default="", help="Who pointed you there.")
@click.option("--note", default="", help="Your line on it.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be given several times.")
@click.pass_obj
def add(here: Here, url: str, via: str, note: str, tags: tuple[str, ...]) -> None:
    """Put any page into the inbox."""
    import asyncio

    from curate.desk.db import transaction
    from curate.inbox.receive import add_page

    address = _address(url)

    async def go(connection: sqlite3.Connection) -> tuple[Item, bool, str]:
        async with here.client() as client:
            without = here.settings().fetch.no_full_text
            return await add_page(connection, client, address, now=here.now(), without=without)

    with _inbox(here) as connection:
        found, added, unkept = asyncio.run(go(connection))
        with transaction(connection):
            found = _write_on(connection, found, here.now(), via=via, note=note, tags=tags)
    said = "Added" if added else f"Already there, {found.state}:"
    row = {**full_row(found, here.now()), "added": added, "without_text": unkept}
    here.answer(row, [f"{said} {named(found)}", *([f"Its text is not kept: {unkept}."] if unkept else [])])


@item.command("keep", epilog="Example: curate item keep kfmt rwcx")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@whole_story
@click.pass_obj
def keep(here: Here, ids: tuple[str, ...], *, story: bool) -> None:
    """Keep items to write about.

    An ID of - reads ids from standard input.
    """
    _decide(here, ids, "keep", story=story)


@item.command("skip", epilog="Example: curate item list --since 1d --plain --fields id | curate item skip -")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@whole_story
@click.pass_obj
def skip(here: Here, ids: tuple[str, ...], *, story: bool) -> None:
    """Skip items.

    An ID of - reads ids from standard input.
    """
    _decide(here, ids, "skip", story=story)


@item.command("later", epilog="Example: curate item later kfmt --until 3d")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--until", type=Span(1), default="7d", help="When they come back: 3d, 2026-12-01 (7d).")
@whole_story
@click.pass_obj
def later(here: Here, ids: tuple[str, ...], until: datetime, *, story: bool) -> None:
    """Put items off until a day; they come back as new.

    An ID of - reads ids from standard input.
    """
    until = here.meant(until)
    if until <= here.now():
        raise UsageError(f"{here.local(until):%d %b %Y %H:%M} is not ahead of now.", "Such as: --until 3d")
    _decide(here, ids, "later", until=until, story=story)


@item.command("search", epilog="Example: curate item search 'error budget' --since 30d")
@click.argument("text", nargs=-1, required=True)
@click.option("--since", type=Span(-1), help="Only items from then on: 3d, 2w, 2026-11-01.")
@click.option("--limit", type=click.IntRange(0, MOST), default=50, help="At most so many (50); 0 for all.")
@click.pass_obj
def search(here: Here, text: tuple[str, ...], since: datetime | None, limit: int) -> None:
    """Search everything ever seen, newest first.

    Your notes and tags are searched, too. Every word must be there; the last may be a beginning. See curate help query.
    """
    from curate.inbox.search import search as find
    from curate.inbox.search import unindexed

    now = here.now()
    with _inbox(here) as connection:
        hits = find(connection, " ".join(text), limit=limit, now=now, since=here.meant(since) if since else None)
        lacking = unindexed(connection)
    data = [{**row(hit.item, now), "snippet": hit.snippet} for hit in hits]

    def lines() -> Iterator[str]:
        for line, hit in zip(table([hit.item for hit in hits], now, states=True), hits, strict=True):
            yield line
            yield "      " + render.clip(render.term_safe(hit.snippet), render.cells() - 6)

    unsearched = f"{render.count(lacking, 'new item')} not searched: the search index cannot be written now. "
    unsearched += "Nothing is lost; the next search that can write it catches up."
    here.answer(data, lines, warnings=[unsearched] if lacking else ())
    if not hits and not here.json:
        here.say(f"No items match “{render.term_safe(' '.join(text))}”.")


for command in (split, why, note, quote, tag, via):
    item.add_command(command)

# What the commands share


@contextlib.contextmanager
def _inbox(here: Here) -> Iterator[sqlite3.Connection]:
    """Open the database with what was put off until today back among the new."""
    from curate.inbox.items import wake

    with here.database() as connection:
        wake(connection, now=here.now())
        yield connection


def _decide(
    here: Here, ids: Sequence[str], action: Action, until: datetime | None = None, *, story: bool = False
) -> None:
    from curate.inbox.decide import DONE, decide
    from curate.inbox.items import count_by_state
    from curate.inbox.listing import whole

    told = [one for part in ids for one in (sys.stdin.read().split() if part == "-" else [part])]
    now = here.now()
    with _inbox(here) as connection:
        told = whole(connection, told) if story else told
        items = decide(connection, told, action, now=now, until=until) if told else []
        left = count_by_state(connection, now=now)["new"]
    until_then = f" until {here.local(until):%d %b %Y}" if until else ""
    what = story_of(items) if story or len(items) == 1 else render.count(len(items), "item")
    said = f"{DONE[action]}{until_then}: {what}. {left:,} left." if items else "No ids were given; nothing changed."
    here.answer([row(one, now) for one in items], [said])


def _address(url: str) -> str:
    from curate.web.guard import Forbidden, check_url

    try:
        return str(check_url(url))
    except Forbidden as error:
        raise UsageError(f"{url}: {error.reason}.", "Write the address whole: https://example.org/article") from None


def _write_on(
    connection: sqlite3.Connection, found: Item, now: datetime, *, via: str, note: str, tags: Sequence[str]
) -> Item:
    """Write what ``item add`` was told besides the address; a note there already is kept above the new one."""
    from curate.inbox.notes import add_tags, set_note, set_via

    if via:
        is_url = via.startswith(("http://", "https://"))
        found = set_via(connection, found.id, "" if is_url else via, via if is_url else "", now=now)
    if note:
        found = set_note(connection, found.id, f"{found.note}\n\n{note}" if found.note else note, now=now)
    if tags:
        found = add_tags(connection, found.id, tags, now=now)
    return found
