import json
from pathlib import Path
from typing import Any

import pytest

from citaat.errors import InputError
from citaat.evaluation.measures import Figures
from citaat.evaluation.questions import Outcome, question_report, rates
from citaat.settings import Settings

TEXT = "De huur van een woning gaat  omlaag in de stad.\n\nKernwapens gaan de wereld uit.\n\nEen trein rijdt naar de stad.\n"
ROWS: list[dict[str, Any]] = [
    {"question": "Gaat de huur omlaag?", "answer": "de HUUR van een\nwoning", "lang": "nl", "kind": "plain"},
    {"question": "Rijdt de trein naar de stad?", "answer": "de stad", "lang": "nl", "kind": "plain"},
    {"question": "Waar gaan kernwapens heen?", "answer": "Een trein rijdt", "lang": "nl", "kind": "hard"},
    {"question": "rent of a city", "answer": "huur", "lang": "en", "kind": "hard"},
    {"question": "Hoe bak ik een appeltaart?", "answer": None, "lang": "nl", "kind": "far"},
    {"question": "Waar zijn kernwapens?", "answer": None},
]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path / "a.txt"


def report(rows: list[dict[str, Any]], text: Path, words: Settings) -> Figures:
    """The figures of a file of these rows."""
    file = text.with_name("vragen.jsonl")
    file.write_text("\n".join(map(json.dumps, rows)))
    return question_report([file], [text], words)


def test_questions_over_documents_are_measured_by_language_and_kind(words: Settings, text: Path) -> None:
    figures = report(ROWS, text, words)
    assert list(figures) == ["product", "by_lang", "by_kind"]
    assert (list(figures["by_lang"]), list(figures["by_kind"])) == (["", "en", "nl"], ["", "far", "hard", "plain"])
    assert (figures["product"]["n"], figures["by_lang"]["nl"]["n"], figures["by_kind"]["hard"]["n"]) == (6, 4, 2)
    assert figures["by_kind"]["plain"]["hit@1"] == 1.0
    assert figures["by_kind"]["far"]["false_answer_rate"] == 0.0
    assert figures["by_kind"][""]["false_answer_rate"] == 1.0
    assert figures["by_kind"]["far"]["hit@1"] is None


def test_an_answer_further_down_counts_for_its_rank(words: Settings, text: Path) -> None:
    hard = report(ROWS[2:3], text, words)["product"]
    assert hard["hit@1"] == 0.0
    assert hard["mrr@10"] in (0.5, 0.3333)
    elsewhere = report([ROWS[2] | {"answer": "nergens"}], text, words)["product"]
    assert elsewhere["mrr@10"] == 0.0


def test_the_library_of_the_settings_is_left_alone(words: Settings, text: Path) -> None:
    report(ROWS[:1], text, words)
    assert not words.store.exists()


def test_with_documents_there_is_one_file_of_questions_and_it_is_not_empty(words: Settings, tmp_path: Path) -> None:
    (tmp_path / "leeg.jsonl").write_text("\n")
    for files in ([], [tmp_path / "leeg.jsonl"] * 2):
        with pytest.raises(InputError, match="give one QUESTIONS") as raised:
            question_report(files, [], words)
        assert raised.value.code == "no-question-set"
    with pytest.raises(InputError, match=r"leeg\.jsonl holds no questions") as raised:
        question_report([tmp_path / "leeg.jsonl"], [], words)
    assert raised.value.code == "no-question-set"


@pytest.mark.parametrize("row", [{"answer": "a"}, {"question": 1}, {"question": "a", "answer": 1}])
def test_a_row_without_a_question_or_with_an_answer_that_is_no_text_is_refused(
    words: Settings, text: Path, row: dict[str, object]
) -> None:
    with pytest.raises(InputError, match="Each row needs a 'question'") as raised:
        report([row], text, words)
    assert raised.value.code == "no-question-set"


def outcome(*, answerable: bool, answered: bool, rank: int = 0, confidence: float = 0.0) -> tuple[dict[str, Any], Outcome]:
    return {"answer": "huur" if answerable else None}, Outcome(rank, confidence, answered)


def test_the_rates_are_those_on_paper() -> None:
    found = rates(
        [
            outcome(answerable=True, answered=True, rank=1, confidence=0.9),
            outcome(answerable=True, answered=True, rank=4, confidence=0.6),
            outcome(answerable=True, answered=False, rank=0, confidence=0.2),
            outcome(answerable=False, answered=True, confidence=0.7),
            outcome(answerable=False, answered=False, confidence=0.1),
        ]
    )
    assert (found["hit@1"], found["mrr@10"], found["n"]) == (0.3333, pytest.approx(1.25 / 3, abs=1e-4), 5)
    assert (found["false_answer_rate"], found["false_refusal_rate"]) == (0.5, 0.3333)
    assert found["auroc"] == pytest.approx(4 / 6, abs=1e-4)


def test_a_rate_over_no_rows_is_none() -> None:
    found = rates([outcome(answerable=True, answered=True, rank=1)])
    assert (found["false_answer_rate"], found["auroc"], found["false_refusal_rate"]) == (None, None, 0.0)
    assert set(rates([]).values()) == {None, 0}
