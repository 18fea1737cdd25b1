import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from citaat.cli import main
from citaat.settings import Settings
from click.testing import CliRunner, Result

from tests.conftest import ROOT


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    return invoke


def test_ask_prints_the_quote_its_place_and_its_link(run) -> None:  # type: ignore[no-untyped-def]
    result = run("ask", "Wat vindt de partij van kernwapens?", "--limit", "1")
    assert result.exit_code == 0
    assert "7.3 Sterkere defensie voor een vreedzaam Europa › Kernwapens de wereld uit" in result.output
    assert "characters 1207–1760" in result.output
    assert "»" in result.output
    assert "/read/verkiezingsprogramma-7-3/" in result.output


def test_what_ask_prints_as_json_verifies_and_a_changed_quote_does_not(run) -> None:  # type: ignore[no-untyped-def]
    answer = run("ask", "Wat vindt de partij van kernwapens?", "--json").stdout
    assert run("verify", "-", stdin=answer).exit_code == 0
    changed = json.loads(answer)
    changed["citations"][0]["quote"] = changed["citations"][0]["quote"].replace("uit", "in", 1)
    result = run("verify", "-", stdin=json.dumps(changed))
    assert (result.exit_code, "NOT in the source" in result.output) == (1, True)
    refusal = run("ask", "Hoe bak ik een appeltaart?", "--json").stdout
    result = run("verify", "-", stdin=refusal)
    assert (result.exit_code, "cites nothing" in result.output) == (0, True)


def test_a_library_that_nobody_asked_for_is_named_before_it_is_made(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "tikfout"))
    assert f"tikfout holds no index yet; making one of {ROOT / 'data'}." in run("ask", "Hoe bak ik een appeltaart?").stderr
    assert "making one" not in run("ask", "Hoe bak ik een appeltaart?").stderr


def test_no_answer_is_said_with_the_closest_headings(run) -> None:  # type: ignore[no-untyped-def]
    result = run("ask", "Hoe bak ik een appeltaart?")
    assert result.exit_code == 0
    assert result.output.startswith("Ik vond geen passage die hier duidelijk antwoord op geeft. Het dichtst in de buurt: ")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", ""], 2, "The question is empty"),
        (["ask", "x" * 2_001], 2, "has 2001 characters; at most 2000"),
        (["ask", "vrede", "--limit", "0"], 2, "1 to 50"),
        (["ask", "vrede", "--document", "elders"], 2, "no such document"),
        (["index", "/nergens"], 2, "does not exist"),
        (["eval", "/nergens"], 2, "has no qrels.tsv"),
        (["eval"], 2, "Nothing to measure"),
        (["eval", "q", "--documents", "d", "--refusal"], 2, "Leave out --refusal."),
        (["eval", "q", "--documents", "d", "--plot", "p"], 2, "Leave out --plot."),
        (["eval", "q", "--documents", "d", "--mistyped", "--queries", "f"], 2, "Leave out --queries and --mistyped."),
        (["eval", "q", "--documents", "d", "--cross", "a", "b"], 2, "Leave out --cross."),
        (["eval", "s", "--refusal", "--queries", "f"], 2, "Leave out --queries."),
        (["eval", "s", "--plot", "p", "--mistyped"], 2, "Leave out --mistyped."),
        (["eval", "s", "--cross", "a", "b"], 2, "add --refusal"),
        (["eval", "--translations", "a", "b", "--mistyped"], 2, "Leave out --mistyped."),
        (["train", "--out", "x"], 2, "Nothing to learn from"),
        (["train", "--sets", "s", "--out", "x", "--from", "w"], 2, "Leave out --from."),
        (["train", "--sets", "s", "--out", "x", "--base", "b", "--steps", "5"], 2, "Leave out --base and --steps."),
        (["train", "--sets", "s", "--out", "x", "--seed", "5"], 2, "Leave out --seed."),
        (["train", "--corpus", "c", "--out", "x", "--cross", "a", "b"], 2, "Leave out --cross."),
        (["train", "--corpus", "x", "--out", "y", "--base", "z", "--from", "w"], 2, "not both"),
        (["train", "--corpus", "x", "--out", "y", "--base", "z", "--steps", "5"], 2, "leave out --steps"),
        (["verify", "-"], 2, "not JSON"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(run, arguments: list[str], code: int, says: str) -> None:  # type: ignore[no-untyped-def]
    result = run(*arguments)
    assert result.exit_code == code
    assert says in result.output
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_damaged_index_is_exit_3_and_fresh_mends_it(
    run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "store"))
    assert run("index", str(settings.data)).exit_code == 0
    (tmp_path / "store" / "CURRENT").write_text("?")
    assert run("ask", "vrede").exit_code == 3
    assert run("index", str(settings.data), "--fresh").exit_code == 0
    assert run("ask", "vrede").exit_code == 0


def test_files_that_are_not_read_are_told(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "store"))
    folder = tmp_path / "teksten"
    folder.mkdir()
    for name in ("a.txt", "b.pdf", "c.docx", "README.html", ".verborgen.pdf", "sources.toml"):
        (folder / name).write_text("" if name == "sources.toml" else "De huur gaat omlaag.")
    assert (
        run("index", str(folder)).stderr.splitlines()[-1]
        == "citaat: left out 2 files of a kind other than .txt and .md: b.pdf, c.docx"
    )


def test_a_changed_source_is_a_warning_with_the_command(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "store"))
    (tmp_path / "a.txt").write_text("De huur gaat omlaag.")
    run("index", str(tmp_path / "a.txt"))
    (tmp_path / "a.txt").write_text("De huur gaat omhoog.")
    result = run("ask", "Wat doet de huur?")
    assert "a.txt changed since it was indexed. Run: citaat index" in result.stderr
    assert run("index").exit_code == 0
    assert run("ask", "Wat doet de huur?").stderr == ""


def test_asking_imports_no_heavy_library(settings: Settings) -> None:
    code = (
        "import sys; sys.argv = ['citaat', 'ask', 'kernwapens']\n"
        "from citaat.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'bm25s', 'scipy'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))"
    )
    environment = os.environ | {"CITAAT_STORE": str(settings.store)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
