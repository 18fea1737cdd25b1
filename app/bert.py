"""The transformer that ships, by numpy alone: BERT's forward pass over a sentence-transformers folder.

Devlin et al. 2019 (arXiv 1810.04805): token, position and type vectors, then layers of self-attention and a feed-forward
net, each added to what it read and normalised. A text is the mean of its tokens' states, scaled to unit length.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix
from app.tensors import read_tensors

Ids = NDArray[np.int64]

_CHUNK_TOKENS = 2_048
_ROOT_2_OVER_PI = np.float32(0.7978845608)
_MASKED = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Weights as [in, out], float32."""

    attention: FloatMatrix
    attention_bias: FloatMatrix
    output: FloatMatrix
    output_bias: FloatMatrix
    norm: tuple[FloatMatrix, FloatMatrix]
    up: FloatMatrix
    up_bias: FloatMatrix
    down: FloatMatrix
    down_bias: FloatMatrix
    last_norm: tuple[FloatMatrix, FloatMatrix]


class Bert:
    """The layers of a folder's `model.safetensors`; the tokens' vectors stay memory-mapped as they are stored."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self.heads = int(config["num_attention_heads"])
        self.dimension = int(config["hidden_size"])
        self.longest = int(config["max_position_embeddings"])
        self._depth = int(config["num_hidden_layers"])
        self._epsilon = np.float32(config["layer_norm_eps"])
        self._tensors = read_tensors(folder / "model.safetensors")

    def states(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, FloatMatrix]]:
        """The last states of each row of token ids: its number and float32 [tokens, d]; short rows come first."""
        order = np.argsort([len(row) for row in rows], kind="stable")
        start = 0
        while start < len(order):
            size, longest = 1, len(rows[order[start]])
            while start + size < len(order) and (size + 1) * len(rows[order[start + size]]) <= _CHUNK_TOKENS:
                longest = len(rows[order[start + size]])
                size += 1
            chunk = order[start : start + size]
            ids = np.zeros((size, longest), np.int64)
            lengths = np.array([len(rows[row]) for row in chunk])
            for place, row in enumerate(chunk):
                ids[place, : lengths[place]] = rows[row]
            for place, states in enumerate(self._forward(ids, lengths)):
                yield int(chunk[place]), states[: lengths[place]]
            start += size

    def _forward(self, ids: Ids, lengths: Ids) -> FloatMatrix:
        """float32 [texts, tokens, d]; what lies beyond a text's length means nothing."""
        texts, tokens = ids.shape
        states = self._tensors["embeddings.word_embeddings.weight"][ids].astype(np.float32) + self._places[:tokens]
        states = self._normed(states.reshape(-1, self.dimension), self._first_norm)
        mask = np.where(np.arange(tokens) < lengths[:, None], np.float32(0), _MASKED)[:, None, None, :]
        for layer in self._layers:
            mixed = self._attend(states @ layer.attention + layer.attention_bias, (texts, tokens), mask)
            states = self._normed(states + (mixed @ layer.output + layer.output_bias), layer.norm)
            inner = _gelu(states @ layer.up + layer.up_bias)
            states = self._normed(states + (inner @ layer.down + layer.down_bias), layer.last_norm)
        return states.reshape(texts, tokens, self.dimension)

    def _attend(self, projected: FloatMatrix, shape: tuple[int, int], mask: FloatMatrix) -> FloatMatrix:
        """Each token's mean of the values, by the softmax of its query with all keys; float32 [texts * tokens, d]."""
        texts, tokens = shape
        query, key, value = projected.reshape(texts, tokens, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2)
        if texts > 1:
            scores += mask
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).transpose(0, 2, 1, 3).reshape(texts * tokens, self.dimension)

    def _normed(self, states: FloatMatrix, weights: tuple[FloatMatrix, FloatMatrix]) -> FloatMatrix:
        states -= states.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.vecdot(states, states) / np.float32(self.dimension) + self._epsilon)
        states /= spread[:, np.newaxis]
        states *= weights[0]
        states += weights[1]
        return states

    def _raised(self, name: str) -> FloatMatrix:
        return self._tensors[name].astype(np.float32)

    def _pair(self, name: str) -> tuple[FloatMatrix, FloatMatrix]:
        return self._raised(f"{name}.weight"), self._raised(f"{name}.bias")

    @cached_property
    def _places(self) -> FloatMatrix:
        return self._raised("embeddings.position_embeddings.weight") + self._raised("embeddings.token_type_embeddings.weight")[0]

    @cached_property
    def _first_norm(self) -> tuple[FloatMatrix, FloatMatrix]:
        return self._pair("embeddings.LayerNorm")

    @cached_property
    def _layers(self) -> list[_Layer]:
        return [self._layer(f"encoder.layer.{number}") for number in range(self._depth)]

    def _layer(self, name: str) -> _Layer:
        """A layer's weights; queries, keys and values in one matrix, the scale of the scores within the queries."""
        scale = np.float32((self.dimension / self.heads) ** -0.5)
        parts = [self._pair(f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
        (query, query_bias), *others = parts
        scaled = [(query * scale, query_bias * scale), *others]
        output, output_bias = self._pair(f"{name}.attention.output.dense")
        up, up_bias = self._pair(f"{name}.intermediate.dense")
        down, down_bias = self._pair(f"{name}.output.dense")
        return _Layer(
            np.ascontiguousarray(np.concatenate([weight for weight, _ in scaled]).T),
            np.concatenate([bias for _, bias in scaled]),
            np.ascontiguousarray(output.T), output_bias, self._pair(f"{name}.attention.output.LayerNorm"),
            np.ascontiguousarray(up.T), up_bias, np.ascontiguousarray(down.T), down_bias, self._pair(f"{name}.output.LayerNorm"),
        )  # fmt: skip


def _gelu(values: FloatMatrix) -> FloatMatrix:
    """x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): Hendrycks and Gimpel 2016 (arXiv 1606.08415)."""
    inner = values * values
    inner *= np.float32(0.044715)
    inner += np.float32(1)
    inner *= values
    inner *= _ROOT_2_OVER_PI
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= values
    inner *= np.float32(0.5)
    return inner
