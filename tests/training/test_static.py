import json
from pathlib import Path

import numpy as np
import pytest

from citaat.encoders import loading
from citaat.errors import InputError
from citaat.training import static
from citaat.training.corpus import Bags, RaggedArray
from citaat.training.static import StaticRecipe

SMALL = StaticRecipe(pieces=300, dimension=16, steps=120, batch=64)


def test_a_trained_model_brings_words_of_one_topic_together_and_nearly_repeats(corpus: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, float | None]] = []
    log = static.train(corpus, tmp_path / "model", SMALL, lambda *step: steps.append(step))
    leger, vrede, huur = loading.load(str(tmp_path / "model")).encode(["leger", "vrede", "huur"], "question").vectors
    assert leger @ vrede > leger @ huur + 0.2
    assert json.loads((tmp_path / "model" / "training.json").read_text()) == log
    assert (log["data"], len(log["loss"]), steps) == ({"texts.jsonl": 417}, 1, [(100, 120, log["loss"][0])])
    again = static.train(corpus, tmp_path / "again", SMALL)
    np.testing.assert_allclose(again["loss"], log["loss"], atol=0.1)


def test_a_model_is_never_overwritten_and_an_empty_corpus_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        static.train(corpus, corpus, SMALL)
    with pytest.raises(InputError, match="holds no passages"):
        static.train(tmp_path / "nergens", tmp_path / "model", SMALL)


def test_targets_of_one_key_are_no_negatives_of_one_another() -> None:
    import torch

    query, target = torch.eye(3, 4), torch.eye(3, 4)
    target[1] = target[0]
    same, different = (
        static._contrastive_loss(query, target, torch.tensor(keys), 20.0).item() for keys in ([7, 7, 8], [6, 7, 8])
    )
    assert same == pytest.approx((3 * np.log1p(np.exp(-20)) + np.log(2 + 0)) / 3, abs=0.7)
    assert same < different - 1


def test_the_loss_is_the_mean_cross_entropy_of_both_directions() -> None:
    import torch

    query, target = torch.tensor([[1.0, 0.0], [3.0, 4.0]]), torch.tensor([[2.0, 0.0], [1.0, 0.0]])
    scores = 2.0 * np.array([[1.0, 1.0], [0.6, 0.6]])
    down, across = (np.log(np.exp(scores).sum(axis=axis)) - np.diag(scores) for axis in (0, 1))
    found = static._contrastive_loss(query, target, torch.tensor([1, 2]), 2.0).item()
    assert found == pytest.approx((down.mean() + across.mean()) / 2)


def test_bags_of_words_become_pieces_with_the_offset_of_each_row() -> None:
    pieces = RaggedArray.of([[5], [6, 7], [8]])
    bags = Bags(np.array([2, 1, 0]), np.array([2, 0, 0]))
    recipe = StaticRecipe(batch=3, dropout=0.0)
    ids, offsets = static._piece_bags(bags, pieces, recipe, np.random.default_rng(0))
    assert (ids.tolist(), offsets.tolist()) == ([6, 7, 5, 8], [0, 3, 3])


def test_each_word_drops_out_by_itself() -> None:
    bags = Bags(np.zeros(10_000, np.int64), np.zeros(10_000, np.int64))
    ids, _ = static._piece_bags(bags, RaggedArray.of([[1]]), StaticRecipe(batch=1), np.random.default_rng(0))
    assert 6_800 < len(ids) < 7_200
