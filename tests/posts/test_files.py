"""Files of posts: found, created once, changed key by key, never overwritten."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.errors import Conflict, CurateError, Unknown
from curate.posts.files import create_post, find_post, free_slug, read_posts, set_header
from curate.posts.post import PostFault, parse_post

if TYPE_CHECKING:
    from pathlib import Path

DAY = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def put(content: Path, name: str, text: str = "---\ntitle: T\n---\nBody.\n") -> Path:
    path = content / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_posts_come_newest_first_from_any_folder_but_pages_and_profile(content: Path) -> None:
    put(content, "links/2026-11-20-old.md", "---\ndate: 2026-11-20\n---\n")
    put(content, "essays/deep/2026-11-22-new.md", "---\ndate: 2026-11-22\n---\n")
    put(content, "links/undated.md")
    put(content, "pages/about.md")
    put(content, "profile/notes.md")
    put(content, "links/.hidden.md")
    put(content, ".git/x.md")
    put(content, "links/readme.txt")
    put(content, "links/2026-11-20-old.curate-conflict.md")
    put(content, "links/pages/kept.md", "---\ndate: 2026-11-01\n---\n")
    posts, faults = read_posts(content)
    assert [post.slug for post in posts] == ["new", "old", "kept", "undated"]
    assert faults == []


def test_what_cannot_be_read_is_a_fault_and_the_others_are_read(content: Path) -> None:
    put(content, "links/2026-11-20-good.md")
    put(content, "links/broken.md", "---\ntitle: x\ntitle: y\n---\n")
    (content / "links" / "latin.md").write_bytes(b"---\ntitle: x\n---\ncaf\xe9\n")
    put(content, "links/twin.md", "---\ntitle: a\nslug: good\n---\n")
    posts, faults = read_posts(content)
    assert [post.slug for post in posts] == ["good"]
    assert [(os.path.basename(fault.path), fault.line) for fault in faults] == [  # noqa: PTH119 - a text
        ("broken.md", 3), ("latin.md", 4), ("twin.md", 3),
    ]  # fmt: skip
    assert "UTF-8" in faults[1].message
    assert "2026-11-20-good.md has the slug good, too" in faults[2].message


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_links_to_other_places_are_refused(content: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "secret.md", "---\ntitle: secret\n---\n")
    (tmp_path / "elsewhere").mkdir()
    put(tmp_path, "elsewhere/more.md")
    (content / "links").mkdir()
    (content / "links" / "x.md").symlink_to(outside)
    (content / "essays").symlink_to(tmp_path / "elsewhere")
    posts, faults = read_posts(content)
    assert posts == []
    assert sorted(os.path.basename(fault.path) for fault in faults) == ["essays", "x.md"]  # noqa: PTH119 - a text
    assert all("symbolic link" in fault.message for fault in faults)
    with pytest.raises(CurateError, match="leads out of"):
        create_post(content, text="---\ntitle: T\n---\n", slug="t", kind="essay", date=DAY)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_pipe_is_named_and_not_waited_for(content: Path) -> None:
    put(content, "links/2026-11-20-good.md")
    os.mkfifo(content / "links" / "pipe.md")
    posts, [fault] = read_posts(content)
    assert [post.slug for post in posts] == ["good"]
    assert fault.message == f"{content}/links/pipe.md:1: it is no file with words in it."
    with pytest.raises(PostFault, match="no file with words"):
        find_post(content, "pipe")


def test_a_vanished_content_folder_is_said_not_recreated(content: Path) -> None:
    content.rmdir()
    with pytest.raises(CurateError, match="has vanished"):
        read_posts(content)
    assert not content.exists()


def test_a_post_is_found_by_slug_path_file_name_and_item(content: Path) -> None:
    path = put(content, "links/2026-11-22-small.md", "---\nslug: tiny\nitem: kfmt\n---\n")
    put(content, "links/2026-11-23-kfmt.md")
    for name in (
        "tiny",
        str(path),
        "content/links/2026-11-22-small.md",
        "links/2026-11-22-small.md",
        path.name,
        path.stem,
    ):
        assert find_post(content, name).path == path
    assert find_post(content, "kfmt").path.name == "2026-11-23-kfmt.md"  # a slug goes before an item
    (content / "links" / "2026-11-23-kfmt.md").unlink()
    assert find_post(content, "kfmt").path == path
    for name in ("", "nope", "small"):
        with pytest.raises(Unknown):
            find_post(content, name)


def test_a_broken_post_is_found_as_its_fault(content: Path) -> None:
    path = put(content, "links/2026-11-22-small.md", "---\n---x\n")
    for name in ("small", path.name, str(path)):
        with pytest.raises(PostFault):
            find_post(content, name)


def test_a_new_post_gets_its_kinds_folder_its_day_and_a_slug_of_its_own(content: Path) -> None:
    text = "---\ntitle: T\nslug: small\nstatus: draft\n---\nBody.\n"
    paths = [create_post(content, text=text, slug="small", kind=kind, date=DAY) for kind in ("link", "link", "essay")]
    assert [path.relative_to(content).as_posix() for path in paths] == [
        "links/2026-11-22-small.md", "links/2026-11-22-small-2.md", "essays/2026-11-22-small-3.md",
    ]  # fmt: skip
    assert [parse_post(path.read_text(), path).slug for path in paths] == ["small", "small-2", "small-3"]
    assert paths[1].read_text() == text.replace("slug: small", "slug: small-2")


def test_a_new_post_never_takes_the_place_of_a_file_nor_the_slug_of_a_broken_one(content: Path) -> None:
    put(content, "links/2026-11-22-small.md", "not a post")
    put(content, "essays/2026-01-01-small-2.md", "nor this")
    put(content, "links/2026-11-22-small-3.md", "---\nslug: other\n---\n")
    path = create_post(content, text="---\nslug: small\n---\n", slug="small", kind="link", date=DAY)
    assert path.name == "2026-11-22-small-4.md"
    assert (content / "links/2026-11-22-small.md").read_text() == "not a post"


def test_reserved_and_taken_slugs_get_an_ending_and_stay_within_80_characters() -> None:
    assert free_slug("con", set()) == "con-post"
    assert free_slug("feeds", {"feeds-post"}) == "feeds-post-2"
    long = "x" * 80
    assert free_slug(long, {long}) == "x" * 78 + "-2"
    taken = {long, *(f"{'x' * 78}-{number}" for number in range(2, 10))}
    assert free_slug(long, taken) == "x" * 77 + "-10"


def test_set_header_changes_only_its_lines_and_returns_the_post_as_it_is(content: Path) -> None:
    text = "---\r\ntitle: T # mine\r\nstatus: draft\r\nslug: t\r\n---\r\n\r\nBody  \r\n"
    path = put(content, "links/2026-11-22-t.md", text)
    path.chmod(0o640)
    post = set_header(find_post(content, "t"), {"status": "published", "syndication": ["https://s.example/1"]})
    assert path.read_bytes().decode() == text.replace("status: draft", "status: published").replace(
        "slug: t\r\n", "slug: t\r\nsyndication:\r\n- https://s.example/1\r\n"
    )
    assert post == find_post(content, "t")
    assert post.syndication == ("https://s.example/1",)
    assert path.stat().st_mode & 0o777 == 0o640
    assert set_header(post, {"syndication": None}).syndication == ()


def test_set_header_refuses_a_file_that_changed_or_went(content: Path) -> None:
    path = put(content, "links/2026-11-22-t.md")
    post = find_post(content, "t")
    path.write_text("---\ntitle: T\n---\nMy edit.\n")
    with pytest.raises(Conflict):
        set_header(post, {"status": "published"})
    assert path.read_text() == "---\ntitle: T\n---\nMy edit.\n"
    path.unlink()
    with pytest.raises(Conflict):
        set_header(post, {"status": "published"})
    assert not path.exists()


def test_set_header_writes_nothing_that_would_not_be_a_post(content: Path) -> None:
    path = put(content, "links/2026-11-22-t.md")
    before = path.read_bytes()
    with pytest.raises(PostFault):
        set_header(find_post(content, "t"), {"status": "nowhere"})
    with pytest.raises(PostFault):
        set_header(find_post(content, "t"), {"topic": "a\x1bb"})
    assert path.read_bytes() == before
