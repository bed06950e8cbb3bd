"""Judge a post's links to files before Pelican follows them: what they copy becomes public.

Looks at the disk (is it there, is it a link) and changes nothing.
"""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from curate.posts.post import PostFault

if TYPE_CHECKING:
    from curate.posts.post import Post

FILE_LINK = re.compile(  # where Pelican looks for one: in a tag, and in each tag the last
    r"""<[^>]+(?:href|src|poster|data|cite|formaction|action|content)\s*=\s*"""
    r"""(["'])\{(?P<kind>filename|static|attach)\}(?P<value>.*?)\1"""
)
IMAGE = re.compile(r"\{(?:static|attach)\}(?P<value>.*)")


PELICANS_LINK = re.compile(  # whatever Pelican resolves when the text is shown
    r"""<[^>]+(?:href|src|poster|data|cite|formaction|action|content)\s*=\s*["']"""
    r"""\{(?:filename|static|attach|category|tag|index|author)\}"""
)


def has_links(body: str) -> bool:
    """Say whether Pelican would find a link of its own in ``body``."""
    return "{" in body and PELICANS_LINK.search(body) is not None


def check_links(body: str, post: Post, content: Path) -> None:
    """Refuse links to files that would put on the site what is not the content's own.

    ``{static}`` and ``{attach}`` copy a file, so it must lie inside content/ and be neither a post nor
    the profile; ``{filename}`` must lead to a page of the site.
    """
    for link in FILE_LINK.finditer(body):
        problem = _problem(link["kind"], unescape(link["value"]), post.path.parent, content)
        if problem:
            shown = f"{{{link['kind']}}}{unescape(link['value'])}"
            hint = "Put the file into content/images/ and link to it there, or link to a page."
            raise PostFault(str(post.path), _line_of(link["value"], post), f"the link “{shown}” {problem}.", hint)


def linked_files(body: str, folder: Path, content: Path) -> set[str]:
    """Return the files that ``body`` would publish, by path below ``content``, as a post in ``folder`` writes them."""
    links = (link for link in FILE_LINK.finditer(body) if link["kind"] != "filename")
    targets = (_target(unescape(link["value"]), folder, content) for link in links)
    return {target.relative_to(content).as_posix() for target in targets if target is not None}


def file_behind(address: str, folder: Path, content: Path) -> Path | None:
    """Return the file of content/ that an image's address means, as a post in ``folder`` writes it; None for others."""
    link = IMAGE.fullmatch(unescape(address))
    return _target(link["value"], folder, content) if link else None


def _problem(kind: str, value: str, folder: Path, content: Path) -> str:
    """Say what is wrong with a link to a file; "" when nothing is."""
    place = _target(value, folder, content)
    if place is None:
        return "leads out of content/, and nothing from there is published"
    if not place.is_file():
        return "leads to no file"
    parts = place.relative_to(content).parts
    private = place.suffix == ".md" or parts[0] == "profile" or any(part.startswith(".") for part in parts)
    return "would publish the file itself" if private and kind != "filename" else ""


def _target(value: str, folder: Path, content: Path) -> Path | None:
    """Return the file a link means; None when it lies outside ``content``, by its path or through a link."""
    path = unquote(urlsplit(value).path)
    if "\0" in path or "\\" in path:
        return None
    joined = content / path.lstrip("/") if path.startswith("/") else folder / path
    place = Path(os.path.normpath(joined))
    if not place.is_relative_to(content) or place == content:
        return None
    return place if place.resolve().is_relative_to(content.resolve()) else None


def _line_of(printed: str, post: Post) -> int:
    """Return the file's line of a link's address, which the page may show with entities."""
    places = (post.body.find(text) for text in (printed, unescape(printed), unquote(unescape(printed))))
    found = next((place for place in places if place >= 0), 0)
    return post.body_line + post.body.count("\n", 0, found)
