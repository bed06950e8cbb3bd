"""``curate share``: from a published post to what is out, and every refusal on the way."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.shares.servers import MastodonServer, serve
from tests.shares.test_plan import POST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Result

NOW = "2026-11-23T08:00:00Z"
LINK = "https://dana.example/2026/small-models/"


class Shares:
    """A desk with a published and deployed post, accounts, and ``curate share`` at a fixed time."""

    def __init__(self, curate: Curate, desk: Path, folder: Path) -> None:
        self.curate, self.desk, self.folder = curate, desk, folder
        (desk / "content" / "post.md").write_text(
            POST.format(slug="small-models", status="published", date="2026-11-22T08:40:00Z"), encoding="utf-8"
        )
        self.deployed("2026/small-models/")

    def deployed(self, *pages: str) -> None:
        text = json.dumps({"target": "folder:public", "at": NOW, "pages": pages})
        (self.desk / ".curate").mkdir(exist_ok=True)
        (self.desk / ".curate" / "deployed.json").write_text(text, encoding="utf-8")

    def account(self, network: str, *more: str) -> None:
        self.curate("-C", self.desk, "account", "add", network, *more)

    def rehearse(self) -> None:
        self.account("mastodon", "--server", "https://social.example", "--handle", "dana", "--deliver", "outbox")
        self.account("bluesky", "--handle", "dana.test", "--deliver", "outbox")

    def words(self, text: str, name: str = "words.txt") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def __call__(self, *arguments: str, expect: int = 0, now: str = NOW) -> Result:
        return self.curate("-C", self.desk, "--now", now, "share", *arguments, expect=expect)

    def plan(
        self, *more: str, to: str = "mastodon", at: str = NOW, text: str = "Words of mine", expect: int = 0
    ) -> Any:
        files = [
            part
            for name in to.split(",")
            for part in ("--text-file", f"{name}={self.words(f'{name}: {text}', f'{name}.txt')}")
        ]
        done = self("plan", "small-models", "--to", to, *files, "--at", at, "--json", *more, expect=expect)
        return done.data if expect == 0 else done.error


@pytest.fixture
def shares(curate: Curate, desk: Path, tmp_path: Path) -> Shares:
    return Shares(curate, desk, tmp_path)


def test_a_plan_answers_with_a_draft_for_each_account(shares: Shares) -> None:
    shares.rehearse()
    text = {name: shares.words(f"For {name}", name) for name in ("mastodon", "bluesky")}
    rows = shares(
        "plan", "small-models", "--to", "mastodon,bluesky", "--text-file", f"mastodon={text['mastodon']}",
        "--text-file", f"bluesky={text['bluesky']}", "--at", "next", "--json",
    ).data  # fmt: skip
    assert [(row["account"], row["network"], row["state"]) for row in rows] == [
        ("mastodon", "mastodon", "draft"),
        ("bluesky", "bluesky", "draft"),
    ]
    assert rows[0]["text"] == f"For mastodon\n\n{LINK}"
    assert rows[0]["at"] == "2026-11-23T08:40:00Z"
    queued = shares("queue", "--json").data
    assert queued == rows
    assert {"id", "post", "account", "network", "text", "at", "state", "reason", "url"} <= set(queued[0])


def test_from_approval_to_the_outbox_and_the_history(shares: Shares) -> None:
    shares.rehearse()
    ids = [row["id"] for row in shares.plan(to="mastodon,bluesky")]
    assert [row["state"] for row in shares("approve", *ids, "--json").data] == ["approved", "approved"]
    wire = shares("send", "--due", "--dry-run", "--json").data
    assert [row["id"] for row in wire] == ids
    assert wire[0]["request"]["request"]["json"]["status"] == wire[0]["text"]
    assert not (shares.desk / ".curate" / "outbox").exists()
    done = shares("send", "--due", "--yes", "--json").data
    assert [row["id"] for row in done["sent"]] == ids
    assert all(row["url"].startswith("file://") for row in done["sent"])
    assert len(list((shares.desk / ".curate" / "outbox").iterdir())) == 2
    assert shares("send", "--due", "--json").data["sent"] == []
    assert shares("queue", "--json").data == []
    [story] = shares("history", ids[0], "--json").data
    assert story["state"] == "sent"
    assert [attempt["outcome"] for attempt in story["attempts"]] == ["sent"]
    assert story["attempts"][0]["request"]["text"] == story["text"]
    assert "rehearsal" in shares("history").out


def test_for_a_person_every_answer_names_the_next_step(shares: Shares) -> None:
    shares.rehearse()
    assert "No shares are planned" in shares("queue").out
    planned = shares(
        "plan",
        "small-models",
        "--to",
        "mastodon",
        "--text-file",
        f"mastodon={shares.words('Hello you')}",
        "--at",
        "next",
    )
    assert "Next       curate share approve" in planned.out
    assert "Mon 23 Nov 08:40" in shares("queue").out


def test_a_failed_plan_is_exit_3_and_plans_nothing(shares: Shares) -> None:
    shares.rehearse()
    error = shares.plan(to="bluesky", text="x" * 400, expect=3)
    assert any("of 300 characters" in problem for problem in error["problems"])
    assert shares("queue", "--json").data == []
    shares.plan()
    assert shares.plan(expect=3)["problems"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "small-models", "--to", "threads", "--text-file", "threads=x"),
        ("plan", "small-models", "--to", "mastodon", "--text-file", "mastodon=/nowhere"),
        ("plan", "small-models", "--to", "mastodon", "--text-file", "bluesky=/nowhere"),
        ("plan", "small-models", "--to", "mastodon", "--no-input"),
        ("plan", "nothing-like-it", "--to", "mastodon", "--no-input"),
        ("plan", "small-models"),
        ("approve", "zzzz"),
        ("edit", "zzzz", "--text-file", "x"),
        ("move", "zzzz", "--at", "next"),
        ("cancel", "zzzz"),
        ("send",),
        ("send", "zzzz", "--due"),
        ("send", "zzzz", "--yes"),
        ("history", "zzzz"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_with_a_hint(shares: Shares, arguments: tuple[str, ...]) -> None:
    shares.rehearse()
    assert len(shares(*arguments, expect=2).err.splitlines()) >= 2


def test_a_past_time_is_exit_2(shares: Shares) -> None:
    shares.rehearse()
    assert "is past" in shares.plan(at="2026-11-22T08:00:00Z", expect=2)["message"]


def test_a_chosen_time_against_the_limits_is_planned_and_warned(shares: Shares) -> None:
    shares.rehearse()
    shares.plan()
    (shares.desk / "content" / "two.md").write_text(
        POST.format(slug="two", status="published", date="2026-11-22T08:40:00Z"), encoding="utf-8"
    )
    done = shares(
        "plan", "two", "--to", "mastodon", "--text-file", f"mastodon={shares.words('Other')}", "--at", NOW, "--json"
    )
    assert len(done.data) == 1
    assert "less than 90 minutes" in json.loads(done.out)["warnings"][0]


def test_a_dry_run_plans_nothing(shares: Shares) -> None:
    shares.rehearse()
    [row] = shares.plan("--dry-run")
    assert row["id"] == ""
    assert row["state"] == "draft"
    assert shares("queue", "--json").data == []


def test_an_edit_makes_it_a_draft_again_and_says_so(shares: Shares) -> None:
    shares.rehearse()
    [row] = shares.plan()
    shares("approve", row["id"])
    done = shares("edit", row["id"], "--text-file", shares.words("Better words"), "--json")
    assert done.data["state"] == "draft"
    assert f"curate share approve {row['id']}" in json.loads(done.out)["warnings"][0]
    assert shares("send", row["id"], "--yes", expect=3).err


def test_moving_and_cancelling(shares: Shares) -> None:
    shares.rehearse()
    [row] = shares.plan()
    moved = shares("move", row["id"], "--at", "2026-11-25T17:30", "--json").data
    assert moved["at"] == "2026-11-25T17:30:00Z"
    assert shares("cancel", row["id"], "--json").data[0]["state"] == "cancelled"
    assert shares("cancel", row["id"], expect=3).err


def test_sending_asks_and_without_a_person_needs_yes(shares: Shares) -> None:
    shares.rehearse()
    [row] = shares.plan()
    shares("approve", row["id"])
    assert "--yes" in shares("send", row["id"], expect=2).err
    assert shares("send", row["id"], "--yes").out.startswith("Rehearsed")


def test_a_page_that_is_not_deployed_holds_the_share_with_exit_3(shares: Shares) -> None:
    shares.rehearse()
    [row] = shares.plan()
    shares("approve", row["id"])
    shares.deployed()
    done = shares("send", "--due", "--yes", "--json", expect=3)
    assert "not in the last deploy" in done.data["held"][0]["reason"]
    shares.deployed("2026/small-models/")
    assert len(shares("send", "--due", "--yes", "--json").data["sent"]) == 1


@pytest.fixture
def mastodon(shares: Shares, monkeypatch: pytest.MonkeyPatch) -> Iterator[MastodonServer]:
    """A Mastodon on loopback with an account on the desk."""
    server = MastodonServer()
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    with serve(server) as url:
        shares.account("mastodon", "--server", url, "--token-file", shares.words(server.password, "token"))
        yield server


@pytest.mark.parametrize(
    ("effect", "state", "code"),
    [("drop after", "unknown", 5), ("401", "held", 4), ("refuse", "rejected", 5), ("429", "retry", 5)],
)
def test_each_outcome_has_its_exit_code_and_its_reason(
    shares: Shares, mastodon: MastodonServer, effect: str, state: str, code: int
) -> None:
    [row] = shares.plan()
    shares("approve", row["id"])
    mastodon.effects.append(effect)
    done = shares("send", "--due", "--yes", "--json", expect=code)
    assert [one["id"] for one in done.data[state]] == [row["id"]]
    assert done.data[state][0]["reason"]
    assert [one["state"] for one in shares("queue", "--json").data] == [state]
    assert mastodon.password not in done.out + done.err + shares("history", row["id"]).out + shares("queue").out


def test_an_unknown_share_is_found_by_the_next_pass(shares: Shares, mastodon: MastodonServer) -> None:
    [row] = shares.plan()
    shares("approve", row["id"])
    mastodon.effects.append("drop after")
    shares("send", "--due", "--yes", expect=5)
    assert shares("edit", row["id"], "--text-file", shares.words("x"), expect=3).err
    # Without its account nobody could look for it: the question says that something waits.
    assert "1 share waiting" in shares.curate("-C", shares.desk, "account", "remove", "mastodon", expect=2).err
    done = shares("send", "--due", "--yes", "--json", now="2026-11-23T08:05:00Z").data
    assert done["sent"] == [{"id": row["id"], "url": "https://social.example/@dana/1000"}]
    assert len(mastodon.posts()) == 1


def test_a_sent_share_is_noted_in_its_posts_header(shares: Shares, mastodon: MastodonServer) -> None:
    [row] = shares.plan()
    shares("approve", row["id"])
    assert shares("send", row["id"], "--yes", "-v").out.startswith("Sent")
    assert "https://social.example/@dana/1000" in (shares.desk / "content" / "post.md").read_text()
    assert mastodon.posts() == [row["text"]]


def test_a_person_reads_the_request_the_outcome_and_the_whole_story(shares: Shares, mastodon: MastodonServer) -> None:
    assert "Nothing is due." in shares("send", "--due", "--dry-run").out
    assert "Nothing was due." in shares("send", "--due").out
    [row] = shares.plan()
    shares("approve", row["id"])
    wire = shares("send", row["id"], "--dry-run").out
    assert "  length  " in wire
    assert '"Idempotency-Key"' in wire
    assert "Nothing was sent." in wire
    mastodon.effects.append("refuse")
    assert f"Rejected   {row['id']} mastodon: " in shares("send", "--due", "--yes", expect=5).out
    assert "refused it" in shares("queue").out
    whole = shares("history", row["id"]).out
    assert "rejected: HTTP 422" in whole
    assert "Words of mine" in whole
    assert '"status"' in whole


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set an editor that runs a piece of Python over the document's ``text``."""

    def use(code: str) -> None:
        script = tmp_path / "editor.py"
        script.write_text(
            "import sys, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text(encoding='utf-8')\n"
            f"{code}\npath.write_text(text, encoding='utf-8')\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")

    return use


