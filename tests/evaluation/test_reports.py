import json
import shutil
from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.evaluation import reports
from tests.evaluation.beir import write_set
from tests.fakes import HashEncoder, fake_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "proef")


def test_a_folder_in_beir_layout_is_measured_side_by_side(folder: Path) -> None:
    figures = reports.question_set_report([folder], None, fake_model())
    assert list(figures) == ["sets", "paired"]
    systems = figures["sets"]["proef"]
    assert list(systems) == ["bm25", "lexicon", "dense", "product"]
    assert systems["lexicon"]["hit@1"] == 1.0
    assert all(figure["n"] == 2 for figure in systems.values())
    assert list(figures["paired"]) == ["proef"]


def test_several_sets_have_a_mean_and_nothing_is_encoded_twice_not_even_by_another_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITAAT_CACHE", str(tmp_path / "cache"))
    other = shutil.copytree(folder, tmp_path / "ander")
    (other / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tc\t1\n")
    figures = reports.question_set_report([folder, other], None, fake_model(model := HashEncoder()), mistyped=True)
    sets = figures["sets"]
    assert list(sets) == list(figures["paired"]) == ["proef", "proef mistyped", "ander", "ander mistyped"]
    assert model.encoded.count("De huur gaat omlaag.") == len(("passage", "its sentence"))
    again = reports.question_set_report([folder, other], None, fake_model(other_model := HashEncoder()), mistyped=True)
    assert other_model.encoded == []
    assert again["mean"] == figures["mean"]
    expected = (sets["proef"]["product"]["ndcg@10"] + sets["ander"]["product"]["ndcg@10"]) / 2
    assert figures["mean"]["product"]["ndcg@10"] == pytest.approx(expected, abs=1e-4)
    assert list(figures["mean"]) == ["bm25", "lexicon", "dense", "product"]


def test_questions_of_another_file_are_asked_instead(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "engels.jsonl").write_text('{"_id": "2", "text": "kernwapens weg"}\n')
    figures = reports.question_set_report([folder], tmp_path / "engels.jsonl", fake_model())
    assert figures["sets"]["proef"]["product"]["n"] == 1


def test_a_set_that_tells_answers_has_figures_of_highlights_beside_those_of_ranking(tmp_path: Path) -> None:
    folders = [write_set(tmp_path / name, answers={"1": "omlaag"}) for name in ("proef", "ander")]
    figures = reports.question_set_report(folders, None, fake_model(), mistyped=True)
    assert figures["sets"]["proef"]["oracle"]["highlight_hit"] == 1.0
    assert "oracle" not in figures["sets"]["proef mistyped"]
    assert "oracle" not in figures["mean"]


def test_two_folders_of_one_name_are_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "y" / "proef")
    with pytest.raises(InputError, match="same name") as raised:
        reports.question_set_report([folder, copy], None, fake_model())
    assert raised.value.code == "duplicate-set"


FIGURES = {
    "sets": {"proef": {"product": {"ndcg@10": 0.5, "n": 7}}},
    "paired": {"proef": {"ndcg@10": 0.25, "ndcg@10_ci": [-0.1, 0.6]}},
    "mean": {"product": {"ndcg@10": 0.75}},
    "left_out": {"ander": {"auroc_far": 0.9}},
    "translations": {"nl > en": {"hit@1": 1.0}},
    "conversations": {"all": {"last turn alone": {"mrr@5": 0.125}}},
    "product": {"n": 3, "auroc": None},
    "by_lang": {"nl": {"n": 2}},
    "by_kind": {"far": {"n": 1}},
}


def test_a_table_has_a_line_for_each_group_of_figures_and_a_column_for_each_figure() -> None:
    header, *lines = [line.split() for line in reports.table(FIGURES).splitlines()]
    assert header == ["ndcg@10", "n", "ndcg@10_ci", "auroc_far", "hit@1", "mrr@5", "auroc"]
    assert lines == [
        ["proef", "product", "0.500", "7"],
        ["proef", "product", "-", "lexicon", "0.250", "-0.100–0.600"],
        ["mean", "product", "0.750"],
        ["fitted", "on", "the", "other", "sets", "ander", "0.900"],
        ["translations", "nl", ">", "en", "1.000"],
        ["all", "last", "turn", "alone", "0.125"],
        ["all", "3"],
        ["lang", "nl", "2"],
        ["kind", "far", "1"],
    ]


def test_columns_are_aligned_to_the_right_and_nothing_is_a_table_of_nothing() -> None:
    first, second = reports.table({"mean": {"a": {"n": 5}, "b": {"n": 1000}}}).splitlines()[1:]
    assert len(first) == len(second)
    assert first.endswith("    5")
    assert reports.table({}) == ""


def test_figures_can_be_printed_as_json(folder: Path) -> None:
    figures = reports.question_set_report([folder], None, fake_model())
    assert json.loads(json.dumps(figures)) == figures


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "nl", tmp_path / "en"


def test_lines_that_translate_each_other_are_found_both_ways(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_text("een twee\ndrie vier\nvijf zes\n")
    right.write_text("een twee\nvier drie\nzeven acht\n")
    figures = reports.translation_report(left, right, HashEncoder())
    assert list(figures) == ["nl > en", "en > nl"]
    assert [one["n"] for one in figures.values()] == [3, 3]
    assert all(2 / 3 - 1e-4 < one["hit@1"] <= 1 for one in figures.values())


def test_each_way_has_a_figure_of_its_own(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_text("een\neen twee drie\n")
    right.write_text("een twee\neen twee drie\n")
    figures = reports.translation_report(left, right, HashEncoder())
    assert (figures["nl > en"]["hit@1"], figures["en > nl"]["hit@1"]) == (1.0, 0.5)


def test_a_line_ends_at_its_line_feed_alone(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_bytes("een\u2028twee\r\ndrie\u0085vier\r\n".encode())
    right.write_text("een twee\ndrie vier\n")
    assert reports.translation_report(left, right, HashEncoder())["nl > en"] == {"hit@1": 1.0, "n": 2}


@pytest.mark.parametrize(("left", "right"), [("een\ntwee\n", "een\n"), ("", "")])
def test_files_of_different_length_or_of_none_are_refused(files: tuple[Path, Path], left: str, right: str) -> None:
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    with pytest.raises(InputError, match="as many lines") as raised:
        reports.translation_report(*files, HashEncoder())
    assert raised.value.code == "no-question-set"
