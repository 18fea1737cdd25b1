import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.errors import InputError
from citaat.retrieval import ranking, refusal
from citaat.retrieval.candidates import CandidateSearch, Features
from citaat.retrieval.ranker import Ranker, probability
from citaat.retrieval.ranking import Ranking
from citaat.text.background import Background
from tests.fakes import stored
from tests.retrieval.asking import query

RANKER = Ranker((1.5, 0.5, 3.0), -0.3, -3.0, 1.5, 0.2, 0.15, 0.1, "abc")
TEXTS = {
    "a.txt": "Kernwapens gaan weg.\n\nHuizen worden gebouwd.\n\nKernwapens gaan weg.\n\nDe zorg blijft.",
    "b.txt": "De huur daalt.\n\nKernwapens gaan ooit weg.",
    "c.txt": "Niets van dat alles.",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CandidateSearch]:
    with stored(tmp_path_factory.mktemp("store"), TEXTS) as store:
        yield CandidateSearch(store, Background(0, {}))


def features(values: list[list[float]], cross_lingual: list[bool], searched: int) -> Features:
    return Features(np.array(values, np.float32), np.array(cross_lingual, np.bool_), searched)


def ranked(search: CandidateSearch, *publishers: str, ranker: Ranker = RANKER) -> Ranking:
    groups = tuple(frozenset(one.split()) for one in publishers)
    return ranking.rank(replace(query("Kernwapens gaan weg.", ["kernwapens", "weg"]), publishers=groups), search, ranker)


def test_a_ranker_is_saved_as_it_was(tmp_path: Path) -> None:
    RANKER.save(tmp_path / "ranker.json")
    assert Ranker.load(tmp_path / "ranker.json") == RANKER
    assert (tmp_path / "ranker.json").read_text().startswith('{\n  "weights": {\n    "passage": 1.5,\n')
    assert json.loads((tmp_path / "ranker.json").read_text()) == {
        "weights": {"passage": 1.5, "sentence": 0.5, "lexical": 3.0}, "size": -0.3, "bias": -3.0, "chance": 1.5,
        "threshold": 0.2, "small_threshold": 0.15, "foreign_threshold": 0.1, "encoder": "abc",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"weights": {"passage": 1}}, {"weights": {"passage": 1, "sentence": 1, "lexical": 1, "words": 1.0}}, {"weights": 1},
        {"bias": "much"}, {"bias": None}, {"threshold": 0}, {"threshold": 1}, {"small_threshold": 1.5}, {"foreign_threshold": -1},
        {"threshold": float("nan")},
    ],
)  # fmt: skip
def test_a_broken_ranker_and_one_of_other_features_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    file = tmp_path / "ranker.json"
    RANKER.save(file)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(InputError, match=f"ranker.json is missing or is no ranker.*--out {tmp_path} --sets") as error:
        Ranker.load(file)
    assert error.value.code == "unknown-model"


def test_a_ranker_that_is_missing_or_lacks_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ranker"):
        Ranker.load(tmp_path / "nergens.json")
    for body in ("{", "[]", "{}", '"'):
        (tmp_path / "ranker.json").write_text(body)
        with pytest.raises(InputError, match="no ranker"):
            Ranker.load(tmp_path / "ranker.json")


def test_a_confidence_is_the_logistic_function_of_the_weighted_features_and_the_size() -> None:
    found = features([[0.5, 0.25, 1], [0, 0, 0]], [False, False], 100)
    log_odds = np.array([0.75 + 0.125 + 3, 0]) - 0.3 * np.log(100) - 3
    np.testing.assert_allclose(RANKER.confidence(found), 1 / (1 + np.exp(-log_odds)))
    alone, none = (RANKER.confidence(replace(found, searched=size)) for size in (1, 0))
    np.testing.assert_array_equal(alone, none)
    assert alone[1] == pytest.approx(1 / (1 + np.exp(3)))


def test_among_more_passages_the_same_scores_are_surer_of_less(search: CandidateSearch) -> None:
    asked = query("De huur daalt.", ["huur"])
    everywhere, there = (ranking.rank(one, search, RANKER) for one in (asked, replace(asked, documents=frozenset(["b"]))))
    odds = [np.log(one.confidences.max() / (1 - one.confidences.max())) for one in (everywhere, there)]
    assert odds[1] - odds[0] == pytest.approx(0.3 * np.log(7 / 2), abs=1e-5)


def test_the_impostor_score_that_is_expected_rises_with_the_size() -> None:
    assert RANKER.expected_impostor_level(1) == 1.5
    assert RANKER.expected_impostor_level(100) == pytest.approx(1.5 + 0.3 * np.log(100))


def test_a_passage_in_another_language_has_a_threshold_of_its_own() -> None:
    assert refusal.thresholds(RANKER, features([[0, 0, 0]] * 2, [True, False], 5)).tolist() == [0.1, 0.2]


def test_a_candidate_answers_from_its_threshold_on(search: CandidateSearch) -> None:
    best = ranked(search).confidences.max()
    for threshold, answers in ((best, True), (np.nextafter(best, 1), False)):
        found = ranked(search, ranker=replace(RANKER, threshold=float(threshold)))
        assert found.certainty == (answers, best)
        assert found.answering_rows.tolist() == ([0, 2] if answers else [])


