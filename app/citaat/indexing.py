"""A document's walk: from files to a published generation of the store, one document at a time."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat import parsers as readers
from citaat.domain import Document, FloatMatrix, FloatVector, Passage
from citaat.encoders.encoder import Encoder
from citaat.errors import InputError, StoreError
from citaat.parsers import File, Origin
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store import generations
from citaat.store.generations import Disk
from citaat.store.store import Store, StoredDocument, known_paths
from citaat.store.writer import Probe, Writer

Progress = Callable[[str, int, int], None]
"""Called with what is being read, how much is done and how much there is, in bytes of the texts."""

_BATCH = 256
"""Passages encoded at once."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is split and ready to be encoded."""

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


def index(
    paths: Sequence[Path],
    root: Path,
    encoder: Encoder,
    *,
    add: bool = False,
    fresh: bool = False,
    missing: bool = False,
    progress: Progress | None = None,
    disk: Disk | None = None,
    probe: Probe | None = None,
) -> Report:
    """Make the files under `paths` the library in `root`.

    Args:
        paths: files and folders; none stand for those of the last time.
        add: keep what the library holds; a document of the same name is replaced.
        fresh: encode everything again.
        missing: build nothing if there is an index by the time that no one else is building.
        probe: measures the finished store; what it finds is kept in it.

    Raises:
        InputError, ReaderError: a path or file cannot be used; nothing was changed.
        StoreError: the store cannot be written, or not be added to; the old one still serves.
    """
    with generations.building(root) as folder, _without_collector():
        if missing and generations.current(root):
            return Report(0, 0, 0, 0, 0, {}, 0.0)
        old = _opened(root, needed=add)
        try:
            before = [Path(path) for path in known_paths(root)]
            if not (paths or before):
                raise InputError("Nothing tells what to index. Name the files or folders: citaat index PATH...", code="no-path")
            named = list(paths) or before
            files = readers.find(named)
            readers.refuse_unreadable(files)
            kept = [row for row in old.manifest.documents if row.id not in {file.id for file in files}] if old and add else []
            total = sum(row.size for row in kept) + sum(file.size for file in files)
            show = (lambda name, done: progress(name, done, total)) if progress else None
            walk = _walk(old, kept, files)
            every = [*before, *named] if add else named
            named_once = list(dict.fromkeys(str(path.resolve()) for path in every))
            reused = None if fresh else old
            return build(folder, root, walk, encoder, named_once, reused, disk or Disk(), probe, show)
        finally:
            if old:
                old.close()


def build(
    folder: Path,
    root: Path,
    walk: Iterable[Prepared],
    encoder: Encoder,
    paths: list[str],
    old: Store | None,
    disk: Disk,
    probe: Probe | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Report:
    """Write the documents of `walk` into `folder` and make it the current generation of `root`."""
    began = time.monotonic()
    writer = Writer(folder, encoder.dimension, disk)
    vectors = _Vectors(old, encoder, writer)
    count = documents = done = 0
    try:
        for prepared in walk:
            text, found = prepared.document.text, prepared.split.passages
            if progress:
                progress(prepared.document.id, done)
            writer.add(prepared.document, prepared.split, prepared.origin)
            documents += 1
            for start in range(0, len(found), _BATCH):
                batch = found[start : start + _BATCH]
                vectors.add(text, batch)
                if progress:
                    progress(prepared.document.id, done + prepared.origin.size * (start + len(batch)) // len(found))
            count += len(found)
            done += prepared.origin.size
        manifest = writer.publish(root, encoder.name, encoder.fingerprint, paths, probe)
    finally:
        writer.abandon()
    reused = count - vectors.encoded
    return Report(documents, count, vectors.encoded, reused, vectors.overlong, manifest.uncovered, time.monotonic() - began)


class _Vectors:
    """The vectors of passages, in document order: of a new text encoded, of one that was met before copied.

    Attributes:
        encoded: how many texts were encoded.
        overlong: how many of these the model cannot read whole.
    """

    def __init__(self, old: Store | None, encoder: Encoder, writer: Writer) -> None:
        self._old, self._encoder, self._writer = old, encoder, writer
        self._known = _known_vectors(old, encoder)
        self._written: dict[bytes, tuple[int, int, int]] = {}
        self._passages = self._sentences = 0
        self.encoded = self.overlong = 0

    def add(self, text: str, batch: Sequence[Passage]) -> None:
        """Append those of a batch to the writer's."""
        keys = [_key(passages.content_hash(passage.span.of(text)), _spans(passage)) for passage in batch]
        new = {
            key: [passages.plain(text, sentence) for sentence in passage.sentences]
            for key, passage in zip(keys, batch, strict=True)
            if key not in self._known and key not in self._written
        }
        self.encoded += len(new)
        self.overlong += self._encoder.overlong([" ".join(parts) for parts in new.values()], "passage")
        whole, parts = self._encoder.encode_passages(list(new.values()))
        cuts = np.cumsum([len(parts) for parts in new.values()])[:-1]
        fresh = dict(zip(new, zip(whole, np.split(parts, cuts), strict=True), strict=True)) if new else {}
        found = [fresh[key] if key in fresh else self._copied(key) for key in keys]
        self._writer.add_vectors(np.array([vector for vector, _ in found]), np.concatenate([rows for _, rows in found]))
        for key, (_, rows) in zip(keys, found, strict=True):
            self._written.setdefault(key, (self._passages, self._sentences, self._sentences + len(rows)))
            self._passages, self._sentences = self._passages + 1, self._sentences + len(rows)

    def _copied(self, key: bytes) -> tuple[FloatVector, FloatMatrix]:
        if key in self._written:
            return self._writer.vectors(*self._written[key])
        assert self._old is not None
        row = self._known[key]
        first, last = self._old.sentence_range(row)
        return self._old.vectors[row], self._old.sentence_vectors[first:last].astype(np.float32)


def _known_vectors(old: Store | None, encoder: Encoder) -> dict[bytes, int]:
    """The row of each passage that the store holds vectors of, if this encoder made it."""
    if old is None or old.manifest.fingerprint != encoder.fingerprint or old.manifest.splitter != passages.VERSION:
        return {}
    starts, contents = old.passages["start"], old.passages["content"]
    return {_key(contents[row].tobytes(), old.sentences(row) - starts[row]): row for row in range(len(old))}


def _key(content: bytes, spans: NDArray[np.uint32]) -> bytes:
    """What two passages have to have in common to have the same vectors: their text, and where its sentences lie in it.

    Where a text is cut depends on its language and on what stands around it too.
    """
    return content + spans.astype("<u4").tobytes()


def _spans(passage: Passage) -> NDArray[np.uint32]:
    """The sentences of a passage, counted from its start; uint32 [n, 2]."""
    return np.array([(one.start, one.end) for one in passage.sentences], np.uint32) - np.uint32(passage.span.start)


def _walk(old: Store | None, kept: list[StoredDocument], files: list[File]) -> Iterator[Prepared]:
    for row in kept:
        if old is not None:
            document = Document(row.id, old.text(row), row.source)
            origin = Origin(row.path, row.size, row.modified, row.source_sha256)
            yield Prepared(document, passages.split(document), origin)
    for file in files:
        document, origin = readers.read(file)
        yield Prepared(document, passages.split(document), origin)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the cycle collector: an index run makes many objects and no cycles, and searching them for some costs a tenth."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _opened(root: Path, *, needed: bool) -> Store | None:
    """The store that is there; one that cannot be read is as good as none, unless what it holds is needed."""
    try:
        return Store.open(root)
    except StoreError as error:
        if needed and error.code != "store-missing":
            raise
        return None
