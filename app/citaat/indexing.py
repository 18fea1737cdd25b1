"""A document's walk: parse, segment, encode what is new, write, calibrate, publish; one document at a time."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from citaat.domain import Document, Passage
from citaat.errors import InputError, StoreError
from citaat.parsers import discovery, reading
from citaat.parsers.reading import Origin
from citaat.retrieval import calibration
from citaat.retrieval.model import Model
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.kept_batches import KeepingEncoder
from citaat.store.embedded.manifest import known_paths
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.embedded.writer import Writer

IndexingProgress = Callable[[str, int, int, int], None]
"""Called with what is being read, how much is done and how much there is, in bytes of the texts, and the passages done."""

_BATCH = 512
"""Passages encoded at once, of several documents where these are short."""


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
        fresh: encode everything again. Otherwise nothing is encoded twice, not even after a build that was killed.
        missing: do nothing if another process built an index while this one waited for its turn.

    Raises:
        InputError, ParseError: a path or file cannot be used; nothing was changed.
        StoreError: the store cannot be written, or not be added to; the old one still serves.
    """
    began = time.monotonic()
    with generations.building(root) as folder:
        if missing and generations.current(root):
            return Report(0, 0, 0, 0, 0, {}, 0.0)
        disk = disk or Disk()
        encoder = KeepingEncoder(model.encoder, root / "encoding", disk)
        if fresh:
            encoder.forget()
        with _opened(root, needed=add) as old, Writer(folder, encoder, disk, None if fresh else old) as writer:
            before = [Path(path) for path in (old.manifest.paths if old else known_paths(root))]
            documents, size = _to_index(paths or before, old, add=add)
            write_documents(documents, writer, progress, size)
            with writer.finish([*before, *paths] if add else paths or before) as store:
                count, features = len(store), calibration.impostor_features(model.pipeline(store))
            writer.publish(root, features)
        encoder.forget()
    shift = calibration.calibrated(model.ranker, features, count).bias - model.ranker.bias
    encoded = writer.encoded - encoder.known
    return Report(
        len(writer.manifest.documents), count, encoded, count - encoded, writer.overlong,
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
    documents: Iterable[Prepared], writer: Writer, progress: IndexingProgress | None = None, total: int = 0
) -> None:
    """Write some documents with their vectors; `total` is the size of their sources in bytes, for `progress`."""
    done, name, written = 0, "", 0
    waiting: list[tuple[str, Passage]] = []

    def encode(upto: int) -> None:
        nonlocal written
        writer.add_vectors(waiting)
        written += len(waiting)
        waiting.clear()
        if progress:
            progress(name, upto, total, written)

    for prepared in documents:
        name, size, found = prepared.document.id, prepared.origin.size, prepared.split.passages
        if progress and not done:
            progress(name, 0, total, 0)
        writer.add(prepared.document, prepared.split, prepared.origin)
        for number, passage in enumerate(found, 1):
            waiting.append((prepared.document.text, passage))
            if len(waiting) == _BATCH:
                encode(done + size * number // len(found))
        done += size
    if waiting:
        encode(total)
