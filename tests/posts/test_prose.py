"""A body is read as its reader will: my words, theirs, links and images, each on its line."""

from __future__ import annotations

import time

import pytest

from curate.posts.prose import read_prose


@pytest.mark.parametrize(
    ("body", "own", "quoted"),
    [
        ("", 0, 0),
        ("Three plain words", 3, 0),
        ("It's a three-minute *job*, **really** `now`.", 6, 0),
        ('See [this fine page](https://example.org/a-b-c "title words") now.', 5, 0),
        ('See [this page][ref] now.\n\n[ref]: https://example.org/x "Not counted"\n', 4, 0),
        ("See https://example.org/a/b?c=d and <https://example.org> or www.example.org", 3, 0),
        ("![a picture of words](x.png) Two words", 2, 0),
        ("[![alt text](a.png)](https://example.org) One", 1, 0),
        ('<b class="x y">Two words</b> &amp;&nbsp;three', 3, 0),
        ("<!-- not\nfor the\nreader -->One", 1, 0),
        ("One\n```\nnot my words\n```\ntwo", 2, 0),
        ("One\n~~~~ python\n```\nnot my words\n~~~~\ntwo", 2, 0),
        ("One\n```\nnever closed", 1, 0),
        ("One\r\n```\r\nnot mine\r\n```\r\ntwo\r\n", 2, 0),
        ("> theirs is this\n\nMine", 1, 3),
        ("> theirs\ngoes on lazily\n\nMine", 1, 4),
        ("> theirs\n- mine in a list", 4, 1),
        ("> > nested theirs\n> more\n", 0, 3),
        ("- > theirs in a list\n", 0, 4),
        ("<blockquote>Theirs in\nHTML</blockquote> Mine", 1, 3),
        ("Text with a note.[^1]\n\n[^1]: The note counts.\n", 7, 0),
        ("| a | b |\n|---|---|\n| c | d |", 4, 0),
        ("# A heading here", 3, 0),
        ("三分が大事だ。", 3, 0),
    ],
)
def test_words_are_counted_as_a_reader_sees_them(body: str, own: int, quoted: int) -> None:
    prose = read_prose(body)
    assert (prose.own, prose.quoted) == (own, quoted)


def test_each_quote_has_its_line_and_its_length() -> None:
    body = "Mine.\n\n> one two\n> three\n\nMine.\n> four\n\n<blockquote>five six</blockquote>\n\n> last"
    assert read_prose(body).quotes == ((3, 3), (7, 1), (9, 2), (11, 1))


def test_links_are_found_in_every_form_with_their_lines() -> None:
    body = """[a](https://a.example/x_(y)) and [b](<b c.html> "t")
[two
lines](https://c.example)

[ref]: javascript:alert(1)
<a title="x" href='d.html'>d</a> <img src=e.png alt="">
<https://f.example/> and <mailto:me@g.example>
`[no](code)` and ``[no](code)``
```
[no](fence)
```
> [q](https://quoted.example)
[^note]: not a link
[e](&#123;attach}x)
"""
    assert read_prose(body).links == (
        (1, "https://a.example/x_(y)"),
        (1, "b c.html"),
        (3, "https://c.example"),
        (5, "javascript:alert(1)"),
        (6, "d.html"),
        (6, "e.png"),
        (7, "https://f.example/"),
        (7, "mailto:me@g.example"),
        (12, "https://quoted.example"),
        (14, "{attach}x"),
    )


def test_images_tell_whether_somebody_said_what_is_on_them() -> None:
    body = (
        '![A chart](a.png)\n![](b.png)\n![ ][ref]\n<img src="c.png">\n<img alt="" src="d.png">\n'
        '<IMG data-alt="x" SRC=e.png>\n`![](code)`\n'
    )
    assert read_prose(body).images == ((1, True), (2, False), (3, False), (4, False), (5, True), (6, False))


@pytest.mark.parametrize(
    "shape",
    [
        "[",
        "![",
        "](",
        "![](",
        '<a "',
        "<a '",
        "<!--",
        "> ",
        "`",
        "``",
        "<blockquote>",
        "[a](",
        "[a]: ",
        "(",
        "{|",
        "<x:",
    ],
)
def test_hostile_bodies_cost_time_in_proportion(shape: str) -> None:
    start = time.perf_counter()
    read_prose(shape * 20_000)
    assert time.perf_counter() - start < 1.5
