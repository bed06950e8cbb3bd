"""Tell whether two items are one story: an article handed on, a copy of it, a link to it, one event reported twice.

Pure: no disk, no clock; ``gathering`` keeps what is kept. Tuned for precision: what is in doubt stays apart.
Numbers, versions and dates in titles must agree, so that two releases, issues or episodes never meet; items of one
feed, and different pages of one site, never do. An item has keys under which an index finds what may be its
story; ``alike`` then looks at the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import fsum, log, sqrt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zlib import crc32

from curate.inbox.titles import STOCK, Numbers, agree, numbers, spoken, telling, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OPENING = 160  # words of a text that are compared
INDEXED = 56  # of these, words whose shingles are keys
SUMMARY = 45  # of these, words that name an event
SHINGLE = 3  # words
WINNOW = 6  # of so many shingles in a row the one with the least hash is a key
DAY = 86_400
SAME_PAGE = 90 * DAY  # between two items with one address, at most
COPIED = 14 * DAY  # between a text and its copy, or a link to it
REPORTED = DAY  # between two reports of one event
LINKS = 3  # to other sites, at most, in a post that is about one of them
SHORT = 250  # words of such a post, at most
TINY = 80  # words of one that says hardly more than where it leads
CROWD = 3_000  # words weigh as if there were at least so many items: among a few, every word is rare
STOCK_WEIGHT = 2.0  # of a word that is in many titles everywhere, at most
COPY = 0.6  # how sure of it a copy is, at least: below, two items only report one event
PAGE = re.compile(r"https?://[a-z0-9.-]+/[\w.~-]")  # how most addresses of articles begin
ASKS = re.compile(
    r"\?['\"”’]?\s*$|^(?:why|how|what|who|when|where|opinion|analysis|explainer|video|watch|podcast)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What of an item tells its story. ``feed`` is its number, None for a page the person added.

    ``url`` is canonical; ``led`` says that an aggregator handed it on, whose page is ``via``; ``links`` are the
    canonical addresses its text leads to on other sites; ``text`` its beginning at least, ``dated`` in seconds.
    ``crowded``: its feed gives several items this address.
    """

    number: int
    feed: int | None
    url: str
    title: str
    text: str
    dated: int
    words: int = 0
    led: bool = False
    via: str = ""
    links: frozenset[str] = frozenset()
    crowded: bool = False

    @cached_property
    def page(self) -> str:
        """Its address, when that is one article's alone; else ""."""
        return self.url if is_page(self.url) and not self.crowded else ""

    @cached_property
    def spoken(self) -> list[str]:
        """The words the text begins with."""
        return spoken(" ".join(self.text.split(maxsplit=OPENING)[:OPENING]))

    @cached_property
    def named(self) -> frozenset[str]:
        """What the title names."""
        return telling(spoken(self.title))

    @cached_property
    def told(self) -> frozenset[str]:
        """What the title and the first sentences name."""
        return self.named | telling(self.spoken[:SUMMARY])

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """Every few words in a row of the text's beginning."""
        return frozenset(_shingles(self.spoken))

    @cached_property
    def numbers(self) -> Numbers:
        """What the title counts."""
        return numbers(self.title)

    @cached_property
    def host(self) -> str:
        """The site of its page."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    @property
    def about(self) -> frozenset[str]:
        """The addresses that it hands its reader on to, when it is a post about one."""
        return self.links if len(self.links) <= LINKS and self.words <= SHORT else frozenset()

    @cached_property
    def word_keys(self) -> dict[str, int]:
        """The key of each word that names something."""
        return {word: key("word", word) for word in self.told}

    def keys(self) -> set[int]:
        """Return the keys under which others find this one."""
        words = self.spoken[:INDEXED]
        hashes = [crc32(" ".join(words[at : at + SHINGLE]).encode()) for at in range(len(words) - SHINGLE + 1)]
        rows = range(max(1, len(hashes) - WINNOW + 1))
        winnowed = {min(hashes[row : row + WINNOW]) for row in rows} if hashes else set()
        links = {key("link", url) for url in (*self.about, *filter(None, [self.via])) if is_page(url)}
        return winnowed | links | {found for word, found in self.word_keys.items() if word not in STOCK}


def key(kind: str, value: str) -> int:
    """Return a number that stands for a value of one kind, nearly always for it alone."""
    return crc32(f"{kind}\0{value}".encode())


def is_page(url: str) -> bool:
    """Say whether ``url`` is more than a site's front page, which everything on the site shares."""
    if PAGE.match(url):
        return True
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query)


def alike(one: Piece, other: Piece, weight: Callable[[str], float]) -> float:
    """Return how surely the two are one story, from 0, they are not, to 1; ``weight`` tells how rare a word is."""
    apart = abs(one.dated - other.dated)
    if not may_meet(one, other) or apart > SAME_PAGE:
        return 0.0
    if one.page and one.page == other.page:
        return 1.0
    if apart > COPIED or (one.host and one.host == other.host):
        return 0.0
    if (one.page and one.page == other.via) or (other.page and other.page == one.via):
        return 0.98
    return _in_words(one, other, weight) if _versions_agree(one, other) else 0.0


def may_meet(one: Piece, other: Piece) -> bool:
    """Say whether the two may stand in one story: of two feeds, and counting nothing differently."""
    return (one.feed is None or one.feed != other.feed) and agree(one.numbers, other.numbers)


