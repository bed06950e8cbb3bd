"""Every command line ends in words and a code: flags, errors, closed pipes, Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate import __version__
from curate.cli.here import Here
from curate.desk import db
from curate.desk.folder import Desk
from curate.desk.settings import set_setting
from tests.conftest import HEEDING_CTRL_C, press_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Curate

PROGRAM = [sys.executable, "-m", "curate"]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], ["init"], ["config"], ["config", "set"]])
def test_help_is_an_answer_wherever_it_is_asked_for(curate: Curate, flag: str, command: list[str]) -> None:
    answer = curate(*command, flag)
    assert answer.out.startswith(" ".join(["Usage: curate", *command]))
    assert answer.err == ""


@pytest.mark.parametrize("words", [("item", "show"), ("post", "show"), ("config", "get"), ("help",), ()])
def test_an_error_cannot_move_the_terminals_cursor(curate: Curate, desk: Path, words: tuple[str, ...]) -> None:
    failed = curate("-C", desk, *words, "\x1b]0;owned\x07\u202ename", expect=2)
    assert "name" in failed.err
    assert not set(failed.out + failed.err) & {"\x1b", "\x07", "\u202e"}


def test_every_command_is_listed_and_shows_an_example(curate: Curate) -> None:
    from curate.cli.main import HOMES

    overview = curate("--help").out
    for name in HOMES:
        assert f"\n  {name} " in overview
        answer = curate(name, "--help").out
        assert "Example" in answer or "Commands" in answer, name


def test_the_version_is_told(curate: Curate) -> None:
    assert __version__ in curate("--version").out


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_global_flags_stand_before_or_after_the_command(curate: Curate, desk: Path, place: str) -> None:
    flags = ["-C", str(desk), "--json"]
    lines = {
        "before": [*flags, "config", "get", "site.name"],
        "between": ["config", *flags, "get", "site.name"],
        "after": ["config", "get", "site.name", *flags],
    }
    assert "Dana Okafor" in json.dumps(curate(*lines[place]).data)


def test_a_flag_given_twice_counts_where_it_was_given_last(curate: Curate, desk: Path, tmp_path: Path) -> None:
    curate("-C", tmp_path / "nowhere", "config", "get", "site.name", "-C", desk)


def test_an_answer_in_json_is_one_object_with_its_schema(curate: Curate, desk: Path) -> None:
    answer = curate("-C", desk, "config", "list", "--json")
    assert list(json.loads(answer.out)) == ["schema", "data", "warnings"]
    assert json.loads(answer.out)["schema"] == "curate.config.list/1"
    assert answer.err == ""


@pytest.mark.parametrize("line", ["wombat", "init --wombat", "config get", "config wombat", "--now noon config list"])
def test_a_command_that_cannot_be_meant_ends_with_2_and_says_where_help_is(curate: Curate, line: str) -> None:
    answer = curate(*line.split(), expect=2)
    assert answer.out == ""
    assert "--help" in answer.err
    refusal = curate("--json", *line.split(), expect=2)
    assert refusal.out == ""
    assert refusal.error["code"] == "usage"
    assert refusal.error["exit"] == 2
    assert set(refusal.error) == {"code", "message", "hint", "exit"}


def test_outside_a_desk_the_answer_names_the_folder_and_the_way_in(curate: Curate, tmp_path: Path) -> None:
    refusal = curate("-C", tmp_path, "config", "list", "--json", expect=2).error
    assert refusal["code"] == "no-desk"
    assert str(tmp_path) in refusal["message"]
    assert "curate init" in refusal["hint"]


def test_curate_alone_welcomes_who_has_no_desk(curate: Curate, tmp_path: Path) -> None:
    assert "curate init" in curate("-C", tmp_path).out


def test_what_nobody_foresaw_is_said_in_one_line_and_traced_only_with_debug(curate: Curate, desk: Path) -> None:
    with contextlib.closing(db.open_database(Desk(desk))) as connection:
        connection.execute("DELETE FROM desk WHERE key = 'id'")
    (desk / ".curate" / "desk-id").unlink()
    short = curate("-C", desk, "today", expect=1)
    assert "Traceback" not in short.err
    assert "--debug" in short.err
    assert "Traceback" in curate("-C", desk, "today", "--debug", expect=1).err


@contextlib.contextmanager
def closed_pipe() -> Iterator[int]:
    """Hand out the end to write to of a pipe nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@pytest.mark.parametrize("command", ["--help", "config get site.name", "config list", "config list --json"])
