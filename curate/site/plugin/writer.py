"""Write the site: a page that shows what it showed before is linked from the site before, the rest is rendered.

The same templates see the same context either way; what is kept of a page is told by ``watch``.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pelican.writers import Writer

from curate.site.cache import Row
from curate.site.plugin.kept import Kept, kept_of
from curate.site.plugin.report import report_of
from curate.site.plugin.watch import Watch, shown
from curate.site.processes import processes_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# ruff: noqa: ANN401 - Pelican and its objects carry no types

MANY = 150  # pages to render from which on another process pays
ELSEWHERE = ""  # instead of a file to link: another process writes the page


class KeepingWriter(Writer):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's writer, which takes over what need not be rendered."""

    def __init__(self, output_path: str, settings: Any = None) -> None:
        super().__init__(output_path, settings=settings)
        self.kept: Kept = kept_of(self.settings)
        self._lists: dict[Any, Any] = {}
        self._ready: str | None = None  # where the page to be written is already
        self._mine = 0, 1  # which share of the pages is ours, of how many
        self._helps = False  # we are a process that renders its share for another

    def write_file(self, name: Any, template: Any, context: Any, *rest: Any, **named: Any) -> None:
        """Write one page, or all pages of a list."""
        if self.kept.key and not named.get("override_output"):
            template = _Careful(template, self)
        super().write_file(name, template, context, *rest, **named)

    def render(self, template: Any, context: dict[str, Any]) -> str:
        """Return the HTML of a page, or "" with ``_ready`` set when it is there already."""
        name = str(context["output_file"])
        kept = self.kept
        share, shares = self._mine
        self._ready = None
        if kept.rows and self._is_same(name, context):
            self._ready = ELSEWHERE if self._helps else str(kept.before / name)
            report_of(self.settings).carried[name] = kept.rows[name].digest
        elif crc32(name.encode()) % shares != share:
            self._ready = ELSEWHERE
        if self._ready is not None:
            return ""
        kept.watch = Watch(context, self.settings, self._lists)
        try:
            html = str(template.render(context))
            reads = sorted(kept.watch.reads, key=str)
        finally:
            kept.watch = None
        text = json.dumps(reads)
        kept.new_rows[name] = Row(
            reads=text, shown=shown(reads, context, kept), digest=sha256(html.encode("utf-8")).hexdigest()
        )
        return html

    def _is_same(self, name: str, context: dict[str, Any]) -> bool:
        """Say whether a page shows what it showed before, and is still in the site before as it was written."""
        row = self.kept.rows.get(name)
        if row is None or not row.shown or shown(_reads(row.reads), context, self.kept) != row.shown:
            return False
        if self._helps:
            return True  # the process we help looks at the file
        try:
            return sha256((self.kept.before / name).read_bytes()).hexdigest() == row.digest
        except OSError:
            return False

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:  # noqa: FBT001, FBT002 - theirs
        """Open the file of a page, or put the page there that is ready."""
        ready, self._ready = self._ready, None
        if ready is None or filename in self._written_files:
            if filename not in self._written_files:
                free(filename)
            return super()._open_w(filename, encoding, override=override)
        self._written_files.add(filename)
        if ready != ELSEWHERE:
            _place(ready, filename)
        return open(os.devnull, "w", encoding=encoding)  # noqa: PTH123 - Pelican writes "" into it

    @contextlib.contextmanager
    def share(self, generate: Callable[[Any], None], pages: int) -> Iterator[None]:
        """Render in other processes while the block writes; ``generate`` writes all pages there are."""
        shares = processes_for(pages - len(self.kept.rows), MANY)
        if not self.kept.key or shares < 2:
            yield
            return
        helpers = [self._help(generate, share, shares) for share in range(1, shares)]
        self._mine = 0, shares
        yield
        for share, helper in enumerate(helpers, 1):
            rows = helper()
            if rows is None:  # it failed: so shall we, with words
                self._mine = share, shares
                self._written_files.clear()
                generate(self)
            else:
                self.kept.new_rows |= rows
        self._mine = 0, 1

    def _help(self, generate: Callable[[Any], None], share: int, shares: int) -> Callable[[], dict[str, Row] | None]:
        """Start a process that renders one share; return how to wait for what it found out."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                os.close(read)
                self._mine, self._helps = (share, shares), True
                generate(self)
                with open(write, "wb") as out:  # noqa: PTH123 - a pipe
                    pickle.dump(self.kept.new_rows, out)
                code = 0
            os._exit(code)
        os.close(write)

        def wait() -> dict[str, Row] | None:
            with open(read, "rb") as pipe:  # noqa: PTH123 - a pipe
                said = pipe.read()
            _, status = os.waitpid(child, 0)
            rows: dict[str, Row] | None = None if status else pickle.loads(said)  # noqa: S301 - our own child's
            return rows

        return wait


class _Careful:
    """A template that is only rendered when it must be."""

    def __init__(self, template: Any, writer: KeepingWriter) -> None:
        self._template = template
        self._writer = writer

    def render(self, context: dict[str, Any]) -> str:
        return self._writer.render(self._template, context)


@lru_cache(maxsize=4096)
def _reads(text: str) -> tuple[Any, ...]:
    return tuple(map(tuple, json.loads(text)))


def _place(source: str, target: str) -> None:
    """Put the file ``source`` at ``target``, too: as a link where the disk knows such, else as a copy."""
    try:
        os.link(source, target)
    except FileExistsError:
        if not os.path.samefile(source, target):  # noqa: PTH121 - thousands of times
            os.unlink(target)  # noqa: PTH108 - the same
            _place(source, target)
    except OSError:
        shutil.copyfile(source, target)


def free(target: str) -> None:
    """Take away what stands at ``target``: it may be a file of the site that is served, and is never written into."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(target)  # noqa: PTH108 - thousands of times
