"""Say what a post is: its header's keys as what they mean, its body as it was typed.

Owns the meaning of the keys and a post's permalink. Must not know folders or the disk: a post is
made of a text, and where it stands is its ``path``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from curate.desk.folder import fingerprint
from curate.inbox.items import Quote
from curate.posts.header import PostFault, parse_header, read_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["KINDS", "Post", "PostFault", "Source", "as_date", "as_moment", "parse_post", "permalink", "read_header"]

KINDS = {  # kind → its folder in content/
    "link": "links",
    "essay": "essays",
    "prediction": "predictions",
    "notice": "notices",
    "result": "results",
    "roundup": "roundups",
}
STATES = ("draft", "published", "gone")
Day: TypeAlias = date  # the name for it where a field is called date
Meant = TypeVar("Meant")
FARTHEST = (timedelta(hours=-16), timedelta(hours=14))  # what time zones are, or once were, away from UTC
LAST = datetime.max.replace(microsecond=0, tzinfo=UTC) - FARTHEST[1]
LONGEST_SLUG = 80
SLUG = re.compile(rf"[a-z0-9-]{{1,{LONGEST_SLUG}}}")


@dataclass(frozen=True, kw_only=True)
class Source:
    """The article a post is about. ``date`` as its site says it; ``words`` 0 when nobody counted the whole text."""

    url: str = ""
    title: str = ""
    author: str = ""
    site: str = ""
    date: str = ""
    lang: str = ""
    words: int = 0

    @property
    def host(self) -> str:
        """Return the host of its address without www; '' when that is none."""
        try:
            return (urlsplit(self.url).hostname or "").removeprefix("www.")
        except ValueError:
            return ""


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post. An absent key is "", None or (); ``header`` has every key, text as text.

    ``archived`` is the copy of the source that readers are shown: its ``url``, and what was ``found`` of the source
    (gone or changed) when it was ``checked``.
    ``confidence`` is between 0 and 1; ``gone`` says why a post was taken down, whose ``status`` is gone.
    ``lines`` tells the file's line (from 1) of each key, ``body_line`` where the body starts,
    ``fingerprint`` what the file was when it was read.
    """

    path: Path
    slug: str
    title: str
    date: datetime | None
    modified: datetime | None
    kind: str
    status: str
    topic: str
    tags: tuple[str, ...]
    summary: str
    question: str
    source: Source | None
    quotes: tuple[Quote, ...]
    via_name: str
    via_url: str
    also_covered_by: tuple[dict[str, str], ...]
    corrections: tuple[dict[str, str], ...]
    syndication: tuple[str, ...]
    archived: dict[str, str]
    item: str
    claim: str
    confidence: float | None
    due: Day | None
    until: datetime | None
    gone: str
    header: dict[str, Any]
    body: str
    lines: dict[str, int]
    body_line: int
    fingerprint: str


def parse_post(text: str, path: Path) -> Post:
    """Return the post that ``text``, the whole file at ``path``, is. Raises PostFault with the line."""
    head = parse_header(text, str(path))
    lines = {key: text.count("\n", 0, begin) + 1 for key, (begin, _) in head.places.items()}
    keys = _Keys(head.values, str(path), lines)
    source = keys.mapping("source")
    via = keys.mapping("via")
    kind = keys.text("kind") or ("link" if source else "essay")
    if kind not in KINDS:
        raise keys.fault("kind", f"“{kind}” is no kind of post.", f"It may be {', '.join(KINDS)}.")
    status = keys.text("status") or "draft"
    if status not in STATES:
        raise keys.fault("status", f"“{status}” is no status.", "It may be draft, published or gone.")
    return Post(
        path=path,
        slug=_slug(keys, path),
        title=keys.text("title"),
        date=keys.read("date", as_moment),
        modified=keys.read("modified", as_moment),
        kind=kind,
        status=status,
        topic=keys.text("topic"),
        tags=keys.texts("tags"),
        summary=keys.text("summary"),
        question=keys.text("question"),
        source=_source(keys, source) if source else None,
        quotes=keys.quotes(),
        via_name=via.get("name", ""),
        via_url=via.get("url", ""),
        also_covered_by=keys.mappings("also_covered_by"),
        corrections=keys.mappings("corrections"),
        syndication=keys.texts("syndication"),
        archived=keys.mapping("archived"),
        item=keys.text("item"),
        claim=keys.text("claim"),
        confidence=keys.read("confidence", as_share),
        due=keys.read("due", as_date),
        until=keys.read("until", as_moment),
        gone=keys.text("gone"),
        header=head.values,
        body=text[head.body :],
        lines=lines,
        body_line=text.count("\n", 0, head.body) + 1,
        fingerprint=fingerprint(text.encode()),
    )


