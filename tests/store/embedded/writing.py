"""Writing a generation of documents that stand in no file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from citaat.domain import Document, FloatMatrix
from citaat.encoders.protocol import Encoder
from citaat.indexing import Prepared, write_documents
from citaat.parsers.reading import Origin
from citaat.segmentation import passages
from citaat.store.embedded import generations
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.writer import Writer
from tests.fakes import QuickDisk

NO_FEATURES: FloatMatrix = np.empty((0, 3), np.float32)


def write(
    root: Path, documents: Sequence[Document], encoder: Encoder, disk: Disk | None = None, features: FloatMatrix = NO_FEATURES
) -> None:
    """Make documents the current generation of `root`, each as if it stood in a file `ID.txt`."""
    disk = disk or QuickDisk()
    with generations.building(root) as folder, Writer(folder, encoder, disk) as writer:
        write_documents(prepared(documents), writer)
        writer.finish([Path("/texts")]).close()
        writer.publish(root, features)


def prepared(documents: Sequence[Document]) -> Iterator[Prepared]:
    for document in documents:
        yield Prepared(document, passages.split(document), Origin(f"/texts/{document.id}.txt", len(document.text), 0, ""))
