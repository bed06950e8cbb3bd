"""The command ``share board``: a week of shares on the screen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from curate.cli.main import Command
from curate.cli.triage import wording
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from curate.cli.here import Here


@click.command("board", cls=Command, epilog="Example: curate share board")
@click.pass_obj
def board(here: Here) -> None:
    """Plan the week on the screen: a line for each account, a column for each day."""
    if not here.interactive() or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        raise UsageError(
            "The share board needs a terminal that can draw, and a person at it.",
            "The same in lines: curate share queue --week",
        )
    from curate.shares import home
    from curate.tui.week import WeekBoard

    def edit(path: Path) -> int:
        from curate.cli.editor import editor

        return editor(here)(path)

    settings = here.settings()
    with here.database() as connection:
        home.settle(connection, here.desk(), here.config_folder())  # before anything can be approved on it
        app = WeekBoard(here.desk(), settings, connection, clock=here.now, wording=wording(here), edit=edit)
        app.run(mouse=settings.triage.mouse)
    if app.return_code == 130:
        here.say("Stopped. What you did is saved.")
        if app.unfinished:
            here.say(f"What you typed last is not: it is in {app.unfinished}, and the board goes on with it.")
        here.leave(130)
    if app.return_code not in (0, None):
        raise CurateError("The screen failed.", "What you did is saved. The same in lines: curate share queue --week")
