"""Write what a post claims: a prediction with its terms and grade, a result with its number and proof.

Part of a post's content, so feeds and other themes have it, too. Pure; every text is escaped here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curate.feeds.addresses import web_url
from curate.feeds.characters import one_line
from curate.posts.predictions import in_words
from curate.site.plugin.words import escape, percent
from curate.site.plugin.words import in_words as day_in_words

if TYPE_CHECKING:
    from datetime import date

    from curate.posts.predictions import Prediction
    from curate.posts.results import Result

HELD = {  # how a prediction is held to what it said, in words for its readers
    "whole": "SHA-256 of the claim, its confidence and its due date, as published:",
    "claim": "No hash holds its confidence and due date. SHA-256 of the claim alone, as published:",
    "edited": "SHA-256 as published, which it no longer has:",
    "not": "No hash was kept when it was published. SHA-256 of what it says now:",
}
EDITED = "The claim, its confidence or its due date was edited after it was published."
FACTS = (("role", "My part"), ("team", "Team"), ("period", "Period"))


def claim_box(prediction: Prediction, made: date | None) -> str:
    """Return the claim, how sure its author was, what became of it, and its hash; ``made`` is its first day."""
    lines = [f"<p>{escape(one_line(prediction.claim))}</p>"]
    terms = confidence_and_due(prediction)
    if terms:
        lines.append(f'<p class="terms">{terms}</p>')
    if prediction.held == "edited":
        lines.append(f'<p><strong class="wrong">{EDITED}</strong> It counts in no score.</p>')
    graded = f", graded on {_day(prediction.graded)}" if prediction.graded else ""
    lines.append(f"<p>Outcome: {badge(prediction.outcome)}{graded}</p>")
    evidence = [_evidence(said) for said in prediction.evidence]
    if evidence:
        lines.append(f"<p>Evidence: {', '.join(evidence)}</p>")
    if prediction.got_wrong:
        lines.append(f"<p>What I got wrong: {escape(one_line(prediction.got_wrong))}</p>")
    first = f"First published on {_day(made)}. " if made else ""
    lines.append(f'<p class="hash">{first}{HELD[prediction.held]} <code>{escape(prediction.hash)}</code></p>')
    return f'<div class="claim">{"".join(lines)}</div>'


def confidence_and_due(prediction: Prediction) -> str:
    """Return how sure the author was and when it shows, as in: Likely, 85 % confident, due 1 June 2027."""
    terms = []
    if prediction.confidence is not None:
        terms += [in_words(prediction.confidence).capitalize(), f"{percent(prediction.confidence)} confident"]
    if prediction.due is not None:
        terms.append(f"due {_day(prediction.due)}")
    return ", ".join(terms)


def in_a_line(prediction: Prediction) -> str:
    """Return the same for a list, where nothing else says that it was edited."""
    edited = "<strong>edited after it was published</strong>" if prediction.held == "edited" else ""
    return ", ".join(filter(None, (confidence_and_due(prediction), edited)))


def badge(outcome: str) -> str:
    """Return an outcome as a word with a colour of its own."""
    return f'<strong class="{outcome}">{outcome.capitalize()}</strong>'


def result_box(result: Result) -> str:
    """Return the number, what it was before, whose part it was, and the way to the proof."""
    parts = [figure(result)]
    if result.outcome:
        parts.append(f"<p>{escape(result.outcome)}</p>")
    parts.append(facts(result))
    return f'<div class="result">{"".join(parts)}</div>'


def figure(result: Result) -> str:
    """Return the number as it is now, what it counts, and what it was before; "" when there is no number."""
    if not result.after:
        return ""
    metric = f" {escape(result.metric)}" if result.metric else ""
    before = f', <span class="was">before: {escape(result.before)}</span>' if result.before else ""
    return f'<p class="figure"><strong>{escape(result.after)}</strong>{metric}{before}</p>'


def facts(result: Result) -> str:
    """Return my part, team, period and proof, and when that was last confirmed."""
    rows = [(name, escape(getattr(result, key))) for key, name in FACTS if getattr(result, key)]
    if result.proof_url:
        rows.append(("Proof", f'<a href="{escape(result.proof_url)}">{escape(_host(result.proof_url))}</a>'))
    if result.confirmed:
        rows.append(("Confirmed", _day(result.confirmed)))
    inside = "".join(f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in rows)
    return f"<dl>{inside}</dl>" if rows else ""


def _evidence(said: str) -> str:
    url = web_url(said)
    return f'<a href="{escape(url)}">{escape(_host(url))}</a>' if url else escape(one_line(said))


def _day(day: date) -> str:
    return f'<time datetime="{day.isoformat()}">{day_in_words(day)}</time>'


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
