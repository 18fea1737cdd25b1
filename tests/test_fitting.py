from dataclasses import replace

import numpy as np
import pytest
from citaat.domain import FloatMatrix
from citaat.evaluation.evaluation import QuestionSet
from citaat.retrieval.search import FEATURES, Candidates
from citaat.text.lexicon import Background
from citaat.training import fitting
from citaat.training.examples import Example, Examples, collect, stretch_around
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import HashEncoder


def examples(seed: int, level: float = 0.0, *, foreign: bool = False, lead: float = 0.5) -> Examples:
    """Questions whose relevant passage leads in the lexical feature, and foreign ones that lead in none.

    Args:
        level: what every lexical score of this corpus has too much, its own sentences' scores too.
        foreign: whether the questions are in another language than the passages.
        lead: how far the relevant passage leads.
    """
    random = np.random.default_rng(seed)
    lexical = FEATURES.index("lexical")
    leads = np.zeros((10, len(FEATURES)), np.float32)
    leads[0, lexical] = lead
    whole = range(100)

    def features() -> FloatMatrix:
        found = random.uniform(0, 0.3, size=leads.shape).astype(np.float32)
        found[:, lexical] += level
        return found

    def example(answerable: bool) -> Example:
        found = Candidates(np.arange(10), features() + answerable * leads, np.full(10, foreign), 100)
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


def test_one_set_alone_which_knows_no_far_questions_is_fitted_by_its_near_ones() -> None:
    alone = replace(examples(1), far=[])
    threshold = fitting.fit([alone], HashEncoder()).threshold
    assert 0 < threshold < 1
    assert fitting.judge(fitting.fit([alone], HashEncoder()), examples(2))["answerable_refused"] <= 0.15  # type: ignore[operator]


def test_libraries_too_small_to_know_chance_have_a_threshold_of_their_own() -> None:
    def with_parts(seed: int) -> Examples:
        one, small = examples(seed), examples(seed + 10, level=-0.3)
        parts = {"answerable": small.answerable, "far": small.far}
        stretch = range(20)
        return replace(one, parts={kind: [replace(each, stretch=stretch) for each in ones] for kind, ones in parts.items()})

    without = fitting.fit([examples(1), examples(2)], HashEncoder())
    assert without.small_threshold == without.threshold
    ranker = fitting.fit([with_parts(1), with_parts(2)], HashEncoder())
    assert ranker.small_threshold < ranker.threshold
    alone = replace(with_parts(3), answerable=with_parts(3).parts["answerable"], far=with_parts(3).parts["far"], probes={})
    assert fitting.judge(ranker, alone)["answerable_refused"] < 0.05  # type: ignore[operator]
    strict = replace(ranker, small_threshold=ranker.threshold)
    assert fitting.judge(strict, alone)["answerable_refused"] > 0.15  # type: ignore[operator]


def test_questions_in_another_language_have_a_threshold_of_their_own_whatever_is_chance_in_a_corpus() -> None:
    plain = [examples(1), examples(2)]
    assert (own := fitting.fit(plain, HashEncoder())).foreign_threshold == own.threshold
    foreign = examples(3, foreign=True, lead=0.1)
    ranker = fitting.fit([*plain, foreign], HashEncoder())
    assert ranker.foreign_threshold < ranker.threshold
    assert fitting.judge(ranker, foreign)["far_answered"] == pytest.approx(0.1, abs=0.03)
    assert foreign.probes
    quiet = replace(foreign, probes={stretch: probes - 0.2 for stretch, probes in foreign.probes.items()})
    rates = [fitting.judge(ranker, one)["far_answered"] for one in (foreign, quiet)]
    assert rates[0] == rates[1]


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


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_a_stretch_holds_its_row_and_is_as_long_as_asked(size: int, more: int, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, size + more - 1))
    block = stretch_around(row, size, size + more)
    assert row in block
    assert len(block) == size
    assert block.stop <= size + more


def test_questions_are_put_to_a_corpus_and_to_stretches_of_it_and_never_as_far_ones_to_their_own() -> None:
    def question_set(name: str, corpus: str, words: list[str]) -> QuestionSet:
        rows = [
            {"id": f"{n}", "title": "", "text": f"{corpus} {word} is een lange zin over {word}."} for n, word in enumerate(words)
        ]
        asked = {f"q{n}": f"{name} {word}" for n, word in enumerate(words[:12])}
        return QuestionSet(name, rows, asked, {f"q{n}": {f"{n}": 1.0} for n in range(12)}, {})

    words = [f"woord{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(90)]
    own, other = question_set("eigen", "eigen", words), question_set("ander", "ander", words[::-1])
    crossed = replace(own, name="eigen < vreemd", questions={key: f"vreemd {text}" for key, text in own.questions.items()})
    model = HashEncoder()
    first, second, third = collect([own, other, crossed], model, Background(1, {}))
    assert len(first.answerable) == len(first.far) == 12
    assert {len(one.stretch) for one in first.parts["answerable"]} == {5, 20, 80}
    for one in [*first.answerable, *first.parts["answerable"]]:
        assert one.relevant.sum() == 1
    assert not any(one.relevant.any() for one in first.far + first.parts["far"])
    assert {len(stretch) for stretch, probes in first.probes.items() if len(probes)} == {80, 90}
    assert len(third.far) == 12
    ranker = fitting.fit([first, second], model)
    assert ranker.weights[FEATURES.index("lexical")] > 0
    assert set(fitting._by_size(first, np.ones(len(FEATURES)))[:, 0]) == {np.log(80), np.log(90)}


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


def test_the_threshold_parts_the_kinds_where_it_can_and_refuses_at_most_fifteen_in_a_hundred_answerable_ones() -> None:
    confidence, ones = np.linspace(0.005, 0.995, 100), np.ones(100)
    assert fitting._threshold(confidence, ones, confidence > 0.6, 0.0) == pytest.approx(0.6)
    mixed = np.arange(100) % 2 == 1
    threshold = fitting._threshold(confidence, ones, mixed, 0.0)
    assert 0.1 < (confidence[mixed] < threshold).mean() <= 0.15


def test_of_thresholds_that_gain_nearly_as_much_the_strictest_is_taken() -> None:
    confidence, ones = np.linspace(0.005, 0.995, 100), np.ones(100)
    nearly = fitting._threshold(confidence, ones, confidence > 0.6, 0.06)
    assert 0.6 < nearly < 0.64
