"""The command ``init``: start a desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.main import Command
from curate.errors import UsageError

if TYPE_CHECKING:
    from curate.cli.here import Here


@click.command(cls=Command, epilog="Example: curate init my-desk --name 'Dana Okafor' --url https://dana.example")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Your name, as people search for it.")
@click.option("--url", help="The site's address.")
@click.option("--topics", help="What you want to be known for, separated by commas.")
@click.option("--opml", type=click.Path(path_type=Path), help="A feed list to import.")
@click.option("--no-git", is_flag=True, help="Leave git alone.")
@click.option("--yes", "-y", is_flag=True, help="Take the defaults.")
@click.pass_obj
def init(
    here: Here,
    folder: Path | None,
    name: str | None,
    url: str | None,
    topics: str | None,
    opml: Path | None,
    *,
    no_git: bool,
    yes: bool,
) -> None:
    """Start a desk: settings, feed list, first page."""
    from curate.desk.init import commit_first, create_desk

    root = here.directory / folder if folder else here.directory
    ask = here.interactive() and not yes
    if not name and not ask:
        raise UsageError("A desk needs your name.", "Add --name 'Your Name'.")
    name = name or click.prompt("Your name, as people search for it", err=True)
    if url is None:
        url = (
            click.prompt("Site address (Enter to decide later)", default="", show_default=False, err=True)
            if ask
            else ""
        )
    if topics is None:
        topics = (
            click.prompt("Three topics you want to be known for", default="", show_default=False, err=True)
            if ask
            else ""
        )
    if opml is None and ask:
        answer = click.prompt(
            "Feed list to import (OPML file, Enter for none)", default="", show_default=False, err=True
        )
        opml = Path(answer).expanduser() if answer else None
    wanted = [topic.strip() for topic in topics.split(",") if topic.strip()]
    desk = create_desk(root, name=name, url=_address(url), topics=wanted, today=here.now().date())
    imported: dict[str, int] = {}
    if opml is not None:
        from curate.feeds.opml import import_feeds

        report = import_feeds(desk.feeds, opml.read_bytes())
        imported = {"added": len(report.added), "skipped": len(report.known) + len(report.refused)}
    git = "" if no_git else commit_first(desk)
    shown = root if folder else Path()
    lines = [
        f"Created  curate.toml, feeds.opml, content/, pelicanconf.py in {desk.root}" + (f"   ({git})" if git else ""),
        *([f"Added    {imported['added']} feeds, {imported['skipped']} skipped"] if imported else []),
        "",
        f"Next     cd {shown}" if folder else "Next     curate feed add URL",
        *(["         curate feed add URL"] if folder else []),
        "         curate fetch && curate triage",
        "         curate account add mastodon     when you want to share",
    ]
    here.answer({"path": desk.root, "name": name, "url": url, "git": git, "feeds": imported}, lines)


def _address(url: str) -> str:
    url = url.strip().rstrip("/")
    if url and not url.startswith(("https://", "http://")):
        raise UsageError(f"“{url}” is not a web address.", "Write it whole: https://dana.example")
    return url
