"""The command ``site check``: look at the built site, and with --online at what it points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Command
from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.cli.here import Here
    from curate.site.check import Problem
    from curate.site.rot import Found


@click.command(cls=Command, epilog="Example: curate site check --online")
@click.option("--online", is_flag=True, help="Ask the web, too, whether the posts' sources are there and unchanged.")
@click.option("--accept", multiple=True, metavar="URL", help="Take what this source says now as right, with --online.")
@click.pass_obj
def check(here: Here, *, online: bool, accept: tuple[str, ...]) -> None:
    """Look for what is wrong with the built site: links, HTML, data, contrast, weight, names."""
    from curate.site.check import check_site

    if accept and not online:
        raise UsageError("A source is accepted as it is on the web.", "--online")
    problems = check_site(here.desk(), here.settings())
    found = _look(here, accept) if online else []
    out = [one for one in found if one.standing.is_out]
    waiting = [one for one in found if one.standing.strikes and not one.standing.is_out]
    asked = len({one.cited.url for one in found})
    data = {"problems": [vars(one) for one in problems], "sources": [_row(one) for one in (*out, *waiting)]}
    lines = _told(problems, out, waiting, asked=asked, online=online)
    here.answer({**data, "asked": asked}, lines, exit_code=3 if problems or out else 0)


def _look(here: Here, accepted: tuple[str, ...]) -> list[Found]:
    """Ask for every source once and keep what came of it; a bad day alone is held against none."""
    import asyncio

    from curate.posts.files import read_posts
    from curate.site import rot

    posts, _ = read_posts(here.desk().content)

    async def go() -> list[Found]:
        with here.database() as connection:
            async with here.client() as client:
                return await rot.look(connection, client, here.settings(), posts, now=here.now(), accepted=accepted)

    return asyncio.run(go())


def _row(one: Found) -> dict[str, object]:
    cited, standing = one.cited, one.standing
    said = {"url": cited.url, "path": cited.post.path, "line": cited.line, "out": standing.is_out}
    more = {"strikes": standing.strikes, "reason": standing.reason, "moved_to": standing.moved_to}
    lost = {"changed": standing.changed, "quotes_lost": list(one.lost)}
    return {**said, **more, **lost, "since": standing.since, "advice": one.advice}


def _told(
    problems: Sequence[Problem], out: Sequence[Found], waiting: Sequence[Found], *, asked: int, online: bool
) -> list[str]:
    from curate.site.strikes import ENOUGH

    lines = [*map(str, problems), *(one.advice for one in out)]
    for one in waiting:
        strike = f"Strike {one.standing.strikes} of {ENOUGH}; it is asked again."
        lines.append(f"{one.cited.url}: {one.standing.reason}. {strike}")
    count = len(problems) + len(out)
    looked = f", {render.count(asked, 'source')} asked" if online else ""
    lines.append(f"{render.count(count, 'problem')}{looked}." if count else f"Nothing is wrong{looked}.")
    return lines
