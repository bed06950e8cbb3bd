"""Hand one mail to a mail server: the only SMTP of curate.

One connection through the guard, one transaction for all recipients, one deadline. Nothing is said in
the clear but to this machine itself, and certificates are verified. It tells apart what its callers
must treat apart: until the line that ends a message is written, no server can have accepted it; once
that line is written and no answer comes, nobody knows.

https://www.rfc-editor.org/rfc/rfc5321 (SMTP), https://www.rfc-editor.org/rfc/rfc3207 (STARTTLS),
https://www.rfc-editor.org/rfc/rfc4954 (AUTH), https://www.rfc-editor.org/rfc/rfc8314 (where it is
spoken). Python's smtplib makes its own sockets, waits as long as a server dribbles, takes no password
beyond ASCII and writes a message and its end in one go, so it is not used.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohappyeyeballs

from curate.web.guard import Forbidden, Guard
from curate.web.trouble import NO_WAY, NotSent, Unanswered, distrust

if TYPE_CHECKING:
    from collections.abc import Iterable

# What goes into a command as it stands: https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2, without quotes.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,255}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
SCHEMES = {"smtp": 587, "smtps": 465}
LINES = 100  # of one answer that are read
LONGEST_LINE = 4096  # bytes
# An answer to a message may take ten minutes (RFC 5321, 4.5.3.2.6), and one that is not awaited is lost.
PATIENCE = 10  # times as long as all the rest may take
FAREWELL = 2.0  # seconds a server has to answer QUIT, which changes nothing any more


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What goes out: the envelope's addresses, and the whole ``message`` in ASCII, headers first."""

    sender: str
    recipients: tuple[str, ...]
    message: str


@dataclass(frozen=True, kw_only=True)
class MailReply:
    """A server's last word, and what it answered with it: CONNECT, EHLO, STARTTLS, AUTH, NOOP, MAIL, RCPT, DATA or END.

    ``refused`` are the recipients it does not take, each with its code.
    """

    step: str
    code: int
    text: str
    refused: tuple[tuple[str, int], ...] = ()

    @property
    def words(self) -> str:
        """The answer as a server writes it: 250 Ok."""
        return f"{self.code} {self.text}".rstrip()


class _No(Exception):
    """The server said no to a step."""

    def __init__(self, reply: MailReply) -> None:
        super().__init__(reply.words)
        self.reply = reply


class _Useless(OSError):
    """What came is no SMTP, or not enough of it to go on; ``str()`` says which."""


async def converse(  # noqa: PLR0913 - what a conversation needs
    guard: Guard, server: str, *, user: str, password: str, mail: Mail | None, seconds: float
) -> MailReply:
    """Sign in to ``server`` and hand it ``mail``; without one, see that it is there and ours.

    Returns the answer that ended it: to END (the message) or NOOP when all went well. Nothing is handed
    over unless every recipient is taken. All but the answer to the message may take so many ``seconds``.
    Raises NotSent and Unanswered.
    """
    encrypted, host, port = _place(server)
    for address in (mail.sender, *mail.recipients) if mail else ():
        if not ADDRESS.fullmatch(address):
            raise NotSent(server, f"not asked, because “{address}” is not an address that mail goes to")
    message = _stuffed(mail.message) if mail else b""
    talk = _Talk(host)
    try:
        async with asyncio.timeout(seconds) as limit:
            await talk.connect(guard, port, encrypted=encrypted)
            await talk.sign_in(user, password)
            if mail is None:
                return await talk.ask("NOOP", "NOOP")
            await talk.address(mail)
            await talk.ask("DATA", "DATA", wanted=3)
            await talk.write(message)
            limit.reschedule(asyncio.get_running_loop().time() + PATIENCE * seconds)
            talk.over = True
            return await talk.ask("END", ".")
    except _No as no:
        return no.reply
    except TimeoutError as error:
        kind = Unanswered if talk.over else NotSent
        waited = seconds * PATIENCE if talk.over else seconds
        raise kind(server, f"took longer than {waited:g} s", silent=not talk.heard) from error
    except (OSError, UnicodeError) as error:
        raise _told(error, server, host, talk) from error
    finally:
        await talk.leave()


