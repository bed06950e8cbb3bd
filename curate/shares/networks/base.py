"""What a network may answer, and what curate may ask of it.

A network never raises: each request ends in one of the closed set of outcomes below. Sending is one
irreversible request; everything else here only reads, and may be done any number of times.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from curate.shares.ledger import LONGEST
from curate.web.client import BadAnswer, NotSent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from curate.desk.settings import Account
    from curate.errors import NetworkTrouble
    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.tokens import Secret
    from curate.web.client import Client, Reply

SETTLED = timedelta(minutes=10)  # after that no server is still at work on a request
SHORTEST = timedelta(seconds=60)  # a pause a network asks for is clamped between this and the ledger's longest
PAUSE = timedelta(minutes=5)  # when it asks for one and does not say how long
ALIKE = "a post like it is there, but it cannot be told whether it is this one: look yourself"
# What says that a request was understood and not done: https://www.rfc-editor.org/rfc/rfc9110#section-15.5 and what
# is registered beside it. Other numbers are made up on the way, some of them when somebody hung up (460, 499).
SAYS_NO = frozenset(int(status) for status in HTTPStatus if 400 <= status < 500) - {408, 409}
WORDS = 300  # characters of a server's own words that are kept
READ = 4096  # characters of an answer that are looked at for them


@dataclass(frozen=True, kw_only=True)
class Office:
    """What one account's way out works with. ``language`` is that of the texts, as BCP 47."""

    name: str
    account: Account
    secret: Secret | None
    client: Client
    language: str


@dataclass(frozen=True)
class Frozen:
    """A request as it will be made, without secrets; it never changes once it is written down."""

    key: str
    payload: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image that goes with a share, whole, and what it shows in words."""

    data: bytes
    alt: str

    @property
    def kind(self) -> str:
        """Return its media type, by how it begins; '' for none a network takes."""
        if self.data[:3] == b"\xff\xd8\xff":
            return "image/jpeg"
        if self.data[:8] == b"\x89PNG\r\n\x1a\n":
            return "image/png"
        return "image/webp" if self.data[:4] == b"RIFF" and self.data[8:12] == b"WEBP" else ""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Signed in as ``handle``. ``characters`` is this server's own limit, 0 for the network's usual.

    ``at`` is what time it is for the server, ``expires_at`` when the sign-in ends, ``scopes`` what the
    token may do; each where the network tells.
    """

    handle: str
    characters: int = 0
    at: datetime | None = None
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    renewed: Secret | None = None  # to be kept in the old one's place before it is used


@dataclass(frozen=True, kw_only=True)
class Sent:
    """It is out, at ``url``."""

    remote_id: str
    url: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class AlreadySent:
    """It was out before this request, which changed nothing."""

    remote_id: str
    url: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """It is ready for the person to post by hand."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The network refused it for good; nothing is out."""

    reason: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class RetryAt:
    """Nothing is out, and the account waits until ``at``; None when nobody said how long.

    ``clock`` is what time it is for the server, when it is that we do not agree on.
    """

    reason: str
    evidence: str
    at: datetime | None = None
    clock: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NeedsLogin:
    """The token is missing, wrong, expired or may not do this; nothing is out."""

    reason: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """The request may have been acted upon; it must not be made again before it is looked for."""

    reason: str
    evidence: str


Outcome: TypeAlias = Sent | AlreadySent | HandedOver | Rejected | RetryAt | NeedsLogin | Unknown


@dataclass(frozen=True, kw_only=True)
class Found:
    """The share is there, once."""

    remote_id: str
    url: str


@dataclass(frozen=True)
class Absent:
    """Sending it (again) cannot make a second post: it is not there, or its key protects it."""

    evidence: str


@dataclass(frozen=True)
class CannotTell:
    """Nobody knows yet; ``reason`` says why."""

    reason: str


Confirmation: TypeAlias = Found | Absent | CannotTell


