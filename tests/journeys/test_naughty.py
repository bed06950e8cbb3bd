"""What others wrote to harm or to confuse goes through every command and screen, and moves nothing there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from typing import TYPE_CHECKING

import pytest

from curate.cli import render
from curate.cli.item_view import byline
from curate.cli.triage_line import LineMode
from curate.errors import CurateError
from curate.inbox.journal import count_steps, undo
from curate.inbox.notes import add_quote, add_tags, set_note, set_via
from curate.tui.rows import Wording
from curate.tui.sitting import Sitting
from curate.tui.triage import Triage
from curate.tui.writing import Doors
from tests.conftest import CORPORA
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.conftest import Curate, Result

SIZES = [(80, 24), (60, 16), (120, 40)]
INVENTED = (
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[b]bold [link=https://x.example]",
    "\x1b]0;owned\x07 \x1b[2J\x1b[31m",
    "\x9b31m a\x9d0;b\x9c",
    "a\x00b\x08\x7f",
    "\u202egnp.exe\u2066 x \u2069\u200f",
    "\u061c\ufeff\u200b\u2028\u2029\U000e0041",
    "two\nlines\r\nand\ta tab\x0b\x0c\x85",
    "{0} %s $x \\1 {item.title} ${HOME} `id`",
    "z\u0300\u0301\u0302" * 60,
    "日本語" * 80,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 30,
    "-rf --help",
    '"\'") OR 1=1; -- *^NEAR(a b)',
    "#  #, ,",
    "---\ntitle: x\n---",
    "w" * 10_000,
    "",
)
PANES = (  # what is pressed on a row, one look after each
    ["n"],
    ["escape", "quotation_mark"],
    ["space", "down"],
    ["escape", "number_sign"],
    ["escape", "v"],
    ["enter", "w"],
    ["escape", "y"],
    ["enter"],
    ["escape", "s"],
    ["u"],
    ["t"],
)
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but the tab and the end of a line


def corpus() -> list[str]:
    path = CORPORA / "naughty-strings" / "blns.json"
    if not path.is_file():
        pytest.skip("the corpora are not here")
    texts: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


@pytest.fixture(params=["invented", "corpus"])
def texts(request: pytest.FixtureRequest) -> Sequence[str]:
    """Titles, names and notes nobody means well with."""
    return INVENTED if request.param == "invented" else corpus()


@pytest.fixture
def stock(desk: Path, texts: Sequence[str]) -> Iterator[Stock]:
    """A desk on which each text is a title, an author, an article, a feed, a note, a tag, a quote and a name."""
    stock = Stock(desk)
    for number, text in enumerate(texts):
        one = entry(str(number), title=text, author=text, summary=text, content_text=f"{text}\n\n{text}")
        stock.receive(one, url=f"https://f{number % 40}.example/feed", title=text)
    for item in stock.items():
        text = item.title
        set_note(stock.connection, item.id, text, now=NOW)
        set_via(stock.connection, item.id, text, "", now=NOW)
        with contextlib.suppress(CurateError):  # nothing in it, or too long
            add_quote(stock.connection, item.id, text, now=NOW)
        with contextlib.suppress(CurateError):
            add_tags(stock.connection, item.id, [text], now=NOW)
    yield stock
    stock.connection.close()


def assert_tame(shown: str, about: object = "") -> None:
    """Nothing moves a cursor, colours, rings or turns a text round."""
    assert not CONTROLS.search(shown), (about, CONTROLS.findall(shown)[:5], shown[:300])
    assert not TURNS.search(shown), (about, TURNS.findall(shown)[:5], shown[:300])


def says(curate: Curate, stock: Stock, *words: str) -> Result:
    """Run a command; it may refuse, in words of its own, and must not fail."""
    done = curate("-C", stock.root, "--now", NOW.isoformat(), *words, expect=None)
    assert done.exit in (0, 2, 3), (words, done.exit, done.err)
    assert "does not know" not in done.err, (words, done.err)
    assert_tame(done.out, words)
    assert_tame(done.err, words)
    return done


READ = [
    "item list --limit 0",
    "item list --limit 0 --state all --order score",
    "item list --limit 0 --stories",
    "item search e --limit 0",
    "undo --list",
    "undo --list 1000",
    "redo --list",
    "rule list",
    "feed list",
    "feed list --yield",
    "today",
    "report",
    "post list",
    "post check",
    "prompt list",
    "doctor",
    "config list",
]


def test_what_shows_many(stock: Stock, curate: Curate) -> None:
    for command in READ:
        for how in ((), ("--plain",), ("--ascii",), ("--color", "always")):
            says(curate, stock, *command.split(), *how)
        shown = says(curate, stock, "--json", *command.split())
        assert shown.out.isascii(), command
        json.loads(shown.out)


def test_what_shows_one(stock: Stock, curate: Curate) -> None:
    items = stock.items()
    for item in items[:: max(len(items) // 60, 1)]:  # writing costs the most
        for command in ("show", "why", "split", "keep", "later", "skip"):
            says(curate, stock, "item", command, item.id)
        says(curate, stock, "item", "open", "--print", item.id)
        says(curate, stock, "write", "--no-edit", item.id)
    says(curate, stock, "post", "list")
    says(curate, stock, "post", "check")
    says(curate, stock, "undo", "--list")
    says(curate, stock, "report")


def test_what_takes_a_text(stock: Stock, curate: Curate, texts: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("what a text of - stands for"))
    steps = count_steps(stock.connection)
    start = persons(stock.connection)
    (one, *_) = stock.ids()
    every = max(len(texts) // 200, 1)
    for text in (*texts[::every], "not utf-8: \udcff"):
        for command in ("note", "tag", "via", "quote"):
            says(curate, stock, "item", command, one, "--", text)
        says(curate, stock, "item", "tag", "--remove", one, "--", text)
        says(curate, stock, "item", "show", one)
        says(curate, stock, "item", "search", "--", text)
        says(curate, stock, "item", "show", "--", text)
        says(curate, stock, "rule", "test", "--", text)
        says(curate, stock, "rule", "add", "--tag", text, "--name", text, "--", "title:nothing")
        for name in ("--query", "--feed", "--tag"):
            says(curate, stock, "item", "list", f"{name}={text}")
    says(curate, stock, "rule", "list")
    says(curate, stock, "undo", str(count_steps(stock.connection) - steps))
    assert persons(stock.connection) == start
    says(curate, stock, "redo")


def test_what_is_not_utf_8_is_refused_in_words(desk: Path, curate: Curate) -> None:
    refused = curate("-C", desk, "item", "show", "a\udcff", expect=2)
    assert refused.err.startswith("What was typed is not UTF-8 text: \\udcff.\nNothing was changed.")
    assert curate("-C", desk, "--json", "item", "show", "a\udcff", expect=2).error["code"] == "usage"


def test_decisions_from_a_file(stock: Stock, curate: Curate, texts: Sequence[str], tmp_path: Path) -> None:
    (one, *_) = stock.ids()
    path = tmp_path / "decisions.txt"
    for text in texts:
        for line in (f"{one} note {text}", f"{one} tag {text}", f"{one} via {text}", f"{one} {text}", text):
            path.write_text(line, encoding="utf-8", newline="")
            says(curate, stock, "triage", "--decisions", str(path))


def test_line_mode(stock: Stock, texts: Sequence[str]) -> None:
    said: list[str] = []
    sitting = Sitting(stock.connection, stock.tick)
    words = (
        "why",
        "read",
        "split",
        "note {}",
        "tag {}",
        "via {}",
        "quote {}",
        "later {}",
        "{}",
        "keep",
        "undo",
        "skip",
    )
    script = iter([f"{word.format(text)}\n" for text in texts for word in words])
    LineMode(sitting, ask=lambda _: next(script, None), say=said.append, doors=Doors()).run()
    assert len(said) > len(texts)
    for line in said:
        assert "\n" not in line
        assert_tame(line)


def shown(app: Triage) -> list[str]:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def screen_of(stock: Stock) -> Triage:
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    doors = Doors(why=lambda item: [item.title, item.author], prompts=[INVENTED[3], INVENTED[6]])
    return Triage(stock.connection, clock=stock.tick, wording=wording, doors=doors)


async def look(app: Triage, pilot: Pilot[None], *keys: str) -> None:
    """Press ``keys``, then judge every line that is drawn."""
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    lines = shown(app)
    assert len(lines) == app.size.height
    for line in lines:
        assert_tame(line, keys)
        if "\u200d" not in line:  # a box may cut a joined emoji below it, whose parts are wider than it was
            assert render.width(line) <= app.size.width, (keys, line)


def test_every_row_of_the_screen(stock: Stock) -> None:
    app = screen_of(stock)

    async def go() -> None:
        async with app.run_test(size=SIZES[0]) as pilot:
            await pilot.pause()
            for place in range(len(app.sitting.rows)):
                app.sitting.move_to(place)
                app.show()
                await look(app, pilot)
            await look(app, pilot, "tab", "pagedown")

    asyncio.run(go())


@pytest.mark.parametrize("texts", ["invented"], indirect=True)
@pytest.mark.parametrize("turn", range(len(SIZES)))
def test_every_pane_of_the_screen(stock: Stock, turn: int) -> None:
    start, steps = persons(stock.connection), count_steps(stock.connection)
    app = screen_of(stock)

    async def go() -> None:
        async with app.run_test(size=SIZES[turn]) as pilot:
            for place in range(turn, len(app.sitting.rows), len(SIZES)):  # each text at one of the sizes
                app.sitting.move_to(place)
                app.show()
                for keys in PANES:
                    await look(app, pilot, *keys)
            for text in INVENTED[turn :: len(SIZES)]:
                await look(app, pilot, "slash", "escape")
                app.attempt(lambda text=text: app.sitting.narrow(text))  # type: ignore[misc] # the text of now
                app.show()
                await look(app, pilot, "slash")
                await look(app, pilot, "escape", "escape")
            for keys in (["tab"], ["space", "V"], ["asterisk"], ["pagedown"], ["tab"], ["f"], ["f"], ["F"]):
                await look(app, pilot, *keys)
            await look(app, pilot, "question_mark")
            await look(app, pilot, "escape", "ctrl+p")

    asyncio.run(go())
    assert app.return_code in (0, None)
    undo(stock.connection, count_steps(stock.connection) - steps, now=NOW)
    assert persons(stock.connection) == start
