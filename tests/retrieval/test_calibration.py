from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from citaat.domain import FloatMatrix
from citaat.errors import StoreError
from citaat.retrieval import calibration, refusal
from citaat.retrieval.candidates import FEATURES, Features
from citaat.retrieval.ranker import Ranker
from citaat.store.embedded.store import EmbeddedStore
from citaat.text.normalise import content_hash
from tests.fakes import fake_model, stored

RANKER = Ranker(
    (1.0, 0.0, 2.0), log_size_weight=-0.5, bias=-1.0, impostor_intercept=1.2, threshold=0.2, small_threshold=0.1,
    cross_lingual_threshold=0.15, encoder="",
)  # fmt: skip
PASSAGE, LEXICAL = FEATURES.index("passage"), FEATURES.index("lexical")
SUBJECTS = ("woningen", "scholen", "treinen", "dokters", "boeren", "rivieren")


def chance_words(count: int, words: int = 9) -> list[str]:
    """Sentences of made-up words, thirty characters long at least."""
    random = np.random.default_rng(0)
    known = [a + b + c for a in "blmnprst" for b in ("aa", "oo", "ui", "ij") for c in ("k", "n", "r", "st")]
    return [" ".join(random.choice(known, words)).capitalize() + "." for _ in range(count)]


def on_subjects(passages: int, subjects: int) -> str:
    """Passages of two sentences, on few subjects or on many."""
    random = np.random.default_rng(0)
    verbs, ends = ("bouwen", "sparen", "meten", "delen", "volgen"), ("morgen", "samen", "buiten", "zonder haast", "met zorg")

    def sentence(number: int) -> str:
        subject = SUBJECTS[number % subjects]
        return f"Wij willen {subject} {random.choice(verbs)} en {subject} {random.choice(verbs)} {random.choice(ends)}."

    return "\n\n".join(f"{sentence(n)} {sentence(n)}" for n in range(passages))


def features_of(store: EmbeddedStore) -> FloatMatrix:
    return calibration.impostor_features(fake_model().pipeline(store))


def test_the_impostor_level_is_the_score_that_one_sentence_in_ten_exceeds() -> None:
    scores = np.zeros((10 * 20, len(FEATURES)), np.float32)
    scores[::20, 0] = np.arange(10) / 10
    found = calibration.impostor_level(scores, np.array([2.0, 0, 0]))
    assert found == pytest.approx(2 * np.quantile(np.arange(10) / 10, 0.9))


def test_only_the_bias_moves_and_by_three_quarters_of_how_far_the_level_lies_from_what_is_expected() -> None:
    scores = np.zeros((20, len(FEATURES)), np.float32)
    scores[3, 0], scores[3, 2] = 0.5, 0.75
    moved = calibration.calibrated(RANKER, scores, 100)
    shift = 0.75 * (1.2 + 0.5 * np.log(100) - 2.0)
    assert moved.bias - RANKER.bias == pytest.approx(shift)
    assert replace(moved, bias=RANKER.bias, cross_lingual_threshold=0.15) == RANKER


def test_what_is_found_is_shrunk_towards_what_is_expected() -> None:
    assert calibration.shrunk(3.0, 1.0) == 2.5
    assert calibration.shrunk(1.0, 3.0) == 1.5


@pytest.mark.parametrize("features", [calibration.NO_FEATURES, np.empty((0, 0), np.float32)])
def test_a_library_too_small_to_be_calibrated_has_a_threshold_of_its_own_and_nothing_else(features: FloatMatrix) -> None:
    assert calibration.calibrated(RANKER, features, 5) == replace(RANKER, threshold=0.1)


@pytest.mark.parametrize("columns", [2, 4])
def test_scores_of_other_features_are_stale(columns: int) -> None:
    with pytest.raises(StoreError, match=r"another ranking than that of this version\. Run: citaat index$") as error:
        calibration.calibrated(RANKER, np.zeros((20, columns), np.float32), 100)
    assert error.value.code == "store-stale"


