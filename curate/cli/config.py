"""The noun ``config``: what curate.toml says, and where each value came from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Command, Group

if TYPE_CHECKING:
    from curate.cli.here import Here


@click.group(cls=Group)
def config() -> None:
    """See and change the desk's settings."""


@config.command("get", cls=Command, epilog="Example: curate config get site.url")
@click.argument("name")
@click.pass_obj
def get(here: Here, name: str) -> None:
    """Show one setting."""
    from curate.desk.settings import get_setting

    value = get_setting(here.desk().settings, name)
    here.answer({"name": name, "value": value}, [render.term_safe(_shown(value))])


@config.command("set", cls=Command, epilog="Example: curate config set site.timezone Europe/Berlin")
@click.argument("name")
@click.argument("value")
@click.pass_obj
def set_(here: Here, name: str, value: str) -> None:
    """Change one setting; the rest of curate.toml stays as it is."""
    from curate.desk.settings import set_setting

    stored = set_setting(here.desk().settings, name, value)
    here.answer({"name": name, "value": stored}, [render.term_safe(f"{name} = {_shown(stored)}")])


@config.command("list", cls=Command, epilog="Example: curate config list --origin")
@click.option("--origin", is_flag=True, help="Say where each value came from.")
@click.pass_obj
def list_(here: Here, *, origin: bool) -> None:
    """Show every setting."""
    from curate.desk.settings import list_settings

    rows = list_settings(here.desk().settings)
    data = [{"name": name, "value": value, "origin": source} for name, value, source in rows]
    lines = render.columns(
        [(name, _shown(value), source if origin else "") for name, value, source in rows], (40, 60, 20)
    )
    here.answer(data, lines)


@config.command("path", cls=Command, epilog="Example: $EDITOR $(curate config path)")
@click.pass_obj
def path(here: Here) -> None:
    """Show where the settings are."""
    file = here.desk().settings
    here.answer({"path": file}, [str(file)])


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
