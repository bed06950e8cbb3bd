"""A round-up starts with what was commented on, once in all round-ups, and strangers' titles become no markup."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.desk.db import open_database
from curate.desk.folder import Desk
from curate.inbox.arrivals import Arrival, store_arrivals
from curate.inbox.decide import decide
from curate.inbox.imports import store_saved
from curate.inbox.items import list_items
from curate.inbox.journal import undo
from curate.inbox.notes import add_tags, set_note
from curate.inbox.saved import Saved
from curate.posts.files import read_posts
from curate.posts.roundup import OPENING, Roundup, as_words, gather_roundup
from curate.site.plugin.markdown import to_html

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK = NOW - timedelta(days=7)


@pytest.fixture
def room(desk: object) -> Desk:
    return Desk(desk)  # type: ignore[arg-type]


@pytest.fixture
def connection(room: Desk) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_database(room)) as opened:
        yield opened


def keep(
    connection: sqlite3.Connection, title: str, note: str = "", tags: tuple[str, ...] = (), seen: datetime = NOW
) -> str:
    url = f"https://example.org/{title.replace(chr(32), chr(45))}"
    arrival = Arrival(
        guid=title, url=url, canonical_url=url, title=title, author="", site="Review", summary="", content_html="",
        content_text=title, words=100, lang="en", full_text=False, published=seen,
    )  # fmt: skip
    store_arrivals(connection, None, [arrival], now=seen)
    found = next(item.id for item in list_items(connection, state=None, limit=0) if item.title == title)
    decide(connection, [found], "keep", now=seen)
    if note:
        set_note(connection, found, note, now=seen)
    if tags:
        add_tags(connection, found, list(tags), now=seen)
    return found


def write(room: Desk, slug: str, header: str) -> None:
    (room.content / f"{slug}.md").write_text(f"---\nslug: {slug}\n{header}\n---\nMine.\n", encoding="utf-8")


def gather(room: Desk, connection: sqlite3.Connection, now: datetime = NOW) -> Roundup:
    posts, _ = read_posts(room.content)
    return gather_roundup(connection, posts, content=room.content.as_posix(), since=now - timedelta(days=7), now=now)


def test_noted_items_and_link_posts_are_grouped_by_tag_with_the_opening_left_to_the_person(
    room: Desk, connection: sqlite3.Connection
) -> None:
    night = keep(connection, "Night shift", "Minutes, not accuracy.", ("evaluation",))
    bare = keep(connection, "No tag", "Odd.")
    left = keep(connection, "Kept only")
    write(
        room,
        "mine",
        "title: My take\nkind: link\nstatus: published\ndate: 2026-11-20T08:00:00Z\ntags: [evaluation]\n"
        "summary: Three minutes.\nsource: {url: 'https://example.org/src', title: Theirs, site: Weekly}",
    )
    found = gather(room, connection)
    assert found.covers == ("mine", *sorted((night, bare), key=found.covers.index))
    assert set(found.covers) == {"mine", night, bare}
    assert found.leftovers == ((left, "Kept only"),)
    lines = found.body.splitlines()
    assert lines[0] == OPENING
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## evaluation", "## And also"]
    assert "- [Theirs](https://example.org/src), Weekly. Three minutes. [More]({filename}/mine.md)" in lines
    assert any(
        line.startswith("- [Night shift](") and line.endswith("Review. Minutes, not accuracy.") for line in lines
    )


def test_what_an_earlier_round_up_covers_is_not_said_again(room: Desk, connection: sqlite3.Connection) -> None:
    first = keep(connection, "Night shift", "A note.")
    second = keep(connection, "Day shift", "Another.")
    write(room, "last", f"title: L\nkind: roundup\nstatus: published\ndate: 2026-11-15\ncovers: [{first}, other]")
    found = gather(room, connection)
    assert found.covers == (second,)
    assert found.leftovers == ()


def test_what_is_older_than_the_week_or_written_about_stays_out(room: Desk, connection: sqlite3.Connection) -> None:
    old = keep(connection, "Old", "A note.", seen=WEEK - timedelta(days=1))
    drafted = keep(connection, "Drafted", "A note.")
    write(room, "draft", f"title: D\nkind: link\nstatus: draft\ndate: 2026-11-20\nitem: {drafted}")
    write(room, "past", "title: P\nkind: link\nstatus: published\ndate: 2026-11-01")
    found = gather(room, connection)
    assert found.covers == ()
    assert found.leftovers == ((old, "Old"),)


def test_what_came_before_the_week_is_in_when_its_note_was_written_within_it(
    room: Desk, connection: sqlite3.Connection
) -> None:
    before = WEEK - timedelta(days=30)
    late, undone, tagged = (keep(connection, title, seen=before) for title in ("Late", "Undone", "Tagged"))
    again = keep(connection, "Again", "First words.", seen=before)
    set_note(connection, late, "Said on Friday.", now=NOW - timedelta(days=2))
    set_note(connection, again, "Second thoughts.", now=NOW - timedelta(days=1))
    set_note(connection, tagged, "Long ago.", now=before)
    add_tags(connection, tagged, ["evaluation"], now=NOW)
    set_note(connection, undone, "Taken back.", now=NOW)
    undo(connection, 1, now=NOW)
    found = gather(room, connection)
    assert set(found.covers) == {late, again}
    assert {key for key, _ in found.leftovers} == {undone, tagged}


def test_a_note_that_an_import_brought_counts_from_the_day_it_was_saved(
    room: Desk, connection: sqlite3.Connection
) -> None:
    days = {"Fresh": NOW - timedelta(days=1), "Of 2019": NOW - timedelta(days=2500)}
    rows = [
        Saved(row=1, url=f"https://example.org/{title[-4:]}", title=title, saved=day, note="Mine.")
        for title, day in days.items()
    ]
    store_saved(connection, rows, now=NOW)
    found = gather(room, connection)
    assert len(found.covers) == 1
    assert "Fresh" in found.body


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "![x](https://evil.example/a.png)",
        "](javascript:alert(1)) [x",
        "a `code` *b* _c_ ~~d~~ | e | ^f^ $g$ {.class #id} &lt; \\",
        "[^1] [ref]: x",
        "{filename}/secret.md",
        "<https://evil.example>",
    ],
)
def test_a_strangers_title_is_shown_and_is_no_markup(title: str) -> None:
    shown = to_html(f"- [{as_words(title)}](https://example.org/a), {as_words(title)}. Mine.\n")
    bare = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown.replace("&quot;", '"') == (
        f'<ul>\n<li><a href="https://example.org/a">{bare}</a>, {bare}. Mine.</li>\n</ul>\n'
    )
