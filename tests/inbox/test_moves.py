"""A feed that has moved for good is followed: one line of the list, its row, one step that undo takes back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.errors import CurateError
from curate.feeds.health import feed_rows
from curate.feeds.opml import Subscription, add_feed, edit_feed, read_feeds, remove_feed
from curate.inbox import receive
from curate.inbox.decide import decide
from curate.inbox.journal import Moved, count_steps, last_steps, undo
from curate.web.client import Client
from tests.inbox.stock import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from curate.inbox.receive import Report
    from tests.conftest import Curate, Loopback
    from tests.inbox.stock import Stock

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Ops Weekly</title>
<item><title>One</title><link>https://ops.example/1</link><guid>1</guid></item></channel></rss>"""
LIST = """<?xml version="1.0"?>
<opml version='2.0'><head><title>Mine</title></head><body>
 <outline type="rss" my='own'  text="Ops"   xmlUrl = '{url}?a=1&amp;b=2' />  <!-- dear -->
 <outline type="rss" text="Other" xmlUrl="https://other.example/feed"/>
</body></opml>
"""


class Story:
    """A desk with one feed, at /old, that says from the first day that it has moved to /new."""

    def __init__(self, stock: Stock, loopback: Loopback) -> None:
        self.stock = stock
        self.path: Path = stock.root / "feeds.opml"
        self.path.write_text(LIST.replace("?a=1&amp;b=2", "").format(url=f"{loopback.url}/old"))
        self.list = self.path.read_text()
        self.old, self.new = f"{loopback.url}/old", loopback.put("/new?a=1&b=2", FEED)
        loopback.put("/old", b"", status=301, Location="/new?a=1&b=2")
        self.port = loopback.url.rpartition(":")[2]

    @property
    def changed(self) -> str:
        """The list as it is after the move."""
        return self.list.replace(f"'{self.old}'", f'"{self.new}"'.replace("&", "&amp;"))

    @property
    def urls(self) -> set[str]:
        return set(feed_rows(self.stock.connection)) - {"https://other.example/feed"}

    def read(self, day: float) -> Report:
        """Read the feed on that day."""
        listed = [each for each in read_feeds(self.path) if "other" not in each.url]

        async def go() -> Report:
            async with Client(allow_private=[f"127.0.0.0/8:{self.port}"]) as client:
                return await receive.read_feeds(
                    self.stock.connection,
                    client,
                    listed,
                    now=NOW + timedelta(days=day),
                    force=True,
                    interval_minutes=0,
                    feeds_file=self.path,
                )

        return asyncio.run(go())


@pytest.fixture
def story(stock: Stock, loopback: Loopback) -> Story:
    return Story(stock, loopback)


def test_after_a_week_the_list_has_the_new_address_and_nothing_else_moves(story: Story) -> None:
    first = [story.read(day) for day in (0, 3, 6)]
    assert [(report.moved, report.new_items) for report in first] == [((), 1), ((), 0), ((), 0)]
    assert (story.path.read_text(), story.urls) == (story.list, {story.old})
    number = feed_rows(story.stock.connection)[story.old].number
    assert story.read(7).moved == (Moved(title="Ops", before=story.old, after=story.new),)
    assert (story.path.read_text(), story.urls) == (story.changed, {story.new})
    assert feed_rows(story.stock.connection)[story.new].number == number
    after = story.read(8)
    assert (after.moved, after.new_items, after.not_modified, len(story.stock.items())) == ((), 0, 1, 1)


def test_undo_takes_a_move_back_and_it_is_not_followed_again(story: Story) -> None:
    story.read(0)
    story.read(7)
    connection = story.stock.connection
    decide(connection, story.stock.ids(), "keep", now=NOW)
    [_, moved] = last_steps(connection, 5)
    assert (moved.action, moved.items) == ("move", ())
    assert count_steps(connection) == 1, "of items"
    assert [step.action for step in undo(connection, 5, now=NOW)] == ["keep"], "triage does not meddle with the list"
    assert undo(connection, 1, now=NOW, feeds_file=story.path)[0].feed == moved.feed
    assert (read_feeds(story.path)[0].url, story.urls) == (story.old, {story.old})
    assert story.path.read_text() == story.list.replace(f"'{story.old}'", f'"{story.old}"')
    for day in (8, 16, 30):
        assert (story.read(day).moved, story.read(day).new_items) == ((), 0)
    assert undo(connection, 5, now=NOW, feeds_file=story.path) == []


