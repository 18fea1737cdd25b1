import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from citaat import indexing
from citaat.domain import Document, FloatMatrix, Source
from citaat.errors import GoneError, InputError, NotFoundError, StoreError
from citaat.retrieval.search import FEATURES
from citaat.segmentation import passages
from citaat.segmentation.passages import split
from citaat.store import generations
from citaat.store.store import HEADER, PASSAGE, Store

from tests.conftest import ROOT, SEED
from tests.fakes import FullDisk, HashEncoder

TEXT = "# Wonen\n\nDe huur daalt. Dat is goed. 😀\r\n\n- Meer huizen.\n- Minder leegstand.\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "wonen.md").write_bytes(TEXT.encode())
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_what_is_written_is_what_is_read(source: Path, root: Path) -> None:
    model = HashEncoder()
    indexing.index([source], root, model)
    expected = split(Document("wonen", TEXT, Source("wonen")))
    with Store.open(root) as store:
        assert tuple(store.passage(row)[1] for row in range(len(store))) == expected.passages
        assert [store.quote(row) for row in range(len(store))] == [passage.span.of(TEXT) for passage in expected.passages]
        assert store.text(store.document("wonen")) == TEXT
        bodies = [passages.plain(TEXT, passage.span) for passage in expected.passages]
        np.testing.assert_array_equal(store.vectors, model.encode(bodies, "passage"))
        assert store.section(*store.passage(0)) == ("Wonen", "De huur daalt")


def test_only_new_and_changed_passages_are_encoded(source: Path, root: Path) -> None:
    model = HashEncoder()
    assert indexing.index([source], root, model).encoded == 3
    (source / "wonen.md").write_text(TEXT.replace("Meer huizen", "Veel meer huizen"))
    model.encoded.clear()
    report = indexing.index([], root, model)
    assert (report.encoded, report.reused) == (1, 2)
    assert "Meer huizen." not in model.encoded
    with Store.open(root) as store:
        np.testing.assert_allclose(store.vectors[0], model.encode([store.quote(0)], "passage")[0], atol=1e-6)


def test_a_text_that_stands_twice_is_encoded_once(source: Path, root: Path) -> None:
    (source / "zorg.md").write_text("Zorg is er voor iedereen.\n\nDe huur daalt. Dat is goed. 😀\n")
    model = HashEncoder()
    report = indexing.index([source], root, model)
    assert (report.passages, report.encoded, report.reused) == (5, 4, 1)
    assert model.encoded.count("De huur daalt.") == 1
    with Store.open(root) as store:
        np.testing.assert_array_equal(store.vectors[0], store.vectors[4])
        (first, last), (again, end) = store.sentence_range(0), store.sentence_range(4)
        np.testing.assert_array_equal(store.sentence_vectors[first:last], store.sentence_vectors[again:end])
        assert np.linalg.norm(store.sentence_vectors[again:end].astype(np.float32), axis=1).min() > 0.9


