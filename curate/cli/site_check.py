"""The command ``site check``: look at the built site, and with --online at what it points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.cli.here import Here
    from curate.site.check import Problem
    from curate.site.sources import Cited
    from curate.site.strikes import Standing

Sources = list[tuple["Cited", "Standing"]]


@click.command(cls=Command, epilog="Example: curate site check --online")
@click.option("--online", is_flag=True, help="Ask the web, too, whether the posts' sources are still there.")
@click.pass_obj
def check(here: Here, *, online: bool) -> None:
    """Look for what is wrong with the built site: links, HTML, data, contrast, weight, names."""
    from curate.site.check import check_site

    problems = check_site(here.desk(), here.settings())
    sources = _sources(here) if online else []
    out = [(one, standing) for one, standing in sources if standing.is_out]
    waiting = [(one, standing) for one, standing in sources if standing.strikes and not standing.is_out]
    data = {
        "problems": [vars(one) for one in problems],
        "sources": [_row(one, standing) for one, standing in (*out, *waiting)],
        "asked": len({one.url for one, _ in sources}),
    }
    lines = _told(problems, out, waiting, asked=len({one.url for one, _ in sources}), online=online)
    here.answer(data, lines, exit_code=3 if problems or out else 0)


def _sources(here: Here) -> Sources:
    """Ask for every source once and keep what came of it; a bad day alone is held against none."""
    import asyncio

    from curate.posts.files import read_posts
    from curate.site import sources, strikes

    posts, _ = read_posts(here.desk().content)
    every = sources.cited(posts, here.now())

    async def go() -> list[tuple[str, str, str]]:
        async with here.client() as client:
            return await sources.ask(client, list(dict.fromkeys(one.url for one in every)))

    answers = asyncio.run(go()) if every else []
    with here.database() as connection:
        standings = {one.url: one for one in strikes.note(connection, answers, now=here.now())}
    return [(one, standings[one.url]) for one in every]


def _row(one: Cited, standing: Standing) -> dict[str, object]:
    from curate.site.sources import advice

    said = {"url": one.url, "path": one.post.path, "line": one.line, "out": standing.is_out}
    more = {"strikes": standing.strikes, "reason": standing.reason, "moved_to": standing.moved_to}
    return {**said, **more, "since": standing.since, "advice": advice(one, standing)}


def _told(problems: Sequence[Problem], out: Sources, waiting: Sources, *, asked: int, online: bool) -> list[str]:
    from curate.site.sources import advice
    from curate.site.strikes import ENOUGH

    lines = [*map(str, problems), *(advice(one, standing) for one, standing in out)]
    for one, standing in waiting:
        lines.append(f"{one.url}: {standing.reason}. Strike {standing.strikes} of {ENOUGH}; it is asked again.")
    count = len(problems) + len(out)
    looked = f", {render.count(asked, 'source')} asked" if online else ""
    lines.append(f"{render.count(count, 'problem')}{looked}." if count else f"Nothing is wrong{looked}.")
    return lines
