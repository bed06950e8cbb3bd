"""The command of ``theme``: take it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Group

if TYPE_CHECKING:
    from curate.cli.here import Here


@click.group(cls=Group)
def theme() -> None:
    """Make the site's looks your own."""


@theme.command(epilog="Example: curate theme eject")
@click.pass_obj
def eject(here: Here) -> None:
    """Copy the theme into themes/byline of the desk, for editing; the site is then built with it."""
    from curate.site.theme import eject_theme

    folder, files = eject_theme(here.desk())
    lines = [f"Copied {render.count(len(files), 'file')} to {folder}", "Next   curate site serve --drafts --open"]
    here.answer({"folder": folder, "files": files}, lines)
