"""A web page becomes an article: named, dated, attributed and read, or called what it is."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bench.fulltext import expected, f1, ours, pages, theirs
from curate.feeds.clean import plain_text, safe_html, safe_text, word_count
from curate.feeds.fulltext import NotAPage, Page, read_page
from curate.feeds.stated import moment
from tests.conftest import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://www.review.example/2026/11/night-shift"
TEXT = "<p>" + "Small models are taking the night shift in three of the five teams we asked. " * 5 + "</p>"


def page(head: str = "", body: str = f"<article>{TEXT}</article>", attributes: str = "") -> Page:
    return read_page(f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>".encode(), URL)


def test_a_page_says_all_of_itself() -> None:
    found = page(
        '<title>Night shift | Example Review</title><link rel="canonical" href="/2026/11/night-shift?page=1">'
        '<meta property="og:site_name" content="Example Review"><meta name="description" content="Eight &amp; weeks.">'
        '<meta property="article:published_time" content="2026-11-22T08:40:00+02:00">'
        '<meta name="author" content="Rosa">',
        f"<nav><p>{'Menu ' * 90}</p></nav><article><h1>Night shift</h1>{TEXT}<script>track()</script></article>"
        f"<div class='comments'><p>{'First! ' * 300}</p></div>",
        'lang="en-GB"',
    )
    assert found.url == "https://www.review.example/2026/11/night-shift?page=1"
    assert (found.title, found.author, found.site, found.lang) == ("Night shift", "Rosa", "Example Review", "en-GB")
    assert found.published == datetime(2026, 11, 22, 6, 40, tzinfo=UTC)
    assert found.summary == "Eight & weeks."
    assert found.content_text.startswith("Night shift\n\nSmall models")
    assert not re.search("Menu|First!|track", found.content_text)
    assert found.words == 77


def test_schema_org_is_believed() -> None:
    said = {
        "@graph": [
            {"@type": "Organization", "name": "Example Review"},
            {
                "@type": ["NewsArticle"],
                "headline": "Night shift",
                "author": [{"@type": "Person", "name": "Rosa Lindqvist"}, {"name": "Ann Li"}],
                "datePublished": "2026-11-22",
                "publisher": {"name": "Example Review"},
                "inLanguage": "de",
            },
        ]
    }
    found = page(f'<script type="application/ld+json">//<![CDATA[\n{json.dumps(said)}\n//]]></script>')
    assert (found.title, found.author, found.site, found.lang) == (
        "Night shift",
        "Rosa Lindqvist, Ann Li",
        "Example Review",
        "de",
    )
    assert found.published == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("broken", ["{", "[" * 100_000, '"x"', "[1, null]", '{"@type": {"a": 1}, "@graph": 7}', ""])
def test_careless_schema_org_is_passed_over(broken: str) -> None:
    assert (
        page(f'<title>Night shift</title><script type="application/ld+json">{broken}</script>').title == "Night shift"
    )


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ('<meta property="og:title" content="Vec&lt;T&gt; &amp;amp; you"><title>B</title>', "", "Vec<T> & you"),
        ("<title>Review » A long day</title>", "<h1>A long day</h1>", "A long day"),
        ("<title>A long day - Review</title>", "", "A long day"),
        ("<title>A long day | Review | News</title>", "", "A long day"),
        ("", "<h1>A long day</h1>", "A long day"),
        ("", TEXT, "Small models are taking the night shift in three of the five teams we asked…"),
        ("", "", URL),
    ],
)
def test_a_title_is_found_without_the_sites_name(head: str, body: str, title: str) -> None:
    assert page(head, body).title == title


@pytest.mark.parametrize(
    ("body", "author"),
    [
        ('<a rel="author" href="/rosa">Rosa Lindqvist</a>', "Rosa Lindqvist"),
        ('<span class="byline">By Rosa Lindqvist</span>', "Rosa Lindqvist"),
        ('<p itemprop="author"><b itemprop="name">Rosa Lindqvist</b></p>', "Rosa Lindqvist"),
        (f'<div class="byline">{"a sentence about many things " * 9}</div>', ""),
        ('<div class="author">https://review.example/rosa</div>', ""),
        ("<p>nobody</p>", ""),
    ],
)
def test_an_author_is_a_name_or_nobody(body: str, author: str) -> None:
    assert page("", body + TEXT).author == author


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://review.example/canonical", "https://review.example/canonical"),
        ("/canonical", "https://www.review.example/canonical"),
        ("https://other.example/stolen", URL),
        ("https://www.review.example/", URL),
        ("javascript:alert(1)", URL),
    ],
)
def test_a_page_may_name_its_address_on_its_own_site_only(link: str, url: str) -> None:
    assert page(f'<link rel="canonical" href="{link}">').url == url


def test_an_article_in_parts_is_read_whole() -> None:
    parts = "".join(f"<div class='part'><h2>{number}</h2>{TEXT}</div>" for number in range(4))
    found = page("", f"<header><p>{'x ' * 30}</p></header><div><div>{parts}</div></div><footer>{TEXT}</footer>")
    assert found.content_text.count("\n\n") == 7


def test_links_and_markup_come_out_safe() -> None:
    evil = '<a href="/more">more</a><a href="{attach}/x">x</a><img src=x onerror=alert(1)><b onclick=x>bold</b>'
    found = page("<title>a\u202eb<script></title>", f"<article><p>{evil} {'word ' * 40}</p></article>")
    assert found.title == "ab<script>"  # a text: it is escaped where it is shown
    assert 'href="https://www.review.example/more"' in found.content_html
    assert not re.search(r"attach|onerror|onclick|<img", found.content_html)


def test_the_encoding_is_the_pages_own() -> None:
    body = '<html><head><meta charset="windows-1252"><title>Größe: “x”</title></head><body></body></html>'
    assert read_page(body.encode("cp1252"), URL).title == "Größe: “x”"
    assert read_page(
        body.replace("windows-1252", "shift_jis").encode("cp1252"), URL, "text/html; charset=cp1252"
    ).title == ("Größe: “x”")


@pytest.mark.parametrize(
    ("body", "kind"), [(b"", "empty"), (b"%PDF-1.7", "a PDF file"), (b"\0\1\2" * 50, "a binary file")]
)
def test_what_is_no_page_is_called_what_it_is(body: bytes, kind: str) -> None:
    with pytest.raises(NotAPage, match=f"{URL} is {kind}, not a web page"):
        read_page(body, URL)


@pytest.mark.parametrize(
    "shape",
    [
        *("<div>", "<p><font color=x>", "<a href=x>", "<b><p>", "<!--", "<a b='", "<p>x", "<script>", "&", "<"),
        *("<div class=ad>aaaa aaaa", "<article>", "<h1>", "<time pubdate>", "<div hidden>", "<meta name=a content=b>"),
        f"<li>{'y' * 30}",
    ],
)
def test_a_hostile_page_costs_little(shape: str) -> None:
    body = (shape * (150_000 // len(shape))).encode()
    begun = time.process_time()
    read_page(body, URL)
    assert time.process_time() - begun < 30  # two or less is usual; the quadratic ways take minutes


BESIDE = "<article><p>A box beside the article that looks like one: sign up for our letter here.</p></article>"


def test_a_second_opinion_counts_when_it_is_far_more() -> None:
    found = page("", BESIDE + "".join(f"<div class='paywall'><p>{number}. {TEXT[3:]}</div>" for number in range(9)))
    assert found.content_text.count("taking the night shift") == 45
    assert found.words == word_count(found.content_text) > 600


def test_a_second_opinion_that_is_little_more_does_not() -> None:
    found = page("", f"<article><p>{BESIDE[13:-14] * 3}</p></article><div class='promo'><p>{TEXT}</div>")
    assert "night shift" not in found.content_text


def test_a_second_opinion_comes_out_safe() -> None:
    evil = "<a href='javascript:alert(1)' onclick=x>here</a> <a href='/more'>more</a><img src=x onerror=x>"
    parts = "".join(f"<div class='paywall'><p>{number} {TEXT[3:-4]}{evil}</p></div>" for number in range(9))
    found = page("", BESIDE + parts)
    assert "night shift" in found.content_text
    assert not re.search(r"javascript|onclick|onerror|<img", found.content_html)


@pytest.mark.parametrize(
    ("head", "image"),
    [
        ('<meta property="og:image" content="/a.jpg">', "https://www.review.example/a.jpg"),
        ('<meta name="twitter:image" content="https://cdn.example/b.png">', "https://cdn.example/b.png"),
        ('<meta property="og:image" content="javascript:alert(1)">', ""),
        ("", ""),
    ],
)
def test_an_image_is_the_one_the_head_names(head: str, image: str) -> None:
    assert page(head).image == image


@pytest.mark.parametrize(
    ("head", "body", "licence"),
    [
        ('<link rel="license" href="https://cc.example/by/4.0/">', TEXT, "https://cc.example/by/4.0/"),
        ("", '<a rel="license noopener" href="/licence">CC BY</a>' + TEXT, "https://www.review.example/licence"),
        (
            '<script type="application/ld+json">{"@type": "Article", "license": "https://cc.example/0/"}</script>',
            TEXT,
            "https://cc.example/0/",
        ),
        ('<meta name="dc.rights" content="CC BY 4.0">', TEXT, "CC BY 4.0"),
        ('<link rel="license" href="javascript:alert(1)">', TEXT, ""),
        ('<script type="application/ld+json">{"@type": "Article", "license": {"a": 1}}</script>', TEXT, ""),
        ("", TEXT, ""),
    ],
)
def test_a_licence_is_the_one_the_page_states(head: str, body: str, licence: str) -> None:
    assert page(head, body).licence == licence


def test_what_a_head_says_to_programs_is_told() -> None:
    assert page('<meta name="ROBOTS" content="noindex, NoArchive">').robots == "noindex, NoArchive"


# Real pages


def plain(text: str | None) -> str:
    return re.sub(r"\W+", " ", plain_text(text or "").lower()).strip()


def likeness(ours: str, theirs: str) -> float:
    """How much two texts have in common, by words: 1 is all."""
    one, two = Counter(plain(ours).split()), Counter(plain(theirs).split())
    return 2 * (one & two).total() / max((one.total() + two.total()), 1)


def wanted(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "expected-metadata.json").read_text(encoding="utf-8"))
    return said


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_real_pages_are_named_dated_attributed_and_read() -> None:
    """Every third of 130 articles; the shares are what we reach, and may only grow."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for folder in sorted((CORPORA / "readability" / "test" / "test-pages").iterdir())[::3]:
        said, found = wanted(folder), read_page((folder / "source.html").read_bytes(), URL)
        checks = {
            "title": (said.get("title"), plain(said.get("title")) == plain(found.title)),
            "author": (said.get("byline"), plain(found.author or "nobody") in plain(said.get("byline"))),
            "date": (said.get("publishedTime"), moment(said.get("publishedTime") or "") == found.published),
            "language": (said.get("lang"), said.get("lang") == found.lang),
            "text": (
                True,
                likeness(found.content_text, safe_text(safe_html((folder / "expected.html").read_text(), ""))) > 0.9,
            ),
        }
        for name, (expects, good) in checks.items():
            asked[name] += bool(expects)
            right[name] += bool(expects and good)
    shares = {name: round(right[name] / asked[name], 2) for name in asked}
    assert shares["title"] >= 0.9, shares
    assert shares["author"] >= 0.7, shares
    assert shares["date"] >= 0.95, shares
    assert shares["language"] == 1, shares
    assert shares["text"] >= 0.85, shares


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_the_article_is_found_at_least_as_well_as_trafilatura_finds_it() -> None:
    """Every fifth of 130 pages."""
    scores = []
    for folder in pages(CORPORA / "readability" / "test" / "test-pages")[::5]:
        text, found = expected(folder)[0], ours(folder)
        scores.append((f1(found.content_text if found else "", text), f1(theirs(folder), text)))
    assert len(scores) >= 26
    mean, their_mean = (statistics.mean(each) for each in zip(*scores, strict=True))
    assert mean >= their_mean, scores
    assert mean > 0.9, scores
