"""What a person does with a share themselves: post it by hand, and say what became of it.

A share that was taken over is not sent by curate any more. One that may be out is only ever settled by
what the person says: it is there, it is not, or send it again all the same. Knows no clipboard and no browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from curate.desk.db import transaction
from curate.desk.locks import hold
from curate.errors import Refused, UsageError
from curate.shares import attempts, ledger
from curate.shares.slots import read_time, read_zone
from curate.web.guard import Forbidden, check_url

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from curate.desk.folder import Desk
    from curate.desk.settings import Account
    from curate.shares.ledger import Share

PATIENCE = 1.0  # seconds a person waits for a pass that is under way before they are told so
AT_HOME = ("draft", "approved", "held", "missed", "rejected", "retry")  # nothing is out, and it may still go
# Where each network lets one write a post: LinkedIn and Facebook take the page alone, the others the text.
COMPOSE = {
    "linkedin": "https://www.linkedin.com/sharing/share-offsite/?url={link}",
    "x": "https://x.com/intent/post?text={text}",
    "facebook": "https://www.facebook.com/sharer/sharer.php?u={link}",
    "threads": "https://www.threads.net/intent/post?text={text}",
    "mastodon": "{server}/share?text={text}",
    "bluesky": "https://bsky.app/intent/compose?text={text}",
    "manual": "{server}",
}


def compose_url(share: Share, account: Account | None) -> str:
    """Return where ``share`` is posted by hand; '' where nobody knows. A manual account's server is that place."""
    server = account.server.rstrip("/") if account else ""
    pattern = COMPOSE.get(share.network, "")
    if "{server}" in pattern and urlsplit(server).scheme not in {"http", "https"}:
        return ""
    return pattern.format(server=server, link=quote(share.link, safe=""), text=quote(share.text, safe=""))


def take_over(connection: sqlite3.Connection, share_id: str) -> Share:
    """Make ``share_id`` the person's to post; curate sends it no more. Raises Unknown, Refused, Conflict."""
    with transaction(connection):
        share = _in(connection, share_id, (*AT_HOME, "handed_over"), "copied")
        if share.state == "handed_over":
            return share
        return ledger.set_aside(connection, share, "handed_over", f"it is yours: curate share log {share_id} URL")


def log_sent(desk: Desk, connection: sqlite3.Connection, share_id: str, url: str, *, now: datetime) -> Share:
    """Write down that ``share_id`` is out at ``url``, posted by hand or, after an unknown, by curate.

    Raises UsageError when that is no web address, Unknown, Refused, and Conflict while shares are being sent.
    """
    return _sent(desk, connection, share_id, _address(url), (*AT_HOME, "handed_over", "unknown"), now=now)


def resolve_sent(desk: Desk, connection: sqlite3.Connection, share_id: str, url: str, *, now: datetime) -> Share:
    """Settle an unknown share: it is out at ``url``; a mail needs none. Raises as ``log_sent`` does."""
    if not url and ledger.find_share(connection, share_id).network != "email":
        raise UsageError(f"Where is {share_id}?", f"curate share resolve {share_id} --sent URL")
    return _sent(desk, connection, share_id, _address(url) if url else "", ("unknown",), now=now)


def resolve_not_sent(desk: Desk, connection: sqlite3.Connection, *share_ids: str, now: datetime) -> list[Share]:
    """Settle unknown shares: they are not out, and drafts again; all or none. Raises Unknown, Refused, Conflict."""
    said = "you said it is not out"
    with hold(desk, "send", wait=PATIENCE), transaction(connection):
        absent = [_absent(connection, share_id, said, now=now) for share_id in dict.fromkeys(share_ids)]
        return [ledger.set_reason(connection, ledger.set_text(connection, one, one.text), said) for one in absent]


def resend(desk: Desk, connection: sqlite3.Connection, share_id: str, *, now: datetime) -> Share:
    """Settle an unknown share: the next pass sends it again, whatever is out. Raises Unknown, Refused, Conflict."""
    with hold(desk, "send", wait=PATIENCE), transaction(connection):
        share = _absent(connection, share_id, "you said to send it again", now=now)
        when = read_time(now.isoformat(), read_zone(share.zone), now=now)
        share = ledger.set_time(connection, share, due_at=when.at, wall=when.wall, zone=when.zone)
        return ledger.set_approved(connection, share, now=now)


def _address(url: str) -> str:
    try:
        return str(check_url(url))
    except Forbidden as error:
        raise UsageError(f"{url}: {error.reason}.", "Copy the post's address whole: https://…") from None


def _sent(  # noqa: PLR0913 - as above
    desk: Desk, connection: sqlite3.Connection, share_id: str, url: str, states: Sequence[str], *, now: datetime
) -> Share:
    """Call a share sent; what may have posted it then did."""
    with hold(desk, "send", wait=PATIENCE), transaction(connection):
        ledger.end_interrupted(connection, now=now)
        share = _in(connection, share_id, states, "logged")
        attempt = attempts.open_attempt(connection, share) if share.state == "unknown" else None
        if attempt is None:
            return ledger.set_sent(connection, share, url, now=now)
        evidence = f"{attempt.evidence}; you said it is out"
        return ledger.finish(
            connection, share, attempt, "sent",
            outcome="sent", evidence=evidence, now=now, remote_url=url,
        )  # fmt: skip


def _absent(connection: sqlite3.Connection, share_id: str, said: str, *, now: datetime) -> Share:
    """End what an unknown share has open: it posted nothing, as the person says."""
    ledger.end_interrupted(connection, now=now)
    share = _in(connection, share_id, ("unknown",), "resolved")
    attempt = attempts.open_attempt(connection, share)
    if attempt is None:
        return share
    evidence = f"{attempt.evidence}; {said}"
    return ledger.finish(connection, share, attempt, "held", outcome="absent", evidence=evidence, now=now)


def _in(connection: sqlite3.Connection, share_id: str, states: Sequence[str], done: str) -> Share:
    """Return the share when it is in one of ``states``. Raises Unknown, Refused."""
    share = ledger.find_share(connection, share_id)
    if share.state in states:
        return share
    where = f"It is here: {share.remote_url}" if share.remote_url else f"curate share history {share_id} shows it."
    why, hint = {
        "sending": ("is being sent right now", "If curate was killed meanwhile, the next curate tick looks for it."),
        "sent": ("is out", where),
        "unknown": ("may be out", f"Look there first, then: curate share resolve {share_id}"),
        "cancelled": ("is cancelled", f"curate share plan {share.post} plans another."),
    }.get(share.state, (f"is {share.state.replace('_', ' ')}, so nothing is in doubt", "curate share queue shows it."))
    raise Refused(f"{share_id} {why}; it cannot be {done}.", hint)
