"""Keep the shares and what becomes of them.

Owns the table shares, writes each attempt down with it, and has the rule that a state changes only from
the state the caller saw. Knows neither networks nor the words of a share. States::

    draft → approved → sending → sent, rejected, retry, unknown, held, handed_over
    unknown → sent (found there), sending (proved absent), missed or held (proved absent, too late)
    retry, held → sending;  approved, retry, held → missed;  what never went out → cancelled, handed_over
    handed_over, unknown, what never went out → sent;  unknown → draft, approved (the person says so)
    what waits, draft, missed → unknown (the desk was put back from a backup);  unknown → draft (proved absent)

``held``, ``retry`` and ``missed`` mean that nothing is out. ``unknown`` means that it may be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from curate.desk.db import new_ids, to_moment, to_seconds, transaction
from curate.errors import Conflict, Unknown
from curate.shares.attempts import ATTEMPT, read_attempt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.shares.attempts import Attempt

UNSENT = ("approved", "retry", "held")  # what a pass picks up when its time has come
GONE = ("rejected", "cancelled")  # what never went out and will not as it is
LONGEST = timedelta(days=1)  # a pause; one that ends later was written while the clock was wrong


@dataclass(frozen=True, kw_only=True)
class Share:
    """One text on one account at one time. ``text`` is as it goes out; ``reason`` explains the state.

    ``wall`` and ``zone`` are the time meant, ``due_at`` the instant they resolve to. ``not_before``
    is later than that when a network asked to wait. ``image`` is a path from the desk's folder and ``alt``
    says what it shows; ``source`` is the site the post is about. After ``expires_at`` it is old news. What
    ``corrects`` an earlier share is no repetition of it.
    """

    number: int
    id: str
    post: str
    link: str
    title: str
    summary: str
    account: str
    network: str
    text: str
    state: str
    due_at: datetime
    wall: str
    zone: str
    created_at: datetime
    approved_at: datetime | None
    seal: str
    not_before: datetime
    sent_at: datetime | None
    remote_id: str
    remote_url: str
    reason: str
    image: str = ""
    image_hash: str = ""
    alt: str = ""
    source: str = ""
    topic: str = ""
    expires_at: datetime | None = None
    corrects: bool = False

    @property
    def public(self) -> str:
        """Return the hash of all the public will see, and where: what an approval is given to."""
        seen = [self.account, self.network, self.link, self.title, self.summary, self.text]
        seen += [self.image_hash, self.alt] if self.image else []
        return sha256(json.dumps(seen).encode()).hexdigest()

    def rests(self, now: datetime) -> bool:
        """Say whether a network asked to wait for longer than ``now``."""
        return now < self.not_before <= now + LONGEST


def _share(row: sqlite3.Row) -> Share:
    values: dict[str, Any] = dict(row)
    for name in ("due_at", "created_at", "approved_at", "not_before", "sent_at", "expires_at"):
        values[name] = None if values[name] is None else to_moment(values[name])
    values["corrects"] = bool(values["corrects"])
    return Share(**values)


# What there is


def list_shares(
    connection: sqlite3.Connection, *, states: Sequence[str] = (), account: str = "", post: str = ""
) -> list[Share]:
    """Return the shares of these ``states``, this account and this post (each: all, unless told), by time."""
    terms, values = ["TRUE"], list(states)
    if states:
        terms.append(f"state IN ({', '.join('?' * len(states))})")
    for column, value in (("account", account), ("post", post)):
        if value:
            terms.append(f"{column} = ?")
            values.append(value)
    query = f"SELECT * FROM shares WHERE {' AND '.join(terms)} ORDER BY due_at, number"  # noqa: S608 - own words only
    return [_share(row) for row in connection.execute(query, values)]


def find_share(connection: sqlite3.Connection, share_id: str) -> Share:
    """Return the share ``share_id``. Raises Unknown."""
    row = connection.execute("SELECT * FROM shares WHERE id = ?", (share_id,)).fetchone()
    if row is None:
        raise Unknown("share", share_id, "curate share queue shows what is planned, curate share history what was.")
    return _share(row)


def remote_ids(connection: sqlite3.Connection, account: str) -> frozenset[str]:
    """Return the network's names of all that is out on ``account``, as far as we know."""
    rows = connection.execute("SELECT remote_id FROM shares WHERE account = ? AND remote_id <> ''", (account,))
    return frozenset(str(row[0]) for row in rows)


