"""What a generation says of itself."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from citaat.domain import DocumentInfo, Source
from citaat.encoders.protocol import Encoder
from citaat.errors import StoreError
from citaat.segmentation import passages
from citaat.store.embedded import generations

FORMAT = 1
"""Changes whenever a generation's files change their meaning."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A manifest's row on a document. `offset` and `length` count code points in the texts column; `path`, `size` (bytes),
    `modified` (ns) and `source_sha256` are the file's as it was read."""

    id: str
    source: Source
    sha256: str
    offset: int
    length: int
    first_passage: int
    passages: int
    path: str
    size: int
    modified: int
    source_sha256: str

    @property
    def info(self) -> DocumentInfo:
        return DocumentInfo(self.id, self.source, self.sha256, self.length, self.passages, Path(self.path).stem)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `splitter` is the version of the segmentation, `uncovered` the characters that no passage
    covers by kind, and `columns` gives each file's size in bytes."""

    format: int
    splitter: int
    model: str
    fingerprint: str
    paths: list[str]
    documents: list[StoredDocument]
    uncovered: dict[str, int]
    columns: dict[str, int]


def read_manifest(path: Path, checksum: str) -> Manifest:
    """
    Raises:
        StoreError: the file is missing, is not what was written, or is of another format.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {error.strerror}. Run: citaat index --fresh PATH...", code="store-corrupt"
        ) from None
    if checksum_of(raw) != checksum:
        raise StoreError(f"{path} is not what was written. Run: citaat index --fresh PATH...", code="store-corrupt")
    rows = json.loads(raw)
    if rows["format"] != FORMAT:
        raise StoreError(
            f"The index has format {rows['format']}; this version reads format {FORMAT}. Run: citaat index", code="store-stale"
        )
    rows["documents"] = [StoredDocument(**row | {"source": Source(**row["source"])}) for row in rows["documents"]]
    return Manifest(**rows)


def refuse_stale(manifest: Manifest, encoder: Encoder) -> None:
    """
    Raises:
        StoreError: the generation was made with another encoder, or by another version of the segmentation.
    """
    if manifest.fingerprint != encoder.fingerprint:
        raise StoreError(
            f"The index was made with another encoder ({manifest.model}, {manifest.fingerprint}) than the one in use "
            f"({encoder.name}, {encoder.fingerprint}). Run: citaat index",
            code="store-stale",
        )
    if manifest.splitter != passages.VERSION:
        raise StoreError(
            f"The index was split by version {manifest.splitter} of the splitter; this is version {passages.VERSION}. "
            "Run: citaat index",
            code="store-stale",
        )


def checksum_of(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:16]


def known_paths(root: Path) -> list[str]:
    """What the library in `root` was made of, from any manifest that can still be read, the current or newest one first."""
    manifests = sorted(root.glob("generations/*/manifest.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    with suppress(StoreError):
        if found := generations.current(root):
            manifests.insert(0, generations.folder(root, found[0]) / "manifest.json")
    for path in manifests:
        try:
            return [str(one) for one in json.loads(path.read_bytes())["paths"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def changed_sources(documents: list[StoredDocument]) -> list[str]:
    """Names of the source files that are gone or differ from what was indexed, by size and time, then by hash."""
    return [Path(row.path).name for row in documents if _has_changed(row)]


def _has_changed(row: StoredDocument) -> bool:
    path = Path(row.path)
    try:
        state = path.stat()
        if (state.st_size, state.st_mtime_ns) == (row.size, row.modified):
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() != row.source_sha256
    except OSError:
        return True
