"""Files in a desk are whole or untouched, and a desk is found from below."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import TEMPORARY, Desk, find_desk, fingerprint, write_new, write_whole
from curate.errors import Conflict, CurateError, NoDesk

if TYPE_CHECKING:
    from collections.abc import Callable

# Writes 64 KiB over the file named, where the system lets no file grow beyond 4 KiB: a full disk.
ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from curate.desk.folder import {function}
from curate.errors import CurateError
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    {function}(Path(sys.argv[1]), b"new" * 20_000)
except CurateError as error:
    sys.exit(error.message)
"""


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(TEMPORARY)]


def test_a_desk_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    below = tmp_path / "content" / "links"
    below.mkdir(parents=True)
    (tmp_path / "curate.toml").touch()
    assert find_desk(below) == Desk(tmp_path)


def test_where_no_desk_is_the_error_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(NoDesk, match=str(tmp_path)):
        find_desk(tmp_path)


def test_a_file_is_replaced_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "post.md"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "new – ü", expected=fingerprint(b"old"))
    assert path.read_text(encoding="utf-8") == "new – ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows syncs no folders")
@pytest.mark.parametrize(("write", "moves"), [(write_whole, "replace"), (write_new, "link")])
def test_a_power_cut_finds_the_old_file_or_the_whole_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None], moves: str
) -> None:
    steps = []
    sync, move = os.fsync, getattr(os, moves)

    def synced(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def moved(source: str, target: Path) -> None:
        steps.append("moved")
        move(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, moves, moved)
    write(tmp_path / "post.md", b"words")
    assert steps == ["file", "moved", "folder"]


def test_a_new_file_gets_the_rights_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a" / "whole.md", "x")
        write_new(tmp_path / "a" / "new.md", "x")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a").iterdir()} == {0o640}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_device_is_written_to_and_never_replaced() -> None:
    ours, theirs = os.openpty()
    device = Path(os.ttyname(theirs))  # not /dev/null: were it replaced, the whole machine would miss it
    write_whole(device, "words\n")
    assert os.read(ours, 99) == b"words\r\n"
    assert device.is_char_device()
    os.close(theirs)
    os.close(ours)


def test_a_link_stays_a_link_and_the_file_behind_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "curate.toml"
    real.write_text("old")
    link = tmp_path / "curate.toml"
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.parametrize("found", [b"changed by hand", None])
def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path: Path, found: bytes | None) -> None:
    path = tmp_path / "post.md"
    if found is not None:
        path.write_bytes(found)
    with pytest.raises(Conflict, match="changed while curate was at work"):
        write_whole(path, "new", expected=fingerprint(b"as read"))
    assert (path.read_bytes() if path.exists() else None) == found
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_or_a_device_never_becomes_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "null"
    os.mkfifo(pipe)
    link = tmp_path / "shares.csv"
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(CurateError, match="it is no file"):
            write_whole(path, "words")
    assert pipe.is_fifo()
    assert leftovers(tmp_path) == []


def test_a_new_file_never_takes_the_place_of_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "post.md"
    path.write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        write_new(path, "other")
    assert path.read_text() == "mine"
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit of a file's size")
@pytest.mark.parametrize("function", ["write_whole", "write_new"])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, function: str) -> None:
    path = tmp_path / "post.md"
    if function == "write_whole":
        path.write_text("old")
    program = ON_A_FULL_DISK.format(function=function)
    done = subprocess.run([sys.executable, "-c", program, path], check=False, capture_output=True, text=True)
    assert "could not be written: File too large" in done.stderr
    assert path.exists() == (function == "write_whole")
    assert not path.exists() or path.read_text() == "old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("write", [write_whole, write_new])
def test_a_folder_that_cannot_be_is_said_in_words(tmp_path: Path, write: object) -> None:
    assert callable(write)
    (tmp_path / "content").write_text("a file where a folder should be")
    with pytest.raises(CurateError, match="could not be written"):
        write(tmp_path / "content" / "post.md", "x")
    assert (tmp_path / "content").read_text() == "a file where a folder should be"
