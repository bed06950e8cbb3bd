"""Read dates and languages as feeds and pages state them.

Pure and total: what is none is nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


def language_tag(text: str) -> str:
    """Return ``text`` as a BCP 47 tag, with hyphens; "" when it is none."""
    tag = text.strip().replace("_", "-")
    return tag if LANGUAGE.fullmatch(tag) else ""


def moment(text: str) -> datetime | None:
    """Return a date in ISO 8601, however loosely, as an aware moment in UTC; None when it is none.

    Without an offset it is taken to be UTC, without a time midnight.
    """
    plain = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text[:64].strip()))
    try:
        found = datetime.fromisoformat(plain)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
