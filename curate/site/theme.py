"""Copy the theme that comes with curate into a desk, for editing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from curate.desk.locks import hold
from curate.errors import Conflict
from curate.site.build import shipped_theme
from curate.site.manifest import list_files

if TYPE_CHECKING:
    from pathlib import Path

    from curate.desk.folder import Desk


def eject_theme(desk: Desk) -> tuple[Path, list[str]]:
    """Copy the shipped theme to themes/byline of the desk; return that folder and the files in it.

    From then on the build takes each template from there, and from the shipped theme what is missing there.
    The copy is whole or not there at all. Raises Conflict when the desk has a theme of that name: it is never
    overwritten.
    """
    own = desk.root / "themes" / "byline"
    with hold(desk, "theme", wait=0):
        if own.exists() or own.is_symlink():
            hint = "Delete a file there to take the shipped one again, or move the folder away and eject anew."
            raise Conflict(str(own), f"{own} is there already; nothing was copied.", hint)
        fresh = own.with_name(".byline-new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(shipped_theme(), fresh)
        fresh.rename(own)
    return own, list_files(own)
