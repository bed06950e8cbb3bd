"""Corrections of all posts, newest first, whatever of them was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.posts.corrections import gather_corrections, in_one_text
from curate.posts.header import dump
from curate.posts.post import Post, PostFault, parse_post
from curate.posts.results import result_of


def post(slug: str, **header: object) -> Post:
    return parse_post(f"---\n{dump({'title': slug, 'slug': slug, **header})}---\n", Path(f"{slug}.md"))


def test_corrections_come_newest_first_and_those_without_a_day_last() -> None:
    posts = [
        post("a", corrections=[{"date": "2026-01-02", "text": "old"}, {"date": "long ago", "text": "undated"}]),
        post("b"),
        post("c", corrections=[{"date": "2026-11-02T10:00:00+00:00", "text": "new"}, {"text": "dateless"}]),
        post("d", corrections=[{"date": "2026-01-02", "text": "same day"}]),
    ]
    found = gather_corrections(posts)
    assert [said.text for _, said in found] == ["new", "old", "same day", "undated", "dateless"]
    assert found[3][1].said_on == "long ago"
    assert gather_corrections(reversed(posts)) == found


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"text": "It ran eight weeks."}, "It ran eight weeks."),
        ({"wrong": "twelve", "right": "eight", "by": "R. L."}, "It said: twelve. Right is: eight. Noticed by R. L.."),
        ({"text": "Eight", "by": "Rosa"}, "Eight. Noticed by Rosa."),
        ({}, ""),
    ],
)
def test_a_correction_is_said_in_one_text(said: dict[str, str], text: str) -> None:
    assert in_one_text(said) == text.replace("..", ".")


def test_only_a_post_of_that_kind_is_a_result() -> None:
    assert result_of(post("a", after="4")) is None
    result = result_of(post("a", kind="result", after="4", topic="Nights", proof_url="ftp://x", confirmed="2026-01-02"))
    assert result is not None
    assert (result.after, result.topic, result.proof_url, str(result.confirmed)) == ("4", "Nights", "", "2026-01-02")


def test_a_result_confirmed_on_no_day_names_its_line() -> None:
    with pytest.raises(PostFault) as caught:
        result_of(post("a", kind="result", confirmed="lately"))
    assert caught.value.line == 5
