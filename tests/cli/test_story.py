"""Stories at the command line: listed as one, decided as one, taken apart, credited in a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curate.inbox.decide import decide
from curate.inbox.gathering import gather
from curate.posts.post import parse_post
from tests.cli.test_item import CONTROL, HOSTILE
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback, Result

    Run = Callable[..., Result]

TEXT = (
    "The night crew at the harbour switched the cranes to the new scheduler on Tuesday and watched the queue of "
    "waiting ships shrink by a third before breakfast, which nobody had promised them."
)


@pytest.fixture
def stock(desk: Path) -> Iterator[Stock]:
    """A story that three feeds have, and an item of its own."""
    stock = Stock(desk)
    for feed in ("North", "Quay", f"Sea {HOSTILE}"):
        said: dict[str, Any] = {"url": f"https://{feed.split()[0].lower()}.example/crane", "content_text": TEXT}
        one = entry(
            "crane", title=f"Harbour cranes obey the scheduler{'' if feed == 'North' else ' ' + HOSTILE}", **said
        )
        stock.receive(one, url=f"https://{feed.split()[0].lower()}.example/feed", title=feed)
    alone = entry("alone", title="Bread", content_text="Flour and water.", url="https://north.example/bread")
    stock.receive(alone, url="https://north.example/feed", title="North")
    gather(stock.connection)
    yield stock
    stock.connection.close()


@pytest.fixture
def run(curate: Curate, stock: Stock) -> Run:
    """Run a command in the desk of ``stock``, at its time."""
    return lambda *words, expect=0: curate("-C", stock.root, "--now", NOW.isoformat(), *words, expect=expect)


def of_the_story(stock: Stock) -> list[str]:
    """The ids of the story's items, as they came."""
    return [item.id for item in sorted(stock.items(), key=lambda item: item.number) if item.title != "Bread"]


def test_a_list_shows_a_story_once_with_where_else_it_is(run: Run, stock: Stock) -> None:
    assert len(run("item", "list").out.splitlines()) == 4
    lines = run("item", "list", "--stories").out.splitlines()
    assert len(lines) == 3
    (line,) = [line for line in lines if "also in:" in line]
    assert "Quay" in line
    rows = run("item", "list", "--stories", "--json").data
    also = {row["title"]: [one["url"] for one in row["also"]] for row in rows}
    assert also["Bread"] == []
    assert also["Harbour cranes obey the scheduler"] == ["https://quay.example/crane", "https://sea.example/crane"]
    assert {key for row in rows for one in row["also"] for key in one} == {"id", "title", "site", "url", "state"}
    first, second, _ = of_the_story(stock)
    decide(stock.connection, [second], "skip", now=NOW)
    assert "Quay, which you skipped" in run("item", "list", "--stories").out
    shown = run("item", "show", first)
    assert f"Also in Quay, which you skipped: {second}" in " ".join(shown.out.split())
    assert [one["id"] for one in run("item", "show", first, "--json").data["also"]] == of_the_story(stock)[1:]
    assert not CONTROL.search(run("item", "list", "--stories").out + shown.out)


def test_a_whole_story_is_decided_as_one_step(run: Run, stock: Stock) -> None:
    first, second, third = of_the_story(stock)
    decide(stock.connection, [third], "skip", now=NOW)
    done = run("item", "keep", first, "--story")
    assert done.out.startswith(f"Kept: {first} “Harbour cranes obey the scheduler” and {second}. 1 left.")
    states = {item.id: item.state for item in stock.items()}
    assert [states[each] for each in (first, second, third)] == ["kept", "kept", "skipped"]
    run("undo")
    assert [row["id"] for row in run("item", "skip", second, "--story", "--json").data] == [second, first]
    run("undo")
    assert len(run("item", "later", first, "--story", "--json").data) == 2
    run("undo")
    assert [row["id"] for row in run("item", "keep", first, "--json").data] == [first]
    assert run("item", "keep", "nope", "--story", expect=2).out == ""


def test_a_story_is_taken_apart_and_put_together_again(run: Run, stock: Stock) -> None:
    first, second, third = of_the_story(stock)
    assert run("item", "split", second).out.startswith("Taken apart, 3 items: ")
    assert len(run("item", "list", "--stories").out.splitlines()) == 4
    assert "is in no story; nothing changed" in run("item", "split", second).out
    assert run("undo").exit == 0
    assert sorted(row["id"] for row in run("item", "split", second, "--json").data) == sorted([first, second, third])
    assert run("item", "split", "nope", expect=2).out == ""


def test_a_draft_credits_who_else_has_the_story(run: Run, stock: Stock) -> None:
    first = of_the_story(stock)[0]
    run("write", first, "--no-edit")
    (path,) = (stock.root / "content").rglob("*cranes*.md")
    text = path.read_text(encoding="utf-8")
    credited = parse_post(text, path).also_covered_by
    assert [credit["url"] for credit in credited] == ["https://quay.example/crane", "https://sea.example/crane"]
    assert credited[0]["title"].startswith("Harbour cranes obey the scheduler [/nope]")
    assert not CONTROL.search(text.replace("\n", ""))


def test_a_fetch_gathers_what_it_brought(curate: Curate, desk: Path, loopback: Loopback) -> None:
    for name in ("north", "quay"):
        item = f"<item><title>Harbour cranes</title><link>https://n.example/cranes</link><guid>{name}</guid></item>"
        feed = f'<rss version="2.0"><channel><title>{name}</title>{item}</channel></rss>'
        curate("-C", desk, "feed", "add", loopback.put(f"/{name}", feed, Content_Type="application/rss+xml"))
    curate("-C", desk, "fetch")
    (row,) = curate("-C", desk, "item", "list", "--stories", "--json").data
    assert len(row["also"]) == 1
