"""The command triage without a screen: decisions from a file, and where a sitting goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.inbox.journal import count_steps
from tests.inbox.stock import Stock, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Curate


@pytest.fixture
def stock(desk: Path) -> Iterator[Stock]:
    """Four new items, a to d."""
    stock = Stock(desk)
    stock.receive(*(entry(name) for name in "abcd"))
    yield stock
    stock.connection.close()


def said(stock: Stock) -> list[tuple[str, str]]:
    return [(item.state, item.note) for item in stock.items()]


def test_a_file_of_decisions_is_done_line_by_line_and_not_twice(stock: Stock, curate: Curate, tmp_path: Path) -> None:
    a, b, c, d = stock.ids()
    path = tmp_path / "decisions.txt"
    path.write_text(
        f"# my morning\n\n{a} keep\n{a} note the number is minutes\n  {b} SKIP \n{c} later 3d\n"
        f"{d} quote out of three.\n{d} tag tools, hiring\n{d} via Tomas https://x.example/\n",
        encoding="utf-8",
    )
    done = curate("-C", stock.root, "triage", "--decisions", path)
    assert done.out.splitlines() == [
        f"Kept: {a} “About a”",
        f"Noted: {a} “About a”",
        f"Skipped: {b} “About b”",
        f"Put off: {c} “About c”",
        f"Quoted: {d} “About d”",
        f"Tagged: {d} “About d”",
        f"Via noted: {d} “About d”",
    ]
    assert said(stock) == [("kept", "the number is minutes"), ("skipped", ""), ("later", ""), ("new", "")]
    steps = count_steps(stock.connection)
    again = curate("-C", stock.root, "triage", "--decisions", path, "--json").data
    assert [line["line"] for line in again] == ["3", "4", "5", "6", "7", "8", "9"]
    assert again[0] == {"line": "3", "id": a, "word": "keep", "state": "kept"}
    assert count_steps(stock.connection) == steps, "what stands is not done again"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("{a} keeep", 2, "Line 2: “keeep” is no decision."),
        ("zzzz keep", 2, "Line 2:"),
        ("{a} note", 2, "Line 2: note needs words after it."),
        ("{a} later yesterday", 2, "Line 2: “yesterday” is no time."),
        ("{a} later 2020-01-01", 2, "not ahead of now"),
        ("{a} later 9999-12-31T23:00:00-05:00", 2, "too far ahead"),
        ("{a} later 9999-12-31", 2, "too far ahead"),
        ("{a} quote " + "word " * 91, 3, "Line 2: 91 words are too many"),
    ],
)
def test_a_line_that_cannot_be_done_is_named_and_those_before_are_saved(
    stock: Stock, curate: Curate, tmp_path: Path, line: str, code: int, words: str
) -> None:
    a, *_, d = stock.ids()
    path = tmp_path / "decisions.txt"
    path.write_text(f"{d} skip\n{line.format(a=a)}\n{a} keep\n", encoding="utf-8")
    failed = curate("-C", stock.root, "triage", "--decisions", path, expect=code)
    assert words in failed.err
    assert "The lines before it are saved" in failed.err
    assert [state for state, _ in said(stock)] == ["new", "new", "new", "skipped"]


def test_nothing_to_decide_is_said(stock: Stock, curate: Curate, tmp_path: Path) -> None:
    path = tmp_path / "decisions.txt"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert curate("-C", stock.root, "triage", "--decisions", path).out == "No decisions were given; nothing changed.\n"
    assert "No such file" in curate("-C", stock.root, "triage", "--decisions", tmp_path / "gone", expect=2).err


@pytest.mark.parametrize("words", [["--timebox", "soon"], ["--timebox", "0m"], ["--order", "best"], ["--limit", "0"]])
def test_options_that_cannot_be_meant_are_refused(stock: Stock, curate: Curate, words: list[str]) -> None:
    curate("-C", stock.root, "triage", *words, expect=2)


def test_a_file_may_begin_with_a_mark_and_must_be_text(stock: Stock, curate: Curate, tmp_path: Path) -> None:
    path = tmp_path / "decisions.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"{stock.ids()[0]} keep\n".encode())
    curate("-C", stock.root, "triage", "--decisions", path)
    assert said(stock)[0][0] == "kept"
    path.write_bytes(f"{stock.ids()[1]} note caf\xe9\n".encode("latin-1"))
    assert "not UTF-8 text" in curate("-C", stock.root, "triage", "--decisions", path, expect=2).err