def test_candidates_are_ranked_by_confidence_and_equal_ones_by_document_order(search: CandidateSearch) -> None:
    found = ranked(search)
    confidences = found.confidences[found.order]
    assert (np.diff(confidences) <= 0).all()
    assert found.rows[:3].tolist() == [0, 2, 5]
    assert confidences[0] == confidences[1] > confidences[2]
    assert sorted(found.rows.tolist()) == found.candidates.rows.tolist() == [*range(7)]
    assert found.query.text == "Kernwapens gaan weg."


def test_many_equal_candidates_are_ranked_in_document_order(tmp_path: Path) -> None:
    text = "\n\n".join(["Kernwapens gaan weg.", "De zorg blijft."] * 40)
    with stored(tmp_path, {"a.txt": text}) as store:
        search = CandidateSearch(store, Background(0, {}))
        for publishers in ((), ("a",)):
            assert ranked(search, *publishers).rows.tolist() == [*range(0, 80, 2), *range(1, 80, 2)]


def test_those_that_answer_are_told_best_first(search: CandidateSearch) -> None:
    found = ranked(search)
    threshold = float(found.confidences[5])
    again = ranked(search, ranker=replace(RANKER, threshold=threshold))
    assert again.answering_rows.tolist() == [0, 2, 5]
    assert again.reaches_threshold.tolist() == (found.confidences >= threshold).tolist()


def test_the_best_of_each_publisher_comes_before_all_others(search: CandidateSearch) -> None:
    plain = ranked(search).rows.tolist()
    found = ranked(search, "c", "a b").rows.tolist()
    assert found == [0, 6, *(row for row in plain if row not in (0, 6))]
    assert ranked(search, "b").rows.tolist() == [5, *(row for row in plain if row != 5)]
    assert ranked(search, "a", "elders").rows.tolist() == plain


def test_of_a_publisher_whose_best_passage_is_refused_the_best_that_answers_comes_first(search: CandidateSearch) -> None:
    plain = ranked(search).rows.tolist()
    found = replace(ranked(search, "a b", "c"), reaches_threshold=np.arange(7) == 5)
    assert found.rows.tolist() == [5, 6, *(row for row in plain if row not in (5, 6))]
    assert found.answering_rows.tolist() == [5]


def test_the_reading_that_is_answered_more_surely_counts(search: CandidateSearch) -> None:
    sure, unsure = query("Kernwapens gaan weg.", ["kernwapens"]), query("Iets anders", ["fabriek"])
    assert ranking.rank(replace(unsure, alternative=sure), search, RANKER).query == sure
    assert ranking.rank(replace(sure, alternative=unsure), search, RANKER).query.text == sure.text


def test_of_two_readings_alike_the_first_counts(search: CandidateSearch) -> None:
    asked = query("Kernwapens gaan weg.", ["kernwapens"])
    both = replace(asked, alternative=replace(asked, question="anders"))
    assert ranking.rank(both, search, RANKER).query.question == asked.question


def test_a_reading_that_is_answered_beats_a_surer_one_that_is_not(tmp_path: Path) -> None:
    catalogue = '["a.txt"]\nlanguage = "nl"\n["b.txt"]\nlanguage = "en"\n'
    with stored(tmp_path, {"a.txt": "De huur daalt morgen.", "b.txt": "De zorg blijft.", "sources.toml": catalogue}) as store:
        found = CandidateSearch(store, Background(0, {}))
        surer = replace(query("De huur daalt morgen.", ["huur"], [], "nl"), documents=frozenset(["a"]))
        answered = replace(query("De zorg", [], [], "nl"), documents=frozenset(["b"]))
        ranker = replace(RANKER, threshold=0.99, cross_lingual_threshold=0.001)
        best = ranking.rank(replace(surer, alternative=answered), found, ranker)
        at_any = ranking.rank(replace(surer, alternative=answered), found, ranker, 0.0)
    assert best.query == answered
    assert best.certainty[0]
    assert at_any.query.text == surer.text, "with a confidence that is asked for both are answered"


def test_a_confidence_that_is_asked_for_replaces_the_thresholds(search: CandidateSearch) -> None:
    best = float(ranked(search).confidences.max())
    for least, answering in ((0.0, 7), (best, 2), (1.0, 0)):
        found = ranking.rank(ranked(search).query, search, RANKER, least)
        assert len(found.answering_rows) == answering


def test_where_nothing_is_found_nothing_answers(search: CandidateSearch) -> None:
    found = ranking.rank(replace(query("x"), documents=frozenset()), search, RANKER)
    assert found.certainty == (False, 0.0)
    assert (found.rows.tolist(), found.answering_rows.tolist()) == ([], [])


@given(st.lists(st.floats(-500, 500), max_size=5))
def test_a_probability_rises_with_its_log_odds_and_mirrors_at_a_half(log_odds: list[float]) -> None:
    values = np.sort(np.array(log_odds))
    found = probability(values)
    assert (np.diff(found) >= 0).all()
    np.testing.assert_allclose(found + probability(-values), 1)
