"""Fitting a ranker on question sets: its weights by how passages should rank, its thresholds by what should be refused."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.retrieval import calibration
from citaat.retrieval.candidates import FEATURES
from citaat.retrieval.ranker import Ranker, probability
from citaat.training.examples import Examples

_PENALTY = 1e-3
"""On the weights: the factor of half the sum of their squares in the loss."""
_STEPS, _STEP = 300, 8.0
"""Of gradient descent: how many steps, and the learning rate."""
_RIDGE = 1e-6
"""On the scale; it only keeps the regression solvable."""
_REFUSED = 0.15
"""The largest share of the answerable questions that a threshold may refuse."""
_TOLERANCE = 0.01
"""How much less than the best threshold a stricter one may gain: about there the curve is level, and where it is highest is
luck."""
_FAR_ANSWERED, _FEWEST_FAR = 0.1, 20
"""The share of the far questions that is answered in another language, and how many of them a set needs to have a say."""

FIRST = np.dtype([
    ("set", int), ("kind", "U10"), ("above_level", float), ("above_expected", float), ("relevant", bool), ("cross_lingual", bool),
    ("small", bool),
])  # fmt: skip
"""What is known of a question by its first candidate: the number of its set; its kind; how far the score lies above the
impostor level of the stretch, shrunk as a library's is, and above the one that is expected of that size; whether the candidate
is relevant and in another language than the question; whether the stretch is too small to have an impostor level."""


def fit(sets: Sequence[Examples]) -> Ranker:
    """A ranker fitted on these sets, each of which counts the same.

    1. Weights by which relevant candidates lead the others of their question.
    2. The impostor level that is expected of a library: a line over the ln of its number of passages.
    3. Scale and bias, by logistic regression (Platt 1999) of whether a question's first candidate is relevant on how far
       its score lies above the impostor level. As many answerable, taken out and far questions count, in the whole corpora and
       in stretches of them.
    4. Three thresholds: for libraries that are calibrated, for those too small for that, and for passages in another
       language than the question. Questions taken out have no say in them where there are far ones.
    """
    weights = _weights(sets)
    levels = [_impostor_levels(own, weights) for own in sets]
    slope, height = _line([_by_size(one) for one in levels])
    rows = [(n, *row) for n, own in enumerate(sets) for row in _first_candidates(own, weights, levels[n], slope, height)]
    firsts = np.array(rows, FIRST)
    scale, bias = _logistic(firsts["above_level"], firsts["relevant"], _shares(firsts))
    # A threshold that refuses questions whose answer is taken out refuses answerable ones as well.
    firsts = firsts[firsts["kind"] != ("taken_out" if "far" in firsts["kind"] else "")]
    threshold, small_threshold = _thresholds(firsts, probability(scale * firsts["above_level"] + bias))
    cross_lingual_threshold = _cross_lingual_threshold(firsts, probability(scale * firsts["above_expected"] + bias))
    return Ranker(
        tuple((weights * scale).round(4).tolist()),
        log_size_weight=round(-scale * slope, 4),
        bias=round(bias - scale * height, 4),
        impostor_intercept=round(scale * height, 4),
        threshold=_rounded(threshold),
        small_threshold=_rounded(small_threshold),
        cross_lingual_threshold=_rounded(cross_lingual_threshold),
        encoder=sets[0].encoder,
    )


def _rounded(threshold: float) -> float:
    return min(max(round(threshold, 4), 0.0001), 0.9999)


def _weights(sets: Sequence[Examples]) -> NDArray[np.float64]:
    """Weights of the features, none negative: the least listwise softmax loss (ListNet, Cao et al. 2007) over each question's
    candidates, by projected gradient descent; float64 [features]."""
    groups = [[one for one in own.whole if one.relevant.any()] for own in sets]
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


def _impostor_levels(own: Examples, weights: NDArray[np.float64]) -> dict[range, float]:
    """The impostor level of each stretch that is large enough to have one."""
    return {stretch: calibration.impostor_level(found, weights) for stretch, found in own.impostors.items() if len(found)}


def _by_size(levels: dict[range, float]) -> NDArray[np.float64]:
    """The ln of each size of stretch, and the mean impostor level of the stretches of that size; float64 [sizes, 2]."""
    sizes = np.array([len(stretch) for stretch in levels])
    found = np.array(list(levels.values()))
    return np.array([(np.log(size), found[sizes == size].mean()) for size in np.unique(sizes)]).reshape(-1, 2)


def _line(sets: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The line through the points of several sets by least squares: one slope for all, and the mean of their heights at 0.

    Args:
        sets: of each its points, float64 [n, 2]; a set may lie above or below another, and may have none.
    """
    known = [points for points in sets if len(points)]
    if not known:
        return 0.0, 0.0
    means = np.array([points.mean(axis=0) for points in known])
    across, up = np.concatenate([points - mean for points, mean in zip(known, means, strict=True)]).T
    slope = float(across @ up / (across @ across or 1))
    return slope, float((means[:, 1] - slope * means[:, 0]).mean())


