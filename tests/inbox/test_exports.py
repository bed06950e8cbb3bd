"""Exports of other programs are told apart by what they hold, and every row of them is taken or named."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from curate.errors import Refused
from curate.inbox import exports
from curate.inbox.exports import read_export
from curate.inbox.saved import Export, when
from tests.conftest import CORPORA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIXTURES = {
    "wallabag/tests/fixtures/Import": "*.*",
    "netscape-bookmark/tests/input": "*.htm",
    "linkding/bookmarks/tests/resources": "*.html",
    "importer-snippets": "*.[cho]*",
}
BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p>
    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Bar</H3>
    <DL><p>
        <DT><A HREF="https://quiet.example/a" ADD_DATE="1700000000" TAGS="one,two words">A &amp; B</A>
        <DD>My line,
over two.
        <DT><H3>Nights</H3>
        <DL><p><DT><A HREF="https://quiet.example/b" ADD_DATE="1700000000000000">B</A></DL><p>
        <DT><A HREF="javascript:alert(1)">C</A>
    </DL><p>
</DL><p>"""
RAINDROP = """id,title,note,excerpt,url,folder,tags,created,highlights
1,On calm,my line,Words,https://quiet.example/calm,Nights / Days,"calm, work",2024-03-15T09:30:00Z,"Highlight:First.
Note:Why it matters

Highlight:Second."
"""
A = "https://quiet.example/calm"
TABLES = [
    ("pocket", f"title,url,time_added,tags,status\nOn calm,{A},1700000000,x|y,archive\n"),
    ("instapaper", f"URL,Title,Selection,Folder,Timestamp\n{A},On calm,,x / y,1700000000\n"),
    ("instapaper", f'URL,Title,Selection,Folder,Timestamp,Tags\n{A},On calm,,Unread,1700000000,"[""x"",""y""]"\n'),
    (
        "readwise-reader",
        "Title,URL,ID,Document tags,Saved date,Location,Seen\n"  # noqa: ISC004 - one text
        f"On calm,{A},01h,\"['x', 'y']\",2023-11-14 22:13:20+00:00,new,True\n",
    ),
    (
        "wallabag",
        "Title;URL;Content;Tags;MIME Type;Language;Creation date\n"  # noqa: ISC004 - one text
        f"On calm;{A};<p>Words</p>;x,y;text/html;en;2023-11-14 22:13:20\n",
    ),
    ("table", f"url,name\n{A},On calm\n"),
]
WHEN = "2023-11-14T22:13:20Z"
LISTS: list[tuple[str, object]] = [
    ("pinboard", [{"href": A, "description": "On calm", "extended": "", "time": WHEN, "tags": "x y", "toread": "no"}]),
    (
        "wallabag",
        [{"url": A, "title": "On calm", "is_archived": 1, "content": "", "tags": ["x", "y"], "created_at": WHEN}],
    ),
    (
        "linkding",
        {"count": 1, "results": [{"url": A, "title": "On calm", "tag_names": ["x", "y"], "date_added": WHEN}]},
    ),
    ("omnivore", [{"slug": "1", "title": "On calm", "url": A, "savedAt": WHEN, "labels": [{"name": "x"}, "y"]}]),
    ("list", [{"link": "", "url": A, "name": "On calm", "created": WHEN, "tags": "x, y"}]),
]
LINES = [
    (
        "pocket",
        f"<!DOCTYPE html><h1>Unread</h1><ul><li><a href='{A}' time_added='1700000000' tags='x,y'>On calm</a></ul>",
    ),
    (
        "netscape",
        f"<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF='{A}' ADD_DATE=1700000000 TAGS='x,y'>On calm</A></DL>",
    ),
    ("urls", f"{A}\n"),
]
OMNIVORE = [
    {
        "slug": "calm-1", "title": "On calm", "url": A, "state": "Archived", "savedAt": "2024-03-15T09:30:00.000Z",
        "publishedAt": "2024-03-01T00:00:00.000Z", "labels": ["calm", "work"], "author": "R. Lindqvist",
    },
]  # fmt: skip


def real_exports() -> list[Path]:
    """Return every saved export that is not an empty file."""
    return [
        path
        for folder, names in FIXTURES.items()
        for path in sorted((CORPORA / folder).glob(names))
        if path.stat().st_size
    ]


