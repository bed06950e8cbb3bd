"""The citation in a post's content: whose words, where, how much more there is to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.posts.header import dump
from curate.posts.post import Post, parse_post
from curate.site.plugin import citation
from curate.site.plugin.words import escape, percent, said_date
from curate.site.reading import cleaned
from tests.site.conftest import LINK, QUOTE, SOURCE

UTC = ZoneInfo("UTC")


def post(**header: Any) -> Post:
    text = f"---\n{dump({**LINK, **header})}---\nWords.\n"
    return cleaned(parse_post(text, Path("content/links/small-models-on-call.md")))


def original(**source: Any) -> str:
    quoted = lxml.html.fragment_fromstring(citation.quoted(post(source={**SOURCE, **source})), create_parent=True)
    return str(quoted.xpath('string(//p[@class="original"])'))


def test_the_card_names_title_author_place_and_date() -> None:
    card = lxml.html.fragment_fromstring(citation.preface(post(corrections=[]), UTC))
    assert card.xpath("string(.//a)") == SOURCE["title"]
    assert card.xpath(".//a/@href") == [SOURCE["url"]]
    assert card.xpath('string(.//*[@class="by"])') == "Rosa Lindqvist, Example Systems Review, 20 November 2026"
    assert card.xpath(".//time/@datetime") == ["2026-11-20"]


def test_the_words_left_to_read_are_the_sources_less_the_quoted() -> None:
    assert len(QUOTE.split()) == 17
    assert original() == "View original (1,823 more words at Example Systems Review)"
    assert original(words="18") == "View original (1 more word at Example Systems Review)"


@pytest.mark.parametrize("words", ["", "0", "17", "3"])
def test_without_a_length_that_says_more_no_number_is_made_up(words: str) -> None:
    assert original(words=words) == "View original at Example Systems Review"


def test_a_source_without_a_site_is_named_by_its_host() -> None:
    assert original(site="", words="", url="https://www.example.org/x") == "View original at example.org"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org", "x", ""]
)
def test_an_address_that_is_not_of_the_web_is_no_link(url: str) -> None:
    shown = post(
        source={**SOURCE, "url": url}, via={"name": "T", "url": url}, also_covered_by=[{"title": "x", "url": url}]
    )
    whole = citation.preface(shown, UTC) + citation.quoted(shown) + citation.afterword(shown)
    assert "<a " not in whole
    assert "cite=" not in whole
    assert SOURCE["title"] in whole


def test_quotes_are_blockquotes_with_their_source_and_language() -> None:
    quoted = citation.quoted(post(quotes=[{"text": "Eins.\n\nZwei\nund drei."}], source={**SOURCE, "lang": "de"}))
    assert f'<blockquote cite="{SOURCE["url"]}" lang="de"><p>Eins.</p><p>Zwei und drei.</p></blockquote>' in quoted


def test_corrections_stand_above_everything_and_are_dated() -> None:
    above = citation.preface(post(), UTC)
    assert above.startswith('<aside class="correction"')
    assert "<strong>Corrected <time" in above
    assert "23 November 2026" in above


def test_a_claim_shows_confidence_and_due_date() -> None:
    above = citation.preface(post(claim="It will rain.", confidence="85%", due="2027-12-01", source={}), UTC)
    text = lxml.html.fragment_fromstring(above, create_parent=True).text_content()
    assert "It will rain.Likely, 85 % confident, due 1 December 2027" in text


def test_credits_name_who_led_there_and_who_else_wrote() -> None:
    text = lxml.html.fragment_fromstring(citation.afterword(post()), create_parent=True).text_content()
    assert "Found via Tomas Arreola." in text
    assert "Also covered by One year on, Ops Weekly." in text


def test_an_end_is_said_in_the_readers_day() -> None:
    notice = post(until="2026-11-30T23:30:00+00:00", corrections=[], source={})
    assert "30 November 2026" in citation.preface(notice, UTC)
    assert "1 December 2026" in citation.preface(notice, ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("said", "machine", "words"),
    [
        ("2026-11-20", "2026-11-20", "20 November 2026"),
        ("2026-11-20T23:00:00-05:00", "2026-11-21", "21 November 2026"),
        ("2005-12", "2005-12", "December 2005"),
        ("1999", "1999", "1999"),
        ("last Tuesday", "", "last Tuesday"),
        ("2026-13-40", "", "2026-13-40"),
        ("", "", ""),
    ],
)
def test_dates_are_said_in_words_and_for_machines_only_when_they_are_dates(said: str, machine: str, words: str) -> None:
    assert said_date(said) == (machine, words)


@pytest.mark.parametrize(
    ("share", "said"), [(0.8, "80 %"), (0.85, "85 %"), (1, "100 %"), (0, "0 %"), (0.333, "33.3 %")]
)
def test_shares_are_said_in_per_cent(share: float, said: str) -> None:
    assert percent(share) == said


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp")), max_size=60)


@given(TEXT)
def test_any_text_comes_out_of_escaping_as_it_went_in(text: str) -> None:
    markup = escape(text)
    assert not set("<>{}|") & set(markup)
    element = lxml.html.fragment_fromstring(f'<p title="{markup}">.{markup}.</p>')
    assert element.get("title") == text
    assert element.text_content() == f".{text}."
