"""Markup said to be steady is what a real parser makes of it; what a parser nests in another way is not."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.feeds.clean import ALLOWED, safe_html
from curate.feeds.nesting import DEEPEST, depth_of, steady

NAMES = sorted(ALLOWED)
PIECES = st.one_of(
    st.sampled_from([f"<{name}>" for name in NAMES] + [f"</{name}>" for name in NAMES]),
    st.sampled_from(
        ['<a href="https://lindqvist.example/notes">', "<center>", "<font>", " ", "\n", "\r", "text", "&amp;"]
    ),
)


def parsed(markup: str) -> str:
    """Return ``markup`` as a real parser nests it."""
    return nh3.clean(markup, tags=set(ALLOWED), attributes={"a": {"href"}}, link_rel=None)


@given(st.lists(PIECES, max_size=24).map("".join))
def test_what_is_steady_stays_as_it_is(soup: str) -> None:
    """However odd the markup: what a parser wrote and we call steady, it writes in the same way again."""
    once = parsed(soup)
    if steady(once):
        assert parsed(once) == once


@given(st.lists(PIECES, max_size=24).map("".join))
def test_cleaning_twice_changes_nothing(soup: str) -> None:
    """Whichever way it took."""
    once = safe_html(soup, "")
    assert safe_html(once, "") == once


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "Rosa &amp; Lind",
        "<p>One<br>two <b>three <i>four</i></b></p><hr><h2>Five</h2>",
        '<ul><li>one <a href="https://lindqvist.example/">two</a></li><li><ol><li>three</li></ol></li></ul>',
        "<table><caption>c</caption><tbody><tr><th>a</th>\n<td><p>b</p></td></tr></tbody></table>",
        "<dl><dt>a</dt><dd><pre>b\n\nc</pre></dd></dl><ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>",
        "<b>" * DEEPEST + "</b>" * DEEPEST,
    ],
)
def test_what_most_texts_look_like_is_steady(markup: str) -> None:
    """No second look of the parser is needed."""
    assert parsed(markup) == markup
    assert steady(markup)


@pytest.mark.parametrize(
    "markup",
    [
        "<p><div>a</div></p>",
        "<p><b><p>a</p></b></p>",
        "<p>a<hr></p>",
        '<a href="https://a.example"><span><a href="https://b.example">b</a></span></a>',
        "<h1><h2>a</h2></h1>",
        "<li>a</li>",
        "<ul><li><li>a</li></li></ul>",
        "<dd>a</dd>",
        "<table><tr><td>a</td></tr></table>",
        "<table>a<tbody><tr><td>b</td></tr></tbody></table>",
        "<table><tbody><tr><td>b</td>&nbsp;</tr></tbody></table>",
        "<table><tbody><tr><td>b</td></tr></tbody><br></table>",
        "<td>a</td>",
        "<rt>a</rt>",
        "<pre>\na</pre>",
        "a\rb",
        "<b>a",
        "a</b>",
        "<b><i>a</b></i>",
        "<b>" * (DEEPEST + 1) + "</b>" * (DEEPEST + 1),
    ],
)
def test_what_a_parser_may_nest_in_another_way_is_not_steady(markup: str) -> None:
    """It is looked at again, which costs time alone."""
    assert not steady(markup)


def test_how_deep_markup_is() -> None:
    """Elements that hold nothing do not count; what cannot be too deep is not looked at."""
    assert depth_of("<b><br></b>") == 0
    assert depth_of("<b><br><i>a</i></b>" * DEEPEST) == 2
    assert depth_of("<b>" * (DEEPEST + 1) + "</b>" * (DEEPEST + 1)) == DEEPEST + 1
