"""Looking at folders again: what changed is seen, and what did not is not looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from curate.site.manifest import walk_files
from curate.site.tree import COARSE, STILL, Folders, Stamp, believed, files_in, look, stamps_of, unchanged

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LATER = 10**19 + 1  # nanoseconds: long after anything a test writes


def grow(root: Path) -> None:
    for place in ("a/b", "c"):
        (root / place).mkdir(parents=True)
        (root / place / "one").write_text("one", encoding="utf-8")
    (root / "c" / "away").symlink_to(root / "a")


def test_a_look_finds_what_a_walk_finds_and_a_second_one_what_changed(tmp_path: Path) -> None:
    grow(tmp_path)
    first = look(tmp_path, {})
    assert files_in(first) == dict(sorted(walk_files(tmp_path)))
    (tmp_path / "a" / "b" / "two").touch()
    (tmp_path / "c" / "one").unlink()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "three").touch()
    second = look(tmp_path, first)
    assert files_in(second) == dict(sorted(walk_files(tmp_path)))
    assert second["a"] is first["a"]


def test_a_folder_that_did_not_change_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path)
    first = look(tmp_path, {})
    monkeypatch.delattr(os, "scandir")
    assert look(tmp_path, first) == first


def test_another_folder_of_the_same_name_is_read(tmp_path: Path) -> None:
    grow(tmp_path)
    first = look(tmp_path, {})
    when = (tmp_path / "a" / "b").stat().st_mtime_ns
    (tmp_path / "a" / "b").rename(tmp_path / "old")
    (tmp_path / "a" / "b").mkdir()
    os.utime(tmp_path / "a" / "b", ns=(when, when))
    assert "a/b/one" not in files_in(look(tmp_path, first))


def test_a_file_is_the_same_only_with_the_stamp_it_had(tmp_path: Path) -> None:
    grow(tmp_path)
    names = ("a/b/one", "c/one")
    stamps = stamps_of(tmp_path, names)
    tree = believed(look(tmp_path, {}), stamps, dict.fromkeys(names, "digest"), LATER)
    assert unchanged(tree, stamps_of(tmp_path, names)) == dict.fromkeys(names, "digest")
    when = (tmp_path / "c" / "one").stat().st_mtime_ns
    (tmp_path / "c" / "one").write_text("two", encoding="utf-8")
    os.utime(tmp_path / "c" / "one", ns=(when, when))  # as long as before, and as old
    assert unchanged(tree, stamps_of(tmp_path, names)) == {"a/b/one": "digest"}
    (tmp_path / "a" / "b" / "one").unlink()
    assert unchanged(tree, stamps_of(tmp_path, names)) == {}


@example(before=10**9 + 1)
@given(st.integers(0, 2 * COARSE))
def test_what_changed_just_before_the_look_is_not_believed(before: int) -> None:
    """Even where the disk counts seconds, and the one that says what time it is does not."""
    now = 10**18 + 1
    change = now - before
    stamp: Stamp = (1, 1, change, change)
    folders: Folders = {"": (1, change, change, ["x"], [], [])}
    tree = believed(folders, {"x": stamp}, {"x": "digest"}, now)
    sure = before > (STILL if change % 10**9 else COARSE)
    assert (unchanged(tree, {"x": stamp}) == {"x": "digest"}) == sure == bool(tree.folders)


@given(st.integers(0, 3))
def test_a_disk_that_counts_seconds_is_believed_after_two(seconds: int) -> None:
    now = 10**18
    change = now - seconds * 10**9
    tree = believed({}, {"x": (1, 1, change, change)}, {"x": "digest"}, now)
    assert bool(unchanged(tree, {"x": (1, 1, change, change)})) == (seconds > 2)


def test_a_folder_whose_time_was_put_back_is_read(tmp_path: Path) -> None:
    grow(tmp_path)
    first = look(tmp_path, {})
    when = (tmp_path / "c").stat().st_mtime_ns
    (tmp_path / "c" / "two").touch()
    os.utime(tmp_path / "c", ns=(when, when))
    assert "c/two" in files_in(look(tmp_path, first))
