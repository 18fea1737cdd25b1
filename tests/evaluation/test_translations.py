from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.evaluation.translations import translation_figures
from tests.fakes import HashEncoder


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "nl", tmp_path / "en"


def test_lines_that_translate_each_other_are_found_both_ways(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_text("een twee\ndrie vier\nvijf zes\n")
    right.write_text("een twee\nvier drie\nzeven acht\n")
    figures = translation_figures(left, right, HashEncoder())
    assert list(figures) == ["nl > en", "en > nl"]
    assert [one["n"] for one in figures.values()] == [3, 3]
    assert all(2 / 3 - 1e-4 < one["hit@1"] <= 1 for one in figures.values())


def test_each_way_has_a_figure_of_its_own(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_text("een\neen twee drie\n")
    right.write_text("een twee\neen twee drie\n")
    figures = translation_figures(left, right, HashEncoder())
    assert (figures["nl > en"]["hit@1"], figures["en > nl"]["hit@1"]) == (1.0, 0.5)


def test_a_line_ends_at_its_line_feed_alone(files: tuple[Path, Path]) -> None:
    left, right = files
    left.write_bytes("een\u2028twee\r\ndrie\u0085vier\r\n".encode())
    right.write_text("een twee\ndrie vier\n")
    assert translation_figures(left, right, HashEncoder())["nl > en"] == {"hit@1": 1.0, "n": 2}


@pytest.mark.parametrize(("left", "right"), [("een\ntwee\n", "een\n"), ("", "")])
def test_files_of_different_length_or_of_none_are_refused(files: tuple[Path, Path], left: str, right: str) -> None:
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    with pytest.raises(InputError, match="as many lines") as raised:
        translation_figures(*files, HashEncoder())
    assert raised.value.code == "no-question-set"
