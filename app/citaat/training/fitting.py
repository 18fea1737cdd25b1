"""Fitting a ranker on question sets: its weights by how passages should rank, its thresholds by what should be refused.

Leave one set out to judge a fit: fit on the others, look at the one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.protocol import Encoder
from citaat.retrieval import calibration
from citaat.retrieval.candidates import FEATURES
from citaat.retrieval.ranker import Ranker, probability
from citaat.training.examples import Example, Examples, by_kind

_PENALTY = 1e-3
"""On the weights: the factor of half the sum of their squares in the loss."""
_STEPS, _STEP = 300, 8.0
"""Of gradient descent: how many steps, and the learning rate."""
_RIDGE = 1e-6
"""On scale and bias; it only keeps the regression solvable."""
_REFUSED = 0.15
"""The largest share of the answerable questions that a threshold may refuse."""
_TOLERANCE = 0.01
"""How much less than the best threshold a stricter one may gain: about there the curve is level, and where it is highest is
luck."""
_FAR_ANSWERED, _FEWEST_FAR = 0.1, 20
"""The share of the far questions that is answered in another language, and how many of them a set needs to have a say."""

ExpectedLevel = Callable[[range], float]
"""From a stretch to the impostor level that is expected of its size."""


def fit(examples: Sequence[Examples], model: Encoder) -> Ranker:
    """A ranker fitted on these sets, each of which counts the same.

    1. Weights by which relevant candidates lead the others of their question.
    2. The impostor level that is expected of a library: a line over the ln of its number of passages.
    3. Scale and bias, by logistic regression (Platt 1999) of whether a question's first candidate is relevant on how far
       its score lies above the impostor level. As many answerable, near and far questions count, in the whole corpora and
       in stretches of them; near are the answerable questions without their relevant passages.
    4. Three thresholds: for libraries that are calibrated, for those too small for that, and for passages in another
       language than the question.
    """
    weights = _weights(examples)
    slope, height = _line([_levels_by_size(one, weights) for one in examples])
    firsts = _firsts(examples, weights, lambda stretch: slope * float(np.log(len(stretch))) + height)
    scale, bias = _logistic(firsts.above_level[:, None], firsts.labels, firsts.shares)
    confidence, uncalibrated = (probability(scale * scores + bias) for scores in (firsts.above_level, firsts.above_expected))
    threshold, small_threshold = _thresholds(firsts, confidence)
    return Ranker(
        tuple((weights * scale).round(4).tolist()),
        log_size_weight=round(-scale * slope, 4),
        bias=round(bias - scale * height, 4),
        impostor_intercept=round(scale * height, 4),
        threshold=_rounded(threshold),
        small_threshold=_rounded(small_threshold),
        cross_lingual_threshold=_rounded(_cross_lingual_threshold(firsts, uncalibrated)),
        encoder=model.fingerprint,
    )


def _rounded(threshold: float) -> float:
    return min(max(round(threshold, 4), 0.0001), 0.9999)


def _weights(examples: Sequence[Examples]) -> NDArray[np.float64]:
    """Weights of the features, none negative: the least listwise softmax loss (ListNet, Cao et al. 2007) over each question's
    candidates, by projected gradient descent; float64 [features]."""
    groups = [[one for one in own.answerable if one.relevant.any()] for own in examples]
    asked = [(one, 1 / (len(group) * len(groups))) for group in groups for one in group]
    counts = np.array([len(one.relevant) for one, _ in asked], np.int64)
    starts = np.cumsum(counts) - counts
    values = np.concatenate([np.empty((0, len(FEATURES))), *(one.found.values for one, _ in asked)])
    targets = np.concatenate([np.empty(0), *(one.relevant / one.relevant.sum() for one, _ in asked)])
    shares = np.repeat([share for _, share in asked], counts)
    weights = np.ones(len(FEATURES))
    for _ in range(_STEPS):
        odds = values @ weights
        likelihood = np.exp(odds - np.repeat(np.maximum.reduceat(odds, starts), counts))
        softmax = likelihood / np.repeat(np.add.reduceat(likelihood, starts), counts)
        gradient = _PENALTY * weights + values.T @ (shares * (softmax - targets))
        weights = np.maximum(0, weights - _STEP * gradient)
    return weights


def _impostor_levels(examples: Examples, weights: NDArray[np.float64]) -> dict[range, float]:
    """The impostor level of each stretch that is large enough to have one."""
    return {stretch: calibration.impostor_level(scores, weights) for stretch, scores in examples.impostors.items() if len(scores)}


def _levels_by_size(examples: Examples, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ln of each size of stretch, and the mean impostor level of the stretches of that size; float64 [sizes, 2]."""
    levels: dict[int, list[float]] = {}
    for stretch, level in _impostor_levels(examples, weights).items():
        levels.setdefault(len(stretch), []).append(level)
    return np.array([(np.log(size), np.mean(ones)) for size, ones in levels.items()]).reshape(-1, 2)


