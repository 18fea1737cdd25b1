"""A document's walk: parse, segment, encode what is new, write, calibrate, publish; one document at a time."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Document, FloatMatrix, FloatVector, Passage
from citaat.encoders.protocol import Encoder
from citaat.errors import InputError, StoreError
from citaat.parsers import discovery, reading
from citaat.parsers.discovery import SourceFile
from citaat.parsers.reading import Origin
from citaat.retrieval import calibration
from citaat.retrieval.model import Model
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.manifest import StoredDocument, known_paths
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.embedded.writer import Writer
from citaat.text.normalise import content_hash, plain

IndexingProgress = Callable[[str, int, int], None]
"""Called with what is being read, how much is done and how much there is, in bytes of the texts."""

_BATCH = 256
"""Passages encoded at once."""

_ContentKey = tuple[bytes, bytes]
"""What two passages have to have in common to have the same vectors: the hash of their text, and where its sentences lie in it.

Where a text is cut depends on its language and on what stands around it too."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is segmented and ready to be encoded."""

    document: Document
    split: Split
    origin: Origin


@dataclass(frozen=True, slots=True)
class Report:
    """What an index run did.

    `encoded` and `reused` count passages, `overlong` those that the model cannot read whole, and `uncovered` the
    characters that no passage covers, by kind. `shift` is what the library's own scores add to the log-odds of every
    answer. `seconds` is wall time.
    """

    documents: int
    passages: int
    encoded: int
    reused: int
    overlong: int
    uncovered: dict[str, int]
    seconds: float
    shift: float = 0.0


def build(
    paths: Sequence[Path],
    root: Path,
    model: Model,
    *,
    add: bool = False,
    fresh: bool = False,
    missing: bool = False,
    progress: IndexingProgress | None = None,
    disk: Disk | None = None,
) -> Report:
    """Make the files under `paths` the library in `root`.

    Args:
        paths: files and folders; none stand for those of the last time.
        add: keep what the library holds; a document of the same name is replaced.
        fresh: encode everything again.
        missing: build nothing if there is an index by the time that no one else is building.

    Raises:
        InputError, ParseError: a path or file cannot be used; nothing was changed.
        StoreError: the store cannot be written, or not be added to; the old one still serves.
    """
    began = time.monotonic()
    with generations.building(root) as folder:
        if missing and generations.current(root):
            return Report(0, 0, 0, 0, 0, {}, 0.0)
        old = _opened(root, needed=add)
        writer = Writer(folder, model.encoder, disk or Disk())
        try:
            work = _planned(paths, root, old, add=add)
            counts = write_documents(work.documents, writer, model.encoder, None if fresh else old, _of(work.size, progress))
            with writer.finish(work.paths) as store:
                scores = calibration.impostor_scores(model.pipeline(store))
            writer.publish(root, scores)
        finally:
            writer.abandon()
            if old:
                old.close()
    shift = calibration.log_odds_shift(model.ranker, scores, counts.passages)
    documents, uncovered = len(writer.manifest.documents), writer.manifest.uncovered
    reused, seconds = counts.passages - counts.encoded, time.monotonic() - began
    return Report(documents, counts.passages, counts.encoded, reused, counts.overlong, uncovered, seconds, round(shift, 2))


