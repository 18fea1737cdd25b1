import json
import re
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from citaat.cli.index import _print, counted
from citaat.errors import InputError
from citaat.indexing import Report
from citaat.library import Library
from citaat.settings import Settings
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "teksten"
    made.mkdir()
    (made / "a.txt").write_text("De huur gaat omlaag.\n\nDe kat krijgt vis.\n")
    return made


def test_what_was_done_is_one_line(run: Run, elsewhere: Path, folder: Path) -> None:
    first = run("index", folder)
    assert (first.exit_code, first.stderr.count("Indexing")) == (0, 1)
    assert re.fullmatch(r"1 document, 2 passages in \d+\.\d s: 2 encoded\. In no passage: white space only\.\n", first.stdout)
    again = run("index")
    assert re.fullmatch(r"1 document, 2 passages in .* s: 0 encoded, 2 known already\. In .*\n", again.stdout)
    fresh = run("index", "--fresh")
    assert ": 2 encoded. " in fresh.stdout


def test_paths_become_the_library_or_are_added_to_it(run: Run, elsewhere: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("De trein rijdt.")
    run("index", folder)
    assert run("index", tmp_path / "b.txt", "--add").stdout.startswith("2 documents, 3 passages in ")
    assert run("index", tmp_path / "b.txt").stdout.startswith("1 document, 1 passage in ")


def test_the_report_is_printed_as_json(run: Run, elsewhere: Path, folder: Path) -> None:
    found = json.loads(run("index", folder, "--json").stdout)
    assert (found["documents"], found["passages"], found["encoded"], found["reused"], found["overlong"]) == (1, 2, 2, 0, 0)
    assert found["seconds"] > 0


def test_files_that_are_not_read_are_told(run: Run, elsewhere: Path, folder: Path) -> None:
    for name in ("b.pdf", "c.docx", "README.html", ".verborgen.pdf", "sources.toml"):
        (folder / name).write_text("" if name == "sources.toml" else "De huur gaat omlaag.")
    told = "citaat: left out 2 files of a kind other than .txt and .md: b.pdf, c.docx"
    assert run("index", folder).stderr.splitlines()[-1] == told
    (folder / "c.docx").unlink()
    assert run("index", folder).stderr.splitlines()[-1].startswith("citaat: left out 1 file of a kind")
    for name in "defg":
        (folder / f"{name}.pdf").write_text("x")
    assert run("index", folder).stderr.splitlines()[-1].endswith(": b.pdf, d.pdf, e.pdf and others")


REPORT = Report(documents=1, passages=1, encoded=1, reused=0, overlong=0, uncovered={}, seconds=1.0)


def test_what_no_passage_covers_is_counted_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    _print(replace(REPORT, uncovered={"markers": 3, "headings": 12, "numbers": 0}), ())
    assert capsys.readouterr().out.endswith(" In no passage: 12 characters of headings, 3 characters of markers.\n")


def test_a_library_that_confidence_is_fitted_to_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _print(replace(REPORT, shift=-0.5), ())
    assert capsys.readouterr().out.endswith("Confidence is fitted to this library (log-odds -0.50).\n")
    _print(REPORT, ())
    assert "log-odds" not in capsys.readouterr().out


def test_passages_that_are_too_long_for_the_model_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    _print(replace(REPORT, overlong=4), ())
    assert capsys.readouterr().err.startswith("citaat: 4 passages are longer than the model reads")
    _print(REPORT, ())
    assert capsys.readouterr().err == ""


def test_a_path_that_is_not_there_is_exit_2(run: Run) -> None:
    result = run("index", "/nergens")
    assert (result.exit_code, "does not exist" in result.stderr) == (2, True)


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_a_number_of_things_is_said_in_good_english(count: int, said: str) -> None:
    assert counted(count, "file") == said


def test_the_device_is_that_of_the_option_or_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def index(paths: object, settings: Settings, **options: object) -> NoReturn:
        asked.append(settings.device)
        raise InputError("No more.")

    monkeypatch.setattr(Library, "index", index)
    run("index", "--device", "cuda")
    monkeypatch.setenv("CITAAT_DEVICE", "mps")
    run("index")
    run("index", "--device", "cuda")
    assert asked == ["cuda", "mps", "cuda"]
