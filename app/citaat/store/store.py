"""One library on disk: vectors, lexicon, passages and canonical texts, in generations.

store/
  CURRENT             the name of the generation that is served; replaced by one atomic rename
  write.lock          held by whoever builds
  generations/NAME/
    in-use            readers hold it while they read
    manifest.json     written last: what the other files must be
    *.npy             columns, memory-mapped, shared by all processes that read them
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, Passage, Source, Span
from citaat.errors import GoneError, NotFoundError, StoreError
from citaat.segmentation import passages
from citaat.store import generations
from citaat.text.lexicon import Lexicon

_AGAIN = "Run: citaat index --fresh"

FORMAT = 1
"""Changes whenever a generation's files change their meaning."""

HEADER = 512
"""Bytes of the .npy header of each column: fixed, so that it can be written when the rows are counted."""

PASSAGE = np.dtype(
    [
        ("document", "<u4"), ("start", "<u4"), ("end", "<u4"), ("page", "<u4"), ("run_in", "<u4"),
        ("sentence", "<u4"), ("path", "<u4"), ("hash", "<u8"), ("content", "V16"),
    ]
)  # fmt: skip
"""A row of the passages column. `run_in` is the end of the run-in heading, 0 for none; `sentence` the first row of
its sentences; `path` the row of its heading path; `hash` the number in its id; `content` the hash of its text."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A manifest's row on a document. `offset` and `length` count code points in the texts column."""

    id: str
    source: Source
    sha256: str
    offset: int
    length: int
    first_passage: int
    passages: int
    path: str
    size: int
    modified: int
    source_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `columns` gives each file's size in bytes."""

    format: int
    splitter: int
    model: str
    fingerprint: str
    paths: list[str]
    documents: list[StoredDocument]
    uncovered: dict[str, int]
    columns: dict[str, int]


