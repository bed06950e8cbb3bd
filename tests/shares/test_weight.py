"""X's weighted length and links, by the cases that come with its configuration, and beside them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.shares.weight import LINK, find_links, weigh
from tests.conftest import CORPORA

CASES = CORPORA / "derived" / "twitter-text.json"


def cases(*sections: str) -> list[Any]:
    """Return the published cases of these sections, each ``file/section``."""
    if not CASES.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the corpora are not beside this checkout"))]
    every = json.loads(CASES.read_text(encoding="utf-8"))
    return [case for case in every if f"{case['file']}/{case['section']}" in sections]


def name(case: dict[str, Any]) -> str:
    return str(case.get("description", "absent"))


def linked(text: str, *, bare: bool = True) -> list[str]:
    return [text[span.start : span.end] for span in find_links(text, bare=bare)]


WEIGHED = cases(
    "validate/WeightedTweetsCounterTest",
    "validate/WeightedTweetsWithDiscountedEmojiCounterTest",
    "validate/UnicodeDirectionalMarkerCounterTest",
)


@pytest.mark.parametrize("case", WEIGHED, ids=name)
def test_a_text_weighs_what_x_says(case: dict[str, Any]) -> None:
    expected = case["expected"]["weightedLength"]
    if case["section"] == "WeightedTweetsCounterTest" and "skin tone" in case["description"]:
        expected = 4  # that section counts by the second configuration, where emoji were not taken whole
    assert weigh(case["text"]) == expected


@pytest.mark.parametrize("case", cases("extract/urls", "extract/tco_urls_with_params"), ids=name)
def test_links_are_found_where_x_finds_them(case: dict[str, Any]) -> None:
    assert linked(case["text"]) == case["expected"]


@pytest.mark.parametrize("case", cases("extract/urls_with_indices", "extract/urls_with_directional_markers"), ids=name)
def test_links_begin_and_end_where_x_says(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [{"url": text[span.start : span.end], "indices": [span.start, span.end]} for span in find_links(text)]
    assert found == case["expected"]


@pytest.mark.parametrize("case", cases("autolink/urls"), ids=name)
def test_addresses_are_found_when_domains_alone_are_not_asked_for(case: dict[str, Any]) -> None:
    expected = [html.unescape(url) for url in re.findall(r'<a href="([^"]*)"', case["expected"])]
    assert linked(case["text"], bare=False) == expected


@pytest.mark.parametrize("case", cases("validate/urls", "validate/urls_without_protocol"), ids=name)
def test_an_address_by_itself_is_one_link_or_none(case: dict[str, Any]) -> None:
    # A plus sign may end an address, but in a text it is not taken for part of one.
    assert (linked(case["text"]) == [case["text"].rstrip("+")]) is case["expected"]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello", 5),
        ("漢字", 4),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 2),
        ("🇺🇸", 2),
        ("1️⃣", 2),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2),
        ("©", 1),
        ("©️", 2),
        ("☺︎", 4),  # said to be text: two characters of 2
        ("— “x” …", 8),
        ("see dana.example.com/talk", 4 + LINK),
        ("ASP.net", LINK),
        ("Vue.js", 6),
        ("http://localhost/", 17),
    ],
)
def test_each_kind_of_character_has_its_weight(text: str, weight: int) -> None:
    assert weigh(text) == weight


@given(st.text(st.sampled_from("ab. /:?#@()-_漢é👩\u200d🚒\ufe0f") | st.characters(codec="utf-8"), max_size=60))
def test_links_of_any_text_lie_in_order_inside_it(text: str) -> None:
    last = 0
    for span in find_links(f"{text} https://a.dev/b c.dev"):
        assert last <= span.start < span.end
        last = span.end
    assert weigh(text) <= 2 * len(text) + LINK * len(find_links(text))
    assert weigh(text + " https://a.dev/b") >= LINK
