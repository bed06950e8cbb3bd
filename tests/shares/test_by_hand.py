"""Posting by hand and settling what may be out: a person's word counts, and nothing goes out twice by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from curate.desk.locks import hold
from curate.desk.settings import Account
from curate.errors import Conflict, Refused, Unknown, UsageError
from curate.shares import attempts, by_hand, ledger
from tests.shares.conftest import LINK
from tests.shares.networks.contract import TEXT, make_share
from tests.shares.servers import START, MastodonServer, MemoryClient

if TYPE_CHECKING:
    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

OUT = "https://social.example/@dana/7"
LATER = START + timedelta(minutes=3)
SERVER = "http://social.example"


@pytest.fixture
def server(book: Ledger) -> MastodonServer:
    """A network with an account on the desk."""
    server = MastodonServer()
    book.account("mastodon", server=SERVER, handle="dana", token=server.password)
    return server


def client(server: MastodonServer) -> MemoryClient:
    return MemoryClient({SERVER: server})


def make(book: Ledger, server: MastodonServer, state: str) -> Share:
    """Bring a share into ``state``, by the ways there are."""
    share = book.share(approve=state != "draft")
    if state in {"held", "missed"}:
        return ledger.set_aside(book.connection, share, state, "a reason", not_before=LATER + timedelta(hours=1))
    if state == "cancelled":
        return ledger.set_cancelled(book.connection, share)
    if state == "handed_over":
        return by_hand.take_over(book.connection, share.id)
    effect = {"rejected": "refuse", "retry": "429", "unknown": "drop before", "sent": ""}.get(state)
    if effect is not None:
        server.effects.append(effect)
        book.send(client=client(server))
    if state == "sending":
        ledger.begin(book.connection, share, via="x", key="k", minted_at=START, payload="{}", now=START)
    assert book.find(share).state == state
    return book.find(share)


@pytest.mark.parametrize(
    ("network", "address", "carried"),
    [
        ("linkedin", "https://www.linkedin.com/sharing/share-offsite/", {"url": LINK}),
        ("facebook", "https://www.facebook.com/sharer/sharer.php", {"u": LINK}),
        ("x", "https://x.com/intent/post", {"text": TEXT}),
        ("threads", "https://www.threads.net/intent/post", {"text": TEXT}),
        ("bluesky", "https://bsky.app/intent/compose", {"text": TEXT}),
        ("mastodon", "https://social.example/share", {"text": TEXT}),
        ("manual", "https://social.example", {}),
    ],
)
def test_each_network_has_a_page_for_writing(network: str, address: str, carried: dict[str, str]) -> None:
    account = Account(network="mastodon", server="https://social.example/")
    parts = urlsplit(by_hand.compose_url(make_share(network), account))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == address
    assert {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=bool(carried)).items()} == carried
    assert parts.fragment == ""


@pytest.mark.parametrize("server", ["", "javascript:alert(1)", "social.example"])
def test_where_nobody_knows_the_page_there_is_none(server: str) -> None:
    for network in ("mastodon", "manual", "email"):
        assert by_hand.compose_url(make_share(network), Account(network="manual", server=server)) == ""
    assert by_hand.compose_url(make_share("mastodon"), None) == ""


@pytest.mark.parametrize("state", by_hand.AT_HOME)
def test_what_is_not_out_may_be_taken_over_and_is_not_sent_any_more(
    book: Ledger, server: MastodonServer, state: str
) -> None:
    share = by_hand.take_over(book.connection, make(book, server, state).id)
    assert share.state == "handed_over"
    assert f"curate share log {share.id} URL" in share.reason
    assert by_hand.take_over(book.connection, share.id) == share
    book.send(client=client(server), now=LATER)
    assert server.posts() == []
    with pytest.raises(Refused):
        book.send(client=client(server), only=(share.id,))


@pytest.mark.parametrize("state", ["sending", "sent", "unknown", "cancelled"])
def test_what_may_be_out_or_never_goes_is_not_taken_over(book: Ledger, server: MastodonServer, state: str) -> None:
    share = make(book, server, state)
    with pytest.raises(Refused) as refusal:
        by_hand.take_over(book.connection, share.id)
    assert refusal.value.hint
    assert book.find(share) == share


@pytest.mark.parametrize("state", [*by_hand.AT_HOME, "handed_over", "unknown"])
def test_a_share_made_by_hand_is_sent_where_the_person_says(book: Ledger, server: MastodonServer, state: str) -> None:
    before = make(book, server, state)
    share = by_hand.log_sent(book.desk, book.connection, before.id, f" {OUT}#top ", now=LATER)
    assert (share.state, share.remote_url, share.reason) == ("sent", OUT, "")
    assert share.sent_at == (START if state == "unknown" else LATER)
    assert not share.rests(LATER)
    assert all(attempt.outcome != "unknown" for attempt in attempts.list_attempts(book.connection, share))
    assert ledger.last_sent(book.connection, "mastodon") == share.sent_at
    book.send(client=client(server), now=LATER)
    assert server.posts() == []
    with pytest.raises(Refused, match="is out"):
        by_hand.log_sent(book.desk, book.connection, share.id, OUT, now=LATER)


@pytest.mark.parametrize(
    "url", ["", "social.example/@dana/7", "javascript:alert(1)", "https://u:p@x.example/", "file:///x"]
)
def test_what_is_no_web_address_is_not_logged(book: Ledger, server: MastodonServer, url: str) -> None:
    share = make(book, server, "approved")
    with pytest.raises(UsageError):
        by_hand.log_sent(book.desk, book.connection, share.id, url, now=LATER)
    assert book.find(share) == share


def test_an_unknown_share_that_is_out_keeps_its_evidence(book: Ledger, server: MastodonServer) -> None:
    share = make(book, server, "unknown")
    [before] = attempts.list_attempts(book.connection, share)
    by_hand.resolve_sent(book.desk, book.connection, share.id, OUT, now=LATER)
    [after] = attempts.list_attempts(book.connection, share)
    assert after.outcome == "sent"
    assert after.evidence == f"{before.evidence}; you said it is out"
    assert after.payload == before.payload


def test_an_unknown_share_that_is_not_out_is_a_draft_that_must_be_approved(
    book: Ledger, server: MastodonServer
) -> None:
    [share] = by_hand.resolve_not_sent(book.desk, book.connection, make(book, server, "unknown").id, now=LATER)
    assert (share.state, share.seal, share.approved_at) == ("draft", "", None)
    assert share.reason == "you said it is not out"
    [attempt] = attempts.list_attempts(book.connection, share)
    assert attempt.outcome == "absent"
    assert attempt.evidence.endswith("; you said it is not out")
    book.send(client=client(server), now=LATER)
    assert server.posts() == []


def test_a_share_that_is_to_be_sent_again_goes_with_the_next_pass_late_as_it_is(
    book: Ledger, server: MastodonServer
) -> None:
    share = make(book, server, "unknown")
    days_after = START + timedelta(days=2)
    share = by_hand.resend(book.desk, book.connection, share.id, now=days_after)
    assert (share.state, share.due_at, share.wall) == ("approved", days_after, "2026-11-25T08:00")
    book.send(client=client(server), now=days_after)
    assert book.find(share).state == "sent"
    assert server.posts() == [share.text]
    outcomes = [attempt.outcome for attempt in attempts.list_attempts(book.connection, share)]
    assert outcomes == ["absent", "sent"]


def test_what_a_dead_process_was_sending_can_be_settled_at_once(book: Ledger, server: MastodonServer) -> None:
    share = make(book, server, "sending")
    assert [one.state for one in by_hand.resolve_not_sent(book.desk, book.connection, share.id, now=LATER)] == ["draft"]
    assert [one.outcome for one in attempts.list_attempts(book.connection, share)] == ["absent"]


@pytest.mark.parametrize("state", [*by_hand.AT_HOME, "handed_over", "sent", "cancelled"])
def test_only_what_is_in_doubt_is_settled(book: Ledger, server: MastodonServer, state: str) -> None:
    share = make(book, server, state)
    with pytest.raises(Refused):
        by_hand.resolve_sent(book.desk, book.connection, share.id, OUT, now=LATER)
    for settle in (by_hand.resolve_not_sent, by_hand.resend):
        with pytest.raises(Refused):
            settle(book.desk, book.connection, share.id, now=LATER)
    assert book.find(share) == share


def test_while_shares_are_being_sent_nothing_is_settled(book: Ledger, server: MastodonServer) -> None:
    share = make(book, server, "unknown")
    with hold(book.desk, "send"), pytest.raises(Conflict, match="busy with send"):
        by_hand.resend(book.desk, book.connection, share.id, now=LATER)
    assert book.find(share) == share


def test_a_mail_needs_no_address_to_be_out_and_a_post_does(book: Ledger, server: MastodonServer) -> None:
    share = make(book, server, "unknown")
    with pytest.raises(UsageError, match="Where is"):
        by_hand.resolve_sent(book.desk, book.connection, share.id, "", now=LATER)
    book.account("news", "email", server="smtp://127.0.0.1:9", handle="dana@dana.example")
    mail = book.share("news", "Words for a mail")
    ledger.begin(book.connection, mail, via="x", key="k", minted_at=START, payload="{}", now=START)
    mail = by_hand.resolve_sent(book.desk, book.connection, mail.id, "", now=LATER)
    assert (mail.state, mail.remote_url) == ("sent", "")


def test_a_share_nobody_knows_is_said_so(book: Ledger) -> None:
    with pytest.raises(Unknown):
        by_hand.take_over(book.connection, "zzzz")
    with pytest.raises(Unknown):
        by_hand.log_sent(book.desk, book.connection, "zzzz", OUT, now=LATER)
    with pytest.raises(Unknown):
        by_hand.resolve_sent(book.desk, book.connection, "zzzz", "", now=LATER)
