"""The commands of ``backup``: make one, list them, look whether they are sound, put one back."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Group
from curate.errors import CurateError, NoDesk, UsageError

if TYPE_CHECKING:
    from curate.cli.here import Here
    from curate.desk.backup import Backup
    from curate.desk.folder import Desk
    from curate.presence.restore import Restored

MB = 10**6


@click.group(cls=Group, epilog="Example: curate backup create")
def backup() -> None:
    """Keep the desk safe, and put it back."""


@backup.command(epilog="Example: curate backup create ~/backups")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", "-n", is_flag=True, help="Say where it would be; make nothing.")
@click.pass_obj
def create(here: Here, file: Path | None, *, dry_run: bool) -> None:
    """Back the desk up into one archive, and read it again to prove it.

    FILE is a file to make or a folder to put it into; without it .curate/backups.
    """
    from curate.desk.backup import create_backup, free_name

    desk = here.desk()
    if dry_run:
        path = free_name(desk, file, here.now())
        here.answer({"path": path}, [f"Would make {path}."])
        return
    with here.database() as connection:
        made = create_backup(desk, connection, now=here.now(), target=file)
    here.answer(_row(made), [_said(made)], warnings=_left_out(made))


@backup.command("list", epilog="Example: curate backup list")
@click.pass_obj
def list_(here: Here) -> None:
    """List the backups, newest first."""
    from curate.desk.backup import backups_folder, list_backups, made_at

    folder = backups_folder(here.desk())
    there = []
    for path in list_backups(folder):
        with contextlib.suppress(FileNotFoundError):  # tick has just thinned it out
            there.append((path, made_at(path), path.stat().st_size))
    lines = [f"{at:%d %b %Y %H:%M} UTC  {size / MB:>8,.1f} MB  {path}" for path, at, size in there]
    data = [{"path": path, "at": at, "size": size} for path, at, size in there]
    here.answer(data, lines or [f"There is no backup in {folder}: curate backup create"])


@backup.command(epilog="Example: curate backup verify")
@click.argument("files", metavar="[FILE…]", type=click.Path(path_type=Path), nargs=-1)
@click.pass_obj
def verify(here: Here, files: tuple[Path, ...]) -> None:
    """Read backups whole, and say whether each is sound; all of them without a name."""
    from curate.desk.backup import backups_folder, list_backups, read_backup

    rows: list[dict[str, Any]] = []
    for path in files or list_backups(backups_folder(here.desk())):
        try:
            rows.append({**_row(read_backup(path)), "ok": True, "reason": ""})
        except CurateError as error:
            rows.append({"path": path, "ok": False, "reason": error.message})
    lines = [f"sound  {row['path']}" if row["ok"] else f"look   {row['reason']}" for row in rows]
    bad = any(not row["ok"] for row in rows)
    here.answer(rows, lines or ["There is no backup: curate backup create"], exit_code=3 if bad else 0)


@backup.command(epilog="Example: curate backup restore --to ~/desk")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--to", metavar="DIR", type=click.Path(path_type=Path), help="The folder to restore into: empty, or a desk."
)
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be put back; change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(here: Here, file: Path | None, to: Path | None, *, dry_run: bool, yes: bool) -> None:
    """Put a backup in place of what the desk holds, or into an empty folder; the newest sound one without FILE.

    What is there is backed up first. Shares that may have gone out since are looked for, or wait for you.
    """
    from curate.desk.backup import read_backup
    from curate.presence.restore import finish, newest_good
    from curate.presence.restore import restore as put_back

    desk = _target(here, to)
    if file is None and desk.restoring.exists():
        if dry_run:
            here.answer({"into": desk.root}, [f"Would go on with the restore of {desk.root} that was cut off."])
            return
        done = finish(desk, now=here.now(), config=here.config_folder())
        here.answer(_restored(done, desk), lambda: _told(done, desk))
        return
    path = file if file is not None else newest_good(here.desk(), now=here.now())
    found = read_backup(path)
    if dry_run:
        here.answer(_row(found), [f"Would put back {_held(found)} into {desk.root}."])
        return
    if desk.settings.exists():
        _agree(here, desk, found, yes=yes)
    done = put_back(desk, path, now=here.now(), config=here.config_folder())
    here.answer(_restored(done, desk), lambda: _told(done, desk), warnings=_left_out(found))


def _target(here: Here, to: Path | None) -> Desk:
    """Return the desk to restore into: the one named, the one here, or this folder when it may become one."""
    from curate.desk.folder import Desk, find_desk

    if to is not None:
        return Desk(to.absolute())
    try:
        return find_desk(here.directory, restoring=True)
    except NoDesk:
        return Desk(here.directory.absolute())


def _agree(here: Here, desk: Desk, found: Backup, *, yes: bool) -> None:
    """Ask for the project's name before a desk is replaced: the one question nobody answers by habit."""
    if yes:
        return
    from curate.desk.settings import load_settings

    name = desk.root.name
    with contextlib.suppress(CurateError):
        name = load_settings(desk.settings).site.name or name
    question = f"This replaces what {desk.root} holds by {_held(found)}."
    if not here.interactive():
        raise UsageError(f"{question} Nobody is here to answer.", "Add --yes if you mean it.")
    here.say(f"{question} What is there is backed up first.")
    if click.prompt(f"Type {name} to go on", err=True).strip() != name:
        raise click.Abort


def _held(found: Backup) -> str:
    return f"the backup of {found.at:%d %b %Y %H:%M} UTC ({render.count(found.files, 'file')})"


def _row(found: Backup) -> dict[str, Any]:
    return {
        "path": found.path,
        "at": found.at,
        "size": found.size,
        "files": found.files,
        "database": found.database,
        "left_out": list(found.left_out),
    }


def _said(found: Backup) -> str:
    return f"Made {found.path}: {render.count(found.files, 'file')}, {found.size / MB:,.1f} MB, read back whole."


def _left_out(found: Backup) -> list[str]:
    return [f"Not in the backup: {each}." for each in found.left_out]


def _restored(done: Restored, desk: Desk) -> dict[str, Any]:
    return {
        **_row(done.backup),
        "into": desk.root,
        "before": done.before,
        "unknown": done.unknown,
        "sends": not done.foreign,
        "damaged": done.aside,
        "replaced": done.replaced,
    }


def _told(done: Restored, desk: Desk) -> list[str]:
    lines = [f"Put back {_held(done.backup)} into {desk.root}."]
    if done.before:
        lines.append(f"What was there is in {done.before}.")
    if done.aside:
        lines.append(f"The damaged database lies in {done.aside}.")
    if done.replaced:
        lines.append(f"What was there and is in no backup lies in {done.replaced}.")
    if not done.backup.database:
        lines.append("The backup has no database: the one that was there stays.")
    if done.unknown:
        shares = render.count(done.unknown, "share")
        lines.append(f"{shares} may be out already: looked for where the network allows that, else for you to settle")
        lines.append("           (curate share queue, then curate share resolve).")
    if done.foreign:
        lines.append(f"{done.foreign} It sends nothing until you let it: curate doctor --adopt")
    lines.append("Next       curate site build")
    return lines
