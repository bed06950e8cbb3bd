"""Read predictions and say how good they were: hit rate, Brier score, calibration, confidence in words.

Pure. A claim stays as it was published, which ``claim_hash`` in its header holds it to; grading adds ``outcome``,
``graded``, ``evidence`` and ``got_wrong`` beside it. Must not know pages or the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from curate.feeds.clean import one_line
from curate.posts.header import PostFault
from curate.posts.post import as_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from curate.posts.post import Post

HAPPENED = {"right": 1.0, "partly": 0.5, "wrong": 0.0}  # how much of a claim came true
OUTCOMES = ("pending", *HAPPENED, "void")  # void: nobody can say any more, so it counts nowhere
BANDS = 10  # of confidence, each ten per cent wide
# Words of the Intergovernmental Panel on Climate Change for likelihood, each from its lower end
# (Mastrandrea et al. 2010, Guidance Note on Consistent Treatment of Uncertainties, table 1).
WORDS = (
    (0.99, "virtually certain"),
    (0.9, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.1, "unlikely"),
    (0.01, "very unlikely"),
    (0.0, "exceptionally unlikely"),
)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One claim about the future. ``evidence`` are addresses or texts, ``got_wrong`` the person's own words."""

    claim: str
    confidence: float | None
    due: date | None
    outcome: str = "pending"
    graded: date | None = None
    evidence: tuple[str, ...] = ()
    got_wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Predictions of like confidence: between ``low`` and ``high``, on average ``said``; ``happened`` came true."""

    low: float
    high: float
    said: float
    happened: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Score:
    """How some predictions did. ``counts`` are by outcome; ``hit_rate`` and ``brier`` None before any is graded."""

    made: int
    counts: dict[str, int]
    hit_rate: float | None
    brier: float | None


def read_prediction(post: Post) -> Prediction | None:
    """Return the prediction that ``post`` makes; None when it claims nothing. Raises PostFault with the line."""
    if not post.claim:
        return None
    outcome = _text(post, "outcome") or "pending"
    if outcome not in OUTCOMES:
        raise _fault(post, "outcome", f"“{outcome}” is no outcome.", f"It may be {', '.join(OUTCOMES)}.")
    frozen = _text(post, "claim_hash")
    if post.status == "published" and frozen and frozen != claim_hash(post.claim):
        hint = "Put the claim back as it was; what became of it goes into outcome, graded, evidence and got_wrong."
        raise _fault(post, "claim", "the claim changed after it was published.", hint)
    graded = _text(post, "graded")
    try:
        day = as_date(graded) if graded else None
    except (ValueError, OverflowError):
        raise _fault(post, "graded", f"graded cannot be “{graded}”.", "Write it like 2027-06-30.") from None
    return Prediction(
        claim=post.claim,
        confidence=post.confidence,
        due=post.due,
        outcome=outcome,
        graded=day,
        evidence=_texts(post.header.get("evidence")),
        got_wrong=_text(post, "got_wrong"),
    )


def claim_hash(claim: str) -> str:
    """Return the SHA-256 of the claim, one line in UTF-8, in hexadecimal: who kept it can tell whether it changed."""
    return sha256(one_line(claim).encode()).hexdigest()


def in_words(confidence: float) -> str:
    """Return ``confidence`` in words."""
    return next(words for low, words in WORDS if confidence >= low)


def brier(predictions: Iterable[Prediction]) -> float | None:
    """Return the mean squared distance between what was said and what happened; None when nothing is graded.

    0 is perfect, 0.25 is what always saying one half gets, 1 is always sure and always wrong
    (Brier 1950, Verification of forecasts expressed in terms of probability).
    """
    pairs = _graded(predictions)
    return sum((said - happened) ** 2 for said, happened in pairs) / len(pairs) if pairs else None


def hit_rate(predictions: Iterable[Prediction]) -> float | None:
    """Return which part of the graded claims came true, a partly true one by half; None when nothing is graded."""
    happened = [HAPPENED[each.outcome] for each in predictions if each.outcome in HAPPENED]
    return sum(happened) / len(happened) if happened else None


def calibration(predictions: Iterable[Prediction]) -> list[Band]:
    """Return the bands that have graded predictions in them, from low confidence to high.

    A confidence on the border belongs to the band above, 1 to the highest.
    """
    bands: dict[int, list[tuple[float, float]]] = {}
    for said, happened in _graded(predictions):
        number = min(round(said * 1_000_000) * BANDS // 1_000_000, BANDS - 1)  # 0.7 is not quite 7/10 in binary
        bands.setdefault(number, []).append((said, happened))
    return [
        Band(
            low=number / BANDS,
            high=(number + 1) / BANDS,
            said=sum(said for said, _ in pairs) / len(pairs),
            happened=sum(happened for _, happened in pairs) / len(pairs),
            count=len(pairs),
        )
        for number, pairs in sorted(bands.items())
    ]


def score(predictions: Sequence[Prediction]) -> Score:
    """Return how ``predictions`` did."""
    counts = {outcome: sum(each.outcome == outcome for each in predictions) for outcome in OUTCOMES}
    return Score(made=len(predictions), counts=counts, hit_rate=hit_rate(predictions), brier=brier(predictions))


def _graded(predictions: Iterable[Prediction]) -> list[tuple[float, float]]:
    """Return what was said and what happened, of all that have both; in an order of their own, so sums do not drift."""
    return sorted(
        (each.confidence, HAPPENED[each.outcome])
        for each in predictions
        if each.confidence is not None and each.outcome in HAPPENED
    )


def _text(post: Post, key: str) -> str:
    value = post.header.get(key, "")
    if not isinstance(value, str):
        raise _fault(post, key, f"{key} must be one text.", f"Write it as {key}: …")
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the header says
    rows = value if isinstance(value, list) else [value]
    return tuple(row.strip() for row in rows if isinstance(row, str) and row.strip())


def _fault(post: Post, key: str, reason: str, hint: str) -> PostFault:
    return PostFault(str(post.path), post.lines.get(key, 1), reason, hint)
