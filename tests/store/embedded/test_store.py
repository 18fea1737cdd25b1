from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat import segmentation
from citaat.domain import Document, Source
from citaat.errors import GoneError, NotFoundError, StoreError
from citaat.parsers.reading import Origin
from citaat.store.embedded import generations, manifest
from citaat.store.embedded.store import EmbeddedStore
from citaat.store.protocol import EVERYTHING
from citaat.store.top_k import top_k
from citaat.text.analysis import Analyzer
from tests.conftest import ROOT, SEED
from tests.fakes import HashEncoder
from tests.store.embedded.writing import write

TEXT = "# Wonen\n\nDe huur daalt. Dat is goed. 😀\r\n\n- Meer huizen.\n- Minder leegstand.\n"
COLUMNS = (
    "texts passages sentences path_starts path_spans vectors sentence_vectors terms term_starts posting_passages posting_weights"
).split()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    write(root, [Document("wonen", TEXT, Source("wonen"))], HashEncoder())
    return root


@pytest.fixture
def store(root: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(root) as opened:
        yield opened


def column(root: Path, name: str) -> Path:
    (path,) = root.glob(f"generations/*/{name}.npy")
    return path


def overwrite(path: Path, field: str, raw: bytes) -> None:
    """Put other bytes in a field of the first row of the passages."""
    rows = np.load(path, mmap_mode="r+")
    rows[field][:1] = np.frombuffer(raw, rows[field].dtype)
    rows.flush()


def test_there_is_no_library_before_the_first_is_built(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no index in .*nergens\. Run: citaat index PATH\.\.\.$") as error:
        EmbeddedStore.open(tmp_path / "nergens")
    assert error.value.code == "store-missing"


def test_a_store_says_which_generation_it_is_and_when_it_was_made(root: Path, store: EmbeddedStore) -> None:
    found = generations.current(root)
    assert found
    assert store.metadata.generation == store.folder.name == found[0]
    assert store.metadata.created == int((store.folder / "manifest.json").stat().st_mtime)


def test_a_store_says_what_it_was_made_with_and_of_which_files(store: EmbeddedStore) -> None:
    found = store.metadata
    assert (found.model, found.fingerprint, found.splitter) == ("hash", "hash-16", segmentation.VERSION)
    assert found.origins == [Origin("/texts/wonen.txt", len(TEXT), 0, "")]


def test_a_reader_keeps_its_generation_until_it_lets_go(root: Path) -> None:
    reader = EmbeddedStore.open(root)
    write(root, [Document("wonen", "Iets anders.", Source("wonen"))], HashEncoder())
    assert reader.quote(1) == "Meer huizen."
    assert len(list((root / "generations").iterdir())) == 2
    reader.close()
    generations.remove_unused(root)
    assert len(list((root / "generations").iterdir())) == 1


def test_a_store_that_cannot_be_opened_is_let_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "FORMAT", 2)
    with pytest.raises(StoreError, match="has format 1; this version reads format 2") as error:
        EmbeddedStore.open(root)
    assert error.value.code == "store-stale"
    write(root, [Document("zorg", "Iets anders.", Source("zorg"))], HashEncoder())
    assert len(list((root / "generations").iterdir())) == 1


@pytest.mark.parametrize("name", COLUMNS)
def test_a_damaged_column_is_refused_with_the_command_that_mends_it(root: Path, name: str) -> None:
    column(root, name).write_bytes(column(root, name).read_bytes()[:-4])
    with pytest.raises(StoreError, match=rf"{name}.npy is damaged.* Run: citaat index --fresh$") as error:
        EmbeddedStore.open(root)
    assert error.value.code == "store-corrupt"


def test_every_column_is_mapped_and_no_other(store: EmbeddedStore) -> None:
    assert sorted(store.manifest.columns) == sorted(COLUMNS)
    assert store.manifest.columns == {path.stem: path.stat().st_size for path in store.folder.glob("*.npy")}


def test_bytes_that_are_no_text_are_reported(root: Path) -> None:
    path = column(root, "texts")
    path.write_bytes(path.read_bytes()[:-4] + b"\xff" * 4)
    with EmbeddedStore.open(root) as store:
        assert store.text("wonen", 0, len(TEXT) - 1) == TEXT[:-1]
        with pytest.raises(StoreError, match=r"The text of 'wonen' .* so it is not quoted\. Run: .*--fresh$") as error:
            store.text("wonen")
    assert error.value.code == "store-corrupt"


@pytest.mark.parametrize("field", ["start", "end", "document"])
def test_a_row_that_is_no_passage_is_reported(root: Path, field: str) -> None:
    overwrite(column(root, "passages"), field, bytes(4) if field == "end" else b"\xff" * 4)
    with (
        EmbeddedStore.open(root) as store,
        pytest.raises(StoreError, match=r"passages.npy is damaged\. Run: .*--fresh$") as error,
    ):
        store.passage(0)
    assert error.value.code == "store-corrupt"


def test_a_changed_letter_on_disk_is_never_quoted(root: Path) -> None:
    path = column(root, "texts")
    path.write_bytes(path.read_bytes().replace("huur".encode("utf-32-le"), "huis".encode("utf-32-le")))
    with EmbeddedStore.open(root) as store:
        assert store.quote(1) == "Meer huizen."
        with pytest.raises(StoreError, match="is not quoted") as error:
            store.quote(0)
    assert error.value.code == "store-corrupt"


def test_a_changed_hash_on_disk_is_no_quote_either(root: Path) -> None:
    overwrite(column(root, "passages"), "content", b"\xff" * 16)
    with EmbeddedStore.open(root) as store, pytest.raises(StoreError, match="is not quoted"):
        store.quote(0)


def test_the_spans_of_sentences_are_those_of_the_passage(store: EmbeddedStore) -> None:
    assert [len(store.sentence_spans(row)) for row in range(3)] == [3, 1, 1]
    for row in range(3):
        assert [tuple(span) for span in store.sentence_spans(row).tolist()] == [
            (span.start, span.end) for span in store.passage(row).sentences
        ]


def test_a_passage_that_is_gone_is_told_with_where_to_look(store: EmbeddedStore) -> None:
    with pytest.raises(GoneError, match=r"^'wonen' is in this library, but no longer holds .* itself\.$"):
        store.row_of("wonen/000000000000")


def test_the_last_passage_of_any_number_has_its_sentences(tmp_path: Path) -> None:
    for count in range(1, 5):
        write(tmp_path, [Document("a", "\n\n".join(["De huur daalt. Dat is goed."] * count), Source("a"))], HashEncoder())
        with EmbeddedStore.open(tmp_path) as store:
            assert len(store.sentence_spans(count - 1)) == len(store.fetch(np.array([count - 1])).sentence_vectors) == 2


def test_of_many_documents_that_are_there_ten_are_named(tmp_path: Path) -> None:
    write(tmp_path, [Document(f"d{number}", "Tekst.", Source("d")) for number in range(12)], HashEncoder())
    with EmbeddedStore.open(tmp_path) as store, pytest.raises(NotFoundError, match=r"It holds 12: d0, d1, .*, d9\.$") as error:
        store.document("elders")
    assert error.value.code == "unknown-document"


@settings(max_examples=100)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, -1.0]), max_size=40), st.integers(1, 40))
def test_the_best_are_those_of_a_stable_sort(scores: list[float], count: int) -> None:
    array = np.array(scores, np.float32)
    found = top_k(array, count)
    np.testing.assert_array_equal(found, np.sort(np.argsort(-array, kind="stable")[:count]))
    assert found.dtype == np.int64


