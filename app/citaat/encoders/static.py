"""A vector for each token and their mean: the fastest encoder, by numpy alone."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.encoders.protocol import Encoded, EncodedPassages, TextKind, encode_separately, fingerprint_of, normalize
from citaat.errors import InputError

_CACHED_WORDS = 200_000


class StaticEncoder:
    """A `StaticEmbedding` followed by `Normalize`: the mean of a text's token vectors, scaled to unit length.

    Reads the sentence-transformers folder with `tokenizers` and numpy. It reads texts of any length.
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
        self.fingerprint = fingerprint_of("", tokenizer, weights)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        (table,) = load_file(weights).values()
        self._table: FloatMatrix = table.astype(np.float32)
        self.dimension = int(table.shape[1])
        self._token_ids: dict[str, list[int]] = {}

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        words = [text.split() for text in texts]
        token_ids = self._tokenize(set(chain.from_iterable(words)))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, vector in zip(words, vectors, strict=True):
            ids = list(chain.from_iterable(map(token_ids.__getitem__, row)))
            if ids:
                self._table[ids].sum(axis=0, out=vector)
        return Encoded(normalize(vectors), np.zeros(len(texts), np.bool_))

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        return encode_separately(self, passages)

    def _tokenize(self, words: set[str]) -> dict[str, list[int]]:
        """The token ids of these words and more. Each distinct word is tokenised once: the tokenizer never looks across white
        space."""
        if len(self._token_ids) > _CACHED_WORDS:
            self._token_ids = {}  # not cleared: another thread may be reading it
        known = self._token_ids
        new = [word for word in words if word not in known]
        for word, encoding in zip(new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True):
            known[word] = encoding.ids
        return known
