"""The unattended pass: what it sends, what it holds, what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.presence.test_publish import write_essay

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Loopback

NOON = ("--now", "2026-11-23T12:00:00+00:00")


def plan(curate: Curate, desk: Path, slug: str, at: str = "2026-11-23T12:05:00+00:00") -> str:
    """Plan and approve one rehearsed share of the post; return its id."""
    text = desk.parent / "share.txt"
    text.write_text("Fewer articles, more thought. What did you last stop reading?", encoding="utf-8")
    curate("-C", desk, "account", "add", "mastodon", "--server", "https://social.example", "--handle", "dana",
           "--deliver", "outbox", "--no-input")  # fmt: skip
    [share] = curate("-C", desk, "share", "plan", slug, "--to", "mastodon", "--text-file", f"mastodon={text}",
                     "--at", at, "--json", *NOON).data  # fmt: skip
    curate("-C", desk, "share", "approve", share["id"])
    return str(share["id"])


def test_a_share_waits_until_its_page_is_deployed(curate: Curate, desk: Path, tmp_path: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    share = plan(curate, desk, slug)
    later = ("--now", "2026-11-23T12:06:00+00:00")
    held = curate("-C", desk, "tick", "--json", *later).data
    assert [row["id"] for row in held["held"]] == [share]
    assert "deploy" in held["held"][0]["reason"]
    assert held["sent"] == []
    curate("-C", desk, "site", "deploy", "--target", tmp_path / "public", "--yes")
    sent = curate("-C", desk, "tick", "--json", *later).data
    assert [row["id"] for row in sent["sent"]] == [share]
    assert curate("-C", desk, "tick", "--json", *later).data["sent"] == []
    assert len([*(desk / ".curate" / "outbox").iterdir()]) >= 1


def test_a_share_is_never_sent_before_its_time_nor_unapproved(curate: Curate, desk: Path, tmp_path: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    curate("-C", desk, "site", "deploy", "--target", tmp_path / "public", "--yes")
    share = plan(curate, desk, slug)
    early = curate("-C", desk, "tick", "--json", "--now", "2026-11-23T12:04:00+00:00").data
    assert early["sent"] == []
    assert early["next"] == "2026-11-23T12:05:00Z"
    text = tmp_path / "new.txt"
    text.write_text("Fewer articles, more arguments. Whose mind did you change?", encoding="utf-8")
    curate("-C", desk, "share", "edit", share, "--text-file", text)
    due = curate("-C", desk, "tick", "--json", "--now", "2026-11-23T12:06:00+00:00").data
    assert due["sent"] == []


def test_feeds_that_are_due_come_in_with_the_tick(curate: Curate, desk: Path, loopback: Loopback) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Notes",
        "items": [{"id": "1", "url": "https://notes.example/1", "title": "One", "content_text": "First words."}],
    }
    url = loopback.put("/feed.json", json.dumps(feed), Content_Type="application/feed+json")
    curate("-C", desk, "feed", "add", url)
    data = curate("-C", desk, "tick", "--json").data
    assert (data["fetched"], data["new_items"]) == (1, 1)
    again = curate("-C", desk, "tick", "--json").data
    assert (again["fetched"], again["new_items"]) == (0, 0)


def test_today_names_the_next_command(curate: Curate, desk: Path) -> None:
    assert curate("-C", desk, "today", "--json").data["next"] == ["curate fetch"]
    slug, _ = write_essay(curate, desk)
    day = curate("-C", desk, "today", "--json").data
    assert day["drafts"] == {"all": 1, "passing": 1, "faults": []}
    assert day["next"][0] == f"curate publish {slug}"
    assert "Dana Okafor" in curate("-C", desk, "today").out


def test_outside_a_desk_curate_says_how_to_start_one(curate: Curate, tmp_path: Path) -> None:
    assert "curate init" in curate("-C", tmp_path).out
    assert "curate init" in curate("-C", tmp_path, "today", expect=2).err


def test_doctor_finds_what_is_wrong_and_says_what_to_do(curate: Curate, desk: Path) -> None:
    assert "All is well." in curate("-C", desk, "doctor").out
    (desk / "content" / "essays").mkdir(exist_ok=True)
    (desk / "content" / "essays" / "broken.md").write_text("---\ntitle: [\n---\nwords\n", encoding="utf-8")
    result = curate("-C", desk, "doctor", expect=3)
    assert "broken.md" in result.out
