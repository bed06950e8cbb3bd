"""Looking at folders again: what changed is seen, and what did not is not looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import given
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


@given(st.integers(0, 2 * COARSE), st.booleans())
def test_what_changed_just_before_the_look_is_not_believed(before: int, seconds: bool) -> None:  # noqa: FBT001 - drawn
    now = 10**18 + (0 if seconds else 1)
    stamp: Stamp = (1, 1, now - before, now - before)
    folders: Folders = {"": (1, now - before, ["x"], [], [])}
    tree = believed(folders, {"x": stamp}, {"x": "digest"}, now)
    sure = before > (COARSE if seconds else STILL)
    assert (unchanged(tree, {"x": stamp}) == {"x": "digest"}) == sure == bool(tree.folders)
