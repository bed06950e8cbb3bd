"""Find, create and change the files of posts below content/.

A post's file is made once; afterwards it is the person's. ``set_header`` is the only machine edit:
it changes single keys, whole or not at all, and refuses when the file changed since it was read.
Must not know what makes a post good, nor items, nor the site.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING, Any

from curate.desk.folder import fingerprint, write_new, write_whole
from curate.errors import Conflict, CurateError, Unknown
from curate.posts.header import change_header
from curate.posts.post import KINDS, LONGEST_SLUG, SLUG, Post, PostFault, parse_post

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

NOT_POSTS = ("pages", "profile")  # folders at the top of content/
CONFLICT = ".curate-conflict.md"  # what the file of the losing side of an edit ends in; never a post
RESERVED = {  # names that some systems keep for devices, and the site for itself
    *("con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))),
    *("index", "feeds", "drafts", *(f"{month:02}" for month in range(1, 13))),
}


def read_posts(content: Path) -> tuple[list[Post], list[PostFault]]:
    """Return every post below ``content``, newest first, and a fault for each file that is not one.

    Two posts of one slug would share a page: the one of the later path is a fault. Links to other
    places and pipes are faults, too; pages/ and profile/ are left out. Raises CurateError when the folder is gone.
    """
    if not content.is_dir():
        msg = f"The folder {content} has vanished."
        raise CurateError(msg, "Nothing was recreated. Put it back from git or a backup.")
    posts: dict[str, Post] = {}
    faults = []
    for path in _files(content):
        try:
            post = _read(path)
        except PostFault as fault:
            faults.append(fault)
            continue
        if post.slug in posts:
            reason = f"{posts[post.slug].path} has the slug {post.slug}, too."
            faults.append(PostFault(str(path), post.lines.get("slug", 1), reason, "Give one of them another slug."))
        else:
            posts[post.slug] = post
    return sorted(posts.values(), key=lambda post: (post.date is not None, post.date, post.slug), reverse=True), faults


def find_post(content: Path, name: str) -> Post:
    """Return the post ``name``: its slug, its path or file name, or the id of its item (the newest post of it).

    Raises Unknown, or the PostFault of the file that has that name.
    """
    posts, faults = read_posts(content)
    for post in posts:
        if name == post.slug or name in _names(post.path, content):
            return post
    for fault in faults:
        path = next(path for path in _files(content) if str(path) == fault.path)
        if name in _names(path, content) or path.stem.endswith(f"-{name}"):
            raise fault
    for post in posts:
        if name and name == post.item:
            return post
    raise Unknown("post", name, "curate post list shows them.")


def create_post(content: Path, *, text: str, slug: str, kind: str, date: datetime) -> Path:
    """Create the file of a new post, content/links/2026-11-22-SLUG.md for a link, and return its path.

    When a post has the slug already, another is made of it and written into the header of ``text``.
    Raises CurateError when the disk refuses; nothing is then left behind.
    """
    folder = content / KINDS[kind]
    if not folder.resolve().is_relative_to(content.resolve()):
        raise CurateError(f"{folder} leads out of {content}; curate writes posts only inside it.", "Remove the link.")
    posts, faults = read_posts(content)
    taken = {post.slug for post in posts} | {_stem(fault.path) for fault in faults}
    while True:
        free = free_slug(slug, taken)
        path = folder / f"{date:%Y-%m-%d}-{free}.md"
        try:
            write_new(path, change_header(text, {"slug": free}, str(path)))
        except Conflict:
            taken.add(free)
        else:
            return path


def free_slug(slug: str, taken: Collection[str]) -> str:
    """Return ``slug``, or with -2, -3 … at its end what is not in ``taken`` nor a reserved name."""
    if slug in RESERVED:
        slug = f"{slug}-post"
    free = slug
    number = 1
    while free in taken:
        number += 1
        free = f"{slug[: LONGEST_SLUG - len(str(number)) - 1].rstrip('-')}-{number}"
    return free


def set_header(post: Post, changes: Mapping[str, Any]) -> Post:
    """Change keys of the post's header (None takes one out), touching no other line; return the post as it is now.

    Raises Conflict when the file changed since ``post`` was read, PostFault when its header is not
    written one key a line, CurateError when the disk refuses: the file is then as it was.
    """
    raw = _bytes(post.path)
    if fingerprint(raw) != post.fingerprint:
        message = f"{post.path} changed while curate was at work; it is left as it is."
        raise Conflict(str(post.path), message, "Run the command again.")
    text = change_header(raw.decode(), changes, str(post.path))
    changed = parse_post(text, post.path)
    write_whole(post.path, text, expected=post.fingerprint)
    return changed


def _files(content: Path) -> Iterator[Path]:
    """Yield what may be a post, sorted by path, and folders that cannot be read; hidden files and folders are not."""
    closed: list[OSError] = []
    for top, folders, names in os.walk(content, onerror=closed.append):
        place = content / os.path.relpath(top, content)
        folders[:] = sorted(name for name in folders if name[0] != "." and not (place == content and name in NOT_POSTS))
        for name in sorted([*names, *(folder for folder in folders if (place / folder).is_symlink())]):
            file = place / name
            wanted = name.endswith(".md") and name[0] != "." and not name.endswith(CONFLICT)
            if wanted or (file.is_symlink() and name in folders):
                yield file
    yield from (Path(error.filename) for error in closed)


def misplaced(path: Path) -> PostFault | None:
    """Return why what stands at ``path`` is never opened: a link, a closed folder, a pipe that makes one wait."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None  # which opening it says in words
    if S_ISLNK(mode):
        reason = "it is a symbolic link; curate reads only files that lie inside content/."
        return PostFault(str(path), 1, reason, "Move the file itself here.")
    if S_ISDIR(mode):
        return PostFault(str(path), 1, "this folder cannot be read; no post in it is known.", "Mend its rights.")
    if not S_ISREG(mode):
        return PostFault(str(path), 1, "it is no file with words in it.", "Take it out of content/.")
    return None


def _read(path: Path) -> Post:
    fault = misplaced(path)
    if fault is not None:
        raise fault
    raw = _bytes(path)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PostFault(str(path), line, "the text is not UTF-8.", "Save it as UTF-8 in the editor.") from error
    return parse_post(text, path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Conflict(str(path), f"{path} is gone.", "Run the command again.") from error
    except OSError as error:
        raise PostFault(str(path), 1, f"it cannot be read: {error.strerror}.", "Mend the file's rights.") from error


def _names(path: Path, content: Path) -> tuple[str, ...]:
    """Return the ways to name a file: whole, from the desk or from content/, or by its own name."""
    whole = (str(path), path.relative_to(content.parent).as_posix(), path.relative_to(content).as_posix())
    return (*whole, path.name, path.stem)


def _stem(path: str) -> str:
    """Return the slug that a file's name promises."""
    stem = os.path.basename(path).removesuffix(".md")  # noqa: PTH119 - a text, not a place
    slug = stem[11:]
    return slug if SLUG.fullmatch(slug) else stem
