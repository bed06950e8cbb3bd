"""Take over the posts of another site: Pelican's, Hugo's and Jekyll's headers, each post copied into content/.

A copy is a new file; nothing that is there is ever written over, and the folder it came from is only read.
What is known again, by its date and its slug or title, is left alone. Links are not followed. Pages, and
what is not Markdown, are named and left out; pictures are not copied.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from curate.desk.folder import write_new
from curate.errors import Conflict, CurateError, Refused
from curate.feeds.characters import one_line
from curate.feeds.clean import plain_text, shorten
from curate.feeds.stated import moment
from curate.inbox.saved import LONGEST_TAG, MOST_TAGS, Rejected, split_list, tag_texts
from curate.posts.draft import make_slug, short
from curate.posts.files import free_slug, read_posts
from curate.posts.header import PostFault, dump, read_mapping
from curate.posts.post import KINDS, LONGEST_SLUG, SLUG, parse_post

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LARGEST = 2_000_000  # bytes of a post
MOST = 20_000  # files looked at
LONGEST_SUMMARY = 155
SHOWN = 10  # names in a sentence
MARKDOWN = (".md", ".markdown", ".mkd", ".mdown")
OTHERS = (".rst", ".adoc", ".asciidoc", ".org", ".textile")  # posts in a markup that is not read
NOT_OURS = {"node_modules", "themes", "output", "public", "_site", "_layouts", "_includes", "layouts", "static"}
PAGES = {"pages", "_pages"}
INDEX = {"index", "_index"}
DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)")
YAML_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
META = re.compile(r"([A-Za-z][\w-]{0,40}):[ \t]*(.*)")
CODES = re.compile(r"\{\{[<%]|\{%")  # what Hugo and Jekyll would have run
PICTURES = re.compile(r"!\[[^\]]*\]\((?!https?://)|<img\s", re.IGNORECASE)
HINT = "Nothing was imported. Name the folder that holds the posts, such as content/ or _posts/."


@dataclass(kw_only=True)
class Taken:
    """What came of a folder: the files made, how many were known, what was left out, and warnings in sentences."""

    made: list[Path] = field(default_factory=list)
    known: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Old:
    """A post as another site has it.

    ``hidden``: that showed it, and its date cannot be read; ``cut``: it had more tags than are taken, or longer ones.
    """

    title: str
    slug: str
    date: datetime | None
    kind: str
    text: str
    hidden: bool = False
    cut: bool = False


def import_posts(content: Path, folder: Path, *, dry_run: bool = False) -> Taken:
    """Copy the posts below ``folder`` into ``content``; return what came of each file.

    A post that was published stays published under its date, a draft a draft. Raises Refused when the
    folder holds no post or too many files, CurateError when content/ is gone or the disk refuses: what
    was copied until then stays, and the same import goes on with the rest.
    """
    posts, faults = read_posts(content)
    names = {post.slug for post in posts} | {os.path.basename(fault.path)[:-3] for fault in faults}  # noqa: PTH119
    known = {(_day(post.date), mark) for post in posts for mark in (post.title, _base(post.slug))}
    taken = Taken()
    codes = pictures = 0
    hidden: list[str] = []
    cut: list[str] = []
    for path in _files(folder, content):
        place = path.relative_to(folder).as_posix()
        try:
            old = _read(path, place)
        except _Left as left:
            taken.rejected.append(Rejected(place, left.reason))
            continue
        if {(_day(old.date), old.title), (_day(old.date), _base(old.slug))} & known:
            taken.known += 1
            continue
        slug = free_slug(old.slug, names)
        names.add(slug)
        known |= {(_day(old.date), old.title), (_day(old.date), _base(slug))}
        codes += bool(CODES.search(old.text))
        pictures += bool(PICTURES.search(old.text))
        hidden += [place] if old.hidden else []
        cut += [place] if old.cut else []
        taken.made.append(_copy(content, old, slug, dry_run=dry_run))
    if not (taken.made or taken.known or taken.rejected):
        raise Refused(f"{folder} holds no post in Markdown.", HINT)
    if hidden:
        said = "say no date that can be read and came as drafts"
        taken.warnings.append(f"{len(hidden)} of the posts {said}: {_named(hidden)}.")
    if cut:
        said = f"had more than {MOST_TAGS} tags or tags of more than {LONGEST_TAG} characters, and lost what is beyond"
        taken.warnings.append(f"{len(cut)} of the posts {said}: {_named(cut)}.")
    if codes:
        taken.warnings.append(f"{codes} of the posts hold shortcodes or Liquid tags, which show as they are typed.")
    if pictures:
        taken.warnings.append(f"{pictures} of the posts show pictures of the old site, which were not copied.")
    return taken


def _named(places: Sequence[str]) -> str:
    more = ", …" if len(places) > SHOWN else ""
    return f"{', '.join(map(one_line, places[:SHOWN]))}{more}"


class _Left(Exception):
    """A file that is left out, because of ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _files(folder: Path, content: Path) -> Iterator[Path]:
    """Yield what may be a post below ``folder``, sorted; links, hidden and built folders are left out."""
    if folder.resolve().is_relative_to(content.resolve()) or content.resolve().is_relative_to(folder.resolve()):
        raise Refused(f"{folder} is this desk's own.", "Nothing was imported. Its posts are there already.")
    seen = 0
    for top, folders, names in os.walk(folder):
        place = folder / os.path.relpath(top, folder)
        hidden = ("_posts", "_drafts", *PAGES)
        folders[:] = sorted(
            name
            for name in folders
            if name not in NOT_OURS and name[0] != "." and (name[0] != "_" or name in hidden or place != folder)
        )
        for name in sorted(names):
            path = place / name
            if name[0] != "." and name.lower().endswith((*MARKDOWN, *OTHERS)) and not path.is_symlink():
                seen += 1
                if seen > MOST:
                    raise Refused(f"{folder} holds more than {MOST:,} files.", HINT)
                yield path


