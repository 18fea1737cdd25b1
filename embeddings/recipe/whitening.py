"""The affine map after the mean of the tokens: it takes out what all texts have in common."""

import numpy as np

from citaat.domain import FloatMatrix, FloatVector

_LEAST_VARIANCE = 1e-3
"""As a share of the mean, the variance that an axis is taken to have at least."""


def partial_whitening(vectors: FloatMatrix, power: float) -> tuple[FloatMatrix, FloatVector]:
    """A map that takes the mean of these vectors to 0 and brings their principal axes nearer to one length.

    Whitening (Su et al. 2021, arXiv 2103.15316) for a power of 1; a weaker power keeps more of what the axes tell.

    Args:
        vectors: float32 [n, d].
        power: of its standard deviation that each axis is divided by.

    Returns:
        The weights, float32 [d, d], a row for each axis, and the bias, float32 [d].
    """
    mean = vectors.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((vectors - mean).T))
    deviations = np.maximum(variances, variances.mean() * _LEAST_VARIANCE) ** (power / 2)
    weights = (axes / deviations).T.astype(np.float32)
    return weights, -weights @ mean
