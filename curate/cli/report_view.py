"""Lay out a review for a terminal, as wide as that is: sentences first, then tables with a bar in each row."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curate.presence.balance import Balance, Sources
    from curate.presence.experiments import Experiment, Verdict
    from curate.presence.response import Group, Response
    from curate.presence.review import Review

NARROWEST, WIDEST = 60, 100  # cells of a line
BAR, SHORT = 16, 4  # cells of a bar, and in a narrow terminal
NUMBERS, TOLD = 13, 31  # cells of a row for its number and gaps, and for what is told at its end
LISTED = 10  # sources


def bar(part: float, most: float, mark: str) -> str:
    """Return a bar for ``part``, where ``most`` would fill it; what is not nothing has a mark."""
    cells = round(_bar() * part / most) if most else 0
    return mark * max(cells, 1 if part else 0)


def _wide() -> int:
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def _bar() -> int:
    return BAR if _wide() >= 80 else SHORT


def review_lines(found: Review, *, mark: str) -> Iterator[str]:
    """Say a week or a month: what was read, published and sent, and what worked."""
    reading, balance = found.reading, found.balance
    pace = f", {reading.pace:.0f} s each" if reading.pace and reading.pace >= 1 else ""
    yield f"Read       {render.count(reading.decided, 'item')} decided, {reading.kept} kept{pace}"
    yield f"Published  {balance.own} own, {balance.curated} curated{_ratio(balance)}"
    sent = ", ".join(f"{name} {number}" for name, number in found.sent.items())
    yield from wrapped(f"Shared     {sent or 'nothing'}", " " * 11)
    often, row = found.tending, f", {found.tending.streak} in a row" if found.tending.streak > 1 else ""
    yield f"Tended     {often.days} of {often.of} days{row}"
    yield from response_lines(found.response, mark=mark)
    if found.best:
        yield ""
        yield "What people answered most:"
        rows = [(str(one.reactions), one.account, one.title) for one in found.best]
        yield from (f"  {line}" for line in render.columns(rows, (6, 16, _wide() - 28)))  # what stands before, and gaps


def response_lines(found: Response, *, mark: str) -> Iterator[str]:
    """Say what worked, by network, topic, hour and kind."""
    yield ""
    young = f" {render.count(found.young, 'younger one')} not counted yet." if found.young else ""
    if not found.shares:
        yield from wrapped(f"No figures of shares yet: curate tick asks Mastodon and Bluesky once a day.{young}")
        return
    yield from wrapped(
        f"What {render.count(found.shares, 'share')} came to, a week after: likes, reposts and replies.{young}"
    )
    most = max(group.each for group in found.accounts)
    yield ""
    yield "  Account: reactions a share"
    for group in found.accounts:
        views = f", {group.views:,.0f} views" if group.views is not None else ""
        yield _row(group.name, f"{group.each:.1f}", bar(group.each, most, mark), f"{_shares(group)}{views}")
    for title, groups in (("Topic", found.topics), ("Hour", found.hours), ("Kind", found.kinds)):
        most = max((group.usual or 0 for group in groups), default=0)
        yield ""
        yield f"  {title}: times what is usual on the account"
        for group in groups:
            told = f"{group.usual:.1f}" if group.usual is not None else "-"
            yield _row(group.name, told, bar(group.usual or 0, most, mark), _shares(group))


def balance_lines(found: Balance, *, mark: str) -> Iterator[str]:
    """Say how own pieces and curated ones balance, week by week."""
    yield f"{render.count(found.own, 'own piece')}, {found.curated} curated{_ratio(found)}."
    most = max((week.own + week.curated for week in found.weeks), default=0)
    yield ""
    yield "  Week from   own + curated"
    for week in found.weeks:
        told = bar(week.own, most, mark) + bar(week.curated, most, ".")
        yield f"  {week.first.day:>2} {week.first:%b %Y} {week.own:>3} {week.curated:>3}  {told}".rstrip()


def source_lines(found: Sources, *, mark: str) -> Iterator[str]:
    """Say on how few sites the posts rest."""
    if not found.cited:
        yield "No post of this time cites a source."
        return
    yield from wrapped(
        f"{render.count(found.cited, 'post')}, {render.count(len(found.sites), 'site')} cited; the first three make up "
        f"{found.first_three:.0%}. As concentrated as {found.effective:.1f} sites cited alike."
    )
    yield ""
    for name, number in found.sites[:LISTED]:
        yield _row(name, str(number), bar(number, found.sites[0][1], mark), "")
    if len(found.sites) > LISTED:
        yield f"  and {len(found.sites) - LISTED} more"


def experiment_lines(found: Sequence[tuple[Experiment, Verdict]], now: Any) -> Iterator[str]:  # noqa: ANN401 - a moment
    """Say what can be said of each experiment."""
    if not found:
        yield "No experiment. curate report experiment add NAME --hypothesis TEXT --until 4w begins one."
    for number, (each, verdict) in enumerate(found):
        if number:
            yield ""
        state = "runs until" if each.until > now else "ended"
        yield from wrapped(render.term_safe(f"{each.name}: {each.hypothesis}"))
        yield f"  since {each.started_at:%d %b %Y}, {state} {each.until:%d %b %Y}"
        yield from wrapped("  " + verdict_words(verdict), "  ")


def verdict_words(verdict: Verdict) -> str:
    """Say a verdict with its uncertainty, in one or two sentences."""
    shares = f"{render.count(verdict.during, 'share')} in it, {verdict.before} before"
    if verdict.times is None:
        return f"Too few to tell: {shares}; at least 5 of each on the same accounts, and some reactions, are needed."
    high = "beyond all bounds" if verdict.high == float("inf") else f"{verdict.high:.1f}"
    between = f"{verdict.times:.1f} times the reactions (between {verdict.low:.1f} and {high}, 95 % sure; {shares})."
    word = {"more": "More:", "fewer": "Fewer:", "cannot tell": "Cannot tell:"}[verdict.word]
    return f"{word} {between} Whatever else changed in that time counts, too."


def _ratio(balance: Balance) -> str:
    return f" ({balance.ratio:.1f} own for each curated)" if balance.ratio is not None else ""


def _shares(group: Group) -> str:
    return f"{render.count(group.shares, 'share')}{', too few' if group.few else ''}"


def _row(name: str, value: str, drawn: str, told: str) -> str:
    room = _wide() - _bar() - NUMBERS - (TOLD if told else 0)
    named = render.clip(render.term_safe(name), room)
    named += " " * (room - render.width(named))
    return f"  {named} {value:>6}  {drawn:<{_bar()}}  {told}".rstrip()


def wrapped(text: str, indent: str = "") -> list[str]:
    """Break a sentence where the terminal would cut it, and begin what follows with ``indent``."""
    import textwrap

    return textwrap.wrap(text, _wide(), subsequent_indent=indent, break_on_hyphens=False)
