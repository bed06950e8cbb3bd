"""curate.toml: errors name the setting, changes touch nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomlkit

from curate.desk.settings import (
    Account,
    Settings,
    add_account,
    get_setting,
    list_settings,
    load_settings,
    remove_account,
    set_setting,
)
from curate.errors import Conflict, CurateError, Unknown, UsageError

if TYPE_CHECKING:
    from pathlib import Path

MINE = """# my desk
[site]
name = "Dana Okafor"  # as people search for it

[fetch]
interval = 30
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A curate.toml with comments."""
    file = tmp_path / "curate.toml"
    file.write_text(MINE, encoding="utf-8")
    return file


def test_an_empty_file_means_the_defaults(path: Path) -> None:
    path.write_text("")
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[fetch]\ninterval = 1", "fetch: interval 1"),
        ("[fetch]\ninterval = 'often'", "fetch.interval"),
        ("[fetch]\nintervall = 30", "intervall"),
        ("[accounts.m]\nnetwork = 'myspace'", "network"),
        ("[accounts.m]\nserver = 'https://example.social'", "network"),
        ("[site]\nname = Dana", "line 2"),
        ('[accounts.m]\nnetwork = "linkedin"\nversion = "2026\\n08"', "version"),
        ("wombat = 1", "wombat"),
        ("[fetch]\ntimeout = inf", "fetch.timeout"),
        ("[fetch]\ntimeout = nan", "fetch.timeout"),
        ("[fetch]\ninterval = 99999999999999999999", "fetch.interval"),
        ("[shares]\nspacing = 999999999999", "shares.spacing"),
        ("[accounts.m]\nnetwork = 'x'\ngap = 999999999999", "gap"),
        ("[accounts.m]\nnetwork = 'x'\nbudget = inf", "budget"),
        ("[accounts.m]\nnetwork = 'mastodon'\nserver = 'https://[nope'", "server"),
        ("[accounts.m]\nnetwork = 'mastodon'\nsign_in = 'https://a:99999'", "sign_in"),
        (f"a = {'[' * 5000}{']' * 5000}", "not valid TOML: too many"),
        ("[site]\rname = 'Dana'", "line 1"),
        *((f"[site]\ntimezone = '{zone}'", "site: timezone") for zone in ("Mars/Base", "", "Europe", "../../etc")),
        *(
            (f"[site]\nurl = '{url}'", "site: url")
            for url in (
                *("javascript:alert(1)", "dana.example", "https://", "https://a b"),
                *("https://[nope/", "https://a.example:99999"),
            )
        ),
    ],
)
def test_a_wrong_setting_is_named(path: Path, text: str, named: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError, match=named) as refusal:
        load_settings(path)
    assert str(path) in refusal.value.message
    assert "$" not in refusal.value.message


def test_a_file_that_cannot_be_read_is_said_in_words(path: Path) -> None:
    path.unlink()
    with pytest.raises(CurateError, match="cannot be read"):
        load_settings(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(UsageError, match="not valid TOML"):
        load_settings(path)


def test_a_change_keeps_every_comment_and_every_other_line(path: Path) -> None:
    assert set_setting(path, "fetch.interval", "45") == 45
    assert path.read_text(encoding="utf-8") == MINE.replace("30", "45")
    set_setting(path, "site.url", "https://dana.example")
    assert path.read_text(encoding="utf-8").startswith(MINE.split("\n\n", maxsplit=1)[0])
    assert load_settings(path).site.url == "https://dana.example"


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("site.name", "2026", "2026"),
        ("site.name", "true", "true"),
        ("site.topics", '["reliability", "teams"]', ["reliability", "teams"]),
        ("fetch.timeout", "12.5", 12.5),
        ("editor.command", "code --wait", "code --wait"),
    ],
)
def test_a_value_is_kept_as_the_setting_means_it(path: Path, name: str, value: str, stored: object) -> None:
    set_setting(path, name, value)
    assert get_setting(path, name) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fetch.interval", "1"),
        ("fetch.interval", "often"),
        ("fetch.bogus", "1"),
        ("site", "x"),
        ("site.name.first", "Dana"),
        ("", "x"),
        ("accounts.m.server", "https://example.social"),
    ],
)
def test_a_change_that_is_not_allowed_leaves_the_file_as_it_was(path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError):
        set_setting(path, name, value)
    assert path.read_text(encoding="utf-8") == MINE


def test_every_setting_is_listed_with_where_it_comes_from(path: Path) -> None:
    rows = {name: (value, origin) for name, value, origin in list_settings(path)}
    assert rows["fetch.interval"] == (30, "curate.toml")
    assert rows["fetch.timeout"] == (30.0, "default")
    assert rows["site.topics"] == ([], "default")


def test_one_setting_or_a_table_of_them_can_be_asked_for(path: Path) -> None:
    assert get_setting(path, "site.name") == "Dana Okafor"
    table = get_setting(path, "fetch")
    assert isinstance(table, dict)
    assert table["interval"] == 30
    with pytest.raises(Unknown, match=r"fetch\.bogus"):
        get_setting(path, "fetch.bogus")


@pytest.mark.parametrize("name", ["mastodon", "dana.bsky.social", "work account"])
def test_an_account_is_added_and_removed_by_its_name(path: Path, name: str) -> None:
    add_account(path, name, {"network": "mastodon", "server": "https://example.social", "handle": "dana"})
    account = Account(network="mastodon", server="https://example.social", handle="dana")
    assert load_settings(path).accounts == {name: account}
    assert path.read_text(encoding="utf-8").startswith(MINE)
    remove_account(path, name)
    assert load_settings(path).accounts == {}
    with pytest.raises(Unknown, match="account"):
        remove_account(path, name)


def test_a_file_edited_meanwhile_is_left_as_the_person_has_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dumps = tomlkit.dumps

    def meanwhile(document: tomlkit.TOMLDocument) -> str:
        path.write_text(MINE + "# mine, from the editor\n", encoding="utf-8")
        return dumps(document)

    monkeypatch.setattr(tomlkit, "dumps", meanwhile)
    with pytest.raises(Conflict):
        set_setting(path, "fetch.interval", "45")
    assert path.read_text(encoding="utf-8") == MINE + "# mine, from the editor\n"


def test_a_file_as_an_editor_of_windows_saves_it_is_read_and_changed(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + MINE.replace("\n", "\r\n").encode())
    assert load_settings(path).site.name == "Dana Okafor"
    set_setting(path, "site.name", "Dana O.")
    assert path.read_bytes().decode() == MINE.replace("Dana Okafor", "Dana O.").replace("\n", "\r\n")


@pytest.mark.parametrize("value", ['"Dana"\nurl = "https://other.example"', "1\n[fetch]\ninterval = 5", "[" * 5000])
def test_a_text_that_looks_like_several_settings_is_one_text(path: Path, value: str) -> None:
    set_setting(path, "site.name", value)
    assert load_settings(path).site.name == value
    assert load_settings(path).fetch.interval == 30


def test_what_can_be_read_but_not_kept_as_it_is_written_is_refused_in_words(path: Path) -> None:
    deep = f"{MINE}\n[site.intros]\na{'.a' * 3000} = 1\n"
    path.write_text(deep)
    with pytest.raises(UsageError, match=r"curate\.toml"):
        set_setting(path, "site.name", "Dana O.")
    assert path.read_text() == deep
