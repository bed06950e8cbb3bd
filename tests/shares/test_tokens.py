"""Tokens: kept where only the person reads them, found for one account alone, never shown."""

from __future__ import annotations

import os
import pickle
import stat
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend

from curate.desk.settings import Account
from curate.errors import CurateError
from curate.shares import tokens
from curate.shares.tokens import Secret, read_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DANA = Account(network="mastodon", server="https://social.example", handle="dana")
CANARY = "canary-token-91ae"


def test_a_secret_does_not_show() -> None:
    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]} %s" % secret
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("text", ["", " \n", "two\nlines", "bell\x07", "x" * 5000])
def test_what_is_no_token_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(CurateError, match="no token in it"):
        read_secret(text)


def test_without_a_keyring_a_token_is_in_a_file_only_its_owner_reads(tmp_path: Path) -> None:
    where = tokens.store_token(tmp_path / "config", DANA, Secret(CANARY))
    [file] = (tmp_path / "config" / "tokens").iterdir()
    assert str(file) in where
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    found = tokens.load_token(tmp_path / "config", DANA)
    assert found is not None
    assert found.reveal() == CANARY


def test_a_token_belongs_to_one_account_of_one_server(tmp_path: Path) -> None:
    tokens.store_token(tmp_path, DANA, Secret(CANARY))
    assert tokens.has_token(tmp_path, DANA)
    for server, handle in (("https://social.example", "eve"), ("https://evil.example", "dana")):
        assert not tokens.has_token(tmp_path, Account(network="mastodon", server=server, handle=handle))
    tokens.forget_token(tmp_path, DANA)
    assert not tokens.has_token(tmp_path, DANA)
    tokens.forget_token(tmp_path, DANA)  # forgetting twice is forgetting


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX")
def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    tokens.store_token(tmp_path, DANA, Secret(CANARY))
    [file] = (tmp_path / "tokens").iterdir()
    file.chmod(0o644)
    with pytest.raises(CurateError, match="Others can read"):
        tokens.load_token(tmp_path, DANA)
    tokens.store_token(tmp_path, DANA, Secret(CANARY))  # storing it anew mends it
    assert tokens.has_token(tmp_path, DANA)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("in the way")
    with pytest.raises(CurateError, match="cannot be written") as caught:
        tokens.store_token(tmp_path, DANA, Secret(CANARY))
    assert CANARY not in str(caught.value)


class Ring(KeyringBackend):
    """A keyring in memory, which says where it comes from through its module's name."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring's
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.kept.pop((service, username), None)


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_systems_keyring_is_used_and_the_file_goes(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.store_token(tmp_path, DANA, Secret("older"))
    assert ring.kept == {}  # not one to trust
    monkeypatch.setattr(Ring, "__module__", "keyring.backends.SecretService")
    assert "keyring" in tokens.store_token(tmp_path, DANA, Secret(CANARY))
    assert list(ring.kept.values()) == [CANARY]
    assert list((tmp_path / "tokens").iterdir()) == []
    found = tokens.load_token(tmp_path, DANA)
    assert found is not None
    assert found.reveal() == CANARY
    tokens.forget_token(tmp_path, DANA)
    assert ring.kept == {}


def test_what_was_copied_to_a_file_is_renewed_there_too(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ring, "__module__", "keyring.backends.SecretService")
    tokens.store_token(tmp_path, DANA, Secret("older"))
    tokens.copy_to_file(tmp_path, DANA)  # for a schedule that cannot open the keyring
    where = tokens.store_token(tmp_path, DANA, Secret(CANARY))
    assert "keyring" in where
    assert str(tmp_path) in where
    assert list(ring.kept.values()) == [CANARY]
    ring.kept.clear()  # as when it is locked
    found = tokens.load_token(tmp_path, DANA)
    assert found is not None
    assert found.reveal() == CANARY


def test_a_keyring_that_hangs_or_fails_falls_back_to_the_file(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setattr(Ring, "__module__", "keyring.backends.SecretService")
    monkeypatch.setattr(tokens, "PATIENCE", 0.05)
    release = threading.Event()

    def hang(_self: Ring, _service: str, _name: str, _password: str) -> None:
        release.wait(10)
        raise keyring.errors.KeyringError

    monkeypatch.setattr(Ring, "set_password", hang)
    assert str(tmp_path) in tokens.store_token(tmp_path, DANA, Secret(CANARY))
    release.set()
    assert ring.kept == {}
    assert tokens.has_token(tmp_path, DANA)


def test_a_token_that_looks_like_json_without_an_end_is_one_all_the_same() -> None:
    text = '{"a":' + "[" * 4000
    assert Secret(text).part("token") == text
