"""Show how far reading many feeds or pages has come: one line on a terminal, gone at the end; elsewhere nothing."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from curate.cli.here import Here

PATIENCE = 0.5  # seconds before progress is worth a line
BEAT = 0.1  # seconds between two lines of progress
BAR = 24  # cells
NARROW = 60  # columns below which the words stand alone


class Progress:
    """One line on a terminal, rewritten as ``things`` come in. ``done`` and ``total`` tell where it stands."""

    def __init__(self, here: Here, things: str = "feeds") -> None:
        self._things = things
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._on = terminal and not here.quiet and not here.json
        self._cells = "#-" if here.ascii else "━─"
        self._shown = 0  # cells of the line that stands there
        self.done = self.total = self.new = self.failed = 0

    def __call__(self, done: int, total: int, new: int, failed: int) -> None:
        """Hear that ``done`` of ``total`` were asked, what they brought that is new, and how many could not be read."""
        self.done, self.total, self.new, self.failed = done, total, new, failed

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show the line during the block, once it takes long enough to be worth it; whatever ends it takes it away."""
        import asyncio

        drawing = asyncio.create_task(self._keep_drawing()) if self._on else None
        try:
            yield
        finally:
            if drawing is not None:
                drawing.cancel()
            self.end()

    async def _keep_drawing(self) -> None:
        import asyncio

        await asyncio.sleep(PATIENCE)
        while True:
            if self.total:
                self.draw()
            await asyncio.sleep(BEAT)

    def draw(self) -> None:
        """Write the line over the one that stands there."""
        new = f", {self.new:,} new" if self.new else ""
        failed = f", {self.failed} failed" if self.failed else ""
        words = f"{self.done}/{self.total} {self._things}{new}{failed}"
        wide = _columns()
        full = BAR * self.done // max(self.total, 1)
        bar = "" if wide < NARROW else self._cells[0] * full + self._cells[1] * (BAR - full) + "  "
        line = render.clip(bar + words, wide - 1, "")
        sys.stderr.write(f"{self._away()}{line}")
        sys.stderr.flush()
        self._shown = render.width(line)

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write(self._away())
            sys.stderr.flush()
            self._shown = 0

    def _away(self) -> str:
        """Return what takes the line away; a terminal made narrower since has broken it into several."""
        rows = max(self._shown - 1, 0) // _columns()
        return (f"\x1b[{rows}A" if rows else "") + "\r\x1b[J"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
