"""Gather what was corrected in posts: the corrections in their headers, newest first.

Pure. A correction has ``date`` and ``text``; or, said apart, ``wrong``, ``right`` and ``by``, who noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.posts.post import as_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from curate.posts.post import Post


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One correction. ``day`` is None when ``said_on``, the date as it was typed, is no date."""

    said_on: str
    day: date | None
    text: str
    wrong: str = ""
    right: str = ""
    by: str = ""


def read_correction(said: Mapping[str, str]) -> Correction:
    """Return the correction that a mapping of a post's header says."""
    said_on = said.get("date", "")
    try:
        day = as_date(said_on) if said_on else None
    except (ValueError, OverflowError):
        day = None  # shown with the words it has
    parts = {key: said.get(key, "") for key in ("text", "wrong", "right", "by")}
    return Correction(said_on=said_on, day=day, **parts)


def gather_corrections(posts: Iterable[Post]) -> list[tuple[Post, Correction]]:
    """Return every correction with its post, newest first; those without a date come last."""
    found = [(post, read_correction(said)) for post in posts for said in post.corrections]
    return sorted(found, key=lambda pair: (_days(pair[1]), pair[0].slug, pair[1].text))


def in_one_text(said: Mapping[str, str]) -> str:
    """Return a correction as sentences, from whichever of its parts are there."""
    correction = read_correction(said)
    parts = (
        correction.text,
        f"It said: {correction.wrong}" if correction.wrong else "",
        f"Right is: {correction.right}" if correction.right else "",
        f"Noticed by {correction.by}" if correction.by else "",
    )
    return " ".join(part if part[-1] in ".!?…" else f"{part}." for part in parts if part)


def _days(correction: Correction) -> int:
    return -correction.day.toordinal() if correction.day else 0
