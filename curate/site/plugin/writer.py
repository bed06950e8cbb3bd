"""Write the site: a page that shows what it showed before is linked from the site before, the rest is rendered.

The same templates see the same context either way; what is kept of a page is told by ``watch``.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pelican.utils import get_relative_path, path_to_url
from pelican.writers import Writer

from curate.site.cache import Row
from curate.site.plugin.kept import Kept, kept_of
from curate.site.plugin.report import report_of
from curate.site.plugin.watch import Look, Watch
from curate.site.processes import processes_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# ruff: noqa: ANN401 - Pelican and its objects carry no types

MANY = 150  # pages to render from which on another process pays


class KeepingWriter(Writer):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's writer, which takes over what need not be rendered."""

    def __init__(self, output_path: str, settings: Any = None) -> None:
        super().__init__(output_path, settings=settings)
        self.kept: Kept = kept_of(self.settings)
        self._lists: dict[Any, Any] = {}
        self._look: Look | None = None  # at what pages show
        self._elsewhere = False  # another process writes the page
        self._damaged: set[str] = set()  # pages that show what they showed, but whose files are not as they were
        self._mine = 0, 1  # which share of the pages is ours, of how many
        self._helps = False  # we are a process that renders its share for another

    def write_file(  # noqa: PLR0913, PLR0917 - Pelican's own
        self,
        name: Any,
        template: Any,
        context: Any,
        relative_urls: bool = False,  # noqa: FBT001, FBT002 - theirs
        paginated: Any = None,
        template_name: Any = None,
        override_output: bool = False,  # noqa: FBT001, FBT002 - theirs
        url: Any = None,
        **own: Any,
    ) -> None:
        """Write one page, or all pages of a list."""
        if self.kept.key and name and not override_output:
            place = _way_home(name.count("/")) if relative_urls else context.get("SITEURL")
            said = {"localsiteurl": place, "SITEURL": place, "output_file": name} | own
            single = template_name not in self.settings["PAGINATED_TEMPLATES"]  # else it may be many pages
            if single and (self._take_over(name, said, context) or self._leave(name, own)):
                return
            template = _Careful(template, self)
        super().write_file(
            name, template, context, relative_urls, paginated, template_name, override_output, url, **own
        )

    def write_feed(  # noqa: PLR0913, PLR0917 - Pelican's own
        self,
        elements: Any,
        context: Any,
        path: Any = None,
        url: Any = None,
        feed_type: str = "atom",
        override_output: bool = False,  # noqa: FBT001, FBT002 - theirs
        feed_title: Any = None,
    ) -> Any:
        """Write a feed; one that is not taken over is returned."""
        held = list(elements[: self.settings["FEED_MAX_ITEMS"]])
        write = partial(super().write_feed, held, context, path, url, feed_type, override_output, feed_title)
        if not path:
            return write()
        return self.write_kept(path, {"held": held, "feed": (url, feed_type, str(feed_title))}, write)

    def write_kept(self, name: str, shows: Mapping[str, Any], write: Callable[[], Any]) -> Any:
        """Let ``write`` make a file that shows nothing but ``shows`` and settings; take over what showed the same."""
        if self._take_over(name, shows, {}):
            return None
        made = write()
        if self.kept.key:
            reads = [("v", key) for key in sorted(shows)]
            raw = Path(self.output_path, name).read_bytes()
            self.kept.new_rows[name] = Row(json.dumps(reads), Look(shows, {}, self.kept).shown(reads), _digest(raw))
        return made

    def render(self, template: Any, context: dict[str, Any]) -> str:
        """Return the HTML of a page, or "" when another process writes it."""
        name, kept = str(context["output_file"]), self.kept
        self._elsewhere = self._is_elsewhere(name)
        if self._elsewhere:
            return ""
        kept.watch = Watch(context, self.settings, self._lists)
        try:
            html = str(template.render(context))
            reads = kept.watch.read()
        finally:
            kept.watch = None
        seen = Look(context, {}, kept).shown(reads)
        kept.new_rows[name] = Row(json.dumps(reads), seen, _digest(html.encode("utf-8")))
        return html

    def _take_over(self, name: str, own: Mapping[str, Any], context: Any) -> bool:
        """Take a page from the site before, if it shows what it showed and is there as it was written."""
        kept, row, place = self.kept, self.kept.rows.get(name), f"{self.output_path}/{name}"
        if row is None:
            return False
        if self._look is None or self._look.shared is not context:
            self._look = Look({}, context, kept)
        if not row.shown or place in self._written_files or self._look.at(own).shown(_reads(row.reads)) != row.shown:
            return False
        if not self._helps:
            if kept.ready.get(name) != row.digest:
                before = kept.before / name
                if not _is_whole(before, row.digest):
                    self._damaged.add(name)
                    return False
                os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120 - thousands of times
                _place(before, place)
            kept.new_rows[name] = row
        self._note(name, own, carried=row.digest)
        return True

    def _leave(self, name: str, own: Mapping[str, Any]) -> bool:
        """Leave a page to the process that writes it, if it is another."""
        if not self._is_elsewhere(name) or f"{self.output_path}/{name}" in self._written_files:
            return False
        self._note(name, own)
        return True

    def _is_elsewhere(self, name: str) -> bool:
        """Say whether another process writes the page. What was damaged, only we know."""
        share, shares = self._mine
        return crc32(name.encode()) % shares != share and name not in self._damaged

    def _note(self, name: str, own: Mapping[str, Any], *, carried: str = "") -> None:
        """Note a page that is there, or will be, without our writing it."""
        self._written_files.add(f"{self.output_path}/{name}")
        report_of(self.settings).note_page(name, own.get("article") or own.get("page"), carried=carried)

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:  # noqa: FBT001, FBT002 - theirs
        """Open the file of a page, which is no other's file; that of a page which another process writes stays."""
        elsewhere, self._elsewhere = self._elsewhere, False
        if elsewhere and filename not in self._written_files:
            self._written_files.add(filename)
            return open(os.devnull, "w", encoding=encoding)  # noqa: PTH123 - Pelican writes "" into it
        if filename not in self._written_files:
            _free(filename)
        return super()._open_w(filename, encoding, override=override)

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


