"""The day on one screen: what counts as today, what comes next, what waits for a person."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.cli.render import width
from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.presence.balance import count_shares
from curate.shares import ledger
from curate.site.strikes import Answer, note
from tests.presence.test_publish import ESSAY, NOON, write_essay
from tests.presence.test_tick import LATER, plan, ready_share
from tests.shares.conftest import Ledger, book
from tests.shares.servers import MastodonServer, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

__all__ = ["book"]


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


def test_of_many_shares_that_wait_some_are_named_and_all_counted(curate: Curate, desk: Path, tmp_path: Path) -> None:
    with closing(open_database(Desk(desk))) as connection:
        waiting = Ledger(Desk(desk), connection, tmp_path / "config")
        waiting.account("mastodon")
        for number in range(5):
            ledger.set_unknown(connection, waiting.share(text=f"Words {number}"), "it may be out already")
        assert "more wait for you" not in curate("-C", desk, "today", *NOON).out
        for number in range(2):
            ledger.set_unknown(connection, waiting.share(text=f"More words {number}"), "it may be out already")
    said = curate("-C", desk, "today", *NOON).out
    assert said.count("it may be out already") == 5
    assert "           and 2 more wait for you: curate share queue\n" in said


def test_a_desk_that_was_put_back_says_that_it_sends_nothing(curate: Curate, desk: Path) -> None:
    share = ready_share(curate, desk)
    backup = curate("-C", desk, "backup", "create", "--json", *NOON).data["path"]
    curate("-C", desk, "tick", *LATER)
    assert curate("-C", desk, "today", "--json", *LATER).data["shares"]["foreign"] == ""
    curate("-C", desk, "backup", "restore", backup, "--yes", *LATER)
    put(desk, "fresh", "essay", 23)  # sharing it is no step before there is a desk that sends
    day = curate("-C", desk, "today", "--json", *LATER).data
    assert day["next"] == ["curate share queue", "curate doctor --adopt"]
    assert f"curate share resolve {share} --sent URL, or --not-sent" in curate("-C", desk, "share", "queue", *LATER).out
    said = curate("-C", desk, "today", *LATER).out
    assert "           This desk is older than what was sent from it" in said
    assert max(map(len, said.splitlines())) <= 80
    curate("-C", desk, "doctor", "--adopt", "--yes", *LATER, expect=None)
    assert curate("-C", desk, "today", "--json", *LATER).data["shares"]["foreign"] == ""
    assert "curate share plan fresh" in curate("-C", desk, "today", "--json", *LATER).data["next"]


def put(desk: Path, slug: str, kind: str, day: int) -> None:
    """Write a post that appeared on that day of November, as the person's editor would."""
    header = f"title: {slug}\nslug: {slug}\ndate: 2026-11-{day}\nkind: {kind}\nstatus: published"
    (desk / "content" / f"{slug}.md").write_text(f"---\n{header}\n---\nWords.\n", encoding="utf-8")


def test_a_fresh_post_that_nobody_was_told_of_is_proposed_until_it_is_planned_or_three_days_old(
    curate: Curate, desk: Path
) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    assert curate("-C", desk, "today", "--json", *LATER).data["next"] == ["curate feed add URL"]  # there is no account
    share = plan(curate, desk, slug)
    for word in ("edit", "cancel"):
        assert curate("-C", desk, "today", "--json", *NOON).data["shares"]["unshared"] == []
        if word == "edit":
            words = desk.parent / "other.txt"
            words.write_text("Nobody reads ten articles a week to their end. Do you?", encoding="utf-8")
            curate("-C", desk, "share", "edit", share, "--text-file", words, *NOON)
        else:
            curate("-C", desk, "share", "cancel", share, *NOON)  # which is a decision, too
    assert curate("-C", desk, "today", "--json", *NOON).data["next"] == ["curate feed add URL"]

    second, path = write_essay(curate, desk, "Choosing again", ESSAY.replace("Which", "Whose"))
    curate("-C", desk, "publish", second, "--no-deploy", "--at", "2026-11-24T12:00:00Z", *NOON)
    for now, proposed in (("24T11:59:59", []), ("24T12:00:00", [second]), ("27T11:59:59", [second]), ("27T12:00", [])):
        day = curate("-C", desk, "today", "--json", "--now", f"2026-11-{now}Z").data
        assert day["shares"]["unshared"] == proposed
        assert (f"curate share plan {second}" in day["next"]) is bool(proposed)
    then = ("--now", "2026-11-25T12:00:00Z")
    whole = path.read_text(encoding="utf-8")
    for line in ("syndication: [https://social.example/@dana/1]", "until: 2026-11-25"):  # told already, or over
        path.write_text(whole.replace("kind: ", f"{line}\nkind: ", 1), encoding="utf-8")
        assert curate("-C", desk, "today", "--json", *then).data["shares"]["unshared"] == []
    path.write_text(whole, encoding="utf-8")
    [step, *_] = curate("-C", desk, "today", "--json", *then).data["next"]
    words.write_text("Whose article did you read to its end? I can name one of ten.", encoding="utf-8")
    [planned] = curate("-C", desk, *step.split()[1:], "--text-file", f"mastodon={words}", "--json", *then).data
    assert curate("-C", desk, "today", "--json", *then).data["next"][0] == f"curate share approve {planned['id']}"


