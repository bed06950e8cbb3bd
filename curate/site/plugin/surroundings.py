"""Find what a post's page shows of other posts: its neighbours in time, what is related, which tags lead on.

Pure. Related are earlier posts alone: a page does not change because something new was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

MOST_RELATED = 3
LOOKED_AT = 20  # the last posts of each tag and topic among which related ones are sought
OLD = timedelta(days=731)  # after which an essay says when it was written


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What stands around one post.

    ``earlier`` and ``later`` are its neighbours, ``related`` at most three earlier posts, best first.
    ``shared`` are the addresses of those of its tags that another post has, too; ``aged`` says that an
    essay is more than two years old.
    """

    earlier: Any = None
    later: Any = None
    related: Sequence[Any] = ()
    shared: frozenset[str] = frozenset()
    aged: bool = False


def surround(articles: Sequence[Any], now: datetime) -> Iterable[tuple[Any, Surroundings]]:
    """Yield each article, oldest first, with its surroundings; ``articles`` are newest first."""
    counts = Counter(slug for article in articles for slug in {tag.slug for tag in _tags(article)})
    seen: dict[str, list[Any]] = defaultdict(list)
    oldest_first = articles[::-1]
    for number, article in enumerate(oldest_first):
        yield (
            article,
            Surroundings(
                earlier=oldest_first[number - 1] if number else None,
                later=oldest_first[number + 1] if number + 1 < len(oldest_first) else None,
                related=_related(article, seen),
                shared=frozenset(tag.url for tag in _tags(article) if counts[tag.slug] > 1),
                aged=article.genre == "essay" and now - article.date > OLD,
            ),
        )
        for key in _keys(article):
            seen[key].append(article)


def _related(article: Any, seen: dict[str, list[Any]]) -> tuple[Any, ...]:  # noqa: ANN401 - Pelican's Article
    """Return the earlier posts with which it has most in common; a tag counts twice as much as the topic."""
    points: Counter[int] = Counter()
    found = {}
    for key, weight in _keys(article).items():
        for other in seen.get(key, ())[-LOOKED_AT:]:
            points[id(other)] += weight
            found[id(other)] = other
    best = sorted(found.values(), key=lambda other: (points[id(other)], other.date, other.slug), reverse=True)
    return tuple(best[:MOST_RELATED])


def _keys(article: Any) -> dict[str, int]:  # noqa: ANN401 - Pelican's Article
    keys = {f"tag {tag.slug}": 2 for tag in _tags(article)}
    topic = getattr(article, "category", None)
    return keys | ({f"topic {topic.slug}": 1} if topic is not None and topic.slug else {})


def _tags(article: Any) -> Sequence[Any]:  # noqa: ANN401 - Pelican's Article
    return getattr(article, "tags", ())
