"""Send to X, and find a post there again.

Facts, and where they stand:

- A post is one POST to /2/tweets with {"text": …}; 201, its number in data.id:
  https://docs.x.com/x-api/posts/create-post. The link's card is made from the page. There is no
  idempotency key.
- Requests are signed with four keys (OAuth 1.0a, https://www.rfc-editor.org/rfc/rfc5849), which do not
  expire: https://docs.x.com/fundamentals/authentication/oauth-1-0a/authorizing-a-request. A JSON body is
  not part of what is signed. The signature holds the time, so a wrong clock is answered with 401.
- The same words again are refused with 403, which does not say which post has them:
  https://github.com/akrherz/iembot/issues/163, https://github.com/plhery/node-twitter-api-v2/issues/469
- Whose keys they are: /2/users/me, https://docs.x.com/x-api/users/get-my-user. What the account posted,
  newest first, 5 to 100 at a time: /2/users/:id/tweets, https://docs.x.com/x-api/users/get-posts. Each
  post that is read costs money, as posting does, but once a day (UTC) however often it is read:
  https://docs.x.com/x-api/getting-started/pricing.
  Every link is a t.co address there, what it stands for in entities.urls; &, < and > are escaped.
- What posts have come to: public_metrics of the same list, from since_id on, so that only one's own posts are paid
  for, at 0.001 dollars each: https://docs.x.com/x-api/fundamentals/metrics. Those of others would cost more.
- 429 comes with x-rate-limit-reset in seconds since 1970: https://docs.x.com/x-api/fundamentals/rate-limits.
  402 means that the money paid in advance is used up.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from oauthlib.oauth1 import Client as Signer

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
    Rejected,
    RetryAt,
    Sent,
    Unknown,
    at_path,
    clock_of,
    identifier,
    json_object,
    mint_key,
    not_ready,
    reaches,
    refused,
    said,
    unfinished,
    unread,
)
from curate.shares.networks.readings import Figures, counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Confirmation, Office, Outcome, Picture
    from curate.shares.networks.readings import Refusal
    from curate.web.client import Reply

SERVER = "https://api.x.com"
KEYS = ("api_key", "api_secret", "token", "token_secret")  # the parts of an account's secret
PAGE, PAGES = 10, 10  # posts that are paid for at a time, lists that are read at most
MEASURED, LISTS = 100, 2  # the same, for what posts have come to
READING = 1  # thousandths of a US dollar for a post of one's own that is read
SLACK = timedelta(seconds=60)  # between our clock and when X says a post was made
ADRIFT = timedelta(minutes=5)  # a clock that far off signs nothing X takes
CREDITS = "https://console.x.com"


class X:
    """One X account."""

    key_life = timedelta(0)  # there are no keys

    def __init__(self, office: Office) -> None:
        self.office = office
        self.server = (office.account.server or SERVER).rstrip("/")
        self.handle = office.account.handle
        self.account_id = ""
        self.paid = 0
        self.skew = timedelta(0)  # X's clock minus ours
        self.not_there: set[str] = set()  # texts that were looked for in vain

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the post; it is signed when it is sent."""
        request = {"method": "POST", "url": f"{self.server}/2/tweets", "json": {"text": share.text}}
        return Frozen(mint_key(share, now=now), request)

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Ask whose keys these are."""
        secret = self.office.secret
        missing = [name for name in KEYS if secret is None or not secret.part(name)]
        if missing:
            again = f"curate account add x --name {self.office.name}"
            return NeedsLogin(reason=f"its {', '.join(missing)} is missing: {again}", evidence="not asked")
        try:
            reply = await self._get("/2/users/me", now)
        except NetworkTrouble as error:
            return unread(error, self.office.secret)
        data = json_object(reply).get("data")
        self.account_id = identifier(at_path(data, "id"))
        at = clock_of(reply)
        if reply.status != 200 or not self.account_id:
            if reply.status == 401 and at is not None and abs(at - now) > ADRIFT:
                clocks = f"this computer's clock says {now:%d %b %Y %H:%M}, X's {at:%d %b %Y %H:%M} (UTC)"
                return RetryAt(reason=f"{clocks}: set the clock", evidence=said(reply, secret), clock=at)
            refusal = self._unpaid(reply) or not_ready(reply, self.server, secret, now=now)
            if reply.status == 401 and at is None:  # what is signed with a wrong time is refused like a wrong token
                words = f"{refusal.reason}; or this computer's clock is wrong: it says {now:%d %b %Y %H:%M} (UTC)"
                return NeedsLogin(reason=words, evidence=refusal.evidence)
            return refusal
        self.skew = at - now if at else timedelta(0)
        name = at_path(data, "username")
        self.handle = name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_]{1,50}", name) else self.handle
        return Ready(handle=self.handle, at=at)

    async def stage(self, frozen: Frozen, picture: Picture | None, *, now: datetime) -> Frozen:  # noqa: ARG002 - as for every network
        """Leave it as it is: X takes the image from the page."""
        return frozen

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Post it."""
        request = json.loads(attempt.payload)
        headers = self._signed(request["method"], request["url"], now)
        try:
            reply = await self.office.client.send(
                request["method"], request["url"], headers=headers, json=request["json"]
            )
        except NetworkTrouble as error:
            return unfinished(error, self.office.secret)
        number = identifier(at_path(json_object(reply), "data", "id"))
        if reply.status == 201 and number:
            return Sent(remote_id=number, url=self._address(number), evidence=f"HTTP 201, post {number}")
        told = self._unpaid(reply) or self._disliked(reply, attempt)
        return told or refused(reply, self.server, self.office.secret, now=now)

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Read the account's latest posts and look for this one.

        Absent is said only when they reach back to before the attempt, and when enough time has passed
        that X is not still at work on it.
        """
        found = await self._search(attempt, known, now)
        if isinstance(found, Absent):
            if now + self.skew - attempt.started_at < SETTLED:  # our clock may have been set since
                return CannotTell("it is not there yet, and X keeps no keys, so that needs ten minutes to be sure")
            self.not_there.add(_text(attempt))
        return found

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Read the account's posts, newest first, until the oldest of these; a quote is a repost with words."""
        wanted = [number for number in remote_ids if number.isdecimal()]
        found: dict[str, Figures] = {}
        older = ""
        for _ in range(LISTS if wanted else 0):
            query = f"max_results={MEASURED}&exclude=replies%2Cretweets&tweet.fields=public_metrics"
            since = f"&since_id={min(map(int, wanted)) - 1}"
            try:
                reply = await self._get(f"/2/users/{self.account_id}/tweets?{query}{since}{older}", now)
            except NetworkTrouble as error:
                if older:  # what was read is paid for
                    break
                return unread(error, self.office.secret)
            answer = json_object(reply)
            posts, token = answer.get("data", []), identifier(at_path(answer, "meta", "next_token"))
            if reply.status != 200 or not isinstance(posts, list):
                if older:
                    break
                return self._unpaid(reply) or not_ready(reply, self.server, self.office.secret, now=now)
            self.paid += READING * len(posts)
            found |= {identifier(at_path(post, "id")): _figures(at_path(post, "public_metrics")) for post in posts}
            if not token:
                break
            older = f"&pagination_token={token}"
        return {number: found.get(number, Figures()) for number in remote_ids}

    def _unpaid(self, reply: Reply) -> NeedsLogin | None:
        """Return what to do when the money paid in advance is used up; None for any other answer."""
        if reply.status != 402:
            return None
        reason = f"X asks for money first: buy credits at {CREDITS}, or post it by hand (curate share copy)"
        return NeedsLogin(reason=reason, evidence=said(reply, self.office.secret))

    def _disliked(self, reply: Reply, attempt: Attempt) -> Rejected | Unknown | None:
        """Return what a 403 means that is about the text; None for any other answer.

        A duplicate may be this very share when an earlier try may have been acted upon, unless it was
        looked for a moment ago.
        """
        words = said(reply, self.office.secret)
        if reply.status != 403:
            return None
        if "duplicate" in words.lower():
            if attempt.again and _text(attempt) not in self.not_there:
                return Unknown(reason="X has these words already, perhaps from an earlier try", evidence=words)
            where = ", in a post that is deleted or older" if attempt.again else ""
            return Rejected(reason=f"X has these words already{where}; it takes none twice", evidence=words)
        if "too long" in words.lower():
            return Rejected(reason=f"X refused it ({words})", evidence=words)
        return None

    async def _search(self, attempt: Attempt, known: Collection[str], now: datetime) -> Confirmation:
        """Go through the account's posts, newest first, until before the attempt."""
        wanted = _text(attempt)
        doubt: CannotTell | None = None
        older = ""
        for _ in range(PAGES):
            query = f"max_results={PAGE}&exclude=replies%2Cretweets&tweet.fields=created_at%2Centities{older}"
            try:
                reply = await self._get(f"/2/users/{self.account_id}/tweets?{query}", now)
            except NetworkTrouble as error:
                return CannotTell(unread(error, self.office.secret).reason)
            answer = json_object(reply)
            posts, meta = answer.get("data", []), answer.get("meta")
            if reply.status != 200 or not isinstance(posts, list) or not isinstance(meta, dict):
                return CannotTell(f"the account's posts could not be read ({said(reply, self.office.secret)})")
            self.paid += READING * len(posts)
            found = self._look([post for post in posts if identifier(at_path(post, "id")) not in known], wanted)
            if isinstance(found, Found):
                return found
            doubt = found or doubt
            token = meta.get("next_token")
            if token is None or reaches(posts, attempt.minted_at + self.skew - SLACK):
                return doubt or Absent("not among the account's posts")
            if not identifier(token):
                return doubt or CannotTell("where the list of the account's posts goes on could not be read")
            older = f"&pagination_token={identifier(token)}"
        return doubt or CannotTell("the latest posts of the account that were read do not reach back to it")

    def _look(self, posts: list[Any], wanted: str) -> Found | CannotTell | None:
        """Find the post that reads like ``wanted`` among what X lists."""
        links = {_plain(span.url) for span in find_urls(wanted)}
        similar = False
        for post in posts:
            text, number = read_post(post), identifier(at_path(post, "id"))
            if not text:
                continue
            same = _plain(text) == _plain(wanted)
            if same and number:
                return Found(remote_id=number, url=self._address(number))
            similar = similar or same or bool(links and links <= {_plain(span.url) for span in find_urls(text)})
        return CannotTell(ALIKE) if similar else None

    def _address(self, number: str) -> str:
        return f"https://x.com/{self.handle or 'i'}/status/{number}"

    async def _get(self, path: str, now: datetime) -> Reply:
        url = self.server + path
        return await self.office.client.get(url, headers=self._signed("GET", url, now))

    def _signed(self, method: Literal["GET", "POST"], url: str, now: datetime) -> dict[str, str]:
        """Return the header that signs a request, made at ``now``."""
        secret = self.office.secret
        if secret is None:
            return {}
        api_key, api_secret, token, token_secret = (secret.part(name) for name in KEYS)
        signer = Signer(api_key, api_secret, token, token_secret, timestamp=str(int(now.timestamp())))
        _, headers, _ = signer.sign(url, method)
        return {"Authorization": headers["Authorization"]}


