"""Fitting the ranker on question sets: its weights by how sets rank, its confidence by what should be refused.

Leave one set out to judge a fit: fit on the others, look at the one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.encoder import Encoder
from app.evaluation import QuestionSet, auroc, indexed
from app.lexicon import Background
from app.ranking import FEATURES, Candidates, Ranker, Search

_MOST_QUESTIONS = 600
_PENALTY = 1e-3
_STEPS, _STEP = 300, 8.0
_RIDGE = 1e-6
_BINS = 15
_SIZES = (5, 20, 80, 320)
"""Passages: a corpus is looked at whole and in random parts of these sizes."""
_SHARES = {"answerable": 1.0, "near": 0.5, "far": 0.5}
"""How much each kind of question counts: as many answerable ones as others."""

Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates, and which of them are relevant: none for a question of another set."""

    found: Candidates
    relevant: Labels


@dataclass(frozen=True, slots=True)
class Examples:
    """The questions of one set, and questions of other sets put to its corpus."""

    name: str
    answerable: list[Example]
    far: list[Example]


def collect(sets: Sequence[QuestionSet], model: Encoder, background: Background, seed: int = 0) -> list[Examples]:
    """The candidates of at most 600 questions of each set, and of as many questions of the other sets put to it.

    A text that stands in a set more than once is searched once.
    """
    random = np.random.default_rng(seed)
    sets = [own.without_copies() for own in sets]
    collected = []
    for own in sets:
        foreign = [question for other in sets if other is not own for question in other.questions.values()]
        with indexed(own.corpus, model) as store:
            search = Search(store, model, background)
            answerable, far = [], []
            for key in _some(list(own.questions), random):
                found = search.candidates(search.query(own.questions[key]))
                relevant = np.array([own.corpus[row]["id"] in own.relevant[key] for row in found.rows], np.bool_)
                answerable.append(Example(found, relevant))
            for question in _some(foreign, random, len(answerable)):
                found = search.candidates(search.query(question))
                far.append(Example(found, np.zeros(len(found.rows), np.bool_)))
        collected.append(Examples(own.name, answerable, far))
    return collected


def _some(values: list[str], random: np.random.Generator, most: int = _MOST_QUESTIONS) -> list[str]:
    if len(values) <= most:
        return values
    return [values[place] for place in np.sort(random.choice(len(values), most, replace=False))]


def fit(examples: Sequence[Examples], model: Encoder) -> Ranker:
    """A ranker from these sets, each counting the same.

    First a direction in which relevant candidates lead (the listwise softmax loss of Cao et al. 2007, ListNet, weights
    not negative); then its scale, the weight of the library's size and the bias, by logistic regression on the first
    candidate of answerable, near and far questions (Platt 1999), over the whole corpora and over random parts of them.
    Near are the answerable questions without their relevant passages. The threshold is where the share of answerable
    questions that are answered, less that of the others, is highest (Youden 1950).
    """
    direction = _direction(examples)
    firsts = _firsts(examples, direction)
    scale, size, bias = _logistic(np.stack([firsts.scores, firsts.sizes], axis=1), firsts.labels, firsts.weights)
    confidence = 1 / (1 + np.exp(-(scale * firsts.scores + size * firsts.sizes + bias)))
    threshold = _threshold(confidence, firsts.weights, firsts.answerable)
    weights = tuple((direction * scale).round(4).tolist())
    return Ranker(weights, round(size, 4), round(bias, 4), round(threshold, 4), model.fingerprint)


def judge(ranker: Ranker, examples: Examples) -> dict[str, float | int | None]:
    """Refusal on one set: AUROC, the rates at the ranker's threshold, and the calibration error.

    The calibration error is over fifteen bins of equal mass of the first confidence of answerable, near and far
    questions together (Naeini et al. 2015).
    """
    best = first_confidences(ranker, examples)
    answerable, near, far = (best[kind][:, 0] for kind in ("answerable", "near", "far"))
    every = np.concatenate(list(best.values()))
    bins = np.array_split(every[np.argsort(every[:, 0], kind="stable")], _BINS)
    return {
        "auroc_far": auroc(answerable.tolist(), far.tolist()),
        "auroc_near": auroc(answerable.tolist(), near.tolist()),
        "answerable_refused": round(float(np.mean(answerable < ranker.threshold)), 4),
        "far_answered": round(float(np.mean(far >= ranker.threshold)), 4),
        "near_answered": round(float(np.mean(near >= ranker.threshold)), 4),
        "calibration_error": round(float(np.mean([abs(rows[:, 0].mean() - rows[:, 1].mean()) for rows in bins])), 4),
        "threshold": ranker.threshold,
        "n": len(answerable),
        "n_binned": len(every),
    }


