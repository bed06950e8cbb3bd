"""Send to Threads in its two steps; find a post there again.

Facts, and where they stand:

- A post is made as a container first (POST /me/threads, media_type TEXT), which nobody sees, and then
  published (POST /me/threads_publish with its id as creation_id):
  https://developers.facebook.com/docs/threads/posts. Publishing it at once (auto_publish_text) is never
  asked for: the container is what tells whether a post is out.
- A container is IN_PROGRESS, FINISHED (may be published), PUBLISHED, ERROR or EXPIRED; it lives for 24
  hours: https://developers.facebook.com/docs/threads/troubleshooting. One that was published is not
  published again.
- link_attachment is what the card is made of; without it, it is the first link in the text (the same
  page). The card's page cannot always be read: error 4279047. A container that is published too soon, or
  was lost, is error 24 with 4279009: https://github.com/fbsamples/threads_api/issues/70.
- What the account posted, newest first: GET /me/threads,
  https://developers.facebook.com/docs/threads/retrieve-and-discover-posts/retrieve-posts.
- A token lives for 60 days. From its second day until its end it can be renewed without the person:
  https://developers.facebook.com/docs/threads/get-started/long-lived-tokens/.
- What a post has come to: GET /{post}/insights with the names of what is counted, each answered with its value;
  the permission is threads_manage_insights: https://developers.facebook.com/docs/threads/insights.
- 500 characters, of which an emoji counts its UTF-8 bytes; 250 posts a day.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from curate.errors import NetworkTrouble
from curate.shares.compose import find_urls, own_link, same_words
from curate.shares.networks.base import (
    SETTLED,
    Absent,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
    at_path,
    clean,
    identifier,
    json_object,
    mint_key,
    unfinished,
    unread,
    web_address,
)
from curate.shares.networks.graph import Graph, fault_of, moment_of
from curate.shares.networks.readings import Figures, counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Confirmation, Office, Outcome, Picture
    from curate.shares.networks.graph import Likeness
    from curate.shares.networks.readings import Refusal
    from curate.shares.tokens import Secret
    from curate.web.client import Reply

SERVER, VERSION = "https://graph.threads.net", "v1.0"
PAUSES = (1, 2, 3, 5, 8, 11)  # seconds between looks at a container that is not ready
NO_CARD, LOST = 4279047, 4279009  # errors: its link's page could not be read; there is no such container
COUNTED = "views,likes,replies,reposts,quotes"
CARDLESS = "Threads could not make a card of its link, so it goes without one"
GONE = "GONE"  # what we call the state of a container that Threads does not know
RENEWABLE = timedelta(hours=24)  # how old a token must be
LAST_DAYS = timedelta(days=14)  # before its end, in which it is renewed


class Threads:
    """One Threads account."""

    key_life = timedelta(hours=23)  # the key is the container, which lives an hour longer
    paid = 0

    def __init__(self, office: Office) -> None:
        self.handle = office.account.handle
        self.graph = Graph(office, "Threads", server=SERVER, version=VERSION)

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return both steps, the second still without the container.

        A share that waits because its card could not be made goes without asking for one again.
        """
        form = {"media_type": "TEXT", "text": share.text, "link_attachment": own_link(share.text, share.link)}
        if CARDLESS in share.reason:
            del form["link_attachment"]
        return Frozen(
            mint_key(share, now=now),
            {
                "container": {"method": "POST", "url": f"{self.graph.root}/me/threads", "json": form},
                "publish": {"method": "POST", "url": f"{self.graph.root}/me/threads_publish", "json": {}},
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Ask whose token this is, and renew it in its last days."""
        secret = self.graph.secret
        ends = secret.expires_at() if secret else None
        if ends is not None and ends <= now:
            return NeedsLogin(reason=f"its token ended on {ends:%d %b %Y}", evidence=f"ended {ends.isoformat()}")
        try:
            reply = await self.graph.get("me?fields=id,username")
        except NetworkTrouble as error:
            return unread(error, self.graph.secret)
        answer = json_object(reply)
        name = answer.get("username")
        if reply.status != 200 or not identifier(answer.get("id")):
            return self.graph.not_ready(reply, now=now)
        at = self.graph.note_clock(reply, now=now)
        renewed = await self._renew(secret, now=now) if secret else None
        if renewed is not None:
            self.graph.secret, ends = renewed, renewed.expires_at()
        self.handle = clean(name) if isinstance(name, str) and name else self.handle
        return Ready(handle=self.handle, at=at, expires_at=ends, renewed=renewed)

    async def stage(
        self, frozen: Frozen, picture: Picture | None, *, now: datetime
    ) -> Frozen | Rejected | RetryAt | NeedsLogin:
        """Make the container and wait until it may be published; without a card when that may be what fails.

        There is no image to upload: the card's is that of the page behind the link.
        """
        request = frozen.payload["container"]
        try:
            reply = await self.graph.post(request)
        except NetworkTrouble as error:
            return unread(error, self.graph.secret)
        number = identifier(json_object(reply).get("id"))
        if reply.status != 200 or not number:
            failed, answer = _is(reply, NO_CARD), self.graph.not_staged(reply, now=now)
        else:
            state, words = await self._settled(number)
            if state == "FINISHED":
                publish = {**frozen.payload["publish"], "json": {"creation_id": number}}
                return Frozen(number, {"container": request, "publish": publish})
            failed, reason = state == "ERROR", f"Threads could not prepare it: {words}"
            answer = (Rejected if failed else RetryAt)(reason=reason, evidence=words)
        if failed and "link_attachment" in request["json"]:
            form = {name: value for name, value in request["json"].items() if name != "link_attachment"}
            plain = {**frozen.payload, "container": {**request, "json": form}}
            return await self.stage(Frozen(frozen.key, plain), picture, now=now)
        return answer

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Publish the container."""
        try:
            reply = await self.graph.post(json.loads(attempt.payload)["publish"])
        except NetworkTrouble as error:
            return unfinished(error, self.graph.secret)
        remote_id = identifier(json_object(reply).get("id"))
        if reply.status == 200 and remote_id:
            url = await self._address(remote_id)
            return Sent(remote_id=remote_id, url=url, evidence=f"HTTP 200, post {remote_id}")
        outcome = self.graph.refused(reply, now=now)
        certain = isinstance(outcome, Rejected) or _is(reply, NO_CARD) or _is(reply, LOST)
        return await self._not_published(attempt, reply, outcome, now=now) if certain else outcome

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Ask the container whether it was published, then look for the post it became.

        One that was not may be published again: that cannot make two. Where Threads does not know the
        container any more, only the account's posts can tell, when they reach back to before the attempt and
        no server can be still at work on it.
        """
        state, words = await self._state(attempt.key) if attempt.key else (GONE, "")
        if state in ("FINISHED", "ERROR", "EXPIRED"):
            return Absent(f"its container is {state}")
        if state not in ("PUBLISHED", GONE):
            return CannotTell(words)
        found = await self._search(attempt, known)
        if isinstance(found, Absent) and state == "PUBLISHED":
            return CannotTell("Threads says that it is out, but does not list it yet")
        if isinstance(found, Absent) and self.graph.age(attempt, now=now) < SETTLED:
            return CannotTell("it is not there yet, and its container is gone; that needs ten minutes to be sure")
        return found

    async def _settled(self, container: str) -> tuple[str, str]:
        """Return the state of a new container once it has one that stays, or after half a minute."""
        state, words = await self._state(container)
        for pause in PAUSES:
            if state not in ("IN_PROGRESS", GONE):  # word of it may not have got around yet
                break
            await asyncio.sleep(pause)
            state, words = await self._state(container)
        return state, words

    async def _not_published(self, attempt: Attempt, reply: Reply, refusal: Outcome, *, now: datetime) -> Outcome:
        """Return what a refusal to publish means, by the container: one that is out is refused, too."""
        evidence = self.graph.said(reply)
        state, words = await self._state(attempt.key)
        if state == "PUBLISHED" or (state == GONE and attempt.again):
            found = await self._search(attempt, ())
            if isinstance(found, Found):
                return AlreadySent(remote_id=found.remote_id, url=found.url, evidence=evidence)
            if state == "PUBLISHED" or isinstance(found, CannotTell) or now - attempt.minted_at < SETTLED:
                state = ""
        if not state:
            return Unknown(reason=f"Threads answered {evidence}, and {words}: it may be out", evidence=evidence)
        if _is(reply, NO_CARD):
            return RetryAt(reason=CARDLESS, evidence=evidence)
        if state == "ERROR":
            return Rejected(reason=f"Threads does not take it ({words})", evidence=evidence)
        if state != "FINISHED" or _is(reply, LOST):
            return RetryAt(reason="Threads lost what was prepared, so it is prepared anew", evidence=evidence)
        return refusal

    async def _state(self, container: str) -> tuple[str, str]:
        """Return a container's state, '' when it cannot be read, and what there is to say about it."""
        try:
            reply = await self.graph.get(f"{container}?fields=status,error_message")
        except NetworkTrouble as error:
            return "", unread(error, self.graph.secret).reason
        answer = json_object(reply)
        state, trouble = answer.get("status"), answer.get("error_message")
        if reply.status == 200 and state in ("IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED"):
            told = clean(trouble, self.graph.secret) if isinstance(trouble, str) else ""
            return str(state), f"its container is {state}" + (f": {told}" if told else "")
        words = f"its container could not be read ({self.graph.said(reply)})"
        return GONE if reply.status == 404 or fault_of(reply).code in (24, 100) else "", words

    async def _search(self, attempt: Attempt, known: Collection[str]) -> Confirmation:
        """Look for the post among the account's."""
        wanted = json.loads(attempt.payload)["container"]["json"]["text"]
        found = await self.graph.find(
            "me/threads?fields=id,text,permalink,timestamp",
            attempt,
            time="timestamp",
            address="permalink",
            look=lambda post: _likeness(post, wanted),
            known=known,
        )
        return replace(found, url=found.url or self._usual_address()) if isinstance(found, Found) else found

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Ask for each post; a quote is a repost with words."""
        return await self.graph.figures(remote_ids, f"/insights?metric={COUNTED}", _figures, now=now)

    async def _address(self, remote_id: str) -> str:
        """Return the address of a post that is out; whatever happens here changes nothing about that."""
        try:
            reply = await self.graph.get(f"{remote_id}?fields=permalink")
        except NetworkTrouble:
            return self._usual_address()
        return web_address(json_object(reply).get("permalink")) or self._usual_address()

    def _usual_address(self) -> str:
        """Return where the account's posts are: one post's address cannot be made from its number."""
        return f"https://www.threads.com/@{self.handle}"

    async def _renew(self, secret: Secret, *, now: datetime) -> Secret | None:
        """Return a token for another 60 days when it is time; None when it is not, or when that fails."""
        ends, issued = secret.expires_at(), moment_of(secret.part("issued_at"))
        if ends is None or ends - now > LAST_DAYS or (issued is not None and now - issued < RENEWABLE):
            return None
        url = f"{self.graph.server}/refresh_access_token?grant_type=th_refresh_token"
        try:
            reply = await self.graph.client.get(url, headers=self.graph.headers())
        except NetworkTrouble:
            return None  # the old one is still good, and the next pass tries again
        answer = json_object(reply)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if reply.status != 200 or not isinstance(token, str) or not token.isprintable() or not 0 < len(token) <= 4096:
            return None
        if not isinstance(seconds, int) or not 0 < seconds < 10**9:
            return None
        end = (now + timedelta(seconds=seconds)).isoformat()
        return secret.with_parts(token=token, expires_at=end, issued_at=now.isoformat())


def _figures(answer: dict[str, Any]) -> Figures:
    """Return what a post has come to, as its insights say."""
    counts: dict[str, int | None] = {}
    listed = answer.get("data")
    for one in listed if isinstance(listed, list) else []:
        name, values = at_path(one, "name"), at_path(one, "values")
        if isinstance(name, str) and isinstance(values, list) and values:
            counts[name] = counted(at_path(values[0], "value"))
    reposts = counts.get("reposts")
    return Figures(
        likes=counts.get("likes"),
        reposts=None if reposts is None else reposts + (counts.get("quotes") or 0),
        replies=counts.get("replies"),
        views=counts.get("views"),
    )


def _is(reply: Reply, number: int) -> bool:
    """Say whether an answer is the error ``number``."""
    fault = fault_of(reply)
    return number in (fault.code, fault.subcode)


def _likeness(post: dict[str, Any], wanted: str) -> Likeness:
    """Say whether a post of the account is the one that reads like ``wanted``."""
    text = post.get("text")
    if not isinstance(text, str):
        return "other"
    if same_words(text) == same_words(wanted):
        return "same"
    links = {span.url for span in find_urls(wanted)}
    return "similar" if links and links <= {span.url for span in find_urls(text)} else "other"
