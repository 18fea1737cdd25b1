"""Building a library of files with a hash encoder, and what is in it then."""

from pathlib import Path

from citaat import indexing
from citaat.encoders.protocol import Encoder
from citaat.indexing import IndexingProgress, Report
from citaat.store.embedded.store import EmbeddedStore
from tests.fakes import QuickDisk, fake_model

TEXT = "# Wonen\n\nDe huur daalt. Dat is goed. 😀\r\n\n- Meer huizen.\n- Minder leegstand.\n"
"""Three passages."""


def build(
    root: Path, *paths: Path, encoder: Encoder | None = None, add: bool = False, fresh: bool = False, missing: bool = False,
    progress: IndexingProgress | None = None,
) -> Report:  # fmt: skip
    model = fake_model(encoder)
    return indexing.build(paths, root, model, add=add, fresh=fresh, missing=missing, progress=progress, disk=QuickDisk())


def names(root: Path) -> list[str]:
    """Of the documents."""
    with EmbeddedStore.open(root) as store:
        return [document.id for document in store.documents()]


def quotes(root: Path) -> list[str]:
    with EmbeddedStore.open(root) as store:
        return [store.quote(row) for row in range(len(store))]
