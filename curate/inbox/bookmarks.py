"""Read what programs export for people to look at: bookmarks as HTML, and addresses one a line.

Pure, and takes time in proportion to the text. Netscape's bookmark file is what browsers, Pinboard,
Raindrop, linkding and Shaarli write; Pocket and Instapaper write lists of their own.
Source: https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from curate.feeds.characters import one_line
from curate.inbox.saved import Export, Rejected, shown, split_list

NETSCAPE = re.compile(r"<!DOCTYPE\s+NETSCAPE-Bookmark-file", re.IGNORECASE)
ANCHOR = re.compile(r"<a\s", re.IGNORECASE)
ROOTS = ("personal_toolbar_folder", "unfiled_bookmarks_folder")  # folders that a browser makes for everybody
STATES = {"unread", "read archive", "archive", "starred", "my articles", "liked"}  # headings that are no folders
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
DEEPEST = 100  # folders in one another; deeper ones count as the last of these


def read_bookmarks(text: str) -> Export:
    """Return what a bookmark file, Pocket's HTML or Instapaper's holds: folders become tags, <DD> a note."""
    if NETSCAPE.search(text, 0, 2_000):
        kind = "netscape"
    else:
        kind = "pocket" if "time_added=" in text else "instapaper" if "Instapaper" in text[:2_000] else "links"
    reader = _Bookmarks(Export(kind=kind))
    reader.feed(text)
    reader.close()
    reader.finish()
    return reader.export


class _Bookmarks(HTMLParser):
    """Follow the tags: <H3> names a folder, <DL> opens it, <DT><A> is a bookmark, <DD> says something of it."""

    def __init__(self, export: Export) -> None:
        super().__init__(convert_charrefs=True)
        self.export = export
        self.netscape = export.kind == "netscape"
        self.folders: list[str] = []
        self.heading = ""
        self.said: dict[str, Any] | None = None
        self.line = 0
        self.text: list[str] = []
        self.into = ""  # what the text we read is: title, note, heading
        self.term = False  # a <DT> is open, and what follows is a bookmark or a folder

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a bookmark, a folder or a description."""
        values = {name: value or "" for name, value in attrs}
        if tag == "dt":
            self.finish()
            self.term = True
        elif tag == "a" and "href" in values and (self.term or not self.netscape):
            self.finish()
            self.line = self.getpos()[0]
            self.said = values
            self._listen("title")
        elif tag in {"h1", "h3"} and (self.term or not self.netscape):
            self.finish()
            root = any(values.get(name, "").lower() == "true" for name in ROOTS)
            self._listen("root" if root else "heading")
        elif tag == "dd" and self.said is not None:
            self._listen("note")
        elif tag == "dl":
            self.finish()
            self.folders.append(self.heading)
            self.heading = ""
        elif tag in {"br", "p", "li"} and self.into == "note":
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End what the tag ended."""
        if (tag == "a" and self.into == "title") or (tag in {"h1", "h3"} and self.into in {"heading", "root"}):
            self._heard()
            self.term = False
        elif tag == "dl":
            self.finish()
            if self.folders:
                self.folders.pop()

    def handle_data(self, data: str) -> None:
        """Take text for what is being read."""
        if self.into:
            self.text.append(data)

    def finish(self) -> None:
        """Take the bookmark that was read, when there is one."""
        self._heard()
        self.term = False
        if self.said is None:
            return
        said, self.said = self.said, None
        tags = split_list(
            said.get("tags", "").replace("|", ",") if self.export.kind == "pocket" else said.get("tags", "")
        )
        folders = [name for name in (self.folders[:DEEPEST] if self.netscape else [self.heading]) if name]
        own = said["href"].startswith("?")  # Shaarli's notes: they have no address but there
        self.export.take(
            self.line,
            {
                "url": "" if own else said["href"],
                "own": own,
                "title": said.get("title text", ""),
                "saved": said.get("add_date") or said.get("time_added"),
                "tags": [*tags, *folders],
                "note": said.get("note text", ""),
            },
        )

    def _listen(self, into: str) -> None:
        self._heard()
        self.into, self.text = into, []

    def _heard(self) -> None:
        """Put the text that was read where it belongs."""
        into, text, self.into = self.into, "".join(self.text), ""
        self.text = []
        if into == "heading":
            name = one_line(text)
            self.heading = "" if not self.netscape and name.casefold() in STATES else name
        elif into == "root":
            self.heading = ""
        elif into and self.said is not None:
            self.said[f"{into} text"] = text


def read_addresses(text: str) -> Export:
    """Return the address on each line of ``text``, with the words beside it as its title; # begins a remark."""
    export = Export(kind="urls")
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip().strip("\ufeff")
        if not plain or plain.startswith("#"):
            continue
        found = ADDRESS.search(plain)
        if found is None:
            export.rejected.append(Rejected(number, f"“{shown(plain)}” is no web address"))
            continue
        beside = one_line(f"{plain[: found.start()]} {plain[found.end() :]}").strip(" -*<>[]()\"'\t,;|")
        export.take(number, {"url": found[0].rstrip(").,;]>"), "title": beside})
    return export