@lru_cache(maxsize=64)
def _way_home(depth: int) -> str:
    """Return the relative address of the site's root for pages so many folders below it."""
    return str(path_to_url(get_relative_path("x/" * depth + "x")))


@lru_cache(maxsize=4096)
def _reads(text: str) -> tuple[Any, ...]:
    return tuple(map(tuple, json.loads(text)))


def _is_whole(path: Path, said: str) -> bool:
    """Say whether a file is there, and no link to one, with the digest it had."""
    try:
        return not path.is_symlink() and _digest(path.read_bytes()) == said
    except OSError:
        return False


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def _place(source: Path, target: str) -> None:
    """Put the file ``source`` at ``target``, too: as a link where the disk knows such, else as a copy."""
    try:
        os.link(source, target)
    except FileExistsError:
        if not os.path.samefile(source, target):  # noqa: PTH121 - thousands of times
            os.unlink(target)  # noqa: PTH108 - the same
            _place(source, target)
    except OSError:
        shutil.copyfile(source, target)


def put(target: Path, data: bytes) -> None:
    """Write a file of its own at ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _free(str(target))
    target.write_bytes(data)


def _free(target: str) -> None:
    """Take away what stands at ``target``: it may be a file of the site that is served, and is never written into.

    Folders of the site before the last may be left there, too, without a file in them.
    """
    try:
        os.unlink(target)  # noqa: PTH108 - thousands of times
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):  # as Linux and others call it
        for folder, *_ in os.walk(target, topdown=False):
            os.rmdir(folder)  # noqa: PTH106 - the same
