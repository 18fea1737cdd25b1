"""Scores: the weights that put candidates in order and make calibrated confidences of their features."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.query.query import Query
from citaat.retrieval.candidates import FEATURES, Candidates, CandidateSearch, Features
from citaat.store.protocol import Rows

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

    def thresholds(self, found: Features) -> NDArray[np.float64]:
        """The confidence below which each candidate is not quoted; float64 [k]."""
        return np.where(found.cross_lingual, self.cross_lingual_threshold, self.threshold)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of a query, with what decides their order.

    Attributes:
        query: the reading of the question that was ranked.
        candidates: in row order.
        confidences: float64 [k], in row order.
        answers: bool [k] in row order, whether each reaches its threshold.
        publishers: for each publisher asked, bool [k] in row order, whether each is of its documents.
    """

    query: Query
    candidates: Candidates
    confidences: NDArray[np.float64]
    answers: NDArray[np.bool_]
    publishers: tuple[NDArray[np.bool_], ...] = ()

    @property
    def order(self) -> list[int]:
        """The positions of the candidates, the most confident first, equal ones in document order; as `one_of_each_first`."""
        return self.one_of_each_first(np.argsort(-self.confidences, kind="stable").tolist())

    def one_of_each_first(self, positions: Sequence[int]) -> list[int]:
        """Positions of candidates, the first of each publisher asked that answers, or else its first, before all others: who
        asks two parties reads both."""
        own = [[position for position in positions if is_own[position]] for is_own in self.publishers]
        leaders = {min(ones, key=lambda position: not self.answers[position]) for ones in own if ones}
        return sorted(positions, key=lambda position: position not in leaders)

    @property
    def rows(self) -> Rows:
        """All of them, best first."""
        return self.candidates.rows[self.order]

    @property
    def answering_rows(self) -> Rows:
        """Those that answer, best first."""
        return self.candidates.rows[[position for position in self.order if self.answers[position]]]

    @property
    def certainty(self) -> tuple[bool, float]:
        """Whether anything answers, and the best confidence: what decides between two readings of a question."""
        return bool(self.answers.any()), float(self.confidences.max(initial=0.0))


def rank(query: Query, search: CandidateSearch, ranker: Ranker, min_confidence: float | None = None) -> Ranking:
    """Rank the candidates of a query, or of its alternative where that is answered more surely; `min_confidence` replaces the
    thresholds of the ranker."""
    readings = [query] if query.alternative is None else [query, query.alternative]
    return max((_ranked(one, search, ranker, min_confidence) for one in readings), key=lambda one: one.certainty)


def _ranked(query: Query, search: CandidateSearch, ranker: Ranker, min_confidence: float | None) -> Ranking:
    found = search.candidates(query)
    confidences = ranker.confidence(found.features)
    thresholds = ranker.thresholds(found.features) if min_confidence is None else min_confidence
    documents = search.store.documents()
    ids = [documents[position].id for position in found.fetched.documents.tolist()]
    publishers = tuple(np.array([one in group for one in ids], np.bool_) for group in query.publishers)
    return Ranking(query, found, confidences, confidences >= thresholds, publishers)
