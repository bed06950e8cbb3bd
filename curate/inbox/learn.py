"""Learn from what was decided, give the items that wait their interest, and say why one stands where it does.

Owns the table ``ranking`` (a cache) and the column ``interest``. Learns from the states that items are in, not from
what was done to them: what is undone was never taught. What is put off teaches nothing, nor does what a rule
skipped. Must not know how signs are weighed: that is ``rank``.
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.desk.db import recall, remember, to_moment, to_seconds, transaction
from curate.inbox.listing import FEW
from curate.inbox.rank import (
    FRESH,
    POWER,
    WRITTEN_ON,
    Effect,
    Learned,
    Lesson,
    Subject,
    interest,
    judge,
    learn,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from curate.inbox.items import Item

LESSONS = 10_000  # decisions, the latest: what one wanted years ago matters less, and time is bounded
JUDGED = 10_000  # items that wait, the latest seen, that are judged anew when something was learned
AT_ONCE = 2_000  # decisions, and items that wait, with which learning is not noticed before a triage
SHOWN = 3  # words that are told
SINCE = "ranking-since"  # from when on decisions teach, in seconds
DECIDED = "('kept', 'skipped', 'drafted', 'posted')"
SUBJECT = """SELECT i.number, i.title, i.summary, i.author, i.url, i.feed, i.words, i.state, i.interest,
  (SELECT group_concat(tag, char(10)) FROM tags t WHERE t.item = i.number) AS tags,
  EXISTS (SELECT 1 FROM notes n WHERE n.item = i.number) OR EXISTS (SELECT 1 FROM quotes q WHERE q.item = i.number)
    AS written FROM items i"""
BY_A_RULE = """EXISTS (SELECT 1 FROM effects e WHERE e.item = i.number AND e.action = 'skip' AND e.at = i.decided_at)"""


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why an item stands where it does; all that adds is in doublings of the chance that it is wanted.

    ``words`` are the three words or tags that matter most, ``other_words`` what all others add; ``source`` is what its
    feed, site and author add, ``length`` its length, ``fresh`` its age, ``boosts`` the rules by name. ``kept`` of
    ``decided`` items of its feed were kept. ``explores``: its feed is hardly known, and has a share in the one place
    in ten that is kept for such. ``lessons`` is how many decisions all this was learned from.
    """

    words: tuple[Effect, ...]
    other_words: float
    source: float
    length: float
    fresh: float
    boosts: tuple[tuple[str, float], ...]
    kept: int
    decided: int
    explores: bool
    lessons: int

    @property
    def interest(self) -> float:
        """What was learned of the item."""
        return _sum(self.words) + self.other_words + self.source + self.length

    @property
    def score(self) -> float:
        """By what lists are ordered: all of it together."""
        return self.interest + self.fresh + sum(boost for _, boost in self.boosts)


def lessons(connection: sqlite3.Connection) -> list[Lesson]:
    """Return what was decided since ranking was reset, the latest decisions; reads only."""
    rows = connection.execute(
        f"{SUBJECT} WHERE i.state IN {DECIDED} AND i.decided_at > ? AND NOT {BY_A_RULE}"
        " ORDER BY i.decided_at DESC, i.number LIMIT ?",
        (int(recall(connection, SINCE) or -1), LESSONS),
    )
    return [
        Lesson(
            subject=_subject(row),
            power=WRITTEN_ON if row["state"] == "kept" and row["written"] else POWER[row["state"]],
        )
        for row in rows
    ]


def untaught(connection: sqlite3.Connection) -> str:
    """Return a mark of what there is to learn; '' when nothing was decided, or taken back, since the last learning."""
    row, mark = connection.execute("SELECT taught FROM ranking").fetchone(), _mark(connection)
    return "" if row and row[0] == mark else mark


def refresh(connection: sqlite3.Connection) -> None:
    """Learn what was decided since the last fetch, when that is quick enough to be waited for."""
    decided, waiting = connection.execute(
        f"SELECT (SELECT count(*) FROM items WHERE state IN {DECIDED}),"  # noqa: S608 - our own words
        " (SELECT count(*) FROM items WHERE state = 'new')"
    ).fetchone()
    if decided <= AT_ONCE and waiting <= AT_ONCE and (mark := untaught(connection)):
        keep(connection, learn(lessons(connection)), mark)


def keep(connection: sqlite3.Connection, learned: Learned, mark: str) -> None:
    """Store what was learned, judge by it what waits, and remember what it was learned from by ``mark``."""
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO ranking (number, taught, reached, lessons, wanted, unwanted, counts)"
            " VALUES (1, ?, 0, ?, ?, ?, ?)",
            (
                mark,
                learned.lessons,
                learned.wanted,
                learned.unwanted,
                zlib.compress(learned.counts.tobytes(), 1),
            ),
        )
        _judge_waiting(connection, learned, after=0)


