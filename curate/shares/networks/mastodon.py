"""Send to Mastodon, and to servers that speak its API; find a status there again.

Facts, and where they stand:

- A status is one POST to /api/v1/statuses with a token of scope write:statuses. The header
  Idempotency-Key makes a second POST answer with the first status, for up to an hour, whatever the
  second one's text: https://docs.joinmastodon.org/methods/statuses/#create. Other servers of the API
  (GoToSocial, Pixelfed, snac) ignore the header, so it counts only where nodeinfo says “mastodon”,
  and for 45 minutes.
- Who the token belongs to: /api/v1/accounts/verify_credentials. What the account posted, newest
  first and at most 40 at a time, as HTML: /api/v1/accounts/:id/statuses,
  https://docs.joinmastodon.org/methods/accounts/.
- Limits are in /api/v2/instance (older servers: /api/v1/instance):
  https://docs.joinmastodon.org/entities/Instance/. Where none are said: 500 characters, 23 for a link,
  https://docs.joinmastodon.org/user/posting/#text.
- 429 comes with X-RateLimit-Reset in ISO 8601: https://docs.joinmastodon.org/api/rate-limits/.
- An image is uploaded first, with its description, to /api/v2/media; 202 and 206 mean that the server
  is still at work on it: https://docs.joinmastodon.org/methods/media/#v2.
- What became of a status: /api/v1/statuses/:id, which counts replies, reblogs and favourites, and no views:
  https://docs.joinmastodon.org/entities/Status/. What was said to the account: /api/v1/notifications with
  types[]=mention, for which the token needs the scope read:notifications; an answer is a mention, too:
  https://docs.joinmastodon.org/methods/notifications/#get.
- Software name: https://nodeinfo.diaspora.software/protocol.
- The link's card is made by the server from the page. The server's own scheduling is never used: it
  ignores the key.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from curate.errors import NetworkTrouble
from curate.shares.compose import find_urls, same_words
from curate.shares.networks.base import (
    ALIKE,
    SETTLED,
    Absent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Ready,
    RetryAt,
    Sent,
    at_path,
    clean,
    clock_of,
    identifier,
    json_object,
    mint_key,
    not_ready,
    not_staged,
    reaches,
    refused,
    said,
    unfinished,
    unread,
    web_address,
)
from curate.shares.networks.readings import LONGEST_TEXT, Figures, Heard, ask_each, counted, moment
from curate.web.client import Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Confirmation, Office, Outcome, Picture, Rejected
    from curate.shares.networks.readings import Refusal
    from curate.web.client import Reply

LOOKS = 20  # seconds a server may take over an image
PAGE, PAGES = 40, 5  # statuses the server lists at most, lists that are read at most
UNDER_WAY = timedelta(seconds=60)  # a server may still be at work on a request this young


class Mastodon:
    """One Mastodon account."""

    key_life = timedelta(minutes=45)
    paid = 0

    def __init__(self, office: Office) -> None:
        self.office = office
        self.server = office.account.server.rstrip("/")
        self.account_id = ""
        self.skew = timedelta(0)  # the server's clock minus ours

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the status and its idempotency key, minted for this text at this time."""
        key = mint_key(share, now=now)
        return Frozen(
            key,
            {
                "method": "POST",
                "url": f"{self.server}/api/v1/statuses",
                "headers": {"Idempotency-Key": key},
                "json": {"status": share.text, "visibility": "public", "language": self.office.language},
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Ask whose token this is, and what the server takes."""
        try:
            reply = await self._get("/api/v1/accounts/verify_credentials")
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        answer = json_object(reply)
        self.account_id = identifier(answer.get("id"))
        if reply.status != 200 or not self.account_id:
            return not_ready(reply, self.server, self.office.secret, now=now)
        at = clock_of(reply)
        self.skew = at - now if at else timedelta(0)
        name = answer.get("acct") or answer.get("username")
        handle = clean(name).partition("@")[0] if isinstance(name, str) else self.office.account.handle
        return Ready(handle=handle, characters=await self._characters(), at=at)

    async def stage(
        self, frozen: Frozen, picture: Picture | None, *, now: datetime
    ) -> Frozen | Rejected | RetryAt | NeedsLogin:
        """Upload the image with its description, and wait until the server has looked at it."""
        if picture is None:
            return frozen
        file = Upload(field="file", name="image", kind=picture.kind, data=picture.data)
        try:
            url = f"{self.server}/api/v2/media"
            reply = await self.office.client.send(
                "POST", url, headers=self._headers(), form={"description": picture.alt}, file=file
            )
            number = identifier(json_object(reply).get("id"))
            for _ in range(LOOKS):
                if reply.status not in (202, 206):
                    break
                await asyncio.sleep(1)
                reply = await self._get(f"/api/v1/media/{number}")
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        if reply.status != 200 or not number:
            return not_staged(reply, self.server, self.office.secret, now=now)
        request = frozen.payload
        return Frozen(frozen.key, {**request, "json": {**request["json"], "media_ids": [number]}})

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Post the status."""
        request = json.loads(attempt.payload)
        try:
            reply = await self.office.client.send(
                request["method"], request["url"], headers=self._headers() | request["headers"], json=request["json"]
            )
        except NetworkTrouble as error:
            return unfinished(error, self.office.secret)
        answer = json_object(reply)
        remote_id = identifier(answer.get("id"))
        if reply.status not in (200, 201) or not remote_id:
            return refused(reply, self.server, self.office.secret, now=now)
        url = web_address(answer.get("url")) or f"{self.server}/@{self.office.account.handle}/{remote_id}"
        return Sent(remote_id=remote_id, url=url, evidence=f"HTTP {reply.status}, status {remote_id}")

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Read the account's latest statuses and look for this one.

        Absent is said only when the list reaches back to before the attempt, and either the key still
        protects (on Mastodon itself) or enough time has passed that no server is still at work on it.
        """
        found = await self._search(attempt, known)
        if not isinstance(found, Absent):
            return found
        there = now + self.skew  # ours may have been set since
        if timedelta(0) <= there - attempt.started_at < UNDER_WAY:
            return CannotTell("it is not there, but the server may still be at work on it")
        protects = attempt.key and timedelta(0) <= there - attempt.minted_at < self.key_life
        if protects and await self._keeps_keys():
            return Absent("not among the account's posts, and its key still protects")
        if there - attempt.started_at >= SETTLED:
            return found
        return CannotTell("it is not there yet; this server does not keep keys, so that needs ten minutes to be sure")

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Ask for each status; there is no way to ask for several."""

        async def ask(remote_id: str) -> Figures | Refusal | None:
            reply = await self._get(f"/api/v1/statuses/{remote_id}")
            answer = json_object(reply)
            if reply.status in (404, 410):
                return None
            if reply.status != 200 or identifier(answer.get("id")) != remote_id:
                return not_ready(reply, self.server, self.office.secret, now=now)
            return Figures(
                likes=counted(answer.get("favourites_count")),
                reposts=counted(answer.get("reblogs_count")),
                replies=counted(answer.get("replies_count")),
            )

        return await ask_each(remote_ids, ask, self.office.secret)

    async def heard(self, *, since: datetime, now: datetime) -> list[Heard] | Refusal:
        """Read the mentions, newest first; an answer to one of the account's statuses is one, too."""
        found: list[Heard] = []
        older = ""
        for _ in range(PAGES):
            try:
                reply = await self._get(f"/api/v1/notifications?types[]=mention&limit={PAGE}{older}")
                told = reply.json() if reply.status == 200 else None
            except NetworkTrouble as error:
                return unread(error, self.office.secret)
            if not isinstance(told, list):
                return not_ready(reply, self.server, self.office.secret, now=now)
            mentions = (_mention(one, now) for one in told if at_path(one, "type") == "mention")
            found += [one for one in mentions if one is not None and one.at >= since]
            last = identifier(at_path(told[-1], "id")) if told else ""
            if not last or reaches(told, since):
                break
            older = f"&max_id={last}"
        return found

    async def _search(self, attempt: Attempt, known: Collection[str]) -> Confirmation:
        """Go through the account's statuses, newest first, until before the attempt; servers list few at a time."""
        wanted = json.loads(attempt.payload)["json"]["status"]
        doubt: CannotTell | None = None
        older = ""
        for _ in range(PAGES):
            query = f"limit={PAGE}&exclude_replies=true&exclude_reblogs=true{older}"
            try:
                reply = await self._get(f"/api/v1/accounts/{self.account_id}/statuses?{query}")
                statuses = reply.json() if reply.status == 200 else None
            except NetworkTrouble as error:
                return CannotTell(unread(error, self.office.secret).reason)
            if not isinstance(statuses, list):
                return CannotTell(f"the account's posts could not be read ({said(reply, self.office.secret)})")
            found = _look([status for status in statuses if identifier(at_path(status, "id")) not in known], wanted)
            if isinstance(found, Found):
                return found
            doubt = found if isinstance(found, CannotTell) else doubt
            if not statuses or reaches(statuses, attempt.minted_at + self.skew - UNDER_WAY):
                return doubt or Absent("not among the account's posts")
            older = f"&max_id={identifier(at_path(statuses[-1], 'id'))}"
        return doubt or CannotTell("the latest posts of the account that could be read do not reach back to it")

    async def _characters(self) -> int:
        """Return how many characters this server takes; 0 when it does not say."""
        for path in ("/api/v2/instance", "/api/v1/instance"):
            try:
                answer = json_object(await self._get(path))
            except NetworkTrouble:
                continue  # it may still take a status; the usual limits hold
            limit = at_path(answer, "configuration", "statuses", "max_characters")
            if isinstance(limit, int) and 0 < limit <= 100_000:
                return limit
        return 0

    async def _keeps_keys(self) -> bool:
        """Say whether the server is Mastodon itself, which keeps idempotency keys."""
        try:
            links = json_object(await self._get("/.well-known/nodeinfo")).get("links")
            for link in links if isinstance(links, list) else []:
                href = at_path(link, "href")
                if isinstance(href, str) and href.startswith(f"{self.server}/"):
                    about = json_object(await self._get(href.removeprefix(self.server)))
                    return bool(at_path(about, "software", "name") == "mastodon")
        except NetworkTrouble:
            return False
        return False

    async def _get(self, path: str) -> Reply:
        return await self.office.client.get(self.server + path, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        secret = self.office.secret
        return {"Authorization": f"Bearer {secret.part('token')}"} if secret else {}


def _look(statuses: list[Any], wanted: str) -> Found | CannotTell | Absent:
    """Find the status that reads like ``wanted`` among what the server lists."""
    links = {span.url for span in find_urls(wanted)}
    similar = False
    for status in statuses:
        content, remote_id = at_path(status, "content"), identifier(at_path(status, "id"))
        if not isinstance(content, str):
            continue
        reader = _Reader()
        try:
            reader.feed(content[: 10_000 + 50 * len(wanted)])  # markup makes a text so much longer at most
            reader.close()
        except AssertionError:  # how Python's parser fails at “<![ ”
            similar = similar or any(link in content for link in links)
            continue
        text = "".join(reader.parts)
        same = same_words(text) == same_words(wanted)
        if same and remote_id:
            return Found(remote_id=remote_id, url=web_address(at_path(status, "url")))
        similar = similar or same or bool(links and links <= ({span.url for span in find_urls(text)} | reader.links))
    if similar:
        return CannotTell(ALIKE)
    return Absent("")


def _mention(told: Any, now: datetime) -> Heard | None:  # noqa: ANN401 - JSON of any shape
    """Read one notification of a mention; None when it is none that can be answered."""
    remote_id, content = identifier(at_path(told, "status", "id")), at_path(told, "status", "content")
    author, name = at_path(told, "account", "acct"), at_path(told, "account", "display_name")
    if not remote_id or not isinstance(content, str) or not isinstance(author, str) or not clean(author):
        return None
    answers = identifier(at_path(told, "status", "in_reply_to_id"))
    return Heard(
        remote_id=remote_id,
        kind="reply" if answers else "mention",
        author=clean(author),
        name=clean(name) if isinstance(name, str) else "",
        text=_plain(content),
        url=web_address(at_path(told, "status", "url")),
        at=moment(at_path(told, "status", "created_at"), now=now),
        answers=answers,
        private=at_path(told, "status", "visibility") in ("private", "direct"),
    )


def _plain(content: str) -> str:
    """Return a status's HTML as plain text; what cannot be read as HTML, as it stands."""
    reader = _Reader()
    try:
        reader.feed(content[: 20 * LONGEST_TEXT])
        reader.close()
    except AssertionError:  # how Python's parser fails at “<![ ”
        return content[:LONGEST_TEXT]
    return "".join(reader.parts).strip()[:LONGEST_TEXT]


class _Reader(HTMLParser):
    """Read a status's HTML as the text it was made of; ``links`` are its addresses."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note line ends and links; the pieces a link's text is cut into stay together."""
        if tag in ("br", "p"):
            self.parts.append("\n")
        self.links.update(value for name, value in attrs if name == "href" and value)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.parts.append(data)