def _figures(said: Any) -> Figures:  # noqa: ANN401 - JSON of any shape
    """Return what a post has come to, as X counts it."""
    reposts = counted(at_path(said, "retweet_count"))
    return Figures(
        likes=counted(at_path(said, "like_count")),
        reposts=None if reposts is None else reposts + (counted(at_path(said, "quote_count")) or 0),
        replies=counted(at_path(said, "reply_count")),
        views=counted(at_path(said, "impression_count")),
    )


def read_post(post: Any) -> str:  # noqa: ANN401 - JSON of any shape
    """Return a post as X lists it in the words it was made of; '' when it is none."""
    text = at_path(post, "text")
    if not isinstance(text, str):
        return ""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    links = at_path(post, "entities", "urls")
    for link in links if isinstance(links, list) else []:
        short, whole = at_path(link, "url"), at_path(link, "expanded_url")
        if isinstance(short, str) and isinstance(whole, str) and short:
            text = text.replace(short, whole)
    return text


def _plain(text: str) -> str:
    """Return ``text`` for comparing: X adds a scheme to bare addresses, and a / to bare hosts."""
    return same_words(re.sub(r"https?://|/(?=[\s,.;:!?)]|$)", "", text, flags=re.IGNORECASE))


def _text(attempt: Attempt) -> str:
    return str(json.loads(attempt.payload)["json"]["text"])
