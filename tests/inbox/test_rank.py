"""What an item shows is weighed by what was kept and skipped; every judgement says by what."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.inbox.rank import FRESH, MOST, Lesson, Sign, Subject, interest, judge, learn, score, signs
from tests.inbox.stock import NOW, entry

if TYPE_CHECKING:
    from tests.inbox.stock import Stock


def subject(title: str = "", *, feed: int = 1, summary: str = "", words: int = 500, author: str = "") -> Subject:
    return Subject(title=title, summary=summary, author=author, url="https://a.example/x", feed=feed, words=words)


WANTED = Lesson(subject=subject("Postmortem of an outage"), power=1)
UNWANTED = Lesson(subject=subject("Pricing of a plan", feed=2), power=-1)
titles = st.lists(
    st.sampled_from(["outage", "pager", "pricing", "plan", "queue", "budget", "zebra", "[/nope]", "�", "naïve"]),
    max_size=6,
)
subjects = st.builds(lambda words, feed: subject(" ".join(words), feed=feed), titles, st.integers(1, 4))
lessons = st.lists(
    st.builds(lambda said, power: Lesson(subject=said, power=power), subjects, st.sampled_from([1, 3, -1]))
)


def test_words_and_feeds_of_what_was_kept_speak_for_an_item_and_those_skipped_against_it() -> None:
    learned = learn([WANTED, UNWANTED] * 5)
    said = {effect.sign: effect.adds for effect in judge(learned, subject("An outage, and pricing", feed=1))}
    assert said[Sign("word", "outage")] > 0 > said[Sign("word", "pricing")]
    assert said[Sign("feed", "1")] > 0
    assert (
        interest(learned, subject("outage"))
        > interest(learned, subject("zebra"))
        > interest(learned, subject("pricing", feed=2))
    )


def test_a_word_in_the_title_says_more_than_one_in_the_summary() -> None:
    learned = learn([WANTED, UNWANTED] * 5)
    assert signs(subject("outage", summary="outage"))[Sign("word", "outage")] == 1
    assert interest(learned, subject("outage")) > interest(learned, subject(summary="outage"))


def test_more_decisions_make_surer_and_a_post_teaches_more_than_a_keep() -> None:
    once, often = (interest(learn([WANTED, UNWANTED] * times), subject("outage")) for times in (1, 10))
    assert 0 < once < often
    posted = Lesson(subject=WANTED.subject, power=3)
    others = [UNWANTED] * 3 + [Lesson(subject=subject("queue", feed=3), power=1)] * 3
    assert interest(learn([posted, *others]), subject("outage")) > interest(learn([WANTED, *others]), subject("outage"))


@pytest.mark.parametrize("taught", [[], [WANTED] * 9, [UNWANTED] * 9])
def test_one_kind_of_decision_says_nothing(taught: list[Lesson]) -> None:
    assert judge(learn(taught), subject("outage")) == []
    assert interest(learn(taught), subject("outage")) == 0


@given(lessons, subjects)
def test_what_is_told_adds_up_to_the_interest_and_hides_nothing(taught: list[Lesson], said: Subject) -> None:
    learned = learn(taught)
    effects = judge(learned, said)
    assert math.isclose(sum(effect.adds for effect in effects), interest(learned, said), abs_tol=1e-9)
    assert abs(interest(learned, said)) <= MOST
    assert {effect.sign for effect in effects} <= signs(said).keys()


@given(lessons, subjects)
def test_the_order_of_lessons_does_not_matter(taught: list[Lesson], said: Subject) -> None:
    assert interest(learn(taught), said) == pytest.approx(interest(learn(taught[::-1]), said))


def test_most_is_never_passed() -> None:
    wide = "outage pager queue budget zebra index latency memory schema review hiring release".split()  # noqa: SIM905
    learned = learn([Lesson(subject=subject(" ".join(wide)), power=3), UNWANTED] * 500)
    assert interest(learned, subject(" ".join(wide * 3))) == MOST


def test_three_days_older_is_one_less_and_the_score_orders_as_the_database_does(stock: Stock) -> None:
    stock.receive(*(entry(str(days), published=NOW - timedelta(days=days)) for days in (0, FRESH, 2 * FRESH)))
    assert [score(item, NOW) for item in stock.items()] == [0.0, -1.0, -2.0]
    stock.connection.execute("UPDATE items SET interest = 1.5, boost = -0.25 WHERE guid = '0'")
    assert score(stock.items()[0], NOW) == 1.25
