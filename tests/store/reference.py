"""The plainest store: everything in lists, every question put to every passage. What other stores are held against."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from citaat import segmentation
from citaat.domain import Document, DocumentInfo, FloatMatrix, FloatVector, Passage
from citaat.encoders.protocol import Encoder
from citaat.errors import GoneError, NotFoundError
from citaat.segmentation import passages
from citaat.store.protocol import Fetched, Filter, Metadata, Rows
from citaat.text.analysis import Analyzer
from citaat.text.words import content_words, words


class ReferenceStore:
    """Documents, split and encoded as they are given; it keeps what it computes in memory and shares no code with a store."""

    def __init__(self, documents: Sequence[Document], encoder: Encoder) -> None:
        splits = [passages.split(document).passages for document in documents]
        self._documents = [_info(document, len(split)) for document, split in zip(documents, splits, strict=True)]
        self._texts = {document.id: document.text for document in documents}
        self._passages = [passage for split in splits for passage in split]
        analyzer = Analyzer()
        quotes = [self.quote(row) for row in range(len(self))]
        self._terms = [Counter(analyzer.terms(content_words(words(quote)))) for quote in quotes]
        average = sum(its.total() for its in self._terms) / len(self)
        self._saturations = [_saturations(its, average) for its in self._terms]
        self._hashes = [hashlib.sha256(quote.encode()).digest()[:16] for quote in quotes]
        sentences = [self._sentences(passage) for passage in self._passages]
        self._vectors = encoder.encode_passages(sentences).passages
        self._sentence_vectors = [encoder.encode(texts, "passage").vectors for texts in sentences]

    @property
    def metadata(self) -> Metadata:
        return Metadata("reference", 0, "", "", segmentation.VERSION, [])

    def __len__(self) -> int:
        return len(self._passages)

    def count(self, among: Filter) -> int:
        return len(self._allowed(among))

    def nearest(self, vector: FloatVector, k: int, among: Filter) -> Rows:
        cosines = self.cosines(vector)
        return _best({row: cosines[row] for row in self._allowed(among)}, k)

    def matching(self, terms: Mapping[str, float], k: int, among: Filter) -> Rows:
        scores = self.scores(terms)
        return _best({row: scores[row] for row in self._allowed(among) if scores[row] > 0}, k)

    def cosines(self, vector: FloatVector) -> list[float]:
        """Of every passage."""
        return [float(cosine) for cosine in (self._vectors.astype(np.float64) * vector).sum(axis=1)]

    def scores(self, terms: Mapping[str, float]) -> list[float]:
        """Of every passage the sum of weight times saturated frequency."""
        return [sum(weight * its.get(term, 0.0) for term, weight in terms.items()) for its in self._saturations]

    def fetch(self, rows: Rows, terms: Sequence[str] = ()) -> Fetched:
        ids = [document.id for document in self._documents]
        lengths = [len(self._sentence_vectors[row]) for row in rows]
        return Fetched(
            rows=rows,
            documents=np.array([ids.index(self._passages[row].document) for row in rows], np.int64),
            vectors=self._vectors[rows],
            sentence_vectors=np.concatenate([self._sentence_vectors[row] for row in rows] or [self._vectors[:0]]),
            sentence_starts=np.array([sum(lengths[:place]) for place in range(len(rows))], np.int64),
            saturations=np.array([self._saturations[row].get(term, 0.0) for row in rows for term in terms]).reshape(
                len(rows), len(terms)
            ),
        )

    def document_frequencies(self, terms: Sequence[str]) -> NDArray[np.int64]:
        return np.array([sum(term in its for its in self._terms) for term in terms], np.int64)

    def documents(self) -> Sequence[DocumentInfo]:
        return self._documents

    def document(self, document_id: str) -> DocumentInfo:
        for document in self._documents:
            if document.id == document_id:
                return document
        raise NotFoundError(document_id)

    def rows_of(self, document_id: str) -> Rows:
        known = self.document(document_id).id
        return np.array([row for row, passage in enumerate(self._passages) if passage.document == known], np.int64)

    def row_of(self, passage_id: str) -> int:
        for row, passage in enumerate(self._passages):
            if passage.id == passage_id:
                return row
        raise GoneError(self.document(passage_id.rpartition("/")[0]).id)

    def passage(self, row: int) -> Passage:
        return self._passages[row]

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        whole = self._texts[self.document(document_id).id]
        places = range(max(start, 0), len(whole) if end is None else min(end, len(whole)))
        return "".join(whole[place] for place in places)

    def quote(self, row: int) -> str:
        return self._passages[row].span.of(self._texts[self._passages[row].document])

    def impostor_features(self) -> FloatMatrix:
        return np.empty((0, 3), np.float32)

    def close(self) -> None:
        pass

    def _allowed(self, among: Filter) -> list[int]:
        documents = None if among.documents is None else {self.document(one).id for one in among.documents}
        return [
            row
            for row, passage in enumerate(self._passages)
            if (documents is None or passage.document in documents) and self._hashes[row] != among.without
        ]

    def _sentences(self, passage: Passage) -> list[str]:
        """On one line each."""
        return [" ".join(sentence.of(self._texts[passage.document]).split()) for sentence in passage.sentences]


def _info(document: Document, count: int) -> DocumentInfo:
    return DocumentInfo(document.id, document.source, document.sha256, len(document.text), count, document.id)


def _best(scores: Mapping[int, float], k: int) -> Rows:
    """The rows of the k highest scores, ascending; of equal ones the first rows."""
    ranked = sorted(scores, key=lambda row: (-scores[row], row))
    return np.array(sorted(ranked[:k]), np.int64)


def _saturations(terms: Counter[str], average: float) -> dict[str, float]:
    """BM25 with k1 = 1.5 and b = 0.75 of each term of a passage; `average` is how many terms a passage has."""
    length = 1 - 0.75 + 0.75 * terms.total() / average
    return {term: frequency / (frequency + 1.5 * length) for term, frequency in terms.items()}
