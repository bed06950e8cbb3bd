"""Show the profile: its sections with their age, and what a check of it found. Knows no command and no disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curate.posts.freshness import Section
    from curate.presence.standing import Read, Standing


def section_row(section: Section) -> dict[str, Any]:
    """Return what scripts read of a section."""
    return {
        "section": section.name,
        "entries": section.entries,
        "confirmed": section.confirmed.isoformat() if section.confirmed else None,
        "days": section.days,
        "limit": section.limit,
        "stale": section.stale,
    }


def shown(read: Read) -> Iterator[str]:
    """Yield who it is, and a line for each section."""
    profile = read.profile
    yield f"{profile.name or 'No name yet'}{f', {profile.label}' if profile.label else ''}"
    if profile.summary:
        yield profile.summary
    yield ""
    if not read.sections:
        yield "The profile says nothing yet: curate profile add result, or curate profile edit"
    rows = [
        (
            each.name,
            render.count(each.entries, "field" if each.name in ("basics", "about") else "entry",
                         "" if each.name in ("basics", "about") else "entries"),
            each.words,
            f"stale after {each.limit} days: curate profile confirm {each.name}" if each.stale else "",
        )
        for each in read.sections
    ]  # fmt: skip
    yield from render.columns(rows, (14, 12, 24, 60))
    for result in profile.results:
        change = f"{result.metric or 'number'} {result.before} -> {result.after}" if result.after else ""
        yield ""
        yield f"{result.outcome}"
        yield f"  {', '.join(filter(None, [change, result.role, result.period, result.proof_url or 'no proof yet']))}"


def check_data(found: Standing) -> dict[str, Any]:
    """Return what scripts read of a check."""
    return {
        "sections": [section_row(each) for each in found.read.sections],
        "unproved": list(found.unproved),
        "spellings": [{"place": each.place, "found": each.found, "wanted": each.wanted} for each in found.spellings],
        "terms": [
            {
                "term": each.term,
                "titles": each.titles,
                "summaries": each.summaries,
                "tags": each.tags,
                "profile": each.profile,
                "missing": list(each.missing),
            }
            for each in found.terms
        ],
    }


def check_lines(found: Standing) -> Iterator[str]:
    """Yield what is stale, unproved and misspelled, and a table of terms."""
    for each in found.read.stale:
        said = f"{each.name} was {each.words}" if each.days is not None else f"{each.name} was never confirmed"
        yield f"{said}. Anyone reading today sees that: curate profile confirm {each.name}"
    for place in found.unproved:
        yield f"{place} has no proof: an address under proof_url lets a reader check it."
    for spelling in found.spellings:
        yield f"{spelling.place}: “{spelling.found}”, elsewhere “{spelling.wanted}”. Searchers type one of them."
    if not (found.read.stale or found.unproved or found.spellings):
        yield "Fresh, proved, and one spelling everywhere."
    yield ""
    if not found.terms:
        yield "No terms to be found for: curate config set site.topics '[\"reliability\"]', or keywords in basics."
        return
    rows = [("term", "titles", "summaries", "tags", "profile", "")]
    for term in found.terms:
        counts = [str(number) if number else "-" for number in (term.titles, term.summaries, term.tags, term.profile)]
        rows.append((term.term, *counts, f"missing in {', '.join(term.missing)}" if term.missing else ""))  # type: ignore[arg-type]
    yield from render.columns(rows, (30, 7, 9, 5, 7, 46))
