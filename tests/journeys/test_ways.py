"""The same acts through screen, line mode and commands end in the same database, and undo restores the start."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from curate.cli import render
from curate.cli.item_view import byline
from curate.cli.triage_line import LineMode
from curate.inbox.items import list_items
from curate.inbox.journal import count_steps, undo
from curate.tui.rows import Wording
from curate.tui.sitting import Sitting
from curate.tui.triage import Triage
from curate.tui.writing import Doors
from tests.inbox.stock import NOW, Stock, entry, persons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Curate

ITEMS = "abcdef"
WORDS = st.sampled_from(["minutes matter", "so what?", "[/nope]"])
TAGS = st.sampled_from(["tools", "night shift", "Tools"])


@dataclass(frozen=True)
class Act:
    """One thing a person does to the first item that is still new; ``text`` is what they type."""

    verb: str
    text: str = ""


ACTS = st.lists(
    st.one_of(
        st.builds(Act, st.sampled_from(["keep", "skip", "later", "undo", "redo", "undo"])),
        st.builds(Act, st.just("note"), WORDS),
        st.builds(Act, st.just("tag"), TAGS),
        st.builds(Act, st.just("via"), st.sampled_from(["Tomas", "Tomas https://x.example/"])),
        st.builds(Act, st.just("quote")),
    ),
    min_size=1,
    max_size=10,
)
QUOTE = "We put a small model in the pager rotation."
KEYS = {"keep": "s", "skip": "x", "later": "z", "undo": "u", "redo": "U"}


def began(root: Path) -> Stock:
    root.mkdir()
    stock = Stock(root)
    text = f"{QUOTE}\n\nThe rest was luck."
    stock.receive(*(entry(name, content_text=text) for name in ITEMS))
    return stock


def first(stock: Stock) -> str:
    listed = list_items(stock.connection, state="new", limit=1, order="score")
    return listed[0].id if listed else ""


def to_first_new(app: Triage) -> None:
    """Put the cursor where line mode asks: on the first row that waits."""
    waiting = app.sitting.waiting
    if waiting:
        app.sitting.move_to(waiting[0])
        app.show()


def by_screen(stock: Stock, acts: Sequence[Act]) -> None:
    wording = Wording(safe=render.term_safe, ago=render.ago, byline=byline)
    app = Triage(stock.connection, clock=lambda: NOW, wording=wording)

    async def go() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            for act in acts:
                to_first_new(app)
                match act.verb:
                    case "note":
                        await pilot.press("n", *(["backspace"] * 40), *act.text, "enter")
                    case "tag":
                        await pilot.press("number_sign", "end", ",", *act.text, "enter")
                    case "via":
                        await pilot.press("v", *(["backspace"] * 40), *act.text, "enter")
                    case "quote":
                        await pilot.press("quotation_mark", "space", "enter")
                    case verb:
                        await pilot.press(KEYS[verb])
                await pilot.pause()

    asyncio.run(go())


def by_line(stock: Stock, acts: Sequence[Act]) -> None:
    sitting = Sitting(stock.connection, lambda: NOW)
    script = iter(acts)

    def ask(_: str) -> str | None:
        act = next(script, None)
        waiting = sitting.waiting
        if waiting:
            sitting.move_to(waiting[0])
        if act is None:
            return None
        return f"{act.verb} {QUOTE if act.verb == 'quote' else act.text}".strip()

    class FromTheTop(LineMode):
        def _do(self, answer: str, rest: str, row: Any) -> bool:
            return super()._do(answer, rest, sitting.current or row)

    FromTheTop(sitting, ask=ask, say=lambda _: None, doors=Doors()).run()


def by_commands(stock: Stock, acts: Sequence[Act], curate: Curate) -> None:
    for act in acts:
        item_id = first(stock)
        words: list[str]
        match act.verb:
            case "undo" | "redo":
                words = [act.verb]
            case "quote":
                words = ["item", "quote", item_id, QUOTE]
            case "tag" | "note" | "via":
                words = ["item", act.verb, item_id, act.text]
            case verb:
                words = ["item", verb, item_id]
        curate("-C", stock.root, "--now", NOW.isoformat(), *words)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=ACTS)
def test_three_ways_one_database(curate: Curate, acts: list[Act]) -> None:
    decisions = 0
    for act in acts:  # the last item is never decided on: then there is always one to act on
        decisions += act.verb in ("keep", "skip", "later", "redo")
    acts = acts[: len(ITEMS) - 1] if decisions >= len(ITEMS) else acts
    with tempfile.TemporaryDirectory() as folder:
        ends = []
        for way in ("screen", "line", "commands"):
            stock = began(Path(folder) / way)
            start = persons(stock.connection)
            match way:
                case "screen":
                    by_screen(stock, acts)
                case "line":
                    by_line(stock, acts)
                case _:
                    by_commands(stock, acts, curate)
            journal = stock.connection.execute("SELECT step, action, item, before, after, abandoned FROM journal")
            ends.append((persons(stock.connection), [tuple(row) for row in journal]))
            undo(stock.connection, count_steps(stock.connection), now=NOW)
            assert persons(stock.connection) == start
            stock.connection.close()
        assert ends[0] == ends[2], "screen and commands"
        assert ends[1] == ends[2], "line mode and commands"