class _Talk:
    """One connection. ``over`` once the message may have been accepted, ``heard`` once the server spoke.

    While it ``waits`` for an answer, another line would be taken for something else.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.over = False
        self.heard = False
        self.waits = True
        self.abilities: dict[str, str] = {}  # what EHLO listed: name → parameters
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self, guard: Guard, port: int, *, encrypted: bool) -> None:
        """Connect through the guard, and encrypt at once or as soon as the server says it can."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.host, port, type=socket.SOCK_STREAM)
        sock = await aiohappyeyeballs.start_connection(
            found, happy_eyeballs_delay=0.25, socket_factory=guard.socket_factory
        )
        here = ip_address(str(sock.getpeername()[0]).partition("%")[0]).is_loopback
        try:
            self._reader, self._writer = await asyncio.open_connection(
                sock=sock,
                limit=LONGEST_LINE,
                ssl=ssl.create_default_context() if encrypted else None,
                server_hostname=self.host if encrypted else None,
            )
        except BaseException:
            sock.close()
            raise
        await self.ask("CONNECT", None)
        await self._greet()
        if not encrypted and ("STARTTLS" in self.abilities or not here):
            await self._encrypt()

    async def sign_in(self, user: str, password: str) -> None:
        """Say who we are: https://www.rfc-editor.org/rfc/rfc4616, else the older LOGIN."""
        ways = self.abilities.get("AUTH", "").upper().split()
        if "PLAIN" in ways:
            await self.ask("AUTH", f"AUTH PLAIN {_base64(chr(0).join(('', user, password)))}")
        elif "LOGIN" in ways:
            await self.ask("AUTH", "AUTH LOGIN", wanted=3)
            await self.ask("AUTH", _base64(user), wanted=3)
            await self.ask("AUTH", _base64(password))
        else:
            raise _Useless("offers no sign-in with a password")

    async def address(self, mail: Mail) -> None:
        """Name the sender and every recipient; one that is refused is refused for all."""
        await self.ask("MAIL", f"MAIL FROM:<{mail.sender}>")
        refused: list[tuple[str, MailReply]] = []
        for recipient in mail.recipients:
            try:
                await self.ask("RCPT", f"RCPT TO:<{recipient}>")
            except _No as no:
                refused.append((recipient, no.reply))
        if refused:
            worst = max((reply for _, reply in refused), key=lambda reply: reply.code)
            codes = tuple((recipient, reply.code) for recipient, reply in refused)
            raise _No(MailReply(step="RCPT", code=worst.code, text=worst.text, refused=codes))

    async def ask(self, step: str, line: str | None, *, wanted: int = 2) -> MailReply:
        """Write a line, if there is one, and return its answer. Raises _No unless that begins with ``wanted``."""
        if line is not None:
            await self.write(f"{line}\r\n".encode())
        code, lines = await self._answer()
        text = " ".join(lines).strip()
        if step == "AUTH" and line:  # a server that repeats what it does not understand repeats a password
            text = text.replace(line.removeprefix("AUTH PLAIN "), "***")
        reply = MailReply(step=step, code=code, text=text)
        if code // 100 != wanted:
            raise _No(reply)
        return reply

    async def write(self, data: bytes) -> None:
        """Write ``data``, and wait until the connection has room for more."""
        if self._writer is None:
            raise RuntimeError("there is no connection yet")
        self.waits = True
        self._writer.write(data)
        await self._writer.drain()

    async def leave(self) -> None:
        """Say goodbye if it can be heard, and hang up; whatever happens now changes nothing."""
        if self._writer is None:
            return
        if not self.waits:
            with contextlib.suppress(OSError, _No):
                async with asyncio.timeout(FAREWELL):
                    await self.ask("QUIT", "QUIT")
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _greet(self) -> None:
        """Learn what the server can do. The name given says nothing of this machine."""
        await self.write(b"EHLO [127.0.0.1]\r\n")
        code, lines = await self._answer()
        if code != 250:
            raise _No(MailReply(step="EHLO", code=code, text=" ".join(lines)))
        pairs = (line.partition(" ") for line in lines[1:])
        self.abilities = {name.upper(): parameters for name, _, parameters in pairs}

    async def _encrypt(self) -> None:
        """Go on encrypted; nothing that was said before counts."""
        if "STARTTLS" not in self.abilities or self._writer is None:
            raise _Useless("offers no encryption (STARTTLS), so it gets no password")
        await self.ask("STARTTLS", "STARTTLS")
        with contextlib.suppress(TimeoutError):  # what came in the clear behind its answer would be read as encrypted
            async with asyncio.timeout(0):
                if await self._reader.read(1):
                    raise _Useless("said something in the clear when it should not")
        self.waits = True
        await self._writer.start_tls(ssl.create_default_context(), server_hostname=self.host)
        await self._greet()

    async def _answer(self) -> tuple[int, list[str]]:
        """Read one answer: its code and the text of each of its lines."""
        lines: list[str] = []
        while len(lines) < LINES:
            try:
                raw = await self._reader.readline()
            except ValueError:  # a line without an end
                raw = b""
                self._reader.feed_eof()
            if not raw.endswith(b"\n"):
                raise _Useless("did not answer in SMTP" if raw else "hung up without an answer")
            match = re.fullmatch(rb"([2-5]\d\d)(?:([ -])(.*?))?\r?\n", raw, re.DOTALL)
            if match is None:
                raise _Useless("did not answer in SMTP")
            self.heard = True
            lines.append((match[3] or b"").decode("utf-8", "replace"))
            if match[2] != b"-":
                self.waits = False
                return int(match[1]), lines
        raise _Useless("answers without an end")


