"""E-mail: the parts of the contract that hold without reading back, and what only mail does."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from msgspec.structs import replace as with_other

from curate.desk.settings import Account
from curate.shares import by_hand, tokens
from curate.shares.networks.base import CannotTell, NeedsLogin, Ready, Rejected, RetryAt, Sent, Unknown
from curate.shares.tokens import secret_of
from tests.shares.mail import MailServer, deliver
from tests.shares.networks.contract import NOW, TEXT, EveryNetwork, Place, make_attempt, make_share
from tests.shares.servers import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.shares.conftest import Ledger

READERS = ("ada@example.org", "grace@example.org", "linus@example.net")


@pytest.fixture
def server() -> MailServer:
    return MailServer()


@pytest.fixture
def place(server: MailServer, tmp_path: Path) -> Iterator[Place]:
    with deliver(server) as port:
        yield make_place(server, tmp_path, f"smtp://127.0.0.1:{port}")


def make_place(server: MailServer, folder: Path, url: str) -> Place:
    account = Account(network="email", server=url, handle=server.user, recipients=READERS)
    return Place(account, secret_of(password=server.password), server.texts, folder)


def change(place: Place, **settings: Any) -> None:
    place.account = with_other(place.account, **settings)


class TestEmail(EveryNetwork):
    """The contract, as far as sent mail can be asked about."""

    readable = searchable = False

    def test_nobody_can_say_whether_a_mail_was_sent(self, place: Place) -> None:
        answer = place.confirm(make_attempt(place.freeze()))
        assert isinstance(answer, CannotTell)
        assert "curate share resolve" in answer.reason


def test_a_long_address_to_unsubscribe_at_is_one_a_program_can_read(place: Place) -> None:
    handle = f"{'dana.' * 10}dana@newsletter.department.example.org"
    place.account = Account(network="email", server=place.account.server, handle=handle, recipients=READERS)
    header = place.freeze().payload["message"].partition("\r\n")[0]
    assert header == f"List-Unsubscribe: <mailto:{handle}?subject=unsubscribe>"


def test_one_message_goes_to_all_readers_and_names_none_of_them(place: Place, server: MailServer) -> None:
    attempt = make_attempt(place.freeze())
    sent = place.send(attempt)
    assert isinstance(sent, Sent)
    [(sender, readers, raw)] = server.taken
    assert (sender, readers) == (server.user, list(READERS))
    assert not any(reader.encode() in raw for reader in READERS)
    [message] = server.messages()
    assert place.texts() == [TEXT]
    assert message["To"] == message["From"] == server.user
    assert message["Subject"] == "Small models"
    assert message["List-Unsubscribe"] == f"<mailto:{server.user}?subject=unsubscribe>"
    assert message["Message-ID"] == f"<{sent.remote_id}>"
    assert sent.url == f"mid:{sent.remote_id}"
    assert "queued as 4XyZ" in sent.evidence


def test_the_same_words_stand_beside_the_text_as_html(place: Place, server: MailServer) -> None:
    place.send(make_attempt(place.freeze(make_share("email", "One <b> & two\n\n- https://dana.example/2026/a/"))))
    [message] = server.messages()
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    html = message.get_body(("html",))
    assert html is not None
    shown = html.get_content().replace("\r\n", "\n")
    assert "<p>One &lt;b&gt; &amp; two</p>" in shown
    assert '<li><a href="https://dana.example/2026/a/">https://dana.example/2026/a/</a></li>' in shown


def test_what_is_handed_over_is_what_was_frozen(place: Place, server: MailServer) -> None:
    frozen = place.freeze()
    place.send(make_attempt(frozen))
    assert server.taken[0][2].decode() == frozen.payload["message"]


@pytest.mark.parametrize(
    "text", ["A dot\n.\nand more\n..two", "x" * 3000, "Ein Satz über alles: 漢字 👩‍🚒 \u2028 =20", "a\tb  c"]
)
def test_every_text_arrives_as_it_reads(place: Place, text: str) -> None:
    place.send(make_attempt(place.freeze(make_share("email", text))))
    assert place.texts() == [text]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x00"])
def test_a_title_adds_no_header(place: Place, server: MailServer, end: str) -> None:
    share = replace(make_share("email"), title=f"Größe{end}Bcc: eve@example.com{end}{end}Body")
    assert isinstance(place.send(make_attempt(place.freeze(share))), Sent)
    [message] = server.messages()
    assert message["Subject"] == "Größe Bcc: eve@example.com Body"
    assert message["Bcc"] is None
    assert place.texts() == [TEXT]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"handle": "dana"}, "handle"),
        ({"handle": "dana@dana.example>\r\nRCPT TO:<eve@example.com"}, "handle"),
        ({"recipients": ()}, "recipients"),
        ({"recipients": (*READERS, "Ada <ada@example.org>")}, "recipients"),
        ({"recipients": ("ada@example.org>\r\nDATA",)}, "recipients"),
    ],
)
def test_an_account_that_cannot_mail_says_what_to_set_and_asks_nobody(
    place: Place, server: MailServer, settings: dict[str, Any], named: str
) -> None:
    change(place, **settings)
    answer = place.ready()
    assert isinstance(answer, NeedsLogin)
    assert f"curate config set accounts.one.{named}" in answer.reason
    assert place.freeze().payload["message"].count("From:") == 1
    assert server.heard == []


@pytest.mark.parametrize("address", ["eve@example.com>\r\nDATA", "two words@example.org", "münchen@example.org", ""])
def test_an_address_that_is_none_never_reaches_a_server(place: Place, server: MailServer, address: str) -> None:
    frozen = place.freeze()
    frozen.payload["recipients"] = [address]
    assert isinstance(place.send(make_attempt(frozen)), RetryAt)
    assert server.heard == []


def test_a_wrong_password_needs_a_login_and_does_not_show(place: Place) -> None:
    answer = place.ready(secret="canary wrong")
    assert isinstance(answer, NeedsLogin)
    assert "535" in answer.evidence
    assert "canary" not in repr(answer)


def test_the_user_may_be_another_than_the_address(place: Place, server: MailServer) -> None:
    server.user = "user-7"
    place.secret = secret_of(user="user-7", password=server.password)
    assert place.ready() == Ready(handle="dana@dana.example")


@pytest.mark.parametrize(
    ("command", "answer", "meaning", "taken"),
    [
        ("MAIL", "451 4.3.0 Later", RetryAt, 0),
        ("MAIL", "550 5.7.1 Not you", Rejected, 0),
        ("MAIL", "530 5.7.0 Sign in first", NeedsLogin, 0),
        ("MAIL", "hang up", RetryAt, 0),
        ("RCPT", "550 5.1.1 No such user", Rejected, 0),
        ("RCPT", "450 4.2.0 Greylisted", RetryAt, 0),
        ("DATA", "451 4.3.0 Later", RetryAt, 0),
        ("DATA", "554 5.5.1 No", Rejected, 0),
        ("DATA", "hang up", RetryAt, 0),
        ("END", "552 5.3.4 Too big", Rejected, 0),
        ("END", "451 4.3.0 \x1b[31mLater", RetryAt, 0),
        ("END", "354 Go on", Unknown, 0),
        ("END", "Welcome to this hotel", Unknown, 0),
        ("END", "hang up", Unknown, 0),
        ("END", "hang up after", Unknown, 1),
    ],
)
def test_an_outcome_says_what_is_known(
    place: Place, server: MailServer, command: str, answer: str, meaning: type, taken: int
) -> None:
    server.effects[command] = answer
    outcome = place.send(make_attempt(place.freeze()))
    assert type(outcome) is meaning
    assert getattr(outcome, "reason", "")
    assert len(server.taken) == taken
    assert "canary" not in repr(outcome)
    assert "\\x1b" not in repr(outcome)


@pytest.mark.parametrize(("answer", "meaning"), [("550 5.1.1 No such user", Rejected), ("452 Too many", RetryAt)])
def test_one_refused_reader_stops_it_for_all_before_it_is_out(
    place: Place, server: MailServer, answer: str, meaning: type
) -> None:
    server.refused["grace@example.org"] = answer
    outcome = place.send(make_attempt(place.freeze()))
    assert type(outcome) is meaning
    reason = getattr(outcome, "reason", "")
    assert "grace@example.org" in reason
    assert "ada@example.org" not in reason
    assert "DATA" not in server.heard
    assert server.taken == []


def test_for_the_reason_a_refusal_for_good_comes_before_one_for_now(place: Place, server: MailServer) -> None:
    server.refused |= {"ada@example.org": "450 Later", "grace@example.org": "550 No such user"}
    outcome = place.send(make_attempt(place.freeze()))
    assert isinstance(outcome, Rejected)
    assert "grace@example.org is refused (550 No such user)" in outcome.reason


def test_a_trouble_of_the_servers_while_signing_in_is_no_wrong_password(place: Place, server: MailServer) -> None:
    server.effects["AUTH"] = "454 4.7.0 Temporary authentication failure"
    assert isinstance(place.ready(), RetryAt)


@pytest.mark.parametrize(
    "url",
    ["smtp://127.0.0.1:9", "https://127.0.0.1:9", "smtp://", "smtp://127.0.0.1:9/path", "smtp://me:pw@127.0.0.1:9"],
)
def test_without_a_server_it_waits(place: Place, url: str) -> None:
    change(place, server=url)
    assert isinstance(place.ready(), RetryAt)
    frozen = place.freeze()
    assert isinstance(place.use(lambda channel: channel.send(make_attempt(frozen), now=NOW)), RetryAt)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this machine trusts for the test."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def context_of(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
def test_a_mail_goes_out_encrypted(
    server: MailServer, tmp_path: Path, authority: trustme.CA, scheme: str, *, implicit: bool
) -> None:
    with deliver(server, tls=context_of(authority), implicit=implicit) as port:
        place = make_place(server, tmp_path, f"{scheme}://127.0.0.1:{port}")
        assert isinstance(place.send(make_attempt(place.freeze())), Sent)
    assert place.texts() == [TEXT]


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
@pytest.mark.parametrize("other", ["another name", "another authority"])
def test_a_certificate_that_is_not_the_servers_ends_it_before_the_password(
    server: MailServer, tmp_path: Path, authority: trustme.CA, scheme: str, other: str, *, implicit: bool
) -> None:
    tls = context_of(authority, "mail.example") if other == "another name" else context_of(trustme.CA())
    with deliver(server, tls=tls, implicit=implicit) as port:
        answer = make_place(server, tmp_path, f"{scheme}://127.0.0.1:{port}").ready()
    assert isinstance(answer, RetryAt)
    assert "its certificate is not valid" in answer.reason


def test_a_lost_answer_stays_unknown_until_the_person_settles_it(
    place: Place, server: MailServer, book: Ledger
) -> None:
    book.account("news", "email", server=place.account.server, handle=server.user, recipients=READERS)
    tokens.store_token(book.config, book.settings.accounts["news"], secret_of(password=server.password))
    share = book.share("news")
    server.effects["END"] = "hang up after"
    book.send()
    server.effects.clear()
    for minutes in (1, 30):
        book.send(now=START + timedelta(minutes=minutes))
        assert book.find(share).state == "unknown"
        assert "curate share resolve" in book.find(share).reason
    assert len(server.taken) == 1
    by_hand.resend(book.desk, book.connection, share.id, now=START + timedelta(hours=1))
    book.send(now=START + timedelta(hours=1))
    assert book.find(share).state == "sent"
    first, second = server.messages()
    assert first["Message-ID"] != second["Message-ID"]


def test_rehearsals_of_two_texts_are_two_files(place: Place) -> None:
    change(place, deliver="outbox")
    other = make_share("email", "Other words")
    names = {place.send(make_attempt(frozen)).remote_id for frozen in (place.freeze(), place.freeze(other))}
    assert len(names) == 2


def test_the_payload_is_the_same_after_the_ledger_had_it(place: Place) -> None:
    payload = place.freeze().payload
    assert json.loads(json.dumps(payload)) == payload
