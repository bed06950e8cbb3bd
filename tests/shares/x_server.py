"""X as its documentation describes it: signatures, weighted length, t.co links in what it lists, duplicates refused.

Signatures are computed anew from RFC 5849, with none of the code that made them.
"""

from __future__ import annotations

import hmac
import html
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha1
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlsplit

import regex

from tests.shares.servers import Server, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.shares.servers import Answer

URL = re.compile(r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’…)]")
KEYS = {
    "api_key": "canary-api-key",
    "api_secret": "canary-api-secret",
    "token": "7-canary-token",
    "token_secret": "canary-token-secret",
}


def weight(text: str) -> int:
    """Return how long X takes ``text`` to be; 280 is the most."""
    total = 23 * len(URL.findall(text))
    for cluster in regex.findall(r"\X", URL.sub("", text)):
        emoji = regex.search(r"\p{Extended_Pictographic}|\p{Regional_Indicator}", cluster)
        total += 2 if emoji else sum(1 if _light(ord(char)) else 2 for char in cluster)
    return total


def _light(code: int) -> bool:
    return code <= 4351 or 8192 <= code <= 8205 or 8208 <= code <= 8223 or 8242 <= code <= 8247


def problem(status: int, title: str, detail: str, **more: object) -> Answer:
    return as_json({"title": title, "detail": detail, "type": "about:blank", "status": status, **more}, status)


@dataclass
class XServer(Server):
    """One account and the keys of its one application."""

    posting = "/2/tweets"
    refusal = problem(400, "Invalid Request", "One or more\u202e parameters\x07 were invalid.")
    password: str = KEYS["token"]
    username: str = "dana"
    tolerance: timedelta = timedelta(minutes=5)  # of the time in a signature
    tweets: list[dict[str, Any]] = field(default_factory=list)  # oldest first
    nonces: set[str] = field(default_factory=set)
    paid: bool = True
    dated: bool = True  # it says what time it is
    listed: int = 0  # posts read, which cost money

    def posts(self) -> list[str]:
        return [tweet["text"] for tweet in self.tweets]

    def add(self, text: str, at: datetime) -> str:
        """Post ``text``, by hand or by program; return its number."""
        number = str(1_990_000_000_000_000_000 + len(self.tweets))
        self.tweets.append({"id": number, "text": text, "at": at})
        return number

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        refused = None if self.signed(method, target, headers) else problem(401, "Unauthorized", "Unauthorized")
        if refused is None and not self.paid:
            refused = problem(402, "CreditsDepleted", "Your enrolled account does not have any credits.")
        status, answered, content = refused or super().answer(method, target, headers, body)
        date = {"Date": self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")} if self.dated else {}
        return status, {**answered, **date}, content

    def signed(self, method: str, target: str, headers: Mapping[str, str]) -> bool:
        """Say whether the request is signed with the right keys, now, and for the first time."""
        words, _, rest = headers.get("Authorization", "").partition(" ")
        given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        given = {name: unquote(value) for name, value in given.items()}
        signature = given.pop("oauth_signature", "")
        parts = urlsplit(target)
        pairs = [*parse_qsl(parts.query, keep_blank_values=True), *given.items()]
        coded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
        named = quote("&".join(f"{name}={value}" for name, value in coded), safe="~")
        url = quote(f"http://{headers.get('Host')}{parts.path}", safe="~")
        key = f"{KEYS['api_secret']}&{KEYS['token_secret']}".encode()
        right = b64encode(hmac.new(key, f"{method}&{url}&{named}".encode(), sha1).digest()).decode()
        known = (given.get("oauth_consumer_key"), given.get("oauth_token")) == (KEYS["api_key"], KEYS["token"])
        late = abs(int(given.get("oauth_timestamp", "0")) - self.now.timestamp()) > self.tolerance.total_seconds()
        nonce = given.get("oauth_nonce", "")
        fresh = bool(nonce) and nonce not in self.nonces
        self.nonces.add(nonce)
        return words == "OAuth" and known and not late and fresh and hmac.compare_digest(signature, right)

    def refuse(self, effect: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        if effect == "429":
            reset = str(int(self.now.timestamp()) + 780)
            return as_json({"title": "Too Many Requests", "status": 429}, 429, x_rate_limit_reset=reset)
        return super().refuse(effect, headers, body)

    def write(self, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as for all
        text = json.loads(body)["text"]
        if weight(text) > 280:
            return problem(403, "Forbidden", "Your Tweet text is too long.")
        if any(tweet["text"] == text for tweet in self.tweets):
            return problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        return as_json({"data": {"id": self.add(text, self.now), "text": text}}, 201)

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as for all
        parts = urlsplit(target)
        if parts.path == "/2/users/me":
            return as_json({"data": {"id": "2244994945", "name": "Dana", "username": self.username}})
        if parts.path != "/2/users/2244994945/tweets":
            return problem(404, "Not Found Error", "There is nothing here.")
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        size = int(asked.get("max_results", "10"))
        if not 5 <= size <= 100:
            return problem(400, "Invalid Request", "max_results is not between 5 and 100.")
        first = int(asked.get("pagination_token", "t0")[1:])
        newest = [tweet for tweet in self.tweets[::-1] if int(tweet["id"]) > int(asked.get("since_id", "0"))]
        page = newest[first : first + size]
        self.listed += len(page)
        meta: dict[str, object] = {"result_count": len(page)}
        if first + size < len(newest):
            meta["next_token"] = f"t{first + size}"
        fields = asked.get("tweet.fields", "").split(",")
        return as_json({"meta": meta} | ({"data": [entity(tweet, fields) for tweet in page]} if page else {}))


def entity(tweet: Mapping[str, Any], fields: list[str]) -> dict[str, Any]:
    """Return a post as X lists it: links as t.co addresses, three characters escaped, what was asked for beside."""
    urls: list[dict[str, str]] = []

    def shortened(match: re.Match[str]) -> str:
        short = f"https://t.co/aB{len(urls)}cD3fG{tweet['id'][-2:]}"
        urls.append({"url": short, "expanded_url": match[0], "display_url": match[0][8:32] + "…"})
        return short

    text = html.escape(URL.sub(shortened, tweet["text"]), quote=False)
    shown: dict[str, Any] = {"id": tweet["id"], "text": text, "edit_history_tweet_ids": [tweet["id"]]}
    if "created_at" in fields:
        shown["created_at"] = tweet["at"].strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if "public_metrics" in fields:
        counts = ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
        shown["public_metrics"] = {name: tweet.get(name, 0) for name in counts}
    if "entities" in fields and urls:
        shown["entities"] = {"urls": urls}
    return shown
