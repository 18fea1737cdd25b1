"""Writing a generation, document by document. What grows in memory is the words: four bytes for each term of the library."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from citaat.domain import Document, FloatMatrix, FloatVector, Passage, Span
from citaat.encoders.protocol import Encoder
from citaat.parsers.reading import Origin
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.columns import PASSAGE, ColumnWriter
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.inverted_index import InvertedIndexBuilder
from citaat.store.embedded.manifest import FORMAT, Manifest, StoredDocument, checksum_of
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.normalise import content_hash, plain

_PAIR, _NUMBER = np.dtype("<u4"), np.dtype("<u4")


class Writer:
    """A generation while it is built: `add` its documents with their vectors, `finish` its columns, look at it as `store`s
    do, and `publish` it, which makes it current; until then nothing that is served changes."""

    def __init__(self, folder: Path, encoder: Encoder, disk: Disk) -> None:
        self._folder, self._disk, dimension = folder, disk, encoder.dimension
        self._columns: dict[str, ColumnWriter] = {}
        for name, dtype, width in (
            ("texts", _NUMBER, 0), ("passages", PASSAGE, 0), ("sentences", _PAIR, 2), ("path_starts", _NUMBER, 0),
            ("path_spans", _PAIR, 2), ("vectors", np.dtype("<f4"), dimension), ("sentence_vectors", np.dtype("<f2"), dimension),
        ):  # fmt: skip
            self._open(name, dtype, width)
        self._passages = self._sentences = self._paths = self._path_spans = self._offset = 0
        self._index = InvertedIndexBuilder()
        self.manifest = Manifest(FORMAT, passages.VERSION, encoder.name, encoder.fingerprint, [], [], {}, {})

    def add(self, document: Document, split: Split, origin: Origin) -> None:
        """Add a document but for its vectors, which `add_vectors` appends."""
        text = np.frombuffer(document.text.encode("utf-32-le"), "<u4")
        self._columns["texts"].append(text)
        paths: dict[tuple[Span, ...], int] = {}
        rows = np.zeros(len(split.passages), PASSAGE)
        sentences: list[tuple[int, int]] = []
        for row, passage in zip(rows, split.passages, strict=True):
            row["sentence"] = self._sentences + len(sentences)
            row["path"] = self._paths + paths.setdefault(passage.headings, len(paths))
            self._describe(row, passage, document)
            sentences += [(sentence.start, sentence.end) for sentence in passage.sentences]
            self._index.add(plain(document.text, passage.span))
        self._columns["passages"].append(rows)
        self._columns["sentences"].append(np.array(sentences, "<u4").reshape(-1, 2))
        self._add_paths(list(paths))
        for kind, count in split.uncovered.items():
            self.manifest.uncovered[kind] = self.manifest.uncovered.get(kind, 0) + count
        self.manifest.documents.append(
            StoredDocument(
                document.id, document.source, document.sha256, self._offset, len(text), self._passages, len(rows),
                origin.path, origin.size, origin.modified, origin.sha256,
            )
        )  # fmt: skip
        self._offset += len(text)
        self._passages += len(rows)
        self._sentences += len(sentences)

    def _describe(self, row: np.void, passage: Passage, document: Document) -> None:
        """Fill in what a passage's row says of the passage itself."""
        row["document"] = len(self.manifest.documents)
        row["start"], row["end"], row["page"] = passage.span.start, passage.span.end, passage.page
        row["run_in"] = passage.run_in.end if passage.run_in else 0
        row["hash"] = int(passage.id.rpartition("/")[2], 16)
        row["content"] = np.void(content_hash(passage.span.of(document.text)))

    def add_vectors(self, vectors: FloatMatrix, sentences: FloatMatrix) -> None:
        """Append one row a passage, and one row a sentence, in document order."""
        self._columns["vectors"].append(vectors)
        self._columns["sentence_vectors"].append(sentences)

    def vectors(self, passage: int, first: int, last: int) -> tuple[FloatVector, FloatMatrix]:
        """The vectors of a passage, and of the sentences from `first` up to `last`, by number, that were added before."""
        (vector,) = self._columns["vectors"].rows(passage, passage + 1)
        return vector, self._columns["sentence_vectors"].rows(first, last).astype(np.float32)

    def finish(self, paths: Sequence[str]) -> EmbeddedStore:
        """Write what is left and complete the columns.

        Args:
            paths: the files and folders that the library was made of.

        Returns:
            The generation as a store, not yet current. Close it before this writer publishes.
        """
        self.manifest.paths.extend(paths)
        self._columns["path_starts"].append(np.array([self._path_spans], "<u4"))
        index = self._index.build()
        for name, values in (
            ("terms", index.terms), ("term_starts", index.starts),
            ("posting_passages", index.rows), ("posting_weights", index.weights),
        ):  # fmt: skip
            self._open(name, values.dtype, 0).append(values)
        for name in list(self._columns):
            self._complete(name)
        return EmbeddedStore(self._folder, self.manifest)

    def publish(self, root: Path, impostor_scores: FloatMatrix) -> None:
        """Keep what calibration found, make all of it durable, and make this generation the current one of `root`."""
        if impostor_scores.size:
            self._open("probes", np.dtype("<f4"), impostor_scores.shape[1]).append(impostor_scores)
            self._complete("probes")
        raw = json.dumps(dataclasses.asdict(self.manifest), ensure_ascii=False, indent=1).encode()
        self._disk.write_file(self._folder / "manifest.json", raw)
        generations.publish(root, self._folder, checksum_of(raw), self._disk)

    def abandon(self) -> None:
        """Close the files; the folder is removed by whoever made it."""
        for column in self._columns.values():
            column.abandon()

    def _open(self, name: str, dtype: np.dtype[Any], width: int) -> ColumnWriter:
        column = self._columns[name] = ColumnWriter(self._folder / f"{name}.npy", dtype, width, self._disk)
        return column

    def _complete(self, name: str) -> None:
        self.manifest.columns[name] = self._columns[name].close()

    def _add_paths(self, paths: Sequence[tuple[Span, ...]]) -> None:
        starts = []
        for path in paths:
            starts.append(self._path_spans)
            self._columns["path_spans"].append(np.array([(span.start, span.end) for span in path], "<u4").reshape(-1, 2))
            self._path_spans += len(path)
        self._columns["path_starts"].append(np.array(starts, "<u4"))
        self._paths += len(paths)
