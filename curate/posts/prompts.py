"""Let a person change the questions that start a thought, one on each line of a file.

They are a setting. Questions, never sentences: what a post says is the person's own. Knows no editor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.desk.folder import write_whole
from curate.desk.locks import hold
from curate.desk.settings import load_settings, set_list
from curate.errors import CurateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curate.desk.folder import Desk

NAME = "writing.prompts"


def edit_prompts(desk: Desk, *, edit: Callable[[Path], int]) -> tuple[str, ...]:
    """Let ``edit`` open the questions as a file, store what it holds then, and return them.

    The file stays in .curate/typed/ until it is stored; the next call goes on with it. Raises CurateError when the
    editor failed, and UsageError when a line is no question; the setting is then as it was.
    """
    path = desk.typed / "prompts.txt"
    with hold(desk, "prompts", wait=0):
        if not path.exists():
            write_whole(path, "\n".join((*load_settings(desk.settings).writing.prompts, "")))
        try:
            lines = [" ".join(line.split()) for line in _edited(path, edit).splitlines()]
            set_list(desk.settings, NAME, [line for line in lines if line])
        except CurateError as error:
            error.hint = f"What you typed is in {path}; the same command opens it again. {error.hint}".strip()
            raise
        path.unlink()
    return load_settings(desk.settings).writing.prompts


def _edited(path: Path, edit: Callable[[Path], int]) -> str:
    code = edit(path)
    if code:
        raise CurateError(f"The editor ended with code {code}; the questions are as they were.")
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise CurateError("The editor left no file; the questions are as they were.") from error
    except UnicodeDecodeError as error:
        raise CurateError(f"{path} is not UTF-8 text; the questions are as they were.", "Save it as UTF-8.") from error
