"""Show items: as records for scripts, as lines and pages for people. Knows no command and no database."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from curate.inbox.items import Item

LINE = 80  # cells of a line of text that reads well
SOURCE = 18  # cells of a feed's title in a list
TITLE = 50  # cells of a title inside a sentence
DECIDED = {
    "kept": ", which you kept",
    "later": ", which you put off",
    "skipped": ", which you skipped",
    "drafted": ", which you are writing about",
    "posted": ", which you wrote about",
}


def row(item: Item, now: datetime) -> dict[str, Any]:
    """Return what scripts read of an item in a list.

    ``published`` is when we first saw it where the feed said nothing believable; ``sources`` counts
    the feeds that carry it; ``score`` what a list by score is ordered by.
    """
    from curate.inbox.items import minutes
    from curate.inbox.rank import score

    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "feed_title": item.feed_title,
        "feed_url": item.feed_url,
        "author": item.author,
        "published": item.dated,
        "state": item.state,
        "score": score(item, now),
        "sources": item.sources,
        "minutes": minutes(item.words),
        "rules": list(item.rules),
    }


def full_row(item: Item, now: datetime) -> dict[str, Any]:
    """Return ``row``, a date that was given and cannot be believed, and what the person said of the item."""
    quotes = [{"text": one.text, "prefix": one.prefix, "suffix": one.suffix} for one in item.quotes]
    via = {"name": item.via_name, "url": item.via_url} if item.via_name or item.via_url else None
    said = {"note": item.note, "quotes": quotes, "tags": list(item.tags), "via": via}
    return {**row(item, now), "claimed": item.claimed, **said}


def named(item: Item) -> str:
    """Name an item inside a sentence: its id and title."""
    return f"{item.id} “{render.clip(render.term_safe(item.title), TITLE)}”"


def table(items: Sequence[Item], now: datetime, *, states: bool) -> list[str]:
    """Return one line for each item, with its state where a list mixes ``states``."""
    from curate.inbox.items import minutes

    if not items:
        return []
    rows = []
    for item in items:
        rule = f"rule: {item.rules[0]}" if item.rules else ""
        marks = (f"x{item.sources}" if item.sources > 1 else "", "n" if item.note else "", rule)
        state = (item.state,) if states else ()
        length = f"{minutes(item.words)} min" if item.words else ""
        extra = " ".join(mark for mark in marks if mark)
        rows.append((item.id, *state, item.title, item.feed_title, render.ago(item.dated, now), length, extra))
    limits = [8, *((7,) if states else ()), 0, SOURCE, 5, 7, 12]  # 0: the title takes what the others leave
    return render.fitted(rows, limits)


def also_row(others: Sequence[Item]) -> list[dict[str, Any]]:
    """Return what scripts read of the others of an item's story."""
    return [
        {"id": one.id, "title": one.title, "site": one.site or one.feed_title, "url": one.url, "state": one.state}
        for one in others
    ]


def with_also(lines: Sequence[str], others: Sequence[Sequence[Item]]) -> Iterator[str]:
    """Return the lines of a list, each with where else its story stands below it."""
    for line, each in zip(lines, others, strict=True):
        yield line
        if each:
            yield "      " + render.clip(render.term_safe(also_in(each)), render.cells() - 6)


def also_in(others: Sequence[Item]) -> str:
    """Say where else a story stands, and what was decided there: “also in: A (x2), B, which you skipped”."""
    names = Counter((one.feed_title or one.site, DECIDED.get(one.state, "")) for one in others)
    told = (f"{name}{f' (x{count})' if count > 1 else ''}{decided}" for (name, decided), count in names.items())
    return "also in: " + ", ".join(told)


def story_of(items: Sequence[Item]) -> str:
    """Name the first of ``items``, and the rest by their ids."""
    rest = ", ".join(one.id for one in items[1:])
    return f"{named(items[0])} and {rest}" if rest else named(items[0])


def about_list(shown: int, counts: dict[str, int], state: str, *, filtered: bool) -> str:
    """Say what a list leaves out, or what to type when it is empty."""
    total = sum(counts.values()) if state == "all" else counts[state]
    if shown:
        return f"{shown:,} of {total:,} shown; --limit 0 shows all." if shown < total and not filtered else ""
    if not sum(counts.values()):
        return "No items yet. curate fetch reads your feeds."
    if filtered:
        return f"No items match. {total:,} without the filter."
    if state == "new":
        return f"Inbox empty. {counts['kept']:,} kept: curate item list --state kept"
    return f"No {state} items."


def page(item: Item, others: Sequence[Item] = ()) -> Iterator[str]:
    """Lay one item out for reading: what it is, the ``others`` of its story, what the person said of it, its text."""
    line = min(render.cells(), LINE)
    for fact in (item.title, byline(item), item.url, _standing(item)):
        yield from wrapped(fact, line)
    for one in others:
        yield from wrapped(f"Also in {one.feed_title or one.site}{DECIDED.get(one.state, '')}: {named(one)}", line)
    if item.tags:
        yield from wrapped("Tags: " + ", ".join(item.tags), line)
    if item.note:
        yield from ("", "Note")
        for paragraph in item.note.split("\n"):
            yield from (f"  {part}" for part in wrapped(paragraph, line - 2))
    if item.quotes:
        yield from ("", "Quotes")
        for quote in item.quotes:
            yield from (f"  {part}" for part in wrapped(f"“{quote.text}”", line - 2))
    for paragraph in re.split(r"\n\s*\n", item.content_text or item.summary):
        yield ""
        for part in paragraph.split("\n"):
            yield from wrapped(part, line)


def byline(item: Item) -> str:
    """Say who wrote the item, where, when, and how long it is."""
    from curate.inbox.items import minutes

    about = [item.author, item.feed_title, _date(item)]
    if item.words:
        about += [render.count(item.words, "word"), f"{minutes(item.words)} min"]
    return ", ".join(part for part in about if part)


def _date(item: Item) -> str:
    """Say when the item was published; where nobody can believe or know that, when it was first seen."""
    if item.published:
        return f"{item.published.day} {item.published:%b %Y}"
    seen = f"first seen {item.first_seen.day} {item.first_seen:%b %Y}"
    if not item.claimed:
        return seen
    who = "feed" if item.feed_url else "page"
    return f"{seen}; the {who} says {item.claimed.day} {item.claimed:%b %Y}"


def _standing(item: Item) -> str:
    facts = [item.id, item.state]
    if item.later_until:
        facts.append(f"until {item.later_until.day} {item.later_until:%b %Y}")
    if item.sources > 1:
        facts.append(f"in {item.sources} feeds")
    if item.rules:
        facts.append(f"touched by the rule {', '.join(item.rules)}")
    if item.via_name or item.via_url:
        facts.append(f"via {item.via_name or item.via_url}")
    return ", ".join(facts)


def wrapped(text: str, line: int) -> list[str]:
    """Break ``text`` into lines of at most ``line`` terminal cells, between words where it can."""
    from rich.cells import chop_cells

    lines = [""]
    for word in render.term_safe(text).split():
        for piece in chop_cells(word, line):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if render.width(longer) <= line:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines
