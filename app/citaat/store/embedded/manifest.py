"""What a generation says of itself."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from citaat.domain import DocumentInfo, Source
from citaat.errors import StoreError
from citaat.parsers.reading import Origin
from citaat.store.embedded.generations import corrupt

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

    @property
    def origin(self) -> Origin:
        return Origin(self.path, self.size, self.modified, self.source_sha256)


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

    def json(self) -> bytes:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1).encode()


def read_manifest(path: Path, checksum: str) -> Manifest:
    """The manifest in a file; StoreError if it is missing, is not what was written, or is of another format."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise corrupt(f"{path} cannot be read: {error.strerror}", " PATH...") from None
    if checksum_of(raw) != checksum:
        raise corrupt(f"{path} is not what was written", " PATH...")
    rows = json.loads(raw)
    if rows["format"] != FORMAT:
        raise StoreError(
            f"The index has format {rows['format']}; this version reads format {FORMAT}. Run: citaat index", code="store-stale"
        )
    rows["documents"] = [StoredDocument(**row | {"source": Source(**row["source"])}) for row in rows["documents"]]
    return Manifest(**rows)


def checksum_of(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:16]


def known_paths(root: Path) -> list[str]:
    """What the library in `root` was made of, from the newest manifest that can still be read."""
    manifests = root.glob("generations/*/manifest.json")
    for path in sorted(manifests, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            return [str(one) for one in json.loads(path.read_bytes())["paths"]]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []
