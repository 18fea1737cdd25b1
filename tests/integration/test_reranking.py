"""A cross-encoder that sentence-transformers loads; loading that takes seconds."""

from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.retrieval.reranking import Reranker
from tests.fakes import tiny_bert


def test_any_cross_encoder_can_be_named(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(tiny_bert(tmp_path / "bert")), num_labels=1, device="cpu").save_pretrained(str(tmp_path / "cross"))
    order = Reranker(str(tmp_path / "cross")).order("house", ["rent", "peace", "army"])
    assert sorted(order.tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="cross-encoder cannot be loaded"):
        Reranker(str(tmp_path / "nergens"))
