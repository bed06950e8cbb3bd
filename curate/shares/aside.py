"""Keep the words of one share while they are typed and not saved yet, as a file in .curate/typed/.

The file of a share that is planned is the one ``curate share edit`` opens: either goes on with what the
other left. Knows neither a screen nor an editor. ``head`` is always the editor's document of one account,
as ``compose.document`` writes it; the words stand below it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.desk.folder import write_whole
from curate.errors import CurateError

if TYPE_CHECKING:
    from pathlib import Path

    from curate.desk.folder import Desk


def aside_file(desk: Desk, *, share_id: str = "", post: str = "", account: str = "") -> Path:
    """Return where the words of a share lie, or those of one of ``post`` for ``account`` that is not planned yet."""
    if share_id:
        return desk.typed / f"share-{share_id}.txt"
    plain = re.sub(r"[^a-z0-9]+", "-", f"{post}-{account}".lower())[:60]
    return desk.typed / f"share-{plain}-{sha256(f'{post} {account}'.encode()).hexdigest()[:8]}.txt"


def keep_words(path: Path, head: str, words: str) -> None:
    """Write ``words`` to the disk. Raises CurateError."""
    write_whole(path, f"{head}{words}\n")


def kept_words(path: Path, head: str) -> str | None:
    """Return the words that were kept, every line of them; None when there are none. Raises CurateError."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise CurateError(f"{path} is not UTF-8 text.", "Save it as UTF-8, or move it away.") from error
    except OSError as error:
        raise CurateError(f"{path} cannot be read: {error.strerror}.", "What was typed is still there.") from error
    guide = head.partition(" ")[0]
    section = next(line for line in reversed(head.split("\n")) if line.startswith("=== "))
    lines = text.split("\n")
    lines = lines[lines.index(section) + 1 :] if section in lines else lines
    while lines and lines[0].startswith(guide):  # up to the blank line that ends them
        del lines[0]
    return "\n".join(lines).strip("\n").rstrip()


def drop_words(path: Path) -> None:
    """Forget what was kept: it is saved."""
    path.unlink(missing_ok=True)
