"""What others wrote becomes safe and uniform: nothing runs, hides or fetches, and nothing takes for ever."""

from __future__ import annotations

import json
import random
import re
import time
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.feeds.characters import one_line, tidy
from curate.feeds.clean import (
    ALLOWED,
    plain_text,
    safe_html,
    safe_text,
    shorten,
    text_html,
    word_count,
)
from curate.feeds.stated import language_tag, moment
from tests.conftest import CORPORA

BASE = "https://site.example/blog/post.html"
PIECES = (
    *("<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i>", "</i>", "<ul>", "<li>", "</ul>", "<table>", "<tr>"),
    *("<td colspan=2>", "</table>", "<caption>", "<pre>", "\n", "</pre>", "<br>", "</br>", "<hr>", "<h1>", "</h1>"),
    *("<dl><dt>a<dd>b", "</dl>", "<ruby>a<rt>b</ruby>", "<blockquote>", "</blockquote>", "<ol start=3>", "<q>"),
    *('<a href="/x?a=1&amp;b=2&copy=3">', '<a href="{attach}/etc/passwd">', "<a href=javascript:alert(1)>", "</a>"),
    *("<script>alert(1)</script>", "<style>", "</style>", "<svg><a xlink:href=javascript:alert(1)>", "</svg>"),
    *("<math><mi>", "</math>", "<!--", "-->", "<![CDATA[x]]>", "<?php ?>", "<form>", "<select>", "<option>"),
    *("<textarea>", "</textarea>", "<title>", "<noscript>", "<plaintext>", "<xmp>", "<frameset>", "<body onload=x>"),
    *("<img src=x onerror=alert(1)>", '<p title="</p><script>alert(1)</script>">', "<p/>", "<a b='"),
    *("text", "&amp;", "&lt;b&gt;", "&lt;script&gt;", "&nbsp;", "\xa0", "&#0;", "&#x202e;", "\u202e", '"', "'", "<"),
)  # fmt: skip
MARKUP = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join)


