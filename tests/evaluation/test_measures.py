import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.evaluation import measures
from citaat.evaluation.question_sets import QuestionSet


def judged(relevant: dict[str, dict[str, int]], rows: str = "abcdefghijkl") -> QuestionSet:
    return QuestionSet("p", [{"id": name} for name in rows], dict.fromkeys(relevant, ""), relevant, {})


def test_the_figures_of_a_small_set_are_those_on_paper() -> None:
    questions = judged({"1": {"b": 1, "d": 1}, "2": {"c": 1}})
    figures, gains = measures.ranking_figures([np.array([0, 1, 2, 3]), np.array([0, 1])], questions)
    ndcg = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    assert gains.tolist() == pytest.approx([ndcg, 0])
    assert figures["ndcg@10"] == pytest.approx(ndcg / 2, abs=1e-4)
    assert (figures["mrr@10"], figures["recall@5"], figures["recall@10"]) == (0.25, 0.5, 0.5)
    assert (figures["hit@1"], figures["hit@3"], figures["n"]) == (0.0, 0.5, 2)
    low, high = figures["ndcg@10_ci"]
    assert low <= figures["ndcg@10"] <= high


def test_a_passage_that_answers_better_gains_more() -> None:
    questions = judged({"1": {"a": 1, "b": 3}})
    best, other = (measures.ranking_figures([np.array(ranked)], questions)[1][0] for ranked in ([1, 0], [0, 1]))
    assert best == pytest.approx(1.0)
    assert other == pytest.approx((1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3)))


@pytest.mark.parametrize(
    ("rank", "recall_5", "recall_10", "reciprocal"), [(5, 1, 1, 0.2), (6, 0, 1, 0.1667), (10, 0, 1, 0.1), (11, 0, 0, 0)]
)
def test_ten_passages_are_judged_and_five_by_recall_at_five(
    rank: int, recall_5: float, recall_10: float, reciprocal: float
) -> None:
    questions = judged({"1": {"abcdefghijkl"[rank - 1]: 1}})
    figures, gains = measures.ranking_figures([np.arange(12)], questions)
    assert (figures["recall@5"], figures["recall@10"], figures["mrr@10"]) == (recall_5, recall_10, reciprocal)
    assert gains[0] == pytest.approx(1 / np.log2(rank + 1) if rank <= 10 else 0)


def test_a_question_that_finds_nothing_counts_as_nothing() -> None:
    questions = judged({"1": {"a": 1}, "2": {"b": 1}})
    figures, gains = measures.ranking_figures([np.array([], np.int64), np.array([1])], questions)
    assert gains.tolist() == [0.0, 1.0]
    assert (figures["hit@1"], figures["mrr@10"], figures["n"]) == (0.5, 0.5, 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_of_a_mean_lies_within_the_values_and_is_the_same_each_time(values: list[float]) -> None:
    low, high = measures.bootstrap(np.array(values))
    assert min(values) - 1e-4 <= low <= high <= max(values) + 1e-4
    assert [low, high] == measures.bootstrap(np.array(values))


def test_the_interval_is_about_two_standard_errors_on_either_side() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = measures.bootstrap(values)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.02)


SCORES = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=20)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_order(positive: list[float], negative: list[float]) -> None:
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in positive for n in negative]
    assert measures.auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)


def test_figures_of_nothing_are_none() -> None:
    assert measures.auroc([], [1.0]) is None
    assert measures.auroc([1.0], []) is None
    assert measures.mean([]) is None
    assert measures.mean([1, 0, 0]) == 0.3333


def test_the_calibration_error_is_how_far_bins_of_equal_mass_lie_from_what_is_right() -> None:
    right = np.tile([1.0, 0.0], 75)
    assert measures.calibration_error(np.full(150, 0.9), right) == pytest.approx(0.4)
    assert measures.calibration_error(np.full(150, 0.5), right) == pytest.approx(0.0)
    apart = np.arange(15.0)
    assert measures.calibration_error(apart, apart % 2) == pytest.approx(np.abs(apart - apart % 2).mean())


def test_bins_are_of_questions_with_like_confidence() -> None:
    confidence = np.random.default_rng(0).permutation(np.linspace(0, 1, 150))
    assert measures.calibration_error(confidence, confidence > 0.5) > 0.2


def test_fewer_questions_than_bins_have_a_bin_each() -> None:
    assert measures.calibration_error(np.array([0.5, 0.25]), np.array([True, False])) == pytest.approx(0.375)
