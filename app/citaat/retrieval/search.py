"""What a question finds in a store, by vector and by word."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, FloatVector
from citaat.encoders.encoder import Encoder
from citaat.query import spelling
from citaat.store.store import Store
from citaat.text.languages import LANGUAGES, Language, language_of
from citaat.text.lexicon import STOP_WORDS, Analyzer, Background
from citaat.text.translation import Table

FEATURES = ("passage", "sentence", "lexical")
"""What is known of a candidate: the cosine of the question with the passage and with its closest sentence, and its share of
the best BM25 score that the question allows."""

CANDIDATES = 100
"""How many passages each of the two searches contributes."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    Attributes:
        rows: int64 [k] rows of the store, ascending.
        features: float32 [k, 3], in the order of FEATURES.
        foreign: bool [k], whether the passage's document is in another language than the question.
        among: how many passages were searched.
    """

    rows: NDArray[np.int64]
    features: FloatMatrix
    foreign: NDArray[np.bool_]
    among: int


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the searches need it.

    Attributes:
        vector: float32 [d] of unit length.
        terms: of the lexicon.
        translated: the terms of its words in the other language.
        language: None if it cannot be told.
    """

    vector: FloatVector
    terms: list[str]
    translated: list[str]
    language: Language | None


class Search:
    """The two searches over one store: by vector and by word."""

    def __init__(self, store: Store, encoder: Encoder, background: Background) -> None:
        self.store, self.encoder, self.background, self.analyzer = store, encoder, background, Analyzer()
        self._foreign: dict[Language | None, NDArray[np.bool_]] = {}

    def query(self, question: str) -> Query:
        """A question as the searches need it, its typing errors mended where the library knows the word that was meant."""
        language = language_of(question)
        table = self._table(language) if self._foreign_documents(language).any() else None
        question = spelling.mended(question, self._counts, table if table and language == "en" else ())
        (vector,) = self.encoder.encode([question], "question")
        translated = self.analyzer.terms(" ".join(table.of(self.analyzer.words(question)))) if table else []
        return Query(vector, self.analyzer.terms(question), translated, language)

    def candidates(self, query: Query, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """The passages closest to a question by vector or by word, with their features.

        Args:
            allowed: bool [n], the passages that may be found; None for all.
        """
        dense, lexical = self.dense(query), self.lexical(query)
        if allowed is not None:
            dense, lexical = np.where(allowed, dense, -2), np.where(allowed, lexical, -2)
        rows = _best(dense, CANDIDATES)
        if len(dense) > CANDIDATES:
            rows = np.union1d(rows, _best(lexical, CANDIDATES))
        if allowed is not None:
            rows = rows[allowed[rows]]
        sentence = self._closest_sentences(rows, query.vector)
        features = np.stack([dense[rows], sentence, lexical[rows]], axis=1).astype(np.float32)
        among = len(dense) if allowed is None else int(allowed.sum())
        return Candidates(rows, features, self.is_foreign(rows, query.language), among)

    def dense(self, query: Query) -> FloatVector:
        """The cosine of every passage with a question vector; float32 [n]."""
        # vecdot, not @: BLAS may score two equal rows differently.
        return np.vecdot(self.store.vectors, query.vector)

    def lexical(self, query: Query) -> FloatVector:
        """The share of the best possible BM25 score that every passage reaches; for a passage in another language than the
        question, of the question's words in that language, if that is more. float32 [n]."""
        own = self.store.lexicon.scores(query.terms, self.background)
        if not query.translated:
            return own
        foreign = self._foreign_documents(query.language)[self.store.passages["document"]]
        return np.maximum(own, self.store.lexicon.scores(query.translated, self.background) * foreign)

    def is_foreign(self, rows: NDArray[np.int64], language: Language | None) -> NDArray[np.bool_]:
        """Whether each passage's document is in another language than the question; bool [len(rows)]."""
        return self._foreign_documents(language)[self.store.passages["document"][rows]]

    def _foreign_documents(self, language: Language | None) -> NDArray[np.bool_]:
        """Whether each document is known to be in the other language than this one; kept."""
        if language not in self._foreign:
            spoken = [LANGUAGES.get(document.source.language) for document in self.store.manifest.documents]
            self._foreign[language] = np.array([language is not None and one not in (None, language) for one in spoken], np.bool_)
        return self._foreign[language]

    def _table(self, language: Language | None) -> Table:
        """From a language to the other: made when it is first needed, which takes a tenth of a second."""
        listed = self.background.translations
        return listed.from_english if language == "en" else listed.from_dutch

    def _counts(self, words: Sequence[str]) -> NDArray[np.int64]:
        """How many passages of the library, or else of everyday text, hold each word or one of its stem."""
        stems = [self.analyzer.stem(word) for word in words]
        own = self.store.lexicon.frequencies(stems)
        ordinary = [int(word in STOP_WORDS or stem in self.background.counts) for word, stem in zip(words, stems, strict=True)]
        return np.where(own > 0, own, ordinary)

    def _closest_sentences(self, rows: NDArray[np.int64], question: FloatVector) -> FloatVector:
        ranges = [self.store.sentence_range(int(row)) for row in rows]
        lengths = np.array([last - first for first, last in ranges])
        picks = np.concatenate([np.arange(first, last) for first, last in ranges]) if ranges else np.empty(0, np.int64)
        cosines = np.vecdot(self.store.sentence_vectors[picks].astype(np.float32), question)
        return np.maximum.reduceat(cosines, np.cumsum(lengths) - lengths) if len(rows) else cosines


def _best(scores: FloatVector, count: int) -> NDArray[np.int64]:
    """The rows of the `count` highest scores, ascending; of equal scores the first rows."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, -count)[-count]
    above = np.flatnonzero(scores > least)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == least)[: count - len(above)]]))
