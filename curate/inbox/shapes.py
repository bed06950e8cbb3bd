"""Know how other programs' exports name things: by which names a row is recognised, and what each means.

Pure. A shape is a kind of export, the names that tell it from the others, and for each part of a saved
row where it stands. Rows are mappings with lower-case names, whether from a table or from JSON.

Sources: Pocket's, Instapaper's, Raindrop.io's, Readwise's, Pinboard's, wallabag's, Omnivore's and
linkding's own exports; Readability's, elcurator's and del.icio.us's as wallabag reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curate.inbox.saved import joined, listed, mappings, split_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLAIN_FOLDERS = {"", "archive", "unread", "starred", "unsorted", "home", "liked", "favorites", "all"}
GENERAL = {
    "url": ("url", "link", "uri", "href", "address"),
    "title": ("title", "name"),
    "saved": ("saved", "created", "created_at", "date", "date_added", "added", "time_added", "timestamp"),
    "tags": ("tags", "labels"),
    "note": ("note", "notes", "comment", "description"),
}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One kind of export. ``needs`` are names that its rows have together and no other's do.

    ``names`` tells for a part of Saved which names hold it: the first that says something. ``marks`` part
    tags that stand in one text; ``also`` reads what is not simply there.
    """

    kind: str
    needs: frozenset[str]
    names: Mapping[str, tuple[str, ...]]
    marks: str = ","
    also: Callable[[Mapping[str, Any]], dict[str, Any]] = field(default=lambda _: {})

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what ``row`` says by the names of Saved."""
        said: dict[str, Any] = {
            part: next((row[name] for name in names if row.get(name) not in (None, "", [])), "")
            for part, names in self.names.items()
        }
        if isinstance(said.get("tags"), str):
            said["tags"] = split_list(said["tags"], self.marks)
        return said | self.also(row)


def shape_of(names: set[str], shapes: tuple[Shape, ...]) -> Shape | None:
    """Return the shape whose rows have ``names``, all lower-case; None when it is none we know."""
    return next((shape for shape in shapes if shape.needs <= names), None)


def _names(**parts: str) -> dict[str, tuple[str, ...]]:
    """Spell the names of each part in one text, with | between them: they may hold spaces."""
    return {part: tuple(names.split("|")) for part, names in parts.items()}


def _foldered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add the folder a row lies in to its tags, unless it is one that everybody has."""
    folder = str(row.get("folder") or "")
    own = [part for each in folder.split("/") if (part := each.strip()).casefold() not in PLAIN_FOLDERS]
    tags = row.get("tags") or ""
    return {"tags": [*(split_list(tags) if isinstance(tags, str) else listed(tags)), *own]}


def _instapaper(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**_foldered(row), "quotes": row.get("selection") or ""}


def _raindrop(row: Mapping[str, Any]) -> dict[str, Any]:
    """Part highlights, which stand in one cell with a blank line or a marked line before each."""
    cell = str(row.get("highlights") or "")
    parts = re.split(r"\n\s*\n|(?:^|\n)(?=Highlight:)", cell)
    quotes, notes = [], [row.get("note")]
    for part in parts:
        text, _, note = part.partition("\nNote:")
        quotes.append(text.strip().removeprefix("Highlight:").strip())
        notes.append(note)
    return {**_foldered(row), "quotes": quotes, "note": joined(notes)}


def _readwise(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"tags": split_list(f"{row.get('tags') or ''},{row.get('document tags') or ''}")}


def _reader(row: Mapping[str, Any]) -> dict[str, Any]:
    """Find tags and date by their form: some rows of Readwise Reader lack a cell, and the others have moved."""
    cells = [str(value or "").strip() for value in row.values()]
    return {
        "tags": split_list(next((cell for cell in cells if cell.startswith("[")), "")),
        "saved": next((cell for cell in cells if re.match(r"\d{4}-\d\d-\d\d[ T]", cell)), ""),
    }


def _wallabag(row: Mapping[str, Any]) -> dict[str, Any]:
    said = mappings(row.get("annotations"))
    by = [each for each in listed(row.get("published_by")) if each]
    return {
        "quotes": [each.get("quote") or "" for each in said],
        "note": joined(each.get("text") for each in said),
        "author": ", ".join(by),
    }


def _pocket_notes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"quotes": listed(row.get("highlights"))}


def _linkding(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": joined((row.get("description"), row.get("notes")))}


TABLES = (
    Shape(
        kind="readwise",
        needs=frozenset({"highlight", "book title"}),
        names=_names(
            url="url|source url|book url", title="book title", author="book author", quotes="highlight", note="note",
            saved="highlighted at",
        ),
        also=_readwise,
    ),
    Shape(
        kind="readwise-reader",
        needs=frozenset({"url", "document tags", "saved date"}),
        names=_names(url="url", title="title", author="author"),
        also=_reader,
    ),
    Shape(
        kind="raindrop",
        needs=frozenset({"url", "created", "excerpt"}),
        names=_names(url="url", title="title", summary="excerpt", saved="created"),
        also=_raindrop,
    ),
    Shape(
        kind="instapaper",
        needs=frozenset({"url", "selection", "folder"}),
        names=_names(url="url", title="title", saved="timestamp"),
        also=_instapaper,
    ),
    Shape(
        kind="pocket",
        needs=frozenset({"url", "time_added"}),
        names=_names(url="url", title="title", tags="tags", saved="time_added"),
        marks="|,",
    ),
    Shape(
        kind="wallabag",
        needs=frozenset({"url", "mime type", "creation date"}),
        names=_names(url="url", title="title", tags="tags", saved="creation date", html="content", lang="language"),
    ),
    Shape(kind="table", needs=frozenset({"url"}), names=GENERAL),
)  # fmt: skip
LISTS = (
    Shape(
        kind="pinboard",
        needs=frozenset({"href", "extended"}),
        names=_names(url="href", title="description", note="extended", saved="time", tags="tags"),
        marks=" ",
    ),
    Shape(
        kind="omnivore",
        needs=frozenset({"url", "slug", "savedat"}),
        names=_names(
            url="url", title="title", author="author", summary="description", tags="labels", saved="savedat",
            published="publishedat", quotes="quotes", note="note", html="html",
        ),
    ),
    *(
        Shape(
            kind="wallabag",
            needs=frozenset({"url", mark, "content"}),
            names=_names(
                url="url", title="title", tags="tags", saved="created_at",
                published="published_at", html="content", lang="language",
            ),
            also=_wallabag,
        )
        for mark in ("is_archived", "is_read")
    ),
    Shape(
        kind="linkding",
        needs=frozenset({"url", "tag_names"}),
        names=_names(url="url", title="title|website_title", tags="tag_names", saved="date_added"),
        also=_linkding,
    ),
    Shape(
        kind="readability",
        needs=frozenset({"article__url"}),
        names=_names(
            url="article__url", title="article__title", summary="article__excerpt", saved="date_added", tags="tags"
        ),
    ),
    Shape(
        kind="pocket",
        needs=frozenset({"url", "highlights"}),
        names=_names(url="url", title="title"),
        also=_pocket_notes,
    ),
    Shape(
        kind="firefox",
        needs=frozenset({"uri", "dateadded"}),
        names=_names(url="uri", title="title", tags="tags", saved="dateadded", note="note"),
    ),
    Shape(kind="list", needs=frozenset({"url"}), names=GENERAL),
)  # fmt: skip
