"""Find what a post's page shows of other posts: its neighbours in time, what is related, which tags lead on.

Pure. Related are earlier posts alone: a page does not change because something new was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

MOST_RELATED = 3
LOOKED_AT = 20  # the last posts of each tag and topic among which related ones are sought
OLD = timedelta(days=731)  # after which an essay says when it was written


class Surroundings(NamedTuple):
    """What stands around one post.

    ``earlier`` and ``later`` are its neighbours, ``related`` at most three earlier posts, best first.
    ``shared`` are the addresses of those of its tags that another post has, too; ``aged`` says that an
    essay is more than two years old.
    """

    earlier: Any
    later: Any
    related: Sequence[Any]
    shared: frozenset[str]
    aged: bool


def surround(articles: Sequence[Any], now: datetime) -> Iterable[tuple[Any, Surroundings]]:
    """Yield each article, oldest first, with its surroundings; ``articles`` are newest first."""
    oldest_first = articles[::-1]
    ranked = sorted(oldest_first, key=lambda article: (article.date, article.slug))
    ranks = {id(article): rank for rank, article in enumerate(ranked)}
    known = {id(tag): tag for article in articles for tag in _tags(article)}
    said = {at: (tag.slug, tag.url) for at, tag in known.items()}
    tags = [dict([said[id(tag)] for tag in _tags(article)]) for article in oldest_first]
    counts = Counter(chain.from_iterable(tags))
    seen: dict[str, list[int]] = defaultdict(list)  # ranks, by tag; with a space before it, by topic
    last = len(oldest_first) - 1
    for number, article in enumerate(oldest_first):
        mine = tags[number]
        topic = _topic(article)
        related = _related([seen[slug][-LOOKED_AT:] for slug in mine], seen[topic][-LOOKED_AT:] if topic else ())
        yield (
            article,
            Surroundings(
                oldest_first[number - 1] if number else None,
                oldest_first[number + 1] if number < last else None,
                tuple([ranked[rank] for rank in related]),
                frozenset([url for slug, url in mine.items() if counts[slug] > 1]),
                article.genre == "essay" and now - article.date > OLD,
            ),
        )
        for key in (*mine, topic) if topic else mine:
            seen[key].append(ranks[id(article)])


def _related(tagged: Sequence[Sequence[int]], filed: Sequence[int]) -> list[int]:
    """Return the ranks of the posts with which one has most in common; a tag counts twice as much as the topic.

    Where two have as much in common, the one of higher rank comes first.
    """
    points = Counter(chain(*tagged, *tagged, filed))
    best = sorted([(said, rank) for rank, said in points.items()], reverse=True)
    return [rank for _, rank in best[:MOST_RELATED]]


def _topic(article: Any) -> str:  # noqa: ANN401 - Pelican's Article
    """Return what stands for an article's topic; "" when it has none."""
    topic = getattr(article, "category", None)
    return f" {topic.slug}" if topic is not None and topic.slug else ""


def _tags(article: Any) -> Sequence[Any]:  # noqa: ANN401 - Pelican's Article
    return getattr(article, "tags", ())
