"""The commands ``write`` and ``post …``: drafts made, listed, read, edited and checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.main import Command, Group, Moment
from curate.cli.post_after import archive, correct, mail, unpublish
from curate.cli.post_view import Report, findings_row, page, problems, row, table
from curate.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from curate.cli.here import Here
    from curate.posts.draft import Given
    from curate.posts.write import Written


@click.command(
    cls=Command,
    epilog="Example: curate write kfmt\n         curate write kfmt --from words.md --no-edit\n"
    "         curate write --kind roundup --week",
)
@click.argument("item", metavar="[ITEM]", required=False)
@click.option(
    "--kind", type=click.Choice(["link", "essay", "prediction", "notice", "roundup"]), help="What it becomes."
)
@click.option("--title", default="", help="Your title; without it, the item's.")
@click.option("--from", "source", metavar="FILE|-", help="Take your words from a file, or from standard input.")
@click.option("--question", default="", help="What you ask the reader.")
@click.option("--claim", default="", help="A prediction's claim, in one sentence.")
@click.option("--confidence", default="", metavar="0.7|70%", help="How sure you are of the claim.")
@click.option("--due", default="", metavar="DATE", help="The day on which the claim is graded.")
@click.option("--until", type=Moment(local=True), metavar="DATE", help="From when on a notice is taken down.")
@click.option("--week", "days", flag_value=7, type=int, help="A round-up of the last 7 days.")
@click.option("--month", "days", flag_value=31, type=int, help="A round-up of the last 31 days.")
@click.option("--no-edit", is_flag=True, help="Do not open an editor.")
@click.pass_obj
def write(
    here: Here, /, item: str | None, source: str | None, until: datetime | None, days: int | None,
    *, no_edit: bool, **said: str | None,
) -> None:  # fmt: skip
    """Start a draft from an item, or from nothing."""
    from curate.cli.editor import editor
    from curate.inbox.items import find_item
    from curate.posts.draft import Given
    from curate.posts.write import Written, write_post

    desk, text = here.desk(), words(here, source)
    kind = said["kind"] or ""
    if (kind == "roundup") != bool(days) or (days and item):
        raise UsageError("A round-up is of a week or a month, and of no one item.", "--kind roundup --week")
    if (kind == "notice") != bool(until):
        raise UsageError("A notice, and nothing else, has an end.", "--kind notice --until 2026-12-01")
    edit = None if text is not None or no_edit or here.no_input else editor(here)
    with here.database() as connection:
        found = find_item(connection, item) if item else None
        typed: dict[str, Any] = {name: value or "" for name, value in said.items()}
        given = Given(item=found, text=text, **typed)
        left: list[dict[str, str]] = []
        if days:
            given, left = _gathered(here, connection, given, days)
        if until:
            given = replace(given, until=_ends(here, until))
        if days and not given.covers:
            nothing = f"Nothing new was commented on in {days} days: curate item note ID TEXT, on what you keep."
            written = Written(post=None, said=(nothing,))
        else:
            written = write_post(desk, connection, given, edit=edit, now=here.now())
    tell(here, written, warnings=_not_written(left), more={"leftovers": left} if days else None)


def _gathered(
    here: Here, connection: sqlite3.Connection, given: Given, days: int
) -> tuple[Given, list[dict[str, str]]]:
    """Return what a round-up of so many days starts from, and what is kept and not written about."""
    from curate.posts.files import read_posts
    from curate.posts.roundup import gather_roundup

    desk, now = here.desk(), here.now()
    posts, _ = read_posts(desk.content)
    found = gather_roundup(
        connection, posts, content=desk.content.as_posix(), since=now - timedelta(days=days), now=now
    )
    first, last = here.local(now - timedelta(days=days - 1)), here.local(now)
    title = given.title or f"Round-up, {first.day} {first:%b} to {last.day} {last:%b %Y}"
    left = [{"id": key, "title": name} for key, name in found.leftovers]
    aside = ["", "Kept, and not written about yet:", *(f"{one['id']}  {one['title']}" for one in left)] if left else []
    return replace(given, title=title, start=found.body, covers=found.covers, aside=tuple(aside)), left


def _not_written(left: Sequence[dict[str, str]]) -> list[str]:
    named = ", ".join(one["id"] for one in left[:6])
    return [f"{len(left)} kept and not written about yet: {named}{' …' * (len(left) > 6)}"] if left else []


def _ends(here: Here, until: datetime) -> str:
    """Return the end of a notice, which must be to come."""
    end = here.meant(until)
    if end <= here.now():
        raise UsageError(f"{end:%d %b %Y %H:%M} is past: the notice would be down at once.", "--until a day to come")
    return end.isoformat(timespec="seconds")


@click.group(cls=Group)
def post() -> None:
    """List, read, edit, check, correct and take down your posts."""


for verb in (correct, unpublish, archive, mail):
    post.add_command(verb)


@post.command("list", epilog="Example: curate post list --draft")
@click.option("--draft", is_flag=True, help="Only what is not published.")
@click.pass_obj
def list_(here: Here, *, draft: bool) -> None:
    """List posts, newest first."""
    from curate.posts.checks import check_post
    from curate.posts.files import read_posts

    posts, faults = read_posts(here.desk().content)
    shown = [each for each in posts if each.status == "draft" or not draft]
    rows = [row(each, check_post(each, earlier=posts)) for each in shown]
    here.answer(rows, table(rows), warnings=[f"{fault} {fault.hint}" for fault in faults])


@post.command("show", epilog="Example: curate post show small-models-on-call")
@click.argument("name", metavar="POST")
@click.pass_obj
def show(here: Here, name: str) -> None:
    """Read one post: its header and its body."""
    from curate.posts.checks import check_post, own_words
    from curate.posts.files import find_post, read_posts
    from curate.posts.post import permalink
    from curate.presence.publish import publications

    content = here.desk().content
    found = find_post(content, name)
    with here.database() as connection:
        history = publications(connection, found.slug)
    data = row(found, check_post(found, earlier=read_posts(content)[0]))
    data |= {"header": found.header, "body": found.body, "words": own_words(found), "permalink": permalink(found)}
    data["history"] = history
    here.answer(data, page(found, data))


@post.command("edit", epilog="Example: curate post edit small-models-on-call")
@click.argument("name", metavar="POST")
@click.pass_obj
def edit(here: Here, name: str) -> None:
    """Open one post in the editor."""
    from curate.cli.editor import editor
    from curate.posts.files import find_post
    from curate.posts.write import edit_post

    desk = here.desk()
    tell(here, edit_post(desk, find_post(desk.content, name), edit=editor(here), now=here.now()))


@post.command("check", epilog="Example: curate post check small-models-on-call")
@click.argument("names", metavar="[POST…]", nargs=-1)
@click.pass_obj
def check(here: Here, names: tuple[str, ...]) -> None:
    """Say what a post lacks; without POST, what every draft lacks."""
    desk = here.desk()
    reports = list(_reports(desk.content, names))
    records = [{"slug": report.slug, **findings_row(report.findings)} for report in reports]
    data = findings_row(reports[0].findings) if len(names) == 1 else {"posts": records}
    wrong = any(report.findings.errors for report in reports)
    here.answer(data, lambda: problems(reports, desk.root), exit_code=3 if wrong else 0)


def _reports(content: Path, names: Sequence[str]) -> Iterator[Report]:
    """Examine the posts ``names``, or every draft and every file that is no post."""
    from curate.posts.checks import check_post, findings_of
    from curate.posts.files import find_post, read_posts
    from curate.posts.post import PostFault

    posts, faults = read_posts(content)
    for name in names:
        try:
            found = find_post(content, name)
        except PostFault as why:
            yield Report(Path(why.path), name, findings_of(why))
        else:
            yield Report(found.path, found.slug, check_post(found, earlier=posts))
    if not names:
        for each in posts:
            if each.status == "draft":
                yield Report(each.path, each.slug, check_post(each, earlier=posts))
        for fault in faults:
            yield Report(Path(fault.path), Path(fault.path).stem, findings_of(fault))


def words(here: Here, source: str | None) -> str | None:
    """Read the person's words from the file ``source`` or, for ``-``, from standard input."""
    if source is None:
        return None
    if source == "-":
        return here.stdin_or(source)
    try:
        return Path(source).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.", "Name a text file after --from.") from error
    except UnicodeError as error:
        raise UsageError(f"{source} is not UTF-8 text.", "Save it as UTF-8, then run the command again.") from error


def tell(here: Here, written: Written, *, warnings: Sequence[str] = (), more: dict[str, Any] | None = None) -> None:
    """Answer what became of a person's words, with ``more`` fields."""
    made = written.post
    data = {"path": made and made.path, "slug": made and made.slug, "status": made and made.status}
    lines = [f"{made.status.capitalize():<9}  {made.path}", f"Next       curate post check {made.slug}"] if made else []
    here.answer(data | (more or {}), lines, warnings=[*written.said, *warnings])
