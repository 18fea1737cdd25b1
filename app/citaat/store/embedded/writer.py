"""Writing a generation, document by document. What grows in memory is the words: four bytes for each term of the library."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat import segmentation
from citaat.domain import Document, FloatMatrix, FloatVector, Passage, Span
from citaat.encoders.protocol import Encoder
from citaat.parsers.reading import Origin
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.columns import PASSAGE, ColumnWriter, pairs
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.inverted_index import InvertedIndexBuilder
from citaat.store.embedded.manifest import FORMAT, Manifest, StoredDocument, checksum_of
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.normalise import content_hash, plain

_ContentKey = tuple[bytes, bytes]
"""What two passages have to have in common to have the same vectors: the hash of their text, and where its sentences lie in it.

Where a text is cut depends on its language and on what stands around it too."""


class Writer(AbstractContextManager["Writer"]):
    """A generation while it is built: `add` its documents, `add_vectors` of their passages, `finish` its columns, look at it as
    `store`s do, and `publish` it, which makes it current; until then nothing that is served changes.

    Attributes:
        encoded: how many texts were encoded.
        overlong: how many of these the encoder could not read whole.
    """

    def __init__(self, folder: Path, encoder: Encoder, disk: Disk, old: EmbeddedStore | None = None) -> None:
        """Vectors of `old` are copied where this encoder made them."""
        self._folder, self._encoder, self._disk = folder, encoder, disk
        self._known: dict[_ContentKey, tuple[EmbeddedStore | Writer, int]] = {}
        if old and (old.manifest.fingerprint, old.manifest.splitter) == (encoder.fingerprint, segmentation.VERSION):
            self._known = {_key(old.content_hash_of(row), old.sentence_spans(row)): (old, row) for row in range(len(old))}
        self.encoded = self.overlong = 0
        vector, half_vector = np.dtype(f"({encoder.dimension},)<f4"), np.dtype(f"({encoder.dimension},)<f2")
        number, pair = np.dtype("<u4"), np.dtype("(2,)<u4")
        types = {
            "texts": number, "passages": PASSAGE, "sentences": pair, "path_starts": number, "path_spans": pair,
            "vectors": vector, "sentence_vectors": half_vector,
        }  # fmt: skip
        self._columns = {name: self._column(name, dtype) for name, dtype in types.items()}
        self._index = InvertedIndexBuilder()
        self.manifest = Manifest(FORMAT, segmentation.VERSION, encoder.name, encoder.fingerprint, [], [], {}, {})

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

    def add_vectors(self, batch: Sequence[tuple[str, Passage]]) -> None:
        """Add those of the next passages, each with the text it stands in: encode what is new, and copy what was met before."""
        keys = [_key(content_hash(passage.span.of(text)), pairs(passage.sentences)) for text, passage in batch]
        new = {key: one for key, one in zip(keys, batch, strict=True) if key not in self._known}
        fresh = self._encode([[plain(text, sentence) for sentence in passage.sentences] for text, passage in new.values()])
        vectors = dict(zip(new, fresh, strict=True))
        vectors |= {key: source.vectors(row) for key in keys if key in self._known for source, row in [self._known[key]]}
        for row, key in enumerate(keys, len(self._columns["vectors"])):
            self._known.setdefault(key, (self, row))
        self._columns["vectors"].append(np.array([vectors[key][0] for key in keys]))
        self._columns["sentence_vectors"].append(np.concatenate([vectors[key][1] for key in keys]))

    def _encode(self, sentences: Sequence[Sequence[str]]) -> Iterable[tuple[FloatVector, FloatMatrix]]:
        if not sentences:
            return ()
        encoded = self._encoder.encode_passages(sentences)
        self.encoded += len(sentences)
        self.overlong += int(encoded.truncated.sum())
        cuts = np.cumsum([len(ones) for ones in sentences])[:-1]
        return zip(encoded.passages, np.split(encoded.sentences, cuts), strict=True)

    def vectors(self, row: int) -> tuple[FloatVector, FloatMatrix]:
        """The vectors of a passage and of its sentences that were added before; float32 [d] and [n, d]."""
        (vector,) = self._columns["vectors"].rows(row, row + 1)
        first, *after = self._columns["passages"].rows(row, row + 2)["sentence"].tolist()
        last = after[0] if after else len(self._columns["sentences"])
        return vector, self._columns["sentence_vectors"].rows(first, last).astype(np.float32)

    def finish(self, paths: Sequence[Path]) -> EmbeddedStore:
        """Complete the columns of a library that was made of these files and folders.

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


def _key(content: bytes, sentences: NDArray[np.uint32]) -> _ContentKey:
    return content, (sentences - sentences[0, 0]).astype("<u4").tobytes()
