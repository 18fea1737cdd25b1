"""An optional second look: a cross-encoder reads the question and each of the first passages together."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError

RERANKED = 20
"""How many of the first passages are put in order again."""


class Reranker:
    """Any `sentence_transformers.CrossEncoder`. It orders passages; their confidence stays the ranker's."""

    def __init__(self, model: str) -> None:
        from sentence_transformers import CrossEncoder

        self._lock = threading.Lock()
        try:
            self._model = CrossEncoder(model, device="cpu")
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"The cross-encoder cannot be loaded ({type(error).__name__}). CITAAT_RERANK takes a folder, or the id of a "
                "model on a hub that this machine can reach.",
                code="unknown-model",
            ) from None

    def order(self, question: str, texts: Sequence[str]) -> NDArray[np.int64]:
        """The positions of `texts`, the best first; equal scores keep their order. int64 [n]."""
        with self._lock:  # torch computes with all threads that it has, and its tokenizer is for one at a time
            predicted = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        scores = np.asarray(predicted, np.float64)
        return np.argsort(-scores.reshape(len(texts), -1)[:, 0], kind="stable")
