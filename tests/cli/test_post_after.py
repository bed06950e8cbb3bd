"""``post correct`` and ``post unpublish``, round-ups and notices, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curate.posts.files import find_post
from tests.cli.test_share import NOW, Shares

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate, Result

SAID = "Eight weeks with one pager: it woke us 13 times, and I keep coming back to that"
RIGHT = "I was wrong about the pager: it woke us 31 times in those weeks, as our own log says"


@pytest.fixture
def shares(curate: Curate, desk: Path, tmp_path: Path) -> Shares:
    """A published post whose share is out on mastodon, and planned on bluesky."""
    found = Shares(curate, desk, tmp_path)
    found.rehearse()
    [out] = found.plan(text=SAID)
    found.plan(to="bluesky", at="2026-11-25T09:00:00Z", text="Would you let a small model page somebody at night?")
    found("approve", out["id"])
    found("send", out["id"], "--yes")
    return found


def post(shares: Shares, *arguments: str, expect: int = 0) -> Result:
    return shares.curate("-C", shares.desk, "--now", NOW, "post", *arguments, expect=expect)


def test_a_correction_is_dated_and_lists_the_shares_that_said_it_too(shares: Shares) -> None:
    data = post(shares, "correct", "small-models", "--text", "It was 31.", "--wrong", "13 times", "--json").data
    assert data["correction"] == {"date": "2026-11-23", "text": "It was 31.", "wrong": "13 times"}
    [out], [ahead] = data["shares"], data["ahead"]
    assert (out["account"], out["state"], out["repeated"]) == ("mastodon", "sent", True)
    assert out["url"]
    assert (ahead["account"], ahead["repeated"]) == ("bluesky", False)
    again = post(shares, "correct", "small-models", "--text", "It was 31.", "--wrong", "13 times")
    assert "says it, too" in again.out
    assert "Next       curate publish small-models" in again.out
    found = find_post(shares.desk / "content", "small-models")
    assert len(found.corrections) == 1
    assert found.modified is not None
    assert found.body == "Words\n"


def test_announcing_drafts_a_correcting_share_where_the_error_is_out(shares: Shares) -> None:
    words = shares.words(RIGHT, "right.txt")
    correct: tuple[str, ...] = ("correct", "small-models", "--text", "It was 31.")
    data: Any = post(shares, *correct, "--announce", "--text-file", f"mastodon={words}", "--json").data
    [planned] = data["planned"]
    assert (planned["account"], planned["state"]) == ("mastodon", "draft")
    assert RIGHT in planned["text"]
    refused = post(shares, *correct, "--announce", "--text-file", f"bluesky={words}", expect=2)
    assert "bluesky has no share of small-models that is out" in refused.err
    assert "--announce" in post(shares, *correct, "--text-file", f"mastodon={words}", expect=2).err
    same = post(shares, *correct, "--announce", "--text-file", f"mastodon={shares.words(SAID)}", expect=3)
    assert "of this text stands in the text for mastodon" in same.err


def test_a_correcting_share_is_no_repetition_to_any_command(shares: Shares) -> None:
    announce: tuple[str, ...] = ("correct", "small-models", "--text", "It was 31.", "--announce", "--text-file")
    data: Any = post(shares, *announce, f"mastodon={shares.words(RIGHT, 'right.txt')}", "--json").data
    [planned] = data["planned"]
    [checked] = shares("check", planned["id"], "--json").data
    assert [rule["name"] for rule in checked["checks"] if not rule["ok"]] == []
    shares("move", planned["id"], "--at", "2026-11-24T09:00:00Z")
    shares("approve", planned["id"])
    soon = shares.plan(text="And again, in other words", at="2026-11-24T12:00:00Z", expect=3)
    assert "once more from 14 Dec 2026" in soon["problems"][0], "counted from the share, not from its correction"
    [later] = shares.plan(text="Another angle of mine, on something else", at="2026-12-15T09:00:00Z")
    assert later["state"] == "draft", "what corrects is not one of the two shares that a post may have"


def test_a_draft_has_nothing_to_correct_or_to_take_down(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "write", "--kind", "essay", "--title", "Draft", "--no-edit")
    assert curate("-C", desk, "post", "correct", "draft", "--text", "x", expect=3).out == ""
    curate("-C", desk, "post", "unpublish", "draft", "--yes", expect=3)
    curate("-C", desk, "post", "correct", "none", "--text", "x", expect=2)
    curate("-C", desk, "post", "correct", "draft", "--text", " ", expect=2)


def test_a_post_is_taken_down_with_its_reason_and_its_live_shares_are_listed(shares: Shares) -> None:
    assert "--yes" in post(shares, "unpublish", "small-models", expect=2).err
    done = post(shares, "unpublish", "small-models", "--reason", "The numbers were wrong.", "--yes")
    assert "1 share of it out, or maybe out:" in done.out
    assert "curate share cancel" in done.out
    found = find_post(shares.desk / "content", "small-models")
    assert (found.status, found.gone) == ("gone", "The numbers were wrong.")
    assert found.modified is not None
    again = post(shares, "unpublish", "small-models", "--yes", "--json").data
    assert (again["status"], [row["account"] for row in again["shares"]]) == ("gone", ["mastodon"])
    assert "taken down already" in post(shares, "correct", "small-models", "--text", "x", expect=3).err
    words = shares.words("Other words of mine")
    assert "not published" in shares("plan", "small-models", "--text-file", f"mastodon={words}", expect=3).err


def test_what_was_taken_down_is_published_again_at_its_old_address(shares: Shares) -> None:
    before = find_post(shares.desk / "content", "small-models")
    post(shares, "unpublish", "small-models", "--reason", "A mistake", "--yes")
    url = shares.curate(
        "-C", shares.desk, "publish", "small-models", "--force", "a test", "--no-deploy", "--json", "--now", NOW
    ).data["url"]
    after = find_post(shares.desk / "content", "small-models")
    assert url == "https://dana.example/2026/small-models/"
    assert (after.status, after.gone, after.date) == ("published", "", before.date)


def test_a_round_up_covers_noted_items_once_and_tells_what_is_left(curate: Curate, desk: Path, tmp_path: Path) -> None:
    feed = tmp_path / "items.txt"
    feed.write_text("", encoding="utf-8")
    noted = _item(curate, desk, "Night shift", "Minutes, not accuracy.")
    left = _item(curate, desk, "Kept only", "")
    done = curate("-C", desk, "write", "--kind", "roundup", "--week", "--no-edit", "--json")
    assert [row["id"] for row in done.data["leftovers"]] == [left]
    found = find_post(desk / "content", done.data["slug"])
    assert (found.kind, found.header["covers"], found.title) == ("roundup", [noted], "Round-up, 16 Nov to 22 Nov 2026")
    assert "Minutes, not accuracy." in found.body
    assert left in curate("-C", desk, "write", "--kind", "roundup", "--month", "--no-edit", "--title", "x").err
    assert "reminder" in curate("-C", desk, "post", "check", found.slug, expect=3).out
    text = found.path.read_text(encoding="utf-8").replace("TODO: say", "I say")
    found.path.write_text(text, encoding="utf-8")
    curate("-C", desk, "publish", found.slug, "--no-deploy")
    assert curate("-C", desk, "item", "show", noted, "--json").data["state"] == "posted"


def _item(curate: Curate, desk: Path, title: str, note: str) -> str:
    from contextlib import closing
    from datetime import datetime

    from curate.desk.db import open_database
    from curate.desk.folder import Desk
    from curate.inbox.arrivals import Arrival, store_arrivals
    from curate.inbox.items import list_items
    from tests.conftest import TODAY

    now, url = datetime.fromisoformat(TODAY), f"https://example.org/{title.replace(' ', '-')}"
    arrival = Arrival(
        guid=title, url=url, canonical_url=url, title=title, author="", site="Review", summary="", content_html="",
        content_text=title, words=100, lang="en", full_text=False, published=now,
    )  # fmt: skip
    with closing(open_database(Desk(desk))) as connection:
        store_arrivals(connection, None, [arrival], now=now)
        found = next(item.id for item in list_items(connection, state=None, limit=0) if item.title == title)
    curate("-C", desk, "item", "keep", found)
    if note:
        curate("-C", desk, "item", "note", found, note)
    return found


@pytest.mark.parametrize(
    "flags",
    [
        ("--kind", "roundup"),
        ("--week",),
        ("--kind", "essay", "--month"),
        ("--kind", "notice", "--title", "Away"),
        ("--kind", "essay", "--until", "2026-12-01"),
        ("--kind", "notice", "--until", "2026-11-01"),
        ("--kind", "notice", "--until", "soon"),
    ],
)
def test_a_round_up_has_a_span_and_a_notice_an_end(curate: Curate, desk: Path, flags: tuple[str, ...]) -> None:
    curate("-C", desk, "write", "--no-edit", *flags, expect=2)


def test_a_round_up_of_nothing_is_said_and_makes_no_file(curate: Curate, desk: Path) -> None:
    done = curate("-C", desk, "write", "--kind", "roundup", "--week", "--no-edit", "--json")
    assert done.data == {"path": None, "slug": None, "status": None, "leftovers": []}
    assert not (desk / "content" / "roundups").exists()


def test_a_notice_ends_by_itself_and_is_not_shared_after_that(curate: Curate, desk: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("The site moves to another host that evening, and may be slow.\n", encoding="utf-8")
    curate("-C", desk, "config", "set", "site.timezone", "Europe/Berlin")
    slug = curate("-C", desk, "write", "--kind", "notice", "--title", "Slow on Friday", "--until", "2026-11-28",
                  "--from", words, "--json").data["slug"]  # fmt: skip
    found = find_post(desk / "content", slug)
    assert found.until is not None
    assert found.until.isoformat() == "2026-11-27T23:00:00+00:00"
    curate("-C", desk, "publish", slug, "--no-deploy")
    page = desk / "output" / "2026" / slug / "index.html"
    assert page.is_file()
    curate("-C", desk, "account", "add", "mastodon", "--server", "https://social.example", "--handle", "dana",
           "--deliver", "outbox")  # fmt: skip
    late = curate("-C", desk, "share", "plan", slug, "--text-file", f"mastodon={words}", "--at",
                  "2026-11-30T10:00:00Z")  # fmt: skip
    assert "it is old news from 28 Nov 2026" in late.err
    curate("-C", desk, "tick", "--no-fetch", "--no-send", "--now", "2026-11-28T09:00:00Z")
    assert not page.exists()


def test_a_post_goes_out_as_a_mail_of_text_and_html_once_it_is_approved(shares: Shares) -> None:
    path = shares.desk / "content" / "post.md"
    body = (
        "## Nights\n\n- [A *title*\\*](https://example.org/a_b_c), Review. **Quiet**.\n- [Mine]({filename}/post.md)\n"
    )
    path.write_text(path.read_text(encoding="utf-8").replace("Words\n", body), encoding="utf-8")
    shares.account("email", "--server", "smtp://mail.example", "--handle", "dana@dana.example",
                   "--recipients", "ada@example.org", "--deliver", "outbox", "--name", "letter")  # fmt: skip
    dry = post(shares, "mail", "small-models", "--to", "letter", "--dry-run")
    assert "- A title* (https://example.org/a_b_c), Review. Quiet." in dry.out
    [planned] = post(shares, "mail", "small-models", "--to", "letter", "--at", "2026-11-23T08:00:00Z", "--json").data
    assert planned["state"] == "draft"
    assert planned["text"] == (
        "Nights\n\n- A title* (https://example.org/a_b_c), Review. Quiet.\n"
        "- Mine (https://dana.example/2026/small-models/)\n\nWould you?"
    )
    shares("approve", planned["id"])
    shares("send", planned["id"], "--yes")
    assert shares("history", planned["id"], "--json").data[0]["state"] == "sent"
    assert "no e-mail account" in post(shares, "mail", "small-models", "--to", "mastodon", expect=2).err
    post(shares, "mail", "small-models", "--to", "nobody", expect=2)
