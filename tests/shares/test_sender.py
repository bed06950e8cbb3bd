"""Sending: at most once, never what was not approved, and never silent about the rest."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from curate.desk.locks import hold
from curate.errors import Conflict, Refused, Unknown
from curate.shares import attempts, ledger
from curate.shares.sender import preview
from curate.shares.tokens import secret_of
from tests.shares.servers import START, BlueskyServer, MastodonServer, MemoryClient, serve
from tests.shares.threads_server import ThreadsServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.shares.conftest import Ledger
    from tests.shares.servers import Answer, Server

MASTODON = "http://social.example"
BLUESKY = "http://pds.example"


class Both:
    """Both networks, in memory, with one account each in the ledger."""

    def __init__(self, book: Ledger) -> None:
        self.book = book
        self.mastodon = MastodonServer()
        self.bluesky = BlueskyServer()
        self.client = MemoryClient({MASTODON: self.mastodon, BLUESKY: self.bluesky})
        book.account("mastodon", server=MASTODON, handle="dana", token=self.mastodon.password)
        book.account("bluesky", "bluesky", server=BLUESKY, handle="dana.test", token=self.bluesky.password)

    def network(self, name: str) -> Server:
        return self.mastodon if name == "mastodon" else self.bluesky

    def send(self, minutes: float = 0, **more: Any) -> Any:
        now = START + timedelta(minutes=minutes)
        self.mastodon.advance(now)
        self.bluesky.advance(now)
        return self.book.send(now=now, client=self.client, **more)


@pytest.fixture
def both(book: Ledger) -> Both:
    return Both(book)


def test_a_due_share_goes_out_once_and_a_second_pass_sends_nothing(both: Both) -> None:
    shares = [both.book.share("mastodon"), both.book.share("bluesky")]
    first = both.send()
    assert [share.id for share in first.sent] == [share.id for share in shares]
    assert first.sent[0].remote_url == "https://social.example/@dana/1000"
    assert first.sent[1].remote_url.startswith("https://bsky.app/profile/dana.test/post/")
    assert both.mastodon.posts() == both.bluesky.posts() == [shares[0].text]
    second = both.send(5)
    assert second.sent == ()
    assert len(both.mastodon.posts()) == len(both.bluesky.posts()) == 1


def test_only_what_was_approved_is_sent(both: Both) -> None:
    draft = both.book.share(approve=False)
    cancelled = both.book.share(text="Another")
    ledger.set_cancelled(both.book.connection, cancelled)
    assert both.send().sent == ()
    assert both.mastodon.posts() == []
    with pytest.raises(Refused, match="is draft"):
        both.send(only=(draft.id,))
    with pytest.raises(Unknown):
        both.send(only=("zzzz",))


def test_nothing_is_sent_before_its_time(both: Both) -> None:
    share = both.book.share(due=START + timedelta(minutes=1))
    assert both.send().sent == ()
    assert [one.id for one in both.send(1).sent] == [share.id]


def test_a_share_that_reads_otherwise_than_approved_is_held(both: Both) -> None:
    share = both.book.share()
    both.book.connection.execute("UPDATE shares SET text = 'Somebody else wrote this' WHERE id = ?", (share.id,))
    report = both.send()
    assert [one.reason for one in report.held] == [
        f"it does not read as it was approved: curate share approve {share.id}"
    ]
    assert both.mastodon.posts() == []


def test_a_share_waits_until_its_page_is_deployed(both: Both) -> None:
    share = both.book.share()
    both.book.pages.clear()
    assert "is not in the last deploy" in both.send().held[0].reason
    both.book.pages.add(share.link)
    assert [one.id for one in both.send(5).sent] == [share.id]


def test_more_than_two_hours_late_asks_instead_of_sending(both: Both) -> None:
    share = both.book.share()
    assert [one.id for one in both.send(119.9).sent] == [share.id]
    late = [both.book.share(text=f"Late {number}") for number in range(5)]
    report = both.send(121)
    assert [share.id for share in report.missed] == [share.id for share in late]
    assert len(both.mastodon.posts()) == 1
    assert both.send(200).missed == ()  # said once, not every five minutes
    assert [one.id for one in both.send(200, only=(late[0].id,)).sent] == [late[0].id]  # a person may still send it


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
@pytest.mark.parametrize("effect", ["drop after", "500 after", "html after"])
def test_what_may_be_out_is_looked_for_and_found(both: Both, name: str, effect: str) -> None:
    share = both.book.share(name)
    both.network(name).effects.append(effect)
    first = both.send()
    assert [one.id for one in first.unknown] == [share.id]
    assert "may be out" in first.unknown[0].reason
    second = both.send(5)
    assert [one.id for one in second.sent] == [share.id]
    assert second.unknown == ()
    assert both.network(name).posts() == [share.text]
    assert [one.outcome for one in attempts.list_attempts(both.book.connection, share)] == ["sent"]


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
@pytest.mark.parametrize("effect", ["drop before", "500 before"])
def test_what_is_proved_absent_is_sent_again_under_the_same_key(both: Both, name: str, effect: str) -> None:
    share = both.book.share(name)
    both.network(name).effects.append(effect)
    assert [one.id for one in both.send().unknown] == [share.id]
    assert [one.id for one in both.send(5).sent] == [share.id]
    tries = attempts.list_attempts(both.book.connection, share)
    assert [attempt.outcome for attempt in tries] == ["absent", "sent"]
    assert tries[0].key == tries[1].key
    assert tries[0].payload == tries[1].payload
    assert both.network(name).posts() == [share.text]


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_request_that_the_server_finishes_late_makes_no_second_post(both: Both, name: str) -> None:
    share = both.book.share(name)
    server = both.network(name)
    server.effects.append("drop late")
    assert both.send().unknown
    for minutes in (0.2, 0.4, 1, 5, 11, 50):
        both.send(minutes)
    assert server.posts() == [share.text]
    assert both.book.find(share).state == "sent"


def test_a_server_that_keeps_no_keys_gets_ten_minutes_before_absent_is_believed(both: Both) -> None:
    both.mastodon.software = "gotosocial"
    both.mastodon.late = timedelta(minutes=8)
    share = both.book.share()
    both.mastodon.effects.append("drop late")
    both.send()
    assert "does not keep keys" in both.send(5).unknown[0].reason
    assert [one.id for one in both.send(9).sent] == [share.id]
    assert both.mastodon.posts() == [share.text]


def test_what_is_written_down_has_the_time_it_happened_not_the_time_the_pass_began(both: Both) -> None:
    """How long ago a request left decides whether it may be made again, and a pass may last long."""
    late, prompt = both.book.share("bluesky"), both.book.share("mastodon")
    both.bluesky.effects.append("429")
    moment = START

    def observe(step: str, share: Any) -> None:
        nonlocal moment
        if (step, share.id) == ("written", late.id):
            moment += timedelta(minutes=20)

    both.book.send(clock=lambda: moment, client=both.client, observe=observe)
    assert both.book.find(late).not_before == START + timedelta(minutes=30)  # ten from when it was said
    [attempt] = attempts.list_attempts(both.book.connection, prompt)
    assert attempt.started_at == attempt.minted_at == START + timedelta(minutes=20)


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_repeat_that_itself_takes_long_does_not_settle_the_first(both: Both, name: str) -> None:
    """Looked for while its server was still at work: nothing learned in the same pass makes that proof."""
    share = both.book.share(name)
    server = both.network(name)
    server.late = timedelta(minutes=9, seconds=58)
    server.effects += ["drop late", "unreachable"]
    both.send()
    moment = START + timedelta(minutes=9, seconds=55)
    server.advance(moment)

    def observe(step: str, _: Any) -> None:
        nonlocal moment
        if step == "written":
            moment += timedelta(seconds=30)

    assert both.book.send(clock=lambda: moment, client=both.client, observe=observe).unknown
    for minutes in (11, 12, 60):
        both.send(minutes)
    assert both.book.find(share).state == "sent"
    assert server.posts() == [share.text]


def test_a_clock_that_was_years_ahead_holds_nothing_up_for_years(both: Both) -> None:
    ahead = 10 * 365 * 24 * 60
    share, other = both.book.share(), both.book.share(text="Another", due=START + timedelta(hours=3))
    both.mastodon.effects.append("429")
    assert both.send(ahead, only=(share.id,)).retry
    assert [one.id for one in both.send(5).sent] == [share.id]  # due, and no longer resting
    assert [one.id for one in both.send(180).sent] == [other.id]
    unknown = both.book.share(text="A third")
    both.mastodon.effects.append("drop after")
    assert both.send(2).unknown
    password, both.mastodon.password = both.mastodon.password, "another"
    assert both.send(ahead).sign_in == ("mastodon",)
    both.mastodon.password = password
    assert [one.id for one in both.send(20).sent] == [unknown.id]


class Dated(BlueskyServer):
    """A server that says what time it is."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        status, answered, content = super().answer(method, target, headers, body)
        return status, {**answered, "Date": format_datetime(self.now, usegmt=True)}, content


