"""Send to a person's LinkedIn profile, with the card of the post's page.

Facts, and where they stand:

- A post is one POST to /rest/posts with a token of scope w_member_social; 201, its name in the header
  x-restli-id. The card is not made from the page: its title, description and thumbnail are part of the
  request, as plain text:
  https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
- The words are “little text”: unless every reserved character has a backslash in front of it, the post is
  cut at the first one, and called a success. A hashtag is a template:
  https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
- Whose token it is: /v2/userinfo, https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2.
  Such tokens last 60 days and cannot be renewed without the person:
  https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
- They cannot read posts (r_member_social is not given to everybody), so what is out cannot be looked for.
  The same words again are refused with 422 and the name of the post that has them:
  https://github.com/Arisamiga/Linkedin-RSS/issues/5
- Each request names a version of the API, a month; it is answered for at least a year, then with 426:
  https://learn.microsoft.com/en-us/linkedin/marketing/versioning, its table of ends:
  https://learn.microsoft.com/en-us/linkedin/marketing/integrations/migrations
- An image is announced to /rest/images, then its bytes are PUT where that says; LinkedIn looks at it
  afterwards, and a member's token cannot ask whether it has:
  https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.errors import NetworkTrouble
from curate.shares.compose import apart, find_urls
from curate.shares.networks.base import (
    AlreadySent,
    CannotTell,
    Frozen,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
    clean,
    clock_of,
    identifier,
    json_object,
    mint_key,
    not_ready,
    not_staged,
    refused,
    said,
    unfinished,
    unread,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Office, Outcome, Picture
    from curate.web.client import Reply

SERVER = "https://api.linkedin.com"
VERSION = "202608"  # of the API, unless the account's settings name another
VERSIONS = "https://learn.microsoft.com/en-us/linkedin/marketing/versioning"
TOO_SOON = timedelta(minutes=10)  # a sign-in that ends within that is as good as ended
GRACE = 3.0  # seconds that LinkedIn gets to look at an image

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_TAG = re.compile(r"(?<![\w#&])#(?=\w*[^\W\d_])(\w+)")
_POST = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,30}")


def version_ends(version: str) -> date | None:
    """Return the day from which LinkedIn may refuse ``version`` of its API; None when it is no version.

    Each is answered for a year; so far they ended between the 15th and the 22nd of their month.
    """
    found = re.fullmatch(r"(20[0-9]{2})(0[1-9]|1[0-2])", version)
    return date(int(found[1]) + 1, int(found[2]), 15) if found else None


def little_text(text: str) -> str:
    """Return ``text`` so that LinkedIn shows exactly it: escaped, its hashtags as templates."""
    parts, at = [], 0
    links = [range(span.start, span.end) for span in find_urls(text)]
    for tag in _TAG.finditer(text):
        if any(tag.start() in link for link in links):
            continue
        parts += [_escaped(text[at : tag.start()]), rf"{{hashtag|\#|{_escaped(tag[1])}}}"]
        at = tag.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


class LinkedIn:
    """One person's profile."""

    key_life = timedelta(0)  # there are no keys
    paid = 0

    def __init__(self, office: Office) -> None:
        self.office = office
        self.server = (office.account.server or SERVER).rstrip("/")
        self.version = office.account.version or VERSION
        self.author = ""

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the post; whose it is, is added when that is known."""
        words, source = apart(share.text, share.link)
        article = {"source": source, "title": share.title}
        if share.summary:
            article["description"] = share.summary
        return Frozen(
            mint_key(share, now=now),
            {
                "method": "POST",
                "url": f"{self.server}/rest/posts",
                "headers": self._versioned(),
                "json": {
                    "commentary": little_text(words),
                    "visibility": "PUBLIC",
                    "distribution": {
                        "feedDistribution": "MAIN_FEED",
                        "targetEntities": [],
                        "thirdPartyDistributionChannels": [],
                    },
                    "content": {"article": article},
                    "lifecycleState": "PUBLISHED",
                    "isReshareDisabledByAuthor": False,
                },
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Ask whose token this is, unless it has ended."""
        ends = self.office.secret.expires_at() if self.office.secret else None
        ends = ends.replace(tzinfo=ends.tzinfo or UTC) if ends else None
        if ends is not None and ends - now < TOO_SOON:
            again = f"curate account add linkedin --name {self.office.name}"
            reason = f"LinkedIn lets nobody stay signed in for longer than 60 days, here until {ends:%d %b %Y}: {again}"
            return NeedsLogin(reason=reason, evidence="not asked: the token has ended")
        try:
            reply = await self.office.client.get(f"{self.server}/v2/userinfo", headers=self._token())
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        answer = json_object(reply)
        person = answer.get("sub")
        if reply.status != 200 or not isinstance(person, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", person):
            return not_ready(reply, self.server, self.office.secret, now=now)
        self.author = f"urn:li:person:{person}"
        name = answer.get("name")
        handle = clean(name) if isinstance(name, str) and name.strip() else self.office.account.handle
        return Ready(handle=handle, at=clock_of(reply), expires_at=ends)

    async def stage(
        self, frozen: Frozen, picture: Picture | None, *, now: datetime
    ) -> Frozen | Rejected | RetryAt | NeedsLogin:
        """Say whose post it is, and upload the image of its card."""
        request = frozen.payload
        content = request["json"]["content"]
        if picture is not None:
            image = await self._uploaded(picture, now)
            if not isinstance(image, str):
                return image
            content = {"article": {**content["article"], "thumbnail": image}}
        return Frozen(frozen.key, {**request, "json": {"author": self.author, **request["json"], "content": content}})

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Post it."""
        request = json.loads(attempt.payload)
        headers = self._token() | request["headers"]
        try:
            reply = await self.office.client.send(
                request["method"], request["url"], headers=headers, json=request["json"]
            )
        except NetworkTrouble as error:
            return unfinished(error, self.office.secret)
        name = identifier(reply.headers.get("x-restli-id"))
        if reply.status == 201 and name.startswith("urn:li:"):
            return Sent(remote_id=name, url=_address(name), evidence=f"HTTP 201, {name}")
        told = self._ended(reply) or self._repeated(reply, attempt)
        return told or refused(reply, self.server, self.office.secret, now=now)

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> CannotTell:  # noqa: ARG002 - as for every network
        """Leave it to the person: only they can see it."""
        return CannotTell(
            "LinkedIn lets no program read a person's posts. Look yourself, then "
            "curate share resolve ID --sent URL, or --not-sent"
        )

    def _ended(self, reply: Reply) -> NeedsLogin | None:
        """Return what to do when this version of the API is no more; None for any other answer."""
        unknown = json_object(reply).get("code") in ("NONEXISTENT_VERSION", "VERSION_MISSING")
        if reply.status != 426 and not (reply.status == 400 and unknown):
            return None
        setting = f"curate config set accounts.{self.office.name}.version YYYYMM"
        reason = f"LinkedIn does not know version {self.version} of its API any more: {setting} ({VERSIONS} has them)"
        return NeedsLogin(reason=reason, evidence=said(reply, self.office.secret))

    def _repeated(self, reply: Reply, attempt: Attempt) -> AlreadySent | Rejected | Unknown | None:
        """Return what it means that LinkedIn has a post with these words; None for any other answer.

        That post is this share when an earlier try may have been acted upon.
        """
        text = reply.text()
        if reply.status != 422 or not ("DUPLICATE_POST" in text or "duplicate of urn:" in text):
            return None
        evidence = said(reply, self.office.secret)
        there = _POST.search(text)
        if there is None and attempt.again:
            return Unknown(reason="LinkedIn has a post with these words, and does not say which", evidence=evidence)
        if there is not None and attempt.again:
            return AlreadySent(remote_id=there[0], url=_address(there[0]), evidence=evidence)
        where = f": {_address(there[0])}" if there else ""
        return Rejected(reason=f"LinkedIn has a post with these words already{where}", evidence=evidence)

    async def _uploaded(self, picture: Picture, now: datetime) -> str | Rejected | RetryAt | NeedsLogin:
        """Return LinkedIn's name of the image, once it has the bytes."""
        client = self.office.client
        headers = self._token() | self._versioned()
        wanted = {"initializeUploadRequest": {"owner": self.author}}
        try:
            reply = await client.send(
                "POST", f"{self.server}/rest/images?action=initializeUpload", headers=headers, json=wanted
            )
            value = json_object(reply).get("value")
            value = value if isinstance(value, dict) else {}
            name, where = identifier(value.get("image")), web_address(value.get("uploadUrl"))
            if reply.status != 200 or not name or not where:
                return self._ended(reply) or not_staged(reply, self.server, self.office.secret, now=now)
            kind = {"Content-Type": picture.kind or "application/octet-stream"}
            reply = await client.send("PUT", where, headers=self._trusted(where) | kind, data=picture.data)
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        if reply.status not in (200, 201):
            return not_staged(reply, self.server, self.office.secret, now=now)
        await asyncio.sleep(GRACE)
        return name

    def _trusted(self, url: str) -> dict[str, str]:
        """Return the token for an address of LinkedIn's own, nothing for any other."""
        try:
            there, here = urlsplit(url), urlsplit(self.server)
        except ValueError:  # no address at all, which the client says
            return {}
        own = there.scheme == "https" and f".{there.hostname}".endswith(".linkedin.com")
        return self._token() if own or (there.scheme, there.netloc) == (here.scheme, here.netloc) else {}

    def _token(self) -> dict[str, str]:
        secret = self.office.secret
        return {"Authorization": f"Bearer {secret.part('token')}"} if secret else {}

    def _versioned(self) -> dict[str, str]:
        return {"LinkedIn-Version": self.version, "X-Restli-Protocol-Version": "2.0.0"}


def _address(name: str) -> str:
    return f"https://www.linkedin.com/feed/update/{name}/"
