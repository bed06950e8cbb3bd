"""The commands ``post correct|unpublish|archive|mail``: what becomes of a post once it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Command
from curate.cli.share import given_texts, typed_words
from curate.cli.share_view import planned_lines, row
from curate.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from curate.cli.here import Here
    from curate.presence.retract import Retracted
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned


@click.command("correct", cls=Command, epilog="Example: curate post correct small-models --text 'It was 31, not 13.'")
@click.argument("name", metavar="POST")
@click.option("--text", required=True, help="What is right, as readers will see it.")
@click.option("--wrong", default="", metavar="TEXT", help="What the post said; shares that say it, too, are marked.")
@click.option("--edit", is_flag=True, help="Open the post in the editor afterwards, to mend its text.")
@click.option("--announce", is_flag=True, help="Draft a correcting share for each account that had one of the post.")
@click.option("--text-file", "files", multiple=True, metavar="NET=FILE", help="An account's words; FILE may be -.")
@click.pass_obj
def correct(
    here: Here, name: str, text: str, wrong: str, files: tuple[str, ...], *, edit: bool, announce: bool
) -> None:
    """Add a dated, visible correction to a post, and list the shares that carried the error."""
    from zoneinfo import ZoneInfo

    from curate.posts.files import find_post
    from curate.presence.retract import correct_post

    if files and not announce:
        raise UsageError("Words for shares are only used with --announce.", "--announce")
    post, zone = find_post(here.desk().content, name), ZoneInfo(here.settings().site.timezone)
    with here.database() as connection:
        done = correct_post(connection, post, text, wrong=wrong, now=here.now(), zone=zone)
        planned = _announced(here, connection, done, text, files) if announce else None
    shares = planned.shares if planned else ()
    data = {**_data(done), "correction": done.post.corrections[-1], "planned": [row(one) for one in shares]}
    lines = [f"Corrected  {done.post.path}", *_out_lines(done), *planned_lines(shares, here.settings().accounts)]
    here.answer(
        data, [*lines, f"Next       curate publish {done.post.slug}"], warnings=planned.warnings if planned else ()
    )
    if edit:
        _edit(here, done.post.slug)


@click.command(
    "unpublish", cls=Command, epilog="Example: curate post unpublish small-models --reason 'It was wrong' --yes"
)
@click.argument("name", metavar="POST")
@click.option("--reason", default="", help="Why, as readers of its page will see it.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def unpublish(here: Here, name: str, reason: str, *, yes: bool) -> None:
    """Take a post down: its page says so, its shares that are out are listed."""
    from curate.posts.files import find_post
    from curate.presence.retract import unpublish_post

    post = find_post(here.desk().content, name)
    if post.status == "published":
        here.confirm(f"Take {post.slug} down? Its page will say that it is gone.", yes=yes)
    with here.database() as connection:
        done = unpublish_post(connection, post, reason, now=here.now())
    lines = [f"Taken down {done.post.path}", *_out_lines(done), *_ahead_lines(done)]
    lines.append("Next       curate site build && curate site deploy")
    here.answer(_data(done), lines)


@click.command("archive", cls=Command, epilog="Example: curate post archive small-models")
@click.argument("name", metavar="POST")
@click.option("--copy", default="", metavar="URL", help="The copy to show; without it, the archive is asked for one.")
@click.pass_obj
def archive(here: Here, name: str, copy: str) -> None:
    """Show an archived copy of a post's source beside it, for when the source is gone or changed."""
    import asyncio
    from zoneinfo import ZoneInfo

    from curate.posts.files import find_post
    from curate.site.archived import add_copy, find_copy

    post, settings = find_post(here.desk().content, name), here.settings()

    async def go() -> str:
        async with here.client() as client:
            return await find_copy(client, post, settings.site.archive)

    copy = copy or asyncio.run(go())
    with here.database() as connection:
        done = add_copy(connection, post, copy, zone=ZoneInfo(settings.site.timezone))
    lines = [f"Archived   {done.archived['url']}", "Next       curate site build && curate site deploy"]
    here.answer({"slug": done.slug, "path": done.path, "archived": done.archived}, lines)


