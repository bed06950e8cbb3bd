"""Read what a person looks for: the one grammar of search, filters, lists and rules. Pure: text in, terms out.

``word``, ``"a phrase"``, ``#tag``, ``field:value``, ``field:"two words"``, each with ``-`` before it for what must
not be. All of them must hold. Must not know how terms are looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast, get_args

from curate.errors import UsageError
from curate.inbox.items import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

Field = Literal[
    "any", "title", "summary", "body", "author", "site", "note",
    "tag", "from", "url", "state", "newer", "older", "has", "lang", "words", "rule",
]  # fmt: skip
SPELT = {"feed": "from", "text": "body", "by": "author", "link": "url", "is": "state"}  # what else people write
FIELDS = tuple(name for name in get_args(Field) if name != "any")
WORDS = ("title", "summary", "body", "author", "site", "note")  # looked up word by word
HAS = ("note", "quote", "tag", "via", "text", "story")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST_TERMS = 32
TOKEN = re.compile(r'(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, kw_only=True)
class Term:
    """One thing that must hold, or must not when ``negated``.

    ``exact`` is a phrase in quotes. ``moment`` is the time of newer and older, ``least`` and ``most`` are words.
    """

    field: Field
    text: str
    negated: bool = False
    exact: bool = False
    moment: datetime | None = None
    least: int = 0
    most: int = 2**31


def parse(text: str, *, now: datetime) -> tuple[Term, ...]:
    """Return the terms of ``text`` in their order; at most 32, and those that say nothing are left out.

    Raises UsageError for a field that does not exist, or a value that cannot be meant. Any other text has a meaning.
    """
    plain = text.encode("utf-8", "replace").decode().replace("\0", " ")  # a terminal may hand in half a character
    terms = [_term(found, now) for found in TOKEN.finditer(plain)]
    return tuple(term for term in terms if term is not None)[:MOST_TERMS]


def joined(query: str, *, feed: str = "", tag: str = "") -> str:
    """Return ``query`` narrowed to the feeds with these words in title or address, and to a tag."""
    feed, tag = (text.replace('"', " ").strip() for text in (feed, tag))
    return " ".join(part for part in (f'from:"{feed}"' if feed else "", f'tag:"{tag}"' if tag else "", query) if part)


def _term(found: re.Match[str], now: datetime) -> Term | None:
    minus, name, phrase, word = found.groups()
    value = phrase if phrase is not None else word
    negated = bool(minus)
    if name is None and value.startswith("#") and len(value) > 1:
        return Term(field="tag", text=value[1:], negated=negated)
    if name is None or (phrase is None and value.startswith("//")):  # an address
        whole = f"{name}:{value}" if name else value
        if not _says_something(whole):
            return None
        return Term(field="any", text=whole, negated=negated, exact=phrase is not None)
    field = SPELT.get(name.casefold(), name.casefold())
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise UsageError(
            f"There is no field “{name}”.", f'Known are {known}. To look for it as words: "{name}:{value}"'
        )
    make = READ.get(field)
    if make is not None:
        return make(value.strip(), negated, now)
    if not value.strip() or (field in WORDS and not _says_something(value)):
        return None
    return Term(field=cast("Field", field), text=value, negated=negated, exact=phrase is not None)


def _says_something(text: str) -> bool:
    """Say whether there is anything in ``text`` to look up: a letter or a digit."""
    return re.search(r"[^\W_]", text) is not None


def _when(field: Literal["newer", "older"]) -> Callable[[str, bool, datetime], Term]:
    def read(value: str, negated: bool, now: datetime) -> Term:  # noqa: FBT001 - as all of READ are called
        span = re.fullmatch(r"(\d{1,4})([mhdw])", value.casefold())
        try:
            moment = now - timedelta(**{UNITS[span[2]]: int(span[1])}) if span else _day(value)
        except (ValueError, OverflowError):
            raise UsageError(
                f"“{value}” is no time.", f"Write {field}:7d, {field}:12h or {field}:2026-11-01."
            ) from None
        return Term(field=field, text=value, negated=negated, moment=moment)

    return read


def _day(value: str) -> datetime:
    day = date.fromisoformat(value)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _one_of(field: Literal["state", "has"], known: tuple[str, ...]) -> Callable[[str, bool, datetime], Term]:
    def read(value: str, negated: bool, now: datetime) -> Term:  # noqa: ARG001, FBT001 - as all of READ are called
        if value.casefold() not in known:
            raise UsageError(f"{field}:{value} means nothing.", f"After {field}: comes one of {', '.join(known)}.")
        return Term(field=field, text=value.casefold(), negated=negated)

    return read


def _words(value: str, negated: bool, now: datetime) -> Term:  # noqa: ARG001, FBT001 - as all of READ are called
    said = re.fullmatch(r"([<>]?)(\d{1,6})", value)
    if said is None:
        raise UsageError(f"words:{value} means nothing.", "Write words:>500 or words:<2000.")
    count = int(said[2])
    if said[1] == "<":
        return Term(field="words", text=value, negated=negated, most=count - 1)
    return Term(field="words", text=value, negated=negated, least=count + (said[1] == ">"))


READ: dict[str, Callable[[str, bool, datetime], Term]] = {
    "newer": _when("newer"),
    "older": _when("older"),
    "state": _one_of("state", STATES),
    "has": _one_of("has", HAS),
    "words": _words,
}