class Channel(Protocol):
    """One account's way out, for one pass. A session lives in memory and dies with it.

    ``key_life`` is how long a key keeps a second request from making a second post, ``paid`` what reading has cost
    so far, in thousandths of a US dollar.
    """

    key_life: timedelta
    paid: int

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return exactly what will be sent, under a key of its own. Pure: asks nobody."""
        ...

    async def ready(self, *, now: datetime) -> Ready | NeedsLogin | RetryAt:
        """Sign in and learn the server's limits. Reversible."""
        ...

    async def stage(
        self, frozen: Frozen, picture: Picture | None, *, now: datetime
    ) -> Frozen | Rejected | RetryAt | NeedsLogin:
        """Do what can be repeated and shows nowhere (upload ``picture``, say); return the request as it will be made.

        Only after ``ready``. What it made and was not used is forgotten by the network.
        """
        ...

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:
        """Make the one irreversible request, exactly as ``attempt`` has it; only after ``ready``."""
        ...

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Confirmation:
        """Look for what ``attempt`` may have posted. Only reads; only after ``ready``.

        ``known`` are the network's names of the account's other shares: none of those is this one. One without a key
        stands for tries that are not on record, made between its ``minted_at`` and its ``started_at``.
        """
        ...


def mint_key(share: Share, *, now: datetime) -> str:
    """Return a key for sending ``share`` as it reads now: another text or another time has another."""
    return "curate-" + sha256(f"{share.id} {share.public} {now.isoformat()}".encode()).hexdigest()[:40]


# Reading answers


def said(reply: Reply, *secrets: Secret | None) -> str:
    """Return the status and the server's own words: one line, safe to show, at most 300 characters, no secrets."""
    text = reply.text()
    answer = json_object(reply)
    parts = (answer.get(name) for name in ("error", "error_description", "message", "detail"))
    text = _hidden(": ".join(part for part in parts if isinstance(part, str) and part) or text, secrets)[:READ]
    return f"HTTP {reply.status}: {clean(re.sub(r'<[^<>]*>', ' ', text), *secrets)}".rstrip(": ")


def clean(text: str, *secrets: Secret | None) -> str:
    """Return foreign ``text`` as one short line without control characters and without ``secrets``."""
    text = _hidden(text, secrets)[:READ]
    text = " ".join(text.split())
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    text = _hidden(text, secrets)  # one that was taken apart by what fell away
    return text if len(text) <= WORDS else text[: WORDS - 1] + "…"


def _hidden(text: str, secrets: Iterable[Secret | None]) -> str:
    for secret in secrets:
        for word in secret.words() if secret is not None else ():
            text = text.replace(word, "***")
    return text


def identifier(value: object) -> str:
    """Return a server's name for a post or an account when it can be one, else ''."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9:._%-]{0,299}", value) else ""


def web_address(value: object) -> str:
    """Return a server's address of a post when it is one, else ''."""
    return value if isinstance(value, str) and re.fullmatch(r"https?://[!-~]{1,2000}", value) else ""


def wait_until(reply: Reply, *, now: datetime) -> datetime:
    """Return until when the server asks to be left alone: at least a minute, at most a day from ``now``.

    Reads Retry-After (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after) in seconds or as a
    date, then the reset headers of Mastodon (ISO 8601), Bluesky and X (seconds since 1970).
    """
    for name in ("Retry-After", "X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset"):
        text = reply.headers.get(name, "").strip()
        moment = _moment(text, now, counted=name == "Retry-After") if text else None
        if moment is not None:
            return now + min(max(moment - now, SHORTEST), LONGEST)
    return now + PAUSE


