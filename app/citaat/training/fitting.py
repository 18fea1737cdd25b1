"""Fitting the ranker on question sets: its weights by how sets rank, its confidence by what should be refused.

Leave one set out to judge a fit: fit on the others, look at the one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.encoder import Encoder
from citaat.evaluation.evaluation import auroc
from citaat.retrieval import calibration
from citaat.retrieval.ranking import Ranker, probability
from citaat.retrieval.search import FEATURES
from citaat.training.examples import Example, Examples

_PENALTY = 1e-3
_STEPS, _STEP = 300, 8.0
_RIDGE = 1e-6
_REFUSED = 0.15
_LEVEL = 0.01
"""How much less than the best threshold another may gain: about there the curve is level, and where it is highest is luck."""
_FAR_ANSWERED, _FEWEST_FAR = 0.1, 20
"""Of the far questions in another language than the text."""
_BINS = 15
_DRAWS = 50


def fit(examples: Sequence[Examples], model: Encoder) -> Ranker:
    """A ranker from these sets, each counting the same.

    First a direction in which relevant candidates lead (the listwise softmax loss of Cao et al. 2007, ListNet, weights
    not negative). Then what scores are reached by chance, as a line over the ln of the number of passages. Then a scale
    and a bias, by logistic regression (Platt 1999) on how far the first candidate of answerable, near and far questions,
    as many of each, lies above chance in the whole corpora and in stretches of them. Near are the answerable questions
    without their relevant passages. The threshold is where the share of answerable questions that are answered, less
    that of the far ones, is highest (Youden 1950), or the strictest within .01 of that, among those that refuse no more than
    15% of the answerable ones; near ones have no say, since a threshold that refuses them refuses answerable ones as well,
    unless there are no far ones.
    Libraries that know what they reach by chance and those too small for that have one each. Passages in another language
    than the question have the threshold that one in ten of the far questions reaches in them: answerable ones are not known
    of enough texts to have a say.
    """
    direction = _direction(examples)
    slope, least = _line([_by_size(one, direction) for one in examples])
    firsts = _firsts(examples, direction, lambda stretch: slope * float(np.log(len(stretch))) + least)
    scale, bias = _logistic(firsts.scores[:, None], firsts.labels, firsts.weights)
    confidence, unfitted = (probability(scale * scores + bias) for scores in (firsts.scores, firsts.unfitted))
    threshold, small_threshold = _thresholds(firsts, confidence)
    weights = tuple((direction * scale).round(4).tolist())
    return Ranker(
        weights,
        size=round(-scale * slope, 4),
        bias=round(bias - scale * least, 4),
        chance=round(scale * least, 4),
        threshold=_rounded(threshold),
        small_threshold=_rounded(small_threshold),
        foreign_threshold=_rounded(_foreign_threshold(firsts, unfitted)),
        encoder=model.fingerprint,
    )


def _rounded(threshold: float) -> float:
    return min(max(round(threshold, 4), 0.0001), 0.9999)


def _by_size(examples: Examples, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ln of each size of stretch, and the mean score that those of that size reach by chance; float64 [sizes, 2]."""
    reached: dict[int, list[float]] = {}
    for stretch, probes in examples.probes.items():
        if len(probes):
            reached.setdefault(len(stretch), []).append(calibration.chance(probes, direction))
    return np.array([(np.log(size), np.mean(scores)) for size, scores in reached.items()]).reshape(-1, 2)


