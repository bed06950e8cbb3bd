"""Send to a Facebook Page; find a post there again.

Facts, and where they stand:

- A post is one POST to /{page}/feed with a Page's token (permissions pages_manage_posts and
  pages_read_engagement) and answers with an id of the form page_post. Its link is a field of its own, and
  Facebook makes the card from what the page behind it says:
  https://developers.facebook.com/docs/pages-api/posts. A person's own profile cannot be posted to.
- There is no key that keeps a second request from making a second post. The Page's own posts, newest
  first, are read at /{page}/published_posts:
  https://developers.facebook.com/docs/graph-api/reference/page/published_posts/. A post with exactly the
  words of the last one is error 506, which says neither whether that one is this one nor what it is called:
  https://developers.facebook.com/docs/graph-api/guides/error-handling.
- With a Page's token, “me” is the Page; the token has no fixed end:
  https://developers.facebook.com/docs/pages/access-tokens.
- What a post has come to: its reactions and comments with their summary, and its shares, which it does not have
  when there are none: https://developers.facebook.com/docs/graph-api/reference/page-post/. How often it was seen
  needs another permission, and is not asked for.
- Facebook's own scheduling is never used: curate could not tell whether it happened.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curate.errors import NetworkTrouble
from curate.shares.compose import apart, find_urls, same_words
from curate.shares.networks.base import (
    SETTLED,
    CannotTell,
    Found,
    Frozen,
    NeedsLogin,
    Ready,
    Rejected,
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
from curate.shares.networks.graph import Graph, fault_of
from curate.shares.networks.readings import Figures, counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Confirmation, Office, Outcome, Picture, RetryAt
    from curate.shares.networks.graph import Likeness
    from curate.shares.networks.readings import Refusal

SERVER, VERSION = "https://graph.facebook.com", "v25.0"
SAME_WORDS = 506  # the error of a post that reads like the last one
FIGURES = "?fields=reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count),shares"
FIELDS = "id,message,created_time,permalink_url,attachments%7Burl,unshimmed_url%7D"


class Facebook:
    """One Facebook Page. Its handle is the Page's number or its name."""

    key_life = timedelta(0)  # nothing protects: a post is looked for, and made again only when it is not there
    paid = 0

    def __init__(self, office: Office) -> None:
        self.handle = office.account.handle
        self.graph = Graph(office, "Facebook", server=SERVER, version=VERSION)
        self.page = self.handle if self.handle.isdecimal() else "me"

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return the post: the link in its own field, the words without it where it only stands at their end."""
        words, source = apart(share.text, share.link)
        return Frozen(
            mint_key(share, now=now),
            {
                "method": "POST",
                "url": f"{self.graph.root}/{self.page}/feed",
                "text": share.text,
                "json": {"message": words, "link": source},
            },
        )

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Ask which Page this token is; one of another Page than the account's number is not used."""
        try:
            reply = await self.graph.get("me?fields=id,name")
        except NetworkTrouble as error:
            return unread(error, self.graph.secret)
        answer = json_object(reply)
        page, name = identifier(answer.get("id")), answer.get("name")
        if reply.status != 200 or not page:
            return self.graph.not_ready(reply, now=now)
        name = clean(name) if isinstance(name, str) else ""
        if self.handle.isdecimal() and self.handle != page:
            reason = f"the token is for {name or 'another Page'} ({page}), not for the Page {self.handle}"
            return NeedsLogin(reason=reason, evidence=f"me is {page}")
        mine = self.handle in (page, name)
        at = self.graph.note_clock(reply, now=now)
        ends = self.graph.secret.expires_at() if self.graph.secret else None
        return Ready(handle=self.handle if mine else page, at=at, expires_at=ends)

    async def stage(
        self,
        frozen: Frozen,
        picture: Picture | None,  # noqa: ARG002 - the card's image is that of the page behind the link
        *,
        now: datetime,  # noqa: ARG002 - as for every network
    ) -> Frozen:
        """Leave it as it is: a post with a link has its card, and no image beside it."""
        return frozen

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Make the post."""
        try:
            reply = await self.graph.post(json.loads(attempt.payload))
        except NetworkTrouble as error:
            return unfinished(error, self.graph.secret)
        remote_id = identifier(json_object(reply).get("id"))
        if reply.status == 200 and remote_id:
            url = await self._address(remote_id)
            return Sent(remote_id=remote_id, url=url, evidence=f"HTTP 200, post {remote_id}")
        outcome = self.graph.refused(reply, now=now)
        if isinstance(outcome, Rejected) and fault_of(reply).code == SAME_WORDS:
            if attempt.again:
                reason = "the Page's last post reads the same: it may be what an earlier try sent, and is looked for"
                return Unknown(reason=reason, evidence=outcome.evidence)
            return replace(outcome, reason="the Page's last post reads the same, and Facebook takes no second one")
        return outcome

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Read the Page's latest posts and look for this one.

        Absent is said only when the list reaches back to before the attempt and enough time has passed that
        no server is still at work on it.
        """
        wanted = json.loads(attempt.payload)["json"]
        found = await self.graph.find(
            f"{self.page}/published_posts?fields={FIELDS}",
            attempt,
            time="created_time",
            address="permalink_url",
            look=lambda post: _likeness(post, wanted["message"], wanted["link"]),
            known=known,
        )
        if isinstance(found, Found):
            return replace(found, url=found.url or _usual_address(found.remote_id))
        if isinstance(found, CannotTell):
            return found
        if f"error {SAME_WORDS}" in attempt.evidence:
            return CannotTell("Facebook says that the Page's last post reads the same, but does not list it")
        if self.graph.age(attempt, now=now) >= SETTLED:
            return found
        return CannotTell("it is not there yet; Facebook keeps no keys, so that needs ten minutes to be sure")

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Ask for each post."""
        return await self.graph.figures(remote_ids, FIGURES, _figures, now=now)

    async def _address(self, remote_id: str) -> str:
        """Return the address of a post that is out; whatever happens here changes nothing about that."""
        try:
            reply = await self.graph.get(f"{remote_id}?fields=permalink_url")
        except NetworkTrouble:
            return _usual_address(remote_id)
        return web_address(json_object(reply).get("permalink_url")) or _usual_address(remote_id)


def _figures(post: dict[str, Any]) -> Figures:
    """Return what a post says it has come to."""
    reactions = counted(at_path(post, "reactions", "summary", "total_count"))
    shares = post.get("shares")
    return Figures(
        likes=reactions,
        reposts=counted(at_path(shares, "count")) if shares else 0 if reactions is not None else None,
        replies=counted(at_path(post, "comments", "summary", "total_count")),
    )


def _usual_address(remote_id: str) -> str:
    return f"https://www.facebook.com/{remote_id}"


def _likeness(post: dict[str, Any], message: str, link: str) -> Likeness:
    """Say whether a post of the Page is the one with ``message`` and ``link``."""
    words = post.get("message")
    words = words if isinstance(words, str) else ""
    attached = {_place(url) for url in _attached(post)}
    if same_words(words) == same_words(message):
        return "same" if not attached or _place(link) in attached else "similar"
    return "similar" if _place(link) in attached | {_place(span.url) for span in find_urls(words)} else "other"


def _attached(post: dict[str, Any]) -> list[str]:
    """Return the links of a post's card, as they were before Facebook wrapped them."""
    attachments = post.get("attachments")
    cards = attachments.get("data") if isinstance(attachments, dict) else None
    found = []
    for card in cards if isinstance(cards, list) else []:
        urls = [card.get(name) for name in ("unshimmed_url", "url")] if isinstance(card, dict) else []
        found += [url for url in urls if isinstance(url, str) and not url.startswith("https://l.facebook.com/")][:1]
    return found


def _place(url: str) -> tuple[str, str]:
    """Return what stays the same of an address that Facebook tidied: no query, no www, no slash at its end."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    except ValueError:
        return "", url
