"""The noun ``share``: plan what goes out, approve it, send it, see what became of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Group, Moment
from curate.cli.share_board import board
from curate.cli.share_by_hand import copy, log, resolve
from curate.cli.share_calendar import calendar, export, import_
from curate.cli.share_queue import evergreen, queue
from curate.cli.share_view import (
    history_row,
    outcome_data,
    outcome_lines,
    planned_lines,
    row,
    story,
    wire_lines,
)
from curate.cli.share_words import check
from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from curate.cli.here import Here
    from curate.desk.settings import Account, Settings
    from curate.shares.ledger import Share
    from curate.shares.plan import Wish
    from curate.shares.sender import SendReport


@click.group(cls=Group)
def share() -> None:
    """Plan, approve and send what you say about your posts."""


for verb in (queue, evergreen, calendar, export, import_):
    share.add_command(verb)
share.add_command(board)


@share.command("plan", epilog="Example: curate share plan small-models-on-call --to mastodon,bluesky --at next")
@click.argument("post")
@click.option("--to", default="", help="Accounts or networks, separated by commas; else all.")
@click.option("--text-file", "files", multiple=True, metavar="NET=FILE", help="An account's words; FILE may be -.")
@click.option(
    "--at", default="next", show_default=True, metavar="ISO|next", help="When: a time, or the next free slot."
)
@click.option("--spread", metavar="DAYS", help="Let the accounts have their turn within so many days: 5d.")
@click.option("--expires", type=Moment(local=True), metavar="DATE", help="From when on it is old news.")
@click.option("--image", type=click.Path(path_type=Path), metavar="FILE", help="A PNG, JPEG or WebP of the desk.")
@click.option("--alt", metavar="TEXT", help="What the image shows, for who cannot see it.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be planned, plan nothing.")
@click.pass_obj
def plan(
    here: Here, post: str, to: str, files: tuple[str, ...], at: str, spread: str | None, expires: datetime | None,
    image: Path | None, alt: str | None, *, dry_run: bool,
) -> None:  # fmt: skip
    """Plan one share of a published post for each account, as drafts.

    Without --to those of the files are meant, or all accounts.
    """
    from curate.shares.compose import named_files
    from curate.shares.plan import find_accounts, plan_shares

    desk, settings = here.desk(), here.settings()
    wish = _wish(here, spread, expires, image, alt)
    names = [name.strip() for name in to.split(",") if name.strip()] or list(named_files(files) or settings.accounts)
    accounts = find_accounts(settings, names)
    given = given_texts(here, settings, accounts, files)
    with here.database() as connection, typed_words(here, post, accounts, given, keep=dry_run) as texts:
        planned = plan_shares(
            desk, settings, connection, post, texts, at=at, wish=wish, now=here.now(), dry_run=dry_run
        )
    rows = [row(one) for one in planned.shares]
    if dry_run:
        rows = [{**one, "id": ""} for one in rows]
    here.answer(
        rows, planned_lines(planned.shares, here.settings().accounts, dry_run=dry_run), warnings=planned.warnings
    )


@share.command("edit", epilog="Example: curate share edit kfmt --text-file words.txt")
@click.argument("share_id", metavar="ID")
@click.option("--text-file", "file", metavar="FILE", help="The new words; - reads standard input.")
@click.pass_obj
def edit(here: Here, share_id: str, file: str | None) -> None:
    """Give a share other words; one that was approved must be approved again."""
    from curate.shares.check import warnings_of
    from curate.shares.ledger import find_share
    from curate.shares.plan import edit_share

    settings = here.settings()
    with here.database() as connection, _new_words(here, find_share(connection, share_id), file) as words:
        changed, taken_back = edit_share(here.desk(), settings, connection, share_id, words)
        warnings = warnings_of(connection, settings, changed, here.desk())
    warnings += [f"{share_id} is a draft again: curate share approve {share_id}"] if taken_back else []
    here.answer(row(changed), planned_lines([changed], here.settings().accounts), warnings=warnings)


@share.command("approve", epilog="Example: curate share approve kfmt rwcx")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.pass_obj
def approve(here: Here, ids: tuple[str, ...]) -> None:
    """Let shares go out exactly as they read now."""
    from curate.shares import home
    from curate.shares.plan import approve_shares

    with here.database() as connection:
        home.settle(connection, here.desk(), here.config_folder())
        done = approve_shares(here.desk(), here.settings(), connection, ids, now=here.now())
    here.answer(
        [row(one) for one in done.shares], planned_lines(done.shares, here.settings().accounts), warnings=done.warnings
    )


@share.command("move", epilog="Example: curate share move kfmt --at 2026-11-25T17:30")
@click.argument("share_id", metavar="ID")
@click.option("--at", required=True, metavar="ISO|next", help="When: a time, or the next free slot.")
@click.pass_obj
def move(here: Here, share_id: str, at: str) -> None:
    """Give a share another time; its approval stays."""
    from curate.shares.plan import move_share

    with here.database() as connection:
        done = move_share(here.settings(), connection, share_id, at=at, now=here.now())
    here.answer(row(done.shares[0]), planned_lines(done.shares, here.settings().accounts), warnings=done.warnings)


@share.command("cancel", epilog="Example: curate share cancel kfmt")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.pass_obj
def cancel(here: Here, ids: tuple[str, ...]) -> None:
    """Take shares out of the queue; their words stay in the history."""
    from curate.shares.plan import cancel_shares

    with here.database() as connection:
        done = cancel_shares(connection, ids)
    here.answer([row(one) for one in done.shares], planned_lines(done.shares, here.settings().accounts))


@share.command("send", epilog="Example: curate share send kfmt --dry-run")
@click.argument("ids", metavar="[ID…]", nargs=-1)
@click.option("--due", is_flag=True, help="All that are approved and due.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the exact request, send nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def send(here: Here, ids: tuple[str, ...], *, due: bool, dry_run: bool, yes: bool) -> None:
    """Send approved shares now: those named, or all that are due."""
    import asyncio

    from curate.presence.tick import note_syndication

    if bool(ids) == due:
        raise UsageError("Say which share to send, or --due for all that are due.", "curate share queue shows them.")
    requests = _requests(here, ids)
    if dry_run:
        rules = _rules(here, [one for one, _ in requests])
        rows = [{**row(one), "request": wire, "checks": rules[one.id]} for one, wire in requests]
        here.answer(rows, lambda: wire_lines(requests, rules))
        return
    if requests:
        names = ", ".join(sorted({one.account for one, _ in requests}))
        here.confirm(f"Send {render.count(len(requests), 'share')} to {names} now?", yes=yes)
    report = asyncio.run(_send(here, ids))
    troubles = note_syndication(here.desk(), report.sent)
    lines = outcome_lines(report) or ["Nothing was due."]
    here.answer(outcome_data(report), lines, warnings=troubles, exit_code=_exit(report))


@share.command("history", epilog="Example: curate share history kfmt")
@click.argument("share_id", metavar="[ID]", required=False)
@click.pass_obj
def history(here: Here, share_id: str | None) -> None:
    """Show what was tried and what became of it, or every attempt of one share."""
    from curate.shares.attempts import list_attempts
    from curate.shares.ledger import find_share, list_shares

    with here.database() as connection:
        shares = [find_share(connection, share_id)] if share_id else list_shares(connection)
        tried = [(one, list_attempts(connection, one)) for one in shares]
    told = [(one, attempts) for one, attempts in tried if attempts or share_id or one.state in ("sent", "cancelled")]
    rows = [history_row(one, attempts, payload=bool(share_id)) for one, attempts in told]
    here.answer(rows, lambda: (line for one, attempts in told for line in story(one, attempts, whole=bool(share_id))))


for command in (check, copy, log, resolve):
    share.add_command(command)

# Where the words come from


def _wish(here: Here, spread: str | None, expires: datetime | None, image: Path | None, alt: str | None) -> Wish:
    """Read what is wanted beside words and time. Raises UsageError."""
    from curate.shares.pictures import read_picture
    from curate.shares.plan import Wish
    from curate.shares.slots import read_days

    if alt and image is None:
        raise UsageError("There is a description and no image.", "--image FILE")
    return Wish(
        expires=here.meant(expires) if expires else None,
        spread=read_days(spread) if spread else 0,
        image=read_picture(here.desk(), image, alt or "") if image else None,
    )


def given_texts(
    here: Here, settings: Settings, accounts: Mapping[str, Account], files: tuple[str, ...]
) -> dict[str, str]:
    """Read each --text-file. Raises UsageError for one whose account is not in --to, or that cannot be read."""
    from curate.shares.compose import named_files
    from curate.shares.plan import find_accounts

    texts = {}
    for said, file in named_files(files).items():
        [name] = find_accounts(settings, [said])
        if name not in accounts:
            raise UsageError(
                f"There are words for {name}, which is not in --to.", f"--to {','.join([*accounts, name])}"
            )
        texts[name] = _read(here, file)
    return texts


def _read(here: Here, file: str) -> str:
    try:
        return here.stdin_or("-") if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise UsageError(f"{file} cannot be read: {reason}.", "--text-file NET=FILE") from error


@contextlib.contextmanager
def typed_words(
    here: Here,
    name: str,
    accounts: Mapping[str, Account],
    given: dict[str, str],
    *,
    keep: bool,
    points: tuple[str, ...] = (),
) -> Iterator[dict[str, str]]:
    """Yield the words for every account, those not given from the editor, which shows ``points`` to be said."""
    missing = [account for account in accounts if account not in given]
    if not missing:
        yield given
        return
    if here.no_input:
        raise UsageError(f"There are no words for {', '.join(missing)}.", f"--text-file {missing[0]}=FILE")
    from curate.cli.editor import editor
    from curate.shares.compose import angles, document, limits_of
    from curate.shares.plan import find_page
    from curate.shares.write import typed_texts

    post, link = find_page(here.desk(), here.settings(), name)
    limits = {name: limits_of(accounts[name].network, accounts[name].characters) for name in missing}
    prompts = angles({name: accounts[name].network for name in missing}, here.settings().writing.prompts)
    points = points or (post.summary, post.claim)
    text = document(post.title, post.question, link, limits, points=points, prompts=prompts)
    with typed_texts(here.desk(), f"share-{post.slug}", text, missing, editor(here), keep=keep) as typed:
        for empty in [name for name in missing if name not in typed]:
            here.say(f"No words for {empty}, so nothing is planned there.")
        yield {name: words for name in accounts if (words := given.get(name) or typed.get(name))}


@contextlib.contextmanager
def _new_words(here: Here, share: Share, file: str | None) -> Iterator[str]:
    """Yield a share's new words, from the file or the editor."""
    if file is not None:
        yield _read(here, file)
        return
    if here.no_input:
        raise UsageError(f"There are no new words for {share.id}.", "--text-file FILE")
    from curate.cli.editor import editor
    from curate.shares.compose import document, limits_of
    from curate.shares.write import typed_texts

    account = here.settings().accounts.get(share.account)
    limits = limits_of(share.network, account.characters if account else 0)
    text = f"{document(share.title, '', share.link, {share.account: limits})}{share.text}\n"
    with typed_texts(here.desk(), f"share-{share.id}", text, [share.account], editor(here)) as typed:
        yield typed.get(share.account, share.text)


