"""Every real feed we have goes in: imported as a list, fetched over HTTP, each entry an item, once."""

from __future__ import annotations

import csv
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import pytest

from tests.conftest import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback

Answer = tuple[int, dict[str, str], bytes]
NO_FEEDS = {
    "/page": (200, b"<!doctype html><title>Home</title><p>Welcome.</p>", "is a web page, not a feed"),
    "/gone": (404, b"not here", "answered 404 Not Found"),
    "/report.pdf": (200, b"%PDF-1.7\n...", "is a PDF file, not a feed"),
    "/note.xml": (200, b"<note><to>you</to></note>", "is XML, but not a feed"),
    "/broken.json": (
        200,
        b'{"version": "https://jsonfeed.org/version/1", "items": [',
        "begins like JSON, but is broken",
    ),
}


def real_feeds() -> list[tuple[str, int, bytes]]:
    """Return (own path, entries, body) of every saved real feed, each path another."""
    listing = CORPORA / "real-feeds.tsv"
    if not listing.is_file():
        pytest.skip("the corpora are not here")
    with listing.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for number, row in enumerate(rows):
        parts = urlsplit(row["url"])
        path = f"/{number}/{parts.hostname or 'nowhere'}{parts.path or '/'}" + (
            f"?{parts.query}" if parts.query else ""
        )
        found.append((path.replace(" ", "%20"), int(row["entries"]), (CORPORA / row["path"]).read_bytes()))
    return found


class Server:
    """What the saved feeds' servers do: honour validators, or send everything again, a little changed."""

    def __init__(self) -> None:
        self.forgetful = False

    def page(self, status: int, body: bytes) -> object:
        tag = f'"{sha256(body).hexdigest()[:16]}"'

        def answer(_: str, __: str, headers: dict[str, str], ___: bytes) -> Answer:
            if self.forgetful:
                return status, {}, body + b"\n"
            if headers.get("If-None-Match") == tag:
                return 304, {"ETag": tag}, b""
            return status, {"ETag": tag}, body

        return answer


def test_every_real_feed_gives_its_entries_once(tmp_path: Path, desk: Path, curate: Curate, loopback: Loopback) -> None:
    """The list imports whole, no feed fails, each refusal has its reason, and nothing is ever new twice."""
    feeds, server = real_feeds(), Server()
    for path, _, body in feeds:
        loopback.pages[path] = server.page(200, body)
    for path, (status, body, _) in NO_FEEDS.items():
        loopback.pages[path] = server.page(status, body)
    urls = [loopback.url + path for path in (*(path for path, _, _ in feeds), *NO_FEEDS)]
    rows = "".join(f'<outline type="rss" text="feed" xmlUrl={quoteattr(url)}/>' for url in urls)
    listing = tmp_path / "real.opml"
    listing.write_text(f'<opml version="2.0"><head/><body>{rows}</body></opml>', encoding="utf-8")

    imported = curate("-C", desk, "feed", "import", listing, "--json").data
    assert (len(imported["added"]), imported["known"], imported["refused"]) == (len(urls), [], [])

    first = curate("-C", desk, "fetch", "--json", expect=5).data  # some of them are no feeds
    refused = {loopback.url + path: reason for path, (_, _, reason) in NO_FEEDS.items()}
    assert {each["url"]: each["reason"] for each in first["failed"]} == refused
    assert (first["feeds"], first["ok"], first["not_modified"]) == (len(urls), len(feeds), 0)

    items = curate("-C", desk, "item", "list", "--state", "new", "--limit", "0", "--json").data
    assert len(items) == first["new_items"] == len({item["id"] for item in items})
    counts = Counter(item["feed_url"] for item in items)
    assert [path for path, _, _ in feeds if not counts[loopback.url + path]] == []
    assert all(counts[loopback.url + path] <= entries for path, entries, _ in feeds)
    assert len(items) > 0.99 * sum(entries for _, entries, _ in feeds)
    assert all(item["title"] and item["url"].startswith(("https://", "http://")) for item in items)

    second = curate("-C", desk, "fetch", "--force", "--json", expect=5).data
    assert (second["new_items"], second["ok"], second["not_modified"]) == (0, 0, len(feeds))

    server.forgetful = True
    third = curate("-C", desk, "fetch", "--force", "--json", expect=5).data
    assert (third["new_items"], third["ok"], third["not_modified"]) == (0, len(feeds), 0)
    assert len(curate("-C", desk, "item", "list", "--limit", "0", "--json").data) == len(items)
