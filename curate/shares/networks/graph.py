"""Ask Meta's Graph API, which Facebook and Threads share: what its errors mean, how its lists are read.

Facts, and where they stand:

- An error is a JSON object “error” with message, code, error_subcode and is_transient, under HTTP 400,
  403 or 500: https://developers.facebook.com/docs/graph-api/guides/error-handling. There, too: 190 and
  102 ask for a new token, 10 and 200 to 299 for a permission, 1 and 2 are troubles of the server, 506 is
  a post with the words of the last one, 368 a block.
- Too much at once is 4, 17, 32, 613 and 80000 to 80014, with how long it lasts, in minutes, in the header
  X-Business-Use-Case-Usage: https://developers.facebook.com/docs/graph-api/overview/rate-limiting.
  “You are posting too fast” is the subcode 1390008, often below code 368; 9 and 341 are limits of other kinds.
- Lists come newest first with cursors: https://developers.facebook.com/docs/graph-api/results. The
  address of the next page that comes with them holds the token, so it is not used; the cursor is.
- A token may stand in the header Authorization instead of the address, as everywhere in OAuth:
  https://www.rfc-editor.org/rfc/rfc6750#section-2.1.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from curate.errors import NetworkTrouble
from curate.shares.ledger import LONGEST
from curate.shares.networks.base import (
    ALIKE,
    SAYS_NO,
    SHORTEST,
    Absent,
    CannotTell,
    Found,
    NeedsLogin,
    Rejected,
    RetryAt,
    Unknown,
    clean,
    clock_of,
    identifier,
    json_object,
    said,
    unread,
    wait_until,
    web_address,
)
from curate.shares.networks.readings import ask_each

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from curate.shares.attempts import Attempt
    from curate.shares.networks.base import Confirmation, Office
    from curate.shares.networks.readings import Figures, Refusal
    from curate.web.client import Reply

Kind: TypeAlias = Literal["wait", "login", "broken", "refused"]
Likeness: TypeAlias = Literal["same", "similar", "other"]

WAIT = frozenset({4, 9, 17, 32, 341, 613, 1390008, *range(80000, 80015)})
LOGIN = frozenset({10, 102, 190, *range(200, 300)})
BROKEN = frozenset({1, 2})
NOT_THERE = 100  # what is said of a post that is gone, or never was
PAGE, PAGES = 50, 5  # posts asked for at a time, lists that are read at most
SLACK = timedelta(minutes=10)  # what two clocks and a slow server may make between an attempt and its post


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the API says went wrong; ``code`` is 0 where it says nothing in its own form."""

    status: int
    code: int = 0
    subcode: int = 0
    transient: bool = False

    @property
    def kind(self) -> Kind:
        """Say what it asks of us: to wait, to sign in, to look whether it happened, or to give it up."""
        if self.status < 400:
            return "broken"
        if self.status == 429 or self.code in WAIT or self.subcode in WAIT:
            return "wait"
        if self.code in LOGIN or (self.status in (401, 403) and not self.code):
            return "login"
        if self.code in BROKEN or self.transient or self.status not in SAYS_NO:
            return "broken"
        return "refused"


