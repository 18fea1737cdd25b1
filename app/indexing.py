"""A document's walk: from files to a published generation of the store, one document at a time."""

import gc
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app import generations, passages, readers
from app.domain import Document, FloatMatrix, Passage
from app.encoder import Encoder
from app.errors import InputError, StoreError
from app.generations import Disk
from app.passages import Split
from app.readers import File
from app.store import Store, StoredDocument
from app.store_writer import Origin, Probe, Writer

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
    progress: Progress | None = None,
    disk: Disk | None = None,
    probe: Probe | None = None,
) -> Report:
    """Make the files under `paths` the library in `root`.

    Args:
        paths: files and folders; none stand for those of the last time.
        add: keep what the library holds; a document of the same name is replaced.
        fresh: read nothing from the store that is there, and encode everything again.
        probe: measures the finished store; what it finds is kept in it.

    Raises:
        InputError, ReaderError: a path or file cannot be used; nothing was changed.
        StoreError: the store cannot be written; the old one still serves.
    """
    with generations.building(root) as folder, _without_collector():
        old = None if fresh else _open_if_readable(root)
        try:
            before = [Path(path) for path in old.manifest.paths] if old else []
            if not (paths or before):
                raise InputError(
                    "There is no index yet. Name the files or folders to index: citaat index PATH...", code="no-path"
                )
            named = list(paths) or before
            files = readers.find(named)
            kept = [row for row in old.manifest.documents if row.id not in {file.id for file in files}] if old and add else []
            total = sum(row.size for row in kept) + sum(file.path.stat().st_size for file in files)
            show = (lambda name, done: progress(name, done, total)) if progress else None
            walk = _walk(old, kept, files)
            every = [*before, *named] if add else named
            named_once = list(dict.fromkeys(str(path.resolve()) for path in every))
            return build(folder, root, walk, encoder, named_once, old, disk or Disk(), probe, show)
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
    known = _known_vectors(old, encoder)
    writer = Writer(folder, encoder.dimension, disk)
    encoded = reused = overlong = documents = done = 0
    try:
        for prepared in walk:
            text, found = prepared.document.text, prepared.split.passages
            if progress:
                progress(prepared.document.id, done)
            writer.add(prepared.document, prepared.split, _path_vectors(prepared, encoder), prepared.origin)
            documents += 1
            for start in range(0, len(found), _BATCH):
                batch = found[start : start + _BATCH]
                new = [passage for passage in batch if passages.content_hash(passage.span.of(text)) not in known]
                vectors = _Vectors(old, known, text, new, encoder)
                writer.add_vectors(*vectors.of(batch))
                encoded, reused = encoded + len(new), reused + len(batch) - len(new)
                overlong += vectors.overlong
                if progress:
                    progress(prepared.document.id, done + prepared.origin.size * (start + len(batch)) // len(found))
            done += prepared.origin.size
        manifest = writer.publish(root, encoder.name, encoder.fingerprint, paths, probe)
    finally:
        writer.abandon()
    return Report(documents, encoded + reused, encoded, reused, overlong, manifest.uncovered, time.monotonic() - began)


class _Vectors:
    """The vectors of a batch of passages and of their sentences: new ones encoded, known ones copied."""

    def __init__(self, old: Store | None, known: dict[bytes, int], text: str, new: list[Passage], encoder: Encoder) -> None:
        self._old, self._known, self._text = old, known, text
        sentences = [[passages.plain(text, sentence) for sentence in passage.sentences] for passage in new]
        self.overlong = encoder.overlong([" ".join(parts) for parts in sentences], "passage")
        whole, parts = encoder.encode_passages(sentences)
        self._passages, self._sentences = iter(whole), iter(parts)
        self._dimension = encoder.dimension

    def of(self, batch: Sequence[Passage]) -> tuple[FloatMatrix, FloatMatrix]:
        """float32 [passages, d] and float32 [their sentences, d]."""
        whole, parts = [], []
        for passage in batch:
            row = self._known.get(passages.content_hash(passage.span.of(self._text)))
            if row is None or self._old is None:
                whole.append(next(self._passages))
                parts += [next(self._sentences) for _ in passage.sentences]
            else:
                first, last = self._old.sentence_range(row)
                whole.append(self._old.vectors[row])
                parts += list(self._old.sentence_vectors[first:last])
        return np.array(whole, np.float32), np.array(parts, np.float32)


def _known_vectors(old: Store | None, encoder: Encoder) -> dict[bytes, int]:
    """The row of each passage text that the store holds a vector of, if this encoder made it."""
    if old is None or old.manifest.fingerprint != encoder.fingerprint or old.manifest.splitter != passages.VERSION:
        return {}
    return {content.tobytes(): row for row, content in enumerate(old.passages["content"])}


def _path_vectors(prepared: Prepared, encoder: Encoder) -> FloatMatrix:
    text = prepared.document.text
    paths = dict.fromkeys(passage.headings for passage in prepared.split.passages)
    return encoder.encode([" ".join(passages.plain(text, span) for span in path) for path in paths], "passage")


def _walk(old: Store | None, kept: list[StoredDocument], files: list[File]) -> Iterator[Prepared]:
    for row in kept:
        if old is not None:
            document = Document(row.id, old.text(row), row.source)
            origin = Origin(row.path, row.size, row.modified, row.source_sha256)
            yield Prepared(document, passages.split(document), origin)
    for file in files:
        document = readers.read(file)
        state = file.path.stat()
        raw = hashlib.sha256(file.path.read_bytes()).hexdigest()
        yield Prepared(document, passages.split(document), Origin(str(file.path), state.st_size, state.st_mtime_ns, raw))


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


def _open_if_readable(root: Path) -> Store | None:
    try:
        return Store.open(root)
    except StoreError:
        return None
