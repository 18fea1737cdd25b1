"""The transformer that ships, by numpy alone: BERT's forward pass over a sentence-transformers folder.

Devlin et al. 2019 (arXiv 1810.04805): token, position and type vectors, then layers of self-attention and a feed-forward
net, each added to what it read and normalised. What becomes of a text's states is told in `encoder`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, FloatVector
from citaat.encoders.tensors import raised, read_tensors

Ids = NDArray[np.int64]

_CHUNK_TOKENS = 2_048
_FEW_ROWS, _BLOCK = 20, 32
"""Rows up to which weights are taken in blocks, and columns in a block."""
_ROOT_2_OVER_PI = np.float32(0.7978845608)


class _Linear:
    """A linear map whose weights are raised to float32 when they are first needed, [out, in] on disk.

    A question is few rows. OpenBLAS copies the weights into an order of its own before each product, which then takes
    longer than the product, unless both are small: so few rows are multiplied by narrow blocks of columns, in two thirds
    of the time.
    """

    def __init__(self, bias: FloatVector, weights: Callable[[], FloatMatrix]) -> None:
        self._bias, self._weights = bias, weights

    def __call__(self, states: FloatMatrix) -> FloatMatrix:
        if len(states) <= _FEW_ROWS and len(self._bias) % _BLOCK == 0:
            mapped = (states @ self._blocks).transpose(1, 0, 2).reshape(len(states), -1)
        else:
            mapped = states @ self._whole
        mapped += self._bias
        return mapped

    @cached_property
    def _whole(self) -> FloatMatrix:
        """float32 [in, out]."""
        return np.ascontiguousarray(self._weights().T)

    @cached_property
    def _blocks(self) -> FloatMatrix:
        """float32 [blocks, in, columns]."""
        weights = self._weights()
        return np.ascontiguousarray(weights.reshape(-1, _BLOCK, weights.shape[1]).transpose(0, 2, 1))


@dataclass(frozen=True, slots=True)
class _Layer:
    attention: _Linear
    output: _Linear
    norm: tuple[FloatMatrix, FloatMatrix]
    up: _Linear
    down: _Linear
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
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        chunk: list[int] = []
        tokens = 0
        for row in order:
            if chunk and tokens + len(rows[row]) > _CHUNK_TOKENS:
                yield from self._chunk(rows, chunk)
                chunk, tokens = [], 0
            chunk.append(row)
            tokens += len(rows[row])
        if chunk:
            yield from self._chunk(rows, chunk)

    def _chunk(self, rows: Sequence[Sequence[int]], chunk: list[int]) -> Iterator[tuple[int, FloatMatrix]]:
        lengths = [len(rows[row]) for row in chunk]
        states = self._forward(np.fromiter(chain.from_iterable(rows[row] for row in chunk), np.int64, sum(lengths)), lengths)
        return zip(chunk, np.split(states, np.cumsum(lengths)[:-1]), strict=True)

    def _forward(self, ids: Ids, lengths: list[int]) -> FloatMatrix:
        """The states of texts that stand one after the other, in the order of their lengths; float32 [tokens, d]."""
        words = raised(self._tensors["embeddings.word_embeddings.weight"][ids])
        states = self._normed(words + self._places[np.concatenate([np.arange(length) for length in lengths])], self._first_norm)
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        for layer in self._layers:
            mixed = layer.output(self._attend(layer.attention(states), groups))
            mixed += states
            states = self._normed(mixed, layer.norm)
            deepened = layer.down(_gelu(layer.up(states)))
            deepened += states
            states = self._normed(deepened, layer.last_norm)
        return states

    def _attend(self, projected: FloatMatrix, groups: list[tuple[int, int]]) -> FloatMatrix:
        """Each token's mean of its text's values, by the softmax of its query with all keys; float32 [tokens, d].

        Texts of one length are taken together, as (length, count) in `groups`; so none is padded and none masked.
        """
        mixed = np.empty((len(projected), self.dimension), np.float32)
        start = 0
        for length, texts in groups:
            end = start + length * texts
            query, key, value = projected[start:end].reshape(texts, length, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
            scores = query @ key.transpose(0, 1, 3, 2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            mixed[start:end] = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, self.dimension)
            start = end
        return mixed

    def _normed(self, states: FloatMatrix, weights: tuple[FloatMatrix, FloatMatrix]) -> FloatMatrix:
        states -= states.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.vecdot(states, states) / np.float32(self.dimension) + self._epsilon)
        states /= spread[:, np.newaxis]
        states *= weights[0]
        states += weights[1]
        return states

    def _raised(self, name: str) -> FloatMatrix:
        return raised(self._tensors[name])

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
        own = f"{name}.attention.self"

        def joined(kind: str) -> FloatMatrix:
            query, key, value = (self._raised(f"{own}.{part}.{kind}") for part in ("query", "key", "value"))
            return np.concatenate([query * scale, key, value])

        def linear(part: str) -> _Linear:
            return _Linear(self._raised(f"{name}.{part}.bias"), lambda: self._raised(f"{name}.{part}.weight"))

        return _Layer(
            _Linear(joined("bias"), lambda: joined("weight")),
            linear("attention.output.dense"), self._pair(f"{name}.attention.output.LayerNorm"),
            linear("intermediate.dense"), linear("output.dense"), self._pair(f"{name}.output.LayerNorm"),
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