def due_shares(connection: sqlite3.Connection, now: datetime) -> list[Share]:
    """Return what a pass at ``now`` should send, set aside or ask about, in the order it was meant."""
    shares = list_shares(connection, states=UNSENT)
    return [share for share in shares if share.due_at <= now and not share.rests(now)]


def resting(connection: sqlite3.Connection, account: str, now: datetime) -> Share | None:
    """Return the share of ``account`` that waits the longest, for its network or for a token; None when none does."""
    row = connection.execute(
        "SELECT * FROM shares WHERE account = ? AND state IN ('retry', 'held', 'unknown') "
        "AND not_before > ? AND not_before <= ? ORDER BY not_before DESC, number LIMIT 1",
        (account, to_seconds(now), to_seconds(now + LONGEST)),
    ).fetchone()
    return None if row is None else _share(row)


def last_sent(connection: sqlite3.Connection, account: str) -> datetime | None:
    """Return when the last share of ``account`` went out."""
    row = connection.execute("SELECT max(sent_at) FROM shares WHERE account = ?", (account,)).fetchone()
    return None if row[0] is None else to_moment(row[0])


# What a person plans


def add_share(  # noqa: PLR0913 - the row of one share
    connection: sqlite3.Connection,
    *,
    post: str,
    link: str,
    title: str,
    summary: str,
    account: str,
    network: str,
    text: str,
    due_at: datetime,
    wall: str,
    zone: str,
    now: datetime,
    image: str = "",
    image_hash: str = "",
    alt: str = "",
    source: str = "",
    topic: str = "",
    expires_at: datetime | None = None,
    corrects: bool = False,
) -> Share:
    """Write down a new draft; call inside a transaction."""
    [share_id] = new_ids(connection, 1)
    row = {
        "id": share_id, "post": post, "link": link, "title": title, "summary": summary, "account": account,
        "network": network, "text": text, "state": "draft", "due_at": to_seconds(due_at), "wall": wall, "zone": zone,
        "created_at": to_seconds(now), "image": image, "image_hash": image_hash, "alt": alt, "source": source,
        "topic": topic, "expires_at": to_seconds(expires_at) if expires_at else None, "corrects": int(corrects),
    }  # fmt: skip
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO shares ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - own words only
    return find_share(connection, share_id)


def set_text(connection: sqlite3.Connection, share: Share, text: str) -> Share:
    """Give ``share`` another text; whatever it was, it is a draft again. Raises Conflict."""
    return _change(connection, share, "draft", text=text, approved_at=None, seal="", reason="")


def set_approved(connection: sqlite3.Connection, share: Share, *, now: datetime) -> Share:
    """Let ``share`` go out exactly as it reads now. Raises Conflict."""
    return _change(connection, share, "approved", approved_at=to_seconds(now), seal=share.public, reason="")


def set_time(connection: sqlite3.Connection, share: Share, *, due_at: datetime, wall: str, zone: str) -> Share:
    """Give ``share`` another time; one that is approved stays so. Raises Conflict."""
    state = "draft" if not share.seal else "retry" if share.state == "retry" else "approved"
    return _change(connection, share, state, due_at=to_seconds(due_at), wall=wall, zone=zone, reason="")


def set_cancelled(connection: sqlite3.Connection, share: Share) -> Share:
    """Take ``share`` out of the queue. Raises Conflict."""
    return _change(connection, share, "cancelled", reason="")


def set_sent(connection: sqlite3.Connection, share: Share, url: str, *, now: datetime, remote_id: str = "") -> Share:
    """Write down that ``share`` went out at ``now`` without a try on record, and is at ``url``. Raises Conflict."""
    sent_at = to_seconds(now)
    return _change(
        connection, share, "sent", reason="", remote_id=remote_id, remote_url=url, sent_at=sent_at, not_before=0
    )


def release(connection: sqlite3.Connection, account: str) -> int:
    """Let the next pass try what waits for a token of ``account`` at once; return how many there are."""
    with transaction(connection):
        return connection.execute(
            "UPDATE shares SET not_before = 0 WHERE account = ? AND state IN ('held', 'unknown')", (account,)
        ).rowcount


# What sending does


