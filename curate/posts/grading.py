"""Grade predictions beside their claims, and say which are due.

A grade changes only its own lines of the post's header: outcome, graded, evidence, got_wrong and modified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from curate.errors import Refused, UsageError
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.posts.files import set_header
from curate.posts.post import PostFault
from curate.posts.predictions import OUTCOMES, edit_of, read_prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from curate.posts.post import Post
    from curate.posts.predictions import Prediction

GRADES = tuple(outcome for outcome in OUTCOMES if outcome != "pending")


@dataclass(frozen=True)
class Claimed:
    """A post and the prediction in it."""

    post: Post
    said: Prediction

    def days_left(self, today: date) -> int | None:
        """Return how many days are left until it is due, fewer than 0 when it is overdue; None without a day."""
        return None if self.said.due is None else (self.said.due - today).days


def list_predictions(posts: Iterable[Post]) -> tuple[list[Claimed], list[PostFault]]:
    """Return the predictions among ``posts``, first what is due first, and a fault for each that cannot be read.

    One that was edited after it was published is among both.
    """
    found, faults = [], []
    for post in posts:
        try:
            said = read_prediction(post)
        except PostFault as fault:
            faults.append(fault)
            continue
        if said is None or post.status == "gone":
            continue
        found.append(Claimed(post, said))
        edit = edit_of(post)
        if edit is not None:
            faults.append(edit)
    found.sort(key=lambda each: (each.said.due is None, each.said.due or date.min, each.post.slug))
    return found, faults


def count_taken_down(posts: Iterable[Post], year: int | None = None) -> int:
    """Return how many predictions, of that year, were published and are gone: no score has them."""
    gone = (post for post in posts if post.status == "gone" and post.claim)
    return sum(year is None or (post.date is not None and post.date.year == year) for post in gone)


def due_predictions(claimed: Iterable[Claimed], today: date, *, within: int = 0) -> list[Claimed]:
    """Return what is published, not graded, and due by today or ``within`` so many days."""
    return [
        each
        for each in claimed
        if each.post.status == "published" and each.said.outcome == "pending"
        if (left := each.days_left(today)) is not None and left <= within
    ]


def grade_prediction(  # noqa: PLR0913 - a post and its grade
    post: Post,
    outcome: str,
    *,
    evidence: Sequence[str],
    got_wrong: str = "",
    again: bool = False,
    today: date,
    now: datetime,
) -> Post:
    """Write the grade into the post's header; return the post as it is now.

    ``evidence`` are web addresses; only what is void needs none. A graded prediction is graded anew only with
    ``again``, and another grade than before stands among the post's corrections. Raises UsageError, Refused, Conflict.
    """
    said = read_prediction(post)
    if said is None:
        raise UsageError(f"{post.slug} claims nothing, so there is nothing to grade.", "curate predict list")
    if post.status != "published":
        raise Refused(f"{post.slug} is not published; only what readers saw is graded.", f"curate publish {post.slug}")
    if outcome not in GRADES:
        raise UsageError(f"“{outcome}” is no grade.", f"--outcome {'|'.join(GRADES)}")
    addresses = [web_url(each) for each in evidence]
    if not all(addresses):
        wrong = next(each for each, address in zip(evidence, addresses, strict=True) if not address)
        raise UsageError(f"“{wrong}” is no web address.", "--evidence https://…")
    if not addresses and outcome != "void":
        raise UsageError("A grade needs evidence that readers can look at.", "--evidence https://…")
    when = f" on {said.graded:%d %b %Y}" if said.graded else ""
    if said.outcome != "pending" and not again:
        raise Refused(f"{post.slug} was graded {said.outcome}{when}.", "--again grades it anew, in public.")
    corrected = {}
    if said.outcome not in ("pending", outcome):
        row = {"date": today.isoformat(), "text": f"This was graded {said.outcome}{when}, and now {outcome}."}
        corrected = {"corrections": [*map(dict, post.corrections), row]}
    return set_header(
        post,
        {
            **corrected,
            "outcome": outcome,
            "graded": today.isoformat(),
            "evidence": addresses or None,
            "got_wrong": one_line(got_wrong) or post.header.get("got_wrong") or None,
            "modified": now.astimezone(UTC).isoformat(timespec="seconds"),
        },
    )