def test_a_clock_put_forward_does_not_call_missed_what_may_still_come_out(both: Both) -> None:
    both.bluesky = Dated(effects=["drop late"], late=timedelta(minutes=3))
    both.client = MemoryClient({MASTODON: both.mastodon, BLUESKY: both.bluesky})
    share = both.book.share("bluesky")
    both.send()
    both.bluesky.advance(START + timedelta(minutes=1))
    both.book.send(now=START + timedelta(days=1), client=both.client)
    assert both.book.find(share).state == "unknown"
    both.send(4)
    assert both.book.find(share).state == "sent"
    assert both.bluesky.posts() == [share.text]


def test_an_old_key_is_not_used_again(both: Both) -> None:
    share = both.book.share()
    both.mastodon.effects.append("drop before")
    both.send()
    assert [one.id for one in both.send(46).sent] == [share.id]
    first, second = attempts.list_attempts(both.book.connection, share)
    assert first.key != second.key
    assert both.mastodon.posts() == [share.text]


def test_a_post_with_our_link_in_other_words_is_left_to_the_person(both: Both) -> None:
    share = both.book.share()
    both.mastodon.effects.append("drop before")
    both.send()
    both.mastodon.statuses.append({"id": "5", "text": f"By hand: {share.link}", "at": START})
    for minutes in (5, 60):
        assert "look yourself" in both.send(minutes).unknown[0].reason
    assert len(both.mastodon.posts()) == 1


