"""Confidence that fits the library, found by asking it its own sentences: no labels are needed.

Among texts on one subject a passage that does not answer scores higher than among texts on many. So scores are normalised
as in speaker verification, by what impostors reach (zero normalisation, Auckenthaler et al. 2000, doi
10.1006/dspr.1999.0360): sentences of the library in the passages that they do not stand in. Only the location is shifted, by
the impostor level; scores are not divided by the impostors' spread.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, Span
from citaat.errors import StoreError
from citaat.retrieval.candidates import FEATURES, QueryPipeline
from citaat.retrieval.ranker import Ranker, probability
from citaat.store.protocol import Store
from citaat.text.normalise import content_hash, plain

FEWEST = 50
"""A library of fewer passages with a usable sentence is not calibrated: its threshold is that of small ones."""
_MOST = 200
"""Sentences that are asked."""
_LENGTHS = range(30, 250)
"""Characters of a sentence that is asked."""
_CLOSEST = 10
"""Passages that are kept of each of the two searches for a sentence."""
_QUANTILE = 0.9
_TRUSTED = 0.75
"""How far a library is held to its own sentences rather than to what is expected: they are few, and no questions."""

NO_FEATURES: FloatMatrix = np.empty((0, len(FEATURES)), np.float32)
"""The impostor features of a library that is too small to be calibrated."""


def impostor_features(pipeline: QueryPipeline) -> FloatMatrix:
    """The features of the passages closest to at most 200 of a library's own sentences, those that hold it left out.

    Returns:
        float32 [sentences * 20, 3], twenty rows a sentence; none where fewer than 50 passages have a sentence to ask.
    """
    store = pipeline.store
    sentences = _sentences(store) if len(store) >= FEWEST else {}
    if len(sentences) < FEWEST:
        return NO_FEATURES
    queries = pipeline.plain_queries(list(sentences.values()))
    own = [content_hash(store.quote(row)) for row in sentences]
    found = [pipeline.search.candidates(query, without) for query, without in zip(queries, own, strict=True)]
    return np.concatenate([_closest(one.features.values) for one in found])


def _sentences(store: Store) -> dict[int, str]:
    """A sentence of each of at most 200 passages, by row."""
    random = np.random.default_rng(0)
    found: dict[int, str] = {}
    for row in random.permutation(len(store)).tolist():
        passage = store.passage(row)
        texts = [store.text(passage.document, one.start, one.end) for one in passage.sentences]
        if asked := [one for text in texts if len(one := plain(text, Span(0, len(text)))) in _LENGTHS]:
            found[row] = asked[int(random.integers(len(asked)))]
        if len(found) == _MOST:
            break
    return found


def _closest(found: FloatMatrix) -> FloatMatrix:
    """The best candidates by vector and by word, padded to twenty rows with -1, which is lower than any score."""
    closest = np.full((2 * _CLOSEST, len(FEATURES)), -1, np.float32)
    kept = np.union1d(*(np.argsort(-found[:, FEATURES.index(name)])[:_CLOSEST] for name in ("passage", "lexical")))
    closest[: len(kept)] = found[kept]
    return closest


def impostor_level(features: FloatMatrix, weights: NDArray[np.float64]) -> float:
    """The score that one in ten of the library's sentences exceeds in passages that it does not stand in."""
    scores = features.astype(np.float64) @ weights
    return float(np.quantile(scores.reshape(-1, 2 * _CLOSEST).max(axis=1), _QUANTILE))


def shrunk(found: float, expected: float) -> float:
    """What is taken for the impostor level: what was found, shrunk towards what is expected."""
    return expected + _TRUSTED * (found - expected)


def calibrated(ranker: Ranker, features: FloatMatrix, corpus_size: int) -> Ranker:
    """The ranker for one library: with its bias fitted to it, or, where that cannot be, with the threshold of small ones.

    The threshold of passages in another language than the question moves along with the bias, so that the same scores
    reach it as before: sentences of the library's own language tell nothing of what questions in another one reach.

    Raises:
        StoreError: the impostor features are others than the ranker's.
    """
    if not len(features):
        return replace(ranker, threshold=ranker.small_threshold)
    if features.shape[1] != len(FEATURES):
        raise StoreError(
            "The index was fitted to another ranking than that of this version. Run: citaat index", code="store-stale"
        )
    expected = ranker.expected_impostor_level(corpus_size)
    shift = expected - shrunk(impostor_level(features, np.array(ranker.weights)), expected)
    log_odds = np.log(ranker.cross_lingual_threshold / (1 - ranker.cross_lingual_threshold)) + shift
    return replace(ranker, bias=ranker.bias + shift, cross_lingual_threshold=float(probability(log_odds)))
