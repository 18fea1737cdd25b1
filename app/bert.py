"""The transformer that ships, by numpy alone: BERT's forward pass over a sentence-transformers folder.

Devlin et al. 2019 (arXiv 1810.04805): token, position and type vectors, then layers of self-attention and a feed-forward
net, each added to what it read and normalised. A text is the mean of its tokens' states, scaled to unit length.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix
from app.tensors import read_tensors

Ids = NDArray[np.int64]

_CHUNK_TOKENS = 2_048
_ROOT_2_OVER_PI = np.float32(0.7978845608)


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
        words = self._tensors["embeddings.word_embeddings.weight"][ids].astype(np.float32)
        states = self._normed(words + self._places[np.concatenate([np.arange(length) for length in lengths])], self._first_norm)
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        for layer in self._layers:
            projected = states @ layer.attention
            projected += layer.attention_bias
            mixed = self._attend(projected, groups) @ layer.output
            mixed += layer.output_bias
            mixed += states
            states = self._normed(mixed, layer.norm)
            inner = states @ layer.up
            inner += layer.up_bias
            deepened = _gelu(inner) @ layer.down
            deepened += layer.down_bias
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