def test_another_share_of_the_same_post_is_not_taken_for_it(both: Both) -> None:
    earlier = both.book.share(text="The first time")
    assert [one.id for one in both.send().sent] == [earlier.id]
    share = both.book.share(text="The second time")
    both.mastodon.effects.append("drop before")
    both.send(1)
    assert [one.id for one in both.send(5).sent] == [share.id]
    assert both.mastodon.posts() == [earlier.text, share.text]


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
@pytest.mark.parametrize("second", ["unreachable", "429", "401", "refuse", "drop before"])
def test_a_repeat_that_comes_to_nothing_proves_nothing_about_the_first(both: Both, name: str, second: str) -> None:
    """The share is due in time, its first request ends late, and by then the share itself is too late."""
    share = both.book.share(name)
    server = both.network(name)
    both.mastodon.late = both.bluesky.late = timedelta(minutes=9)
    server.effects += ["drop late", second]
    assert both.send(115).unknown
    assert [one.id for one in both.send(117).unknown] == [share.id]
    ledger.release(both.book.connection, name)
    assert both.send(121).missed == ()
    assert [one.id for one in both.send(180).sent] == [share.id]
    assert server.posts() == [share.text]


def test_a_repeat_under_an_old_key_counts_from_its_own_start(both: Both) -> None:
    share = both.book.share("bluesky")
    both.bluesky.late = timedelta(minutes=9)
    both.bluesky.effects += ["drop before", "drop late"]
    both.send(60)
    both.send(115)
    report = both.send(121)
    assert report.missed == ()
    assert [one.id for one in report.unknown] == [share.id]
    assert [one.id for one in both.send(130).sent] == [share.id]
    assert both.bluesky.posts() == [share.text]


