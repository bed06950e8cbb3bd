"""The command ``triage``: the full screen, or line mode, which says the same in whole words."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TextIO

import click

from curate.cli import render
from curate.cli.item_view import byline
from curate.cli.main import MOST, Command
from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    import sqlite3

    from curate.cli.here import Here
    from curate.inbox.items import Item
    from curate.tui.rows import Wording
    from curate.tui.sitting import Plan, Sitting
    from curate.tui.writing import Doors

LAST = "triage"  # where the desk remembers the last sitting
BOX = {"s": "seconds", "m": "minutes", "h": "hours"}


class Timebox(click.ParamType[timedelta]):
    """How long a sitting is meant to take: 10m, 1h."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read ``value``."""
        said = re.fullmatch(r"(\d{1,3})([smh]?)", str(value))
        if said is None or not int(said[1]):
            self.fail(f"“{value}” is no time. Write 10m or 1h.", param, ctx)
        return timedelta(**{BOX[said[2] or "m"]: int(said[1])})


@click.command(cls=Command, epilog="Example: curate triage --timebox 10m --query 'newer:7d -hiring'")
@click.option("--feed", metavar="WORDS", default="", help="Only items of feeds with these words in title or address.")
@click.option("--tag", metavar="TAG", default="", help="Only items with this tag.")
@click.option("--query", metavar="QUERY", default="", help="Only items that match: curate help query.")
@click.option("--order", type=click.Choice(["score", "newest", "oldest"]), help="What comes first (score).")
@click.option("--oldest", is_flag=True, help="The oldest first: --order oldest.")
@click.option("--limit", type=click.IntRange(1, MOST), help="At most so many items in this sitting.")
@click.option("--timebox", type=Timebox(), metavar="10m", help="Show a clock; nothing ends when the time is over.")
@click.option("--resume", is_flag=True, help="Go on where the last sitting ended, with its feed, tag, query and order.")
@click.option("--line", "by_line", is_flag=True, help="Ask item by item, in whole words; no screen is drawn.")
@click.option(
    "--decisions", type=click.File(encoding="utf-8-sig"), metavar="FILE", help="Read decisions from FILE (-)."
)
@click.pass_obj
def triage(here: Here, /, *, by_line: bool, decisions: TextIO | None, **told: Any) -> None:  # noqa: ANN401 - click's
    """Decide on the new items, one key or word each.

    A FILE of decisions has one on each line: kfmt keep, kfmt later 3d, kfmt note TEXT.
    """
    from curate.inbox.items import count_by_state, wake
    from curate.inbox.learn import refresh

    if decisions is not None:
        _decide_from(here, decisions)
        return
    if not here.interactive() or not sys.stdout.isatty():
        raise UsageError(
            "Triage needs a terminal and a person at it.",
            "For scripts: curate item list --json, then curate triage --decisions FILE.",
        )
    with here.database() as connection:
        wake(connection, now=here.now())
        refresh(connection)
        before = count_by_state(connection, now=here.now())
        if not before["new"]:
            here.answer({}, [_nothing_to_do(before)])
            return
        sit = _sit_by_line if by_line or os.environ.get("TERM") == "dumb" else _sit_before_screen
        stopped = sit(here, connection, _plan(here, connection, told), told)
        after = count_by_state(connection, now=here.now())
    here.answer({}, _told(before, after, stopped=stopped), exit_code=130 if stopped else 0)


def _plan(here: Here, connection: sqlite3.Connection, told: dict[str, Any]) -> Plan:
    """Make a plan of the options, and of the last sitting where it is resumed."""
    from curate.desk.db import recall
    from curate.inbox.query import joined
    from curate.inbox.search import condition
    from curate.tui.sitting import Plan

    if told["resume"]:
        last = json.loads(recall(connection, LAST) or "{}")
        told.update({name: value for name, value in last.items() if not told.get(name)})
    text = joined(told["query"], feed=told["feed"], tag=told["tag"])
    named = ", ".join(part for part in (told["feed"], f"#{told['tag']}" if told["tag"] else "", told["query"]) if part)
    return Plan(
        limit=told["limit"],
        order="oldest" if told["oldest"] else told["order"] or "score",
        where=condition(connection, text, now=here.now()) if text else None,
        named=named,
        timebox=told["timebox"],
        start=told.get("start") or "",
    )


def _remember(connection: sqlite3.Connection, told: dict[str, Any], sitting: Sitting) -> None:
    """Remember where a sitting ended, for the next one to resume."""
    from curate.desk.db import remember

    last = {name: told[name] for name in ("feed", "tag", "query")}
    row = sitting.current
    last |= {"order": sitting.plan.order, "start": row.lead.id if row else ""}
    remember(connection, LAST, json.dumps(last))


