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
    "size": "size", "bias": "bias", "impostor_level": "chance", "threshold": "threshold",
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
        size: what each factor e in the corpus size adds to the log-odds: among more passages, one that only seems to answer
            comes closer.
        bias: the log-odds of a candidate whose features are all 0 in a library of one passage.
        impostor_level: the score that passages which do not answer are expected to reach in a library of one passage (see
            `calibration`).
        threshold: the confidence below which nothing is quoted.
        small_threshold: the same in a library too small to be calibrated (see `calibration`).
        cross_lingual_threshold: the same for passages in another language than the question: their words tell less for them.
        encoder: the fingerprint of the encoder whose cosines it was fitted on.
    """

    weights: tuple[float, ...]
    size: float
    bias: float
    impostor_level: float
    threshold: float
    small_threshold: float
    cross_lingual_threshold: float
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

    def expected_impostor_score(self, corpus_size: int) -> float:
        """The score that passages which do not answer reach, as far as the corpus size tells."""
        return float(self.impostor_level - self.size * np.log(corpus_size))

    def confidence(self, found: Features) -> NDArray[np.float64]:
        """The probability that each candidate answers; float64 [k]."""
        scores = found.values.astype(np.float64) @ np.array(self.weights)
        return probability(scores + self.size * np.log(max(1, found.corpus_size)) + self.bias)

    def thresholds(self, found: Features) -> NDArray[np.float64]:
        """The confidence below which each candidate is not quoted; float64 [k]."""
        return np.where(found.cross_lingual, self.cross_lingual_threshold, self.threshold)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of a query, best first; equal confidences in document order, the best of each publisher asked before others.

    Attributes:
        query: the reading of the question that was ranked.
        candidates: in row order.
        confidences: float64 [k], in row order.
        answers: bool [k] in row order, whether each reaches its threshold.
        order: int64 [k], the positions of the candidates, best first.
    """

    query: Query
    candidates: Candidates
    confidences: NDArray[np.float64]
    answers: NDArray[np.bool_]
    order: NDArray[np.int64]

    @property
    def rows(self) -> Rows:
        """All of them, best first."""
        return self.candidates.rows[self.order]

    @property
    def answering_rows(self) -> Rows:
        """Those that answer, best first."""
        return self.candidates.rows[self.order[self.answers[self.order]]]

    @property
    def certainty(self) -> tuple[bool, float]:
        """Whether anything answers, and the best confidence: what decides between two readings of a question."""
        return bool(self.answers.any()), float(self.confidences.max(initial=0.0))


def rank(query: Query, search: CandidateSearch, ranker: Ranker) -> Ranking:
    """Rank the candidates of a query, or of its alternative where that is answered more surely."""
    ranking = _ranked(query, search, ranker)
    if query.alternative is None:
        return ranking
    return max(ranking, _ranked(query.alternative, search, ranker), key=lambda one: one.certainty)


def _ranked(query: Query, search: CandidateSearch, ranker: Ranker) -> Ranking:
    found = search.candidates(query)
    confidences = ranker.confidence(found.features)
    order = np.argsort(-confidences, kind="stable")
    if query.publishers:
        order = _one_of_each_first(order, _documents_of(found, search), query.publishers)
    return Ranking(query, found, confidences, confidences >= ranker.thresholds(found.features), order)


def _documents_of(found: Candidates, search: CandidateSearch) -> list[str]:
    ids = [document.id for document in search.store.documents()]
    return [ids[position] for position in found.fetched.documents]


def _one_of_each_first(order: NDArray[np.int64], documents: Sequence[str], groups: Sequence[frozenset[str]]) -> NDArray[np.int64]:
    """An order in which the best of each group of documents stands before all others: who asks two parties reads both."""
    leaders = {next((position for position in order.tolist() if documents[position] in group), -1) for group in groups}
    follows = np.array([position not in leaders for position in order.tolist()], np.bool_)
    return order[np.argsort(follows, kind="stable")]