def test_the_editor_gets_one_section_for_each_account(shares: Shares, editor: Callable[[str], None]) -> None:
    shares.rehearse()
    editor(
        "assert 'Would you?' in text and '300 characters' in text and '500 characters' in text\n"
        "text = text.replace('=== mastodon', '=== mastodon\\nFrom the editor')"
    )
    done = shares("plan", "small-models", "--to", "mastodon,bluesky", "--at", "next", "--json")
    assert [(row["account"], row["text"]) for row in done.data] == [("mastodon", f"From the editor\n\n{LINK}")]
    assert "No words for bluesky" in done.err


def test_a_refused_text_is_still_there_for_the_next_try(shares: Shares, editor: Callable[[str], None]) -> None:
    shares.rehearse()
    editor("text = text.replace('=== bluesky', '=== bluesky\\n' + 'x' * 400)")
    refused = shares("plan", "small-models", "--to", "bluesky", "--at", "next", expect=3)
    kept = shares.desk / ".curate" / "typed" / "share-small-models.txt"
    assert str(kept) in refused.err
    assert "x" * 400 in kept.read_text()
    editor("text = text.replace('x' * 400, 'Short')")
    assert (
        shares("plan", "small-models", "--to", "bluesky", "--at", "next", "--json").data[0]["text"].startswith("Short")
    )
    assert not kept.exists()


def test_a_share_is_edited_in_the_editor(shares: Shares, editor: Callable[[str], None]) -> None:
    shares.rehearse()
    [row] = shares.plan()
    editor("assert 'Words of mine' in text\ntext = text.replace('Words of mine', 'Better words')")
    assert shares("edit", row["id"], "--json").data["text"].startswith("mastodon: Better words")


def test_words_come_from_standard_input(shares: Shares, monkeypatch: pytest.MonkeyPatch) -> None:
    shares.rehearse()
    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe"))
    done = shares("plan", "small-models", "--to", "mastodon", "--text-file", "mastodon=-", "--at", "next", "--json")
    assert done.data[0]["text"].startswith("From a pipe")


def test_the_board_needs_a_terminal_and_names_what_does_not(shares: Shares) -> None:
    refused = shares("board", expect=2)
    assert "needs a terminal" in refused.err
    assert "curate share queue --week" in refused.err