class Judge(HTMLParser):
    """Collect what a browser would find in cleaned markup that must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            allowed = name in {"rel", "start", "colspan", "rowspan"}
            if name == "href":
                allowed = re.fullmatch(r"(?:https?://|mailto:)[^\s{}|<>\"]+", value or "") is not None
            if not allowed:
                self.faults.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}")


def faults(markup: str) -> list[str]:
    judge = Judge()
    judge.feed(markup)
    judge.close()
    return judge.faults


# HTML


@given(MARKUP)
def test_cleaning_leaves_nothing_that_runs_frames_or_fetches(markup: str) -> None:
    assert faults(safe_html(markup, BASE)) == []


@given(MARKUP)
def test_cleaning_twice_changes_nothing(markup: str) -> None:
    once = safe_html(markup, BASE)
    assert safe_html(once, BASE) == once


def test_cleaning_twice_changes_nothing_in_thousands_of_mutations() -> None:
    chance = random.Random(20)  # noqa: S311 - the same cases each time
    for number in range(20_000):
        markup = list("".join(chance.choices(PIECES, k=chance.randint(1, 40))))
        for _ in range(chance.randint(0, 6)):
            place = chance.randrange(len(markup))
            markup[place : place + chance.randint(0, 3)] = chance.choice(["", "<", ">", '"', "&", "\0", "/", "\u202e"])
            markup = markup or [" "]
        text = "".join(markup)
        once = safe_html(text, BASE)
        assert safe_html(once, BASE) == once, f"{number}: {text!r}"
        assert faults(once) == [], f"{number}: {text!r}"
        line = plain_text(text)
        assert (one_line(line), tidy(line)) == (line, line), f"{number}: {text!r}"


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href='javascript&colon;alert(1)'>x</a>",
        "<a href='java&#9;script:alert(1)'>x</a>",
        "<a href='&#1;javascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<video poster=javascript:alert(1)//><source src=x></video>",
        "<table background=javascript:alert(1)><td background=javascript:alert(1)>x",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
        "<p style=background:url(javascript:alert(1)) onclick=alert(1) id=location class=x name=y>x</p>",
        "<base href=//evil.example/><link rel=stylesheet href=//evil.example/><meta http-equiv=refresh content=0>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<template><script>alert(1)</script></template>",
        "<textarea></textarea><script>alert(1)</script>",
    ],
)
def test_a_known_attack_loses_what_made_it_one(payload: str) -> None:
    cleaned = safe_html(f"<p>before {payload} after</p>", BASE)
    assert faults(cleaned) == []
    assert cleaned.startswith("<p>before")


@pytest.mark.parametrize("folder", ["naughty-strings", "bleach/tests/data"])
def test_collected_hostile_text_is_harmless(folder: str) -> None:
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not here")
    texts = [file.read_text(encoding="utf-8") for file in (CORPORA / folder).iterdir() if file.suffix != ".json"]
    if folder == "naughty-strings":
        texts += json.loads((CORPORA / folder / "blns.json").read_text(encoding="utf-8"))
    for text in texts:
        cleaned = safe_html(text, BASE)
        assert faults(cleaned) == []
        assert safe_html(cleaned, BASE) == cleaned
        assert not re.search(r"[\x00-\x08\x0e-\x1f\u202a-\u202e\u2066-\u2069]", plain_text(text))


@pytest.mark.parametrize("brace", ["{attach}/../x", "|attach|/../x", " {static}x", "&#123;filename}x", "\n{attach}x"])
def test_no_address_makes_a_site_generator_copy_a_file(brace: str) -> None:
    assert safe_html(f'<a href="{brace}">x</a>', BASE) == "x"
    inside = safe_html(f'<a href="https://site.example/{brace.strip()}">x</a>', BASE)
    assert not re.search(r'href="[^"]*[{|}]', inside)


def test_relative_links_are_resolved_and_lose_their_target_without_a_base() -> None:
    markup = '<a href="../feed">a</a> <a href="//cdn.example/x">b</a> <a href="mailto:dana@example.org">c</a>'
    rel = 'rel="nofollow noopener noreferrer"'
    assert safe_html(markup, BASE) == (
        f'<a href="https://site.example/feed" {rel}>a</a> <a href="https://cdn.example/x" {rel}>b</a> '
        f'<a href="mailto:dana@example.org" {rel}>c</a>'
    )
    assert "../feed" not in safe_html(markup, "")


def test_structure_stays_and_decoration_goes() -> None:
    markup = (
        '<section class="x"><h2 id="y">One</h2><p style="color:red">Two <font size=7><b>three</b></font></p>'
        '<img src="pixel.gif" width=1><ul><li>four</ul></section>'
    )
    assert safe_html(markup, "") == "<div><h2>One</h2><p>Two <b>three</b></p><ul><li>four</li></ul></div>"


def test_markup_nested_beyond_reason_keeps_its_text() -> None:
    assert safe_html("<div>" * 10_000 + "still here", "") == "<p>still here</p>"
    assert (
        safe_html("<div>" * 10_000 + "<script>alert(1)</script><!-- no -->still<p>here", "")
        == "<p>still</p>\n<p>here</p>"
    )


HOSTILE = (
    *("<div>", "<p><font color={i}>", "<b><p>", "<table><tr><td>", "<a href=x>", "<b a{i}=1>", "<br>", "x&amp;"),
    *("<!--", "</p>", "<p>", "<li>", '<a "', "<a b='", "<script>", "<title>", "<svg>", "<![CDATA[", "<", "&", "&#x"),
    *("<?", "</", "=", "<a b=", "\u202e", "<pre>\n", "<i><b></i>", "<ruby><rt>", " ", "\n", "&nbsp;", "<a x y z "),
)  # fmt: skip


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_markup_costs_time_in_proportion_to_its_length(shape: str) -> None:
    count = 300_000 // len(shape)
    markup = "".join(shape.replace("{i}", str(number)) for number in range(count))
    begun = time.process_time()
    safe_html(markup, BASE)
    plain_text(markup)
    assert time.process_time() - begun < 3  # a tenth of that is usual; the quadratic ways take minutes


# Text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("AT&amp;T", "AT&T"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&lt;b&gt; is bold", "<b> is bold"),
        ("<b>Small</b> models", "Small models"),
        ("one<br>two<p>three", "one two three"),
        ("std::vector<int> and <T>", "std::vector<int> and <T>"),
        ("I <3 cats", "I <3 cats"),
        ("seen<script>alert(1)</script>", "seen"),
        ("a\u202eb\u200b\x1b[31mc\n\td\u2028e", "ab[31mc d e"),
        ("family 👩\u200d👩\u200d👧", "family 👩\u200d👩\u200d👧"),
    ],
)
def test_a_title_is_what_a_reader_sees_on_one_line(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.text())
def test_a_line_has_no_controls_and_is_its_own_line(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)
    line.encode()


def test_paragraphs_lists_and_code_keep_their_lines() -> None:
    markup = "<p>One\n two</p><p>three<br>four</p><ul><li>five<li>six</ul><pre>a\n  b</pre><div>seven</div>eight"
    assert safe_text(safe_html(markup, "")) == "One two\n\nthree\nfour\n\nfive\nsix\n\na\n  b\n\nseven\n\neight"


def test_plain_text_becomes_paragraphs_of_html_that_cleaning_keeps() -> None:
    for end in ("\n", "\r\n", "\r"):
        markup = text_html("One <b>\ntwo\n\n\nthree & four".replace("\n", end))
        assert markup == "<p>One &lt;b&gt;<br>\ntwo</p>\n<p>three &amp; four</p>"
        assert safe_html(markup, "") == markup


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("two words", 2),
        ("state-of-the-art isn't – really – 3 words", 5),
        ("今日は良い天気です", 5),
        ("한국어는 띄어쓰기를 합니다", 3),
        ("สวัสดีชาวโลก", 3),
        ("GPT 模型", 2),
    ],
)
def test_words_are_counted_as_they_are_read(text: str, words: int) -> None:
    assert word_count(text) == words


@given(st.text(max_size=80), st.integers(min_value=2, max_value=40))
def test_shortening_keeps_within_its_length_and_marks_the_cut(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    assert short == text if len(text) <= length else short.endswith("…")


@pytest.mark.parametrize(
    ("text", "tag"), [("en", "en"), ("de_AT", "de-AT"), (" zh-Hant-TW ", "zh-Hant-TW"), ("english", ""), ("<b>", "")]
)
def test_a_language_is_a_tag_or_nothing(text: str, tag: str) -> None:
    assert language_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-22T08:40:00+02:00", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("2026-11-22 08:40:00 +0200", datetime(2026, 11, 22, 6, 40, tzinfo=UTC)),
        ("2026-11-22T08:40:00Z", datetime(2026, 11, 22, 8, 40, tzinfo=UTC)),
        ("2026-11-22 08:40 UTC", datetime(2026, 11, 22, 8, 40, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_a_date_is_a_moment_in_utc_or_nothing(text: str, found: datetime | None) -> None:
    assert moment(text) == found
