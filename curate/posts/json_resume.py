"""Read and write JSON Resume 1.0, and say what in a file does not keep to its published fields.

Pure. The fields are those of https://github.com/jsonresume/resume-schema/blob/v1.0.0/schema.json, which allows
others inside a section and none beside the sections. It has no names for results and talks: they are projects
of these types, a result's own keys among the others, so that a profile comes back as it went out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curate.errors import Refused
from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.posts.header import UNREADABLE
from curate.posts.post import as_date
from curate.posts.profile import is_day
from curate.posts.results import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
LARGEST = 1_000_000  # bytes of a file: a résumé is read by people
MOST_TEXT = 20_000  # characters of one field
MAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
# Field → what it holds: text, a list of texts (“texts”), or a form the schema names.
LOCATION = {"address": "text", "postalCode": "text", "city": "text", "countryCode": "text", "region": "text"}
LINK = {"network": "text", "username": "text", "url": "uri"}
BASICS = {
    "name": "text",
    "label": "text",
    "image": "text",
    "email": "email",
    "phone": "text",
    "url": "uri",
    "summary": "text",
}
SPAN = {"startDate": "date", "endDate": "date"}
ROWS: dict[str, dict[str, str]] = {
    "work": {
        "name": "text",
        "location": "text",
        "description": "text",
        "position": "text",
        "url": "uri",
        **SPAN,
        "summary": "text",
        "highlights": "texts",
    },
    "volunteer": {
        "organization": "text",
        "position": "text",
        "url": "uri",
        **SPAN,
        "summary": "text",
        "highlights": "texts",
    },
    "education": {
        "institution": "text",
        "url": "uri",
        "area": "text",
        "studyType": "text",
        **SPAN,
        "score": "text",
        "courses": "texts",
    },
    "awards": {"title": "text", "date": "date", "awarder": "text", "summary": "text"},
    "certificates": {"name": "text", "date": "date", "url": "uri", "issuer": "text"},
    "publications": {"name": "text", "publisher": "text", "releaseDate": "date", "url": "uri", "summary": "text"},
    "skills": {"name": "text", "level": "text", "keywords": "texts"},
    "languages": {"language": "text", "fluency": "text"},
    "interests": {"name": "text", "keywords": "texts"},
    "references": {"name": "text", "reference": "text"},
    "projects": {
        "name": "text",
        "description": "text",
        "highlights": "texts",
        "keywords": "texts",
        **SPAN,
        "url": "uri",
        "roles": "texts",
        "entity": "text",
        "type": "text",
    },
}
ROOT = {"$schema", "basics", "meta", *ROWS}
RESULT = {**dict.fromkeys(TEXTS, "text"), "proof_url": "uri", "confirmed": "day"}
TALK = {"name": "text", "event": "text", "date": "date", "url": "uri"}
OURS = {"spellings": "texts", "keywords": "texts", "pronunciation": "text"}  # in basics, beside the schema's
ABOUT = dict.fromkeys(("choosing", "correcting", "disclosure"), "text")
SECTIONS = {**ROWS, "results": RESULT, "talks": TALK}  # the lists of profile.yaml, with the keys of their rows
OTHER_NAMES = {"roles": "work", "credentials": "certificates"}  # what profile.yaml may call a section


@dataclass(frozen=True)
class Problem:
    """What does not keep to the published fields: where it stands, such as work[0].startDate, and why."""

    row: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Resume:
    """What a file says, in the shape of profile.yaml: ``basics``, and rows by section; what was refused of it."""

    basics: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    about: dict[str, Any]
    rejected: tuple[Problem, ...]


def check_resume(data: Any) -> list[Problem]:  # noqa: ANN401 - whatever the JSON holds
    """Return everything in ``data`` that is not as JSON Resume 1.0 has it."""
    if not isinstance(data, dict):
        return [Problem("", "it is not one JSON object.")]
    found = [Problem(str(key)[:60], "JSON Resume 1.0 has no such section.") for key in data if key not in ROOT]
    found += _in_basics(data.get("basics", {}))
    for section, fields in ROWS.items():
        rows = data.get(section, [])
        if not isinstance(rows, list):
            found.append(Problem(section, "it must be a list."))
            continue
        for number, row in enumerate(rows):
            found += _in_row(row, f"{section}[{number}]", fields)
    if not isinstance(data.get("meta", {}), dict):
        found.append(Problem("meta", "it must be an object."))
    return found


def read_resume(raw: bytes, home: str = "") -> Resume:
    """Return what a JSON Resume says; a row with a fault is left out and named. Raises Refused for another file.

    ``home`` is the site's address: a picture below it is named by its place in content/.
    """
    data = _loaded(raw)
    faults = check_resume(data)
    bad = {re.sub(r"^(\w+\[\d+\]).*", r"\1", fault.row) for fault in faults}
    rows: dict[str, list[dict[str, Any]]] = {}
    for section, fields in ROWS.items():
        listed = data.get(section, [])
        for number, row in enumerate(listed if isinstance(listed, list) else []):
            if f"{section}[{number}]" not in bad:
                target, kept = _ours(section, row, fields)
                rows.setdefault(target, []).extend([kept] if kept else [])
    basics = data.get("basics")
    meta = data.get("meta")
    about = meta.get("about") if isinstance(meta, dict) else None
    return Resume(
        basics=_basics_in(basics, bad, home) if isinstance(basics, dict) else {},
        rows={section: found for section, found in rows.items() if found},
        about=_known(about, ABOUT) if isinstance(about, dict) else {},
        rejected=tuple(faults),
    )


def write_resume(values: Mapping[str, Any], home: str = "") -> dict[str, Any]:
    """Return what profile.yaml says (``values``, as text) as JSON Resume 1.0; what no field can hold is left out."""
    values = {OTHER_NAMES.get(key, key): value for key, value in values.items()}
    data: dict[str, Any] = {"$schema": SCHEMA, "basics": _basics_out(_mapping(values.get("basics")), home)}
    for section, fields in ROWS.items():
        data[section] = _rows(values.get(section), fields)
    data["projects"] += [_result_out(row) for row in _rows(values.get("results"), RESULT)]
    data["projects"] += [_talk_out(row) for row in _rows(values.get("talks"), TALK)]
    confirmed = {key: day for key, day in _mapping(values.get("confirmed")).items() if isinstance(day, str) and day}
    meta = {
        "canonical": f"{home}/resume/resume.json" if home else "",
        "version": "v1.0.0",
        "lastModified": f"{max(confirmed.values())[:10]}T00:00:00" if confirmed else "",
        "confirmed": confirmed,
        "about": _known(_mapping(values.get("about")), ABOUT),
    }
    return _said({**data, "meta": _said(meta)})


def _loaded(raw: bytes) -> dict[str, Any]:
    hint = "curate profile import takes the resume.json of JSON Resume 1.0: https://jsonresume.org/schema"
    if len(raw) > LARGEST:
        raise Refused(f"The file has {len(raw):,} bytes; a résumé has at most {LARGEST:,}.", hint)
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"The file is not JSON: {str(error)[:120]}.", hint) from error
    if not isinstance(data, dict) or not ROOT & data.keys() - {"$schema", "meta"}:
        raise Refused("The file is JSON, and no JSON Resume: it has none of its sections.", hint)
    return data


def _in_basics(basics: Any) -> Iterator[Problem]:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(basics, dict):
        yield Problem("basics", "it must be an object.")
        return
    yield from _in_row(basics, "basics", BASICS)
    yield from _in_row(basics.get("location", {}), "basics.location", LOCATION)
    links = basics.get("profiles", [])
    if not isinstance(links, list):
        yield Problem("basics.profiles", "it must be a list.")
        return
    for number, link in enumerate(links):
        yield from _in_row(link, f"basics.profiles[{number}]", LINK)


def _in_row(row: Any, where: str, fields: Mapping[str, str]) -> Iterator[Problem]:  # noqa: ANN401
    if not isinstance(row, dict):
        yield Problem(where, "it must be an object.")
        return
    for name, form in fields.items():
        if name in row and (reason := wrong(row[name], form)):
            yield Problem(f"{where}.{name}", reason)


def wrong(value: Any, form: str) -> str:  # noqa: ANN401, C901, PLR0911 - one arm for each form
    """Say why ``value`` is not of a form; "" when it is."""
    if form == "texts":
        if not isinstance(value, list):
            return "it must be a list of texts."
        return next((reason for inner in value if (reason := wrong(inner, "text"))), "")
    if not isinstance(value, str):
        return "it must be a text."
    if len(value) > MOST_TEXT:
        return f"it has more than {MOST_TEXT:,} characters."
    if UNREADABLE.search(value):
        return "there is a control character in it."
    if form == "date" and value and not is_day(value):
        return f"“{value[:40]}” is no date such as 2026, 2026-11 or 2026-11-22."
    if form == "day" and value:
        try:
            as_date(value)
        except (ValueError, OverflowError):
            return f"“{value[:40]}” is no day such as 2026-11-22."
    if form == "uri" and value and not web_url(value):
        return f"“{value[:80]}” is no web address."
    if form == "email" and value and not MAIL.fullmatch(value):
        return f"“{value[:80]}” is no e-mail address."
    return ""


def _ours(section: str, row: dict[str, Any], fields: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the section of profile.yaml a row belongs to, and the row with the keys it has there."""
    kind = row.get("type") if section == "projects" else ""
    if kind == "result":
        result = _known(row, RESULT)
        told = {"outcome": row.get("description") or row.get("name"), "proof_url": row.get("url")}
        return "results", {**_known(told, RESULT), **result}
    if kind == "talk":
        talk = {"name": row.get("name"), "event": row.get("entity"), "date": row.get("startDate")}
        return "talks", _known({**talk, "url": row.get("url")}, TALK)
    return section, _known(row, fields)


