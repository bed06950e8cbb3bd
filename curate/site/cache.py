"""Remember between builds what reading and rendering cost most: facts that hold for ever, or are not used.

A row says "this file's bytes read as this" or "what this page shows, put into HTML, has this digest". So a
build that was killed, or a folder that was changed by hand, never makes a row wrong: at worst it is of no
use. A cache that is missing, damaged or of another version of the programs is an empty one.
"""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import sqlite3
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE readings (
  path TEXT PRIMARY KEY, digest TEXT NOT NULL, gist TEXT NOT NULL, reading BLOB NOT NULL, sum BLOB NOT NULL,
  gist_sum BLOB NOT NULL
) STRICT;
CREATE TABLE briefs (path TEXT PRIMARY KEY, key TEXT NOT NULL, brief TEXT NOT NULL, sum BLOB NOT NULL) STRICT;
CREATE TABLE pages (
  name TEXT PRIMARY KEY, key TEXT NOT NULL, reads TEXT NOT NULL, shown TEXT NOT NULL,
  digest TEXT NOT NULL, audited INTEGER NOT NULL, sum BLOB NOT NULL
) STRICT;
"""
Damaged = sqlite3.DatabaseError
PROGRAMS = (
    *("pelican", "Jinja2", "MarkupSafe", "feedgenerator", "markdown-it-py", "mdit-py-plugins", "PyYAML", "lxml"),
    *("python-frontmatter", "tzdata"),
)
PICKLED = {  # the only types a reading is made of
    *(("curate.posts.post", name) for name in ("Post", "Source")),
    *(("curate.inbox.items", "Quote"), ("curate.site.reading", "Reading")),
    *(("datetime", name) for name in ("date", "datetime", "timedelta", "timezone")),
    *(("pathlib", name) for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
    *(("pathlib._local", name) for name in ("PosixPath", "WindowsPath")),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A page as it was rendered: ``reads`` is what its template read, ``shown`` the print of that."""

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

    def note(self, name: str) -> Any:  # noqa: ANN401 - what was kept
        """Return what was kept under ``name``; None when nothing was."""
        found = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        told, _, said = str(found[0]).partition(" ") if found else ("", "", "")
        return json.loads(said) if told == _sum(name, said).hex() else None

    def keep_note(self, name: str, value: Any) -> None:  # noqa: ANN401 - anything JSON can say
        """Keep one thing under ``name``."""
        said = json.dumps(value)
        row = (name, f"{_sum(name, said).hex()} {said}")
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)

    def gists(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return what is known of each file without its whole reading: path → (digest, gist)."""
        rows = self._connection.execute("SELECT path, digest, gist, gist_sum FROM readings")
        return {
            path: (digest, json.loads(gist)) for path, digest, gist, sum_ in rows if sum_ == _sum(path, digest, gist)
        }

    def reading(self, path: str) -> Any:  # noqa: ANN401 - a Reading, or None
        """Return the kept reading of a file; None when there is none that is whole."""
        try:
            row = self._connection.execute("SELECT reading, sum FROM readings WHERE path = ?", (path,)).fetchone()
        except Damaged:
            return None
        if row is None or _sum(path, row[0]) != row[1]:
            return None
        return _Unpickler(io.BytesIO(row[0])).load()

    def keep_reading(self, path: str, digest: str, gist: dict[str, Any], reading: bytes) -> None:
        """Keep the pickled reading of a file whose bytes have this digest."""
        said = json.dumps(gist)
        row = (path, digest, said, reading, _sum(path, reading), _sum(path, digest, said))
        self._connection.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?)", row)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop what is known of files that are no more."""
        gone = [(path,) for path in paths]
        self._connection.executemany("DELETE FROM readings WHERE path = ?", gone)
        self._connection.executemany("DELETE FROM briefs WHERE path = ?", gone)

    def briefs(self, key: str) -> dict[str, dict[str, Any]]:
        """Return what was kept of articles under ``key``, by path."""
        rows = self._connection.execute("SELECT path, brief, sum FROM briefs WHERE key = ?", (key,))
        return {path: json.loads(brief) for path, brief, sum_ in rows if sum_ == _sum(key, path, brief)}

    def keep_briefs(self, key: str, briefs: dict[str, dict[str, Any]]) -> None:
        """Keep what of articles is enough to leave them unmade."""
        said = ((path, json.dumps(brief)) for path, brief in briefs.items())
        rows = [(path, key, brief, _sum(key, path, brief)) for path, brief in said]
        self._connection.executemany("INSERT OR REPLACE INTO briefs VALUES (?, ?, ?, ?)", rows)

    def pages(self, key: str) -> dict[str, Row]:
        """Return the pages rendered under ``key`` that passed the audit, by name."""
        query = "SELECT name, reads, shown, digest, sum FROM pages WHERE key = ? AND audited"
        return {
            name: Row(reads=reads, shown=shown, digest=digest)
            for name, reads, shown, digest, sum_ in self._connection.execute(query, (key,))
            if sum_ == _sum(key, name, reads, shown, digest)
        }

    def keep_pages(self, key: str, pages: dict[str, Row]) -> None:
        """Keep pages that were rendered now and wait for their audit."""
        told = ((name, row.reads, row.shown, row.digest) for name, row in pages.items())
        rows = [(name, key, *rest, 0, _sum(key, name, *rest)) for name, *rest in told]
        self._connection.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def pass_pages(self, names: Collection[str]) -> None:
        """Say that the site with the pages ``names`` passed the audit; every other page is no more."""
        gone = [row for row in self._connection.execute("SELECT name FROM pages") if row[0] not in names]
        self._connection.executemany("DELETE FROM pages WHERE name = ?", gone)
        self._connection.execute("UPDATE pages SET audited = 1 WHERE NOT audited")


@cache
def programs() -> str:
    """Return what tells apart the programs that build: when one of them changed, nothing kept is of use."""
    from importlib.metadata import version

    package = Path(__file__).parents[1]
    ours = [(path, path.stat()) for room in ("site", "posts", "feeds", "inbox", "desk") for path in
            sorted((package / room).rglob("*.py"))]  # fmt: skip
    said = [f"{path} {stat.st_mtime_ns} {stat.st_size}" for path, stat in ours]
    said += [f"{name} {version(name)}" for name in PROGRAMS]
    return sha256("\n".join([SCHEMA, sys.version, *said]).encode()).hexdigest()


def open_cache(path: Path, content: Path) -> Cache:
    """Return the cache at ``path`` for the files below ``content``; an empty one for those of another place."""
    return Cache(path, f"{programs()} {content}")


def drop_cache(path: Path) -> None:
    """Delete the cache at ``path``: the next build starts from nothing."""
    for left in (path, path.with_name(f"{path.name}-journal")):
        left.unlink(missing_ok=True)


def _sum(*parts: str | bytes) -> bytes:
    """Return what tells whether a row is still as it was written."""
    said = b"\0".join(part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass") for part in parts)
    return blake2b(said, digest_size=12).digest()


class _Unpickler(pickle.Unpickler):
    """Load readings and nothing else: no file in a desk may run code by being a pickle."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        """Return one of the types a reading is made of."""
        if (module, name) not in PICKLED:
            msg = f"{module}.{name} is no part of a reading"
            raise pickle.UnpicklingError(msg)
        return super().find_class(module, name)
