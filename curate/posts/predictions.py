"""Read predictions and say how good they were: hit rate, Brier score, calibration, confidence in words.

Pure. A claim, its confidence and its day stay as they were published: ``claim_hash`` in the header holds all three.
In older posts it is the hash of the claim alone, which holds nothing else. What was edited all the same is shown as
edited and scored nowhere. Grading adds ``outcome``, ``graded``, ``evidence`` and ``got_wrong`` beside it. Must not
know pages or the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from curate.feeds.characters import one_line
from curate.posts.header import PostFault
from curate.posts.post import as_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from curate.posts.post import Post

HAPPENED = {"right": 1.0, "partly": 0.5, "wrong": 0.0}  # how much of a claim came true
OUTCOMES = ("pending", *HAPPENED, "void")  # void: nobody can say any more, so it counts nowhere
PUT_BACK = (
    "Put back what it said; what became of it goes into outcome, graded, evidence and got_wrong. While it is a"
    " draft or dated ahead, you may delete the line claim_hash and publish it again."
)
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
    """One claim about the future. ``evidence`` are addresses or texts, ``got_wrong`` the person's own words.

    ``held`` says what the hash in the header proves: whole (claim, confidence and day are as published), claim (that
    alone is), edited (they are not as published), not (there is no hash). ``hash`` is the one in the header, else
    that of what it says now.
    """

    claim: str
    confidence: float | None
    due: date | None
    outcome: str = "pending"
    graded: date | None = None
    evidence: tuple[str, ...] = ()
    got_wrong: str = ""
    held: str = "not"
    hash: str = ""


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
    """How some predictions did. ``counts`` are by outcome; ``hit_rate`` and ``brier`` None before any is graded.

    ``edited`` says how many were edited after they were published: both numbers leave them out.
    """

    made: int
    counts: dict[str, int]
    edited: int
    hit_rate: float | None
    brier: float | None


def read_prediction(post: Post) -> Prediction | None:
    """Return the prediction that ``post`` makes; None when it claims nothing. Raises PostFault with the line."""
    kept = _text(post, "claim_hash")
    if not post.claim:
        if kept and post.status == "published":
            raise _fault(post, "claim_hash", "the claim that this hash holds is gone.", PUT_BACK)
        return None
    outcome = _text(post, "outcome") or "pending"
    if outcome not in OUTCOMES:
        raise _fault(post, "outcome", f"“{outcome}” is no outcome.", f"It may be {', '.join(OUTCOMES)}.")
    graded = _text(post, "graded")
    try:
        day = as_date(graded) if graded else None
    except (ValueError, OverflowError):
        raise _fault(post, "graded", f"graded cannot be “{graded}”.", "Write it like 2027-06-30.") from None
    whole = terms_hash(post.claim, post.confidence, post.due)
    proved = {"": "not", whole: "whole", _claim_hash(post.claim): "claim"}
    return Prediction(
        claim=post.claim,
        confidence=post.confidence,
        due=post.due,
        outcome=outcome,
        graded=day,
        evidence=_texts(post.header.get("evidence")),
        got_wrong=_text(post, "got_wrong"),
        held=proved.get(kept, "edited"),
        hash=kept or whole,
    )


def edit_of(post: Post) -> PostFault | None:
    """Return, with its line, that what ``post`` predicts is not what was published; None when it is."""
    said = read_prediction(post)
    if said is None or said.held != "edited":
        return None
    return _fault(post, "claim", "the claim, its confidence or its due date changed after it was published.", PUT_BACK)


def terms_hash(claim: str, confidence: float | None, due: date | None) -> str:
    """Return the SHA-256 of what readers are promised, in hexadecimal: who kept it can tell whether it changed.

    Three lines of UTF-8 without a newline at the end: the claim, its confidence as in 0.7, its day as in 2027-06-30.
    What is not given is an empty line.
    """
    sure = "" if confidence is None else f"{confidence:.6g}"
    return sha256("\n".join((one_line(claim), sure, due.isoformat() if due else "")).encode()).hexdigest()


def _claim_hash(claim: str) -> str:
    """Return the hash that older posts were published with."""
    return sha256(one_line(claim).encode()).hexdigest()


def in_words(confidence: float) -> str:
    """Return ``confidence`` in words."""
    return next(words for low, words in WORDS if confidence >= low)


def brier(predictions: Iterable[Prediction]) -> float | None:
    """Return the mean squared distance between what was said and what happened; None when nothing is graded.

    What was edited after it was published is left out, here and below.

    0 is perfect, 0.25 is what always saying one half gets, 1 is always sure and always wrong
    (Brier 1950, Verification of forecasts expressed in terms of probability).
    """
    pairs = _graded(predictions)
    return sum((said - happened) ** 2 for said, happened in pairs) / len(pairs) if pairs else None


def hit_rate(predictions: Iterable[Prediction]) -> float | None:
    """Return which part of the graded claims came true, a partly true one by half; None when nothing is graded."""
    happened = [HAPPENED[each.outcome] for each in predictions if each.outcome in HAPPENED and each.held != "edited"]
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
    edited = sum(each.held == "edited" for each in predictions)
    return Score(
        made=len(predictions), counts=counts, edited=edited, hit_rate=hit_rate(predictions), brier=brier(predictions)
    )


def _graded(predictions: Iterable[Prediction]) -> list[tuple[float, float]]:
    """Return what was said and what happened, of all that have both; in an order of their own, so sums do not drift."""
    return sorted(
        (each.confidence, HAPPENED[each.outcome])
        for each in predictions
        if each.confidence is not None and each.outcome in HAPPENED and each.held != "edited"
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
