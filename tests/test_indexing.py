import os
from pathlib import Path

import numpy as np
import pytest

from citaat import indexing
from citaat.domain import Document, Source
from citaat.errors import InputError, StoreError
from citaat.indexing import Report
from citaat.parsers import reading
from citaat.retrieval import calibration
from citaat.segmentation import passages
from citaat.store.embedded import generations
from citaat.store.embedded.store import EmbeddedStore
from tests.building import TEXT, build, names, quotes
from tests.fakes import FullDisk, HashEncoder, fake_model


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "wonen.md").write_bytes(TEXT.encode())
    return folder


@pytest.fixture
def care(tmp_path: Path) -> Path:
    """A file by itself."""
    (tmp_path / "zorg.txt").write_text("Zorg is er voor iedereen.")
    return tmp_path / "zorg.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_what_is_in_the_files_is_in_the_store(root: Path, source: Path) -> None:
    report = build(root, source)
    expected = passages.split(Document("wonen", TEXT, Source("wonen")))
    with EmbeddedStore.open(root) as store:
        assert tuple(store.passage(row) for row in range(len(store))) == expected.passages
        assert store.text("wonen") == TEXT
        vectors = store.fetch(np.arange(3)).vectors
        np.testing.assert_array_equal(
            vectors, HashEncoder().encode([" ".join(text.split()) for text in quotes(root)], "passage").vectors
        )
        assert store.manifest.paths == [str(source)]
    assert (report.documents, report.passages, report.encoded, report.reused, report.overlong) == (1, 3, 3, 0, 0)
    assert report.uncovered == expected.uncovered != {}
    assert 0 < report.seconds < 60


def test_passages_are_encoded_by_five_hundred_and_twelve(root: Path, tmp_path: Path) -> None:
    (tmp_path / "lang.txt").write_text("\n\n".join(f"Alinea {'x' * number}." for number in range(1, 601)))
    told: list[tuple[int, int]] = []
    build(root, tmp_path / "lang.txt", progress=lambda _, done, total, count: told.append((round(600 * done / total), count)))
    assert told == [(0, 0), (512, 512), (600, 600)]


def test_progress_is_told_by_batches_and_ends_with_all_that_there_is(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "zorg.txt").write_text("Zorg is er voor iedereen.")
    monkeypatch.setattr(indexing, "_BATCH", 2)
    told: list[tuple[str, int, int, int]] = []
    build(root, source, progress=lambda *step: told.append(step))
    size = len(TEXT.encode())
    total = size + 25
    assert told == [("wonen", 0, total, 0), ("wonen", size * 2 // 3, total, 2), ("zorg", total, total, 4)]


def test_adding_keeps_what_was_there(root: Path, source: Path, care: Path) -> None:
    build(root, source)
    told: list[int] = []
    report = build(root, care, add=True, progress=lambda name, done, total, _: told.append(total))
    assert (report.documents, report.reused) == (2, 3)
    assert names(root) == ["wonen", "zorg"]
    assert quotes(root)[3] == "Zorg is er voor iedereen."
    assert set(told) == {len(TEXT.encode()) + 25}
    with EmbeddedStore.open(root) as store:
        assert store.manifest.paths == [str(source), str(care)]
        assert reading.changed_sources(store.metadata.origins) == []


def test_without_adding_what_was_there_goes(root: Path, source: Path, care: Path) -> None:
    build(root, source)
    build(root, care)
    assert names(root) == ["zorg"]


def test_a_document_of_the_same_name_is_replaced(root: Path, source: Path, care: Path) -> None:
    build(root, source, care)
    care.write_text("Zorg is anders.")
    build(root, care, add=True)
    assert quotes(root)[3:] == ["Zorg is anders."]
    with EmbeddedStore.open(root) as store:
        assert store.manifest.paths == [str(source), str(care)], "each once"


def test_the_paths_of_the_last_time_stand_for_none(root: Path, source: Path, care: Path) -> None:
    build(root, source, care)
    (source / "nieuw.txt").write_text("Iets nieuws.")
    assert build(root).documents == 3
    assert names(root) == ["nieuw", "wonen", "zorg"]


def test_the_paths_of_a_generation_that_never_became_current_do_not_count(root: Path, source: Path, care: Path) -> None:
    build(root, source)
    (manifest,) = root.glob("generations/*/manifest.json")
    (root / "generations" / "left").mkdir()
    other = manifest.read_text("utf-8").replace(str(source), str(care))
    (root / "generations" / "left" / "manifest.json").write_text(other, "utf-8")
    assert build(root).documents == 1
    assert names(root) == ["wonen"]


def test_adding_to_nothing_is_indexing(root: Path, source: Path) -> None:
    assert build(root, source, add=True).documents == 1


def test_without_paths_there_is_nothing_to_index(root: Path) -> None:
    with pytest.raises(InputError, match=r"Name the files or folders: citaat index PATH\.\.\.$") as error:
        build(root)
    assert error.value.code == "no-path"


def test_a_bad_file_is_told_before_the_work_begins(root: Path, source: Path) -> None:
    build(root, source)
    (source / "z.txt").write_bytes(b"\xff")
    encoder = HashEncoder()
    with pytest.raises(InputError, match=r"z\.txt is not UTF-8"):
        build(root, source, encoder=encoder)
    assert encoder.encoded == []
    assert names(root) == ["wonen"]
    assert len(list((root / "generations").iterdir())) == 1


@pytest.mark.parametrize("name", ["generations/*/vectors.npy", "generations/*/passages.npy", "CURRENT"])
def test_a_damaged_store_cannot_be_added_to_but_is_replaced(root: Path, source: Path, care: Path, name: str) -> None:
    build(root, source)
    (path,) = root.glob(name)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError) as error:
        build(root, care, add=True)
    assert error.value.code == "store-corrupt"
    assert build(root).encoded == 3
    assert quotes(root)[1] == "Meer huizen."


def test_a_manifest_that_is_lost_takes_the_paths_with_it_and_the_error_says_so(root: Path, source: Path) -> None:
    build(root, source)
    (path,) = root.glob("generations/*/manifest.json")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="citaat index PATH"):
        build(root, fresh=True)
    build(root, source, fresh=True)
    assert names(root) == ["wonen"]


