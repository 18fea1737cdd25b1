from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.retrieval.ranker import Ranker
from citaat.training import cross_validation, ranker_fitting
from citaat.training.examples import Examples
from tests.training.synthetic import LEXICAL, WHOLE, examples, of_kind, with_small_stretches, with_taken_out


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return ranker_fitting.fit([examples(1), examples(2)])


def rate(ranker: Ranker, own: Examples, name: str) -> float:
    found = cross_validation.judge(ranker, own)[name]
    assert found is not None
    return found


def test_the_feature_that_tells_is_the_one_that_weighs(ranker: Ranker) -> None:
    assert int(np.argmax(ranker.weights)) == LEXICAL
    assert min(ranker.weights) >= 0
    assert rate(ranker, examples(3), "auroc_far") > 0.99
    assert rate(ranker, examples(3), "far_answered") < 0.05
    assert rate(ranker, examples(3), "answerable_refused") < 0.05
    assert ranker.encoder == "hash-16"


def test_a_feature_in_which_the_wrong_ones_lead_weighs_nothing_and_never_less() -> None:
    def misled(seed: int) -> Examples:
        own = examples(seed)
        for one in own.whole:
            one.found.values[1:, 0] += 0.5 * (one.kind == "answerable")
        return own

    weights = ranker_fitting.fit([misled(1), misled(2)]).weights
    assert (weights[0], weights[LEXICAL] > 0) == (0, True)


def test_each_set_counts_the_same_however_many_questions_it_has(ranker: Ranker) -> None:
    one, other = examples(1), examples(2)
    twice = replace(one, whole=one.whole * 2)
    again = ranker_fitting.fit([twice, other])
    assert again.weights == pytest.approx(ranker.weights, abs=1e-3)
    assert again.bias == pytest.approx(ranker.bias, abs=1e-3)


def test_the_sure_are_right_as_often_as_they_are_sure(ranker: Ranker) -> None:
    rows = np.concatenate(
        [rows for seed in (5, 6) for rows in cross_validation.first_confidences(ranker, examples(seed)).values()]
    )
    assert rows[:, 0].mean() == pytest.approx(rows[:, 1].mean(), abs=0.05)
    assert rows[:, 0].min() < 0.05
    assert rows[:, 0].max() > 0.95


def test_one_set_alone_which_knows_no_far_questions_is_fitted_by_its_near_ones() -> None:
    own = examples(1)
    ranker = ranker_fitting.fit([replace(own, whole=with_taken_out(of_kind(own.whole, "answerable"), []))])
    assert 0 < ranker.threshold < 1
    assert rate(ranker, examples(2), "answerable_refused") <= 0.15
    assert rate(ranker, examples(2), "taken_out_answered") < 0.05


def test_libraries_too_small_to_be_calibrated_have_a_threshold_of_their_own(ranker: Ranker) -> None:
    assert ranker.small_threshold == ranker.threshold
    own = ranker_fitting.fit([with_small_stretches(1), with_small_stretches(2)])
    assert own.small_threshold < own.threshold
    small = with_small_stretches(3)
    alone = replace(small, whole=small.parts, impostors={})
    assert rate(own, alone, "answerable_refused") < 0.05
    assert rate(replace(own, small_threshold=own.threshold), alone, "answerable_refused") > 0.15


def test_questions_in_another_language_have_the_threshold_that_one_in_ten_far_ones_reaches(ranker: Ranker) -> None:
    assert ranker.cross_lingual_threshold == ranker.threshold
    crossed = examples(3, cross_lingual=True, lead=0.1)
    own = ranker_fitting.fit([examples(1), examples(2), crossed])
    assert own.cross_lingual_threshold < own.threshold
    assert rate(own, crossed, "far_answered") == pytest.approx(0.1, abs=0.03)


