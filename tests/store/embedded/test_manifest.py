import dataclasses
import hashlib
import json
import os
from pathlib import Path

import pytest

from citaat.domain import DocumentInfo, Source
from citaat.errors import StoreError
from citaat.store.embedded.manifest import FORMAT, Manifest, StoredDocument, checksum_of, known_paths, read_manifest

SOURCE = Source("Over wonen", "Uitgever", "2023", "https://example.org", "nl", "CC0")
DOCUMENT = StoredDocument("wonen", SOURCE, "ab" * 32, 10, 20, 3, 2, "/texts/Over wonen.md", 21, 5, "cd" * 32)
MANIFEST = Manifest(FORMAT, 4, "hash", "hash-16", ["/texts"], [DOCUMENT], {"heading": 3}, {"texts": 600})


def write(path: Path, manifest: Manifest) -> str:
    """Write a manifest; its checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dataclasses.asdict(manifest)))
    return checksum_of(path.read_bytes())


def generation(root: Path, name: str, path: str, modified: int) -> Path:
    """A generation of which only the manifest is there, made of `path`."""
    file = root / "generations" / name / "manifest.json"
    write(file, dataclasses.replace(MANIFEST, paths=[path]))
    os.utime(file, (modified, modified))
    return file


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "manifest.json", write(tmp_path / "manifest.json", MANIFEST)) == MANIFEST


def test_what_a_library_tells_of_a_document_has_the_name_of_its_file() -> None:
    assert DOCUMENT.info == DocumentInfo("wonen", SOURCE, "ab" * 32, 20, 2, "Over wonen")


def test_a_checksum_is_the_beginning_of_the_hash() -> None:
    assert checksum_of(b"abc") == hashlib.sha256(b"abc").hexdigest()[:16]


def test_a_manifest_that_is_missing_or_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with pytest.raises(StoreError, match=r"cannot be read: No such file.*--fresh PATH\.\.\.$") as missing:
        read_manifest(path, "")
    checksum = write(path, MANIFEST)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(StoreError, match=r"manifest\.json is not what was written\. Run: .*--fresh PATH\.\.\.$") as changed:
        read_manifest(path, checksum)
    assert missing.value.code == changed.value.code == "store-corrupt"


def test_a_manifest_of_another_format_is_stale(tmp_path: Path) -> None:
    checksum = write(tmp_path / "manifest.json", dataclasses.replace(MANIFEST, format=FORMAT + 1))
    with pytest.raises(
        StoreError, match=f"has format {FORMAT + 1}; this version reads format {FORMAT}. Run: citaat index$"
    ) as error:
        read_manifest(tmp_path / "manifest.json", checksum)
    assert error.value.code == "store-stale"


def test_the_paths_of_a_library_are_those_of_its_newest_generation(tmp_path: Path) -> None:
    generation(tmp_path, "new", "/new", 2)
    generation(tmp_path, "old", "/old", 1)
    assert known_paths(tmp_path) == ["/new"]


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b'{"paths": null}', b"\xff"])
def test_a_manifest_that_cannot_be_read_is_passed_over(tmp_path: Path, body: bytes) -> None:
    assert known_paths(tmp_path) == []
    generation(tmp_path, "old", "/old", 1)
    path = generation(tmp_path, "new", "/new", 2)
    path.write_bytes(body)
    os.utime(path, (2, 2))
    assert known_paths(tmp_path) == ["/old"]
