"""The logistic model that makes a score and a calibrated confidence of a candidate's features."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.retrieval.candidates import FEATURES, Features

_NAMES = {
    "log_size_weight": "size", "bias": "bias", "impostor_intercept": "chance", "threshold": "threshold",
    "small_threshold": "small_threshold", "cross_lingual_threshold": "foreign_threshold",
}  # fmt: skip
"""What the attributes are called in ranker.json."""


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic function, elementwise."""
    return 1 / (1 + np.exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Ranker:
    """A logistic model over FEATURES: it ranks, and its probability is the confidence that a reader sees.

    Attributes:
        weights: one a feature, none negative.
        log_size_weight: of the ln of how many passages are searched: among more, one that only seems to answer comes closer.
        bias: the log-odds of a candidate whose features are all 0 in a library of one passage.
        impostor_intercept: the impostor level that is expected of a library of one passage (see `calibration`).
        threshold: the confidence below which nothing is quoted.
        small_threshold: the same in a library too small to be calibrated (see `calibration`).
        cross_lingual_threshold: the same for passages in another language than the question: their words tell less for them.
        encoder: the fingerprint of the encoder whose cosines it was fitted on.
    """

    weights: tuple[float, ...]
    log_size_weight: float
    bias: float
    impostor_intercept: float
    threshold: float
    small_threshold: float
    cross_lingual_threshold: float
    encoder: str

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """The ranker in a file; InputError if it is missing or is none."""
        try:
            rows = json.loads(path.read_text("utf-8"))
            if set(rows["weights"]) != set(FEATURES):
                raise ValueError("weights of other features")
            weights = tuple(float(rows["weights"][feature]) for feature in FEATURES)
            found = cls(weights, **{name: float(rows[key]) for name, key in _NAMES.items()}, encoder=str(rows["encoder"]))
            if not all(0 < one < 1 for one in (found.threshold, found.small_threshold, found.cross_lingual_threshold)):
                raise ValueError("a threshold that is no probability")
            return found
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is missing or is no ranker of this version. Run: citaat train --out {path.parent} --sets SET...",
                code="unknown-model",
            ) from None

    def save(self, path: Path) -> None:
        rows = {"weights": dict(zip(FEATURES, self.weights, strict=True))}
        rows |= {key: getattr(self, name) for name, key in _NAMES.items()} | {"encoder": self.encoder}
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")

    def expected_impostor_level(self, corpus_size: int) -> float:
        """The impostor level of a library, as far as the corpus size tells."""
        return float(self.impostor_intercept - self.log_size_weight * np.log(corpus_size))

    def confidence(self, found: Features) -> NDArray[np.float64]:
        """The probability that each candidate answers; float64 [k]."""
        scores = found.values.astype(np.float64) @ np.array(self.weights)
        return probability(scores + self.log_size_weight * np.log(max(1, found.searched)) + self.bias)
