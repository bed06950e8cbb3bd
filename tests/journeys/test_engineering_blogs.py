"""A person brings a well-known list of 422 feeds, most of them out of reach, and the screen stays calm."""

from __future__ import annotations

import csv
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.conftest import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback

LIST = CORPORA / "engineering-blogs" / "engineering_blogs.opml"
WIDE = 80


def saved() -> dict[str, bytes]:
    """Return one saved feed of each host we have any of."""
    with (CORPORA / "real-feeds.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["host"].removeprefix("www."): (CORPORA / row["path"]).read_bytes() for row in rows if row["host"]}


@pytest.mark.skipif(not LIST.is_file(), reason="the corpora are not here")
def test_a_list_most_of_which_is_out_of_reach_is_told_without_noise(
    tmp_path: Path, desk: Path, curate: Curate, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds whose host we have a saved feed of are served, all others refuse the connection."""
    bodies, served = saved(), set()
    port = loopback.url.rpartition(":")[2]
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", f"127.0.0.0/8:{port},127.0.0.0/8:9")  # nobody listens at 9

    def here(found: re.Match[str]) -> str:
        parts = urlsplit(html.unescape(found[1]))
        host, path = (parts.hostname or "").removeprefix("www."), f"/{parts.netloc}{parts.path}"
        if host in bodies:
            served.add(loopback.put(path, bodies[host]))
            return f'xmlUrl="{html.escape(loopback.url + path)}"'
        number = len(path) * 251 + sum(path.encode())
        return f'xmlUrl="http://127.1.{number // 250 % 250}.{number % 250 + 1}:9{html.escape(path)}"'

    text, given = re.subn(r'xmlUrl="([^"]*)"', here, LIST.read_text(encoding="utf-8"))
    listing = tmp_path / "engineering_blogs.opml"
    listing.write_text(text, encoding="utf-8")
    assert given == 422

    imported = curate("-C", desk, "feed", "import", listing)
    found = re.fullmatch(r"Added (\d+) feeds, (\d+) skipped because they are already listed\.\n", imported.out)
    assert found
    added = int(found[1])
    assert imported.err == ""
    assert curate("-C", desk, "feed", "import", listing).out.startswith("Added 0 feeds, 422 skipped")
    feeds = curate("-C", desk, "feed", "list", "--json").data
    assert len(feeds) == added > 390

    fetched = curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "fetch", expect=5)
    lines = fetched.out.splitlines()
    failing = added - len(served)
    assert re.fullmatch(rf"{len(served)} feeds read, [\d,]+ new items\.", lines[0])
    assert lines[1].startswith(f"{failing} of {added} could not be reached, all at once: that looks like the network.")
    assert lines[2:] == ["No feed is blamed; the next fetch asks them again."]
    assert max(map(len, lines)) <= WIDE
    assert fetched.err == ""

    listed = curate("-C", desk, "--now", "2026-11-23T08:10:00Z", "feed", "list").out.splitlines()
    assert max(map(len, listed)) <= WIDE
    assert sum(line.endswith("not asked yet") for line in listed) == failing
    assert curate("-C", desk, "feed", "list", "--failing", "--json").data == []
    again = curate("-C", desk, "--now", "2026-11-23T10:00:00Z", "fetch", "--force", expect=5).out.splitlines()
    assert f"{failing} failed:" in again[0], again[:3]
    assert len(again) <= 12, "a handful by name, and where the others are told"
    exported = tmp_path / "exported.opml"
    exported.write_text(curate("-C", desk, "feed", "export").out, encoding="utf-8")
    assert curate("-C", desk, "feed", "import", exported).out.startswith("Added 0 feeds")
