"""The transformer that ships, by numpy alone: BERT's forward pass over a sentence-transformers folder.

Devlin et al. 2019 (arXiv 1810.04805): token, position and type vectors, then layers of self-attention and a feed-forward
net, each with a residual connection and layer normalisation. `bert_encoder` pools the hidden states.
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
from citaat.encoders.tensors import dequantize, read_tensors

TokenIds = NDArray[np.int64]

_CHUNK_TOKENS = 2_048
_FEW_ROWS, _BLOCK_COLUMNS = 20, 32
"""Rows up to which weights are multiplied in blocks, and the columns of a block."""
_ROOT_2_OVER_PI = np.float32(0.7978845608)


class _Linear:
    """A linear map whose weights, [out, in] on disk, are dequantized when they are first needed.

    A question is few rows. OpenBLAS copies the weights into an order of its own before each product, which then takes
    longer than the product, unless both are small: so few rows are multiplied by narrow blocks of columns, in two thirds
    of the time.
    """

    def __init__(self, bias: FloatVector, weights: Callable[[], FloatMatrix]) -> None:
        self._bias, self._weights = bias, weights

    def __call__(self, inputs: FloatMatrix) -> FloatMatrix:
        if len(inputs) <= _FEW_ROWS and len(self._bias) % _BLOCK_COLUMNS == 0:
            outputs = (inputs @ self._blocks).transpose(1, 0, 2).reshape(len(inputs), -1)
        else:
            outputs = inputs @ self._whole
        outputs += self._bias
        return outputs

    @cached_property
    def _whole(self) -> FloatMatrix:
        """float32 [in, out]."""
        return np.ascontiguousarray(self._weights().T)

    @cached_property
    def _blocks(self) -> FloatMatrix:
        """float32 [blocks, in, columns]."""
        weights = self._weights()
        return np.ascontiguousarray(weights.reshape(-1, _BLOCK_COLUMNS, weights.shape[1]).transpose(0, 2, 1))


LayerNorm = tuple[FloatVector, FloatVector]
"""Weight and bias, float32 [d] each."""


@dataclass(frozen=True, slots=True)
class _Layer:
    attention: _Linear
    attention_output: _Linear
    attention_norm: LayerNorm
    intermediate: _Linear
    output: _Linear
    output_norm: LayerNorm


class Bert:
    """The layers of a folder's `model.safetensors`; the token embeddings stay memory-mapped as they are stored."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self.heads = int(config["num_attention_heads"])
        self.dimension = int(config["hidden_size"])
        self.max_tokens = int(config["max_position_embeddings"])
        self._depth = int(config["num_hidden_layers"])
        self._epsilon = np.float32(config["layer_norm_eps"])
        self._tensors = read_tensors(folder / "model.safetensors")

    def hidden_states(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, FloatMatrix]]:
        """The last hidden states of each row of token ids: its number and float32 [tokens, d]; short rows come first."""
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

    def _forward(self, ids: TokenIds, lengths: list[int]) -> FloatMatrix:
        """The hidden states of texts in a row, shortest first; float32 [tokens, d]."""
        tokens = dequantize(self._tensors["embeddings.word_embeddings.weight"][ids])
        positions = np.concatenate([np.arange(length) for length in lengths])
        states = self._normalize(tokens + self._positions[positions], self._embeddings_norm)
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        for layer in self._layers:
            attended = layer.attention_output(self._attend(layer.attention(states), groups))
            attended += states
            states = self._normalize(attended, layer.attention_norm)
            output = layer.output(_gelu(layer.intermediate(states)))
            output += states
            states = self._normalize(output, layer.output_norm)
        return states

    def _attend(self, projected: FloatMatrix, groups: list[tuple[int, int]]) -> FloatMatrix:
        """Scaled dot-product attention of each token to those of its text; float32 [tokens, d].

        Texts of one length are computed together, `groups` as (length, texts), so that none is padded and none masked.
        """
        attended = np.empty((len(projected), self.dimension), np.float32)
        start = 0
        for length, texts in groups:
            end = start + length * texts
            query, key, value = projected[start:end].reshape(texts, length, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
            scores = query @ key.transpose(0, 1, 3, 2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            attended[start:end] = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, self.dimension)
            start = end
        return attended

    def _normalize(self, states: FloatMatrix, norm: LayerNorm) -> FloatMatrix:
        states -= states.mean(axis=1, keepdims=True)
        deviations = np.sqrt(np.vecdot(states, states) / np.float32(self.dimension) + self._epsilon)
        states /= deviations[:, np.newaxis]
        states *= norm[0]
        states += norm[1]
        return states

    def _weights(self, name: str) -> FloatMatrix:
        return dequantize(self._tensors[name])

    def _norm(self, name: str) -> LayerNorm:
        return self._weights(f"{name}.weight"), self._weights(f"{name}.bias")

    @cached_property
    def _positions(self) -> FloatMatrix:
        """Position embeddings with the embedding of the first token type, float32 [positions, d]."""
        return (
            self._weights("embeddings.position_embeddings.weight") + self._weights("embeddings.token_type_embeddings.weight")[0]
        )

    @cached_property
    def _embeddings_norm(self) -> LayerNorm:
        return self._norm("embeddings.LayerNorm")

    @cached_property
    def _layers(self) -> list[_Layer]:
        return [self._layer(f"encoder.layer.{number}") for number in range(self._depth)]

    def _layer(self, name: str) -> _Layer:
        """A layer's weights; queries, keys and values in one matrix, the queries scaled by 1/sqrt(d/heads)."""
        scale = np.float32((self.dimension / self.heads) ** -0.5)

        def query_key_value(kind: str) -> FloatMatrix:
            query, key, value = (self._weights(f"{name}.attention.self.{part}.{kind}") for part in ("query", "key", "value"))
            return np.concatenate([query * scale, key, value])

        def linear(part: str) -> _Linear:
            return _Linear(self._weights(f"{name}.{part}.bias"), lambda: self._weights(f"{name}.{part}.weight"))

        return _Layer(
            _Linear(query_key_value("bias"), lambda: query_key_value("weight")),
            linear("attention.output.dense"), self._norm(f"{name}.attention.output.LayerNorm"),
            linear("intermediate.dense"), linear("output.dense"), self._norm(f"{name}.output.LayerNorm"),
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
