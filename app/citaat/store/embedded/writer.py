"""Writing a generation, document by document. What grows in memory is the words: four bytes for each term of the library."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Document, FloatMatrix, FloatVector, Span
from citaat.encoders.protocol import Encoder
from citaat.parsers.reading import Origin
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.columns import PASSAGE, ColumnWriter, pairs
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.inverted_index import InvertedIndexBuilder
from citaat.store.embedded.manifest import FORMAT, Manifest, StoredDocument, checksum_of
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.normalise import content_hash, plain


class Writer(AbstractContextManager["Writer"]):
    """A generation while it is built: `add` its documents with their vectors, `finish` its columns, look at it as `store`s
    do, and `publish` it, which makes it current; until then nothing that is served changes."""

    def __init__(self, folder: Path, encoder: Encoder, disk: Disk) -> None:
        self._folder, self._disk = folder, disk
        vector, half_vector = np.dtype(f"({encoder.dimension},)<f4"), np.dtype(f"({encoder.dimension},)<f2")
        number, pair = np.dtype("<u4"), np.dtype("(2,)<u4")
        types = {
            "texts": number, "passages": PASSAGE, "sentences": pair, "path_starts": number, "path_spans": pair,
            "vectors": vector, "sentence_vectors": half_vector,
        }  # fmt: skip
        self._columns = {name: self._column(name, dtype) for name, dtype in types.items()}
        self._index = InvertedIndexBuilder()
        self.manifest = Manifest(FORMAT, passages.VERSION, encoder.name, encoder.fingerprint, [], [], {}, {})

    def add(self, document: Document, split: Split, origin: Origin) -> None:
        """Add a document but for its vectors, which `add_vectors` appends."""
        columns, manifest, number = self._columns, self.manifest, len(self.manifest.documents)
        text = np.frombuffer(document.text.encode("utf-32-le"), "<u4")
        manifest.documents.append(
            StoredDocument(
                document.id, document.source, document.sha256, len(columns["texts"]), len(text), len(columns["passages"]),
                len(split.passages), origin.path, origin.size, origin.modified, origin.sha256,
            )
        )  # fmt: skip
        columns["texts"].append(text)
        paths = self._add_paths(dict.fromkeys(passage.headings for passage in split.passages))
        rows, sentences = [], list[Span]()
        for one in split.passages:
            run_in, fingerprint = one.run_in.end if one.run_in else 0, int(one.id.rpartition("/")[2], 16)
            content = np.void(content_hash(one.span.of(document.text)))
            sentence = len(columns["sentences"]) + len(sentences)
            rows.append(
                (number, one.span.start, one.span.end, one.page, run_in, sentence, paths[one.headings], fingerprint, content)
            )
            sentences += one.sentences
            self._index.add(plain(document.text, one.span))
        columns["passages"].append(np.array(rows, PASSAGE))
        columns["sentences"].append(pairs(sentences))
        for kind, count in split.uncovered.items():
            manifest.uncovered[kind] = manifest.uncovered.get(kind, 0) + count

    def _add_paths(self, paths: Iterable[tuple[Span, ...]]) -> dict[tuple[Span, ...], int]:
        """Add heading paths; the row of each."""
        starts, spans = self._columns["path_starts"], self._columns["path_spans"]
        rows: dict[tuple[Span, ...], int] = {}
        for path in paths:
            rows[path] = len(starts)
            starts.append(np.array([len(spans)]))
            spans.append(pairs(path))
        return rows

    def add_vectors(self, vectors: FloatMatrix, sentences: FloatMatrix) -> None:
        """Append one row a passage, and one row a sentence, in document order."""
        self._columns["vectors"].append(vectors)
        self._columns["sentence_vectors"].append(sentences)

    def vectors(self, passage: int) -> tuple[FloatVector, FloatMatrix]:
        """The vectors of a passage by its number, and of its sentences, that were added before."""
        (vector,) = self._columns["vectors"].rows(passage, passage + 1)
        first, *after = self._columns["passages"].rows(passage, passage + 2)["sentence"].tolist()
        last = after[0] if after else len(self._columns["sentences"])
        return vector, self._columns["sentence_vectors"].rows(first, last).astype(np.float32)

    def finish(self, paths: Sequence[Path]) -> EmbeddedStore:
        """Write what is left and complete the columns.

        Args:
            paths: the files and folders that the library was made of.

        Returns:
            The generation as a store, not yet current. Close it before this writer publishes.
        """
        self.manifest.paths.extend(dict.fromkeys(str(path.resolve()) for path in paths))
        self._columns["path_starts"].append(np.array([len(self._columns["path_spans"])]))
        for name, column in self._columns.items():
            self.manifest.columns[name] = column.close()
        index = self._index.build()
        self._write("terms", index.terms)
        self._write("term_starts", index.starts)
        self._write("posting_passages", index.rows)
        self._write("posting_weights", index.weights)
        return EmbeddedStore(self._folder, self.manifest)

    def publish(self, root: Path, impostor_features: FloatMatrix) -> None:
        """Keep what calibration found, make all of it durable, and make this generation the current one of `root`."""
        if impostor_features.size:
            self._write("probes", impostor_features)
        raw = self.manifest.json()
        self._disk.write_file(self._folder / "manifest.json", raw)
        generations.publish(root, self._folder, checksum_of(raw), self._disk)

    def __exit__(self, *error: object) -> None:
        """Close the files; the folder is removed by whoever made it."""
        for column in self._columns.values():
            column.abandon()

    def _column(self, name: str, dtype: np.dtype[Any]) -> ColumnWriter:
        return ColumnWriter(self._folder / f"{name}.npy", dtype, self._disk)

    def _write(self, name: str, values: NDArray[Any]) -> None:
        """A whole column at once."""
        column = self._columns[name] = self._column(name, np.dtype((values.dtype, values.shape[1:])))
        column.append(values)
        self.manifest.columns[name] = column.close()