def _read(path: Path, place: str) -> _Old:
    """Return the post that the file is. Raises _Left."""
    if path.suffix.lower() in OTHERS:
        raise _Left(f"{path.suffix} is not read, only Markdown: pandoc turns it into that")
    if PAGES & set(place.split("/")[:-1]) or path.stem == "_index":
        raise _Left("it is a page of the site, not a post")
    try:
        if not path.is_file():
            raise _Left("it is no file with words in it")  # a pipe would be waited for
        if path.stat().st_size > LARGEST:
            raise _Left(f"it is larger than {LARGEST // 10**6} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Left("its text is not UTF-8") from None
    except OSError as error:
        raise _Left(f"it cannot be read: {error.strerror}") from None
    text = text.replace("\r\n", "\n")
    own = _own(text, path)
    if own is not None:
        return own
    values, body = _header(text)
    return _old({str(name).lower(): value for name, value in values.items()}, body, path)


def _own(text: str, path: Path) -> _Old | None:
    """Return the post when it is one of curate's, which is copied as it stands; else None."""
    try:
        post = parse_post(text, path)
    except CurateError:
        return None
    if post.header.get("kind") not in KINDS or "status" not in post.header or not post.title:
        return None
    return _Old(title=post.title, slug=post.slug, date=post.date, kind=post.kind, text=text)


def _header(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the header's values and the body: YAML, TOML, JSON, or Pelican's lines of Name: value. Raises _Left."""
    try:
        if text.startswith("+++"):
            _, header, body = re.split(r"^\+\+\+[ \t]*$", text, maxsplit=2, flags=re.MULTILINE)
            return tomllib.loads(header), body
        if text.startswith("{"):
            values, end = json.JSONDecoder().raw_decode(text)
            return values, text[end:]
        if re.match(r"---[ \t]*\n", text):
            start = text.index("\n") + 1
            end_at = YAML_END.search(text, start)
            if end_at is None:
                raise _Left("its header does not end")
            return read_mapping(text[start : end_at.start()], "header", 2), text[end_at.end() :]
    except PostFault as fault:
        raise _Left(f"line {fault.line}: {fault.reason.rstrip('.')}") from None
    except (ValueError, RecursionError) as error:
        raise _Left(f"its header cannot be read: {one_line(str(error))[:100]}") from None
    return _meta(text)


def _meta(text: str) -> tuple[Mapping[str, Any], str]:
    """Return what Pelican's Markdown has at its top: Name: value, more of a value indented, until a blank line."""
    values: dict[str, str] = {}
    lines = text.split("\n")
    name = ""
    body = len(lines)
    for number, line in enumerate(lines, 1):
        found = META.fullmatch(line)
        if found:
            name = found[1].lower()
            values[name] = found[2].strip()
        elif name and line.startswith(("    ", "\t")) and line.strip():
            values[name] += f" {line.strip()}"
        elif not line.strip() and values:
            body = number
            break
        else:
            values = {}
            break
    if "title" not in values:
        raise _Left("it has no header")
    return values, "\n".join(lines[body:])


def _old(said: Mapping[str, Any], body: str, path: Path) -> _Old:
    stem = path.parent.name if path.stem in INDEX else path.stem
    dated = DATED.fullmatch(stem)
    at = _moment(said.get("date") or said.get("created") or ("-".join(dated.groups()[:3]) if dated else ""))
    heading = re.match(r"\s*#[ \t]+(.+)\n", body)
    title = short(_text(said.get("title")) or (heading[1] if heading else "") or (dated[4] if dated else stem))
    wish = _text(said.get("slug")) or (dated[4] if dated else stem)
    slug = wish if SLUG.fullmatch(wish) else make_slug(wish[:LONGEST_SLUG], make_slug(title, "post"))
    values: dict[str, Any] = {"title": title}
    if at:
        values["date"] = at.isoformat(timespec="seconds")
    changed = _moment(
        next((said[name] for name in ("modified", "lastmod", "last_modified_at", "updated") if said.get(name)), "")
    )
    if changed and at and changed > at:
        values["modified"] = changed.isoformat(timespec="seconds")
    groups = [*_texts(said.get("categories"), " "), *_texts(said.get("category"), "")]
    named = [*_texts(said.get("tags"), " " if "layout" in said else ""), *groups[1:]]
    tags = tag_texts(named)
    cut = (len(named) > MOST_TAGS and len(tags) == MOST_TAGS) or max(map(len, named), default=0) > LONGEST_TAG
    summary = next((_text(said[name]) for name in ("summary", "description", "excerpt") if said.get(name)), "")
    status = _status(said, path)
    values |= {"slug": slug, "kind": "essay", "status": status if at else "draft"}
    values |= {"topic": short(groups[0])} if groups else {}
    values |= {"tags": list(tags)} if tags else {}
    values |= {"summary": shorten(plain_text(summary), LONGEST_SUMMARY)} if summary else {}
    whole = f"---\n{dump(values)}---\n{body.lstrip(chr(10))}"
    hidden = at is None and status == "published"
    return _Old(title=title, slug=slug, date=at, kind="essay", text=whole, hidden=hidden, cut=cut)


def _status(said: Mapping[str, Any], path: Path) -> str:
    """Return whether the old site showed the post: drafts, hidden and unpublished ones are drafts."""
    state = _text(said.get("status")).lower()
    hidden = _text(said.get("draft")).lower() == "true" or _text(said.get("published")).lower() in {"false", "no"}
    if hidden or state not in {"", "published", "publish"} or "_drafts" in path.parts:
        return "draft"
    return "published"


def _text(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _texts(value: object, mark: str) -> list[str]:
    """Return a list's texts, or the parts of one text: by commas, else by ``mark``."""
    if isinstance(value, str):
        parts = (
            split_list(value) if "," in value or value.startswith("[") else value.split() if mark == " " else [value]
        )
        return [part.strip() for part in parts if part.strip()]
    return [_text(each) for each in value if _text(each)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    """Return a date as headers write it, in UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = _text(value)
    plain = re.sub(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)", lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text)
    return moment(plain)


def _copy(content: Path, old: _Old, slug: str, *, dry_run: bool) -> Path:
    """Write the post under ``slug``; a file of that name makes way for nobody, the copy takes another."""
    text = old.text
    if slug != old.slug:
        from curate.posts.header import change_header

        text = change_header(text, {"slug": slug}, "header")
    day = f"{old.date:%Y-%m-%d}-" if old.date else ""
    path = content / KINDS[old.kind] / f"{day}{slug}.md"
    parse_post(text, path)  # what we write can be read
    if not path.parent.resolve().is_relative_to(content.resolve()):
        raise CurateError(
            f"{path.parent} leads out of {content}; curate writes posts only inside it.", "Remove the link."
        )
    number = 1
    while not dry_run:
        try:
            write_new(path, text)
        except Conflict:
            number += 1
            path = path.with_name(f"{day}{slug}-copy-{number}.md")
        else:
            break
    return path


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


def _base(slug: str) -> str:
    """Return a slug without the number that told it from another."""
    return re.sub(r"-\d{1,3}$", "", slug)
