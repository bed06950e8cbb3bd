"""A full disk and a read-only folder are said in words, lose nothing, and are over when they are over."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.backup import backups_folder, create_backup, list_backups, read_backup
from curate.desk.db import open_database
from curate.desk.folder import TEMPORARY, Desk
from curate.errors import CurateError
from curate.presence.restore import finish, restore
from tests.faults.field import ROOT, Field, clean_run, holding, limited, see_validators_hide_nothing, start_fetch
from tests.inbox.stock import Stock, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Curate

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
SIZE = 3 * 2**20  # bytes
LIST = "<opml version='2.0'><body>{}</body></opml>".format(
    "".join(f"<outline xmlUrl='https://feed{number}.example/{'long' * 50}'/>" for number in range(500))
)


def mounted(folder: Path, *options: str) -> bool:
    """Mount a small file system at ``folder``, or mount it anew with other ``options``."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join((f"size={SIZE}", *options)), "tmpfs", str(folder)]
    return sys.platform == "linux" and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of three megabytes; only root may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not mounted(folder):
        pytest.skip("a small file system needs root, and a kernel that lets it mount one")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small_desk(small: Path, curate: Curate) -> Path:
    """A desk on the small file system."""
    curate("init", small / "desk", "--name", "Dana Okafor", "--no-git", "--no-input")
    return small / "desk"


def fill(folder: Path) -> Path:
    """Fill the disk ``folder`` is on to the last byte; return the file that does it."""
    path = folder / "filling"
    with path.open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return path


