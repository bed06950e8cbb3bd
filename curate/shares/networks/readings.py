"""What a network says of shares that are out, and what others say to their account. Only reads.

A channel that can be asked has ``figures``, and some have ``heard``, beside its way out. Like sending, neither
raises: what cannot be had is one of the outcomes of ``base``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from curate.errors import NetworkTrouble
from curate.shares.networks.base import NeedsLogin, RetryAt, identifier, unread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from curate.shares.tokens import Secret

MOST = 10**12  # of anything that is counted; what is more is no count
IN_VAIN = 3  # questions in a row without an answer, or a leave to ask, after which no more are asked
LONGEST_TEXT = 5000  # characters of what somebody said that are kept
Refusal: TypeAlias = NeedsLogin | RetryAt


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one share has come to. None: the network does not say."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    views: int | None = None


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What somebody said to the account: an answer to ``answers`` (the network's name of a post), or a mention.

    ``text`` is plain, and foreign like ``author`` and ``name``; ``private``: not everybody can read it. ``page`` is
    the page of ours that a webmention is about.
    """

    remote_id: str
    kind: Literal["reply", "mention", "quote"]
    author: str
    name: str
    text: str
    url: str
    at: datetime
    answers: str = ""
    private: bool = False
    page: str = ""


@runtime_checkable
class Readable(Protocol):
    """A channel that can also be asked how shares do; only after its ``ready``.

    ``paid`` is what asking has cost so far, in thousandths of a US dollar.
    """

    paid: int

    async def figures(self, remote_ids: Sequence[str], *, now: datetime) -> dict[str, Figures] | Refusal:
        """Return what each of ``remote_ids`` has come to: nothing, for one the network does not know.

        One that there was no asking for, because the network wants to be left alone, has no entry.
        """
        ...


@runtime_checkable
class Hearing(Protocol):
    """A channel that can be asked what was said to the account; only after its ``ready``."""

    async def heard(self, *, since: datetime, now: datetime) -> list[Heard] | Refusal:
        """Return what was said to the account from ``since`` on, newest first, as far back as the network lists."""
        ...


async def ask_each(
    remote_ids: Sequence[str], ask: Callable[[str], Awaitable[Figures | Refusal | None]], secret: Secret | None
) -> dict[str, Figures] | Refusal:
    """Ask for one share after the other; one that the network stumbles over hides no other.

    ``ask`` answers None for one that is not there, and may raise NetworkTrouble.
    """
    told: dict[str, Figures] = {}
    refusal: Refusal | None = None
    answered, in_vain = False, 0
    for remote_id in remote_ids:
        try:
            said = await ask(remote_id) if identifier(remote_id) else None
        except NetworkTrouble as error:
            said, in_vain = unread(error, secret), in_vain + 1
        if isinstance(said, (NeedsLogin, RetryAt)):
            refusal = said
            in_vain += isinstance(said, NeedsLogin)
            if in_vain == IN_VAIN or (isinstance(said, RetryAt) and said.at is not None):
                break
        else:
            answered, in_vain = True, 0
        told[remote_id] = said if isinstance(said, Figures) else Figures()
    return told if answered or refusal is None else refusal


def counted(value: object) -> int | None:
    """Return a server's count when it can be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else None


def moment(value: object, *, now: datetime) -> datetime:
    """Return when something was said, at the latest ``now``; ``now`` when the server does not say or makes it up."""
    try:
        said = datetime.fromisoformat(value) if isinstance(value, str) else now
        said = said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return min(said, now) if said.year > 2000 else now
