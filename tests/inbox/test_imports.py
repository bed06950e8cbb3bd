"""What was saved elsewhere comes in once, as one step, with its dates, tags, notes and highlights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1><DL>
<DT><A HREF="https://quiet.example/a?utm_source=x" ADD_DATE="1700000000" TAGS="nights,calm">On calm</A>
<DD>My line.
<DT><A HREF="http://www.quiet.example/a/" ADD_DATE="1600000000" TAGS="Calm,work">The same again</A>
<DT><A HREF="https://quiet.example/b">On nights</A>
<DT><A HREF="place:sort=8">Recent</A>
</DL>"""
READWISE = """Highlight,Book Title,Book Author,Note,Color,Tags,Location,Highlighted at,Document tags
First words.,A Book,R. Lindqvist,my note,,x,1,2024-03-15 09:30:00+00:00,y
Second words.,A Book,R. Lindqvist,,,,2,2024-03-16 09:30:00+00:00,y
"""
AGAIN = READWISE + "Third words.,A Book,R. Lindqvist,,,,3,2024-03-17 09:30:00+00:00,y\n"
ALL = ("item", "list", "--state", "all", "--limit", "0")


def taken(curate: Curate, desk: Path, text: str | bytes, *flags: str) -> dict[str, Any]:
    """Import ``text`` from a file; return what the command says."""
    file = desk.parent / "export"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    told: dict[str, Any] = curate("-C", desk, "import", file, "--json", *flags).data
    assert told["rows"] == told["new"] + told["known"] + len(told["rejected"])
    return told


def items(curate: Curate, desk: Path) -> dict[str, dict[str, Any]]:
    """Return all that the person can see of every item, by its title."""
    rows = curate("-C", desk, *ALL, "--json").data
    whole = [curate("-C", desk, "item", "show", row["id"], "--json").data for row in rows]
    return {each["title"]: each for each in whole}


def test_rows_become_kept_items_with_date_tags_and_note(curate: Curate, desk: Path) -> None:
    told = taken(curate, desk, BOOKMARKS)
    assert (told["kind"], told["rows"], told["new"], told["known"]) == ("netscape", 4, 2, 1)
    assert told["rejected"] == [{"row": 6, "reason": "its address “place:sort=8” is no web address"}]
    there = items(curate, desk)
    assert there.keys() == {"On calm", "On nights"}
    calm = there["On calm"]
    assert (calm["state"], calm["published"]) == ("kept", "2020-09-13T12:26:40Z")  # the first time it was saved
    assert (sorted(calm["tags"]), calm["note"]) == (["calm", "nights", "work"], "My line.")
    assert calm["url"] == "https://quiet.example/a?utm_source=x"
    assert curate("-C", desk, "item", "search", "line", "--json").data[0]["id"] == calm["id"]


def test_twice_changes_nothing_and_a_dry_run_says_what_would_come(curate: Curate, desk: Path) -> None:
    would = taken(curate, desk, BOOKMARKS, "--dry-run")
    assert curate("-C", desk, *ALL, "--json").data == []
    assert taken(curate, desk, BOOKMARKS) == would
    before, steps = items(curate, desk), curate("-C", desk, "undo", "--list", "--json").data
    again = taken(curate, desk, BOOKMARKS)
    assert (again["new"], again["known"]) == (0, 3)
    assert items(curate, desk) == before
    assert curate("-C", desk, "undo", "--list", "--json").data == steps
    assert "curate undo" not in curate("-C", desk, "import", desk.parent / "export").out


def test_one_undo_takes_an_import_back_and_an_import_brings_it_again(curate: Curate, desk: Path) -> None:
    taken(curate, desk, BOOKMARKS)
    before = items(curate, desk)
    [step] = curate("-C", desk, "undo", "--json").data
    assert (step["action"], len(step["items"])) == ("import", 2)
    left = items(curate, desk)
    assert {(one["state"], one["note"], *one["tags"]) for one in left.values()} == {("skipped", "")}
    curate("-C", desk, "redo")
    assert items(curate, desk) == before
    curate("-C", desk, "undo")
    told = taken(curate, desk, BOOKMARKS)
    assert (told["new"], told["known"]) == (0, 3)
    assert {one["state"] for one in items(curate, desk).values()} == {"kept"}


def test_highlights_become_quotes_of_one_book_and_new_ones_join_them(curate: Curate, desk: Path) -> None:
    assert taken(curate, desk, READWISE)["new"] == 2
    told = taken(curate, desk, AGAIN)
    assert (told["new"], told["known"]) == (1, 2)
    [book] = items(curate, desk).values()
    assert [quote["text"] for quote in book["quotes"]] == ["First words.", "Second words.", "Third words."]
    assert (book["author"], book["url"], book["note"]) == ("R. Lindqvist", "", "my note")
    assert sorted(book["tags"]) == ["x", "y"]


