"""The best k of all scores, the tie at the k-th cut in document order."""

import numpy as np
from numpy.typing import NDArray

from citaat.store.protocol import Rows


def top_k(scores: NDArray[np.floating], k: int, allowed: NDArray[np.bool_] | None = None) -> Rows:
    """The rows of the k highest scores among those that are allowed, ascending; of equal scores the first."""
    rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    if len(rows) <= k:
        return rows
    least = np.partition(scores[rows], -k)[-k]
    above, equal = rows[scores[rows] > least], rows[scores[rows] == least]
    return np.sort(np.concatenate([above, equal[: k - len(above)]]))
