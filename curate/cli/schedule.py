"""The noun ``schedule``: let the machine call ``curate tick`` every five minutes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli import render
from curate.cli.main import Group
from curate.errors import CurateError, Refused

if TYPE_CHECKING:
    from curate.cli.here import Here
    from curate.presence.schedule import Entry

KIND = click.option(
    "--with", "kind", type=click.Choice(["systemd", "launchd", "cron"]), default=None,
    help="What calls it; else the best this machine has.",
)  # fmt: skip


@click.group(cls=Group)
def schedule() -> None:
    """Let the machine do what is due: feeds, deploys, shares."""


@schedule.command("install", epilog="Example: curate schedule install --print")
@KIND
@click.option("--print", "only_print", is_flag=True, help="Show what would be written; write nothing.")
@click.option("--tokens-in-file", is_flag=True, help="Copy tokens the schedule cannot read from the keyring to a file.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def install(here: Here, kind: str | None, *, only_print: bool, tokens_in_file: bool, yes: bool) -> None:
    """Call curate tick every five minutes, with tokens that can be read then."""
    from curate.presence import schedule as scheduling

    entry = _entry(here, kind)
    data = {"kind": entry.kind, "name": entry.name, "text": entry.text, "written": not only_print}
    if only_print:
        here.answer(data, entry.text.splitlines())
        return
    here.say(entry.text)
    here.confirm("Write this?", yes=yes)
    _prove_tokens(here, entry.kind, in_file=tokens_in_file)
    scheduling.install(entry, here.environment())
    lines = [f"Scheduled  curate tick every {scheduling.MINUTES} minutes, by {entry.kind}."]
    if entry.kind == "systemd":
        lines.append("           It stops when you sign out, unless: loginctl enable-linger")
    here.answer(data, [*lines, "Next       curate schedule status"])


@schedule.command("status", epilog="Example: curate schedule status")
@KIND
@click.pass_obj
def status(here: Here, kind: str | None) -> None:
    """Say whether it is scheduled, and when a pass was last made."""
    from curate.desk.db import recall, to_moment
    from curate.presence import schedule as scheduling

    entry = _entry(here, kind)
    there = scheduling.installed(entry, here.environment())
    with here.database() as connection:
        lived = recall(connection, "last-tick")
    last = to_moment(int(lived)) if lived else None
    said = f"{entry.kind} calls curate tick every {scheduling.MINUTES} minutes." if there else "Not scheduled."
    when = f"{here.local(last):%d %b %Y %H:%M}" if last else "never"
    lines = [f"Schedule   {said}", f"Last pass  {when}"]
    if not there:
        lines.append("Next       curate schedule install")
    here.answer({"kind": entry.kind, "installed": there, "last_tick": last}, lines, exit_code=0 if there else 3)


@schedule.command("remove", epilog="Example: curate schedule remove")
@KIND
@click.pass_obj
def remove(here: Here, kind: str | None) -> None:
    """Take the entry away; shares that are due then wait for you."""
    from curate.presence import schedule as scheduling

    entry = _entry(here, kind)
    there = scheduling.remove(entry, here.environment())
    here.answer({"kind": entry.kind, "removed": there}, ["Removed." if there else "It was not scheduled."])


def _entry(here: Here, kind: str | None) -> Entry:
    from curate.presence import schedule as scheduling

    found = [kind] if kind else scheduling.kinds(here.environment())
    if not found:
        raise CurateError("Neither systemd, launchd nor cron can be used here.", "curate run does the same by hand.")
    return scheduling.make_entry(found[0], here.desk(), _program(), here.environment())


def _program() -> list[str]:
    """Return how this curate is called, by its whole path."""
    beside = shutil.which("curate", path=str(Path(sys.executable).parent))
    return [beside] if beside else [sys.executable, "-m", "curate"]


def _prove_tokens(here: Here, kind: str, *, in_file: bool) -> None:
    """See that every token can be read when ``kind`` calls curate; a keyring may be locked then. Raises Refused."""
    from curate.presence.received import Source
    from curate.presence.schedule import bare_environment
    from curate.shares.accounts import needs_token
    from curate.shares.tokens import copy_to_file, has_token

    settings, config = here.settings(), here.config_folder()
    mine = [name for name, one in settings.accounts.items() if needs_token(one) and has_token(config, one)]
    command = [*_program(), "-C", str(here.desk().root), "--json", "account", "list"]
    done = subprocess.run(
        command,
        env=bare_environment(kind, here.environment()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    try:
        rows = {row["name"]: row["token"] for row in json.loads(done.stdout)["data"]}
    except (ValueError, KeyError, TypeError):
        words = render.clip(render.term_safe(done.stderr.decode(errors="replace").strip()), 200)
        raise CurateError(f"curate does not start as {kind} would start it: {words}", "Nothing was written.") from None
    unread = [name for name in mine if rows.get(name) == "missing"]
    if not unread:
        return
    said = f"The tokens of {', '.join(unread)} cannot be read when {kind} calls curate: the keyring is not open then."
    if not in_file and here.interactive():
        here.say(said)
        in_file = click.confirm(f"Copy them to a file in {config} that only you can read?", err=True)
    if not in_file:
        raise Refused(f"{said} Nothing was written.", "curate schedule install --tokens-in-file")
    feed = Source(settings.site.webmention_feed)
    for name in unread:
        copy_to_file(config, settings.accounts[name])
    if has_token(config, feed):
        copy_to_file(config, feed)