def _sit_before_screen(here: Here, connection: sqlite3.Connection, plan: Plan, told: dict[str, Any]) -> bool:
    """Show the full screen until it is left; say whether it was interrupted."""
    from curate.inbox.notes import put_aside
    from curate.tui.triage import Triage

    app = Triage(connection, clock=here.now, wording=wording(here), plan=plan, doors=_doors(here, connection))
    try:
        app.run(mouse=here.settings().triage.mouse)
    finally:
        for item_id, text in app.unsaved.items():
            put_aside(here.desk(), item_id, text)
            here.say(f"A note you typed is not saved: curate item note {item_id} --edit goes on with it.")
    _remember(connection, told, app.sitting)
    if app.return_code not in (0, 130, None):
        raise CurateError("The screen failed.", "What you decided is saved. Line mode goes on: curate triage --line")
    return app.return_code == 130


def wording(here: Here) -> Wording:
    """Return how a screen writes texts on this terminal."""
    from curate.tui.rows import Wording

    def safe(text: str) -> str:
        return here.drawn(render.term_safe(text))

    plain = {"ellipsis": "...", "rule": "-", "upright": "|"} if here.ascii else {}
    return Wording(safe=safe, ago=render.ago, byline=byline, **plain)


def _doors(here: Here, connection: sqlite3.Connection) -> Doors:
    """Hand the screen what leads out of it."""
    from curate.tui.writing import Doors

    async def read(item: Item) -> Item:
        from multiprocessing import resource_tracker

        from curate.inbox.pages import read_full_text

        with contextlib.redirect_stderr(sys.__stderr__):  # the screen's own has no file, which worker processes need
            resource_tracker.ensure_running()
        without = here.settings().fetch.no_full_text
        async with here.client() as client:
            return await read_full_text(connection, client, item, now=here.now(), without=without)

    def write(item: Item) -> list[str]:
        from curate.cli.editor import editor
        from curate.posts.draft import Given
        from curate.posts.write import write_post

        done = write_post(here.desk(), connection, Given(item=item), edit=editor(here), now=here.now())
        return [*done.said, f"Draft: {done.post.path.relative_to(here.desk().root)}" if done.post else ""]

    def edit_note(item: Item) -> list[str]:
        from curate.cli.editor import editor
        from curate.inbox import notes

        notes.edit_note(here.desk(), connection, item.id, edit=editor(here), now=here.now())
        return ["Noted."]

    def why(item: Item) -> list[str]:
        from curate.cli.rank import why_lines
        from curate.inbox import learn

        return why_lines(item, learn.why(connection, item, now=here.now()))

    return Doors(read=read, write=write, edit_note=edit_note, why=why, prompts=here.settings().writing.prompts)


def _sit_by_line(here: Here, connection: sqlite3.Connection, plan: Plan, told: dict[str, Any]) -> bool:
    """Ask in words until there is nothing left to ask; say whether it was interrupted."""
    from curate.cli.triage_line import LineMode
    from curate.tui.sitting import Sitting

    def ask(question: str) -> str | None:
        sys.stdout.write(question)
        sys.stdout.flush()
        return sys.stdin.readline() or None

    sitting = Sitting(connection, here.now, plan)
    mode = LineMode(sitting, ask=ask, say=lambda line: render.out(here.drawn(line)), doors=_doors(here, connection))
    try:
        mode.run()
    except KeyboardInterrupt:
        render.out()
        return True
    finally:
        _remember(connection, told, sitting)
    return False


def _decide_from(here: Here, lines: TextIO) -> None:
    """Do what a file says, line by line."""
    from curate.cli.triage_line import decide_from
    from curate.inbox.items import wake

    done: list[dict[str, str]] = []
    with here.database() as connection:
        wake(connection, now=here.now())
        for one, said in decide_from(connection, lines, now=here.now(), meant=here.meant):
            done.append(one)
            if not here.json:
                here.answer(one, [said])
    if here.json or not done:
        here.answer(done, ["No decisions were given; nothing changed."])


def _nothing_to_do(counts: dict[str, int]) -> str:
    if not sum(counts.values()):
        return "No items yet. curate fetch reads your feeds."
    return f"Inbox empty. {counts['kept']:,} kept: curate item list --state kept"


def _told(before: dict[str, int], after: dict[str, int], *, stopped: bool) -> list[str]:
    decided = max(before["new"] - after["new"], 0)
    said = f"{render.count(decided, 'decision')} saved, {after['kept']:,} kept in all, {after['new']:,} left."
    return [f"Stopped. {said}" if stopped else said]
