"""From a text to a query to what it finds in a store, by vector and by word, with the features that ranking reads."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.encoders.protocol import Encoder
from citaat.query.follow_ups import Question
from citaat.query.query import DocumentLanguages, Query
from citaat.query.translation import Translations
from citaat.query.turns import Turn
from citaat.query.understanding import Understanding
from citaat.store.protocol import Fetched, Filter, Rows, Store
from citaat.text.background import Background

FEATURES = ("passage", "sentence", "lexical")
"""What is known of a candidate: the cosine of the question with the passage and with its closest sentence, and its share of
the best BM25 score that the question allows."""

CANDIDATES = 100
"""How many passages each of the two searches contributes."""


@dataclass(frozen=True, slots=True)
class Features:
    """What ranking reads of k candidates.

    Attributes:
        values: float32 [k, 3], in the order of FEATURES.
        cross_lingual: bool [k], whether the passage's document is in another language than the question.
        searched: how many passages the documents have that the question is put to.
    """

    values: FloatMatrix
    cross_lingual: NDArray[np.bool_]
    searched: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was found: the rows, ascending, with what the store knows of them and their features."""

    fetched: Fetched
    features: Features

    @property
    def rows(self) -> Rows:
        return self.fetched.rows


class CandidateSearch:
    """The two searches over one store: by vector and by word."""

    def __init__(self, store: Store, background: Background) -> None:
        self.store, self._background = store, background
        self._languages = DocumentLanguages(store.documents())

    def candidates(self, query: Query, without: bytes = b"") -> Candidates:
        """The passages closest to a query by vector or by word, with their features; `without` as in `Filter`."""
        among = Filter(query.documents, without)
        rows = self.store.nearest(query.vector, CANDIDATES, among)
        if len(self.store) > CANDIDATES:
            rows = np.union1d(rows, self._matching(query, among))
        return self.with_features(query, rows)

    def with_features(self, query: Query, rows: Rows | Sequence[int]) -> Candidates:
        """Some rows, ascending, with their features, computed exactly and alike for every store."""
        own, translated = self.weights(query.terms), self.weights(query.translated)
        found = self.store.fetch(np.asarray(rows, np.int64), [*own, *translated])
        cross_lingual = self._languages.differ(query.language)[found.documents]
        lexical = _weighted(found.saturations[:, : len(own)], own)
        foreign = _weighted(found.saturations[:, len(own) :], translated)
        columns = [
            np.vecdot(found.vectors, query.vector),
            np.maximum.reduceat(np.vecdot(found.sentence_vectors, query.vector), found.sentence_starts),
            np.where(cross_lingual, np.maximum(lexical, foreign), lexical),
        ]
        values, asked = np.stack(columns, axis=1).astype(np.float32), query.documents
        searched = len(self.store) if asked is None else sum(self.store.document(one).passages for one in asked)
        return Candidates(found, Features(values, cross_lingual, searched))

    def weights(self, terms: Sequence[str]) -> dict[str, float]:
        """What each distinct term counts for: its frequency in the question times its idf, as a share of the sum of these.

        A passage's sum of weight times saturated frequency is then its share of the best BM25 score that any passage could
        reach, in [0, 1). Terms that no passage holds count in the sum, so a question about something else scores low.
        """
        counts = Counter(terms)
        frequencies = self.store.document_frequencies(list(counts)).tolist()
        weights = {
            term: times * self._background.idf(term, len(self.store), frequency)
            for (term, times), frequency in zip(counts.items(), frequencies, strict=True)
        }
        total = sum(weights.values())
        return {term: weight / total for term, weight in weights.items()}

    def _matching(self, query: Query, among: Filter) -> Rows:
        """The best by word; by the words in the other language among the documents in it."""
        rows = self.store.matching(self.weights(query.terms), CANDIDATES, among)
        if not query.translated:
            return rows
        others = self._languages.differ(query.language)
        ids = {one.id for one, differs in zip(self.store.documents(), others.tolist(), strict=True) if differs}
        within = replace(among, documents=frozenset(ids if among.documents is None else ids & among.documents))
        return np.union1d(rows, self.store.matching(self.weights(query.translated), CANDIDATES, within))


def _weighted(saturations: NDArray[np.float64], weights: dict[str, float]) -> NDArray[np.float64]:
    """BM25 of each row; float64 [r]."""
    # vecdot, not @: BLAS may score two equal rows differently.
    return np.vecdot(saturations, np.array(list(weights.values())))


class QueryPipeline:
    """The two halves of retrieval before ranking: understanding a question, and searching for candidates.

    Attributes:
        store: where the passages are.
        understanding: makes queries.
        search: finds candidates.
    """

    def __init__(self, store: Store, encoder: Encoder, background: Background, translations: Translations) -> None:
        self.store = store
        self.understanding = Understanding(store, encoder, background, translations)
        self.search = CandidateSearch(store, background)

    def plain_queries(self, texts: Sequence[str]) -> list[Query]:
        """The queries of texts in which no publishers are sought, by one call of the encoder."""
        return self.understanding.queries([Question(Turn.read(text)) for text in texts])
