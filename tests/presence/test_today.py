"""The day on one screen: what counts as today, what comes next, what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.presence.test_publish import NOON, write_essay
from tests.presence.test_tick import plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate


@pytest.fixture
def sent(curate: Curate, desk: Path, tmp_path: Path) -> Path:
    """A desk in Tokyo whose share went out on 23 November at 12:06 UTC, 21:06 there."""
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "config", "set", "site.timezone", "Asia/Tokyo")
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    curate("-C", desk, "site", "deploy", "--target", tmp_path / "public", "--yes", *NOON)
    plan(curate, desk, slug)
    curate("-C", desk, "tick", "--now", "2026-11-23T12:06:00Z")
    return desk


@pytest.mark.parametrize(
    ("now", "count"), [("2026-11-22T15:00:00Z", 1), ("2026-11-23T14:59:59Z", 1), ("2026-11-23T15:00:00Z", 0)]
)
def test_a_day_begins_and_ends_at_midnight_in_the_desks_zone(curate: Curate, sent: Path, now: str, count: int) -> None:
    assert curate("-C", sent, "today", "--json", "--now", now).data["shares"]["sent_today"] == {"mastodon": count}


def test_the_next_share_is_the_earliest_approved_and_shown_in_the_desks_zone(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "config", "set", "site.timezone", "Asia/Tokyo")
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    share = plan(curate, desk, slug)
    assert curate("-C", desk, "today", "--json", *NOON).data["shares"]["next"]["id"] == share
    said = curate("-C", desk, "today", *NOON).out
    assert "next Mon 23 Nov 21:05  mastodon" in said
    assert "Runner     no pass yet: curate schedule install" in said
    curate("-C", desk, "tick", *NOON)
    assert "Runner     last pass 4m ago\n" in curate("-C", desk, "today", "--now", "2026-11-23T12:04:30Z").out
    assert "last pass 2h ago: curate schedule install" in curate("-C", desk, "today", "--now", "2026-11-23T14:30Z").out


def test_a_share_that_waits_for_a_person_comes_first_with_its_reason(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    share = plan(curate, desk, slug)
    curate("-C", desk, "tick", "--now", "2026-11-23T12:06:00Z")
    day = curate("-C", desk, "today", "--json", *NOON).data
    assert [(row["id"], row["state"]) for row in day["shares"]["waiting"]] == [(share, "held")]
    assert "deploy" in day["shares"]["waiting"][0]["reason"]
    assert day["next"][0] == "curate share queue"


def test_a_vanished_folder_of_posts_is_said_and_not_recreated(curate: Curate, desk: Path) -> None:
    (desk / "content").rename(desk / "elsewhere")
    assert "vanished" in curate("-C", desk, "today", expect=1).err
    assert not (desk / "content").exists()
