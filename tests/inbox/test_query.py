"""One grammar for search, filters, lists and rules: what it means, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from curate.errors import UsageError
from curate.inbox.decide import decide
from curate.inbox.items import list_items
from curate.inbox.notes import add_quote, add_tags, set_note, set_via
from curate.inbox.query import parse
from curate.inbox.search import condition, search
from tests.inbox.stock import NOW, Stock, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """Four items: a and b of Ops Weekly, c and d of Brightbank."""
    stock = Stock(tmp_path)
    stock.receive(
        entry("a", title="Error budgets", content_text="kernel scheduler", summary=""),
        entry("b", title="Night shift models", author="Ines Calloway", published=NOW - timedelta(days=9)),
    )
    stock.receive(
        entry("c", title="The error was a budget", lang="de", url="https://c.example/100%_sure"),
        entry("d", title="Über Hiring", content_text=" ".join(["word"] * 700), published=NOW - timedelta(days=40)),
        url="https://brightbank.example/feed",
        title="Brightbank",
    )
    ids = {item.title[0].lower(): item.id for item in stock.items()}
    decide(stock.connection, [ids["n"]], "keep", now=NOW)
    set_note(stock.connection, ids["n"], "minutes matter", now=NOW)
    add_tags(stock.connection, ids["e"], ["Incident Response"], now=NOW)
    add_quote(stock.connection, ids["t"], "out of three", now=NOW)
    set_via(stock.connection, ids["ü"], "Tomas", "", now=NOW)
    yield stock
    stock.connection.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("error budget", "ET"),
        ('"error budget"', ""),
        ('"error budgets"', "E"),
        ("error -budgets", "T"),
        ("title:kernel", ""),
        ("kernel", "E"),
        ("body:kernel -title:kernel", "E"),
        ("author:calloway", "N"),
        ("by:Calloway", "N"),
        ('author:"ines cal"', ""),
        ("from:brightbank", "TÜ"),
        ("feed:BRIGHT -hiring", "T"),
        ("#incident", ""),
        ('tag:"incident response"', "E"),
        ("state:kept", "N"),
        ("-state:kept newer:7d", "ET"),
        ("older:30d", "Ü"),
        ("newer:2026-11-20", "ET"),
        ("has:note", "N"),
        ("note:minutes", "N"),
        ("has:quote", "T"),
        ("has:tag", "E"),
        ("has:via", "Ü"),
        ("has:story", ""),
        ("lang:de", "T"),
        ("words:>500", "Ü"),
        ("words:<100 -has:note", "ET"),
        ("url:100%_", "T"),
        ("url:100_%", ""),
        ("rule:tips", ""),
        ("über", "Ü"),
        ("uber hir", "Ü"),
        ("https://nowhere.example/", ""),
        ("", "ENTÜ"),
    ],
)
def test_each_way_to_say_it(stock: Stock, text: str, found: str) -> None:
    where = condition(stock.connection, text, now=NOW)
    listed = list_items(stock.connection, state=None, limit=0, where=where)
    assert "".join(sorted(item.title[0] for item in listed)) == "".join(sorted(found))
    if text:
        hits = search(stock.connection, text, limit=0, now=NOW)
        assert [hit.item.id for hit in hits] == [item.id for item in listed]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "no field “colour”"),
        ("newer:soon", "“soon” is no time"),
        ("older:2026-13-01", "is no time"),
        ("newer:99999w", "is no time"),
        ("state:gone", "state:gone means nothing"),
        ("has:", "has:"),
        ("words:many", "words:many means nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(text: str, said: str) -> None:
    if text == "has:":
        assert parse(text, now=NOW)[0].field == "any", "without a value it is a word"
        return
    with pytest.raises(UsageError, match=said):
        parse(text, now=NOW)
