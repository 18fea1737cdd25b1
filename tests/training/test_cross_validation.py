import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from citaat.encoders.loading import load
from citaat.errors import InputError
from citaat.evaluation import curves
from citaat.retrieval.ranker import Ranker
from citaat.training import cross_validation, ranker_fitting
from citaat.training.examples import Examples, read_examples
from tests.fakes import fake_model, word_model
from tests.training.synthetic import examples, of_kind, with_taken_out

WORDS = [f"{first}{second}an" for first in "bdf" for second in "aeiou"]


RANKER = fake_model().ranker


@pytest.fixture(scope="module")
def ranker() -> Ranker:
    return ranker_fitting.fit([examples(1), examples(2)])


def write_set(folder: Path, topic: str) -> Path:
    """A set of fifteen passages on a topic, each with a question that only it answers."""
    folder.mkdir(parents=True)
    rows = [{"_id": word, "text": f"Over {topic} {word}: daar gaat {topic} over {word} en niets anders."} for word in WORDS]
    asked = [{"_id": word, "text": f"Wat is {topic} {word}?"} for word in WORDS]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (folder / "qrels.tsv").write_text("q\tc\ts\n" + "".join(f"{word}\t{word}\t1\n" for word in WORDS))
    return folder


Figures = dict[str, dict[str, float]]


def reported(model: str, folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]] = (), plot: Path | None = None) -> Figures:
    found: Figures = cross_validation.cross_validate(read_examples(folders, crossed, model), plot)["left_out"]
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(word_model(tmp_path_factory.mktemp("model") / "words"))


@pytest.fixture
def sets(tmp_path: Path) -> list[Path]:
    return [write_set(tmp_path / name, name) for name in ("sport", "dieren")]


def test_each_set_is_judged_by_the_others_and_drawn(model: str, sets: list[Path], tmp_path: Path) -> None:
    found = reported(model, sets, [(sets[0], sets[1] / "queries.jsonl")], tmp_path / "curve.png")
    assert list(found) == ["sport", "dieren", "sport < dieren"]
    assert (tmp_path / "curve.png").stat().st_size > 0