def write_documents(
    documents: Iterable[Prepared],
    writer: Writer,
    encoder: Encoder,
    old: EmbeddedStore | None = None,
    show: Callable[[str, int], None] = lambda name, done: None,
) -> "Counts":
    """Encode what is new of some documents and write them.

    Args:
        old: a store whose vectors are copied where this encoder made them.
        show: called with a document's id and how many bytes of the texts are done.
    """
    vectors = _PassageVectors(old, encoder, writer)
    done = 0
    for prepared in documents:
        name, size, found = prepared.document.id, prepared.origin.size, prepared.split.passages
        show(name, done)
        writer.add(prepared.document, prepared.split, prepared.origin)
        for start in range(0, len(found), _BATCH):
            batch = found[start : start + _BATCH]
            vectors.add(prepared.document.text, batch)
            show(name, done + size * (start + len(batch)) // len(found))
        done += size
    return Counts(vectors.passages, vectors.encoded, vectors.overlong)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many passages there are, how many of them were encoded, and how many of these the encoder could not read whole."""

    passages: int
    encoded: int
    overlong: int


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be indexed: the documents, their size in bytes of the texts, and the paths that they are of."""

    documents: Iterable[Prepared]
    size: int
    paths: Sequence[str]


def _of(total: int, progress: IndexingProgress | None) -> Callable[[str, int], None]:
    return (lambda name, done: progress(name, done, total)) if progress else (lambda name, done: None)


def _planned(paths: Sequence[Path], root: Path, old: EmbeddedStore | None, *, add: bool) -> _Work:
    before = [Path(path) for path in known_paths(root)]
    if not (paths or before):
        raise InputError("Nothing tells what to index. Name the files or folders: citaat index PATH...", code="no-path")
    named = list(paths) or before
    files = discovery.find(named)
    reading.refuse_unreadable(files)
    kept = [row for row in old.manifest.documents if row.id not in {file.id for file in files}] if old and add else []
    every = [*before, *named] if add else named
    return _Work(
        documents=_documents(old, kept, files),
        size=sum(row.size for row in kept) + sum(file.size for file in files),
        paths=list(dict.fromkeys(str(path.resolve()) for path in every)),
    )


def _documents(old: EmbeddedStore | None, kept: list[StoredDocument], files: list[SourceFile]) -> Iterator[Prepared]:
    for row in kept:
        assert old is not None
        document = Document(row.id, old.text(row.id), row.source)
        yield Prepared(document, passages.split(document), Origin(row.path, row.size, row.modified, row.source_sha256))
    for file in files:
        document, origin = reading.read(file)
        yield Prepared(document, passages.split(document), origin)


class _PassageVectors:
    """The vectors of passages, in document order: of a new text encoded, of one that was met before copied.

    Attributes:
        passages: how many there are.
        encoded: how many texts were encoded.
        overlong: how many of these the encoder could not read whole.
    """

    def __init__(self, old: EmbeddedStore | None, encoder: Encoder, writer: Writer) -> None:
        self._old, self._encoder, self._writer = old, encoder, writer
        self._known = _known_vectors(old, encoder)
        self._written: dict[_ContentKey, tuple[int, int, int]] = {}
        self._sentences = 0
        self.passages = self.encoded = self.overlong = 0

    def add(self, text: str, batch: Sequence[Passage]) -> None:
        """Append those of a batch to the writer's."""
        keys = [_key(content_hash(passage.span.of(text)), _spans(passage)) for passage in batch]
        new = {
            key: [plain(text, sentence) for sentence in passage.sentences]
            for key, passage in zip(keys, batch, strict=True)
            if key not in self._known and key not in self._written
        }
        fresh = self._encode(new)
        found = [fresh[key] if key in fresh else self._copied(key) for key in keys]
        self._writer.add_vectors(np.array([vector for vector, _ in found]), np.concatenate([rows for _, rows in found]))
        for key, (_, rows) in zip(keys, found, strict=True):
            self._written.setdefault(key, (self.passages, self._sentences, self._sentences + len(rows)))
            self.passages, self._sentences = self.passages + 1, self._sentences + len(rows)

    def _encode(self, new: dict[_ContentKey, list[str]]) -> dict[_ContentKey, tuple[FloatVector, FloatMatrix]]:
        if not new:
            return {}
        self.encoded += len(new)
        encoded = self._encoder.encode_passages(list(new.values()))
        self.overlong += int(encoded.truncated.sum())
        cuts = np.cumsum([len(parts) for parts in new.values()])[:-1]
        return dict(zip(new, zip(encoded.passages, np.split(encoded.sentences, cuts), strict=True), strict=True))

    def _copied(self, key: _ContentKey) -> tuple[FloatVector, FloatMatrix]:
        if key in self._written:
            return self._writer.vectors(*self._written[key])
        assert self._old is not None
        found = self._old.fetch(np.array([self._known[key]]))
        return found.vectors[0], found.sentence_vectors


def _known_vectors(old: EmbeddedStore | None, encoder: Encoder) -> dict[_ContentKey, int]:
    """The row of each passage that the store holds vectors of, if this encoder made it."""
    if old is None or old.manifest.fingerprint != encoder.fingerprint or old.manifest.splitter != passages.VERSION:
        return {}
    return {_key(old.content_hash_of(row), old.sentence_spans(row)): row for row in range(len(old))}


def _key(content: bytes, sentences: NDArray[np.uint32]) -> _ContentKey:
    return content, (sentences - sentences[0, 0]).astype("<u4").tobytes()


def _spans(passage: Passage) -> NDArray[np.uint32]:
    """The spans of the sentences of a passage; uint32 [n, 2]."""
    return np.array([(one.start, one.end) for one in passage.sentences], np.uint32)


def _opened(root: Path, *, needed: bool) -> EmbeddedStore | None:
    """The store that is there; one that cannot be read is as good as none, unless what it holds is needed."""
    try:
        return EmbeddedStore.open(root)
    except StoreError as error:
        if needed and error.code != "store-missing":
            raise
        return None
