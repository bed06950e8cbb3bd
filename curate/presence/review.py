"""Gather a time in review: reading, publishing, sources, what shares came to, experiments. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from curate.feeds.opml import read_feeds
from curate.posts.files import read_posts
from curate.presence import report
from curate.presence.balance import Balance, Sources, count_sources, weigh
from curate.presence.experiments import Experiment, Verdict, judge, list_experiments
from curate.presence.metrics import standings
from curate.presence.response import Response, compare
from curate.presence.tending import Tending, count_tended
from curate.shares import ledger

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.presence.metrics import Standing


@dataclass(frozen=True, kw_only=True)
class Review:
    """A time in review. ``sent`` counts shares that went out by account, ``best`` are those that came to most."""

    name: str
    since: datetime
    until: datetime
    reading: report.Report
    balance: Balance
    tending: Tending
    sources: Sources
    sent: dict[str, int]
    response: Response
    best: tuple[Standing, ...]
    experiments: tuple[tuple[Experiment, Verdict], ...]


def review(desk: Desk, settings: Settings, connection: sqlite3.Connection, *, since: datetime, now: datetime) -> Review:
    """Return the time from ``since`` until ``now``; days and hours are those of the desk's time zone."""
    zone = ZoneInfo(settings.site.timezone)
    posts, _ = read_posts(desk.content)
    out = standings(connection, since=since, until=now)
    sent = ledger.list_shares(connection, states=("sent",))
    return Review(
        name=settings.site.name,
        since=since,
        until=now,
        reading=report.gather(connection, read_feeds(desk.feeds), since=since, now=now, zone=zone),
        balance=weigh(posts, since=since, until=now, zone=zone),
        tending=count_tended(connection, posts, today=now.astimezone(zone).date(), of=(now - since).days, zone=zone),
        sources=count_sources(posts, since=since, until=now),
        sent=dict(sorted(Counter(one.account for one in sent if one.sent_at and since <= one.sent_at < now).items())),
        response=compare(out, {post.slug: post.kind for post in posts}, now=now, zone=zone),
        best=tuple(sorted(out, key=lambda one: (-one.reactions, one.sent_at))[:5]),
        experiments=tuple((each, judge(connection, each, now=now)) for each in list_experiments(connection)),
    )
