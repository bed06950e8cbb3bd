"""The commands item why, rank reset, feed list --yield and report: their words, JSON and exit codes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.feeds.opml import Subscription, add_feed
from curate.inbox.decide import decide
from curate.inbox.learn import refresh
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Result

    Run = Callable[..., Result]

URL = "https://ops.example/feed"
TITLE = 'Ops "Weekly" [/nope]\x1b[31m'


@pytest.fixture
def stock(desk: Path) -> Iterator[Stock]:
    """Eight outages, seven of them kept; six prices, all skipped."""
    stock = Stock(desk)
    add_feed(desk / "feeds.opml", Subscription(url=URL, title=TITLE, folder="", site_url=""))
    stock.receive(*(entry(f"outage{at}", title="Outage \x1b[31m[/nope]") for at in range(8)), url=URL, title=TITLE)
    stock.receive(*(entry(f"price{at}", title="Pricing") for at in range(6)), url="https://ads.example/feed")
    outages = [item.id for item in stock.items() if item.feed_url == URL]
    decide(stock.connection, outages[1:], "keep", now=stock.tick())
    decide(stock.connection, [each for each in stock.ids() if each not in outages], "skip", now=stock.tick())
    refresh(stock.connection)
    yield stock
    stock.connection.close()


@pytest.fixture
def run(curate: Curate, stock: Stock) -> Run:
    """Run a command in the desk of ``stock``, five minutes later."""
    now = (NOW + timedelta(minutes=5)).isoformat()
    return lambda *words, expect=0: curate("-C", stock.root, "--now", now, *words, expect=expect)


def new(stock: Stock) -> str:
    return stock.items("new")[0].id


def test_why_says_words_feed_and_age_in_words(run: Run, stock: Stock) -> None:
    answer = run("item", "why", new(stock))
    assert "outage +" in answer.out
    assert "you kept 7 of 7" in answer.out
    assert "5 hours old" in answer.out
    assert "Learned from 13 decisions." in answer.out
    assert "\x1b" not in answer.out
    assert answer.err == ""


def test_why_in_json_adds_up_to_the_score_of_the_list(run: Run, stock: Stock) -> None:
    data = run("item", "why", new(stock), "--json").data
    parts = sum(word["adds"] for word in data["words"]) + data["other_words"] + data["source"]["adds"]
    parts += data["length"] + data["fresh"] + sum(boost["adds"] for boost in data["boosts"])
    assert parts == pytest.approx(data["score"], abs=0.05)
    (listed,) = run("item", "list", "--json").data
    assert listed["score"] == pytest.approx(data["score"], abs=0.011)
    assert data["score"] > 1


def test_why_of_nothing_there_is_an_error(run: Run) -> None:
    answer = run("item", "why", "zzzz", "--json", expect=2)
    assert answer.out == ""
    assert answer.error["code"] == "unknown"


def test_reset_forgets_and_is_taken_back(run: Run, stock: Stock) -> None:
    assert run("rank", "reset").out.startswith("Forgotten.")
    assert "Nothing was learned yet" in run("item", "why", new(stock)).out
    assert len(stock.items("kept")) == 7
    answer = run("rank", "reset", "--undo", "--json")
    assert json.loads(answer.out)["schema"] == "curate.rank.reset/1"
    assert answer.data == {"since": None, "decisions": 13}
    assert run("rank", "reset", "--undo").out == "Ranking was not reset; nothing changed.\n"


def test_yield_says_what_came_of_each_feed(run: Run) -> None:
    head, line = run("feed", "list", "--yield").out.splitlines()
    assert head.split() == ["FEED", "SEEN", "DECIDED", "KEPT", "POSTED", "MIN/KEPT"]
    assert line.split()[-4:] == ["7", "7", "0", "0.0"]
    (row,) = run("feed", "list", "--yield", "--json").data
    assert (row["items"], row["decided"], row["kept"], row["posted"]) == (8, 7, 7, 0)


def test_report_proposes_commands_that_can_be_typed_and_does_nothing(run: Run, stock: Stock) -> None:
    answer = run("report")
    assert "13 items decided, 7 kept (54%)" in answer.out
    assert "kept 7 of 7" in answer.out
    assert """curate rule add 'from:"Ops  Weekly""" in answer.out
    assert "\x1b" not in answer.out
    data = run("report", "--json").data
    assert [row["url"] for row in data["promote"]] == [URL]
    assert data["prune"] == []
    assert data["days"] == [{"day": "2026-11-23", "decided": 13, "kept": 7, "seconds": 60}]
    assert stock.connection.execute("SELECT count(*) FROM rules").fetchone()[0] == 0


def test_report_of_a_span_without_decisions(run: Run) -> None:
    assert run("report", "--since", "2026-11-23T08:04:00Z").out.startswith("Nothing was decided since 23 Nov.")
    assert run("report", "--since", "yesterday", expect=2).out == ""