def _known(row: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of ``row`` that have a name here and the form they should have, without the empty ones."""
    found: dict[str, Any] = {}
    for name, form in fields.items():
        value = row.get(name)
        if isinstance(value, str) and form == "texts":
            value = [value]
        if value in (None, "", [], {}) or wrong(value, form):
            continue
        found[name] = [each.strip() for each in value if each.strip()] if form == "texts" else value.strip()
    return _said(found)


def _basics_in(basics: dict[str, Any], bad: set[str], home: str) -> dict[str, Any]:
    links = basics.get("profiles")
    listed = links if isinstance(links, list) else []
    kept = [_known(link, LINK) for link in listed if isinstance(link, dict) and not _faults(link, LINK)]
    location = basics.get("location")
    found = {
        **{name: value for name, value in _known(basics, BASICS).items() if f"basics.{name}" not in bad},
        "location": _known(location, LOCATION) if isinstance(location, dict) else {},
        **_known(basics, OURS),
        "profiles": [link for link in kept if link],
    }
    if home and str(found.get("image", "")).startswith(f"{home}/"):
        found["image"] = found["image"].removeprefix(f"{home}/")
    return _said(found)


def _faults(row: dict[str, Any], fields: Mapping[str, str]) -> list[Problem]:
    return list(_in_row(row, "", fields))


def _basics_out(basics: Mapping[str, Any], home: str) -> dict[str, Any]:
    location = basics.get("location")
    place = location if isinstance(location, dict) else {"city": location}
    image = one_line(basics["image"]) if isinstance(basics.get("image"), str) else ""
    if image and home and not urlsplit(image).scheme:
        image = f"{home}/{image}"
    return _said(
        {
            **_known(basics, BASICS),
            "image": image,
            "location": _known(place, LOCATION),
            "profiles": _rows(basics.get("profiles"), LINK),
            **_known(basics, OURS),
        }
    )


def _result_out(row: dict[str, Any]) -> dict[str, Any]:
    """Return a result as a project; its own keys stay beside those that other programs read."""
    change = f"{row.get('metric', 'Number')}: {row['after']}" if "after" in row else ""
    if change and "before" in row:
        change += f" (before: {row['before']})"
    told = {
        "name": row.get("outcome") or row.get("metric") or "Result",
        "description": row.get("outcome"),
        "highlights": [change] if change else [],
        "roles": [row["role"]] if "role" in row else [],
        "url": row.get("proof_url"),
        "type": "result",
    }
    return _said({**told, **row})


def _talk_out(row: dict[str, Any]) -> dict[str, Any]:
    day = row.get("date")
    talk = {"name": row.get("name"), "entity": row.get("event"), "startDate": day, "endDate": day}
    return _said({**talk, "url": row.get("url"), "type": "talk"})


def _rows(value: Any, fields: Mapping[str, str]) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever the file says
    listed = value if isinstance(value, list) else []
    return [found for row in listed if isinstance(row, dict) and (found := _known(row, fields))]


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the file says
    return value if isinstance(value, dict) else {}


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
