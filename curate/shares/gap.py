"""Know the time of which a desk knows nothing, because it was put back from a backup.

What was sent then is on no record here. A stand-in for the lost try says what it sent and when it was, so that a
network can be searched for it; its key is lost, and with it whatever the key protects. Asks no network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember
from curate.shares import ledger
from curate.shares.attempts import Attempt, open_attempt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from curate.shares.ledger import Share
    from curate.shares.networks.base import Frozen

NAME = "gap"  # under which the desk remembers it
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gap:
    """From the oldest backup that still matters until the desk was put back."""

    since: datetime
    until: datetime

    def stand_in(self, share: Share, frozen: Frozen, *, via: str, known: Attempt | None) -> Attempt:
        """Return the try of ``share`` that is not on record, as it would be made now; ``known`` is the last that is."""
        payload = json.dumps(frozen.payload, ensure_ascii=False)
        return Attempt(
            number=0,
            via=via,
            key="",
            minted_at=min(self.since, share.due_at, *([known.minted_at] if known else [])),
            seal=share.seal,
            payload=payload,
            hash=sha256(payload.encode()).hexdigest(),
            started_at=self.until,
            ended_at=None,
            outcome="unknown",
            evidence="",
        )


def note_gap(connection: sqlite3.Connection, since: datetime, until: datetime) -> None:
    """Remember a gap; call it before shares are put in doubt. One that others are still in doubt of is part of it.

    When ``since`` is dated ahead, the clock was wrong, and nobody knows when the gap began.
    """
    since = since if since <= until else LONG_AGO
    before = _gap(connection) if ledger.list_shares(connection, states=("unknown",)) else None
    since = min(since, before.since) if before else since
    remember(connection, NAME, f"{since.isoformat()} {until.isoformat()}")


def try_of(
    connection: sqlite3.Connection, share: Share, *, via: str, freeze: Callable[[Share], Frozen]
) -> Attempt | None:
    """Return the newest try of an unknown share that may have been acted upon, or a stand-in for one on no record."""
    known = open_attempt(connection, share)
    gap = _gap(connection)
    if gap is None or (known is not None and (known.started_at > gap.until or known.via != via)):
        return known
    return gap.stand_in(share, freeze(share), via=via, known=known)


def _gap(connection: sqlite3.Connection) -> Gap | None:
    said = recall(connection, NAME)
    return Gap(*map(datetime.fromisoformat, said.split())) if said else None
