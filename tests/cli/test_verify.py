import json

import pytest

from tests.cli.conftest import TEXT, Run

QUESTION = "Gaat de huur omlaag?"


def test_what_ask_prints_as_json_verifies(run: Run) -> None:
    result = run("verify", "-", stdin=run("ask", QUESTION, "--json", "--min-confidence", "0").stdout)
    first, second = result.output.splitlines()
    assert (result.exit_code, first) == (0, f"verbatim: plan, characters {TEXT.index('De huur')}–{len(TEXT) - 1}")
    assert second.startswith("verbatim: dieren, characters 0–")


def test_a_changed_quote_does_not(run: Run) -> None:
    changed = json.loads(run("ask", QUESTION, "--json", "--min-confidence", "0").stdout)
    changed["citations"][0]["quote"] = changed["citations"][0]["quote"].replace("omlaag", "omhoog", 1)
    result = run("verify", "-", stdin=json.dumps(changed))
    first, second = result.output.splitlines()
    assert (result.exit_code, first.startswith("NOT in the source: plan, "), second.startswith("verbatim: ")) == (1, True, True)


def test_an_answer_that_cites_nothing_has_nothing_to_check(run: Run) -> None:
    refusal = run("ask", "Hoe bak ik een appeltaart?", "--json").stdout
    result = run("verify", "-", stdin=refusal)
    assert (result.exit_code, result.output) == (0, "There is nothing to check: the answer cites nothing.\n")


@pytest.mark.parametrize("stdin", ["-", "{}", "[]", b"\xff"])
def test_what_is_no_answer_is_exit_2(run: Run, stdin: str | bytes) -> None:
    result = run("verify", "-", stdin=stdin)
    assert (result.exit_code, result.stderr.startswith("citaat: ")) == (2, True)


def test_a_file_that_is_not_there_is_exit_2(run: Run) -> None:
    assert run("verify", "/nergens").exit_code == 2
