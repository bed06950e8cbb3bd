"""Judge how much a person wants an item, from what they kept and skipped; and say by what. Pure: no disk, no clock.

Naive Bayes over what an item shows: words, tags, author, site, feed, length. Each such sign adds or takes
doublings of the chance to be wanted; the sum is the item's interest. Signs are counted in hashed places, so that what
was learned has one size; the words behind a judgement come from the item itself.
"""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit
from zlib import crc32

from curate.inbox.titles import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from curate.inbox.items import Item

FRESH = 3.0  # days after which an item is half as wanted
MOST = 6.0  # doublings that all signs together add or take, at most: more would hide an item
PLACES = 2**17
DOUBT = {"word": 3.0, "tag": 1.5, "author": 1.5, "site": 1.5, "feed": 1.5, "length": 8.0}  # decisions that weigh as one
TITLE, SUMMARY = 1.0, 0.5  # of a word
WEIGHT = {"word": 0.4, "tag": 1.0, "author": 0.6, "site": 0.6, "feed": 1.0, "length": 0.5}  # signs repeat each other
LETTERS = 400  # of a summary
LONG = ((0, "no text"), (265, "a minute"), (1_000, "a few minutes"), (2_500, "a long read"))  # fewer words than that
WORD = re.compile(r"[^\W_][\w'’+#.\-]*[\w+#]|[^\W\d_]")
POWER = {"skipped": -1.0, "kept": 1.0, "drafted": 3.0, "posted": 3.0}  # of a decision, as a lesson
WRITTEN_ON = 2.0  # of an item kept, with a note or a quote

Kind = Literal["word", "tag", "author", "site", "feed", "length"]


class Sign(NamedTuple):
    """Something that an item shows; a feed's ``value`` is its number."""

    kind: Kind
    value: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What of an item is judged. ``feed`` is its number, None for a page the person added."""

    title: str
    summary: str
    author: str
    url: str
    feed: int | None
    words: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A decision to learn from; ``power`` is above 0 for what was wanted."""

    subject: Subject
    power: float


@dataclass(frozen=True)
class Effect:
    """What one sign adds, in doublings of the chance to be wanted."""

    sign: Sign
    adds: float


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What lessons came to: how much was ``wanted`` and ``unwanted`` in all, and at each sign's place."""

    lessons: int
    wanted: float
    unwanted: float
    counts: array[float]  # of each place what was wanted, then what was not
    told: dict[Sign, float] = field(default_factory=dict)  # the effects that were asked for

    @property
    def base(self) -> float:
        """The odds that anything is wanted, as a logarithm to 2."""
        return math.log2((self.wanted + 1) / (self.unwanted + 1))

    @property
    def mute(self) -> bool:
        """Whether nothing can be told: one kind of decision says nothing about what is wanted."""
        return not self.wanted or not self.unwanted

    def effect(self, sign: Sign) -> float:
        """Return what ``sign`` says, doubted where few decisions bear it out, and as loud as its kind may be."""
        if (known := self.told.get(sign)) is not None:
            return known
        self.told[sign] = found = WEIGHT[sign.kind] * self._effect(sign)
        return found

    def _effect(self, sign: Sign) -> float:
        at = place(sign)
        wanted, unwanted = self.counts[at], self.counts[at + 1]
        if not wanted and not unwanted:
            return 0.0
        share = (self.wanted + 1) / (self.wanted + self.unwanted + 2)
        doubt = DOUBT[sign.kind]
        return math.log2((wanted + doubt * share) / (unwanted + doubt * (1 - share))) - self.base


def score(item: Item, now: datetime) -> float:
    """Return by what lists are ordered: interest, boost, and one doubling less for every three days of age."""
    return round(item.interest + item.boost - (now - item.dated).total_seconds() / 86_400 / FRESH, 2)


def learn(lessons: Iterable[Lesson]) -> Learned:
    """Count what was wanted and what was not, by sign."""
    counts = array("f", bytes(8 * PLACES))
    total = [0.0, 0.0]
    taught = 0
    for lesson in lessons:
        side, power = (0, lesson.power) if lesson.power > 0 else (1, -lesson.power)
        for sign in signs(lesson.subject):
            counts[place(sign) + side] += power
        total[side] += power
        taught += 1
    return Learned(lessons=taught, wanted=total[0], unwanted=total[1], counts=counts)


def judge(learned: Learned, subject: Subject) -> list[Effect]:
    """Return what every sign of the item adds, that which matters most first; their sum is at most 6 either way."""
    shown = signs(subject)
    total = _total(learned, shown)
    if not total:
        return []
    scale = min(1.0, MOST / abs(total))
    effects = [Effect(sign, weight * learned.effect(sign) * scale) for sign, weight in shown.items()]
    return sorted((effect for effect in effects if effect.adds), key=lambda effect: (-abs(effect.adds), effect.sign))


def interest(learned: Learned, subject: Subject) -> float:
    """Return what all its signs say of the item, at most 6 either way; 0 while nothing can be told."""
    return max(-MOST, min(MOST, _total(learned, signs(subject))))


def _total(learned: Learned, shown: dict[Sign, float]) -> float:
    if learned.mute:
        return 0.0
    return sum([weight * learned.effect(sign) for sign, weight in shown.items()])


def signs(subject: Subject) -> dict[Sign, float]:
    """Return what the item shows, each with its weight."""
    found = {Sign("word", word): SUMMARY for word in _words(subject.summary[:LETTERS])}
    found |= {Sign("word", word): TITLE for word in _words(subject.title)}
    found |= {Sign("tag", tag.casefold()): 1.0 for tag in subject.tags}
    if subject.author:
        found[Sign("author", subject.author.casefold())] = 1.0
    if host := (urlsplit(subject.url).hostname or "").removeprefix("www."):
        found[Sign("site", host)] = 1.0
    if subject.feed is not None:
        found[Sign("feed", str(subject.feed))] = 1.0
    found[Sign("length", next((name for most, name in LONG if subject.words <= most), "a very long read"))] = 1.0
    return found


def place(sign: Sign) -> int:
    """Return where a sign is counted: what was wanted there, and beside it what was not."""
    return crc32(f"{sign.kind}\0{sign.value}".encode(errors="replace")) % PLACES * 2


def _words(text: str) -> list[str]:
    found = dict.fromkeys(WORD.findall(text.casefold()))
    return [word for word in found if len(word) > 1 and word not in EMPTY and not word.isdigit()]
