"""A rehearsal: what would go to a network is written into the desk's outbox, request by request.

The files are for the person, so curate never deletes or replaces one. A share that was rehearsed counts
as sent and says that it was a rehearsal.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from curate.desk.folder import write_new
from curate.errors import Conflict, CurateError
from curate.shares.networks.base import (
    Absent,
    AlreadySent,
    CannotTell,
    Channel,
    Found,
    Frozen,
    Ready,
    Rejected,
    RetryAt,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from curate.desk.folder import Desk
    from curate.shares.attempts import Attempt
    from curate.shares.ledger import Share
    from curate.shares.networks.base import Office, Outcome, Picture


class Outbox:
    """An account that rehearses: ``channel`` says what would be sent, a file receives it."""

    key_life = timedelta.max  # a file's name is taken for good
    paid = 0

    def __init__(self, office: Office, desk: Desk, channel: Channel) -> None:
        self.office = office
        self.desk = desk
        self.channel = channel

    def freeze(self, share: Share, *, now: datetime) -> Frozen:
        """Return what would be sent; the key is the file's name."""
        frozen = self.channel.freeze(share, now=now)
        name = f"{share.number:03}-{share.id}-{frozen.key[-8:]}.json"
        return Frozen(
            name,
            {
                "rehearsal": True,
                "account": self.office.name,
                "network": share.network,
                "due": share.due_at.isoformat(),
                "text": share.text,
                "request": frozen.payload,
            },
        )

    async def ready(self, *, now: datetime) -> Ready:  # noqa: ARG002 - as for every network
        """Say yes: a rehearsal needs no token."""
        return Ready(handle=self.office.account.handle)

    async def stage(self, frozen: Frozen, picture: Picture | None, *, now: datetime) -> Frozen:  # noqa: ARG002 - as for every network
        """Leave it as it is: nothing is uploaded."""
        return frozen

    async def send(self, attempt: Attempt, *, now: datetime) -> Outcome:  # noqa: ARG002 - as for every network
        """Write the file."""
        path = self._path(attempt)
        try:
            write_new(path, self._text(attempt))
        except Conflict:
            if self._there(attempt):
                return AlreadySent(remote_id=attempt.key, url=path.as_uri(), evidence="the file was there")
            return Rejected(reason=f"{path} is there already and says something else", evidence="")
        except CurateError as error:
            return RetryAt(reason=error.message, evidence=error.message)
        return Sent(remote_id=attempt.key, url=path.as_uri(), evidence=f"rehearsal: written to {path}")

    async def confirm(self, attempt: Attempt, *, known: Collection[str], now: datetime) -> Found | Absent | CannotTell:  # noqa: ARG002 - the same
        """Look for the file."""
        if not attempt.key:
            return CannotTell(f"look into {self.desk.outbox}")
        path = self._path(attempt)
        if not path.exists():
            return Absent("no such file")
        if not self._there(attempt):
            return CannotTell(f"{path} says something else")
        return Found(remote_id=attempt.key, url=path.as_uri())

    def _there(self, attempt: Attempt) -> bool:
        """Say whether the file holds the attempt; what is no file, or cannot be read, does not."""
        path = self._path(attempt)
        try:
            return path.is_file() and path.read_bytes() == self._text(attempt).encode()
        except OSError:
            return False

    def _path(self, attempt: Attempt) -> Path:
        return self.desk.outbox / attempt.key

    def _text(self, attempt: Attempt) -> str:
        return json.dumps(json.loads(attempt.payload), ensure_ascii=False, indent=2) + "\n"
