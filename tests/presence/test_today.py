"""The day on one screen: what counts as today, what comes next, what waits for a person."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.site.strikes import Answer, note
from tests.presence.test_publish import NOON, write_essay
from tests.presence.test_tick import LATER, plan, ready_share
from tests.shares.servers import MastodonServer, serve

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


def test_a_share_that_waits_for_approval_is_shown_with_its_time(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    share = plan(curate, desk, slug)
    words = desk.parent / "other.txt"
    words.write_text("Nobody reads ten articles a week to their end. Do you?", encoding="utf-8")
    curate("-C", desk, "share", "edit", share, "--text-file", words, *NOON)  # a draft again
    day = curate("-C", desk, "today", *NOON).out
    assert "Shares     none approved\n           1 draft waits for your approval, the first for Mon 23 Nov 12:05" in day
    assert curate("-C", desk, "today", "--json", *NOON).data["shares"]["planned"][0]["id"] == share
    curate("-C", desk, "share", "cancel", share, *NOON)
    assert "Shares     none planned\n" in curate("-C", desk, "today", *NOON).out


@pytest.mark.parametrize("end", ["corrected", "taken down"])
def test_what_readers_do_not_have_yet_is_said_until_the_site_is_deployed(
    curate: Curate, desk: Path, tmp_path: Path, end: str
) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "config", "set", "deploy.target", f"folder:{tmp_path / 'public'}")
    curate("-C", desk, "publish", slug, "--yes", *NOON)
    assert curate("-C", desk, "today", "--json", *LATER).data["site"]["changed"] == []
    if end == "corrected":
        curate("-C", desk, "post", "correct", slug, "--text", "It was nine.", *LATER)
        step = f"curate publish {slug}"
    else:
        curate("-C", desk, "post", "unpublish", slug, "--yes", *LATER)
        step = "curate site build && curate site deploy"  # publishing would put it back
    day = curate("-C", desk, "today", "--json", *LATER).data
    assert (day["site"]["changed"], day["next"]) == ([slug], [step])
    assert f"Site       not as deployed any more: {slug}\n" in curate("-C", desk, "today", *LATER).out
    for command in step.split(" && "):
        asks = () if "build" in command else ("--yes",)
        curate("-C", desk, *command.split()[1:], *asks, "--now", "2026-11-23T12:07:00Z")
    assert curate("-C", desk, "today", "--json", *LATER).data["site"]["changed"] == []


@pytest.mark.parametrize(("changed", "word"), [(None, "gone"), (40, "changed")])
def test_a_post_that_cites_what_is_gone_is_named_until_it_cites_something_else(
    curate: Curate, desk: Path, changed: int | None, word: str
) -> None:
    url = "https://gone.example/a-long-title-that-somebody-once-gave-to-a-page-which-is-there-no-more"
    post = desk / "content" / "links.md"
    post.write_text(
        "---\ntitle: Links\nslug: links\ndate: 2026-11-20\nkind: link\nstatus: published\n"
        f"source: {{url: {url}, title: There, site: There}}\n---\nWords.\n",
        encoding="utf-8",
    )
    with closing(open_database(Desk(desk))) as connection:
        for days in range(3):
            assert curate("-C", desk, "today", "--json", *NOON).data["site"]["dead"] == []
            answer = Answer(url=url, reason="it answers 404", changed=changed)
            note(connection, [answer], now=datetime(2026, 11, 20 + days, tzinfo=UTC))
    day = curate("-C", desk, "today", "--json", *NOON).data
    assert day["site"]["dead"] == [{"slug": "links", "url": url, "changed": changed}]
    assert day["next"] == ["curate post archive links"]
    said = curate("-C", desk, "today", *NOON).out
    assert f"Sources    {word}: https://gone.example/" in said
    assert max(map(len, said.splitlines())) <= 80
    post.write_text(post.read_text(encoding="utf-8").replace(url, "https://here.example/"), encoding="utf-8")
    assert curate("-C", desk, "today", "--json", *NOON).data["site"]["dead"] == []


def test_a_refused_sign_in_comes_first_with_its_command(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = ready_share(curate, desk)
    server = MastodonServer()
    with serve(server) as url:
        token = desk.parent / "token"
        token.write_text(server.password, encoding="utf-8")
        monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
        curate("-C", desk, "account", "remove", "mastodon", "--yes")
        curate("-C", desk, "account", "add", "mastodon", "--server", url, "--handle", "dana", "--deliver", "network",
               "--token-file", token, "--no-input")  # fmt: skip
        server.password = "another"
        curate("-C", desk, "tick", *LATER, expect=4)
    day = curate("-C", desk, "today", "--json", *LATER).data
    [waiting] = day["shares"]["waiting"]
    assert (waiting["id"], waiting["state"]) == (share, "held")
    assert not waiting["reason"].startswith("mastodon")  # which every list of shares says by itself
    assert waiting["reason"].endswith(": curate account add mastodon --name mastodon")
    assert day["next"][:2] == ["curate account add mastodon --name mastodon", "curate share queue"]


def test_a_desk_that_was_put_back_says_that_it_sends_nothing(curate: Curate, desk: Path) -> None:
    share = ready_share(curate, desk)
    backup = curate("-C", desk, "backup", "create", "--json", *NOON).data["path"]
    curate("-C", desk, "tick", *LATER)
    assert curate("-C", desk, "today", "--json", *LATER).data["shares"]["foreign"] == ""
    curate("-C", desk, "backup", "restore", backup, "--yes", *LATER)
    day = curate("-C", desk, "today", "--json", *LATER).data
    assert day["next"][:2] == ["curate share queue", "curate doctor --adopt"]
    assert f"curate share resolve {share} --sent URL, or --not-sent" in curate("-C", desk, "share", "queue", *LATER).out
    said = curate("-C", desk, "today", *LATER).out
    assert "           This desk is older than what was sent from it" in said
    assert max(map(len, said.splitlines())) <= 80
    curate("-C", desk, "doctor", "--adopt", "--yes", *LATER, expect=None)
    assert curate("-C", desk, "today", "--json", *LATER).data["shares"]["foreign"] == ""
