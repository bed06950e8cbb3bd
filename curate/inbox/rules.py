"""Keep rules, and take back what they did.

Owns the tables ``rules`` and ``effects``. Must not know how a query is read or matched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3


def rows(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return every rule as it is stored, by id: what the journal keeps of a rule."""
    return {row["id"]: dict(row) for row in connection.execute("SELECT * FROM rules ORDER BY number")}


def restore_rule(connection: sqlite3.Connection, current: dict[str, Any] | None, wanted: dict[str, Any] | None) -> None:
    """Put the stored rule ``wanted`` in the place of ``current``; None is a rule that is not there."""
    for rule in (current, wanted):
        if rule is not None:
            connection.execute("DELETE FROM rules WHERE id = ?", (rule["id"],))
    if wanted is not None:
        connection.execute(
            "INSERT INTO rules (number, id, name, query, action, value, created_at)"
            " VALUES (:number, :id, :name, :query, :action, :value, :created_at)",
            wanted,
        )