def _line(sets: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The line through the points of several sets by least squares: one slope for all, and the mean of their heights at 0.

    Args:
        sets: of each its points, float64 [n, 2]; a set may lie above or below another, and may have none.
    """
    centred = [points - points.mean(axis=0) for points in sets if len(points)]
    within = np.concatenate(centred) if centred else np.empty((0, 2))
    spread = float(within[:, 0] @ within[:, 0])
    slope = float(within[:, 0] @ within[:, 1]) / spread if spread else 0.0
    heights = [float((points[:, 1] - slope * points[:, 0]).mean()) for points in sets if len(points)]
    return slope, float(np.mean(heights)) if heights else 0.0


@dataclass(frozen=True, slots=True)
class _Firsts:
    """The first candidate of each of n questions.

    Attributes:
        above_level: float64 [n], how far its score lies above the impostor level of its stretch, shrunk as a library's is.
        above_expected: float64 [n], how far it lies above the impostor level that is expected of a stretch of that size.
        labels: float64 [n], 1 where it is relevant.
        cross_lingual: bool [n], whether it is in another language than the question.
        small: bool [n], whether its stretch is too small to have an impostor level.
        kinds: str [n], "answerable", "near" or "far".
        sets: int64 [n], the number of the question's set.
        shares: float64 [n], what the question counts for: each kind of each set the same, in all 1.
    """

    above_level: NDArray[np.float64]
    above_expected: NDArray[np.float64]
    labels: NDArray[np.float64]
    cross_lingual: NDArray[np.bool_]
    small: NDArray[np.bool_]
    kinds: NDArray[np.str_]
    sets: NDArray[np.int64]
    shares: NDArray[np.float64]


def _firsts(examples: Sequence[Examples], weights: NDArray[np.float64], expected: ExpectedLevel) -> _Firsts:
    rows = [(*row, number) for number, own in enumerate(examples) for row in _firsts_of_set(own, weights, expected)]
    above_level, above_expected, labels, cross_lingual, small, kinds, sets = map(np.array, zip(*rows, strict=True))
    labels = labels.astype(np.float64)
    return _Firsts(above_level, above_expected, labels, cross_lingual, small, kinds, sets, _shares(kinds, sets))


def _firsts_of_set(
    examples: Examples, weights: NDArray[np.float64], expected: ExpectedLevel
) -> Iterator[tuple[float, float, bool, bool, bool, str]]:
    """The columns of `_Firsts` but for the last two, question by question."""
    levels = _impostor_levels(examples, weights)
    answerable = examples.answerable + examples.parts.get("answerable", [])
    far = examples.far + examples.parts.get("far", [])
    for kind, ones in by_kind(answerable, far):
        for one in ones:
            scores = np.where(one.relevant & (kind == "near"), -np.inf, one.found.values @ weights)
            first = int(scores.argmax())
            above = _above(float(scores[first]), one, levels, expected)
            is_right = bool(one.relevant[first]) and kind == "answerable"
            yield *above, is_right, bool(one.found.cross_lingual[first]), one.stretch not in levels, kind


def _above(score: float, example: Example, levels: Mapping[range, float], expected: ExpectedLevel) -> tuple[float, float]:
    """How far a score lies above the impostor level of its stretch, and above the one that is expected."""
    predicted = expected(example.stretch)
    level = calibration.shrunk(levels.get(example.stretch, predicted), predicted)
    return score - level, score - predicted


def _shares(kinds: NDArray[np.str_], sets: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each question counts for, so that each kind of each set counts the same; their sum is 1."""
    _, groups, counts = np.unique(np.char.add(kinds, sets.astype(str)), return_inverse=True, return_counts=True)
    shares: NDArray[np.float64] = 1 / counts[groups]
    shares /= shares.sum()
    return shares


def _logistic(features: NDArray[np.float64], labels: NDArray[np.float64], shares: NDArray[np.float64]) -> tuple[float, ...]:
    """Weighted logistic regression by Newton's method: a coefficient for each column of `features`, then the bias."""
    design = np.column_stack([features, np.ones(len(features))])
    found = np.zeros(design.shape[1])
    for _ in range(50):
        predicted = probability(design @ found)
        gradient = design.T @ (shares * (predicted - labels)) + _RIDGE * found
        curvature = (design * (shares * predicted * (1 - predicted))[:, None]).T @ design + _RIDGE * np.eye(len(found))
        found -= np.linalg.solve(curvature, gradient)
    return tuple(found.tolist())


def _thresholds(firsts: _Firsts, confidence: NDArray[np.float64]) -> tuple[float, float]:
    """The threshold of calibrated libraries, and that of libraries too small to be calibrated.

    Without questions of every kind to one of these, both are the same. Near questions have no say where there are far ones:
    a threshold that refuses near ones refuses answerable ones as well. Passages in another language have none.

    In calibrated libraries far questions come near, and the gain is level over some way: the strictest threshold there is
    taken. In small ones nothing comes near an answer, and strictness would only refuse.
    """
    asked = _with_a_say(firsts)
    own = asked & ~firsts.cross_lingual if (asked & ~firsts.cross_lingual).any() else asked
    found: list[float] = []
    for of_size, tolerance in ((~firsts.small, _TOLERANCE), (firsts.small, 0.0)):
        has_every_kind = set(firsts.kinds[own & of_size]) == set(firsts.kinds[asked])
        if has_every_kind or not found:
            group = asked & of_size if has_every_kind else asked
            shares, kept = _shares(firsts.kinds[group], firsts.sets[group]), own[group]
            answerable = firsts.kinds[group] == "answerable"
            found.append(_threshold(confidence[group][kept], shares[kept], answerable[kept], tolerance))
    return found[0], found[-1]


def _with_a_say(firsts: _Firsts) -> NDArray[np.bool_]:
    """The questions that thresholds are chosen by: answerable and far ones, or answerable and near ones where none is far."""
    has_a_say: NDArray[np.bool_] = firsts.kinds != ("near" if "far" in firsts.kinds else "")
    return has_a_say


def _cross_lingual_threshold(firsts: _Firsts, confidence: NDArray[np.float64]) -> float:
    """The confidence that one in ten of the far questions reaches in passages of another language, in the mean of the sets
    that have at least twenty such questions. Where none has, the best threshold among all questions.

    Answerable questions have no say: they are known of too few texts in another language.

    Args:
        confidence: of scores above the expected impostor level: a library's sentences, which are in its own language, tell
            nothing of questions in another one.
    """
    far = firsts.cross_lingual & (firsts.kinds == "far")
    by_set = [confidence[far & (firsts.sets == one)] for one in np.unique(firsts.sets)]
    reached = [float(np.quantile(one, 1 - _FAR_ANSWERED)) for one in by_set if len(one) >= _FEWEST_FAR]
    if reached:
        return float(np.mean(reached))
    asked = _with_a_say(firsts)
    return _threshold(confidence[asked], firsts.shares[asked], firsts.kinds[asked] == "answerable", _TOLERANCE)


def _threshold(
    confidence: NDArray[np.float64], shares: NDArray[np.float64], answerable: NDArray[np.bool_], tolerance: float
) -> float:
    """The strictest threshold that gains at least as much as the best one, less `tolerance`.

    The gain is the share of the answerable questions that are answered, less that of the others (Youden 1950). Only
    thresholds that refuse at most 15% of the answerable ones count. One lies half-way from the last confidence that is
    answered to the first that is refused.
    """
    order = np.argsort(-confidence, kind="stable")
    right, wrong = (np.cumsum(part[order]) / (part.sum() or 1) for part in (shares * answerable, shares * ~answerable))
    gained = np.where(right >= 1 - _REFUSED, right - wrong, -np.inf)
    last = int(np.flatnonzero(gained >= gained.max() - tolerance)[0])
    return float(confidence[order][last : last + 2].mean())
