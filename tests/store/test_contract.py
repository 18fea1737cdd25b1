"""The contract of `store.protocol.Store`: every store answers as the brute-force reference does, rank by rank."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from citaat.domain import Document, FloatVector, Source
from citaat.encoders.protocol import Encoder
from citaat.errors import GoneError, NotFoundError
from citaat.query.query import Query
from citaat.retrieval import ranking
from citaat.retrieval.candidates import CANDIDATES, CandidateSearch
from citaat.retrieval.ranker import Ranker
from citaat.store.protocol import EVERYTHING, Filter, Store
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.language import Language
from citaat.text.normalise import content_hash
from tests.fakes import HashEncoder
from tests.store.collection import COPIED, EMPTY, SUBJECTS, UNKNOWN, documents
from tests.store.engines import ENGINES
from tests.store.reference import ReferenceStore

COUNT = 431
"""Passages of the collection."""
LIMITS = (1, 7, 50, 100, 120, COUNT, COUNT + 50)
FILTERS = {
    "everything": EVERYTHING,
    "one document": Filter(frozenset(["toeval"])),
    "several documents": Filter(frozenset(["english", "kopieen", EMPTY, "twee"])),
    "an empty document": Filter(frozenset([EMPTY])),
    "no document": Filter(frozenset()),
    "not a text": Filter(without=content_hash(COPIED)),
    "not a text that is nowhere": Filter(without=content_hash(UNKNOWN)),
    "one document but not a text": Filter(frozenset(["kopieen", "paginas"]), content_hash(COPIED)),
}
PRECISE, HALF = 1e-6, 1e-3
"""How far numbers may lie apart, and those of sentences, which a store may keep in half precision."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return HashEncoder()


@pytest.fixture(scope="module")
def reference(encoder: Encoder) -> ReferenceStore:
    return ReferenceStore(documents(), encoder)


@pytest.fixture(scope="module", params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Store]:
    opened = ENGINES[request.param](tmp_path_factory.mktemp(request.param), documents(), encoder)
    yield opened
    opened.close()


@pytest.fixture(params=FILTERS)
def among(request: pytest.FixtureRequest) -> Filter:
    return FILTERS[request.param]


def texts() -> list[str]:
    """What is asked: a text that stands there often, one that stands there twice, chance words, and words that are nowhere."""
    random = np.random.default_rng(3)
    chance = [" ".join(random.choice(SUBJECTS, size)) for size in (1, 2, 4, 8)]
    return [COPIED, "water vrede", *chance, f"{UNKNOWN} kaas", UNKNOWN]


def vectors(encoder: Encoder) -> list[FloatVector]:
    return list(encoder.encode(texts(), "question").vectors)


def weighted_terms() -> list[dict[str, float]]:
    """The terms of what is asked, with weights that no two of them share: equal scores are those of equal passages."""
    random, analyzer = np.random.default_rng(5), Analyzer()
    return [{term: float(random.uniform(0.1, 2)) for term in analyzer.terms(text.lower().split())} for text in texts()]


def test_a_store_holds_what_was_put_in(store: Store, reference: ReferenceStore) -> None:
    assert len(store) == len(reference) == COUNT
    assert list(store.documents()) == list(reference.documents())
    for row in range(COUNT):
        assert store.passage(row) == reference.passage(row)
        assert store.quote(row) == reference.quote(row)


@pytest.mark.parametrize("k", LIMITS)
def test_the_nearest_are_the_nearest(store: Store, reference: ReferenceStore, encoder: Encoder, among: Filter, k: int) -> None:
    for vector in vectors(encoder):
        expected = reference.nearest(vector, k, among)
        assert len(expected) == min(k, reference.count(among))
        found = store.nearest(vector, k, among)
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("k", LIMITS)
def test_the_best_by_word_are_the_best_by_word(store: Store, reference: ReferenceStore, among: Filter, k: int) -> None:
    for terms in weighted_terms():
        found = store.matching(terms, k, among)
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, reference.matching(terms, k, among))


@pytest.mark.parametrize("place", [0, 1, 3])
def test_each_rank_is_held_by_the_same_passage(store: Store, reference: ReferenceStore, encoder: Encoder, place: int) -> None:
    vector, terms = vectors(encoder)[place], weighted_terms()[place]
    near, match = reference.cosines(vector), reference.scores(terms)
    by_vector = sorted(range(COUNT), key=lambda row: (-near[row], row))
    by_word = sorted((row for row in range(COUNT) if match[row] > 0), key=lambda row: (-match[row], row))
    for k in range(1, CANDIDATES + 20):
        assert store.nearest(vector, k, EVERYTHING).tolist() == sorted(by_vector[:k])
        assert store.matching(terms, k, EVERYTHING).tolist() == sorted(by_word[:k])


def test_the_collection_has_equal_scores_at_the_cut(reference: ReferenceStore, encoder: Encoder) -> None:
    """Or the tests above would not tell how ties are cut."""
    cosines = sorted(reference.cosines(vectors(encoder)[0]), reverse=True)
    scores = sorted(reference.scores(weighted_terms()[0]), reverse=True)
    assert cosines[6] == cosines[7] == cosines[49] == cosines[50]
    assert scores[6] == scores[7] == scores[49] == scores[50] > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_of_passages_that_are_all_alike_the_first_are_found(engine: str, tmp_path: Path, encoder: Encoder) -> None:
    """BLAS may score two equal rows differently, the last ones of many as a rule."""
    opened = ENGINES[engine](tmp_path / engine, [Document("gelijk", "\n\n".join([COPIED] * 131), Source("Gelijk"))], encoder)
    for vector, terms in zip(encoder.encode(SUBJECTS, "question").vectors, weighted_terms() * 5, strict=False):
        for k in (1, 100, 130):
            assert opened.nearest(vector, k, EVERYTHING).tolist() == [*range(k)]
            assert opened.matching(terms, k, EVERYTHING).tolist() in ([*range(k)], [])
    opened.close()