class Graph:
    """One account's way to the API. ``name`` is the network's; ``server`` and ``version`` are its usual ones."""

    def __init__(self, office: Office, name: str, *, server: str, version: str) -> None:
        self.client = office.client
        self.secret = office.secret
        self.name = name
        self.server = (office.account.server or server).rstrip("/")
        self.root = f"{self.server}/{office.account.version or version}"
        self.skew = timedelta(0)  # the server's clock minus ours

    async def get(self, path: str) -> Reply:
        """Ask for ``path`` of this version. Raises NetworkTrouble."""
        return await self.client.get(f"{self.root}/{path}", headers=self.headers())

    async def post(self, request: dict[str, Any]) -> Reply:
        """Make ``request`` once. Raises NetworkTrouble."""
        return await self.client.send(request["method"], request["url"], headers=self.headers(), json=request["json"])

    def headers(self) -> dict[str, str]:
        """Return what says who asks."""
        return {"Authorization": f"Bearer {self.secret.part('token')}"} if self.secret else {}

    def note_clock(self, reply: Reply, *, now: datetime) -> datetime | None:
        """Return what time it is for the server, and remember how far ours is from it."""
        at = clock_of(reply)
        self.skew = at - now if at else timedelta(0)
        return at

    def age(self, attempt: Attempt, *, now: datetime) -> timedelta:
        """Return how long ago ``attempt`` began, by the server's clock; negative when no clock can be believed."""
        return now + self.skew - attempt.started_at

    def said(self, reply: Reply) -> str:
        """Return the status, the error's number and the server's own words, safe to show."""
        error = json_object(reply).get("error")
        if not isinstance(error, dict):
            return said(reply, self.secret)
        words = [error.get(name) for name in ("message", "error_user_msg")]
        text = " – ".join(dict.fromkeys(word for word in words if isinstance(word, str) and word))
        return f"HTTP {reply.status}, error {fault_of(reply).code}: {clean(text, self.secret)}".rstrip(": ")

    def refused(self, reply: Reply, *, now: datetime) -> Rejected | RetryAt | NeedsLogin | Unknown:
        """Return what an answer other than success means for a request to post."""
        evidence = self.said(reply)
        match fault_of(reply).kind:
            case "wait":
                return RetryAt(reason=f"{self.name} asks to wait", evidence=evidence, at=_until(reply, now=now))
            case "login":
                return NeedsLogin(reason=f"it may not post ({evidence})", evidence=evidence)
            case "broken":
                looked = "It may be out, so it is not sent again before it is looked for."
                return Unknown(reason=f"{self.name} answered {evidence}. {looked}", evidence=evidence)
        return Rejected(reason=f"{self.name} refused it ({evidence})", evidence=evidence)

    def not_ready(self, reply: Reply, *, now: datetime) -> NeedsLogin | RetryAt:
        """Return what an answer other than success means for a request to sign in."""
        evidence = self.said(reply)
        match fault_of(reply).kind:
            case "wait":
                return RetryAt(reason=f"{self.name} asks to wait", evidence=evidence, at=_until(reply, now=now))
            case "broken":
                return RetryAt(reason=f"{self.name} does not answer as it should ({evidence})", evidence=evidence)
        return NeedsLogin(reason=f"{self.name} does not accept its token ({evidence})", evidence=evidence)

    def not_staged(self, reply: Reply, *, now: datetime) -> Rejected | RetryAt | NeedsLogin:
        """Return what an answer other than success means for work that can be repeated."""
        outcome = self.refused(reply, now=now)
        if isinstance(outcome, Unknown):
            return RetryAt(reason=f"{self.name} could not prepare it ({outcome.evidence})", evidence=outcome.evidence)
        return outcome

    async def figures(
        self, remote_ids: Sequence[str], query: str, read: Callable[[dict[str, Any]], Figures], *, now: datetime
    ) -> dict[str, Figures] | Refusal:
        """Ask for each post with ``query`` behind its name, and ``read`` the answer."""

        async def ask(remote_id: str) -> Figures | Refusal | None:
            reply = await self.get(f"{remote_id}{query}")
            if reply.status == 200:
                return read(json_object(reply))
            gone = reply.status == 404 or fault_of(reply).code == NOT_THERE
            return None if gone else self.not_ready(reply, now=now)

        return await ask_each(remote_ids, ask, self.secret)

    async def find(  # noqa: PLR0913 - where to look, for what, and how it is written there
        self,
        edge: str,
        attempt: Attempt,
        *,
        time: str,
        address: str,
        look: Callable[[dict[str, Any]], Likeness],
        known: Collection[str],
    ) -> Confirmation:
        """Go through the posts of ``edge``, newest first, until before ``attempt``, for one ``look`` calls the same.

        ``time`` and ``address`` name what a post has them under. A post older than the attempt is another one,
        unless an earlier try of the same words may have made it.
        """
        oldest = attempt.minted_at - SLACK
        doubt = CannotTell(ALIKE)
        doubted = False
        after = ""
        for _ in range(PAGES):
            try:
                reply = await self.get(f"{edge}&limit={PAGE}{after}")
            except NetworkTrouble as error:
                return CannotTell(unread(error, self.secret).reason)
            entries = json_object(reply).get("data")
            if reply.status != 200 or not isinstance(entries, list):
                return CannotTell(f"the account's posts could not be read ({self.said(reply)})")
            reached = False
            for entry in [entry for entry in entries if isinstance(entry, dict)]:
                moment, remote_id = moment_of(entry.get(time)), identifier(entry.get("id"))
                reached = moment is not None and moment < oldest
                if remote_id in known or (reached and not attempt.again):
                    continue
                likeness = look(entry)
                if likeness == "same" and remote_id:
                    return Found(remote_id=remote_id, url=web_address(entry.get(address)))
                doubted = doubted or likeness != "other"
            cursor = _next(reply)
            if reached or cursor == "":
                return doubt if doubted else Absent("not among the account's posts")
            if cursor is None:
                return doubt if doubted else CannotTell("where the list of the posts goes on could not be read")
            after = f"&after={cursor}"
        return doubt if doubted else CannotTell("the latest posts that could be read do not reach back to it")


def fault_of(reply: Reply) -> Fault:
    """Return what went wrong, as far as ``reply`` says."""
    error = json_object(reply).get("error")
    if not isinstance(error, dict):
        return Fault(status=reply.status)
    code, subcode = (error.get(name) for name in ("code", "error_subcode"))
    return Fault(
        status=reply.status,
        code=code if isinstance(code, int) else 0,
        subcode=subcode if isinstance(subcode, int) else 0,
        transient=error.get("is_transient") is True,
    )


def moment_of(value: object) -> datetime | None:
    """Read a moment as the API writes it, 2026-11-23T08:00:00+0000; None when it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _next(reply: Reply) -> str | None:
    """Return where the list goes on, as a part of a query; '' at its end, None when it goes on nobody knows where."""
    paging = json_object(reply).get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    cursor = cursors.get("after") if isinstance(cursors, dict) else None
    if not isinstance(cursor, str) or not cursor.isascii() or not 0 < len(cursor) <= 1000:
        return None
    return quote(cursor, safe="")


def _until(reply: Reply, *, now: datetime) -> datetime:
    """Return until when the server asks to be left alone, between a minute and a day from ``now``."""
    minutes = [0.0]
    try:
        usage = json.loads(reply.headers.get("X-Business-Use-Case-Usage", "{}"))
    except (ValueError, RecursionError):
        usage = {}
    for uses in usage.values() if isinstance(usage, dict) else ():
        for use in uses if isinstance(uses, list) else ():
            wait = use.get("estimated_time_to_regain_access") if isinstance(use, dict) else None
            minutes.append(float(wait) if isinstance(wait, int | float) and 0 < wait < 10**6 else 0.0)
    longest = timedelta(minutes=max(minutes))
    return now + min(max(longest, SHORTEST), LONGEST) if longest else wait_until(reply, now=now)
