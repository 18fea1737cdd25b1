"""A vector for each token and their mean: the fastest encoder, by numpy alone."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.encoders.encoder import Kind, apart, hash_of, unit
from citaat.encoders.tensors import raised, read_tensors
from citaat.errors import InputError

_CACHED_WORDS = 200_000
_MANY = 500
"""Texts in one call from which it pays to raise the whole table to float32 at once."""


class StaticEncoder:
    """A `StaticEmbedding` followed by `Normalize`: the mean of a text's token vectors, scaled to unit length.

    Reads the sentence-transformers folder with `tokenizers` and numpy. The weights stay memory-mapped as they are
    stored; rows are raised to float32 as they are used.
    """

    def __init__(self, folder: Path, module: str = "") -> None:
        weights = folder / module / "model.safetensors"
        tokenizer = folder / module / "tokenizer.json"
        if not weights.is_file() or not tokenizer.is_file():
            raise InputError(
                f"{folder} holds no complete static model: it lacks tokenizer.json or model.safetensors. "
                "Point CITAAT_MODEL at a whole model folder.",
                code="unknown-model",
            )
        self.name = folder.name
        self.fingerprint = hash_of("", tokenizer, weights)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        (self._table,) = read_tensors(weights).values()
        self.dimension = int(self._table.shape[1])
        self._known: dict[str, list[int]] = {}
        self._raised: FloatMatrix | None = None

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        words = [text.split() for text in texts]
        self._learn(set(chain.from_iterable(words)))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        known, table = self._known, self._table
        if len(texts) > _MANY and table.dtype != np.float32:
            table = self._raised = raised(table) if self._raised is None else self._raised
        for row, vector in zip(words, vectors, strict=True):
            ids = list(chain.from_iterable(map(known.__getitem__, row)))
            if ids:
                raised(table[ids]).sum(axis=0, out=vector)
        return unit(vectors)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        return apart(self, passages)

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        return 0

    def _learn(self, words: set[str]) -> None:
        """Tokenise each distinct word once: the tokenizer never looks across white space."""
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        new = [word for word in words if word not in self._known]
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True):
            self._known[word] = encoding.ids
