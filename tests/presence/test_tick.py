"""The unattended pass: what it sends, what it holds, what it says."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.cli.here import Here
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.desk.settings import load_settings
from curate.site import deploy
from tests.presence.test_publish import ESSAY, write_essay
from tests.shares.conftest import Ledger
from tests.shares.crashes import killed_pass
from tests.shares.servers import MastodonServer, serve

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
    curate("-C", desk, "share", "approve", share["id"], *NOON)
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


def test_posts_that_cannot_be_read_stop_no_later_part_of_the_pass(curate: Curate, desk: Path) -> None:
    (desk / "content").rename(desk / "elsewhere")
    result = curate("-C", desk, "tick", "--no-send", "--json", expect=5)
    warnings = json.loads(result.out)["warnings"]
    assert any(one.startswith("No source was looked at: ") for one in warnings)
    assert any(one.startswith("No backup was made ") for one in warnings), "the pass went on to its last part"


def ready_share(curate: Curate, desk: Path, at: str = "2026-11-23T12:05:00+00:00") -> str:
    """Publish and deploy an essay, and plan a rehearsed share of it; return the share's id."""
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    curate("-C", desk, "site", "deploy", "--target", desk.parent / "public", "--yes")
    return plan(curate, desk, slug, at)


LATER = ("--now", "2026-11-23T12:06:00+00:00")


def test_a_share_is_sent_although_the_list_of_feeds_is_broken_and_the_pass_says_so(curate: Curate, desk: Path) -> None:
    share = ready_share(curate, desk)
    (desk / "feeds.opml").write_text("<opml><body><outline", encoding="utf-8")
    result = curate("-C", desk, "tick", *LATER, expect=5)
    assert f"Rehearsed  {share}" in result.out
    assert "feeds.opml" in result.err
    (desk / "feeds.opml").unlink()
    assert "feeds.opml" in curate("-C", desk, "tick", *LATER, expect=5).err
    assert not (desk / "feeds.opml").exists()