def test_nothing_matches_terms_that_no_passage_holds_or_no_terms(store: Store) -> None:
    assert len(store.matching({UNKNOWN: 1.0}, 10, EVERYTHING)) == 0
    assert len(store.matching({}, 10, EVERYTHING)) == 0


@pytest.mark.parametrize("terms", [(), ("=huur", "_hui", UNKNOWN, "=vred", "=huur")])
@pytest.mark.parametrize("rows", [[], [0], [430, 3, 250, 3], list(range(COUNT))], ids=len)
def test_what_is_fetched_of_rows_comes_in_their_order(
    store: Store, reference: ReferenceStore, rows: list[int], terms: tuple[str, ...]
) -> None:
    found, expected = (one.fetch(np.array(rows, np.int64), terms) for one in (store, reference))
    for name, tolerance in (("vectors", PRECISE), ("sentence_vectors", HALF), ("saturations", PRECISE)):
        assert getattr(found, name).shape == getattr(expected, name).shape
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=tolerance)
    for name in ("rows", "documents", "sentence_starts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert [one.dtype for one in astuple(found)] == [np.int64, np.int64, np.float32, np.float32, np.int64, np.float64]


def test_the_sentences_of_a_row_are_those_of_its_passage(store: Store, encoder: Encoder) -> None:
    rows = [430, 111, 0]
    found = store.fetch(np.array(rows))
    for place, row in enumerate(rows):
        passage = store.passage(row)
        texts = [store.text(passage.document, one.start, one.end) for one in passage.sentences]
        np.testing.assert_allclose(found.sentences_of(place), encoder.encode(texts, "passage").vectors, atol=HALF)


def test_document_frequencies_are_those_of_the_collection(store: Store, reference: ReferenceStore) -> None:
    terms = [*(Analyzer().stem(word) for word in SUBJECTS), "_huu", UNKNOWN, ""]
    found = store.document_frequencies(terms)
    np.testing.assert_array_equal(found, reference.document_frequencies(terms))
    assert found.dtype == np.int64
    assert len(store.document_frequencies([])) == 0


def test_a_document_and_its_passages_are_found_by_id(store: Store, reference: ReferenceStore) -> None:
    for document in reference.documents():
        assert store.document(document.id) == document
        np.testing.assert_array_equal(store.rows_of(document.id), reference.rows_of(document.id))
    for row in range(COUNT):
        assert store.row_of(store.passage(row).id) == row


def test_a_document_that_is_not_there_is_named_nowhere(store: Store, encoder: Encoder) -> None:
    nowhere, vector = Filter(frozenset(["toeval", "elders"])), vectors(encoder)[0]
    for call in (
        lambda: store.nearest(vector, 3, nowhere), lambda: store.matching({}, 3, nowhere),
        lambda: store.document("elders"), lambda: store.rows_of("elders"), lambda: store.text("elders"),
        lambda: store.row_of("elders/000000000000"), lambda: store.row_of("000000000000"),
    ):  # fmt: skip
        with pytest.raises(NotFoundError) as error:
            call()
        assert not isinstance(error.value, GoneError)


@pytest.mark.parametrize("rest", ["000000000000", "", "geen getal", "0x0000000000", "-00000000001", "1" * 13])
def test_a_passage_that_is_gone_is_told_from_a_document_that_is(store: Store, rest: str) -> None:
    with pytest.raises(GoneError):
        store.row_of(f"toeval/{rest}")


def test_a_passage_id_with_a_nought_before_its_hash_is_another_one(store: Store) -> None:
    document_id, _, fingerprint = store.passage(0).id.partition("/")
    with pytest.raises(GoneError):
        store.row_of(f"{document_id}/0{fingerprint}")


@pytest.mark.parametrize("start", [-5, 0, 3, 20, 10**6])
@pytest.mark.parametrize("end", [None, -1, 0, 3, 11, 10**6])
def test_a_slice_of_a_text_is_clipped_to_it(store: Store, reference: ReferenceStore, start: int, end: int | None) -> None:
    for document in documents():
        assert store.text(document.id) == document.text
        assert store.text(document.id, start, end) == reference.text(document.id, start, end)


def test_a_store_that_was_not_calibrated_has_no_impostor_features(store: Store) -> None:
    assert len(store.impostor_features()) == 0


@pytest.mark.parametrize("language", ["nl", "en", None])
def test_a_question_is_ranked_alike(store: Store, reference: ReferenceStore, encoder: Encoder, language: Language | None) -> None:
    """The confidence at each rank is the reference's, and of passages with one text the first comes first."""
    ranker, background = Ranker((2.0, 1.0, 3.0), -0.2, -1.0, 1.0, 0.5, 0.5, 0.5, ""), Background(0, {})
    for text, vector in zip(texts(), vectors(encoder), strict=True):
        terms = tuple(Analyzer().terms(text.lower().split()))
        query = Query(text, text, language, vector, terms, tuple(Analyzer().terms(["house", "huur"])))
        found, expected = (ranking.rank(query, CandidateSearch(one, background), ranker) for one in (store, reference))
        np.testing.assert_array_equal(found.candidates.rows, expected.candidates.rows)
        np.testing.assert_allclose(found.confidences, expected.confidences, atol=HALF)
        assert (np.diff(expected.confidences[found.order]) < HALF).all()
        copies = [row for row in found.rows.tolist() if store.quote(row) == COPIED]
        assert copies == sorted(copies)
