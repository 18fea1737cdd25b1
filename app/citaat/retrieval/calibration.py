"""What a library's passages score by chance, found by asking it its own sentences: no labels are needed.

Among texts on one subject a passage that does not answer scores higher than among texts on many. So a score is held
against what a sentence of this library reaches in the passages that it does not stand in (zero normalisation, as
Auckenthaler et al. 2000, doi 10.1006/dspr.1999.0360, do with the scores of impostors).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, Span
from citaat.retrieval.ranking import Ranker, probability
from citaat.retrieval.search import FEATURES, Search
from citaat.segmentation.passages import plain

FEWEST = 50
"""Passages with a sentence to ask, below which a library keeps the confidences of all, and has the threshold of small ones."""
_MOST = 200
"""Sentences that are asked."""
_LENGTHS = range(30, 250)
"""Characters of a sentence that is asked."""
_CLOSEST = 10
"""Passages that are kept of each of the two searches for a sentence."""
_QUANTILE = 0.9
_NOTHING = -1.0
_TRUSTED = 0.75
"""How far a library is held to its own sentences rather than to what is usual: they are few, and no questions."""


def probe(search: Search) -> FloatMatrix:
    """The features of the passages closest to at most 200 of a library's own sentences, those that hold it left out.

    Returns:
        float32 [sentences * 20, 3], twenty rows a sentence; none where fewer than 50 passages have a sentence to ask.
    """
    store = search.store
    random = np.random.default_rng(0)
    contents = store.passages["content"]
    probes: list[FloatMatrix] = []
    for row in random.permutation(len(store)).tolist() if len(store) >= FEWEST else []:
        document, passage = store.passage(row)
        texts = [store.text(document, one.start, one.end) for one in passage.sentences]
        texts = [text for text in (plain(text, Span(0, len(text))) for text in texts) if len(text) in _LENGTHS]
        if texts:
            others = contents != contents[row]
            found = search.candidates(search.query(texts[int(random.integers(len(texts)))]), others).features
            probes.append(_closest(found))
        if len(probes) == _MOST:
            break
    return np.concatenate(probes) if len(probes) >= FEWEST else np.empty((0, len(FEATURES)), np.float32)


def _closest(found: FloatMatrix) -> FloatMatrix:
    """The best candidates by meaning and by word, filled up to twenty rows with what no candidate is below."""
    closest = np.full((2 * _CLOSEST, len(FEATURES)), _NOTHING, np.float32)
    kept = np.union1d(*(np.argsort(-found[:, FEATURES.index(name)])[:_CLOSEST] for name in ("passage", "lexical")))
    closest[: len(kept)] = found[kept]
    return closest


def chance(probes: FloatMatrix, weights: NDArray[np.float64]) -> float:
    """The weighted score that one in ten of the library's sentences exceeds in passages that it does not stand in."""
    scores = probes.astype(np.float64) @ weights
    return float(np.quantile(scores.reshape(-1, 2 * _CLOSEST).max(axis=1), _QUANTILE))


def tempered(found: float, usual: float) -> float:
    """What is taken for chance where `found` was found and `usual` is usual."""
    return usual + _TRUSTED * (found - usual)


def shift(ranker: Ranker, probes: FloatMatrix | None, among: int) -> float:
    """What a library's own scores add to the log-odds of every answer: 0 for one that was left alone.

    Args:
        probes: what `probe` found; None for a library that was indexed before there were any.
        among: how many passages it has.
    """
    if probes is None or not len(probes):
        return 0.0
    usual = ranker.usual_chance(among)
    return usual - tempered(chance(probes, np.array(ranker.weights)), usual)


def calibrated(ranker: Ranker, probes: FloatMatrix | None, among: int) -> Ranker:
    """The ranker for one library: with its bias fitted to it, or, where that cannot be, with the threshold of small ones.

    The threshold of passages in another language than the question moves along with the bias, so that the same scores
    reach it as before: sentences of the library's own language tell nothing of what questions in another one reach.
    """
    if probes is None or not len(probes):
        return replace(ranker, threshold=ranker.small_threshold)
    moved = shift(ranker, probes, among)
    odds = np.log(ranker.foreign_threshold / (1 - ranker.foreign_threshold)) + moved
    return replace(ranker, bias=ranker.bias + moved, foreign_threshold=float(probability(odds)))