def test_the_earliest_of_fresh_posts_is_proposed(curate: Curate, desk: Path) -> None:
    for day in (23, 22):
        put(desk, f"part-{day}", "essay", day)
    share = plan(curate, desk, "part-23")
    day = curate("-C", desk, "today", "--json", *NOON).data
    assert (day["shares"]["unshared"], day["next"]) == (["part-22"], ["curate share plan part-22"])
    curate("-C", desk, "share", "cancel", share, *NOON)


def test_the_balance_is_that_of_the_last_fourteen_days(curate: Curate, sent: Path) -> None:
    """Their essay appeared on the 23rd in Tokyo; the first day that is told of is the 13th before today."""
    for number, kind in enumerate(("link", "roundup", "result", "prediction", "notice")):
        put(sent, f"part-{kind}", kind, 18 + number)
    said = curate("-C", sent, "today", "--now", "2026-11-23T12:07:00Z").out
    assert "Balance    14 days     2 curated, 3 own pieces, 1 share, 0 repeats\n" in said
    balance = {"days": 14, "curated": 0, "own": 1, "shares": 1, "repeats": 0}
    last = ("--now", "2026-12-06T14:59:59Z")
    assert curate("-C", sent, "today", "--json", *last).data["balance"] == balance
    over = ("--now", "2026-12-06T15:00:00Z")
    assert curate("-C", sent, "today", "--json", *over).data["balance"] == {**balance, "own": 0, "shares": 0}
    assert "Balance" not in curate("-C", sent, "today", *over).out


def test_a_repeat_is_what_an_account_said_before_unless_it_corrects(book: Ledger) -> None:
    day = datetime(2026, 11, 1, tzinfo=UTC)
    book.account("mastodon")
    share = book.share()
    shares = [
        replace(share, post=post, account=account, corrects=corrects, sent_at=day + timedelta(days=days))
        for days, post, account, corrects in (
            (9, "a", "mastodon", False),  # again
            (0, "a", "mastodon", False),
            (8, "a", "bluesky", False),
            (9, "b", "bluesky", False),
            (10, "b", "bluesky", True),  # puts right what was said
            (20, "b", "bluesky", False),  # again, but later
        )
    ]
    unsent = replace(shares[0], sent_at=None)
    assert count_shares([*shares, unsent], since=day + timedelta(days=8), until=day + timedelta(days=20)) == (4, 1)
    assert count_shares(shares, since=day, until=day + timedelta(days=21)) == (6, 2)


@pytest.mark.parametrize("columns", [80, 60, 20, 200])
def test_no_line_but_a_command_is_longer_than_the_window(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    curate("-C", desk, "config", "set", "site.name", "Professor Dana Adaeze Okafor-Lindqvist of the Night Shift")
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    share = plan(curate, desk, slug)
    for name in ("another-network-of-ours", "the-account-of-the-team"):
        curate("-C", desk, "account", "add", "mastodon", "--name", name, "--server", "https://social.example",
               "--handle", name, "--deliver", "outbox", "--no-input")  # fmt: skip
    words = desk.parent / "other.txt"
    words.write_text("Nobody reads ten articles a week to their end. Do you?", encoding="utf-8")
    curate("-C", desk, "share", "plan", slug, "--to", "the-account-of-the-team", "--text-file",
           f"the-account-of-the-team={words}", "--at", "2026-11-23T18:00:00Z", *NOON)  # fmt: skip
    said = [curate("-C", desk, "today", *NOON).out]
    curate("-C", desk, "tick", "--now", "2026-11-23T12:06:00Z")
    said.append(curate("-C", desk, "today", "--now", "2026-11-27T12:06:00Z").out)
    assert "next Mon 23 Nov 12:05  mastodon  “Fewer" in said[0]
    assert f"           held  {share} mastodon: " in said[1]
    wide = [width(line) for text in said for line in text.partition("\nNext ")[0].splitlines()]
    assert max(wide) <= min(max(columns, 60), 80)
