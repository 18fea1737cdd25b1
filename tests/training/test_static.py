import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from citaat.encoders import loading
from citaat.errors import InputError
from citaat.training import static
from citaat.training.contrastive import ContrastiveRecipe

SMALL = ContrastiveRecipe(steps=120, batch=64, rate=0.15)


def test_a_trained_model_brings_words_of_one_topic_together_and_nearly_repeats(corpus: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, float | None]] = []
    log = static.train(corpus, tmp_path / "model", SMALL, lambda *step: steps.append(step), pieces=300, dimension=16)
    leger, vrede, huur = loading.load(str(tmp_path / "model")).encode(["leger", "vrede", "huur"], "question").vectors
    assert leger @ vrede > leger @ huur + 0.2
    assert json.loads((tmp_path / "model" / "training.json").read_text()) == log
    assert log["recipe"] == asdict(SMALL) | {"pieces": 300, "dimension": 16}
    assert log["data"] == {"texts.jsonl": 417}
    assert steps == [(12 * number, 120, loss) for number, loss in enumerate(log["loss"], 1)]
    assert len(steps) == 10
    again = static.train(corpus, tmp_path / "again", SMALL, lambda *step: None, pieces=300, dimension=16)
    np.testing.assert_allclose(again["loss"], log["loss"], atol=0.1)


def test_a_model_is_never_overwritten_and_an_empty_corpus_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        static.train(corpus, corpus, SMALL, lambda *step: None)
    with pytest.raises(InputError, match="holds no passages"):
        static.train(tmp_path / "nergens", tmp_path / "model", SMALL, lambda *step: None)


def test_frequent_words_are_whole_pieces_whatever_their_case_and_accents() -> None:
    tokenizer = static.train_tokenizer(["Woning, één woning? Woningen!"] * 500 + [" ".join("abcdefghijklmnopqrstuvwxyz")] * 9, 60)
    assert tokenizer.get_vocab_size() <= 60
    assert tokenizer.encode("Woning").tokens == tokenizer.encode("woning").tokens == ["\u2581woning"]
    assert tokenizer.encode("EEN").tokens == tokenizer.encode("één").tokens
    assert tokenizer.encode("woning?").tokens[0] == "\u2581woning"
