"""How good predictions were: laws of the Brier score and of calibration, and what a header may say."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.posts.header import dump
from curate.posts.post import PostFault, parse_post
from curate.posts.predictions import (
    OUTCOMES,
    WORDS,
    Prediction,
    brier,
    calibration,
    edit_of,
    hit_rate,
    in_words,
    read_prediction,
    score,
    terms_hash,
)

if TYPE_CHECKING:
    import random

confidences = st.floats(0, 1)
predictions = st.builds(
    lambda confidence, outcome: Prediction(claim="c", confidence=confidence, due=None, outcome=outcome),
    st.none() | confidences,
    st.sampled_from(OUTCOMES),
)


def made(confidence: float, outcome: str) -> Prediction:
    return Prediction(claim="c", confidence=confidence, due=None, outcome=outcome)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1.0, "right"), (0.0, "wrong")], 0.0),
        ([(1.0, "wrong"), (0.0, "right")], 1.0),
        ([(0.5, "right"), (0.5, "wrong")], 0.25),
        ([(0.7, "right"), (0.9, "wrong")], (0.09 + 0.81) / 2),
        ([(0.5, "partly")], 0.0),
        ([(0.9, "pending"), (0.9, "void")], None),
    ],
)
def test_the_brier_score_is_the_mean_squared_distance(pairs: list[tuple[float, str]], expected: float | None) -> None:
    found = brier(made(*pair) for pair in pairs)
    assert found == (None if expected is None else pytest.approx(expected))


@given(st.lists(predictions, max_size=30))
def test_the_brier_score_is_between_0_and_1_and_open_and_void_ones_do_not_change_it(those: list[Prediction]) -> None:
    found = brier(those)
    assert found is None or 0 <= found <= 1
    assert found == brier(each for each in those if each.outcome not in ("pending", "void"))


@given(confidences, st.lists(st.booleans(), min_size=1, max_size=40))
def test_no_constant_confidence_beats_the_rate_at_which_things_happened(said: float, happened: list[bool]) -> None:
    outcomes = ["right" if it else "wrong" for it in happened]
    rate = hit_rate(made(said, outcome) for outcome in outcomes)
    assert rate is not None
    best, own = brier(made(rate, outcome) for outcome in outcomes), brier(made(said, outcome) for outcome in outcomes)
    assert best is not None
    assert own is not None
    assert best <= own + 1e-12


@given(st.lists(predictions, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_predictions_changes_nothing(those: list[Prediction], chance: random.Random) -> None:
    mixed = list(those)
    chance.shuffle(mixed)
    assert calibration(mixed) == calibration(those)
    assert score(mixed) == score(those)


@given(st.lists(predictions, max_size=60))
def test_every_graded_prediction_is_in_the_band_of_its_confidence(those: list[Prediction]) -> None:
    bands = calibration(those)
    graded = [each for each in those if each.confidence is not None and each.outcome in ("right", "wrong", "partly")]
    assert sum(band.count for band in bands) == len(graded)
    assert [band.low for band in bands] == sorted({band.low for band in bands})
    for band in bands:
        assert band.high - band.low == pytest.approx(0.1)
        assert band.low - 1e-6 <= band.said <= band.high + 1e-6
        assert 0 <= band.happened <= 1
    happened = hit_rate(graded)
    if happened is not None:
        assert sum(band.happened * band.count for band in bands) == pytest.approx(happened * len(graded))


@pytest.mark.parametrize("tenth", range(11))
def test_a_confidence_on_a_border_belongs_to_the_band_above(tenth: int) -> None:
    [band] = calibration([made(tenth / 10, "right")])
    assert round(band.low * 10) == min(tenth, 9)


@given(st.lists(predictions, max_size=30))
def test_every_prediction_is_counted_once(those: list[Prediction]) -> None:
    found = score(those)
    assert found.made == sum(found.counts.values()) == len(those)
    assert tuple(found.counts) == OUTCOMES


@given(confidences, confidences)
def test_more_confidence_never_sounds_like_less(one: float, other: float) -> None:
    order = [words for _, words in WORDS]
    low, high = sorted((one, other))
    assert order.index(in_words(high)) <= order.index(in_words(low))


CLAIM_ALONE = "98a0ca9488ff494c4bc2f3698cf8c1b62b2df45ad5164c42a05110eb17e44b9d"  # of “It will.”
WHOLE = sha256(b"It will.\n0.7\n2026-01-01").hexdigest()


def test_the_hash_is_of_claim_confidence_and_day_one_to_a_line() -> None:
    assert terms_hash("It will.", 0.7, date(2026, 1, 1)) == WHOLE
    assert terms_hash("It  will.\n", 70 / 100, date(2026, 1, 1)) == WHOLE
    assert terms_hash("It will.", None, None) == sha256(b"It will.\n\n").hexdigest()


def post(**header: object) -> str:
    keys = {"title": "T", "kind": "prediction", "claim": "It will.", "confidence": "70 %", "due": "2026-01-01"}
    return f"---\n{dump({**keys, **header})}---\n"


def test_a_header_says_what_became_of_a_prediction() -> None:
    said = {"outcome": "wrong", "graded": "2026-01-02", "evidence": ["https://a.example", "a letter"]}
    found = read_prediction(parse_post(post(**said, got_wrong="All of it."), Path("p.md")))
    assert found is not None
    assert (found.outcome, str(found.graded), found.got_wrong) == ("wrong", "2026-01-02", "All of it.")
    assert found.evidence == ("https://a.example", "a letter")
    assert (found.confidence, str(found.due)) == (0.7, "2026-01-01")


def test_a_new_prediction_is_pending_and_a_post_without_claim_is_none() -> None:
    pending = read_prediction(parse_post(post(), Path("p.md")))
    assert pending is not None
    assert (pending.outcome, pending.graded, pending.evidence) == ("pending", None, ())
    assert read_prediction(parse_post(post(claim=""), Path("p.md"))) is None


@pytest.mark.parametrize(
    ("kept", "change", "held"),
    [
        (WHOLE, {}, "whole"),
        (WHOLE, {"confidence": "0.70"}, "whole"),
        (WHOLE, {"claim": "It might."}, "edited"),
        (WHOLE, {"confidence": "95 %"}, "edited"),
        (WHOLE, {"confidence": ""}, "edited"),
        (WHOLE, {"due": "2036-01-01"}, "edited"),
        (CLAIM_ALONE, {}, "claim"),
        (CLAIM_ALONE, {"confidence": "95 %"}, "claim"),
        (CLAIM_ALONE, {"claim": "It might."}, "edited"),
        ("", {}, "not"),
    ],
)
def test_the_hash_in_the_header_proves_what_was_published(kept: str, change: dict[str, str], held: str) -> None:
    found = parse_post(post(status="published", claim_hash=kept, **change), Path("p.md"))
    said = read_prediction(found)
    assert said is not None
    assert (said.held, said.hash) == (held, kept or WHOLE)
    edit = edit_of(found)
    assert (edit is not None and edit.line == 4) == (held == "edited")


def test_a_claim_that_was_taken_out_after_it_was_published_is_a_fault() -> None:
    with pytest.raises(PostFault, match="hash holds is gone"):
        read_prediction(parse_post(post(status="published", claim="", claim_hash=WHOLE), Path("p.md")))


def test_what_was_edited_is_counted_as_that_and_improves_no_number() -> None:
    honest = [made(0.9, "wrong"), made(0.6, "right")]
    edited = Prediction(claim="c", confidence=1.0, due=None, outcome="right", held="edited")
    found = score([*honest, edited])
    assert (found.made, found.edited, found.counts["right"]) == (3, 1, 2)
    assert (found.brier, found.hit_rate) == (brier(honest), 0.5)
    assert calibration([*honest, edited]) == calibration(honest)


@pytest.mark.parametrize(("key", "value"), [("outcome", "maybe"), ("graded", "lately"), ("outcome", ["right"])])
def test_what_no_outcome_or_day_can_mean_names_its_line(key: str, value: object) -> None:
    with pytest.raises(PostFault) as caught:
        read_prediction(parse_post(post(**{key: value}), Path("p.md")))
    assert caught.value.line == 7
    assert key in caught.value.reason or "outcome" in caught.value.reason