def _first_candidates(
    own: Examples, weights: NDArray[np.float64], levels: dict[range, float], slope: float, height: float
) -> Iterator[tuple[str | float, ...]]:
    """The columns of FIRST but for the set, question by question; the line of `slope` and `height` tells what is expected."""
    for one in [*(one for one in own.whole if one.kind != "near"), *own.parts]:
        scores = one.found.values @ weights
        first = int(scores.argmax())
        expected = slope * float(np.log(len(one.stretch))) + height
        level = calibration.shrunk(levels.get(one.stretch, expected), expected)
        above = scores[first] - level, scores[first] - expected
        yield one.kind, *above, one.relevant[first], one.found.cross_lingual[first], one.stretch not in levels


def _shares(firsts: NDArray[np.void]) -> NDArray[np.float64]:
    """What each question counts for, so that each kind of each set counts the same; their sum is 1."""
    _, groups, counts = np.unique(firsts[["set", "kind"]], return_inverse=True, return_counts=True)
    shares: NDArray[np.float64] = 1 / counts[groups]
    shares /= shares.sum()
    return shares


def _logistic(scores: NDArray[np.float64], labels: NDArray[np.bool_], shares: NDArray[np.float64]) -> tuple[float, float]:
    """Weighted logistic regression of labels on scores: a coefficient, and the bias; InputError if all labels are the same."""
    from sklearn.linear_model import LogisticRegression

    if labels.all() or not labels.any():
        message = "A ranker is fitted on questions whose first passage is relevant and on others; these sets have one of them."
        raise InputError(message, code="no-question-set")
    found = LogisticRegression(C=1 / _RIDGE).fit(scores[:, None], labels, shares)
    return float(found.coef_[0, 0]), float(found.intercept_[0])


def _thresholds(firsts: NDArray[np.void], confidence: NDArray[np.float64]) -> tuple[float, float]:
    """The threshold of calibrated libraries, and that of libraries too small to be calibrated.

    Without questions of every kind to one of these, both are the same. Passages in another language have no say.

    In calibrated libraries far questions come near, and the gain is level over some way: the strictest threshold there is
    taken. In small ones nothing comes near an answer, and strictness would only refuse.
    """
    own = ~firsts["cross_lingual"] | firsts["cross_lingual"].all()
    found: list[float] = []
    for of_size, tolerance in ((~firsts["small"], _TOLERANCE), (firsts["small"], 0.0)):
        has_every_kind = set(firsts["kind"][own & of_size]) == set(firsts["kind"])
        if has_every_kind or not found:
            group = of_size | (not has_every_kind)
            kept = own[group]
            found.append(_threshold(firsts[group][kept], confidence[group][kept], _shares(firsts[group])[kept], tolerance))
    return found[0], found[-1]


def _cross_lingual_threshold(firsts: NDArray[np.void], confidence: NDArray[np.float64]) -> float:
    """The confidence that one in ten of the far questions reaches in passages of another language, in the mean of the sets
    that have at least twenty such questions. Where none has, the best threshold among all questions.

    Answerable questions have no say: they are known of too few texts in another language.

    Args:
        confidence: of scores above the expected impostor level: a library's sentences, which are in its own language, tell
            nothing of questions in another one.
    """
    far = firsts["cross_lingual"] & (firsts["kind"] == "far")
    by_set = [confidence[far & (firsts["set"] == one)] for one in np.unique(firsts["set"])]
    reached = [np.quantile(one, 1 - _FAR_ANSWERED) for one in by_set if len(one) >= _FEWEST_FAR]
    if reached:
        return float(np.mean(reached))
    return _threshold(firsts, confidence, _shares(firsts), _TOLERANCE)


def _threshold(firsts: NDArray[np.void], confidence: NDArray[np.float64], shares: NDArray[np.float64], tolerance: float) -> float:
    """The strictest threshold that gains at least as much as the best one, less `tolerance`.

    The gain is the share of the answerable questions that are answered, less that of the others (Youden 1950). Only
    thresholds that refuse at most 15% of the answerable ones count. One lies half-way from the last confidence that is
    answered to the first that is refused.
    """
    order = np.argsort(-confidence, kind="stable")
    answerable = firsts["kind"] == "answerable"
    right, wrong = (np.cumsum(part[order]) / (part.sum() or 1) for part in (shares * answerable, shares * ~answerable))
    gained = np.where(right >= 1 - _REFUSED, right - wrong, -np.inf)
    last = int(np.flatnonzero(gained >= gained.max() - tolerance)[0])
    return float(confidence[order][last : last + 2].mean())
