"""Read the profile: who the person is, where else they are, and when each part was last confirmed.

The file has JSON Resume's shape (https://jsonresume.org/schema) as YAML, and ``confirmed``, a day
for each section. Every part may be missing. Must not know how a page or a check uses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from curate.posts.header import PostFault, read_mapping
from curate.posts.post import as_date

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


class Link(NamedTuple):
    """One place on the web that is the person, too."""

    network: str
    username: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the person claims about themselves; ``label`` is what they do, in one line.

    ``confirmed`` gives the day on which a section (basics, work, …) was last said to be true.
    """

    name: str = ""
    label: str = ""
    summary: str = ""
    url: str = ""
    email: str = ""
    links: tuple[Link, ...] = ()
    confirmed: dict[str, date] = field(default_factory=dict)


def load_profile(path: Path) -> Profile:
    """Return the profile at ``path``; an empty one when there is no file. Raises PostFault with the line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Profile()
    except (OSError, UnicodeDecodeError) as error:
        raise PostFault(str(path), 1, f"it cannot be read: {error}.", "Save it as UTF-8.") from error
    values = read_mapping(text, str(path))
    basics = _mapping(values.get("basics"))
    texts = {name: _text(basics.get(name)) for name in ("name", "label", "summary", "url", "email")}
    rows = basics.get("profiles") or []
    links = [_mapping(row) for row in rows] if isinstance(rows, list) else []
    return Profile(
        **texts,
        links=tuple(
            Link(_text(row.get("network")), _text(row.get("username")), _text(row.get("url")))
            for row in links
            if _text(row.get("url"))
        ),
        confirmed={
            section: _day(_text(day), section, text, path)
            for section, day in _mapping(values.get("confirmed")).items()
            if _text(day)
        },
    )


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the file says
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the file says
    return value.strip() if isinstance(value, str) else ""


def _day(day: str, section: str, text: str, path: Path) -> date:
    try:
        return as_date(day)
    except (ValueError, OverflowError):
        line = text.count("\n", 0, max(text.find(day), 0)) + 1
        reason = f"{section} cannot be confirmed on “{day}”."
        raise PostFault(str(path), line, reason, "Write the day like 2026-11-22.") from None
