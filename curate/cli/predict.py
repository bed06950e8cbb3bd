"""The noun ``predict``: claims with a confidence and a day, graded in public when that has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli import render
from curate.cli.main import Group
from curate.cli.post import tell, words
from curate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from curate.cli.here import Here
    from curate.posts.grading import Claimed
    from curate.posts.post import PostFault
    from curate.posts.predictions import Band, Score

GRADES = ("right", "wrong", "partly", "void")


@click.group(cls=Group)
def predict() -> None:
    """Claim what will be, with a day to be held to, and grade it."""


@predict.command(
    "add",
    epilog="Example: curate predict add 'Small models will page humans by June' --confidence 70% --due 2027-06-30",
)
@click.argument("claim")
@click.option("--confidence", required=True, metavar="0.7|70%", help="How sure you are of the claim.")
@click.option("--due", required=True, metavar="DATE", help="The day on which you will grade it.")
@click.option("--title", default="", help="The post's title; without it, the claim.")
@click.option("--from", "source", metavar="FILE|-", help="Take your reasons from a file, or from standard input.")
@click.option("--no-edit", is_flag=True, help="Do not open an editor.")
@click.pass_obj
def add(here: Here, claim: str, confidence: str, due: str, title: str, source: str | None, *, no_edit: bool) -> None:
    """Start the draft of a prediction; publishing freezes its claim, confidence and day."""
    from curate.cli.editor import editor
    from curate.posts.draft import Given
    from curate.posts.write import write_post

    desk, text = here.desk(), words(here, source)
    edit = None if text is not None or no_edit or here.no_input else editor(here)
    given = Given(kind="prediction", title=title or claim, claim=claim, confidence=confidence, due=due, text=text)
    with here.database() as connection:
        tell(here, write_post(desk, connection, given, edit=edit, now=here.now()))


@predict.command("list", epilog="Example: curate predict list --open")
@click.option("--open", "only_open", is_flag=True, help="Only what is not graded.")
@click.pass_obj
def list_(here: Here, *, only_open: bool) -> None:
    """List predictions, what is due first on top."""
    claimed, faults = _all(here)
    shown = [each for each in claimed if each.said.outcome == "pending" or not only_open]
    _answer(here, shown, faults, "No predictions yet: curate predict add 'CLAIM' --confidence 70% --due DATE")


@predict.command("due", epilog="Example: curate predict due --within 30")
@click.option("--within", type=click.IntRange(0, 3660), default=0, metavar="DAYS", help="And what is due so soon.")
@click.pass_obj
def due(here: Here, within: int) -> None:
    """List what you should have graded by now."""
    from curate.posts.grading import due_predictions

    claimed, faults = _all(here)
    found = due_predictions(claimed, _today(here), within=within)
    _answer(here, found, faults, f"Nothing is due{f' within {within} days' if within else ''}.")


@predict.command(
    "grade", epilog="Example: curate predict grade small-models --outcome right --evidence https://example.org/report"
)
@click.argument("name", metavar="POST")
@click.option("--outcome", type=click.Choice(GRADES), help="What became of it; void: nobody can say any more.")
@click.option("--evidence", multiple=True, metavar="URL", help="Where a reader sees it; may be given again.")
@click.option("--got-wrong", default="", metavar="TEXT", help="What you got wrong, in your words.")
@click.option("--again", is_flag=True, help="Grade anew what is graded.")
@click.pass_obj
def grade(
    here: Here, name: str, outcome: str | None, evidence: tuple[str, ...], got_wrong: str, *, again: bool
) -> None:
    """Write beside a claim what became of it; the claim stays as it was."""
    from curate.posts.files import find_post
    from curate.posts.grading import Claimed, grade_prediction
    from curate.posts.predictions import read_prediction

    post = find_post(here.desk().content, name)
    said = read_prediction(post)
    if here.interactive() and said is not None:
        here.say(f"“{said.claim}”")
        outcome = outcome or click.prompt("Outcome", type=click.Choice(GRADES), err=True)
        if not evidence and outcome != "void":
            evidence = (click.prompt("Evidence, an address", err=True),)
    if outcome is None:
        raise UsageError("A grade needs an outcome.", f"--outcome {'|'.join(GRADES)}")
    graded = grade_prediction(
        post, outcome, evidence=evidence, got_wrong=got_wrong, again=again, today=_today(here), now=here.now()
    )
    found = read_prediction(graded)
    assert found is not None  # noqa: S101 - it was one before, and only its grade changed
    lines = [f"Graded     {graded.slug}: {outcome}", f"Next       curate publish {graded.slug}"]
    here.answer(_row(Claimed(graded, found), _today(here)), lines)


@predict.command("score", epilog="Example: curate predict score --year 2026")
@click.option("--year", type=click.IntRange(1900, 9999), help="Only what was published in that year.")
@click.pass_obj
def score(here: Here, year: int | None) -> None:
    """Say how good your predictions were: hit rate, Brier score, calibration."""
    from curate.posts.files import read_posts
    from curate.posts.grading import count_taken_down
    from curate.posts.predictions import calibration
    from curate.posts.predictions import score as scored

    claimed, faults = _all(here)
    gone = count_taken_down(read_posts(here.desk().content)[0], year)
    said = [each.said for each in _published(claimed, year)]
    whole, bands = scored(said), calibration(said)
    data = {
        "year": year,
        "made": whole.made,
        "counts": whole.counts,
        "edited": whole.edited,
        "taken_down": gone,
        "hit_rate": whole.hit_rate,
        "brier": whole.brier,
        "bands": [vars(band) for band in bands],
    }
    here.answer(data, lambda: _score_lines(whole, bands, gone), warnings=_warned(faults))


@predict.command("review", epilog="Example: curate predict review 2026")
@click.argument("year", type=click.IntRange(1900, 9999))
@click.option("--no-edit", is_flag=True, help="Do not open an editor.")
@click.pass_obj
def review(here: Here, year: int, *, no_edit: bool) -> None:
    """Start a round-up of a year's predictions; its opening is yours to write."""
    from curate.cli.editor import editor
    from curate.posts.draft import Given
    from curate.posts.predictions import score as scored
    from curate.posts.roundup import yearly_review
    from curate.posts.write import write_post

    desk = here.desk()
    claimed, faults = _all(here)
    chosen = _published(claimed, year)
    if not chosen:
        raise UsageError(f"No prediction was published in {year}.", "curate predict list shows them.")
    body = yearly_review(year, [(each.post, each.said) for each in chosen], scored([each.said for each in chosen]))
    given = Given(kind="roundup", title=f"My predictions of {year}, graded", start=body)
    edit = None if no_edit or here.no_input else editor(here)
    with here.database() as connection:
        tell(here, write_post(desk, connection, given, edit=edit, now=here.now()), warnings=_warned(faults))


