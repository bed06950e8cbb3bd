"""The commands of every day: ``today``, ``tick``, ``doctor``, and the welcome before there is a desk."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Command
from curate.cli.profile_view import section_row
from curate.cli.share_view import outcome_data, outcome_lines
from curate.errors import CurateError, NoDesk

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from curate.cli.here import Here
    from curate.desk.settings import Settings
    from curate.posts.freshness import Section
    from curate.presence.doctor import Check
    from curate.presence.tick import Pass
    from curate.presence.today import Today
    from curate.shares.ledger import Share

WAITING = 5  # shares that are named, of those that wait for the person
WIDTH, NARROWEST = 80, 60  # cells of a line
SOON = 14  # days before a prediction is due, from which on the day says so
ABREAST = 3  # accounts on a line
SILENT = timedelta(hours=1)  # a runner quieter than this has died, or was never there
WELCOME = """curate keeps your reading, your blog and your shares in one place.
There is no project here yet.

  curate init            start one (4 questions, about a minute)
  curate init --opml F   start one from a feed list
  curate help workflow   see a day with curate"""


def welcome(ctx: click.Context) -> None:
    """Show the day inside a desk, and how to start one elsewhere."""
    here: Here = ctx.obj
    try:
        here.desk()
    except NoDesk:
        here.answer({"desk": None}, WELCOME.splitlines())
        return
    ctx.invoke(today)


@click.command(cls=Command, epilog="Example: curate today")
@click.pass_obj
def today(here: Here) -> None:
    """Show the day: inbox, drafts, next shares, next command."""
    from curate.presence.today import gather

    desk, settings, now = here.desk(), here.settings(), here.now()
    with here.database() as connection:
        day = gather(desk, settings, connection, now=now, config=here.config_folder())
    wide = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDTH)
    here.answer(_today_data(day, settings, now), lambda: _today_lines(day, settings, now, wide))


def _today_data(day: Today, settings: Settings, now: datetime) -> dict[str, Any]:
    return {
        "name": settings.site.name,
        "url": settings.site.url,
        "now": now,
        "inbox": {"new": day.inbox_new, "kept": day.kept, "kept_oldest": day.kept_oldest},
        "drafts": {"all": day.drafts, "passing": day.drafts_passing, "faults": list(day.faults)},
        "shares": {
            "foreign": day.foreign,
            "next": _share(day.next_share) if day.next_share else None,
            "planned": [_share(share) for share in day.planned],
            "unshared": [post.slug for post in day.unshared],
            "sent_today": day.sent_today,
            "waiting": [_share(share) for share in day.waiting],
            "endings": list(day.endings),
        },
        "site": {
            "changed": [post.slug for post in day.changed],
            "dead": [
                {"slug": one.post.slug, "url": one.url, "changed": standing.changed} for one, standing in day.dead
            ],
        },
        "replies": {"waiting": day.replies, "oldest": day.replies_oldest},
        "profile": {
            "confirmed": day.confirmed.isoformat() if day.confirmed else None,
            "stale": [section_row(each) for each in day.stale],
        },
        "predictions": {
            "due": [{"slug": each.post.slug, "claim": each.said.claim, "due": _iso(each.said.due)} for each in day.due],
            "next": _iso(day.upcoming),
        },
        "balance": {
            "days": day.tending.of,
            "curated": day.balance.curated,
            "own": day.balance.own,
            "shares": day.shared,
            "repeats": day.repeats,
        },
        "tended": asdict(day.tending),
        "last_tick": day.last_tick,
        "next": list(day.next_commands),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _share(share: Share) -> dict[str, Any]:
    return {
        "id": share.id,
        "post": share.post,
        "account": share.account,
        "at": share.due_at,
        "state": share.state,
        "reason": share.reason,
    }


def _today_lines(day: Today, settings: Settings, now: datetime, wide: int) -> Iterator[str]:
    """Show the day in lines of at most ``wide`` cells; only a command may be longer, which one copies."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(settings.site.timezone)
    local = now.astimezone(zone)
    place = settings.site.url.partition("://")[2]
    left = render.term_safe(settings.site.name) + (f" - {place}" if place else "")
    room = wide - 28
    yield f"{render.clip(left, room - 2):<{room}}{local:%a} {local.day} {local:%b %Y, %H:%M}"
    yield ""
    for line in _facts(day, settings, zone, now, wide):
        yield from _wrapped(line, wide) if len(line) > wide else (line,)
    yield ""
    for number, command in enumerate(day.next_commands):
        yield f"{'Next' if number == 0 else '':<11}{command}"


