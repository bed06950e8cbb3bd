"""The commands ``rank reset`` and ``item why``: what ranking learned, said in words, and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.item_view import named, row
from curate.cli.main import Command, Group

if TYPE_CHECKING:
    from curate.cli.here import Here
    from curate.inbox.items import Item
    from curate.inbox.learn import Why

SLIGHT = 0.05  # what rounds to nothing is not told
NOTHING = "Nothing was learned yet: keep some items and skip some, and the next fetch or triage learns from it."
EXPLORES = "You hardly know this feed. One place in ten is kept for such feeds, so it may stand higher than its score."


@click.group(cls=Group, epilog="Example: curate rank reset")
def rank() -> None:
    """Say what may be learned from what you decide."""


@rank.command("reset", epilog="Example: curate rank reset")
@click.option("--undo", is_flag=True, help="Let all you ever decided teach again.")
@click.pass_obj
def reset(here: Here, *, undo: bool) -> None:
    """Forget what was learned until now; what you decided stays as it is."""
    from curate.inbox import learn

    with here.database() as connection:
        before = learn.unreset(connection) if undo else None
        if not undo:
            learn.reset(connection, now=here.now())
        taught = learn.taught(connection)
    what = render.count(taught, "decision")
    if undo:
        said = f"All decisions teach again: {what}." if before else "Ranking was not reset; nothing changed."
    else:
        said = "Forgotten. What you decide from now on teaches anew. curate rank reset --undo takes this back."
    here.answer({"since": None if undo else here.now(), "decisions": taught}, [said])


@click.command("why", cls=Command, epilog="Example: curate item why kfmt")
@click.argument("item_id", metavar="ID")
@click.pass_obj
def why(here: Here, item_id: str) -> None:
    """Say why an item stands where it does in the list."""
    from curate.inbox import learn
    from curate.inbox.items import find_item

    with here.database() as connection:
        item = find_item(connection, item_id)
        found = learn.why(connection, item, now=here.now())
    data = {**row(item, here.now()), **why_row(found)}
    here.answer(data, lambda: [f"{named(item)}, {item.state}", *why_lines(item, found)])


def why_row(why: Why) -> dict[str, Any]:
    """Return what scripts read of it; all numbers add up to ``score``, in doublings of the chance to be wanted."""
    return {
        "score": round(why.score, 2),
        "words": [{"word": effect.sign.value, "adds": round(effect.adds, 2)} for effect in why.words],
        "other_words": round(why.other_words, 2),
        "source": {"adds": round(why.source, 2), "kept": why.kept, "decided": why.decided},
        "length": round(why.length, 2),
        "fresh": round(why.fresh, 2),
        "boosts": [{"rule": name, "adds": boost} for name, boost in why.boosts],
        "explores": why.explores,
        "decisions": why.lessons,
    }


def why_lines(item: Item, why: Why) -> list[str]:
    """Say it in lines, each with what it adds."""
    words = [f"{render.term_safe(effect.sign.value)} {_signed(effect.adds)}" for effect in why.words]
    others = [f"others {_signed(why.other_words)}"] if abs(why.other_words) >= SLIGHT else []
    told = sum(effect.adds for effect in why.words) + why.other_words
    feed = render.term_safe(item.feed_title)
    source = f"{feed}: you kept {why.kept} of {why.decided}" if why.decided else f"{feed}: nothing decided yet"
    parts = [
        *([(told, f"words: {', '.join([*words, *others])}")] if words else []),
        (why.source, source),
        *([(why.length, "its length")] if abs(why.length) >= SLIGHT else []),
        (why.fresh, f"{_age(-why.fresh)} old; three days take one"),
        *((boost, f"your rule {render.term_safe(name)}") for name, boost in why.boosts),
    ]
    return [
        f"{_signed(why.score)} in all. Each whole number more is twice the chance that you want it.",
        *(f"  {_signed(adds):>5}  {words}" for adds, words in parts),
        *([f"Learned from {render.count(why.lessons, 'decision')}."] if why.lessons else [NOTHING]),
        *([EXPLORES] if why.explores else []),
    ]


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-0.0", "+0.0").replace("-", "−")


def _age(doublings: float) -> str:
    from curate.inbox.rank import FRESH

    days = max(doublings * FRESH, 0)
    hours = round(days * 24)
    return render.count(round(days), "day") if days >= 2 else render.count(hours, "hour")
