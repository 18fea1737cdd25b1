import numpy as np
import pytest

from app import fitting
from app.fitting import Example, Examples
from app.ranking import FEATURES, Candidates
from tests.fakes import HashEncoder


def examples(seed: int) -> Examples:
    """Questions whose relevant passage leads in the lexical feature, and foreign ones that lead in none."""
    random = np.random.default_rng(seed)
    lead = np.zeros((10, len(FEATURES)), np.float32)
    lead[0, FEATURES.index("lexical")] = 0.5

    def example(answerable: bool) -> Example:
        features = random.uniform(0, 0.3, size=lead.shape).astype(np.float32) + answerable * lead
        return Example(Candidates(np.arange(10), features, 10), (np.arange(10) == 0) & answerable)

    return Examples(str(seed), [example(True) for _ in range(80)], [example(False) for _ in range(80)])


def test_the_feature_that_tells_is_the_one_that_weighs() -> None:
    ranker = fitting.fit([examples(1), examples(2)], HashEncoder())
    assert int(np.argmax(ranker.weights)) == FEATURES.index("lexical")
    assert min(ranker.weights) >= 0
    judged = fitting.judge(ranker, examples(3))
    assert judged["auroc_far"] > 0.99  # type: ignore[operator]
    assert judged["far_answered"] < 0.05  # type: ignore[operator]
    assert judged["answerable_refused"] < 0.05  # type: ignore[operator]


def test_logistic_regression_recovers_the_odds_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(-1, 1, 50_000)
    labels = (random.random(50_000) < 1 / (1 + np.exp(-(3 * scores - 1)))).astype(float)
    scale, bias = fitting._logistic(scores[:, None], labels, np.full(50_000, 1 / 50_000))
    assert (scale, bias) == (pytest.approx(3, abs=0.15), pytest.approx(-1, abs=0.1))
