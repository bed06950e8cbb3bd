"""The words of a share: what goes out, how long it is, and how the editor's sections are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import Refused, UsageError
from curate.shares.compose import (
    LIMITS,
    QUESTIONS,
    angles,
    apart,
    document,
    find_urls,
    limits_of,
    measure,
    named_files,
    own_link,
    read_document,
    same_page,
    same_words,
    tagged,
    wire_text,
)

LINK = "https://dana.example/2026/small-models/"


def test_the_link_is_added_once() -> None:
    assert wire_text("Worth a look.", LINK) == f"Worth a look.\n\n{LINK}"
    said = f"Worth a look: {LINK}, I think."
    assert wire_text(said, LINK) == said
    assert wire_text(said.replace("models/", "models"), LINK).count("https://") == 1
    other = f"Not this one: {LINK}more"
    assert wire_text(other, LINK).endswith(f"\n\n{LINK}")


@pytest.mark.parametrize("text", ["", "  \n", LINK, f"{LINK} https://example.org/x", "\ufeff\x00"])
def test_a_share_needs_words(text: str) -> None:
    with pytest.raises(Refused, match="needs words"):
        wire_text(text, LINK)


@given(st.text(max_size=200))
def test_what_goes_out_has_no_control_characters_and_goes_out_the_same_again(text: str) -> None:
    try:
        out = wire_text(text, LINK)
    except Refused:
        return
    assert not any(ord(char) < 32 and char not in "\n\t" for char in out)
    assert wire_text(out, LINK) == out


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.example/b.", ["https://a.example/b"]),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("https://a.example/b_(c), then", ["https://a.example/b_(c)"]),
        ("“https://a.example/b”", ["https://a.example/b"]),
        ("https:// and http://", []),
        ("HTTPS://A.example x http://b.example/?q=1&r=2!", ["HTTPS://A.example", "http://b.example/?q=1&r=2"]),
    ],
)
def test_addresses_end_before_the_sentence_does(text: str, urls: list[str]) -> None:
    found = find_urls(text)
    assert [span.url for span in found] == urls
    assert all(text[span.start : span.end] == span.url for span in found)


@pytest.mark.parametrize(
    ("text", "mastodon", "bluesky", "octets"),
    [
        ("Hello", 5, 5, 5),
        ("👨‍👩‍👧‍👦", 1, 1, 25),
        ("🙋🏽", 1, 1, 8),
        ("e\u0301", 1, 1, 3),
        ("漢字", 2, 2, 6),
        (f"x {LINK}", 25, 2 + len(LINK), 2 + len(LINK)),
        ("thanks @dana@social.example", 12, 27, 27),
    ],
)
def test_each_network_counts_its_own_way(text: str, mastodon: int, bluesky: int, octets: int) -> None:
    assert measure(text, LIMITS["mastodon"]).characters == mastodon
    counted = measure(text, LIMITS["bluesky"])
    assert (counted.characters, counted.octets) == (bluesky, octets)


def test_too_long_is_said_with_the_count() -> None:
    assert measure("x" * 500, LIMITS["mastodon"]).problem == ""
    assert measure("x" * 501, LIMITS["mastodon"]).problem == "501 of 500 characters"
    assert measure("x" * 501, limits_of("mastodon", 5000)).problem == ""
    assert measure("x" * 301, LIMITS["bluesky"]).problem == "301 of 300 characters"
    assert measure("👨‍👩‍👧‍👦" * 121, LIMITS["bluesky"]).problem == "3025 of 3000 bytes"
    assert measure("x" * 100_000, LIMITS["manual"]).problem == ""


def test_texts_that_read_alike_are_the_same_words() -> None:
    assert same_words("Caf\u00e9  AND\nmore") == same_words("cafe\u0301 and more")
    assert same_words("One thing") != same_words("Another thing")


def test_the_editors_document_comes_back_as_what_was_typed() -> None:
    limits = {"mastodon": LIMITS["mastodon"], "work": LIMITS["bluesky"], "manual": LIMITS["manual"]}
    text = document("A title", "Would you?", LINK, limits)
    assert read_document(text, limits) == {}
    assert "The post asks: Would you?" in text
    assert "500 characters, a link counts 23" in text
    typed = text.replace("=== work\n", "=== work\nFor work.\n\n#Ops, really\n")
    assert read_document(typed, limits) == {"work": "For work.\n\n#Ops, really"}


def test_words_outside_any_section_are_refused_not_dropped() -> None:
    with pytest.raises(UsageError, match="above the first section"):
        read_document("Typed too high\n=== mastodon\n", ["mastodon"])
    with pytest.raises(UsageError, match="no section “bluesky”"):
        read_document("=== bluesky\nwords\n", ["mastodon"])


def test_files_are_named_by_their_account() -> None:
    assert named_files(["mastodon=a.txt", "work=-"]) == {"mastodon": "a.txt", "work": "-"}
    for bad in (["a.txt"], ["=a.txt"], ["mastodon="], ["mastodon=a", "mastodon=b"]):
        with pytest.raises(UsageError):
            named_files(bad)


def test_threads_counts_the_bytes_of_an_emoji() -> None:
    family = "👨‍👩‍👧‍👦"
    assert measure(family * 20, LIMITS["threads"]).characters == 500
    assert measure(f"Caf\u00e9 漢字 {family}", LIMITS["threads"]).characters == 8 + 25
    assert measure(family * 20 + "x", LIMITS["threads"]).problem == "501 of 500 characters"


def test_x_counts_by_weight() -> None:
    assert measure("x" * 280, LIMITS["x"]).problem == ""
    assert measure("漢" * 141, LIMITS["x"]).problem == "282 of 280 characters"
    assert measure("x https://dana.dev/2026/small-models/", LIMITS["x"]).characters == 25


def test_an_address_with_many_brackets_behind_it_is_found_all_the_same() -> None:
    [span] = find_urls("https://a.example/x_(y)" + ")" * 500_000)
    assert span.url == "https://a.example/x_(y)"


def test_a_tagged_link_takes_the_place_of_the_link() -> None:
    going = tagged(LINK, "bluesky")
    assert going == f"{LINK}?utm_source=bluesky&utm_medium=social&utm_campaign=small-models"
    assert "utm_medium=email" in tagged(LINK, "email")
    for words in ("Worth a look.", f"Worth a look.\n\n{LINK}", f"Worth a look.\n\n{tagged(LINK, 'x')}"):
        assert wire_text(words, LINK, going) == f"Worth a look.\n\n{going}"
    assert wire_text(f"Worth a look: {going}", LINK) == f"Worth a look: {LINK}"
    assert own_link(f"Worth a look: {going}, I say", LINK) == going
    assert own_link("Worth a look", LINK) == LINK


@pytest.mark.parametrize(
    ("text", "words", "address"),
    [
        (f"Mine\n\n{LINK}", "Mine", LINK),
        (f"Mine\n{LINK}\n", "Mine", LINK),
        (f"Mine\n\n{LINK}?utm_source=linkedin", "Mine", f"{LINK}?utm_source=linkedin"),
        (f"Mine: {LINK}", f"Mine: {LINK}", LINK),
        (f"{LINK}\nsays it", f"{LINK}\nsays it", LINK),
        (LINK, LINK, LINK),
        ("Mine\n\nhttps://other.example/", "Mine\n\nhttps://other.example/", LINK),
    ],
)
def test_the_link_leaves_the_words_where_it_stands_alone_at_their_end(text: str, words: str, address: str) -> None:
    assert apart(text, LINK) == (words, address)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        (LINK, True),
        (LINK.rstrip("/"), True),
        (f"{LINK}?utm_source=x&utm_medium=social", True),
        (f"{LINK}?page=2", False),
        (f"{LINK}more", False),
        (f"{LINK}?utm_source=x&page=2", False),
    ],
)
def test_a_page_is_the_same_however_it_is_tagged(url: str, same: bool) -> None:  # noqa: FBT001 - a column of the table
    assert same_page(url, LINK) is same


def test_the_document_asks_every_account_something_else_and_says_nothing_for_one() -> None:
    networks = {"linkedin": "linkedin", "mastodon": "mastodon", "work": "mastodon"}
    asked = angles(networks, ["First?", "Second?", "Third?"])
    assert asked["linkedin"] == (QUESTIONS["linkedin"], "First?", "Second?")
    assert asked["mastodon"] == (QUESTIONS["mastodon"], "Third?", "First?")
    assert angles(networks, ["Only?"])["work"] == (QUESTIONS["mastodon"], "Only?")
    assert angles(networks, [])["work"] == (QUESTIONS["mastodon"],)
    limits = {name: LIMITS[network] for name, network in networks.items()}
    text = document("A title", "", LINK, limits, points=["It held.\nTwice.", ""], prompts=asked)
    assert ";; It says: It held. Twice.\n" in text
    assert text.count(";; It says") == 1
    assert ";; Third?" in text
    assert read_document(text, limits) == {}
    assert all(question.endswith("?") for question in QUESTIONS.values())
    assert QUESTIONS.keys() == LIMITS.keys()


def test_the_document_tells_what_counts_otherwise_than_it_looks() -> None:
    text = document("A title", "", LINK, {name: LIMITS[name] for name in ("x", "threads", "bluesky", "manual")})
    assert "280 characters, a link counts 23, an emoji or a Chinese, Japanese or Korean character counts 2" in text
    assert "500 characters, the link included, an emoji counts its bytes" in text
    assert "300 characters, the link included, 3000 bytes" in text
    assert "any length" in text
