"""What feeds say cannot steer a terminal; what scripts read is plain JSON and plain lines."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from curate.cli import render

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Texts full of what terminals obey: controls, escapes, marks of direction, invisible and lone characters.
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(BIDI + "\x1b\x9b\x07\x7f\x00\r\n\t\u2028\u2029\u200b\ufeff\ue000\U000e0041\u200d"),
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn"]),
    )
)


@given(HOSTILE)
def test_no_control_bidirectional_or_escape_character_survives(text: str) -> None:
    safe = render.term_safe(text)
    assert not {char for char in safe if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not set(safe) & {*BIDI, "\u200b", "\ufeff", "\U000e0041"}
    assert len(safe.splitlines()) <= 1
    assert render.term_safe(safe) == safe


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_what_a_person_can_read_stays_as_it_is(text: str) -> None:
    assert render.term_safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07title", "␛]0;owned␇title"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x9b31mred", "\ufffd31mred"),
        ("del\x7f", "del\ufffd"),
        ("evil\u202egpj.exe", "evil\ufffdgpj.exe"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: str, shown: str) -> None:
    assert render.term_safe(text) == shown


@given(HOSTILE, st.integers(0, 60))
def test_a_clipped_text_is_never_wider_than_its_place(text: str, cells: int) -> None:
    assert cell_len(render.clip(render.term_safe(text), cells)) <= max(cells, 1)


@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=5))
def test_columns_begin_in_the_same_cell_of_every_line(texts: list[tuple[str, str]]) -> None:
    mark = "◆"
    rows = [(first.replace(mark, ""), mark, third) for first, third in texts]
    lines = render.columns(rows, (12, 1, 30))
    assert len(lines) == len(rows)
    assert len({cell_len(line.partition(mark)[0]) for line in lines}) == 1
    assert all(cell_len(line) <= 12 + 2 + 1 + 2 + 30 for line in lines)


def test_a_script_reads_ascii_json_with_times_in_utc() -> None:
    moment = datetime(2026, 11, 23, 10, 40, tzinfo=timezone(timedelta(hours=2)))
    data = render.wire({"at": moment, "where": PurePosixPath("a/b"), "names": ("ü", 1, None), 7: {"x"}})
    line = render.as_json("curate.test/1", data, ["careful"])
    assert line.isascii()
    assert json.loads(line) == {
        "schema": "curate.test/1",
        "data": {"at": "2026-11-23T08:40:00Z", "where": "a/b", "names": ["ü", 1, None], "7": ["x"]},
        "warnings": ["careful"],
    }


def test_a_plain_record_is_one_line_whatever_is_in_it() -> None:
    records = [{"id": "kfmt", "title": "a\tb\nc\x1b[31m", "n": 3, "tags": ["x"], "none": None}]
    assert render.as_plain(records) == ['kfmt\ta b c␛[31m\t3\t["x"]\tnull']
    assert render.as_plain({"a": "b"}) == ["b"]
    assert render.as_plain([]) == []


def test_only_the_fields_asked_for_are_shown_in_the_order_asked() -> None:
    assert render.pick([{"a": 1, "b": 2, "c": 3}], ("c", "a", "x")) == [{"c": 3, "a": 1}]
    assert list(render.pick({"a": 1, "b": 2}, ("b", "a"))) == ["b", "a"]


@pytest.mark.parametrize(
    ("before", "word"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=3), "3m"),
        (timedelta(hours=5, minutes=59), "5h"),
        (timedelta(days=2), "2d"),
        (-timedelta(minutes=1), "soon"),
    ],
)
def test_how_long_ago_is_one_short_word(before: timedelta, word: str) -> None:
    assert render.ago(NOW - before, NOW) == word
    assert render.ago(None, NOW) == ""


def test_a_number_is_said_with_its_noun() -> None:
    assert [render.count(n, "feed") for n in (0, 1, 2, 1200)] == ["0 feeds", "1 feed", "2 feeds", "1,200 feeds"]
    assert render.count(2, "reply", "replies") == "2 replies"
