"""Start curate: find the command by its name, and end every run in words and an exit code.

A command's file is imported when its name is typed, and what it works with when it is called:
this module loads click and nothing else.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import signal
import sys
from datetime import UTC, datetime
from keyword import iskeyword
from pathlib import Path
from typing import Any

import click

from curate import __version__
from curate.cli import render
from curate.cli.here import Here
from curate.errors import CurateError

LITTER = 50_000  # objects made and kept until Python looks for circles among them: most commands are over by then
SECTIONS: dict[str, dict[str, str]] = {
    "Every day": {
        "today": "day",
        "fetch": "fetch",
        "triage": "triage",
        "write": "post",
        "publish": "publish",
        "tick": "day",
        "run": "run",
        "report": "report",
        "undo": "undo",
        "redo": "undo",
    },
    "Things": {
        "feed": "feed",
        "item": "item",
        "import": "import_",
        "rule": "rule",
        "rank": "rank",
        "post": "post",
        "prompt": "prompt",
        "profile": "profile",
        "predict": "predict",
        "share": "share",
        "replies": "replies",
        "account": "account",
        "site": "site",
        "theme": "theme",
    },
    "The desk": {
        "init": "init",
        "demo": "demo",
        "schedule": "schedule",
        "doctor": "day",
        "backup": "backup",
        "config": "config",
        "completion": "help",
        "help": "help",
    },
}
FIRST, LAST = 1900, 2999  # years that may be meant
MOST = 1_000_000_000  # of whatever is counted
LONGEST = 1_500  # characters of a message: what was typed may be a whole file
HOMES = {name: module for section in SECTIONS.values() for name, module in section.items()}


def _global(name: str) -> Any:  # noqa: ANN401 - what click's callbacks take
    def keep(ctx: click.Context, _: click.Parameter, value: Any) -> None:  # noqa: ANN401
        if value is not None and value is not False and value != ():
            setattr(ctx.ensure_object(Here), name, value)

    return keep


class Moment(click.ParamType[datetime]):
    """A time in ISO 8601. Without an offset it is in UTC; a ``local`` one is then wall time, left naive."""

    name = "time"

    def __init__(self, *, local: bool = False) -> None:
        self.local = local

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read ``value`` as an aware moment."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” is not a time in ISO 8601, such as 2026-11-23T08:40:00Z.", param, ctx)
        if not FIRST <= moment.year <= LAST:  # near the ends of time no sum is safe
            self.fail(f"“{value}” is not within the years {FIRST} to {LAST}.", param, ctx)
        return moment if self.local else moment.replace(tzinfo=moment.tzinfo or UTC)


def global_options() -> list[click.Parameter]:
    """Return the flags every command takes, before or after its name."""

    def option(*names: str, keep: str, **rest: Any) -> click.Option:  # noqa: ANN401 - click's own
        return click.Option(names, expose_value=False, callback=_global(keep), **rest)

    return [
        option(
            "-C",
            "directory",
            keep="directory",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="The desk's folder.",
        ),
        option("--json", "json_", keep="json", is_flag=True, help="Answer in JSON."),
        option("--plain", keep="plain", is_flag=True, help="Answer in tab-separated lines."),
        click.Option(
            ["--fields"],
            expose_value=False,
            metavar="A,B",
            help="Only these fields, with --json or --plain.",
            callback=lambda ctx, _, value: (
                setattr(ctx.ensure_object(Here), "fields", tuple(value.split(","))) if value else None
            ),
        ),
        option("-q", "--quiet", keep="quiet", is_flag=True, help="Only the answer."),
        option("-v", "--verbose", keep="verbose", is_flag=True, help="More of what happens."),
        option("--debug", keep="debug", is_flag=True, help="Show the trace of a failure."),
        option(
            "--color",
            keep="color",
            type=click.Choice(["auto", "always", "never"]),
            help="Colour, or not.",
            default=None,
        ),
        option("--ascii", "ascii_", keep="ascii", is_flag=True, help="No characters beyond ASCII of our own."),
        option("--no-input", keep="no_input", is_flag=True, help="Never ask."),
        option("--offline", keep="offline", is_flag=True, help="Never use the network."),
        option("--now", "moment", keep="moment", hidden=True, type=Moment()),
    ]


class Command(click.Command):
    """A command that takes the global flags, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Keep the example's lines as they are."""
        if self.epilog:
            formatter.write_paragraph()
            for line in self.epilog.splitlines():
                formatter.write(f"{line}\n")


class Group(click.Group):
    """A noun whose verbs are commands; alone it shows its help."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())


class Root(Group):
    """The command ``curate``: loads a command's file when its name is typed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return every command's name, in the order of a day."""
        return list(HOMES)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of the command ``cmd_name`` and return the command."""
        if cmd_name not in HOMES:
            return None
        module = importlib.import_module(f"curate.cli.{HOMES[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under the headings of a day."""
        for heading, names in SECTIONS.items():
            rows = []
            for name in names:
                command = self.get_command(ctx, name)
                if command is not None:
                    rows.append((name, command.get_short_help_str(60)))
            with formatter.section(heading):
                formatter.write_dl(rows)


@click.group(cls=Root, name="curate", invoke_without_command=True)
@click.version_option(__version__, "--version", prog_name="curate")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Read your field's feeds, say something of your own, publish it and share it."""
    if ctx.invoked_subcommand is None:
        from curate.cli.day import welcome

        welcome(ctx)


def run() -> None:
    """Be the process ``curate``."""
    gc.set_threshold(LITTER, 10, 10)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # while it was loaded
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    told: list[int] = []

    def ends(number: int, _: object) -> None:
        """End as after Ctrl-C: what is in is kept, the terminal is tidied, workers and locks are let go."""
        told.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, ends)
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_quietly()
    except OSError as error:
        words = _unheard(error)
        code = code or _refuse(sys.argv[1:], Here(), "failed", *words, 1)  # what failed before has been told
    sys.exit(128 + told[0] if told and code == 130 else code)


