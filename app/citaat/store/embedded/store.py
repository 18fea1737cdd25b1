"""A generation, open for reading: the embedded implementation of `store.protocol.Store`."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from citaat.domain import DocumentInfo, FloatMatrix, FloatVector, Passage, Span
from citaat.errors import GoneError, NotFoundError, StoreError
from citaat.store.embedded import generations
from citaat.store.embedded.columns import mapped
from citaat.store.embedded.inverted_index import InvertedIndex
from citaat.store.embedded.manifest import Manifest, StoredDocument, read_manifest
from citaat.store.protocol import Fetched, Filter, Rows, Statistics
from citaat.text.normalise import content_hash

_REPAIR = "Run: citaat index --fresh"


class EmbeddedStore:
    """Close it, or use it as a context manager, to let go of the generation."""

    def __init__(self, folder: Path, manifest: Manifest, lease: generations.Lease | None = None) -> None:
        self.folder, self.manifest, self._lease = folder, manifest, lease
        columns = {name: mapped(folder / f"{name}.npy", size) for name, size in manifest.columns.items()}
        for vectors, described in (("vectors", "passages"), ("sentence_vectors", "sentences")):
            if len(columns[vectors]) != len(columns[described]):
                raise StoreError(f"{folder} has not as many {vectors} as {described}. {_REPAIR}", code="store-corrupt")
        self._texts, self._passages, self._sentences = columns["texts"], columns["passages"], columns["sentences"]
        self._path_starts, self._path_spans = columns["path_starts"], columns["path_spans"]
        self._vectors: FloatMatrix = columns["vectors"]
        self._sentence_vectors: NDArray[np.float16] = columns["sentence_vectors"]
        self._index = InvertedIndex(
            columns["terms"], columns["term_starts"], columns["posting_passages"], columns["posting_weights"], len(self)
        )
        # In format 1 the column of impostor scores is called probes; stores of small libraries lack it.
        self._impostor_scores: FloatMatrix = columns.get("probes", np.empty((0, 0), np.float32))
        self._positions = {document.id: position for position, document in enumerate(manifest.documents)}

    @classmethod
    def open(cls, root: Path) -> Self:
        """Lease the current generation.

        Raises:
            StoreError: there is none, or it is damaged, or written by another version.
        """
        found = generations.lease_current(root)
        if found is None:
            raise StoreError(f"There is no index in {root}. Run: citaat index PATH...", code="store-missing")
        folder, checksum, lease = found
        try:
            return cls(folder, read_manifest(folder / "manifest.json", checksum), lease)
        except StoreError:
            lease.release()
            raise

    def __len__(self) -> int:
        return len(self._passages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._lease:
            self._lease.release()

    @property
    def generation(self) -> str:
        """The name of the generation."""
        return self.folder.name

    @property
    def created(self) -> int:
        """When it was made, in seconds since 1970."""
        return int((self.folder / "manifest.json").stat().st_mtime)

    def count(self, among: Filter) -> int:
        allowed = self._allowed(among)
        return len(self) if allowed is None else int(allowed.sum())

    def nearest(self, vector: FloatVector, k: int, among: Filter) -> Rows:
        # vecdot, not @: BLAS may score two equal rows differently.
        return self._best(np.vecdot(self._vectors, vector), k, self._allowed(among))

    def matching(self, terms: Mapping[str, float], k: int, among: Filter) -> Rows:
        scores, allowed = self._index.scores(terms), self._allowed(among)
        return self._best(scores, k, scores > 0 if allowed is None else allowed & (scores > 0))

    def fetch(self, rows: Rows, terms: Sequence[str] = ()) -> Fetched:
        ranges = [self.sentence_range(int(row)) for row in rows]
        lengths = np.array([last - first for first, last in ranges], np.int64)
        picks = np.fromiter(chain.from_iterable(range(first, last) for first, last in ranges), np.int64, int(lengths.sum()))
        return Fetched(
            rows=rows,
            documents=self._passages["document"][rows].astype(np.int64),
            vectors=self._vectors[rows],
            sentence_vectors=self._sentence_vectors[picks].astype(np.float32),
            sentence_starts=np.cumsum(lengths) - lengths,
            saturations=self._index.saturations(rows, terms),
        )

    def statistics(self, terms: Sequence[str]) -> Statistics:
        return Statistics(len(self), self._index.document_frequencies(terms))

    def sample(self, count: int, random: np.random.Generator) -> Rows:
        return random.permutation(len(self))[:count]

    def documents(self) -> Sequence[DocumentInfo]:
        return self._documents

    def document(self, document_id: str) -> DocumentInfo:
        return self._documents[self._position(document_id)]

    def rows_of(self, document_id: str) -> Rows:
        row = self._stored(document_id)
        return np.arange(row.first_passage, row.first_passage + row.passages)

    def row_of(self, passage_id: str) -> int:
        document_id, _, fingerprint = passage_id.rpartition("/")
        rows = self.rows_of(document_id)
        wanted = int(fingerprint, 16) if _is_hash(fingerprint) else -1
        found = rows[self._passages["hash"][rows] == wanted]
        if not len(found):
            raise GoneError(
                f"'{document_id}' is in this library, but no longer holds this passage: its text has changed. "
                f"See the document itself: /documents/{document_id}"
            )
        return int(found[0])

    def passage(self, row: int) -> Passage:
        stored = self._passages[row]
        try:
            document = self.manifest.documents[int(stored["document"])]
            sentences = tuple(Span(int(start), int(end)) for start, end in self.sentence_spans(row))
            return Passage(
                id=f"{document.id}/{int(stored['hash']):012x}",
                document=document.id,
                span=Span(int(stored["start"]), int(stored["end"])),
                headings=self._headings(int(stored["path"])),
                run_in=Span(sentences[0].start, int(stored["run_in"])) if stored["run_in"] else None,
                sentences=sentences,
                page=int(stored["page"]),
            )
        except (ValueError, IndexError):
            raise StoreError(f"{self.folder / 'passages.npy'} is damaged. {_REPAIR}", code="store-corrupt") from None

    def text(self, document_id: str, start: int = 0, end: int | None = None) -> str:
        row = self._stored(document_id)
        last = row.length if end is None else min(end, row.length)
        first = max(0, start)
        try:
            return self._texts[row.offset + first : row.offset + max(first, last)].tobytes().decode("utf-32-le")
        except UnicodeDecodeError:
            raise _changed(document_id) from None

    def quote(self, row: int) -> str:
        stored = self._passages[row]
        document = self.manifest.documents[int(stored["document"])]
        body = self.text(document.id, int(stored["start"]), int(stored["end"]))
        if content_hash(body) != stored["content"].tobytes():
            raise _changed(document.id)
        return body

    def impostor_scores(self) -> FloatMatrix:
        return self._impostor_scores

    def content_hash_of(self, row: int) -> bytes:
        """The hash of a passage's text, as `text.normalise.content_hash` makes it."""
        return bytes(self._passages["content"][row].tobytes())

    def sentence_spans(self, row: int) -> NDArray[np.uint32]:
        """The spans of the sentences of a passage; uint32 [n, 2]."""
        first, last = self.sentence_range(row)
        return self._sentences[first:last]

    def sentence_range(self, row: int) -> tuple[int, int]:
        """`[first, last)` in the sentence columns."""
        first = int(self._passages[row]["sentence"])
        last = int(self._passages[row + 1]["sentence"]) if row + 1 < len(self) else len(self._sentences)
        return first, last

    @cached_property
    def _documents(self) -> list[DocumentInfo]:
        return [row.info for row in self.manifest.documents]

    def _stored(self, document_id: str) -> StoredDocument:
        return self.manifest.documents[self._position(document_id)]

    def _position(self, document_id: str) -> int:
        position = self._positions.get(document_id)
        if position is None:
            known = ", ".join(list(self._positions)[:10])
            raise NotFoundError(
                f"There is no such document in this library. It holds {len(self._positions)}: {known}.", code="unknown-document"
            )
        return position

    def _headings(self, number: int) -> tuple[Span, ...]:
        """The heading path in row `number` of the paths, outermost heading first."""
        spans = self._path_spans[int(self._path_starts[number]) : int(self._path_starts[number + 1])]
        return tuple(Span(int(start), int(end)) for start, end in spans)

    def _allowed(self, among: Filter) -> NDArray[np.bool_] | None:
        """Which passages a filter lets through, bool [n]; None for all."""
        allowed = None
        if among.documents is not None:
            allowed = np.isin(self._passages["document"], [self._position(one) for one in among.documents])
        if among.without:
            others = self._passages["content"] != np.void(among.without)
            allowed = others if allowed is None else allowed & others
        return allowed

    @staticmethod
    def _best(scores: NDArray[np.floating], k: int, allowed: NDArray[np.bool_] | None) -> Rows:
        rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
        return rows[top_k(scores[rows], k)]


def top_k(scores: NDArray[np.floating], k: int) -> Rows:
    """The positions of the k highest scores, ascending; of equal scores the first."""
    if len(scores) <= k:
        return np.arange(len(scores))
    least = np.partition(scores, -k)[-k]
    above = np.flatnonzero(scores > least)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == least)[: k - len(above)]]))


def _changed(document_id: str) -> StoreError:
    return StoreError(
        f"The text of '{document_id}' in the index is not the text that was indexed, so it is not quoted. {_REPAIR}",
        code="store-corrupt",
    )


def _is_hash(text: str) -> bool:
    return len(text) == 12 and all(character in "0123456789abcdef" for character in text)
