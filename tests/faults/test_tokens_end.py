"""A token that ends, is revoked or may no longer post holds its account with the way out, and no other account."""

from __future__ import annotations

import signal
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from curate.shares import ledger, tokens
from curate.shares.tokens import load_token, secret_of
from tests.faults.field import FULL
from tests.shares.crashes import start_pass
from tests.shares.graph_server import fault
from tests.shares.servers import START, Answer, as_json, serve
from tests.shares.six import NETWORKS, Six
from tests.shares.threads_server import ThreadsServer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SIGN_IN = {
    "linkedin": "/v2/userinfo",
    "x": "/2/users/me",
    "facebook": "/v25.0/me",
    "threads": "/v1.0/me",
    "mastodon": "/api/v1/accounts/verify_credentials",
    "bluesky": "/xrpc/com.atproto.server.createSession",
}
STAGE = {  # what comes between signing in and posting, where there is something
    "linkedin": "/rest/images",
    "threads": "/v1.0/me/threads",
    "mastodon": "/api/v2/media",
    "bluesky": "/xrpc/com.atproto.repo.uploadBlob",
}
UPLOADED = {  # what the networks in memory do not do
    "/api/v2/media": as_json({"id": "77"}),
    "/xrpc/com.atproto.repo.uploadBlob": as_json(
        {"blob": {"$type": "blob", "ref": {"$link": "bafkrei"}, "mimeType": "image/png", "size": 8}}
    ),
}
# How a network says so: expired, revoked, no longer allowed to.
ENDED = {
    "linkedin": as_json({"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "expired"}, 401),
    "x": as_json({"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, 401),
    "facebook": fault(190, "Error validating access token: Session has expired", subcode=463),
    "threads": fault(190, "Error validating access token: Session has expired", subcode=463),
    "mastodon": as_json({"error": "The access token expired"}, 401),
    "bluesky": as_json({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401),
}
REVOKED = {
    "linkedin": as_json({"status": 401, "code": "REVOKED_ACCESS_TOKEN", "message": "revoked"}, 401),
    "x": as_json({"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, 401),
    "facebook": fault(190, "The user has not authorized the application", subcode=458),
    "threads": fault(190, "The user has not authorized the application", subcode=458),
    "mastodon": as_json({"error": "The access token was revoked"}, 401),
    "bluesky": as_json({"error": "AccountTakedown", "message": "Account has been taken down"}, 401),
}
NARROWED = {
    "linkedin": as_json({"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions"}, 403),
    "x": as_json({"title": "Forbidden", "status": 403, "detail": "Your client app is not configured for this"}, 403),
    "facebook": fault(200, "(#200) The user hasn't authorized the application to perform this action", 403),
    "threads": fault(10, "Application does not have permission for this action", 403),
    "mastodon": as_json({"error": "This action is outside the authorized scopes"}, 403),
    "bluesky": as_json({"error": "AuthMissing", "message": "Bad token scope"}, 403),
}
WHYS = {"ended": ENDED, "revoked": REVOKED, "narrowed": NARROWED}
LIKELY = {"sign-in": ("ended", "revoked"), "stage": ("ended",), "send": ("revoked", "narrowed")}
CASES = [
    (name, step, why)
    for name in NETWORKS
    for step, likely in LIKELY.items()
    for why in (WHYS if FULL else likely)
    if step != "stage" or name in STAGE
]


def pictured(book: Ledger, share: Share) -> Share:
    """Give a share an image, which is what there is to upload before it is posted."""
    (book.desk.root / "card.png").write_bytes(PNG)
    book.connection.execute(
        "UPDATE shares SET image = 'card.png', alt = 'A card', image_hash = ? WHERE number = ?",
        (sha256(PNG).hexdigest(), share.number),
    )
    return ledger.set_approved(book.connection, book.find(share), now=START - HOUR)


@pytest.mark.parametrize(("name", "step", "why"), CASES)
def test_the_account_is_held_and_tried_once_an_hour_and_the_others_go_on(
    six: Six, name: str, step: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.shares.networks.linkedin.GRACE", 0)  # nobody waits in a test
    answer = WHYS[why][name]
    at = {"sign-in": SIGN_IN.get(name), "stage": STAGE.get(name), "send": six.servers[name].posting}[step]
    shares = [six.book.share(name, f"Number {number}", due=START + 10 * MINUTE * number) for number in range(5)]
    if step == "stage" and name != "threads":
        shares = [pictured(six.book, share) for share in shares]
    others = {
        one: six.book.share(one, "Of another account", due=START + 30 * MINUTE) for one in NETWORKS[:2] if one != name
    }
    six.client.instead = lambda *asked: answer if (asked[0], asked[2]) == (name, at) else None
    tries, held = [], 0
    for minutes in range(0, 100, 10):
        six.client.asked.clear()
        report = six.send(minutes * MINUTE)
        tries += [minutes] * len([one for one in six.client.asked if (one[0], one[2]) == (name, at)])
        held += len(report.held)
        assert report.sign_in in ((), (name,)), report.sign_in
        assert not report.missed
        assert not report.unknown
    assert tries == [0, 60], "once an hour, whatever comes due meanwhile"
    assert held >= len(shares)
    ends = [six.book.find(share) for share in shares]
    assert {share.state for share in ends} == {"held"}
    assert all(share.reason for share in ends)
    assert {six.posts(share) for share in shares} == {0}
    assert [six.book.find(share).state for share in others.values()] == ["sent"] * len(others)
    # Signed in again within the two hours of grace, they go out, in their order and spaced.
    six.client.instead = lambda *asked: UPLOADED.get(asked[2])
    ledger.release(six.book.connection, name)
    [first] = six.send(100 * MINUTE).sent
    assert first.id == shares[0].id
    for minutes in (115, 130):
        six.send(minutes * MINUTE)
    assert [six.posts(share) for share in shares] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("name", NETWORKS)
def test_after_the_grace_it_is_missed_and_the_reason_still_says_why(six: Six, name: str) -> None:
    share = six.book.share(name)
    six.client.instead = lambda *asked: ENDED[name] if (asked[0], asked[2]) == (name, SIGN_IN[name]) else None
    for minutes in range(0, 185, 5):
        six.send(minutes * MINUTE)
    end = six.book.find(share)
    assert end.state == "missed"
    assert "its time passed" in end.reason
    assert "token" in end.reason
    assert f"curate share move {share.id}" in end.reason


class Renewing(ThreadsServer):
    """Renews a token, and with it kills who asked, before the answer is there; ``forgets`` makes the old one void."""

    forgets: bool = False
    asks: subprocess.Popen[bytes] | None = None

    def renew(self, query: dict[str, str]) -> Answer:
        answer = super().renew(query)
        dies, self.asks = self.asks, None
        if dies is not None:
            dies.kill()
            dies.wait()
        if dies is None or self.forgets:
            self.password = self.renewed
        return answer

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self.lock:  # until ``asks`` is known
            return super().reads(target, headers, body)


def kill_between_renewal_and_saving(book: Ledger, server: Renewing, url: str) -> None:
    """Make a pass that is killed once its new token is made and before it has it."""
    account = book.account("threads", "threads", server=url, handle="dana")
    ends, issued = (START + timedelta(days=5)).isoformat(), (START - timedelta(days=55)).isoformat()
    secret = secret_of(token=server.password, expires_at=ends, issued_at=issued)
    tokens.store_token(book.config, account, secret)
    server.renewed = "canary-renewed-token"
    with server.lock:
        server.asks = process = start_pass(book)
    assert process.wait(60) == -signal.SIGKILL
    assert process.stderr is not None
    process.stderr.close()
    kept = load_token(book.config, account)
    assert kept is not None
    assert kept.reveal() == secret.reveal()


def test_killed_between_renewal_and_saving_the_old_token_goes_on(book: Ledger) -> None:
    server = Renewing()
    with serve(server) as url:
        book.account("threads", "threads")
        share = book.share("threads")
        kill_between_renewal_and_saving(book, server, url)
        [sent] = book.send(now=START + 5 * MINUTE).sent
        assert sent.id == share.id
        kept = load_token(book.config, book.settings.accounts["threads"])
        assert kept is not None
        assert kept.part("token") == server.renewed  # renewed again, and kept before it was used
    assert server.posts() == [share.text]


def test_killed_so_where_the_old_token_ends_at_once_it_needs_a_sign_in_and_does_not_loop(book: Ledger) -> None:
    server = Renewing()
    server.forgets = True
    with serve(server) as url:
        book.account("threads", "threads")
        share = book.share("threads")
        kill_between_renewal_and_saving(book, server, url)
        server.heard.clear()
        reports = [book.send(now=START + minutes * MINUTE) for minutes in range(5, 65, 5)]
        assert [one.sign_in for one in reports] == [("threads",), *[()] * 11]
        assert len(server.heard) == 1
        assert book.find(share).state == "held"
        tokens.store_token(book.config, book.settings.accounts["threads"], secret_of(token=server.password))
        ledger.release(book.connection, "threads")
        assert [one.id for one in book.send(now=START + 70 * MINUTE).sent] == [share.id]
    assert server.posts() == [share.text]
