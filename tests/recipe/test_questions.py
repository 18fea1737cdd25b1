import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from citaat.encoders import loading
from citaat.errors import InputError
from recipe.make import ModelRecipe, make
from recipe.questions import Asked, QuestionRecipe, batches, negatives, read_headings, read_questions, tune, with_prompts
from tests.fakes import tiny_multilingual

ASKED = [
    Asked(f"vraag {number}", f"question {number}", f"antwoord {number}", ["antwoord 0", "iets anders"]) for number in range(12)
]
LAWS = [{"Huur van woningen": ["De huur daalt."], "Rust en vrede": ["Het leger rust."]}]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A folder of six questions, each to one of six passages."""
    subjects = {"huur": "rent", "vrede": "peace", "arts": "doctor", "trein": "train", "school": "class", "spoor": "rails"}
    folder = tmp_path / "questions"
    folder.mkdir()
    write(folder / "passages.jsonl", [{"id": word, "text": f"{word} {word} leger"} for word in subjects])
    write(folder / "train.jsonl", [{"passage": word, "question": f"zorg {word}", "en": en} for word, en in subjects.items()])
    return folder


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    def row(number: int, heading: str, text: str) -> dict[str, str]:
        return {"id": f"BWB{number // 10}-{number}", "title": f"Wet op de huur > {heading}", "text": text * 30}

    path = tmp_path / "laws.jsonl"
    write(path, [
        row(1, "3.1 Huur van woningen", "de huur "), row(2, "Artikel 12 van de wet", "geen "), row(3, "Rust en vrede *", "rust "),
        row(4, "Rust en vrede", "vrede "), row(5, "Slot", "kort "), row(11, "Zorg van artsen", "alleen "),
    ])  # fmt: skip
    return path


@pytest.fixture
def start(corpus: Path, tmp_path: Path) -> Path:
    make(corpus, tmp_path / "start", ModelRecipe(pieces=80), str(tiny_multilingual(tmp_path / "base")))
    return tmp_path / "start"


def test_all_questions_are_asked_in_each_language_before_any_is_asked_again() -> None:
    drawn = list(islice(batches(ASKED, [], QuestionRecipe(questions=4)), 6))
    asked = [question for batch in drawn for question, _, _ in batch]
    assert {question.split()[1] for question in asked[:12]} == {str(number) for number in range(12)}
    assert sorted(asked) == sorted([one.dutch for one in ASKED] + [one.english for one in ASKED])
    assert all(answer.split()[1] == question.split()[1] for batch in drawn for question, answer, _ in batch)


def test_what_answers_a_question_of_the_batch_is_no_negative_of_another() -> None:
    for batch in islice(batches(ASKED, [], QuestionRecipe(questions=12)), 20):
        assert {negative for _, _, negative in batch} == {"iets anders"}
    apart = {negative for batch in islice(batches(ASKED, [], QuestionRecipe(questions=2)), 50) for _, _, negative in batch}
    assert apart == {"antwoord 0", "iets anders"}


def test_a_heading_goes_with_a_text_below_it_and_one_below_another_heading_of_its_law() -> None:
    (*_, first, second) = next(batches(ASKED, LAWS, QuestionRecipe(questions=3, headings=2)))
    for heading, text, other in (first, second):
        assert text in LAWS[0][heading]
        assert other not in LAWS[0][heading]


def test_headings_that_tell_something_are_asked_of_laws_that_have_two(laws: Path) -> None:
    (law,) = read_headings(laws)
    assert {heading: [text[:5] for text in texts] for heading, texts in law.items()} == {
        "Huur van woningen": ["de hu"], "Rust en vrede": ["rust ", "vrede"],
    }  # fmt: skip


def test_negatives_are_the_nearest_that_are_clearly_farther_than_what_answers() -> None:
    scores = np.array([0.5, 0.9, 0.79, 0.7, 0.8, 0.1], np.float32)
    assert negatives(scores, 4, QuestionRecipe(negatives=2)) == [3, 0]
    assert negatives(scores, 5, QuestionRecipe(negatives=2)) == [3, 0]


def test_each_text_begins_with_the_prompt_of_its_kind() -> None:
    prompts = {"query": "q: ", "document": "d: "}
    assert with_prompts([("a", "b", "c"), ("e", "f", "g")], prompts) == [["q: a", "q: e"], ["d: b", "d: f"], ["d: c", "d: g"]]


def test_questions_without_what_is_learned_from_are_refused(start: Path, questions: Path) -> None:
    write(questions / "train.jsonl", [{"passage": "huur", "question": "zorg"}])
    with pytest.raises(InputError, match="passage, question and en") as error:
        read_questions(questions, loading.load(str(start)), QuestionRecipe())
    assert error.value.code == "no-question-set"


def test_weights_go_a_share_of_the_way_and_what_is_frozen_stays_as_it_is(
    start: Path, questions: Path, laws: Path, tmp_path: Path
) -> None:
    for share in (1.0, 0.25):
        recipe = QuestionRecipe(epochs=5, questions=2, headings=1, rate=1e-2, share=share)
        tune(start, questions, laws, tmp_path / str(share), recipe)
    before, whole, part = (load_file(folder / "model.safetensors") for folder in (start, tmp_path / "1.0", tmp_path / "0.25"))
    learned = {name for name in before if whole[name].dtype != before[name].dtype}
    assert "encoder.layer.0.output.dense.weight" in learned
    assert "embeddings.word_embeddings.weight" not in learned
    for name, weights in before.items():
        moved = whole[name].float() - weights.float()
        assert bool(moved.any()) == (name in learned)
        np.testing.assert_allclose(part[name].float() - weights.float(), 0.25 * moved, atol=1e-3, err_msg=name)
    found = loading.load(str(tmp_path / "0.25"))
    assert found.fingerprint != loading.load(str(start)).fingerprint
    assert json.loads((tmp_path / "0.25" / "training.json").read_text())["questions"]["steps"] == 15
