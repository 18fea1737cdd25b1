from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import distillation, encoder, student, training
from app.distillation import Recipe
from app.encoder import BertEncoder
from app.errors import InputError
from tests.fakes import tiny_bert

STATIC = training.Recipe(pieces=300, dimension=16, steps=60, batch=64)
SMALL = Recipe(
    pieces=300, layers=(0, 1), dimension=8, texts=1_000, words=200, steps=150, batch=32, rate=1e-3, vocabulary_rate=1e-2,
    static=STATIC,
)  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_bert(tmp_path_factory.mktemp("base")))


def test_a_student_learns_what_the_static_teacher_knows_and_nearly_repeats(corpus: Path, base: str, tmp_path: Path) -> None:
    recipe = replace(SMALL, glossed=0.1)  # the English teacher of these tests knows nothing
    log = distillation.distil(corpus, tmp_path / "model", recipe, base)
    model = encoder.load(str(tmp_path / "model"))
    assert isinstance(model, BertEncoder)
    leger, vrede, huur = model.encode(["leger", "vrede", "huur"], "question")
    assert leger @ vrede > leger @ huur + 0.2
    assert log["distance"][-1] < 0.5 * log["distance"][0]
    again = distillation.distil(corpus, tmp_path / "again", recipe, base)
    np.testing.assert_allclose(again["distance"], log["distance"], atol=0.05)
    assert log["data"]["lexicon.tsv"] == 3


@given(st.lists(st.integers(1, 250), min_size=1, max_size=60))
def test_texts_are_packed_each_once_and_no_row_overflows(lengths: list[int]) -> None:
    packed = student._packed(lengths)
    assert sorted(place for row in packed for place in row) == list(range(len(lengths)))
    for row in packed:
        assert sum(lengths[place] for place in row) <= max(student._ROW, lengths[row[0]])


def test_a_reduced_recipe_shrinks_all_that_takes_time() -> None:
    whole = Recipe()
    half = whole.reduced(whole.steps // 2)
    assert (half.steps, half.texts, half.words) == (whole.steps // 2, whole.texts // 2, whole.words // 2)
    assert (half.static.steps, half.static.batch, half.pieces) == (whole.static.steps // 2, whole.static.batch, whole.pieces)


def test_numpy_reads_a_trained_model_as_sentence_transformers_does(corpus: Path, base: str, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    distillation.distil(corpus, tmp_path / "model", replace(SMALL, steps=2), base)
    texts = ["Het leger wil vrede.", "huur", "", "woorden " * 400]
    theirs = SentenceTransformer(str(tmp_path / "model")).float().encode(texts)
    np.testing.assert_allclose(encoder.load(str(tmp_path / "model")).encode(texts, "passage"), theirs, atol=2e-5)


def test_a_passage_beyond_the_model_is_read_in_windows_of_sentences(corpus: Path, base: str, tmp_path: Path) -> None:
    distillation.distil(corpus, tmp_path / "model", replace(SMALL, steps=2), base)
    model = encoder.load(str(tmp_path / "model"))
    long = ["leger en vrede. " * 60, "huur en woning. " * 60]
    whole, parts = model.encode_passages([["kort."], long])
    assert whole.shape == (2, 8)
    assert parts.shape == (3, 8)
    np.testing.assert_allclose(np.linalg.norm(parts, axis=1), 1, atol=1e-5)
    first, second = model.encode(long, "passage")
    assert parts[1] @ first > parts[1] @ second
    assert model.overlong([" ".join(long)], "passage") == 0
    assert model.overlong([" ".join(long)], "question") == 1


def test_what_cannot_be_tuned_is_refused(corpus: Path, base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        distillation.distil(corpus, corpus, SMALL, base)
    (corpus / "lexicon.tsv").unlink()
    with pytest.raises(InputError, match="needs a word list"):
        distillation.distil(corpus, tmp_path / "model", SMALL, base)
    with pytest.raises(InputError, match="base model cannot be loaded"):
        distillation.distil(corpus, tmp_path / "model", SMALL, str(tmp_path / "nergens"))
