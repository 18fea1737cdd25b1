"""Refusal: how well a ranker's confidence tells the questions that a corpus answers from those that it does not.

Each set is judged by a ranker that was fitted on the others.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoder
from citaat.errors import InputError
from citaat.evaluation import curves
from citaat.evaluation.measures import Figures, auroc, mean
from citaat.evaluation.question_sets import QuestionSet, read_set
from citaat.query.translation import Translations
from citaat.retrieval import calibration, refusal
from citaat.retrieval.model import load_background, load_translations
from citaat.retrieval.ranker import Ranker
from citaat.text.background import Background
from citaat.training import examples, fitting
from citaat.training.examples import Example, Examples, by_kind

_BINS = 15
"""Of the calibration error."""
_DRAWS = 50
"""How often outcomes are drawn to find the calibration error of perfect confidences."""


def refusal_report(
    folders: Sequence[Path],
    crossed: Sequence[tuple[Path, Path]],
    encoder: Encoder,
    background: Background,
    translations: Translations,
    plot: Path | None,
) -> Figures:
    """`{"left_out": {SET: figures}}`: what is refused on each set by a ranker that was fitted on the others; see `judge`.

    Args:
        crossed: folders, each with a file of questions to put to it instead of its own, such as those of another language.
        plot: a .png file for the risk-coverage curves; None for no picture.

    Raises:
        InputError: there are fewer than two corpora, or the picture cannot be drawn.
    """
    collected = examples.collect(_sets(folders, crossed), encoder, background, translations)
    return _left_out(collected, encoder, plot)


def fit_report(folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]], model_folder: Path) -> Figures:
    """Fit the ranker of a model on question sets and write its `ranker.json`.

    Args:
        crossed: as for `refusal_report`.

    Returns:
        Its report, or nothing where there is only one set to fit on.
    """
    model = str(model_folder)
    encoder = load(model)
    found = examples.collect(_sets(folders, crossed), encoder, load_background(model), load_translations(model))
    fitting.fit(found, encoder).save(model_folder / "ranker.json")
    return _left_out(found, encoder) if len(folders) > 1 else {}


def _sets(folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]]) -> list[QuestionSet]:
    """The sets in `folders`, and "A < B" for each folder A that is crossed with a file of questions in a folder B."""
    return [read_set(folder) for folder in folders] + [
        replace(read_set(folder, queries), name=f"{folder.name} < {queries.parent.name}") for folder, queries in crossed
    ]


def _left_out(sets: Sequence[Examples], encoder: Encoder, plot: Path | None = None) -> Figures:
    figures: Figures = {}
    drawn: dict[str, curves.Curve] = {}
    for own in sets:
        others = [one for one in sets if examples.base(one.name) != examples.base(own.name)]
        if others:
            ranker = fitting.fit(others, encoder)
            figures[own.name] = judge(ranker, own)
            firsts = np.concatenate(list(first_confidences(ranker, own).values()))
            drawn[own.name] = curves.Curve(firsts[:, 0], firsts[:, 1], float(np.median(firsts[:, 2])))
    if not figures:
        raise InputError("Refusal is judged on one set by the others: name at least two sets.", code="no-question-set")
    if plot:
        curves.draw(drawn, plot)
    return {"left_out": figures}


def judge(ranker: Ranker, examples: Examples) -> dict[str, float | int | None]:
    """Refusal on one set: AUROC, the rates at the thresholds that the ranker has for it, and the calibration error.

    The calibration error is that of the first confidence of answerable, near and far questions together: once the ranker
    is calibrated to the corpus, before that (`..._before`), and in the mean of fifty draws in which each confidence is
    exactly right (`..._by_chance`): bins of few questions are never without error.
    """
    firsts = first_confidences(ranker, examples)
    answerable, near, far = (firsts[kind][:, 0] for kind in ("answerable", "near", "far"))
    answered = {kind: rows[:, 0] >= rows[:, 2] for kind, rows in firsts.items()}
    every = np.concatenate(list(firsts.values()))
    before = np.concatenate(list(first_confidences(ranker, replace(examples, impostors={})).values()))
    random = np.random.default_rng(0)
    perfect = [np.column_stack([every[:, 0], random.random(len(every)) < every[:, 0]]) for _ in range(_DRAWS)]
    return {
        "auroc_far": auroc(answerable.tolist(), far.tolist()),
        "auroc_near": auroc(answerable.tolist(), near.tolist()),
        "answerable_refused": mean(~answered["answerable"]),
        "far_answered": mean(answered["far"]),
        "near_answered": mean(answered["near"]),
        "calibration_error": round(_calibration_error(every), 4),
        "calibration_error_before": round(_calibration_error(before), 4),
        "calibration_error_by_chance": round(float(np.mean([_calibration_error(rows) for rows in perfect])), 4),
        "threshold": round(float(np.median(firsts["answerable"][:, 2])), 4),
        "n": len(answerable),
        "n_binned": len(every),
    }


def _calibration_error(judged: NDArray[np.float64]) -> float:
    """The mean over fifteen bins of equal mass, or a bin for each of fewer questions, of how far the mean confidence lies from
    the share that is right (Naeini et al. 2015).

    Args:
        judged: float64 [n, 2 or more], of each question the confidence and whether it is right.
    """
    bins = np.array_split(judged[np.argsort(judged[:, 0], kind="stable")], min(_BINS, len(judged)))
    return float(np.mean([abs(rows[:, 0].mean() - rows[:, 1].mean()) for rows in bins]))


def first_confidences(ranker: Ranker, examples: Examples) -> dict[str, NDArray[np.float64]]:
    """Of each question, by kind: the confidence of its first candidate, whether that is relevant, and the threshold that the
    confidence has to reach; float64 [n, 3].

    The ranker is calibrated to the whole corpus first, as it is to a library.
    """
    scores = examples.impostors.get(examples.whole(), calibration.NO_FEATURES)
    ranker = calibration.calibrated(ranker, scores, len(examples.whole()))
    kinds = by_kind(examples.answerable, examples.far)
    return {kind: np.array([_first(ranker, one, kind) for one in ones]).reshape(-1, 3) for kind, ones in kinds}


def _first(ranker: Ranker, example: Example, kind: str) -> tuple[float, float, float]:
    """The row of `first_confidences` for one question; near ones lose their relevant candidates."""
    confidence = np.where(example.relevant & (kind == "near"), -1.0, ranker.confidence(example.found))
    first = int(confidence.argmax())
    return float(confidence[first]), float(example.relevant[first]), float(refusal.thresholds(ranker, example.found)[first])