def judge_arrivals(connection: sqlite3.Connection) -> None:
    """Judge the items that came after the last that was judged, by what is known."""
    learned = _learned(connection)
    if learned is not None:
        with transaction(connection):
            reached = connection.execute("SELECT reached FROM ranking").fetchone()[0]
            _judge_waiting(connection, learned, after=reached)


def why(connection: sqlite3.Connection, item: Item, *, now: datetime) -> Why:
    """Say what makes the item's score at ``now``, by what was learned last."""
    row = connection.execute(f"{SUBJECT} WHERE i.number = ?", (item.number,)).fetchone()
    learned = _learned(connection)
    effects = judge(learned, _subject(row)) if learned else []
    words = [effect for effect in effects if effect.sign.kind in ("word", "tag")]
    boosts = connection.execute(
        "SELECT name, CAST(value AS REAL) FROM effects WHERE item = ? AND action = 'boost' ORDER BY at, name",
        (item.number,),
    )
    kept, decided = connection.execute(
        "SELECT count(*) FILTER (WHERE state <> 'skipped'), count(*) FROM items"  # noqa: S608 - our own words
        f" WHERE feed = ? AND state IN {DECIDED}",
        (row["feed"],),
    ).fetchone()
    lessons_ = learned.lessons if learned else 0
    return Why(
        words=tuple(words[:SHOWN]),
        other_words=_sum(words[SHOWN:]),
        source=_sum(effect for effect in effects if effect.sign.kind in ("author", "site", "feed")),
        length=_sum(effect for effect in effects if effect.sign.kind == "length"),
        fresh=-(now - item.dated).total_seconds() / 86_400 / FRESH,
        boosts=tuple((name, boost) for name, boost in boosts),
        kept=kept,
        decided=decided,
        explores=bool(lessons_) and row["feed"] is not None and decided < FEW and item.state == "new",
        lessons=lessons_,
    )


def taught(connection: sqlite3.Connection) -> int:
    """Return from how many decisions was learned."""
    learned = connection.execute("SELECT lessons FROM ranking").fetchone()
    return int(learned[0]) if learned else 0


def reset(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Let nothing decided until ``now`` teach any more; decisions themselves stay as they are."""
    _since(connection, str(to_seconds(now)))


def unreset(connection: sqlite3.Connection) -> datetime | None:
    """Let all decisions teach again; return when ranking was reset, None when it was not."""
    since = recall(connection, SINCE)
    if not since:
        return None
    _since(connection, "")
    return to_moment(int(since))


def _since(connection: sqlite3.Connection, since: str) -> None:
    with transaction(connection):
        remember(connection, SINCE, since)
        connection.execute("UPDATE items SET interest = 0 WHERE interest <> 0")
        keep(connection, learn(lessons(connection)), _mark(connection))


def _judge_waiting(connection: sqlite3.Connection, learned: Learned, *, after: int) -> None:
    """Give items that wait and are numbered above ``after`` their interest; remember how far that went."""
    newest = connection.execute("SELECT coalesce(max(number), 0) FROM items").fetchone()[0]
    rows = connection.execute(
        f"{SUBJECT} WHERE i.state IN ('new', 'later') AND i.number > ? AND (i.interest <> 0 OR ?)"
        " ORDER BY i.number DESC LIMIT ?",
        (after, not learned.mute, JUDGED),
    ).fetchall()
    judged = [(round(interest(learned, _subject(row)), 4), row["number"], row["interest"]) for row in rows]
    connection.executemany(
        "UPDATE items SET interest = ? WHERE number = ?",
        [(wanted, number) for wanted, number, before in judged if wanted != before],
    )
    connection.execute("UPDATE ranking SET reached = ?", (newest,))


def _learned(connection: sqlite3.Connection) -> Learned | None:
    row = connection.execute("SELECT lessons, wanted, unwanted, counts FROM ranking").fetchone()
    if row is None:
        return None
    counts = array("f")
    counts.frombytes(zlib.decompress(row["counts"]))
    return Learned(lessons=row["lessons"], wanted=row["wanted"], unwanted=row["unwanted"], counts=counts)


def _mark(connection: sqlite3.Connection) -> str:
    """Return what tells one set of lessons from another, without reading them: a few sums over indexes."""
    parts = connection.execute(
        f"SELECT state, count(*), sum(number) FROM items WHERE state IN {DECIDED} GROUP BY state"  # noqa: S608 - ours
    ).fetchall()
    written = connection.execute("SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM quotes)").fetchone()
    return f"{[tuple(part) for part in parts]} {tuple(written)} {recall(connection, SINCE)}"


def _sum(effects: Iterable[Effect]) -> float:
    return sum(effect.adds for effect in effects)


def _subject(row: sqlite3.Row) -> Subject:
    return Subject(
        title=row["title"],
        summary=row["summary"],
        author=row["author"],
        url=row["url"],
        feed=row["feed"],
        words=row["words"],
        tags=tuple(row["tags"].split("\n")) if row["tags"] else (),
    )
