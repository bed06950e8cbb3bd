"""A post as a mail: its words without marks, every address whole, and HTML that says the same and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.posts.post import parse_post
from curate.shares.letter import as_html, letter


def said(body: str, header: str = "") -> str:
    post = parse_post(f"---\nslug: a\n{header}---\n{body}\n", Path("content/a.md"))
    return letter(post, lambda file: f"https://dana.example/{file}" if file == "b.md" else "")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("# One\n\n**Two** and _three_ `four`", "One\n\nTwo and three four"),
        ("[a](https://example.org/x_y_z) b", "a (https://example.org/x_y_z) b"),
        ('[a](<https://example.org/> "t")', "a (https://example.org/)"),
        ("[a]({filename}/b.md), [c]({filename}/draft.md)", "a (https://dana.example/b.md), c"),
        ("![what it shows](x.png)", "what it shows"),
        ("one <!-- not this\nnor this --> two", "one  two"),
        (r"5 \* 3 \[x\] snake_case 2*3", "5 * 3 [x] snake_case 2*3"),
        ("a\n\n\n\nb", "a\n\nb"),
    ],
)
def test_marks_leave_and_words_and_addresses_stay(body: str, text: str) -> None:
    assert said(body) == text


def test_a_link_post_begins_with_whose_it_is_and_ends_with_its_question() -> None:
    source = "source: {url: 'https://example.org/a', title: Theirs, author: Rosa}\n"
    header = f"{source}quotes: [a passage]\nquestion: Would you?\n"
    assert said("Mine.", header) == "Theirs, Rosa\nhttps://example.org/a\n\n> a passage\n\nMine.\n\nWould you?"


def test_a_mailed_post_carries_its_corrections_and_what_it_claims() -> None:
    header = (
        "corrections: [{date: 2026-11-23, text: It was ten.}]\nclaim: It rains.\nconfidence: 70%\ndue: 2027-06-30\n"
    )
    words = "Corrected 2026-11-23: It was ten.\n\nIt rains.\n70% confident, due 30 Jun 2027\n\nWhy."
    assert said("Why.", header) == words


def test_the_html_has_paragraphs_lists_quotes_and_links_and_escapes_all_else() -> None:
    text = 'One <script>alert("x")</script>\ntwo\n\n- a https://example.org/?a=1&b="2\n    - b\n\n> said'
    shown = as_html(text)
    assert "<p>One &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;<br>\ntwo</p>" in shown
    assert '<li>a <a href="https://example.org/?a=1&amp;b=' in shown
    assert "<li>b</li>" in shown
    assert "<blockquote>said</blockquote>" in shown
    assert "<script" not in shown
    assert "style" not in shown