def test_what_is_only_built_where_it_is_missing_is_built_once(root: Path, source: Path, care: Path) -> None:
    assert build(root, source, missing=True).encoded == 3
    built = generations.current(root)
    assert build(root, care, missing=True) == Report(0, 0, 0, 0, 0, {}, 0.0)
    assert generations.current(root) == built
    assert len(list((root / "generations").iterdir())) == 1


def test_a_source_that_changes_while_it_is_read_is_told_from_what_was_indexed(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = passages.split

    def split_late(document: Document) -> passages.Split:
        (source / "wonen.md").write_text("Een heel andere tekst.")
        return split(document)

    monkeypatch.setattr(passages, "split", split_late)
    build(root, source)
    assert quotes(root)[1] == "Meer huizen."
    with EmbeddedStore.open(root) as store:
        assert reading.changed_sources(store.metadata.origins) == ["wonen.md"]
        os.utime(source / "wonen.md", (1, 1))
        assert reading.changed_sources(store.metadata.origins) == ["wonen.md"]


def test_a_library_is_calibrated_when_it_is_built(root: Path, tmp_path: Path) -> None:
    words = "huur woning zorg arts school leraar trein spoor leger vrede boer akker".split()
    random = np.random.default_rng(0)
    lines = [f"{' '.join(random.choice(words, 8)).capitalize()}." for _ in range(60)]
    (tmp_path / "lang.txt").write_text("\n\n".join(lines))
    report = build(root, tmp_path / "lang.txt")
    with EmbeddedStore.open(root) as store:
        features = calibration.impostor_features(fake_model().pipeline(store))
        np.testing.assert_array_equal(store.impostor_features(), features)
        ranker = fake_model().ranker
        shift = calibration.calibrated(ranker, features, 60).bias - ranker.bias
    assert report.shift == round(shift, 2) != 0


def test_a_full_disk_leaves_the_old_library(root: Path, source: Path) -> None:
    build(root, source)
    (source / "wonen.md").write_text("Een nieuwe tekst.")
    for failing in (0, 20, 38):
        with pytest.raises(StoreError, match="No space left") as error:
            indexing.build([source], root, fake_model(), disk=FullDisk(failing))
        assert error.value.code == "store-unwritable"
        assert quotes(root)[1] == "Meer huizen."
        assert len(list((root / "generations").iterdir())) == 1


def test_an_encoder_that_fails_leaves_the_old_library(root: Path, source: Path) -> None:
    class Failing(HashEncoder):
        def encode_passages(self, passages: object) -> None:  # type: ignore[override]
            raise InputError("too much")

    build(root, source)
    with pytest.raises(InputError):
        build(root, source, encoder=Failing(), fresh=True)  # type: ignore[arg-type]
    assert quotes(root)[1] == "Meer huizen."
    assert len(list((root / "generations").iterdir())) == 1


def test_what_is_built_is_durable_unless_another_disk_is_given(root: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    indexing.build([source], root, fake_model())
    assert len(synced) > 12


def test_a_report_says_by_default_that_no_answer_is_shifted() -> None:
    assert Report(1, 1, 1, 0, 0, {}, 1.0).shift == 0
