"""The stores that are held to the contract. To add one: a function that fills it with documents and opens it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from citaat.domain import Document
from citaat.encoders.protocol import Encoder
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.protocol import Store
from tests.store.embedded.writing import write

Fill = Callable[[Path, Sequence[Document], Encoder], Store]
"""From an empty folder, documents and what encodes them to an open store."""


def embedded(folder: Path, documents: Sequence[Document], encoder: Encoder) -> Store:
    write(folder, documents, encoder)
    return EmbeddedStore.open(folder)


ENGINES: dict[str, Fill] = {"embedded": embedded}