@click.command("mail", cls=Command, epilog="Example: curate post mail week-47 --to letter")
@click.argument("name", metavar="POST")
@click.option("--to", required=True, metavar="ACCOUNT", help="An e-mail account.")
@click.option(
    "--at", default="next", show_default=True, metavar="ISO|next", help="When: a time, or the next free slot."
)
@click.option("-n", "--dry-run", is_flag=True, help="Show the mail, plan nothing.")
@click.pass_obj
def mail(here: Here, name: str, to: str, at: str, *, dry_run: bool) -> None:
    """Plan a whole post as a mail to an account's readers; it goes out once you approve it."""
    from curate.posts.files import read_posts
    from curate.presence.publish import page_url
    from curate.shares.letter import letter
    from curate.shares.plan import find_accounts, find_page, plan_shares

    desk, settings = here.desk(), here.settings()
    [(account, chosen)] = find_accounts(settings, [to]).items()
    if chosen.network != "email":
        raise UsageError(f"{account} is no e-mail account.", "curate account add email")
    post, _ = find_page(desk, settings, name)
    pages = {
        other.path.relative_to(desk.content).as_posix(): page_url(settings, other)
        for other in read_posts(desk.content)[0]
        if other.status == "published"
    }
    text = letter(post, lambda file: pages.get(file, ""))
    with here.database() as connection:
        planned = plan_shares(desk, settings, connection, name, {account: text}, at=at, now=here.now(), dry_run=dry_run)
    rows = [{**row(one), **({"id": ""} if dry_run else {})} for one in planned.shares]
    shown = [line for one in planned.shares for line in one.text.splitlines()] if dry_run else []
    here.answer(
        rows,
        [*shown, *planned_lines(planned.shares, here.settings().accounts, dry_run=dry_run)],
        warnings=planned.warnings,
    )


def _announced(
    here: Here, connection: sqlite3.Connection, done: Retracted, text: str, files: tuple[str, ...]
) -> Planned | None:
    """Draft a correcting share for each account that had one of the post, in the person's words for it."""
    from curate.shares.compose import named_files
    from curate.shares.plan import Wish, find_accounts, plan_shares

    desk, settings, slug = here.desk(), here.settings(), done.post.slug
    names = [name for name in dict.fromkeys(share.account for share in done.out) if name in settings.accounts]
    if not names:
        here.say("No account of yours has a share of it, so there is nobody to tell.")
        return None
    accounts = find_accounts(settings, names)
    for said in find_accounts(settings, list(named_files(files))) if files else ():
        if said not in accounts:
            raise UsageError(f"{said} has no share of {slug} that is out.", f"--text-file {names[0]}=FILE")
    given = given_texts(here, settings, accounts, files)
    with typed_words(here, slug, accounts, given, keep=False, points=(text,)) as texts:
        wish = Wish(corrects=True)
        return plan_shares(desk, settings, connection, slug, texts, at="next", wish=wish, now=here.now())


def _edit(here: Here, slug: str) -> None:
    from curate.cli.editor import editor
    from curate.posts.files import find_post
    from curate.posts.write import edit_post

    desk = here.desk()
    written = edit_post(desk, find_post(desk.content, slug), edit=editor(here), now=here.now())
    for line in written.said:
        here.say(line)


def _data(done: Retracted) -> dict[str, Any]:
    def shown(shares: Iterable[Share]) -> list[dict[str, Any]]:
        return [
            {
                "id": share.id,
                "account": share.account,
                "state": share.state,
                "url": share.remote_url,
                "repeated": share.id in done.repeated,
            }
            for share in shares
        ]

    post = done.post
    return {
        "slug": post.slug,
        "path": post.path,
        "status": post.status,
        "shares": shown(done.out),
        "ahead": shown(done.ahead),
    }


def _out_lines(done: Retracted) -> Iterator[str]:
    if done.out:
        yield f"{render.count(len(done.out), 'share')} of it out, or maybe out:"
    for share in done.out:
        where = share.remote_url or share.state.replace("_", " ")
        yield f"  {share.id}  {share.account}  {where}{'  says it, too' if share.id in done.repeated else ''}"
    for share in done.ahead:
        if share.id in done.repeated:
            yield f"  {share.id}  {share.account}  {share.state}, says it, too: curate share edit {share.id}"


def _ahead_lines(done: Retracted) -> Iterator[str]:
    if done.ahead:
        yield f"{render.count(len(done.ahead), 'share')} not out yet, held while the page is gone:"
        yield f"  curate share cancel {' '.join(share.id for share in done.ahead)}"
