"""The command ``run``: curate as a runner, pass after pass, until it is told to stop."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import click

from curate.cli.main import Command
from curate.errors import Conflict, CurateError

if TYPE_CHECKING:
    import asyncio
    import sqlite3
    from collections.abc import Coroutine
    from datetime import timedelta

    from curate.cli.here import Here
    from curate.presence.tick import Pass

PATIENCE = 10.0  # seconds a pass may take to come to an end when it is told to stop


@click.command(cls=Command, epilog="Example: curate run")
@click.option("--fetch/--no-fetch", default=True, help="Read the feeds that are due.")
@click.option("--send/--no-send", default=True, help="Send the shares that are due.")
@click.pass_obj
def run(here: Here, *, fetch: bool, send: bool) -> None:
    """Do what is due, again and again, until Ctrl-C."""
    import asyncio

    from curate.presence.run import Watch, keep_running

    here.say("Running: what is due is done at its minute. Ctrl-C ends it.")

    async def go() -> None:
        stop = asyncio.Event()
        with here.database() as connection:

            async def make_pass(believed: bool) -> Pass | None:  # noqa: FBT001 - the runner's one answer
                return await _until(stop, _pass(here, connection, fetch=fetch, send=send and believed))

            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
            await keep_running(make_pass, stop, Watch(clock=here.now, boot=_boot), jumped=lambda by: _jumped(here, by))

    asyncio.run(go())
    here.say("Stopped. What was done is kept; shares that are due wait for the next pass.")


async def _pass(here: Here, connection: sqlite3.Connection, *, fetch: bool, send: bool) -> Pass | None:
    """Make one pass with the settings as they are now, and say what it did; None when it could not be made."""
    import sqlite3

    from curate.cli.day import tick_lines
    from curate.desk.db import trouble
    from curate.presence.tick import run_pass

    try:
        async with here.client() as client:
            done = await run_pass(
                here.desk(), here.settings(), connection, client,
                clock=here.now, config=here.config_folder(), fetch=fetch, send=send, offline=here.offline,
            )  # fmt: skip
    except Conflict:
        return None  # a tick is under way, and does what is due
    except (CurateError, sqlite3.Error, OSError) as failure:  # a later pass may do better
        error = failure if isinstance(failure, CurateError) else trouble(here.desk().database, failure)
        here.say(f"{here.now():%H:%M} {error.message} {error.hint}".rstrip())
        return None
    for line in [*(line for line in tick_lines(done) if not line.startswith("Next")), *done.troubles]:
        here.say(f"{here.local(here.now()):%H:%M} {line}")
    return done


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, Pass | None]) -> Pass | None:
    """Await ``work``; told to stop, give it ten seconds to come to an end."""
    import asyncio

    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    if not done:
        task.cancel()  # a share whose answer has not come is looked for by the next pass
        await asyncio.wait({task})
        return None
    return task.result()


def _boot() -> float:
    """Return seconds on a clock that nobody sets; where there is one, sleep is counted."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _jumped(here: Here, by: timedelta) -> None:
    hours = by.total_seconds() / 3600
    here.say(f"The clock was moved by {hours:+.1f} hours. Nothing is sent until it stands for ten minutes.")
