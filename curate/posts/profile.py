"""Read the profile: who the person is, what they did, where else they are, and when each part was last confirmed.

The file has JSON Resume's shape (https://jsonresume.org/schema) as YAML, and beside it ``results``,
``talks``, ``about`` and ``confirmed``, a day for each section. Every part may be missing. Must not know
how a page or a check uses it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.posts.header import PostFault, find_lines, read_mapping
from curate.posts.post import as_date
from curate.posts.results import Result, read_result

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

ALSO = {"work": "roles", "certificates": "credentials"}  # JSON Resume's name for a section, and ours
DAY = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


class Link(NamedTuple):
    """One place on the web that is the person, too."""

    network: str
    username: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Role:
    """One role. ``start`` and ``end`` are a year, a month or a day; ``end`` is "" for a role held now.

    ``highlights`` say what changed because of the person.
    """

    position: str = ""
    name: str = ""
    url: str = ""
    location: str = ""
    start: str = ""
    end: str = ""
    summary: str = ""
    highlights: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A talk or a credential: what it was, ``at`` which event or by whom, when, and where to read of it."""

    name: str = ""
    at: str = ""
    date: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Education:
    """What the person studied: the degree, its field, and where."""

    degree: str = ""
    area: str = ""
    institution: str = ""
    start: str = ""
    end: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class About:
    """How the person works: choosing links, correcting, and whose money or interest is involved."""

    choosing: str = ""
    correcting: str = ""
    disclosure: str = ""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the person claims about themselves; ``label`` is what they do, in one line.

    ``spellings`` are other ways to write the name, ``keywords`` terms they want to be found for. ``image``
    lies in content/, such as images/me.jpg. ``location`` is the city, the region and the country's code, each
    maybe "".
    ``confirmed`` gives the day on which a section (basics, work, …) was last said to be true.
    """

    name: str = ""
    label: str = ""
    summary: str = ""
    url: str = ""
    email: str = ""
    phone: str = ""
    image: str = ""
    location: tuple[str, ...] = ()
    pronunciation: str = ""
    spellings: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    results: tuple[Result, ...] = ()
    roles: tuple[Role, ...] = ()
    talks: tuple[Entry, ...] = ()
    credentials: tuple[Entry, ...] = ()
    education: tuple[Education, ...] = ()
    about: About = field(default_factory=About)
    confirmed: dict[str, date] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the person is, in one line."""
        return ", ".join(filter(None, self.location))

    def confirmed_on(self, section: str) -> date | None:
        """Return when a section was last confirmed, under JSON Resume's name for it or ours."""
        return self.confirmed.get(section) or self.confirmed.get(ALSO.get(section, ""))


def is_day(text: str) -> bool:
    """Say whether ``text`` is a year, a month or a day that there is, as JSON Resume writes them."""
    if not DAY.fullmatch(text):
        return False
    try:
        as_date(f"{text}-01-01"[: len("2026-11-22")])
    except ValueError:
        return False
    return True


def load_profile(path: Path) -> Profile:
    """Return the profile at ``path``; an empty one when there is no file. Raises PostFault with the line."""
    return parse_profile(read_profile_text(path).removeprefix("\ufeff"), str(path))


