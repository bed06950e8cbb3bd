"""Thousands of spoilt feeds are read or refused in words: no crash, no hang, no promise broken."""

from __future__ import annotations

import asyncio
import csv
import logging
import os
import random
import re
from typing import TYPE_CHECKING

import pytest

from curate.feeds.workers import Unreadable, Workers
from tests.conftest import CORPORA
from tests.safety.promises import broken_promises

if TYPE_CHECKING:
    from collections.abc import Callable

MUTATED = 10_000 if os.environ.get("CURATE_SWEEP") else 1_500
LARGEST = 60_000  # bytes of a feed to spoil: more of them is worth more than longer ones
LONGEST = 1 << 20  # of a spoilt one
AT_ONCE = 8
SEED = 20260711
PARTS = re.compile(rb"<[^<>]{0,300}>|&[^;<>&\s]{1,10};|[^<>&]{1,300}")
ENCODINGS = ("utf-8", "utf-16", "utf-16-be", "utf-32", "cp1252", "shift_jis", "iso2022_jp", "gb18030", "cp037", "utf-7")
TYPES = (
    "",
    "text/xml",
    "application/json",
    "text/html; charset=utf-16",
    "text/xml; charset=",
    "text/xml; charset=idna",
)
TOKENS = [
    *b"< > </ /> & ; \" ' = ]]> <![CDATA[ <!-- --> <? ?> <!DOCTYPE %x; &#0; &#x1F; &#xD800; &#1114112; &nbsp;".split(),
    *b"&lt;script&gt; &amp;lt; <script> </item> <item> <entry> </channel> </rss> </feed> <svg> <math> <br".split(),
    *b"javascript:x data:text/html,x file:///etc/passwd //a http:// http://[ https://a\\@b/ xml:base='http://['".split(),
    *b"type='xhtml' type='text/plain' type='\0' href='' xmlns='' xmlns:a='' <guid/> <link/> <title> <id/>".split(),
    b"\0", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xf4\x90\x80\x80",
    b"\xef\xbf\xbf", b" " * 400, b"\n" * 400, b"9" * 400, b"<b>" * 300, b"</" * 100, b"&" * 200, b"-1", b"1e400",
    b"Mon, 99 Foo 99999 25:61:61 +9999", b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:60-23:59", b"null", b"[{",
    b"\\ud800",
]  # fmt: skip


def flip(feed: bytes, chance: random.Random) -> bytes:
    """Change some bytes into others."""
    spoilt = bytearray(feed)
    for _ in range(chance.choice((1, 3, 20, 200))):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def truncate(feed: bytes, chance: random.Random) -> bytes:
    """Leave out the end, the beginning or something in between."""
    one, other = sorted((chance.randrange(len(feed)), chance.randrange(len(feed))))
    return chance.choice((feed[:other], feed[one:], feed[:one] + feed[other:]))


def splice(feed: bytes, chance: random.Random) -> bytes:
    """Repeat, drop and swap tags, attributes and texts."""
    parts = PARTS.findall(feed) or [feed]
    for _ in range(chance.choice((1, 3, 10, 50))):
        at, other = chance.randrange(len(parts)), chance.randrange(len(parts))
        match chance.randrange(4):
            case 0:
                parts[at], parts[other] = parts[other], parts[at]
            case 1:
                parts[at] = (parts[at] + parts[other])[:LONGEST]
            case 2:
                parts[at] = b""
            case _:
                parts[at] = (parts[at] * chance.choice((2, 10, 100)))[:LONGEST]
    return b"".join(parts)


def entities(feed: bytes, chance: random.Random) -> bytes:
    """Put marks and words of XML, HTML and JSON where they do not belong."""
    for _ in range(chance.choice((1, 3, 10, 40))):
        at = chance.randrange(len(feed))
        feed = feed[:at] + chance.choice(TOKENS) + feed[at + chance.choice((0, 0, 1, 8)) :]
    return feed


def encode(feed: bytes, chance: random.Random) -> bytes:
    """Say one encoding and use another."""
    text = feed.decode(chance.choice(("utf-8", "latin-1")), "replace")
    if chance.random() < 0.5:
        text = re.sub(r"encoding=.[\w-]+.", f'encoding="{chance.choice(ENCODINGS)}"', text, count=1)
    return text.encode(chance.choice(ENCODINGS), chance.choice(("replace", "ignore", "xmlcharrefreplace")))


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, truncate, splice, entities, encode)


def seeds() -> list[bytes]:
    """Return real feeds and small cases of the corpora, those for spoilt ones included."""
    with (CORPORA / "real-feeds.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    real = [CORPORA / row["path"] for row in rows if int(row["bytes"]) <= LARGEST]
    small = [*(CORPORA / "feedparser/tests").rglob("*.xml"), *(CORPORA / "gofeed/testdata").rglob("*.xml")]
    small += [*(CORPORA / "defusedxml").rglob("*.xml"), *(CORPORA / "gofeed/testdata").rglob("*.json")]
    small = [path for path in sorted(small) if 0 < path.stat().st_size <= LARGEST]
    return [path.read_bytes() for path in (*real, *small[:: max(len(small) // len(real), 1)])]


def spoilt(number: int, feeds: list[bytes]) -> tuple[bytes, str]:
    """Return the feed of that number, spoilt in one to three ways, and what its server calls it."""
    chance = random.Random(SEED + number)  # noqa: S311 - the same feeds every time
    feed = chance.choice(feeds)
    for _ in range(chance.choice((1, 1, 2, 3))):
        feed = chance.choice(WAYS)(feed or b"<", chance)[:LONGEST]
    return feed, chance.choice(TYPES)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_a_spoilt_feed_is_read_or_refused_in_words() -> None:
    feeds = seeds()
    assert len(feeds) > 100
    faults: list[str] = []
    told: dict[str, int] = {}

    async def one(workers: Workers, number: int, turns: asyncio.Semaphore) -> None:
        async with turns:
            body, kind = spoilt(number, feeds)
            try:
                entries, wrong = await workers.run(broken_promises, body, "https://site.example/feed", kind)
            except Unreadable as error:
                told[error.message] = told.get(error.message, 0) + 1
                if re.search(r"fail|crash|longer than|work to read|memory", error.message):
                    faults.append(f"{number}: {error.message}")
            else:
                read = "read" if entries else "read, without entries"
                told[read] = told.get(read, 0) + 1
                faults.extend(f"{number}: {fault}" for fault in wrong)

    async def every() -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        # What counts is work: by the clock, a busy machine may take long over a feed of a hundred thousand tags.
        async with Workers(seconds=90) as workers:
            await asyncio.gather(*(one(workers, number, turns) for number in range(MUTATED)))

    asyncio.run(every())
    logging.getLogger(__name__).info("%s", told)
    assert faults == []
    assert told["read"] > MUTATED / 3  # most damage leaves something to read, and so something to hold
    assert sum(told.values()) == MUTATED
