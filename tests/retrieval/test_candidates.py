from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from citaat.domain import FloatVector
from citaat.errors import NotFoundError
from citaat.retrieval import candidates, model, ranking
from citaat.retrieval.candidates import CANDIDATES, FEATURES, CandidateSearch, QueryPipeline
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.protocol import EVERYTHING
from citaat.text.analysis import Analyzer
from citaat.text.background import BACKGROUND_PASSAGES, Background, idf
from citaat.text.language import Language
from citaat.text.normalise import content_hash
from tests.fakes import HashEncoder, fake_model, loose_dataclasses, stored
from tests.retrieval.asking import pipeline, query

PARAGRAPHS = ["Kernwapens gaan weg.", "Huizen worden gebouwd. Scholen ook.", "Kernwapens gaan weg.", "De zorg blijft."]
NOTHING = Background(0, {})
PASSAGE, SENTENCE, LEXICAL = range(3)
CATALOGUE = '["a.txt"]\npublisher = "VVD"\n'
LANGUAGES: tuple[Language | None, ...] = ("nl", "en", None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with stored(tmp_path_factory.mktemp("few"), {"a.txt": "\n\n".join(PARAGRAPHS), "b.txt": "De huur daalt."}) as opened:
        yield opened


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """Beyond what one search contributes: 130 passages on peace, then 20 on rent, then 30 in English on rent and schools."""
    peace = "\n\n".join(f"Vrede vrede vrede punt {number}." for number in range(130))
    rent = "\n\n".join(f"Over nummer {number} en de huur van het huis." for number in range(20))
    english = "\n\n".join(f"The huur of the schools is number {number}." for number in range(30))
    texts = {"a.txt": peace, "b.txt": rent, "c.txt": english, "sources.toml": '["c.txt"]\nlanguage = "en"\n'}
    with stored(tmp_path_factory.mktemp("many"), texts) as opened:
        yield opened


def search(store: EmbeddedStore, background: Background = NOTHING) -> CandidateSearch:
    return CandidateSearch(store, background)


def lexical(asking: QueryPipeline, question: str) -> FloatVector:
    """The lexical feature of each candidate."""
    (asked,) = asking.plain_queries([question])
    return asking.search.candidates(asked).features.values[:, LEXICAL]


def test_the_features_are_in_their_order() -> None:
    assert (FEATURES[PASSAGE], FEATURES[SENTENCE], FEATURES[LEXICAL]) == ("passage", "sentence", "lexical")


def test_cosines_are_those_of_the_passage_and_of_its_closest_sentence(store: EmbeddedStore) -> None:
    encoder = HashEncoder()
    asked = query("Scholen ook.")
    found = search(store).candidates(replace(asked, documents=frozenset(["a"])))
    np.testing.assert_array_equal(found.rows, range(4))
    expected = encoder.encode(PARAGRAPHS, "passage").vectors @ asked.vector
    np.testing.assert_allclose(found.features.values[:, PASSAGE], expected, atol=1e-6)
    sentences = encoder.encode(["Huizen worden gebouwd.", "Scholen ook."], "passage").vectors @ asked.vector
    assert found.features.values[1, SENTENCE] == pytest.approx(sentences.max(), abs=1e-3)
    np.testing.assert_allclose(found.features.values[[0, 2, 3], SENTENCE], expected[[0, 2, 3]], atol=1e-3)
    assert found.features.values.dtype == np.float32


def test_the_lexical_feature_is_the_share_of_the_best_score_that_the_question_allows(store: EmbeddedStore) -> None:
    terms = Analyzer().terms(["kernwapens", "fabriek"])
    shares = search(store).weights(terms)
    found = search(store).candidates(query("iets", ["kernwapens", "fabriek"]))
    saturations = store.fetch(found.rows, list(shares)).saturations
    np.testing.assert_allclose(found.features.values[:, LEXICAL], saturations @ list(shares.values()), rtol=1e-6)
    assert 0 < found.features.values[0, LEXICAL] < 0.5


def test_equal_passages_have_equal_features(store: EmbeddedStore) -> None:
    (asked,) = pipeline(store).plain_queries(["Gaan kernwapens weg?"])
    values = search(store).candidates(asked).features.values
    np.testing.assert_array_equal(values[0], values[2])
    assert (values[0] > values[3]).all()


def test_many_equal_passages_have_equal_features(tmp_path: Path) -> None:
    """BLAS may score two equal rows differently, the last ones of many as a rule."""
    with stored(tmp_path, {"a.txt": "\n\n".join(["De huur van een woning daalt. Dat is goed."] * 131)}) as store:
        for word in "huur woning zorg arts school leraar trein spoor leger vrede boer akker".split():
            values = search(store).with_features(query(word, ["huur", "woning", word]), range(131)).features.values
            assert len(np.unique(values, axis=0)) == 1


def test_a_weight_is_the_share_of_a_terms_idf_times_how_often_it_is_asked(store: EmbeddedStore) -> None:
    background = Background(100, {"=x": 10})
    weights = search(store, background).weights(["=x", "=kernwap", "=x", "=niet"])
    held = store.document_frequencies(["=kernwap"])[0]
    size = len(store) + BACKGROUND_PASSAGES
    expected = {"=x": 2 * idf(size, BACKGROUND_PASSAGES / 10), "=kernwap": idf(size, held), "=niet": idf(size, 0)}
    assert list(weights) == list(expected)
    assert list(weights.values()) == pytest.approx([one / sum(expected.values()) for one in expected.values()])
    assert search(store).weights([]) == {}


def test_only_passages_of_the_documents_that_are_asked_are_found(store: EmbeddedStore) -> None:
    asked = replace(query("kernwapens"), documents=frozenset(["b"]))
    assert search(store).candidates(asked).rows.tolist() == [4]
    others, without = replace(asked, documents=frozenset(["a"])), content_hash("Kernwapens gaan weg.")
    assert search(store).candidates(others, without).rows.tolist() == [1, 3]
    assert search(store).candidates(replace(asked, documents=None)).rows.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(NotFoundError):
        search(store).candidates(replace(asked, documents=frozenset(["elders"])))


def test_what_was_searched_are_the_passages_of_the_documents_that_are_asked(large: EmbeddedStore) -> None:
    asked = query("vrede", ["vrede"])
    sizes = [
        search(large).candidates(asked).features.searched,
        search(large).candidates(replace(asked, documents=frozenset(["b"]))).features.searched,
        search(large).with_features(asked, [0, 1]).features.searched,
        search(large).with_features(replace(asked, documents=frozenset(["a", "c"])), [0, 1]).features.searched,
    ]
    assert sizes == [180, 20, 180, 160]


def test_no_passages_have_no_features(store: EmbeddedStore) -> None:
    found = search(store).candidates(replace(query("vrede", ["vrede"], ["peace"], "nl"), documents=frozenset()))
    assert found.rows.tolist() == []
    assert found.features.values.shape == (0, 3)
    assert (found.features.cross_lingual.shape, found.features.searched) == ((0,), 0)


def test_beyond_a_hundred_passages_both_searches_contribute(large: EmbeddedStore) -> None:
    asked = query("Vrede vrede vrede punt", ["huur"])
    near = large.nearest(asked.vector, CANDIDATES, EVERYTHING)
    match = large.matching(search(large).weights(asked.terms), CANDIDATES, EVERYTHING)
    assert (len(near), near.max() < 130, match.tolist()) == (100, True, [*range(130, 180)])
    found = search(large).candidates(asked)
    assert found.rows.tolist() == [*near.tolist(), *range(130, 180)]
    assert (found.features.values[-50:, LEXICAL] > 0).all()


def test_each_search_contributes_a_hundred(large: EmbeddedStore) -> None:
    asked = query("huur", ["vrede"])
    found = set(search(large).candidates(asked).rows.tolist())
    near = set(large.nearest(asked.vector, CANDIDATES, EVERYTHING).tolist())
    assert near < found
    assert len(near) == CANDIDATES == 100
    match = large.matching(search(large).weights(asked.terms), CANDIDATES, EVERYTHING)
    assert match.tolist() == [*range(100)], "all score alike, so the first hundred"
    assert found == near | set(range(100))


def test_a_filter_holds_for_both_searches(large: EmbeddedStore) -> None:
    asked = replace(query("Vrede vrede vrede punt", ["huur"], ["schools"], "nl"), documents=frozenset(["b", "c"]))
    assert search(large).candidates(asked).rows.tolist() == [*range(130, 180)]
    assert search(large).candidates(replace(asked, documents=frozenset(["b"]))).rows.tolist() == [*range(130, 150)]
    without = content_hash("The huur of the schools is number 3.")
    found = search(large).candidates(replace(asked, documents=frozenset(["a", "c"])), without).rows.tolist()
    assert 153 not in found
    assert set(found) - set(range(130)) == set(range(150, 180)) - {153}


def test_translated_words_are_sought_in_documents_in_the_other_language(large: EmbeddedStore) -> None:
    rows = {}
    for language in LANGUAGES:
        asked = query("Vrede vrede vrede punt", [], ["huur"], language)
        rows[language] = set(search(large).candidates(asked).rows.tolist()) - set(range(130))
    assert rows == {"nl": set(range(150, 180)), "en": set(range(130, 150)), None: set()}


@pytest.mark.parametrize(
    ("language", "expected"), [("nl", [False, False, True]), ("en", [False, True, False]), (None, [False] * 3)]
)
def test_a_passage_is_cross_lingual_if_its_document_is_in_another_language(
    large: EmbeddedStore, language: Language | None, expected: list[bool]
) -> None:
    """Of the first document the language cannot be told."""
    found = search(large).with_features(query("huur", [], [], language), [0, 130, 150])
    assert found.features.cross_lingual.tolist() == expected


def test_the_better_of_both_languages_counts_in_the_other_one_alone(large: EmbeddedStore) -> None:
    own, foreign = (search(large).with_features(query("x", words), [130, 150]) for words in (["huur"], ["schools"]))
    both = search(large).with_features(query("x", ["huur"], ["schools"], "nl"), [130, 150]).features.values[:, LEXICAL]
    assert both[0] == own.features.values[0, LEXICAL]
    assert both[1] == max(own.features.values[1, LEXICAL], foreign.features.values[1, LEXICAL])
    turned = search(large).with_features(query("x", ["schools"], ["huur"], "nl"), [150]).features.values[0, LEXICAL]
    assert turned == both[1]
    alone = search(large).with_features(query("x", ["schools"], ["huur"], "nl"), [130]).features.values[0, LEXICAL]
    assert alone == 0


def test_a_question_finds_the_words_of_a_text_in_the_other_language(tmp_path: Path) -> None:
    text = "De huizen moeten beter. De scholen blijven.\n\nHet dorp wordt niet groter en de bus rijdt."
    with stored(tmp_path, {"a.txt": text}) as store:
        with_words, without = pipeline(store, [("bus", "auto"), ("school", "scholen")]), pipeline(store)
        known, unknown = (lexical(one, "What will become of the schools?") for one in (with_words, without))
        (dutch,) = with_words.plain_queries(["Wat gebeurt er met de school in het dorp?"])
    assert known.argmax() == 0
    assert known[0] > 1.5 * unknown[0]
    assert dutch.translated == ()


def test_rows_are_described_in_the_order_they_are_given(large: EmbeddedStore) -> None:
    asked = query("huur", ["huur"])
    together = search(large).with_features(asked, np.array([3, 140, 170]))
    assert together.rows.tolist() == [3, 140, 170]
    for place, row in enumerate([3, 140, 170]):
        alone = search(large).with_features(asked, [row])
        np.testing.assert_array_equal(together.features.values[place], alone.features.values[0])
    assert together.fetched.documents.tolist() == [0, 1, 2]


def test_texts_become_queries_by_one_call_of_the_encoder(tmp_path: Path) -> None:
    encoder = HashEncoder()
    with stored(tmp_path, {"a.txt": "De huur daalt."}) as store:
        found = fake_model(encoder).pipeline(store).plain_queries(["Daalt de huur?", "Blijft de zorg?"])
    assert encoder.encoded == ["Daalt de huur?", "Blijft de zorg?"]
    assert [one.text for one in found] == encoder.encoded
    np.testing.assert_array_equal(found[1].vector, HashEncoder().encode(["Blijft de zorg?"], "question").vectors[0])


def test_what_retrieval_passes_on_cannot_be_changed() -> None:
    assert loose_dataclasses(candidates, model, ranking) == []


def test_no_publishers_are_sought_in_a_plain_query(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur daalt.", "b.txt": "De zorg blijft.", "sources.toml": CATALOGUE}) as store:
        (found,) = fake_model().pipeline(store).plain_queries(["Wat wil de VVD met de huur?"])
        assert store.document("a").source.publisher == "VVD"
    assert (found.documents, found.publishers, found.alternative) == (None, (), None)
    assert found.text == "Wat wil de VVD met de huur?"


def test_a_pipeline_searches_its_store(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur daalt."}) as store:
        found = fake_model().pipeline(store)
        assert found.store is found.search.store is store
