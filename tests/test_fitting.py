from dataclasses import replace

import numpy as np
import pytest

from app import fitting
from app.domain import FloatMatrix
from app.fitting import Example, Examples
from app.ranking import FEATURES, Candidates
from tests.fakes import HashEncoder


def examples(seed: int, level: float = 0.0) -> Examples:
    """Questions whose relevant passage leads in the lexical feature, and foreign ones that lead in none.

    Args:
        level: what every lexical score of this corpus has too much, its own sentences' scores too.
    """
    random = np.random.default_rng(seed)
    lexical = FEATURES.index("lexical")
    lead = np.zeros((10, len(FEATURES)), np.float32)
    lead[0, lexical] = 0.5
    whole = range(100)

    def features() -> FloatMatrix:
        found = random.uniform(0, 0.3, size=lead.shape).astype(np.float32)
        found[:, lexical] += level
        return found

    def example(answerable: bool) -> Example:
        found = Candidates(np.arange(10), features() + answerable * lead, 100)
        return Example(found, (np.arange(10) == 0) & answerable, whole)

    probes = np.concatenate([features() for _ in range(100)])
    asked = [[example(answerable) for _ in range(80)] for answerable in (True, False)]
    return Examples(str(seed), asked[0], asked[1], {}, {whole: probes})


def test_the_feature_that_tells_is_the_one_that_weighs() -> None:
    ranker = fitting.fit([examples(1), examples(2)], HashEncoder())
    assert int(np.argmax(ranker.weights)) == FEATURES.index("lexical")
    assert min(ranker.weights) >= 0
    judged = fitting.judge(ranker, examples(3))
    assert judged["auroc_far"] > 0.99  # type: ignore[operator]
    assert judged["far_answered"] < 0.05  # type: ignore[operator]
    assert judged["answerable_refused"] < 0.05  # type: ignore[operator]


def test_a_corpus_whose_scores_all_lie_higher_is_judged_as_well_as_another() -> None:
    ranker = fitting.fit([examples(1), examples(2)], HashEncoder())
    higher = examples(3, level=0.4)
    judged = fitting.judge(ranker, higher)
    left_alone = fitting.judge(ranker, replace(higher, probes={}))
    assert judged["calibration_error_before"] == left_alone["calibration_error"]
    assert judged["far_answered"] < 0.05 < 0.5 < left_alone["far_answered"]  # type: ignore[operator]
    assert judged["answerable_refused"] < 0.05  # type: ignore[operator]
    assert judged["calibration_error"] < left_alone["calibration_error"] / 2  # type: ignore[operator]


def test_the_calibration_error_is_how_far_bins_of_equal_mass_lie_from_what_is_right() -> None:
    sure = np.tile([[0.9, 1.0], [0.9, 0.0]], (75, 1))
    assert fitting._calibration_error(sure) == pytest.approx(0.4)
    assert fitting._calibration_error(sure - [[0.4, 0.0]]) == pytest.approx(0.0)


def test_what_is_reached_by_chance_rises_with_the_size_alike_in_each_set() -> None:
    sets = [np.array([[1.0, 2.0], [2.0, 2.5]]), np.array([[3.0, 9.0], [5.0, 10.0]])]
    slope, height = fitting._line(sets)
    assert (slope, height) == (pytest.approx(0.5), pytest.approx((1.5 + 7.5) / 2))
    assert fitting._line([np.empty((0, 2))]) == (0.0, 0.0)


def test_logistic_regression_recovers_the_odds_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(-1, 1, 50_000)
    labels = (random.random(50_000) < 1 / (1 + np.exp(-(3 * scores - 1)))).astype(float)
    scale, bias = fitting._logistic(scores[:, None], labels, np.full(50_000, 1 / 50_000))
    assert (scale, bias) == (pytest.approx(3, abs=0.15), pytest.approx(-1, abs=0.1))
