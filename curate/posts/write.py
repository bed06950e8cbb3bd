"""Take a person's words from an editor or a file into a post, and lose none of them on the way.

From the first moment the text lies in .curate/typed/; it leaves that place only when the post's
file holds it. An editor that crashes, a full disk and a header that cannot be read all leave it
there, and the next try goes on with it. Knows no editor: ``edit`` opens a file and returns the
program's exit code.
"""

from __future__ import annotations

import contextlib
import glob
import re
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from curate.desk.folder import fingerprint, write_new, write_whole
from curate.desk.locks import hold
from curate.desk.settings import load_settings
from curate.errors import Conflict, CurateError, Refused
from curate.inbox.decide import mark
from curate.inbox.listing import also
from curate.posts.draft import MAYBE, Given, draft_post, for_editor, from_editor, make_slug, split_question
from curate.posts.files import CONFLICT, create_post, read_posts
from curate.posts.header import change_header, read_header
from curate.posts.post import Post, PostFault, parse_post
from curate.posts.recall import suggested_tags, wrote_before

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.inbox.items import Item

    Edit = Callable[[Path], int]

GOING_ON = "Going on with what you typed before."
STILL_THERE = "What you typed before is still in {}."


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of the words: the post, or None when nothing was saved; ``said`` are whole sentences."""

    post: Post | None
    said: tuple[str, ...] = ()


def write_post(
    desk: Desk, connection: sqlite3.Connection, given: Given, *, edit: Edit | None, now: datetime
) -> Written:
    """Make a draft of what was given, opened in an editor first unless ``edit`` is None.

    An item and its story have one post: when there is one already, it is edited or returned. The file is
    created first, then the item becomes ``drafted``; the next run heals a stop in between. Raises
    Refused (text for an item that has a post, or text below the marked line), PostFault (broken
    header), CurateError (editor, disk) and Conflict (another curate writes on the same item).
    """
    name = f"write-{given.item.id}" if given.item else f"write-{make_slug(given.title, 'new')}"
    typed = desk.typed / f"{name}.md"
    with hold(desk, name, wait=0):
        if given.item:
            given = replace(given, also=also(connection, [given.item])[given.item.number])
        there = _post_of(desk, given.item, given.also) if given.item else None
        if there is None:
            written = _written(desk, typed, given, edit=edit, now=now)
        elif given.text is not None:
            message = f"{there.item} has a post already: {there.path}. Nothing was overwritten."
            raise Refused(message, f"curate post edit {there.slug}")
        else:
            said = [f"{there.item} has a post already: {there.path}."]
            if typed.exists():
                said.append(STILL_THERE.format(typed))
            again = edit_post(desk, there, edit=edit, now=now) if edit else Written(post=there)
            written = Written(post=again.post, said=(*said, *again.said))
        if given.item and written.post and given.item.state not in ("drafted", "posted"):
            mark(connection, given.item.id, "drafted", now=now)
    return written


def edit_post(desk: Desk, post: Post, *, edit: Edit, now: datetime) -> Written:
    """Open a copy of the post in an editor and put it in the post's place, if that is as it was.

    A published post that changed gets the key ``modified``. Raises Conflict when the file changed
    meanwhile: the typed text then lies beside it as NAME.curate-conflict.md.
    """

    def finished(text: str, typed: Path) -> str:
        if parse_post(text, typed).status != "published":
            return text
        moment = now.astimezone(UTC).isoformat(timespec="seconds")
        return change_header(text, {"modified": moment}, str(typed))

    with hold(desk, f"edit-{make_slug(post.path.stem, 'post')}", wait=0):
        text, said = edit_file(desk, post.path, post.fingerprint, edit=edit, finished=finished)
    return Written(post=post if text is None else parse_post(text, post.path), said=said)


def edit_file(
    desk: Desk, path: Path, known: str, *, edit: Edit, finished: Callable[[str, Path], str]
) -> tuple[str | None, tuple[str, ...]]:
    """Open a copy of a file below content/ in an editor and put it in the file's place, if that is as it was.

    ``known`` is the file's fingerprint. ``finished`` raises what is wrong with the typed text and returns it as
    it is to be written. Return the new text, None when nothing changed, and what is to be said. Raises Conflict
    when the file changed meanwhile: the typed text then lies beside it as NAME.curate-conflict.md.
    """
    typed, base, taken_up = _copy(desk, path, known)
    said = (GOING_ON,) if taken_up else ()
    text = _edited(typed, edit, fresh=not taken_up)
    if not text.strip() or fingerprint(text.encode()) == base:
        _remove_copy(typed)
        return None, (*said, "Nothing changed.")
    with _kept(typed):
        text = finished(text, typed)
        write_whole(typed, text)  # the same bytes as the file will have: see _copy
        try:
            write_whole(path, text, expected=base)
        except Conflict as conflict:
            beside = _put_beside(path, text)
            _remove_copy(typed)
            message = f"{path} changed while you edited it. It is left as it is; your text is {beside}."
            raise Conflict(str(path), message, "Compare the two and delete one.") from conflict
    _remove_copy(typed)
    return text, said


def _written(desk: Desk, typed: Path, given: Given, *, edit: Edit | None, now: datetime) -> Written:
    """Bring a new text to its post by way of the file ``typed``."""
    _, draft = draft_post(given, now=now)
    said = []
    words = _holds_words(typed, draft)
    if words and given.text is None:
        said.append(GOING_ON)
    elif words:
        said.append(STILL_THERE.format(typed))
        typed = _free(typed)
        write_new(typed, draft)
    else:
        write_whole(typed, for_editor(draft, _aside(desk, given)) if edit else draft)
    text = _edited(typed, edit, fresh=not words) if edit else _text(typed)
    with _kept(typed):
        text = from_editor(text)
        if edit and _nothing_typed(text, draft, typed):
            typed.unlink(missing_ok=True)
            still = f"The item is still {given.item.state}." if given.item else ""
            return Written(post=None, said=(" ".join(filter(None, ("Nothing saved.", still))),))
        text = _finished(parse_post(text, typed), text, draft, now)
        post = parse_post(text, typed)
        path = create_post(desk.content, text=text, slug=post.slug, kind=post.kind, date=post.date or now)
    typed.unlink(missing_ok=True)
    return Written(post=parse_post(path.read_bytes().decode(), path), said=tuple(said))


def _aside(desk: Desk, given: Given) -> list[str]:
    """Return what starts a thought: questions, what the person wrote before, and tags they used then."""
    lines = [*load_settings(desk.settings).writing.prompts, *given.aside]
    if given.item is None:
        return lines
    posts, _ = read_posts(desk.content)
    earlier = wrote_before(posts, given.item, given.also)
    if earlier:
        lines += ["", "What you wrote before:"]
    for one in earlier:
        day = f"{one.date:%Y-%m-%d}" if one.date else "no date"
        where = one.path.relative_to(desk.root)
        lines.append(f"{day}  {one.title}  ({', '.join(one.why)})  {where}{' draft' * (one.status == 'draft')}")
    tags = suggested_tags(posts, given.item)
    return [*lines, "", f"Tags you used there: {', '.join(tags)}"] if tags else lines


def _finished(post: Post, text: str, draft: str, now: datetime) -> str:
    """Return the text as its file will hold it: a draft, its question in the header, its slug that of its title."""
    where = str(post.path)
    before, _, _ = read_header(draft, where)
    changes: dict[str, str | None] = {"status": "draft"}
    body, question = split_question(post.body)
    if question and not post.question:
        text = text.removesuffix(post.body) + body
        changes["question"] = question
    changes |= {key: None for key in MAYBE if post.header.get(key) == "" and key not in changes}
    if post.date is None:
        changes["date"] = now.astimezone(UTC).isoformat(timespec="seconds")
    if not post.header.get("slug") or (post.slug == before["slug"] and post.title != before["title"]):
        changes["slug"] = make_slug(post.title, before["slug"])
    return change_header(text, changes, where)


def _holds_words(typed: Path, draft: str) -> bool:
    """Say whether ``typed`` holds more than a draft that nobody touched."""
    if not typed.exists():
        return False
    try:
        return not _nothing_typed(from_editor(_text(typed)), draft, typed)
    except CurateError:
        return True


def _nothing_typed(text: str, draft: str, typed: Path) -> bool:
    """Say whether a person left a draft as it was, or its body empty."""
    if not text.strip():
        return True
    (values, body, _), (before, start, _) = read_header(text, str(typed)), read_header(draft, "draft")
    same = {**values, "date": ""} == {**before, "date": ""}
    return same and body.strip() in ("", start.strip())


def _post_of(desk: Desk, item: Item, others: Sequence[Item]) -> Post | None:
    """Return the post that was made of the item, else of another of its story.

    Raises the PostFault of a file that names the item, too.
    """
    posts, faults = read_posts(desk.content)
    for fault in faults:
        with contextlib.suppress(OSError):
            place = desk.root / fault.path
            if place.is_file() and re.search(
                rb"^item:\s*['\"]?%s['\"]?\s*$" % item.id.encode(), place.read_bytes(), re.MULTILINE
            ):
                raise fault
    of_item = (post for one in (item, *others) for post in posts if post.item == one.id)
    return next(of_item, None)


def _copy(desk: Desk, path: Path, known: str) -> tuple[Path, str, bool]:
    """Return the copy of the file to edit, the fingerprint of its origin, and whether it was typed in before.

    It lies in a folder named by that fingerprint, under the file's own name, which says the slug
    where a header does not. A copy that the file holds already is what a stop left behind.
    """
    folder = desk.typed / path.relative_to(desk.content).parent
    for old in sorted(folder.glob(f"*/{glob.escape(path.name)}")):
        if fingerprint(old.read_bytes()) not in (old.parent.name, known):
            return old, old.parent.name, True
        _remove_copy(old)
    typed = folder / known / path.name
    write_whole(typed, path.read_bytes())
    return typed, known, False


def _remove_copy(typed: Path) -> None:
    """Remove a copy whose text is in its post, and its folder."""
    typed.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # what an editor left beside it stays
        typed.parent.rmdir()


def _edited(typed: Path, edit: Edit, *, fresh: bool) -> str:
    """Open the file in the editor and return what it holds afterwards; "" when it is gone.

    When the editor fails, the file stays, unless it was ``fresh`` and nothing was typed.
    """
    before = typed.read_bytes()
    try:
        _run(edit, typed)
    except CurateError as error:
        if fresh and typed.exists() and typed.read_bytes() == before:
            typed.unlink()
            error.hint = f"Nothing was typed. {error.hint}".strip()
        else:
            error.hint = f"What you typed is kept in {typed}; the same command goes on with it. {error.hint}".strip()
        raise
    return _text(typed) if typed.exists() else ""


def _run(edit: Edit, typed: Path) -> None:
    code = edit(typed)
    if code:
        raise CurateError(f"The editor failed (exit code {code}).")


def _text(typed: Path) -> str:
    raw = typed.read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PostFault(str(typed), line, "the text is not UTF-8.", "Save it as UTF-8 in the editor.") from error


@contextlib.contextmanager
def _kept(typed: Path) -> Iterator[None]:
    """Add to every failure of the block where the typed text lies, unless it went elsewhere."""
    try:
        yield
    except CurateError as error:
        if typed.exists():
            error.hint = f"What you typed is kept in {typed}; the same command goes on with it. {error.hint}".strip()
        raise


def _put_beside(path: Path, text: str) -> Path:
    beside = _free(path.with_name(path.stem + CONFLICT))
    write_new(beside, text)
    return beside


def _free(path: Path) -> Path:
    """Return ``path``, or with -2, -3 … before its ending one where no file is."""
    stem, dot, ending = path.name.partition(".")
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{stem}-{number}{dot}{ending}")
    return free