class Store:
    """A generation, open for reading. Close it, or use it as a context manager, to let go of it."""

    def __init__(self, folder: Path, manifest: Manifest, hold: generations.Hold | None) -> None:
        self.folder, self.manifest, self._hold = folder, manifest, hold
        columns = {name: _mapped(folder / f"{name}.npy", size) for name, size in manifest.columns.items()}
        for vectors, described in (("vectors", "passages"), ("sentence_vectors", "sentences")):
            if len(columns[vectors]) != len(columns[described]):
                raise StoreError(f"{folder} has not as many {vectors} as {described}. {_AGAIN}", code="store-corrupt")
        self._texts = columns["texts"]
        self.passages = columns["passages"]
        self._sentences = columns["sentences"]
        self._path_starts, self._path_spans = columns["path_starts"], columns["path_spans"]
        self.vectors: FloatMatrix = columns["vectors"]
        self.sentence_vectors: NDArray[np.float16] = columns["sentence_vectors"]
        self.lexicon = Lexicon(
            columns["terms"], columns["term_starts"], columns["posting_passages"], columns["posting_weights"], len(self.passages)
        )
        self.probes: FloatMatrix | None = columns.get("probes")
        self._places = {document.id: place for place, document in enumerate(manifest.documents)}

    @classmethod
    def open(cls, root: Path) -> Self:
        """Take hold of the current generation.

        Raises:
            StoreError: there is none, or it is damaged, or written by another version.
        """
        found = generations.hold_current(root)
        if found is None:
            raise StoreError(f"There is no index in {root}. Run: citaat index PATH...", code="store-missing")
        folder, checksum, hold = found
        try:
            return cls(folder, _read_manifest(folder / "manifest.json", checksum), hold)
        except StoreError:
            hold.release()
            raise

    def __len__(self) -> int:
        return len(self.passages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._hold:
            self._hold.release()

    @property
    def created(self) -> int:
        """When it was made, in seconds since 1970."""
        return int((self.folder / "manifest.json").stat().st_mtime)

    def document(self, document_id: str) -> StoredDocument:
        """
        Raises:
            NotFoundError: there is no such document.
        """
        return self.manifest.documents[self.place(document_id)]

    def place(self, document_id: str) -> int:
        """The place of a document among the documents, as the passages column gives it.

        Raises:
            NotFoundError: there is no such document.
        """
        place = self._places.get(document_id)
        if place is None:
            known = ", ".join(list(self._places)[:10])
            raise NotFoundError(
                f"There is no such document in this library. It holds {len(self._places)}: {known}.", code="unknown-document"
            )
        return place

    def text(self, document: StoredDocument, start: int = 0, end: int | None = None) -> str:
        """The slice `[start, end)` of a document's canonical text; offsets outside it are brought to its ends."""
        end = document.length if end is None else min(end, document.length)
        start = max(0, start)
        try:
            return self._texts[document.offset + start : document.offset + max(start, end)].tobytes().decode("utf-32-le")
        except UnicodeDecodeError:
            raise _changed(document.id) from None

    def passage(self, number: int) -> tuple[StoredDocument, Passage]:
        """The passage in row `number` and its document.

        Raises:
            StoreError: what is on disk is no passage.
        """
        row = self.passages[number]
        try:
            document = self.manifest.documents[int(row["document"])]
            sentences = tuple(Span(int(start), int(end)) for start, end in self.sentences(number))
            passage = Passage(
                id=f"{document.id}/{int(row['hash']):012x}",
                document=document.id,
                span=Span(int(row["start"]), int(row["end"])),
                headings=self.path(int(row["path"])),
                run_in=Span(sentences[0].start, int(row["run_in"])) if row["run_in"] else None,
                sentences=sentences,
                page=int(row["page"]),
            )
        except (ValueError, IndexError):
            raise StoreError(f"{self.folder / 'passages.npy'} is damaged. {_AGAIN}", code="store-corrupt") from None
        return document, passage

    def quote(self, number: int) -> str:
        """The text of passage `number`, held against the hash in its id.

        Raises:
            StoreError: the text on disk is no longer the text that was indexed.
        """
        row = self.passages[number]
        document = self.manifest.documents[int(row["document"])]
        body = self.text(document, int(row["start"]), int(row["end"]))
        if passages.content_hash(body) != row["content"].tobytes():
            raise _changed(document.id)
        return body

    def sentences(self, number: int) -> NDArray[np.uint32]:
        """The spans of the sentences of passage `number`; uint32 [n, 2]."""
        first, last = self.sentence_range(number)
        return self._sentences[first:last]

    def sentence_range(self, number: int) -> tuple[int, int]:
        """`[first, last)` in the sentence columns."""
        first = int(self.passages[number]["sentence"])
        last = int(self.passages[number + 1]["sentence"]) if number + 1 < len(self.passages) else len(self._sentences)
        return first, last

    def section(self, document: StoredDocument, passage: Passage) -> tuple[str, ...]:
        """The labels above a passage, outermost first, its run-in heading last."""
        labels = [passages.label(self.text(document, heading.start, heading.end)) for heading in passage.headings]
        if passage.run_in:
            labels.append(passages.label(self.text(document, passage.run_in.start, passage.run_in.end)))
        return tuple(labels)

    def path(self, number: int) -> tuple[Span, ...]:
        """The heading path in row `number` of the paths, outermost heading first."""
        spans = self._path_spans[int(self._path_starts[number]) : int(self._path_starts[number + 1])]
        return tuple(Span(int(start), int(end)) for start, end in spans)

    def find(self, passage_id: str) -> int:
        """The row of a passage.

        Raises:
            GoneError: its document is here, the passage is not.
            NotFoundError: its document is not here either.
        """
        document_id, _, fingerprint = passage_id.rpartition("/")
        document = self.document(document_id)
        end = document.first_passage + document.passages
        wanted = int(fingerprint, 16) if _is_hash(fingerprint) else -1
        found = np.flatnonzero(self.passages["hash"][document.first_passage : end] == wanted)
        if not len(found):
            raise GoneError(
                f"'{document_id}' is in this library, but no longer holds this passage: its text has changed. "
                f"See the document itself: /documents/{document_id}"
            )
        return document.first_passage + int(found[0])

    def changed_sources(self) -> list[str]:
        """Names of the source files that are gone or differ from what was indexed, by size and time, then by hash."""
        changed = []
        for row in self.manifest.documents:
            path = Path(row.path)
            try:
                state = path.stat()
                same = (state.st_size, state.st_mtime_ns) == (row.size, row.modified)
                if not same and hashlib.sha256(path.read_bytes()).hexdigest() != row.source_sha256:
                    changed.append(path.name)
            except OSError:
                changed.append(path.name)
        return changed


def known_paths(root: Path) -> list[str]:
    """What the library in `root` was made of, read from what is left where the current generation cannot be told or read."""
    manifests = sorted(root.glob("generations/*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    with suppress(StoreError):
        if found := generations.current(root):
            manifests.insert(0, generations.folder(root, found[0]) / "manifest.json")
    for path in manifests:
        try:
            return [str(one) for one in json.loads(path.read_bytes())["paths"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def _changed(document_id: str) -> StoreError:
    return StoreError(
        f"The text of '{document_id}' in the index is not the text that was indexed, so it is not quoted. {_AGAIN}",
        code="store-corrupt",
    )


def _mapped(path: Path, size: int) -> NDArray[Any]:
    try:
        if path.stat().st_size != size:
            raise ValueError(f"{path.stat().st_size} bytes instead of {size}")
        # A plain view: every slice of a memmap would be a memmap again, which costs more than the slice.
        return np.asarray(np.load(path, mmap_mode="r" if size > HEADER else None))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({error}). {_AGAIN}", code="store-corrupt") from None


def _read_manifest(path: Path, checksum: str) -> Manifest:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}. {_AGAIN} PATH...", code="store-corrupt") from None
    if checksum_of(raw) != checksum:
        raise StoreError(f"{path} is not what was written. {_AGAIN} PATH...", code="store-corrupt")
    rows = json.loads(raw)
    if rows["format"] != FORMAT:
        raise StoreError(
            f"The index has format {rows['format']}; this version reads format {FORMAT}. Run: citaat index", code="store-stale"
        )
    rows["documents"] = [StoredDocument(**row | {"source": Source(**row["source"])}) for row in rows["documents"]]
    return Manifest(**rows)


def checksum_of(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:16]


def _is_hash(text: str) -> bool:
    return len(text) == 12 and all(character in "0123456789abcdef" for character in text)
