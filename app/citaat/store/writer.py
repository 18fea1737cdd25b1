"""Writing a generation, document by document. What grows in memory is the words: four bytes for each term of the library."""

import dataclasses
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Document, FloatMatrix, FloatVector
from citaat.parsers import Origin
from citaat.segmentation import passages
from citaat.segmentation.passages import Split
from citaat.store import generations
from citaat.store.generations import Disk
from citaat.store.store import FORMAT, HEADER, PASSAGE, Manifest, Store, StoredDocument, checksum_of
from citaat.text import lexicon

Probe = Callable[[Store], FloatMatrix]
"""Finds what a library's passages score by chance; float32 [rows, features]."""


class Column:
    """An .npy file that grows by rows."""

    def __init__(self, path: Path, dtype: np.dtype[Any], width: int, disk: Disk) -> None:
        self._dtype, self._width, self._disk = dtype, width, disk
        self._file = path.open("w+b")
        self._rows = 0
        self._file.seek(HEADER)

    def append(self, rows: NDArray[Any]) -> None:
        if rows.shape[1:] != ((self._width,) if self._width else ()):
            raise ValueError(f"rows of shape {rows.shape} in a column of width {self._width}")
        self._disk.write(self._file, np.ascontiguousarray(rows, self._dtype).data.cast("B") if rows.size else b"")
        self._rows += len(rows)

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """Rows that were appended before."""
        size = self._dtype.itemsize * max(1, self._width)
        self._file.seek(HEADER + first * size)
        found = np.frombuffer(self._file.read((last - first) * size), self._dtype)
        self._file.seek(0, os.SEEK_END)
        return found.reshape(-1, self._width) if self._width else found

    def close(self) -> int:
        """Complete the file and return its size in bytes."""
        shape = (self._rows, self._width) if self._width else (self._rows,)
        described = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        magic = np.lib.format.magic(1, 0)
        length = HEADER - len(magic) - 2
        body = repr(described).encode("latin1").ljust(length - 1) + b"\n"
        size = self._file.tell()
        self._file.seek(0)
        self._disk.write(self._file, magic + length.to_bytes(2, "little") + body)
        self._disk.sync(self._file)
        self._file.close()
        return size

    def abandon(self) -> None:
        self._file.close()


class Writer:
    """A generation while it is built. `publish` makes it current; until then nothing that is served changes."""

    def __init__(self, folder: Path, dimension: int, disk: Disk) -> None:
        self._folder, self._disk = folder, disk
        pair, number = np.dtype("<u4"), np.dtype("<u4")
        kinds: dict[str, tuple[np.dtype[Any], int]] = {
            "texts": (number, 0), "passages": (PASSAGE, 0), "sentences": (pair, 2),
            "path_starts": (number, 0), "path_spans": (pair, 2), "vectors": (np.dtype("<f4"), dimension),
            "sentence_vectors": (np.dtype("<f2"), dimension),
        }  # fmt: skip
        self._columns = {name: Column(folder / f"{name}.npy", dtype, width, disk) for name, (dtype, width) in kinds.items()}
        self._documents: list[StoredDocument] = []
        self._uncovered: dict[str, int] = {}
        self._passages = self._sentences = self._paths = self._path_spans = self._offset = 0
        self._index = lexicon.Builder()

    def add(self, document: Document, split: Split, origin: Origin) -> None:
        """Add a document but for its vectors, which `add_vectors` appends."""
        text = np.frombuffer(document.text.encode("utf-32-le"), "<u4")
        self._columns["texts"].append(text)
        numbers: dict[tuple[Any, ...], int] = {}
        rows = np.zeros(len(split.passages), PASSAGE)
        spans: list[tuple[int, int]] = []
        for row, passage in zip(rows, split.passages, strict=True):
            path = numbers.setdefault(passage.headings, len(numbers))
            row["document"], row["start"], row["end"] = len(self._documents), passage.span.start, passage.span.end
            row["page"], row["run_in"] = passage.page, passage.run_in.end if passage.run_in else 0
            row["sentence"], row["path"] = self._sentences + len(spans), self._paths + path
            row["hash"] = int(passage.id.rpartition("/")[2], 16)
            body = passage.span.of(document.text)
            row["content"] = np.void(passages.content_hash(body))
            spans += [(sentence.start, sentence.end) for sentence in passage.sentences]
            self._index.add(passages.plain(document.text, passage.span))
        self._columns["passages"].append(rows)
        self._columns["sentences"].append(np.array(spans, "<u4").reshape(-1, 2))
        self._add_paths(list(numbers))
        for kind, count in split.uncovered.items():
            self._uncovered[kind] = self._uncovered.get(kind, 0) + count
        self._documents.append(
            StoredDocument(
                document.id, document.source, document.sha256, self._offset, len(text), self._passages, len(rows),
                origin.path, origin.size, origin.modified, origin.sha256,
            )
        )  # fmt: skip
        self._offset += len(text)
        self._passages += len(rows)
        self._sentences += len(spans)

    def add_vectors(self, vectors: FloatMatrix, sentences: FloatMatrix) -> None:
        """Append one row a passage, and one row a sentence, in document order."""
        self._columns["vectors"].append(vectors)
        self._columns["sentence_vectors"].append(sentences)

    def vectors(self, passage: int, first: int, last: int) -> tuple[FloatVector, FloatMatrix]:
        """The vectors of a passage, and of the sentences from `first` up to `last`, by number, that were added before."""
        (vector,) = self._columns["vectors"].rows(passage, passage + 1)
        return vector, self._columns["sentence_vectors"].rows(first, last).astype(np.float32)

    def _add_paths(self, paths: list[tuple[Any, ...]]) -> None:
        starts = []
        for path in paths:
            starts.append(self._path_spans)
            self._columns["path_spans"].append(np.array([(span.start, span.end) for span in path], "<u4").reshape(-1, 2))
            self._path_spans += len(path)
        self._columns["path_starts"].append(np.array(starts, "<u4"))
        self._paths += len(paths)

    def publish(self, root: Path, model: str, fingerprint: str, paths: Iterable[str], probe: Probe | None) -> Manifest:
        """Write what is left, make all of it durable, and make this generation the current one."""
        self._columns["path_starts"].append(np.array([self._path_spans], "<u4"))
        words = self._index.build()
        postings = {
            "terms": words.terms, "term_starts": words.starts,
            "posting_passages": words.passages, "posting_weights": words.weights,
        }  # fmt: skip
        for name, values in postings.items():
            self._columns[name] = Column(self._folder / f"{name}.npy", values.dtype, 0, self._disk)
            self._columns[name].append(values)
        sizes = {name: column.close() for name, column in self._columns.items()}
        manifest = Manifest(FORMAT, passages.VERSION, model, fingerprint, list(paths), self._documents, self._uncovered, sizes)
        if probe:
            with Store(self._folder, manifest, None) as store:
                probes = probe(store)
            column = self._columns["probes"] = Column(self._folder / "probes.npy", probes.dtype, probes.shape[1], self._disk)
            column.append(probes)
            manifest = dataclasses.replace(manifest, columns=sizes | {"probes": column.close()})
        raw = json.dumps(dataclasses.asdict(manifest), ensure_ascii=False, indent=1).encode()
        self._disk.write_file(self._folder / "manifest.json", raw)
        generations.publish(root, self._folder, checksum_of(raw), self._disk)
        return manifest

    def abandon(self) -> None:
        """Close the files; the folder is removed by whoever made it."""
        for column in self._columns.values():
            column.abandon()