def test_progress_is_told_by_batches_and_ends_with_all_that_there_is(
    source: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "zorg.txt").write_text("Zorg is er voor iedereen.")
    monkeypatch.setattr(indexing, "_BATCH", 2)
    told: list[tuple[str, int, int]] = []
    indexing.index([source], root, HashEncoder(), progress=lambda *step: told.append(step))
    size = len(TEXT.encode())
    total = size + 25
    assert told == [
        ("wonen", 0, total), ("wonen", size * 2 // 3, total), ("wonen", size, total),
        ("zorg", size, total), ("zorg", total, total),
    ]  # fmt: skip


def test_adding_keeps_what_was_there(source: Path, root: Path, tmp_path: Path) -> None:
    model = HashEncoder()
    indexing.index([source], root, model)
    assert indexing.index([SEED], root, model, add=True).reused == 3
    with Store.open(root) as store:
        assert [row.id for row in store.manifest.documents] == ["wonen", "verkiezingsprogramma-7-3"]
        assert store.quote(5).startswith("Kernwapens de wereld uit.")


def test_a_missing_document_and_a_missing_passage_are_told_apart(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    with Store.open(root) as store:
        assert store.find(store.passage(1)[1].id) == 1
        with pytest.raises(GoneError, match="/documents/wonen"):
            store.find("wonen/000000000000")
        with pytest.raises(NotFoundError, match="It holds 1: wonen"):
            store.find("zorg/000000000000")


def test_a_reader_keeps_its_generation_and_unused_ones_go(source: Path, root: Path) -> None:
    model = HashEncoder()
    indexing.index([source], root, model)
    reader = Store.open(root)
    (source / "wonen.md").write_text("Iets anders.")
    indexing.index([source], root, model)
    assert len(list((root / "generations").iterdir())) == 2
    assert reader.quote(1) == "Meer huizen."
    reader.close()
    indexing.index([source], root, model)
    assert len(list((root / "generations").iterdir())) == 1


def test_changed_sources_are_named_and_a_touched_file_is_not(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    with Store.open(root) as store:
        os.utime(source / "wonen.md", (1, 1))
        assert store.changed_sources() == []
        (source / "wonen.md").write_text("Iets anders.")
        assert store.changed_sources() == ["wonen.md"]


@pytest.mark.parametrize(
    "name", ["generations/*/vectors.npy", "generations/*/texts.npy", "generations/*/passages.npy", "CURRENT"]
)
def test_a_damaged_file_is_refused_with_the_command_that_mends_it(source: Path, root: Path, name: str) -> None:
    indexing.index([source], root, HashEncoder())
    (path,) = root.glob(name)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match=r"citaat index --fresh$") as error:
        Store.open(root)
    assert error.value.code == "store-corrupt"
    with pytest.raises(StoreError):
        indexing.index([SEED], root, HashEncoder(), add=True)
    indexing.index([], root, HashEncoder(), fresh=True)
    with Store.open(root) as store:
        assert store.quote(1) == "Meer huizen."


def test_a_manifest_that_is_lost_takes_the_paths_with_it_and_the_error_says_so(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    (path,) = root.glob("generations/*/manifest.json")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="citaat index PATH"):
        indexing.index([], root, HashEncoder(), fresh=True)
    indexing.index([source], root, HashEncoder(), fresh=True)
    Store.open(root).close()


def test_adding_afresh_keeps_what_was_there_and_encodes_all_of_it(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    report = indexing.index([SEED], root, HashEncoder(), add=True, fresh=True)
    assert (report.documents, report.reused) == (2, 0)


def test_what_is_only_built_where_it_is_missing_is_built_once(source: Path, root: Path) -> None:
    assert indexing.index([source], root, HashEncoder(), missing=True).encoded == 3
    built = generations.current(root)
    assert indexing.index([SEED], root, HashEncoder(), missing=True).documents == 0
    assert generations.current(root) == built
    assert len(list((root / "generations").iterdir())) == 1


def test_a_passage_that_is_cut_otherwise_is_encoded_again(tmp_path: Path, root: Path) -> None:
    """A text's sentences depend on its language, and in lower case on what stands around it: the same text, other vectors."""
    low = " ".join(f"dit is zin {number} over de huur." for number in range(19))
    (tmp_path / "a.txt").write_text("Dit is een zin van zestig tekens en dat telt aan het begin. " * 16 + f"En dan dit! {low}")
    (tmp_path / "b.txt").write_text(low)
    (tmp_path / "c.txt").write_text("Op jan. Twaalf begint het. Goed zo.\n\nNog een alinea.")
    (tmp_path / "d.txt").write_text("Op jan. Twaalf begint het. Goed zo.\n\nNog een alinea.")
    spoken = tmp_path / "sources.toml"
    for one, other in (("nl", "en"), ("en", "nl")):
        spoken.write_text(f'["c.txt"]\nlanguage = "{one}"\n["d.txt"]\nlanguage = "{other}"\n')
        indexing.index([tmp_path], root, HashEncoder())
        with Store.open(root) as store:
            for row in range(len(store)):
                document, passage = store.passage(row)
                first, last = store.sentence_range(row)
                texts = [passages.plain(store.text(document), one) for one in passage.sentences]
                np.testing.assert_allclose(store.sentence_vectors[first:last], HashEncoder().encode(texts, "passage"), atol=1e-3)


def test_a_source_that_changes_while_it_is_read_is_told_from_what_was_indexed(
    source: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_late(document: Document) -> passages.Split:
        (source / "wonen.md").write_text("Een heel andere tekst.")
        return split(document)

    monkeypatch.setattr(passages, "split", cut_late)
    indexing.index([source], root, HashEncoder())
    with Store.open(root) as store:
        assert store.quote(1) == "Meer huizen."
        assert store.changed_sources() == ["wonen.md"]


def test_bytes_that_are_no_text_and_offsets_that_are_none_are_reported(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    texts, rows = (next(root.glob(f"generations/*/{name}.npy")) for name in ("texts", "passages"))
    texts.write_bytes(texts.read_bytes()[:-4] + b"\xff" * 4)
    with Store.open(root) as store, pytest.raises(StoreError, match="is not quoted"):
        store.text(store.document("wonen"))
    with rows.open("r+b") as file:
        file.seek(HEADER + PASSAGE.fields["start"][1])
        file.write(b"\xff" * 4)
    with Store.open(root) as store, pytest.raises(StoreError, match="citaat index --fresh"):
        store.passage(0)


def test_a_changed_letter_on_disk_is_never_quoted(source: Path, root: Path) -> None:
    indexing.index([source], root, HashEncoder())
    (path,) = root.glob("generations/*/texts.npy")
    path.write_bytes(path.read_bytes().replace("huur".encode("utf-32-le"), "huis".encode("utf-32-le")))
    with Store.open(root) as store, pytest.raises(StoreError, match="is not quoted"):
        store.quote(0)


def no_probes(store: Store) -> FloatMatrix:
    """What a store is measured with in these tests: it must be readable, and what is found is kept."""
    assert store.quote(len(store) - 1)
    return np.zeros((20, len(FEATURES)), np.float32)


def test_every_write_sync_and_rename_that_fails_leaves_the_old_library(source: Path, root: Path) -> None:
    model = HashEncoder()
    indexing.index([source], root, model)
    (source / "wonen.md").write_text("Een nieuwe tekst.")
    counting = FullDisk(None)
    indexing.index([source], root / "elsewhere", model, disk=counting, probe=no_probes)
    assert counting.done > 30
    for failing in range(counting.done - 1):
        with pytest.raises(StoreError, match="No space left") as error:
            indexing.index([source], root, model, disk=FullDisk(failing), probe=no_probes)
        assert error.value.code == "store-unwritable"
        with Store.open(root) as store:
            assert store.quote(0) == "De huur daalt. Dat is goed. 😀"
            assert store.quote(1) == "Meer huizen."
        assert len(list((root / "generations").iterdir())) == 1
    indexing.index([source], root, model, disk=FullDisk(counting.done - 1), probe=no_probes)
    with Store.open(root) as store:
        assert store.quote(0) == "Een nieuwe tekst.", "what fails after the rename does not undo it"


KILLED = """
import sys
from pathlib import Path
from citaat import indexing
from tests.fakes import HashEncoder
from tests.test_store import no_probes
model = HashEncoder()
print("ready", flush=True)
indexing.index([Path(sys.argv[1])], Path(sys.argv[2]), model, fresh=True, probe=no_probes)
"""


def test_a_build_that_is_killed_at_any_moment_leaves_a_whole_library(tmp_path: Path, root: Path) -> None:
    source = tmp_path / "long.txt"
    lines = [f"Alinea {number} gaat over onderwerp {number * 7919 % 1000}.\n" for number in range(2_000)]
    source.write_text("\n".join(["Oud begin.\n", *lines]))
    began = time.monotonic()
    indexing.index([source], root, HashEncoder())
    seconds = time.monotonic() - began
    source.write_text("\n".join(["Nieuw begin.\n", *lines]))
    random = np.random.default_rng()
    for moment in random.uniform(0, 1.2 * seconds, size=20):
        command = [sys.executable, "-c", KILLED, str(source), str(root)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
        with Store.open(root) as store:
            assert len(store) == 2_001
            assert store.quote(0) in ("Oud begin.", "Nieuw begin.")
            assert store.quote(2_000).startswith("Alinea 1999 ")


def test_a_store_of_another_format_is_stale(source: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexing.index([source], root, HashEncoder())
    monkeypatch.setattr("citaat.store.store.FORMAT", 2)
    with pytest.raises(StoreError, match="has format 1; this version reads format 2"):
        Store.open(root)


def test_a_store_of_format_1_still_opens() -> None:
    """The golden store was written by the version that made format 1; it is never written again."""
    with Store.open(Path(__file__).parent / "golden" / "store-1") as store:
        assert store.quote(2).startswith("Kernwapens de wereld uit. Nucleaire risico’s")
        assert store.section(*store.passage(2))[-1] == "Kernwapens de wereld uit"
        assert store.vectors.shape == (5, 16)


def test_a_folder_that_cannot_be_written_is_reported(source: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="CITAAT_STORE") as error:
        indexing.index([source], tmp_path / "blocked" / "store", HashEncoder())
    assert error.value.code == "store-unwritable"


def test_there_is_no_library_before_the_first_is_built(root: Path) -> None:
    assert generations.current(root) is None
    with pytest.raises(StoreError, match="citaat index PATH"):
        Store.open(root)
