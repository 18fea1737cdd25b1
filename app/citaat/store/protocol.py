"""What retrieval asks of a store, whatever engine holds the passages.

A store never gives away a whole column: it answers "the best k among these documents", and tells what is needed of the
rows that were found. To add an engine, write a folder beside `embedded/` with a class of this shape; the contract test
in tests/store/ runs the same questions against every store and compares rank by rank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citaat.domain import DocumentInfo, FloatMatrix, FloatVector, Passage

Rows = NDArray[np.int64]
"""int64 [n]: passages by their number in the store, which follows document order."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which passages may be found.

    Attributes:
        documents: ids of the documents to look in; None for all.
        without: hash of a passage text that is left out wherever it stands (see `text.normalise.content_hash`); empty for none.
    """

    documents: frozenset[str] | None = None
    without: bytes = b""


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Collection statistics.

    Attributes:
        corpus_size: how many passages the store holds.
        document_frequencies: int64 [t], how many of them hold each of the terms that were asked about.
    """

    corpus_size: int
    document_frequencies: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a store knows of some rows, in their order.

    Attributes:
        rows: int64 [r].
        documents: int64 [r], each row's document by its position in `Store.documents()`.
        vectors: float32 [r, d] of unit length.
        sentence_vectors: float32 [s, d], the sentences of the rows one after the other; a row has at least one.
        sentence_starts: int64 [r], the first sentence of each row among them.
        saturations: float64 [r, t] in [0, 1), the saturated term frequency of BM25 of each of the terms that were asked
            about: tf / (tf + k1 (1 - b + b length / average length)), and 0 where a row lacks the term.
    """

    rows: Rows
    documents: NDArray[np.int64]
    vectors: FloatMatrix
    sentence_vectors: FloatMatrix
    sentence_starts: NDArray[np.int64]
    saturations: NDArray[np.float64]

    def sentences_of(self, position: int) -> FloatMatrix:
        """The sentence vectors of the row at `position` among the rows; float32 [sentences, d]."""
        ends = [*self.sentence_starts[1:], len(self.sentence_vectors)]
        return self.sentence_vectors[self.sentence_starts[position] : ends[position]]


class Store(Protocol):
    """One library's passages, canonical texts, vectors and inverted index. Rows come in document order."""

    def __len__(self) -> int:
        """How many passages there are."""
        ...

    def count(self, among: Filter) -> int:
        """How many passages a filter lets through.

        Raises:
            NotFoundError: it names a document that is not here; so do `nearest` and `matching`.
        """
        ...

    def nearest(self, vector: FloatVector, k: int, among: Filter) -> Rows:
        """The k passages with the highest cosine, ascending; of equal ones the first rows."""
        ...

    def matching(self, terms: Mapping[str, float], k: int, among: Filter) -> Rows:
        """The k passages with the highest sum of weight times saturated frequency over the terms, ascending; of equal ones
        the first rows, and none that holds no term."""
        ...

    def fetch(self, rows: Rows, terms: Sequence[str] = ()) -> Fetched:
        """What is needed of some rows, with the saturated frequencies of some terms."""
        ...

    def statistics(self, terms: Sequence[str]) -> Statistics:
        """The corpus size, and the document frequency of each term."""
        ...

    def sample(self, count: int, random: np.random.Generator) -> Rows:
        """At most `count` rows in random order, without replacement."""
        ...

    def documents(self) -> Sequence[DocumentInfo]:
        """The documents, in the order in which they were indexed."""
        ...

    def document(self, document_id: str) -> DocumentInfo:
        """
        Raises:
            NotFoundError: there is no such document.
        """
        ...

    def rows_of(self, document_id: str) -> Rows:
        """The passages of a document.

        Raises:
            NotFoundError: there is no such document.
        """
        ...

    def row_of(self, passage_id: str) -> int:
        """
        Raises:
            GoneError: its document is here, the passage is not.
            NotFoundError: its document is not here either.
        """
        ...

    def passage(self, row: int) -> Passage:
        """
        Raises:
            StoreError: what is stored is no passage.
        """
        ...

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        """The slice `[start, end)` of a document's canonical text; offsets outside it are clipped, None is its end.

        Raises:
            NotFoundError: there is no such document.
            StoreError: what is stored is no text.
        """
        ...

    def quote(self, row: int) -> str:
        """The text of a passage, held against the hash that was taken when it was indexed.

        Raises:
            StoreError: the stored text is no longer the text that was indexed.
        """
        ...

    def content_hash_of(self, row: int) -> bytes:
        """The hash of a passage's text, as `Filter.without` takes it."""
        ...

    def impostor_scores(self) -> FloatMatrix:
        """What calibration found when the store was built; float32 [n, features], none for a store that was not calibrated."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...
