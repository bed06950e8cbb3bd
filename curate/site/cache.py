"""Remember between builds what reading and rendering cost most: facts that hold for ever, or are not used.

A row says "this file's bytes read as this" or "what this page shows, put into HTML, has this digest". So a
build that was killed, or a folder that was changed by hand, never makes a row wrong: at worst it is of no
use. A cache that is missing, damaged or of another version of the programs is an empty one.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sqlite3
import sys
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import msgpack

from curate import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE readings (path TEXT PRIMARY KEY, reading BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE sheets (name TEXT PRIMARY KEY, sheet BLOB NOT NULL, sum BLOB NOT NULL) STRICT;
"""
GISTS, BRIEFS, PAGES, WAITING = "gists", "briefs", "pages", "waiting"  # sheets: what is small, and asked in each build
Damaged = sqlite3.DatabaseError
PROGRAMS = (
    *("pelican", "Jinja2", "MarkupSafe", "feedgenerator", "markdown-it-py", "mdit-py-plugins", "PyYAML", "lxml"),
    *("python-frontmatter", "tzdata", "Unidecode", "regex"),
)
PICKLED = {  # the only types a reading is made of
    *(("curate.posts.post", name) for name in ("Post", "Source")),
    *(("curate.inbox.items", "Quote"), ("curate.site.reading", "Reading")),
    *(("datetime", name) for name in ("date", "datetime", "timedelta", "timezone")),
    *(("pathlib", name) for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
    *(("pathlib._local", name) for name in ("PosixPath", "WindowsPath")),
}


class Row(NamedTuple):
    """A page as it was rendered: ``reads`` is what its template read, as JSON, ``shown`` the print of that."""

    reads: str
    shown: str
    digest: str


class Cache:
    """The cache at one path. ``version`` names the programs whose work it keeps.

    Any method may raise Damaged; who catches that calls ``drop_cache`` and starts again.
    """

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        try:
            self._connect()
            found = self._connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
            fits = found is not None and found[0] == version
        except Damaged:
            fits = False
        if not fits:
            self._start_anew(version)

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = TRUNCATE")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def _start_anew(self, version: str) -> None:
        self.close()
        drop_cache(self.path)
        self._connect()
        self._connection.executescript(f"BEGIN; {SCHEMA}")
        self._connection.execute("INSERT INTO meta VALUES ('version', ?)", (version,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        if hasattr(self, "_connection"):
            self._connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep all that the block puts in, or none of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            yield

    def sheet(self, name: str) -> Any:  # noqa: ANN401 - what was kept
        """Return what was kept under ``name``; None when nothing was, or it is not whole."""
        row = self._connection.execute("SELECT sheet, sum FROM sheets WHERE name = ?", (name,)).fetchone()
        return None if row is None or _sum(row[0]) != row[1] else msgpack.decode(row[0])

    def keep_sheet(self, name: str, value: Any) -> None:  # noqa: ANN401 - anything msgpack can say
        """Keep one thing under ``name``; nothing when it holds text that is no Unicode, as a file's name may be."""
        try:
            raw = msgpack.encode(value)
        except UnicodeEncodeError:
            raw = msgpack.encode(None)
        self._connection.execute("INSERT OR REPLACE INTO sheets VALUES (?, ?, ?)", (name, raw, _sum(raw)))

    def gists(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return what is known of each file without its whole reading: path → (digest, gist)."""
        return self.sheet(GISTS) or {}

    def reading(self, path: str) -> Any:  # noqa: ANN401 - a Reading, or None
        """Return the kept reading of a file; None when there is none that is whole."""
        try:
            row = self._connection.execute("SELECT reading, sum FROM readings WHERE path = ?", (path,)).fetchone()
        except Damaged:
            return None
        if row is None or _sum(path.encode("utf-8", "surrogatepass"), row[0]) != row[1]:
            return None
        return _Unpickler(io.BytesIO(row[0])).load()

    def keep_reading(self, path: str, reading: bytes) -> None:
        """Keep the pickled reading of a file."""
        row = (path, reading, _sum(path.encode("utf-8", "surrogatepass"), reading))
        self._connection.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", row)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the readings of files that are no more."""
        self._connection.executemany("DELETE FROM readings WHERE path = ?", [(path,) for path in paths])

    def briefs(self, key: str) -> dict[str, dict[str, Any]]:
        """Return what was kept of articles under ``key``, by path."""
        told, briefs = self.sheet(BRIEFS) or ("", {})
        return briefs if told == key else {}

    def keep_briefs(self, key: str, briefs: Mapping[str, dict[str, Any]]) -> None:
        """Keep what of articles is enough to leave them unmade, in place of what was kept before."""
        self.keep_sheet(BRIEFS, (key, briefs))

    def pages(self, key: str) -> dict[str, Row]:
        """Return the pages rendered under ``key`` that passed the audit, by name."""
        told, reads, rows = self.sheet(PAGES) or ("", [], {})
        return {name: Row(reads[at], *rest) for name, (at, *rest) in rows.items()} if told == key else {}

    def keep_pages(self, key: str, pages: Mapping[str, Row]) -> None:
        """Keep the pages of a site that waits for its audit."""
        reads = list({row.reads: None for row in pages.values()})  # few differ
        places = {text: at for at, text in enumerate(reads)}
        rows = {name: (places[row.reads], row.shown, row.digest) for name, row in pages.items()}
        self.keep_sheet(WAITING, (key, reads, rows))

    def pass_pages(self) -> None:
        """Say that the site whose pages wait passed the audit; every other page is no more."""
        self._connection.execute("DELETE FROM sheets WHERE name = ?", (PAGES,))
        self._connection.execute("UPDATE sheets SET name = ? WHERE name = ?", (PAGES, WAITING))

    def forget_waiting(self) -> None:
        """Drop pages that waited for an audit which never came."""
        self._connection.execute("DELETE FROM sheets WHERE name = ?", (WAITING,))


@cache
def programs() -> str:
    """Return what tells apart the programs that build: when one of them changed, nothing kept is of use."""
    from importlib.metadata import version

    package = Path(__file__).parents[1]
    ours = [(path, path.stat()) for room in ("site", "posts", "feeds", "inbox", "desk") for path in
            sorted((package / room).rglob("*.py"))]  # fmt: skip
    said = [f"{path} {stat.st_mtime_ns} {stat.st_size}" for path, stat in ours]
    said += [__version__, *(f"{name} {version(name)}" for name in PROGRAMS)]  # some installers give all files one time
    return sha256("\n".join([SCHEMA, sys.version, *said]).encode()).hexdigest()


def open_cache(path: Path, content: Path) -> Cache:
    """Return the cache at ``path`` for the files below ``content``; an empty one for those of another place."""
    return Cache(path, f"{programs()} {content}")


def drop_cache(path: Path) -> None:
    """Delete the cache at ``path``: the next build starts from nothing."""
    for left in (path, path.with_name(f"{path.name}-journal")):
        left.unlink(missing_ok=True)


def _sum(*parts: bytes) -> bytes:
    """Return what tells whether a row is still as it was written."""
    return blake2b(b"\0".join(parts), digest_size=12).digest()


_found: dict[tuple[str, str], Any] = {}  # of PICKLED; looking one up costs as much as reading


class _Unpickler(pickle.Unpickler):
    """Load readings and nothing else: no file in a desk may run code by being a pickle."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        """Return one of the types a reading is made of."""
        if (module, name) not in PICKLED:
            msg = f"{module}.{name} is no part of a reading"
            raise pickle.UnpicklingError(msg)
        if (module, name) not in _found:
            _found[module, name] = super().find_class(module, name)
        return _found[module, name]