def test_no_set_is_judged_by_a_ranker_that_saw_its_corpus(model: str, sets: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def fit(others: Sequence[Examples]) -> Ranker:
        seen.append([one.name for one in others])
        return RANKER

    monkeypatch.setattr(ranker_fitting, "fit", fit)
    reported(model, sets, [(sets[0], sets[1] / "queries.jsonl")])
    assert seen == [["dieren"], ["sport", "sport < dieren"], ["dieren"]]


def test_the_curve_of_a_set_is_of_all_its_questions_and_the_threshold_they_have(
    model: str, sets: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, NDArray[np.float64]] = {}
    monkeypatch.setattr(curves, "draw", lambda found, file: drawn.update(found))
    judged = reported(model, sets, plot=Path("x.png"))["sport"]
    confidence, right, thresholds = drawn["sport"].T
    assert len(confidence) == judged["n_binned"] == 3 * judged["n"] == 45
    assert np.median(thresholds) == pytest.approx(judged["threshold"], abs=1e-4)
    assert set(right) == {0.0, 1.0}


def test_one_corpus_alone_cannot_be_judged(model: str, sets: list[Path]) -> None:
    for crossed in ([], [(sets[0], sets[0] / "queries.jsonl")]):
        with pytest.raises(InputError, match="name at least two sets"):
            reported(model, sets[:1], crossed)


def test_a_ranker_is_of_the_encoder_that_its_examples_were_found_with(model: str, sets: list[Path]) -> None:
    assert ranker_fitting.fit(read_examples(sets[:1], [], model)).encoder == load(model).fingerprint


def test_passages_that_were_learned_are_left_out_but_for_those_that_answer(model: str, sets: list[Path]) -> None:
    with (sets[0] / "corpus.jsonl").open("a") as file:
        file.write('\n{"_id": "learned", "text": "Over sport en nog eens sport."}')
    kept = [read_examples(sets[:1], [], model, frozenset(ones))[0].whole[0] for ones in ([], ["learned", WORDS[0]])]
    assert [one.stretch for one in kept] == [range(16), range(15)]
    assert all(one.relevant.sum() == 1 for one in kept)


def test_the_rates_are_of_the_first_candidate_at_its_threshold(ranker: Ranker) -> None:
    rows = cross_validation.first_confidences(ranker, own := examples(3, lead=0.15))
    found = cross_validation.judge(ranker, own)
    answered = {kind: (columns[:, 0] >= columns[:, 2]).mean() for kind, columns in rows.items() if len(columns)}
    assert found["answerable_refused"] == pytest.approx(1 - answered["answerable"], abs=1e-4)
    assert found["far_answered"] == pytest.approx(answered["far"], abs=1e-4)
    assert found["taken_out_answered"] == pytest.approx(answered["taken_out"], abs=1e-4)
    assert (found["n"], found["n_binned"]) == (80, 240)
    assert found["threshold"] == pytest.approx(np.median(rows["answerable"][:, 2]), abs=1e-4)


def test_auroc_holds_the_answerable_against_the_near_and_against_the_far(ranker: Ranker) -> None:
    own = examples(3)
    answerable = of_kind(own.whole, "answerable")
    swapped = replace(own, whole=with_taken_out(answerable, [replace(one, kind="far") for one in answerable]))
    assert cross_validation.judge(ranker, own)["auroc_taken_out"] == pytest.approx(1.0, abs=0.01)
    assert cross_validation.judge(ranker, swapped)["auroc_far"] == pytest.approx(0.5, abs=0.01)


def test_taken_out_are_the_answerable_questions_without_what_answers_them(ranker: Ranker) -> None:
    rows = cross_validation.first_confidences(ranker, examples(3))
    assert list(rows) == ["answerable", "taken_out", "far", "near"]
    assert rows["answerable"][:, 1].mean() > 0.95
    assert rows["taken_out"][:, 1].tolist() == [0.0] * 80
    assert rows["taken_out"][:, 0].max() < rows["answerable"][:, 0].mean()


def test_passages_in_another_language_are_held_to_their_own_threshold(ranker: Ranker) -> None:
    strict = replace(ranker, cross_lingual_threshold=0.9)
    plain, crossed = (
        cross_validation.first_confidences(strict, examples(3, cross_lingual=one))["far"][:, 2] for one in (False, True)
    )
    assert set(plain) == {strict.threshold}
    assert (crossed > 0.8).all()


def test_a_ranker_is_calibrated_to_the_corpus_before_it_is_judged(ranker: Ranker) -> None:
    higher = examples(3, level=0.4)
    judged, left_alone = cross_validation.judge(ranker, higher), cross_validation.judge(ranker, replace(higher, impostors={}))
    assert judged["calibration_error_before"] == left_alone["calibration_error"]
    errors = [one["calibration_error"] for one in (judged, left_alone)]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[0] < errors[1] / 2


def test_a_set_without_questions_of_a_kind_has_no_rate_of_it(ranker: Ranker) -> None:
    own = examples(3)
    found = cross_validation.judge(ranker, replace(own, whole=[replace(own.whole[0], relevant=np.ones(10, np.bool_))]))
    assert (found["far_answered"], found["taken_out_answered"], found["auroc_far"], found["auroc_taken_out"]) == (None,) * 4
    assert (found["answerable_refused"], found["n"], found["n_binned"]) == (0.0, 1, 1)


def test_perfect_confidences_have_an_error_too_where_bins_are_small(ranker: Ranker) -> None:
    found = cross_validation.judge(ranker, examples(3, lead=0.2))["calibration_error_by_chance"]
    assert found is not None
    assert 0.005 < found < 0.2
    assert found == cross_validation.judge(ranker, examples(3, lead=0.2))["calibration_error_by_chance"]
