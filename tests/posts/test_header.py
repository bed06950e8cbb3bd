"""The header of a post: text stays text, faults name their line, one key changes and nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import frontmatter
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.posts.header import LARGEST, PostFault, TextHandler, as_text, change_header, dump, read_header

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

POST = """---
# what it is
title: A title # with a remark
tags: [one, two]

# where it comes from
source:
  url: https://example.org/a
  words: 1840

quotes:
- text: |
    First line.

    # not a comment
  prefix: before

# the end
summary: "long, and
  folded"
item: kfmt
# last remark
---

The body, with --- inside.
---
And more.
"""


def read(text: str) -> dict[str, Any]:
    return read_header(text, "post.md")[0]


def fault(text: str) -> PostFault:
    with pytest.raises(PostFault) as caught:
        read_header(text, "post.md")
    return caught.value


def test_every_value_stays_the_text_that_was_typed() -> None:
    said = read("---\na: no\nb: 0123\nc: 1.10\nd: 2026-11-22\ne:\nf: ~\ng: [yes, 1e3, null]\nh: !!python/none x\n---\n")
    assert said == {
        "a": "no", "b": "0123", "c": "1.10", "d": "2026-11-22", "e": "", "f": "~", "g": ["yes", "1e3", "null"],
        "h": "x",
    }  # fmt: skip


def test_the_body_comes_back_byte_for_byte_with_its_line() -> None:
    for body in ("", "\n\n  text  \n\n", "a\r\n\r\nb", "--- \n", "\ttext\u2028x"):
        values, kept, line = read_header(f"---\r\ntitle: x\r\n---\r\n{body}", "post.md")
        assert (values, kept, line) == ({"title": "x"}, body, 4)


def test_a_byte_order_mark_and_spaces_behind_the_fences_are_tolerated() -> None:
    assert read_header("\ufeff--- \ntitle: x\n---\t\nbody", "post.md") == ({"title": "x"}, "body", 4)


def test_python_frontmatter_reads_the_same_through_our_handler() -> None:
    post = frontmatter.loads(POST, handler=TextHandler())
    values, body, _ = read_header(POST, "post.md")
    assert (post.metadata, post.content) == (values, body.strip())


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("no header", 1, "there is no header"),
        ("", 1, "there is no header"),
        ("---\ntitle: x\n", 1, "does not end"),
        ("---\ntitle: x\ntitle: y\n---\n", 3, "“title” is there twice"),
        ("---\na:\n  b: 1\n  b: 2\n---\n", 4, "“b” is there twice"),
        ("---\na: 1\nb: &x 2\n---\n", 3, "anchors and aliases"),
        ("---\na: &x [1]\nb: *x\n---\n", 2, "anchors and aliases"),
        ("---\n- a\n- b\n---\n", 2, "not a list of keys and values"),
        ("---\njust words\n---\n", 2, "not a list of keys and values"),
        ("---\na: 1\nb: [1, 2\nc: 3\n---\n", 4, "not valid YAML"),
        ('---\na: 1\nb: "x\n---\n', 4, "not valid YAML"),
        ("---\na: b: c\n---\n", 2, "not valid YAML"),
        ("---\na: 1\n...\nb: 2\n---\n", 4, "not valid YAML"),
        ("---\na: 1\nb: x\x1by\n---\n", 3, "control character"),
        ('---\na: 1\nb: "\\0"\n---\n', 3, "control character"),
        ("---\n? [a]\n: 1\n---\n", 2, "a key must be one word"),
    ],
)
def test_a_fault_names_its_line_and_its_reason(text: str, line: int, reason: str) -> None:
    found = fault(text)
    assert (found.line, found.path, found.exit) == (line, "post.md", 3)
    assert reason in found.message
    assert found.message.startswith(f"post.md:{line}: ")


@pytest.mark.parametrize("bomb", ["[" * 60_000, "{a: " * 15_000, "\n " + "- " * 30_000 + "x", "\n ? " + "? " * 30_000])
def test_bottomless_nesting_is_refused_at_once(bomb: str) -> None:
    start = time.perf_counter()
    assert "nested deeper" in fault(f"---\na: {bomb}\n---\n").message
    assert time.perf_counter() - start < 1


def test_a_header_of_64_kb_is_the_largest() -> None:
    assert read(f"---\na: {'x' * (LARGEST - 4)}\n---\n")
    assert "64 KB" in fault(f"---\na: {'x' * (LARGEST - 3)}\n---\n").message


def test_changing_a_key_changes_its_lines_only() -> None:
    changed = change_header(POST, {"title": "Another: one", "tags": ["a", "b"], "item": None, "status": "draft"}, "p")
    assert changed == POST.replace("title: A title # with a remark\n", "title: 'Another: one'\n").replace(
        "tags: [one, two]\n", "tags:\n- a\n- b\n"
    ).replace("item: kfmt\n", "").replace("# last remark\n---", "# last remark\nstatus: draft\n---")


def test_a_value_of_many_lines_is_replaced_whole_and_comments_stay() -> None:
    changed = change_header(POST, {"quotes": ["mine"], "summary": "short", "source": None}, "p")
    assert "First line" not in changed
    assert "folded" not in changed
    assert (
        "\n# where it comes from\n\nquotes:\n- mine\n\n# the end\nsummary: short\nitem: kfmt\n# last remark\n---"
        in changed
    )


def test_new_keys_are_added_in_order_even_to_an_empty_header() -> None:
    assert change_header("---\n---\nbody", {"a": "1", "b": "x"}, "p") == "---\na: '1'\nb: x\n---\nbody"


def test_the_files_own_line_ends_are_kept() -> None:
    changed = change_header("---\r\na: x\r\nb: y\r\n---\r\nbody\n", {"a": ["p", "q"], "c": "z"}, "p")
    assert changed == "---\r\na:\r\n- p\r\n- q\r\nb: y\r\nc: z\r\n---\r\nbody\n"


def test_an_edit_that_would_harm_another_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.posts.header.lines_of", lambda *_: (0, 14))  # as if it took the wrong lines
    with pytest.raises(PostFault, match="safely"):
        change_header("---\na: one\nb: two\nc: three\n---\n", {"a": "1"}, "a.md")


@pytest.mark.parametrize("text", ["---\n{a: x, b: y}\n---\n", "---\n a: x\n b: y\n---\n", "---\n? a\n: x\n---\n"])
def test_a_header_not_written_one_key_a_line_is_left_alone(text: str) -> None:
    with pytest.raises(PostFault, match="cannot change"):
        change_header(text, {"a": "new"}, "p")


PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
VALUES = st.one_of(
    PLAIN,
    st.lists(PLAIN, max_size=3),
    st.dictionaries(PLAIN, PLAIN, max_size=3),
    st.lists(st.dictionaries(PLAIN, PLAIN, min_size=1, max_size=2), max_size=2),
    st.integers(0, 9999),
    st.lists(PLAIN, min_size=2, max_size=4).map("\n".join),
)
HEADERS = st.dictionaries(PLAIN, VALUES, max_size=6)
KEYED = st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), VALUES, max_size=6)


@settings(deadline=None)
@given(HEADERS)
def test_what_is_written_reads_back_as_the_same_text(values: dict[str, Any]) -> None:
    assert read(f"---\n{dump(values) if values else ''}---\nbody") == as_text(values)


@settings(deadline=None, max_examples=200)
@given(KEYED, KEYED, st.data())
def test_a_change_is_the_old_header_with_the_change_and_no_other_line_moves(
    values: dict[str, Any], new: dict[str, Any], data: st.DataObject
) -> None:
    remarks = [f"# remark {number}\n\n" for number in range(len(values))]
    parts = [dump({key: value}) for key, value in values.items()]
    text = "---\n" + "".join(map("".join, zip(remarks, parts, strict=True))) + "# end\n---\nThe body.\n"
    chosen = data.draw(st.lists(st.sampled_from(sorted(values)), unique=True, max_size=2)) if values else []
    changes = new | {key: data.draw(st.one_of(st.none(), VALUES)) for key in chosen}
    changed = change_header(text, changes, "p")
    wanted = {key: value for key, value in (values | changes).items() if value is not None}
    assert read(changed) == as_text(wanted)
    now = {
        key: part if key not in changes else lines(key, changes[key]) for key, part in zip(values, parts, strict=True)
    }
    added = "".join(lines(key, value) for key, value in changes.items() if key not in values)
    rest = "".join(map("".join, zip(remarks, now.values(), strict=True)))
    assert changed == f"---\n{rest}# end\n{added}---\nThe body.\n"


def lines(key: str, value: object) -> str:
    return "" if value is None else dump({key: value})


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n", f"---\na: {text}\n---\n{text}"):
        try:
            values, body, line = read_header(whole, "p")
        except PostFault as found:
            assert 1 <= found.line <= whole.count("\n") + 1  # noqa: PT017 - a fault is one of two right answers
        else:
            assert whole.endswith(body)
            assert line == whole[: len(whole) - len(body)].count("\n") + 1
            assert all(isinstance(key, str) for key in values)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_python_frontmatters_own_cases_read_as_they_say() -> None:
    cases = sorted((CORPORA / "python-frontmatter" / "tests" / "yaml").glob("*.result.json"))
    assert len(cases) >= 7
    for case in cases:
        wanted = json.loads(case.read_text(encoding="utf-8"))
        source = next(path for path in case.parent.glob(f"{case.name.split('.')[0]}.*") if path != case)
        text = source.read_text(encoding="utf-8")
        if re.match("-{4,}", text):
            with pytest.raises(PostFault, match="no header"):  # our fences have three hyphens
                read_header(text, source.name)
            continue
        values, body, _ = read_header(text, source.name)
        assert body.strip() == wanted.pop("content").strip()
        assert values.keys() == wanted.keys()
        assert {key: values[key] for key in wanted if isinstance(wanted[key], str)} == {
            key: value for key, value in wanted.items() if isinstance(value, str)
        }
