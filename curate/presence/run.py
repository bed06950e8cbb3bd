"""Make pass after pass until told to stop: the runner of a machine that is always on.

Sleeps until the next share is due, five minutes at most, in pieces short enough to notice that the
machine slept or that its clock was moved. Knows neither signals nor the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from curate.presence.tick import Pass

EVERY = timedelta(minutes=5)  # between two passes, at most
PIECE = 30.0  # seconds slept at a time
JUMP = timedelta(hours=1)  # a clock that moves so far by itself was set by somebody
STEADY = timedelta(minutes=10)  # a clock that was moved is believed after so long


@dataclass(kw_only=True)
class Watch:
    """The wall clock, watched by one that nobody sets. ``clock`` is aware; ``boot`` counts seconds, sleep included."""

    clock: Callable[[], datetime]
    boot: Callable[[], float]
    _started: datetime | None = None
    _doubt: float | None = None

    def jumped(self) -> timedelta:
        """Return how far the wall clock was moved since the last look, when that is more than an hour."""
        started = self.clock() - timedelta(seconds=self.boot())
        moved = started - self._started if self._started else timedelta(0)
        self._started = started
        if abs(moved) <= JUMP:
            return timedelta(0)
        self._doubt = self.boot()
        return moved

    def believed(self) -> bool:
        """Say whether the wall clock was left alone for the last ten minutes."""
        return self._doubt is None or self.boot() - self._doubt >= STEADY.total_seconds()


async def keep_running(
    make_pass: Callable[[bool], Awaitable[Pass | None]],
    stop: asyncio.Event,
    watch: Watch,
    *,
    jumped: Callable[[timedelta], None],
    piece: float = PIECE,
) -> None:
    """Call ``make_pass`` again and again until ``stop`` is set; its argument says whether shares may be sent.

    ``jumped`` hears how far the clock was moved; nothing is sent then until it stood for ten minutes.
    A pass that could not be made returns None and is made again after five minutes.
    """
    while not stop.is_set():
        moved = watch.jumped()
        if moved:
            jumped(moved)
        done = await make_pass(watch.believed())
        wake = watch.clock() + EVERY
        if done is not None and done.next is not None:
            wake = min(wake, max(done.next, watch.clock() + timedelta(seconds=piece)))
        while not stop.is_set() and watch.clock() < wake <= watch.clock() + EVERY:
            with contextlib.suppress(TimeoutError):
                left = (wake - watch.clock()).total_seconds()
                await asyncio.wait_for(stop.wait(), min(piece, max(left, 0.01)))
