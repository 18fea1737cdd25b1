"""A generation, open for reading: the embedded implementation of `store.protocol.Store`."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from citaat.domain import DocumentInfo, FloatMatrix, FloatVector, Passage, Span
from citaat.errors import GoneError, NotFoundError, StoreError
from citaat.store.embedded import generations
from citaat.store.embedded.columns import mapped
from citaat.store.embedded.generations import corrupt
from citaat.store.embedded.inverted_index import InvertedIndex
from citaat.store.embedded.manifest import Manifest, StoredDocument, read_manifest
from citaat.store.protocol import Fetched, Filter, Metadata, Rows
from citaat.store.top_k import top_k
from citaat.text.normalise import content_hash


class EmbeddedStore(AbstractContextManager["EmbeddedStore"]):
    """Close it, or use it as a context manager, to let go of the generation."""

    def __init__(self, folder: Path, manifest: Manifest, lease: IO[bytes] | None = None) -> None:
        self.folder, self.manifest, self._lease = folder, manifest, lease
        columns = {name: mapped(folder / f"{name}.npy", size) for name, size in manifest.columns.items()}
        for vectors, described in (("vectors", "passages"), ("sentence_vectors", "sentences")):
            if len(columns[vectors]) != len(columns[described]):
                raise corrupt(f"{folder} has not as many {vectors} as {described}")
        self._texts, self._passages, self._sentences = columns["texts"], columns["passages"], columns["sentences"]
        self._path_starts, self._path_spans = columns["path_starts"], columns["path_spans"]
        self._vectors: FloatMatrix = columns["vectors"]
        self._sentence_vectors: NDArray[np.float16] = columns["sentence_vectors"]
        self._index = InvertedIndex(
            columns["terms"], columns["term_starts"], columns["posting_passages"], columns["posting_weights"], len(self)
        )
        # In format 1 the column of impostor features is called probes; stores of small libraries lack it.
        self._impostor_features: FloatMatrix = columns.get("probes", np.empty((0, 0), np.float32))
        self._positions = {document.id: position for position, document in enumerate(manifest.documents)}
        self._documents = [document.info for document in manifest.documents]

    @classmethod
    def open(cls, root: Path) -> Self:
        """Lease the current generation; StoreError if there is none, or it is damaged, or written by another version."""
        folder, checksum, lease = generations.lease_current(root)
        try:
            return cls(folder, read_manifest(folder / "manifest.json", checksum), lease)
        except StoreError:
            lease.close()
            raise

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._lease:
            self._lease.close()

    @cached_property
    def metadata(self) -> Metadata:
        manifest, created = self.manifest, int((self.folder / "manifest.json").stat().st_mtime)
        origins = [document.origin for document in manifest.documents]
        return Metadata(self.folder.name, created, manifest.model, manifest.fingerprint, manifest.splitter, origins)

    def __len__(self) -> int:
        return len(self._passages)

    def nearest(self, vector: FloatVector, k: int, among: Filter) -> Rows:
        # vecdot, not @: BLAS may score two equal rows differently.
        return top_k(np.vecdot(self._vectors, vector), k, self._allowed(among))

    def matching(self, terms: Mapping[str, float], k: int, among: Filter) -> Rows:
        scores, allowed = self._index.scores(terms), self._allowed(among)
        return top_k(scores, k, scores > 0 if allowed is None else allowed & (scores > 0))

    def fetch(self, rows: Rows, terms: Sequence[str] = ()) -> Fetched:
        ranges = [self._sentence_range(int(row)) for row in rows]
        picks = np.fromiter(chain.from_iterable(ranges), np.int64)
        lengths = np.array([len(one) for one in ranges], np.int64)
        return Fetched(
            rows=rows,
            documents=self._passages["document"][rows].astype(np.int64),
            vectors=self._vectors[rows],
            sentence_vectors=self._sentence_vectors[picks].astype(np.float32),
            sentence_starts=np.cumsum(lengths) - lengths,
            saturations=self._index.saturations(rows, terms),
        )

    def document_frequencies(self, terms: Sequence[str]) -> NDArray[np.int64]:
        return self._index.document_frequencies(terms)

    def documents(self) -> Sequence[DocumentInfo]:
        return self._documents

    def document(self, document_id: str) -> DocumentInfo:
        return self._documents[self._position(document_id)]

    def rows_of(self, document_id: str) -> Rows:
        stored = self._stored(document_id)
        return np.arange(stored.first_passage, stored.first_passage + stored.passages)

    def row_of(self, passage_id: str) -> int:
        document_id, _, fingerprint = passage_id.rpartition("/")
        rows = self.rows_of(document_id)
        wanted = int(fingerprint, 16) if re.fullmatch("[0-9a-f]{12}", fingerprint) else -1
        found = rows[self._passages["hash"][rows] == wanted]
        if not len(found):
            raise GoneError(
                f"'{document_id}' is in this library, but no longer holds this passage: its text has changed. "
                "See the document itself."
            )
        return int(found[0])

    def passage(self, row: int) -> Passage:
        stored = self._passages[row]
        try:
            document = self.manifest.documents[int(stored["document"])]
            sentences = _spans(self.sentence_spans(row))
            first, last = self._path_starts[int(stored["path"]) :][:2]
            return Passage(
                id=f"{document.id}/{int(stored['hash']):012x}",
                document=document.id,
                span=Span(int(stored["start"]), int(stored["end"])),
                headings=_spans(self._path_spans[first:last]),
                run_in=Span(sentences[0].start, int(stored["run_in"])) if stored["run_in"] else None,
                sentences=sentences,
                page=int(stored["page"]),
            )
        except (ValueError, IndexError):
            raise corrupt(f"{self.folder / 'passages.npy'} is damaged") from None

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        stored = self._stored(document_id)
        first, last, _ = slice(max(0, start), end if end is None else max(0, end)).indices(stored.length)
        try:
            return self._texts[stored.offset + first : stored.offset + last].tobytes().decode("utf-32-le")
        except UnicodeDecodeError:
            raise _changed(document_id) from None

    def quote(self, row: int) -> str:
        stored = self._passages[row]
        document = self.manifest.documents[int(stored["document"])]
        body = self.text(document.id, int(stored["start"]), int(stored["end"]))
        if content_hash(body) != self.content_hash_of(row):
            raise _changed(document.id)
        return body

    def impostor_features(self) -> FloatMatrix:
        return self._impostor_features

    def content_hash_of(self, row: int) -> bytes:
        """The hash of a passage's text, as `text.normalise.content_hash` makes it."""
        return bytes(self._passages["content"][row].tobytes())

    def vectors(self, row: int) -> tuple[FloatVector, FloatMatrix]:
        """The vectors of a passage and of its sentences; float32 [d] and [n, d]."""
        found = self.fetch(np.array([row]))
        return found.vectors[0], found.sentence_vectors

    def sentence_spans(self, row: int) -> NDArray[np.uint32]:
        """The spans of the sentences of a passage; uint32 [n, 2]."""
        found = self._sentence_range(row)
        return self._sentences[found.start : found.stop]

    def _sentence_range(self, row: int) -> range:
        """The rows of a passage's sentences in their columns."""
        first = int(self._passages[row]["sentence"])
        return range(first, int(self._passages[row + 1]["sentence"]) if row + 1 < len(self) else len(self._sentences))

    def _stored(self, document_id: str) -> StoredDocument:
        return self.manifest.documents[self._position(document_id)]

    def _position(self, document_id: str) -> int:
        if document_id not in self._positions:
            known = ", ".join(list(self._positions)[:10])
            raise NotFoundError(
                f"There is no such document in this library. It holds {len(self._positions)}: {known}.", code="unknown-document"
            )
        return self._positions[document_id]

    def _allowed(self, among: Filter) -> NDArray[np.bool_] | None:
        """Which passages a filter lets through, bool [n]; None for all."""
        allowed = None
        if among.documents is not None:
            allowed = np.isin(self._passages["document"], [self._position(one) for one in among.documents])
        if among.without:
            others = self._passages["content"] != np.void(among.without)
            allowed = others if allowed is None else allowed & others
        return allowed


def _spans(rows: NDArray[np.uint32]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in rows.tolist())


def _changed(document_id: str) -> StoreError:
    return corrupt(f"The text of '{document_id}' in the index is not the text that was indexed, so it is not quoted")
