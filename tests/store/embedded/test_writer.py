import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from citaat.domain import Document, Source
from citaat.errors import StoreError
from citaat.segmentation import VERSION
from citaat.segmentation.passages import Split
from citaat.store.embedded import generations
from citaat.store.embedded.manifest import FORMAT
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.embedded.writer import Writer
from tests.conftest import ROOT
from tests.fakes import FullDisk, HashEncoder, QuickDisk
from tests.store.embedded.recording import Recording
from tests.store.embedded.writing import prepared, write

FEATURES = np.arange(60, dtype=np.float32).reshape(20, 3)
OLD = [Document("wonen", "# Wonen\n\nDe huur daalt. Dat is goed. 😀\r\n\n- Meer huizen.\n", Source("Over wonen"))]
NEW = [Document("zorg", "# Zorg\n\nEen nieuwe tekst.", Source("Over zorg")), *OLD]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    (tmp_path / "generation").mkdir()
    with Writer(tmp_path / "generation", HashEncoder(), QuickDisk()) as made:
        yield made


def test_the_manifest_says_what_was_written(root: Path) -> None:
    write(root, NEW, HashEncoder())
    with EmbeddedStore.open(root) as store:
        found = store.manifest
    assert (found.format, found.splitter, found.model, found.fingerprint) == (FORMAT, VERSION, "hash", "hash-16")
    assert (found.paths, found.uncovered) == (["/texts"], {"heading": 11, "marker": 1})
    zorg, wonen = found.documents
    assert (zorg.offset, zorg.length, zorg.first_passage, zorg.passages) == (0, len(NEW[0].text), 0, 1)
    assert (wonen.offset, wonen.length, wonen.first_passage, wonen.passages) == (len(NEW[0].text), len(OLD[0].text), 1, 2)
    assert (wonen.path, wonen.size, wonen.sha256, wonen.source) == (
        "/texts/wonen.txt",
        wonen.length,
        OLD[0].sha256,
        OLD[0].source,
    )


def test_the_manifest_can_be_read_by_people(root: Path) -> None:
    write(root, [Document("a", "Tekst.", Source("Één"))], HashEncoder())
    (path,) = root.glob("generations/*/manifest.json")
    assert path.read_text("utf-8").startswith('{\n "format": 1,\n')
    assert '"title": "Één"' in path.read_text("utf-8")


def test_headings_that_passages_share_are_written_once(root: Path) -> None:
    write(root, NEW, HashEncoder())
    with EmbeddedStore.open(root) as store:
        assert [store.passage(row).headings for row in (1, 2)] == [store.passage(1).headings] * 2
        columns = store.manifest.columns
    assert columns["path_spans"] == 128 + 2 * 8
    assert columns["path_starts"] == 128 + 3 * 4


def test_vectors_are_read_back_while_more_are_written(writer: Writer) -> None:
    for one in prepared(NEW):
        writer.add(one.document, one.split, one.origin)
        writer.add_vectors([(one.document.text, passage) for passage in one.split.passages])
    for row, text in enumerate(["Een nieuwe tekst.", "De huur daalt. Dat is goed. 😀", "Meer huizen."]):
        passage, its = writer.vectors(row)
        np.testing.assert_array_equal(passage, HashEncoder().encode([text], "passage").vectors[0])
        assert passage.dtype == its.dtype == np.float32
        assert len(its) == (1, 3, 1)[row]


def test_a_generation_without_the_vectors_of_its_passages_is_no_store(writer: Writer) -> None:
    (one,) = prepared(OLD)
    writer.add(one.document, one.split, one.origin)
    with pytest.raises(StoreError, match=r"has not as many vectors as passages\. Run: citaat index --fresh$") as error:
        writer.finish([])
    assert error.value.code == "store-corrupt"


