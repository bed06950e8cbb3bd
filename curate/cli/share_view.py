"""How shares look: rows for scripts, lines for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curate.shares.ledger import Attempt, Share
    from curate.shares.sender import SendReport

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


def when(share: Share) -> str:
    """Say when a share is meant, in its own zone: Mon 23 Nov 08:40."""
    local = share.due_at.astimezone(ZoneInfo(share.zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def planned_lines(shares: Sequence[Share], *, dry_run: bool = False) -> Iterator[str]:
    """Show shares that were just planned or changed, each with its text."""
    for share in shares:
        name = "would be" if dry_run else share.id
        yield f"{name}  {share.account}  {when(share)} ({share.zone})  {share.state.replace('_', ' ')}"
        for line in share.text.splitlines():
            yield f"      {render.term_safe(line)}".rstrip()
    drafts = [share.id for share in shares if share.state == "draft"]
    if dry_run:
        yield "Nothing was planned."
    elif drafts:
        yield f"Next       curate share approve {' '.join(drafts)}"
    elif not shares:
        yield "Nothing was planned."


def queue_lines(shares: Sequence[Share]) -> Iterator[str]:
    """Show the queue: one line for each share, and why it waits."""
    if not shares:
        yield "No shares are planned. curate share plan POST --to ACCOUNT --at next"
        return
    cells = [(one.id, when(one), one.account, one.state.replace("_", " "), one.text) for one in shares]
    for line, share in zip(render.columns(cells, (8, 20, 20, 12, 60)), shares, strict=True):
        yield line
        if share.reason:
            yield f"      {render.term_safe(share.reason)}"


def story(share: Share, attempts: Sequence[Attempt], *, whole: bool) -> Iterator[str]:
    """Show what became of one share; ``whole`` shows its text and every request, too."""
    sent = f"  {share.remote_url}" if share.remote_url else ""
    yield f"{share.id}  {when(share)}  {share.account}  {share.state.replace('_', ' ')}{render.term_safe(sent)}"
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


def wire_lines(requests: Sequence[tuple[Share, dict[str, Any]]]) -> Iterator[str]:
    """Show exactly what would be sent."""
    for share, request in requests:
        yield f"{share.id}  {share.account}  {when(share)}"
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