def first_confidences(ranker: Ranker, examples: Examples) -> dict[str, NDArray[np.float64]]:
    """By kind of question, the confidence of its first candidate and whether that is relevant; float64 [n, 2]."""
    return {kind: np.array([_best(ranker, one, kind) for one in ones]) for kind, ones in _kinds(examples)}


def _kinds(examples: Examples) -> list[tuple[str, list[Example]]]:
    near = [one for one in examples.answerable if not one.relevant.all()]
    return [("answerable", examples.answerable), ("near", near), ("far", examples.far)]


def _best(ranker: Ranker, example: Example, kind: str) -> tuple[float, float]:
    """The confidence of the first candidate and whether it is relevant; near questions lose their relevant ones."""
    confidence = np.where(example.relevant & (kind == "near"), -1.0, ranker.confidence(example.found))
    first = int(confidence.argmax())
    return float(confidence[first]), float(example.relevant[first])


def _direction(examples: Sequence[Examples]) -> NDArray[np.float64]:
    """Projected gradient descent on the softmax loss over each question's candidates."""
    weights = np.ones(len(FEATURES))
    groups = [[one for one in examples_of_set.answerable if one.relevant.any()] for examples_of_set in examples]
    for _ in range(_STEPS):
        gradient = _PENALTY * weights
        for group in groups:
            for one in group:
                odds = one.found.features @ weights
                share = np.exp(odds - odds.max())
                target = one.relevant / one.relevant.sum()
                gradient += one.found.features.T @ (share / share.sum() - target) / (len(group) * len(groups))
        weights = np.maximum(0, weights - _STEP * gradient)
    return weights


@dataclass(frozen=True, slots=True)
class _Firsts:
    """Of each question's first candidate: its score, the ln of the library's size, whether it is relevant, the
    question's weight, and whether the question is answerable."""

    scores: NDArray[np.float64]
    sizes: NDArray[np.float64]
    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    answerable: NDArray[np.float64]


def _firsts(examples: Sequence[Examples], direction: NDArray[np.float64], seed: int = 0) -> _Firsts:
    random = np.random.default_rng(seed)
    rows: list[tuple[float, float, float, float, float]] = []
    for one_set in examples:
        for kind, ones in _kinds(one_set):
            for one in ones:
                scores = one.found.features @ direction
                for size in [*(size for size in _SIZES if size < one.found.among), one.found.among]:
                    # A random part of the library: of an answerable question the relevant passages stay.
                    kept = random.random(len(scores)) < size / one.found.among
                    kept = kept & ~one.relevant if kind == "near" else kept | one.relevant
                    kept[scores.argmin()] |= not kept.any()
                    first = int(np.where(kept, scores, -np.inf).argmax())
                    label = float(kind == "answerable" and one.relevant[first])
                    rows.append((scores[first], np.log(size), label, _SHARES[kind] / len(ones), float(kind == "answerable")))
    scores, sizes, labels, weights, answerable = (np.array(column) for column in zip(*rows, strict=True))
    return _Firsts(scores, sizes, labels, weights / weights.sum(), answerable)


def _logistic(features: NDArray[np.float64], labels: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, ...]:
    """Newton's method for a weighted logistic regression: a coefficient for each column, then the bias."""
    design = np.column_stack([features, np.ones(len(features))])
    found = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(design @ found)))
        gradient = design.T @ (weights * (chance - labels)) + _RIDGE * found
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + _RIDGE * np.eye(len(found))
        found -= np.linalg.solve(curvature, gradient)
    return tuple(found.tolist())


def _threshold(confidence: NDArray[np.float64], weights: NDArray[np.float64], answerable: NDArray[np.float64]) -> float:
    """Half-way between the last question that is answered at the best cut and the first that is not."""
    order = np.argsort(-confidence, kind="stable")
    gain = weights * (answerable / (weights @ answerable) - (1 - answerable) / (weights @ (1 - answerable)))
    last = int(np.argmax(np.cumsum(gain[order])))
    return float(confidence[order][last : last + 2].mean())
