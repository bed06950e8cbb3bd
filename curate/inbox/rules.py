"""Keep rules, apply them to what is new, and take back what they did.

Owns the tables ``rules`` and ``effects``. A rule touches only items that are new and that nobody wrote on; it never
deletes. What it did stands on the item, in ``effects``. Changing rules is a step of the journal; what rules do to
arrivals is none, for nobody did it. Must not know what a query's terms are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from curate.desk.db import new_ids, recall, remember, to_moment, to_seconds, transaction
from curate.errors import Unknown, UsageError
from curate.inbox.items import Condition, Item, list_items
from curate.inbox.journal import recorded_all
from curate.inbox.notes import tag_names
from curate.inbox.query import parse
from curate.inbox.search import condition, index

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

Act = Literal["skip", "boost", "tag", "later"]
ACTS: tuple[str, ...] = get_args(Act)
MOST = 6.0  # doublings: more would hide everything else
YEAR = 365
NUMBER = re.compile(r"[+-]?\d{1,2}(?:\.\d{1,3})?", re.ASCII)
DAYS = re.compile(r"\d{1,3}d?", re.ASCII)
LONGEST_NAME = 24
REACHED = "ruled"  # where the desk remembers the newest item that the rules have seen
UNTOUCHED = """i.state = 'new' AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.item = i.number AND e.rule = ?)
  AND i.number NOT IN (SELECT item FROM notes UNION SELECT item FROM quotes)"""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is done with new items that ``query`` is true of.

    ``value`` is a boost in doublings of the chance to be wanted, a tag, or how many days an item is put off.
    """

    id: str
    name: str
    query: str
    action: Act
    value: str
    created_at: datetime


def list_rules(connection: sqlite3.Connection) -> list[Rule]:
    """Return the rules in the order in which they are applied, the oldest first."""
    return [_rule(row) for row in rows(connection).values()]


def find_rule(connection: sqlite3.Connection, name: str) -> Rule:
    """Return the rule with the id or the name. Raises Unknown."""
    wanted = name.strip().casefold()
    for rule in list_rules(connection):
        if wanted in (rule.id, rule.name.casefold(), rule.query.casefold()):
            return rule
    raise Unknown("rule", name, "curate rule list shows them.")


def add_rule(  # noqa: PLR0913 - what a rule is made of
    connection: sqlite3.Connection,
    query: str,
    action: Act,
    value: str,
    *,
    name: str,
    now: datetime,
    apply: bool = False,
) -> tuple[Rule, int]:
    """Add a rule, and with ``apply`` do it at once to all that is new, as one step; return it and how many it touched.

    Without a ``name`` it is called by its query. Raises UsageError for a query or a value that cannot be meant.
    """
    value = _meant(action, value)
    where = _looking_for(connection, query, now)
    with transaction(connection):
        numbers = _matching(connection, "", where) if apply else []
        with recorded_all(connection, numbers, "rule", now=now, rules=lambda: rows(connection)):
            [rule_id] = new_ids(connection, 1)
            called = _named(connection, name, query)
            connection.execute(
                "INSERT INTO rules (id, name, query, action, value, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (rule_id, called, " ".join(query.split()), action, value, to_seconds(now)),
            )
            rule = find_rule(connection, rule_id)
            if not recall(connection, REACHED):  # what is here did not arrive after the first rule
                remember(connection, REACHED, str(_newest(connection)))
            _touch(connection, rule, numbers, now)
    return rule, len(numbers)


def edit_rule(  # noqa: PLR0913 - what may be changed of a rule
    connection: sqlite3.Connection,
    name: str,
    *,
    now: datetime,
    query: str | None = None,
    action: Act | None = None,
    value: str = "",
    called: str | None = None,
) -> Rule:
    """Change a rule for what arrives from now on, as one step; what it did before stays. Raises Unknown, UsageError."""
    rule = find_rule(connection, name)
    new_value = _meant(action, value) if action else rule.value
    if query is not None:
        _looking_for(connection, query, now)
    renamed = called is not None and called.casefold() != rule.name.casefold()
    called = _named(connection, called, "") if called and renamed else called or rule.name
    with recorded_all(connection, [], "rule", now=now, rules=lambda: rows(connection)):
        connection.execute(
            "UPDATE rules SET name = ?, query = ?, action = ?, value = ? WHERE id = ?",
            (called, " ".join((query or rule.query).split()), action or rule.action, new_value, rule.id),
        )
    return find_rule(connection, rule.id)


