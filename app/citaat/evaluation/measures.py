"""Measures of rankings and of confidences."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.evaluation.question_sets import QuestionSet

Figures = dict[str, Any]
"""Named figures, as they are printed in JSON."""

DEPTH = 10
"""Passages of a ranking that are judged."""
_RESAMPLES = 1_000
_BINS = 15
"""Of the calibration error."""


def ranking_figures(ranked: Sequence[NDArray[np.int64]], questions: QuestionSet) -> tuple[Figures, NDArray[np.float64]]:
    """nDCG (linear gain), reciprocal rank, recall and success by ir-measures, each a mean over the questions.

    Args:
        ranked: of each question the rows of the corpus, best first.

    Returns:
        The figures, with a bootstrap interval of nDCG@10 and the number of questions; and each question's nDCG@10.
    """
    from ir_measures import RR, R, Success, iter_calc, nDCG

    measures = {"ndcg@10": nDCG @ 10, "mrr@10": RR @ 10, "recall@5": R @ 5, "recall@10": R @ 10}
    measures |= {"hit@1": Success @ 1, "hit@3": Success @ 3}
    run = {
        key: {questions.corpus[row]["id"]: float(-position) for position, row in enumerate(found[:DEPTH].tolist())}
        for key, found in zip(questions.relevant, ranked, strict=True)
    }
    values = {(one.query_id, one.measure): one.value for one in iter_calc(list(measures.values()), questions.relevant, run)}
    by_question = {name: np.array([values[key, measure] for key in run]) for name, measure in measures.items()}
    means = {name: mean(each) for name, each in by_question.items()}
    return {**means, "ndcg@10_ci": bootstrap(by_question["ndcg@10"]), "n": len(run)}, by_question["ndcg@10"]


def bootstrap(values: NDArray[np.float64]) -> list[float]:
    """The 95% percentile interval of the mean (Efron 1979), from 1,000 seeded resamples: [low, high]."""
    picks = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    return [round(float(bound), 4) for bound in np.percentile(values[picks].mean(axis=1), (2.5, 97.5))]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a positive scores above a negative, ties counting half (Mann and Whitney 1947); None without both."""
    if not positive or not negative:
        return None
    above = np.subtract.outer(np.asarray(positive), np.asarray(negative))
    return round(float((above > 0).mean() + (above == 0).mean() / 2), 4)


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.generic]) -> float:
    """The mean over fifteen bins of equal mass, or a bin for each of fewer questions, of how far the mean confidence lies from
    the share that is right (Naeini et al. 2015).

    Args:
        confidence: float64 [n].
        right: bool or float64 [n], whether each is right.
    """
    order, count = np.argsort(confidence, kind="stable"), min(_BINS, len(confidence))
    bins = zip(np.array_split(confidence[order], count), np.array_split(right[order], count), strict=True)
    return float(np.mean([abs(one.mean() - share.mean()) for one, share in bins]))


def mean(values: Iterable[float]) -> float | None:
    """Rounded to four digits; None of nothing."""
    every = list(values)
    return round(float(np.mean(every)), 4) if every else None
