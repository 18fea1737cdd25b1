import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from citaat.cli import main
from citaat.retrieval.ranker import Ranker
from citaat.training import adaptation, static
from citaat.training.contrastive import ContrastiveRecipe
from tests.cli.conftest import Run
from tests.cli.terminal import Terminal
from tests.evaluation.beir import write_set
from tests.fakes import word_model

Progress = Callable[[int, int, float | None], None]


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What learning was asked for; none is done."""
    asked: list[object] = []

    def train(corpus: Path, out: Path, recipe: ContrastiveRecipe, progress: Progress) -> dict[str, str]:
        asked.extend([corpus, out, recipe])
        progress(1, 2, 0.125)
        progress(2, 2, None)
        return {"learned": "words"}

    def adapt(texts: Path, start: Path, out: Path, *, steps: int | None, seed: int, progress: Progress) -> dict[str, str]:
        asked.extend([texts, start, out, steps, seed])
        return {"learned": "texts"}

    monkeypatch.setattr(static, "train", train)
    monkeypatch.setattr(adaptation, "adapt", adapt)
    return asked


def test_a_static_model_is_learned_from_a_corpus(run: Run, learned: list[object]) -> None:
    result = run("train", "--corpus", "c", "--out", "o")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"learned": "words"})
    assert learned == [Path("c"), Path("o"), static.RECIPE]


def test_the_recipe_takes_other_steps_and_another_seed(run: Run, learned: list[object]) -> None:
    run("train", "--corpus", "c", "--out", "o", "--steps", "7", "--seed", "3")
    assert learned == [Path("c"), Path("o"), replace(static.RECIPE, steps=7, seed=3)]


def test_another_model_is_adapted_to_a_corpus(run: Run, learned: list[object]) -> None:
    result = run("train", "--corpus", "c", "--from", "m", "--out", "o", "--steps", "7", "--seed", "3")
    assert (json.loads(result.stdout), learned) == ({"learned": "texts"}, [Path("c"), Path("m"), Path("o"), 7, 3])


def test_a_bar_shows_how_far_it_is_and_the_loss(run: Run, learned: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    main.main(["train", "--corpus", "c", "--out", "o"], standalone_mode=False)
    assert "Learning" in terminal.getvalue()
    assert " 50%" in terminal.getvalue()
    assert "loss 0.125" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_the_ranker_of_a_model_is_fitted_on_sets(run: Run, tmp_path: Path) -> None:
    model = word_model(tmp_path / "model")
    before = Ranker.load(model / "ranker.json")
    sets = [write_set(tmp_path / name) for name in ("proef", "ander")]
    crossed = ("--cross", sets[0], sets[1] / "queries.jsonl")
    result = run("train", "--sets", sets[0], "--sets", sets[1], *crossed, "--out", model)
    assert result.exit_code == 0, result.output
    assert [line.split("  ")[1].strip() for line in result.stdout.splitlines()[1:]] == ["proef", "ander", "proef < ander"]
    assert Ranker.load(model / "ranker.json") != before


def test_a_model_may_be_learned_and_then_fitted(run: Run, learned: list[object], tmp_path: Path) -> None:
    model, own = word_model(tmp_path / "model"), write_set(tmp_path / "proef")
    before = Ranker.load(model / "ranker.json")
    result = run("train", "--corpus", "c", "--sets", own, "--out", model)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"learned": "words"}), "one set alone has no table"
    assert learned == [Path("c"), model, static.RECIPE]
    assert Ranker.load(model / "ranker.json") != before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "x"], "Nothing to learn from"),
        (["--sets", "s", "--out", "x", "--from", "w"], "Leave out --from."),
        (["--sets", "s", "--out", "x", "--from", "w", "--steps", "5"], "Leave out --from and --steps."),
        (["--sets", "s", "--out", "x", "--seed", "5"], "Leave out --seed."),
        (["--corpus", "c", "--out", "x", "--cross", "a", "b"], "Leave out --cross."),
        (["--corpus", "c", "--out", "x", "--cross", "a", "b", "--without", "w"], "Leave out --cross and --without."),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    result = run("train", *arguments)
    assert (result.exit_code, says in result.stderr, len(result.output.strip().splitlines())) == (2, True, 1)
