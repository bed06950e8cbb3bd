"""A time in review as it might be: a year of posts, shares on three accounts, an experiment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from curate.presence.balance import Balance, Sources, Week
from curate.presence.experiments import Experiment, weigh_up
from curate.presence.metrics import Standing
from curate.presence.report import Day, Report
from curate.presence.response import compare
from curate.presence.review import Review
from curate.presence.tending import Tending
from curate.shares.networks.readings import Figures

UNTIL = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(weeks=12)
HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
TOPICS = ("Reliability", "Evaluation", "Teams and how they learn from what went wrong", HOSTILE)


def standing(number: int, account: str, likes: int, *, hours: int = 0, views: int | None = None) -> Standing:
    sent = SINCE + timedelta(days=number, hours=hours)
    return Standing(
        share=f"bcd{number}", post=f"post-{number % 9}", account=account, network=account, topic=TOPICS[number % 4],
        title=f"Small models are taking the night shift, part {number}", url="https://social.example/1", sent_at=sent,
        at=sent + timedelta(days=7), figures=Figures(likes=likes, reposts=likes // 3, replies=likes // 5, views=views),
    )  # fmt: skip


def a_review(weeks: int = 12) -> Review:
    shares = [standing(day, "mastodon", day % 7 + day // 12, hours=day % 10) for day in range(weeks * 7 - 1)]
    shares += [standing(day, "bluesky", day % 5 * 2, hours=day % 8) for day in range(0, weeks * 7, 2)]
    shares += [standing(day, "linkedin", 9 + day % 11, views=400 + 13 * day) for day in range(0, weeks * 7, 20)]
    monday = date(2026, 9, 7)
    tried = Experiment(name="mornings", hypothesis=f"Early gets more {HOSTILE}", started_at=SINCE, until=UNTIL)
    days = tuple(
        Day(day=monday + timedelta(days=day), decided=20 + 37 * day % 90, kept=day % 6, seconds=600)
        for day in range(20)
    )
    own, kinds = (1, 0, 2, 1, 0, 0, 3), ("link", "essay", "prediction")
    return Review(
        name="Dana Okafor", since=SINCE, until=UNTIL,
        reading=Report(since=SINCE, days=days, decided=sum(day.decided for day in days), kept=55, pace=11.6, prune=(),
                       promote=()),
        balance=Balance(weeks=tuple(Week(first=monday + timedelta(days=7 * at), own=own[at % 7], curated=at % 5)
                                    for at in range(weeks)), own=13, curated=22),
        tending=Tending(today=True, streak=4, days=52, of=7 * weeks),
        sources=Sources(sites=(("Example Systems Review", 9), ("brightbank.example", 6), (HOSTILE, 4), ("LWN", 2),
                               *((f"site{number}.example", 1) for number in range(9)))),
        sent={"mastodon": 83, "bluesky": 42, "linkedin": 5},
        response=compare(shares, {f"post-{at}": kinds[at % 3] for at in range(9)}, now=UNTIL, zone=UTC),
        best=tuple(sorted(shares, key=lambda one: -one.reactions)[:5]),
        experiments=((tried, weigh_up({"mastodon": [3, 4, 2, 5, 3, 4]}, {"mastodon": [7, 8, 6, 9, 5, 8]})),),
    )  # fmt: skip
