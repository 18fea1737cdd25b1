import json
import sys
from pathlib import Path

import pytest

from citaat.cli import main
from citaat.settings import Settings
from tests.cli.conftest import TEXT, Run
from tests.cli.terminal import Terminal

QUESTION = "Gaat de huur omlaag?"
START, END = TEXT.index("De huur"), len(TEXT) - 1


def test_ask_prints_the_section_the_quote_its_place_and_its_link(run: Run) -> None:
    result = run("ask", QUESTION)
    assert (result.exit_code, result.stderr) == (0, "")
    heading, quote, place, link, _ = result.output.splitlines()
    assert heading == "[1] Plan van de stad › Wonen"
    assert quote == "»De huur gaat omlaag in de stad, ook van een woning van buiten.« Dat is goed."
    assert place.startswith(f"    plan, characters {START}–{END}, confidence 0.")
    assert link.startswith("    http://127.0.0.1:8000/read/plan/")


def test_ask_prints_the_answer_of_the_api_as_json(run: Run) -> None:
    answer = json.loads(run("ask", QUESTION, "--json").stdout)
    assert (answer["status"], answer["question"]) == ("answered", QUESTION)
    (citation,) = answer["citations"]
    assert citation["quote"] == TEXT[citation["start"] : citation["end"]]
    assert "\\u" not in run("ask", "één huur", "--json").stdout


@pytest.mark.parametrize(
    ("options", "cited"),
    [
        ([], ["plan"]),
        (["--min-confidence", "0"], ["plan", "dieren"]),
        (["--min-confidence", "0", "--limit", "1"], ["plan"]),
        (["--min-confidence", "0", "--document", "dieren"], ["dieren"]),
        (["--min-confidence", "0", "--document", "dieren", "--document", "plan"], ["plan", "dieren"]),
        (["--document", "dieren"], []),
    ],
)
def test_what_is_cited_can_be_chosen(run: Run, options: list[str], cited: list[str]) -> None:
    answer = json.loads(run("ask", QUESTION, "--json", *options).stdout)
    assert [citation["document"]["id"] for citation in answer["citations"]] == cited


def test_links_start_with_the_address_that_the_environment_names(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_URL", "https://citaat.example")
    assert "    https://citaat.example/read/plan/" in run("ask", QUESTION).output
    assert json.loads(run("ask", QUESTION, "--json").stdout)["citations"][0]["url"].startswith("https://citaat.example/read/")


def test_no_answer_is_said_with_the_closest_headings(run: Run) -> None:
    result = run("ask", "Hoe bak ik een appeltaart?")
    refusal = "Ik vond geen passage die hier duidelijk antwoord op geeft. Het dichtst in de buurt: Wonen."
    assert (result.exit_code, result.output) == (0, f"{refusal}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([""], "The question is empty"),
        (["x" * 2_001], "has 2001 characters; at most 2000"),
        (["vrede", "--limit", "0"], "1 to 50"),
        (["vrede", "--limit", "51"], "1 to 50"),
        (["vrede", "--min-confidence", "2"], "can be 0 to 1"),
        (["vrede", "--document", "elders"], "no such document"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    result = run("ask", *arguments)
    assert (result.exit_code, says in result.stderr, len(result.output.strip().splitlines())) == (2, True, 1)


def test_a_library_that_nobody_asked_for_is_named_before_it_is_made(run: Run, library: Settings, elsewhere: Path) -> None:
    made, again = run("ask", QUESTION), run("ask", QUESTION)
    assert f"citaat: {elsewhere} holds no index yet; making one of {library.data}.\n" in made.stderr
    assert made.stdout == again.stdout
    assert again.stderr == ""


def test_a_changed_source_is_a_warning_with_the_command(run: Run, elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("De huur gaat omlaag.")
    run("index", tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("De huur gaat omhoog.")
    assert run("ask", QUESTION).stderr == "citaat: a.txt changed since it was indexed. Run: citaat index\n"
    assert run("index").exit_code == 0
    assert run("ask", QUESTION).stderr == ""


def test_a_damaged_index_is_exit_3_and_fresh_mends_it(run: Run, elsewhere: Path, library: Settings) -> None:
    assert run("index", library.data).exit_code == 0
    (elsewhere / "CURRENT").write_text("?")
    assert run("ask", QUESTION).exit_code == 3
    assert run("index", library.data, "--fresh").exit_code == 0
    assert run("ask", QUESTION).exit_code == 0


@pytest.mark.parametrize(
    ("question", "url", "is_told"),
    [(QUESTION, "", True), (QUESTION, "https://a.example", False), ("Hoe bak ik een appeltaart?", "", False)],
)
def test_on_a_terminal_it_is_told_what_opens_the_links(
    run: Run, monkeypatch: pytest.MonkeyPatch, question: str, url: str, is_told: bool
) -> None:
    monkeypatch.setenv("CITAAT_URL", url)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    main.main(["ask", question], standalone_mode=False)
    assert ("the links open while this runs: citaat serve" in terminal.getvalue()) == is_told