def _line(sets: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Slope and height at 0 of the line through points that may lie at a level of their own in each set."""
    centred = [points - points.mean(axis=0) for points in sets if len(points)]
    within = np.concatenate(centred) if centred else np.empty((0, 2))
    spread = float(within[:, 0] @ within[:, 0])
    slope = float(within[:, 0] @ within[:, 1]) / spread if spread else 0.0
    heights = [float((points[:, 1] - slope * points[:, 0]).mean()) for points in sets if len(points)]
    return slope, float(np.mean(heights)) if heights else 0.0


def judge(ranker: Ranker, examples: Examples) -> dict[str, float | int | None]:
    """Refusal on one set: AUROC, the rates at the thresholds that the ranker has for it, and the calibration error.

    The calibration error is over fifteen bins of equal mass of the first confidence of answerable, near and far
    questions together (Naeini et al. 2015): as a library gets it, without calibration to the library (`..._before`), and
    what it would be in the mean if each confidence were exactly right (`..._by_chance`), as small bins are never level.
    """
    best = first_confidences(ranker, examples)
    answerable, near, far = (best[kind][:, 0] for kind in ("answerable", "near", "far"))
    answered = {kind: float((rows[:, 0] >= rows[:, 2]).mean()) for kind, rows in best.items()}
    every = np.concatenate(list(best.values()))
    before = np.concatenate(list(first_confidences(ranker, replace(examples, probes={})).values()))
    random = np.random.default_rng(0)
    ideal = [np.column_stack([every[:, 0], random.random(len(every)) < every[:, 0]]) for _ in range(_DRAWS)]
    return {
        "auroc_far": auroc(answerable.tolist(), far.tolist()),
        "auroc_near": auroc(answerable.tolist(), near.tolist()),
        "answerable_refused": round(1 - answered["answerable"], 4),
        "far_answered": round(answered["far"], 4),
        "near_answered": round(answered["near"], 4),
        "calibration_error": round(_calibration_error(every), 4),
        "calibration_error_before": round(_calibration_error(before), 4),
        "calibration_error_by_chance": round(float(np.mean([_calibration_error(rows) for rows in ideal])), 4),
        "threshold": round(float(np.median(best["answerable"][:, 2])), 4),
        "n": len(answerable),
        "n_binned": len(every),
    }


def _calibration_error(judged: NDArray[np.float64]) -> float:
    """The mean over fifteen bins of how far the mean confidence lies from the share that is right; rows of both."""
    bins = np.array_split(judged[np.argsort(judged[:, 0], kind="stable")], _BINS)
    return float(np.mean([abs(rows[:, 0].mean() - rows[:, 1].mean()) for rows in bins]))


def first_confidences(ranker: Ranker, examples: Examples) -> dict[str, NDArray[np.float64]]:
    """By kind of question, the confidence of its first candidate, whether that is relevant, and the threshold that it has
    to reach; float64 [n, 3].

    The ranker is calibrated to the corpus first, as it is to a library.
    """
    probes = examples.probes.get(examples.whole(), np.empty((0, len(FEATURES)), np.float32))
    ranker = calibration.calibrated(ranker, probes, len(examples.whole()))
    kinds = _kinds(examples.answerable, examples.far)
    return {kind: np.array([_best(ranker, one, kind) for one in ones]) for kind, ones in kinds}


def _kinds(answerable: list[Example], far: list[Example]) -> list[tuple[str, list[Example]]]:
    near = [one for one in answerable if not one.relevant.all()]
    return [("answerable", answerable), ("near", near), ("far", far)]


def _best(ranker: Ranker, example: Example, kind: str) -> tuple[float, float, float]:
    """Of the first candidate the confidence, whether it is relevant, and its threshold."""
    confidence, first = _first(ranker, example, kind)
    return confidence, float(example.relevant[first]), float(ranker.thresholds(example.found)[first])


def _first(ranker: Ranker, example: Example, kind: str) -> tuple[float, int]:
    """The confidence of the first candidate and its place; near questions lose their relevant ones."""
    confidence = np.where(example.relevant & (kind == "near"), -1.0, ranker.confidence(example.found))
    first = int(confidence.argmax())
    return float(confidence[first]), first


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
    """Of each question's first candidate: how far its score lies above chance, and above what is chance in libraries of that
    size, whether it is relevant, and whether it is in another language; whether the library is too small to know chance; the
    question's kind, set, and weight."""

    scores: NDArray[np.float64]
    unfitted: NDArray[np.float64]
    labels: NDArray[np.float64]
    foreign: NDArray[np.bool_]
    small: NDArray[np.bool_]
    kinds: NDArray[np.str_]
    sets: NDArray[np.int64]
    weights: NDArray[np.float64]


def _firsts(examples: Sequence[Examples], direction: NDArray[np.float64], usual: Callable[[range], float]) -> _Firsts:
    rows: list[tuple[float, float, bool, bool, bool, str, int]] = []
    for number, one_set in enumerate(examples):
        known = {stretch: calibration.chance(probes, direction) for stretch, probes in one_set.probes.items() if len(probes)}
        answerable, far = (
            whole + one_set.parts.get(kind, []) for kind, whole in (("answerable", one_set.answerable), ("far", one_set.far))
        )
        for kind, ones in _kinds(answerable, far):
            for one in ones:
                kept = np.where(one.relevant & (kind == "near"), -np.inf, one.found.features @ direction)
                first = int(kept.argmax())
                score, expected = float(kept[first]), usual(one.stretch)
                chance = calibration.tempered(known.get(one.stretch, expected), expected)
                above = score - chance, score - expected
                right = bool(one.relevant[first]) and kind == "answerable"
                rows.append((*above, right, bool(one.found.foreign[first]), one.stretch not in known, kind, number))
    scores, unfitted, labels, foreign, small_ones, kinds, sets = (np.array(column) for column in zip(*rows, strict=True))
    return _Firsts(scores, unfitted, labels.astype(np.float64), foreign, small_ones, kinds, sets, _shares(kinds, sets))


def _shares(kinds: NDArray[np.str_], sets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weights by which each kind of each set counts as much; their sum is 1."""
    _, groups, counts = np.unique(np.char.add(kinds, sets.astype(str)), return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = 1 / counts[groups]
    return weights / weights.sum()


def _logistic(features: NDArray[np.float64], labels: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, ...]:
    """Newton's method for a weighted logistic regression: a coefficient for each column, then the bias."""
    design = np.column_stack([features, np.ones(len(features))])
    found = np.zeros(design.shape[1])
    for _ in range(50):
        chance = probability(design @ found)
        gradient = design.T @ (weights * (chance - labels)) + _RIDGE * found
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + _RIDGE * np.eye(len(found))
        found -= np.linalg.solve(curvature, gradient)
    return tuple(found.tolist())


def _thresholds(firsts: _Firsts, confidence: NDArray[np.float64]) -> tuple[float, float]:
    """The cut in libraries that know chance, and in those too small for it; without questions to one of them, the same for
    both. Passages in another language have no say.

    In the first far questions come near, and the share that is gained is level over some way: the strictest cut there is
    taken. In the second nothing comes near an answer, and strictness would only refuse.
    """
    told = firsts.kinds != ("near" if "far" in firsts.kinds else "")
    own = told & ~firsts.foreign if (told & ~firsts.foreign).any() else told
    found: list[float] = []
    for size, level in ((~firsts.small, _LEVEL), (firsts.small, 0.0)):
        known = set(firsts.kinds[own & size]) == set(firsts.kinds[told])
        if known or not found:
            group = told & size if known else told
            weights, kept = _shares(firsts.kinds[group], firsts.sets[group]), own[group]
            answerable = firsts.kinds[group] == "answerable"
            found.append(_threshold(confidence[group][kept], weights[kept], answerable[kept], level))
    return found[0], found[-1]


def _foreign_threshold(firsts: _Firsts, confidence: NDArray[np.float64]) -> float:
    """What one in ten of the far questions reaches in passages of another language, in the mean of the sets that have twenty
    of those or more; the best cut among all questions where no set has.

    Args:
        confidence: by what is chance in libraries of that size: what a library's sentences reach in it tells nothing of
            questions in another language.
    """
    far = firsts.foreign & (firsts.kinds == "far")
    reached = [confidence[far & (firsts.sets == one)] for one in np.unique(firsts.sets)]
    told = [float(np.quantile(one, 1 - _FAR_ANSWERED)) for one in reached if len(one) >= _FEWEST_FAR]
    if told:
        return float(np.mean(told))
    asked = firsts.kinds != ("near" if "far" in firsts.kinds else "")
    return _threshold(confidence[asked], firsts.weights[asked], firsts.kinds[asked] == "answerable", _LEVEL)


def _threshold(
    confidence: NDArray[np.float64], weights: NDArray[np.float64], answerable: NDArray[np.bool_], level: float
) -> float:
    """The strictest cut that gains as much as the best one, less `level`, of those that refuse no more than 15% of the
    answerable: half-way from the last answered to the first that is not."""
    order = np.argsort(-confidence, kind="stable")
    right, wrong = (np.cumsum(part[order]) / (part.sum() or 1) for part in (weights * answerable, weights * ~answerable))
    gained = np.where(right >= 1 - _REFUSED, right - wrong, -np.inf)
    last = int(np.flatnonzero(gained >= gained.max() - level)[0])
    return float(confidence[order][last : last + 2].mean())
