"""One conversation with a mail server, however it behaves; nothing is taken for handed over that was not."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from curate.errors import NetworkTrouble
from curate.web.client import Client, Mail, MailReply, NotSent, Unanswered
from tests.web.raw import serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.web.raw import Behaviour, RawServer

MAIL = Mail(sender="dana@dana.example", recipients=("ada@example.org",), message="Subject: x\r\n\r\n.\r\nQUIT\r\n")
HELLO = "220 mail.example\r\n"
AUTH = "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n"


def saying(*answers: str) -> Behaviour:
    """Give these answers, one after the other: the first at once, each other one to a line; then hang up.

    A message counts as one line, which ends with a dot alone. “silence” is none at all.
    """

    def behave(connection: socket.socket, server: RawServer) -> None:
        lines = connection.makefile("rb")
        connection.sendall(answers[0].encode())
        for answer in answers[1:]:
            line = lines.readline()
            if server.heard[-1:] == [b"DATA\r\n"]:
                while not line.endswith((b"\r\n.\r\n", b"\n.\n")):
                    line += lines.readline()
            server.heard.append(line)
            if answer == "silence":
                server.ending.wait(5)
            connection.sendall(answer.encode())

    return behave


def converse(server: RawServer, mail: Mail | None = None, *, timeout: float = 10.0) -> MailReply:
    async def go() -> MailReply:
        async with Client(allow_private=server.allowed, timeout=timeout) as client:
            return await client.mail(f"smtp://127.0.0.1:{server.port}", user="dana", password="pässword", mail=mail)

    return asyncio.run(go())


def test_a_whole_conversation(  # the one that all others leave somewhere
) -> None:
    answers = (
        HELLO,
        AUTH,
        "235 in\r\n",
        "250 ok\r\n",
        "251 will forward\r\n",
        "354 go\r\n",
        "250-two\r\n250 lines\r\n",
    )
    with serving(saying(*answers, "221 bye\r\n")) as server:
        reply = converse(server, MAIL)
    assert reply == MailReply(step="END", code=250, text="two lines")
    plain = b64encode("\0dana\0pässword".encode()).decode()
    assert server.heard == [
        b"EHLO [127.0.0.1]\r\n", f"AUTH PLAIN {plain}\r\n".encode(), b"MAIL FROM:<dana@dana.example>\r\n",
        b"RCPT TO:<ada@example.org>\r\n", b"DATA\r\n", b"Subject: x\r\n\r\n..\r\nQUIT\r\n.\r\n", b"QUIT\r\n",
    ]  # fmt: skip


def test_a_server_that_knows_only_the_older_sign_in() -> None:
    answers = (HELLO, "250-x\r\n250 auth login\r\n", "334 VXNlcg==\r\n", "334 UGFzcw==\r\n", "235 in\r\n", "250 ok\r\n")
    with serving(saying(*answers)) as server:
        assert converse(server) == MailReply(step="NOOP", code=250, text="ok")
    assert server.heard[2:4] == [b64encode(b"dana") + b"\r\n", b64encode("pässword".encode()) + b"\r\n"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (("",), "hung up"),
        (("SSH-2.0-OpenSSH_9.2\r\n",), "did not answer in SMTP"),
        (("220 " + "x" * 100_000,), "hung up without an answer"),
        ((HELLO, "250-x\r\n" * 200), "answers without an end"),
        ((HELLO, "250 x\r\n"), "no sign-in"),
        ((HELLO, "250-x\r\n250 STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n"), "in the clear"),
        ((HELLO, AUTH, "235 in\r\n", "250 ok\r\n", "250 ok\r\n", ""), "hung up"),
        ((HELLO, AUTH, "silence"), "took longer than 0.5 s"),
    ],
)
def test_what_breaks_off_before_the_end_of_a_message_was_not_sent(answers: tuple[str, ...], why: str) -> None:
    with serving(saying(*answers)) as server, pytest.raises(NotSent) as trouble:
        converse(server, MAIL, timeout=0.5 if "silence" in answers else 10.0)
    assert why in trouble.value.reason
    assert "pässword" not in trouble.value.message


@pytest.mark.parametrize("last", ["", "\x00\r\n", "250", "999 odd\r\n"])
def test_without_a_whole_answer_to_a_message_nobody_knows(last: str) -> None:
    answers = (HELLO, AUTH, "235 in\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", last)
    with serving(saying(*answers)) as server, pytest.raises(Unanswered):
        converse(server, MAIL)


def test_an_answer_to_a_message_is_awaited_longer_than_all_the_rest_and_not_for_ever() -> None:
    answers = (HELLO, AUTH, "235 in\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "silence")
    with serving(saying(*answers)) as server, pytest.raises(Unanswered, match="took longer than 2 s"):
        converse(server, MAIL, timeout=0.2)


def test_a_server_that_repeats_what_it_heard_repeats_no_password() -> None:
    plain = b64encode("\0dana\0pässword".encode()).decode()
    for answers in (
        (HELLO, AUTH, f"500 what is AUTH PLAIN {plain}?\r\n"),
        (HELLO, "250-x\r\n250 AUTH LOGIN\r\n", "334 VXNlcg==\r\n", "334 UGFzcw==\r\n",
         f"535 {b64encode('pässword'.encode()).decode()} is wrong\r\n"),
    ):  # fmt: skip
        with serving(saying(*answers)) as server:
            reply = converse(server, MAIL)
        assert reply.step == "AUTH"
        assert "***" in reply.words
        assert plain not in reply.words
        assert b64encode("pässword".encode()).decode() not in reply.words


@pytest.mark.parametrize(
    ("answers", "reply"),
    [
        (("554 no service\r\n",), ("CONNECT", 554)),
        ((HELLO, "502 what\r\n"), ("EHLO", 502)),
        ((HELLO, "250-x\r\n250 STARTTLS\r\n", "454 not now\r\n"), ("STARTTLS", 454)),
        ((HELLO, AUTH, "235 in\r\n", "421 closing\r\n"), ("MAIL", 421)),
    ],
)
def test_a_no_is_an_answer_too(answers: tuple[str, ...], reply: tuple[str, int]) -> None:
    with serving(saying(*answers)) as server:
        done = converse(server, MAIL)
    assert (done.step, done.code) == reply


@pytest.fixture
def listening() -> Iterator[RawServer]:
    with serving(saying(HELLO)) as server:
        yield server


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("smtp://127.0.0.1:587", "private address 127.0.0.1"),
        ("smtps://[::1]:465", "private address ::1"),
        ("smtp://localhost:{port}", "private address"),
        ("smtp://8.8.8.8:25", "port 25 of 8.8.8.8"),
        ("smtp://mail.example:99999", "not a mail server's address"),
        ("smtp://" + "x" * 70 + ".example", "no server of the name"),
    ],
)
def test_the_guard_decides_where_mail_goes(listening: RawServer, server: str, why: str) -> None:
    async def go() -> None:
        async with Client(allow_private=["10.0.0.0/8"]) as client:
            await client.mail(server.format(port=listening.port), user="dana", password="x", mail=MAIL)

    with pytest.raises(NetworkTrouble) as trouble:
        asyncio.run(go())
    assert isinstance(trouble.value, NotSent)
    assert why in trouble.value.reason
    assert listening.connections == 0


def test_offline_asks_nobody(listening: RawServer) -> None:
    async def go() -> None:
        async with Client(allow_private=listening.allowed, offline=True) as client:
            await client.mail(f"smtp://127.0.0.1:{listening.port}", user="dana", password="x")

    with pytest.raises(NotSent, match="--offline"):
        asyncio.run(go())
    assert listening.connections == 0
