"""What a feed says and changes later: dates nobody believes are told as such, what a person wrote stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Curate, Result

    Run = Callable[..., Result]


@pytest.fixture
def stock(desk: Path) -> Iterator[Stock]:
    """An empty inbox in a new desk."""
    stock = Stock(desk)
    yield stock
    stock.connection.close()


@pytest.fixture
def run(curate: Curate, stock: Stock) -> Run:
    """Run a command in the desk of ``stock``, at its time."""
    return lambda *words: curate("-C", stock.root, "--now", NOW.isoformat(), *words)


def test_show_says_what_date_the_feed_claims_and_that_nobody_believes_it(run: Run, stock: Stock) -> None:
    stock.receive(entry(published=datetime(1970, 3, 9, 12, tzinfo=UTC)))
    (item,) = stock.ids()
    assert "first seen 23 Nov 2026; the feed says 9 Mar 1970" in run("item", "show", item).out
    shown = run("item", "show", item, "--json").data
    assert (shown["claimed"], shown["published"]) == ("1970-03-09T12:00:00Z", "2026-11-23T08:00:00Z")
    stock.receive(entry(published=NOW - timedelta(days=1)))
    assert "Ops Weekly, 22 Nov 2026" in run("item", "show", item).out
    assert run("item", "show", item, "--json").data["claimed"] is None


def test_show_says_when_an_item_without_a_date_was_first_seen(run: Run, stock: Stock) -> None:
    stock.receive(entry(published=None))
    (item,) = stock.ids()
    assert "Ops Weekly, first seen 23 Nov 2026," in run("item", "show", item).out
    assert run("item", "show", item, "--json").data["claimed"] is None


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_can_be_shown(run: Run, stock: Stock, year: int) -> None:
    stock.receive(entry(published=datetime(year, 6, 1, tzinfo=UTC)))
    assert "the feed says 1 Jun" in run("item", "show", *stock.ids()).out
    assert run("item", "show", *stock.ids(), "--json").data["claimed"] == f"{year:04}-06-01T00:00:00Z"


def test_show_names_who_led_to_an_article(run: Run, stock: Stock) -> None:
    stock.receive(entry(via_name="Link Harbour", via_url="https://harbour.example/7"))
    assert "via Link Harbour" in run("item", "show", *stock.ids()).out
    assert run("item", "show", *stock.ids(), "--json").data["via"] == {
        "name": "Link Harbour",
        "url": "https://harbour.example/7",
    }


def test_a_draft_keeps_what_it_cites_when_the_feed_changes_the_article(run: Run, stock: Stock, tmp_path: Path) -> None:
    stock.receive(entry())
    (item,) = stock.ids()
    run("item", "quote", item, "two incidents out of three")
    take = tmp_path / "take.md"
    take.write_text("A sentence of my own.\n", encoding="utf-8")
    path = Path(run("write", item, "--from", take, "--no-edit", "--json").data["path"])
    written = path.read_bytes()
    stock.receive(entry(guid="anew", title="ABOUT ONE", content_text="Nothing of this was true.", author="N. N."))
    assert path.read_bytes() == written
    shown = run("item", "show", item, "--json").data
    assert (shown["state"], shown["title"]) == ("drafted", "ABOUT ONE")
    assert shown["quotes"][0]["text"] == "two incidents out of three"


def test_via_is_said_and_taken_off_and_quotes_go_by_their_first_words(run: Run, stock: Stock, curate: Curate) -> None:
    stock.receive(entry("a"))
    [item_id] = stock.ids()
    assert "via Tomas https://x.example/t" in run("item", "via", item_id, "Tomas https://x.example/t").out
    assert run("item", "show", item_id, "--json").data["via"] == {"name": "Tomas", "url": "https://x.example/t"}
    assert "no via any more" in run("item", "via", item_id).out
    run("item", "quote", item_id, "It did, on two incidents")
    run("item", "quote", item_id, "The rest was luck.")
    assert "No quote of" in curate("-C", stock.root, "item", "quote", item_id, "Nothing", "--remove", expect=2).err
    run("item", "quote", item_id, "The rest", "--remove")
    assert [one["text"] for one in run("item", "show", item_id, "--json").data["quotes"]] == [
        "It did, on two incidents"
    ]
    run("undo", "9")
    assert run("item", "show", item_id, "--json").data["via"] is None
