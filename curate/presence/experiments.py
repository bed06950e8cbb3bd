"""Keep what the person tries out, and judge it against the time before, with what cannot be known.

An experiment has a hypothesis, a start and an end. Shares that went out in it are compared with those of as
long a time before, at least four weeks, account by account. How sure that is, is found by drawing shares anew,
many times over (a bootstrap, Efron 1979); the draws have a fixed seed, so the same shares give the same answer.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.desk.db import to_moment, to_seconds, transaction
from curate.errors import Refused, Unknown
from curate.presence.metrics import SETTLING, standings
from curate.presence.response import FEW

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from curate.presence.metrics import Standing

BEFORE = timedelta(days=28)  # at least so long a time is compared with
DRAWS, SEED = 2000, 1979
SURE = 0.95


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One thing tried out, until a moment."""

    name: str
    hypothesis: str
    started_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What can be said of an experiment: reactions a share, in it and before.

    ``times`` is how many times as many there were as the accounts had before, between ``low`` and ``high`` with
    95 % confidence; None when there are too few shares to tell.
    """

    before: int
    during: int
    times: float | None = None
    low: float = 0.0
    high: float = 0.0

    @property
    def word(self) -> str:
        """Say it in one word or three: more, fewer, cannot tell, too few."""
        if self.times is None:
            return "too few"
        return "more" if self.low > 1 else "fewer" if self.high < 1 else "cannot tell"


def add_experiment(
    connection: sqlite3.Connection, name: str, hypothesis: str, *, until: datetime, now: datetime
) -> Experiment:
    """Start an experiment now. Raises Refused when the name is taken, or the end has passed."""
    if until <= now:
        raise Refused("An experiment ends in the future.", "--until 4w is a month from now.")
    with transaction(connection):
        if any(each.name == name for each in list_experiments(connection)):
            raise Refused(f"There is an experiment “{name}” already.", "curate report experiment shows it.")
        connection.execute(
            "INSERT INTO experiments VALUES (?, ?, ?, ?)", (name, hypothesis, to_seconds(now), to_seconds(until))
        )
    return Experiment(name=name, hypothesis=hypothesis, started_at=now, until=until)


def remove_experiment(connection: sqlite3.Connection, name: str) -> None:
    """Forget an experiment; its shares stay. Raises Unknown."""
    with transaction(connection):
        if connection.execute("DELETE FROM experiments WHERE name = ?", (name,)).rowcount != 1:
            raise Unknown("experiment", name, "curate report experiment shows them.")


def list_experiments(connection: sqlite3.Connection) -> list[Experiment]:
    """Return all experiments, the latest first."""
    rows = connection.execute("SELECT * FROM experiments ORDER BY started_at DESC, name")
    return [
        Experiment(
            name=row["name"],
            hypothesis=row["hypothesis"],
            started_at=to_moment(row["started_at"]),
            until=to_moment(row["until"]),
        )
        for row in rows
    ]


def judge(connection: sqlite3.Connection, experiment: Experiment, *, now: datetime) -> Verdict:
    """Compare the shares of ``experiment`` with those before it; those younger than two days do not count yet."""
    end = min(experiment.until, now - SETTLING)
    back = max(experiment.until - experiment.started_at, BEFORE)
    before = standings(connection, since=experiment.started_at - back, until=experiment.started_at)
    during = standings(connection, since=experiment.started_at, until=max(end, experiment.started_at))
    return weigh_up(_by_account(before), _by_account(during))


def weigh_up(before: Mapping[str, Sequence[int]], during: Mapping[str, Sequence[int]]) -> Verdict:
    """Compare reactions by account. Accounts that sent nothing before, or nothing since, tell nothing. Pure."""
    both = sorted(before.keys() & during.keys())
    counts = sum(len(before[name]) for name in both), sum(len(during[name]) for name in both)
    accounts = [(before[name], during[name]) for name in both]
    found = _times(accounts)
    if min(counts) < FEW or found is None:
        return Verdict(before=counts[0], during=counts[1])
    chance = random.Random(SEED)  # noqa: S311 - draws that can be repeated, no secret
    draws = []
    for _ in range(DRAWS):
        times = _times(
            [(chance.choices(was, k=len(was)), chance.choices(since, k=len(since))) for was, since in accounts]
        )
        draws.append(float("inf") if times is None else times)
    draws.sort()
    edge = round(DRAWS * (1 - SURE) / 2)
    return Verdict(before=counts[0], during=counts[1], times=found, low=draws[edge], high=draws[-1 - edge])


def _times(accounts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> float | None:
    """Return how many times what was to be expected came; None when nothing was."""
    expected = sum(sum(was) / len(was) * len(since) for was, since in accounts)
    return sum(sum(since) for _, since in accounts) / expected if expected else None


def _by_account(shares: Iterable[Standing]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for share in shares:
        found[share.account].append(share.reactions)
    return dict(found)
