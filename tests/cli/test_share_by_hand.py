"""``curate share copy|log|resolve``: by hand, and after an answer was lost."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.shares import ledger
from tests.cli.test_share import LINK, Shares
from tests.shares.servers import MastodonServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Curate

ROOT = Path(__file__).parents[2]
OUT = "https://social.example/@dana/7"


@pytest.fixture
def shares(curate: Curate, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shares:
    """A desk with a deployed post and a rehearsing account, on a machine without a clipboard."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "pyperclip", raising=False)  # it looks for clipboards once
    done = Shares(curate, desk, tmp_path)
    done.rehearse()
    return done


@pytest.fixture
def clipboard(shares: Shares, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that holds what a program put on the clipboard."""
    held = shares.folder / "clipboard"
    programs = shares.folder / "bin"
    programs.mkdir()
    for name in ("xsel", "xclip", "pbcopy"):
        (programs / name).write_text(f"#!/bin/sh\n/bin/cat > '{held}'\n")
        (programs / name).chmod(0o700)
    monkeypatch.setenv("DISPLAY", ":99")
    return held


@pytest.fixture
def mastodon(shares: Shares, monkeypatch: pytest.MonkeyPatch) -> Iterator[MastodonServer]:
    """A Mastodon on loopback with an account on the desk."""
    server = MastodonServer()
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    with serve(server) as url:
        shares.account("mastodon", "--name", "real", "--server", url, "--token-file", shares.words(server.password))
        yield server


def lost(shares: Shares, server: MastodonServer, effect: str = "drop after") -> str:
    """Send a share whose answer gets lost; return its id."""
    [row] = shares.plan(to="real")
    shares("approve", row["id"])
    server.effects.append(effect)
    shares("send", "--due", "--yes", expect=5)
    return str(row["id"])


def test_the_text_lands_on_the_clipboard_and_the_address_is_shown(shares: Shares, clipboard: Path) -> None:
    [row] = shares.plan(text="Größe 👩‍🚒")
    done = shares("copy", row["id"])
    assert clipboard.read_text(encoding="utf-8") == row["text"]
    assert done.out.startswith(f"Copied     {row['id']} mastodon: ")
    assert "https://social.example/share?text=mastodon%3A%20Gr%C3%B6%C3%9Fe%20" in done.out
    assert f"curate share log {row['id']} URL" in done.err
    [queued] = shares("queue", "--json").data
    assert queued["state"] == "handed_over"


def test_without_a_clipboard_it_says_so_and_prints(shares: Shares) -> None:
    [row] = shares.plan()
    done = shares("copy", row["id"])
    assert "No clipboard was found" in done.err
    *text, address = done.out.splitlines()
    assert "\n".join(text) == row["text"]
    assert address.startswith("https://social.example/share?text=")


def test_printing_copies_nothing(shares: Shares, clipboard: Path) -> None:
    [row] = shares.plan()
    printed = shares("copy", row["id"], "--print")
    assert printed.out.startswith(row["text"])
    assert "clipboard" not in printed.err
    assert not clipboard.exists()
    told = shares("copy", row["id"], "--print", "--json").data
    assert (told["copied"], told["opened"], told["state"]) == (False, False, "handed_over")
    assert told["compose"].endswith("small-models%2F")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")
def test_on_a_terminal_the_page_for_writing_opens(shares: Shares, clipboard: Path) -> None:
    [row] = shares.plan()
    page = shares.folder / "page"
    os.mkfifo(page)
    browser = shares.folder / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > '{page}'\n")
    browser.chmod(0o700)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "curate", "-C", shares.desk, "share", "copy", row["id"]]
    environment = os.environ | {"BROWSER": str(browser)}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment) as program:
        os.close(theirs)
        opened = page.read_text(encoding="utf-8").strip()  # waits for the browser
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the program has let go of the terminal
            while more := os.read(ours, 4096):
                shown += more
    os.close(ours)
    assert program.returncode == 0
    assert opened.startswith("https://social.example/share?text=mastodon%3A%20Words%20of%20mine")
    assert f"Opened     {opened}" in shown.decode()
    assert clipboard.read_text(encoding="utf-8") == row["text"]


def test_a_share_posted_by_hand_is_logged_in_the_ledger_and_in_the_posts_header(shares: Shares) -> None:
    [row] = shares.plan()
    shares("copy", row["id"], "--print")
    done = shares("log", row["id"], f"{OUT}#x")
    assert done.out == f"Sent       {row['id']} mastodon  {OUT}\n"
    assert OUT in (shares.desk / "content" / "post.md").read_text(encoding="utf-8")
    assert shares("queue", "--json").data == []
    [story] = shares("history", "--json").data
    assert (story["state"], story["url"], story["sent_at"]) == ("sent", OUT, "2026-11-23T08:00:00Z")
    assert "is out" in shares("log", row["id"], OUT, expect=3).err
    assert "is out" in shares("copy", row["id"], expect=3).err


def test_when_the_post_is_gone_the_share_is_logged_all_the_same(shares: Shares) -> None:
    [row] = shares.plan()
    (shares.desk / "content" / "post.md").unlink()
    done = shares("log", row["id"], OUT, "--json")
    assert done.data["state"] == "sent"
    assert "is gone" in json.loads(done.out)["warnings"][0]


def test_an_unknown_share_that_is_out(shares: Shares, mastodon: MastodonServer) -> None:
    share = lost(shares, mastodon)
    assert f"curate share resolve {share}" in shares("copy", share, expect=3).err
    assert shares("resolve", share, "--sent", OUT, "--json").data["state"] == "sent"
    assert OUT in (shares.desk / "content" / "post.md").read_text(encoding="utf-8")
    shares("send", "--due")
    assert len(mastodon.posts()) == 1


def test_an_unknown_share_that_is_not_out(shares: Shares, mastodon: MastodonServer) -> None:
    share = lost(shares, mastodon, "drop before")
    assert f"Next       curate share approve {share}" in shares("resolve", share, "--not-sent").out
    shares("send", "--due")
    assert mastodon.posts() == []
    shares("approve", share)
    shares("send", "--due", "--yes")
    assert len(mastodon.posts()) == 1


def test_all_that_are_not_out_are_settled_in_one_line_that_the_queue_shows(shares: Shares) -> None:
    ids = [row["id"] for row in shares.plan(to="mastodon,bluesky")]
    with contextlib.closing(open_database(Desk(shares.desk))) as connection:  # as a restore leaves them
        for share in ledger.list_shares(connection):
            ledger.set_unknown(connection, share, "it may be out already")
    [line] = [line for line in shares("queue").out.splitlines() if line.startswith("When none of these is out: ")]
    words = line.partition("curate share ")[2].split()
    assert sorted(words[1:-1]) == sorted(ids)
    assert "Only what is not out" in shares("resolve", *ids, "--resend", expect=2).err
    assert "Only what is not out" in shares("resolve", *ids, "--sent", OUT, expect=2).err
    shares(*words[:-1], "zzzz", "--not-sent", expect=2)
    assert {row["state"] for row in shares("queue", "--json").data} == {"unknown"}  # all of them, or none
    done = shares(*words)
    assert [line.split()[0] for line in done.out.splitlines()] == ["Draft", "Draft", "Next"]
    assert done.out.endswith(f"Next       curate share approve {' '.join(words[1:-1])}\n")
    assert {row["state"] for row in shares("queue", "--json").data} == {"draft"}
    assert "When none of these" not in shares("queue").out


def test_sending_again_warns_and_does_it_with_the_next_pass(shares: Shares, mastodon: MastodonServer) -> None:
    share = lost(shares, mastodon, "drop before")
    done = shares("resolve", share, "--resend", now="2026-11-24T08:00:00Z")
    assert "it is out twice then" in done.err
    assert done.out.startswith(f"Again      {share} real")
    assert mastodon.posts() == []
    shares("send", "--due", "--yes", now="2026-11-24T08:05:00Z")
    assert len(mastodon.posts()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("copy", "zzzz"),
        ("log", "zzzz", OUT),
        ("log", "zzzz"),
        ("resolve", "zzzz", "--not-sent"),
        ("resolve", "ID"),
        ("resolve", "ID", "--not-sent", "--resend"),
        ("resolve", "ID", "--sent", OUT, "--resend"),
        ("resolve", "ID", "--sent"),
        ("resolve", "ID", "--sent", "social.example/7"),
        ("log", "ID", "javascript:alert(1)"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_with_a_hint(shares: Shares, arguments: tuple[str, ...]) -> None:
    [row] = shares.plan()
    named = [row["id"] if part == "ID" else part for part in arguments]
    assert len(shares(*named, expect=2).err.splitlines()) >= 2
    assert shares("queue", "--json").data == [row]


def test_what_is_in_no_doubt_is_exit_3(shares: Shares) -> None:
    [row] = shares.plan()
    assert "nothing is in doubt" in shares("resolve", row["id"], "--not-sent", expect=3).err
    assert LINK in shares("history", row["id"]).out