def test_a_generation_with_fewer_vectors_than_sentences_is_no_store(root: Path) -> None:
    write(root, OLD, HashEncoder())
    with EmbeddedStore.open(root) as store:
        column = store.folder / "sentence_vectors.npy"
        np.save(column, np.load(column)[:-1])
        sizes = store.manifest.columns | {"sentence_vectors": column.stat().st_size}
        with pytest.raises(StoreError, match="has not as many sentence_vectors as sentences"):
            EmbeddedStore(store.folder, dataclasses.replace(store.manifest, columns=sizes))


def test_a_generation_can_be_looked_at_before_it_is_current(root: Path) -> None:
    with generations.building(root) as folder:
        writer = Writer(folder, HashEncoder(), QuickDisk())
        with writer.finish([]) as store:
            assert len(store) == 0
        assert generations.current(root) is None
        writer.publish(root, FEATURES[:0])
    with EmbeddedStore.open(root) as store:
        assert (store.folder, store.manifest) == (folder, writer.manifest)


def test_a_document_without_passages_has_its_text(writer: Writer) -> None:
    (one,) = prepared([Document("leeg", "Niets.", Source("Leeg"))])
    writer.add(one.document, Split((), {}), one.origin)
    with writer.finish([]) as store:
        assert store.text("leeg") == "Niets."
        assert len(store.rows_of("leeg")) == 0


def test_impostor_features_are_kept_if_there_are_any(root: Path) -> None:
    for features in (FEATURES, FEATURES[:0]):
        write(root, OLD, HashEncoder(), features=features)
        with EmbeddedStore.open(root) as store:
            assert ("probes" in store.manifest.columns) == bool(features.size)
            np.testing.assert_array_equal(store.impostor_features().reshape(-1, 3), features)


def test_every_file_is_durable_before_the_generation_is_current(root: Path) -> None:
    disk = Recording()
    write(root, NEW, HashEncoder(), disk, FEATURES)
    before = disk.done[: disk.done.index("rename CURRENT.new CURRENT")]
    with EmbeddedStore.open(root) as store:
        files = {path.name for path in store.folder.iterdir()} - {"in-use"} | {"CURRENT.new"}
        assert len(files) == len(store.manifest.columns) + 2 == 14
    for name in files:
        assert [done for done in before if done.endswith(f" {name}")][-2:] == [f"write {name}", f"sync {name}"]
    assert before.index("sync manifest.json") > max(before.index(f"sync {name}.npy") for name in store.manifest.columns)


def test_every_write_sync_and_rename_that_fails_leaves_the_old_library(root: Path) -> None:
    write(root, OLD, HashEncoder())
    counting = FullDisk(None)
    write(root / "elsewhere", NEW, HashEncoder(), counting, FEATURES)
    assert counting.done > 40
    for failing in range(counting.done - 1):
        with pytest.raises(StoreError, match="No space left") as error:
            write(root, NEW, HashEncoder(), FullDisk(failing), FEATURES)
        assert error.value.code == "store-unwritable"
        assert len(list((root / "generations").iterdir())) == 1
        with EmbeddedStore.open(root) as store:
            assert [store.quote(row) for row in range(len(store))] == ["De huur daalt. Dat is goed. 😀", "Meer huizen."]
    write(root, NEW, HashEncoder(), FullDisk(counting.done - 1), FEATURES)
    with EmbeddedStore.open(root) as store:
        assert store.quote(0) == "Een nieuwe tekst.", "what fails after the rename does not undo it"


def test_a_build_that_is_killed_leaves_a_whole_library(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.embedded.killing", root],
        cwd=ROOT, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *by_operation, _, _, _ = found = done.stdout.splitlines()
    assert set(found) <= {"Oud begin. 11", "Nieuw begin. 11"}
    assert by_operation[:-1] == ["Oud begin. 11"] * (len(by_operation) - 1)
    assert by_operation[-1] == "Nieuw begin. 11", "the library is current by then"
    assert len(list((root / "generations").iterdir())) == 1, "what was left by builds that were killed is removed"