def end_interrupted(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Call ``unknown`` whatever a process that no longer lives was sending; only while holding the lock."""
    with transaction(connection):
        connection.execute(
            "UPDATE attempts SET outcome = 'unknown', ended_at = ?, evidence = 'curate ended before the answer came' "
            "WHERE outcome = ''",
            (to_seconds(now),),
        )
        connection.execute(
            "UPDATE shares SET state = 'unknown', reason = 'curate ended while it was being sent; it may be out' "
            "WHERE state = 'sending'"
        )


def begin(  # noqa: PLR0913 - the row of one attempt
    connection: sqlite3.Connection,
    share: Share,
    *,
    via: str,
    key: str,
    minted_at: datetime,
    payload: str,
    cost: int = 0,
    now: datetime,
) -> Attempt:
    """Write down that ``share`` is about to be sent; on the disk when this returns.

    Raises Conflict when the share changed since it was read: it must then not be sent.
    """
    with transaction(connection):
        _change(connection, share, "sending", reason="", not_before=0)
        connection.execute(
            "UPDATE attempts SET outcome = 'absent' WHERE share = ? AND outcome = 'unknown'", (share.number,)
        )
        connection.execute(
            """INSERT INTO attempts (share, via, key, minted_at, seal, payload, hash, cost, started_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (share.number, via, key, to_seconds(minted_at), share.seal, payload,
             sha256(payload.encode()).hexdigest(), cost, to_seconds(now)),
        )  # fmt: skip
        query = f"{ATTEMPT} AND outcome = ''"
        return read_attempt(connection.execute(query, (share.number,)).fetchone())


def finish(  # noqa: PLR0913 - what one attempt ended in
    connection: sqlite3.Connection,
    share: Share,
    attempt: Attempt,
    state: str,
    *,
    outcome: str,
    evidence: str,
    now: datetime,
    reason: str = "",
    remote_id: str = "",
    remote_url: str = "",
    not_before: datetime | None = None,
) -> Share:
    """Write down what came of ``attempt``, and with it the share's new ``state``. Raises Conflict."""
    with transaction(connection):
        connection.execute(
            "UPDATE attempts SET outcome = ?, evidence = ?, ended_at = ? WHERE number = ?",
            (outcome, evidence, to_seconds(now), attempt.number),
        )
        return _change(
            connection,
            share,
            state,
            reason=reason,
            remote_id=remote_id,
            remote_url=remote_url,
            not_before=to_seconds(not_before) if not_before else 0,
            sent_at=to_seconds(attempt.started_at) if state == "sent" else None,
        )


def set_aside(
    connection: sqlite3.Connection, share: Share, state: str, reason: str, *, not_before: datetime | None = None
) -> Share:
    """Put ``share`` off without an attempt: held, missed, retry, handed_over, approved or draft again. Raises Conflict.

    An unknown share may be set aside only when it was proved absent; its attempts then say so.
    """
    with transaction(connection):
        connection.execute(
            "UPDATE attempts SET outcome = 'absent' WHERE share = ? AND outcome = 'unknown'", (share.number,)
        )
        return _change(connection, share, state, reason=reason, not_before=to_seconds(not_before) if not_before else 0)


def set_unknown(connection: sqlite3.Connection, share: Share, reason: str) -> Share:
    """Say that ``share`` may be out though no attempt of this desk tells (see gap). Raises Conflict."""
    return _change(connection, share, "unknown", reason=reason, not_before=0)


def set_reason(
    connection: sqlite3.Connection, share: Share, reason: str, *, not_before: datetime | None = None
) -> Share:
    """Say anew why ``share`` is in its state, and when it is looked at again. Raises Conflict."""
    return _change(
        connection, share, share.state, reason=reason, not_before=to_seconds(not_before) if not_before else 0
    )


def _change(connection: sqlite3.Connection, share: Share, state: str, **columns: str | int | None) -> Share:
    """Change a share that is still as the caller saw it: same state, same text, same time."""
    columns = {"state": state, **columns}
    sets = ", ".join(f"{column} = ?" for column in columns)
    with transaction(connection):
        done = connection.execute(
            f"UPDATE shares SET {sets} WHERE number = ? AND state = ? AND seal = ? AND text = ? AND due_at = ?",  # noqa: S608 - own words only
            (*columns.values(), share.number, share.state, share.seal, share.text, to_seconds(share.due_at)),
        )
        if done.rowcount != 1:
            raise Conflict(
                share.id, f"Share {share.id} changed while curate was at work.", "curate share queue shows how it is."
            )
        return find_share(connection, share.id)
