"""Send to Bluesky, through the server of one's account (a PDS); find a post there again.

Facts, and where they stand:

- A post is a record of https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json:
  at most 300 grapheme clusters and 3000 UTF-8 bytes, with createdAt. Links count in full.
- Its key is a TID, 13 characters of a sortable base 32: https://atproto.com/specs/tid. The writer may
  choose it, so the same record under the same key is never a second post.
- com.atproto.repo.putRecord with swapRecord null only creates: the same record again is answered 200 and
  changes nothing, another one under a taken key 400 InvalidSwap:
  https://docs.bsky.app/docs/api/com-atproto-repo-put-record. (createRecord answers a taken key with
  500, which says nothing, so it is not used.)
- Links and tags are facets over UTF-8 bytes, the end exclusive; a tag has at most 64 grapheme
  clusters: https://docs.bsky.app/docs/advanced-guides/post-richtext. Servers do not check the ranges.
- A domain with a known ending is a link without https://, too, at the start or after white space or a bracket:
  https://github.com/bluesky-social/atproto/blob/main/packages/api/src/rich-text/detection.ts.
- The card is part of the record (app.bsky.embed.external), made by the writer:
  https://docs.bsky.app/docs/advanced-guides/posts#website-card-embeds.
- Its image is uploaded first, to com.atproto.repo.uploadBlob, and named in the record by its bytes; at most
  1,000,000 of them: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/external.json.
- com.atproto.repo.listRecords lists the records of one kind, the highest key first, at most 100 at a time:
  https://docs.bsky.app/docs/api/com-atproto-repo-list-records.
- createSession takes an app password; at most 30 in 5 minutes. 429 comes with ratelimit-reset in seconds
  since 1970: https://docs.bsky.app/docs/advanced-guides/rate-limits.
- What became of posts: app.bsky.feed.getPosts, up to 25 at a time; likes, reposts, replies and quotes, no views:
  https://docs.bsky.app/docs/api/app-bsky-feed-get-posts. What was said to the account:
  https://docs.bsky.app/docs/api/app-bsky-notification-list-notifications. One's own server is asked, which
  hands both on to the network's: https://docs.bsky.app/docs/advanced-guides/api-directory.

Names (@handle) stay plain text: a facet for one needs the account looked up.
"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import regex

from curate.errors import NetworkTrouble
from curate.shares.compose import find_urls, own_link
from curate.shares.links import find_domains
from curate.shares.networks.base import (
    ALIKE,
    SETTLED,
    Absent,
    AlreadySent,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Ready,
    RetryAt,
    Sent,
    Unknown,
    at_path,
    clean,
    clock_of,
    identifier,
    json_object,
    not_ready,
    not_staged,
    refused,
    said,
    unfinished,
    unread,
)
from curate.shares.networks.readings import LONGEST_TEXT, Figures, Heard, counted, moment
from curate.shares.tokens import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Confirmation, Office, Outcome, Picture, Rejected
    from curate.shares.networks.readings import Refusal

ENDED = ("ExpiredToken", "InvalidToken")  # what is wrong with a session
COLLECTION = "app.bsky.feed.post"
POSTS = 25  # that are asked for at a time
TOLD, RECORDS, PAGES = 50, 100, 6  # notifications and records on a page, pages that are read at most
BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_INVISIBLE = r"\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2"
_TAG = regex.compile(rf"(?<!\S)[#＃](?!\ufe0f)([^\s{_INVISIBLE}]+)")
_MEANS = regex.compile(r"[^\d\p{P}]")
_ENDING = regex.compile(r"\p{P}+$")


class Bluesky:
    """One Bluesky account."""

    key_life = timedelta(days=1)  # it never expires; a record much older would stand in the past
    paid = 0

    def __init__(self, office: Office) -> None:
        self.office = office
        self.server = office.account.server.rstrip("/")
        self.session: Secret | None = None
        self.did = ""

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the record and its key, minted for this text at this time."""
        digest = sha256(f"{share.id} {share.public} {now.isoformat()}".encode()).digest()
        key = make_tid(now, int.from_bytes(digest[:4], "big"))
        record: dict[str, Any] = {
            "$type": COLLECTION,
            "text": share.text,
            "createdAt": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "langs": [self.office.language],
            "facets": facets(share.text),
            "embed": {
                "$type": "app.bsky.embed.external",
                "external": {
                    "uri": own_link(share.text, share.link),
                    "title": share.title,
                    "description": share.summary,
                },
            },
        }
        return Frozen(
            key,
            {
                "method": "POST",
                "url": self._url("com.atproto.repo.putRecord"),
                "json": {
                    "repo": self.office.account.handle,
                    "collection": COLLECTION,
                    "rkey": key,
                    "record": record,
                    "swapRecord": None,
                },
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Open a session with the app password."""
        secret = self.office.secret
        if secret is None:
            return NeedsLogin(reason="there is no app password", evidence="")
        try:
            reply = await self.office.client.send(
                "POST",
                self._url("com.atproto.server.createSession"),
                json={"identifier": self.office.account.handle, "password": secret.part("token")},
            )
        except NetworkTrouble as error:
            return unread(error, self.office.secret, self.session)
        answer = json_object(reply)
        token, did, handle = answer.get("accessJwt"), identifier(answer.get("did")), identifier(answer.get("handle"))
        usable = isinstance(token, str) and token.isascii() and token.isprintable()  # it goes into a header
        if reply.status != 200 or not usable or not did or not handle:
            return not_ready(reply, self.server, secret, now=now)
        if answer.get("active") is False:
            return NeedsLogin(reason=f"the account is {clean(str(answer.get('status')))}", evidence="not active")
        self.session, self.did = Secret(str(token)), did
        return Ready(handle=handle, at=clock_of(reply))

    async def stage(
        self, frozen: Frozen, picture: Picture | None, *, now: datetime
    ) -> Frozen | Rejected | RetryAt | NeedsLogin:
        """Upload the card's image. A blob is named by its bytes, and one no record uses is forgotten."""
        if picture is None:
            return frozen
        headers = self._headers() | {"Content-Type": picture.kind}
        try:
            reply = await self.office.client.send(
                "POST", self._url("com.atproto.repo.uploadBlob"), headers=headers, data=picture.data
            )
        except NetworkTrouble as error:
            return unread(error, self.office.secret, self.session)
        blob = _blob(json_object(reply).get("blob"))
        if reply.status != 200 or blob is None:
            return not_staged(reply, self.server, self.office.secret, self.session, now=now)
        payload: dict[str, Any] = deepcopy(frozen.payload)
        payload["json"]["record"]["embed"]["external"]["thumb"] = blob
        return Frozen(frozen.key, payload)

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Put the record under its key."""
        request = json.loads(attempt.payload)
        try:
            reply = await self.office.client.send(
                request["method"], request["url"], headers=self._headers(), json=request["json"]
            )
        except NetworkTrouble as error:
            return unfinished(error, self.office.secret, self.session)
        answer = json_object(reply)
        if reply.status == 200 and answer.get("uri") == self._uri(attempt.key):
            return Sent(
                remote_id=self._uri(attempt.key), url=self._post_url(attempt.key), evidence=f"HTTP 200, {attempt.key}"
            )
        if answer.get("error") == "InvalidSwap":
            return await self._taken(attempt, said(reply, self.office.secret, self.session))
        if reply.status in (400, 401) and answer.get("error") in ENDED:
            return RetryAt(reason="its session ended", evidence=said(reply, self.office.secret, self.session))
        return refused(reply, self.server, self.office.secret, self.session, now=now)

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Read the record under the attempt's key. Its key protects for ever, so absent is absent.

        Without a key, absent is what no record since then reads like, once no server can be at work on one.
        """
        if not attempt.key:
            return await self._search(attempt, known, settled=now - attempt.started_at >= SETTLED)
        query = f"repo={self.did}&collection={COLLECTION}&rkey={attempt.key}"
        try:
            reply = await self.office.client.get(
                self._url(f"com.atproto.repo.getRecord?{query}"), headers=self._headers()
            )
        except NetworkTrouble as error:
            return CannotTell(unread(error, self.office.secret, self.session).reason)
        answer = json_object(reply)
        if reply.status == 200 and "value" in answer:
            if answer.get("value") == json.loads(attempt.payload)["json"]["record"]:
                return Found(remote_id=self._uri(attempt.key), url=self._post_url(attempt.key))
            return CannotTell("another record stands under its key")
        if reply.status in (400, 404) and answer.get("error") == "RecordNotFound":
            return Absent("no record under its key")
        return CannotTell(f"the record could not be read ({said(reply, self.office.secret, self.session)})")

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Ask for the posts, 25 at a time; a quote is a repost with words."""
        wanted = [uri for uri in remote_ids if regex.fullmatch(r"at://[!-~]{1,300}", uri)]
        found = {uri: Figures() for uri in remote_ids if uri not in wanted}
        for start in range(0, len(wanted), POSTS):
            asked = wanted[start : start + POSTS]
            query = "&".join(f"uris={quote(uri, safe='')}" for uri in asked)
            answer = await self._read(f"app.bsky.feed.getPosts?{query}", "posts", now)
            if not isinstance(answer, tuple):
                return found if start else answer
            found |= dict.fromkeys(asked, Figures())
            for post in answer[0]:
                uri = at_path(post, "uri")
                if uri in wanted:
                    reposts, quotes = counted(at_path(post, "repostCount")), counted(at_path(post, "quoteCount"))
                    found[uri] = Figures(
                        likes=counted(at_path(post, "likeCount")),
                        reposts=None if reposts is None else reposts + (quotes or 0),
                        replies=counted(at_path(post, "replyCount")),
                    )
        return found

    async def heard(self, *, since: datetime, now: datetime) -> list[Heard] | Refusal:
        """Read the answers, mentions and quotes, newest first; likes and the like stand between them."""
        found: list[Heard] = []
        cursor = ""
        for _ in range(PAGES):
            query = f"app.bsky.notification.listNotifications?limit={TOLD}{cursor}"
            answer = await self._read(query, "notifications", now)
            if not isinstance(answer, tuple):
                return answer
            told, further = answer
            found += [one for one in (_told(each, now) for each in told) if one is not None and one.at >= since]
            if not told or not further or moment(at_path(told[-1], "indexedAt"), now=now) < since:
                break
            cursor = f"&cursor={quote(further, safe='')}"
        return found

    async def _search(self, attempt: Attempt, known: Collection[str], *, settled: bool) -> Confirmation:
        """Go through the account's records, newest key first, until those from before the attempt."""
        early = CannotTell("it is not there yet; without its key that needs ten minutes to be sure")
        wanted = json.loads(attempt.payload)["json"]["record"]
        oldest = make_tid(attempt.minted_at - SETTLED, 0)
        similar, cursor = False, ""
        for _ in range(PAGES):
            query = f"com.atproto.repo.listRecords?repo={self.did}&collection={COLLECTION}&limit={RECORDS}{cursor}"
            try:
                reply = await self.office.client.get(self._url(query), headers=self._headers())
            except NetworkTrouble as error:
                return CannotTell(unread(error, self.office.secret, self.session).reason)
            answer = json_object(reply)
            records, further = answer.get("records"), answer.get("cursor")
            if reply.status != 200 or not isinstance(records, list):
                return CannotTell(f"the records could not be read ({said(reply, self.office.secret, self.session)})")
            keys = [str(at_path(one, "uri")).removeprefix(self._uri("")) for one in records]
            if not all(map(identifier, keys)) or keys != sorted(keys, reverse=True):
                return CannotTell("the list of the account's records is not in order")
            for key, one in zip(keys, records, strict=True):
                record = at_path(one, "value")
                if self._uri(key) in known:
                    continue
                if at_path(record, "text") == wanted["text"]:
                    return Found(remote_id=self._uri(key), url=self._post_url(key))
                similar = similar or (at_path(record, "reply") is None and _link(record) == _link(wanted))
            if not further or not keys or keys[-1] < oldest:
                absent = Absent("no record since then reads like it") if settled else early
                return CannotTell(ALIKE) if similar else absent
            cursor = f"&cursor={quote(str(further), safe='')}"
        return CannotTell("the latest records of the account that were read do not reach back to it")

    async def _read(self, query: str, name: str, now: datetime) -> tuple[list[Any], str] | Refusal:
        """Ask for the list ``name``; return it, and where it goes on."""
        try:
            reply = await self.office.client.get(self._url(query), headers=self._headers())
        except NetworkTrouble as error:
            return unread(error, self.office.secret, self.session)
        answer = json_object(reply)
        listed, cursor = answer.get(name), answer.get("cursor")
        if reply.status == 400 and answer.get("error") not in ENDED:  # such as a server that has no app behind it
            told = said(reply, self.office.secret, self.session)
            return NeedsLogin(reason=f"{self.server} cannot tell ({told})", evidence="")
        if reply.status != 200 or not isinstance(listed, list):
            return not_ready(reply, self.server, self.office.secret, self.session, now=now)
        return listed, cursor if isinstance(cursor, str) and len(cursor) <= 500 else ""

    async def _taken(self, attempt: Attempt, evidence: str) -> Outcome:
        """Say what a key that is taken means: this very post, or something else."""
        found = await self.confirm(attempt, known=(), now=attempt.started_at)
        if isinstance(found, Found):
            return AlreadySent(remote_id=found.remote_id, url=found.url, evidence=evidence)
        reason = found.reason if isinstance(found, CannotTell) else "its key was taken and is free again"
        return Unknown(reason=reason, evidence=evidence)

    def _uri(self, key: str) -> str:
        return f"at://{self.did}/{COLLECTION}/{key}"

    def _post_url(self, key: str) -> str:
        return f"https://bsky.app/profile/{self.office.account.handle}/post/{key}"

    def _url(self, method: str) -> str:
        return f"{self.server}/xrpc/{method}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session.reveal()}"} if self.session else {}


def _told(told: Any, now: datetime) -> Heard | None:  # noqa: ANN401 - JSON of any shape
    """Read one notification; None when nobody said anything in it."""
    uri, kind, text = at_path(told, "uri"), at_path(told, "reason"), at_path(told, "record", "text")
    author, name = identifier(at_path(told, "author", "handle")), at_path(told, "author", "displayName")
    post = regex.fullmatch(rf"at://([A-Za-z0-9:._%-]{{1,250}})/{regex.escape(COLLECTION)}/([A-Za-z0-9._~:-]{{1,60}})",
                           uri) if isinstance(uri, str) else None  # fmt: skip
    if kind not in ("reply", "mention", "quote") or post is None or not author or not isinstance(text, str):
        return None
    answers = at_path(told, "reasonSubject")
    return Heard(
        remote_id=post[0],
        kind=kind,
        author=author,
        name=clean(name) if isinstance(name, str) else "",
        text=text[:LONGEST_TEXT],
        url=f"https://bsky.app/profile/{post[1]}/post/{post[2]}",
        at=moment(at_path(told, "indexedAt"), now=now),
        answers=answers if isinstance(answers, str) else "",
    )


def _link(record: object) -> object:
    """Return the address of a record's card."""
    return at_path(record, "embed", "external", "uri")


def _blob(value: object) -> dict[str, Any] | None:
    """Return a blob as a record names it, and nothing else a server may say of it; None when it is none."""
    if not isinstance(value, dict) or not isinstance(value.get("ref"), dict):
        return None
    link, kind, size = identifier(value["ref"].get("$link")), value.get("mimeType"), value.get("size")
    typed = isinstance(kind, str) and regex.fullmatch(r"[a-z]{1,20}/[a-z0-9.+*-]{1,60}", kind)
    if not link or not typed or not isinstance(size, int):
        return None
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": size}


def make_tid(moment: datetime, salt: int) -> str:
    """Return a TID for ``moment``; ``salt`` (30 bits used) tells apart what is minted in the same second."""
    microseconds = int(moment.timestamp()) * 1_000_000 + (salt >> 10) % 1_000_000
    number = microseconds << 10 | salt & 0x3FF
    return "".join(BASE32[number >> shift & 31] for shift in range(60, -1, -5))


def facets(text: str) -> list[dict[str, Any]]:
    """Return the links and tags of ``text`` by their UTF-8 bytes, in order."""

    def facet(start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
        index = {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())}
        return {"index": index, "features": [feature]}

    urls = find_urls(text)
    urls += [one for one in find_domains(text) if not any(one.start < url.end and url.start < one.end for url in urls)]
    found = [facet(span.start, span.end, {"$type": "app.bsky.richtext.facet#link", "uri": span.url}) for span in urls]
    for start, end, tag in find_tags(text):
        if not any(span.start <= start < span.end for span in urls):
            found.append(facet(start, end, {"$type": "app.bsky.richtext.facet#tag", "tag": tag}))
    return sorted(found, key=lambda one: int(one["index"]["byteStart"]))


def find_tags(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, tag without #) of each tag; positions count characters."""
    found = []
    for match in _TAG.finditer(text):
        tag = _ENDING.sub("", match[1])
        if _MEANS.search(tag) and len(regex.findall(r"\X", tag)) <= 64 and len(tag.encode()) <= 640:
            found.append((match.start(), match.start(1) + len(tag), tag))
    return found
