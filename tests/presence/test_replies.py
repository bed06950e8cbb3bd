"""What others say to us: heard from the networks, kept once, waiting until the person has answered."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.presence.listen import Listening, listen
from curate.presence.replies import add_replies, count_waiting, list_replies, set_done
from curate.shares.networks.readings import Heard
from curate.web.client import Client
from tests.presence.field import DAY, HOUR, Field
from tests.shares.conftest import Ledger, book
from tests.shares.servers import START, BlueskyServer, MastodonServer, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

__all__ = ["book"]


@pytest.fixture
def field(book: Ledger) -> Field:
    return Field(book)


def wire(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def mention(number: int, at: datetime, *, answers: str | None = None, content: str = "<p>Would you?</p>") -> Any:
    status = {
        "id": str(5000 + number), "url": f"https://other.example/@rosa/{number}", "content": content,
        "created_at": wire(at), "in_reply_to_id": answers, "visibility": "public",
    }  # fmt: skip
    account = {"acct": "rosa@other.example", "display_name": "Rosa"}
    return {"id": str(number), "type": "mention", "created_at": wire(at), "account": account, "status": status}


def told(number: int, at: datetime, *, reason: str = "reply", subject: str = "", text: str = "I would not.") -> Any:
    return {
        "uri": f"at://did:plc:rosa/app.bsky.feed.post/3k{number}", "reason": reason, "reasonSubject": subject,
        "indexedAt": wire(at), "author": {"handle": "rosa.test", "displayName": "Rosa"},
        "record": {"text": text, "createdAt": wire(at)},
    }  # fmt: skip


def test_answers_and_mentions_of_both_networks_wait_with_the_oldest_first(field: Field) -> None:
    [key] = field.bluesky.records
    field.mastodon.notifications = [
        mention(2, START + 3 * HOUR, answers="1000", content="<p>Yes &amp;<br>no</p>"), mention(1, START + HOUR)
    ]  # fmt: skip
    field.bluesky.notifications = [
        told(1, START + 2 * HOUR, subject=f"at://did:plc:dana/app.bsky.feed.post/{key}"),
        told(2, START + 2 * HOUR, reason="like"),
    ]
    assert field.listen(START + 4 * HOUR).replies == 3
    found = list_replies(field.book.connection)
    assert [(one.account, one.kind, one.share) for one in found] == [
        ("mastodon", "mention", ""),
        ("bluesky", "reply", field.shares[1].id),
        ("mastodon", "reply", field.shares[0].id),
    ]
    assert [one.text.strip() for one in found] == ["Would you?", "I would not.", "Yes &\nno"]
    assert found[1].url == "https://bsky.app/profile/did:plc:rosa/post/3k1"
    assert field.listen(START + 8 * HOUR).replies == 0


def test_a_server_without_the_app_behind_it_is_not_blamed_on_the_token(field: Field) -> None:
    field.bluesky.alone = True
    [told] = field.listen(START + 4 * HOUR).troubles
    assert "cannot tell (HTTP 400: InvalidRequest: No service configured" in told
    assert "token" not in told
    assert field.listen(START + 2 * DAY).troubles == [], "once"


def test_networks_are_asked_hourly_at_most_and_all_that_was_said_meanwhile_is_heard(field: Field) -> None:
    field.listen(START + HOUR)
    many = 130  # more than a page has, as after a long sleep
    field.mastodon.notifications = [mention(at, START + HOUR + at * HOUR / 4) for at in range(many, 0, -1)]
    field.bluesky.notifications = [told(at, START + HOUR + at * HOUR / 4) for at in range(many, 0, -1)]
    asked = len(field.mastodon.heard)
    assert field.listen(START + 1.5 * HOUR).replies == 0
    assert len(field.mastodon.heard) == asked
    assert field.listen(START + 60 * HOUR).replies == 2 * many


def test_what_was_said_before_the_first_share_went_out_does_not_wait(field: Field) -> None:
    field.mastodon.notifications = [mention(1, START - DAY)]
    assert field.listen(START + HOUR).replies == 0


def test_nobody_is_asked_for_an_account_that_sent_nothing_or_rehearses(book: Ledger) -> None:
    field = Field(book)
    book.account("mastodon", server="https://social.example", handle="dana", deliver="outbox")
    asked = len(field.mastodon.heard)
    field.listen(START + HOUR)
    assert len(field.mastodon.heard) == asked
    field.listen(START + 91 * DAY)
    assert len(field.bluesky.heard) < 12


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"type": "mention"}, {"type": "mention", "status": {"id": "1", "content": 7}, "account": {"acct": "a"}},
        {"type": "mention", "status": {"id": "../../x", "content": ""}, "account": {"acct": "a"}},
        {"type": "mention", "status": {"id": "1", "content": ""}, "account": {"acct": "\u202e\x07"}},
    ],
)  # fmt: skip
def test_what_is_no_mention_is_passed_over(field: Field, broken: dict[str, Any]) -> None:
    field.mastodon.notifications = [broken, mention(1, START + HOUR)]
    assert field.listen(START + 2 * HOUR).replies == 1


def test_a_date_made_up_is_now_and_a_broken_markup_is_text(field: Field) -> None:
    made_up = mention(1, START + HOUR, content="<![ x")
    made_up["status"]["created_at"] = "9999-99-99"
    field.mastodon.notifications = [made_up]
    field.listen(START + 2 * HOUR)
    [one] = list_replies(field.book.connection)
    assert (one.at, one.text) == (START + 2 * HOUR, "<![ x")


def test_a_token_that_may_not_read_mentions_still_gives_figures(field: Field) -> None:
    field.mastodon.forbidden = "/api/v1/notifications"
    first = field.listen(START + HOUR)
    assert first.samples == 2
    assert "outside the authorized scopes" in first.troubles[0]


def heard(number: int, text: str = "Why?", *, url: str = "https://other.example/1") -> Heard:
    at = datetime(2026, 11, 20, 8, number, tzinfo=UTC)
    return Heard(
        remote_id=str(number), kind="reply", author="rosa@other.example", name="Rosa", text=text, url=url, at=at
    )


@pytest.fixture
def waiting(desk: Path) -> tuple[Path, list[str]]:
    """A desk where two wait, the first with a hostile text, the second without an address."""
    with closing(open_database(Desk(desk))) as connection:
        said = [heard(1, "Why\x1b]0;owned\x07 \u202enot?\nAnd when?"), heard(2, url="")]
        add_replies(connection, "mastodon", "mastodon", said, now=datetime(2026, 11, 21, tzinfo=UTC))
        return desk, [one.id for one in list_replies(connection)]


def test_what_waits_is_in_the_day_and_in_the_list_safe_for_a_terminal(
    curate: Curate, waiting: tuple[Path, list[str]]
) -> None:
    desk, (first, second) = waiting
    shown = curate("-C", desk, "replies", "list").out
    assert shown.index(first) < shown.index(second)
    assert "Why␛]0;owned␇ \ufffdnot? And when?" in shown
    assert "\x1b" not in shown
    assert "Replies    2 answers and mentions wait, the oldest for 2d" in curate("-C", desk, "today").out
    day = curate("-C", desk, "today", "--json").data
    assert day["replies"] == {"waiting": 2, "oldest": "2026-11-20T08:01:00Z"}
    assert day["next"][0] == "curate replies list"


def test_an_answer_is_given_by_the_person_and_can_be_taken_back(
    curate: Curate, waiting: tuple[Path, list[str]]
) -> None:
    desk, (first, second) = waiting
    assert curate("-C", desk, "replies", "open", first, "--print").out == "https://other.example/1\n"
    assert "notifications on mastodon" in curate("-C", desk, "replies", "open", second, expect=3).err
    assert "1 left." in curate("-C", desk, "replies", "done", first).out
    assert "Nobody waits." in curate("-C", desk, "replies", "done", second).out
    assert curate("-C", desk, "replies", "list").out == "Nobody waits for an answer.\n"
    assert "Replies" not in curate("-C", desk, "today").out
    assert [row["id"] for row in curate("-C", desk, "replies", "list", "--done", "--json").data] == [first, second]
    assert "1 left." in curate("-C", desk, "replies", "done", first, "--not").out
    assert "bcdfgh" in curate("-C", desk, "replies", "done", first, "bcdfgh", expect=2).err
    with closing(open_database(Desk(desk))) as connection:
        assert count_waiting(connection)[0] == 1  # none was taken as done with one that is not there


def test_done_stays_as_it_was_first_said(book: Ledger) -> None:
    add_replies(book.connection, "mastodon", "mastodon", [heard(1)], now=START)
    [one] = list_replies(book.connection)
    set_done(book.connection, [one.id], now=START)
    [again] = set_done(book.connection, [one.id], now=START + timedelta(days=1))
    assert again.done_at == START
    assert add_replies(book.connection, "mastodon", "mastodon", [heard(1)], now=START) == 0


def test_both_are_asked_over_real_connections(book: Ledger) -> None:
    mastodon, bluesky = MastodonServer(), BlueskyServer()
    with serve(mastodon) as social, serve(bluesky) as sky:
        book.account("mastodon", server=social, handle="dana", token=mastodon.password)
        book.account("bluesky", "bluesky", server=sky, handle="dana.test", token=bluesky.password)
        book.share("mastodon")
        book.share("bluesky", text="Words for the sky")
        assert len(book.send().sent) == 2
        mastodon.notifications, bluesky.notifications = [mention(1, START + HOUR)], [told(1, START + HOUR)]

        async def go() -> Listening:
            async with Client(allow_private=["127.0.0.0/8"]) as client:
                return await listen(
                    book.desk, book.settings, book.connection, client, now=START + 2 * HOUR, config=book.config
                )

        assert asyncio.run(go()) == Listening(samples=2, replies=2)


def test_an_account_that_sent_nothing_for_three_months_is_left_alone(field: Field) -> None:
    before = len(field.mastodon.heard)
    field.listen(START + 89 * DAY)
    asked = len(field.mastodon.heard)
    assert asked > before
    field.listen(START + 91 * DAY)
    assert len(field.mastodon.heard) == asked
