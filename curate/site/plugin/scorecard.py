"""Make of all predictions what /predictions/ shows: totals by year, calibration, open ones, one table.

Pure: articles and a day in, rows out. Whatever is to be printed as HTML is finished here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from curate.posts.predictions import calibration, read_prediction, score
from curate.site.plugin.boxes import badge
from curate.site.plugin.chart import calibration_chart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from curate.posts.predictions import Band, Prediction, Score

# ruff: noqa: ANN401 - Pelican's articles carry no types


class Row(NamedTuple):
    """One prediction: its article, what it says, its outcome as HTML; ``late`` when it should be graded by now."""

    article: Any
    said: Prediction
    badge: Markup
    late: bool


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """All that the page shows. ``years`` are newest first, and so are ``rows``; ``waiting`` by the day they are due.

    ``taken_down`` counts predictions whose posts are gone: they are in none of the rest.
    """

    whole: Score
    years: tuple[tuple[int, Score], ...]
    bands: tuple[Band, ...]
    chart: Markup
    waiting: tuple[Row, ...]
    rows: tuple[Row, ...]
    taken_down: int


def make_scorecard(articles: Iterable[Any], today: date, *, taken_down: int = 0) -> Scorecard | None:
    """Return the scorecard of the predictions among ``articles``; None when there are none."""
    claims = [article for article in articles if article.claims]
    rows = [_row(article, said, today) for article in claims if (said := read_prediction(article.post))]
    if not rows:
        return None
    rows.sort(key=lambda row: (row.article.date, row.article.slug), reverse=True)
    waiting = [row for row in rows if row.said.outcome == "pending"]
    waiting.sort(key=lambda row: (row.said.due is None, row.said.due or today, row.article.slug))
    years = sorted({row.article.date.year for row in rows}, reverse=True)
    bands = tuple(calibration(row.said for row in rows))
    return Scorecard(
        whole=score([row.said for row in rows]),
        years=tuple((year, score([row.said for row in rows if row.article.date.year == year])) for year in years),
        bands=bands,
        chart=Markup(calibration_chart(bands)),  # noqa: S704 - numbers and our own words
        waiting=tuple(waiting),
        rows=tuple(rows),
        taken_down=taken_down,
    )


def _row(article: Any, said: Prediction, today: date) -> Row:
    late = said.outcome == "pending" and said.due is not None and said.due < today
    return Row(article, said, Markup(badge(said.outcome)), late)  # noqa: S704 - one of a few words