def _all(here: Here) -> tuple[list[Claimed], list[PostFault]]:
    from curate.posts.files import read_posts
    from curate.posts.grading import list_predictions

    posts, faults = read_posts(here.desk().content)
    claimed, more = list_predictions(posts)
    return claimed, [*faults, *more]


def _published(claimed: Iterable[Claimed], year: int | None) -> list[Claimed]:
    return [
        each
        for each in claimed
        if each.post.status == "published" and each.post.date is not None
        if year is None or each.post.date.year == year
    ]


def _today(here: Here) -> date:
    return here.local(here.now()).date()


def _warned(faults: Iterable[PostFault]) -> list[str]:
    return [f"{fault} {fault.hint}" for fault in faults]


def _answer(here: Here, claimed: list[Claimed], faults: list[PostFault], nothing: str) -> None:
    today = _today(here)
    lines = list(_lines(claimed, today)) or [nothing]
    here.answer([_row(each, today) for each in claimed], lines, warnings=_warned(faults))


def _row(each: Claimed, today: date) -> dict[str, Any]:
    said = each.said
    return {
        "slug": each.post.slug,
        "status": each.post.status,
        "claim": said.claim,
        "confidence": said.confidence,
        "held": said.held,
        "due": said.due.isoformat() if said.due else None,
        "days_left": each.days_left(today),
        "outcome": said.outcome,
        "graded": said.graded.isoformat() if said.graded else None,
        "evidence": list(said.evidence),
        "got_wrong": said.got_wrong,
    }


def _lines(claimed: Iterable[Claimed], today: date) -> Iterator[str]:
    rows = []
    for each in claimed:
        said, left = each.said, each.days_left(today)
        when = f"{said.due:%d %b %Y}" if said.due else "no day"
        if said.outcome != "pending":
            state = said.outcome
        elif each.post.status != "published":
            state = "draft"
        elif left is not None and left < 0:
            state = f"overdue {render.count(-left, 'day')}"
        else:
            state = "open" if left else "due today"
        sure = f"{said.confidence:.0%}" if said.confidence is not None else ""
        edited = "(edited) " if said.held == "edited" else ""
        rows.append((each.post.slug, when, state, sure, f"{edited}{said.claim}"))
    yield from render.columns(rows, (32, 11, 17, 4, 70))


def _score_lines(whole: Score, bands: list[Band], gone: int) -> Iterator[str]:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in whole.counts.items() if number)
    yield f"{render.count(whole.made, 'prediction')}{f': {counts}' if counts else ''}"
    if gone:
        yield f"Taken down {gone}, in none of these numbers"
    if whole.edited:
        yield f"Edited     {whole.edited} after publication, left out of all that follows"
    if whole.hit_rate is None or whole.brier is None:
        yield f"{'No other' if whole.edited else 'None'} is graded yet: curate predict due"
        return
    yield f"Hit rate   {whole.hit_rate:.0%}"
    yield f"Brier      {whole.brier:.3f}   0 is perfect, 0.25 is what always saying 50 % gets"
    yield ""
    rows = [(f"{band.low:.0%} to {band.high:.0%}", f"{band.happened:.0%}", f"{band.count}") for band in bands]
    yield from render.columns([("said", "happened", "predictions"), *rows], (14, 8, 12))
