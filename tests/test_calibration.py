from pathlib import Path

import numpy as np
import pytest

from app import calibration, library
from app.encoder import load
from app.library import Library, load_background, load_ranker
from app.ranking import FEATURES, Ranker, Search
from app.settings import Settings
from app.store import Store

RANKER = Ranker((1.0, 0.0, 0.0, 2.0), size=-0.5, bias=-1.0, chance=1.2, threshold=0.2, encoder="")
SUBJECTS = ("woningen", "scholen", "treinen", "dokters", "boeren", "rivieren")


def texts(folder: Path, passages: int, subjects: int) -> Path:
    """Passages of two sentences, on few subjects or on many."""
    random = np.random.default_rng(0)
    verbs, ends = ("bouwen", "sparen", "meten", "delen", "volgen"), ("morgen", "samen", "buiten", "zonder haast", "met zorg")

    def sentence(number: int) -> str:
        subject = SUBJECTS[number % subjects]
        return f"Wij willen {subject} {random.choice(verbs)} en {subject} {random.choice(verbs)} {random.choice(ends)}."

    folder.mkdir()
    (folder / "a.txt").write_text("\n\n".join(f"{sentence(n)} {sentence(n)}" for n in range(passages)))
    return folder


def test_what_is_reached_by_chance_is_the_score_that_one_sentence_in_ten_exceeds() -> None:
    probes = np.zeros((10 * 20, len(FEATURES)), np.float32)
    probes[::20, 0] = np.arange(10) / 10
    assert calibration.chance(probes, np.array([2.0, 0, 0, 0])) == pytest.approx(2 * np.quantile(np.arange(10) / 10, 0.9))


def test_only_the_bias_moves_and_by_how_far_chance_lies_from_what_is_usual() -> None:
    probes = np.zeros((20, len(FEATURES)), np.float32)
    probes[3, 0], probes[3, 3] = 0.5, 0.75
    moved = calibration.calibrated(RANKER, probes, 100)
    assert moved.bias - RANKER.bias == pytest.approx(1.2 + 0.5 * np.log(100) - 2.0)
    assert (moved.weights, moved.size, moved.threshold) == (RANKER.weights, RANKER.size, RANKER.threshold)
    assert calibration.calibrated(RANKER, np.empty((0, 4), np.float32), 5) == RANKER


def test_a_library_on_one_subject_is_trusted_less_than_one_on_many(tmp_path: Path, settings: Settings) -> None:
    shifts = {}
    for subjects in (1, 6):
        own = Settings(texts(tmp_path / str(subjects), 60, subjects), settings.model, tmp_path / f"store-{subjects}", "")
        shifts[subjects] = library.index([own.data], own).shift
        with Library.open(own) as opened:
            expected = load_ranker(own.model).bias + calibration.shift(load_ranker(own.model), opened.store.probes, 60)
            assert opened.ranker.bias == expected
    assert shifts[1] < shifts[6]


def test_a_sentence_is_not_asked_of_its_own_passage_and_a_small_library_is_left_alone(tmp_path: Path, settings: Settings) -> None:
    small = Settings(texts(tmp_path / "small", 5, 2), settings.model, tmp_path / "store", "")
    assert library.index([small.data], small).shift == 0
    large = Settings(texts(tmp_path / "large", 60, 6), settings.model, tmp_path / "large-store", "")
    library.index([large.data], large)
    with Store.open(large.store) as store:
        search = Search(store, load(large.model), load_background(large.model))
        assert len(store.probes) == 60 * 20
        np.testing.assert_array_equal(calibration.probe(search), store.probes)
        alone = np.zeros(len(store), np.bool_)
        alone[:50] = True
        few = calibration.probe(search, alone)
        assert few.shape == (50 * 20, len(FEATURES))
        assert few.max() <= 1.001