# How shares are sent


def _requests(here: Here, ids: tuple[str, ...]) -> list[tuple[Share, dict[str, Any]]]:
    from curate.shares.sender import preview

    with here.database() as connection:
        return preview(connection, here.desk(), here.settings(), here.client(), now=here.now(), only=ids)


def _rules(here: Here, shares: list[Share]) -> dict[str, dict[str, str]]:
    """Return what each rule says of each share, by its id: its length, what it costs, whether its time is free."""
    from curate.shares.check import check_share

    with here.database() as connection:
        checked = [check_share(here.desk(), here.settings(), connection, one, now=here.now()) for one in shares]
    return {one.share.id: {check.name: check.words for check in one.checks} for one in checked}


async def _send(here: Here, ids: tuple[str, ...]) -> SendReport:
    from curate.presence.tick import send_shares
    from curate.shares.sender import unobserved

    def tell(step: str, share: Share) -> None:
        here.say(f"{share.id} {share.account}: {step}")

    with here.database() as connection:
        async with here.client() as client:
            return await send_shares(
                here.desk(), here.settings(), connection, client,
                clock=here.now, config=here.config_folder(), only=ids,
                observe=tell if here.verbose else unobserved,
            )  # fmt: skip


def _exit(report: SendReport) -> int:
    if report.unknown or report.rejected or report.retry:
        return 5
    if report.sign_in:
        return 4
    return 3 if report.held or report.missed else 0