def main(arguments: list[str]) -> int:  # noqa: C901, PLR0911, PLR0912 - one place, one arm for each kind of end
    """Run one command line and return its exit code (the table is in ``curate help exit-codes``)."""
    here = Here()
    try:
        answer = _answer(arguments, here)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "curate"
        return _refuse(arguments, here, "usage", error.format_message(), f"{where} --help shows how.", 2)
    except click.ClickException as error:
        return _refuse(arguments, here, "failed", error.format_message(), "", 1)
    except (click.Abort, KeyboardInterrupt):
        return _refuse(arguments, here, "interrupted", "Stopped. What was done is saved.", "", 130)
    except (BrokenPipeError, SystemExit) as end:  # click ends so after a completion, and when a pipe breaks
        if _reader_gone():
            _close_quietly()
        elif getattr(end, "code", 1):
            return _refuse(arguments, here, "failed", "Another program broke its connection with curate.", "", 1)
        return 0
    except CurateError as error:
        if here.debug:
            _trace()
        problems = getattr(error, "problems", ())
        return _refuse(arguments, here, error.code, error.message, error.hint, error.exit, problems)
    except (OSError, MemoryError) as error:
        if here.debug:
            _trace()
        return _refuse(arguments, here, "failed", *(_lost(error) or _system_words(error)), 1)
    except UnicodeEncodeError as error:
        if here.debug:
            _trace()
        return _refuse(arguments, here, "usage", *_unencodable(error), 2)
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets words, --debug the trace
        if here.debug:
            _trace()
        what = f"curate failed in a way it does not know: {type(error).__name__}: {error}"
        return _refuse(arguments, here, "unexpected", what, "The same command with --debug shows where.", 1)
    return answer if isinstance(answer, int) else 0


def _answer(arguments: list[str], here: Here) -> object:
    try:
        return cli.main(args=arguments, prog_name="curate", obj=here, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        render.out(error.ctx.get_help())
        return 0


def _system_words(error: OSError | MemoryError) -> tuple[str, str]:
    """Return what the operating system refused, in words, and what to do about it."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for that.", "Nothing is half-written. Is a file you named much too large?"
    what = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.EMFILE:
        return "Too many files are open for this system's limit.", "Raise it (ulimit -n 1024), then run the same again."
    if error.errno == errno.ENOSPC:
        return f"{what}the disk is full.", "Nothing is half-written. Free some space, then run the same again."
    return f"{what}{error.strerror or error}.", "Nothing is half-written. The same command with --debug shows where."


def _lost(error: OSError | MemoryError) -> tuple[str, str] | None:
    """Return what to say when it is standard output that takes no answer; None for ``error`` about anything else."""
    if isinstance(error, OSError) and error.filename is not None:
        return None
    try:
        sys.stdout.flush()
    except OSError as refusal:
        return _unheard(refusal)
    return None


def _unheard(error: OSError) -> tuple[str, str]:
    """Put in words that standard output refused the answer, and let go of it: what waits there would fail again."""
    _close_quietly()
    why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    what = f"The answer could not be written to standard output: {why}."
    return what, "What the command did is done, nothing is half-written. Send its answer elsewhere."


def _unencodable(error: UnicodeEncodeError) -> tuple[str, str]:
    """Say which bytes cannot be stored or looked for: Python hands on what a shell gave in another encoding."""
    bad = error.object[error.start : error.end].encode("utf-8", "backslashreplace").decode()
    return f"What was typed is not UTF-8 text: {bad}.", "Nothing was changed. Set the terminal to UTF-8, or retype it."


def _refuse(
    arguments: list[str], here: Here, code: str, message: str, hint: str, exit_code: int, problems: tuple[str, ...] = ()
) -> int:
    message, hint = _cut(message), _cut(hint)
    if here.json or "--json" in arguments:
        error: dict[str, object] = {"code": code, "message": message, "hint": hint, "exit": exit_code}
        if problems:
            error["problems"] = list(problems)
        render.err(json.dumps({"error": error}))
        return exit_code
    for line in (message, *problems, hint):
        if line:
            render.err(here.drawn(render.lines_safe(line)))
    return exit_code


def _cut(text: str) -> str:
    """Take the middle out of a message that quotes too much."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 3 :]}"


def _trace() -> None:
    import traceback

    traceback.print_exc()


def _open_closed() -> None:
    """Open nothing in place of a standard stream that was closed: a file of the desk would come to lie there.

    What is said would then be written into it. Numbers are given out from the lowest on.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115, PTH123 - to the end


def _reader_gone() -> bool:
    """Say whether nobody reads our answer any more, as after ``| head``."""
    import select

    if not hasattr(select, "poll"):  # Windows
        return True
    stream = select.poll()
    stream.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in stream.poll(0))


def _close_quietly() -> None:
    """Let the interpreter's own flush at the end find nothing to complain about."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
