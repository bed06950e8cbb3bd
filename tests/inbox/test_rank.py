"""The score says how fresh an item is, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.inbox.rank import HALF_LIFE, score
from tests.inbox.stock import NOW, entry

if TYPE_CHECKING:
    from tests.inbox.stock import Stock


def test_the_score_halves_in_three_days_and_the_future_is_just_out(stock: Stock) -> None:
    stock.receive(
        *(entry(str(day), published=NOW - timedelta(days=day)) for day in (-1.0, 0.0, HALF_LIFE, 2 * HALF_LIFE))
    )
    assert [score(item, NOW) for item in stock.items()] == [1.0, 1.0, 0.5, 0.25]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(older=st.integers(0, 10**9), by=st.integers(0, 10**9))
def test_the_older_never_scores_higher(stock: Stock, older: int, by: int) -> None:
    stock.receive(entry())
    item = stock.only()
    younger = replace(item, published=NOW - timedelta(seconds=older))
    elder = replace(item, published=NOW - timedelta(seconds=older + by))
    assert 0 <= score(elder, NOW) <= score(younger, NOW) <= 1
