"""Refusal: a passage is quoted if its confidence reaches a threshold; a question of which no passage does is not answered."""

import numpy as np
from numpy.typing import NDArray

from citaat.retrieval.candidates import Features
from citaat.retrieval.ranker import Ranker


def thresholds(ranker: Ranker, found: Features) -> NDArray[np.float64]:
    """The confidence that each candidate has to reach; float64 [k]."""
    return np.where(found.cross_lingual, ranker.cross_lingual_threshold, ranker.threshold)


def reaches_threshold(
    confidences: NDArray[np.float64], found: Features, ranker: Ranker, min_confidence: float | None
) -> NDArray[np.bool_]:
    """Which candidates may be quoted, bool [k]; `min_confidence` replaces the thresholds of the ranker."""
    return confidences >= (thresholds(ranker, found) if min_confidence is None else min_confidence)
