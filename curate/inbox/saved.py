"""Say what an export of another program holds: rows that were saved, and rows that cannot be taken.

Pure. Makes one shape of what a cell or a value may look like: addresses, dates, tags. Must not know the
programs' names for things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line, tidy
from curate.feeds.clean import plain_text, safe_html, shorten
from curate.feeds.stated import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_TITLE = 500  # characters
LONGEST_TAG = 60
LONGEST_SUMMARY = 600
LARGEST_PAGE = 2_000_000  # characters of an article's markup
MOST_TAGS = 100  # of one row
SECONDS = 10**11  # an epoch larger than this is in milliseconds, a thousand times that in microseconds
# What a spreadsheet runs: a cell that begins with = and a word, or with another sign and a call.
FORMULA = re.compile(r"""\s*(?:=\s?[\w("'+\-@]|[+\-@]\s?[A-Za-z][\w.]*[(|!])""")
GUARDED = re.compile(r"'+[=+\-@\t\r\n]")  # a ' that an export put there so that none runs it
SHOWN = 60  # characters of a cell in a reason
ENGLISH = re.compile(r"([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{4})(?: (?:at )?(\d{1,2}):(\d\d)(?::\d\d)? ?([AP]M)?)?")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, kw_only=True)
class Saved:
    """One thing a person saved elsewhere. ``row`` is its line, or its number in a list, from 1.

    ``url`` is "" for a book, or a note of the person's own. ``saved`` is when the person saved it,
    ``published`` what the export says of the article itself. ``html`` is the sanitised article, "" without one.
    """

    row: int
    url: str
    title: str
    saved: datetime | None = None
    published: datetime | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    quotes: tuple[str, ...] = ()
    author: str = ""
    summary: str = ""
    html: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken, and why, in words; ``row`` is a line, a number or a file's path."""

    row: int | str
    reason: str


@dataclass(kw_only=True)
class Export:
    """What a file holds; ``rows`` counts all of them. ``warnings`` are whole sentences."""

    kind: str
    saved: list[Saved] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows the file has, taken or not."""
        return len(self.saved) + len(self.rejected)

    def take(self, row: int, said: Mapping[str, Any], *, cells: bool = False) -> None:
        """Take what a row says, by the names of Saved, or reject it with its reason; ``cells`` came from a table.

        ``url``, ``saved``, ``tags`` and the rest are as the export spells them. Only what has quotes, or is the
        person's ``own`` note, needs no address.
        """
        reason = _formula(said) if cells else ""
        if cells:
            said = {name: _unguarded(value) for name, value in said.items()}
        address = _text(said.get("url"))
        url = web_url(address)
        quotes = tuple(dict.fromkeys(note for each in listed(said.get("quotes")) if (note := paragraphs(each))))
        title = shorten(one_line(_text(said.get("title"))), LONGEST_TITLE)
        if not reason and not url:
            if address:
                reason = f"its address “{shown(address)}” is no web address"
            elif not (title and (quotes or (said.get("own") and said.get("note")))):
                reason = "it has no address"
        if reason:
            self.rejected.append(Rejected(row, reason))
            return
        html = _text(said.get("html"))
        tags = listed(said.get("tags"))
        if len(html) > LARGEST_PAGE:
            self.warnings.append(f"Row {row}: its article is longer than {LARGEST_PAGE:,} characters and was left out.")
        if len(tags) > MOST_TAGS:
            self.warnings.append(f"Row {row} has {len(tags)} tags; the first {MOST_TAGS} were taken.")
        self.saved.append(
            Saved(
                row=row,
                url=url,
                title=title or url,
                saved=when(said.get("saved")),
                published=when(said.get("published")),
                tags=tag_texts(tags),
                note=paragraphs(_text(said.get("note"))),
                quotes=quotes,
                author=shorten(one_line(_text(said.get("author"))), LONGEST_TITLE),
                summary=shorten(plain_text(_text(said.get("summary"))[:LARGEST_PAGE]), LONGEST_SUMMARY),
                html=safe_html(html, url) if html and len(html) <= LARGEST_PAGE else "",
                lang=_text(said.get("lang")),
            )
        )


def when(value: object) -> datetime | None:
    """Return a date as exports spell it: ISO 8601, English, or seconds since 1970 (or thousandths, or millionths)."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{1,18}(?:\.\d{1,9})?", text) and len(text) > len("20261122"):
            seconds = float(text)
            while seconds >= SECONDS:
                seconds /= 1000
            return datetime.fromtimestamp(int(seconds), UTC)
        english = ENGLISH.match(text)
        if english:
            month, day, year, hour, minute, half = english.groups()
            hours = int(hour or 0) % 12 + (12 if half == "PM" else 0) if half else int(hour or 0)
            return datetime(int(year), MONTHS.index(month) + 1, int(day), hours, int(minute or 0), tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment(text)


def listed(value: object) -> list[str]:
    """Return the texts of a list, of objects that have a label, or of one text; [] of nothing."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if not isinstance(value, (list, tuple)):
        return []
    found = []
    for each in value:
        named = (
            next((each[name] for name in ("label", "name", "quote", "text") if each.get(name)), "")
            if isinstance(each, dict)
            else each
        )
        if isinstance(named, (str, int, float)):
            found.append(str(named))
    return found


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list; [] of what is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def split_list(text: str, marks: str = ",") -> list[str]:
    """Return the parts of a text that lists: by ``marks``, whether in brackets and quotes or bare."""
    inner = text.strip()
    bare = re.fullmatch(r"\[(.*)\]", inner, re.DOTALL)
    if bare:
        inner, marks = bare[1], ","
    parts = re.split(f"[{re.escape(marks)}]", inner)
    return [_unquoted(part) for part in parts] if bare or '"' in inner else parts


def _unquoted(text: str) -> str:
    plain = text.strip()
    plain = plain[1:] if plain[:1] in {"'", '"'} else plain
    return (plain[:-1] if plain[-1:] in {"'", '"'} else plain).rstrip()


def tag_texts(values: object) -> tuple[str, ...]:
    """Return each of ``values`` as a tag: one line without # and commas, once, whatever its case."""
    found: dict[str, str] = {}
    for text in listed(values):
        tag = one_line(text.replace(",", " ")).removeprefix("#").strip()[:LONGEST_TAG].rstrip()
        if tag and len(found) < MOST_TAGS:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def paragraphs(text: str) -> str:
    """Return ``text`` without controls and blank ends, every line end a newline."""
    return tidy(text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n").rstrip().removeprefix("\ufeff")


def shown(text: str) -> str:
    """Return the beginning of what a file says, as it may stand in a sentence."""
    return shorten(one_line(text), SHOWN)


def _formula(said: Mapping[str, Any]) -> str:
    """Say which cell a spreadsheet would run; "" when none would be."""
    for name in ("url", "title", "note", "summary", "author"):
        cell = said.get(name)
        if isinstance(cell, str) and FORMULA.match(cell):
            return f"its {name} begins like a formula (“{shown(cell)}”)"
    return next(
        (f"a tag begins like a formula (“{shown(tag)}”)" for tag in listed(said.get("tags")) if FORMULA.match(tag)),
        "",
    )


def _unguarded(value: Any) -> Any:  # noqa: ANN401 - a cell, or what was made of one
    return value[1:] if isinstance(value, str) and GUARDED.match(value) else value


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""


def joined(values: Iterable[object]) -> str:
    """Return the texts of ``values`` that say something, a blank line between two."""
    return "\n\n".join(text for each in values if (text := _text(each).strip()))