def _place(server: str) -> tuple[bool, str, int]:
    """Read a mail server's address: encrypted from the start or not, host, port. Raises NotSent."""
    try:
        parts = urlsplit(server)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotSent(server, "refused: this is not a mail server's address") from None
    plain = parts.username is None and parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in SCHEMES or not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9a-f:.]+", host) or not plain:
        raise NotSent(server, "refused: a mail server's address is smtp://HOST:587 or smtps://HOST:465")
    return parts.scheme == "smtps", host, port or SCHEMES[parts.scheme]


def _stuffed(message: str) -> bytes:
    """Return a message as it travels: lines end alike, and none of them can be taken for the last."""
    lines: Iterable[str] = re.split(r"\r\n|\r|\n", message.rstrip("\r\n"))
    return "".join(f".{line}\r\n" if line.startswith(".") else f"{line}\r\n" for line in lines).encode("ascii")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _told(error: Exception, server: str, host: str, talk: _Talk) -> NotSent | Unanswered:
    """Say in words what came in the way."""
    if talk.over:
        return Unanswered(server, str(error) if isinstance(error, _Useless) else "hung up without an answer")
    barred = True
    silent = False
    if isinstance(error, Forbidden):
        words, barred = error.reason, False
    elif isinstance(error, _Useless):
        words = str(error)
    elif isinstance(error, ssl.SSLCertVerificationError):
        words = distrust(error)
    elif isinstance(error, ssl.SSLError):
        words = "no safe connection could be made (TLS)"
    elif isinstance(error, (socket.gaierror, UnicodeError)):
        words, silent, barred = f"no server of the name {host} was found", True, False
    elif talk.heard:
        words = "hung up in the middle"
    elif isinstance(error, ConnectionRefusedError):
        words = "nothing answers there (connection refused)"
    else:
        words, silent = "could not be reached", error.errno in NO_WAY if isinstance(error, OSError) else False
    return NotSent(server, words, silent=silent, barred=barred)
