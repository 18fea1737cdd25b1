"""What is asked of a store that is open for reading, whatever engine holds the passages.

This seam covers reading alone. `indexing` writes, and `Library.open` chooses the engine; both know the embedded one. A store
never gives away a whole column: it answers "the best k among these documents", and tells what is needed of the rows that were
found. To add an engine, write a folder beside `embedded/` with a class of this shape; the contract test in tests/store/ runs
the same questions against every store and compares rank by rank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citaat.domain import DocumentInfo, FloatMatrix, FloatVector, Passage
from citaat.parsers.reading import Origin

Rows = NDArray[np.int64]
"""int64 [n]: passages by their number in the store, from 0, in document order."""


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
class Metadata:
    """How a store was made.

    Attributes:
        generation: names this state of the library; another one has another name.
        created: in seconds since 1970.
        model: the name of the encoder that made its vectors; `fingerprint` is that encoder's.
        splitter: the version of the segmentation.
        origins: the source file of each document, in the order of `Store.documents()`.
    """

    generation: str
    created: int
    model: str
    fingerprint: str
    splitter: int
    origins: Sequence[Origin]


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
        return np.split(self.sentence_vectors, self.sentence_starts[1:])[position]


class Store(Protocol):
    """One library's passages, canonical texts, vectors and inverted index. Rows come in document order.

    What names a document or a passage that is not here raises NotFoundError; what was stored and cannot be read, StoreError.
    """

    @property
    def metadata(self) -> Metadata: ...

    def __len__(self) -> int:
        """How many passages there are."""

    def nearest(self, vector: FloatVector, k: int, among: Filter) -> Rows:
        """The k passages with the highest cosine, ascending; of equal ones the first rows."""

    def matching(self, terms: Mapping[str, float], k: int, among: Filter) -> Rows:
        """The k passages with the highest sum of weight times saturated frequency over the terms, ascending; of equal ones
        the first rows, and none that holds no term."""

    def fetch(self, rows: Rows, terms: Sequence[str] = ()) -> Fetched:
        """What is needed of some rows, with the saturated frequencies of some terms."""

    def document_frequencies(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """How many passages hold each term; int64 [t]."""

    def documents(self) -> Sequence[DocumentInfo]:
        """The documents, in the order in which they were indexed."""

    def document(self, document_id: str) -> DocumentInfo: ...

    def rows_of(self, document_id: str) -> Rows:
        """The passages of a document."""

    def row_of(self, passage_id: str) -> int:
        """The row of a passage by its id; GoneError if its document is here, and the passage is not."""

    def passage(self, row: int) -> Passage: ...

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        """The slice `[start, end)` of a document's canonical text; offsets outside it are clipped, None is its end."""

    def quote(self, row: int) -> str:
        """The text of a passage; StoreError if its hash is no longer the one that was taken when it was indexed."""

    def impostor_features(self) -> FloatMatrix:
        """What calibration found when the store was built; float32 [n, features], none for a store that was not calibrated."""

    def close(self) -> None:
        """Let go of what is held open."""
