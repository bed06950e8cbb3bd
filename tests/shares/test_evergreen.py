"""What comes back in new words: when it is time, how often, how long, and that nothing is planned by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from curate.errors import Unknown, UsageError
from curate.shares import ledger
from curate.shares.evergreen import (
    Evergreen,
    allowed,
    due_evergreens,
    list_evergreens,
    set_evergreens,
    stop_evergreens,
)
from tests.shares.servers import START

if TYPE_CHECKING:
    from tests.shares.conftest import Ledger

DAY = timedelta(days=1)


def keep(book: Ledger, **more: Any) -> Evergreen:
    one = Evergreen(**{"post": "small-models", "account": "mastodon", "days": 60, "times": 3, **more})
    set_evergreens(book.connection, [one], now=START)
    return one


def said(book: Ledger, at: datetime, state: str = "sent") -> None:
    """Have shared the post at that time, or have it in another state."""
    share = book.share(text=f"Words of {at}", due=at)
    out = int(at.timestamp()) if state == "sent" else None
    book.connection.execute("UPDATE shares SET state = ?, sent_at = ? WHERE id = ?", (state, out, share.id))


@pytest.fixture
def green(book: Ledger) -> Ledger:
    book.account("mastodon", server="https://social.example", handle="dana")
    return book


def test_it_is_time_once_the_days_have_passed_and_no_sooner(green: Ledger) -> None:
    one = keep(green)
    said(green, START)
    assert due_evergreens(green.connection, START + 60 * DAY - timedelta(seconds=1)) == []
    [due] = due_evergreens(green.connection, START + 60 * DAY)
    assert (due.evergreen, due.said, due.last) == (one, 1, START)


def test_what_was_never_said_is_due_at_once(green: Ledger) -> None:
    keep(green)
    assert [(due.said, due.last) for due in due_evergreens(green.connection, START)] == [(0, None)]


@pytest.mark.parametrize("state", ["draft", "approved", "retry", "held", "unknown", "missed"])
def test_nothing_is_due_while_one_waits(green: Ledger, state: str) -> None:
    keep(green)
    said(green, START, state)
    assert due_evergreens(green.connection, START + 100 * DAY) == []


def test_what_never_went_out_does_not_count(green: Ledger) -> None:
    keep(green)
    said(green, START)
    said(green, START + 50 * DAY, "cancelled")
    said(green, START + 50 * DAY, "rejected")
    [due] = due_evergreens(green.connection, START + 60 * DAY)
    assert due.said == 1


def test_it_ends_after_so_many_times_or_on_its_day(green: Ledger) -> None:
    keep(green, times=2, until=START + 200 * DAY)
    said(green, START)
    assert due_evergreens(green.connection, START + 199 * DAY)
    assert due_evergreens(green.connection, START + 200 * DAY) == []
    said(green, START + 70 * DAY, "handed_over")
    assert due_evergreens(green.connection, START + 150 * DAY) == []


def test_its_times_lift_the_usual_bound_on_that_account_alone(green: Ledger) -> None:
    assert allowed(green.connection, "small-models", "mastodon") == 2
    keep(green, times=5)
    assert allowed(green.connection, "small-models", "mastodon") == 5
    assert allowed(green.connection, "small-models", "bluesky") == 2
    assert ledger.list_shares(green.connection) == []


def test_a_new_one_takes_the_place_of_the_old_and_stopping_forgets_it(green: Ledger) -> None:
    keep(green)
    newer = keep(green, days=30, until=START + 90 * DAY)
    other = keep(green, account="bluesky")
    assert list_evergreens(green.connection) == [other, newer]
    with pytest.raises(Unknown):
        stop_evergreens(green.connection, "small-models", ["bluesky", "threads"])
    assert len(list_evergreens(green.connection)) == 2
    assert stop_evergreens(green.connection, "small-models", ["bluesky"]) == [other]
    assert stop_evergreens(green.connection, "small-models") == [newer]
    with pytest.raises(Unknown):
        stop_evergreens(green.connection, "small-models")


@pytest.mark.parametrize("wrong", [{"days": 20}, {"days": 10**6}, {"times": 1}, {"times": 10**6}, {"until": START}])
def test_what_would_nag_or_never_come_is_refused_whole(green: Ledger, wrong: dict[str, Any]) -> None:
    good = Evergreen(post="another", account="mastodon", days=60, times=3)
    bad = Evergreen(**{"post": "small-models", "account": "mastodon", "days": 60, "times": 3, **wrong})
    with pytest.raises(UsageError):
        set_evergreens(green.connection, [good, bad], now=START)
    assert list_evergreens(green.connection) == []