def held(path: Path) -> int:
    """Count the rows of a file in the plainest way there is."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return sum(any(row) for row in csv.reader(io.StringIO(text, newline=""))) - 1
    if path.suffix == ".json":
        said = json.loads(text)
        if isinstance(said, dict):
            return len(said["bookmarks"]) if "bookmarks" in said else text.count('"text/x-moz-place"')
        return len(said)
    return len(re.findall(r"<DT>\s*<A ", text))


@pytest.mark.skipif(not real_exports(), reason="the corpora are not here")
@pytest.mark.parametrize("path", real_exports(), ids=lambda path: path.name)
def test_every_row_of_a_real_export_is_taken_or_named(path: Path) -> None:
    export = read_export(path.read_bytes())
    if path.suffix == ".opml":
        assert export.kind == "opml"
        return
    assert export.rows == held(path)
    assert all(each.reason.startswith("its address “place:") for each in export.rejected)
    assert export.warnings == []
    dated = re.search(
        rb"time_added|ADD_DATE|created|Timestamp|date_added|dateAdded|Saved date|Highlighted at", path.read_bytes()
    )
    assert not dated or all(row.saved for row in export.saved)
    said = {tag.lower() for tag in re.findall(r'TAGS="([^"]*)"', path.read_text(encoding="utf-8"))}
    wanted = {" ".join(tag.split()) for tags in said for tag in tags.split(",") if tag.strip()}
    assert wanted <= {tag.lower() for row in export.saved for tag in row.tags}


@pytest.mark.parametrize(("kind", "text"), [*TABLES, *((kind, json.dumps(said)) for kind, said in LISTS), *LINES])
def test_each_kind_is_told_by_its_content_with_date_and_tags(kind: str, text: str) -> None:
    export = read_export(text.encode())
    [row] = export.saved
    assert (export.kind, row.url, row.title) == (kind, A, A if kind == "urls" else "On calm")
    if kind not in {"urls", "table"}:
        assert row.saved == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
        assert row.tags == ("x", "y")
    assert read_export(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).saved == export.saved
    assert read_export(b"\xff\xfe" + text.encode("utf-16-le")).saved == export.saved


def test_bookmarks_keep_folders_as_tags_notes_and_lines() -> None:
    export = read_export(BOOKMARKS.encode())
    first, second = export.saved
    assert (first.row, first.title, first.tags, first.note) == (7, "A & B", ("one", "two words"), "My line,\nover two.")
    assert (second.tags, second.saved) == (("Nights",), datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))
    assert [(each.row, each.reason) for each in export.rejected] == [
        (12, "its address “javascript:alert(1)” is no web address")
    ]


def test_highlights_become_quotes_and_what_was_said_of_them_a_note() -> None:
    [row] = read_export(RAINDROP.encode()).saved
    assert (row.quotes, row.note) == (("First.", "Second."), "my line\n\nWhy it matters")
    assert row.tags == ("calm", "work", "Nights", "Days")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("metadata_0_to_1.json", json.dumps(OMNIVORE))
        archive.writestr(
            "highlights/calm-1.md", "> First words,\n> all of them.\n\nWhy it matters\n\n> Second words.\n"
        )
        archive.writestr("content/calm-1.html", "<p>First words, all of them.</p><script>alert(1)</script>")
    [row] = read_export(out.getvalue()).saved
    assert (row.quotes, row.note) == (("First words, all of them.", "Second words."), "Why it matters")
    assert (row.html, row.published) == ("<p>First words, all of them.</p>", datetime(2024, 3, 1, tzinfo=UTC))


def test_bad_rows_are_named_and_the_others_go_on() -> None:
    table = "title,url,time_added,tags,status\nA,https://a.example/,1,,\nB,,1,,\n\nC,file:///etc/passwd,1,,\n"
    table += 'D,https://d.example/,1,,,too,many\n"E\nF",https://e.example/,1,,\n'
    export = read_export(table.encode())
    assert [row.row for row in export.saved] == [2, 7]
    assert [(each.row, each.reason[:25]) for each in export.rejected] == [
        (3, "it has no address"),
        (5, "its address “file:///etc/"),
        (6, "it has 7 cells, the heade"),
    ]
    mixed = json.dumps([{"url": "https://a.example/", "tag_names": []}, 3, None, {"url": 7}, {"title": "B"}])
    assert [each.row for each in read_export(mixed.encode()).rejected] == [2, 3, 4, 5]
    lines = read_export(b"# mine\nhttps://a.example/ A title\n- <https://b.example/>\nnonsense\n")
    assert (lines.saved[0].url, lines.saved[0].title) == ("https://a.example/", "A title")
    assert [row.url for row in lines.saved] == ["https://a.example/", "https://b.example/"]
    assert [(each.row, each.reason) for each in lines.rejected] == [(4, "“nonsense” is no web address")]


@pytest.mark.parametrize(
    "cell",
    ['=HYPERLINK("http://x")', "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+cmd|x", " =A1", "\t=A1", "=-1"],
)  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_run_refuses_its_row(cell: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [("title", "url", "time_added"), (cell, "https://a.example/", 1), ("B", "https://b.example/", 1)]
    )
    export = read_export(out.getvalue().encode())
    assert [row.title for row in export.saved] == ["B"]
    assert "begins like a formula" in export.rejected[0].reason


@pytest.mark.parametrize(
    "title", ["@font-face, tried", "-10 degrees", "+1 for calm", "=> and <=", "== Heading", "- a list (of one)"]
)
def test_titles_that_only_begin_like_formulas_come_in(title: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [("title", "url", "time_added"), (title, "https://a.example/", 1), (f"'{title}", "https://b.example/", 1)]
    )
    first, second = read_export(out.getvalue().encode()).saved
    assert first.title == title
    assert second.title == (title if title[0] in "=+-@" else f"'{title}")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\x00\x01\x02binary" * 99, "is no text"),
        (b"%PDF-1.7\n\x00", "is no text"),
        (b"just words\nand more\n", "text without an address"),
        (b"name,age\nDana,40\n", "text without an address"),
        (b"<html><body><p>A page.</p></body></html>", "no list of bookmarks"),
        (b"<rss><channel><link>https://a.example</link></channel></rss>", "no list of bookmarks"),
        (b"[" * 100_000, "nested too deeply|is none"),
        (b'{"a": [}', "begins like JSON"),
        (b'{"name": "x", "version": 1}', "no list of things"),
        (b"[1, 2, 3]", "nothing with an address"),
        (b'["words", "more"]', "nothing with an address"),
        (b"PK\x03\x04 and no more", "damaged"),
    ],
)
def test_what_is_no_export_is_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(Refused, match=word) as refused:
        read_export(data)
    assert "Nothing" in refused.value.hint


def test_zip_slip_inside_an_export_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("pocket.csv", "title,url,time_added\nA,https://a.example/,1\n")
        archive.writestr("../../.bashrc", "rm -rf ~")
    with pytest.raises(Refused, match="leads out of its folder"):
        read_export(out.getvalue())


def test_an_archive_of_exports_is_read_and_says_what_it_left() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("pocket/part_000000.csv", "title,url,time_added\nA,https://a.example/,1700000000\n")
        archive.writestr("pocket/part_000001.csv", "title,url,time_added\nB,https://b.example/,1700000000\n")
        archive.writestr("pocket/about.txt", "Thank you.")
    export = read_export(out.getvalue())
    assert (export.kind, [row.title for row in export.saved]) == ("pocket", ["A", "B"])
    assert export.warnings == ["Not read, because it is no export: pocket/about.txt."]


def test_what_is_too_large_or_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    small = b"https://a.example/\nhttps://b.example/\n"
    with pytest.raises(Refused, match="of the kind urls, not pocket"):
        read_export(small, "pocket")
    monkeypatch.setattr(exports, "MOST", 1)
    with pytest.raises(Refused, match="more than 1 rows"):
        read_export(small)
    monkeypatch.setattr(exports, "LARGEST", 10)
    with pytest.raises(Refused, match="larger than"):
        read_export(small)


def test_notes_and_quotes_come_whole_and_what_is_left_out_is_said_with_its_row() -> None:
    export = Export(kind="test")
    note = "My words. " * 10_000
    tags = [f"tag{number}" for number in range(101)]
    export.take(
        7, {"url": "https://a.example/", "note": note, "quotes": [note], "tags": tags, "html": "<p>x" * 600_000}
    )
    [row] = export.saved
    assert (row.note, row.quotes) == (note.rstrip(), (note.rstrip(),))
    assert (len(row.tags), row.html) == (100, "")
    assert export.warnings == [
        "Row 7: its article is longer than 2,000,000 characters and was left out.",
        "Row 7 has 101 tags; the first 100 were taken.",
    ]


def test_another_encoding_is_read_with_a_warning() -> None:
    export = read_export("title,url,time_added\nCafé,https://a.example/,1\n".encode("latin-1"))
    assert export.saved[0].title == "Café"
    assert "not UTF-8" in export.warnings[0]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1700000000", 1_700_000_000), (1_700_000_000_000, 1_700_000_000), ("1700000000000000", 1_700_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000), ("2023-11-14 22:13:20 UTC", 1_700_000_000),
        ("2023-11-14T23:13:20+0100", 1_700_000_000), ("November 14, 2023 10:13 PM", 1_699_999_980),
        ("Nov 14, 2023", 1_699_920_000), ("", None), (None, None), (True, None), ("yesterday", None),
        ("Foo 14, 2023", None),
        ("999999999999999999", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_dates_are_read_as_programs_write_them(said: object, seconds: int | None) -> None:
    found = when(said)
    if said == "999999999999999999":
        assert found is None or found.year < 10_000
        return
    assert found == (None if seconds is None else datetime.fromtimestamp(seconds, UTC))


def test_what_repeats_itself_endlessly_is_read_to_its_end_or_refused() -> None:
    steps: list[Callable[[], bytes]] = [
        lambda: b"<!DOCTYPE NETSCAPE-Bookmark-file-1>" + b"<DL><DT><H3>x</H3>" * 20_000,
        lambda: b"<!DOCTYPE NETSCAPE-Bookmark-file-1><DT><A HREF='https://a.example/'>" + b"<DD>" * 50_000,
        lambda: b"title,url,time_added\n" + b'"' * 100_001,
        lambda: b"url\n" + b"https://a.example/" + b"'[" * 100_000,
    ]
    for make in steps:
        try:
            export = read_export(make())
        except Refused:
            continue
        assert export.rows < 100


@pytest.mark.parametrize(
    "text",
    [
        f'url,time_added,tags\n{A},1700000000,"[a{" " * 200_000}b]"\n',
        f'url,time_added,tags\n{A},1700000000,"a""{" " * 200_000}b"\n',
        f"url,selection,folder\n{A},,a{' ' * 200_000}b\n",
    ],
    ids=["listed tags", "quoted tags", "folder"],
)
def test_a_cell_of_blanks_takes_no_time_to_speak_of(text: str) -> None:
    program = (
        "import sys; from curate.inbox.exports import read_export; print(read_export(sys.stdin.buffer.read()).rows)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=text.encode(), capture_output=True, timeout=60)  # noqa: PLW1510
    assert done.stdout == b"1\n", "a look at every pair of blanks takes minutes"


@pytest.mark.parametrize("odd", ["5", "true", '"x"', "[5, null]", '{"a": 1}'])
def test_values_of_a_wrong_kind_are_left_out_and_the_row_stays(odd: str) -> None:
    wallabag = f'[{{"url": "{A}", "is_archived": 1, "content": "", "annotations": {odd}}}]'
    assert [(row.url, row.quotes, row.note) for row in read_export(wallabag.encode()).saved] == [(A, (), "")]
    firefox = f'{{"children": [{{"uri": "{A}", "dateAdded": 1700000000000000, "annos": {odd}}}]}}'
    assert [(row.url, row.note) for row in read_export(firefox.encode()).saved] == [(A, "")]


@pytest.mark.parametrize("odd", ["5", "null", '"x"', "true"])
def test_an_archive_whose_list_is_a_single_value_is_refused(odd: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("metadata_0_to_5.json", odd)
    with pytest.raises(Refused, match="single value"):
        read_export(packed.getvalue())
