"""What is one story and what is not: numbers, copies, links, reports of one event, and the labelled set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stories import judge, read_labels, saved_feeds
from curate.inbox.stories import Piece, alike, join, lead, weigher
from curate.inbox.titles import agree, numbers
from tests.conftest import CORPORA

WEIGHT = weigher(lambda _: 0, 0)
TEXT = (
    "The night crew at the harbour switched the cranes to the new scheduler on Tuesday and watched the queue of "
    "waiting ships shrink by a third before breakfast, which nobody had promised them and two people had bet against."
)


def piece(number: int, title: str = "Harbour cranes obey the new scheduler", **changes: Any) -> Piece:
    """A piece of a feed and a site of its own."""
    said = {
        "number": number,
        "feed": number,
        "url": f"https://site{number}.example/{number}",
        "title": title,
        "text": TEXT,
        "dated": 1_000_000 + number,
        "words": 400,
    }
    return Piece(**{**said, **changes})


def same(one: Piece, other: Piece) -> bool:
    forth, back = alike(one, other, WEIGHT), alike(other, one, WEIGHT)
    assert forth == back, "whichever came first"
    return forth > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foo 1.2 released", "Foo 1.3 released"),
        ("Foo 1.2 released", "Foo 1.2.1 released"),
        ("Foo 2.0 released", "Foo 2.0 beta released"),
        ("Foo 2.0rc1 is out", "Foo 2.0rc2 is out"),
        ("Foo v9", "Foo v10"),
        ("Foo 9 released", "Foo 10 released"),
        ("Weekly #412", "Weekly #413"),
        ("Ruby Weekly Issue 412", "Ruby Weekly Issue 413"),
        ("Episode 7: the harbour", "Episode 8: the harbour"),
        ("Harbour notes, part II", "Harbour notes, part III"),
        ("Harbour notes, part two", "Harbour notes, part three"),
        ("Harbour report for 3 March 2026", "Harbour report for 10 March 2026"),
        ("Harbour report, January", "Harbour report, February"),
        ("Friday links", "Monday links"),
        ("Log4j2 in the harbour", "Log4j1 in the harbour"),
        ("GPT-4 in the harbour", "GPT-5 in the harbour"),
        ("Foo ２.１ released", "Foo 2.2 released"),
    ],
)
def test_titles_that_count_differently_never_meet_whatever_else_agrees(one: str, other: str) -> None:
    assert not agree(numbers(one), numbers(other))
    assert not same(piece(1, one), piece(2, other))
    assert not same(piece(1, one, url="https://a.example/log"), piece(2, other, url="https://a.example/log"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foo 1.2 released", "Foo 1.2 released"),
        ("Foo 1.2 released", "Foo v1.2 is out"),
        ("Weekly #412", "Weekly 412"),
        ("Nine arrested after 2 fires", "9 arrested after two fires"),
        ("Harbour loses 1,000 crates", "Harbour loses 1000 crates"),
        ("Harbour cranes obey", "Harbour cranes obey 400 captains"),
    ],
)
def test_titles_that_count_alike_may_meet(one: str, other: str) -> None:
    assert agree(numbers(one), numbers(other))


def test_a_release_without_its_number_joins_neither_of_two() -> None:
    first, second = piece(1, "Foo 1.2 released"), piece(2, "Foo 1.3 released")
    bridge = piece(3, "Foo released", text=f"Version 1.2 is here. {TEXT}")
    assert same(first, bridge)
    assert not same(second, bridge), "its text names another version"
    silent = piece(4, "Foo released")
    pieces = {each.number: each for each in (first, second, silent)}
    pairs = [(alike(silent, each, WEIGHT), 4, each.number) for each in (first, second)]
    assert join(pairs, pieces, [], WEIGHT) == [[1, 4]], "what fits both joins one of them"


def test_one_address_is_one_story_whatever_the_titles_and_a_front_page_is_no_article() -> None:
    assert same(piece(1, url="https://a.example/x"), piece(2, "Look at this", text="", url="https://a.example/x"))
    front = {"url": "https://a.example/", "text": ""}
    assert not same(piece(1, "Cranes at night", **front), piece(2, "Ships by day", **front))
    crowded = {"url": "https://a.example/news", "text": ""}
    assert not same(piece(1, "Cranes at night", crowded=True, **crowded), piece(2, "Ships by day", **crowded))


def test_items_of_one_feed_and_pages_of_one_site_never_meet() -> None:
    assert not same(piece(1, feed=7), piece(2, feed=7))
    assert not same(piece(1, url="https://a.example/x"), piece(2, url="https://www.a.example/y"))


def test_a_copy_is_found_by_its_text_and_title_and_not_by_boilerplate_alone() -> None:
    assert same(piece(1), piece(2, "Night Notes: Harbour cranes obey the new scheduler"))
    assert same(piece(1), piece(2, text=f"{TEXT} And more was said."))
    assert not same(piece(1), piece(2, "Bridges need paint")), "one text, other things"
    other = "Nothing of the kind was ever said here by anybody who was asked about it."
    assert not same(piece(1, "Links of the week"), piece(2, "Links of the week", text=other)), "one title, other texts"
    assert not same(piece(1), piece(2, dated=1_000_000 + 30 * 86_400)), "a month later"


def test_a_short_post_that_leads_to_a_page_is_its_story_and_a_reply_is_not() -> None:
    article = piece(1)
    links = frozenset({article.url})
    short = {"words": 30, "text": "Worth reading this evening.", "links": links}
    assert same(article, piece(2, "Worth reading", **short))
    many = {**short, "links": links | {f"https://x{name}.example/" for name in "abc"}}
    assert not same(article, piece(2, "Worth reading", **many))
    reply = {"words": 240, "text": "I think otherwise, and here are my seven reasons for it.", "links": links}
    assert not same(article, piece(2, "Why I disagree", **reply))


def test_the_fullest_original_leads() -> None:
    original = piece(3, dated=9)
    handed_on = piece(1, led=True, dated=1)
    link = piece(2, words=100, links=frozenset({original.url}), dated=2)
    assert lead([handed_on, link, original]) == 3
    assert lead([piece(1, words=20, dated=1), piece(2, words=900, dated=5)]) == 2
    assert lead([piece(1, dated=5), piece(2, dated=4)]) == 2


def test_a_story_holds_one_item_of_a_feed() -> None:
    pieces = {n: piece(n, feed=n % 2) for n in (1, 2, 3)}
    assert join([(0.9, 2, 1), (0.8, 3, 2)], pieces, [], WEIGHT) == [[1, 2]]


titles = st.sampled_from(
    ["Foo 1.2 released", "Foo 1.3 released", "Foo released", "Foo 1.3 beta", "Weekly #412", "Weekly"]
)
pairs = st.lists(st.tuples(st.floats(0.1, 1), st.integers(0, 7), st.integers(0, 7)), max_size=20)


@given(st.lists(titles, min_size=8, max_size=8), pairs, st.randoms(use_true_random=False))
def test_no_story_holds_numbers_that_disagree_and_the_order_of_pairs_changes_nothing(
    names: list[str], found: list[tuple[float, int, int]], luck: Any
) -> None:
    pieces = {number: piece(number, name) for number, name in enumerate(names)}
    found = [pair for pair in found if pair[1] != pair[2]]
    stories = join(found, pieces, [], WEIGHT)
    for story in stories:
        assert all(agree(pieces[one].numbers, pieces[other].numbers) for one in story for other in story)
    luck.shuffle(found)
    assert join(found, pieces, [], WEIGHT) == stories


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_can_be_compared(one: str, other: str) -> None:
    same(piece(1, one, text=other), piece(2, other, text=one))
    assert agree(numbers(one), numbers(one))


@pytest.mark.skipif(not CORPORA.is_dir(), reason="needs the shared corpora")
def test_what_is_found_in_real_feeds_is_what_a_reader_calls_one_story() -> None:
    judged = judge(saved_feeds())
    assert judged.same == sum(label == "same" for label in read_labels().values()), "every labelled item is there"
    assert judged.precision >= 0.95, judged.wrong
    assert judged.recall >= 0.55
