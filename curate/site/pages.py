"""Read the pages of a built site, to look at them: each parsed once, with its links and what they mean.

Pure but for reading files. Must not know what makes a page good.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import lxml.etree
import lxml.html

from curate.site.manifest import list_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What libxml2 says that is a mistake in HTML of today, too; it takes new elements and optional ends for some.
MISTAKES = ("Unexpected end tag", "already defined", "redefined", "Attribute")


@dataclass(frozen=True)
class Page:
    """One HTML page: its path from the site's root, and its bytes."""

    name: str
    raw: bytes

    @cached_property
    def _parsed(self) -> tuple[lxml.html.HtmlElement, tuple[str, ...]]:
        parser = lxml.html.HTMLParser(encoding="utf-8")
        try:
            tree = lxml.html.document_fromstring(self.raw, parser=parser)
        except lxml.etree.ParserError:
            return lxml.html.document_fromstring("<p></p>"), ("nothing is in it",)
        said = [f"line {error.line}: {error.message.strip().rstrip('.')}" for error in parser.error_log]
        return tree, tuple(one for one in said if any(words in one for words in MISTAKES))

    @property
    def tree(self) -> lxml.html.HtmlElement:
        """The page as a tree of elements."""
        return self._parsed[0]

    @property
    def mistakes(self) -> tuple[str, ...]:
        """What the parser had to mend, each with its line."""
        return self._parsed[1]

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What a link with # may lead to."""
        return frozenset(map(str, self.tree.xpath("//@id | //a/@name")))

    def text(self, path: str) -> list[str]:
        """Return the texts of the elements an XPath finds, each on one line."""
        return [" ".join(element.text_content().split()) for element in self.tree.xpath(path)]


class BuiltSite:
    """The files of a built site and its pages; ``address`` is where it stands on the web, or empty."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address.rstrip("/")
        self.files = frozenset(list_files(folder))
        pages = [name for name in self.files if name.endswith(".html") and (folder / name).is_file()]
        self.pages = {name: Page(name, (folder / name).read_bytes()) for name in pages}

    def __iter__(self) -> Iterator[Page]:
        """Go through the pages by their names."""
        return (self.pages[name] for name in sorted(self.pages))

    def inside(self, page: Page, link: str) -> tuple[str, str] | None:
        """Return the path and the anchor that ``link`` on ``page`` means inside the site; None when it leads out.

        A path that no file has is returned, too; one that ends in / means its index.html.
        """
        parts = urlsplit(link.strip())
        home = urlsplit(self.address)
        if parts.scheme or parts.netloc:
            if not self.address or (parts.scheme or home.scheme, parts.netloc) != (home.scheme, home.netloc):
                return None
            if not f"{parts.path}/".startswith(f"{home.path}/"):
                return None
        path = unquote(parts.path)
        if not path and not parts.netloc:
            return page.name, unquote(parts.fragment)
        if path.startswith("/") or parts.netloc:
            path = path.removeprefix(home.path)
        else:
            path = posixpath.join(posixpath.dirname(page.name), path)
        name = posixpath.normpath(f"/{path}").lstrip("/")
        is_folder = not name or path.endswith(("/", "/.", "/..")) or path in (".", "..")
        return (posixpath.join(name, "index.html") if is_folder else name), unquote(parts.fragment)
