"""Leave-one-out cross-validation of the ranker: what it refuses on each set when it is fitted on the others."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.evaluation import curves
from citaat.evaluation.measures import Figures, auroc, calibration_error, mean
from citaat.retrieval import calibration, refusal
from citaat.retrieval.ranker import Ranker
from citaat.training import ranker_fitting
from citaat.training.examples import Examples, base

_UNANSWERABLE = ("taken_out", "far", "near")
_JUDGED = ("answerable", "taken_out", "far")
"""Kinds whose confidences are held against what is right: a near question may be answered by another passage."""
_DRAWS = 50
"""How often outcomes are drawn to find the calibration error of perfect confidences."""


def cross_validate(sets: Sequence[Examples], plot: Path | None = None) -> Figures:
    """`{"left_out": {SET: figures}}`: what is refused on each set by a ranker that was fitted on the others; see `judge`.

    Args:
        plot: a .png file for the risk-coverage curves; None for no picture.

    Raises:
        InputError: there are fewer than two corpora, or the picture cannot be drawn.
    """
    figures: Figures = {}
    firsts: dict[str, NDArray[np.float64]] = {}
    for own in sets:
        if others := [one for one in sets if base(one.name) != base(own.name)]:
            ranker = ranker_fitting.fit(others)
            figures[own.name] = judge(ranker, own)
            rows = first_confidences(ranker, own)
            firsts[own.name] = np.concatenate([rows[kind] for kind in _JUDGED])
    if not figures:
        raise InputError("Refusal is judged on one set by the others: name at least two sets.", code="no-question-set")
    if plot:
        curves.draw(firsts, plot)
    return {"left_out": figures}


def judge(ranker: Ranker, own: Examples) -> dict[str, float | int | None]:
    """Refusal on one set: AUROC, the rates at the thresholds that the ranker has for it, and the calibration error.

    The calibration error is that of the first confidence of answerable, taken out and far questions together: once the ranker
    is calibrated to the corpus, before that (`..._before`), and in the mean of fifty draws in which each confidence is
    exactly right (`..._by_chance`): bins of few questions are never without error.
    """
    firsts = first_confidences(ranker, own)
    answerable = firsts["answerable"][:, 0].tolist()
    answered = {kind: rows[:, 0] >= rows[:, 2] for kind, rows in firsts.items()}
    before = first_confidences(ranker, replace(own, impostors={}))
    every, before_that = (np.concatenate([rows[kind] for kind in _JUDGED]) for rows in (firsts, before))
    random = np.random.default_rng(0)
    perfect = [calibration_error(every[:, 0], random.random(len(every)) < every[:, 0]) for _ in range(_DRAWS)]
    return {
        **{f"auroc_{kind}": auroc(answerable, firsts[kind][:, 0].tolist()) for kind in _UNANSWERABLE},
        "answerable_refused": mean(~answered["answerable"]),
        **{f"{kind}_answered": mean(answered[kind]) for kind in _UNANSWERABLE},
        "calibration_error": mean([calibration_error(every[:, 0], every[:, 1])]),
        "calibration_error_before": mean([calibration_error(before_that[:, 0], before_that[:, 1])]),
        "calibration_error_by_chance": mean(perfect),
        "threshold": round(float(np.median(firsts["answerable"][:, 2])), 4),
        "n": len(answerable),
        "n_binned": len(every),
    }


def first_confidences(ranker: Ranker, own: Examples) -> dict[str, NDArray[np.float64]]:
    """Of each question, by kind: the confidence of its first candidate, whether that is relevant, and the threshold that the
    confidence has to reach; float64 [n, 3].

    The ranker is calibrated to the whole corpus first, as it is to a library.
    """
    corpus = own.whole[0].stretch
    ranker = calibration.calibrated(ranker, own.impostors.get(corpus, calibration.NO_FEATURES), len(corpus))
    rows: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in ("answerable", *_UNANSWERABLE)}
    for one in own.whole:
        confidence = ranker.confidence(one.found)
        first = int(confidence.argmax())
        rows[one.kind].append((confidence[first], one.relevant[first], refusal.thresholds(ranker, one.found)[first]))
    return {kind: np.array(each, np.float64).reshape(-1, 3) for kind, each in rows.items()}
