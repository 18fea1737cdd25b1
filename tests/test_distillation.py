from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app import distillation, encoder, student, teaching, trimming
from app.distillation import Recipe
from app.encoder import BertEncoder
from app.errors import InputError
from app.lessons import Lesson, paired
from app.teaching import Teacher
from tests.fakes import tiny_bert, tiny_multilingual

SMALL = Recipe(
    pieces=80, layers=(0, 2), texts=400, pairs=50, words=100, longest=40, steps=120, batch=32, rate=3e-3, vocabulary_rate=3e-3
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_multilingual(tmp_path_factory.mktemp("base") / "tiny-e5"))


def test_a_student_learns_to_give_its_teachers_vectors_and_nearly_repeats(corpus: Path, base: str, tmp_path: Path) -> None:
    (corpus / "sentences.tsv").write_text("de arts gaat\tthe doctor goes\nhet huis\tthe house\n")
    log = distillation.distil(corpus, tmp_path / "model", SMALL, base)
    assert isinstance(encoder.load(str(tmp_path / "model")), BertEncoder)
    assert log["distance"][-1] < 0.75 * log["distance"][0]
    assert log["data"] == {"texts.jsonl": 600, "lexicon.tsv": 3, "sentences.tsv": 2}
    assert log["lessons"]["aligned"] == 4
    again = distillation.distil(corpus, tmp_path / "again", SMALL, base)
    np.testing.assert_allclose(again["distance"], log["distance"], atol=0.05)


@pytest.fixture(scope="module")
def teacher(base: str) -> Teacher:
    return Teacher(base)


def trimmed(teacher: Teacher, texts: list[str], pieces: int = 80) -> tuple[Tokenizer, NDArray[np.int64]]:
    return trimming.trimmed_tokenizer(teacher.tokenizer, texts, pieces, [0, 1, 2, 3])


def test_the_teacher_reads_a_text_with_its_prompt_as_sentence_transformers_does(teacher: Teacher, base: str) -> None:
    from sentence_transformers import SentenceTransformer

    assert teacher.prompts == {"query": "query: ", "document": "passage: "}
    texts = ["de arts", "huur en woning over trein"]
    rows = [teacher.tokenizer.encode(text).ids for text in texts]
    theirs = SentenceTransformer(base).encode([f"query: {text}" for text in texts])
    for row, mean, states in teacher.states(rows, "query"):
        assert len(states) == len(rows[row])
        np.testing.assert_allclose(mean, theirs[row], atol=0.03)  # bfloat16


def test_a_text_is_read_as_the_finished_model_reads_it_and_a_long_one_is_cut(teacher: Teacher) -> None:
    texts = ["vrede", "De arts en de leraar. " * 20] * 10
    tokenizer, kept = trimmed(teacher, texts)
    lesson = Lesson(texts, "document", np.arange(len(texts)))
    (targets,) = teaching.targets_of([lesson], teacher, tokenizer, kept, 40)
    short, long = (targets.ids.values[targets.ids.starts[row] : targets.ids.starts[row + 1]].tolist() for row in (0, 1))
    assert short == tokenizer.encode("vrede").ids
    assert (len(long), long[-1]) == (40, tokenizer.token_to_id("</s>"))
    assert len(targets.pieces) == len(targets.ids.values)


def test_the_mean_of_a_texts_pieces_points_where_its_vector_does(tmp_path: Path) -> None:
    teacher = Teacher(str(tiny_multilingual(tmp_path / "promptless")))
    texts = ["De arts en de leraar.", "Huur een woning", "trein over spoor 7", "vrede"] * 10
    tokenizer, kept = trimmed(teacher, texts)
    (targets,) = teaching.targets_of([Lesson(texts, "document", np.arange(len(texts)))], teacher, tokenizer, kept, 40)
    for row, (start, end) in enumerate(zip(targets.ids.starts[:-1], targets.ids.starts[1:], strict=True)):
        mean = targets.pieces[start:end].astype(np.float32).mean(axis=0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), targets.texts[row], atol=0.02)


def test_texts_that_mean_alike_have_one_target(teacher: Teacher) -> None:
    lesson = paired([("huur", "house"), ("arts", "doctor")] * 5)
    tokenizer, kept = trimmed(teacher, lesson.texts)
    (targets,) = teaching.targets_of([lesson], teacher, tokenizer, kept, 40)
    np.testing.assert_array_equal(targets.texts[0], targets.texts[1])
    assert targets.texts[0] @ targets.texts[2] < 0.99


def test_a_trimmed_tokenizer_reads_in_lower_case_and_keeps_every_character(teacher: Teacher) -> None:
    tokenizer, kept = trimmed(teacher, ["De arts leert vrede."] * 3, 20)
    assert tokenizer.get_vocab_size() == len(kept) <= 20
    assert tokenizer.encode("VREDE. Arts").tokens == ["<s>", "\u2581vrede", ".", "\u2581arts", "</s>"]
    assert tokenizer.encode("ver").tokens == ["<s>", "\u2581", "v", "e", "r", "</s>"]
    assert "\u2581trein" in teacher.tokenizer.encode("trein").tokens
    assert "\u2581trein" not in tokenizer.encode("trein").tokens


def test_a_trimmed_model_gives_the_states_of_the_layers_that_were_kept(teacher: Teacher) -> None:
    import torch

    tokenizer, kept = trimmed(teacher, ["de arts"])
    small = trimming.trimmed_model(teacher.model, kept, (0, 1, 2), 1)
    ids = tokenizer.encode("de arts").ids
    with torch.no_grad():
        own = small(torch.tensor([ids])).last_hidden_state
        whole = teacher.model(torch.tensor([kept[ids].tolist()])).last_hidden_state
    np.testing.assert_allclose(own.numpy(), whole.numpy(), atol=5e-3)  # gelu by tanh


def test_texts_in_one_row_of_a_batch_do_not_see_one_another(teacher: Teacher) -> None:
    texts = ["de arts", "huur en woning", "trein over spoor", "vrede"] * 5
    tokenizer, kept = trimmed(teacher, texts)
    (targets,) = teaching.targets_of([Lesson(texts, "document", np.arange(len(texts)))], teacher, tokenizer, kept, 40)
    learner = student.Student(trimming.trimmed_model(teacher.model, kept, (0, 2), 1), tokenizer, 1, 0.0, 0)
    together, _, _ = learner.embed(targets, np.array([0, 1, 2, 3]))
    for text in range(4):
        alone, _, _ = learner.embed(targets, np.array([text]))
        np.testing.assert_allclose(together[text].detach().numpy(), alone[0].detach().numpy(), atol=0.03)


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
    with pytest.raises(InputError, match="needs 50 texts and more; these files gave"):
        distillation.distil(corpus, tmp_path / "model", replace(SMALL, texts=20), base)
    with pytest.raises(InputError, match="has 3 layers"):
        distillation.distil(corpus, tmp_path / "model", replace(SMALL, layers=(0, 5)), base)
    with pytest.raises(InputError, match="base model cannot be loaded"):
        distillation.distil(corpus, tmp_path / "model", SMALL, str(tmp_path / "nergens"))
    with pytest.raises(InputError, match="no BERT with a unigram vocabulary"):
        distillation.distil(corpus, tmp_path / "model", SMALL, str(tiny_bert(tmp_path / "english")))