def test_the_threshold_of_another_language_moves_along_so_that_the_same_scores_reach_it() -> None:
    scores = np.full((20, len(FEATURES)), 0.5, np.float32)
    moved = calibration.calibrated(RANKER, scores, 100)
    assert moved.bias > RANKER.bias
    for cosine in (0.0, 0.7, 0.8, 0.9, 1.0):
        found = Features(np.array([[cosine, 0, 0.4]], np.float32), np.array([True]), 100)
        reached = [bool((one.confidence(found) >= refusal.thresholds(one, found))[0]) for one in (RANKER, moved)]
        assert reached[0] == reached[1] == (cosine > 0.75)


def test_a_library_on_one_subject_is_trusted_less_than_one_on_many(tmp_path: Path) -> None:
    shifts = []
    for subjects in (1, 6):
        (tmp_path / str(subjects)).mkdir()
        with stored(tmp_path / str(subjects), {"a.txt": on_subjects(60, subjects)}) as store:
            shifts.append(calibration.calibrated(fake_model().ranker, features_of(store), 60).bias)
    assert shifts[0] < shifts[1]


@pytest.mark.parametrize(("count", "sentences"), [(49, 0), (50, 50)])
def test_a_library_of_fifty_passages_is_calibrated_and_one_of_fewer_is_not(tmp_path: Path, count: int, sentences: int) -> None:
    with stored(tmp_path, {"a.txt": "\n\n".join(chance_words(count))}) as store:
        assert features_of(store).shape == (20 * sentences, len(FEATURES))


@pytest.mark.parametrize(("length", "is_asked"), [(29, False), (30, True), (249, True), (250, False)])
def test_sentences_of_thirty_to_two_hundred_and_fifty_characters_are_asked(tmp_path: Path, length: int, is_asked: bool) -> None:
    """Of sixty passages ten are too short to be asked, the others have the length in question."""
    bodies = [f"{body[:-1]} {'die gaat over niets ' * 20}"[: length - 2] + "x." for body in chance_words(50, words=3)]
    with stored(tmp_path, {"a.txt": "\n\n".join([*bodies, *["Te kort."] * 10])}) as store:
        assert [len(sentence) for sentence in store.passage(49).sentences] == [length]
        assert len(features_of(store)) == 50 * 20 * is_asked


def test_no_more_than_two_hundred_sentences_are_asked(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "\n\n".join(chance_words(205))}) as store:
        found = store.impostor_features()
    assert found.shape == (200 * 20, len(FEATURES))
    assert found.dtype == np.float32


@pytest.mark.parametrize("copies", [1, 2])
def test_a_sentence_is_not_asked_of_the_passages_that_hold_it(tmp_path: Path, copies: int) -> None:
    bodies = chance_words(60)
    with stored(tmp_path, {f"{copy}.txt": "\n\n".join(bodies) for copy in range(copies)}) as store:
        found = features_of(store)
        search = fake_model().pipeline(store).search
        asked = fake_model().pipeline(store).plain_queries(bodies)
        own = [search.candidates(one).features.values[:, LEXICAL].max() for one in asked]
        np.testing.assert_array_equal(found, store.impostor_features())
    assert len(found) == copies * 60 * 20
    assert found[:, LEXICAL].max() < min(own)
    assert found[:, PASSAGE].max() < 0.999


def test_of_each_search_the_ten_closest_are_kept_and_the_rest_is_below_all(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "\n\n".join(chance_words(60))}) as store:
        found = features_of(store).reshape(60, 20, len(FEATURES))
        row = int(np.random.default_rng(0).permutation(len(store))[0])
        (asked,) = fake_model().pipeline(store).plain_queries([store.quote(row)])
        every = fake_model().pipeline(store).search.candidates(asked, content_hash(store.quote(row))).features.values
    kept = found[0][found[0, :, 0] > -1]
    for feature in (PASSAGE, LEXICAL):
        np.testing.assert_array_equal(np.sort(kept[:, feature])[-10:], np.sort(every[:, feature])[-10:])
    assert 10 <= len(kept) <= 20
    np.testing.assert_array_equal(found[0][len(kept) :], -1)
