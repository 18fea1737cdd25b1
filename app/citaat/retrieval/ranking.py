"""The order of the candidates of a query, and which of its readings is ranked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.query.query import Query
from citaat.retrieval import refusal
from citaat.retrieval.candidates import Candidates, CandidateSearch
from citaat.retrieval.ranker import Ranker
from citaat.store.protocol import Rows


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of a query, with what decides their order.

    Attributes:
        query: the reading of the question that was ranked.
        candidates: in row order.
        confidences: float64 [k], in row order.
        reaches_threshold: bool [k] in row order; what does not is not quoted (see `refusal`).
        publishers: for each publisher asked, bool [k] in row order, whether each is of its documents.
    """

    query: Query
    candidates: Candidates
    confidences: NDArray[np.float64]
    reaches_threshold: NDArray[np.bool_]
    publishers: tuple[NDArray[np.bool_], ...] = ()

    @property
    def order(self) -> list[int]:
        """The positions of the candidates, the most confident first, equal ones in document order; as `one_of_each_first`."""
        return self.one_of_each_first(np.argsort(-self.confidences, kind="stable").tolist())

    def one_of_each_first(self, positions: Sequence[int]) -> list[int]:
        """Positions of candidates, the first of each publisher asked that answers, or else its first, before all others: who
        asks two parties reads both."""
        own = [[position for position in positions if is_own[position]] for is_own in self.publishers]
        leaders = {min(ones, key=lambda position: not self.reaches_threshold[position]) for ones in own if ones}
        return sorted(positions, key=lambda position: position not in leaders)

    @property
    def rows(self) -> Rows:
        """All of them, best first."""
        return self.candidates.rows[self.order]

    @property
    def answering_rows(self) -> Rows:
        """Those that answer, best first."""
        return self.candidates.rows[[position for position in self.order if self.reaches_threshold[position]]]

    @property
    def certainty(self) -> tuple[bool, float]:
        """Whether anything answers, and the best confidence: what decides between two readings of a question."""
        return bool(self.reaches_threshold.any()), float(self.confidences.max(initial=0.0))


def rank(query: Query, search: CandidateSearch, ranker: Ranker, min_confidence: float | None = None) -> Ranking:
    """Rank the candidates of a query, or of its alternative where that is answered more surely; `min_confidence` replaces the
    thresholds of the ranker."""
    readings = [query] if query.alternative is None else [query, query.alternative]
    return max((_ranked(one, search, ranker, min_confidence) for one in readings), key=lambda one: one.certainty)


def _ranked(query: Query, search: CandidateSearch, ranker: Ranker, min_confidence: float | None) -> Ranking:
    found = search.candidates(query)
    confidences = ranker.confidence(found.features)
    reached = refusal.reaches_threshold(confidences, found.features, ranker, min_confidence)
    documents = search.store.documents()
    ids = [documents[position].id for position in found.fetched.documents.tolist()]
    publishers = tuple(np.array([one in group for one in ids], np.bool_) for group in query.publishers)
    return Ranking(query, found, confidences, reached, publishers)
