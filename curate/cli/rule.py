"""The commands ``rule …``: what is done with new items by itself, tried first on what came lately."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.item_view import named, row
from curate.cli.main import Group
from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from curate.cli.here import Here
    from curate.inbox.items import Item
    from curate.inbox.rules import Act, Rule

SHOWN = 20  # titles that a test shows


def _actions(command: Callable[..., None]) -> Callable[..., None]:
    """Add the flags of what a rule does."""
    for option in (
        click.option("--later", metavar="DAYS", help="Put it off: 7d."),
        click.option("--tag", metavar="TAG", help="Put a tag on it."),
        click.option("--boost", metavar="N", help="Move it up, or down with -1: in doublings of its chance, -6 to 6."),
        click.option("--skip", is_flag=True, help="Skip it."),
    ):
        command = option(command)
    return command


@click.group(cls=Group, epilog="Example: curate rule add 'title:\"ten tips\"' --skip --name tips")
def rule() -> None:
    """Say what is done with new items by itself: skip, move up, tag, put off."""


@rule.command("add", epilog="Example: curate rule add 'from:listicle -kubernetes' --skip --name tips --apply")
@click.argument("query")
@_actions
@click.option("--name", default="", help="What its items are marked with; without it, the query.")
@click.option("--apply", is_flag=True, help="Do it now to all that is new, too.")
@click.pass_obj
def add(here: Here, /, query: str, name: str, *, apply: bool, **told: Any) -> None:  # noqa: ANN401 - click's
    """Add a rule for what arrives from now on.

    QUERY is what search takes: curate help query. Nothing is ever deleted; undo takes the rule and its work back.
    """
    from curate.inbox.rules import add_rule

    action, value = _meant(told)
    with here.database() as connection:
        made, touched = add_rule(connection, query, action, value, name=name, now=here.now(), apply=apply)
    did = f" {render.count(touched, 'item')} touched now." if apply else " curate rule apply does it to what is here."
    here.answer({**_row(made), "touched": touched}, [f"Added {made.id} “{made.name}”: {_does(made)}.{did}"])


@rule.command("list", epilog="Example: curate rule list")
@click.pass_obj
def list_(here: Here) -> None:
    """List the rules, in the order in which they are applied."""
    from curate.inbox.rules import list_rules

    with here.database() as connection:
        rules = list_rules(connection)
    here.answer([_row(one) for one in rules], lambda: _table(rules))
    if not rules and not here.json:
        here.say("No rules. curate rule add QUERY --skip makes one.")


@rule.command("test", epilog="Example: curate rule test 'title:\"ten tips\"' --days 60")
@click.argument("query", metavar="QUERY|RULE")
@click.option("--days", type=click.IntRange(min=1, max=3650), default=30, help="How far back to look (30).")
@click.pass_obj
def test(here: Here, query: str, days: int) -> None:
    """Show what a rule would have done to what came lately, and where that would have hurt."""
    from curate.errors import Unknown
    from curate.inbox.rules import find_rule, matching

    now = here.now()
    with here.database() as connection:
        with contextlib.suppress(Unknown):  # else it is a query
            query = find_rule(connection, query).query
        items = matching(connection, query, since=now - timedelta(days=days), now=now)
    here.answer([row(item, now) for item in items], lambda: _tested(items, days))


@rule.command("apply", epilog="Example: curate rule apply tips")
@click.argument("name", metavar="RULE")
@click.pass_obj
def apply_(here: Here, name: str) -> None:
    """Do a rule now to all that is new; undo takes it back."""
    from curate.inbox.rules import apply_rule

    with here.database() as connection:
        touched = apply_rule(connection, name, now=here.now())
    here.answer({"touched": touched}, [f"{render.count(touched, 'item')} touched."])


@rule.command("edit", epilog="Example: curate rule edit tips --query 'title:\"tips for\"'")
@click.argument("name", metavar="RULE")
@click.option("--query", help="What it looks for from now on.")
@_actions
@click.option("--name", "called", help="What it is called from now on.")
@click.pass_obj
def edit(here: Here, /, name: str, query: str | None, called: str | None, **told: Any) -> None:  # noqa: ANN401 - click's
    """Change a rule for what arrives from now on; what it did stays."""
    from curate.inbox.rules import edit_rule

    action, value = _meant(told) if any(told.values()) else (None, "")
    if action is None and query is None and called is None:
        raise UsageError("Say what is to change.", f"curate rule edit {name} --query QUERY, --name NAME, --skip …")
    with here.database() as connection:
        made = edit_rule(connection, name, query=query, action=action, value=value, called=called, now=here.now())
    here.answer(_row(made), [f"Changed {made.id} “{made.name}”: {_does(made)}."])


@rule.command("remove", epilog="Example: curate rule remove tips --take-back")
@click.argument("name", metavar="RULE")
@click.option("--take-back", is_flag=True, help="Take back what it did, where nobody decided since.")
@click.pass_obj
def remove(here: Here, name: str, *, take_back: bool) -> None:
    """Remove a rule; curate undo brings it back."""
    from curate.inbox.rules import remove_rule

    with here.database() as connection:
        gone, touched = remove_rule(connection, name, take_back=take_back, now=here.now())
    did = f" {render.count(touched, 'item')} as before it." if take_back else " What it did stays."
    here.answer({**_row(gone), "touched": touched}, [f"Removed “{gone.name}”.{did} curate undo brings it back."])


def _meant(told: dict[str, Any]) -> tuple[Act, str]:
    """Return the one action that was asked for, and its value."""
    asked: list[tuple[Act, str]] = [("skip", "")] if told["skip"] else []
    valued: tuple[Act, ...] = ("boost", "tag", "later")
    asked += [(name, told[name]) for name in valued if told[name] is not None]
    if len(asked) != 1:
        raise UsageError("A rule does one thing.", "Add one of --skip, --boost N, --tag TAG, --later 7d.")
    return asked[0]


def _row(rule: Rule) -> dict[str, Any]:
    return asdict(rule)


def _does(rule: Rule) -> str:
    verb = {
        "skip": "skip",
        "boost": f"move by {rule.value}",
        "tag": f"tag with #{rule.value}",
        "later": f"put off for {rule.value} days",
    }[rule.action]
    return render.term_safe(f"{verb} what matches {rule.query}")


def _table(rules: Sequence[Rule]) -> list[str]:
    cells = [(one.id, one.name, one.action, one.value, one.query) for one in rules]
    return render.columns(cells, [8, 24, 5, 16, 60]) if cells else []


def _tested(items: Sequence[Item], days: int) -> Iterator[str]:
    """Say what a rule would have touched, and which of it the person had wanted."""
    states = Counter(item.state for item in items)
    told = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    yield f"{render.count(len(items), 'item')} of the last {days} days{f': {told}' if told else ''}."
    wanted = [item for item in items if item.state in ("kept", "drafted", "posted")]
    if wanted:
        yield f"You wanted {len(wanted)} of them:"
        yield from (f"  {named(item)}" for item in wanted[:SHOWN])
    others = [item for item in items if item not in wanted]
    if others:
        yield "It would have touched:" if wanted else "Such as:"
        yield from (f"  {named(item)}" for item in others[:SHOWN])