@pytest.fixture
def golden() -> Iterator[EmbeddedStore]:
    """Written by the version that made format 1; it is never written again."""
    with EmbeddedStore.open(ROOT / "tests" / "golden" / "store-1") as opened:
        yield opened


def test_a_store_of_format_1_still_opens(golden: EmbeddedStore) -> None:
    (document,) = golden.documents()
    assert (document.id, document.source.publisher) == ("verkiezingsprogramma-7-3", "GroenLinks-PvdA")
    assert golden.text(document.id) == SEED.read_bytes().decode()
    assert golden.quote(2).startswith("Kernwapens de wereld uit. Nucleaire risico’s")
    heading, run_in = golden.passage(2).headings[-1], golden.passage(2).run_in
    assert run_in
    assert run_in.of(golden.text(document.id)) == "Kernwapens de wereld uit."
    assert heading.of(golden.text(document.id)).endswith("Sterkere defensie voor een vreedzaam Europa")
    assert golden.row_of(golden.passage(4).id) == 4


def test_a_store_of_format_1_is_still_searched(golden: EmbeddedStore) -> None:
    term = Analyzer().stem("kernwapens")
    found = golden.fetch(np.arange(5), [term])
    assert found.vectors.shape == (5, 16)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
    assert golden.nearest(found.vectors[3], 1, EVERYTHING).tolist() == [3]
    assert 2 in golden.matching({term: 1.0}, 5, EVERYTHING)
    assert golden.document_frequencies([term])[0] == (found.saturations[:, 0] > 0).sum()
    assert golden.impostor_features().size == 0
