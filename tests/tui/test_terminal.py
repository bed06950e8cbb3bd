"""The screens in a real terminal: what only shows there, full texts, the editor, and the way back."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.inbox.items import find_item
from tests.inbox.stock import Stock, entry
from tests.shares.test_plan import POST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a thing of POSIX")
PAGE = "".join(f"<p>Paragraph {number} says more about pagers than any teaser could.</p>" for number in range(30))
DRAWING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(
    r"\x1b\[(?:[0-9;]*;)?(?:[34][0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m"
)  # 39 and 49 are the terminal's own


@pytest.fixture
def stock(desk: Path, loopback: Loopback) -> Iterator[Stock]:
    """One new item with a teaser, whose page is on loopback."""
    url = loopback.put(
        "/whole", f"<html><title>Whole</title><article>{PAGE}</article></html>", Content_Type="text/html"
    )
    stock = Stock(desk)
    stock.receive(entry("one", url=url, content_text="A teaser.", content_html="<p>A teaser.</p>", summary="A teaser."))
    yield stock
    stock.connection.close()


class Terminal:
    """A command behind a pseudo-terminal of 100 by 30."""

    def __init__(self, desk: Path, *command: str, **environment: str) -> None:
        self.heard = ""
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", **environment})
            os.execv(sys.executable, [sys.executable, "-m", "curate", "-C", str(desk), *(command or ("triage",))])  # noqa: S606
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    def until(self, wanted: str) -> None:
        """Read until ``wanted`` was drawn."""
        deadline = time.monotonic() + 60
        while wanted not in DRAWING.sub("", self.heard):
            assert time.monotonic() < deadline, self.heard[-3000:]
            if select.select([self.end], [], [], 1)[0]:
                self.heard += os.read(self.end, 65536).decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        """Type ``keys``; what is drawn from then on counts."""
        self.heard = ""
        os.write(self.end, keys.encode())

    def end_with(self, keys: str) -> int:
        """Type ``keys`` and return the exit code."""
        self.press(keys)
        while select.select([self.end], [], [], 60)[0]:
            try:
                if not os.read(self.end, 65536):
                    break
            except OSError:  # the other end is closed
                break
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.end)
        return code


def test_the_full_text_comes_while_one_reads_and_the_editor_brings_one_back(stock: Stock, tmp_path: Path) -> None:
    script = tmp_path / "edit.sh"
    script.write_text('#!/bin/sh\nprintf "My own words.\\n" >> "$1"\n', encoding="utf-8")
    script.chmod(0o755)
    item_id = stock.only().id
    screen = Terminal(stock.root, EDITOR=str(script))
    screen.until("A teaser.")
    screen.press("\r")
    screen.until("Paragraph 2 says more")
    assert find_item(stock.connection, item_id).full_text
    screen.press("e")
    screen.until("Draft: content/links/")
    [draft] = (stock.root / "content" / "links").glob("*.md")
    assert draft.read_text(encoding="utf-8").endswith("\nMy own words.\n")
    assert find_item(stock.connection, item_id).state == "drafted"
    assert screen.end_with("q") == 0


def test_what_is_typed_keeps_its_joiners_and_its_wide_spaces(stock: Stock) -> None:
    screen = Terminal(stock.root)
    screen.until("A teaser.")
    screen.press("n")
    screen.until("of 280")
    words = "\U0001f469\u200d\U0001f4bb\u3000\u0645\u06cc\u200c\u062e"
    screen.press(words)
    screen.until(f"{len(words)} of 280")
    screen.press("\r")
    screen.until("noted on")
    assert screen.end_with("q") == 0
    assert find_item(stock.connection, stock.only().id).note == words


def test_a_browser_of_the_terminal_has_the_screen_until_it_is_quit(stock: Stock, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "page of $1"\nread answer\necho "$answer" > {heard}\n', encoding="utf-8")
    script.chmod(0o755)
    screen = Terminal(stock.root, BROWSER=str(script))
    screen.until("A teaser.")
    screen.press("o")
    screen.until(f"page of {stock.only().url}")
    screen.press("sxs sxs sxs\r")
    screen.until("opened: http")
    assert heard.read_text(encoding="utf-8") == "sxs sxs sxs\n"
    assert screen.end_with("q") == 0
    assert stock.only().state == "new", "no key of the browser's was one of the list's"


NOTHING = {"PATH": "/nonexistent", "BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has a browser")
def test_where_there_is_no_browser_the_screens_say_so(stock: Stock, shares: Path, curate: Curate) -> None:
    screen = Terminal(stock.root, **NOTHING)
    screen.until("A teaser.")
    screen.press("o")
    screen.until("No browser was found: http")
    assert screen.end_with("q") == 0
    lines = Terminal(stock.root, "triage", "--line", **NOTHING)
    lines.until("help [skip]:")
    lines.press("open\r")
    lines.until("No browser was found: http")
    assert lines.end_with("quit\r") == 0
    [share] = curate("-C", shares, "share", "queue", "--json").data
    copy = Terminal(shares, "share", "copy", share["id"], **NOTHING)
    copy.until("https://bsky.app/intent/compose")
    assert copy.end_with("") == 0
    assert "Opened" not in copy.heard


@pytest.mark.parametrize(("command", "drawn"), [("triage", "A teaser."), ("share board", "mastodon")])
def test_with_no_color_the_terminals_own_two_are_left(stock: Stock, curate: Curate, command: str, drawn: str) -> None:
    curate("-C", stock.root, "account", "add", "mastodon", "--server", "https://social.example", "--deliver", "outbox")
    screen = Terminal(stock.root, *command.split(), NO_COLOR="1")
    screen.until(drawn)
    seen = screen.heard
    screen.press("?")
    screen.until("Esc closes")
    seen += screen.heard
    assert screen.end_with("\x03") == 130
    assert COLOUR.findall(seen) == []


def test_an_interrupt_leaves_with_130_and_keeps_what_was_decided(stock: Stock) -> None:
    screen = Terminal(stock.root)
    screen.until("A teaser.")
    screen.press("s")
    screen.until("kept: About one")
    assert screen.end_with("\x03") == 130
    assert stock.only().state == "kept"


@pytest.fixture
def shares(desk: Path, curate: Curate, tmp_path: Path) -> Path:
    """A desk with one share planned in some days."""
    (desk / "content" / "post.md").write_text(
        POST.format(slug="small-models", status="published", date="2026-01-22T08:40:00Z"), encoding="utf-8"
    )
    words = tmp_path / "words.txt"
    words.write_text("Words of mine", encoding="utf-8")
    curate("-C", desk, "account", "add", "bluesky", "--handle", "dana.test", "--deliver", "outbox")
    curate("-C", desk, "share", "plan", "small-models", "--to", "bluesky", "--text-file", f"bluesky={words}")
    return desk


def test_a_share_is_written_in_the_editor_from_the_board(shares: Path, tmp_path: Path, curate: Curate) -> None:
    script = tmp_path / "edit.sh"
    script.write_text('#!/bin/sh\nprintf "More words.\\n" >> "$1"\n', encoding="utf-8")
    script.chmod(0o755)
    [share] = curate("-C", shares, "share", "queue", "--json").data
    moment = datetime.fromisoformat(share["at"]) - timedelta(hours=1)  # the cursor is on today
    screen = Terminal(shares, "--now", moment.isoformat(), "share", "board", EDITOR=str(script))
    screen.until("bluesky")
    screen.press("\r")
    screen.until("Ctrl-S save")
    screen.press("\x05")
    screen.until("More words.")
    screen.press("\x13")
    screen.until("saved.")
    assert screen.end_with("\x03") == 130
    [share] = curate("-C", shares, "share", "queue", "--json").data
    assert share["text"] == "Words of mine\n\nhttps://dana.example/2026/small-models/\nMore words."


def test_what_was_approved_on_the_board_is_not_sent_from_a_copy_of_the_desk(
    shares: Path, tmp_path: Path, curate: Curate
) -> None:
    [share] = curate("-C", shares, "share", "queue", "--json").data
    moment = datetime.fromisoformat(share["at"])
    screen = Terminal(shares, "--now", (moment - timedelta(hours=1)).isoformat(), "share", "board")
    screen.until("bluesky")
    screen.press("a")
    screen.until("approved:")
    assert screen.end_with("\x03") == 130
    copy = tmp_path / "copy"
    shutil.copytree(shares, copy)
    refused = curate("--now", moment.isoformat(), "-C", copy, "share", "send", "--due", "--yes", expect=3)
    assert "is a copy of" in refused.err


def test_a_killed_screen_leaves_the_words_that_were_typed(shares: Path, curate: Curate) -> None:
    [share] = curate("-C", shares, "share", "queue", "--json").data
    moment = datetime.fromisoformat(share["at"]) - timedelta(hours=1)
    screen = Terminal(shares, "--now", moment.isoformat(), "share", "board")
    screen.until("bluesky")
    screen.press("\r")
    screen.until("Ctrl-S save")
    screen.press(", and typed")
    screen.until("typed")
    kept = shares / ".curate" / "typed" / f"share-{share['id']}.txt"
    deadline = time.monotonic() + 60
    while not (kept.exists() and "and typed" in kept.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        select.select([screen.end], [], [], 0.1)
    os.kill(screen.pid, signal.SIGKILL)
    os.waitpid(screen.pid, 0)
    os.close(screen.end)
    assert "Words of mine, and typed\n" in kept.read_text(encoding="utf-8")
