"""Find a share its place among the others of its account, and keep it there when a zone's clocks change.

Brings the ledger and the settings to the limits; what they mean is in limits and slots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.desk.db import transaction
from curate.errors import Unknown, UsageError
from curate.shares import ledger
from curate.shares.limits import Diary, Entry, Matter, crowding, moment
from curate.shares.slots import When, next_slot, read_time, read_zone, resolve_again

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from curate.desk.settings import Settings


def open_diary(connection: sqlite3.Connection, settings: Settings, account: str, *, without: str = "") -> Diary:
    """Return what the place of a share on ``account`` depends on, its share ``without`` aside. Raises Unknown."""
    limits = settings.accounts.get(account)
    if limits is None:
        raise Unknown("account", account, "curate account list shows them.")
    entries = tuple(
        Entry(at=moment(share), source=share.source, topic=share.topic)
        for share in ledger.list_shares(connection, account=account)
        if share.state not in ledger.GONE and share.id != without
    )
    zone = read_zone(limits.timezone or settings.site.timezone)
    return Diary(account=limits, shares=settings.shares, zone=zone, entries=entries)


def find_place(  # noqa: PLR0913 - what a place in the week depends on
    connection: sqlite3.Connection,
    settings: Settings,
    account: str,
    matter: Matter,
    *,
    at: str,
    zone: str,
    now: datetime,
    without: str = "",
) -> tuple[When, list[str]]:
    """Find the time a share of ``account`` goes out, and say in sentences which limits a chosen time breaks.

    ``at`` is ISO 8601, without an offset in ``zone`` ('' for the account's), or ``next``. The share
    ``without`` does not stand in its own way. Raises Unknown, Refused, UsageError.
    """
    diary = open_diary(connection, settings, account, without=without)
    if at == "next":
        return next_slot(account, diary, matter, now=now), []
    when = read_time(at, read_zone(zone) if zone else diary.zone, now=now)
    return when, [f"{account} at {when.wall}: {problem}." for problem in crowding(when.at, matter, diary)]


def resolve_times(connection: sqlite3.Connection) -> list[str]:
    """Move what waits to where its wall time is by the time zones' rules of today; say in sentences what moved.

    Rules change with laws, and a plan means what the clock on the wall shows.
    """
    said = []
    with transaction(connection):
        for share in ledger.list_shares(connection, states=(*ledger.UNSENT, "draft")):
            try:
                when = resolve_again(share.wall, read_zone(share.zone), share.due_at)
            except (UsageError, ValueError):
                said.append(f"{share.id}: {share.wall} in {share.zone} is no time that is known here; it stays as is.")
                continue
            if when is not None:
                ledger.set_time(connection, share, due_at=when.at, wall=when.wall, zone=when.zone)
                said.append(
                    f"{share.id} on {share.account} moved from {share.due_at:%d %b %Y %H:%M} to "
                    f"{when.at:%d %b %Y %H:%M} (UTC): it is meant for {share.wall}, and {share.zone} has new rules."
                )
    return said
