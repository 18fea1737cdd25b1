import json
from pathlib import Path

import numpy as np
import pytest
from citaat.encoders import loading
from citaat.errors import InputError
from citaat.training import pairs, training
from citaat.training.training import Recipe

from tests.conftest import ROOT

SMALL = Recipe(pieces=300, dimension=16, steps=120, batch=64)


def test_a_trained_model_brings_words_of_one_topic_together_and_nearly_repeats(corpus: Path, tmp_path: Path) -> None:
    log = training.train(corpus, tmp_path / "model", SMALL)
    model = loading.load(str(tmp_path / "model"))
    leger, vrede, huur = model.encode(["leger", "vrede", "huur"], "question")
    assert leger @ vrede > leger @ huur + 0.2
    again = training.train(corpus, tmp_path / "again", SMALL)
    np.testing.assert_allclose(again["loss"], log["loss"], atol=0.1)


def test_a_model_is_never_overwritten_and_an_empty_corpus_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        training.train(corpus, corpus, SMALL)
    with pytest.raises(InputError, match="holds no passages"):
        training.train(tmp_path / "nergens", tmp_path / "model", SMALL)


def test_half_of_the_words_that_a_query_shares_with_its_target_are_dropped(corpus: Path) -> None:
    vocabulary = pairs.Vocabulary()
    pairs.read_passages(pairs.rows_of(corpus / "texts.jsonl"), vocabulary)
    size = len(vocabulary.numbers)
    augmenter = pairs.Augmenter(vocabulary, np.zeros(size, np.int64), [], seed=0)
    augmenter.is_content[:] = True
    augmenter.typos[:] = -1
    words, rows = np.tile(np.arange(size), 200), np.repeat(np.arange(200), size)
    kept, _ = augmenter.query((words, rows), (words, rows), translated=False)
    assert 0.45 < (kept < size).sum() / len(words) < 0.55 + 0.1


def test_nothing_of_the_development_sets_is_in_the_training_log() -> None:
    log = json.loads((ROOT / "embeddings" / "model" / "training.json").read_text("utf-8"))
    assert set(log["data"]) == {
        "laws.jsonl.zst",
        "programmes.jsonl.zst",
        "lexicon_nl_en.tsv",
        "parallel_nl_en.tsv",
        "sick_nl.tsv",
    }