def told(desk: Path, *arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    """Run curate in a process of its own; return its exit code and what it said. Never does it show a trace."""
    done = subprocess.run(
        [sys.executable, "-m", "curate", "-C", desk, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    assert "does not know" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def snapshot(folder: Path) -> dict[Path, bytes]:
    """Return the person's own files below ``folder``."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".curate" not in path.parts]
    return {path: path.read_bytes() for path in paths}


@pytest.mark.parametrize("feeds", [(20, {"each": 60, "padding": 1500})], indirect=True)
def test_a_disk_that_fills_up_during_a_fetch_is_named_and_loses_nothing(small_desk: Path, feeds: Field) -> None:
    allow = {"CURATE_ALLOW_PRIVATE": f"127.0.0.0/8:{feeds.port}"}
    first, *_ = [line for line in feeds.opml().splitlines() if "xmlUrl" in line]
    (small_desk / "feeds.opml").write_text(f"<opml version='2.0'><body>{first}</body></opml>")
    assert told(small_desk, "fetch", **allow)[0] == 0
    (small_desk / "feeds.opml").write_text(feeds.opml())
    code, _, err = told(small_desk, "fetch", **allow)
    assert code == 1
    assert err.startswith("The disk is full: "), err
    assert f"{small_desk / '.curate' / 'desk.db'}" in err
    assert "MB free there" in err
    assert "What was saved before is safe" in err
    assert "Free some space, then run the command again." in err
    mounted(small_desk.parent, "remount", f"size={20 * SIZE}")
    assert 0 < len(holding(small_desk)) < len(feeds.truth())
    see_validators_hide_nothing(small_desk, feeds)
    clean_run(small_desk, feeds)
    assert holding(small_desk) == feeds.truth()


@pytest.mark.parametrize(
    "arguments",
    [
        ("fetch",),
        ("feed", "add", "https://one.example/feed.xml", "--title", "One", "--offline"),
        ("feed", "import", "{list}"),
        ("item", "list"),
        ("today",),
        ("config", "set", "site.name", "Another"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_where_nothing_can_be_written_that_is_said_and_nothing_changes(
    small_desk: Path, tmp_path: Path, arguments: tuple[str, ...], how: str
) -> None:
    listed = tmp_path / "list.opml"
    listed.write_text(LIST)
    command = [part.format(list=listed) for part in arguments]
    before = snapshot(small_desk)
    filling = fill(small_desk.parent) if how == "full" else mounted(small_desk.parent, "remount", "ro")
    code, _, err = told(small_desk, *command)
    assert code == 1, err
    said, hint = err.splitlines()
    assert str(small_desk) in said
    if how == "full":
        assert said.startswith("The disk is full: ")
        assert "0.0 MB free" in said
        assert "Free some space, then run the command again." in hint
    else:
        assert "could not be written: " in said
        assert "ead-only" in said
        assert "writable for you, then run the command again." in hint
    if isinstance(filling, Path):
        filling.unlink()
    else:
        mounted(small_desk.parent, "remount", "rw")
    assert snapshot(small_desk) == before
    assert told(small_desk, *command)[0] == 0


def test_a_search_that_cannot_write_its_index_finds_what_is_in_it_and_says_so(small_desk: Path) -> None:
    stock = Stock(small_desk)
    stock.receive(entry("old", title="Needle in the old stack"))
    stock.connection.close()
    assert told(small_desk, "item", "search", "needle")[2] == ""
    stock = Stock(small_desk)
    words = " ".join(f"word{number}" for number in range(20_000))
    stock.receive(*(entry(f"new{number}", title="Needle, new", content_text=words) for number in range(2)))
    stock.connection.close()
    filling = fill(small_desk.parent)
    os.truncate(filling, filling.stat().st_size - 192 * 1024)  # enough to open the database, and no more
    code, out, err = told(small_desk, "item", "search", "needle")
    assert (code, "Needle in the old stack" in out, "Needle, new" in out) == (0, True, False), err
    assert err == (
        "2 new items not searched: the search index cannot be written now. "
        "Nothing is lost; the next search that can write it catches up.\n"
    )
    filling.unlink()
    code, out, err = told(small_desk, "item", "search", "needle")
    assert (code, out.count("Needle, new"), err) == (0, 2, "")


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_folder_for_temporary_files_that_cannot_be_used_does_not_stop_a_fetch(
    desk: Path, feeds: Field, small: Path, how: str
) -> None:
    if how == "full":
        fill(small)
    else:
        mounted(small, "remount", "ro")
    allow = {"CURATE_ALLOW_PRIVATE": f"127.0.0.0/8:{feeds.port}", "TMPDIR": str(small)}
    code, out, err = told(desk, "fetch", **allow)
    assert (code, err) == (5, ""), out  # two of the feeds are gone
    assert holding(desk) == feeds.truth()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit of a file's size")
@pytest.mark.parametrize("feeds", [(20, {"each": 60, "padding": 1500})], indirect=True)
def test_a_limit_of_a_files_size_is_said_in_words_and_loses_nothing(desk: Path, feeds: Field) -> None:
    with start_fetch(desk, feeds, before=limited("RLIMIT_FSIZE", 2**20)) as run:
        _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert said.decode().startswith("The disk refused to read or write"), said
    assert len(said.splitlines()) == 2
    see_validators_hide_nothing(desk, feeds)
    clean_run(desk, feeds)
    assert holding(desk) == feeds.truth()


@pytest.mark.parametrize("free", range(0, 1_200_000, 40_000))
def test_a_disk_that_is_full_at_any_step_of_a_restore_leaves_one_desk_and_every_backup(
    small_desk: Path, tmp_path: Path, free: int
) -> None:
    desk, words = Desk(small_desk), random.Random(1).randbytes(200_000).hex()  # noqa: S311 - what no archive shrinks
    page = desk.content / "pages" / "mine.md"
    page.write_text(words[:200_000], encoding="utf-8")
    with closing(open_database(desk)) as connection:
        made = create_backup(desk, connection, now=NOW).path
    before = snapshot(desk.content)
    page.write_text(words[200_000:], encoding="utf-8")
    after = snapshot(desk.content)
    filling = fill(small_desk.parent)
    os.truncate(filling, max(filling.stat().st_size - free, 0))
    refused = None
    try:
        restore(desk, made, now=NOW, config=tmp_path)
    except CurateError as error:
        refused = error
    filling.unlink()
    if refused is not None:
        assert "is full" in refused.message
        assert ("goes on with it" in refused.hint) == desk.restoring.exists()
        if desk.restoring.exists():
            finish(desk, now=NOW, config=tmp_path)
        else:
            assert snapshot(desk.content) == after
            restore(desk, made, now=NOW, config=tmp_path)
    assert snapshot(desk.content) == before
    assert all(read_backup(path).database for path in list_backups(backups_folder(desk)))
    assert not list(desk.private.rglob(f"{TEMPORARY}*"))


def test_where_there_is_no_room_to_look_at_a_backup_none_is_called_unsound(desk: Path, small: Path) -> None:
    assert told(desk, "backup", "create")[0] == 0
    (desk / ".curate" / "desk.db").write_bytes(b"damage" * 2_000)
    filling = fill(small)
    os.truncate(filling, filling.stat().st_size - 32_768)  # a folder for temporary files that takes a little
    code, _, said = told(desk, "backup", "restore", "--yes", TMPDIR=str(small))
    assert (code, "The disk is full" in said, "no sound backup" in said) == (1, True, False)
