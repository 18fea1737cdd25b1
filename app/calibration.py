"""What a library's passages score by chance, found by asking it its own sentences: no labels are needed.

Among texts on one subject a passage that does not answer scores higher than among texts on many. So a score is held
against what a sentence of this library reaches in the passages that it does not stand in (zero normalisation, as
Auckenthaler et al. 2000, doi 10.1006/dspr.1999.0360, do with the scores of impostors).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix, Span
from app.passages import plain
from app.ranking import FEATURES, Ranker, Search

FEWEST = 50
"""Passages below which a library is left alone: too few sentences to tell."""
_MOST = 200
"""Sentences that are asked."""
_LENGTHS = range(30, 250)
"""Characters of a sentence that is asked."""
_CLOSEST = 10
"""Passages that are kept of each of the two searches for a sentence."""
_QUANTILE = 0.9
_NOTHING = -1.0


def probe(search: Search, allowed: NDArray[np.bool_] | None = None) -> FloatMatrix:
    """The features of the passages closest to at most 200 of a library's own sentences, their own passages left out.

    Args:
        allowed: bool [n], the passages that stand for the library; None for all.

    Returns:
        float32 [sentences * 20, 4], twenty rows a sentence; none of a library of fewer than 50 passages.
    """
    store = search.store
    allowed = np.ones(len(store), np.bool_) if allowed is None else allowed
    rows = np.flatnonzero(allowed)
    if len(rows) < FEWEST:
        return np.empty((0, len(FEATURES)), np.float32)
    random = np.random.default_rng(0)
    probes = []
    for row in np.sort(random.choice(rows, min(len(rows), _MOST), replace=False)):
        document, passage = store.passage(int(row))
        texts = [store.text(document, one.start, one.end) for one in passage.sentences]
        texts = [plain(text, Span(0, len(text))) for text in texts]
        fitting = [text for text in texts if len(text) in _LENGTHS]
        if fitting:
            others = allowed.copy()
            others[row] = False
            found = search.candidates(search.query(fitting[int(random.integers(len(fitting)))]), others).features
            closest = np.full((2 * _CLOSEST, len(FEATURES)), _NOTHING, np.float32)
            by_meaning, by_word = (np.argsort(-found[:, FEATURES.index(name)])[:_CLOSEST] for name in ("passage", "lexical"))
            kept = np.union1d(by_meaning, by_word)
            closest[: len(kept)] = found[kept]
            probes.append(closest)
    return np.concatenate(probes) if probes else np.empty((0, len(FEATURES)), np.float32)


def chance(probes: FloatMatrix, weights: NDArray[np.float64]) -> float:
    """The weighted score that one in ten of the library's sentences exceeds in passages that it does not stand in."""
    scores = probes.astype(np.float64) @ weights
    return float(np.quantile(scores.reshape(-1, 2 * _CLOSEST).max(axis=1), _QUANTILE))


def shift(ranker: Ranker, probes: FloatMatrix, among: int) -> float:
    """What a library's own scores add to the log-odds of every answer: 0 for one that was left alone.

    Args:
        among: how many passages it has.
    """
    return ranker.usual_chance(among) - chance(probes, np.array(ranker.weights)) if len(probes) else 0.0


def calibrated(ranker: Ranker, probes: FloatMatrix, among: int) -> Ranker:
    """The ranker with the one parameter that is the library's, its bias, fitted to it."""
    return replace(ranker, bias=ranker.bias + shift(ranker, probes, among))