def apply_rule(connection: sqlite3.Connection, name: str, *, now: datetime) -> int:
    """Do a rule to all that is new and not yet touched by it, as one step; return how many. Raises Unknown."""
    rule = find_rule(connection, name)
    where = condition(connection, rule.query, now=now, typing=False)
    with transaction(connection):
        numbers = _matching(connection, rule.id, where)
        with recorded_all(connection, numbers, "rule", now=now):
            _touch(connection, rule, numbers, now)
    return len(numbers)


def remove_rule(connection: sqlite3.Connection, name: str, *, take_back: bool, now: datetime) -> tuple[Rule, int]:
    """Remove a rule as one step, and with ``take_back`` what it did where that still stands; return it and how many.

    Raises Unknown.
    """
    rule = find_rule(connection, name)
    with transaction(connection):
        numbers = _touched(connection, rule.id) if take_back else []
        with recorded_all(connection, numbers, "rule", now=now, rules=lambda: rows(connection)):
            connection.execute("DELETE FROM rules WHERE id = ?", (rule.id,))
            _take_back(connection, rule.id, numbers)
    return rule, len(numbers)


def matching(connection: sqlite3.Connection, query: str, *, since: datetime, now: datetime) -> list[Item]:
    """Return the items seen since then that ``query`` is true of, whatever became of them, newest first."""
    seen = Condition("i.first_seen >= ?", (to_seconds(since),))
    where = condition(connection, query, now=now, typing=False)
    both = Condition(f"({seen.sql}) AND ({where.sql})", (*seen.values, *where.values))
    return list_items(connection, state=None, limit=0, where=both)


def apply_to_arrivals(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Do every rule to the new items of feeds that no rule has seen yet; return how many items were touched.

    How far the rules went is remembered: what a broken-off fetch stored is come to by the next.
    """
    touched: set[int] = set()
    after = int(recall(connection, REACHED) or 0)
    newest = _newest(connection)
    if newest <= after:
        return 0
    for rule in list_rules(connection):
        where = condition(connection, rule.query, now=now, typing=False)
        arrived = Condition(f"i.number > ? AND i.feed IS NOT NULL AND ({where.sql})", (after, *where.values))
        with transaction(connection):
            numbers = _matching(connection, rule.id, arrived)
            _touch(connection, rule, numbers, now)
            index(connection, numbers)
        touched.update(numbers)
    remember(connection, REACHED, str(newest))
    return len(touched)


def rows(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return every rule as it is stored, by id: what the journal keeps of a rule."""
    return {row["id"]: dict(row) for row in connection.execute("SELECT * FROM rules ORDER BY number")}


def restore_rule(
    connection: sqlite3.Connection,
    current: dict[str, Any] | None,
    wanted: dict[str, Any] | None,
    *,
    undo: bool,
    again: Sequence[int] = (),
) -> list[int]:
    """Put the stored rule ``wanted`` in the place of ``current``; None is a rule that is not there.

    With the ``undo`` of its adding, what it did to arrivals is taken back where it still stands: returns their numbers,
    for a redo to do it ``again``. One that is removed again leaves it, as removing does.
    """
    for rule in (current, wanted):
        if rule is not None:
            connection.execute("DELETE FROM rules WHERE id = ?", (rule["id"],))
    if wanted is not None:
        connection.execute(
            "INSERT INTO rules (number, id, name, query, action, value, created_at)"
            " VALUES (:number, :id, :name, :query, :action, :value, :created_at)",
            wanted,
        )
    numbers: list[int] = []
    if wanted is None and current is not None and undo:
        numbers = _touched(connection, current["id"])
        _take_back(connection, current["id"], numbers)
    elif current is None and wanted is not None and again:
        named = Condition("i.number IN (SELECT value FROM json_each(?))", (json.dumps(list(again)),))
        _touch(connection, _rule(wanted), _matching(connection, wanted["id"], named), to_moment(wanted["created_at"]))
    index(connection, [*numbers, *again])
    return numbers


def _looking_for(connection: sqlite3.Connection, query: str, now: datetime) -> Condition:
    """Return what ``query`` looks for. Raises UsageError when it cannot be meant, or says nothing: it would fit all."""
    if not parse(query, now=now):
        raise UsageError(
            "The query looks for nothing.", "For everything: newer:3650d. What it may say: curate help query."
        )
    return condition(connection, query, now=now, typing=False)


def _named(connection: sqlite3.Connection, name: str, query: str) -> str:
    """Return what a rule is called: ``name``, else its query, cut short. Raises UsageError for a name that is taken."""
    called = " ".join((name or query).split())[:LONGEST_NAME].strip()
    taken = {rule.name.casefold() for rule in list_rules(connection)}
    if name and called.casefold() in taken:
        raise UsageError(f"There is a rule called “{called}” already.", f"curate rule edit '{called}' changes it.")
    number = 1
    free = called
    while free.casefold() in taken:
        number += 1
        free = f"{called} {number}"
    return free


def _newest(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0])


