"""A real mail server on loopback, which can be told to say no and to hang up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """What the server has taken, and what it does next: ``effects`` by the command they answer.

    An effect is an answer such as ``550 No such user``, or ``hang up``; of DATA also ``hang up after``,
    ``550 after`` and so on, which come once the whole message is there (and, for 250, kept).
    """

    user: str = "dana@dana.example"
    password: str = "canary-pässword-5a1b"
    effects: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # recipient → answer
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)  # commands, in their order

    def messages(self) -> list[EmailMessage]:
        """Return what readers get."""
        return [message_from_bytes(raw, policy=policy.default) for _, _, raw in self.taken]

    def texts(self) -> list[str]:
        """Return the texts readers see whose programs show no HTML."""
        parts = [message.get_body(("plain",)) for message in self.messages()]
        return [part.get_content().replace("\r\n", "\n").removesuffix("\n") for part in parts if part is not None]

    # What aiosmtpd calls

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: Any) -> AuthResult:
        login: LoginPassword = said
        good = (login.login, login.password) == (self.user.encode(), self.password.encode())
        if "AUTH" in self.effects:
            return AuthResult(success=False, handled=False, message=self.effects["AUTH"])
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._effect(server, "MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return self._effect(server, "RCPT") or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        effect = self.effects.get("END", "")
        if not effect or effect == "hang up after":
            content = envelope.content
            assert isinstance(content, bytes)
            assert envelope.mail_from is not None
            self.taken.append((envelope.mail_from, [str(one) for one in envelope.rcpt_tos], content))
        return self._effect(server, "END") or "250 2.0.0 Ok: queued as 4XyZ"

    def _effect(self, server: SMTP, command: str) -> str:
        self.heard.append(command)
        effect = self.effects.get(command, "")
        if effect.startswith("hang up"):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return effect


class _Protocol(SMTP):
    """aiosmtpd's, which hangs up where it is told to before a message begins."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        handler: MailServer = self.event_handler
        effect = handler._effect(self, "DATA")
        if effect:
            await self.push(effect)
        else:
            await super().smtp_DATA(arg)


@contextlib.contextmanager
def deliver(server: MailServer, *, tls: ssl.SSLContext | None = None, implicit: bool = False) -> Iterator[int]:
    """Run ``server``, with STARTTLS when there is ``tls``, or all of it encrypted; yield its port."""
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return _Protocol(
            server, hostname="mail.example", ident="test", loop=loop, authenticator=server.authenticate,
            auth_require_tls=False, tls_context=None if implicit else tls, require_starttls=bool(tls and not implicit),
        )  # fmt: skip

    listening = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if implicit else None))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:

        async def close() -> None:
            listening.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
