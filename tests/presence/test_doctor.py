"""The examination: each thing that can be wrong is looked at, named, and has a hint."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from tests.presence.test_publish import NOON, write_essay
from tests.presence.test_tick import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Curate


def wrong(curate: Curate, desk: Path, now: str = "2026-11-23T12:00:00Z") -> dict[str, str]:
    """Return the message of each thing to look at; the hint of each is not empty."""
    answer = curate("-C", desk, "doctor", "--json", "--now", now, expect=None)
    found = [row for row in answer.data if not row["ok"]]
    assert answer.exit == (3 if found else 0)
    assert all(row["hint"] for row in found)
    return {row["name"]: row["message"] for row in found}


def test_a_new_desk_is_well(curate: Curate, desk: Path) -> None:
    assert wrong(curate, desk) == {}


def no_address(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "site.url", "")


def another_name(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "site.name", "D. Okafor")


def no_token(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "accounts.mastodon", '{network = "mastodon", server = "https://m.example"}')


def a_broken_profile(_: Curate, desk: Path) -> None:
    (desk / "content" / "profile" / "profile.yaml").write_text("basics: [", encoding="utf-8")


def a_lost_row(_: Curate, desk: Path) -> None:
    with contextlib.closing(open_database(Desk(desk))) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO notes VALUES (77, 'to no item')")


@pytest.mark.parametrize(
    ("harm", "name", "said"),
    [
        (no_address, "address", "no address"),
        (another_name, "profile", "D. Okafor"),
        (no_token, "account mastodon", "mastodon"),
        (a_broken_profile, "desk", "profile.yaml:1"),
        (a_lost_row, "database", "not there"),
    ],
)
def test_what_is_wrong_is_named(
    curate: Curate, desk: Path, harm: Callable[[Curate, Path], None], name: str, said: str
) -> None:
    harm(curate, desk)
    found = wrong(curate, desk)
    assert list(found) == [name]
    assert said in found[name]


def test_a_runner_that_fell_silent_is_found_only_when_something_waits_for_it(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    curate("-C", desk, "tick", *NOON)
    assert wrong(curate, desk, "2026-11-30T12:00:00Z") == {}
    plan(curate, desk, slug, "2026-12-01T12:00:00Z")
    assert wrong(curate, desk, "2026-11-24T12:00:00Z") == {}
    assert list(wrong(curate, desk, "2026-11-24T12:00:01Z")) == ["runner"]


def test_shares_that_wait_for_a_person_are_counted(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    plan(curate, desk, slug)
    curate("-C", desk, "tick", "--now", "2026-11-23T12:06:00Z")
    assert wrong(curate, desk)["shares"] == "1 in the ledger, 1 waiting for you"
