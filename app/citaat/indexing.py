"""A document's walk: parse, segment, encode what is new, write, calibrate, publish; one document at a time."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Document, FloatMatrix, FloatVector, Passage
from citaat.encoders.protocol import Encoder
from citaat.errors import InputError, StoreError
from citaat.parsers import discovery, reading
from citaat.parsers.reading import Origin
from citaat.retrieval import calibration
from citaat.retrieval.model import Model
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.columns import pairs
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.manifest import known_paths
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
        with _opened(root, needed=add) as old, Writer(folder, model.encoder, disk or Disk()) as writer:
            before = [Path(path) for path in (old.manifest.paths if old else known_paths(root))]
            documents, size = _to_index(paths or before, old, add=add)
            vectors = write_documents(documents, writer, model.encoder, None if fresh else old, progress, size)
            with writer.finish([*before, *paths] if add else paths or before) as store:
                features = calibration.impostor_features(model.pipeline(store))
            writer.publish(root, features)
    shift = calibration.calibrated(model.ranker, features, vectors.passages).bias - model.ranker.bias
    return Report(
        len(writer.manifest.documents), vectors.passages, vectors.encoded, vectors.passages - vectors.encoded, vectors.overlong,
        writer.manifest.uncovered, time.monotonic() - began, round(shift, 2),
    )  # fmt: skip


def _to_index(paths: Sequence[Path], old: EmbeddedStore | None, *, add: bool) -> tuple[Iterator[Prepared], int]:
    """The documents, one at a time, and the size of their sources in bytes: what is kept of the old store, then the files."""
    if not paths:
        raise InputError("Nothing tells what to index. Name the files or folders: citaat index PATH...", code="no-path")
    files = discovery.find(paths)
    reading.refuse_unreadable(files)
    replaced = {file.id for file in files}
    kept = [row for row in old.manifest.documents if row.id not in replaced] if old and add else []
    stored = ((Document(row.id, old.text(row.id), row.source), row.origin) for row in kept if old)
    found = chain(stored, map(reading.read, files))
    documents = (Prepared(document, passages.split(document), origin) for document, origin in found)
    return documents, sum(row.size for row in kept) + sum(file.size for file in files)


def _opened(root: Path, *, needed: bool) -> AbstractContextManager[EmbeddedStore | None]:
    """The store that is there; one that cannot be read is as good as none, unless what it holds is needed."""
    try:
        return EmbeddedStore.open(root)
    except StoreError as error:
        if needed and error.code != "store-missing":
            raise
        return nullcontext()


def write_documents(
    documents: Iterable[Prepared],
    writer: Writer,
    encoder: Encoder,
    old: EmbeddedStore | None = None,
    progress: IndexingProgress | None = None,
    total: int = 0,
) -> "PassageVectors":
    """Encode what is new of some documents and write them.

    Args:
        old: a store whose vectors are copied where this encoder made them.
        total: size of their sources in bytes, for `progress`.

    Returns:
        The vectors, which tell how many there are.
    """
    vectors = PassageVectors(old, encoder, writer)
    done = 0
    for prepared in documents:
        name, size, found = prepared.document.id, prepared.origin.size, prepared.split.passages
        writer.add(prepared.document, prepared.split, prepared.origin)
        for start in range(0, len(found), _BATCH):
            if progress:
                progress(name, done + size * start // len(found), total)
            vectors.add(prepared.document.text, found[start : start + _BATCH])
        done += size
        if progress:
            progress(name, done, total)
    return vectors


class PassageVectors:
    """The vectors of passages, in document order: of a new text encoded, of one that was met before copied.

    Attributes:
        passages: how many there are.
        encoded: how many texts were encoded.
        overlong: how many of these the encoder could not read whole.
    """

    def __init__(self, old: EmbeddedStore | None, encoder: Encoder, writer: Writer) -> None:
        self._encoder, self._writer = encoder, writer
        self._known: dict[_ContentKey, tuple[EmbeddedStore | Writer, int]] = {}
        if old and (old.manifest.fingerprint, old.manifest.splitter) == (encoder.fingerprint, passages.VERSION):
            self._known = {_key(old.content_hash_of(row), old.sentence_spans(row)): (old, row) for row in range(len(old))}
        self.passages = self.encoded = self.overlong = 0

    def add(self, text: str, batch: Sequence[Passage]) -> None:
        """Append those of a batch to the writer's."""
        keys = [_key(content_hash(passage.span.of(text)), pairs(passage.sentences)) for passage in batch]
        new = {key: passage for key, passage in zip(keys, batch, strict=True) if key not in self._known}
        fresh = self._encode([[plain(text, sentence) for sentence in passage.sentences] for passage in new.values()])
        vectors = dict(zip(new, fresh, strict=True))
        vectors |= {key: self._known[key][0].vectors(self._known[key][1]) for key in keys if key in self._known}
        self._writer.add_vectors(np.array([vectors[key][0] for key in keys]), np.concatenate([vectors[key][1] for key in keys]))
        for row, key in enumerate(keys, self.passages):
            self._known.setdefault(key, (self._writer, row))
        self.passages += len(batch)

    def _encode(self, sentences: Sequence[Sequence[str]]) -> Iterable[tuple[FloatVector, FloatMatrix]]:
        if not sentences:
            return ()
        encoded = self._encoder.encode_passages(sentences)
        self.encoded += len(sentences)
        self.overlong += int(encoded.truncated.sum())
        cuts = np.cumsum([len(ones) for ones in sentences])[:-1]
        return zip(encoded.passages, np.split(encoded.sentences, cuts), strict=True)


def _key(content: bytes, sentences: NDArray[np.uint32]) -> _ContentKey:
    return content, (sentences - sentences[0, 0]).astype("<u4").tobytes()


def changed_sources(origins: Iterable[Origin]) -> list[str]:
    """Names of the source files that are gone or differ from what was indexed, by size and time, then by hash."""
    return [Path(origin.path).name for origin in origins if _has_changed(origin)]


def _has_changed(origin: Origin) -> bool:
    path = Path(origin.path)
    try:
        state = path.stat()
        if (state.st_size, state.st_mtime_ns) == (origin.size, origin.modified):
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() != origin.sha256
    except OSError:
        return True