def test_a_closed_pipe_ends_the_command_quietly_with_0(desk: Path, command: str) -> None:
    set_setting(desk / "curate.toml", "site.topics", json.dumps([f"topic {number}" for number in range(5000)]))
    with closed_pipe() as writer:
        done = subprocess.run(
            [*PROGRAM, "-C", desk, *command.split()], check=False, stdout=writer, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_enough_is_no_failure(desk: Path) -> None:
    line = f"set -o pipefail; '{sys.executable}' -m curate -C '{desk}' config list --plain | head -1"
    done = subprocess.run(["bash", "-c", line], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal and no such terminal")
def test_ctrl_c_ends_with_130_in_words_and_no_trace(tmp_path: Path) -> None:
    master, slave = os.openpty()
    command = [*HEEDING_CTRL_C, "init", str(tmp_path / "desk")]
    program = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    while b"Your name" not in shown:
        assert select.select([master], [], [], 30)[0], "nothing was asked"
        shown += os.read(master, 1000)
    said = press_ctrl_c(program, master)
    os.close(master)
    assert program.wait(timeout=30) == 130
    assert "Stopped" in said
    assert "Traceback" not in said
    assert not (tmp_path / "desk").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_before_all_is_loaded_ends_it_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    heeding = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"import runpy, signal; {heeding}; runpy.run_module('curate', run_name='__main__')"
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "flag", "expected"),
    [
        ({"TERM": "xterm"}, "auto", True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "auto", False),
        ({"TERM": "xterm", "NO_COLOR": ""}, "auto", True),
        ({"TERM": "dumb"}, "auto", False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "always", True),
        ({"TERM": "xterm"}, "never", False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], flag: str, *, expected: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Here(color=flag).color_on(Terminal()) is expected
    assert Here(color=flag).color_on(io.StringIO()) is (flag == "always")


def test_ascii_keeps_our_own_words_in_ascii(curate: Curate, tmp_path: Path) -> None:
    answer = curate("--ascii", "-C", tmp_path, "help", "workflow")
    assert answer.out.isascii()
    assert "..." in answer.out


FAR = ("9999-12-31T23:59:59-14:00", "9999-12-31", "0001-01-01T00:00:00+14:00", "0000-00-00")


@pytest.mark.parametrize("when", FAR)
@pytest.mark.parametrize(
    "line",
    [
        *("report --since", "report balance --since", "report sources --since", "item list --since"),
        *("report experiment add mornings --hypothesis Early --until", "item search words --since", "today --now"),
        *("publish no-post --yes --at", "share plan no-post --expires", "write --kind notice --title T --until"),
    ],
)
def test_a_time_near_the_ends_of_time_is_refused_before_anything_is_kept(
    curate: Curate, desk: Path, line: str, when: str
) -> None:
    told = curate("-C", desk, *line.split(), when, expect=2)
    assert when in told.err
    curate("-C", desk, "report", "experiment")


@pytest.mark.parametrize(
    "line",
    ["item list --limit", "item search words --limit", "replies list --limit", "undo", "redo", "feed list --days"],
)
def test_a_number_beyond_counting_is_refused(curate: Curate, desk: Path, line: str) -> None:
    told = curate("-C", desk, *line.split(), "99999999999999999999", expect=2)
    assert "is not in the range" in told.err


@pytest.mark.parametrize("flag", [(), ("--json",)])
def test_a_message_does_not_repeat_a_whole_file_that_was_typed(
    curate: Curate, desk: Path, flag: tuple[str, ...]
) -> None:
    typed = f"begins {'x' * 100_000} ends"
    told = curate("-C", desk, *flag, "item", "show", typed, expect=2)
    assert len(told.err) < 2_000
    assert "begins" in told.err
    assert "ends" in told.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")
def test_too_little_memory_is_said_in_words(desk: Path) -> None:
    import resource

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

    line = [*PROGRAM, "-C", str(desk), "profile", "import", "/dev/zero"]
    done = subprocess.run(line, check=False, capture_output=True, text=True, preexec_fn=little)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "There is not enough memory for that.")
