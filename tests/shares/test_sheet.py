"""The table that goes to a spreadsheet and comes back: exact, row by row, all or nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import Refused, UsageError
from curate.shares import ledger
from curate.shares.sheet import COLUMNS, LARGEST, MOST, Imported, import_sheet, read_sheet, write_sheet
from tests.shares.servers import START
from tests.shares.test_calendar import SHARE
from tests.shares.test_plan import in_state, planned, planner

if TYPE_CHECKING:
    from curate.shares.ledger import Share
    from tests.shares.conftest import Ledger

__all__ = ["planner"]  # the fixture: a desk with a published post and three accounts
NEW = "id,post,account,at,zone,text\r\n"


def take(book: Ledger, data: bytes | str, *, dry_run: bool = False) -> Imported:
    raw = data.encode() if isinstance(data, str) else data
    return import_sheet(book.desk, book.settings, book.connection, raw, now=START, dry_run=dry_run)


def dump(book: Ledger) -> list[str]:
    return [line for line in book.connection.iterdump() if "'ids'" not in line]


def sheet(book: Ledger, **cells: str) -> str:
    """Return the table of all shares with some cells of the first one changed."""
    rows = list(csv.DictReader(io.StringIO(write_sheet(ledger.list_shares(book.connection)), newline="")))
    rows[0].update(cells)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def refused(book: Ledger, data: str) -> tuple[str, ...]:
    """Return the problems of a table that is refused, and see that it changed nothing."""
    before = dump(book)
    with pytest.raises(Refused, match="Nothing was imported") as caught:
        take(book, data)
    assert dump(book) == before
    return caught.value.problems


def test_what_was_exported_changes_nothing_in_any_state(planner: Ledger) -> None:
    planned(planner, {"mastodon": '=1+1 "quoted", and\nmore', "bluesky": "'+ a sign"}, at="next")
    for state in ("approved", "sent", "unknown", "cancelled", "rejected", "missed", "handed_over"):
        in_state(planner, state)
    planner.connection.execute("UPDATE shares SET wall = strftime('%Y-%m-%dT%H:%M', due_at, 'unixepoch')")
    before = dump(planner)
    done = take(planner, write_sheet(ledger.list_shares(planner.connection)))
    assert (done.planned, done.changed, done.unchanged, done.warnings) == ((), (), 9, ())
    assert dump(planner) == before


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=4, max_size=4),
    st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "'", "''=", "'x", '"', "\r\n"]),
)
def test_every_cell_comes_back_as_it_was_and_none_is_a_formula(texts: list[str], start: str) -> None:
    share = replace(SHARE, text=start + texts[0], post=start + texts[1], reason=texts[2], account=texts[3])
    data = write_sheet([share])
    for cells in list(csv.reader(io.StringIO(data, newline="")))[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    [row], strange = read_sheet(b"\xef\xbb\xbf" + data.encode())
    assert strange == []
    assert row.cells["text"] == share.text
    assert (row.cells["post"], row.cells["account"], row.cells["reason"]) == (share.post, share.account, share.reason)


def test_a_row_changes_the_text_and_the_time_of_its_share(planner: Ledger) -> None:
    share = in_state(planner, "approved")
    done = take(planner, sheet(planner, text="Better words", at="2026-11-25T17:30", zone="Europe/Berlin"))
    [changed] = done.changed
    assert changed == planner.find(share)
    assert (changed.text, changed.state) == (f"Better words\n\n{share.link}", "draft")
    assert (changed.wall, changed.zone) == ("2026-11-25T17:30", "Europe/Berlin")
    assert changed.due_at == datetime(2026, 11, 25, 16, 30, tzinfo=UTC)
    assert done.warnings == (f"line 2: {share.id} is a draft again: curate share approve {share.id}",)


def test_a_row_without_an_id_is_a_new_draft(planner: Ledger) -> None:
    done = take(
        planner,
        f"{NEW},small-models,work,2026-11-25T17:30,Asia/Tokyo,For work\r\n,small-models,bluesky,next,,Free slot\r\n",
    )
    first, second = done.planned
    assert (first.account, first.wall, first.zone, first.state) == ("work", "2026-11-25T17:30", "Asia/Tokyo", "draft")
    assert (second.account, second.wall, second.zone) == ("bluesky", "2026-11-23T08:40", "UTC")
    assert ledger.list_shares(planner.connection) == [second, first]


def test_a_dry_run_answers_the_same_and_keeps_nothing(planner: Ledger) -> None:
    in_state(planner, "approved")
    before = dump(planner)
    table = sheet(planner, text="Better words") + ",small-models,bluesky,,next,,,New,,,\r\n"
    dry = take(planner, table, dry_run=True)
    assert dump(planner) == before
    assert take(planner, table) == dry
    assert (len(dry.planned), len(dry.changed)) == (1, 1)


def test_every_bad_row_is_told_with_its_line_and_nothing_is_taken(planner: Ledger) -> None:
    share = in_state(planner, "draft")
    table = (
        f"{NEW}zzzz,,,,,x\r\n"
        f'{share.id},,,,,"Two\r\nlines"\r\n'
        "\r\n"
        ",small-models,work,,,No time\r\n"
        ",small-models,work,soon,,No time\r\n"
        ",small-models,work,next,Mars/Olympus,No zone\r\n"
        ",small-models,nobody,next,,No account\r\n"
        ",no-post,work,next,,No post\r\n"
        f",small-models,bluesky,next,,{'x' * 400}\r\n"
        f"{share.id},,,,,Again\r\n"
        ",small-models,work,next,,Good\r\n"
    )
    problems = refused(planner, table)
    assert [int(problem.split(":")[0].removeprefix("line ")) for problem in problems] == [2, 6, 7, 8, 9, 10, 11, 12]
    for problem, word in zip(
        problems, ("zzzz", "needs at", "soon", "Mars", "nobody", "no-post", "300 characters", "line 3"), strict=True
    ):
        assert word in problem


@pytest.mark.parametrize("state", ["sent", "sending", "unknown", "handed_over", "cancelled"])
def test_what_is_or_may_be_out_is_not_changed(planner: Ledger, state: str) -> None:
    in_state(planner, state)
    [said] = refused(planner, sheet(planner, text="Better words"))
    assert "cannot be edited" in said
    [said] = refused(planner, sheet(planner, at="2026-11-26T10:00"))
    assert "cannot be moved" in said


def test_a_share_keeps_its_post_and_its_account(planner: Ledger) -> None:
    in_state(planner, "draft")
    assert "post small-models" in refused(planner, sheet(planner, post="another"))[0]
    assert "account mastodon" in refused(planner, sheet(planner, account="work"))[0]


def test_limits_warn_and_repetition_is_refused_as_everywhere(planner: Ledger) -> None:
    done = take(planner, f"{NEW},small-models,work,2026-11-24T23:00,,Late\r\n")
    assert done.warnings == ("line 2: work at 2026-11-24T23:00: 21:30-06:30 are quiet hours.",)
    [said] = refused(planner, f"{NEW},small-models,work,2026-12-24T12:00,,LATE\r\n")
    assert "Write it anew" in said


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"x" * (LARGEST + 1), "larger than"),
        (b"PK\x03\x04 a workbook", "not CSV"),
        ("id,text\n1,é".encode("latin-1"), "UTF-8"),
        ("id,text\n".encode("utf-16"), "UTF-8"),
        (b"id,text\n\0", "not text"),
        (b"", "first line"),
        (b"name,mail\nDana,d@dana.example\n", "first line"),
        (b"id;text\nkfmt;x\n", "first line"),
        (b"id,text,text\n", "more than one column text"),
        (b'id,text\nkfmt,"open', "near line 2"),
        (b'id,text\nkfmt,"a"b\n', "near line 2"),
        (b"id,text\nkfmt," + b"x" * 200_000, "near line 2"),
        (b"id\n" + b"kfmt\n" * (MOST + 1), "rows"),
    ],
)
def test_a_wrong_file_is_refused_in_words(planner: Ledger, data: bytes, word: str) -> None:
    csv.field_size_limit(1 << 24)  # as another reader of tables may have left it
    with pytest.raises(UsageError) as caught:
        take(planner, data)
    assert word in caught.value.message
    assert caught.value.hint or word.startswith("more")


def test_semicolons_are_named(planner: Ledger) -> None:
    with pytest.raises(UsageError) as caught:
        take(planner, "id;text\n")
    assert "commas" in caught.value.hint


def test_too_many_cells_are_an_error_and_an_unknown_column_a_warning(planner: Ledger) -> None:
    assert refused(planner, "id,text\nkfmt,x,y\n") == ("line 2: it has 3 cells, the header 2.",)
    share: Share = in_state(planner, "draft")
    assert take(planner, f"id,mood\n{share.id},good\n").warnings == ("The column mood is not read.",)
