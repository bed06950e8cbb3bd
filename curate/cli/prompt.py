"""The commands ``prompt …``: the questions that start a thought while writing and noting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Group

if TYPE_CHECKING:
    from curate.cli.here import Here


@click.group(cls=Group, epilog="Example: curate prompt list")
def prompt() -> None:
    """See and change the questions that start a thought."""


@prompt.command("list", epilog="Example: curate prompt list")
@click.pass_obj
def list_(here: Here) -> None:
    """Show the questions offered while you write and note."""
    prompts = here.settings().writing.prompts
    here.answer([{"question": one} for one in prompts], [render.term_safe(one) for one in prompts])
    if not prompts and not here.json:
        here.say("No questions are offered. curate prompt edit writes some.")


@prompt.command("edit", epilog="Example: curate prompt edit")
@click.pass_obj
def edit(here: Here) -> None:
    """Write the questions in your editor, one on each line; each ends with a question mark."""
    from curate.cli.editor import editor
    from curate.posts.prompts import edit_prompts

    prompts = edit_prompts(here.desk(), edit=editor(here))
    here.answer([{"question": one} for one in prompts], [f"{render.count(len(prompts), 'question')} offered from now."])