def test_what_the_person_took_away_or_decided_since_stays_so(curate: Curate, desk: Path) -> None:
    taken(curate, desk, READWISE)
    taken(curate, desk, BOOKMARKS)
    calm, book = (items(curate, desk)[title]["id"] for title in ("On calm", "A Book"))
    curate("-C", desk, "item", "tag", calm, "calm", "--remove")
    curate("-C", desk, "item", "note", calm, "Another line.")
    curate("-C", desk, "item", "skip", calm)
    curate("-C", desk, "item", "quote", book, "First words", "--remove")
    before = items(curate, desk)
    taken(curate, desk, BOOKMARKS)
    taken(curate, desk, READWISE)
    assert items(curate, desk) == before


def test_an_item_that_was_there_is_kept_and_gets_what_it_lacks(curate: Curate, desk: Path) -> None:
    taken(curate, desk, "https://quiet.example/a A plain address\n")
    curate("-C", desk, "undo")  # as nobody decided on it
    told = taken(curate, desk, BOOKMARKS)
    assert (told["new"], told["known"]) == (1, 2)
    there = items(curate, desk)["A plain address"]
    assert (there["state"], there["note"], sorted(there["tags"])) == ("kept", "My line.", ["calm", "nights", "work"])


def test_a_list_of_feeds_goes_to_the_feeds(curate: Curate, desk: Path) -> None:
    opml = "<opml version='2.0'><body><outline type='rss' text='Q' xmlUrl='https://quiet.example/feed'/></body></opml>"
    assert taken(curate, desk, opml, "--dry-run")["new"] == 1
    assert curate("-C", desk, "feed", "list", "--json").data == []
    told = taken(curate, desk, opml)
    assert (told["kind"], told["new"]) == ("opml", 1)
    assert taken(curate, desk, opml)["known"] == 1
    assert len(curate("-C", desk, "feed", "list", "--json").data) == 1


def test_what_cannot_be_imported_is_refused_in_words_and_changes_nothing(curate: Curate, desk: Path) -> None:
    for text, code in ((b"", 3), (b"\x00\x01", 3), (b"no addresses here", 3), (b"PK\x03\x04", 3)):
        (desk / "odd").write_bytes(text)
        assert "Nothing" in curate("-C", desk, "import", desk / "odd", expect=code).err
    assert "cannot be read" in curate("-C", desk, "import", desk / "missing", expect=2).err
    (desk / "odd").write_text("https://quiet.example/\n", encoding="utf-8")
    assert "urls" in curate("-C", desk, "import", desk / "odd", "--kind", "pocket", expect=3).err
    assert "is none of" in curate("-C", desk, "import", desk / "odd", "--kind", "nonsense", expect=2).err
    assert curate("-C", desk, *ALL, "--json").data == []


def test_a_title_of_a_stranger_is_harmless_wherever_it_is_shown(curate: Curate, desk: Path) -> None:
    hostile = "\x1b[2J\u202eevil <script>alert(1)</script>"
    said = curate("-C", desk, "import", _file(desk, f"title,url,time_added\n{hostile},nonsense,1\n,,\n")).out
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_many_rows_come_in_at_once(curate: Curate, desk: Path) -> None:
    rows = "".join(f"Title {n},https://quiet.example/{n},{1_700_000_000 + n},a|b{n % 7},unread\n" for n in range(3_000))
    assert taken(curate, desk, f"title,url,time_added,tags,status\n{rows}")["new"] == 3_000
    assert len(curate("-C", desk, *ALL, "--json").data) == 3_000
    [step] = curate("-C", desk, "undo", "--json").data
    assert len(step["items"]) == 3_000


def _file(desk: Path, text: str) -> Path:
    path = desk.parent / "export"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here")
def test_real_exports_come_in_whole_and_only_once(curate: Curate, desk: Path) -> None:
    folders = ("wallabag/tests/fixtures/Import", "netscape-bookmark/tests/input", "linkding", "importer-snippets")
    files = [path for folder in folders for path in sorted((CORPORA / folder).rglob("*.*")) if path.stat().st_size]
    files = [path for path in files if path.suffix in {".json", ".csv", ".htm", ".html", ".opml"}]
    assert len(files) > 20
    for path in files:
        told = taken(curate, desk, path.read_bytes())
        assert told["rows"] > 0, path
        again = taken(curate, desk, path.read_bytes())
        assert (again["new"], again["rejected"]) == (0, told["rejected"]), path