def _matching(connection: sqlite3.Connection, rule_id: str, where: Condition) -> list[int]:
    found = connection.execute(
        f"SELECT i.number FROM items i WHERE {UNTOUCHED} AND ({where.sql}) ORDER BY i.number",  # noqa: S608 - ours
        (rule_id, *where.values),
    )
    return [row[0] for row in found]


def _touched(connection: sqlite3.Connection, rule_id: str) -> list[int]:
    return [row[0] for row in connection.execute("SELECT item FROM effects WHERE rule = ? ORDER BY item", (rule_id,))]


def _touch(connection: sqlite3.Connection, rule: Rule, numbers: Sequence[int], now: datetime) -> None:
    """Do the rule to the items, and write down that it did."""
    moment = to_seconds(now)
    values = dict.fromkeys(numbers, rule.value)
    match rule.action:
        case "skip" | "later":
            state = "skipped" if rule.action == "skip" else "later"
            until = to_seconds(now + timedelta(days=int(rule.value))) if rule.action == "later" else None
            connection.executemany(
                "UPDATE items SET state = ?, decided_at = ?, later_until = ? WHERE number = ?",
                [(state, moment, until, number) for number in numbers],
            )
        case "tag":
            for number in numbers:
                put = connection.execute(
                    "INSERT INTO tags (item, tag) SELECT ?1, ?2 WHERE NOT EXISTS"
                    " (SELECT 1 FROM tags WHERE item = ?1 AND tag = ?2 COLLATE NOCASE)",
                    (number, rule.value),
                )
                if not put.rowcount:
                    values[number] = ""  # a tag that was there is not the rule's to take off
    connection.executemany(
        "INSERT INTO effects (item, rule, name, action, value, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(number, rule.id, rule.name, rule.action, value, moment) for number, value in values.items()],
    )
    if rule.action == "boost":
        _sum_up(connection, numbers)


def _take_back(connection: sqlite3.Connection, rule_id: str, numbers: Sequence[int]) -> None:
    """Undo what the rule did to the items, where nobody has decided since."""
    effects = connection.execute("SELECT item, action, value, at FROM effects WHERE rule = ?", (rule_id,)).fetchall()
    named = set(numbers)
    effects = [effect for effect in effects if effect["item"] in named]
    states = {"skip": "skipped", "later": "later"}
    connection.executemany(
        "UPDATE items SET state = 'new', decided_at = NULL, later_until = NULL"
        " WHERE number = ? AND state = ? AND decided_at = ?",
        [(each["item"], states[each["action"]], each["at"]) for each in effects if each["action"] in states],
    )
    connection.executemany(
        "DELETE FROM tags WHERE item = ? AND tag = ?",
        [(each["item"], each["value"]) for each in effects if each["action"] == "tag"],
    )
    connection.executemany(
        "DELETE FROM effects WHERE item = ? AND rule = ?", [(each["item"], rule_id) for each in effects]
    )
    _sum_up(connection, [each["item"] for each in effects if each["action"] == "boost"])


def _sum_up(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Give the items the boost of all rules that stand on them."""
    connection.executemany(
        "UPDATE items SET boost = (SELECT coalesce(sum(CAST(value AS REAL)), 0) FROM effects"
        " WHERE item = ?1 AND action = 'boost') WHERE number = ?1",
        [(number,) for number in numbers],
    )


def _meant(action: Act, value: str) -> str:
    """Return the value as it is stored. Raises UsageError when the action has no use for it."""
    if action == "boost":
        boost = float(value) if NUMBER.fullmatch(value) else 0.0
        if not 0 < abs(boost) <= MOST:
            raise UsageError(
                f"“{value}” is no boost.", f"Such as: --boost 1 or --boost -2, at most {MOST:g} either way."
            )
        return f"{boost:g}"
    if action == "later":
        days = int(value.removesuffix("d")) if DAYS.fullmatch(value) else 0
        if not 0 < days <= YEAR:
            raise UsageError(f"“{value}” is no number of days.", f"Such as: --later 7d, at most {YEAR}d.")
        return str(days)
    return tag_names([value])[0] if action == "tag" else ""


def _rule(row: dict[str, Any]) -> Rule:
    told = {name: row[name] for name in ("id", "name", "query", "action", "value")}
    return Rule(**told, created_at=to_moment(row["created_at"]))
