"""Writing loses nothing: not to a crashed editor, a full disk, a broken header, or a second hand on the file."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.desk.locks import hold
from curate.desk.settings import PROMPTS
from curate.errors import Conflict, CurateError, Refused
from curate.inbox.arrivals import Arrival, store_arrivals
from curate.inbox.items import Item, find_item, list_items
from curate.inbox.notes import add_quote, set_note
from curate.posts.draft import MARKER, Given
from curate.posts.files import find_post, read_posts, set_header
from curate.posts.post import PostFault
from curate.posts.write import Written, edit_post, write_post

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curate.posts.write import Edit

NOW = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)
TYPED = "My best sentence, typed at midnight."


@pytest.fixture
def room(desk: Path) -> Desk:
    return Desk(desk)


@pytest.fixture
def connection(room: Desk) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_database(room)) as opened:
        yield opened


@pytest.fixture
def item(connection: sqlite3.Connection) -> Item:
    """An item with a note and a quote."""
    arrival = Arrival(
        guid="1",
        url="https://example.org/night",
        canonical_url="https://example.org/night",
        title="A 3B model on call",
        author="Rosa",
        site="Review",
        summary="",
        content_html="",
        content_text="We stopped asking whether it was right.",
        words=1840,
        lang="en",
        full_text=True,
        published=NOW,
    )
    store_arrivals(connection, None, [arrival], now=NOW)
    number = list_items(connection, state=None, limit=1)[0].id
    set_note(connection, number, "Minutes, not accuracy.", now=NOW)
    add_quote(connection, number, "We stopped asking", now=NOW)
    return find_item(connection, number)


@pytest.fixture
def write(room: Desk, connection: sqlite3.Connection, item: Item) -> Callable[..., Written]:
    """Write on the item, with an editor or with a text."""

    def run(edit: Edit | None = None, text: str | None = None) -> Written:
        given = Given(item=find_item(connection, item.id), text=text)
        return write_post(room, connection, given, edit=edit, now=NOW)

    return run


def typing(text: str, code: int = 0) -> Edit:
    """An editor in which a person adds ``text`` to the end of the body, and which ends with ``code``."""

    def edit(path: Path) -> int:
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace(MARKER, f"{text}\n\n{MARKER}", 1) if MARKER in whole else f"{whole}{text}\n")
        return code

    return edit


def replacing(old: str, new: str) -> Edit:
    def edit(path: Path) -> int:
        whole = path.read_text(encoding="utf-8")
        assert old in whole
        path.write_text(whole.replace(old, new), encoding="utf-8")
        return 0

    return edit


def nothing(_: Path) -> int:
    return 0


def kept(room: Desk) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(room.typed.rglob("*.md"))]


def test_the_editor_opens_a_draft_with_questions_and_what_is_typed_becomes_the_post(
    write: Callable[..., Written], room: Desk, connection: sqlite3.Connection, item: Item
) -> None:
    seen = []

    def edit(path: Path) -> int:
        seen.append(path.read_text(encoding="utf-8"))
        assert path.parent == room.typed
        return typing(f"{TYPED}\n\nWould you?")(path)

    post = write(edit).post
    assert post is not None
    assert all(prompt in seen[0] for prompt in PROMPTS)
    assert "\nquestion: ''\n" in seen[0]
    assert post.body == f"Minutes, not accuracy.\n\n{TYPED}\n"
    assert (post.question, post.status, post.item) == ("Would you?", "draft", item.id)
    assert [quote.text for quote in post.quotes] == ["We stopped asking"]
    assert post.header.keys().isdisjoint({"topic", "summary"})
    assert post.path == room.content / "links" / "2026-11-22-a-3b-model-on-call.md"
    assert kept(room) == []
    assert find_item(connection, item.id).state == "drafted"


def test_the_slug_follows_a_title_changed_in_the_editor(write: Callable[..., Written]) -> None:
    post = write(replacing("title: A 3B model on call", "title: Night shift")).post
    assert post is not None
    assert (post.title, post.slug, post.path.name) == ("Night shift", "night-shift", "2026-11-22-night-shift.md")


def test_a_slug_of_the_persons_own_stays(write: Callable[..., Written]) -> None:
    post = write(replacing("slug: a-3b-model-on-call", "slug: pager")).post
    assert post is not None
    assert post.slug == "pager"


def test_a_slug_or_a_date_taken_out_is_made_again(write: Callable[..., Written]) -> None:
    def edit(path: Path) -> int:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(("slug:", "date:"))), encoding="utf-8")
        return typing(TYPED)(path)

    post = write(edit).post
    assert post is not None
    assert (post.slug, post.date) == ("a-3b-model-on-call", NOW)


def test_nothing_written_is_published_by_writing(write: Callable[..., Written]) -> None:
    post = write(replacing("status: draft", "status: published")).post
    assert post is not None
    assert post.status == "draft"


@pytest.mark.parametrize("emptied", [False, True])
def test_an_editor_closed_with_no_text_saves_nothing_and_leaves_the_item(
    write: Callable[..., Written], room: Desk, connection: sqlite3.Connection, item: Item, *, emptied: bool
) -> None:
    def empty(path: Path) -> int:
        path.write_text("")
        return 0

    written = write(empty if emptied else nothing)
    assert written == Written(post=None, said=("Nothing saved. The item is still new.",))
    assert read_posts(room.content)[0] == []
    assert kept(room) == []
    assert find_item(connection, item.id).state == "new"


def test_a_crash_of_the_editor_keeps_the_text_and_the_next_write_goes_on_with_it(
    write: Callable[..., Written], room: Desk
) -> None:
    with pytest.raises(CurateError, match="exit code 9") as caught:
        write(typing(TYPED, code=9))
    (path,) = room.typed.glob("*.md")
    assert str(path) in caught.value.hint
    assert TYPED in path.read_text(encoding="utf-8")
    assert read_posts(room.content)[0] == []
    written = write(nothing)  # closing the editor at once is enough: the words are there
    assert written.post is not None
    assert TYPED in written.post.body
    assert written.said == ("Going on with what you typed before.",)
    assert kept(room) == []


def test_a_crash_before_anything_was_typed_leaves_nothing_behind(write: Callable[..., Written], room: Desk) -> None:
    with pytest.raises(CurateError, match="exit code 1") as caught:
        write(lambda _: 1)
    assert caught.value.hint.startswith("Nothing was typed.")
    assert kept(room) == []


def test_a_broken_header_keeps_the_text_and_names_the_line(write: Callable[..., Written], room: Desk) -> None:
    with pytest.raises(PostFault) as caught:
        write(replacing("kind: link\n", f"kind: link\nkind: [{TYPED}\n"))
    (path,) = room.typed.glob("*.md")
    assert (caught.value.exit, caught.value.path, caught.value.line) == (3, str(path), 7)
    assert str(path) in caught.value.hint
    assert TYPED in path.read_text(encoding="utf-8")
    written = write(replacing(f"kind: [{TYPED}\n", ""))
    assert written.post is None  # mended, it is a draft nobody wrote in
    assert kept(room) == []


def test_text_that_is_not_utf_8_is_kept(write: Callable[..., Written], room: Desk) -> None:
    def latin(path: Path) -> int:
        path.write_bytes(path.read_bytes() + "café".encode("latin-1"))
        return 0

    with pytest.raises(PostFault, match="UTF-8"):
        write(latin)
    (path,) = room.typed.glob("*.md")
    assert path.read_bytes().endswith(b"caf\xe9")


def test_words_typed_at_the_end_of_the_file_are_the_posts_words(write: Callable[..., Written]) -> None:
    def below(path: Path) -> int:
        path.write_text(path.read_text(encoding="utf-8") + TYPED, encoding="utf-8")
        return 0

    written = write(below)
    assert written.post is not None
    assert TYPED.strip() in written.post.body
    assert MARKER not in written.post.body


@pytest.mark.skipif(os.name == "nt", reason="limits of a process are POSIX")
def test_a_disk_that_refuses_the_post_leaves_the_words_where_they_were_typed(
    write: Callable[..., Written], room: Desk, connection: sqlite3.Connection, item: Item
) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def edit(path: Path) -> int:
        typing(TYPED)(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        return 0

    try:
        with pytest.raises(CurateError, match="could not be written") as caught:
            write(edit)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (path,) = room.typed.glob("*.md")
    assert str(path) in caught.value.hint
    assert TYPED in path.read_text(encoding="utf-8")
    assert [file for file in room.content.rglob("*") if file.parent.name == "links"] == []
    assert find_item(connection, item.id).state == "new"
    written = write(None)
    assert written.post is not None
    assert TYPED in written.post.body


@pytest.fixture
def tiny_disk(room: Desk) -> Iterator[Path]:
    """A disk of 8 KB in the place of content/links."""
    folder = room.content / "links"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_what_was_given_is_kept(
    write: Callable[..., Written], room: Desk, tiny_disk: Path
) -> None:
    text = f"{TYPED} {'and more ' * 2000}"
    with pytest.raises(CurateError, match="The disk is full") as caught:
        write(None, text)
    assert list(tiny_disk.iterdir()) == []
    assert str(room.typed) in caught.value.hint
    assert text in kept(room)[0]
    subprocess.run(["mount", "-o", "remount,size=1m", str(tiny_disk)], check=True)
    post = write(None, text).post
    assert post is not None
    assert text in post.body
    assert kept(room) == []


def test_a_killed_curate_loses_nothing_that_the_editor_saved(
    desk: Path, room: Desk, connection: sqlite3.Connection, item: Item
) -> None:
    connection.close()
    killer = desk.parent / "killer.py"
    killer.write_text(
        "import os, pathlib, signal, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        f"path.write_text(path.read_text().replace({MARKER!r}, {TYPED!r} + chr(10) + {MARKER!r}))\n"
        "os.kill(os.getppid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-m", "curate", "-C", str(desk), "write", item.id]
    killed = subprocess.run(command, env={**os.environ, "EDITOR": f"{sys.executable} {killer}"}, check=False)
    assert killed.returncode == -9
    assert TYPED in kept(room)[0]
    subprocess.run([*command, "--no-edit"], check=True, capture_output=True)
    (post,) = read_posts(room.content)[0]
    assert TYPED in post.body
    assert kept(room) == []


def test_a_stop_between_the_file_and_the_database_is_healed_by_the_next_run(
    write: Callable[..., Written], connection: sqlite3.Connection, item: Item
) -> None:
    first = write(None, TYPED).post
    connection.execute("UPDATE items SET state = 'kept'")  # as if the process had died after the file
    second = write(None)
    assert second.post == first
    assert find_item(connection, item.id).state == "drafted"


def test_an_item_has_one_post_and_a_second_text_overwrites_nothing(write: Callable[..., Written], room: Desk) -> None:
    post = write(None, TYPED).post
    assert post is not None
    with pytest.raises(Refused, match="has a post already") as caught:
        write(None, "Another take.")
    assert str(post.path) in caught.value.message
    again = write(typing("One more thought."))
    assert again.post is not None
    assert again.post.body == f"Minutes, not accuracy.\n\n{TYPED}\nOne more thought.\n"
    assert "has a post already" in again.said[0]
    assert len(read_posts(room.content)[0]) == 1


def test_a_broken_post_of_the_item_is_said_instead_of_writing_a_second(
    write: Callable[..., Written], room: Desk
) -> None:
    post = write(None, TYPED).post
    assert post is not None
    post.path.write_text(post.path.read_text().replace("kind: link", "kind: link\nkind: link"))
    with pytest.raises(PostFault, match="there twice"):
        write(None, "Another take.")
    (room.content / "links" / "broken.md").write_text("---\nitem: [kfmt\n---\n")  # of no item: in nobody's way
    post.path.unlink()
    assert write(None, "Another take.").post is not None


def test_text_kept_from_before_stays_when_another_text_is_given(write: Callable[..., Written], room: Desk) -> None:
    with pytest.raises(CurateError):
        write(typing(TYPED, code=1))
    written = write(None, "From a file.")
    assert written.post is not None
    assert "From a file." in written.post.body
    assert "still in" in written.said[0]
    assert TYPED in kept(room)[0]


def test_two_editors_on_one_item_are_a_conflict(write: Callable[..., Written], room: Desk, item: Item) -> None:
    with hold(room, f"write-{item.id}"), pytest.raises(Conflict):
        write(nothing)


def test_two_editors_on_one_post_are_a_conflict(write: Callable[..., Written], room: Desk) -> None:
    post = write(None, TYPED).post
    assert post is not None

    def meanwhile(_: Path) -> int:
        with pytest.raises(Conflict, match="busy with edit"):
            edited(room, typing("Theirs."))
        return 0

    assert edited(room, meanwhile).said == ("Nothing changed.",)


def test_an_essay_from_nothing_says_no_word_of_items(room: Desk, connection: sqlite3.Connection) -> None:
    given = Given(kind="essay", title="On choosing")
    assert write_post(room, connection, given, edit=nothing, now=NOW).said == ("Nothing saved.",)
    post = write_post(room, connection, given, edit=typing(TYPED), now=NOW).post
    assert post is not None
    assert (post.slug, post.item, post.body) == ("on-choosing", "", f"\n{TYPED}\n")


def edited(room: Desk, edit: Edit, slug: str = "a-3b-model-on-call") -> Written:
    return edit_post(room, find_post(room.content, slug), edit=edit, now=NOW)


def test_an_edit_goes_through_a_copy_and_keeps_every_byte_the_person_left(
    write: Callable[..., Written], room: Desk
) -> None:
    post = write(None, TYPED).post
    assert post is not None
    before = post.path.read_bytes()

    def edit(path: Path) -> int:
        assert path.read_bytes() == before
        assert path.is_relative_to(room.typed)
        assert path.name == post.path.name
        return typing("More.")(path)

    assert edited(room, edit).post == find_post(room.content, post.slug)
    assert post.path.read_bytes() == before + b"More.\n"
    assert kept(room) == []


def test_an_edit_of_a_published_post_is_dated_and_one_of_a_draft_is_not(
    write: Callable[..., Written], room: Desk
) -> None:
    post = write(None, TYPED).post
    assert post is not None
    assert edited(room, typing("More.")).post == find_post(room.content, post.slug)
    assert find_post(room.content, post.slug).modified is None
    set_header(find_post(room.content, post.slug), {"status": "published"})
    assert edited(room, nothing).said == ("Nothing changed.",)
    assert find_post(room.content, post.slug).modified is None
    edited(room, typing("Again."))
    assert find_post(room.content, post.slug).modified == NOW


def test_a_file_that_changed_while_it_was_edited_keeps_both_texts(write: Callable[..., Written], room: Desk) -> None:
    post = write(None, TYPED).post
    assert post is not None

    def meanwhile(path: Path) -> int:
        post.path.write_text(post.path.read_text() + "Theirs, from git.\n")
        return typing("Mine, from the editor.")(path)

    for number in ("", "-2"):
        with pytest.raises(Conflict) as caught:
            edited(room, meanwhile)
        beside = post.path.with_name(f"{post.path.stem}{number}.curate-conflict.md")
        assert (caught.value.exit, str(beside) in caught.value.message) == (6, True)
        assert "Mine, from the editor." in beside.read_text()
        assert "Mine" not in post.path.read_text()
    assert len(read_posts(room.content)[0]) == 1
    assert kept(room) == []


def test_a_post_deleted_while_it_was_edited_is_not_lost(write: Callable[..., Written], room: Desk) -> None:
    post = write(None, TYPED).post
    assert post is not None

    def meanwhile(path: Path) -> int:
        post.path.unlink()
        return typing("More.")(path)

    with pytest.raises(Conflict):
        edited(room, meanwhile)
    assert not post.path.exists()
    assert TYPED in post.path.with_name(f"{post.path.stem}.curate-conflict.md").read_text()


def test_an_edit_that_breaks_the_header_or_crashes_leaves_the_post_and_is_taken_up_again(
    write: Callable[..., Written], room: Desk
) -> None:
    post = write(None, TYPED).post
    assert post is not None
    before = post.path.read_bytes()
    with pytest.raises(PostFault) as caught:
        edited(room, replacing("kind: link", "kind: rant"))
    assert str(room.typed) in caught.value.hint
    with pytest.raises(CurateError, match="exit code 1"):
        edited(room, typing("More.", code=1))
    assert post.path.read_bytes() == before
    again = edited(room, replacing("kind: rant", "kind: link"))
    assert again.said == ("Going on with what you typed before.",)
    assert post.path.read_bytes() == before + b"More.\n"


def test_a_post_whose_file_name_is_its_slug_can_be_edited(room: Desk) -> None:
    path = room.content / "essays" / "2026-11-22-by-hand.md"
    path.parent.mkdir()
    path.write_text("---\ntitle: By hand\n---\nText.\n")
    done = edited(room, typing("More."), "by-hand")
    assert done.post is not None
    assert (done.post.slug, done.post.body) == ("by-hand", "Text.\nMore.\n")


def test_texts_kept_of_two_posts_of_one_file_name_are_not_mixed_up(room: Desk) -> None:
    for kind in ("essay", "notice"):
        path = room.content / f"{kind}s" / "2026-11-22-same.md"
        path.parent.mkdir()
        path.write_text(f"---\ntitle: One\nslug: {kind}\nkind: {kind}\n---\nThe {kind}.\n")
    with pytest.raises(CurateError):
        edited(room, typing("Typed into the essay.", code=1), "essay")
    assert edited(room, nothing, "notice").said == ("Nothing changed.",)
    again = edited(room, nothing, "essay").post
    assert again is not None
    assert again.body == "The essay.\nTyped into the essay.\n"


@pytest.mark.parametrize("status", ["draft", "published"])
def test_a_stop_after_the_post_took_the_text_is_no_conflict(
    write: Callable[..., Written], room: Desk, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    post = write(None, TYPED).post
    assert post is not None
    set_header(post, {"status": status})
    with monkeypatch.context() as stopped:
        stopped.setattr("curate.posts.write._remove_copy", lambda _: None)
        edited(room, typing("More."))
    assert len(kept(room)) == 1
    done = post.path.read_bytes()
    assert edited(room, nothing).said == ("Nothing changed.",)
    assert post.path.read_bytes() == done
    assert [path.name for path in post.path.parent.iterdir()] == [post.path.name]
    assert kept(room) == []


def test_an_emptied_editor_never_empties_a_post(write: Callable[..., Written], room: Desk) -> None:
    post = write(None, TYPED).post
    assert post is not None
    before = post.path.read_bytes()

    def empty(path: Path) -> int:
        path.write_bytes(b"")
        return 0

    assert edited(room, empty).said == ("Nothing changed.",)
    assert post.path.read_bytes() == before
