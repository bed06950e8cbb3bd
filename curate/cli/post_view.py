"""Show posts: as records for scripts, as lines and pages for people. Knows no command and no disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from curate.cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from curate.posts.checks import Findings
    from curate.posts.post import Post


class Report(NamedTuple):
    """What the checks said of one file."""

    path: Path
    slug: str
    findings: Findings


def row(post: Post, findings: Findings) -> dict[str, Any]:
    """Return what scripts read of a post in a list; ``errors`` counts what keeps it from being published."""
    return {
        "slug": post.slug,
        "title": post.title,
        "kind": post.kind,
        "status": post.status,
        "date": post.date,
        "path": post.path,
        "topic": post.topic,
        "tags": list(post.tags),
        "item": post.item,
        "errors": len(findings.errors),
    }


def findings_row(findings: Findings) -> dict[str, Any]:
    """Return what scripts read of a check."""

    def plain(found: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a tuple of Finding
        return [{"rule": one.rule, "message": one.message, "line": one.line} for one in found]

    return {"errors": plain(findings.errors), "warnings": plain(findings.warnings)}


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return one line for each post."""
    if not rows:
        return ["No posts yet. curate write ID starts one from an item."]
    cells = [
        (
            each["slug"],
            each["kind"],
            each["status"],
            f"{each['date']:%Y-%m-%d}" if each["date"] else "",
            each["title"],
            render.count(each["errors"], "problem") if each["errors"] else "",
        )
        for each in rows
    ]
    return render.columns(cells, (32, 10, 9, 10, 50, 12))


def page(post: Post, data: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one post: what it is, its header's own words, its body."""
    yield render.term_safe(post.title)
    date = f", {post.date:%d %b %Y}" if post.date else ""
    yield f"{post.status} {post.kind}{date}, {render.count(data['words'], 'word')} of yours, {data['permalink']}"
    yield str(post.path)
    if post.source:
        said = (post.source.title, post.source.author, post.source.site, post.source.url)
        yield render.term_safe(", ".join(part for part in said if part))
    for quote in post.quotes:
        yield ""
        yield from (f"> {render.term_safe(line)}" for line in quote.text.splitlines())
    yield ""
    yield from (render.term_safe(line) for line in post.body.strip("\n").splitlines())
    if post.question:
        yield ""
        yield render.term_safe(post.question)
    for past in data["history"]:
        if past["forced"]:
            yield ""
            yield render.term_safe(f"Published with --force on {past['at']:%d %b %Y}: {past['forced']}")
    if data["errors"]:
        yield ""
        yield f"{render.count(data['errors'], 'problem')}: curate post check {post.slug}"


def problems(reports: Sequence[Report], root: Path) -> Iterator[str]:
    """Yield every finding with its file and line, errors numbered, and the sum of each post."""
    if not reports:
        yield "No drafts to check."
    for report in reports:
        path = report.path.relative_to(root) if report.path.is_relative_to(root) else report.path
        errors, warnings = report.findings.errors, report.findings.warnings
        for number, found in enumerate(errors, 1):
            yield render.term_safe(f"{number:>2}. {path}:{found.line}  {found.message}")
        for found in warnings:
            yield render.term_safe(f"    {path}:{found.line}  {found.message} (a warning)")
        told = render.count(len(errors), "problem") if errors else "passes every check"
        yield f"{report.slug}: {told}{', ' + render.count(len(warnings), 'warning') if warnings else ''}."