def weigher(count: Callable[[str], int], items: int) -> Callable[[str], float]:
    """Return the weight of a word that ``count`` of ``items`` items hold: the rarer the more."""
    crowd = max(items, CROWD)

    def weight(word: str) -> float:
        found = log(crowd / min(max(count(word), 1), crowd)) + 0.1
        return min(found, STOCK_WEIGHT) if word in STOCK else found

    return weight


def lead(pieces: Iterable[Piece]) -> int:
    """Return the number of the piece that leads a story: the fullest original, the earliest of these."""
    pieces = list(pieces)
    addresses = {piece.url for piece in pieces}

    def place(piece: Piece) -> tuple[bool, int, int, int]:
        handed_on = piece.led or bool(piece.about & (addresses - {piece.url}))
        return handed_on, (piece.words < 300) + (piece.words < 80), piece.dated, piece.number

    return min(pieces, key=place).number


def join(
    found: Iterable[tuple[float, int, int]],
    pieces: Mapping[int, Piece],
    stories: Iterable[Sequence[int]],
    weight: Callable[[str], float],
) -> list[list[int]]:
    """Return the stories that come of ``stories`` and of pairs ``found`` to be alike, (how surely, one, other).

    The surest pairs join first. A story holds one item of a feed, and no two whose numbers disagree; of two
    stories that report one event, half the pairs must be alike.
    """
    groups = {number: [number] for number in pieces}
    for story in stories:
        members = sorted(story)
        groups.update(dict.fromkeys(members, members))
    for sure, one, other in sorted(found, key=lambda pair: (-pair[0], min(pair[1:]), max(pair[1:]))):
        left, right = groups[one], groups[other]
        if left is right:
            continue
        pairs = [(pieces[each], pieces[another]) for each in left for another in right]
        if not all(may_meet(each, another) for each, another in pairs):
            continue
        if sure < COPY and 2 * sum(alike(each, another, weight) > 0 for each, another in pairs) < len(pairs):
            continue
        joined = sorted(left + right)
        groups.update(dict.fromkeys(joined, joined))
    return [group for number, group in sorted(groups.items()) if group[0] == number and len(group) > 1]


def _in_words(one: Piece, other: Piece, weight: Callable[[str], float]) -> float:
    """Return how surely what the two say is one story."""
    titles = _overlap(one.named, other.named, weight)
    shared = len(one.shingles & other.shingles)
    least = min(len(one.shingles), len(other.shingles))
    contained = shared / least if least else 0.0
    if _links(one, other, titles, shared) or _links(other, one, titles, shared):
        return 0.9
    if _copied(titles, shared, contained):
        return COPY + 0.25 * contained
    return _reported(one, other, weight) if abs(one.dated - other.dated) <= REPORTED else 0.0


def _shingles(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)]


def _overlap(one: frozenset[str], other: frozenset[str], weight: Callable[[str], float]) -> float:
    """Return how much of the shorter title is in the other, by weight."""
    least = min(fsum(map(weight, one)), fsum(map(weight, other)))
    return fsum(map(weight, one & other)) / least if least else 0.0


def _likeness(one: frozenset[str], other: frozenset[str], weight: Callable[[str], float]) -> float:
    """Return the cosine of the two, words weighed by how rare they are."""
    size = sqrt(fsum(weight(word) ** 2 for word in one) * fsum(weight(word) ** 2 for word in other))
    return fsum(weight(word) ** 2 for word in one & other) / size if size else 0.0


def _versions_agree(one: Piece, other: Piece) -> bool:
    """Say whether the versions in the texts fit, where a title does not name the one it is about."""
    if one.numbers.strict and other.numbers.strict:
        return True  # they agree, or the two would not have met
    here, there = (
        piece.numbers.strict or versions(" ".join(piece.text.split(maxsplit=OPENING)[:OPENING]))
        for piece in (one, other)
    )
    return bool(here & there) or not (here and there)


def _links(one: Piece, other: Piece, titles: float, shared: int) -> bool:
    """Say whether ``one`` is a short post about the page of ``other``."""
    if not other.page or other.page not in one.about:
        return False
    return titles >= 0.6 or shared >= 8 or (len(one.links) == 1 and one.words <= TINY)


def _copied(titles: float, shared: int, contained: float) -> bool:
    return (titles >= 0.6 and shared >= 8 and contained >= 0.35) or (
        titles >= 0.3 and shared >= 40 and contained >= 0.8
    )


def _reported(one: Piece, other: Piece, weight: Callable[[str], float]) -> float:
    """Return how surely two texts in different words report one event."""
    if bool(ASKS.search(one.title)) != bool(ASKS.search(other.title)):
        return 0.0
    rare = (one.named & other.named) - STOCK
    if len(rare) < 2:
        return 0.0
    titles = _likeness(one.named, other.named, weight)
    told = _likeness(one.told, other.told, weight)
    words = len(one.told & other.told)
    much = words >= 9 or (len(rare) >= 3 and (words >= 6 or titles >= 0.5))
    enough = much and titles >= 0.33 and told >= 0.25 and titles + told >= 0.8
    return min(0.3 + 0.15 * (titles + told), COPY - 0.01) if enough else 0.0