def test_near_questions_have_no_say_in_thresholds_where_there_are_far_ones() -> None:
    def set_of(seed: int) -> Examples:
        """Nine in ten questions have a passage that nearly answers, closer than what answers the tenth."""
        own = examples(seed)
        answerable, far = (of_kind(own.whole, kind) for kind in ("answerable", "far"))
        for one in answerable[8:]:
            one.found.values[:2, LEXICAL] += 0.6
        return replace(own, whole=with_taken_out(answerable, far))

    ranker = ranker_fitting.fit([set_of(1), set_of(2)])
    assert rate(ranker, set_of(3), "answerable_refused") < 0.05
    assert rate(ranker, set_of(3), "taken_out_answered") > 0.8


def test_the_threshold_of_another_language_is_of_what_is_expected_and_not_of_the_library() -> None:
    crossed = examples(3, cross_lingual=True, lead=0.1)
    loud = replace(crossed, impostors={WHOLE: crossed.impostors[WHOLE] + 0.3})
    own = ranker_fitting.fit([examples(1), examples(2), loud])
    assert rate(own, loud, "far_answered") == pytest.approx(0.1, abs=0.03)


def test_what_a_librarys_own_sentences_reach_tells_nothing_of_another_language() -> None:
    crossed = examples(3, cross_lingual=True, lead=0.1)
    own = ranker_fitting.fit([examples(1), examples(2), crossed])
    quiet = replace(crossed, impostors={WHOLE: crossed.impostors[WHOLE] - 0.2})
    assert rate(own, crossed, "far_answered") == rate(own, quiet, "far_answered")


def test_far_questions_in_another_language_have_a_say_from_twenty_in_a_set() -> None:
    plain, crossed = [examples(1), examples(2)], examples(3, cross_lingual=True, lead=0.1)
    answerable, far = (of_kind(crossed.whole, kind) for kind in ("answerable", "far"))
    some = {count: replace(crossed, whole=with_taken_out(answerable, far[:count])) for count in (19, 20)}
    answered = [rate(ranker_fitting.fit([*plain, one]), some[20], "far_answered") for one in some.values()]
    assert answered[1] == 2 / 20 != answered[0]


@pytest.mark.parametrize("lead", [0.5, 0.0])
def test_questions_in_another_language_have_no_say_in_the_threshold_of_the_others(lead: float) -> None:
    own = ranker_fitting.fit([examples(1), examples(2), examples(3, cross_lingual=True, lead=lead)])
    assert rate(own, examples(4), "answerable_refused") < 0.05
    assert rate(own, examples(4), "far_answered") < 0.05


def test_a_corpus_whose_scores_all_lie_higher_is_judged_as_well_as_another(ranker: Ranker) -> None:
    higher = examples(3, level=0.4)
    left_alone = replace(higher, impostors={})
    assert rate(ranker, higher, "far_answered") < 0.05 < 0.5 < rate(ranker, left_alone, "far_answered")
    assert rate(ranker, higher, "answerable_refused") < 0.05


def test_the_expected_impostor_level_rises_with_the_size_alike_in_each_set() -> None:
    sets = [np.array([[1.0, 2.0], [2.0, 2.5]]), np.array([[3.0, 9.0], [5.0, 10.0]])]
    assert ranker_fitting._line(sets) == pytest.approx((0.5, (1.5 + 7.5) / 2))
    assert ranker_fitting._line([*sets, np.empty((0, 2))]) == ranker_fitting._line(sets)
    assert ranker_fitting._line([np.array([[1.0, 2.0]])]) == (0.0, 2.0)
    assert ranker_fitting._line([np.empty((0, 2))]) == (0.0, 0.0)


