"""How shares look: rows for scripts, lines for people."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from curate.desk.settings import Account
    from curate.shares.attempts import Attempt
    from curate.shares.evergreen import Due, Evergreen
    from curate.shares.ledger import Share
    from curate.shares.sender import SendReport
    from curate.shares.sheet import Imported

WIRE = ("length", "pace", "cost")  # rules that a rehearsed request is shown with
STATES = ("held", "unknown", "missed", "rejected", "retry", "handed_over")  # what a pass may leave a share in


def row(share: Share) -> dict[str, Any]:
    """Return a share as a script reads it."""
    return {
        "id": share.id,
        "post": share.post,
        "account": share.account,
        "network": share.network,
        "text": share.text,
        "link": share.link,
        "at": share.due_at,
        "wall": share.wall,
        "zone": share.zone,
        "state": share.state,
        "reason": share.reason,
        "url": share.remote_url,
    }


def history_row(share: Share, attempts: Sequence[Attempt], *, payload: bool) -> dict[str, Any]:
    """Return a share with every attempt; with ``payload`` also what each sent."""
    tries = []
    for attempt in attempts:
        one = {
            "started_at": attempt.started_at,
            "ended_at": attempt.ended_at,
            "key": attempt.key,
            "outcome": attempt.outcome or "under way",
            "evidence": attempt.evidence,
        }
        tries.append({**one, "request": json.loads(attempt.payload)} if payload else one)
    return {**row(share), "sent_at": share.sent_at, "attempts": tries}


def when(share: Share, at: datetime | None = None) -> str:
    """Say when a share is meant, or another moment of it, in its own zone: Mon 23 Nov 08:40."""
    local = (at or share.due_at).astimezone(ZoneInfo(share.zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def planned_lines(shares: Sequence[Share], accounts: Mapping[str, Account], *, dry_run: bool = False) -> Iterator[str]:
    """Show shares that were just planned or changed, each with its text and what it costs on its account."""
    from curate.shares.limits import price

    for share in shares:
        name = "would be" if dry_run else share.id
        yield f"{name}  {share.account}  {when(share)} ({share.zone})  {share.state.replace('_', ' ')}"
        for line in share.text.splitlines():
            yield f"      {render.term_safe(line)}".rstrip()
        account = accounts.get(share.account)
        if account and (cost := price(account, share.text)):
            yield f"      costs {cost / 1000:.3f} US dollars"
    drafts = [share.id for share in shares if share.state == "draft"]
    if dry_run:
        yield "Nothing was planned."
    elif drafts:
        yield f"Next       curate share approve {' '.join(drafts)}"
    elif not shares:
        yield "Nothing was planned."


def imported_lines(done: Imported, *, dry_run: bool) -> Iterator[str]:
    """Show what a table brought: each new draft, each change, and how many shares stay as they were."""
    named = [("new", "" if dry_run else one.id, one) for one in done.planned]
    named += [("changed", one.id, one) for one in done.changed]
    cells = [(word, name, when(one), one.account, one.state.replace("_", " "), one.text) for word, name, one in named]
    yield from render.columns(cells, (8, 8, 20, 20, 12, 60))
    would = "would be " if dry_run else ""
    yield f"{len(done.planned)} {would}planned, {len(done.changed)} {would}changed, {done.unchanged} unchanged."


def queue_lines(shares: Sequence[Share], due: Sequence[Due], home: str) -> Iterator[str]:
    """Show the queue: one line for each share, and why it waits; then what it is time to say anew.

    A time that is not meant in the desk's own zone, ``home``, names its zone.
    """
    if not shares and not due:
        yield "No shares are planned. curate share plan POST --to ACCOUNT --at next"
    cells = []
    for one in shares:
        zone = "" if one.zone == home else f" ({one.zone})"
        cells.append((one.id, when(one) + zone, one.account, one.state.replace("_", " "), one.text))
    for line, share in zip(render.fitted(cells, (8, 40, 20, 12, 0), least=10), shares, strict=True):
        yield line
        if share.reason:
            yield f"      {render.term_safe(share.reason)}"
        if share.state == "unknown":
            yield f"      When you have looked: curate share resolve {share.id} --sent URL, or --not-sent"
    doubtful = [one.id for one in shares if one.state == "unknown"]
    if len(doubtful) > 1:
        yield f"When none of these is out: curate share resolve {' '.join(doubtful)} --not-sent"
    yield from due_lines(due)


def due_lines(due: Sequence[Due]) -> Iterator[str]:
    """Show the evergreens it is time to find new words for, each with the command that begins it."""
    for one in due:
        post, account = one.evergreen.post, one.evergreen.account
        last = f"last on {one.last:%d %b %Y}" if one.last else "not said yet"
        yield f"time for new words: {post} on {account}, {one.said} of {one.evergreen.times}, {last}"
        yield f"Next       curate share plan {post} --to {account}"


def week_lines(shares: Sequence[Share], today: date) -> Iterator[str]:
    """Show the seven days from ``today`` on, a row for each account, and below what is blocked and why."""
    days = [today + timedelta(days=ahead) for ahead in range(7)]
    table: dict[str, dict[date, list[str]]] = {}
    for share in shares:
        local = share.due_at.astimezone(ZoneInfo(share.zone))
        if days[0] <= local.date() <= days[-1]:
            table.setdefault(share.account, {}).setdefault(local.date(), []).append(f"{local:%H:%M} {letter(share)}")
    rows: list[tuple[str, ...]] = [("", *(f"{day:%a} {day.day}" for day in days))]
    for account, cells in sorted(table.items()):
        for depth in range(max(map(len, cells.values()))):
            lines = [(cells.get(day, ["-"])[depth:] or [""])[0] for day in days]
            rows.append((account if depth == 0 else "", *lines))
    yield from render.columns(rows, (16, *[9] * 7))
    if not table:
        yield "Nothing goes out in these seven days."
    zones = ", ".join(sorted({share.zone for share in shares}))
    yield f"A approved  D draft  C copy by hand  ! blocked{zones and f'   times of {zones}'}"
    for share in shares:
        if letter(share) == "!":
            why = share.reason or share.state.replace("_", " ")
            yield f"! {share.id} {share.account}, {when(share)}: {render.term_safe(why)}"


def letter(share: Share) -> str:
    """Say in one letter what a share waits for."""
    if share.state in ("approved", "retry", "sending"):
        return "C" if share.network == "manual" else "A"
    return {"draft": "D", "handed_over": "C", "sent": "A"}.get(share.state, "!")


def evergreen_row(one: Evergreen) -> dict[str, Any]:
    """Return an evergreen as a script reads it."""
    return {"post": one.post, "account": one.account, "days": one.days, "times": one.times, "until": one.until}


def evergreen_lines(evergreens: Sequence[Evergreen]) -> Iterator[str]:
    """Show what comes back, where, how often and until when."""
    if not evergreens:
        yield "Nothing is evergreen. curate share evergreen POST --to ACCOUNT --every 60d --times 3"
    for one in evergreens:
        until = f", not after {one.until:%d %b %Y}" if one.until else ""
        yield f"{one.post} on {one.account}: {one.times} times, {one.days} days apart{until}"


def story(share: Share, attempts: Sequence[Attempt], *, whole: bool) -> Iterator[str]:
    """Show what became of one share; ``whole`` shows its text and every request, too.

    What was sent is told with the time it was, whatever time it was meant for.
    """
    sent = f"  {render.term_safe(share.remote_url)}" if share.remote_url else ""
    state = share.state.replace("_", " ")
    yield f"{share.id}  {when(share, share.sent_at)} ({share.zone})  {share.account}  {state}{sent}"
    if share.reason:
        yield f"      {render.term_safe(share.reason)}"
    if whole:
        for line in share.text.splitlines():
            yield f"      {render.term_safe(line)}".rstrip()
    for attempt in attempts:
        outcome = (attempt.outcome or "under way").replace("_", " ")
        evidence = f": {render.term_safe(attempt.evidence)}" if attempt.evidence else ""
        yield f"      {attempt.started_at:%d %b %Y %H:%M:%S} UTC  {outcome}{evidence}"
        if whole:
            yield f"      {render.term_safe(attempt.payload)}"


def wire_lines(
    requests: Sequence[tuple[Share, dict[str, Any]]], rules: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Show exactly what would be sent, and what the ``rules`` say of it, by the share's id."""
    for share, request in requests:
        yield f"{share.id}  {share.account}  {when(share)} ({share.zone})"
        said = rules.get(share.id, {})
        yield from (f"      {name:<8}{render.term_safe(said[name])}" for name in WIRE if name in said)
        yield from json.dumps(request, ensure_ascii=True, indent=2).splitlines()
    yield "Nothing was sent." if requests else "Nothing is due."


def outcome_data(report: SendReport) -> dict[str, list[dict[str, str]]]:
    """Return what a pass did, as a script reads it."""
    data = {"sent": [{"id": share.id, "url": share.remote_url} for share in report.sent]}
    for state in STATES:
        data[state] = [{"id": share.id, "reason": share.reason} for share in getattr(report, state)]
    return data


def outcome_lines(report: SendReport) -> list[str]:
    """Show what a pass did, one line for each share."""
    lines = []
    for share in report.sent:
        word = "Rehearsed" if share.remote_url.startswith("file:") else "Sent"
        lines.append(f"{word:<11}{share.id} {share.account}  {render.term_safe(share.remote_url)}")
    lines += [
        f"{state.replace('_', ' ').capitalize():<11}{share.id} {share.account}: {render.term_safe(share.reason)}"
        for state in STATES
        for share in getattr(report, state)
    ]
    return lines
