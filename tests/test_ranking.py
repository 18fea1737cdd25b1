import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from citaat import indexing
from citaat.errors import InputError
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.ranking import Ranker
from citaat.retrieval.search import FEATURES, Search, _best
from citaat.store.store import Store
from citaat.text.lexicon import Analyzer, Background
from citaat.text.translation import Translations
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import HashEncoder

PARAGRAPHS = ["Kernwapens gaan weg.", "Huizen worden gebouwd. Scholen ook.", "Kernwapens gaan weg.", "De zorg blijft."]


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Search]:
    (tmp_path / "a.txt").write_text("\n\n".join(PARAGRAPHS))
    indexing.index([tmp_path / "a.txt"], tmp_path / "store", HashEncoder())
    with Store.open(tmp_path / "store") as store:
        yield Search(store, HashEncoder(), Background(0, {}))


def test_features_equal_those_of_a_search_by_hand(search: Search) -> None:
    model = HashEncoder()
    question = model.encode(["Scholen ook."], "question")[0]
    found = search.candidates(search.query("Scholen ook."))
    expected = [float(model.encode([text], "passage")[0] @ question) for text in PARAGRAPHS]
    np.testing.assert_array_equal(found.rows, range(4))
    np.testing.assert_allclose(found.features[:, FEATURES.index("passage")], expected, atol=1e-6)
    assert found.features[1, FEATURES.index("sentence")] == pytest.approx(1, abs=1e-3)


def test_equal_passages_score_the_same_and_the_first_comes_first(search: Search) -> None:
    found = search.candidates(search.query("kernwapens"))
    confidence = Ranker((1, 1, 1), 0, 0, 0, 0.5, 0.5, 0.5, "").confidence(found)
    assert confidence[0] == confidence[2]
    assert np.argsort(-confidence, kind="stable")[:2].tolist() == [0, 2]


def test_only_allowed_passages_are_found(search: Search) -> None:
    found = search.candidates(search.query("kernwapens"), np.array([False, True, True, False]))
    np.testing.assert_array_equal(found.rows, [1, 2])


def test_the_sentence_that_answers_is_highlighted(search: Search) -> None:
    (span,) = Highlighter(search).highlights(1, search.store.passage(1), search.query("Scholen ook?"))
    _, passage = search.store.passage(1)
    assert span == passage.sentences[1]


def test_a_run_in_heading_is_never_all_that_is_highlighted(search: Search) -> None:
    _, passage = search.store.passage(1)
    assert passage.run_in == passage.sentences[0]
    assert Highlighter(search).highlights(1, search.store.passage(1), search.query("Huizen worden gebouwd?")) == passage.sentences


@settings(max_examples=200)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, -1.0]), min_size=1, max_size=40), st.integers(1, 40))
def test_the_best_are_those_of_a_stable_sort(scores: list[float], count: int) -> None:
    array = np.array(scores, np.float32)
    np.testing.assert_array_equal(_best(array, count), np.sort(np.argsort(-array, kind="stable")[:count]))


def test_a_ranker_is_saved_as_it_was(tmp_path: Path) -> None:
    ranker = Ranker((1.5, 0.5, 3.0), -0.3, -3.0, 1.5, 0.2, 0.15, 0.1, "abc")
    ranker.save(tmp_path / "ranker.json")
    assert Ranker.load(tmp_path / "ranker.json") == ranker


def test_a_broken_ranker_and_one_of_other_features_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "ranker.json"
    Ranker((1.5, 0.5, 3.0), -0.3, -3.0, 1.5, 0.2, 0.15, 0.1, "abc").save(file)
    rows = json.loads(file.read_text())
    for weights in ({"passage": 1}, rows["weights"] | {"words": 1.0}):
        file.write_text(json.dumps(rows | {"weights": weights}))
        with pytest.raises(InputError, match="no ranker"):
            Ranker.load(file)


def test_a_passage_in_another_language_has_a_threshold_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "dutch.txt").write_text("De kernwapens moeten de wereld uit en het leger wordt niet groter.")
    (tmp_path / "english.txt").write_text("The nuclear weapons have to go and the army will not be larger.")
    indexing.index([tmp_path], tmp_path / "store", HashEncoder())
    ranker = Ranker((1, 1, 1), 0, 0, 0, 0.5, 0.5, 0.1, "")
    with Store.open(tmp_path / "store") as store:
        search = Search(store, HashEncoder(), Background(0, {}))
        for question, expected in (
            ("What does the party think of the army?", [0.1, 0.5]),
            ("Wat vindt de partij van het leger?", [0.5, 0.1]),
            ("army", [0.5, 0.5]),
        ):
            assert ranker.thresholds(search.candidates(search.query(question))).tolist() == expected


def test_a_question_finds_the_words_of_a_text_in_the_other_language(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("De huizen moeten beter. De scholen blijven.\n\nHet dorp wordt niet groter en de bus rijdt.")
    indexing.index([tmp_path / "a.txt"], tmp_path / "store", HashEncoder())
    known = Background(0, {}, Translations([("bus", "auto"), ("school", "scholen")]))
    with Store.open(tmp_path / "store") as store:
        with_words, without = (Search(store, HashEncoder(), one) for one in (known, Background(0, {})))
        question = "What will become of the schools?"
        assert int(np.argmax(with_words.lexical(with_words.query(question)))) == 0
        assert with_words.lexical(with_words.query(question))[0] > 1.5 * without.lexical(without.query(question))[0]
        assert with_words.query("Wat gebeurt er met de school in het dorp?").translated == []
        second = store.passage(0)[1].sentences[1]
        assert second in Highlighter(with_words).highlights(0, store.passage(0), with_words.query(question))


def test_an_english_word_in_an_english_question_is_no_typing_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Het pensioen van de arbeider blijft en wordt niet lager.")
    indexing.index([tmp_path / "a.txt"], tmp_path / "store", HashEncoder())
    with Store.open(tmp_path / "store") as store:
        search = Search(store, HashEncoder(), Background(0, {}, Translations([("pension", "pensioen")])))
        assert search.query("What of the pension?").terms == Analyzer().terms("pension")
        assert search.query("What of the penzion?").terms == Analyzer().terms("penzion")
        assert search.query("Wat van de pension?").terms == Analyzer().terms("pensioen")
