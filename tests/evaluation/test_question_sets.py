import json
from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.evaluation import question_sets
from citaat.evaluation.question_sets import QuestionSet
from tests.evaluation.beir import JUDGEMENTS, question_set, write_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "proef", {"1": "omlaag"})


def test_a_set_holds_the_questions_that_have_a_relevant_row(folder: Path) -> None:
    found = question_sets.read_set(folder)
    assert found.name == "proef"
    assert found.corpus[:2] == [
        {"id": "a", "title": "", "text": "Kernwapens moeten de wereld uit."},
        {"id": "b", "title": "Wonen", "text": "De huur gaat omlaag."},
    ]
    assert found.questions == {"1": "huur verlagen", "2": "kernwapens"}
    assert found.relevant == {"1": {"b": 1}, "2": {"a": 1}}
    assert found.answers == {"1": "omlaag"}


def test_ids_may_be_called_id_and_may_be_numbers(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text('{"id": 7, "text": "De huur."}')
    (folder / "queries.jsonl").write_text('{"id": 1, "text": "huur"}')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\t7\t2\n")
    assert question_sets.read_set(folder).relevant == {"1": {"7": 2}}


@pytest.mark.parametrize("name", ["qrels.tsv", "qrels/dev.tsv"])
def test_judgements_may_lie_in_three_places(folder: Path, name: str) -> None:
    (folder / "qrels" / "test.tsv").rename(folder / name)
    assert question_sets.read_set(folder).relevant == {"1": {"b": 1}, "2": {"a": 1}}


def test_a_row_without_a_text_is_empty(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text('{"_id": "a"}\n{"_id": "b", "title": null, "text": null}\n')
    (folder / "queries.jsonl").write_text('{"_id": "1"}\n')
    found = question_sets.read_set(folder)
    assert found.corpus == [{"id": "a", "title": "", "text": ""}, {"id": "b", "title": "", "text": ""}]
    assert (found.questions, found.answers) == ({"1": ""}, {})


def test_judgements_beside_the_corpus_come_before_those_of_a_split(folder: Path) -> None:
    for name, row in (("qrels.tsv", "a"), ("qrels/dev.tsv", "c")):
        (folder / name).write_text(f"query-id\tcorpus-id\tscore\n1\t{row}\t1\n")
    assert question_sets.read_set(folder).relevant == {"1": {"a": 1}}
    (folder / "qrels.tsv").unlink()
    assert question_sets.read_set(folder).relevant == {"1": {"b": 1}, "2": {"a": 1}}


def test_questions_may_come_from_another_file_with_the_same_ids(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "engels.jsonl").write_text('{"_id": "2", "text": "nuclear weapons"}\n')
    found = question_sets.read_set(folder, tmp_path / "engels.jsonl")
    assert found.questions == {"2": "nuclear weapons"}
    assert found.relevant == {"2": {"a": 1}}


def test_a_judgement_on_what_is_not_there_counts_for_nothing(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text(f"{JUDGEMENTS}1\telders\t1\n9\ta\t1\n2\tb\t-1\n")
    assert question_sets.read_set(folder).relevant == {"1": {"b": 1}, "2": {"a": 1}}


def test_a_folder_without_judgements_is_refused(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(InputError, match=r"has no qrels\.tsv") as raised:
        question_sets.read_set(folder)
    assert raised.value.code == "no-question-set"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("corpus.jsonl", "", "names no question and row that are both there"),
        ("queries.jsonl", "", "names no question and row that are both there"),
        ("qrels/test.tsv", "q\tc\ts\n", "names no question and row that are both there"),
        ("corpus.jsonl", '{"text": "geen id"}', r"corpus\.jsonl holds a row with neither '_id' nor 'id'"),
        ("queries.jsonl", '{"text": "geen id"}', r"queries\.jsonl holds a row with neither '_id' nor 'id'"),
    ],
)
def test_a_broken_set_is_refused_with_its_file(folder: Path, name: str, text: str, says: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=says) as raised:
        question_sets.read_set(folder)
    assert raised.value.code == "no-question-set"


@pytest.mark.parametrize("line", ["{", "[]", "5", "[" * 100_000 + "]" * 100_000])
def test_a_line_that_is_no_object_is_refused_with_its_number(folder: Path, line: str) -> None:
    (folder / "queries.jsonl").write_text(f'{{"_id": "1", "text": "Huur?"}}\n\n{line}\n')
    with pytest.raises(InputError, match=r"queries\.jsonl, line 3: this is not a JSON object") as raised:
        question_sets.read_set(folder)
    assert len(str(raised.value)) < len(str(folder)) + 100


def test_a_judgement_may_have_more_columns(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\tby\n1\tb\t1\tmij\n")
    assert question_sets.read_set(folder).relevant == {"1": {"b": 1}}


@pytest.mark.parametrize("row", ["2\ta\teen", "2\ta\tinf", "2\ta\tnan", "2\ta\t0.5", "2\ta", "2 a 1"])
def test_a_judgement_that_is_no_whole_number_is_refused_with_its_line(folder: Path, row: str) -> None:
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n1\tb\t1.0\n\n{row}\n")
    with pytest.raises(InputError, match=r"test\.tsv, line 4: .* a whole number"):
        question_sets.read_set(folder)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_file_that_is_no_utf_8_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"q\tc\ts\n\xff\tb\t1\n")
    with pytest.raises(InputError, match=rf"{name} cannot be read \(UnicodeDecodeError\)"):
        question_sets.read_set(folder)


def test_a_line_ends_at_its_line_feed_alone(folder: Path) -> None:
    odd = "b\u2028\u0085\x0c"
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": odd, "text": "De huur gaat omlaag."}))
    (folder / "qrels" / "test.tsv").write_bytes(f"query-id\tcorpus-id\tscore\r\n1\t{odd}\t1\r\n".encode())
    assert question_sets.read_set(folder).relevant == {"1": {odd: 1}}


def test_a_last_line_counts_with_or_without_a_line_feed(tmp_path: Path) -> None:
    for text, lines in (("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\rb\r\n\nc", ["a\rb", "", "c"]), ("\n\n", ["", ""])):
        (tmp_path / "regels").write_bytes(text.encode())
        assert question_sets.read_lines(tmp_path / "regels") == lines


def test_copies_are_taken_together_under_the_first() -> None:
    own = question_set({"a": "De huur.", "b": "De huur.", "c": "Vrede."}, "huur?", {"b": 1})
    once = own.without_copies()
    assert [row["id"] for row in once.corpus] == ["a", "c"]
    assert once.relevant == {"1": {"a": 1}}
    assert isinstance(once, QuestionSet)
    assert (once.name, once.questions) == (own.name, own.questions)


def test_near_questions_are_those_of_questions_that_have_a_relevant_row(folder: Path) -> None:
    assert question_sets.read_set(folder).near == {}
    (folder / "queries_near.jsonl").write_text('{"_id": "2", "text": "kernafval"}\n{"_id": "3", "text": "niet beoordeeld"}\n')
    assert question_sets.read_set(folder).near == {"2": "kernafval"}


def test_rows_are_left_out_of_the_corpus_but_for_those_that_answer(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "learned.jsonl").write_text('{"id": "c"}\n{"_id": "b"}\n{"id": "elsewhere"}\n')
    left_out = question_sets.ids(tmp_path / "learned.jsonl")
    found = question_sets.read_set(folder).without(left_out)
    assert [row["id"] for row in found.corpus] == ["a", "b"]
    assert found.relevant == {"1": {"b": 1}, "2": {"a": 1}}