def _wrapped(line: str, wide: int) -> list[str]:
    """Break a line that is too long, beside the names' column; a command at its end stays whole, to be copied."""
    import textwrap

    said, colon, command = line.partition(": curate ")
    name, more = said[:11], " " * 13
    lines = textwrap.wrap(
        said[11:] + colon[:1], wide, initial_indent=name, subsequent_indent=more, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    return [*lines, f"{more}curate {command}"] if colon else lines


def _facts(day: Today, settings: Settings, zone: ZoneInfo, now: datetime, wide: int) -> Iterator[str]:
    """Yield a line for each thing there is to know."""
    kept = ""
    if day.kept:
        days = (now - day.kept_oldest).days if day.kept_oldest else 0
        kept = f"      {day.kept} kept and not yet written" + (f", oldest {render.count(days, 'day')}" if days else "")
    yield f"Inbox      {day.inbox_new:,} new{kept}"
    if day.drafts:
        passes = "passes" if day.drafts_passing == 1 else "pass"
        passing = "all pass" if day.drafts_passing == day.drafts > 1 else f"{day.drafts_passing} {passes}"
        yield f"Drafts     {day.drafts}      {passing} every check"
    else:
        yield "Drafts     none"
    for fault in day.faults:
        yield f"           {render.term_safe(fault)}"
    yield from _shares_lines(day, settings, zone, now, wide)
    if day.replies:
        oldest = render.ago(day.replies_oldest, now)
        wait = render.count(day.replies, "answer or mention waits", "answers and mentions wait")
        yield f"Replies    {wait}, the oldest for {oldest}"
    if day.endings:
        yield f"Ending     {day.endings[0]}"
    if len(day.endings) > 1:
        yield f"           and {len(day.endings) - 1} more: curate account list"
    yield from _site_lines(day, wide)
    yield from _claims_lines(day, now.astimezone(zone).date(), wide)
    yield from _tending_lines(day)


def _site_lines(day: Today, wide: int) -> Iterator[str]:
    """Say which posts readers have as they were before, and which cite what is gone or changed."""
    if day.changed:
        more = f" and {len(day.changed) - 1} more" if len(day.changed) > 1 else ""
        name = render.clip(render.term_safe(day.changed[0].slug), wide - 41 - len(more))
        yield f"Site       not as deployed any more: {name}{more}"
    for one, standing in day.dead[:2]:
        became = "gone" if standing.changed is None else "changed"
        yield f"Sources    {became}: {render.clip(render.term_safe(one.url), wide - 13 - len(became))}"
        slug = render.clip(render.term_safe(one.post.slug), 23)
        yield f"           {slug} cites it; why: curate site check --online"
    if len(day.dead) > 2:
        yield f"           and {len(day.dead) - 2} more: curate site check --online"


def _age(section: Section) -> str:
    if section.days is None:
        return "never"
    return "dated ahead" if section.ahead else render.count(section.days, "day")


def _claims_lines(day: Today, today: date, wide: int) -> Iterator[str]:
    """Say which parts of the profile are stale, and which predictions want a grade."""
    if day.stale:
        fresh = f"confirmed {render.count((today - day.confirmed).days, 'day')} ago" if day.confirmed else ""
        stale = ", ".join(f"{each.name} ({_age(each)})" for each in day.stale)
        yield f"Profile    {fresh:<28}stale: {stale}"
    for each in day.due[:2]:
        over = (today - each.said.due).days if each.said.due else 0
        when = f"due {render.count(over, 'day')} ago" if over else "due today"
        yield f"Predict    {when}: “{render.clip(render.term_safe(each.said.claim), wide - 15 - len(when))}”"
    if len(day.due) > 2:
        yield f"           and {len(day.due) - 2} more: curate predict due"
    elif not day.due and day.upcoming and (day.upcoming - today).days <= SOON:
        yield f"Predict    one is due on {day.upcoming.day} {day.upcoming:%b}"


def _tending_lines(day: Today) -> Iterator[str]:
    """Say what was published and shared of late, and how often one was here: what was done, never what was not."""
    done, tended = day.balance, day.tending
    if done.own or done.curated or day.shared:
        own, shares = render.count(done.own, "own piece"), render.count(day.shared, "share")
        repeats = render.count(day.repeats, "repeat")
        yield f"Balance    {tended.of} days     {done.curated} curated, {own}, {shares}, {repeats}"
    often = f"{tended.days} of the last {tended.of} days"
    if tended.streak > 1:
        yield f"Tended     {tended.streak} days in a row, {often}"
    elif tended.days > 1:
        yield f"Tended     {often}"


def _shares_lines(day: Today, settings: Settings, zone: ZoneInfo, now: datetime, wide: int) -> Iterator[str]:
    """Say what goes out next, what went out, what waits for the person, and whether somebody sends it."""
    if day.next_share:
        share = day.next_share
        when = share.due_at.astimezone(zone)
        line = f"Shares     next {when:%a} {when.day} {when:%b %H:%M}  {share.account}  "
        yield f"{line}“{render.clip(render.term_safe(share.text), max(wide - len(line) - 2, 10))}”"
    else:
        yield f"Shares     {'none approved' if day.planned else 'none planned'}"
    if day.planned:
        first = min(day.planned, key=lambda share: share.due_at)
        at = first.due_at.astimezone(zone)
        waits = render.count(len(day.planned), "draft waits", "drafts wait")
        yield f"           {waits} for your approval, the first for {at:%a} {at.day} {at:%b %H:%M}  {first.account}"
    if day.sent_today:
        limits = settings.accounts
        sent = [f"{name} {number} of {limits[name].per_day}" for name, number in day.sent_today.items()]
        for number in range(0, len(sent), ABREAST):
            yield f"           {'' if number else 'today':<12}{'   '.join(sent[number : number + ABREAST])}"
    for share in day.waiting[:WAITING]:
        reason = f": {render.term_safe(share.reason)}" if share.reason else ""
        yield f"           {share.state.replace('_', ' ')}  {share.id} {share.account}{reason}"
    if len(day.waiting) > WAITING:
        yield f"           and {len(day.waiting) - WAITING} more wait for you: curate share queue"
    if day.foreign:
        yield f"           {day.foreign} It sends nothing until you let it: curate doctor --adopt"
    if day.next_share:
        last = f"last pass {render.ago(day.last_tick, now)} ago" if day.last_tick else "no pass yet"
        dead = not day.last_tick or now - day.last_tick > SILENT
        yield f"Runner     {last.replace('now ago', 'just now')}{': curate schedule install' if dead else ''}"


@click.command(cls=Command, epilog="Example, for cron: */5 * * * * curate -C ~/desk tick >/dev/null")
@click.option("--fetch/--no-fetch", default=True, help="Read the feeds that are due.")
@click.option("--send/--no-send", default=True, help="Send the shares that are due.")
@click.pass_obj
def tick(here: Here, *, fetch: bool, send: bool) -> None:
    """Do what is due, unattended: fetch, build and deploy, send."""
    import asyncio
    import os

    from curate.presence.tick import run_pass

    if os.name == "nt":
        raise CurateError("curate tick does not run on Windows yet.", "curate share send --due sends what is due.")
    desk, settings = here.desk(), here.settings()

    async def go() -> Pass:
        with here.database() as connection:
            async with here.client() as client:
                return await run_pass(
                    desk,
                    settings,
                    connection,
                    client,
                    clock=here.now,
                    config=here.config_folder(),
                    fetch=fetch,
                    send=send,
                    offline=here.offline,
                )

    done = asyncio.run(go())
    code = 5 if done.unknown or done.failed else 4 if done.sending.sign_in else 0
    here.answer(_tick_data(done), tick_lines(done) or ["Nothing was due."], warnings=done.troubles, exit_code=code)


def _tick_data(done: Pass) -> dict[str, Any]:
    from curate.cli.feed_view import moved_data

    return {
        "fetched": done.fetched,
        "new_items": done.new_items,
        "moved": moved_data(done.moved),
        "built": done.built,
        "deployed": done.deployed,
        "backup": done.backup,
        **outcome_data(done.sending),
        "told": done.told,
        "looked": done.looked,
        "samples": done.listening.samples,
        "replies": done.listening.replies,
        "next": done.next,
    }


def tick_lines(done: Pass) -> list[str]:
    """Say what a pass did, a line for each part."""
    lines = []
    if done.fetched:
        lines.append(f"Fetched    {render.count(done.fetched, 'feed')}, {render.count(done.new_items, 'new item')}")
    if done.built:
        lines.append("Built      the site, with what became due")
    if done.deployed:
        lines.append("Deployed   the site")
    lines += outcome_lines(done.sending)
    if done.told:
        lines.append(f"Told       {render.count(done.told, 'page')} that you cite")
    if done.looked:
        lines.append(f"Looked     at {render.count(done.looked, 'source')} that you cite")
    if done.listening.samples:
        lines.append(f"Asked      how {render.count(done.listening.samples, 'share')} of yours did")
    if done.listening.replies:
        lines.append(f"Heard      {render.count(done.listening.replies, 'answer or mention', 'answers and mentions')}")
    if done.next:
        lines.append(f"Next       a share at {done.next:%d %b %Y %H:%M} UTC")
    return lines


@click.command(cls=Command, epilog="Example: curate doctor")
@click.option("--adopt", is_flag=True, help="Let this copy of a desk send from now on; the other one must not.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def doctor(here: Here, *, adopt: bool, yes: bool) -> None:
    """Examine the installation, the desk, feeds, accounts, disk and runner."""
    from curate.presence.doctor import examine

    desk, settings = here.desk(), here.settings()
    if adopt:
        _adopt(here, yes=yes)
    with contextlib.ExitStack() as opened:
        try:
            connection: sqlite3.Connection | CurateError = opened.enter_context(here.database())
        except CurateError as refused:
            connection = refused
        checks = examine(desk, settings, connection, now=here.now(), config=here.config_folder())
    data = [{"name": one.name, "ok": one.ok, "message": one.message, "hint": one.hint} for one in checks]
    here.answer(data, _doctor_lines(checks), exit_code=0 if all(one.ok for one in checks) else 3)


def _adopt(here: Here, *, yes: bool) -> None:
    from curate.shares import home

    with here.database() as connection:
        reason = home.foreign(connection, here.desk(), here.config_folder())
        if not reason:
            here.say("This desk is the one that sends already.")
            return
        here.confirm(f"{reason} Let it send? Then nothing else may send its shares.", yes=yes)
        late = home.adopt(connection, here.desk(), here.config_folder(), now=here.now())
    waits = f" {render.count(late, 'share')} may be out already: curate share queue" if late else ""
    here.say(f"Adopted: this desk sends from now on.{waits}")


def _doctor_lines(checks: list[Check]) -> Iterator[str]:
    for check in checks:
        yield f"{'ok' if check.ok else 'look':<6}{check.name:<18}{render.term_safe(check.message)}"
        if not check.ok and check.hint:
            yield f"{'':<24}{render.term_safe(check.hint)}"
    bad = sum(not check.ok for check in checks)
    yield ""
    yield "All is well." if not bad else f"{render.count(bad, 'thing')} to look at."