def test_an_unknown_share_is_never_missed_nor_sent_blindly_while_nobody_can_look(both: Both) -> None:
    share = both.book.share()
    both.mastodon.effects.append("drop after")
    both.send()
    password, both.mastodon.password = both.mastodon.password, "another"
    for minutes in (5, 500):
        report = both.send(minutes)
        assert [one.id for one in report.unknown] == [share.id]
        assert report.missed == ()
    both.mastodon.password = password
    assert [one.id for one in both.send(600).sent] == [share.id]


def test_what_a_dead_process_was_sending_is_unknown_until_somebody_looked(both: Both) -> None:
    share = both.book.share()

    def crash(step: str, _: Any) -> None:
        if step == "asked":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        both.send(observe=crash)
    assert both.book.find(share).state == "sending"
    password, both.mastodon.password = both.mastodon.password, "another"
    report = both.send(5)
    assert [one.id for one in report.unknown] == [share.id]
    assert report.sign_in == ("mastodon",)
    heard = len(both.mastodon.heard)
    assert both.send(10).unknown
    assert len(both.mastodon.heard) == heard  # a wrong password is not tried every five minutes
    both.mastodon.password = password
    ledger.release(both.book.connection, "mastodon")
    assert [one.id for one in both.send(15).sent] == [share.id]
    assert both.mastodon.posts() == [share.text]


def test_an_unknown_share_of_an_account_that_changed_is_not_looked_for_elsewhere(both: Both) -> None:
    both.book.share()
    both.mastodon.effects.append("drop before")
    both.send()
    both.book.account("mastodon", server=MASTODON, handle="somebody-else", token=both.mastodon.password)
    assert "another account" in both.send(60).unknown[0].reason
    assert both.mastodon.posts() == []


def test_after_a_lost_answer_the_account_sends_nothing_more_in_that_pass(both: Both) -> None:
    for number in range(3):
        both.book.share(text=f"Number {number}")
    other = both.book.share("bluesky")
    both.mastodon.effects.append("drop after")
    report = both.send()
    assert len(report.unknown) == 1
    assert len(report.retry) == 2
    assert [one.id for one in report.sent] == [other.id]  # another network is not delayed
    assert len(both.send(5).sent) == 3
    assert len(both.mastodon.posts()) == 3


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_429_pauses_the_whole_account_for_as_long_as_it_says(both: Both, name: str) -> None:
    shares = [both.book.share(name, f"Number {number}") for number in range(3)]
    server = both.network(name)
    server.effects.append("429")
    report = both.send()
    assert [share.id for share in report.retry] == [share.id for share in shares]
    heard = len(server.heard)
    assert both.send(9).sent == ()
    assert len(server.heard) == heard  # not even asked
    assert len(both.send(10).sent) == 3


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_revoked_token_holds_the_account_and_lets_the_others_go_on(both: Both, name: str) -> None:
    other = "bluesky" if name == "mastodon" else "mastodon"
    held = [both.book.share(name, "One"), both.book.share(name, "Two")]
    went = both.book.share(other)
    both.network(name).effects.append("401")
    report = both.send()
    assert [share.id for share in report.held] == [share.id for share in held]
    assert report.sign_in == (name,)
    assert [share.id for share in report.sent] == [went.id]
    assert both.send(5).sent == ()  # a wrong password is not tried every five minutes
    ledger.release(both.book.connection, name)
    assert len(both.send(6).sent) == 2


