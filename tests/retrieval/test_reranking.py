import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from citaat.errors import InputError
from citaat.retrieval.reranking import RERANKED, Reranker


class CrossEncoder:
    """Scores a text by its length, or with as many numbers as it is told to; has no model but "lengths"."""

    columns: int | None = None
    made: tuple[str, str] | None = None

    def __init__(self, model: str, device: str) -> None:
        if model != "lengths":
            raise OSError("there is no such model")
        CrossEncoder.made = model, device

    def predict(self, pairs: Sequence[tuple[str, str]], show_progress_bar: bool) -> NDArray[np.float32]:
        assert not show_progress_bar
        assert {question for question, _ in pairs} == {"vrede?"}
        lengths = np.array([len(text) for _, text in pairs], np.float32)
        return lengths if self.columns is None else np.stack([lengths] + [-lengths * 9] * (self.columns - 1), axis=1)


@pytest.fixture(autouse=True)
def sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the real one takes seconds; see tests/integration/test_reranking.py."""
    module = ModuleType("sentence_transformers")
    module.CrossEncoder = CrossEncoder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


@pytest.mark.parametrize("columns", [None, 1, 2])
def test_the_best_come_first_and_equal_ones_keep_their_order(monkeypatch: pytest.MonkeyPatch, columns: int | None) -> None:
    monkeypatch.setattr(CrossEncoder, "columns", columns)
    found = Reranker("lengths").order("vrede?", ["bbb", "a", "ccc", "dddd", "e"])
    assert found.tolist() == [3, 0, 2, 1, 4]
    assert found.dtype == np.int64


def test_twenty_passages_are_put_in_order() -> None:
    assert RERANKED == 20


def test_a_cross_encoder_runs_on_the_processor() -> None:
    Reranker("lengths")
    assert CrossEncoder.made == ("lengths", "cpu")


def test_a_cross_encoder_that_cannot_be_loaded_is_reported() -> None:
    with pytest.raises(InputError, match=r"The cross-encoder cannot be loaded \(OSError\)\. CITAAT_RERANK takes") as error:
        Reranker("nergens")
    assert error.value.code == "unknown-model"
