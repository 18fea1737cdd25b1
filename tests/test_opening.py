"""Opening a library: what is refused, what is built first, and what is opened again."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from citaat import segmentation
from citaat.errors import StoreError
from citaat.library import Library, current_generation
from citaat.retrieval import calibration
from citaat.retrieval.candidates import FEATURES
from citaat.retrieval.model import Model
from citaat.settings import Settings
from tests.fakes import HashEncoder, fake_model, indexed

TEXTS = {
    "wonen.md": "# Wonen\n\nDe huur daalt.\n\nEr komen huizen bij.\n",
    "zorg.txt": "De zorg blijft.\n",
    "health.txt": "Care is free.\n",
}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """A library that a test may change, made with `fake_model()`."""
    return indexed(tmp_path, TEXTS)


def test_an_index_of_another_encoder_is_refused_with_the_command(own: Settings) -> None:
    with pytest.raises(
        StoreError, match=r"\(hash, hash-16\) than the one in use \(other, other-16\)\. Run: citaat index$"
    ) as error:
        Library.open(own, fake_model(HashEncoder(name="other", fingerprint="other-16")))
    assert error.value.code == "store-stale"


def test_an_index_that_was_fitted_to_another_ranking_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(calibration, "impostor_features", lambda pipeline: np.zeros((20, len(FEATURES) + 1), np.float32))
        patched.setattr(calibration, "calibrated", lambda ranker, *found: ranker)
        made = indexed(tmp_path, TEXTS)
    with pytest.raises(StoreError, match="another ranking") as error:
        Library.open(made, fake_model())
    assert error.value.code == "store-stale"


def test_an_index_that_was_split_otherwise_is_stale(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    version = segmentation.VERSION
    monkeypatch.setattr(segmentation, "VERSION", version + 1)
    with pytest.raises(StoreError, match=f"version {version} of the splitter; this is version {version + 1}") as error:
        Library.open(own, fake_model())
    assert error.value.code == "store-stale"


def test_a_store_that_is_refused_is_let_go(own: Settings) -> None:
    other = fake_model(HashEncoder(fingerprint="other"))
    with pytest.raises(StoreError):
        Library.open(own, other)
    Library.index([own.data], own, model=other)
    assert len(list((own.store / "generations").iterdir())) == 1


def test_a_missing_index_is_built_from_the_data(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "load", lambda settings: fake_model())
    elsewhere = dataclasses.replace(own, store=own.store.parent / "new")
    told: list[str] = []
    with pytest.raises(StoreError, match="There is no index") as error:
        Library.open(elsewhere)
    assert error.value.code == "store-missing"
    with Library.open_or_build(elsewhere, lambda name, *_: told.append(name)) as library:
        assert len(library.documents()) == 3
        assert told[-1] == "zorg"
    built = current_generation(elsewhere)
    Library.open_or_build(elsewhere).close()
    assert current_generation(elsewhere) == built != ""


def test_an_index_that_cannot_be_used_is_not_built_over(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "load", lambda settings: fake_model(HashEncoder(fingerprint="other")))
    before = current_generation(own)
    with pytest.raises(StoreError) as error:
        Library.open_or_build(own)
    assert error.value.code == "store-stale"
    assert current_generation(own) == before


def test_a_library_is_opened_again_with_the_model_it_has_unless_another_made_it(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fake_model(HashEncoder(name="other", fingerprint="other"))
    monkeypatch.setattr(Model, "load", lambda settings: other)
    with Library.open(own, fake_model()) as library:
        (own.data / "zorg.txt").unlink()
        Library.index([own.data], own, model=fake_model())
        with library.reopen(own) as again:
            assert (len(again.documents()), again.describe().encoder) == (2, "hash")
            assert len(library.documents()) == 3
        Library.index([own.data], own, model=other)
        with library.reopen(own) as again:
            assert again.describe().encoder == "other"


def test_a_library_that_is_gone_cannot_be_opened_again(own: Settings) -> None:
    with Library.open(own, fake_model()) as library:
        (own.store / "CURRENT").unlink()
        with pytest.raises(StoreError) as error:
            library.reopen(own)
    assert error.value.code == "store-missing"


def test_where_nothing_was_built_no_generation_is_current(own: Settings) -> None:
    assert current_generation(dataclasses.replace(own, store=own.data)) == ""


def test_by_default_the_settings_are_those_of_the_environment(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(own.store))
    monkeypatch.setattr(Model, "load", lambda settings: fake_model())
    assert Library.index([own.data]).reused == 4
    with Library.open() as library:
        assert library.describe().generation == current_generation(own)


def test_indexing_passes_on_what_it_is_asked(own: Settings) -> None:
    (own.data / "nieuw.txt").write_text("Iets nieuws.")
    told: list[str] = []
    new, model = [own.data / "nieuw.txt"], fake_model()
    assert Library.index(new, own, model=model, missing=True).documents == 0
    assert Library.index(new, own, model=model, add=True, progress=lambda name, *_: told.append(name)).documents == 4
    assert told[-1] == "nieuw"
    assert Library.index(new, own, model=model, fresh=True).reused == 0


def test_a_large_library_is_calibrated_and_says_so(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    words = "huur woning zorg arts school leraar trein spoor leger vrede boer akker".split()
    text = "\n\n".join(f"{' '.join(random.choice(words, 8)).capitalize()}." for _ in range(60))
    made = indexed(tmp_path, {"a.txt": text})
    for fingerprint, is_calibrated in (("hash-16", True), ("other", False)):
        ranker = dataclasses.replace(fake_model().ranker, encoder=fingerprint, threshold=0.7, small_threshold=0.1)
        with Library.open(made, dataclasses.replace(fake_model(), ranker=ranker)) as library:
            assert library.describe().is_calibrated is is_calibrated
            assert library.describe().threshold == 0.7
            bare = calibration.calibrated(ranker, calibration.NO_FEATURES, 60)
            found = library.rank(library.query("huur"))
            assert not np.allclose(found.confidences, bare.confidence(found.candidates.features))


def test_a_small_library_has_the_threshold_of_small_ones(own: Settings) -> None:
    ranker = dataclasses.replace(fake_model().ranker, small_threshold=0.99, cross_lingual_threshold=0.98)
    with Library.open(own, dataclasses.replace(fake_model(), ranker=ranker)) as strict:
        assert (strict.describe().threshold, strict.describe().cross_lingual_threshold) == (0.99, 0.98)
        assert strict.ask("Daalt de huur van een woning?").status == "no_answer"
