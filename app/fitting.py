"""Fitting the ranker on question sets: its weights by how sets rank, its confidence by what should be refused.

Leave one set out to judge a fit: fit on the others, look at the one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix
from app.encoder import Encoder
from app.evaluation import QuestionSet, auroc, indexed
from app.lexicon import Background
from app.ranking import FEATURES, Ranker, Search

_MOST_QUESTIONS = 600
_PENALTY = 1e-3
_STEPS = 300

Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """The candidates of one set's questions.

    Attributes:
        answerable: per question its candidates' features and which of them are relevant.
        far: per question of another set, its candidates' features here; none is relevant.
    """

    name: str
    answerable: list[tuple[FloatMatrix, Labels]]
    far: list[FloatMatrix]


def collect(sets: Sequence[QuestionSet], model: Encoder, background: Background, seed: int = 0) -> list[Examples]:
    """The candidates of at most 600 questions of each set, and of as many questions of the other sets put to it."""
    random = np.random.default_rng(seed)
    found = []
    for own in sets:
        foreign = [question for other in sets if other is not own for question in other.questions.values()]
        with indexed(own.corpus, model) as store:
            search = Search(store, model, background)
            answerable = []
            for key in _some(list(own.questions), random):
                candidates = search.candidates(search.query(own.questions[key]))
                relevant = np.array([own.corpus[row]["id"] in own.relevant[key] for row in candidates.rows], np.bool_)
                answerable.append((candidates.features, relevant))
            far = [search.candidates(search.query(question)).features for question in _some(foreign, random)]
        found.append(Examples(own.name, answerable, far))
    return found


def _some(values: list[str], random: np.random.Generator) -> list[str]:
    if len(values) <= _MOST_QUESTIONS:
        return values
    return [values[place] for place in np.sort(random.choice(len(values), _MOST_QUESTIONS, replace=False))]


def fit(examples: Sequence[Examples], model: Encoder) -> Ranker:
    """A ranker from these sets, each counting the same.

    First a direction in which relevant candidates lead (the listwise softmax loss of Cao et al. 2007, ListNet, weights
    not negative); then its scale and bias by logistic regression on the first candidate of answerable, near and far
    questions (Platt 1999). Near are the answerable questions without their relevant passages. The threshold is where
    the share of answerable questions answered, less that of the others, is highest (Youden 1950).
    """
    direction = _direction(examples)
    scores, labels, weights, answerable = _firsts(examples, direction)
    scale, bias = _logistic(scores, labels, weights)
    confidence = 1 / (1 + np.exp(-(scale * scores + bias)))
    threshold = _threshold(confidence, weights, answerable)
    return Ranker(tuple((direction * scale).round(4).tolist()), round(bias, 4), round(threshold, 4), model.fingerprint)


def judge(ranker: Ranker, examples: Examples) -> dict[str, float | int | None]:
    """Refusal on one set: AUROC and the rates at the ranker's threshold, far and near questions apart."""
    answerable = [float(ranker.confidence(features).max()) for features, _ in examples.answerable]
    near = [
        float(ranker.confidence(features[~relevant]).max()) for features, relevant in examples.answerable if not relevant.all()
    ]
    far = [float(ranker.confidence(features).max()) for features in examples.far]
    return {
        "auroc_far": auroc(answerable, far),
        "auroc_near": auroc(answerable, near),
        "answerable_refused": round(float(np.mean(np.array(answerable) < ranker.threshold)), 4),
        "far_answered": round(float(np.mean(np.array(far) >= ranker.threshold)), 4),
        "near_answered": round(float(np.mean(np.array(near) >= ranker.threshold)), 4),
        "n": len(answerable),
    }


def _direction(examples: Sequence[Examples]) -> NDArray[np.float64]:
    """Projected gradient descent on the softmax loss over each question's candidates."""
    weights = np.ones(len(FEATURES))
    groups = [[pair for pair in one.answerable if pair[1].any()] for one in examples]
    step = 8.0
    for _ in range(_STEPS):
        gradient = _PENALTY * weights
        for group in groups:
            for features, relevant in group:
                odds = features @ weights
                share = np.exp(odds - odds.max())
                gradient += features.T @ (share / share.sum() - relevant / relevant.sum()) / (len(group) * len(groups))
        weights = np.maximum(0, weights - step * gradient)
    return weights


def _firsts(
    examples: Sequence[Examples], direction: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], Labels]:
    """Of each question's first candidate: its score, whether it is relevant, its weight, whether the question is answerable."""
    rows: list[tuple[float, float, float, bool]] = []
    for one in examples:
        for features, relevant in one.answerable:
            odds = features @ direction
            rows.append((odds.max(), float(relevant[odds.argmax()]), 1 / len(one.answerable), True))
            if not relevant.all():
                rows.append((odds[~relevant].max(), 0.0, 1 / len(one.answerable), False))
        rows += [((features @ direction).max(), 0.0, 1 / len(one.far), False) for features in one.far]
    scores, labels, weights, answerable = (np.array(column) for column in zip(*rows, strict=True))
    return scores, labels, weights / weights.sum(), answerable.astype(bool)


def _logistic(scores: NDArray[np.float64], labels: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Newton's method for a weighted logistic regression on one score: scale and bias."""
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    found = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(design @ found)))
        gradient = design.T @ (weights * (chance - labels))
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        found -= np.linalg.solve(curvature, gradient)
    return float(found[0]), float(found[1])


def _threshold(confidence: NDArray[np.float64], weights: NDArray[np.float64], answerable: Labels) -> float:
    """Half-way between the last question that is answered at the best cut and the first that is not."""
    order = np.argsort(-confidence, kind="stable")
    gain = np.where(answerable, weights / weights[answerable].sum(), -weights / weights[~answerable].sum())[order]
    last = int(np.argmax(np.cumsum(gain)))
    return float(confidence[order][last : last + 2].mean())
