"""Follow feeds that have moved for good: the list of feeds first, what is known of them after it, as one step.

The list is the truth. When we are broken off between it and the database, the next reading brings
what is known of a feed to the address the list has for it. Knows no HTTP: what a feed said of where
it is, and for how long, is health's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.desk.db import transaction
from curate.errors import CurateError, UsageError
from curate.feeds import health
from curate.inbox.journal import Moved, note_move

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from curate.feeds.opml import Subscription


def settle(connection: sqlite3.Connection, subscriptions: Sequence[Subscription], *, now: datetime) -> None:
    """Bring feeds to the address that the list has for them, where the list alone was changed."""
    for each, why in health.strays(connection, subscriptions):
        with transaction(connection):
            if why == "back":
                health.move_back(connection, each.new, each.old)
                continue
            health.move(connection, each.old, each.new)
            if why == "moved":
                note_move(connection, _moved(each), now=now)


def follow(
    connection: sqlite3.Connection, subscriptions: Sequence[Subscription], feeds_file: Path, *, now: datetime
) -> tuple[list[Moved], list[tuple[Moved, str]]]:
    """Give the feeds that have moved for good their new address, in the list and here.

    Returns those that have it now, and those that have not, each with the reason as a sentence. What
    the list already has under the new address is left alone, and not spoken of again.
    """
    from curate.feeds.opml import edit_feed

    done: list[Moved] = []
    left: list[tuple[Moved, str]] = []
    for each in health.moves(connection, subscriptions):
        try:
            new = edit_feed(feeds_file, each.old, url=each.new).url
        except UsageError:
            health.stay(connection, each.old)
            left.append((_moved(each), "That address is in your list already: curate feed remove takes one off."))
            continue
        except CurateError as error:
            left.append((_moved(each), f"{error.message} The next fetch tries again."))
            continue
        moved = Moved(title=each.title, before=each.old, after=new)
        with transaction(connection):
            health.move(connection, each.old, new)
            note_move(connection, moved, now=now)
        done.append(moved)
    return done, left


def _moved(move: health.Move) -> Moved:
    return Moved(title=move.title, before=move.old, after=move.new)
