"""Take what a JSON Resume says into profile.yaml: what is not there yet is added, nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.posts.header import read_mapping
from curate.posts.json_resume import OTHER_NAMES, Problem, read_resume
from curate.posts.profile import read_profile_text
from curate.posts.profile_lines import add_rows, change_profile, set_value

if TYPE_CHECKING:
    from pathlib import Path

    from curate.posts.json_resume import Resume

KEEPS = "profile.yaml says otherwise; nothing was overwritten."


@dataclass(kw_only=True)
class Imported:
    """What became of each row: a field of basics or about, or an entry of a list. ``kind`` is what the file is."""

    kind: str = "json-resume"
    rows: int = 0
    new: int = 0
    known: int = 0
    rejected: tuple[Problem, ...] = ()


def import_resume(path: Path, raw: bytes, *, home: str = "", dry_run: bool = False) -> Imported:
    """Bring the JSON Resume ``raw`` into the profile at ``path``; twice changes nothing.

    Raises Refused when ``raw`` is something else, PostFault when the profile cannot be changed safely.
    """
    resume = read_resume(raw, home)
    done = Imported()
    rejected = list(resume.rejected)

    def change(text: str) -> str:
        return _merged(text, resume, done, rejected, str(path))

    if dry_run:
        change(read_profile_text(path).removeprefix("\ufeff"))
    else:
        change_profile(path, change)
    done.rows = done.new + done.known + len(rejected)
    done.rejected = tuple(rejected)
    return done


def _merged(text: str, resume: Resume, done: Imported, rejected: list[Problem], where: str) -> str:
    for section, said in (("basics", resume.basics), ("about", resume.about)):
        for key, value in said.items():
            values = read_mapping(text, where).get(section)
            there = values.get(key) if isinstance(values, dict) else None
            wanted = _together(there, value)
            if wanted is None:
                rejected.append(Problem(f"{section}.{key}", KEEPS))
            elif _bare(there) == wanted or (key == "location" and wanted == {"city": there}):
                done.known += 1
            else:
                done.new += 1
                text = set_value(text, (section, key), wanted, where)
    for section, rows in resume.rows.items():
        name = _name(text, section, where)
        there = read_mapping(text, where).get(name)
        known = [_bare(each) for each in there] if isinstance(there, list) else []
        new: list[dict[str, Any]] = []
        for row in rows:
            if row not in known and row not in new:
                new.append(row)
        text = add_rows(text, name, new, where)
        done.new += len(new)
        done.known += len(rows) - len(new)
    return text


def _together(there: Any, said: Any) -> Any:  # noqa: ANN401 - whatever the files say
    """Return what a field should say: what is there, and of a list what is new; None when the two disagree."""
    if there in (None, "", [], {}) or _bare(there) == said or said == {"city": there}:
        return said
    if isinstance(there, list) and isinstance(said, list):
        return [*there, *(each for each in said if each not in [_bare(one) for one in there])]
    return None


def _name(text: str, section: str, where: str) -> str:
    """Return what the profile calls a section: JSON Resume's name for it, or ours where that stands there."""
    values = read_mapping(text, where)
    other = {ours for ours, theirs in OTHER_NAMES.items() if theirs == section and ours in values}
    return section if section in values or not other else other.pop()


def _bare(value: Any) -> Any:  # noqa: ANN401 - whatever the file says
    """Return a value of the profile without its empty parts, to compare."""
    if isinstance(value, dict):
        return {key: inner for key, inner in value.items() if inner not in ("", [], {})}
    return value
