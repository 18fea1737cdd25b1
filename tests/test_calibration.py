from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from citaat import library
from citaat.encoders.loading import load
from citaat.library import Library
from citaat.retrieval import calibration
from citaat.retrieval.model import load_background, load_ranker
from citaat.retrieval.ranking import Ranker
from citaat.retrieval.search import FEATURES, Candidates, Search
from citaat.settings import Settings
from citaat.store.store import Store

RANKER = Ranker(
    (1.0, 0.0, 2.0), size=-0.5, bias=-1.0, chance=1.2, threshold=0.2, small_threshold=0.1, foreign_threshold=0.15, encoder=""
)
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
    assert calibration.chance(probes, np.array([2.0, 0, 0])) == pytest.approx(2 * np.quantile(np.arange(10) / 10, 0.9))


def test_only_the_bias_moves_and_by_three_quarters_of_how_far_chance_lies_from_what_is_usual() -> None:
    probes = np.zeros((20, len(FEATURES)), np.float32)
    probes[3, 0], probes[3, 2] = 0.5, 0.75
    moved = calibration.calibrated(RANKER, probes, 100)
    assert moved.bias - RANKER.bias == pytest.approx(0.75 * (1.2 + 0.5 * np.log(100) - 2.0))
    assert (moved.weights, moved.size, moved.threshold) == (RANKER.weights, RANKER.size, RANKER.threshold)


def test_a_library_too_small_to_be_fitted_has_a_threshold_of_its_own_and_nothing_else() -> None:
    for probes in (None, np.empty((0, len(FEATURES)), np.float32)):
        alone = calibration.calibrated(RANKER, probes, 5)
        assert alone == replace(RANKER, threshold=0.1)


def test_the_threshold_of_another_language_moves_along_so_that_the_same_scores_reach_it() -> None:
    probes = np.full((20, len(FEATURES)), 0.5, np.float32)
    moved = calibration.calibrated(RANKER, probes, 100)
    assert moved.bias > RANKER.bias
    for cosine in (0.0, 0.7, 0.8, 0.9, 1.0):
        features = np.array([[cosine, 0, 0.4]], np.float32)
        found = Candidates(np.array([0]), features, np.array([True]), 100)
        reached = [bool((one.confidence(found) >= one.thresholds(found))[0]) for one in (RANKER, moved)]
        assert reached[0] == reached[1] == (cosine > 0.75)


def test_a_library_on_one_subject_is_trusted_less_than_one_on_many(tmp_path: Path, settings: Settings) -> None:
    shifts = {}
    for subjects in (1, 6):
        own = Settings(texts(tmp_path / str(subjects), 60, subjects), settings.model, tmp_path / f"store-{subjects}", "")
        shifts[subjects] = library.index([own.data], own).shift
        with Library.open(own) as opened:
            expected = load_ranker(own.model).bias + calibration.shift(load_ranker(own.model), opened.store.probes, 60)
            assert opened.ranker.bias == expected
    assert shifts[1] < shifts[6]


def test_a_library_with_few_passages_or_few_sentences_is_left_alone(tmp_path: Path, settings: Settings) -> None:
    for name, bodies in (("few", ["Wij willen dat de huren dalen."] * 49), ("short", ["Kort."] * 60)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("\n\n".join(f"{n}e punt. {body}" for n, body in enumerate(bodies)))
        own = Settings(tmp_path / name, settings.model, tmp_path / f"store-{name}", "")
        assert library.index([own.data], own).shift == 0


@pytest.mark.parametrize("copies", [1, 2])
def test_a_sentence_is_not_asked_of_the_passages_that_hold_it(tmp_path: Path, settings: Settings, copies: int) -> None:
    random = np.random.default_rng(0)
    words = [a + b + c for a in "blmnprst" for b in ("aa", "oo", "ui", "ij") for c in ("k", "n", "r", "st")]
    bodies = [" ".join(random.choice(words, 9)).capitalize() + "." for _ in range(60)]
    for copy in range(copies):
        (tmp_path / f"{copy}.txt").write_text("\n\n".join(bodies))
    own = Settings(tmp_path, settings.model, tmp_path / "store", "")
    library.index([own.data], own)
    with Store.open(own.store) as store:
        search = Search(store, load(own.model), load_background(own.model))
        assert store.probes is not None
        assert len(store.probes) == copies * 60 * 20
        lexical = FEATURES.index("lexical")
        own_scores = [search.candidates(search.query(body)).features[:, lexical].max() for body in bodies]
        assert store.probes[:, lexical].max() < min(own_scores)