@pytest.mark.parametrize("broken", ["build", "deploy", "disk"])
def test_a_share_is_sent_although_the_site_cannot_be_put_up(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    whole = deploy.deploy_site
    share = ready_share(curate, desk)
    curate("-C", desk, "config", "set", "deploy.target", f"folder:{desk.parent / 'public'}")
    slug, _ = write_essay(curate, desk, "Choosing again", ESSAY.replace("Which", "Whose"))
    curate("-C", desk, "publish", slug, "--no-deploy", "--at", "2026-11-23T12:05:30+00:00", *NOON)
    conf = (desk / "pelicanconf.py").read_text(encoding="utf-8")
    if broken == "build":
        (desk / "pelicanconf.py").write_text(f"{conf}\nraise RuntimeError\n", encoding="utf-8")
    elif broken == "deploy":
        curate("-C", desk, "config", "set", "deploy.target", f"folder:{desk.parent / 'share.txt'}")
    else:

        def refuse(*_: object, **__: object) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(deploy, "deploy_site", refuse)
    result = curate("-C", desk, "tick", "--json", *LATER, expect=5)
    assert [row["id"] for row in result.data["sent"]] == [share]
    assert result.data["built"] is (broken != "build")
    assert result.data["deployed"] is False
    assert len(json.loads(result.out)["warnings"]) == 1
    (desk / "pelicanconf.py").write_text(conf, encoding="utf-8")
    curate("-C", desk, "config", "set", "deploy.target", f"folder:{desk.parent / 'public'}")
    monkeypatch.setattr(deploy, "deploy_site", whole)
    assert curate("-C", desk, "tick", "--json", *LATER).data["deployed"] is True


def test_offline_a_site_on_a_git_branch_waits(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", "--at", "2026-11-23T12:05:00+00:00", *NOON)
    curate("-C", desk, "config", "set", "deploy.target", "git:https://git.example/dana.git#pages")
    waits = curate("-C", desk, "--offline", "tick", "--json", *LATER).data
    assert (waits["built"], waits["deployed"]) == (True, False)
    curate("-C", desk, "config", "set", "deploy.target", f"folder:{desk.parent / 'public'}")
    assert curate("-C", desk, "--offline", "tick", "--json", *LATER).data["deployed"] is True


def test_a_pass_without_anything_to_do_says_so_and_any_other_does_not(curate: Curate, desk: Path) -> None:
    assert curate("-C", desk, "tick", *NOON).out == "Nothing was due.\n"
    share = ready_share(curate, desk)
    (desk / ".curate" / "deployed.json").unlink()
    held = curate("-C", desk, "tick", *LATER).out
    assert held.startswith(f"Held       {share} mastodon: its page")
    assert "Nothing was due" not in held


def test_a_missing_token_is_exit_4(curate: Curate, desk: Path) -> None:
    ready_share(curate, desk)
    curate("-C", desk, "config", "set", "accounts.mastodon.deliver", "network")
    result = curate("-C", desk, "tick", *LATER, expect=4)
    assert "curate account add mastodon" in result.out


def test_a_share_that_a_network_put_off_is_next_when_the_network_said(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_share(curate, desk)
    server = MastodonServer()
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    token = desk.parent / "token"
    token.write_text(server.password, encoding="utf-8")
    with serve(server) as url:
        curate("-C", desk, "account", "remove", "mastodon", "--yes")
        curate("-C", desk, "account", "add", "mastodon", "--server", url, "--token-file", token)
        server.effects.append("429")
        put_off = curate("-C", desk, "tick", "--json", *LATER).data
    assert len(put_off["retry"]) == 1
    assert put_off["next"] == "2026-11-23T12:16:00Z"


def test_an_address_that_a_killed_pass_did_not_write_is_written_by_the_next(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_share(curate, desk)
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    token = desk.parent / "token"
    server = MastodonServer()
    token.write_text(server.password, encoding="utf-8")
    with serve(server) as url, Here(desk).database() as connection:
        curate("-C", desk, "account", "remove", "mastodon", "--yes")
        curate("-C", desk, "account", "add", "mastodon", "--server", url, "--token-file", token)
        config = Here(desk).config_folder()
        book = Ledger(Desk(desk), connection, config, load_settings(desk / "curate.toml"))
        killed_pass(book, now=datetime(2026, 11, 23, 12, 6, tzinfo=UTC), kill_at="recorded")
        [post] = [
            path for path in (desk / "content").rglob("*.md") if "title: Choosing well" in path.read_text("utf-8")
        ]
        assert "syndication" not in post.read_text(encoding="utf-8")
        after = curate("-C", desk, "tick", "--no-send", "--json", "--now", "2026-11-23T12:20:00+00:00")
        assert after.data["sent"] == []
        written = post.read_text(encoding="utf-8")
        assert written.count("https://social.example/@dana/") == 1
        post.write_text(re.sub(r"(?m)^syndication:.*\n(- .*\n)*", "", written), encoding="utf-8")
        curate("-C", desk, "tick", "--now", "2026-11-23T12:30:00+00:00")
    assert "syndication" not in post.read_text(encoding="utf-8"), "what the person took out stays out"


def test_a_pass_that_reads_feeds_for_long_still_knows_when_it_sent(
    curate: Curate, desk: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = ready_share(curate, desk)
    moment = datetime(2026, 11, 23, 12, 6, tzinfo=UTC)

    def slow(*_: object) -> tuple[int, dict[str, str], bytes]:
        nonlocal moment
        moment += timedelta(minutes=20)
        return 404, {}, b""

    loopback.pages["/feed.xml"] = slow
    (desk / "feeds.opml").write_text(
        f'<opml version="2.0"><body><outline type="rss" text="Slow" xmlUrl="{loopback.url}/feed.xml"/></body></opml>',
        encoding="utf-8",
    )
    monkeypatch.setattr(Here, "now", lambda _: moment)
    assert len(curate("-C", desk, "tick", "--json").data["sent"]) == 1
    [story] = curate("-C", desk, "share", "history", share, "--json").data
    assert story["sent_at"] == "2026-11-23T12:26:00Z"


def test_today_names_the_next_command(curate: Curate, desk: Path) -> None:
    assert curate("-C", desk, "today", "--json").data["next"] == ["curate feed add URL"]
    curate("-C", desk, "feed", "add", "https://notes.example/feed", "--title", "Notes", "--offline")
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


def test_a_share_of_a_post_turned_back_to_draft_is_held(curate: Curate, desk: Path, tmp_path: Path) -> None:
    slug, path = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    curate("-C", desk, "site", "deploy", "--target", tmp_path / "public", "--yes")
    share = plan(curate, desk, slug)
    path.write_text(path.read_text(encoding="utf-8").replace("status: published", "status: draft"), encoding="utf-8")
    done = curate("-C", desk, "tick", "--json", "--now", "2026-11-23T12:06:00+00:00", expect=None).data
    assert done["sent"] == []
    assert [row["id"] for row in done["held"]] == [share]


def test_a_zone_whose_rules_changed_moves_what_waits_and_the_pass_says_so(curate: Curate, desk: Path) -> None:
    share = ready_share(curate, desk)
    with closing(open_database(Desk(desk))) as connection:
        # As if the zone had been an hour ahead when it was planned.
        connection.execute("UPDATE shares SET due_at = due_at - 3600")
    answer = curate("-C", desk, "tick", "--json", "--now", "2026-11-23T12:04:00+00:00")
    assert answer.data["sent"] == []
    assert answer.data["next"] == "2026-11-23T12:05:00Z"
    assert any(share in said and "moved from 23 Nov 2026 11:05" in said for said in json.loads(answer.out)["warnings"])