@pytest.mark.parametrize("level", [0.0, 0.2])
def test_the_ranker_expects_of_a_size_what_stretches_of_that_size_reached(level: float) -> None:
    def set_of(seed: int) -> Examples:
        own = examples(seed, level=level)
        more = examples(seed + 20, level=level + 0.1).impostors[WHOLE]
        return replace(own, impostors=own.impostors | {range(1000): more})

    sets = [set_of(1), set_of(2)]
    ranker = ranker_fitting.fit(sets)
    for size in (100, 1000):
        own = [
            dict(np.round(ranker_fitting._by_size(ranker_fitting._impostor_levels(one, np.array(ranker.weights))), 6).tolist())
            for one in sets
        ]
        reached = np.mean([levels[round(float(np.log(size)), 6)] for levels in own])
        assert ranker.expected_impostor_level(size) == pytest.approx(reached, abs=0.15)
    assert ranker.log_size_weight < 0


def test_logistic_regression_recovers_the_odds_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(-1, 1, 50_000)
    labels = random.random(50_000) < 1 / (1 + np.exp(-(3 * scores - 1)))
    scale, bias = ranker_fitting._logistic(scores, labels, np.full(50_000, 1 / 50_000))
    assert (scale, bias) == pytest.approx((3, -1), abs=0.1)


def test_logistic_regression_reads_shares_as_numbers_of_questions() -> None:
    scores, labels = np.array([-1.0, -1.0, 1.0, 1.0]), np.array([False, True, False, True])
    scale, bias = ranker_fitting._logistic(scores, labels, np.array([0.3, 0.1, 0.1, 0.3]) / 0.8)
    assert (scale, bias) == pytest.approx((np.log(3), 0.0), abs=1e-3)


@pytest.mark.parametrize("label", [False, True])
def test_sets_that_tell_no_right_from_wrong_are_refused(label: bool) -> None:
    with pytest.raises(InputError, match="these sets have one of them"):
        ranker_fitting._logistic(np.array([0.1, 0.2]), np.array([label, label]), np.array([0.5, 0.5]))


KINDS = st.lists(st.tuples(st.sampled_from(["answerable", "taken_out", "far"]), st.integers(0, 2)), min_size=1, max_size=40)


@given(KINDS)
def test_each_kind_of_each_set_counts_the_same(rows: list[tuple[str, int]]) -> None:
    firsts = np.zeros(len(rows), ranker_fitting.FIRST)
    firsts["kind"], firsts["set"] = zip(*rows, strict=True)
    shares = ranker_fitting._shares(firsts)
    groups = {row: shares[(firsts["kind"] == row[0]) & (firsts["set"] == row[1])].sum() for row in rows}
    assert list(groups.values()) == pytest.approx([1 / len(groups)] * len(groups))


CONFIDENCE = np.linspace(0.005, 0.995, 100)


def threshold(answerable: NDArray[np.bool_], tolerance: float = 0.0) -> float:
    firsts = np.zeros(100, ranker_fitting.FIRST)
    firsts["kind"] = np.where(answerable, "answerable", "far")
    return ranker_fitting._threshold(firsts, CONFIDENCE, np.ones(100), tolerance)


def test_the_threshold_parts_the_kinds_where_it_can() -> None:
    assert threshold(CONFIDENCE > 0.6) == pytest.approx(0.6)
    assert threshold(CONFIDENCE > 0.0) == pytest.approx(0.005)


def test_the_threshold_refuses_at_most_fifteen_in_a_hundred_answerable_ones() -> None:
    mixed = np.arange(100) % 2 == 1
    assert 0.1 < (CONFIDENCE[mixed] < threshold(mixed)).mean() <= 0.15
    reversed_order = threshold(CONFIDENCE < 0.5)
    assert (CONFIDENCE[CONFIDENCE < 0.5] < reversed_order).mean() <= 0.15


def test_of_thresholds_that_gain_nearly_as_much_the_strictest_is_taken() -> None:
    nearly = threshold(CONFIDENCE > 0.6, 0.06)
    assert 0.6 < nearly < 0.64


def test_a_threshold_is_no_certainty() -> None:
    assert (ranker_fitting._rounded(0.0), ranker_fitting._rounded(1.0), ranker_fitting._rounded(0.12344)) == (
        0.0001,
        0.9999,
        0.1234,
    )
