"""Take the words of shares from a person's editor, and lose none of them.

From the first moment the text lies in .curate/typed/; it leaves that place only when the ledger holds
it. Knows no editor: ``edit`` opens a file and returns the program's exit code.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from curate.desk.folder import write_new
from curate.errors import CurateError
from curate.shares.compose import read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from curate.desk.folder import Desk


@contextlib.contextmanager
def typed_texts(  # noqa: PLR0913 - what an editor's session is made of
    desk: Desk, name: str, document: str, accounts: Iterable[str], edit: Callable[[Path], int], *, keep: bool = False
) -> Iterator[dict[str, str]]:
    """Open ``document`` in the editor and yield the text of each section; the block stores them.

    When the editor fails or the block raises, what was typed stays in .curate/typed/``name``.txt and
    the next call goes on with it; with ``keep`` it stays anyway. An untouched document yields nothing.
    """
    typed = desk.typed / f"{name}.txt"
    if not typed.exists():
        write_new(typed, document)
    try:
        code = edit(typed)
        if code:
            raise CurateError(f"The editor ended with exit code {code}.")  # noqa: TRY301 - told below like all others
        if not typed.exists():
            raise CurateError("The editor left no file.", "Nothing was planned.")  # noqa: TRY301 - the same
        texts = read_document(typed.read_text(encoding="utf-8"), accounts)
        yield texts
    except (CurateError, UnicodeDecodeError) as error:
        hint = f"What you typed is in {typed}; the same command goes on with it." if typed.exists() else ""
        if isinstance(error, UnicodeDecodeError):
            raise CurateError("What the editor saved is not text in UTF-8.", hint) from error
        error.hint = f"{error.hint} {hint}".strip()
        raise
    if not keep or not texts:
        typed.unlink(missing_ok=True)