def test_broken_off_between_the_list_and_the_rest_the_next_reading_goes_on(story: Story) -> None:
    story.read(0)
    story.stock.connection.execute(
        "CREATE TEMP TRIGGER full BEFORE UPDATE OF url ON feeds BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    with pytest.raises(sqlite3.DatabaseError, match="disk is full"):
        story.read(7)
    assert (story.path.read_text(), story.urls) == (story.changed, {story.old})
    story.stock.connection.execute("DROP TRIGGER full")
    report = story.read(8)
    assert (story.urls, report.new_items, len(story.stock.items())) == ({story.new}, 0, 1)
    undo(story.stock.connection, 1, now=NOW, feeds_file=story.path)
    assert (read_feeds(story.path)[0].url, story.urls) == (story.old, {story.old})


def test_an_undo_broken_off_after_the_list_is_finished_by_the_next_reading(story: Story) -> None:
    story.read(0)
    story.read(7)
    edit_feed(story.path, story.new, url=story.old)
    report = story.read(8)
    assert (story.urls, report.new_items, len(story.stock.items())) == ({story.old}, 0, 1)
    assert undo(story.stock.connection, 1, now=NOW, feeds_file=story.path)[0].action == "move"
    assert story.read(30).moved == ()
    assert (read_feeds(story.path)[0].url, story.urls) == (story.old, {story.old})


def test_a_person_who_writes_the_new_address_first_takes_the_items_along(story: Story) -> None:
    story.read(0)
    edit_feed(story.path, story.old, url=story.new)
    assert (story.read(1).new_items, story.urls, len(story.stock.items())) == (0, {story.new}, 1)
    assert last_steps(story.stock.connection, 1) == [], "that was no step of ours"


def test_a_list_that_cannot_be_written_keeps_the_old_address_and_is_tried_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    story.read(0)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        [(moved, why)] = story.read(7).unmoved
    assert (moved.after, story.path.read_text(), story.urls) == (story.new, story.list, {story.old})
    assert why.startswith("The disk is full")
    assert why.endswith("The next fetch tries again.")
    assert len(story.read(8).moved) == 1
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(CurateError, match="The disk is full"):
            undo(story.stock.connection, 1, now=NOW, feeds_file=story.path)
    assert (story.urls, len(last_steps(story.stock.connection, 5))) == ({story.new}, 1)


def test_a_new_address_that_is_subscribed_to_already_is_left_alone_and_told_once(story: Story) -> None:
    add_feed(story.path, Subscription(url=story.new))
    before = story.path.read_text()
    story.read(0)
    [(moved, why)] = story.read(7).unmoved
    assert (moved.before, why.partition(":")[0]) == (story.old, "That address is in your list already")
    assert (story.path.read_text(), story.urls) == (before, {story.old, story.new})
    assert [story.read(day).unmoved for day in (8, 20)] == [(), ()]


def test_an_address_known_from_before_changes_places(story: Story) -> None:
    add_feed(story.path, Subscription(url=story.new))
    story.read(0)
    numbers = {url: row.number for url, row in feed_rows(story.stock.connection).items()}
    remove_feed(story.path, story.new)
    story.read(7)
    swapped = {url: row.number for url, row in feed_rows(story.stock.connection).items()}
    assert swapped == {story.new: numbers[story.old], story.old: numbers[story.new]}
    undo(story.stock.connection, 1, now=NOW, feeds_file=story.path)
    assert {url: row.number for url, row in feed_rows(story.stock.connection).items()} == numbers


def test_undo_of_a_feed_no_longer_in_the_list_changes_nothing_in_it(story: Story) -> None:
    story.read(0)
    story.read(7)
    remove_feed(story.path, story.new)
    before = story.path.read_text()
    assert undo(story.stock.connection, 1, now=NOW, feeds_file=story.path)[0].action == "move"
    assert (story.path.read_text(), story.urls) == (before, {story.new})


def test_the_commands_say_it_in_words(curate: Curate, story: Story) -> None:
    edit_feed(story.path, "https://other.example/feed", paused=True)
    for day in (0, 7):
        told = curate("-C", story.stock.root, "--now", (NOW + timedelta(days=day)).isoformat(), "fetch", "--force")
    assert told.out.splitlines()[0] == f"Ops moved to {story.new} for good. Updated. curate undo takes it back."
    shown = curate("-C", story.stock.root, "undo", "--list").out
    assert shown.split(maxsplit=2)[2] == f"move   Ops moved to {story.new}\n"
    [step] = curate("-C", story.stock.root, "undo", "--list", "--json").data
    assert step["feed"] == {"title": "Ops", "before": story.old, "after": story.new}
    assert curate("-C", story.stock.root, "undo").out == f"Taken back: Ops is read at {story.old} again.\n"
    assert read_feeds(story.path)[0].url == story.old


def test_the_unattended_pass_names_a_feed_that_moved(curate: Curate, story: Story) -> None:
    (story.stock.root / "content").mkdir()
    edit_feed(story.path, "https://other.example/feed", paused=True)
    moved = []
    for day in (0, 7):
        told = curate("-C", story.stock.root, "--now", (NOW + timedelta(days=day)).isoformat(), "tick", "--json")
        moved.append(told.data["moved"])
    assert moved == [[], [{"title": "Ops", "before": story.old, "after": story.new}]]
