"""Items come in at any time and in any order: the stories they make are kept, mended, and never forced on anybody."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from curate.inbox import gathering
from curate.inbox.decide import decide, split
from curate.inbox.gathering import gather
from curate.inbox.journal import undo
from curate.inbox.listing import list_rows
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def words(seed: int, count: int) -> list[str]:
    """Words that no other seed has."""
    luck = random.Random(seed)  # noqa: S311 - not for secrets
    return ["".join(luck.choices("bdfgklmprt", k=3)) + "aeiou"[at % 5] + "xyzw"[at % 4] for at in range(count)]


def told(seed: int) -> str:
    """A text of its own."""
    return " ".join(words(seed, 60))


def receive(stock: Stock, feed: str, name: str, title: str, text: str, **said: object) -> None:
    address = {"url": f"https://{feed}.example/{name}", "content_html": f"<p>{text}</p>"}
    one = entry(name, title=title, summary=text[:200], content_text=text, **{**address, **said})
    stock.receive(one, url=f"https://{feed}.example/feed", title=f"Feed {feed}")


def stories(stock: Stock) -> set[frozenset[str]]:
    """The stories, each as the addresses of its items."""
    found: dict[int, set[str]] = {}
    for item in stock.items():
        if item.story is not None:
            found.setdefault(item.story, set()).add(item.url)
    return {frozenset(urls) for urls in found.values()}


def copies(stock: Stock, feeds: str = "ab", seed: int = 1) -> None:
    for feed in feeds:
        receive(stock, feed, f"s{seed}", " ".join(words(seed, 5)).title(), told(seed))


def test_a_copy_that_comes_later_joins_and_what_was_decided_stays(stock: Stock) -> None:
    copies(stock, "a")
    gather(stock.connection)
    assert stories(stock) == set()
    (first,) = stock.items()
    decide(stock.connection, [first.id], "skip", now=stock.tick())
    copies(stock, "b")
    gather(stock.connection)
    assert {item.state for item in stock.items()} == {"skipped", "new"}
    (row,) = list_rows(stock.connection, now=stock.now, limit=0)
    assert row.lead.feed_title == "Feed b"
    assert row.others == ()
    assert row.lead.sources == 2


def test_the_order_in_which_items_come_changes_nothing(tmp_path: Path) -> None:
    every = [(feed, seed) for seed in range(8) for feed in "abc"]
    outcomes = []
    for luck in range(3):
        random.Random(luck).shuffle(every)  # noqa: S311 - not for secrets
        (root := tmp_path / str(luck)).mkdir()
        stock = Stock(root)
        for number, (feed, seed) in enumerate(every):
            copies(stock, feed, seed)
            if luck and number % (3 * luck) == 0:
                gather(stock.connection)
        gather(stock.connection)
        outcomes.append(stories(stock))
        stock.connection.close()
    assert len(outcomes[0]) == 8
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_an_aggregators_entry_joins_the_article_which_leads(stock: Stock) -> None:
    receive(
        stock, "hub", "1", "Cranes", "", url="https://a.example/cranes", via_name="Hub", via_url="https://hub.example/1"
    )
    gather(stock.connection)
    receive(stock, "a", "cranes", "Harbour cranes", told(3), url="https://a.example/cranes", published=NOW)
    gather(stock.connection)
    (row,) = list_rows(stock.connection, now=stock.now, limit=0)
    assert row.lead.feed_title == "Feed a"
    assert [other.feed_title for other in row.others] == ["Feed hub"]


def test_a_page_that_a_feed_gives_to_all_its_items_is_no_article(stock: Stock) -> None:
    page = {"url": "https://a.example/changelog"}
    for name in ("Winch", "Rudder", "Beacon"):
        receive(stock, "a", name, f"{name} mended", told(len(name)), **page)
    receive(stock, "b", "x", "Anchors aweigh", told(9), **page)
    gather(stock.connection)
    assert stories(stock) == set()


def test_splitting_is_for_good_and_undone_whole(stock: Stock) -> None:
    copies(stock)
    gather(stock.connection)
    before = stories(stock)
    assert len(before) == 1
    split(stock.connection, stock.ids()[0], now=stock.tick())
    copies(stock, "c")
    gather(stock.connection)
    assert stories(stock) == set(), "what was taken apart joins nothing"
    undo(stock.connection, 1, now=stock.tick())
    gather(stock.connection)
    assert stories(stock) == before


def test_a_story_whose_lead_has_gone_gets_another_and_one_alone_is_none(stock: Stock) -> None:
    copies(stock, "abc")
    gather(stock.connection)
    (story,) = {item.story for item in stock.items()}
    stock.connection.execute("UPDATE items SET apart = 1, story = NULL WHERE number = ?", (story,))
    gather(stock.connection)
    left = [item for item in stock.items() if item.story is not None]
    assert len(left) == 2
    assert {item.story for item in left} <= {item.number for item in left}
    stock.connection.execute("UPDATE items SET apart = 1, story = NULL WHERE number = ?", (left[0].number,))
    gather(stock.connection)
    assert stories(stock) == set()


def test_the_index_holds_the_newest_items_alone(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "WINDOW", 8)
    monkeypatch.setattr(gathering, "BATCH", 3)
    for seed in range(14):
        copies(stock, "a", seed)
    gather(stock.connection)
    (oldest,) = stock.connection.execute("SELECT min(item) FROM story_keys").fetchone()
    assert 4 <= oldest <= 7
    for seed in (0, 13):
        copies(stock, "b", seed)
    gather(stock.connection)
    assert [sorted(urls) for urls in stories(stock)] == [["https://a.example/s13", "https://b.example/s13"]]


def test_two_reports_of_one_event_meet_within_a_day(stock: Stock) -> None:
    first = "Austria files charges against a man over a plot to attack a Taylor Swift concert in Vienna."
    second = (
        "A man faces charges in Austria over a thwarted attack plot on the Taylor Swift concert in Vienna last summer."
    )
    receive(stock, "a", "1", "Austria charges man over Taylor Swift concert plot", first)
    receive(stock, "b", "2", "Man charged in Austria in Taylor Swift concert attack plot", second)
    later = {"published": NOW - timedelta(days=4)}
    receive(stock, "c", "3", "Austria: man charged over plot on Taylor Swift concert", second[::-1], **later)
    gather(stock.connection)
    assert stories(stock) == {frozenset({"https://a.example/1", "https://b.example/2"})}