def permalink(post: Post) -> str:
    """Return the address of the post's page below the site's: ``2026/small-models-on-call/``.

    The year is that of its date in UTC; a post without a date stands among the drafts.
    """
    return f"{post.date.year if post.date else 'drafts'}/{post.slug}/"


def as_moment(text: str) -> datetime:
    """Return the moment an ISO 8601 text means: UTC unless it says otherwise, midnight for a day alone.

    The last hours of the calendar are its last moment that every time zone has a day for. Raises ValueError, and
    OverflowError for the first ones.
    """
    moment = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", text.strip()))
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    _ = moment + FARTHEST[0]
    return min(moment, LAST)


def as_date(text: str) -> date:
    """Return the day an ISO 8601 text means, in UTC when it names a time. Raises ValueError."""
    return as_moment(text).date()


def as_share(text: str) -> float:
    """Return the part of 1 that ``0.7``, ``70 %`` or ``70`` means. Raises ValueError."""
    number = text.strip()
    share = float(number.removesuffix("%"))
    if number.endswith("%") or share > 1:
        share /= 100
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


class _Keys:
    """Read keys of a header, each in the shape it is meant to have; a wrong shape is a PostFault."""

    def __init__(self, values: dict[str, Any], where: str, lines: dict[str, int]) -> None:
        self.values = values
        self.where = where
        self.lines = lines

    def fault(self, key: str, reason: str, hint: str = "") -> PostFault:
        return PostFault(self.where, self.lines.get(key, 1), reason, hint)

    def text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.fault(key, f"{key} must be one text.", f"Write it as {key}: …")
        return value.strip()

    def read(self, key: str, meaning: Callable[[str], Meant]) -> Meant | None:
        text = self.text(key)
        try:
            return meaning(text) if text else None
        except (ValueError, OverflowError):
            examples = {"confidence": "0.7 or 70 %", "due": "2027-06-30"}
            example = examples.get(key, "2026-11-22T08:40:00+00:00")
            raise self.fault(key, f"{key} cannot be “{text}”.", f"Write it like {example}.") from None

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, "")
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise self.fault(key, f"{key} must be a list of texts.", f"Write it as {key}: [one, two]")
        return tuple(part.strip() for part in parts if part.strip())

    def mapping(self, key: str) -> dict[str, str]:
        value = self.values.get(key) or {}
        if not isinstance(value, dict) or not all(isinstance(inner, str) for inner in value.values()):
            raise self.fault(key, f"{key} must be keys and texts.", f"Write it as {key}: {{name: …, url: …}}")
        return {name: inner.strip() for name, inner in value.items()}

    def mappings(self, key: str) -> tuple[dict[str, str], ...]:
        value = self.values.get(key) or []
        if not isinstance(value, list):
            raise self.fault(key, f"{key} must be a list.", "Begin each part with a hyphen.")
        return tuple(_Keys({key: part}, self.where, self.lines).mapping(key) for part in value)

    def quotes(self) -> tuple[Quote, ...]:
        value = self.values.get("quotes") or []
        if isinstance(value, list):
            value = [{"text": part} if isinstance(part, str) else part for part in value]
        found = _Keys({"quotes": value}, self.where, self.lines).mappings("quotes")
        return tuple(
            Quote(text=part.get("text", ""), prefix=part.get("prefix", ""), suffix=part.get("suffix", ""))
            for part in found
            if part.get("text")
        )


def _slug(keys: _Keys, path: Path) -> str:
    slug = keys.text("slug") or re.sub(r"^\d{4}-\d\d-\d\d-", "", path.stem)
    if not SLUG.fullmatch(slug):
        reason = f"“{slug}” cannot be a slug, the last part of the page's address."
        raise keys.fault("slug", reason, "Use a to z, 0 to 9 and hyphens, at most 80 of them.")
    return slug


def _source(keys: _Keys, said: dict[str, str]) -> Source:
    words = said.get("words", "")
    if words and not re.fullmatch(r"[0-9]{1,9}", words):
        raise keys.fault("source", f"words of the source cannot be “{words}”.", "Write a number, such as 1840.")
    texts = {name: said.get(name, "") for name in ("url", "title", "author", "site", "date", "lang")}
    return Source(words=int(words or 0), **texts)
