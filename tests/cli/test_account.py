"""``curate account``: tokens are tested, stored where nobody else reads them, and never shown."""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.shares.servers import BlueskyServer, MastodonServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate


@pytest.fixture
def mastodon(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, MastodonServer]]:
    server = MastodonServer()
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    with serve(server) as url:
        yield url, server


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(MastodonServer().password + "\n", encoding="utf-8")
    return path


def test_an_account_is_tested_and_stored_without_its_token(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    url, server = mastodon
    added = curate("-C", desk, "account", "add", "mastodon", "--server", url, "--token-file", token, "--json")
    assert added.data["name"] == "mastodon"
    assert added.data["handle"] == "dana"
    assert added.data["tested"] is True
    written = (desk / "curate.toml").read_text()
    assert f'server = "{url}"' in written
    listed = curate("-C", desk, "account", "list", "--json")
    assert listed.data == [
        {
            "name": "mastodon",
            "network": "mastodon",
            "server": url,
            "handle": "dana",
            "deliver": "network",
            "token": "stored",
            "scopes": [],
            "expires_at": None,
        }
    ]
    tested = curate("-C", desk, "account", "test", "mastodon", "--json").data
    assert tested == {"name": "mastodon", "handle": "dana", "scopes": [], "expires_at": None}
    for place in (written, added.out, added.err, listed.out):
        assert server.password not in place
    for path in desk.rglob("*"):
        assert not path.is_file() or server.password.encode() not in path.read_bytes()


def test_an_account_cannot_be_added_under_a_second_name(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    """A share to each name would be the same words twice on one account, which no key of a network would catch."""
    add = ("-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--token-file", token, "--json")
    curate(*add)
    curate(*add)
    before = (desk / "curate.toml").read_text()
    for handle in ((), ("--handle", "@Dana")):
        refused = curate(*add, "--name", "second", *handle, expect=2)
        assert "mastodon is dana on" in refused.error["message"]
        assert (desk / "curate.toml").read_text() == before
    curate(*add, "--name", "rehearsal", "--deliver", "outbox", "--handle", "dana")


def test_a_wrong_token_is_exit_4_and_stores_nothing(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    token.write_text("canary-wrong")
    before = (desk / "curate.toml").read_text()
    answer = curate(
        "-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--token-file", token, "--json", expect=4
    )
    assert answer.error["code"] == "sign-in"
    assert "canary" not in answer.err
    assert (desk / "curate.toml").read_text() == before
    assert curate("-C", desk, "account", "list", "--json").data == []


def test_a_network_out_of_reach_stores_the_token_untested_and_says_so(curate: Curate, desk: Path, token: Path) -> None:
    answer = curate(
        "-C", desk, "account", "add", "mastodon", "--server", "https://social.example", "--token-file", token,
        "--handle", "dana", "--offline", "--json",
    )  # fmt: skip
    assert answer.data["tested"] is False
    [name] = [row["name"] for row in curate("-C", desk, "account", "list", "--json").data]
    assert name == "mastodon"
    assert ".." not in json.loads(answer.out)["warnings"][0]
    assert ".." not in curate("-C", desk, "account", "test", "mastodon", "--offline", expect=5).err


def test_the_token_comes_from_standard_input(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, server = mastodon
    monkeypatch.setattr("sys.stdin", io.StringIO(server.password))
    assert curate("-C", desk, "account", "add", "mastodon", "--server", url, "--token-file", "-", "--json").data[
        "tested"
    ]


def test_bluesky_takes_the_handle_its_server_says(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    with serve(BlueskyServer()) as url:
        added = curate("-C", desk, "account", "add", "bluesky", "--server", url, "--handle", "@dana.test",
                       "--token-file", token, "--name", "sky", "--json")  # fmt: skip
    assert (added.data["name"], added.data["handle"], added.data["tested"]) == ("sky", "dana.test", True)


def test_a_handle_that_is_not_the_tokens_is_replaced_and_said(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    added = curate(
        "-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--handle", "eve", "--token-file", token
    )
    assert "The token belongs to dana, not to eve" in added.err


def test_a_servers_own_limit_becomes_a_setting(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    mastodon[1].characters = 5000
    curate("-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--token-file", token)
    assert curate("-C", desk, "config", "get", "accounts.mastodon.characters", "--json").data["value"] == 5000


def test_a_second_account_of_a_network_needs_a_name(curate: Curate, desk: Path) -> None:
    one = (
        "-C",
        desk,
        "account",
        "add",
        "mastodon",
        "--server",
        "https://one.example",
        "--handle",
        "dana",
        "--deliver",
        "outbox",
    )
    curate(*one)
    curate(*one)  # the same again is the same
    two = [part if part != "https://one.example" else "https://two.example" for part in one]
    assert "--name" in curate(*two, expect=2).err
    curate(*two, "--name", "work")
    assert [row["name"] for row in curate("-C", desk, "account", "list", "--json").data] == ["mastodon", "work"]
    assert curate("-C", desk, "account", "add", "manual", "--name", "work", expect=2).err


@pytest.mark.parametrize(
    "arguments",
    [
        ("mastodon",),  # no server
        ("mastodon", "--server", "http://social.example"),  # a token in the clear
        ("mastodon", "--server", "ftp://social.example"),
        ("mastodon", "--server", "[/nope]"),
        ("mastodon", "--server", "https://social.example:99999"),
        ("bluesky", "--handle", "dana@example.org"),
        ("email", "--handle", "dana@example.org", "--recipients", "ben@example.org"),  # no server
        ("email", "--server", "smtp.example.org", "--recipients", "ben@example.org"),  # from nobody
        ("email", "--server", "smtp.example.org", "--handle", "dana@example.org"),  # to nobody
        ("email", "--server", "smtp.example.org", "--handle", "dana@example.org", "--recipients", "ben"),
        ("email", "--server", "https://example.org", "--handle", "dana@example.org", "--recipients", "b@example.org"),
        ("linkedin",),
        ("x", "--server", "http://api.example"),
        ("bluesky",),
        ("manual", "--name", "a.b"),
        ("mastodon", "--server", "https://social.example", "--token-file", "/nowhere/token"),
        ("mastodon", "--server", "https://social.example"),  # no token and nobody to ask
        ("myspace",),
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_changes_nothing(
    curate: Curate, desk: Path, arguments: tuple[str, ...]
) -> None:
    before = (desk / "curate.toml").read_text()
    assert curate("-C", desk, "account", "add", *arguments, "--no-input", expect=2).err
    assert (desk / "curate.toml").read_text() == before


def test_accounts_by_hand_and_rehearsals_need_no_token(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "account", "add", "manual")
    curate("-C", desk, "account", "add", "bluesky", "--handle", "dana.test", "--deliver", "outbox")
    rows = curate("-C", desk, "account", "list", "--json").data
    assert [row["token"] for row in rows] == ["not needed", "not needed"]
    assert [row["deliver"] for row in rows] == ["network", "outbox"]


def test_a_removed_account_loses_its_token(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    curate("-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--token-file", token)
    assert "Nobody is here to answer" in curate("-C", desk, "account", "remove", "mastodon", expect=2).err
    curate("-C", desk, "account", "remove", "mastodon", "--yes")
    assert curate("-C", desk, "account", "list", "--json").data == []
    assert curate("-C", desk, "account", "test", "mastodon", expect=2).err
    assert curate("-C", desk, "account", "remove", "mastodon", "--yes", expect=2).err


def test_a_test_says_when_the_token_is_gone_or_revoked(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    url, server = mastodon
    curate("-C", desk, "account", "add", "mastodon", "--server", url, "--token-file", token)
    server.password = "another"
    assert "does not accept its token" in curate("-C", desk, "account", "test", "mastodon", expect=4).err
    curate("-C", desk, "config", "set", "accounts.mastodon.handle", "somebody-else")
    assert "There is no token" in curate("-C", desk, "account", "test", "mastodon", expect=4).err
    curate("-C", desk, "account", "add", "manual")
    assert curate("-C", desk, "account", "test", "manual").exit == 0


def test_an_empty_list_says_what_to_type(curate: Curate, desk: Path) -> None:
    assert "curate account add" in curate("-C", desk, "account", "list").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")
def test_a_person_is_walked_through_in_numbered_steps_and_the_token_does_not_show(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer]
) -> None:
    url, server = mastodon
    master, slave = os.openpty()
    command = [sys.executable, "-m", "curate", "-C", str(desk), "account", "add", "mastodon", "--server", url]
    program = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    while b"it does not show" not in shown:
        assert select.select([master], [], [], 60)[0], shown
        shown += os.read(master, 1000)
    os.write(master, server.password.encode() + b"\n")
    with contextlib.suppress(OSError):  # how Linux says that nobody holds the other end any more
        while more := os.read(master, 1000):
            shown += more
    os.close(master)
    assert program.wait(timeout=60) == 0, shown
    assert f"1. Open {url}/settings/applications".encode() in shown
    assert b"write:statuses" in shown
    assert b"canary" not in shown
    assert curate("-C", desk, "account", "test", "mastodon", "--json").data["handle"] == "dana"


def test_removing_one_of_two_names_of_an_account_leaves_the_other_signed_in(
    curate: Curate, desk: Path, mastodon: tuple[str, MastodonServer], token: Path
) -> None:
    curate("-C", desk, "account", "add", "mastodon", "--server", mastodon[0], "--token-file", token, "--name", "one")
    with (desk / "curate.toml").open("a", encoding="utf-8") as file:
        file.write(f'[accounts.two]\nnetwork = "mastodon"\nserver = "{mastodon[0]}"\nhandle = "dana"\n')
    curate("-C", desk, "account", "remove", "two", "--yes")
    curate("-C", desk, "account", "test", "one")
    curate("-C", desk, "account", "remove", "one", "--yes")
    assert curate("-C", desk, "account", "list", "--json").data == []
