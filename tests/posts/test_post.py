"""A post is what its header means: every key in one shape, every wrong one a fault with its line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from curate.inbox.items import Quote
from curate.posts.post import PostFault, Source, parse_post, permalink

WHOLE = """---
title: Small models are taking the night shift
date: 2026-11-22T08:40:00+01:00
slug: small-models-on-call
kind: link
status: published
topic: Reliability
tags: [incident response, evaluation]
summary: mine
question: Would you?
source: {url: "https://example.org/a", title: Theirs, author: Rosa, site: Review, date: 2026-11-20,
  words: 1840, lang: en}
quotes:
- {text: We stopped asking., prefix: before, suffix: after}
- Just a text.
via: {name: Tomas, url: "https://example.net/1139"}
also_covered_by: [{title: Same, site: Else, url: "https://example.com"}]
corrections: [{date: 2026-11-23, text: Eight weeks.}]
syndication: [https://social.example/1]
item: kfmt
claim: It happens
confidence: 70 %
due: 2027-06-30
until: 2026-12-01
mood: calm
---
My words.
"""

PATH = Path("content/links/2026-11-22-small.md")


def header(**keys: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\ntitle: T\n{lines}---\nBody.\n"


def test_every_key_is_read_as_what_it_means() -> None:
    post = parse_post(WHOLE, PATH)
    assert post.date == datetime(2026, 11, 22, 7, 40, tzinfo=UTC)
    assert post.date.tzinfo is UTC
    assert (post.slug, post.kind, post.status, post.topic) == (
        "small-models-on-call",
        "link",
        "published",
        "Reliability",
    )
    assert post.tags == ("incident response", "evaluation")
    assert post.source == Source(
        url="https://example.org/a",
        title="Theirs",
        author="Rosa",
        site="Review",
        date="2026-11-20",
        words=1840,
        lang="en",
    )
    assert post.quotes == (
        Quote(text="We stopped asking.", prefix="before", suffix="after"),
        Quote(text="Just a text."),
    )
    assert (post.via_name, post.via_url) == ("Tomas", "https://example.net/1139")
    assert post.also_covered_by[0]["site"] == "Else"
    assert post.corrections == ({"date": "2026-11-23", "text": "Eight weeks."},)
    assert post.syndication == ("https://social.example/1",)
    assert (post.claim, post.confidence, post.due) == ("It happens", 0.7, date(2027, 6, 30))
    assert post.until == datetime(2026, 12, 1, tzinfo=UTC)
    assert post.header["mood"] == "calm"
    assert (post.body, post.body_line) == ("My words.\n", 27)
    assert (post.lines["title"], post.lines["quotes"], post.lines["mood"]) == (2, 13, 25)
    assert permalink(post) == "2026/small-models-on-call/"


def test_what_is_not_said_is_empty_and_never_published() -> None:
    post = parse_post("---\n---\n", Path("content/essays/2026-11-22-on-choosing.md"))
    assert (post.slug, post.kind, post.status) == ("on-choosing", "essay", "draft")
    assert (post.title, post.tags, post.source, post.date, post.confidence, post.due) == (
        "",
        (),
        None,
        None,
        None,
        None,
    )
    assert permalink(post) == "drafts/on-choosing/"
    assert parse_post(header(source="{url: 'https://e.example'}"), PATH).kind == "link"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22 08:40", datetime(2026, 11, 22, 8, 40, tzinfo=UTC)),
        ("2026-11-22T08:40:00Z", datetime(2026, 11, 22, 8, 40, tzinfo=UTC)),
        ("2026-11-22 08:40:00 +02:00", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("2026-12-31T23:30:00-02:00", datetime(2027, 1, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_moments_in_utc(said: str, meant: datetime) -> None:
    post = parse_post(header(date=said), PATH)
    assert post.date == meant
    assert permalink(post).startswith(f"{meant.year}/")


@pytest.mark.parametrize(
    ("url", "host"), [("https://www.rosa.example/a", "rosa.example"), ("http://[oops", ""), ("rosa", ""), ("", "")]
)
def test_the_host_of_a_source_is_that_of_its_address_where_it_is_one(url: str, host: str) -> None:
    assert Source(url=url).host == host


@pytest.mark.parametrize(
    ("said", "meant"), [("0.7", 0.7), ("70", 0.7), ("70%", 0.7), ("1", 1.0), ("0", 0.0), ("100 %", 1.0), ("1%", 0.01)]
)
def test_confidence_is_a_part_of_one(said: str, meant: float) -> None:
    assert parse_post(header(confidence=said), PATH).confidence == pytest.approx(meant)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("date", "soon"),
        ("date", "0001-01-01T00:00:00+05:00"),
        ("date", "[2026]"),
        ("due", "2026-13-01"),
        ("until", "tomorrow"),
        ("modified", "x"),
        ("modified", "0001-01-01"),
        ("confidence", "maybe"),
        ("confidence", "nan"),
        ("confidence", "170 %"),
        ("kind", "rant"),
        ("status", "live"),
        ("slug", "../up"),
        ("slug", "Große-Worte"),
        ("slug", f"{'x' * 81}"),
        ("tags", "{a: b}"),
        ("tags", "[[a]]"),
        ("source", "https://example.org"),
        ("source", "{words: many}"),
        ("source", f"{{words: {'9' * 5000}}}"),
        ("quotes", "{text: x}"),
        ("quotes", "[[x]]"),
        ("via", "[x]"),
        ("corrections", "x"),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_fault_of_its_line(key: str, value: str) -> None:
    with pytest.raises(PostFault) as caught:
        parse_post(header(mood="calm", **{key: value}), PATH)
    assert caught.value.line == 4
    assert caught.value.path == str(PATH)
    assert caught.value.hint


def test_a_bad_slug_of_a_file_name_is_a_fault_too() -> None:
    with pytest.raises(PostFault, match="cannot be a slug"):
        parse_post("---\ntitle: T\n---\n", Path("content/links/2026-11-22-My Post.md"))
