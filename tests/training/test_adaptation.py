import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from citaat.encoders import loading
from citaat.errors import InputError
from citaat.settings import shipped_model
from citaat.training import adaptation, static
from citaat.training.static import StaticRecipe
from tests.conftest import TOPICS
from tests.fakes import tiny_bert


@pytest.fixture
def text(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    words = " ".join(TOPICS).split()
    rows = [[" ".join(random.choice(words, 9)).capitalize() + "." for _ in range(3)] for _ in range(125)]
    file = tmp_path / "own.txt"
    file.write_text("\n\n".join(map(" ".join, rows)))
    return file


@pytest.fixture(params=["static", "transformer"])
def start(request: pytest.FixtureRequest, corpus: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    if request.param == "transformer":
        return tiny_bert(folder)
    static.train(corpus, folder, StaticRecipe(pieces=300, dimension=16, steps=30, batch=64))
    return folder


def test_a_model_adapts_to_texts_and_says_what_it_gave(start: Path, text: Path, tmp_path: Path) -> None:
    log = adaptation.adapt([text], start, tmp_path / "own", steps=20)
    assert log["before"]["n"] == log["after"]["n"] == 3 * log["passages"]["held_out"] > 0
    assert json.loads((tmp_path / "own" / "training.json").read_text()) == log
    first, second = (
        loading.load(str(folder)).encode(["leger vrede"], "question").vectors[0] for folder in (start, tmp_path / "own")
    )
    assert first @ second > 0.5
    assert np.abs(first - second).max() > 1e-4


def test_only_the_last_third_of_the_layers_learns(text: Path, tmp_path: Path) -> None:
    start = tiny_bert(tmp_path / "model")
    adaptation.adapt([text], start, tmp_path / "own", steps=5)
    before, after = (load_file(folder / "model.safetensors") for folder in (start, tmp_path / "own"))
    learned = {name for name in after if (before[name].astype(np.float16) != after[name]).any()}
    assert learned
    assert all(".layer.1." in name for name in learned)


def test_the_last_of_every_five_stretches_of_five_passages_is_held_out() -> None:
    assert np.flatnonzero(adaptation.held_out_passages(60)).tolist() == [20, 21, 22, 23, 24, 45, 46, 47, 48, 49]


def test_what_cannot_be_adapted_is_refused(text: Path, tmp_path: Path) -> None:
    start = tiny_bert(tmp_path / "model")
    with pytest.raises(InputError, match="never overwritten"):
        adaptation.adapt([text], start, tmp_path)
    with pytest.raises(InputError, match="no sentence-transformers model"):
        adaptation.adapt([text], tmp_path, tmp_path / "own")
    text.write_text("Te kort.")
    with pytest.raises(InputError, match="adapting needs"):
        adaptation.adapt([text], start, tmp_path / "own")


def test_what_lies_beside_a_model_goes_along_and_the_ranker_is_of_the_adapted_encoder(text: Path, tmp_path: Path) -> None:
    start = tiny_bert(tmp_path / "model")
    ranker = json.loads((shipped_model() / "ranker.json").read_text())
    (start / "ranker.json").write_text(json.dumps(ranker))
    (start / "translations.tsv").write_text("house\thuis\n")
    adaptation.adapt([text], start, tmp_path / "own", steps=2)
    adapted = loading.load(str(tmp_path / "own"))
    assert json.loads((tmp_path / "own" / "ranker.json").read_text()) == ranker | {"encoder": adapted.fingerprint}
    assert (tmp_path / "own" / "translations.tsv").read_text() == "house\thuis\n"
    assert not (tmp_path / "own" / "background.json").exists()


def test_progress_tells_ten_losses_and_a_fifth_of_the_passages_is_held_out(text: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, float | None]] = []
    start = tiny_bert(tmp_path / "model")
    log = adaptation.adapt([text], start, tmp_path / "own", steps=20, progress=lambda *step: steps.append(step))
    assert [(step, total) for step, total, _ in steps] == [(step, 20) for step in range(2, 21, 2)]
    assert [loss for _, _, loss in steps] == log["loss"]
    assert log["passages"] == {"learned": 100, "held_out": 25}
