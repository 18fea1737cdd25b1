"""The passages as terms: an inverted index with BM25 weights computed when it is built."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.store.protocol import Rows
from citaat.text.analysis import Analyzer
from citaat.text.words import content_words, words

K1, B = 1.5, 0.75


@dataclass(frozen=True, slots=True)
class InvertedIndex:
    """
    Attributes:
        terms: str [t], distinct and sorted.
        starts: int64 [t + 1]; the postings of term i lie at `starts[i]:starts[i + 1]`.
        rows: int32 [p], the passage of each posting, ascending within a term.
        weights: float32 [p], idf times saturated term frequency, with the library's own idf.
        corpus_size: how many passages there are.
    """

    terms: NDArray[np.str_]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    corpus_size: int

    def document_frequencies(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """How many passages hold each term; int64 [t]."""
        return self._postings(terms)[1]

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float64]:
        """Of every passage the sum over the terms of weight times saturated frequency; float64 [corpus_size]."""
        starts, lengths = self._postings(list(terms))
        ends = np.cumsum(lengths)
        if not len(ends) or not ends[-1]:
            return np.zeros(self.corpus_size)
        postings = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
        factors = np.array(list(terms.values())) / self._idf(lengths)
        values = self.weights[postings] * np.repeat(factors, lengths)
        return np.bincount(self.rows[postings], values, self.corpus_size).astype(np.float64)

    def saturations(self, rows: Rows, terms: Sequence[str]) -> NDArray[np.float64]:
        """The saturated frequency of each term in some rows; float64 [rows, terms]."""
        starts, lengths = self._postings(terms)
        found = np.zeros((len(rows), len(terms)))
        for column, (start, length, idf) in enumerate(zip(starts, lengths, self._idf(lengths), strict=True)):
            holding = self.rows[start : start + length]
            positions = np.minimum(np.searchsorted(holding, rows), max(length - 1, 0))
            held = holding[positions] == rows if length else np.zeros(len(rows), np.bool_)
            found[held, column] = self.weights[start + positions[held]] / idf
        return found

    def _postings(self, terms: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the postings of each term start, and how many there are; int64 [n] each."""
        if not terms or not len(self.terms):
            return np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
        wanted = np.array(terms)
        positions = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        starts = self.starts[positions]
        return starts, np.where(self.terms[positions] == wanted, self.starts[positions + 1] - starts, 0)

    def _idf(self, document_frequencies: NDArray[np.int64]) -> NDArray[np.float64]:
        """The idf within the stored weights, as `text.background.idf`; float64 [n]."""
        idf: NDArray[np.float64] = np.log1p((self.corpus_size - document_frequencies + 0.5) / (document_frequencies + 0.5))
        return idf


class InvertedIndexBuilder:
    """Collects passages, in order, and indexes them with bm25s. Holds four bytes for each term of each passage."""

    def __init__(self) -> None:
        self._analyzer = Analyzer()
        self._vocabulary: dict[str, int] = {}
        self._rows: list[array[int]] = []

    def add(self, text: str) -> None:
        """Add the next passage."""
        terms = self._analyzer.terms(content_words(words(text)))
        self._rows.append(array("i", [self._vocabulary.setdefault(term, len(self._vocabulary)) for term in terms]))

    def build(self) -> InvertedIndex:
        import bm25s

        count = len(self._rows)
        if not self._vocabulary:
            return InvertedIndex(np.empty(0, "<U1"), np.zeros(1, np.int64), np.empty(0, "<i4"), np.empty(0, "<f4"), count)
        # Numbered anew in alphabetical order: a term is then found by bisection in a memory-mapped array.
        names = np.array(list(self._vocabulary))
        order = np.argsort(names)
        numbers = np.argsort(order).astype(np.int32)
        for place, row in enumerate(self._rows):
            self._rows[place] = array("i", numbers[row].tobytes())
        vocabulary = dict(zip(self._vocabulary, numbers.tolist(), strict=True))
        index = bm25s.BM25(k1=K1, b=B, method="lucene")
        index.index((self._rows, vocabulary), show_progress=False, create_empty_token=False)
        starts, holding, weights = (index.scores[name] for name in ("indptr", "indices", "data"))
        return InvertedIndex(names[order], starts.astype(np.int64), holding.astype(np.int32), weights.astype(np.float32), count)