def test_a_renewed_token_that_cannot_be_kept_is_not_used_and_lets_the_others_go_on(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, threads = both.book, ThreadsServer(renewed="canary-new-77")
    old = secret_of(token=threads.password, expires_at=(START + timedelta(days=3)).isoformat())
    book.account("threads", "threads", server="https://threads.example", handle="dana", token=old.reveal())
    waits, sent = book.share("threads"), book.share("mastodon")
    replace = os.replace

    def full(source: str, target: Path) -> None:
        if target.parent.name == "tokens":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    networks = {MASTODON: both.mastodon, "https://threads.example": threads}
    report = book.send(client=MemoryClient(networks))
    assert [share.id for share in report.sent] == [sent.id]
    assert [share.id for share in report.retry] == [waits.id]
    assert "cannot be kept" in report.retry[0].reason
    assert "canary" not in report.retry[0].reason
    assert threads.posts() == []


def test_a_missing_token_and_a_removed_account_hold_with_the_way_out(both: Both) -> None:
    both.book.share("mastodon")
    both.book.share("bluesky")
    both.book.account("mastodon", server=MASTODON, handle="nobody")
    del both.book.settings.accounts["bluesky"]
    reasons = [share.reason for share in both.send().held]
    assert "curate account add mastodon --name mastodon" in reasons[0]
    assert "is not in curate.toml any more" in reasons[1]


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_refusal_keeps_the_networks_words_and_is_not_tried_again(both: Both, name: str) -> None:
    both.book.share(name)
    both.network(name).effects.append("refuse")
    [share] = both.send().rejected
    assert "refused it" in share.reason
    assert "\u202e" not in share.reason
    assert "\x07" not in share.reason
    assert both.send(5).sent == ()


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_what_never_left_is_tried_again_later_and_later(both: Both, name: str) -> None:
    share = both.book.share(name)
    both.network(name).effects += ["unreachable", "unreachable"]
    assert [one.id for one in both.send().retry] == [share.id]
    assert both.send(0.5).retry == ()
    assert both.send(30).retry[0].not_before - START == timedelta(minutes=45)
    assert [one.id for one in both.send(45).sent] == [share.id]
    assert both.network(name).posts() == [share.text]


def test_a_text_this_server_does_not_take_is_rejected_without_a_request(both: Both) -> None:
    both.mastodon.characters = 20
    both.book.share()
    [share] = both.send().rejected
    assert "38 of 20 characters" in share.reason
    assert ("POST", "/api/v1/statuses") not in both.mastodon.heard


def test_the_intent_is_on_the_disk_before_the_request_and_the_payload_is_what_was_sent(both: Both) -> None:
    share = both.book.share()
    seen: list[tuple[str, str, int]] = []

    def observe(step: str, one: Any) -> None:
        other = ledger.find_share(both.book.connection, one.id)
        seen.append((step, other.state, len(both.mastodon.posts())))

    both.send(observe=observe)
    assert seen == [
        ("chosen", "approved", 0),
        ("staged", "approved", 0),
        ("written", "sending", 0),
        ("asked", "sending", 1),
        ("recorded", "sent", 1),
    ]
    [attempt] = attempts.list_attempts(both.book.connection, share)
    assert attempt.whole
    assert json.loads(attempt.payload)["json"]["status"] == both.mastodon.posts()[0]


def test_a_change_made_while_the_pass_is_at_work_wins(both: Both) -> None:
    share = both.book.share()

    def observe(step: str, one: Any) -> None:
        if step == "chosen":
            ledger.set_cancelled(both.book.connection, one)

    assert both.send(observe=observe).sent == ()
    assert both.book.find(share).state == "cancelled"
    assert both.mastodon.posts() == []


def test_two_runners_never_send_twice(both: Both) -> None:
    both.book.share()

    def observe(step: str, _: Any) -> None:
        if step == "written":  # the other runner comes now
            with pytest.raises(Conflict, match="busy with send"), hold(both.book.desk, "send", wait=0.05):
                pass

    assert len(both.send(observe=observe).sent) == 1


def test_a_damaged_record_of_an_attempt_is_never_sent_from(both: Both) -> None:
    share = both.book.share()
    both.mastodon.effects.append("drop before")
    both.send()
    both.book.connection.execute("UPDATE attempts SET payload = replace(payload, 'mine', 'theirs')")
    assert "look yourself" in both.send(60).unknown[0].reason
    assert both.mastodon.posts() == []
    assert both.book.find(share).state == "unknown"


def test_shares_by_hand_are_handed_over_once(book: Ledger) -> None:
    book.account("manual", "manual")
    share = book.share("manual")
    report = book.send(client=MemoryClient({}))
    assert [one.id for one in report.handed_over] == [share.id]
    assert book.send(client=MemoryClient({})).handed_over == ()
    assert book.find(share).state == "handed_over"


def test_a_share_by_hand_survives_a_crash(book: Ledger) -> None:
    book.account("manual", "manual")
    share = book.share("manual")

    def crash(step: str, _: Any) -> None:
        if step == "asked":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.send(client=MemoryClient({}), observe=crash)
    assert [one.id for one in book.send(client=MemoryClient({})).handed_over] == [share.id]


def test_a_rehearsal_survives_a_crash_and_writes_one_file(book: Ledger) -> None:
    book.account("mastodon", server="https://social.example", deliver="outbox")
    share = book.share()

    def crash(step: str, _: Any) -> None:
        if step == "asked":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.send(client=MemoryClient({}), observe=crash)
    assert [one.id for one in book.send(client=MemoryClient({})).sent] == [share.id]
    assert len(list(book.desk.outbox.iterdir())) == 1


def test_a_rehearsal_whose_place_is_taken_by_a_folder_is_told(book: Ledger) -> None:
    book.account("mastodon", server="https://social.example", deliver="outbox")
    share = book.share()

    def take(step: str, _: Any) -> None:
        if step == "written":
            key = attempts.list_attempts(book.connection, share)[0].key
            (book.desk.outbox / key).mkdir(parents=True)

    [rejected] = book.send(client=MemoryClient({}), observe=take).rejected
    assert "says something else" in rejected.reason


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_rehearsal_writes_the_exact_request_and_says_that_it_was_one(book: Ledger, name: str) -> None:
    book.account(name, name, server="https://social.example", handle="dana.test", deliver="outbox")
    share = book.share(name)
    client = MemoryClient({})
    [(_, request)] = preview(book.connection, book.desk, book.settings, client, now=START)
    [sent] = book.send(client=client).sent
    assert sent.id == share.id
    assert "rehearsal" in sent.reason
    [file] = book.desk.outbox.iterdir()
    assert sent.remote_url == file.as_uri()
    written = json.loads(file.read_text())
    assert written == request
    assert share.text in (
        written["request"]["json"].get("status"),
        written["request"]["json"].get("record", {}).get("text"),
    )


def test_a_preview_asks_nobody_and_changes_nothing(both: Both) -> None:
    share = both.book.share()
    before = list(both.book.connection.iterdump())
    [(one, request)] = preview(both.book.connection, both.book.desk, both.book.settings, both.client, now=START)
    assert one.id == share.id
    assert request["json"]["status"] == share.text
    assert both.mastodon.heard == []
    assert list(both.book.connection.iterdump()) == before


@contextlib.contextmanager
def served(book: Ledger, name: str) -> Iterator[Server]:
    server: Server = MastodonServer() if name == "mastodon" else BlueskyServer()
    with serve(server) as url:
        book.account(
            name, name, server=url, handle="dana" if name == "mastodon" else "dana.test", token=server.password
        )
        yield server


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
@pytest.mark.parametrize("effect", ["drop after", "hang after", "500 after", "html after"])
def test_over_a_real_connection_an_accepted_post_without_an_answer_is_found(
    book: Ledger, name: str, effect: str
) -> None:
    with served(book, name) as server:
        server.effects.append(effect)
        share = book.share(name)
        assert [one.id for one in book.send(timeout=0.5 if effect == "hang after" else 5).unknown] == [share.id]
        assert [one.id for one in book.send(now=START + timedelta(minutes=5)).sent] == [share.id]
        assert server.posts() == [share.text]


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_no_connection_is_a_retry_and_not_an_unknown(book: Ledger, name: str) -> None:
    with served(book, name):
        share = book.share(name)
    report = book.send()
    assert [one.id for one in report.retry] == [share.id]
    assert report.unknown == ()


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
@pytest.mark.parametrize("effect", ["", "401", "500 after", "refuse", "drop after"])
def test_no_secret_reaches_the_ledger_the_outcome_or_the_error(book: Ledger, name: str, effect: str) -> None:
    with served(book, name) as server:
        server.effects += [effect] if effect else []
        book.share(name)
        report = book.send()
        report_again = book.send(now=START + timedelta(minutes=5))
    everything = repr(report) + repr(report_again) + "\n".join(book.connection.iterdump())
    for path in book.desk.root.rglob("*"):
        if path.is_file():
            everything += path.read_bytes().decode("latin-1")
    assert "canary" not in everything
