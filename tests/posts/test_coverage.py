"""Terms are counted where searchers would find them; a name in two spellings is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.posts.coverage import cover, misspelled
from curate.posts.post import Post, parse_post
from curate.posts.profile import Link, Profile, Role


def post(header: str, status: str = "published") -> Post:
    return parse_post(f"---\nslug: a\nstatus: {status}\n{header}\n---\nbody\n", Path("content/a.md"))


def test_a_term_is_counted_as_whole_words_in_each_place() -> None:
    posts = [
        post("title: On-call, again\ntags: [On Call, pay]\nsummary: nothing"),
        post("title: Calls\ntopic: on-call\nclaim: On call will end."),
        post("title: On call in a draft", "draft"),
    ]
    profile = Profile(label="Keeps on-call quiet", roles=(Role(position="x", highlights=("ON CALL", "on-call")),))
    [term] = cover(["on-call", "On call", " "], posts, profile)
    assert (term.titles, term.summaries, term.tags, term.profile) == (1, 1, 2, 2)
    assert term.missing == ()


def test_what_nobody_says_is_missing_everywhere() -> None:
    [term] = cover(["reliability"], [post("title: Unreliability")], Profile(label="reliable"))
    assert term.missing == ("titles", "summaries", "tags", "profile")


@pytest.mark.parametrize(
    ("term", "text", "said"),
    [
        ("C++", "Why C++?", 1), ("C++", "Why C?", 0), ("C", "C#, C++ and F#", 0), ("C#", "Learning C#.", 1),
        ("café", "The cafe\u0301", 1), ("機械学習", "私は機械学習が好き", 1), ("機械学習", "私は機械が好き", 0),
        ("#ops", "ops", 1),
    ],
)  # fmt: skip
def test_a_term_is_found_as_it_is_written_and_no_other(term: str, text: str, said: int) -> None:
    [found] = cover([term], [post(f"title: '{text}'")], Profile())
    assert found.titles == said


@pytest.mark.parametrize(
    ("text", "found"),
    [("By Maeve O'Brien", []), ("By Maeve O’Brien", []), ("maeve\n  o’brien", ["maeve o'brien"])],
)
def test_a_name_with_an_apostrophe_is_found_in_other_letters(text: str, found: list[str]) -> None:
    told = misspelled("Maeve O'Brien", Profile(name="Maeve O'Brien"), {"here": text}, {})
    assert [each.found for each in told] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("By Dana Okafor and Dana Okafor.", []),
        ("by dana okafor", ["dana okafor"]),
        ("Dana Okafór", ["Dana Okafór"]),
        ("Dana-Okafor and Dana\u00a0Okafor", ["Dana-Okafor", "Dana\u00a0Okafor"]),
        ("Dana Okaforson, Adana Okafor", []),
        ("D. Okafor", []),
        ("DANA OKAFOR", []),
    ],
)
def test_another_spelling_of_the_name_is_told_with_its_place(text: str, found: list[str]) -> None:
    told = misspelled("Dana Okafor", Profile(name="Dana Okafor", spellings=("DANA OKAFOR",)), {"here": text}, {})
    assert [(each.place, each.found) for each in told] == [("here", each) for each in found]


def test_an_accented_name_is_found_without_its_accents() -> None:
    told = misspelled("Zoë Nuñez", Profile(name="Zoe Nunez"), {"a": "Zoe Nunez", "b": "Zoe\u0308 Nuñez"}, {})
    assert [(each.place, each.found) for each in told] == [("basics.name", "Zoe Nunez")]


def test_user_names_of_accounts_and_profile_agree() -> None:
    links = (Link("Mastodon", "@dana@social.example", "u"), Link("Bluesky", "dana.test", "u"), Link("Else", "x", "u"))
    profile = Profile(name="D", links=links)
    handles = {"mastodon": "dana", "bluesky": "okafor.test"}
    told = misspelled("D", profile, {}, handles)
    assert [(each.place, each.found, each.wanted) for each in told] == [
        ("basics.profiles[1]", "dana.test", "okafor.test")
    ]


def test_a_name_without_letters_finds_nothing() -> None:
    assert misspelled("", Profile(), {"a": "x"}, {}) == []