def read_profile_text(path: Path) -> str:
    """Return what the file holds; "" when there is none. Raises PostFault."""
    refuse_odd(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PostFault(str(path), 1, f"it cannot be read: {error.strerror}.", "Mend the file's rights.") from error
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PostFault(str(path), line, "the text is not UTF-8.", "Save it as UTF-8 in the editor.") from error


def refuse_odd(path: Path) -> None:
    """Raise PostFault when ``path`` is no file, such as a pipe, which would be waited for."""
    if path.exists() and not path.is_file():
        raise PostFault(str(path), 1, "it is no file with words in it.", "Put the profile's file in its place.")


def parse_profile(text: str, where: str) -> Profile:
    """Return the profile that ``text`` says, of the file ``where``. Raises PostFault with the line."""
    return _Sheet(text, where).profile()


class _Sheet:
    """The file as it is read: its values, and the line of each for what cannot be meant."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.values = read_mapping(text, where)
        self.lines = find_lines(text)

    def profile(self) -> Profile:
        basics = _mapping(self.values.get("basics"))
        names = ("name", "label", "summary", "url", "email", "phone", "image", "pronunciation")
        links = [row for _, row in self.rows("basics", "profiles")]
        return Profile(
            **{name: _text(basics.get(name)) for name in names},
            location=_location(basics.get("location")),
            spellings=_texts(basics.get("spellings")),
            keywords=_texts(basics.get("keywords")),
            links=tuple(
                Link(_text(row.get("network")), _text(row.get("username")), _text(row.get("url")))
                for row in links
                if _text(row.get("url"))
            ),
            results=tuple(
                read_result(row, where=self.where, line=self.line(*place, "confirmed"))
                for place, row in self.rows("results")
            ),
            roles=tuple(self.role(*found) for found in self.rows("work")),
            talks=tuple(self.entry(*found, "name", "event") for found in self.rows("talks")),
            credentials=tuple(self.entry(*found, "name", "issuer") for found in self.rows("certificates")),
            education=tuple(self.education(*found) for found in self.rows("education")),
            about=About(**_known(_mapping(self.values.get("about")), ("choosing", "correcting", "disclosure"))),
            confirmed={
                section: self.confirmed(_text(day), section)
                for section, day in _mapping(self.values.get("confirmed")).items()
                if _text(day)
            },
        )

    def rows(self, *place: str) -> list[tuple[tuple[str | int, ...], dict[str, Any]]]:
        """Return the mappings of a list, each with the way to it; none where there is no list."""
        found: Any = self.values
        for key in place:
            found = _mapping(found).get(key)
        if not isinstance(found, list) and place[-1] in ALSO:
            return self.rows(*place[:-1], ALSO[place[-1]])
        rows = found if isinstance(found, list) else []
        return [((*place, number), row) for number, row in enumerate(rows) if isinstance(row, dict) and row]

    def role(self, place: tuple[str | int, ...], row: dict[str, Any]) -> Role:
        return Role(
            **_known(row, ("position", "name", "location", "summary")),
            url=web_url(_text(row.get("url"))),
            start=self.day(place, row, "startDate"),
            end=self.day(place, row, "endDate"),
            highlights=_texts(row.get("highlights")),
        )

    def entry(self, place: tuple[str | int, ...], row: dict[str, Any], name: str, at: str) -> Entry:
        return Entry(
            name=_text(row.get(name)),
            at=_text(row.get(at)),
            date=self.day(place, row, "date"),
            url=web_url(_text(row.get("url"))),
        )

    def education(self, place: tuple[str | int, ...], row: dict[str, Any]) -> Education:
        return Education(
            degree=_text(row.get("studyType")),
            **_known(row, ("area", "institution")),
            start=self.day(place, row, "startDate"),
            end=self.day(place, row, "endDate"),
            url=web_url(_text(row.get("url"))),
        )

    def day(self, place: tuple[str | int, ...], row: dict[str, Any], key: str) -> str:
        """Return a year, a month or a day, as JSON Resume writes them."""
        day = _text(row.get(key))
        if day and not is_day(day):
            reason = f"{key} cannot be “{day}”."
            raise PostFault(self.where, self.line(*place, key), reason, "Write it like 2026, 2026-11 or 2026-11-22.")
        return day

    def confirmed(self, day: str, section: str) -> date:
        try:
            return as_date(day)
        except (ValueError, OverflowError):
            reason = f"{section} cannot be confirmed on “{day}”."
            line = self.line("confirmed", section)
            raise PostFault(self.where, line, reason, "Write the day like 2026-11-22.") from None

    def line(self, *place: str | int) -> int:
        return self.lines.get(place, 1)


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the file says
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the file says
    return one_line(value) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file says
    rows = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(_text, rows)))


def _known(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: _text(row.get(name)) for name in names}


def _location(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file says
    """Return city, region and country's code; a text alone is taken for the city."""
    parts = value if isinstance(value, dict) else {"city": value}
    found = tuple(_text(parts.get(key)) for key in ("city", "region", "countryCode"))
    return found if any(found) else ()