def _moment(text: str, now: datetime, *, counted: bool) -> datetime | None:
    """Read a moment in any of the forms servers use; None when it is none.

    A number is seconds from ``now``; unless it is ``counted`` so by definition, a large one is
    seconds since 1970.
    """
    try:
        if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]+)?", text):
            number = float(text)
            since_1970 = number > 10**8 and not counted
            if since_1970:
                return datetime.fromtimestamp(number, UTC)
            return now + min(timedelta(seconds=number), LONGEST)  # what is longer may be beyond all calendars
        moment = datetime.fromisoformat(text) if re.match(r"\d{4}-", text) else parsedate_to_datetime(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def refused(reply: Reply, server: str, *secrets: Secret | None, now: datetime) -> Outcome:
    """Return what an answer other than the network's success means for a request to post.

    Only a status that says the server understood and said no is a rejection: failures of the server,
    successes that do not look like one, redirects (after a form has been taken, say), a conflict
    (with the same request, still at work) and numbers nobody registered may hide a post.
    """
    evidence = said(reply, *secrets)
    if reply.status in (401, 403):
        return NeedsLogin(reason=f"it may not post ({evidence})", evidence=evidence)
    if reply.status == 429:
        return RetryAt(reason=f"{server} asks to wait", evidence=evidence, at=wait_until(reply, now=now))
    if reply.status not in SAYS_NO:
        reason = f"{server} answered {evidence}. It may be out, so it is not sent again before it is looked for."
        return Unknown(reason=reason, evidence=evidence)
    return Rejected(reason=f"{server} refused it ({evidence})", evidence=evidence)


def not_ready(reply: Reply, server: str, *secrets: Secret | None, now: datetime) -> NeedsLogin | RetryAt:
    """Return what an answer other than the network's success means for a request to sign in."""
    evidence = said(reply, *secrets)
    if reply.status in (400, 401, 403):
        return NeedsLogin(reason=f"{server} does not accept its token ({evidence})", evidence=evidence)
    if reply.status == 429:
        return RetryAt(reason=f"{server} asks to wait", evidence=evidence, at=wait_until(reply, now=now))
    return RetryAt(reason=f"{server} does not answer as it should ({evidence})", evidence=evidence)


def not_staged(reply: Reply, server: str, *secrets: Secret | None, now: datetime) -> Rejected | RetryAt | NeedsLogin:
    """Return what an answer other than success means for work that can be repeated, such as an upload."""
    evidence = said(reply, *secrets)
    if reply.status in (401, 403):
        return NeedsLogin(reason=f"it may not upload ({evidence})", evidence=evidence)
    if reply.status in SAYS_NO and reply.status != 429:
        return Rejected(reason=f"{server} does not take its image ({evidence})", evidence=evidence)
    at = wait_until(reply, now=now) if reply.status == 429 else None
    return RetryAt(reason=f"{server} could not prepare it ({evidence})", evidence=evidence, at=at)


def clock_of(reply: Reply) -> datetime | None:
    """Return what time it is for the server; None when it does not say, or names a year no sum can be made with."""
    try:
        moment = parsedate_to_datetime(reply.headers.get("Date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if 1900 < moment.year < 9000 else None


def json_object(reply: Reply) -> dict[str, Any]:
    """Return the JSON object an answer is; an empty one when it is something else."""
    try:
        answer = reply.json()
    except BadAnswer:
        return {}
    return answer if isinstance(answer, dict) else {}


def at_path(value: Any, *names: str) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what stands at ``names`` in nested JSON objects; None when it is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def reaches(entries: list[Any], moment: datetime) -> bool:
    """Say whether a list of posts, newest first and each with its ``created_at``, goes back to before ``moment``."""
    created = at_path(entries[-1], "created_at") if entries else None
    try:
        return isinstance(created, str) and datetime.fromisoformat(created) < moment
    except (ValueError, TypeError):
        return False


def unfinished(error: NetworkTrouble, *secrets: Secret | None) -> RetryAt | Unknown:
    """Return what a request without an answer means: never left, or nobody knows.

    What is told names an address, which may be one the server made up, of ``secrets`` even.
    """
    words = clean(error.message, *secrets).rstrip(".")
    if isinstance(error, NotSent):
        return RetryAt(reason=words, evidence=f"not sent: {words}")
    return Unknown(reason=f"{words}. It may be out, so it is not sent again before it is looked for.", evidence=words)


def unread(error: NetworkTrouble, *secrets: Secret | None) -> RetryAt:
    """Return what a reading request without an answer means: later."""
    words = clean(error.message, *secrets).rstrip(".")
    return RetryAt(reason=words, evidence=words)
