"""Ask where the site's webmentions are collected for what is new there: https://www.w3.org/TR/webmention/.

A static site cannot take webmentions itself; a service does, and lists them as JF2 (https://jf2.spec.indieweb.org/),
as webmention.io does: https://github.com/aaronpk/webmention.io#api. What people said waits for an answer like all
that is said; likes, reposts and attendance say nothing. Texts are foreign. Must not answer anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from curate.desk.db import recall, remember, to_moment, to_seconds
from curate.desk.settings import Site, set_setting
from curate.errors import NetworkTrouble, SignInNeeded, UsageError
from curate.feeds.characters import tidy
from curate.feeds.clean import plain_text
from curate.presence import replies
from curate.shares.networks.base import NeedsLogin, at_path, clean, json_object, not_ready, said, unread, web_address
from curate.shares.networks.readings import LONGEST_TEXT, Heard, moment
from curate.shares.tokens import store_token
from curate.web.guard import Forbidden, check_url

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.shares.networks.readings import Refusal
    from curate.shares.tokens import Secret
    from curate.web.client import Client

NAME = "webmention"  # what they are kept under, where others have the name of an account
PAGE, PAGES = 100, 10  # mentions asked for at a time, lists read in one pass
BEFORE = timedelta(days=30)  # older ones were there before anybody asked, and are no news
LARGEST = 10**15  # of a service's numbers
KINDS: dict[str, Literal["reply", "mention"] | None] = {  # in the order in which one page is looked through for them
    "in-reply-to": "reply",
    "like-of": None,
    "repost-of": None,
    "rsvp": None,
    "bookmark-of": "mention",
    "mention-of": "mention",
}


@dataclass(frozen=True)
class Source:
    """Where mentions are asked for, as tokens know it."""

    server: str
    network: str = NAME
    handle: str = ""


@dataclass(frozen=True)
class Connected:
    """How many mentions were new when it was asked first, and where its token is, in words."""

    new: int
    stored: str


def checked_source(address: str) -> Source:
    """Return ``address`` as a source of mentions. Raises UsageError when it can be none."""
    try:
        Site(webmention_feed=address)
    except ValueError as error:
        raise UsageError(f"{error}.", "curate replies receive URL --token-file FILE") from error
    return Source(address)


async def connect(  # noqa: PLR0913 - what asking and remembering need
    desk: Desk,
    settings: Settings,
    connection: sqlite3.Connection,
    client: Client,
    source: Source,
    *,
    secret: Secret | None,
    now: datetime,
    config: Path,
) -> Connected:
    """Ask ``source`` once; when it answers as it should, keep its token, and its address in curate.toml.

    Raises SignInNeeded and NetworkTrouble; nothing is kept then.
    """
    answer = await receive(connection, client, source.server, secret, home=settings.site.url, now=now)
    if isinstance(answer, NeedsLogin):
        raise SignInNeeded(source.server, f"{source.server}: {answer.reason}.", "--token-file FILE, or - for stdin")
    if not isinstance(answer, int):
        raise NetworkTrouble(source.server, f"{answer.reason}. Nothing was changed.", "Try it again later.")
    stored = store_token(config, source, secret) if secret else ""
    set_setting(desk.settings, "site.webmention_feed", source.server)
    return Connected(new=answer, stored=stored)


async def receive(  # noqa: PLR0913 - what asking needs
    connection: sqlite3.Connection, client: Client, feed: str, secret: Secret | None, *, home: str, now: datetime
) -> int | Refusal:
    """Keep the mentions of ``home``, the site's address, that ``feed`` lists and that are new; return how many.

    The first time, those of the last 30 days. What came before it failed is kept.
    """
    begin = recall(connection, "webmentions since")
    if not begin or int(begin) > to_seconds(now):  # one that is dated ahead was written while the clock was wrong
        begin = str(to_seconds(now - BEFORE))
        remember(connection, "webmentions since", begin)
    kept = recall(connection, f"webmentions last {feed}")
    last, new = int(kept) if kept.isdecimal() else 0, 0
    for _ in range(PAGES):
        after = f"since_id={last}" if last else f"since={quote(to_moment(int(begin)).isoformat())}"
        try:
            reply = await client.get(_address(feed, f"per-page={PAGE}&sort-dir=up&{after}", secret))
        except NetworkTrouble as error:
            return unread(error, secret)
        listed = json_object(reply).get("children")
        if reply.status != 200 or not isinstance(listed, list):
            if secret is None and reply.status in (400, 401, 403):
                told = said(reply)
                return NeedsLogin(reason=f"it wants a token ({told})", evidence=told)
            return not_ready(reply, urlsplit(feed).netloc, secret, now=now)
        elsewhere = replies.known_addresses(connection, NAME)
        found = [_mention(one, home, to_moment(int(begin)), now) for one in listed]
        heard = [one for one in found if one is not None and one.url not in elsewhere]
        new += replies.add_replies(connection, NAME, NAME, heard, now=now)
        newest = max((_number(one) for one in listed), default=0)
        if newest <= last:
            break
        last = newest
        remember(connection, f"webmentions last {feed}", str(last))
        if len(listed) < PAGE:
            break
    return new


def _address(feed: str, query: str, secret: Secret | None) -> str:
    """Return the address of a page of ``feed``; a token is a part of it, as these services want."""
    token = f"&token={quote(secret.part('token'), safe='')}" if secret else ""
    return f"{feed}{'&' if '?' in feed else '?'}{query}{token}"


def _number(told: Any) -> int:  # noqa: ANN401 - JSON of any shape
    """Return the service's number of a mention, by which the next ones are asked for; 0 when there is none."""
    number = at_path(told, "wm-id")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < LARGEST else 0


def _mention(told: Any, home: str, begin: datetime, now: datetime) -> Heard | None:  # noqa: ANN401 - JSON of any shape
    """Read one mention; None when nobody said anything in it, to another site, or before ``begin``."""
    url = web_address(at_path(told, "url"))
    source = web_address(at_path(told, "wm-source")) or url
    target = web_address(at_path(told, "wm-target"))
    named = at_path(told, "wm-property")
    named = named if isinstance(named, str) else next((key for key in KINDS if at_path(told, key)), "mention-of")
    kind = KINDS.get(named)
    at = moment(at_path(told, "published") or at_path(told, "wm-received"), now=now)
    came = moment(at_path(told, "wm-received"), now=now)
    if kind is None or not source or came < begin or (home and target and _host(target) != _host(home)):
        return None
    name = at_path(told, "author", "name")
    return Heard(
        remote_id=f"{source} {target}",
        kind=kind,
        author=clean(_host(source)),
        name=clean(name) if isinstance(name, str) else "",
        text=_text(told),
        url=url or source,
        at=min(at, came),
        private=at_path(told, "wm-private") is True,
        page=target,
    )


def _text(told: Any) -> str:  # noqa: ANN401 - JSON of any shape
    """Return what was said, as plain text: the words, else those of the markup, else the page's title."""
    content = at_path(told, "content")
    words = content if isinstance(content, str) else at_path(content, "text")
    if isinstance(words, str) and words.strip():
        return tidy(words[:LONGEST_TEXT]).strip()
    for other in (at_path(content, "html"), at_path(told, "summary"), at_path(told, "name")):
        words = plain_text(other[: 20 * LONGEST_TEXT])[:LONGEST_TEXT] if isinstance(other, str) else ""
        if words:
            return words
    return ""


def _host(url: str) -> str:
    """Return the host of an address as it is written on the way, in ASCII; '' for none."""
    try:
        return (check_url(url).raw_host or "").removeprefix("www.")
    except Forbidden:
        return ""
