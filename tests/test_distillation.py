from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import distillation, encoder, student, teaching, trimming
from app.distillation import Recipe
from app.encoder import BertEncoder
from app.errors import InputError
from app.pairs import Sheet
from app.teaching import Teacher
from tests.fakes import tiny_bert, tiny_multilingual

SMALL = Recipe(
    pieces=80, layers=(0, 2), texts=400, pairs=50, words=100, longest=40, steps=120, batch=32, rate=3e-3, vocabulary_rate=3e-3
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_multilingual(tmp_path_factory.mktemp("base") / "tiny"))


def test_a_student_learns_to_give_its_teachers_vectors_and_nearly_repeats(corpus: Path, base: str, tmp_path: Path) -> None:
    log = distillation.distil(corpus, tmp_path / "model", SMALL, base)
    assert isinstance(encoder.load(str(tmp_path / "model")), BertEncoder)
    assert log["distance"][-1] < 0.75 * log["distance"][0]
    assert log["data"] == {"texts.jsonl": 600, "lexicon.tsv": 3}
    again = distillation.distil(corpus, tmp_path / "again", SMALL, base)
    np.testing.assert_allclose(again["distance"], log["distance"], atol=0.05)


def test_every_piece_has_a_target_and_their_mean_points_where_the_text_does(base: str) -> None:
    teacher = Teacher(base)
    texts = ["De arts en de leraar.", "Huur een woning", "trein over spoor 7", "vrede"] * 10
    tokenizer, kept = trimming.trimmed_tokenizer(teacher.tokenizer, texts, 70, [0, 1, 2, 3])
    lesson = teaching.Lesson(texts, "document", np.arange(len(texts)))
    (targets,) = teaching.targets_of([lesson], teacher, tokenizer, kept, 40)
    assert len(targets.pieces) == len(targets.ids.values)
    for row, (start, end) in enumerate(zip(targets.ids.starts[:-1], targets.ids.starts[1:], strict=True)):
        mean = targets.pieces[start:end].astype(np.float32).mean(axis=0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), targets.texts[row], atol=0.02)


def test_texts_that_mean_alike_have_one_target(base: str) -> None:
    teacher = Teacher(base)
    sheet = Sheet([("huur", "house"), ("arts", "doctor")], [("huur", "house"), ("arts", "doctor")])
    lesson = teaching._paired([sheet.pairs])
    tokenizer, kept = trimming.trimmed_tokenizer(teacher.tokenizer, lesson.texts, 70, [0, 1, 2, 3])
    (targets,) = teaching.targets_of([lesson], teacher, tokenizer, kept, 40)
    np.testing.assert_array_equal(targets.texts[0], targets.texts[1])
    assert targets.texts[0] @ targets.texts[2] < 0.99


def test_a_trimmed_tokenizer_reads_in_lower_case_what_it_was_trimmed_to(base: str) -> None:
    tokenizer, kept = trimming.trimmed_tokenizer(Teacher(base).tokenizer, ["De arts leert vrede."] * 3, 20, [0, 1, 2, 3])
    assert tokenizer.get_vocab_size() == len(kept) <= 20
    assert tokenizer.encode("VREDE. Arts").tokens == ["<s>", "\u2581vrede", ".", "\u2581arts", "</s>"]
    assert tokenizer.encode("\u4e2d").ids[-2] == tokenizer.token_to_id("<unk>")


def test_a_trimmed_model_gives_the_states_of_the_layers_that_were_kept(base: str) -> None:
    import torch

    teacher = Teacher(base)
    tokenizer, kept = trimming.trimmed_tokenizer(teacher.tokenizer, ["de arts"], 60, [0, 1, 2, 3])
    small = trimming.trimmed_model(teacher.model, kept, (0, 1, 2), 1)
    ids = tokenizer.encode("de arts").ids
    with torch.no_grad():
        own = small(torch.tensor([ids])).last_hidden_state
        whole = teacher.model(torch.tensor([kept[ids].tolist()])).last_hidden_state
    np.testing.assert_allclose(own.numpy(), whole.numpy(), atol=5e-3)  # gelu by tanh


@given(st.lists(st.integers(1, 250), min_size=1, max_size=60))
def test_texts_are_packed_each_once_and_no_row_overflows(lengths: list[int]) -> None:
    packed = student._packed(lengths)
    assert sorted(place for row in packed for place in row) == list(range(len(lengths)))
    for row in packed:
        assert sum(lengths[place] for place in row) <= max(student._ROW, lengths[row[0]])


def test_a_reduced_recipe_shrinks_all_that_takes_time() -> None:
    whole = Recipe()
    half = whole.reduced(whole.steps // 2)
    assert (half.steps, half.texts, half.pairs, half.words) == (
        whole.steps // 2,
        whole.texts // 2,
        whole.pairs // 2,
        whole.words // 2,
    )
    assert (half.pieces, half.layers) == (whole.pieces, whole.layers)


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
    assert whole.shape == (2, 32)
    assert parts.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(parts, axis=1), 1, atol=1e-5)
    first, second = model.encode(long, "passage")
    assert parts[1] @ first > parts[1] @ second
    assert model.overlong([" ".join(long)], "passage") == 0
    assert model.overlong([" ".join(long)], "question") == 1


def test_what_cannot_be_taught_from_is_refused(corpus: Path, base: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        distillation.distil(corpus, corpus, SMALL, base)
    with pytest.raises(InputError, match="holds no passages"):
        distillation.distil(tmp_path, tmp_path / "model", SMALL, base)
    with pytest.raises(InputError, match="base model cannot be loaded"):
        distillation.distil(corpus, tmp_path / "model", SMALL, str(tmp_path / "nergens"))
    with pytest.raises(InputError, match="no BERT with a unigram vocabulary"):
        distillation.distil(corpus, tmp_path / "model", SMALL, str(tiny_bert(tmp_path / "english")))
