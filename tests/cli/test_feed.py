"""The commands ``feed …`` and ``fetch``: their answers, exit codes and streams."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.cli import feed_view
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.journal import Moved, note_move
from tests.feeds.test_portal import PORTALS, hosts

if TYPE_CHECKING:
    from tests.conftest import Curate, Loopback

ROOT = Path(__file__).parents[2]
ITEM = "<item><title>{0}</title><link>https://night.example/{0}</link><guid>{0}</guid></item>"


def rss(*titles: str, title: str = "Night Shift") -> str:
    items = "".join(map(ITEM.format, titles))
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://night.example/</link>{items}</channel></rss>"
    )


def page(*links: str) -> str:
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return f"<!doctype html><html><head><title>x</title>{heads}</head><body><p>x</p></body></html>"


def titles(curate: Curate, desk: Path) -> set[str]:
    return {item["title"] for item in curate("-C", desk, "item", "list", "--limit", "0", "--json").data}


# feed add


def test_adding_a_feed_keeps_its_title_and_nothing_else(curate: Curate, desk: Path, loopback: Loopback) -> None:
    url = loopback.put("/feed", rss("one"))
    answer = curate("-C", desk, "feed", "add", url, "--folder", "Work/Ops", "--json")
    assert answer.data == {
        "url": url,
        "title": "Night Shift",
        "folder": "Work/Ops",
        "site_url": "https://night.example/",
        "every": 0,
        "paused": False,
        "added": True,
    }
    assert url in (desk / "feeds.opml").read_text(encoding="utf-8")
    assert titles(curate, desk) == set()


def test_a_page_with_one_feed_is_enough(curate: Curate, desk: Path, loopback: Loopback) -> None:
    feed = loopback.put("/posts.xml", rss("one"))
    answer = curate("-C", desk, "feed", "add", loopback.put("/blog", page("/posts.xml")), "--title", "My night")
    assert answer.out == f"Added “My night”, {feed}, found through that page. Next: curate fetch\n"


def test_a_page_with_several_feeds_asks_which(curate: Curate, desk: Path, loopback: Loopback) -> None:
    posts, comments = loopback.put("/posts", rss("one")), loopback.put("/comments", rss("two", title="Comments"))
    url = loopback.put("/", page("/posts", "/comments"))
    answer = curate("-C", desk, "feed", "add", url, expect=2)
    assert answer.out == ""
    assert answer.err.splitlines()[:3] == [
        "That is a page. It offers 2 feeds:",
        f"1) Night Shift  {posts}",
        f"2) Comments  {comments}",
    ]
    assert "offers 2 feeds" in curate("-C", desk, "feed", "add", url, "--json", expect=2).error["message"]
    assert curate("-C", desk, "feed", "list", "--json").data == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_the_answer_is_taken(desk: Path, loopback: Loopback) -> None:
    import pty

    loopback.put("/posts", rss("one"))
    comments = loopback.put("/comments", rss("two", title="Comments"))
    url = loopback.put("/", page("/posts", "/comments"))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "curate", "-C", str(desk), "feed", "add", url],
        cwd=ROOT,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
    ) as process:
        os.write(ours, b"2\n")
        out = process.communicate(timeout=30)[0].decode()
    asked = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert "1) Night Shift" in asked
    assert "Which" in asked
    assert out.startswith(f"Added “Comments”, {comments}")


def test_a_feed_that_is_there_is_not_added_again(curate: Curate, desk: Path, loopback: Loopback) -> None:
    url = loopback.put("/feed", rss("one"))
    through = loopback.put("/", page("/feed"))
    curate("-C", desk, "feed", "add", url, "--title", "Ops Weekly")
    seen = len(loopback.seen)
    assert curate("-C", desk, "feed", "add", url).out == "Already there as “Ops Weekly”.\n"
    assert len(loopback.seen) == seen
    answer = curate("-C", desk, "feed", "add", through, "--json").data
    assert (answer["url"], answer["title"], answer["added"]) == (url, "Ops Weekly", False)


def test_what_cannot_be_added_is_told_with_the_right_exit_code(curate: Curate, desk: Path, loopback: Loopback) -> None:
    before = (desk / "feeds.opml").read_bytes()
    refused = curate("-C", desk, "feed", "add", "http://127.0.0.1:9/feed", expect=5)
    assert "refused: private address 127.0.0.1 (allow it with fetch.allow_private)" in refused.err
    assert "is a web page, not a feed" in curate("-C", desk, "feed", "add", loopback.put("/", page()), expect=1).err
    assert "answered 404 Not Found" in curate("-C", desk, "feed", "add", loopback.url + "/gone", expect=5).err
    big = loopback.put("/big", bytes(16 * 1024 * 1024))
    assert "is larger than 15 MiB" in curate("-C", desk, "feed", "add", big, expect=1).err
    for no_address in ("file:///etc/passwd", "/etc/passwd", "javascript:alert(1)", "http://u:p@example.org/", "feed"):
        answer = curate("-C", desk, "feed", "add", no_address, expect=2)
        assert answer.err.startswith(f"{no_address}: refused: ")
    assert (desk / "feeds.opml").read_bytes() == before


def test_offline_a_feed_is_added_by_its_title_only(curate: Curate, desk: Path, loopback: Loopback) -> None:
    answer = curate("-C", desk, "--offline", "feed", "add", "ops.example/feed", expect=5)
    assert "--offline" in answer.err
    assert "--title" in answer.err
    added = curate("-C", desk, "--offline", "feed", "add", "ops.example/feed", "--title", "Ops", "--json").data
    assert (added["url"], added["title"]) == ("https://ops.example/feed", "Ops")
    assert loopback.seen == []


# feed list, remove, import, export


def test_the_list_shows_each_feeds_health(curate: Curate, desk: Path, loopback: Loopback) -> None:
    assert curate("-C", desk, "feed", "list").err == feed_view.NO_FEEDS + "\n"
    good, bad = loopback.put("/good", rss("one", "two")), loopback.put("/bad", rss("x", title="Bad"))
    curate("-C", desk, "feed", "add", good)
    curate("-C", desk, "feed", "add", bad, "--folder", "Odd")
    loopback.put("/bad", "no", status=404)
    curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "fetch", expect=5)
    rows = {row["url"]: row for row in curate("-C", desk, "feed", "list", "--json").data}
    assert rows[good] == {
        "url": good,
        "title": "Night Shift",
        "folder": "",
        "site_url": "https://night.example/",
        "every": 0,
        "paused": False,
        "checked": "2026-11-23T08:00:00Z",
        "succeeded": "2026-11-23T08:00:00Z",
        "failures": 0,
        "reason": "",
        "items": 2,
        "kept": 0,
        "newest": "2026-11-23T08:00:00Z",
        "due": "2026-11-23T08:59:00Z",
        "moved_to": "",
        "gone": None,
    }
    assert (rows[bad]["failures"], rows[bad]["reason"], rows[bad]["succeeded"]) == (1, "answered 404 Not Found", None)
    assert [row["url"] for row in curate("-C", desk, "feed", "list", "--failing", "--json").data] == [bad]
    shown = curate("-C", desk, "--now", "2026-11-23T10:00:00Z", "feed", "list").out.splitlines()
    assert shown[1].split() == ["Night", "Shift", "2", "0", "2h", "next", "now"]
    assert shown[2].split() == ["Bad", "0", "0", "never", "404", "Not", "Found"]
    failing = curate("-C", desk, "--now", "2026-11-23T08:10:00Z", "feed", "list", "--failing").out.splitlines()
    assert failing[2] == f"    {bad}"
    assert re.fullmatch(r"    answered 404 Not Found; asked again in (3[789]|4\d|50) min", failing[3])


def test_a_feeds_title_moves_no_cursor(curate: Curate, desk: Path, loopback: Loopback) -> None:
    url = loopback.put("/feed", rss("one"))
    added = curate("-C", desk, "feed", "add", url, "--title", "\x1b[2J\u202eevil")
    listed = curate("-C", desk, "feed", "list")
    for text in (added.out, listed.out):
        assert "evil" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_feed_is_removed_by_address_or_title_and_its_items_stay(
    curate: Curate, desk: Path, loopback: Loopback
) -> None:
    for name in ("one", "two"):
        curate("-C", desk, "feed", "add", loopback.put(f"/{name}", rss(name, title=name.title())))
    curate("-C", desk, "fetch")
    asked = curate("-C", desk, "feed", "remove", "one", expect=2)
    assert "--yes" in asked.err
    assert curate("-C", desk, "feed", "remove", "ONE", "--yes").out == "Removed “One”. Its items stay.\n"
    assert curate("-C", desk, "feed", "remove", loopback.url + "/two", "--yes", "--json").data["title"] == "Two"
    assert curate("-C", desk, "feed", "list", "--json").data == []
    assert titles(curate, desk) == {"one", "two"}
    assert curate("-C", desk, "feed", "remove", "one", "--yes", "--json", expect=2).error["code"] == "unknown"


def test_two_feeds_of_one_title_are_told_apart_by_address(curate: Curate, desk: Path, loopback: Loopback) -> None:
    for name in ("one", "two"):
        curate("-C", desk, "feed", "add", loopback.put(f"/{name}", rss(name)))
    assert "Name one by its address" in curate("-C", desk, "feed", "remove", "night shift", "--yes", expect=2).err


OPML = """<opml version="2.0"><head/><body><outline text="Work">
<outline type="rss" text="Ops" xmlUrl="https://ops.example/feed"/>
<outline type="rss" text="Bad" xmlUrl="file:///etc/passwd"/></outline>
<outline type="rss" text="Net" xmlUrl="https://net.example/feed"/></body></opml>"""


def test_a_list_is_imported_once_and_what_cannot_be_read_is_named(curate: Curate, desk: Path, tmp_path: Path) -> None:
    listing = tmp_path / "list.opml"
    listing.write_text(OPML, encoding="utf-8")
    would = curate("-C", desk, "feed", "import", listing, "--dry-run")
    assert would.out == "Would add 2 feeds.\n"
    assert curate("-C", desk, "feed", "list", "--json").data == []
    data = curate("-C", desk, "feed", "import", listing, "--json").data
    assert [(feed["url"], feed["title"], feed["folder"]) for feed in data["added"]] == [
        ("https://ops.example/feed", "Ops", "Work"),
        ("https://net.example/feed", "Net", ""),
    ]
    assert data["known"] == []
    assert [refused["url"] for refused in data["refused"]] == ["file:///etc/passwd"]
    again = curate("-C", desk, "feed", "import", listing)
    assert again.out == "Added 0 feeds, 2 skipped because they are already listed.\n"
    assert "file:///etc/passwd" in again.err


def test_an_import_says_which_feeds_will_not_be_read_as_usual(curate: Curate, desk: Path, tmp_path: Path) -> None:
    for host, flags in (("a", ("--every", "240")), ("b", ())):
        curate("-C", desk, "feed", "add", f"https://{host}.example/feed", "--title", host.upper(), "--offline")
        if flags:
            curate("-C", desk, "feed", "edit", host, *flags)
    curate("-C", desk, "feed", "pause", "b")
    listing = tmp_path / "list.opml"
    listing.write_text(curate("-C", desk, "feed", "export").out, encoding="utf-8")
    for host in "ab":
        curate("-C", desk, "feed", "remove", host, "--yes")
    told = curate("-C", desk, "feed", "import", listing).out.splitlines()
    assert told == ["Added 2 feeds.", "1 is paused and 1 has an interval of its own, as the list says."]
    rows = curate("-C", desk, "feed", "list", "--json").data
    assert [(row["every"], row["paused"]) for row in rows] == [(240, False), (0, True)]


def test_a_list_comes_from_standard_input_and_goes_to_standard_output(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(OPML.encode())))
    assert len(curate("-C", desk, "feed", "import", "-", "--json").data["added"]) == 2
    exported = curate("-C", desk, "feed", "export").out
    assert exported.startswith("<?xml")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(exported.encode())))
    assert len(curate("-C", desk, "feed", "import", "-", "--json").data["known"]) == 2
    assert curate("-C", desk, "feed", "export", "--json").data["opml"] == exported


def test_a_file_that_is_not_there_is_a_wrong_argument(curate: Curate, desk: Path) -> None:
    assert "nowhere.opml" in curate("-C", desk, "feed", "import", "nowhere.opml", expect=2).err


# fetch


def test_fetch_answers_what_came(curate: Curate, desk: Path, loopback: Loopback) -> None:
    one, two = loopback.put("/one", rss("a", "b"), ETag='"1"'), loopback.put("/two", rss("c"))
    for url in (one, two):
        curate("-C", desk, "feed", "add", url)
    answer = curate("-C", desk, "fetch", "--json")
    assert answer.data == {"feeds": 2, "ok": 2, "not_modified": 0, "failed": [], "new_items": 3, "moved": []}
    assert answer.err == ""
    assert titles(curate, desk) == {"a", "b", "c"}


def test_a_second_fetch_waits_and_a_forced_one_asks_for_news_only(
    curate: Curate, desk: Path, loopback: Loopback
) -> None:
    url = loopback.put("/one", rss("a"), ETag='"1"')
    curate("-C", desk, "feed", "add", url)
    curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "fetch")
    seen = len(loopback.seen)
    soon = curate("-C", desk, "--now", "2026-11-23T08:30:00Z", "fetch")
    assert soon.out == "No feed is due for 29 minutes. curate fetch --force asks all the same.\n"
    assert len(loopback.seen) == seen
    forced = curate("-C", desk, "--now", "2026-11-23T08:30:00Z", "fetch", "--force", "--json").data
    assert forced == {"feeds": 1, "ok": 0, "not_modified": 1, "failed": [], "new_items": 0, "moved": []}
    assert loopback.seen[-1][2]["If-None-Match"] == '"1"'
    later = curate("-C", desk, "--now", "2026-11-23T09:30:00Z", "fetch")
    assert later.out == "1 feed read, 0 new items.\n"


def test_feeds_that_fail_are_named_and_the_rest_is_in(curate: Curate, desk: Path, loopback: Loopback) -> None:
    curate("-C", desk, "feed", "add", loopback.put("/good", rss("a", "b")))
    gone = [loopback.put(f"/{number}", rss("x"), status=200) for number in range(5)]
    for number, url in enumerate(gone):
        curate("-C", desk, "feed", "add", url, "--title", f"Gone {number}")
        loopback.put(f"/{number}", "", status=404)
    answer = curate("-C", desk, "fetch", expect=5)
    first, reason, names, last = answer.out.splitlines()
    assert first == "1 feed read, 5 failed:"
    assert re.fullmatch(r"  answered 404 Not Found: (Gone \d, ){2}Gone \d and 2 more", reason)
    assert names.startswith("curate feed list --failing names all")
    assert last == "Everything else is in: 2 new items."
    data = curate("-C", desk, "fetch", "--force", "--json", expect=5).data
    assert data["feeds"] == data["ok"] + data["not_modified"] + len(data["failed"]) == 6
    assert sorted(row["url"] for row in data["failed"]) == sorted(gone)
    assert {row["reason"] for row in data["failed"]} == {"answered 404 Not Found"}


def test_a_feed_that_fails_again_is_told_with_the_day_it_was_last_read(
    curate: Curate, desk: Path, loopback: Loopback
) -> None:
    curate("-C", desk, "feed", "add", loopback.put("/one", rss("a")))
    curate("-C", desk, "--now", "2026-11-09T08:00:00Z", "fetch")
    loopback.put("/one", "", status=404)
    curate("-C", desk, "--now", "2026-11-10T08:00:00Z", "fetch", expect=5)
    answer = curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "fetch", expect=5)
    assert "1 failed: Night Shift (answered 404 Not Found since 9 Nov)." in answer.out


def test_without_a_network_no_feed_is_blamed(curate: Curate, desk: Path, loopback: Loopback) -> None:
    curate("-C", desk, "feed", "add", loopback.put("/one", rss("a")))
    answer = curate("-C", desk, "--offline", "fetch", "--force", expect=5)
    assert (answer.out, answer.err) == ("", "No feed was asked, because of --offline.\nYour inbox and drafts work.\n")
    assert curate("-C", desk, "feed", "list", "--json").data[0]["failures"] == 0


def test_when_no_feed_gives_a_sign_of_life_it_is_said_once(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*_: object, **__: object) -> object:
        raise OSError("no network")

    for number in range(6):
        curate("-C", desk, "--offline", "feed", "add", f"https://f{number}.example/feed", "--title", f"F{number}")
    monkeypatch.setattr("socket.getaddrinfo", lookup)
    answer = curate("-C", desk, "fetch", expect=5)
    assert answer.out == "No network. Your inbox and drafts work. Fetch and send will wait.\n"
    data = curate("-C", desk, "fetch", "--json", expect=5).data
    assert (data["feeds"], len(data["failed"]), data["new_items"]) == (6, 6, 0)
    checked = curate("-C", desk, "feed", "check", expect=5)
    assert checked.out == "No network. Your inbox and drafts work. No feed is to blame.\n"
    assert all(row["failures"] == 0 for row in curate("-C", desk, "feed", "list", "--json").data)


def test_where_a_network_answers_in_place_of_the_feeds_a_browser_is_wanted(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hosts(6, PORTALS["one page for all"]) as urls:
        monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
        for number, url in enumerate(urls):
            curate("-C", desk, "--offline", "feed", "add", url, "--title", f"F{number}")
        checked = curate("-C", desk, "feed", "check", expect=5)
        assert checked.out == (
            "The network answers in place of the feeds; it may want a sign-in. Open a browser, then check again.\n"
        )
        assert all(each["no_network"] for each in curate("-C", desk, "feed", "check", "--json", expect=5).data)


def test_a_desk_without_feeds_says_how_to_get_some(curate: Curate, desk: Path) -> None:
    assert curate("-C", desk, "fetch").out == feed_view.NO_FEEDS + "\n"
    data = curate("-C", desk, "fetch", "--json").data
    assert data == {"feeds": 0, "ok": 0, "not_modified": 0, "failed": [], "new_items": 0, "moved": []}


# feed check, pause, resume, edit


def shown(curate: Curate, desk: Path, now: str, *flags: str) -> list[str]:
    return curate("-C", desk, "--now", now, "feed", "list", *flags).out.splitlines()[1:]


def test_checking_feeds_tells_how_they_are_and_stores_nothing(curate: Curate, desk: Path, loopback: Loopback) -> None:
    dated = rss("one", "two").replace("</guid>", "</guid><pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate>")
    good = loopback.put("/good", dated, ETag='"1"', Content_Type="application/rss+xml")
    new = loopback.put("/new", rss(), Content_Type="text/html")
    old, bad = loopback.put("/old", "", status=301, Location="/new"), loopback.put("/bad", "x", status=404)
    for url in (good, old, bad):
        curate("-C", desk, "--offline", "feed", "add", url, "--title", url.rpartition("/")[2].title())
    answer = curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "feed", "check", expect=5)
    assert answer.out.splitlines() == [
        "Good: ok, RSS 2.0, 2 entries, the newest of 2 Nov.",
        f"Old: moved for good to {new}, RSS 2.0, 0 entries.",
        "    it has no entries",
        "    its server calls it text/html",
        "    it is sent whole every time: its server knows no ETag and no Last-Modified",
        "Bad: answered 404 Not Found.",
        "3 feeds checked, 1 failed. Nothing was stored.",
    ]
    assert titles(curate, desk) == set()
    assert all(row["checked"] is None for row in curate("-C", desk, "feed", "list", "--json").data)
    curate("-C", desk, "fetch", expect=5)
    loopback.pages["/good"] = (304, {}, b"")
    again = curate("-C", desk, "feed", "check", "goo", "--json").data
    assert [(row["url"], row["outcome"]) for row in again] == [(good, "not_modified")]
    other = curate("-C", desk, "feed", "check", new, "--json").data[0]  # not in the list
    assert (other["outcome"], other["entries"], other["format"]) == ("ok", 0, "RSS 2.0")
    assert curate("-C", desk, "feed", "check", "nothing like it", expect=2).err.startswith("There is no feed")


def test_a_paused_feed_is_not_asked_until_it_is_resumed(curate: Curate, desk: Path, loopback: Loopback) -> None:
    before = (desk / "feeds.opml").read_bytes()
    curate("-C", desk, "feed", "add", loopback.put("/one", rss("a")))
    listed = (desk / "feeds.opml").read_bytes()
    assert curate("-C", desk, "feed", "pause", "NIGHT").out.startswith("“Night Shift” is paused. ")
    assert "was paused already" in curate("-C", desk, "feed", "pause", "night shift").out
    seen = len(loopback.seen)
    assert curate("-C", desk, "fetch", "--force", "--json").data["feeds"] == 0
    assert len(loopback.seen) == seen
    assert curate("-C", desk, "fetch").out == feed_view.NONE_READ + "\n"
    assert shown(curate, desk, "2026-11-23T08:00:00Z")[0].endswith("paused")
    assert curate("-C", desk, "feed", "resume", "night shift", "--json").data["paused"] is False
    assert (desk / "feeds.opml").read_bytes() == listed != before
    assert curate("-C", desk, "fetch", "--json").data["new_items"] == 1
    assert "was not paused. It is due now" in curate("-C", desk, "feed", "resume", "night shift").out
    assert curate("-C", desk, "fetch", "--json").data["feeds"] == 1


def test_a_feed_that_was_gone_for_good_is_read_again_once_it_is_added_again(
    curate: Curate, desk: Path, loopback: Loopback
) -> None:
    url = loopback.put("/one", rss("a"), status=410)
    curate("-C", desk, "--offline", "feed", "add", url, "--title", "Night Shift")
    assert curate("-C", desk, "fetch", "--json", expect=5).data["feeds"] == 1
    assert curate("-C", desk, "fetch", "--force").out == feed_view.NONE_READ + "\n"
    curate("-C", desk, "feed", "remove", url, "--yes")
    loopback.put("/one", rss("a"))
    curate("-C", desk, "feed", "add", url)
    assert curate("-C", desk, "fetch", "--json").data["new_items"] == 1


def test_a_feed_keeps_its_items_when_its_address_is_edited(curate: Curate, desk: Path, loopback: Loopback) -> None:
    old, new = loopback.put("/old", rss("a", "b")), loopback.put("/new", rss("a", "b", "c"))
    curate("-C", desk, "feed", "add", old)
    curate("-C", desk, "fetch")
    answer = curate(
        "-C", desk, "feed", "edit", old, "--url", new, "--folder", "Work", "--title", "Nights", "--every", "240"
    )
    assert answer.out == (
        f"Changed “Night Shift”: its name is Nights, it lies in Work, its address is {new},"
        " it is read every 240 minutes.\n"
    )
    assert curate("-C", desk, "--now", "2027-01-01T00:00:00Z", "fetch", "--json").data["new_items"] == 1
    row = curate("-C", desk, "feed", "list", "--json").data[0]
    assert (row["title"], row["folder"], row["every"], row["items"]) == ("Nights", "Work", 240, 3)
    assert row["due"] == "2027-01-01T03:59:00Z"
    assert "no folder" in curate("-C", desk, "feed", "edit", "nights", "--folder", "", "--every", "0").out
    curate("-C", desk, "feed", "edit", "nights", "--url", old)  # known once before, and the items go along
    assert curate("-C", desk, "feed", "list", "--json").data[0]["items"] == 3
    curate("-C", desk, "feed", "edit", "nights", "--url", new)
    assert "Nothing to change" in curate("-C", desk, "feed", "edit", "nights", expect=2).err
    assert curate("-C", desk, "feed", "edit", "nights", "--url", "file:///etc/passwd", expect=2).out == ""


def test_feeds_that_have_fallen_silent_are_listed(curate: Curate, desk: Path, loopback: Loopback) -> None:
    dated = rss("a").replace("</guid>", "</guid><pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate>")
    for name, body in (("quiet", dated), ("lively", rss("b")), ("empty", rss())):
        curate("-C", desk, "feed", "add", loopback.put(f"/{name}", body), "--title", name.title())
    curate("-C", desk, "--now", "2026-11-23T08:00:00Z", "fetch")
    stale = shown(curate, desk, "2026-11-23T09:00:00Z", "--stale")
    assert [" ".join(line.split()) for line in stale] == [
        "Quiet 1 0 1h nothing new since 3 Mar",
        "Empty 0 0 1h never brought anything",
    ]
    curate("-C", desk, "feed", "remove", "empty", "--yes")
    assert shown(curate, desk, "2026-11-23T09:00:00Z", "--stale", "--days", "300") == []
    assert len(shown(curate, desk, "2026-11-23T09:00:00Z", "-v")) == 4  # each with its address


def test_a_part_of_a_name_is_enough_when_it_is_of_one_feed(curate: Curate, desk: Path) -> None:
    for name in ("Ops Weekly", "Ops Daily", "Ops"):
        curate(
            "-C",
            desk,
            "--offline",
            "feed",
            "add",
            f"https://{name.replace(' ', '').lower()}.example/f",
            "--title",
            name,
        )
    assert curate("-C", desk, "feed", "pause", "week", "--json").data["title"] == "Ops Weekly"
    assert curate("-C", desk, "feed", "pause", "ops", "--json").data["title"] == "Ops"
    assert curate("-C", desk, "feed", "pause", "opsdaily.example", "--json").data["title"] == "Ops Daily"
    several = curate("-C", desk, "feed", "pause", "ly", expect=2)
    assert several.err.startswith("“ly” may be 2 feeds: https://opsweekly.example/f, https://opsdaily.example/f.")


def test_another_address_of_a_listed_feed_is_proposed(curate: Curate, desk: Path, tmp_path: Path) -> None:
    curate("-C", desk, "--offline", "feed", "add", "http://ops.example/feed/", "--title", "Ops")
    listing = tmp_path / "list.opml"
    listing.write_text(OPML, encoding="utf-8")
    would = curate("-C", desk, "feed", "import", listing, "--dry-run")
    assert would.out.splitlines() == [
        "Would add 1 feed.",
        "1 looks like a feed you have under another address, and stays as it is:",
        "  http://ops.example/feed/ → https://ops.example/feed",
        f"curate feed import {listing} --merge takes the new addresses.",
    ]
    variants = curate("-C", desk, "feed", "import", listing, "--json").data["variants"]
    assert variants == [{"listed": "http://ops.example/feed/", "given": "https://ops.example/feed"}]
    took = curate("-C", desk, "feed", "import", listing, "--merge")
    assert "Took over 1 new address:" in took.out
    urls = [row["url"] for row in curate("-C", desk, "feed", "list", "--json").data]
    assert urls == ["https://ops.example/feed", "https://net.example/feed"]
    assert curate("-C", desk, "feed", "import", listing, "--merge").out.startswith("Added 0 feeds, 2 skipped")


def test_a_shell_completes_the_addresses_of_feeds(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "--offline", "feed", "add", "https://ops.example/feed", "--title", "Ops")
    asked = {"_CURATE_COMPLETE": "bash_complete", "COMP_WORDS": "curate feed pause op", "COMP_CWORD": "3"}
    answer = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'curate'; from curate.cli.main import run; run()"],
        cwd=desk,
        env=os.environ | asked | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "plain,ops.example/feed\n"


def test_a_move_is_taken_back_only_while_no_fetch_knows_the_feed_where_it_is(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "--offline", "feed", "add", "https://new.example/feed", "--title", "Ops")
    with closing(open_database(Desk(desk))) as connection:
        moved = Moved(title="Ops", before="https://old.example/feed", after="https://new.example/feed")
        note_move(connection, moved, now=datetime(2026, 11, 22, tzinfo=UTC))
    lock = desk / ".curate" / "locks" / "fetch.lock"
    assert "Ops moved" in curate("-C", desk, "undo", "--list").out
    assert not lock.exists()
    curate("-C", desk, "undo")
    assert lock.exists()
    assert curate("-C", desk, "feed", "list", "--json").data[0]["url"] == "https://old.example/feed"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
@pytest.mark.parametrize("line", ["feed list", "fetch", "feed add --offline https://a.example/f", "today", "doctor"])
def test_a_pipe_in_the_place_of_the_list_is_not_waited_for(desk: Path, line: str) -> None:
    (desk / "feeds.opml").unlink()
    os.mkfifo(desk / "feeds.opml")
    command = [sys.executable, "-m", "curate", "-C", str(desk), *line.split()]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (done.returncode, "is no file with words in it" in done.stdout + done.stderr) in {
        (1, True),
        (3, True),
        (0, False),
    }
    assert done.returncode or line == "today"
