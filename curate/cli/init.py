"""The command ``init``: start a desk."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.main import Command
from curate.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.cli.here import Here
    from curate.desk.folder import Desk


@click.command(cls=Command, epilog="Example: curate init my-desk --name 'Dana Okafor' --url https://dana.example")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Your name, as people search for it.")
@click.option("--url", help="The site's address.")
@click.option("--topics", help="What you want to be known for, separated by commas.")
@click.option("--opml", metavar="FILE", help="A feed list to import.")
@click.option("--pages", type=click.Choice(["github", "gitlab"]), help="Write what this host needs to build the site.")
@click.option("--no-git", is_flag=True, help="Leave git alone.")
@click.option("--yes", "-y", is_flag=True, help="Take the defaults.")
@click.pass_obj
def init(
    here: Here,
    folder: Path | None,
    name: str | None,
    url: str | None,
    topics: str | None,
    opml: str | None,
    pages: str | None,
    *,
    no_git: bool,
    yes: bool,
) -> None:
    """Start a desk: settings, feed list, first page."""
    from curate.desk.hosting import write_workflow
    from curate.desk.init import commit_first, create_desk

    root = here.directory / folder if folder else here.directory
    ask = here.interactive() and not yes
    if not name and not ask:
        raise UsageError("A desk needs your name.", "Add --name 'Your Name'.")
    name = name or click.prompt("Your name, as people search for it", err=True)
    url = _address(_asked(url, "Site address (Enter to decide later)", ask=ask))
    topics = _asked(topics, "Three topics you want to be known for", ask=ask)
    listing = _asked(opml, "Feed list to import (OPML file, Enter for none)", ask=ask)
    feeds = _feeds(Path(os.path.expanduser(listing))) if listing else b""  # noqa: PTH111 - never fails, unlike Path's
    wanted = [topic.strip() for topic in topics.split(",") if topic.strip()]
    desk = create_desk(root, name=name, url=url, topics=wanted, today=here.now().date())
    imported = _import(desk, feeds) if feeds else {}
    workflow = write_workflow(desk, pages) if pages else None
    git = "" if no_git else commit_first(desk)
    data = {"path": desk.root, "name": name, "url": url, "git": git, "feeds": imported, "workflow": workflow}
    here.answer(data, _told(desk, git, imported, root if folder else None, workflow))


def _asked(given: str | None, question: str, *, ask: bool) -> str:
    """Return what was given as a flag, else the answer to ``question``, else nothing."""
    if given is not None or not ask:
        return given or ""
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer


def _address(url: str) -> str:
    url = url.strip().rstrip("/")
    if url and not url.startswith(("https://", "http://")):
        raise UsageError(f"“{url}” is not a web address.", "Write it whole: https://dana.example")
    return url


def _feeds(listing: Path) -> bytes:
    """Return the feed list's bytes; one that is none is refused before anything is made."""
    from curate.feeds.opml import feeds_in

    try:
        feeds = listing.read_bytes()
        feeds_in(feeds)
    except OSError as error:
        raise UsageError(f"{listing} cannot be read: {error.strerror}.") from error
    except Refused as error:
        raise UsageError(f"{listing}: {error.message}", error.hint) from error
    return feeds


def _import(desk: Desk, feeds: bytes) -> dict[str, int]:
    from curate.feeds.opml import import_feeds

    report = import_feeds(desk.feeds, feeds)
    return {"added": len(report.added), "skipped": len(report.known) + len(report.refused)}


def _told(desk: Desk, git: str, imported: dict[str, int], enter: Path | None, workflow: Path | None) -> Iterator[str]:
    yield f"Created  curate.toml, feeds.opml, content/, pelicanconf.py in {desk.root}" + (f"   ({git})" if git else "")
    if imported:
        yield f"Added    {imported['added']} feeds, {imported['skipped']} skipped"
    if workflow:
        yield f"Wrote    {workflow.relative_to(desk.root)}: this host builds the site after each push"
    yield ""
    steps = ["curate feed add URL", "curate fetch && curate triage"]
    steps += ["curate account add mastodon     when you want to share"]
    if enter is not None:
        steps.insert(0, f"cd {shlex.quote(str(enter))}")
    for number, step in enumerate(steps):
        yield f"{'' if number else 'Next':8} {step}"
