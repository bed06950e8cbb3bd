"""Hold what the command line alone may know: the folder, the flags, the clock, the environment."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from curate.cli import render
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.web.client import Client


@dataclass
class Here:
    """What this run of curate was told, and where its answers go."""

    directory: Path = field(default_factory=Path.cwd)
    json: bool = False
    plain: bool = False
    fields: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    color: str = "auto"
    ascii: bool = False
    no_input: bool = False
    offline: bool = False
    moment: datetime | None = None

    def now(self) -> datetime:
        """Return the time, aware, in UTC; ``--now`` overrides the clock."""
        return self.moment or datetime.now(UTC)

    def meant(self, moment: datetime) -> datetime:
        """Return ``moment`` aware: what was typed without a zone is meant in the desk's."""
        if moment.tzinfo is not None:
            return moment
        from curate.shares.slots import at_wall, read_zone

        return at_wall(moment, read_zone(self.settings().site.timezone)).at

    def local(self, moment: datetime) -> datetime:
        """Return ``moment`` as the desk's own clock shows it."""
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(self.settings().site.timezone))

    def desk(self) -> Desk:
        """Find the desk of ``-C`` or of the current folder. Raises NoDesk."""
        from curate.desk.folder import find_desk

        return find_desk(self.directory)

    def settings(self) -> Settings:
        """Read the desk's settings, with what the environment adds to ``fetch.allow_private``."""
        from msgspec.structs import replace

        from curate.desk.settings import load_settings

        settings = load_settings(self.desk().settings)
        extra = tuple(part.strip() for part in os.environ.get("CURATE_ALLOW_PRIVATE", "").split(",") if part.strip())
        if not extra:
            return settings
        return replace(settings, fetch=replace(settings.fetch, allow_private=settings.fetch.allow_private + extra))

    def config_folder(self) -> Path:
        """Return the person's configuration folder of curate, where tokens lie without a keyring.

        Raises CurateError when nobody knows where that is, as in a container whose user has no name.
        """
        from platformdirs import user_config_path

        try:
            return user_config_path("curate", appauthor=False)
        except RuntimeError as error:
            said = "Nobody knows where your home folder is, and your tokens in it."
            raise CurateError(said, "Nothing was done. Set HOME to that folder, then run the same again.") from error

    def environment(self) -> dict[str, str]:
        """Return the environment, with the person's home folder also where HOME is not set."""
        return {"HOME": os.path.expanduser("~"), **os.environ}  # noqa: PTH111 - names none where there is none

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Open the desk's database for the block, looked at once a day, and say a refusal of the disk in words."""
        import sqlite3

        from curate.desk.db import daily_check, damaged, faults, open_database, trouble

        desk = self.desk()
        connection = open_database(desk)
        try:
            daily_check(connection, desk, now=self.now())
            yield connection
        except sqlite3.Error as error:
            raise trouble(desk.database, error) from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            wrong = faults(connection)  # on what a damaged database says, any code may stumble
            if wrong:
                raise damaged(desk.database, wrong) from error
            raise
        finally:
            connection.close()

    def client(self) -> Client:
        """Return the one way out: an HTTP client to enter with ``async with``."""
        from curate.web.client import Client

        fetch = self.settings().fetch
        return Client(
            allow_private=fetch.allow_private,
            connections=fetch.connections,
            timeout=fetch.timeout,
            offline=self.offline,
        )

    # What a person may be asked

    def interactive(self) -> bool:
        """Say whether there is a person to ask."""
        return not self.no_input and not self.json and sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before what cannot be undone; without a terminal only ``--yes`` will do."""
        if yes:
            return
        if not self.interactive():
            msg = f"{question} Nobody is here to answer."
            raise UsageError(msg, "Add --yes if you mean it.")
        if not click.confirm(question, err=True):
            raise click.Abort

    def stdin_or(self, text: str) -> str:
        """Return ``text``, or standard input when it is ``-``. Raises UsageError when that is not UTF-8."""
        if text != "-":
            return text
        try:
            said = sys.stdin.read()
            said.encode()  # some locales smuggle other bytes through as halves of characters
        except UnicodeError as error:
            raise UsageError(
                "Standard input is not UTF-8 text.", "Nothing of it was used. Convert it first."
            ) from error
        return said

    # What it says

    def color_on(self, stream: Any = None) -> bool:  # noqa: ANN401 - any text stream
        """Say whether colour is wanted on ``stream`` (standard output unless told)."""
        if self.color != "auto":
            return self.color == "always"
        stream = stream or sys.stdout
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def say(self, message: str) -> None:
        """Tell the person something that is not the answer; silent with ``-q``."""
        if not self.quiet:
            render.err(self.drawn(render.lines_safe(message)))

    def drawn(self, text: str) -> str:
        """Return ``text`` as this terminal may show it: with ``--ascii``, without ornaments."""
        if not self.ascii:
            return text
        for fancy, simple in (("…", "..."), ("“", '"'), ("”", '"'), ("’", "'"), ("·", "-"), ("–", "-"), ("→", "->")):
            text = text.replace(fancy, simple)
        return text

    def answer(
        self,
        data: object,
        text: Iterable[str] | Callable[[], Iterable[str]] = (),
        *,
        warnings: Sequence[str] = (),
        exit_code: int = 0,
        verbatim: bool = False,
    ) -> None:
        """Give the command's answer: ``data`` to a script, the lines of ``text`` to a person.

        ``data`` is made of dicts, lists, texts, numbers and moments. Warnings go into the JSON or to
        standard error. With an ``exit_code`` the command ends here. Lines that are a file for another
        program are ``verbatim``; all others are made safe for a terminal, whoever wrote them.
        """
        if self.json or self.plain:
            shaped = render.wire(data)
            if self.fields:
                shaped = render.pick(shaped, self.fields)
            if self.json:
                command = click.get_current_context().command_path.split()[1:]
                render.out(render.as_json(f"curate.{'.'.join(command) or 'today'}/1", shaped, warnings))
            else:
                for line in render.as_plain(shaped):
                    render.out(line)
        else:
            for line in text() if callable(text) else text:
                render.out(line if verbatim else self.drawn(render.lines_safe(line)))
        sys.stdout.flush()  # whoever reads through a pipe has it now, whatever the command does next
        if not self.json:
            for warning in warnings:
                self.say(warning)
        if exit_code:
            self.leave(exit_code)

    def leave(self, exit_code: int) -> NoReturn:
        """End the command with ``exit_code``; what there was to say is said."""
        raise click.exceptions.Exit(exit_code)
