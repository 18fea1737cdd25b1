"""The weights that put candidates in order and make confidences of their scores."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.retrieval.search import FEATURES, Candidates


def probability(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of log-odds, elementwise."""
    return 1 / (1 + np.exp(-odds))


@dataclass(frozen=True, slots=True)
class Ranker:
    """A logistic model over FEATURES: it ranks, and its probability is the confidence that a reader sees.

    Attributes:
        weights: one a feature, none negative.
        size: what each factor e in the number of passages adds to the log-odds: among more passages, one that only
            seems to answer comes closer.
        bias: the log-odds of a candidate whose features are all 0 in a library of one passage.
        chance: the weighted score that passages reach by chance in a library of one passage (see `calibration`).
        threshold: the confidence below which nothing is quoted.
        small_threshold: the same in a library too small to be fitted to (see `calibration`).
        foreign_threshold: the same for passages in another language than the question: their words tell less for them.
        encoder: the fingerprint of the encoder whose cosines it was fitted on.
    """

    weights: tuple[float, ...]
    size: float
    bias: float
    chance: float
    threshold: float
    small_threshold: float
    foreign_threshold: float
    encoder: str

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """
        Raises:
            InputError: the file is missing or is no ranker.
        """
        try:
            rows = json.loads(path.read_text("utf-8"))
            if set(rows["weights"]) != set(FEATURES):
                raise ValueError("weights of other features")
            weights = tuple(float(rows["weights"][feature]) for feature in FEATURES)
            names = ("size", "bias", "chance", "threshold", "small_threshold", "foreign_threshold")
            size, bias, chance, threshold, small, foreign = (float(rows[name]) for name in names)
            if not all(0 < one < 1 for one in (threshold, small, foreign)):
                raise ValueError("a threshold that is no probability")
            return cls(weights, size, bias, chance, threshold, small, foreign, str(rows["encoder"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is missing or is no ranker of this version. Run: citaat train --out {path.parent} --sets SET...",
                code="unknown-model",
            ) from None

    def save(self, path: Path) -> None:
        rows = asdict(self) | {"weights": dict(zip(FEATURES, self.weights, strict=True))}
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")

    def usual_chance(self, among: int) -> float:
        """The weighted score that passages reach by chance, as far as the number of passages tells."""
        return float(self.chance - self.size * np.log(among))

    def confidence(self, found: Candidates) -> NDArray[np.float64]:
        """The probability that each candidate answers; float64 [k]."""
        odds = found.features.astype(np.float64) @ np.array(self.weights) + self.size * np.log(max(1, found.among)) + self.bias
        return probability(odds)

    def thresholds(self, found: Candidates) -> NDArray[np.float64]:
        """The confidence below which each candidate is not quoted; float64 [k]."""
        return np.where(found.foreign, self.foreign_threshold, self.threshold)
