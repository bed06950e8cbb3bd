"""Read results: what changed because of the person, the number first.

A post of kind ``result`` is one, and so is a row under ``results`` of the profile; both have the same
keys. Pure. Must not know how a page shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.posts.header import PostFault
from curate.posts.post import as_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from curate.posts.post import Post

TEXTS = ("outcome", "metric", "before", "after", "role", "team", "period", "topic")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One result. ``outcome`` is a sentence, ``metric`` what was counted, ``role`` the person's own part."""

    outcome: str = ""
    metric: str = ""
    before: str = ""
    after: str = ""
    role: str = ""
    team: str = ""
    period: str = ""
    topic: str = ""
    proof_url: str = ""
    confirmed: date | None = None


def read_result(values: Mapping[str, Any], *, where: str, line: int) -> Result:
    """Return the result that ``values`` say; ``where`` and ``line`` are named when its date is none (PostFault)."""
    texts = {key: one_line(value) for key in TEXTS if isinstance(value := values.get(key), str)}
    proof, confirmed = values.get("proof_url"), values.get("confirmed")
    day = None
    if isinstance(confirmed, str) and confirmed.strip():
        try:
            day = as_date(confirmed)
        except (ValueError, OverflowError):
            reason = f"a result cannot be confirmed on “{confirmed}”."
            raise PostFault(where, line, reason, "Write the day like 2026-11-22.") from None
    return Result(**texts, proof_url=web_url(proof) if isinstance(proof, str) else "", confirmed=day)


def result_of(post: Post) -> Result | None:
    """Return the result that a post shows; None when the post is of another kind. Raises PostFault."""
    if post.kind != "result":
        return None
    line = post.lines.get("confirmed", 1)
    return read_result(post.header | {"topic": post.topic}, where=str(post.path), line=line)
