"""Send a share as one mail to people who asked for it.

Facts, and where they stand:

- One SMTP transaction takes one message for many recipients; who gets it is said beside the message, so
  nobody sees the others: https://www.rfc-editor.org/rfc/rfc5321#section-3.3. The header To is the
  sender's own address, https://www.rfc-editor.org/rfc/rfc5322#section-3.6.3.
- A server answers to each recipient. 5yz is a refusal for good, 4yz one for now, and only a 250 to the
  end of the message means that the server took it: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.
- There is no key that keeps a server from taking the same mail twice, and no way to ask it what was
  sent. Date and Message-ID are made once, https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4, so a
  reader's program may see that two are one.
- 535 is a wrong password, 534 one that is not enough, 530 none at all, 454 a trouble of the server's:
  https://www.rfc-editor.org/rfc/rfc4954#section-6.
- List-Unsubscribe says how to get no more of them: https://www.rfc-editor.org/rfc/rfc2369#section-3.2.
- The same words as text and as HTML are multipart/alternative, the plainest first:
  https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4.
- A mail's own address is mid: and its Message-ID: https://www.rfc-editor.org/rfc/rfc2392.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING
from urllib.parse import quote

from curate.errors import NetworkTrouble
from curate.shares.letter import as_html
from curate.shares.networks.base import (
    CannotTell,
    Frozen,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
    clean,
    mint_key,
    unfinished,
    unread,
)
from curate.web.mail import ADDRESS, Mail

if TYPE_CHECKING:
    from collections.abc import Collection

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Office, Outcome, Picture
    from curate.web.mail import MailReply

SIGNED_OUT = (530, 534, 535, 538)  # said to any command by a server that wants another sign-in


class Email:
    """One sender's address, and the people its account writes to."""

    key_life = timedelta(0)  # a second mail is a second mail
    paid = 0

    def __init__(self, office: Office) -> None:
        self.office = office

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the whole message with its date and Message-ID, and who gets it."""
        account = self.office.account
        sender = account.handle if ADDRESS.fullmatch(account.handle) else ""
        key = mint_key(share, now=now)
        message = EmailMessage(policy=SMTP)
        message["From"] = message["To"] = sender
        message["Subject"] = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", share.title).split())
        message["Date"] = now
        message["Message-ID"] = f"<{_name(key, sender)}>"
        message.set_content(share.text, cte="quoted-printable")  # ASCII, which no server on the way need change
        message.add_alternative(as_html(share.text), subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{key}")  # what is frozen twice is the same
        # Written by hand: a long address would be encoded, and then is none any more.
        unsubscribe = f"List-Unsubscribe: <mailto:{quote(sender, safe='@')}?subject=unsubscribe>\r\n"
        return Frozen(
            key,
            {
                "server": account.server,
                "sender": sender,
                "recipients": list(account.recipients),
                "text": share.text,  # to be read; what goes out is the message
                "message": unsubscribe + message.as_string(),
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:  # noqa: ARG002 - as for every network
        """Sign in, when there is somebody to write to and somebody who writes."""
        account, name = self.office.account, self.office.name
        bad = [address for address in account.recipients if not ADDRESS.fullmatch(address)]
        problem = ""
        if not ADDRESS.fullmatch(account.handle):
            problem = f"“{clean(account.handle)}” is no address to write from: curate config set accounts.{name}.handle"
        elif bad or not account.recipients:
            what = f"“{clean(bad[0])}” is no e-mail address" if bad else "nobody gets its mails yet"
            problem = f"{what}: curate config set accounts.{name}.recipients '[\"ada@example.org\"]'"
        if problem:
            return NeedsLogin(reason=problem, evidence="")
        try:
            reply = await self.office.client.mail(account.server, user=self._user(), password=self._password())
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        if reply.step == "NOOP" and reply.code // 100 == 2:
            return Ready(handle=account.handle)
        answer = self._refusal(reply)
        return answer if isinstance(answer, NeedsLogin) else RetryAt(reason=answer.reason, evidence=answer.evidence)

    async def stage(self, frozen: Frozen, picture: Picture | None, *, now: datetime) -> Frozen:  # noqa: ARG002 - as for every network
        """Leave it as it is: a mail has no picture, and its link leads to the image."""
        return frozen

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:  # noqa: ARG002 - as for every network
        """Hand the message over, once, for all recipients or none."""
        request = json.loads(attempt.payload)
        mail = Mail(sender=request["sender"], recipients=tuple(request["recipients"]), message=request["message"])
        try:
            reply = await self.office.client.mail(
                request["server"], user=self._user(), password=self._password(), mail=mail
            )
        except NetworkTrouble as error:
            return unfinished(error, self.office.secret)
        evidence = clean(reply.words, self.office.secret)
        if reply.step != "END" or reply.code >= 400:
            return self._refusal(reply)
        if reply.code // 100 != 2:
            reason = (
                f"the server answered {evidence}. It may be out, so it is not sent again before you say that it is not"
            )
            return Unknown(reason=reason, evidence=evidence)
        name = _name(attempt.key, mail.sender)
        return Sent(remote_id=name, url=f"mid:{name}", evidence=evidence)

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> CannotTell:  # noqa: ARG002 - as for every network
        """Say that nobody but a person can tell."""
        return CannotTell(
            "nobody can read sent mail back. Ask one of its readers, then curate share resolve ID --sent, or --not-sent"
        )

    def _refusal(self, reply: MailReply) -> NeedsLogin | Rejected | RetryAt:
        """Return what a No means; nothing is out."""
        said = clean(reply.words, self.office.secret)
        evidence = f"{reply.step}: {said}"
        if reply.code in SIGNED_OUT or (reply.step == "AUTH" and reply.code >= 500):
            return NeedsLogin(reason=f"{self.office.account.server} does not let it in ({said})", evidence=evidence)
        if reply.step == "RCPT":
            who = ", ".join(address for address, code in reply.refused if code >= 500 or reply.code < 500)
            reason = clean(f"mail for {who} is refused ({said}), so nobody got it", self.office.secret)
        else:
            reason = f"{self.office.account.server} does not take it ({said})"
        if reply.step in {"MAIL", "RCPT", "DATA", "END"} and reply.code >= 500:
            return Rejected(reason=reason, evidence=evidence)
        return RetryAt(reason=reason, evidence=evidence)

    def _user(self) -> str:
        secret = self.office.secret
        return (secret.part("user") if secret else "") or self.office.account.handle

    def _password(self) -> str:
        secret = self.office.secret
        return (secret.part("password") or secret.part("token")) if secret else ""


def _name(key: str, sender: str) -> str:
    """Return a message's own name, in the sender's domain."""
    return f"{key}@{sender.rpartition('@')[2]}"
