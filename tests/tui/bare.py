"""A program that shows nothing but a list and one pane over it: how each pane is tested alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.widgets import Static

from curate.cli import render
from curate.tui.keys import Commands, bindings
from curate.tui.rows import Wording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.binding import BindingType
    from textual.pilot import Pilot
    from textual.screen import ModalScreen

R = TypeVar("R")

HOSTILE = [
    "[/nope]",
    "[@click=app.quit]x[/]",
    "\x1b]0;owned\x07",
    "\u202etxt",
    "a\x9bb\x00c",
    "{0} %s $x",
    "日本語" * 80,
    "",
    "[b]bold",
    "\N{HORIZONTAL ELLIPSIS}" * 90,
]
SIZES = [(60, 16), (80, 24), (120, 40)]


def plain_safe(text: str) -> str:
    """What ``--ascii`` makes of a text: some characters become three."""
    return render.term_safe(text).replace("\N{HORIZONTAL ELLIPSIS}", "...").replace("“", '"').replace("”", '"')


WORDING = Wording(safe=render.term_safe, ago=render.ago, byline=lambda item: item.site)
ASCII = Wording(safe=plain_safe, ago=render.ago, byline=lambda item: item.site, ellipsis="...", rule="-")


class Bare(App[None]):
    """Has the keys of the triage screen, and writes down which were pressed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()
    COMMANDS: ClassVar = {Commands}
    CSS = "#list { height: 1fr; }"
    where = "list"

    def __init__(self, pane: ModalScreen[R] | None = None) -> None:
        super().__init__()
        self.theme = "ansi-dark"
        self.pane = pane
        self.back: list[object] = []  # what the pane gave
        self.pressed: list[str] = []

    def compose(self) -> ComposeResult:
        """Show a list as long as the window."""
        yield Static("\n".join(f"row {number}" for number in range(60)), markup=False, id="list")

    def on_mount(self) -> None:
        """Open the pane."""
        if self.pane is not None:
            self.push_screen(self.pane, self.back.append)

    def action_decide(self, action: str) -> None:
        """Write it down."""
        self.pressed.append(action)

    def action_quote(self) -> None:
        """Write it down."""
        self.pressed.append("quote")


def drive(app: App[None], act: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
    """Run the program and do something with it."""

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(pilot)

    asyncio.run(go())


def lines(app: App[None]) -> list[str]:
    """What stands on the screen, line by line, without the blanks at the ends."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def assert_tame(app: App[None], size: tuple[int, int]) -> None:
    """Nothing of what was drawn moves a cursor, turns a text round, or is wider than the window."""
    drawn = lines(app)
    assert len(drawn) == size[1]
    assert all(render.width(line) <= size[0] for line in drawn)
    assert render.term_safe("".join(drawn)) == "".join(drawn)
