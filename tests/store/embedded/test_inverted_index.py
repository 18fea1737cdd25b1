from collections.abc import Sequence

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat.store.embedded.inverted_index import InvertedIndex, InvertedIndexBuilder
from citaat.text.analysis import Analyzer
from citaat.text.background import idf
from citaat.text.words import content_words, words

TEXTS = [
    "Kernwapens de wereld uit.",
    "De wapenexport wordt streng.",
    "Wij bouwen huizen en scholen.",
    "Huizen, huizen en nog eens huizen.",
    "!?",
]


def built(texts: Sequence[str]) -> InvertedIndex:
    builder = InvertedIndexBuilder()
    for text in texts:
        builder.add(text)
    return builder.build()


def terms_of(text: str) -> list[str]:
    return Analyzer().terms(content_words(words(text)))


def test_a_part_of_a_compound_finds_it() -> None:
    scores = built(TEXTS).scores(dict.fromkeys(terms_of("wapens"), 1.0))
    assert set(np.argsort(-scores)[:2].tolist()) == {0, 1}
    assert (scores > 0).tolist() == [True, True, False, True, False], "wapens ends as eens does"


def test_weights_are_those_of_bm25s() -> None:
    other = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    other.index([terms_of(text) for text in TEXTS], show_progress=False)
    terms = [term for term in dict.fromkeys(terms_of("huizen bouwen")) if term in other.vocab_dict]
    index = built(TEXTS)
    weights = {term: idf(len(TEXTS), held) for term, held in zip(terms, index.document_frequencies(terms).tolist(), strict=True)}
    np.testing.assert_allclose(index.scores(weights), other.get_scores(terms), rtol=1e-5)


def test_terms_are_sorted_and_the_passages_of_each_ascend() -> None:
    index = built(TEXTS)
    assert index.terms.tolist() == sorted({term for text in TEXTS for term in terms_of(text)})
    assert index.starts[0] == 0
    assert index.starts[-1] == len(index.rows) == len(index.weights)
    for term, start, end in zip(index.terms.tolist(), index.starts, index.starts[1:], strict=False):
        assert index.rows[start:end].tolist() == [row for row, text in enumerate(TEXTS) if term in terms_of(text)]
    assert [one.dtype for one in (index.starts, index.rows, index.weights)] == [np.int64, np.int32, np.float32]


def test_how_many_passages_hold_a_term_is_counted_once_a_passage() -> None:
    frequencies = built(TEXTS).document_frequencies(["=huis", "_hui", "aaaa", "zzzz", ""])
    assert frequencies.tolist() == [2, 2, 0, 0, 0]


def test_a_weight_counts_for_the_share_of_its_term() -> None:
    index = built(TEXTS)
    once, twice = (index.scores({"=huis": weight, "=wereld": 0.0}) for weight in (1.0, 2.0))
    np.testing.assert_allclose(twice, 2 * once)
    np.testing.assert_allclose(once, index.saturations(np.arange(5), ["=huis"])[:, 0])
    assert once[3] > once[2] > 0 == once[0]


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    index = built(["de wereld", "de het"])
    assert index.document_frequencies(["=de", "=wereld", "=het"]).tolist() == [1, 1, 1]


@pytest.mark.parametrize("texts", [[], ["", "?!"]])
def test_texts_without_a_word_are_found_by_none(texts: list[str]) -> None:
    index = built(texts)
    assert index.corpus_size == len(texts)
    assert (index.terms.tolist(), index.starts.tolist(), index.rows.tolist(), index.weights.tolist()) == ([], [0], [], [])
    assert index.scores({"=huis": 1.0}).tolist() == [0.0] * len(texts)
    assert index.document_frequencies(["=huis"]).tolist() == [0]
    assert index.saturations(np.arange(len(texts)), ["=huis"]).tolist() == [[0.0]] * len(texts)


@settings(max_examples=40)
@given(st.lists(st.text("ab é.", max_size=20), max_size=6), st.text("ab é.", max_size=20))
def test_a_score_is_the_weighted_sum_of_saturations_below_one(texts: list[str], question: str) -> None:
    index, terms = built(texts), list(dict.fromkeys(terms_of(question)))
    saturations = index.saturations(np.arange(len(texts)), terms)
    assert ((saturations >= 0) & (saturations < 1)).all()
    assert (saturations > 0).tolist() == [[term in terms_of(text) for term in terms] for text in texts]
    weights = np.arange(1.0, len(terms) + 1)
    scores = index.scores(dict(zip(terms, weights.tolist(), strict=True)))
    np.testing.assert_allclose(scores, saturations @ weights, rtol=1e-6)
