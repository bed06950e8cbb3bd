"""A site that has a page of every type: what tests of pages and lists, of the browser and of budgets look at.

``fill`` writes the content; who adds a type of page to the site adds an example of it here and its
address to ``PLACES``.
"""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.site.conftest import LINK, PROFILE, SOURCE

if TYPE_CHECKING:
    from tests.site.conftest import Site

PLACES = {  # type of page → where one of it is
    "home": "",
    "link": "2026/small-models-on-call/",
    "foreign link": "2026/nachtschicht/",
    "essay": "2026/error-budgets/",
    "old essay": "2023/on-pagers/",
    "prediction": "2026/no-pager-wakes-people/",
    "notice": "2026/away/",
    "result": "2026/fewer-pages/",
    "predictions": "predictions/",
    "corrections": "corrections/",
    "results": "results/",
    "résumé": "resume/",
    "round-up": "2026/week-47/",
    "gone": "2026/withdrawn/",
    "archive": "archive/",
    "year": "2026/",
    "month": "2026/11/",
    "topics": "topics/",
    "topic": "topics/reliability/",
    "topic, an older page": "topics/reliability/page/1/",
    "topic without posts": "topics/hiring/",
    "tags": "tags/",
    "tag": "tags/evaluation/",
    "page": "about/",
    "subscribe": "subscribe/",
    "search": "search/",
    "not here": "404.html",
}
TOPICS = ("Reliability", "Evaluation", "Hiring")
DAILY = 45  # link posts of Reliability, one a day: more than one page of the topic
GERMAN = {
    **SOURCE,
    "url": "https://example.org/nacht",
    "title": "Was die Nachtschicht lehrt",
    "lang": "de",
    "words": "",
}
MORE = """results:
  - {outcome: Nights without a page, metric: nights a month, before: "3", after: "24", proof_url: "https://example.org/nights"}
work:
  - {position: Reliability lead, name: Example Bank, startDate: 2022-03, highlights: [Pages fell from 31 to 4 a week]}
"""
ESSAY = """## Why a budget

Nobody spent one.[^1] The courage is not in the book, and no policy brings it.

## What a promise costs

A promise to sleep costs a release. On the teams I ran that was the whole argument, and it was held in public,
on a Friday, with the person there who had sold the release.

| Quarter | Pages a week |
|:--|--:|
| Q1 | 31 |
| Q4 | 4 |

## Who may say no

```python
def freeze(spent: float, budget: float) -> bool:
    return spent >= budget
```

![A pager on a night table]({static}/images/pager.png "The pager of the first year."){credit="Photo: Ines Ferreira"}

> The first version had no owner.

## What I would do again

See [the night shift]({filename}/links/small-models-on-call.md). Three things:

1. Say the number out loud.
2. Let the youngest say it.
3. Stop.

[^1]: I have looked.[^1]
"""


def fill(site: Site) -> None:
    """Write the content of the sample site."""
    site.desk.profile.write_text(
        PROFILE.replace("  email:", "  image: images/dana.png\n  email:") + MORE, encoding="utf-8"
    )
    settings = site.desk.settings.read_text(encoding="utf-8")
    settings = settings.replace('topics = ["Reliability"]', f"topics = {list(TOPICS)}".replace("'", '"'))
    intro = '\n[site.intros]\nReliability = "How systems and the people who mind them stay well."\n'
    site.desk.settings.write_text(settings + intro, encoding="utf-8")
    site.file("images/pager.png", drawn(640, 360))
    site.file("images/dana.png", drawn(192, 192))
    _write_links(site)
    _write_essays(site)
    site.write(
        "no-pager-wakes-people",
        "Liability decides this.\n",
        folder="predictions",
        kind="prediction",
        title="No pager vendor will ship a model that wakes people",
        date="2026-09-01",
        topic="Evaluation",
        claim="By 1 December 2027 none lets a model alone decide to wake a person.",
        confidence="0.85",
        due="2027-12-01",
    )
    site.write(
        "graded",
        "It did not.\n",
        folder="predictions",
        kind="prediction",
        title="A claim that was graded",
        date="2026-01-03",
        claim="It will be over by June.",
        confidence="0.6",
        due="2026-06-30",
        outcome="wrong",
    )
    site.write(
        "away",
        "Back soon.\n",
        folder="notices",
        kind="notice",
        title="Away this week",
        until="2026-11-30T00:00:00+00:00",
    )
    site.write(
        "fewer-pages",
        "We counted, then we stopped counting what nobody acted on.\n",
        folder="results",
        kind="result",
        title="Four pages a week instead of 31",
        topic="Reliability",
        date="2026-03-02",
        metric="pages a week",
        before="31",
        after="4",
        summary="Half of all pages asked nobody to do anything.",
    )
    site.write("week-47", "Three things I read.\n", folder="roundups", kind="roundup", title="Read in week 47")
    site.write(
        "withdrawn",
        "SECRET NUMBERS\n",
        folder="links",
        kind="link",
        title="SECRET TITLE",
        tags=["secret tag"],
        status="gone",
        gone="the source withdrew its numbers",
        modified="2026-11-23",
        source=SOURCE,
        summary="SECRET",
        date="2026-10-01",
        question="SECRET?",
        topic="Secrets",
        quotes=[{"text": "SECRET QUOTE"}],
    )


def drawn(width: int, height: int) -> bytes:
    """Return a picture of one colour as PNG (https://www.w3.org/TR/png-3/)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x8a\x3b\x12" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _write_links(site: Site) -> None:
    site.write("small-models-on-call", folder="links", **LINK)
    foreign = {**LINK, "source": GERMAN, "title": "The night shift, in German", "question": "Who reads the log?"}
    foreign |= {
        "date": "2026-11-21",
        "corrections": [],
        "syndication": [],
        "tags": ["evaluation", "only here"],
        "item": "b",
    }
    site.write("nachtschicht", folder="links", **foreign)
    first = datetime(2025, 12, 1, 9, tzinfo=UTC)
    for number in range(DAILY):
        site.write(
            f"day-{number:02}",
            f"What I make of day {number}: less than hoped.\n",
            folder="links",
            kind="link",
            title=f"Day {number} of the watch",
            date=(first + timedelta(days=number)).isoformat(),
            topic="Reliability",
            summary="A day of the watch, and what I make of it.",
            source={**SOURCE, "title": f"Log of day {number}"},
        )


def _write_essays(site: Site) -> None:
    site.write(
        "error-budgets",
        ESSAY,
        title="Error budgets are a promise to sleep",
        topic="Reliability",
        tags=["error budgets", "incident response"],
        question="Who may say no on a Friday?",
        summary="A budget nobody spends is a wish.",
        modified="2026-11-23T09:00:00+00:00",
    )
    site.write(
        "on-pagers",
        "Pagers were smaller then.\n",
        title="On pagers",
        topic="Reliability",
        date="2023-02-01",
        tags=["incident response"],
        summary="What a pager was for.",
    )
